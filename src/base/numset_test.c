// SPDX-License-Identifier: Apache-2.0
// Random operations against a plain array of booleans, and the borders of 32 bits.
#include "base/numset.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define SPACE 200u

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static void assert_same(const struct numset *s, const bool *naive)
{
	uint64_t size = 0;
	size_t hint = 0;
	for (uint32_t v = 0; v < SPACE; v++) {
		assert_int_equal(numset_has(s, v), naive[v]);
		if (naive[v]) {
			assert_int_equal(numset_nth(s, size), v);
			size++;
		}
		assert_int_equal(numset_rank(s, v), size);
		uint32_t after = v;
		while (after < SPACE && !naive[after])
			after++;
		assert_int_equal(numset_next(s, v, &hint), after < SPACE ? after : 0);
	}
	assert_int_equal(numset_size(s), size);
	assert_int_equal(numset_is_empty(s), size == 0);
	for (size_t i = 0; i < s->count; i++) { // sorted, disjoint, not adjacent
		assert_true(s->ranges[i].first <= s->ranges[i].last);
		assert_true(i == 0 || s->ranges[i - 1].last + 1 < s->ranges[i].first);
	}
}

static void one_operation(uint64_t *seed, struct numset *s, bool *naive)
{
	uint32_t what = next_random(seed) % 9;
	uint32_t a = next_random(seed) % SPACE, b = next_random(seed) % SPACE;
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	if (what < 2) {
		numset_add(s, a);
		naive[a] = true;
	} else if (what < 4) {
		high = low + next_random(seed) % 9;
		high = high < SPACE ? high : SPACE - 1;
		numset_add_range(s, high, low); // either order
		for (uint32_t v = low; v <= high; v++)
			naive[v] = true;
	} else if (what < 6) {
		high = what == 4 ? low : high;
		numset_remove_range(s, low, high);
		for (uint32_t v = low; v <= high; v++)
			naive[v] = false;
	} else {
		struct numset other = { 0 };
		bool in[SPACE] = { false };
		for (uint32_t i = 0; i < 12; i++) {
			uint32_t from = next_random(seed) % SPACE;
			uint32_t to = from + i * 3 < SPACE ? from + i * 3 : SPACE - 1;
			for (uint32_t k = from; k <= to; k++)
				in[k] = true;
			numset_add_range(&other, from, to);
		}
		if (what == 6)
			numset_intersect(s, &other);
		else if (what == 7)
			numset_subtract(s, &other);
		else
			numset_add_set(s, &other);
		for (uint32_t v = 0; v < SPACE; v++)
			naive[v] = what == 6 ? naive[v] && in[v]
				: what == 7  ? naive[v] && !in[v]
					     : naive[v] || in[v];
		numset_done(&other);
	}
}

static void agrees_with_naive(void **state)
{
	for (uint64_t round = 1; round <= 60; round++) {
		uint64_t seed = round;
		struct numset s = { 0 };
		bool naive[SPACE] = { false };
		for (int i = 0; i < 60; i++) {
			one_operation(&seed, &s, naive);
			assert_same(&s, naive);
		}
		struct numset copy = { 0 };
		numset_add(&copy, 4000000);
		numset_copy(&copy, &s);
		assert_same(&copy, naive);
		numset_done(&copy);
		numset_done(&s);
	}
}

static void holds_the_borders(void **state)
{
	struct numset s = { 0 };
	numset_add(&s, UINT32_MAX);
	numset_add(&s, 0);
	assert_int_equal(s.count, 2);
	numset_add_range(&s, UINT32_MAX - 2, UINT32_MAX - 1);
	assert_int_equal(s.count, 2);
	assert_int_equal(numset_min(&s), 0);
	assert_int_equal(numset_max(&s), UINT32_MAX);
	numset_add_range(&s, 0, UINT32_MAX);
	assert_int_equal(s.count, 1);
	assert_true(numset_size(&s) == UINT64_C(1) << 32);
	assert_true(numset_rank(&s, UINT32_MAX) == UINT64_C(1) << 32);
	assert_int_equal(numset_nth(&s, UINT32_MAX), UINT32_MAX);
	numset_remove_range(&s, 1, UINT32_MAX - 1);
	assert_int_equal(s.count, 2);
	struct numset other = { 0 };
	numset_add_range(&other, 5, UINT32_MAX);
	numset_subtract(&other, &other);
	assert_true(numset_is_empty(&other));
	numset_add_range(&other, 5, UINT32_MAX);
	numset_intersect(&s, &other);
	assert_int_equal(s.count, 1);
	assert_true(numset_has(&s, UINT32_MAX));
	numset_remove_range(&s, UINT32_MAX, UINT32_MAX);
	assert_true(numset_is_empty(&s));
	assert_int_equal(numset_min(&s), 0);
	assert_int_equal(numset_nth(&s, 0), 0);
	numset_intersect(&s, &other);
	numset_add(&s, 3);
	numset_reset(&other);
	numset_intersect(&s, &other); // with the empty set
	assert_true(numset_is_empty(&s));
	numset_done(&s);
	numset_done(&other);
}

static void prints(void **state)
{
	struct numset s = { 0 };
	struct buf b = { 0 };
	numset_print(&s, &b);
	assert_int_equal(b.n, 0);
	numset_add_range(&s, 1, 3);
	numset_add(&s, 7);
	numset_add_range(&s, 4294967294, 4294967295);
	numset_print(&s, &b);
	assert_true(span_eq(buf_span(&b), SPAN("1:3,7,4294967294:4294967295")));
	numset_done(&s);
	buf_done(&b);
}

static void walks_in_linear_time(void **state)
{
	struct numset s = { 0 };
	for (uint32_t i = 1; i <= 200000; i++)
		numset_add(&s, i * 2); // ascending: constant time each
	size_t hint = 0;
	uint32_t v = 0;
	for (uint32_t i = 1; i <= 200000; i++) {
		v = numset_next(&s, v + 1, &hint);
		assert_int_equal(v, i * 2);
	}
	for (uint32_t i = 0; i < 200000; i++) // past the end: as cheap
		assert_int_equal(numset_next(&s, v + 1, &hint), 0);
	numset_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_naive),
		cmocka_unit_test(holds_the_borders),
		cmocka_unit_test(prints),
		cmocka_unit_test(walks_in_linear_time),
	};
	return cmocka_run_group_tests_name("numset", tests, NULL, NULL);
}
