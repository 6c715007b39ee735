// SPDX-License-Identifier: Apache-2.0
// The stream of a POP3 client through the whole session, on the memory engine. The first octet says in what pieces it comes and whether the
// client is logged in already.
#include "auth/fake_testing.c" // takes the place of net/ and auth/; a fuzzer is one file (fuzz/meson.build)
#include "base/log.h"
#include "mail/account.h"
#include "mail/txn.h"
#include "pop3/pop3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct pop3 *pop3;
};

static void world_open(struct world *w)
{
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct pop3_config pc = { .allow_plaintext = true };
	log_level_set(LOG_ERROR_);
	op_init(&w->op, 0);
	must(store_open(&w->op, &sc, &w->store) == 0);
	must(mail_open(&w->op, w->store, &mc, &w->mail) == 0);
	pc.mail = w->mail;
	must(pop3_new(&w->op, &pc, &w->pop3) == 0);
}

static void world_close(struct world *w)
{
	pop3_free(w->pop3);
	mail_close(w->mail);
	store_close(w->store);
	op_done(&w->op);
}

static void put(struct world *w, struct span text)
{
	struct account *a;
	struct append *ap;
	struct append_result result;
	struct append_meta meta = { .internal_date = 1 };
	must(account_open(&w->op, w->mail, SPAN("u"), &a) == 0);
	must(append_begin(&w->op, a, SPAN("INBOX"), &ap) == 0);
	must(append_message(&w->op, ap, &meta, 0) == 0);
	must(append_data(&w->op, ap, text) == 0);
	must(append_message_end(&w->op, ap) == 0);
	must(append_commit(&w->op, ap, &result) == 0);
	numset_done(&result.uids);
	account_unref(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = { 0, 1, 5, 100 };
	struct world w;
	struct fake f;
	if (size == 0)
		return 0;
	world_open(&w);
	put(&w, SPAN("Subject: x\n\n.\n..\ntext\nwithout end."));
	struct span text = span_of(data + 1, size - 1);
	if (data[0] & 8) // what is sent is a message, too
		put(&w, text);
	fake_open(&f, &pop3_service, w.pop3);
	if (data[0] & 4)
		fake_send(&f, SPAN("USER u\r\nPASS p\r\n"), 0);
	fake_send(&f, text, chunks[data[0] % 4]);
	if (data[0] & 8)
		fake_send(&f,
			SPAN("RETR 1\r\nRETR 2\r\nTOP 2 1\r\nDELE 1\r\nUIDL\r\nLIST\r\nQUIT\r\n"),
			0);
	struct span out = fake_output(&f);
	must(out.n == 0 || (out.n >= 2 && out.p[out.n - 2] == '\r' && out.p[out.n - 1] == '\n'));
	fake_close(&f);
	world_close(&w);
	return 0;
}
