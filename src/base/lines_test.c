// SPDX-License-Identifier: Apache-2.0
// Against the definitions, octet by octet, over texts of all lengths around the widths that are looked at at once, at all alignments. The texts
// lie at the end of their allocation, so that the address sanitizer sees a look behind them.
#include "base/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LONGEST 140u
#define TEXTS 20000u

static size_t naive_lone(struct span s, size_t from, bool after_cr)
{
	for (size_t i = from; i < s.n; i++)
		if (s.p[i] == '\n' && (i ? s.p[i - 1] != '\r' : !after_cr))
			return i;
	return s.n;
}

static size_t naive_before(struct span s, char c, uint64_t *lines)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n')
			continue;
		++*lines;
		if (i + 1 < s.n && s.p[i + 1] == c)
			return i + 1;
	}
	return s.n;
}

static void check_text(struct span s)
{
	for (int after_cr = 0; after_cr < 2; after_cr++)
		for (size_t from = 0; from <= s.n; from += 1 + s.n / 5)
			assert_int_equal(
				lines_lone_lf(s, from, after_cr), naive_lone(s, from, after_cr));
	uint64_t lines = 3, expected = 3, all = 0;
	assert_int_equal(lines_before(s, '-', &lines), naive_before(s, '-', &expected));
	assert_int_equal(lines, expected);
	for (size_t i = 0; i < s.n; i++)
		all += s.p[i] == '\n';
	assert_int_equal(lines_count(s), all);
}

// Octets of which few, or many, are of those that matter.
static void test_random(void **state)
{
	static const char dense[] = "\r\n\r\n-a",
			  rare[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n-\r";
	uint64_t seed = 1;
	(void)state;
	for (unsigned k = 0; k < TEXTS; k++) {
		size_t n = k % (LONGEST + 1);
		char *block = malloc(n + 64), *p = block + 64;
		assert_non_null(block);
		for (size_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			unsigned r = (unsigned)(seed >> 33);
			p[i] = k & 1 ? dense[r % (sizeof dense - 1)] : rare[r % (sizeof rare - 1)];
		}
		check_text(span_of(p, n));
		free(block);
	}
}

// Each place of one line end, in a text without any other.
static void test_each_place(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "\n-", "\r\n-", "\r" };
	(void)state;
	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t at = 0; at < n; at++)
			for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
				char *p = malloc(n);
				assert_non_null(p);
				memset(p, 'x', n);
				for (size_t i = 0; ends[e][i] && at + i < n; i++)
					p[at + i] = ends[e][i];
				check_text(span_of(p, n));
				free(p);
			}
}

static void test_empty(void **state)
{
	uint64_t lines = 0;
	(void)state;
	assert_int_equal(lines_lone_lf(SPAN_NONE, 0, true), 0);
	assert_int_equal(lines_before(SPAN_NONE, '-', &lines), 0);
	assert_int_equal(lines_count(SPAN_NONE), 0);
	assert_int_equal(lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_each_place),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
