// SPDX-License-Identifier: Apache-2.0
// The stream of a client through the whole session, on the memory engine. The first octet says in what pieces it comes and whether the client
// is logged in already; a second session of the same user idles and is told of everything.
#include "base/log.h"
#include "base/must.h"
#include "auth/fake_testing.c" // takes the place of net/ and auth/; a fuzzer is one file (fuzz/meson.build)
#include "imap/imap.h"
#include "mail/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct imap *imap;
};

static void world_open(struct world *w)
{
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = {
		.create_accounts = true, .append_limit = 1 << 20, .mailboxes_max = 50
	};
	struct imap_config ic = { .allow_plaintext = true };
	log_level_set(LOG_ERROR_);
	op_init(&w->op, 0);
	must(store_open(&w->op, &sc, &w->store) == 0);
	must(mail_open(&w->op, w->store, &mc, &w->mail) == 0);
	ic.mail = w->mail;
	must(imap_new(&w->op, &ic, &w->imap) == 0);
}

static void world_close(struct world *w)
{
	imap_free(w->imap);
	mail_close(w->mail);
	store_close(w->store);
	op_done(&w->op);
}

// Whole lines only, and no NUL but in a literal8.
static void output_check(struct fake *f)
{
	struct span out = fake_output(f);
	must(out.n == 0 || (out.n >= 2 && out.p[out.n - 2] == '\r' && out.p[out.n - 1] == '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = { 0, 1, 5, 100 };
	struct world w;
	struct fake f, other;
	if (size == 0)
		return 0;
	world_open(&w);
	fake_open(&other, &imap_service, w.imap);
	fake_send(&other, SPAN("a LOGIN u p\r\na SELECT INBOX\r\na IDLE\r\n"), 0);
	fake_open(&f, &imap_service, w.imap);
	output_check(&f);
	if (data[0] & 4)
		fake_send(&f,
			SPAN("a LOGIN u p\r\na APPEND INBOX (\\Seen) {20+}\r\nSubject: "
			     "hi\r\n\r\nhello"
			     "\r\na SELECT INBOX\r\n"),
			0);
	if (data[0] & 8)
		fake_send(&f, SPAN("a ENABLE IMAP4rev2\r\n"), 0);
	output_check(&f);
	fake_send(&f, span_of(data + 1, size - 1), chunks[data[0] % 4]);
	output_check(&f);
	fake_wake(&other, CONN_EV_WOKEN);
	output_check(&other);
	fake_close(&f);
	fake_close(&other);
	world_close(&w);
	return 0;
}
