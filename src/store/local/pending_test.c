// SPDX-License-Identifier: Apache-2.0
// Changes that wait for RocksDB are read as if they were there: after any mix of changes of a few keys, written to RocksDB at any moment; batches are
// seen whole or not at all; and when RocksDB refuses them, what needs it is a fault and nothing old is shown.
#include "store/local/local_priv.h"
#include "store/testing.h"

#include "base/log.h"

#include <pthread.h>

#define KEYS 5
#define VALUE_MOST 96u
#define STEPS 20000
#define ROUNDS 3000

static struct fixture fx;

struct model {
	bool there[KEYS];
	struct buf value[KEYS];
	uint64_t random;
};

static unsigned pick(struct model *m, unsigned n)
{
	m->random = m->random * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(m->random >> 33) % n;
}

static struct span key_of(char room[4], unsigned k)
{
	memcpy(room, "key", 3);
	room[3] = (char)('0' + k);
	return span_of(room, 4);
}

static void model_patch(struct model *m, unsigned k, uint32_t offset, struct span bytes)
{
	struct buf now = { 0 };
	patch_apply(&now, m->there[k] ? buf_span(&m->value[k]) : SPAN_NONE, offset, bytes);
	buf_done(&m->value[k]);
	m->value[k] = now;
	m->there[k] = true;
}

// One change, in the batch and in the model.
static void change(struct model *m, struct store_batch *b)
{
	char room[4], to[4], bytes[VALUE_MOST];
	unsigned k = pick(m, KEYS), what = pick(m, 100), n = pick(m, VALUE_MOST / 4);
	memset(bytes, (int)('a' + pick(m, 26)), sizeof bytes);
	struct span key = key_of(room, k);
	if (what < 15) {
		batch_put(b, key, span_of(bytes, n));
		m->there[k] = true;
		buf_reset(&m->value[k]);
		buf_add(&m->value[k], span_of(bytes, n));
	} else if (what < 20) {
		batch_delete(b, key);
		m->there[k] = false;
	} else if (what < 21) {
		unsigned end = k + 1 + pick(m, 2);
		batch_delete_range(b, key, key_of(to, end));
		for (unsigned i = k; i < end && i < KEYS; i++)
			m->there[i] = false;
	} else {
		uint32_t offset = pick(m, VALUE_MOST - n);
		if (what < 50 && m->there[k]) // records are appended
			offset = (uint32_t)m->value[k].n % VALUE_MOST;
		batch_patch(b, key, offset, span_of(bytes, n));
		model_patch(m, k, offset, span_of(bytes, n));
	}
}

static void compare(struct fixture *f, struct model *m, struct store_snapshot *snap, unsigned k)
{
	char room[4];
	struct span v;
	int rc = store_get(&f->op, f->s, snap, 1, key_of(room, k), &v);
	if (!m->there[k]) {
		assert_int_equal(rc, STORE_ABSENT);
		return;
	}
	ok(&f->op, rc);
	assert_true(span_eq(v, buf_span(&m->value[k])));
}

static void test_reads_like_written(void **state)
{
	(void)state;
	struct model m = { .random = 1 };
	fixture_begin(&fx, "local");
	for (unsigned i = 0; i < STEPS; i++) {
		struct store_batch b;
		batch_init(&b, 1);
		for (unsigned n = 1 + pick(&m, 3); n > 0; n--)
			change(&m, &b);
		commit(&fx.op, fx.s, &b);
		if (pick(&m, 3) == 0)
			compare(&fx, &m, NULL, pick(&m, KEYS));
		if (pick(&m, 30) == 0) {
			struct store_snapshot *snap;
			ok(&fx.op, store_snapshot_begin(&fx.op, fx.s, &snap));
			for (unsigned k = 0; k < KEYS; k++)
				compare(&fx, &m, snap, k);
			store_snapshot_end(fx.s, snap);
		}
		if (pick(&m, 2000) == 0) {
			store_close(fx.s);
			fixture_open(&fx);
		}
		op_reset(&fx.op);
	}
	for (unsigned k = 0; k < KEYS; k++) {
		compare(&fx, &m, NULL, k);
		buf_done(&m.value[k]);
	}
	fixture_end(&fx);
}

// --- whole batches ---

static void *write_pairs(void *arg)
{
	struct op op;
	op_init(&op, 0);
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct store_batch b;
		batch_init(&b, 1);
		batch_put(&b, SPAN("a"), span_of(&i, sizeof i));
		batch_patch(&b, SPAN("b"), 0, span_of(&i, sizeof i));
		commit(&op, arg, &b);
		op_reset(&op);
	}
	op_done(&op);
	return NULL;
}

static uint64_t number_at(struct fixture *f, struct store_snapshot *snap, struct span key)
{
	struct span v;
	int rc = store_get(&f->op, f->s, snap, 1, key, &v);
	if (rc == STORE_ABSENT)
		return 0;
	ok(&f->op, rc);
	assert_int_equal(v.n, 8);
	return load_u64(v.p);
}

static void test_batches_are_whole(void **state)
{
	(void)state;
	pthread_t writer;
	fixture_begin(&fx, "local");
	assert_int_equal(pthread_create(&writer, NULL, write_pairs, fx.s), 0);
	uint64_t last = 0, now = 0;
	while (now < ROUNDS) {
		struct store_snapshot *snap;
		uint64_t b = number_at(&fx, NULL, SPAN("b"));
		assert_true(b >= last);
		ok(&fx.op, store_snapshot_begin(&fx.op, fx.s, &snap));
		now = number_at(&fx, snap, SPAN("a"));
		assert_int_equal(number_at(&fx, snap, SPAN("b")), now);
		assert_true(now >= b);
		last = now;
		store_snapshot_end(fx.s, snap);
		op_reset(&fx.op);
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	fixture_end(&fx);
}

// Of a group that does not go in whole, what did is written with the position before it, also when it is the first since the open.
static void test_group_in_part(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	struct local *l = local_of(fx.s);
	const struct index_state before = l->log.state;
	struct change put = { .kind = CHANGE_PUT, .key = SPAN("key"), .value = SPAN("value") };
	struct change range = { .kind = CHANGE_DELETE_RANGE, .key = SPAN("a"), .value = SPAN("b") };
	pending_begin(&l->pending, &l->log.state);
	assert_true(pending_change(&l->pending, 1, &put));
	assert_false(pending_change(&l->pending, 1, &range));
	pending_close(&l->pending, NULL);
	ok(&fx.op, pending_drain(&fx.op, l));
	struct index_state now;
	ok(&fx.op, index_state_get(&fx.op, &l->index, &now));
	assert_int_equal(now.pos, before.pos);
	assert_int_equal(now.seq, before.seq);
	assert_int_equal(now.next_id, before.next_id);
	fixture_end(&fx);
}

// --- RocksDB refuses ---

static void test_refused(void **state)
{
	(void)state;
	struct span v;
	struct store_batch b;
	struct store_snapshot *snap;
	log_level_set(LOG_ERROR_ + 1);
	fixture_begin(&fx, "local");
	put(&fx, 1, "part", "0123456789");
	ok(&fx.op, store_snapshot_begin(&fx.op, fx.s, &snap)); // it is in RocksDB now
	store_snapshot_end(fx.s, snap);
	pthread_mutex_lock(&local_of(fx.s)->pending.draining); // the keeper must not get in between
	batch_init(&b, 1);
	batch_put(&b, SPAN("whole"), SPAN("kept"));
	batch_patch(&b, SPAN("part"), 2, SPAN("new"));
	commit(&fx.op, fx.s, &b);
	atomic_store(&local_of(fx.s)->pending.failed, true);
	pthread_mutex_unlock(&local_of(fx.s)->pending.draining);
	expect(&fx, NULL, 1, "whole", "kept");
	assert_int_equal(store_get(&fx.op, fx.s, NULL, 1, SPAN("part"), &v), RC_IO);
	assert_int_equal(store_snapshot_begin(&fx.op, fx.s, &snap), RC_IO);
	store_close(fx.s); // the log replays it
	fixture_open(&fx);
	expect(&fx, NULL, 1, "whole", "kept");
	expect(&fx, NULL, 1, "part", "01new56789");
	fixture_end(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reads_like_written),
		cmocka_unit_test(test_batches_are_whole), cmocka_unit_test(test_group_in_part),
		cmocka_unit_test(test_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
