// SPDX-License-Identifier: Apache-2.0
// Submission through a relay, both connections in memory: what no transcript can time.
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "smtp/relay.h"
#include "smtp/relay_testing.h"
#include "smtp/submission.h"
#include "smtp/testing.h"

static struct op op;
static struct store *store;
static struct submission_config config;
static struct submission *submission;

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .append_limit = 100000 };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	config = (struct submission_config){ .hostname = "mx.a", .domains = "a" };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0)
		return -1;
	return submission_new(&op, &config, &submission);
}

static int teardown(void **state)
{
	(void)state;
	submission_free(submission);
	relay_free(config.relay);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// A client that is logged in has named a recipient, of whom the relay was asked.
static void begin(struct pair *p)
{
	*p = (struct pair){ .linked = false };
	fake_open(&p->client, &submission_service, submission);
	client_says(p, SPAN("STARTTLS\r\n"), 0);
	client_says(p, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	(void)fake_output(&p->client);
	client_says(p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	relay_says(p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
}

static void end(struct pair *p)
{
	fake_close(&p->client);
	(void)fake_run_woken(&p->relay);
	if (p->linked)
		fake_close(&p->relay);
}

// The server stops: what the relay has whole, it may have taken. Its answer is awaited; a message that has not come whole is given up.
static void stops(void **state)
{
	(void)state;
	for (unsigned whole = 0; whole < 2; whole++) {
		struct pair p;
		begin(&p);
		relay_says(&p, SPAN("250 a\r\n250 b\r\n"), 0);
		client_says(&p, SPAN("DATA\r\n"), 0);
		relay_says(&p, SPAN("354 go\r\n"), 0);
		client_says(&p, whole ? SPAN("a: b\r\n.\r\n") : SPAN("a: b\r\n"), 0);
		fake_wake(&p.relay, CONN_EV_STOPPING);
		fake_wake(&p.client, CONN_EV_STOPPING);
		settle(&p);
		if (whole)
			relay_says(&p, SPAN("250 taken\r\n"), 0);
		compare(0, fake_output(&p.client),
			whole ? SPAN("250 2.1.5?\n354?\n250 2.0.0?\n421 4.3.2?")
			      : SPAN("250 2.1.5?\n354?\n421 4.3.2?"));
		assert_true(p.client.closed);
		end(&p);
	}
}

// Answers that wait behind one of the relay's take bounded memory: the client is not read meanwhile. None is lost.
static void holds_answers(void **state)
{
	(void)state;
	struct pair p;
	struct buf flood = { 0 };
	const unsigned count = RELAY_HELD_MAX; // with answers of more than one octet
	begin(&p);
	for (unsigned i = 0; i < count; i++)
		buf_add(&flood, SPAN("RCPT TO:<nobody>\r\n"));
	client_says(&p, buf_span(&flood), 0);
	assert_int_equal(p.client.next, CONN_WAIT);
	assert_true(conn_input(p.client.conn).n > 0);
	assert_int_equal(fake_output(&p.client).n, 0);
	relay_says(&p, SPAN("250 a\r\n250 b\r\n"), 0);
	client_says(&p, SPAN(""), 0);
	struct span out = fake_output(&p.client), line;
	unsigned refused = 0;
	out = span_split(out, '\n', &line);
	assert_true(span_starts(line, SPAN("250 2.1.5")));
	while (out.n) {
		out = span_split(out, '\n', &line);
		refused += span_starts(line, SPAN("550 5.1.1"));
	}
	assert_int_equal(refused, count);
	end(&p);
	buf_done(&flood);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_answers, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
