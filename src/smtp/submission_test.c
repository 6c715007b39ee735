// SPDX-License-Identifier: Apache-2.0
// Whole sessions of submission over a connection in memory, with every split of the input. The users are "u" (password "p"), "v" and "w".
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/check.h"
#include "smtp/submission.h"
#include "smtp/testing.h"

static struct op op;
static struct store *store;
static struct mail *mail;
static struct submission *submission;

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .append_limit = 100000 };
	struct submission_config c = { .hostname = "mx.example.org", .domains = "a  b" };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &mail) < 0)
		return -1;
	c.mail = mail;
	return submission_new(&op, &c, &submission);
}

static void finding(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	fail_msg("%s", f->text);
}

static uint64_t messages; // in all accounts, seen by the last teardown

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(mail_check(&op, mail, finding, NULL, &messages), 0);
	submission_free(submission);
	mail_close(mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// A session as it is after STARTTLS, EHLO and, if so wanted, AUTH.
static void begin(struct fake *f, bool logged_in)
{
	fake_open(f, &submission_service, submission);
	fake_send(f, SPAN("EHLO x\r\nSTARTTLS\r\n"), 0);
	fake_send(f, SPAN("EHLO x\r\n"), 0);
	if (logged_in)
		fake_send(f, SPAN("AUTH PLAIN AHUAcA==\r\n"), 0);
	(void)fake_output(f);
}

static const size_t chunks[] = { 0, 1, 2, 3, 7, 64 };
static void dialogue(bool logged_in, struct span sent, const char *want)
{
	for (size_t i = 0; i < countof(chunks); i++) {
		struct fake f;
		begin(&f, logged_in);
		fake_send(&f, sent, chunks[i]);
		compare(chunks[i], fake_output(&f), span_str(want));
		fake_close(&f);
	}
}

static void needs_privacy(void **state)
{
	(void)state;
	struct fake f;
	fake_open(&f, &submission_service, submission);
	(void)fake_output(&f);
	fake_send(&f, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	compare(0, fake_output(&f),
		SPAN("250-mx.example.org\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n"
		     "250-CHUNKING\n250-ENHANCEDSTATUSCODES\n250-DSN\n250-BURL\n250-STARTTLS\n250 "
		     "SIZE?\n"
		     "538 5.7.11?\n530 5.7.0?"));
	fake_send(&f, SPAN("STARTTLS\r\n"), 0);
	fake_send(&f, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	compare(0, fake_output(&f),
		SPAN("220?\n250-mx.example.org\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n"
		     "250-CHUNKING\n250-ENHANCEDSTATUSCODES\n250-AUTH "
		     "PLAIN\n250-DSN\n250-BURL\n250 SIZE?\n"
		     "235 2.7.0?\n250 2.1.0?"));
	fake_close(&f);
}

static void logs_in(void **state)
{
	(void)state;
	dialogue(false,
		SPAN("AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\nAHUAcQ==\r\nAUTH PLAIN\r\n!\r\nAUTH PLAIN "
		     "=\r\n"
		     "AUTH X\r\nMAIL FROM:<u@a>\r\nAUTH PLAIN\r\nAHUAcA==\r\nAUTH "
		     "PLAIN\r\nQUIT\r\n"),
		"334 \n501 5.7.0?\n334 \n535 5.7.8?\n334 \n501 5.5.2?\n535?\n504 5.5.4?\n530?\n334 "
		"\n235 2.7.0?\n503?\n221?");
}

static void sends(void **state)
{
	(void)state;
	dialogue(true,
		SPAN("MAIL FROM:<u+x@b>\r\nRCPT TO:<v@a>\r\nRCPT TO:<w>\r\nRCPT TO:<x@a>\r\nRCPT "
		     "TO:<v@c>\r\nDATA\r\nFrom: u@a\r\n\r\n..\r\n.\r\nMAIL FROM:<v@a>\r\nMAIL "
		     "FROM:<u@c>\r\nMAIL FROM:<>\r\nRCPT TO:<v@a>\r\nBDAT 12\r\nFrom: "
		     "u@a\r\n\rBDAT "
		     "3\r\n\nhiBDAT 0 LAST\r\nMAIL FROM:<u@a>\r\nBDAT 4 LAST\r\nQUITQUIT\r\n"),
		"250 2.1.0?\n250 2.1.5?\n250 2.1.5?\n550 5.1.1?\n550 5.7.1?\n354?\n250 2.0.0?\n550 "
		"5.7.1?\n550 5.7.1?\n250?\n250?\n250?\n250?\n250 2.0.0?\n250?\n503?\n221?");
}

static void refuses_messages(void **state)
{
	(void)state;
	dialogue(true,
		SPAN("MAIL FROM:<u@a>\r\nRCPT TO:<v@a>\r\nDATA\r\nFrom: v@a\r\n\r\nx\r\n.\r\n"
		     "MAIL FROM:<u@a>\r\nRCPT TO:<v@a>\r\nDATA\r\nFrom: u@a\r\n\r\nx\ry\r\n.\r\n"
		     "MAIL FROM:<u@a>\r\nRCPT TO:<v@a>\r\nBDAT 12 LAST\r\nFrom: u@a\r\n\rRSET\r\n"
		     "MAIL FROM:<u@a>\r\nRCPT TO:<v@a>\r\nBDAT 14\r\nFrom: v@a\r\n\r\nxBDAT 1 "
		     "LAST\r\nyQUIT\r\n"),
		"250?\n250?\n354?\n550 5.7.1?\n250?\n250?\n354?\n554 5.6.0?\n250?\n250?\n554 "
		"5.6.0?\n250?\n250?\n250?\n550 5.7.1?\n550 5.7.1?\n221?");
	struct buf text = { 0 };
	buf_add(&text, SPAN("MAIL FROM:<u@a>\r\nRCPT TO:<v@a>\r\nDATA\r\nFrom: u@a\r\n\r\n"));
	for (unsigned i = 0; i < 20000; i++)
		buf_add(&text, SPAN("0123456\r\n"));
	buf_add(&text, SPAN(".\r\nNOOP\r\n"));
	dialogue(true, buf_span(&text), "250?\n250?\n354?\n552 5.3.4?\n250?");
	buf_done(&text);
}

static int nothing_delivered(void **state)
{
	int rc = teardown(state);
	assert_int_equal(messages, 0);
	return rc;
}

static int sent_all(void **state)
{
	int rc = teardown(state);
	assert_int_equal(messages, 3 * countof(chunks));
	return rc;
}

static void bears_floods(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct fake f;
	begin(&f, true);
	buf_add(&text, SPAN("MAIL FROM:<u@a>\r\n"));
	for (unsigned i = 0; i < SMTP_RECIPIENTS_MAX + 10; i++)
		buf_add(&text, SPAN("RCPT TO:<v@a>\r\n"));
	fake_send(&f, buf_span(&text), 0);
	struct span out = fake_output(&f);
	unsigned full = 0;
	while (out.n) {
		struct span line;
		out = span_split(out, '\n', &line);
		full += span_starts(line, SPAN("452 4.5.3"));
	}
	assert_int_equal(full, 10);
	buf_reset(&text);
	for (unsigned i = 0; i < LMTP_BAD_MAX + 5; i++)
		buf_add(&text, SPAN("x\r\n"));
	fake_send(&f, buf_span(&text), 0);
	assert_true(f.closed);
	fake_close(&f);
	begin(&f, false);
	buf_reset(&text);
	buf_add(&text, SPAN("AUTH PLAIN\r\n"));
	for (unsigned i = 0; i < 20000; i++)
		buf_addc(&text, 'x');
	buf_add(&text, SPAN("\r\nNOOP\r\n"));
	fake_send(&f, buf_span(&text), 0);
	compare(0, fake_output(&f), SPAN("334 \n500 5.5.6?\n250?"));
	fake_close(&f);
	buf_done(&text);
}

// A password that waits to be hashed holds no thread.
static void waits_in_line(void **state)
{
	struct fake f;
	(void)state;
	begin(&f, false);
	fake_send(&f, SPAN("AUTH PLAIN AHUAc2xvdw==\r\n"), 0);
	while (f.next == CONN_WAIT)
		fake_wake(&f, CONN_EV_DEADLINE);
	compare(0, fake_output(&f), SPAN("235 2.7.0?"));
	fake_close(&f);
}

// An auth process that takes its time: what the client sends meanwhile is run behind the answer, in its order; a session that is woken for another reason
// waits on.
static void log_in_waits(void **state)
{
	(void)state;
	static const struct {
		const char *sent;
		unsigned answers;
		const char *said;
	} t[] = {
		{ "AUTH PLAIN AHUAcA==\r\nNOOP\r\nMAIL FROM:<u@a>\r\nQUIT\r\n", 1,
			"235?\n250?\n250?\n221?" },
		{ "AUTH PLAIN\r\nAHUAcA==\r\nNOOP\r\n", 2, "334 \n235?\n250?" },
		{ "AUTH PLAIN AHUAeA==\r\nMAIL FROM:<u@a>\r\nAUTH PLAIN AHUAcA==\r\n", 2,
			"535?\n530?\n235?" },
		{ "AUTH PLAIN\r\n*\r\nNOOP\r\n", 1, "334 \n501?\n250?" },
	};
	struct fake f;
	struct submission *slow;
	struct submission_config c = { .hostname = "mx.example.org", .domains = "a  b" };
	c.mail = mail;
	c.auth = fake_auth_new();
	assert_int_equal(submission_new(&op, &c, &slow), 0);
	for (size_t i = 0; i < 2 * countof(t); i++) {
		fake_open(&f, &submission_service, slow);
		fake_send(&f, SPAN("EHLO x\r\nSTARTTLS\r\n"), 0);
		fake_send(&f, SPAN("EHLO x\r\n"), 0);
		(void)fake_output(&f);
		fake_send(&f, span_str(t[i / 2].sent), i % 2);
		struct buf said = { 0 };
		for (unsigned k = 0; k < t[i / 2].answers; k++) {
			assert_int_equal(fake_auth_asked(c.auth), 1);
			assert_int_equal(f.next, CONN_WAIT);
			buf_add(&said, fake_output(&f));
			fake_wake(&f, CONN_EV_WOKEN);
			fake_wake(&f, CONN_EV_DEADLINE);
			assert_int_equal(fake_output(&f).n, 0);
			fake_auth_answer(c.auth);
			assert_true(fake_run_woken(&f));
		}
		buf_add(&said, fake_output(&f));
		compare(i % 2, buf_span(&said), span_str(t[i / 2].said));
		buf_done(&said);
		fake_close(&f);
	}
	submission_free(slow);
	fake_auth_free(c.auth);
}

// The client is gone, or the server is stopping: nobody waits for the answer any more.
static void log_in_ends(void **state)
{
	(void)state;
	struct fake f[3];
	struct submission *slow;
	struct submission_config c = { .hostname = "mx.example.org", .domains = "a  b" };
	c.mail = mail;
	c.auth = fake_auth_new();
	assert_int_equal(submission_new(&op, &c, &slow), 0);
	for (size_t i = 0; i < countof(f); i++) {
		fake_open(&f[i], &submission_service, slow);
		fake_send(&f[i], SPAN("EHLO x\r\nSTARTTLS\r\n"), 0);
		fake_send(&f[i], SPAN("EHLO x\r\n"), 0);
		fake_send(&f[i], SPAN("AUTH PLAIN AHUAcA==\r\nNOOP\r\n"), 0);
		(void)fake_output(&f[i]);
	}
	assert_int_equal(fake_auth_asked(c.auth), 3);
	fake_close(&f[1]);
	fake_wake(&f[0], CONN_EV_STOPPING);
	assert_true(f[0].closed);
	assert_true(span_starts(fake_output(&f[0]), SPAN("421 ")));
	fake_close(&f[0]);
	assert_int_equal(fake_auth_asked(c.auth), 1);
	fake_auth_answer(c.auth);
	fake_close(&f[2]); // which has not heard it
	submission_free(slow);
	fake_auth_free(c.auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(needs_privacy, setup, teardown),
		cmocka_unit_test_setup_teardown(logs_in, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_in_line, setup, teardown),
		cmocka_unit_test_setup_teardown(sends, setup, sent_all),
		cmocka_unit_test_setup_teardown(refuses_messages, setup, nothing_delivered),
		cmocka_unit_test_setup_teardown(bears_floods, setup, teardown),
		cmocka_unit_test_setup_teardown(log_in_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(log_in_ends, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
