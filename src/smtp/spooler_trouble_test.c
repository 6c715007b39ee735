// SPDX-License-Identifier: Apache-2.0
// The spooler in trouble of every kind: disks that fail, clocks that jump, relays that take their time or are gone.
#include "smtp/spooler_testing.h"

// A session reaches the relay while our own link is at a dead address: what it has found counts.
static void reached_by_another(void **state)
{
	(void)state;
	struct relay_link *link;
	struct fake session;
	put_simple(1);
	settle(false);
	assert_true(linked);
	assert_int_equal(
		relay_link_new(&op, config.relay, &(struct relay_waiter){ woken, NULL }, &link), 0);
	assert_true(fake_take_dialed(&session));
	fake_wake(&session, CONN_EV_OPEN);
	fake_send(&session, SPAN("220 r\r\n250 r\r\n"), 0);
	breaks_off();
	assert_true(linked); // again, at once
	breaks_off();
	assert_false(linked);
	relay_link_free(link);
	(void)fake_run_woken(&session);
	fake_close(&session);
}

// A volume that nothing can be written to sends nothing, and says why.
static void read_only(void **state)
{
	(void)state;
	uint64_t seconds;
	struct span why;
	put_simple(1);
	faults.read_only = true;
	settle(false);
	assert_false(linked);
	assert_int_equal(spooler_status(&op, spooler, &seconds, &why), 0);
	assert_in_range(seconds, 1, SPOOL_RETRY_MOST_S);
	assert_true(span_eq(why, SPAN("the volume is read-only")));
}

// The clock was years ahead when a message came and was put off, and is set back: it is tried, and grows old from now on.
static void clock_ahead(void **state)
{
	(void)state;
	struct spool_message m;
	struct span text;
	clock_shift_for_test(INT64_C(4) * 365 * SPOOL_PAUSE_MAX_S);
	put_simple(1);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n450 4.2.2 full\r\n"));
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	clock_shift_for_test(0);
	int64_t next = spool_next(config.spool);
	assert_in_range(next, 1, clock_real());
	settle(false);
	breaks_off();
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	assert_in_range(m.arrived, clock_real() - 60, clock_real());
	clock_shift_for_test(SPOOL_EXPIRES_S + 60);
	spooler_try(spooler);
	settle(false);
	breaks_off();
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "Diagnostic-Code: smtp; 450 4.2.2 full\r\n")); // why it waited
}

// Nor is anything kept for ever when there is no relay any more.
static void no_relay(void **state)
{
	(void)state;
	struct span text;
	struct relay *r = config.relay;
	static const int64_t ages[] = { 0, SPOOL_DELAY_S + 60, SPOOL_EXPIRES_S + 60 };
	config.relay = NULL;
	put_simple(1);
	for (unsigned i = 0; i < countof(ages); i++) {
		spooler_free(spooler);
		assert_int_equal(spooler_new(&op, &config, &spooler), 0);
		clock_shift_for_test(ages[i]);
		settle(false);
		assert_false(linked);
		assert_int_equal(reports(&text), i);
		assert_int_equal(waiting(), i < 2);
		assert_int_equal(due > clock_mono(), i < 2); // it looks again
	}
	assert_true(has(text, "x@far\r\nAction: failed\r\nStatus: 4.4.7\r\n"));
	config.relay = r;
}

// Many are told of one after the other, and the task can be ended meanwhile.
static void overdue_many(void **state)
{
	(void)state;
	struct span text;
	for (unsigned i = 0; i < SPOOL_USER_MESSAGES_MAX; i++) {
		struct spool_message m = message_of(1);
		m.key[0] = (uint8_t)i;
		put(&m, TEXT);
	}
	settle(false);
	clock_shift_for_test(SPOOL_DELAY_S + 60);
	assert_true(linked);
	fake_wake(&relay, CONN_EV_EOF);
	due = spooler_run(spooler, false, &over);
	unsigned told = reports(&text);
	assert_in_range(told, 1, SPOOL_USER_MESSAGES_MAX - 1);
	assert_in_range(due, 1, clock_mono()); // at once
	(void)spooler_run(spooler, true, &over);
	assert_true(over);
	assert_int_equal(reports(&text), told);
	spooler_free(spooler); // the next start goes on
	assert_int_equal(spooler_new(&op, &config, &spooler), 0);
	fake_close(&relay);
	linked = false;
	settle(false);
	breaks_off();
	while (due && due <= clock_mono())
		settle(false);
	assert_int_equal(reports(&text), SPOOL_USER_MESSAGES_MAX);
}

// What cannot be read is the trouble of one message: the others go, and the sender of that one is told in the end.
static void unreadable(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m;
	put_to(0);
	put_to(1);
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	faults.bad_blob = m.blob.id;
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\n");
	says(SPAN("250 a\r\n250 y\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 1);
	assert_true(due > clock_mono()); // it is tried again
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	assert_true(has(m.why, "451 4.3.0 the disk failed"));
	clock_shift_for_test(SPOOL_EXPIRES_S + 60);
	settle(false);
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "x@far\r\nAction: failed\r\nStatus: 4.4.7\r\n"));
	assert_false(has(text, "Subject: it\r\n"));
	assert_false(has(text, "Remote-MTA"));
	clock_shift_for_test(0);
	// An administrator may give it up.
	put_to(2);
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	faults.bad_blob = m.blob.id;
	assert_int_equal(spool_take_number(&op, config.spool, m.number), 0);
	assert_int_equal(spooler_drop(&op, &config, m.number), 0);
	assert_int_equal(reports(&text), 2);
	assert_int_equal(waiting(), 0);
}

// The same of a record; nor does it keep the others from being told.
static void unreadable_record(void **state)
{
	(void)state;
	struct span text;
	put_to(0);
	put_to(1);
	faults.bad_key = (struct span){ "Q\0\0\0\0\0\0\0\1", 9 };
	clock_shift_for_test(SPOOL_DELAY_S + 60);
	settle(false);
	breaks_off();
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "y@far\r\nAction: delayed\r\n"));
	spooler_try(spooler);
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\n");
	says(SPAN("250 a\r\n250 y\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 1);
	faults.bad_key = SPAN_NONE;
	spooler_try(spooler);
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<x@far>\n");
}

// On a full volume what was put off, or refused and cannot be told of, waits by itself; what is sent leaves all the same. The relay is not asked again for what
// it has refused.
static void full(void **state)
{
	(void)state;
	static const char *const answers[] = { "250 a\r\n450 4.2.2 full\r\n",
		"250 a\r\n550 5.1.1 no\r\n" };
	struct span text;
	for (unsigned i = 0; i < 2; i++) {
		put_to(0);
		put_to(1);
		faults.full = true;
		settle(false);
		greets("");
		sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<x@far>\n");
		says(span_str(answers[i]));
		sent("RSET\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\n");
		says(SPAN("250 reset\r\n250 a\r\n250 y\r\n"));
		says(SPAN("354 go\r\n"));
		says(SPAN("250 taken\r\n"));
		assert_int_equal(waiting(), 1);
		assert_true(due > clock_mono()); // not at once
		assert_int_equal(reports(&text), i);
		faults.full = false;
		spooler_try(spooler);
		settle(false);
		assert_int_equal(linked, i == 0);
		if (i == 0) {
			greets("");
			says(SPAN("250 a\r\n550 5.1.1 no\r\n"));
		}
		assert_int_equal(waiting(), 0);
		assert_int_equal(reports(&text), i + 1);
		assert_true(has(text,
			"x@far\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; relay\r\n"
			"Diagnostic-Code: smtp; 550 5.1.1 no\r\n"));
	}
}

// What the relay has is written down before anything else is sent, however long that takes.
static void full_when_sent(void **state)
{
	(void)state;
	put_to(0);
	put_to(1);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n250 x\r\n"));
	says(SPAN("354 go\r\n"));
	faults.broken = true;
	(void)fake_output(&relay);
	says(SPAN("250 taken\r\n"));
	sent("");
	assert_int_equal(waiting(), 2);
	assert_in_range(due, clock_mono(), clock_mono() + SPOOL_RETRY_FIRST_S * NS_PER_S);
}

#define MANY (2 * SPOOL_PIPELINE_MAX + 5)

static void put_many(void)
{
	static struct spool_recipient many[MANY];
	static char names[MANY][32];
	struct spool_message m = message_of(0);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "r%zu@far", i); // fits
		many[i].address = span_str(names[i]);
	}
	m.recipients = many;
	m.count = MANY;
	put(&m, TEXT);
}

// Of recipients, since the last call.
static size_t count_asked(void)
{
	struct span out = fake_output(&relay), line;
	size_t n = 0;
	while (out.n) {
		out = span_split(out, '\n', &line);
		n += span_starts(line, SPAN("RCPT TO:<"));
	}
	return n;
}

static void says_often(const char *text, size_t times)
{
	struct buf b = { 0 };
	while (times--)
		buf_add(&b, span_str(text));
	says(buf_span(&b));
	buf_done(&b);
}

// A message asks for some of its recipients at a time.
static void asks_some(void **state)
{
	(void)state;
	put_many();
	settle(false);
	greets("");
	size_t asked = count_asked();
	assert_int_equal(asked, SPOOL_PIPELINE_MAX);
	says(SPAN("250 a\r\n"));
	for (size_t answered = 0; answered < MANY; answered++) {
		asked += count_asked();
		assert_in_range(asked, answered + 1, answered + SPOOL_PIPELINE_MAX);
		says(SPAN("250 r\r\n"));
	}
	assert_int_equal(asked, MANY);
	sent("DATA\n");
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 0);
}

// And not for ever: then it goes to those who were accepted, and the others come first when its turn comes again.
static void asks_not_for_ever(void **state)
{
	(void)state;
	struct spool_message m;
	spooler_free(spooler);
	config.ask_ms = 1;
	assert_int_equal(spooler_new(&op, &config, &spooler), 0);
	put_many();
	for (unsigned i = 0; i < 2; i++) {
		spooler_try(spooler);
		settle(false);
		greets("");
		assert_int_equal(count_asked(), SPOOL_PIPELINE_MAX);
		usleep(2000); // more than it has
		says(SPAN("250 a\r\n"));
		says_often(i ? "250 r\r\n" : "450 4.4.3 it is not found\r\n", SPOOL_PIPELINE_MAX);
		assert_int_equal(linked ? count_asked() : 0, 0);
		if (i) {
			says(SPAN("354 go\r\n"));
			says(SPAN("250 taken\r\n"));
		}
		assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
		assert_int_equal(m.tries, 1);
		assert_int_equal(m.count, i ? MANY - SPOOL_PIPELINE_MAX : MANY);
		assert_true(
			span_eq(m.recipients[0].address, i ? SPAN("r20@far") : SPAN("r10@far")));
		assert_int_equal(spool_next(config.spool) > clock_real() + 1, i == 0);
	}
	static_assert(SPOOL_PIPELINE_MAX == 10, "names of recipients stand above");
	config.ask_ms = 0;
}

// More recipients than the relay takes at once: the rest goes at once, and nobody has failed.
static void too_many(void **state)
{
	(void)state;
	struct span text;
	struct spool_message m;
	put_simple(3);
	settle(false);
	greets("");
	says(SPAN("250 a\r\n250 x\r\n452 4.5.3 too many\r\n552 5.5.3 too many\r\n"));
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(reports(&text), 0);
	assert_int_equal(spool_read_from(&op, config.spool, 0, &m), 0);
	assert_int_equal(m.count, 2);
	assert_in_range(spool_next(config.spool), clock_real() - 60, clock_real() + 1);
	clock_shift_for_test(2);
	settle(false);
	greets("");
	sent("EHLO mx.a\nMAIL FROM:<u@a>\nRCPT TO:<y@far>\nRCPT TO:<z@far>\n");
	says(SPAN("250 a\r\n552 5.2.2 full\r\n250 z\r\n")); // now it is about that one
	says(SPAN("354 go\r\n"));
	says(SPAN("250 taken\r\n"));
	assert_int_equal(waiting(), 0);
	assert_int_equal(reports(&text), 1);
	assert_true(has(text, "y@far\r\nAction: failed\r\nStatus: 5.2.2\r\n"));
}

// An administrator cannot give a message up, and gives it back: it is not forgotten.
static void drops_not(void **state)
{
	(void)state;
	put_simple(1);
	assert_int_equal(spool_take_number(&op, config.spool, 1), 0);
	settle(false);
	assert_false(linked);
	assert_in_range(due, 1, clock_mono() + SPOOL_RETRY_FIRST_S * NS_PER_S);
	faults.broken = true;
	assert_true(spooler_drop(&op, &config, 1) < 0);
	settle(false);
	assert_true(linked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reached_by_another, setup, teardown),
		cmocka_unit_test_setup_teardown(read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(clock_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(no_relay, setup, teardown),
		cmocka_unit_test_setup_teardown(overdue_many, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable_record, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(full_when_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_some, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_not_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(drops_not, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
