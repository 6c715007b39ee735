// SPDX-License-Identifier: Apache-2.0
// The merge sort and the sort by ranks, in portions of any size, against a sort by insertion; and what the collations make of text.
#include "mail/msort.h"

#include "base/buf.h"
#include "mail/collation.h"
#include "mail/needle.h"
#include "mail/ranksort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ITEMS 300u

static int by_last_digit(const void *ctx, uint32_t a, uint32_t b)
{
	const uint32_t *modulus = ctx;
	return (int)(a % *modulus) - (int)(b % *modulus);
}

static bool is_before(const struct msort_item *a, const struct msort_item *b, uint32_t modulus)
{
	return a->head != b->head ? a->head < b->head : a->at % modulus < b->at % modulus;
}

static void test_sort(void **state)
{
	(void)state;
	unsigned seed = 7;
	for (int round = 0; round < 2000; round++) {
		struct msort_item items[ITEMS], spare[ITEMS], want[ITEMS];
		size_t n = (size_t)rand_r(&seed) % (round % 9 ? 20 : ITEMS);
		uint64_t heads = 1 + (uint64_t)rand_r(&seed) % 40;
		uint32_t modulus = 1 + (uint32_t)rand_r(&seed) % 5;
		for (size_t i = 0; i < n; i++) {
			items[i].head = round % 3 ? (uint64_t)rand_r(&seed) % heads : i / 4;
			items[i].at = (uint32_t)i;
			size_t k = i;
			for (; k > 0 && is_before(&items[i], &want[k - 1], modulus); k--)
				want[k] = want[k - 1];
			want[k] = items[i];
		}
		struct msort m;
		msort_init(&m, items, spare, n);
		m.tie = by_last_digit;
		m.ctx = &modulus;
		size_t calls = 0;
		while (!msort_run(&m, 1 + (size_t)rand_r(&seed) % 7))
			assert_true(++calls < 100000);
		for (size_t i = 0; i < n; i++) // equal ones in their old order
			assert_int_equal(m.items[i].at, want[i].at);
	}
}

#define KEYS 3u

// Whether an item goes before another one by several ranks, the first one being the most important.
static bool is_before_by_ranks(uint32_t ranks[KEYS][ITEMS], const bool *reverse, size_t a, size_t b)
{
	for (size_t k = 0; k < KEYS; k++)
		if (ranks[k][a] != ranks[k][b])
			return (ranks[k][a] < ranks[k][b]) != reverse[k];
	return false;
}

static void test_ranks(void **state)
{
	(void)state;
	static const uint32_t differents[] = { 1, 2, 7, 2048, 2049, 5000000, UINT32_MAX };
	unsigned seed = 11;
	for (int round = 0; round < 1000; round++) {
		static uint32_t ranks[KEYS][ITEMS];
		uint32_t order[ITEMS], spare[ITEMS], want[ITEMS], different[KEYS];
		bool reverse[KEYS];
		size_t n = (size_t)rand_r(&seed) % (round % 9 ? 20 : ITEMS), calls = 0;
		for (size_t k = 0; k < KEYS; k++) {
			different[k] = differents[(size_t)rand_r(&seed) % countof(differents)];
			reverse[k] = rand_r(&seed) % 2;
			for (size_t i = 0; i < n; i++)
				ranks[k][i] = (uint32_t)rand_r(&seed) % different[k];
		}
		for (size_t i = 0; i < n; i++) {
			size_t k = i;
			for (; k > 0 && is_before_by_ranks(ranks, reverse, i, want[k - 1]); k--)
				want[k] = want[k - 1];
			want[k] = (uint32_t)i;
		}
		struct ranksort r;
		ranksort_init(&r, order, spare, n);
		for (size_t k = KEYS; k > 0; k--) {
			ranksort_by(&r, ranks[k - 1], different[k - 1], reverse[k - 1]);
			while (!ranksort_run(&r, 1 + (size_t)rand_r(&seed) % 50))
				assert_true(++calls < 100000);
		}
		for (size_t i = 0; i < n; i++)
			assert_int_equal(r.order[i], want[i]);
	}
}

static void test_collations(void **state)
{
	(void)state;
	static const char *const want[] = {
		// RFC 5051 section 2: U+01C4 is D, z, caron
		[COLLATION_UNICODE_CASEMAP] = "A\xcc\x88"
					      "B Dz\xcc\x8c",
		[COLLATION_ASCII_CASEMAP] = "\xc3\xa4"
					    "B \xc7\x84",
		[COLLATION_OCTET] = "\xc3\xa4"
				    "b \xc7\x84",
	};
	for (int c = 0; c < COLLATIONS; c++) {
		struct buf b = { 0 };
		collation_prepare((enum collation)c,
			SPAN("\xc3\xa4"
			     "b \xc7\x84"),
			&b);
		buf_addc(&b, 0);
		assert_string_equal(b.p, want[c]);
		buf_done(&b);
	}
	assert_true(span_eq(collation_name(COLLATION_OCTET), SPAN("i;octet")));
}

static void test_exact(void **state)
{
	(void)state;
	struct op op;
	struct needle folded, exact;
	op_init(&op, 0);
	assert_int_equal(needle_make(&op, &op.arena, SPAN("ANNA"), &folded), 0);
	assert_int_equal(needle_make_exact(&op, &op.arena, SPAN("Anna"), &exact), 0);
	struct span text = SPAN(
		"anna ANNA of a long enough line, so that many octets are compared at once: Anna");
	assert_int_equal(needle_find(&folded, text), 0);
	assert_int_equal(needle_find(&exact, text), text.n - 4);
	assert_true(needle_find(&exact, SPAN("ANNA anna")) == SIZE_MAX);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_collations),
		cmocka_unit_test(test_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
