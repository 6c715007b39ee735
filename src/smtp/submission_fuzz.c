// SPDX-License-Identifier: Apache-2.0
// The stream of a submission client through the whole session, on the memory engine. The first octet says in what pieces it comes and how far the
// session is already. At the end the store is checked.
#include "auth/fake_testing.c" // takes the place of net/ and auth/; a fuzzer is one file (fuzz/meson.build)
#include "base/log.h"
#include "mail/account.h"
#include "mail/check.h"
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
	struct submission_config uc = { .hostname = "mx.example", .domains = "b" };
	struct op op;
	struct store *store;
	struct mail *mail;
	struct submission *submission;
	struct fake f;
	uint64_t messages;
	if (size == 0)
		return 0;
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	must(store_open(&op, &sc, &store) == 0 && mail_open(&op, store, &mc, &mail) == 0);
	uc.mail = mail;
	must(submission_new(&op, &uc, &submission) == 0);
	fake_open(&f, &submission_service, submission);
	fake_send(&f, SPAN("STARTTLS\r\n"), 0);
	if (data[0] & 4)
		fake_send(&f, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\n"), 0);
	if (data[0] & 8)
		fake_send(&f, SPAN("MAIL FROM:<u@b>\r\nRCPT TO:<u>\r\nRCPT TO:<v@b>\r\n"), 0);
	if (data[0] & 16)
		fake_send(&f, SPAN("DATA\r\nMessage-ID: <1@a>\r\n"), 0);
	fake_send(&f, span_of(data + 1, size - 1), chunks[data[0] % 4]);
	struct span out = fake_output(&f);
	must(out.n >= 2 && out.p[out.n - 2] == '\r' && out.p[out.n - 1] == '\n');
	fake_close(&f);
	must(mail_check(&op, mail, finding, NULL, &messages) == 0);
	submission_free(submission);
	mail_close(mail);
	store_close(store);
	op_done(&op);
	return 0;
}
