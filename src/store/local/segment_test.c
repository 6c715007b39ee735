// SPDX-License-Identifier: Apache-2.0
// The order in which a dead segment's file becomes a new segment (found by ./dev powercut): its old name is gone for good before its header is written.
#include "store/local/segment.h"

#include "store/testing.h"

#define CALLS_MAX 64u

struct calls {
	enum file_call made[CALLS_MAX];
	size_t count;
};

static int note(void *ctx, enum file_call call, size_t *n)
{
	struct calls *c = ctx;
	(void)n;
	assert_true(c->count < CALLS_MAX);
	c->made[c->count++] = call;
	return 0;
}

static size_t first_of(const struct calls *c, size_t from, enum file_call call)
{
	while (from < c->count && c->made[from] != call)
		from++;
	return from;
}

static void test_recycle(void **state)
{
	(void)state;
	struct calls calls = { 0 };
	struct files files = { note, &calls };
	struct segments t;
	struct op op;
	char dir[] = "/tmp/starling-segment-XXXXXX";
	op_init(&op, 0);
	assert_non_null(mkdtemp(dir));
	ok(&op, segments_init(&op, &t, &files, dir));
	ok(&op, segment_make(&op, &t, 1, SEGMENT_MIN));
	segment_drop(&t, 1);
	calls.count = 0;
	ok(&op, segment_make(&op, &t, 2, SEGMENT_MIN));
	size_t renamed = first_of(&calls, 0, FILE_RENAME),
	       written = first_of(&calls, 0, FILE_WRITE);
	assert_true(renamed < written && written < calls.count); // it was recycled
	assert_true(first_of(&calls, renamed, FILE_SYNC) < written);
	segments_done(&t);
	op_done(&op);
	assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_recycle) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
