// SPDX-License-Identifier: Apache-2.0
// What a cursor says of the messages that follow (view_cursor_ahead()), and how often cursors and appends ask the store.
#include "mail/testing.h"

#include "base/limits.h"
#include "mail/check.h"
#include "mail/format.h"
#include "mail/mail_priv.h"
#include "store/engine.h"

#define MESSAGES 300u // three chunks of records

static const char *engine = "memory";

static void fill(struct fixture *f)
{
	for (uint32_t i = 0; i < MESSAGES; i++)
		(void)append_text(
			f, SPAN("INBOX"), SPAN("Subject: x\r\n\r\nx\r\n"), (struct flag_list){ 0 });
}

// At least `least` messages, by copies; how many.
static uint32_t fill_many(struct fixture *f, uint32_t least)
{
	uint32_t have = MESSAGES;
	fill(f);
	while (have < least) {
		struct view *v = open_view(f, SPAN("INBOX"));
		struct numset all = { 0 };
		struct copy_result r;
		numset_add_range(&all, 1, have);
		ok(&f->op, txn_copy(&f->op, v, &all, SPAN("INBOX"), false, &r));
		have *= 2;
		copy_result_done(&r);
		numset_done(&all);
		view_close(v);
	}
	return have;
}

// The blobs of the messages that the cursor gives, and what it said at each of the one `n` behind it.
static uint32_t walk(struct fixture *f, struct view *v, const struct numset *uids, uint32_t n,
	uint64_t blobs[MESSAGES], uint64_t ahead[MESSAGES])
{
	struct view_cursor *c;
	struct msg m;
	uint32_t count = 0;
	ok(&f->op, view_cursor_open(&f->op, v, uids, CURSOR_COLD, &c));
	while (view_cursor_next(&f->op, c, &m) == 0) {
		blobs[count] = m.cold->blob.id;
		ahead[count++] = view_cursor_ahead(c, n).id;
	}
	view_cursor_close(c);
	return count;
}

static void test_ahead(void **state)
{
	(void)state;
	struct fixture f;
	uint64_t blobs[MESSAGES], ahead[MESSAGES];
	fixture_begin(&f, engine);
	fill(&f);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct numset some = { 0 };
	numset_add_range(&some, 20, 70);
	numset_add_range(&some, 90, 90);
	for (uint32_t n = 1; n <= 8; n++) {
		uint32_t told = 0;
		assert_int_equal(walk(&f, v, NULL, n, blobs, ahead), MESSAGES);
		for (uint32_t i = 0; i < MESSAGES; i++) {
			told += ahead[i] != 0;
			assert_true(!ahead[i] || (i + n < MESSAGES && ahead[i] == blobs[i + n]));
		}
		assert_in_range(told, MESSAGES - 3 * n, MESSAGES - n); // not those in another chunk
		assert_int_equal(walk(&f, v, &some, n, blobs, ahead), 52);
		for (uint32_t i = 0; i < 52; i++) // nor those that nobody asked for
			assert_int_equal(ahead[i], i + n < 51 ? blobs[i + n] : 0);
	}
	numset_done(&some);
	view_close(v);
	fixture_end(&f);
}

// Without cold records nothing is looked up.
static void test_hot(void **state)
{
	(void)state;
	struct fixture f;
	struct view_cursor *c;
	struct msg m;
	fixture_begin(&f, engine);
	fill(&f);
	struct view *v = open_view(&f, SPAN("INBOX"));
	ok(&f.op, view_cursor_open(&f.op, v, NULL, 0, &c));
	while (view_cursor_next(&f.op, c, &m) == 0)
		assert_int_equal(view_cursor_ahead(c, 1).id, 0);
	view_cursor_close(c);
	view_close(v);
	fixture_end(&f);
}

// What is passed over is what would have been given.
static void test_pass(void **state)
{
	(void)state;
	struct fixture f;
	struct msg m;
	unsigned seed = 5;
	fixture_begin(&f, engine);
	fill(&f);
	struct view *v = open_view(&f, SPAN("INBOX"));
	for (unsigned round = 0; round < 60; round++) {
		struct numset some = { 0 }, gone = { 0 }, want = { 0 }, got = { 0 };
		struct modseq highest = { 0 }, passed = { 0 };
		struct view_cursor *c;
		for (uint32_t uid = 1; uid <= MESSAGES + 5; uid++)
			if (rand_r(&seed) % 8)
				numset_add(&some, uid);
		const struct numset *of = round % 2 ? &some : NULL;
		ok(&f.op, view_cursor_open(&f.op, v, of, 0, &c));
		while (view_cursor_next(&f.op, c, &m) == 0) {
			numset_add(&want, m.uid.v);
			highest = m.modseq.v > highest.v ? m.modseq : highest;
		}
		view_cursor_close(c);
		ok(&f.op, view_cursor_open(&f.op, v, of, 0, &c));
		for (uint32_t seq = 0; view_cursor_next(&f.op, c, &m) == 0;) {
			assert_true(m.seq.v > seq);
			passed = m.modseq.v > passed.v ? m.modseq : passed;
			uint32_t n = view_cursor_pass(c, &passed);
			numset_add_range(&got, m.uid.v, m.uid.v + n);
			seq = m.seq.v + n;
		}
		view_cursor_close(c);
		assert_int_equal(passed.v, highest.v);
		assert_int_equal(numset_size(&got), numset_size(&want));
		numset_subtract(&got, &want);
		assert_true(numset_is_empty(&got));
		numset_reset(&some);
		numset_add(&some,
			1 + (uint32_t)rand_r(&seed) % MESSAGES); // one goes, the client is not told
		ok(&f.op, txn_remove(&f.op, v, &some, &gone));
		ok(&f.op, view_refresh(&f.op, v));
		numset_done(&some);
		numset_done(&gone);
		numset_done(&want);
		numset_done(&got);
	}
	view_close(v);
	fixture_end(&f);
}

static const struct store_engine *real;
static unsigned looks, looks_at_mailbox; // the latter: at records of messages

static int get_counted(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span key, struct span *ret_value)
{
	looks++;
	looks_at_mailbox += key.n == key_data(0, 'T', 0).n && key.p[0] == key_data(0, 'T', 0).b[0];
	return real->get(op, s, snap, partition, key, ret_value);
}

// The records of a mailbox that is walked again are in memory still: its chunks do not push each other out.
static void test_again(void **state)
{
	enum { MANY = 6000 };
	(void)state;
	struct fixture f;
	struct view_cursor *c;
	struct msg m;
	fixture_begin(&f, engine);
	(void)fill_many(&f, MANY);
	real = f.store->engine;
	struct store_engine counting = *real;
	counting.get = get_counted;
	f.store->engine = &counting;
	struct view *v = open_view(&f, SPAN("INBOX"));
	for (unsigned walks = 0; walks < 2; walks++) {
		uint32_t seen = 0;
		looks = 0;
		ok(&f.op, view_cursor_open(&f.op, v, NULL, CURSOR_COLD, &c));
		while (view_cursor_next(&f.op, c, &m) == 0)
			seen++;
		view_cursor_close(c);
		assert_true(seen >= MANY);
	}
	assert_in_range(looks, 0, 2);
	f.store->engine = real;
	view_close(v);
	fixture_end(&f);
}

static void note(void *ctx, const struct store_finding *finding)
{
	(void)ctx;
	fail_msg("%s", finding->text);
}

// A delivery into a large mailbox that nobody has open does not read it anew each time; what a session has loaded goes when it leaves.
static void test_large(void **state)
{
	(void)state;
	struct fixture f;
	uint64_t messages;
	fixture_begin(&f, engine);
	uint32_t have = fill_many(&f, MAILBOX_IDLE_MESSAGES + 1);
	uint32_t inbox = status_of(&f, SPAN("INBOX")).messages;
	assert_int_equal(inbox, have);
	fixture_close_mail(&f);
	fixture_open_mail(&f);
	real = f.store->engine;
	struct store_engine counting = *real;
	counting.get = get_counted;
	f.store->engine = &counting;
	looks_at_mailbox = 0;
	uint32_t recent = status_of(&f, SPAN("INBOX")).recent;
	for (uint32_t i = 0; i < MESSAGES; i++, have++) // more than two chunks
		assert_int_equal(append_text(&f, SPAN("INBOX"), SPAN("A: b\r\n\r\nx\r\n"),
					 (struct flag_list){ 0 }),
			have + 1);
	assert_in_range(
		looks_at_mailbox, 1, 3); // the table of blocks, the last block, its last chunk
	assert_int_equal(f.a->idle_messages, MAILBOX_TAIL_MESSAGES);
	assert_int_equal(status_of(&f, SPAN("INBOX")).recent, recent + MESSAGES);
	struct view *v = open_view(&f, SPAN("INBOX"));
	assert_int_equal(view_recent(v), recent + MESSAGES);
	for (unsigned walks = 0; walks < 2; walks++) {
		struct view_cursor *c;
		struct msg m;
		uint32_t seen = 0, last = 0;
		looks_at_mailbox = 0;
		ok(&f.op, view_cursor_open(&f.op, v, NULL, 0, &c));
		for (; view_cursor_next(&f.op, c, &m) == 0; seen++) {
			assert_true(m.uid.v > last);
			last = m.uid.v;
		}
		view_cursor_close(c);
		assert_int_equal(seen, have);
		if (walks == 0) {
			assert_true(looks_at_mailbox >
				have / CHUNK_RECORDS - 4); // nothing else was kept
			view_close(v);
			assert_int_equal(status_of(&f, SPAN("INBOX")).recent, 0);
			(void)append_text(&f, SPAN("INBOX"), SPAN("A: b\r\n\r\nx\r\n"),
				(struct flag_list){ 0 });
			have++;
			v = open_view(&f, SPAN("INBOX"));
			assert_int_equal(view_recent(v), 1);
		}
	}
	assert_true(looks_at_mailbox > have / CHUNK_RECORDS - 4); // and it went with the view
	f.store->engine = real;
	view_close(v);
	ok(&f.op, mail_check(&f.op, f.mail, note, NULL, &messages));
	assert_int_equal(messages, have);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_hot), cmocka_unit_test(test_pass),
		cmocka_unit_test(test_again), cmocka_unit_test(test_large) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
