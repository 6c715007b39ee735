// SPDX-License-Identifier: Apache-2.0
// Sending from the spool to a relay in memory, whatever that says, and at any time it breaks off.
#include "smtp/spooler_testing.h"

#define MESSAGE "Received: r\nMessage-ID: <x@a>\nSubject: it\n\n..dot\n.\n"

// Two messages over one link, each to all its recipients.
static void sends(void **state)
{
	(void)state;
	struct span text;
	put_simple(2);
	struct spool_message m = message_of(1);
	m.key[0] = 'x';
	m.ret = SPAN("FULL");
	m.envid = SPAN("e");
	three[0].notify = SPAN("SUCCESS");
	put(&m, TEXT);
	settle(false);
	greets("250-DSN\r\n250-SIZE\r\n");
	sent("EHLO mx.a\nMAIL FROM:<u@a> SIZE=53\nRCPT TO:<x@far>\nRCPT TO:<y@far>\n");
	says(SPAN("250 a\r\n250 b\r\n250 c\r\n"));
	sent("DATA\n");
	says(SPAN("354 go\r\n"));
	sent(MESSAGE);
	says(SPAN("250 taken\r\n"));
	sent("MAIL FROM:<u@a> SIZE=53 RET=FULL ENVID=e\nRCPT TO:<x@far> NOTIFY=SUCCESS\n");
	assert_int_equal(waiting(), 1);
	says(SPAN("250 a\r\n250 b\r\n"));
	sent("DATA\n");
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 0);
	assert_false(linked); // QUIT
	assert_int_equal(due, 0);
	assert_int_equal(reports(&text), 0); // the relay tells
	three[0].notify = SPAN_NONE;
}

// Each recipient has an answer of its own: who is refused is told of, who is put off is tried again, alone.
static void answers_differ(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m;
	put_simple(3);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n550 5.1.1 nobody\r\n450 4.2.2 full\r\n250 z\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(reports(&text), 1);
	assert_true(has(text,
		"Final-Recipient: rfc822;x@far\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		"Remote-MTA: dns; relay\r\nDiagnostic-Code: smtp; 550 5.1.1 nobody\r\n"));
	assert_true(has(text, "text/rfc822-headers\r\n"));
	assert_true(has(text, "Subject: it\r\n"));
	assert_false(has(text, "y@far"));
	assert_false(has(text, ".dot"));
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	assert_int_equal(m.count, 1);
	assert_true(span_eq(m.recipients[0].address, SPAN("y@far")));
	assert_true(span_eq(m.why, SPAN("450 4.2.2 full")));
	assert_true(due > clock_mono());
	clock_shift_for_test(SPOOL_RETRY_FIRST_S + 1);
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\n");
	says(SPAN("250 a\r\n250 b\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("554 5.6.0 spam\r\n"));
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 2);
	assert_true(
		has(text, "Final-Recipient: rfc822;y@far\r\nAction: failed\r\nStatus: 5.6.0\r\n"));
	// What has failed may be sent again; what has been sent is known.
	assert_int_equal(spool_had(&op, config.spool, m.key, SPAN("y@far")), 0);
	assert_int_equal(spool_had(&op, config.spool, m.key, SPAN("z@far")), SPOOL_HAD);
}

// RET=FULL, and a relay that says no to the sender; one that takes no 8-bit text; one without DSN.
static void refusals(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m = message_of(2);
	m.ret = SPAN("FULL");
	put(&m, TEXT);
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<x@far>\nRCPT TO:<y@far>\n");
	says(SPAN("553 5.7.1 not you\r\n503 x\r\n503 y\r\n"));
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "y@far\r\nAction: failed\r\nStatus: 5.7.1\r\n"));
	assert_true(has(text, "\r\n.dot\r\n"));
	m = message_of(1);
	m.eight_bit = true;
	put(&m, TEXT);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n250 x\r\n"));
	assert_int_equal(reports(&text), 2);
	assert_true(has(text,
		"x@far\r\nAction: failed\r\nStatus: 5.6.3\r\nDiagnostic-Code: smtp; 554 5.6.3 "
		"the relay takes 7-bit messages only\r\n")); // it has not said so itself
	m.eight_bit = false;
	three[0].notify = SPAN("SUCCESS");
	put(&m, TEXT);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n250 x\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	three[0].notify = SPAN_NONE;
	assert_int_equal(reports(&text), 3);
	assert_true(has(text, "x@far\r\nAction: relayed\r\nStatus: 2.0.0\r\n"));
}

// It offers no SMTPUTF8: the message is refused here, and the report does not say that the relay has said that (RFC 3464 section 2.3.5: Remote-MTA).
static void not_offered(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m = message_of(1);
	m.utf8 = true;
	put(&m, TEXT);
	settle(false);
	greets("");
	sent("EHLO mx.a\nRCPT TO:<x@far>\n");
	says(SPAN("503 5.5.1 no sender\r\n"));
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text,
		"x@far\r\nAction: failed\r\nStatus: 5.6.7\r\nDiagnostic-Code: smtp; 550 5.6.7 "
		"the relay does not know SMTPUTF8\r\n"));
}

// The connection breaks off before each of the relay's answers. Until the end of the message it has nothing; then it may have all of it, and gets it again.
static void breaks(void **state)
{
	(void)state;
	static const char *const steps[] = { "220 r\r\n", "250 PIPELINING\r\n", "250 a\r\n",
		"250 x\r\n", "250 y\r\n", "354 go\r\n", "250 taken\r\n" };
	struct span text;
	put_simple(2);
	for (size_t n = 0; n <= countof(steps); n++) {
		settle(false);
		for (size_t i = 0; i < n; i++)
			says(span_str(steps[i]));
		if (n == countof(steps))
			break;
		struct span out = fake_output(&relay);
		assert_int_equal(has(out, "\r\n.\r\n"), n == 6);
		breaks_off();
		assert_false(linked);
		assert_int_equal(waiting(), 1);
		assert_true(due > clock_mono()); // it waits before it tries again
		spooler_try(spooler);
	}
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 0);
}

// While the relay is down nothing is tried, however many messages there are; until somebody reaches it.
static void waits(void **state)
{
	(void)state;
	uint64_t seconds, last = 0;
	struct span why;
	struct relay_link *link;
	put_simple(1);
	spooler_added(spooler);
	settle(false); // who put it in found the relay down just now
	assert_false(linked);
	assert_int_equal(spooler_status(&op, spooler, &seconds, &why), 0);
	assert_in_range(seconds, 1, SPOOL_RETRY_FIRST_S);
	for (unsigned i = 0; i < 8; i++) {
		spooler_try(spooler);
		settle(false);
		says(SPAN("421 not now\r\n"));
		assert_false(linked);
		assert_int_equal(spooler_status(&op, spooler, &seconds, &why), 0);
		assert_in_range(seconds, last, SPOOL_RETRY_MOST_S);
		assert_true(has(why, "not now"));
		last = seconds;
		put_simple(1);
		spooler_added(spooler);
		settle(false);
		assert_false(linked);
	}
	assert_int_equal(last, SPOOL_RETRY_MOST_S);
	// A session's link reaches it.
	assert_int_equal(
		relay_link_new(&op, config.relay, &(struct relay_waiter){ woken, NULL }, &link), 0);
	struct fake session;
	assert_true(fake_take_dialed(&session));
	fake_wake(&session, CONN_EV_OPEN);
	fake_send(&session, SPAN("220 r\r\n250 r\r\n"), 0);
	settle(false);
	assert_true(linked);
	relay_link_free(link);
	(void)fake_run_woken(&session);
	fake_close(&session);
	assert_int_equal(waiting(), 9);
}

// Who waits long is told of; who waits too long, too, and gets nothing.
static void overdue(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m;
	three[1].notify = SPAN("FAILURE");
	three[2].notify = SPAN("NEVER");
	m = message_of(3);
	m.ret = SPAN("FULL");
	put(&m, TEXT);
	static const struct {
		int64_t age;
		unsigned reports;
		size_t waiting;
		const char *action;
	} rows[] = { { SPOOL_DELAY_S - 60, 0, 1, "" }, { SPOOL_DELAY_S + 60, 1, 1, "delayed" },
		{ SPOOL_EXPIRES_S - 60, 1, 1, "delayed" },
		{ SPOOL_EXPIRES_S + 60, 2, 0, "failed" } };
	for (size_t i = 0; i < countof(rows); i++) {
		clock_shift_for_test(rows[i].age);
		spooler_try(spooler);
		settle(false);
		breaks_off();
		assert_int_equal(reports(&text), rows[i].reports);
		assert_int_equal(waiting(), rows[i].waiting);
		if (rows[i].reports)
			assert_true(has(text, rows[i].action));
		assert_false(has(text, "z@far"));
		assert_int_equal(has(text, "y@far"), i == 3);
		assert_int_equal(has(text, "\r\n.dot\r\n"), i == 3); // of a failure alone
		assert_int_equal(has(text, "text/rfc822-headers"), i == 1 || i == 2);
	}
	assert_true(has(text, "x@far\r\nAction: failed\r\nStatus: 4.4.7\r\n"));
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), RC_NONEXISTENT);
	three[1].notify = three[2].notify = SPAN_NONE;
}

// Other times, when they are configured.
static void configured(void **state)
{
	(void)state;
	uint64_t seconds;
	struct span why, text;
	spooler_free(spooler);
	config.pause_most_s = SPOOL_RETRY_FIRST_S / 2;
	config.expires_s = SPOOL_DELAY_S / 2;
	assert_int_equal(spooler_new(&op, &config, &spooler), 0);
	put_simple(1);
	for (unsigned i = 0; i < 2; i++) {
		clock_shift_for_test(i ? config.expires_s + 60 : config.expires_s - 60);
		spooler_try(spooler);
		settle(false);
		breaks_off();
		assert_int_equal(spooler_status(&op, spooler, &seconds, &why), 0);
		assert_in_range(seconds, 1, SPOOL_RETRY_FIRST_S / 2);
		assert_int_equal(reports(&text), i);
	}
	assert_true(has(text, "Action: failed\r\nStatus: 4.4.7\r\n"));
}

// A message that is put off is told of, and given up, by the try that comes then; the null path is never told.
static void put_off(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m = message_of(1);
	put(&m, TEXT);
	m.key[0] = 'x';
	m.sender = SPAN("");
	put(&m, TEXT);
	static const int64_t ages[] = { 0, SPOOL_DELAY_S, SPOOL_EXPIRES_S };
	for (unsigned i = 0; i < countof(ages); i++) {
		clock_shift_for_test(ages[i]);
		settle(false);
		greets("");
		for (unsigned k = 0; k < 2; k++) {
			says(SPAN("250 a\r\n450 4.2.2 full\r\n"));
			if (linked)
				says(SPAN("250 reset\r\n"));
		}
		assert_int_equal(reports(&text), i);
		if (i == 1)
			assert_true(has(text,
				"Action: delayed\r\nStatus: 4.2.2\r\nRemote-MTA: dns; relay\r\n"));
	}
	assert_int_equal(waiting(), 0);
	assert_true(has(text, "Diagnostic-Code: smtp; 450 4.2.2 full\r\n"));
}

// The record as it was before it was settled, as a crash leaves it.
static void put_back(struct span key, struct span value)
{
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, SPOOL_PARTITION);
	batch_put(&b, key, value);
	assert_int_equal(store_submit(&op, store, &b, &t), 0);
	batch_done(&b);
	assert_int_equal(store_wait(&op, store, t), 0);
	spooler_free(spooler);
	spool_free(config.spool);
	assert_int_equal(spool_open(&op, config.mail, &config.spool), 0);
	assert_int_equal(spooler_new(&op, &config, &spooler), 0);
}

// Two of three have failed, which is written down, and told of later: once, whatever a crash undoes of that, and the relay is not asked for them again. The
// third is, behind it.
static void reports_several_once(void **state)
{
	(void)state;
	struct span text, record, key = { "Q\0\0\0\0\0\0\0\1", 9 };
	put_simple(3);
	settle(false);
	greets("");
	faults.full = true;
	says(SPAN("250 a\r\n550 5.1.1 no\r\n450 4.2.2 later\r\n550 5.7.1 never\r\n"));
	assert_int_equal(reports(&text), 0);
	assert_int_equal(store_get(&op, store, NULL, SPOOL_PARTITION, key, &record), 0);
	faults.full = false;
	for (unsigned i = 0; i < 3; i++) {
		clock_shift_for_test((i + 1) * SPOOL_RETRY_MOST_S);
		spooler_try(spooler);
		settle(false);
		assert_int_equal(reports(&text), 1);
		assert_true(has(text, "x@far\r\nAction: failed\r\nStatus: 5.1.1\r\n"));
		assert_true(has(text, "z@far\r\nAction: failed\r\nStatus: 5.7.1\r\n"));
		assert_false(has(text, "y@far"));
		greets("");
		sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\n");
		breaks_off();
		put_back(key, record);
	}
}

// An administrator gives up a message of which some have failed, and were not told of: they are told of as they have failed, the others as given up; what a
// crash undoes of that makes no report a second one.
static void drops_failed(void **state)
{
	(void)state;
	struct span text, record, key = { "Q\0\0\0\0\0\0\0\1", 9 };
	put_simple(3);
	settle(false);
	greets("");
	faults.full = true;
	says(SPAN("250 a\r\n550 5.1.1 no\r\n450 4.2.2 later\r\n550 5.7.1 never\r\n"));
	assert_int_equal(store_get(&op, store, NULL, SPOOL_PARTITION, key, &record), 0);
	assert_int_equal(spool_take_number(&op, config.spool, 1), 0);
	assert_int_equal(spooler_drop(&op, &config, 1), RC_UNAVAILABLE);
	assert_int_equal(waiting(), 1);
	faults.full = false;
	clock_shift_for_test(SPOOL_RETRY_MOST_S);
	spooler_try(spooler);
	settle(false);
	assert_int_equal(reports(&text), 1);
	breaks_off();
	put_back(key, record);
	assert_int_equal(spool_take_number(&op, config.spool, 1), 0);
	assert_int_equal(spooler_drop(&op, &config, 1), 0);
	assert_int_equal(reports(&text), 2);
	assert_true(has(text, "y@far\r\nAction: failed\r\nStatus: 5.3.0\r\n"));
	assert_false(has(text, "x@far") || has(text, "z@far"));
	assert_int_equal(waiting(), 0);
}

// A report that was filed before a crash is not filed again.
static void reports_once(void **state)
{
	(void)state;
	struct span text, record, key = { "Q\0\0\0\0\0\0\0\1", 9 };
	put_simple(1);
	assert_int_equal(store_get(&op, store, NULL, SPOOL_PARTITION, key, &record), 0);
	for (unsigned i = 0; i < 3; i++) {
		settle(false);
		greets("");
		says(SPAN("250 a\r\n550 5.1.1 nobody\r\n"));
		assert_int_equal(waiting(), 0);
		assert_int_equal(reports(&text), 1);
		put_back(key, record);
		assert_int_equal(waiting(), 1);
	}
}

// The server stops: what has not gone out whole is left for the next start; what has gets its answer.
static void stops(void **state)
{
	(void)state;
	static const char *const steps[] = { "220 r\r\n", "250 PIPELINING\r\n", "250 a\r\n",
		"250 x\r\n", "354 go\r\n" };
	put_simple(1);
	settle(true);
	assert_true(over && !linked);
	for (size_t n = 0; n <= countof(steps); n++) {
		spooler_free(spooler);
		if (linked) {
			(void)fake_run_woken(&relay);
			fake_close(&relay);
			linked = false;
		}
		assert_int_equal(spooler_new(&op, &config, &spooler), 0);
		settle(false);
		for (size_t i = 0; i < n; i++)
			says(span_str(steps[i]));
		fake_wake(&relay, CONN_EV_STOPPING);
		settle(true);
		assert_int_equal(over, n < countof(steps));
		assert_int_equal(waiting(), 1);
	}
	says(SPAN("250 taken\r\n"));
	assert_true(over);
	assert_int_equal(waiting(), 0);
}

// A big message for a relay that reads nothing: a bounded part of it is under way.
static void slow(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct spool_message m = message_of(1);
	buf_add(&text, SPAN("Message-ID: <x@a>\r\n\r\n"));
	while (text.n < 20 * RELAY_QUEUE_MAX)
		buf_add(&text, SPAN("..0123456789\r\n"));
	put(&m, buf_span(&text));
	settle(false);
	greets("");
	says(SPAN("250 a\r\n250 x\r\n"));
	(void)fake_output(&relay);
	relay.stuck = true;
	says(SPAN("354 go\r\n"));
	relay.stuck = false;
	size_t got = 0;
	bool ended = false;
	for (unsigned i = 0; i < 1000 && !ended; i++) {
		fake_wake(&relay, CONN_EV_DRAINED);
		struct span out = fake_output(&relay);
		got += out.n;
		ended = out.n > 5 && span_eq(span_skip(out, out.n - 5), SPAN("\r\n.\r\n"));
		settle(false);
	}
	assert_true(ended && got > text.n);
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 0);
	buf_done(&text);
}

// An administrator gives a message up: its sender is told.
static void drops(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m;
	put_simple(2);
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	assert_int_equal(spool_take_number(&op, config.spool, m.number), 0);
	assert_int_equal(spooler_drop(&op, &config, m.number), 0);
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "x@far\r\nAction: failed\r\nStatus: 5.3.0\r\n"));
}

// A report shows no more of a message than that, whole lines of it.
static void returns(void **state)
{
	(void)state;
	struct spool_message m = message_of(1);
	struct span text;
	m.ret = SPAN("FULL");
	for (unsigned i = 0; i < 3; i++) { // short; long; a header that is longer
		struct buf b = { 0 };
		buf_add(&b, SPAN("Message-ID: <x@a>\r\nX: first\r\n"));
		while (i == 2 && b.n < SPOOL_RETURN_MAX + 100)
			buf_add(&b, SPAN("Y: 0123456789\r\n"));
		buf_add(&b, SPAN("\r\nbody\r\n"));
		while (i == 1 && b.n < SPOOL_RETURN_MAX)
			buf_add(&b, SPAN("more\r\n"));
		put(&m, buf_span(&b));
		struct spool_message read;
		assert_int_equal(spool_read_from(&op, config.spool, 0, &read), 0);
		assert_int_equal(spool_take_number(&op, config.spool, read.number), 0);
		assert_int_equal(spooler_drop(&op, &config, read.number), 0);
		assert_int_equal(reports(&text), i + 1);
		assert_true(has(text, "\r\nX: first\r\n"));
		assert_int_equal(has(text, "message/rfc822\r\n"), i == 0);
		assert_int_equal(has(text, "\r\nbody\r\n"), i == 0);
		assert_in_range(text.n, b.n < SPOOL_RETURN_MAX ? b.n : 0, SPOOL_RETURN_MAX + 4096);
		if (i == 2)
			assert_true(has(text, "\r\nY: 0123456789\r\n\r\n--=_"));
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sends, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(not_offered, setup, teardown),
		cmocka_unit_test_setup_teardown(breaks, setup, teardown),
		cmocka_unit_test_setup_teardown(waits, setup, teardown),
		cmocka_unit_test_setup_teardown(overdue, setup, teardown),
		cmocka_unit_test_setup_teardown(configured, setup, teardown),
		cmocka_unit_test_setup_teardown(put_off, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_several_once, setup, teardown),
		cmocka_unit_test_setup_teardown(drops_failed, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_once, setup, teardown),
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
		cmocka_unit_test_setup_teardown(slow, setup, teardown),
		cmocka_unit_test_setup_teardown(drops, setup, teardown),
		cmocka_unit_test_setup_teardown(returns, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
