// SPDX-License-Identifier: Apache-2.0
// File calls that fail: every one of them once, with EIO and with ENOSPC, short writes, a disk that is full and gets space again.
#include "store/local/image_test.h"

#include "base/log.h"

#include <pthread.h>
#include <semaphore.h>

#define COMMITS 12u

struct plan {
	_Atomic int countdown; // this call fails; 0: none
	_Atomic int error;
	_Atomic bool short_writes;
	_Atomic int kinds;   // bits of enum file_call that count; 0: all
	_Atomic bool always; // from there on all of them fail
	_Atomic unsigned calls;
	pthread_t self;
	sem_t *late; // the keeper, which is the first thread but `self` to make a call, waits for it
};

static int inject(void *ctx, enum file_call call, size_t *n)
{
	struct plan *p = ctx;
	if (p->late && !pthread_equal(pthread_self(), p->self)) {
		while (sem_wait(p->late)) // a signal
			;
		assert_int_equal(sem_post(p->late), 0); // once it may go on, it may
	}
	if (p->kinds && !(p->kinds & 1 << call))
		return 0;
	p->calls++;
	if (p->short_writes && *n > 3)
		*n /= 3;
	if (p->always && p->countdown == 0 && p->error)
		return p->error;
	if (p->countdown > 0 && --p->countdown == 0)
		return p->error;
	return 0;
}

struct faulty {
	struct fixture f;
	struct plan plan;
	struct files files;
};

static void faulty_begin(struct faulty *t)
{
	memset(t, 0, sizeof *t);
	fixture_begin(&t->f, "local");
	store_close(t->f.s);
	t->f.s = NULL;
	t->files = (struct files){ inject, &t->plan };
}

static int faulty_open(struct faulty *t)
{
	op_reset(&t->f.op);
	return local_open_with(&t->f.op, &t->f.config, &t->files, &t->f.s);
}

// One commit with a blob; the result of the first call that fails.
static int deliver(struct faulty *t, unsigned i, unsigned flags)
{
	struct fixture *f = &t->f;
	struct blob_writer *w;
	struct blob_ref ref;
	char key[16], body[3000];
	for (size_t k = 0; k < sizeof body; k++)
		body[k] = byte_at(i, k);
	ok(&f->op, blob_begin(&f->op, f->s, &w));
	ok(&f->op, blob_write(&f->op, w, span_of(body, sizeof body)));
	struct blob_owner owner = { .partition = 1, .uid = i };
	int rc = blob_finish(&f->op, w, &owner, SPAN("card"), &ref);
	if (rc)
		return rc;
	(void)snprintf(key, sizeof key, "%u", i);
	struct store_batch b;
	batch_init(&b, 1);
	b.flags = flags;
	batch_put(&b, span_str(key), span_of(&ref, sizeof ref));
	batch_put(&b, SPAN("last"), span_str(key));
	struct store_ticket ticket;
	rc = store_submit(&f->op, f->s, &b, &ticket);
	batch_done(&b);
	return rc ? rc : store_wait(&f->op, f->s, ticket);
}

// Whether commit i is there, whole.
static bool delivered(struct fixture *f, unsigned i)
{
	char key[16];
	struct span v;
	(void)snprintf(key, sizeof key, "%u", i);
	int rc = store_get(&f->op, f->s, NULL, 1, span_str(key), &v);
	assert_true(rc == 0 || rc == STORE_ABSENT);
	if (rc)
		return false;
	struct blob_ref ref;
	memcpy(&ref, v.p, sizeof ref);
	blob_verify(&f->op, f->s, ref, i, 3000, SPAN("card"));
	return true;
}

static void check_all(struct fixture *f, const bool acked[COMMITS])
{
	uint64_t frames;
	for (unsigned i = 0; i < COMMITS; i++) {
		bool there = delivered(f, i);
		if (acked[i])
			assert_true(there);
	}
	ok(&f->op, store_check(&f->op, f->s, NULL, NULL, &frames));
}

// Fails the nth call that counts during COMMITS commits.
static void play(struct faulty *t, int nth, int error, int kinds)
{
	bool acked[COMMITS] = { false };
	ok(&t->f.op, faulty_open(t));
	t->plan.kinds = kinds;
	t->plan.error = error;
	t->plan.countdown = nth;
	bool failed = false;
	for (unsigned i = 0; i < COMMITS; i++) {
		int rc = deliver(t, i, 0);
		acked[i] = rc == 0;
		if (rc) {
			assert_true(
				rc == (error == EIO ? (failed ? RC_READONLY : RC_IO) : RC_NOSPACE));
			failed = true;
		}
		assert_int_equal(delivered(&t->f, i), acked[i]); // never seen unless acknowledged
	}
	struct store_stats st;
	store_stats(t->f.s, &st);
	if (failed)
		assert_int_equal(st.read_only, error == EIO);
	if (failed && error != EIO)
		assert_true(acked[COMMITS - 1]); // it goes on
	check_all(&t->f, acked);                 // reading goes on
	t->plan.countdown = 0;
	store_close(t->f.s);
	fixture_open(&t->f);
	check_all(&t->f, acked);
	store_close(t->f.s);
	t->f.s = NULL;
}

static void test_writes_fail(void **state)
{
	(void)state;
	static const int errors[] = { EIO, ENOSPC };
	for (size_t e = 0; e < countof(errors); e++)
		for (int nth = 1; nth <= (int)COMMITS; nth += 3) {
			struct faulty t;
			faulty_begin(&t);
			play(&t, nth, errors[e], 1 << FILE_WRITE);
			fixture_end(&t.f);
		}
}

static void test_syncs_fail(void **state)
{
	(void)state;
	for (int nth = 1; nth <= (int)COMMITS; nth += 4) {
		struct faulty t;
		faulty_begin(&t);
		play(&t, nth, EIO, 1 << FILE_SYNC);
		fixture_end(&t.f);
	}
}

static void test_short_writes(void **state)
{
	(void)state;
	struct faulty t;
	faulty_begin(&t);
	t.plan.short_writes = true;
	play(&t, 0, 0, 1 << FILE_WRITE);
	fixture_end(&t.f);
}

// A blob that was put in line before the disk was full, and a batch that refers to it after: it must not dangle.
static void test_blob_outlives_failed_group(void **state)
{
	(void)state;
	struct faulty t;
	faulty_begin(&t);
	ok(&t.f.op, faulty_open(&t));
	struct blob_ref ref = blob_make(&t.f.op, t.f.s, 5, 4000, SPAN("card"));
	t.plan.kinds = 1 << FILE_WRITE;
	t.plan.error = ENOSPC;
	t.plan.countdown = 1;
	struct store_batch b;
	struct store_ticket ticket;
	batch_init(&b, 2);
	batch_put(&b, SPAN("x"), SPAN("y"));
	ok(&t.f.op, store_submit(&t.f.op, t.f.s, &b, &ticket));
	batch_done(&b);
	assert_int_equal(store_wait(&t.f.op, t.f.s, ticket), RC_NOSPACE);
	assert_int_equal(store_wait(&t.f.op, t.f.s, ticket), RC_NOSPACE); // also when asked again
	put(&t.f, 1, "a", "refers to the blob");
	expect(&t.f, NULL, 2, "x", NULL);
	blob_verify(&t.f.op, t.f.s, ref, 5, 4000, SPAN("card"));
	store_close(t.f.s);
	fixture_open(&t.f);
	expect(&t.f, NULL, 2, "x", NULL);
	blob_verify(&t.f.op, t.f.s, (struct blob_ref){ ref.id, 0 }, 5, 4000, SPAN("card"));
	fixture_end(&t.f);
}

static void test_open_fails(void **state)
{
	(void)state;
	struct faulty t;
	faulty_begin(&t);
	ok(&t.f.op, faulty_open(&t));
	ok(&t.f.op, deliver(&t, 1, 0));
	store_close(t.f.s);
	unsigned failures = 0;
	for (int nth = 1; nth < 60; nth++) {
		t.plan.kinds = 0;
		t.plan.error = EIO;
		t.plan.countdown = nth;
		int rc = faulty_open(&t);
		if (rc == 0) {
			assert_true(delivered(&t.f, 1));
			store_close(t.f.s);
		} else {
			assert_true(rc == RC_IO || rc == RC_CORRUPT);
			failures++;
		}
	}
	assert_true(failures >= 5);
	t.plan.countdown = 0;
	fixture_open(&t.f);
	assert_true(delivered(&t.f, 1));
	fixture_end(&t.f);
}

// The keeper does not come to look until `late` is posted.
static void keeper_hold(struct faulty *t, sem_t *late)
{
	char reserve[300]; // it looks for that first, and holds nothing then
	(void)snprintf(reserve, sizeof reserve, "%s/reserve", t->f.config.dir);
	assert_true(unlink(reserve) == 0 || errno == ENOENT);
	t->plan.self = pthread_self();
	t->plan.late = late;
}

// No new segment can be made: ordinary commits stop early, freeing ones go on, all of it comes back with the space. Whether the keeper has found out
// that the disk is full, or did not come to look until it was full.
static void full_disk(bool keeper_is_late)
{
	struct faulty t;
	sem_t late;
	faulty_begin(&t);
	assert_int_equal(sem_init(&late, 0, 0), 0);
	if (keeper_is_late)
		keeper_hold(&t, &late);
	ok(&t.f.op, faulty_open(&t));
	t.plan.kinds = 1 << FILE_ALLOCATE;
	t.plan.error = ENOSPC;
	t.plan.always = true;
	int rc = 0;
	unsigned i = 0;
	for (; rc == 0 && i < 20000; i++)
		rc = deliver(&t, i, 0);
	assert_int_equal(rc, RC_NOSPACE);
	unsigned last = i - 2;
	assert_true(delivered(&t.f, last));
	for (unsigned k = 0; k < 50; k++) {
		struct store_batch b;
		char key[16];
		(void)snprintf(key, sizeof key, "%u", k);
		batch_init(&b, 1);
		b.flags = STORE_FREES;
		batch_delete(&b, span_str(key));
		commit(&t.f.op, t.f.s, &b);
	}
	assert_false(delivered(&t.f, 49));
	assert_true(delivered(&t.f, 50));
	struct store_stats st;
	store_stats(t.f.s, &st);
	assert_false(st.read_only);
	t.plan.always = false;
	t.plan.error = 0;
	assert_int_equal(sem_post(&late), 0);
	for (i = 0; i < 100 && (rc = deliver(&t, last, 0)) == RC_NOSPACE; i++)
		usleep(100000); // the keeper looks again after a second
	ok(&t.f.op, rc);
	store_close(t.f.s);
	fixture_open(&t.f);
	assert_true(delivered(&t.f, last) && delivered(&t.f, 50) && !delivered(&t.f, 49));
	fixture_end(&t.f);
	assert_int_equal(sem_destroy(&late), 0);
}

static void test_full_disk(void **state)
{
	(void)state;
	full_disk(false);
}

static void test_full_disk_late_keeper(void **state)
{
	(void)state;
	full_disk(true);
}

static int submit_small(
	struct faulty *t, const char *key, unsigned flags, struct store_ticket *ret_ticket)
{
	struct store_batch b;
	batch_init(&b, 2);
	b.flags = flags;
	batch_put(&b, span_str(key), SPAN("value"));
	int rc = store_submit(&t->f.op, t->f.s, &b, ret_ticket);
	batch_done(&b);
	return rc;
}

// Less than `gap` octets are left before the reserve of the last segment.
static bool is_near_reserve(const struct faulty *t, uint64_t gap)
{
	struct local *l = local_of(t->f.s);
	uint64_t end = atomic_load(&l->log.visible); // nothing is in line
	struct segment *next = segment_ref(&l->segments, pos_segment(end) + 1);
	segment_unref(next);
	return !next && pos_offset(end) + gap + t->f.config.reserve_bytes >= l->log.tail_size;
}

// A large blob has outlived the group that found the disk full, and goes before whatever comes next, but there is no room for it. Small changes would have
// room by themselves: they are refused, and take nothing that frees space with them.
static void test_full_disk_large_leftover(void **state)
{
	(void)state;
	enum { LARGE = 200000, GAP = 100000 };
	struct faulty t;
	struct store_ticket small, frees;
	sem_t late;
	faulty_begin(&t);
	assert_int_equal(sem_init(&late, 0, 0), 0);
	keeper_hold(&t, &late);
	ok(&t.f.op, faulty_open(&t));
	t.plan.kinds = 1 << FILE_ALLOCATE;
	t.plan.error = ENOSPC;
	t.plan.always = true;
	for (unsigned i = 0; !is_near_reserve(&t, GAP); i++)
		ok(&t.f.op, deliver(&t, i, 0));
	struct blob_ref ref = blob_make(&t.f.op, t.f.s, 7, LARGE, SPAN("card"));
	ok(&t.f.op, submit_small(&t, "with the blob", 0, &small));
	assert_int_equal(store_wait(&t.f.op, t.f.s, small), RC_NOSPACE);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(submit_small(&t, "small", 0, &small), RC_NOSPACE);
		ok(&t.f.op, submit_small(&t, "frees", STORE_FREES, &frees));
		ok(&t.f.op, store_wait(&t.f.op, t.f.s, frees));
	}
	t.plan.always = false;
	t.plan.error = 0;
	assert_int_equal(sem_post(&late), 0);
	int rc = RC_NOSPACE;
	for (unsigned i = 0; i < 100 && rc == RC_NOSPACE; i++) {
		rc = submit_small(&t, "small", 0, &small);
		if (rc == RC_NOSPACE)
			usleep(100000); // the keeper looks again after a second
	}
	ok(&t.f.op, rc);
	ok(&t.f.op, store_wait(&t.f.op, t.f.s, small));
	blob_verify(&t.f.op, t.f.s, ref, 7, LARGE, SPAN("card"));
	fixture_end(&t.f);
	assert_int_equal(sem_destroy(&late), 0);
}

struct keep {
	unsigned from, to;
	struct fixture *f;
};
static int mark(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	const struct keep *k = ctx;
	for (unsigned i = k->from; i < k->to; i++) {
		char key[16];
		struct span v;
		(void)snprintf(key, sizeof key, "%u", i);
		int rc = store_get(op, k->f->s, snap, 1, span_str(key), &v);
		if (rc == 0)
			live(sweep, load_u64(v.p));
	}
	return 0;
}

// The log stays small under churn; sweeps survive failures and reopening.
static void test_churn(void **state)
{
	(void)state;
	struct faulty t;
	faulty_begin(&t);
	ok(&t.f.op, faulty_open(&t));
	struct store_stats st;
	unsigned n = 0;
	for (unsigned round = 0; round < 4; round++) {
		unsigned from = n;
		for (; n < from + 2500; n++)
			ok(&t.f.op, deliver(&t, n, 0));
		struct keep k = { n - 300, n, &t.f };
		ok(&t.f.op, store_sweep(&t.f.op, t.f.s, mark, &k));
		usleep(3000); // past the grace time
		if (round == 1) {
			t.plan.kinds = 1 << FILE_WRITE;
			t.plan.error = ENOSPC;
			t.plan.countdown = 2;
			(void)store_sweep(&t.f.op, t.f.s, mark, &k); // may or may not fail
			t.plan.countdown = 0;
		}
		op_reset(&t.f.op);
		ok(&t.f.op, store_sweep(&t.f.op, t.f.s, mark, &k));
		store_stats(t.f.s, &st);
		assert_true(st.log_bytes < (16u << 20));
		for (unsigned i = n - 300; i < n; i++)
			assert_true(delivered(&t.f, i));
		if (round == 2) {
			store_close(t.f.s);
			ok(&t.f.op, faulty_open(&t));
			for (unsigned i = n - 300; i < n; i++)
				assert_true(delivered(&t.f, i));
		}
	}
	assert_int_equal(st.blobs, 300);
	uint64_t frames;
	ok(&t.f.op, store_check(&t.f.op, t.f.s, NULL, NULL, &frames));
	fixture_end(&t.f);
}

#define RACERS 6u
#define RACES 150u
struct racer {
	struct faulty *t;
	uint64_t partition;
	bool acked[RACES];
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct store *s = r->t->f.s;
	struct op op;
	op_init(&op, 0);
	for (uint32_t i = 0; i < RACES; i++) {
		op_reset(&op);
		struct blob_writer *w;
		struct blob_ref ref;
		struct blob_owner owner = { .partition = r->partition };
		char body[700];
		memset(body, (int)i, sizeof body);
		ok(&op, blob_begin(&op, s, &w));
		ok(&op, blob_write(&op, w, span_of(body, sizeof body)));
		struct store_batch b;
		batch_init(&b, r->partition);
		int rc = blob_finish(&op, w, &owner, SPAN("card"), &ref);
		batch_put(&b, span_of(&i, sizeof i), span_of(&ref, sizeof ref));
		struct store_ticket ticket;
		if (rc == 0)
			rc = store_submit(&op, s, &b, &ticket);
		if (rc == 0) // some with threads, some without
			rc = r->partition % 2 ? wait_later(&op, s, ticket)
					      : store_wait(&op, s, ticket);
		batch_done(&b);
		r->acked[i] = rc == 0;
		assert_true(rc == 0 || rc == RC_NOSPACE || rc == RC_IO || rc == RC_READONLY);
	}
	op_done(&op);
	return NULL;
}

static void races_verify(struct fixture *f, const struct racer *r, bool exact)
{
	for (uint32_t i = 0; i < RACES; i++) {
		struct span v;
		int rc = store_get(&f->op, f->s, NULL, r->partition, span_of(&i, sizeof i), &v);
		if (exact || r->acked[i])
			assert_int_equal(rc == 0, r->acked[i]);
		if (rc)
			continue;
		struct blob_ref ref;
		struct blob b;
		memcpy(&ref, v.p, sizeof ref);
		ok(&f->op, blob_open(&f->op, f->s, ref, &b));
		assert_true(b.size == 700 && b.whole.p[699] == (char)i);
		blob_close(&b);
	}
}

// Groups form, fail and are led on by several threads: `error` now and then.
static void races(int error, int kinds)
{
	struct faulty t;
	static struct racer racers[RACERS];
	pthread_t ids[RACERS];
	faulty_begin(&t);
	ok(&t.f.op, faulty_open(&t));
	t.plan.kinds = kinds;
	t.plan.error = error;
	for (uint32_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .t = &t, .partition = i + 1 };
		assert_int_equal(pthread_create(&ids[i], NULL, race, &racers[i]), 0);
	}
	for (unsigned i = 0; i < 30; i++) {
		usleep(1000);
		t.plan.countdown = 1;
	}
	for (uint32_t i = 0; i < RACERS; i++)
		assert_int_equal(pthread_join(ids[i], NULL), 0);
	t.plan.countdown = 0;
	for (uint32_t i = 0; i < RACERS; i++)
		races_verify(&t.f, &racers[i], true);
	store_close(t.f.s);
	fixture_open(&t.f);
	for (uint32_t i = 0; i < RACERS; i++)
		races_verify(&t.f, &racers[i], error == ENOSPC);
	uint64_t frames;
	ok(&t.f.op, store_check(&t.f.op, t.f.s, NULL, NULL, &frames));
	fixture_end(&t.f);
}

// Registered while another thread writes: the writer thread leads it, or it fails with the other.
static void later_behind(int error)
{
	struct faulty t;
	static struct racer racer;
	pthread_t id;
	faulty_begin(&t);
	ok(&t.f.op, faulty_open(&t));
	t.plan.kinds = 1 << FILE_SYNC;
	t.plan.error = error;
	t.plan.countdown = error ? (int)RACES / 2 : 0;
	racer = (struct racer){ .t = &t, .partition = 2 };
	assert_int_equal(pthread_create(&id, NULL, race, &racer), 0);
	bool failed = false;
	for (unsigned i = 0; i < 200 && !failed; i++) {
		struct store_batch b;
		struct store_ticket ticket;
		batch_init(&b, 9);
		batch_put(&b, SPAN("n"), span_of(&i, sizeof i));
		int rc = store_submit(&t.f.op, t.f.s, &b, &ticket);
		if (rc == 0)
			rc = wait_later(&t.f.op, t.f.s, ticket);
		batch_done(&b);
		failed = rc != 0;
		assert_true(!failed || (error && (rc == RC_IO || rc == RC_READONLY)));
		struct span v;
		if (!failed) {
			ok(&t.f.op, store_get(&t.f.op, t.f.s, NULL, 9, SPAN("n"), &v));
			assert_int_equal(load_u32(v.p), i);
		}
		op_reset(&t.f.op);
	}
	assert_int_equal(pthread_join(id, NULL), 0);
	assert_int_equal(failed, error != 0);
	t.plan.countdown = 0;
	fixture_end(&t.f);
}

static void test_later(void **state)
{
	(void)state;
	later_behind(0);
	later_behind(EIO);
}

static void test_races(void **state)
{
	(void)state;
	races(ENOSPC, 1 << FILE_WRITE);
	races(EIO, 1 << FILE_WRITE);
	races(EIO, 1 << FILE_SYNC);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_writes_fail),
		cmocka_unit_test(test_syncs_fail), cmocka_unit_test(test_short_writes),
		cmocka_unit_test(test_blob_outlives_failed_group),
		cmocka_unit_test(test_open_fails), cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_full_disk_late_keeper),
		cmocka_unit_test(test_full_disk_large_leftover), cmocka_unit_test(test_churn),
		cmocka_unit_test(test_races), cmocka_unit_test(test_later) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
