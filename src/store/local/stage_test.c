// SPDX-License-Identifier: Apache-2.0
// Groups past the page cache: whatever their sizes, and whatever comes through the cache between them, a mapping shows what was written, at once, and so
// does the next open.
#include "store/local/local_priv.h"
#include "store/testing.h"

#include "base/hash.h"

#include <errno.h>

#define GROUPS 400u
#define ROUNDS 5000u // of 2 ms
#define SIZE_MOST 20000u
#define FIRST 100000u // number of the first commit of all
#define MUCH 200000u  // octets each, from number MUCH on

struct scene {
	struct fixture f;
	struct files files;
	pthread_t own;        // whose commits lead themselves
	enum file_call fails; // the next `times` calls of this kind
	int error;            // with this
	unsigned times;
};

static int fail_next(void *ctx, enum file_call call, size_t *n)
{
	struct scene *s = ctx;
	(void)n;
	if (!pthread_equal(pthread_self(), s->own)) // the keeper makes segments
		return 0;
	if (!s->times || call != s->fails)
		return 0;
	s->times--;
	return s->error;
}

static struct log *log_of(struct scene *s)
{
	return &local_of(s->f.s)->log;
}

static void scene_open(struct scene *s)
{
	op_reset(&s->f.op);
	ok(&s->f.op, local_open_with(&s->f.op, &s->f.config, &s->files, &s->f.s));
}

static int commit_one(struct scene *s, unsigned i);

static bool is_direct(struct scene *s)
{
	struct segment *at = segment_ref(&local_of(s->f.s)->segments, pos_segment(log_of(s)->tail));
	assert_non_null(at);
	bool direct = at->direct >= 0;
	segment_unref(at);
	return direct;
}

static void fail_from_now(struct scene *s, enum file_call call, int error, unsigned times)
{
	s->fails = call;
	s->error = error;
	s->times = times;
}

// Skips where the file system has no such writes.
static void scene_begin(struct scene *s)
{
	*s = (struct scene){ .files = { fail_next, s }, .own = pthread_self() };
	assert_int_equal(setenv("STARLING_PAGE_CACHE", "no", 1), 0);
	fixture_begin(&s->f, "local");
	store_close(s->f.s);
	scene_open(s);
	assert_int_equal(commit_one(s, FIRST), 0);
	bool direct = is_direct(s);
	if (!direct) {
		fixture_end(&s->f);
		skip();
	}
}

static size_t size_of(unsigned i)
{
	uint64_t r = hash_u64(i + 1);
	if (i >= MUCH)
		return MUCH;
	return r % 5 == 0 ? 1 + r % SIZE_MOST : 1 + r % 200;
}

// Number i; the result of its commit.
static int commit_one(struct scene *s, unsigned i)
{
	struct blob_ref ref = { 0 };
	struct blob_writer *w;
	struct blob_owner owner = { .partition = 1, .uid = i + 1 };
	struct store_batch b;
	struct store_ticket t;
	struct op *op = &s->f.op;
	op_reset(op);
	ok(op, blob_begin(op, s->f.s, &w));
	for (size_t k = 0, n = size_of(i); k < n; k++) {
		char c = byte_at(i, k);
		ok(op, blob_write(op, w, span_of(&c, 1)));
	}
	int rc = blob_finish(op, w, &owner, SPAN("card"), &ref);
	if (rc)
		return rc;
	batch_init(&b, 1);
	batch_put(&b, span_of(&i, sizeof i), span_of(&ref, sizeof ref));
	rc = store_submit(op, s->f.s, &b, &t);
	batch_done(&b);
	return rc ? rc : store_wait(op, s->f.s, t);
}

static void expect_there(struct scene *s, unsigned i)
{
	struct span v;
	struct blob_ref ref;
	struct op *op = &s->f.op;
	op_reset(op);
	ok(op, store_get(op, s->f.s, NULL, 1, span_of(&i, sizeof i), &v));
	assert_int_equal(v.n, sizeof ref);
	memcpy(&ref, v.p, sizeof ref);
	blob_verify(op, s->f.s, ref, i, size_of(i), SPAN("card"));
}

// Also: what lies behind the newest is mapped and read before it is written over.
static void test_sizes(void **state)
{
	(void)state;
	static struct scene s;
	scene_begin(&s);
	for (unsigned i = 0; i < GROUPS; i++) {
		if (i % 7 == 0)
			atomic_store(&log_of(&s)->past_cache, i % 3 != 0);
		assert_int_equal(commit_one(&s, i), 0);
		expect_there(&s, i);
		if (i)
			expect_there(&s, i - 1); // in the page that was written again
		if (i % 50 == 49) {
			store_close(s.f.s);
			scene_open(&s);
		}
	}
	for (unsigned i = 0; i < GROUPS; i++)
		expect_there(&s, i);
	fixture_end(&s.f);
}

// A group that fails leaves what is in front of it, and the next one lies in its place.
static void test_after_failure(void **state)
{
	(void)state;
	static struct scene s;
	scene_begin(&s);
	for (unsigned i = 0; i < 60; i++) {
		if (i % 3 == 2) {
			fail_from_now(&s, FILE_WRITE, ENOSPC, 2); // in the page cache as well
			assert_int_not_equal(commit_one(&s, 1000 + i), 0);
		}
		assert_int_equal(commit_one(&s, i), 0);
	}
	store_close(s.f.s);
	scene_open(&s);
	for (unsigned i = 0; i < 60; i++)
		expect_there(&s, i);
	fixture_end(&s.f);
}

// What fails for want of memory or space goes through the page cache; one that the file system refuses as such, with all that come after it.
static void test_refused(void **state)
{
	(void)state;
	static struct scene s;
	scene_begin(&s);
	for (unsigned i = 0; i < 30; i++) {
		if (i < 20)
			fail_from_now(&s, FILE_WRITE, i % 2 ? ENOMEM : ENOSPC, 1);
		if (i == 20)
			fail_from_now(&s, FILE_WRITE, EINVAL, 1);
		assert_int_equal(commit_one(&s, i), 0);
		assert_int_equal(s.times, 0);
		assert_int_equal(is_direct(&s), i < 20);
		expect_there(&s, i);
	}
	fixture_end(&s.f);
}

// What cannot be flushed leaves a volume that is read-only.
static void test_not_flushed(void **state)
{
	(void)state;
	static struct scene s;
	struct store_stats st;
	scene_begin(&s);
	assert_int_equal(commit_one(&s, 0), 0);
	fail_from_now(&s, FILE_SYNC, EIO, 1);
	assert_int_not_equal(commit_one(&s, 1), 0);
	store_stats(s.f.s, &st);
	assert_true(st.read_only);
	expect_there(&s, 0);
	fixture_end(&s.f);
}

static void wait_for(struct scene *s, bool past, unsigned *io_next)
{
	for (unsigned i = 0; i < ROUNDS && atomic_load(&log_of(s)->past_cache) != past; i++) {
		for (unsigned k = 0; past && k < 4; k++)
			assert_int_equal(commit_one(s, (*io_next)++), 0);
		usleep(2000);
	}
	assert_int_equal(atomic_load(&log_of(s)->past_cache), past);
}

// While much comes, and no longer.
static void test_follows(void **state)
{
	(void)state;
	static struct scene s;
	unsigned n = MUCH;
	scene_begin(&s);
	store_close(s.f.s);
	s.f.config.page_cache = "auto";
	scene_open(&s);
	assert_false(atomic_load(&log_of(&s)->past_cache));
	wait_for(&s, true, &n);
	wait_for(&s, false, &n);
	for (unsigned i = MUCH; i < n; i++)
		expect_there(&s, i);
	fixture_end(&s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_after_failure), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_flushed), cmocka_unit_test(test_follows) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
