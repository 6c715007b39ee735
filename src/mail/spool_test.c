// SPDX-License-Identifier: Apache-2.0
// The spool on both engines: what it keeps, for how long, and what it refuses.
#include "mail/disk_testing.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/check.h"
#include "mail/deliver.h"
#include "mail/format.h"
#include "mail/spool.h"

#include <errno.h>

static const char *engine = "memory";

static struct delivery *delivery_of(struct fixture *f, struct span text)
{
	struct delivery *d;
	ok(&f->op, delivery_begin(&f->op, f->mail, false, &d));
	ok(&f->op, delivery_data(&f->op, d, text));
	ok(&f->op, delivery_end(&f->op, d));
	return d;
}

#define TEXT SPAN("Message-ID: <x@example.org>\r\n\r\nhello\r\n")

// Of the system record: what a program that knows no spool looks at.
static uint8_t volume_version(struct fixture *f)
{
	struct span v;
	ok(&f->op, store_get(&f->op, f->store, NULL, SYSTEM_PARTITION, SPAN("S"), &v));
	return (uint8_t)v.p[0];
}

static struct spool_recipient two[2] = {
	{ .address = { "b@example.net", 13 }, .notify = { "DELAY,FAILURE", 13 } },
	{ .address = { "c@example.net", 13 }, .orcpt = { "rfc822;C+40example.net", 22 } },
};
static const struct spool_message simple = { .key = "key",
	.user = { "alice", 5 },
	.sender = { "alice@example.org", 17 },
	.prefix = { "Received: x\r\n", 13 },
	.envid = { "", 0 },
	.ret = { "HDRS", 4 },
	.why = { "", 0 },
	.utf8 = true,
	.eight_bit = true,
	.marked = true,
	.recipients = two,
	.count = 2 };

static void settle(struct fixture *f, struct spool *s, const struct spool_message *m,
	const enum spool_fate *fates)
{
	ok(&f->op, spool_settle(&f->op, s, m, fates));
	spool_give(s, m->number);
}

static int put(
	struct fixture *f, struct spool *s, struct delivery *d, const struct spool_message *m)
{
	struct spool_slot *slot;
	int rc = spool_stage(&f->op, s, d, m, &slot);
	return rc < 0 ? rc : spool_wait(&f->op, slot);
}

static struct spool *begin(struct fixture *f)
{
	struct spool *s;
	log_level_set(LOG_ERROR_);
	fixture_begin(f, engine);
	ok(&f->op, spool_open(&f->op, f->mail, &s));
	return s;
}

// The spool as another start of the server finds it.
static struct spool *again(struct fixture *f, struct spool *s)
{
	spool_free(s);
	fixture_close_mail(f);
	if (strcmp(engine, "local") == 0) {
		store_close(f->store);
		fixture_open_store(f);
	}
	fixture_open_mail(f);
	ok(&f->op, spool_open(&f->op, f->mail, &s));
	return s;
}

static size_t findings;
static void count_finding(void *ctx, const struct store_finding *found)
{
	(void)ctx, (void)found;
	findings++;
}

static size_t check_all(struct fixture *f)
{
	uint64_t messages;
	findings = 0;
	ok(&f->op, mail_check(&f->op, f->mail, count_finding, NULL, &messages));
	return findings;
}

static size_t count(struct spool *s)
{
	struct spool_totals all;
	spool_count(s, &all);
	return all.messages;
}

static void same(struct span a, struct span b)
{
	assert_int_equal(!a.p, !b.p);
	assert_true(span_eq(a, b));
}

// Everything that was said of it is there again.
static void keeps(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	uint64_t number;
	struct spool_message m;
	assert_int_equal(spool_next(s), INT64_MAX);
	assert_false(spool_take(s, clock_real(), &number));
	assert_int_equal(volume_version(&f), FORMAT_VERSION);
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	s = again(&f, s);
	assert_int_equal(volume_version(&f), FORMAT_SPOOLED);
	struct account *a; // whose making writes the system record, too
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &a));
	account_unref(a);
	assert_int_equal(volume_version(&f), FORMAT_SPOOLED);
	assert_int_equal(count(s), 1);
	assert_int_equal(check_all(&f), 0);
	assert_true(spool_take(s, clock_real(), &number));
	assert_false(spool_take(s, clock_real(), &number)); // it is somebody's
	assert_int_equal(spool_take_number(&f.op, s, number), RC_INUSE);
	ok(&f.op, spool_read(&f.op, s, number, &m));
	assert_int_equal(m.number, number);
	assert_memory_equal(m.key, simple.key, SPOOL_KEY);
	same(m.user, simple.user);
	same(m.sender, simple.sender);
	same(m.prefix, simple.prefix);
	same(m.ret, simple.ret);
	same(m.envid, simple.envid);
	same(m.why, simple.why);
	assert_true(m.utf8 && m.eight_bit && m.marked && !m.seven_bit && !m.delay_told);
	assert_int_equal(m.size, TEXT.n);
	assert_in_range(m.arrived, clock_real() - 60, clock_real());
	assert_int_equal(m.count, 2);
	for (size_t i = 0; i < 2; i++) {
		same(m.recipients[i].address, two[i].address);
		same(m.recipients[i].notify, two[i].notify);
		same(m.recipients[i].orcpt, two[i].orcpt);
	}
	struct blob b;
	ok(&f.op, blob_open(&f.op, f.store, m.blob, &b));
	assert_true(span_eq(b.whole, TEXT));
	blob_close(&b);
	assert_int_equal(spool_take_number(&f.op, s, number + 1), RC_NONEXISTENT);
	spool_free(s);
	fixture_end(&f);
}

// A delivery of `size` octets.
static struct delivery *big(struct fixture *f, size_t size)
{
	char *p = arena_bytes(&f->op.arena, size);
	memset(p, 'x', size);
	memcpy(p, "\r\n", 2);
	struct delivery *d = delivery_of(f, span_of(p, size));
	return d;
}

#define SWEPT 60u
// So much mail comes and goes that what nobody names is given back.
static void sweep(struct fixture *f, struct spool *s)
{
	for (unsigned i = 0; i < SWEPT; i++) { // more than a segment of the log
		struct spool_message m = simple;
		uint64_t number = 0;
		struct delivery *d = big(f, 100000);
		m.marked = false;
		ok(&f->op, put(f, s, d, &m));
		delivery_free(d);
		while (spool_read_from(&f->op, s, number, &m) == 0)
			number = m.number + 1; // the newest is the last
		ok(&f->op, spool_take_number(&f->op, s, m.number));
		settle(f, s, &m, (enum spool_fate[]){ SPOOL_SENT, SPOOL_SENT });
	}
	for (unsigned i = 0; i < 4; i++) {
		ok(&f->op, mail_sweep(&f->op, f->mail));
		usleep(5000); // past the grace time
	}
}

// Recipients go one by one; a sweep drops the text only when the last one has gone, and numbers are not given twice.
static void settles(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	uint64_t number, second;
	struct spool_message m, newer;
	struct blob b;
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	assert_true(spool_take(s, clock_real(), &number));
	ok(&f.op, spool_read(&f.op, s, number, &m));
	m.next_at = clock_real() + 100;
	m.tries = 3;
	m.why = SPAN("later");
	m.delay_told = true;
	settle(&f, s, &m, (enum spool_fate[]){ SPOOL_SENT, SPOOL_WAITS });
	s = again(&f, s);
	assert_int_equal(spool_next(s), m.next_at);
	assert_false(spool_take(s, clock_real(), &second));
	ok(&f.op, spool_read(&f.op, s, number, &m));
	assert_int_equal(m.count, 1);
	same(m.recipients[0].address, two[1].address);
	same(m.why, SPAN("later"));
	assert_int_equal(m.tries, 3);
	assert_true(m.delay_told);
	sweep(&f, s);
	ok(&f.op, blob_open(&f.op, f.store, m.blob, &b));
	blob_close(&b);
	spool_hurry(s);
	assert_true(spool_take(s, clock_real(), &second));
	assert_int_equal(second, number);
	settle(&f, s, &m, (enum spool_fate[]){ SPOOL_FAILED });
	assert_int_equal(spool_read(&f.op, s, number, &m), RC_NONEXISTENT);
	sweep(&f, s);
	assert_int_equal(blob_open(&f.op, f.store, m.blob, &b), RC_NONEXISTENT);
	s = again(&f, s);
	assert_int_equal(count(s), 0);
	d = delivery_of(&f, TEXT);
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	ok(&f.op, spool_read_from(&f.op, s, 1, &newer));
	assert_int_equal(newer.number, number + 2 * SWEPT + 1);
	assert_int_equal(spool_read_from(&f.op, s, newer.number + 1, &newer), RC_NONEXISTENT);
	assert_int_equal(check_all(&f), 0);
	spool_free(s);
	fixture_end(&f);
}

// Who has failed and is to be told of stays, with what was said, whole characters of it; and is no recipient who waits any more.
static void keeps_failed(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	struct spool_message m;
	char said[SPOOL_SAID_MAX + 10];
	uint64_t number;
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	assert_true(spool_take(s, clock_real(), &number));
	ok(&f.op, spool_read(&f.op, s, number, &m));
	assert_false(spool_any_failed(&m));
	memset(said, 'a', sizeof said);
	memcpy(said + SPOOL_SAID_MAX - 1, "\xc3\xa4", 2); // its second octet is the first too many
	m.recipients[1].failed = m.recipients[1].ours = true;
	m.recipients[1].status = SPAN("5.1.1");
	m.recipients[1].said = span_of(said, sizeof said);
	assert_int_equal(spool_had(&f.op, s, simple.key, two[1].address), SPOOL_HAD);
	settle(&f, s, &m, (enum spool_fate[]){ SPOOL_WAITS, SPOOL_WAITS });
	s = again(&f, s);
	ok(&f.op, spool_read(&f.op, s, number, &m));
	assert_int_equal(m.count, 2);
	assert_false(m.recipients[0].failed);
	assert_true(m.recipients[1].failed && m.recipients[1].ours);
	same(m.recipients[1].status, SPAN("5.1.1"));
	same(m.recipients[1].said, span_of(said, SPOOL_SAID_MAX - 1));
	assert_int_equal(spool_had(&f.op, s, simple.key, two[0].address), SPOOL_HAD);
	assert_int_equal(spool_had(&f.op, s, simple.key, two[1].address), 0);
	assert_int_equal(check_all(&f), 0);
	spool_free(s);
	fixture_end(&f);
}

static int had(struct fixture *f, struct spool *s, size_t i)
{
	return spool_had(&f->op, s, simple.key, two[i].address);
}

// Who sends again is known while the message waits, however long, and for hours after it has gone; not when it failed.
static void marks(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	struct spool_message m;
	uint64_t number;
	static const uint8_t other[SPOOL_KEY] = "other";
	assert_int_equal(had(&f, s, 0), 0);
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	s = again(&f, s);
	assert_int_equal(had(&f, s, 0), SPOOL_HAD);
	assert_int_equal(had(&f, s, 1), SPOOL_HAD);
	assert_int_equal(spool_had(&f.op, s, other, two[0].address), 0);
	assert_int_equal(spool_had(&f.op, s, simple.key, SPAN("d@example.net")), 0);
	clock_shift_for_test(
		3 * DELIVERY_PERIOD_S); // nothing was written meanwhile: the relay is down
	assert_int_equal(had(&f, s, 0), SPOOL_HAD);
	assert_int_equal(had(&f, s, 1), SPOOL_HAD);
	assert_int_equal(spool_had(&f.op, s, simple.key, SPAN("d@example.net")), 0);
	for (unsigned i = 1; i < 10; i++) { // it is tried, and stays
		clock_shift_for_test((int64_t)i * DELIVERY_PERIOD_S);
		assert_true(spool_take(s, clock_real(), &number));
		ok(&f.op, spool_read(&f.op, s, number, &m));
		ok(&f.op,
			spool_settle(
				&f.op, s, &m, (enum spool_fate[]){ SPOOL_WAITS, SPOOL_WAITS }));
		spool_give(s, number);
		assert_int_equal(had(&f, s, 0), SPOOL_HAD);
	}
	assert_true(spool_take(s, clock_real(), &number));
	ok(&f.op, spool_read(&f.op, s, number, &m));
	settle(&f, s, &m, (enum spool_fate[]){ SPOOL_SENT, SPOOL_FAILED });
	clock_shift_for_test(10 * DELIVERY_PERIOD_S);
	assert_int_equal(had(&f, s, 0), SPOOL_HAD);
	assert_int_equal(had(&f, s, 1), 0);
	clock_shift_for_test(12 * DELIVERY_PERIOD_S);
	assert_int_equal(had(&f, s, 0), 0);
	// Without a Message-ID what comes twice is meant twice.
	d = delivery_of(&f, SPAN("Subject: x\r\n\r\n"));
	ok(&f.op, put(&f, s, d, &simple));
	assert_int_equal(had(&f, s, 0), 0);
	ok(&f.op, put(&f, s, d, &simple));
	assert_int_equal(count(s), 2);
	delivery_free(d);
	clock_shift_for_test(0);
	spool_free(s);
	fixture_end(&f);
}

// The same message in line twice at once: the second one has to come again.
static void in_line(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	struct spool_slot *first, *second;
	uint64_t number;
	ok(&f.op, spool_stage(&f.op, s, d, &simple, &first));
	assert_int_equal(spool_stage(&f.op, s, d, &simple, &second), RC_INUSE);
	assert_int_equal(had(&f, s, 0), RC_INUSE);          // nor is it known whether it will stand
	assert_false(spool_take(s, clock_real(), &number)); // nothing is sent that may be lost
	ok(&f.op, spool_wait(&f.op, first));
	assert_int_equal(had(&f, s, 0), SPOOL_HAD);
	assert_true(spool_take(s, clock_real(), &number));
	delivery_free(d);
	spool_free(s);
	fixture_end(&f);
}

// The first message ever cannot be written, the second can: programs that know no spool refuse the volume all the same.
static void notes(void **state)
{
	(void)state;
	struct fixture f;
	if (strcmp(engine, "local") != 0)
		skip();
	struct spool *s = begin(&f);
	spool_free(s);
	fixture_reopen_on_disk(&f);
	ok(&f.op, spool_open(&f.op, f.mail, &s));
	struct delivery *d = delivery_of(&f, TEXT);
	disk_error = ENOSPC;
	assert_int_equal(put(&f, s, d, &simple), RC_NOSPACE);
	disk_error = 0;
	delivery_free(d);
	assert_int_equal(count(s), 0);
	d = delivery_of(&f, TEXT); // of the first text nobody knows whether it is there
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	assert_int_equal(volume_version(&f), FORMAT_SPOOLED);
	spool_free(s);
	fixture_end(&f);
}

static struct spool_message of_user(unsigned i, char name[16])
{
	struct spool_message m = simple;
	m.marked = false;
	m.user = span_of(name, (size_t)snprintf(name, 16, "user%u", i));
	return m;
}

// Up to each bound, and past it.
static void limits(void **state)
{
	(void)state;
	struct fixture f;
	char name[16];
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	unsigned users = SPOOL_MESSAGES_MAX / SPOOL_USER_MESSAGES_MAX;
	for (unsigned i = 0; i < users; i++) {
		struct spool_message m = of_user(i, name);
		struct spool_slot *slots[SPOOL_USER_MESSAGES_MAX];
		for (unsigned k = 0; k < SPOOL_USER_MESSAGES_MAX; k++) {
			assert_true(spool_has_room(s, m.user, 0));
			m.key[4] = (uint8_t)k; // or they were one message
			ok(&f.op, spool_stage(&f.op, s, d, &m, &slots[k]));
		}
		for (unsigned k = 0; k < SPOOL_USER_MESSAGES_MAX; k++)
			ok(&f.op, spool_wait(&f.op, slots[k]));
		assert_false(spool_has_room(s, m.user, 0));
		assert_int_equal(put(&f, s, d, &m), RC_LIMIT);
	}
	assert_int_equal(count(s), SPOOL_MESSAGES_MAX);
	struct spool_message m = of_user(users, name);
	assert_false(spool_has_room(s, m.user, 0));
	assert_int_equal(put(&f, s, d, &m), RC_LIMIT);
	delivery_free(d);
	spool_free(s);
	fixture_end(&f);
	// Octets: one text that many messages share.
	s = begin(&f);
	size_t size = SPOOL_USER_OCTETS_MAX / 4 - simple.prefix.n;
	d = big(&f, size);
	users = SPOOL_OCTETS_MAX / SPOOL_USER_OCTETS_MAX;
	m = of_user(0, name);
	assert_true(spool_has_room(s, m.user, SPOOL_USER_OCTETS_MAX));
	assert_false(spool_has_room(s, m.user, SPOOL_USER_OCTETS_MAX + 1));
	for (unsigned i = 0; i < users; i++) {
		m = of_user(i, name);
		for (unsigned k = 0; k < 4; k++)
			ok(&f.op, put(&f, s, d, &m));
		assert_int_equal(put(&f, s, d, &m), RC_LIMIT);
	}
	m = of_user(users, name);
	assert_int_equal(put(&f, s, d, &m), RC_LIMIT);
	delivery_free(d);
	spool_free(s);
	fixture_end(&f);
}

// The record itself: the most recipients, then too long ones.
static void record_limit(void **state)
{
	(void)state;
	struct fixture f;
	static struct spool_recipient many[SMTP_RECIPIENTS_MAX];
	static char address[SMTP_PATH_MAX];
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	struct spool_message m = simple, read;
	m.recipients = many;
	m.count = SMTP_RECIPIENTS_MAX;
	memset(address, 'a', sizeof address);
	for (size_t i = 0; i < SMTP_RECIPIENTS_MAX; i++)
		many[i].address = span_of(address, 200 + i % 30);
	ok(&f.op, put(&f, s, d, &m));
	ok(&f.op, spool_read_from(&f.op, s, 1, &read));
	assert_int_equal(read.count, SMTP_RECIPIENTS_MAX);
	static_assert(SMTP_RECIPIENTS_MAX * SMTP_PATH_MAX > SPOOL_RECORD_MAX, "too long");
	for (size_t i = 0; i < SMTP_RECIPIENTS_MAX; i++)
		many[i].address = span_of(address, SMTP_PATH_MAX);
	assert_int_equal(put(&f, s, d, &m), RC_LIMIT);
	assert_int_equal(count(s), 1); // its room was given back
	delivery_free(d);
	spool_free(s);
	fixture_end(&f);
}

static void put_raw(struct fixture *f, struct span key, struct span value)
{
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, SPOOL_PARTITION);
	batch_put(&b, key, value);
	ok(&f->op, store_submit(&f->op, f->store, &b, &t));
	batch_done(&b);
	ok(&f->op, store_wait(&f->op, f->store, t));
}

// Records that make no sense are found, left alone, and take nothing with them; while one of a later version is there no sweep drops anything.
static void damaged(void **state)
{
	(void)state;
	struct fixture f;
	struct spool *s = begin(&f);
	struct delivery *d = delivery_of(&f, TEXT);
	struct spool_message m;
	struct span value;
	ok(&f.op, put(&f, s, d, &simple));
	delivery_free(d);
	static const char first[9] = "Q\0\0\0\0\0\0\0\1", second[9] = "Q\0\0\0\0\0\0\0\2";
	ok(&f.op, store_get(&f.op, f.store, NULL, SPOOL_PARTITION, span_of(first, 9), &value));
	spool_free(s);
	for (size_t n = 0; n < value.n; n++) { // cut anywhere
		put_raw(&f, span_of(second, 9), span_cut(value, 0, n));
		ok(&f.op, spool_open(&f.op, f.mail, &s));
		assert_int_equal(count(s), 1);
		assert_true(spool_read(&f.op, s, 2, &m) < 0);
		spool_free(s);
	}
	for (size_t at = 80; at < value.n; at++) { // no octet of it becomes a line end at the relay
		char *p = arena_bytes(&f.op.arena, value.n);
		memcpy(p, value.p, value.n);
		p[at] = '\n';
		put_raw(&f, span_of(second, 9), span_of(p, value.n));
		ok(&f.op, spool_open(&f.op, f.mail, &s));
		if (spool_read(&f.op, s, 2, &m) == 0) {
			assert_true(span_find_char(m.sender, '\n') == m.sender.n);
			for (size_t i = 0; i < m.count; i++) {
				struct spool_recipient *r = &m.recipients[i];
				assert_true(span_find_char(r->address, '\n') == r->address.n);
				assert_true(span_find_char(r->notify, '\n') == r->notify.n);
				assert_true(span_find_char(r->orcpt, '\n') == r->orcpt.n);
			}
		}
		spool_free(s);
	}
	put_raw(&f, span_of(second, 9), SPAN("\1"));
	put_raw(&f, SPAN("Qx"), value);
	assert_int_equal(check_all(&f), 2);
	ok(&f.op, mail_sweep(&f.op, f.mail));
	char *later = arena_bytes(&f.op.arena, value.n);
	memcpy(later, value.p, value.n);
	later[0] = FORMAT_VERSION + 1;
	put_raw(&f, span_of(second, 9), span_of(later, value.n));
	assert_int_equal(mail_sweep(&f.op, f.mail), RC_VERSION);
	ok(&f.op, spool_open(&f.op, f.mail, &s));
	assert_int_equal(spool_read(&f.op, s, 2, &m), RC_VERSION);
	later[0] = FORMAT_VERSION;
	put_raw(&f, span_of(second, 9), span_of(later, value.n));
	ok(&f.op, spool_read(&f.op, s, 2, &m));
	later[2] = (char)(later[2] | 64); // the next flag that there will be
	put_raw(&f, span_of(second, 9), span_of(later, value.n));
	assert_int_equal(spool_read(&f.op, s, 2, &m), RC_VERSION);
	// The next one gets a number of its own.
	d = delivery_of(&f, TEXT);
	struct spool_message next = simple;
	next.key[0] = 'x';
	ok(&f.op, put(&f, s, d, &next));
	delivery_free(d);
	ok(&f.op, spool_read(&f.op, s, 3, &m));
	spool_free(s);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps),
		cmocka_unit_test(settles),
		cmocka_unit_test(keeps_failed),
		cmocka_unit_test(marks),
		cmocka_unit_test(in_line),
		cmocka_unit_test(notes),
		cmocka_unit_test(limits),
		cmocka_unit_test(record_limit),
		cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
