// SPDX-License-Identifier: Apache-2.0
// Every sentence of store.h, on every engine.
#include "base/clock.h"
#include "store/testing.h"

#include <pthread.h>

static struct fixture fx;

static void test_get_put_delete(void **state)
{
	struct fixture *f = *state;
	expect(f, NULL, 1, "a", NULL);
	put(f, 1, "a", "one");
	expect(f, NULL, 1, "a", "one");
	expect(f, NULL, 2, "a", NULL);
	expect(f, NULL, 1, "", NULL);
	put(f, 1, "", "the empty key");
	expect(f, NULL, 1, "", "the empty key");
	put(f, 1, "a", "");
	expect(f, NULL, 1, "a", "");
	struct store_batch b;
	batch_init(&b, 1);
	batch_delete(&b, SPAN("a"));
	batch_delete(&b, SPAN("never was"));
	commit(&f->op, f->s, &b);
	expect(f, NULL, 1, "a", NULL);
}

static void test_order_in_batch(void **state)
{
	struct fixture *f = *state;
	struct store_batch b;
	batch_init(&b, 1);
	batch_put(&b, SPAN("k"), SPAN("1"));
	batch_delete(&b, SPAN("k"));
	batch_patch(&b, SPAN("k"), 2, SPAN("xy"));
	batch_put(&b, SPAN("m"), SPAN("1"));
	batch_put(&b, SPAN("n"), SPAN("1"));
	batch_delete_range(&b, SPAN("m"), SPAN("n"));
	commit(&f->op, f->s, &b);
	struct span v;
	ok(&f->op, store_get(&f->op, f->s, NULL, 1, SPAN("k"), &v));
	assert_true(span_eq(v, SPAN("\0\0xy")));
	expect(f, NULL, 1, "m", NULL);
	expect(f, NULL, 1, "n", "1");
}

static void test_patch(void **state)
{
	struct fixture *f = *state;
	put(f, 3, "k", "abcdef");
	struct store_batch b;
	batch_init(&b, 3);
	batch_patch(&b, SPAN("k"), 1, SPAN("XY"));
	batch_patch(&b, SPAN("k"), 5, SPAN("!!!"));
	batch_patch(&b, SPAN("k"), 1, SPAN("Z"));
	commit(&f->op, f->s, &b);
	expect(f, NULL, 3, "k", "aZYde!!!");
	for (int i = 0; i < 100; i++) {
		batch_init(&b, 3);
		char digit = (char)('0' + i % 10);
		batch_patch(&b, SPAN("k"), (uint32_t)(i % 8), span_of(&digit, 1));
		commit(&f->op, f->s, &b);
	}
	expect(f, NULL, 3, "k", "67892345"); // 96..99 at 0..3, 92..95 at 4..7
	batch_init(&b, 3);
	batch_patch(&b, SPAN("k"), STORE_VALUE_MAX, SPAN("x"));
	struct store_ticket t;
	assert_int_equal(store_submit(&f->op, f->s, &b, &t), RC_TOOBIG);
	batch_done(&b);
}

static void test_limits(void **state)
{
	struct fixture *f = *state;
	struct store_batch b;
	struct store_ticket t;
	static char big[STORE_BATCH_MAX];
	memset(big, 'x', sizeof big);
	batch_init(&b, 1);
	batch_put(&b, SPAN("k"), span_of(big, sizeof big - 20));
	commit(&f->op, f->s, &b);
	batch_init(&b, 1);
	batch_put(&b, SPAN("k"), span_of(big, sizeof big));
	assert_int_equal(store_submit(&f->op, f->s, &b, &t), RC_TOOBIG);
	batch_done(&b);
	batch_init(&b, 1);
	batch_put(&b, span_of(big, STORE_KEY_MAX), SPAN("long key"));
	commit(&f->op, f->s, &b);
	struct span v;
	ok(&f->op, store_get(&f->op, f->s, NULL, 1, span_of(big, STORE_KEY_MAX), &v));
	batch_init(&b, 1);
	batch_put(&b, span_of(big, STORE_KEY_MAX + 1), SPAN("too long"));
	assert_int_equal(store_submit(&f->op, f->s, &b, &t), RC_TOOBIG);
	batch_done(&b);
	batch_init(&b, 0);
	assert_int_equal(store_submit(&f->op, f->s, &b, &t), RC_CANNOT);
	batch_init(&b, UINT64_MAX);
	assert_int_equal(store_submit(&f->op, f->s, &b, &t), RC_CANNOT);
	batch_init(&b, 1); // an empty one is fine
	commit(&f->op, f->s, &b);
}

static void walk(struct fixture *f, struct store_snapshot *snap, uint64_t partition,
	struct span from, struct span to, const char *expected)
{
	struct store_cursor *c;
	char got[200] = "";
	size_t n = 0;
	ok(&f->op, store_cursor_open(&f->op, f->s, snap, partition, from, to, &c));
	struct span k, v;
	int rc;
	while ((rc = store_cursor_next(&f->op, c, &k, &v)) == 0)
		n += (size_t)snprintf(
			got + n, sizeof got - n, "%.*s=%.*s ", SPAN_FMT(k), SPAN_FMT(v));
	assert_int_equal(rc, STORE_END);
	assert_int_equal(store_cursor_next(&f->op, c, &k, &v), STORE_END);
	store_cursor_close(c);
	assert_string_equal(got, expected);
}

static void test_cursor(void **state)
{
	struct fixture *f = *state;
	walk(f, NULL, 1, SPAN_NONE, SPAN_NONE, "");
	put(f, 1, "b", "2");
	put(f, 1, "a", "1");
	put(f, 1, "\xff\xff", "5");
	put(f, 1, "ba", "3");
	put(f, 1, "c", "4");
	put(f, 2, "a", "other");
	walk(f, NULL, 1, SPAN_NONE, SPAN_NONE, "a=1 b=2 ba=3 c=4 \xff\xff=5 ");
	walk(f, NULL, 1, SPAN("b"), SPAN("c"), "b=2 ba=3 ");
	walk(f, NULL, 1, SPAN("b"), SPAN("b"), "");
	walk(f, NULL, 1, SPAN("c"), SPAN("b"), "");
	walk(f, NULL, 1, SPAN("bb"), SPAN_NONE, "c=4 \xff\xff=5 ");
	walk(f, NULL, 2, SPAN_NONE, SPAN_NONE, "a=other ");
	walk(f, NULL, STORE_PARTITION_MAX, SPAN_NONE, SPAN_NONE, "");
	put(f, STORE_PARTITION_MAX, "z", "last");
	walk(f, NULL, STORE_PARTITION_MAX, SPAN_NONE, SPAN_NONE, "z=last ");
	struct store_batch b;
	batch_init(&b, 1);
	batch_delete_range(&b, SPAN("ba"), SPAN_NONE);
	commit(&f->op, f->s, &b);
	walk(f, NULL, 1, SPAN_NONE, SPAN_NONE, "a=1 b=2 ");
	walk(f, NULL, 2, SPAN_NONE, SPAN_NONE, "a=other ");
}

static void test_cursor_holds_view(void **state)
{
	struct fixture *f = *state;
	put(f, 1, "a", "1");
	put(f, 1, "b", "1");
	struct store_cursor *c;
	ok(&f->op, store_cursor_open(&f->op, f->s, NULL, 1, SPAN_NONE, SPAN_NONE, &c));
	put(f, 1, "aa", "new");
	struct store_batch b;
	batch_init(&b, 1);
	batch_delete(&b, SPAN("b"));
	commit(&f->op, f->s, &b);
	struct span k, v;
	ok(&f->op, store_cursor_next(&f->op, c, &k, &v));
	assert_true(span_eq(k, SPAN("a")));
	ok(&f->op, store_cursor_next(&f->op, c, &k, &v));
	assert_true(span_eq(k, SPAN("b")));
	assert_int_equal(store_cursor_next(&f->op, c, &k, &v), STORE_END);
	store_cursor_close(c);
}

static void test_snapshot(void **state)
{
	struct fixture *f = *state;
	put(f, 1, "a", "old");
	put(f, 1, "gone", "old");
	put(f, 7, "p", "old");
	struct store_snapshot *snap;
	ok(&f->op, store_snapshot_begin(&f->op, f->s, &snap));
	put(f, 1, "a", "new");
	put(f, 9, "p", "new");
	struct store_batch b;
	batch_init(&b, 1);
	batch_delete(&b, SPAN("gone"));
	batch_patch(&b, SPAN("a"), 3, SPAN("er"));
	commit(&f->op, f->s, &b);
	expect(f, snap, 1, "a", "old");
	expect(f, snap, 1, "gone", "old");
	expect(f, snap, 9, "p", NULL);
	expect(f, NULL, 1, "a", "newer");
	walk(f, snap, 1, SPAN_NONE, SPAN_NONE, "a=old gone=old ");
	walk(f, NULL, 1, SPAN_NONE, SPAN_NONE, "a=newer ");
	uint64_t p;
	ok(&f->op, store_next_partition(&f->op, f->s, snap, 2, &p));
	assert_int_equal(p, 7);
	assert_int_equal(store_next_partition(&f->op, f->s, snap, 8, &p), STORE_END);
	ok(&f->op, store_next_partition(&f->op, f->s, NULL, 8, &p));
	assert_int_equal(p, 9);
	store_snapshot_end(f->s, snap);
}

static void test_next_partition(void **state)
{
	struct fixture *f = *state;
	uint64_t p;
	assert_int_equal(store_next_partition(&f->op, f->s, NULL, 0, &p), STORE_END);
	struct blob_ref ref =
		blob_make(&f->op, f->s, 1, 100, SPAN("card")); // no keys of a partition
	assert_true(ref.id != 0);
	put(f, 5, "a", "");
	put(f, 256, "a", "");
	ok(&f->op, store_next_partition(&f->op, f->s, NULL, 0, &p));
	assert_int_equal(p, 5);
	ok(&f->op, store_next_partition(&f->op, f->s, NULL, 5, &p));
	assert_int_equal(p, 5);
	ok(&f->op, store_next_partition(&f->op, f->s, NULL, 6, &p));
	assert_int_equal(p, 256);
	assert_int_equal(store_next_partition(&f->op, f->s, NULL, 257, &p), STORE_END);
	assert_int_equal(store_next_partition(&f->op, f->s, NULL, UINT64_MAX, &p), STORE_END);
}

static void test_submission_order(void **state)
{
	struct fixture *f = *state;
	struct store_ticket t[50];
	for (int i = 0; i < 50; i++) {
		struct store_batch b;
		char v[8];
		(void)snprintf(v, sizeof v, "%d", i);
		batch_init(&b, 1);
		batch_put(&b, SPAN("k"), span_str(v));
		batch_put(&b, span_str(v), SPAN("x"));
		ok(&f->op, store_submit(&f->op, f->s, &b, &t[i]));
		batch_done(&b);
	}
	ok(&f->op, store_wait(&f->op, f->s, t[49]));
	expect(f, NULL, 1, "k", "49");
	for (int i = 0; i < 50; i++) {
		char v[8];
		(void)snprintf(v, sizeof v, "%d", i);
		expect(f, NULL, 1, v, "x");
		ok(&f->op, store_wait(&f->op, f->s, t[i])); // again and out of order is fine
	}
}

static void test_blob_sizes(void **state)
{
	struct fixture *f = *state;
	static const uint64_t sizes[] = { 0, 1, 511, 5000, 75000, BLOB_EXTENT - 1, BLOB_EXTENT,
		BLOB_EXTENT + 1, 2 * BLOB_EXTENT, 2 * BLOB_EXTENT + 77, 3000001 };
	struct blob_ref refs[countof(sizes)];
	for (size_t i = 0; i < countof(sizes); i++) {
		refs[i] = blob_make(&f->op, f->s, i, sizes[i], SPAN("the card"));
		assert_true(refs[i].id > (i ? refs[i - 1].id : 0));
	}
	put(f, 1, "a", "1"); // now they are durable
	for (size_t i = 0; i < countof(sizes); i++) {
		blob_verify(&f->op, f->s, refs[i], i, sizes[i], SPAN("the card"));
		blob_verify(&f->op, f->s, (struct blob_ref){ refs[i].id, 0 }, i, sizes[i],
			SPAN("the card"));
		blob_verify(&f->op, f->s, (struct blob_ref){ refs[i].id, 12345678901 }, i, sizes[i],
			SPAN("the card"));
		blob_verify(&f->op, f->s,
			(struct blob_ref){ refs[i].id, refs[(i + 1) % countof(sizes)].hint }, i,
			sizes[i], SPAN("the card")); // somebody else's
	}
	struct blob b;
	assert_int_equal(
		blob_open(&f->op, f->s, (struct blob_ref){ 999999, 0 }, &b), RC_NONEXISTENT);
	assert_int_equal(blob_open(&f->op, f->s, (struct blob_ref){ 999999, refs[0].hint }, &b),
		RC_NONEXISTENT);
	assert_int_equal(blob_open(&f->op, f->s, (struct blob_ref){ 0, 0 }, &b), RC_NONEXISTENT);
}

static void test_blob_card(void **state)
{
	struct fixture *f = *state;
	static char card[BLOB_CARD_MAX + 1];
	memset(card, 'c', sizeof card);
	struct blob_ref none = blob_make(&f->op, f->s, 1, 10, SPAN_NONE);
	struct blob_ref big = blob_make(&f->op, f->s, 2, 700000, span_of(card, BLOB_CARD_MAX));
	struct blob_writer *w;
	struct blob_ref ref;
	struct blob_owner owner = { .partition = 1 };
	ok(&f->op, blob_begin(&f->op, f->s, &w));
	assert_int_equal(
		blob_finish(&f->op, w, &owner, span_of(card, sizeof card), &ref), RC_TOOBIG);
	put(f, 1, "a", "1");
	blob_verify(&f->op, f->s, none, 1, 10, SPAN(""));
	blob_verify(&f->op, f->s, big, 2, 700000, span_of(card, BLOB_CARD_MAX));
	struct blob b;
	ok(&f->op, blob_open_card(&f->op, f->s, none, &b));
	assert_null(b.whole.p);
	struct span piece;
	ok(&f->op, blob_piece(&f->op, &b, 3, 100, &piece));
	assert_int_equal(piece.n, 7);
	assert_int_equal(piece.p[0], byte_at(1, 3));
	blob_close(&b);
	ok(&f->op, blob_open_card(&f->op, f->s, big, &b));
	ok(&f->op, blob_piece(&f->op, &b, 699999, 100, &piece));
	assert_int_equal(piece.n, 1);
	ok(&f->op, blob_piece(&f->op, &b, 700000, 100, &piece));
	assert_int_equal(piece.n, 0);
	blob_close(&b);
	blob_close(&b); // zeroed
}

static void test_blob_new_card(void **state)
{
	struct fixture *f = *state;
	struct blob_ref small = blob_make(&f->op, f->s, 1, 5000, SPAN("old"));
	struct blob_ref large = blob_make(&f->op, f->s, 2, 600000, SPAN("old"));
	put(f, 1, "a", "1");
	struct blob_ref small2, large2, none;
	ok(&f->op, blob_new_card(&f->op, f->s, small, SPAN("newer"), &small2));
	ok(&f->op, blob_new_card(&f->op, f->s, large, SPAN("newer"), &large2));
	put(f, 1, "a", "2");
	assert_int_equal(small2.id, small.id);
	blob_verify(&f->op, f->s, small2, 1, 5000, SPAN("newer"));
	blob_verify(&f->op, f->s, large2, 2, 600000, SPAN("newer"));
	small2.hint = 0;
	blob_verify(&f->op, f->s, small2, 1, 5000, SPAN("newer"));
	assert_int_equal(
		blob_new_card(&f->op, f->s, (struct blob_ref){ 99999, 0 }, SPAN("x"), &none),
		RC_NONEXISTENT);
}

static void test_blob_writer(void **state)
{
	struct fixture *f = *state;
	struct blob_writer *w;
	ok(&f->op, blob_begin(&f->op, f->s, &w));
	static char bytes[BLOB_EXTENT];
	for (uint64_t at = 0; at < 5 * BLOB_EXTENT; at += BLOB_EXTENT) {
		for (size_t i = 0; i < BLOB_EXTENT; i++)
			bytes[i] = byte_at(9, at + i);
		ok(&f->op, blob_write(&f->op, w, span_of(bytes, BLOB_EXTENT)));
	}
	for (uint64_t at = 0; at < blob_written(w);) {
		struct span piece;
		ok(&f->op, blob_peek(&f->op, w, at, &piece));
		assert_true(piece.n > 0);
		for (size_t i = 0; i < piece.n; i++)
			assert_int_equal(piece.p[i], byte_at(9, at + i));
		at += piece.n > 100000 ? 100000 : piece.n;
	}
	struct span piece;
	ok(&f->op, blob_peek(&f->op, w, blob_written(w), &piece));
	assert_int_equal(piece.n, 0);
	blob_abort(w);
	blob_abort(NULL);
	ok(&f->op, blob_begin(&f->op, f->s, &w));
	blob_abort(w);
}

static void test_blob_rope(void **state)
{
	struct fixture *f = *state;
	struct blob_ref ref = blob_make(&f->op, f->s, 4, 1000000, SPAN("card"));
	put(f, 1, "a", "1");
	struct blob b;
	struct rope r;
	rope_init(&r);
	ok(&f->op, blob_open(&f->op, f->s, ref, &b));
	ok(&f->op, blob_to_rope(&f->op, &b, 200000, 500000, &r));
	ok(&f->op, blob_to_rope(&f->op, &b, 999990, 500000, &r));
	ok(&f->op, blob_to_rope(&f->op, &b, 1000000, 5, &r));
	blob_close(&b); // the rope keeps the memory alive
	assert_int_equal(rope_size(&r), 500010);
	char *out = malloc(rope_size(&r));
	rope_copy(&r, out);
	for (size_t i = 0; i < 500010; i++)
		assert_int_equal(out[i], byte_at(4, i < 500000 ? 200000 + i : 499990 + i));
	free(out);
	rope_done(&r);
}

struct heard {
	_Atomic unsigned count;
	_Atomic uint64_t partition;
};
static void changed(void *ctx, uint64_t partition)
{
	struct heard *h = ctx;
	h->partition = partition;
	h->count++;
}

static void test_watch(void **state)
{
	struct fixture *f = *state;
	struct heard h = { 0 }, other = { 0 };
	ok(&f->op, store_watch(&f->op, f->s, 5, changed, &h));
	for (uint64_t p = 100; p < 400; p++)
		ok(&f->op, store_watch(&f->op, f->s, p, changed, &other));
	assert_int_equal(store_watch(&f->op, f->s, 5, changed, &other), RC_ALREADYEXISTS);
	put(f, 4, "a", "1");
	assert_int_equal(h.count, 0);
	put(f, 5, "a", "1");
	assert_int_equal(h.count, 1);
	assert_int_equal(h.partition, 5);
	put(f, 5, "a", "2");
	assert_int_equal(h.count, 2);
	store_unwatch(f->s, 5);
	store_unwatch(f->s, 5);
	put(f, 5, "a", "3");
	assert_int_equal(h.count, 2);
	for (uint64_t p = 100; p < 400; p++) {
		put(f, p, "a", "1");
		store_unwatch(f->s, p);
	}
	assert_int_equal(other.count, 300);
}

struct marks {
	const struct blob_ref *refs;
	size_t count, step;
	unsigned calls;
};
static int mark(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	struct marks *m = ctx;
	(void)op, (void)snap;
	m->calls++;
	for (size_t i = 0; i < m->count; i += m->step)
		live(sweep, m->refs[i].id);
	return 0;
}
static int mark_fails(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	(void)ctx, (void)snap, (void)live, (void)sweep;
	return op_fail(op, RC_IO, "cannot walk the accounts");
}

static uint64_t sweep_size(size_t i)
{
	return i % 10 == 5 ? 300000 : 50000;
}

static void test_sweep(void **state)
{
	struct fixture *f = *state;
	struct blob_ref refs[200];
	struct blob_writer *open;
	ok(&f->op, blob_begin(&f->op, f->s, &open)); // has an extent, is finished after the sweep
	static char bytes[BLOB_EXTENT + 1];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = byte_at(77, i);
	ok(&f->op, blob_write(&f->op, open, span_of(bytes, sizeof bytes)));
	for (size_t i = 0; i < countof(refs); i++)
		refs[i] = blob_make(&f->op, f->s, i, sweep_size(i), SPAN("card"));
	put(f, 1, "a", "1");
	struct blob held;
	ok(&f->op, blob_open(&f->op, f->s, refs[5], &held)); // will be dropped
	for (size_t i = 0; i < countof(refs); i++)
		if (i % 4)
			store_blob_dropped(f->s, refs[i]);
	assert_true(store_wants_sweep(f->s));
	assert_int_equal(store_sweep(&f->op, f->s, mark_fails, NULL), RC_IO);
	struct marks m = { refs, countof(refs), 4, 0 };
	ok(&f->op, store_sweep(&f->op, f->s, mark, &m));
	assert_int_equal(m.calls, 1);
	usleep(5000); // past the grace time
	assert_true(store_wants_sweep(f->s));
	assert_int_equal(store_sweep(&f->op, f->s, mark_fails, NULL), RC_IO);
	blob_verify(&f->op, f->s, refs[1], 1, sweep_size(1), SPAN("card")); // not yet dropped
	ok(&f->op, store_sweep(&f->op, f->s, mark, &m));
	assert_int_equal(m.calls, 2);
	for (size_t i = 0; i < countof(refs); i++) {
		struct blob b;
		if (i % 4 == 0)
			blob_verify(&f->op, f->s, refs[i], i, sweep_size(i), SPAN("card"));
		else
			assert_int_equal(
				blob_open(&f->op, f->s, (struct blob_ref){ refs[i].id, 0 }, &b),
				RC_NONEXISTENT);
	}
	struct span piece; // an open blob outlives the sweep
	ok(&f->op, blob_piece(&f->op, &held, 299999, 1, &piece));
	assert_int_equal(piece.p[0], byte_at(5, 299999));
	blob_close(&held);
	struct blob_ref late;
	struct blob_owner owner = { .partition = 1 };
	ok(&f->op, blob_finish(&f->op, open, &owner, SPAN("late"), &late));
	put(f, 1, "a", "2");
	blob_verify(&f->op, f->s, late, 77, sizeof bytes, SPAN("late"));
	uint64_t frames;
	ok(&f->op, store_check(&f->op, f->s, NULL, NULL, &frames));
}

static void test_grace(void **state)
{
	struct fixture *f = *state;
	store_close(f->s);
	f->config.grace_ms = 500;
	fixture_open(f);
	struct blob_ref refs[2];
	for (size_t i = 0; i < 2; i++)
		refs[i] = blob_make(&f->op, f->s, i, 300000, SPAN("card"));
	put(f, 1, "a", "1");
	struct marks both = { refs, 2, 1, 0 }, one = { refs, 1, 1, 0 };
	ok(&f->op, store_sweep(&f->op, f->s, mark, &both));
	usleep(600000); // both are old now, but referred to
	uint64_t lost = clock_mono();
	ok(&f->op, store_sweep(&f->op, f->s, mark, &one));
	ok(&f->op, store_sweep(&f->op, f->s, mark, &one));
	struct blob b;
	int rc = blob_open(&f->op, f->s, (struct blob_ref){ refs[1].id, 0 }, &b);
	if (rc == 0)
		blob_close(&b);
	assert_true(rc == 0 || clock_mono() - lost > 500 * NS_PER_MS);
	usleep(600000);
	ok(&f->op, store_sweep(&f->op, f->s, mark, &one));
	assert_int_equal(
		blob_open(&f->op, f->s, (struct blob_ref){ refs[1].id, 0 }, &b), RC_NONEXISTENT);
	blob_verify(&f->op, f->s, refs[0], 0, 300000, SPAN("card"));
}

static void test_stats(void **state)
{
	struct fixture *f = *state;
	struct store_stats st;
	store_stats(f->s, &st);
	uint64_t commits = st.commits;
	(void)blob_make(&f->op, f->s, 1, 5000, SPAN("card"));
	put(f, 1, "a", "1");
	store_stats(f->s, &st);
	assert_int_equal(st.commits, commits + 1);
	assert_int_equal(st.blobs, 1);
	assert_true(st.log_bytes >= 5000);
	assert_false(st.read_only);
}

struct racer {
	struct store *s;
	uint64_t partition;
	unsigned commits;
};
static void *race(void *arg)
{
	const struct racer *r = arg;
	struct op op;
	op_init(&op, 0);
	for (unsigned i = 1; i <= r->commits; i++) {
		op_reset(&op);
		struct blob_ref ref =
			blob_make(&op, r->s, r->partition * 1000 + i, 100 + 40 * i, SPAN("card"));
		struct store_batch b;
		char key[8];
		(void)snprintf(key, sizeof key, "%06u", i);
		batch_init(&b, r->partition);
		batch_put(&b, span_str(key), span_of(&ref, sizeof ref));
		batch_patch(&b, SPAN("count"), 0, span_of(&i, sizeof i));
		commit(&op, r->s, &b);
		struct span v;
		ok(&op, store_get(&op, r->s, NULL, r->partition, SPAN("count"), &v));
		assert_int_equal(load_u32(v.p), i);
		blob_verify(&op, r->s, ref, r->partition * 1000 + i, 100 + 40 * i, SPAN("card"));
	}
	op_done(&op);
	return NULL;
}

static void test_threads(void **state)
{
	struct fixture *f = *state;
	struct racer racers[6];
	pthread_t threads[6];
	for (size_t i = 0; i < 6; i++) {
		racers[i] = (struct racer){ f->s, i + 1, 60 };
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (uint64_t p = 1; p <= 6; p++) {
		struct span v;
		ok(&f->op, store_get(&f->op, f->s, NULL, p, SPAN("count"), &v));
		assert_int_equal(load_u32(v.p), 60);
	}
}

static void test_unknown_engine(void **state)
{
	struct fixture *f = *state;
	struct store *s;
	assert_int_equal(
		store_open(&f->op, &(struct store_config){ .engine = "paper" }, &s), RC_CONFIG);
	store_close(NULL);
}

static int begin_memory(void **state)
{
	fixture_begin(&fx, "memory");
	*state = &fx;
	return 0;
}
static int begin_local(void **state)
{
	fixture_begin(&fx, "local");
	*state = &fx;
	return 0;
}
static int end(void **state)
{
	fixture_end(*state);
	return 0;
}

#define ON_ENGINE(begin)                                                                           \
	cmocka_unit_test_setup_teardown(test_get_put_delete, begin, end),                          \
		cmocka_unit_test_setup_teardown(test_order_in_batch, begin, end),                  \
		cmocka_unit_test_setup_teardown(test_patch, begin, end),                           \
		cmocka_unit_test_setup_teardown(test_limits, begin, end),                          \
		cmocka_unit_test_setup_teardown(test_cursor, begin, end),                          \
		cmocka_unit_test_setup_teardown(test_cursor_holds_view, begin, end),               \
		cmocka_unit_test_setup_teardown(test_snapshot, begin, end),                        \
		cmocka_unit_test_setup_teardown(test_next_partition, begin, end),                  \
		cmocka_unit_test_setup_teardown(test_submission_order, begin, end),                \
		cmocka_unit_test_setup_teardown(test_blob_sizes, begin, end),                      \
		cmocka_unit_test_setup_teardown(test_blob_card, begin, end),                       \
		cmocka_unit_test_setup_teardown(test_blob_new_card, begin, end),                   \
		cmocka_unit_test_setup_teardown(test_blob_writer, begin, end),                     \
		cmocka_unit_test_setup_teardown(test_blob_rope, begin, end),                       \
		cmocka_unit_test_setup_teardown(test_watch, begin, end),                           \
		cmocka_unit_test_setup_teardown(test_sweep, begin, end),                           \
		cmocka_unit_test_setup_teardown(test_grace, begin, end),                           \
		cmocka_unit_test_setup_teardown(test_stats, begin, end),                           \
		cmocka_unit_test_setup_teardown(test_threads, begin, end),                         \
		cmocka_unit_test_setup_teardown(test_unknown_engine, begin, end)

int main(void)
{
	const struct CMUnitTest memory[] = { ON_ENGINE(begin_memory) };
	const struct CMUnitTest local[] = { ON_ENGINE(begin_local) };
	return cmocka_run_group_tests_name("memory", memory, NULL, NULL) +
		cmocka_run_group_tests_name("local", local, NULL, NULL);
}
