// SPDX-License-Identifier: Apache-2.0
// Sending from the spool to a relay in memory, whatever that says, and at any time it breaks off.
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
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/faults_testing.h"
#include "mail/format.h"
#include "mail/spool.h"
#include "mail/view.h"
#include "smtp/relay.h"
#include "smtp/spooler.h"
#include "smtp/testing.h"

#include <stdio.h>
#include <unistd.h>

static struct op op;
static struct store *store;
static struct spooler_config config;
static struct spooler *spooler;
static struct fake relay;
static bool linked, over;
static uint64_t due; // what the spooler wanted last

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	struct account *a;
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	linked = over = false;
	config = (struct spooler_config){ .hostname = "mx.a" };
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		spool_open(&op, config.mail, &config.spool) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0 ||
		account_open(&op, config.mail, SPAN("u"), &a) < 0)
		return -1;
	account_unref(a);
	faults_begin(store);
	return spooler_new(&op, &config, &spooler);
}

static int teardown(void **state)
{
	(void)state;
	clock_shift_for_test(0);
	spooler_free(spooler);
	if (linked) {
		(void)fake_run_woken(&relay);
		fake_close(&relay);
	}
	relay_free(config.relay);
	spool_free(config.spool);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// Both run until neither has anything to do.
static void settle(bool stopping)
{
	for (bool again = true; again;) {
		due = spooler_run(spooler, stopping, &over);
		again = linked && fake_run_woken(&relay);
		if (linked && relay.closed) {
			fake_close(&relay);
			linked = false;
			again = true;
		}
		if (!linked && fake_take_dialed(&relay)) {
			linked = true;
			fake_wake(&relay, CONN_EV_OPEN);
			again = true;
		}
	}
}

static void says(struct span text)
{
	assert_true(linked);
	fake_send(&relay, text, 0);
	settle(false);
}

static void greets(const char *offers)
{
	struct buf b = { 0 };
	buf_addf(&b, "220 r\r\n250-r\r\n%s250 PIPELINING\r\n", offers);
	says(buf_span(&b));
	buf_done(&b);
}

static void breaks_off(void)
{
	assert_true(linked);
	fake_wake(&relay, CONN_EV_EOF);
	settle(false);
}

static void sent(const char *want)
{
	struct span got = linked ? fake_output(&relay) : SPAN("");
	compare(0, got, span_str(want));
}

#define TEXT SPAN("Message-ID: <x@a>\r\nSubject: it\r\n\r\n.dot\r\n")
static struct spool_recipient three[3] = {
	{ .address = { "x@far", 5 } },
	{ .address = { "y@far", 5 } },
	{ .address = { "z@far", 5 } },
};

static struct spool_message message_of(size_t count)
{
	return (struct spool_message){ .key = "key",
		.user = SPAN("u"),
		.sender = SPAN("u@a"),
		.prefix = SPAN("Received: r\r\n"),
		.why = SPAN(""),
		.marked = true,
		.recipients = three,
		.count = count };
}

static void put(const struct spool_message *m, struct span text)
{
	struct delivery *d;
	struct spool_slot *slot;
	assert_int_equal(delivery_begin(&op, config.mail, false, &d), 0);
	assert_int_equal(delivery_data(&op, d, text), 0);
	assert_int_equal(delivery_end(&op, d), 0);
	assert_int_equal(spool_stage(&op, config.spool, d, m, &slot), 0);
	assert_int_equal(spool_wait(&op, slot), 0);
	delivery_free(d);
}

static void put_simple(size_t count)
{
	struct spool_message m = message_of(count);
	put(&m, TEXT);
}

// A message to that one of three.
static void put_to(size_t i)
{
	struct spool_message m = message_of(1);
	m.key[0] = (uint8_t)('a' + i); // or they were one message
	m.recipients = &three[i];
	put(&m, TEXT);
}

static size_t waiting(void)
{
	struct spool_totals all;
	spool_count(config.spool, &all);
	return all.messages;
}

// How many reports there are; the newest one in op's arena.
static unsigned reports(struct span *ret_text)
{
	struct account *a;
	struct view *v;
	struct mailbox_status status;
	bool found;
	assert_int_equal(account_open(&op, config.mail, SPAN("u"), &a), 0);
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, SPAN("INBOX"), &found);
	mailbox_status(t->entries[at].mailbox, &status);
	tree_unref(t);
	*ret_text = SPAN("");
	if (status.messages) {
		struct msg m;
		struct content c;
		struct rope r;
		uint64_t n;
		assert_int_equal(view_open(&op, a, SPAN("INBOX"), 0, &v), 0);
		assert_int_equal(view_msg(&op, v, (struct uid){ status.uid_next.v - 1 }, &m), 0);
		assert_int_equal(content_open(&op, v, &m, &c), 0);
		rope_init(&r);
		assert_int_equal(content_section(&op, &c, &(struct section){ .what = SECTION_ALL },
					 0, UINT64_MAX, &r, &n),
			0);
		char *p = arena_bytes(&op.arena, rope_size(&r));
		rope_copy(&r, p);
		*ret_text = span_of(p, rope_size(&r));
		rope_done(&r);
		content_close(&c);
		view_close(v);
	}
	account_unref(a);
	return status.messages;
}

static bool has(struct span text, const char *what)
{
	return text.n && memmem(text.p, text.n, what, strlen(what));
}

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

static void woken(void *ctx)
{
	(void)ctx;
}

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

// On a full volume what was put off, or refused and cannot be told of, waits by itself; what is sent leaves all the same.
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
		greets("");
		says(SPAN("250 a\r\n550 5.1.1 no\r\n"));
		assert_int_equal(waiting(), 0);
		assert_int_equal(reports(&text), i + 1);
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

// He cannot, and gives it back: it is not forgotten.
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
		cmocka_unit_test_setup_teardown(breaks, setup, teardown),
		cmocka_unit_test_setup_teardown(reached_by_another, setup, teardown),
		cmocka_unit_test_setup_teardown(read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(waits, setup, teardown),
		cmocka_unit_test_setup_teardown(overdue, setup, teardown),
		cmocka_unit_test_setup_teardown(clock_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(no_relay, setup, teardown),
		cmocka_unit_test_setup_teardown(overdue_many, setup, teardown),
		cmocka_unit_test_setup_teardown(configured, setup, teardown),
		cmocka_unit_test_setup_teardown(put_off, setup, teardown),
		cmocka_unit_test_setup_teardown(reports_once, setup, teardown),
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
		cmocka_unit_test_setup_teardown(slow, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable_record, setup, teardown),
		cmocka_unit_test_setup_teardown(full, setup, teardown),
		cmocka_unit_test_setup_teardown(full_when_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_some, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_not_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(drops, setup, teardown),
		cmocka_unit_test_setup_teardown(drops_not, setup, teardown),
		cmocka_unit_test_setup_teardown(returns, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
