// SPDX-License-Identifier: Apache-2.0
// What the relay offers is asked for before any mail goes there: the task and its connection in memory, and a session of submission beside them.
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "smtp/relay.h"
#include "smtp/relay_probe.h"
#include "smtp/submission.h"
#include "smtp/testing.h"

#define FUTURE "FUTURERELEASE 86400 2099-01-01T00:00:00Z"

static struct op op;
static struct store *store;
static struct submission_config config;
static struct submission *submission;
static struct relay_probe *probe;
static struct fake relay;
static bool linked;
static uint64_t due; // what it wanted last

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	config = (struct submission_config){ .hostname = "mx.a", .domains = "a" };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	linked = false;
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0 ||
		relay_probe_new(&op, config.relay, &probe) < 0)
		return -1;
	return submission_new(&op, &config, &submission);
}

// Both run until neither has anything to do.
static void settle(bool stopping)
{
	for (bool again = true; again;) {
		due = relay_probe_run(probe, stopping);
		again = fake_follow(&relay, &linked);
	}
}

static int teardown(void **state)
{
	(void)state;
	settle(true);
	assert_false(linked);
	relay_probe_free(probe);
	submission_free(submission);
	relay_free(config.relay);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

static void says(const char *text)
{
	assert_true(linked);
	fake_send(&relay, span_str(text), 0);
	settle(false);
}

// Is it offered to a client that comes now?
static bool is_offered(void)
{
	struct fake client;
	fake_open(&client, &submission_service, submission);
	fake_send(&client, SPAN("EHLO x\r\n"), 0);
	struct span out = fake_output(&client);
	bool offered = span_find(out, SPAN("250-" FUTURE "\r\n")) < out.n;
	fake_close(&client);
	return offered;
}

static void waits_about(uint64_t seconds, uint64_t since)
{
	assert_in_range(due, since + seconds * NS_PER_S, clock_mono() + seconds * NS_PER_S);
}

// Before any mail: it says who we are, and goes. The offer is refreshed when it is old.
static void asks_at_the_start(void **state)
{
	(void)state;
	uint64_t since = clock_mono();
	assert_false(is_offered());
	settle(false);
	says("220 r\r\n");
	compare(0, fake_output(&relay), SPAN("EHLO mx.a?"));
	assert_false(is_offered());
	fake_send(&relay, SPAN("250-r\r\n250 " FUTURE "\r\n"), 0);
	assert_true(is_offered());
	settle(false);
	assert_false(linked); // QUIT was said: fake_send() shows it no more
	waits_about(RELAY_OFFER_S, since);
}

// A relay that does not know it is not asked a second time.
static void leaves_others_in_peace(void **state)
{
	(void)state;
	settle(false);
	says("220 r\r\n250-r\r\n250 PIPELINING\r\n");
	assert_false(linked);
	assert_false(is_offered());
	assert_int_equal(due, 0);
}

// A relay that is down, or of no use: again later.
static void tries_again_later(void **state)
{
	(void)state;
	static const char *const words[] = { "554 go away\r\n", "220 r\r\n421 later\r\n",
		"what?\r\n" };
	for (unsigned i = 0; i < countof(words); i++) {
		struct relay_probe *other;
		uint64_t since = clock_mono();
		assert_int_equal(relay_probe_new(&op, config.relay, &other), 0);
		relay_probe_free(probe);
		probe = other;
		settle(false);
		says(words[i]);
		assert_false(linked);
		assert_false(is_offered());
		waits_about(SPOOL_RETRY_FIRST_S, since);
		settle(false);
		assert_false(linked); // not before
	}
}

// Meanwhile a session has reached it: that answers the question.
static void others_reach_it(void **state)
{
	(void)state;
	struct fake client, link;
	uint64_t since = clock_mono();
	settle(false);
	fake_wake(&relay, CONN_EV_EOF);
	settle(false);
	waits_about(SPOOL_RETRY_FIRST_S, since);
	fake_open(&client, &submission_service, submission);
	fake_send(&client, SPAN("STARTTLS\r\n"), 0);
	fake_send(&client, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	fake_send(&client, SPAN("RCPT TO:<x@far>\r\n"), 0);
	assert_true(fake_take_dialed(&link));
	fake_wake(&link, CONN_EV_OPEN);
	since = clock_mono();
	fake_send(&link, SPAN("220 r\r\n250-r\r\n250 " FUTURE "\r\n"), 0);
	settle(false);
	assert_false(linked);
	waits_about(RELAY_OFFER_S, since);
	fake_close(&client);
	(void)fake_run_woken(&link);
	fake_close(&link);
}

// The server stops while it is asked.
static void stops(void **state)
{
	(void)state;
	settle(false);
	assert_true(linked);
	settle(true);
	assert_false(linked);
	assert_int_equal(due, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asks_at_the_start, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_others_in_peace, setup, teardown),
		cmocka_unit_test_setup_teardown(tries_again_later, setup, teardown),
		cmocka_unit_test_setup_teardown(others_reach_it, setup, teardown),
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
