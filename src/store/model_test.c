// SPDX-License-Identifier: Apache-2.0
// Random batches against a naive model (a sorted array), with snapshots and, where data stays, closing and opening again.
// A failure prints the seed; run with SEED=n to repeat it.
#include "store/testing.h"

#define KEYS 60
#define PARTITIONS 3
#define SNAPSHOTS 4

struct model {
	struct {
		bool there;
		size_t n;
		char bytes[64];
	} at[PARTITIONS][KEYS];
};
struct run {
	struct fixture f;
	uint64_t random;
	struct model now;
	struct {
		struct store_snapshot *snap;
		struct model model;
	} old[SNAPSHOTS];
	bool durable;
};
static struct run run;

static unsigned pick(struct run *r, unsigned below)
{
	r->random = r->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(r->random >> 33) % below;
}

static struct span key_of(char room[8], unsigned i)
{
	int n = snprintf(room, 8, "%02u", i);
	return span_of(room, (size_t)n);
}

static void change(struct run *r, struct store_batch *b, unsigned p)
{
	char room[8], room2[8], bytes[24];
	unsigned k = pick(r, KEYS);
	size_t n = pick(r, sizeof bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)pick(r, 256);
	switch (pick(r, 8)) {
	case 0:
	case 1:
		batch_put(b, key_of(room, k), span_of(bytes, n));
		r->now.at[p][k].there = true;
		r->now.at[p][k].n = n;
		memcpy(r->now.at[p][k].bytes, bytes, n);
		break;
	case 2:
		batch_delete(b, key_of(room, k));
		r->now.at[p][k].there = false;
		r->now.at[p][k].n = 0;
		break;
	case 3: {
		if (pick(r, 4))
			break;
		unsigned to = k + pick(r, 10);
		bool open = pick(r, 5) == 0;
		batch_delete_range(b, key_of(room, k), open ? SPAN_NONE : key_of(room2, to));
		for (unsigned i = k; i < KEYS && (open || i < to); i++) {
			r->now.at[p][i].there = false;
			r->now.at[p][i].n = 0;
		}
		break;
	}
	default: {
		uint32_t offset = pick(r, 40);
		batch_patch(b, key_of(room, k), offset, span_of(bytes, n));
		if (!r->now.at[p][k].there)
			r->now.at[p][k].n = 0;
		r->now.at[p][k].there = true;
		if (offset > r->now.at[p][k].n)
			memset(r->now.at[p][k].bytes + r->now.at[p][k].n, 0,
				offset - r->now.at[p][k].n);
		memcpy(r->now.at[p][k].bytes + offset, bytes, n);
		if (offset + n > r->now.at[p][k].n)
			r->now.at[p][k].n = offset + n;
	}
	}
}

static void compare(struct run *r, struct store_snapshot *snap, const struct model *m)
{
	op_reset(&r->f.op);
	for (unsigned p = 0; p < PARTITIONS; p++) {
		struct store_cursor *c;
		struct span k, v;
		char room[8];
		ok(&r->f.op,
			store_cursor_open(&r->f.op, r->f.s, snap, p + 1, SPAN_NONE, SPAN_NONE, &c));
		for (unsigned i = 0; i < KEYS; i++) {
			struct span model = span_of(m->at[p][i].bytes, m->at[p][i].n);
			int rc = store_get(&r->f.op, r->f.s, snap, p + 1, key_of(room, i), &v);
			assert_int_equal(rc, m->at[p][i].there ? 0 : STORE_ABSENT);
			if (!m->at[p][i].there)
				continue;
			assert_true(span_eq(v, model));
			ok(&r->f.op, store_cursor_next(&r->f.op, c, &k, &v));
			assert_true(span_eq(k, key_of(room, i)));
			assert_true(span_eq(v, model));
		}
		assert_int_equal(store_cursor_next(&r->f.op, c, &k, &v), STORE_END);
		store_cursor_close(c);
	}
}

static void snapshots_end(struct run *r)
{
	for (unsigned i = 0; i < SNAPSHOTS; i++) {
		store_snapshot_end(r->f.s, r->old[i].snap);
		r->old[i].snap = NULL;
	}
}

static void step(struct run *r)
{
	struct store_ticket t = { 0 };
	for (unsigned n = pick(r, 4) + 1; n > 0; n--) {
		unsigned p = pick(r, PARTITIONS);
		struct store_batch b;
		batch_init(&b, p + 1);
		for (unsigned i = pick(r, 6); i > 0; i--)
			change(r, &b, p);
		ok(&r->f.op, store_submit(&r->f.op, r->f.s, &b, &t));
		batch_done(&b);
	}
	ok(&r->f.op, store_wait(&r->f.op, r->f.s, t));
	unsigned i = pick(r, SNAPSHOTS);
	switch (pick(r, 12)) {
	case 0:
		store_snapshot_end(r->f.s, r->old[i].snap);
		ok(&r->f.op, store_snapshot_begin(&r->f.op, r->f.s, &r->old[i].snap));
		r->old[i].model = r->now;
		break;
	case 1:
		if (r->old[i].snap)
			compare(r, r->old[i].snap, &r->old[i].model);
		break;
	case 2:
		compare(r, NULL, &r->now);
		break;
	case 3:
		if (r->durable && pick(r, 20) == 0) {
			snapshots_end(r);
			store_close(r->f.s);
			fixture_open(&r->f);
			compare(r, NULL, &r->now);
		}
		break;
	default:;
	}
}

static void play(const char *engine, bool durable, unsigned steps)
{
	const char *seed = getenv("SEED");
	memset(&run, 0, sizeof run);
	run.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)getpid() * 1000003;
	run.durable = durable;
	print_message("seed %lu\n", run.random);
	fixture_begin(&run.f, engine);
	for (unsigned i = 0; i < steps; i++)
		step(&run);
	compare(&run, NULL, &run.now);
	snapshots_end(&run);
	fixture_end(&run.f);
}

static void test_memory(void **state)
{
	(void)state;
	play("memory", false, 5000);
}

static void test_local(void **state)
{
	(void)state;
	play("local", true, 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory),
		cmocka_unit_test(test_local) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
