// SPDX-License-Identifier: Apache-2.0
#include "imap/list_match.h"

#include "imap/list_match_testing.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static bool match(struct span reference, struct span text, struct span name, size_t fold)
{
	struct arena a;
	struct list_pattern p;
	arena_init(&a, 0);
	bool fine =
		list_pattern_make(&a, reference, text, &p) && list_pattern_match(&p, name, fold);
	arena_done(&a);
	return fine;
}

static void table(void **state)
{
	static const struct {
		const char *reference, *pattern, *name;
		size_t fold;
		bool matches;
	} rows[] = {
		{ "", "*", "a/b/c", 0, true },
		{ "", "%", "a", 0, true },
		{ "", "%", "a/b", 0, false },
		{ "", "%/%", "a/b", 0, true },
		{ "", "*%", "a/b", 0, true },
		{ "", "%*", "a/b", 0, true },
		{ "", "a%b*c", "axb/c", 0, true },
		{ "", "", "", 0, true },
		{ "", "", "a", 0, false },
		{ "a/", "%", "a/b", 0, true },
		{ "a/", "%", "a/b/c", 0, false },
		{ "a", "", "a", 0, true },
		{ "", "inbox", "INBOX", 5, true },
		{ "", "InB%", "INBOX", 5, true },
		{ "", "inbox/%", "INBOX/Kid", 5, true },
		{ "", "inbox/kid", "INBOX/Kid", 5, false },
		{ "", "inbox", "INBOX", 0, false },
		{ "", "inbox", "inbox", 0, true },
		{ "", "%\xc3\xbc%", "gr\xc3\xbcn", 0, true },
	};
	for (size_t i = 0; i < countof(rows); i++)
		assert_int_equal(match(span_str(rows[i].reference), span_str(rows[i].pattern),
					 span_str(rows[i].name), rows[i].fold),
			rows[i].matches);
}

// Random patterns and names over few letters against the definition.
static void random_patterns(void **state)
{
	static const char letters[] = "aA/*%";
	unsigned seed = 3, hits = 0;
	for (int round = 0; round < 200000; round++) {
		char p[10], s[10];
		size_t pn = (size_t)rand_r(&seed) % sizeof p, sn = (size_t)rand_r(&seed) % sizeof s;
		for (size_t i = 0; i < pn; i++)
			p[i] = letters[rand_r(&seed) % 5];
		for (size_t i = 0; i < sn; i++)
			s[i] = letters[rand_r(&seed) % 3];
		size_t cut = pn ? (size_t)rand_r(&seed) % (pn + 1) : 0;
		size_t steps = SIZE_MAX, fold = (size_t)rand_r(&seed) % 3;
		enum plainly plainly =
			list_matches_plainly(span_of(p, pn), span_of(s, sn), fold, &steps);
		bool want = plainly == PLAINLY_YES;
		hits += want;
		assert_int_equal(
			match(span_of(p, cut), span_of(p + cut, pn - cut), span_of(s, sn), fold),
			want);
	}
	assert_true(hits > 1000);
}

// Patterns of more than one word of states, and those that make back-tracking explode.
static void long_patterns(void **state)
{
	char p[LIST_PATTERN_MAX], s[1000];
	memset(s, 'a', sizeof s);
	for (size_t i = 0; i < 800; i += 2)
		memcpy(p + i, "a*", 2);
	assert_true(match(SPAN_NONE, span_of(p, 800), span_of(s, sizeof s), 0));
	assert_true(match(SPAN_NONE, span_of(p, 800), span_of(s, 400), 0));
	assert_false(match(SPAN_NONE, span_of(p, 800), span_of(s, 399), 0));
	p[800] = 'b';
	assert_false(match(SPAN_NONE, span_of(p, 801), span_of(s, sizeof s), 0));
	memset(p, '*', sizeof p);
	assert_true(match(SPAN_NONE, span_of(p, sizeof p), span_of(s, sizeof s), 0));
	assert_false(match(span_of(p, sizeof p), SPAN("a"), SPAN("a"), 0)); // too long
	for (size_t n = 60; n < 70; n++) { // around the border of a word
		memset(p, 'a', n);
		assert_true(match(SPAN_NONE, span_of(p, n), span_of(s, n), 0));
		assert_false(match(SPAN_NONE, span_of(p, n), span_of(s, n + 1), 0));
		assert_false(match(SPAN_NONE, span_of(p, n), span_of(s, n - 1), 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(random_patterns),
		cmocka_unit_test(long_patterns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
