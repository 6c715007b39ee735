// SPDX-License-Identifier: Apache-2.0
// What a relay says, to a session that sends a message through it, on the memory engine. The first octet says in what pieces it comes, and whether
// the relay has behaved so far. Whatever it says, the client gets whole lines, and the relay never the end of a message that it did not ask for.
#include "auth/fake_testing.c" // takes the place of net/ and auth/; a fuzzer is one file (fuzz/meson.build)
#include "base/log.h"
#include "mail/account.h"
#include "mail/check.h"
#include "smtp/relay.h"
#include "smtp/relay_testing.h"
#include "smtp/submission.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void finding(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	(void)f;
	must(false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = { 0, 1, 5, 100 };
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .append_limit = 1 << 16 };
	struct relay_config rc = {
		.host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.example"
	};
	struct submission_config uc = { .hostname = "mx.example", .domains = "b" };
	struct op op;
	struct store *store;
	struct pair p = { .linked = false };
	uint64_t messages;
	if (size == 0)
		return 0;
	size_t chunk = chunks[data[0] % 4];
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	must(store_open(&op, &sc, &store) == 0 && mail_open(&op, store, &mc, &uc.mail) == 0);
	must(relay_new(&op, &rc, NULL, &uc.relay) == 0);
	struct submission *submission;
	must(submission_new(&op, &uc, &submission) == 0);
	fake_open(&p.client, &submission_service, submission);
	client_says(&p, SPAN("STARTTLS\r\n"), 0);
	client_says(&p,
		SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@b>\r\nRCPT TO:<v@b>\r\nRCPT "
		     "TO:<x@far>\r\nRCPT TO:<y@far> NOTIFY=NEVER\r\n"),
		0);
	if (data[0] & 4)
		relay_says(&p,
			SPAN("220 r\r\n250-r\r\n250-PIPELINING\r\n250-DSN\r\n250 8BITMIME\r\n"), 0);
	if (data[0] & 8) {
		relay_says(&p, SPAN("250 a\r\n250 b\r\n250 c\r\n"), 0);
		client_says(&p, SPAN("DATA\r\n"), 0);
	}
	if (data[0] & 16) {
		relay_says(&p, SPAN("354 go\r\n"), 0);
		client_says(&p, SPAN("Message-ID: <1@a>\r\n\r\n..\r\n.\r\n"), 0);
	}
	relay_says(&p, span_of(data + 1, size - 1), chunk);
	client_says(&p,
		SPAN("RSET\r\nMAIL FROM:<u@b>\r\nRCPT TO:<x@far>\r\nDATA\r\na: b\r\n.\r\nQUIT\r\n"),
		0);
	relay_says(&p, span_of(data + 1, size - 1), chunk);
	if (p.linked && !p.relay.closed)
		fake_wake(&p.relay, CONN_EV_EOF);
	settle(&p);
	struct span out = fake_output(&p.client);
	must(out.n >= 2 && out.p[out.n - 2] == '\r' && out.p[out.n - 1] == '\n');
	fake_close(&p.client);
	while (p.linked) {
		(void)fake_run_woken(&p.relay);
		must(p.relay.closed); // it was let go
		fake_close(&p.relay);
		p.linked = fake_take_dialed(&p.relay);
	}
	must(mail_check(&op, uc.mail, finding, NULL, &messages) == 0);
	submission_free(submission);
	relay_free(uc.relay);
	mail_close(uc.mail);
	store_close(store);
	op_done(&op);
	return 0;
}
