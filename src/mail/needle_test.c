// SPDX-License-Identifier: Apache-2.0
// Needles against a search that compares letter by letter, whole and in pieces.
#include "mail/needle.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool same_letter(char a, char b)
{
	return ascii_upper((unsigned char)a) == ascii_upper((unsigned char)b);
}

static size_t find_slowly(struct span text, struct span needle)
{
	for (size_t i = 0; i + needle.n <= text.n; i++) {
		size_t k = 0;
		while (k < needle.n && same_letter(text.p[i + k], needle.p[k]))
			k++;
		if (k == needle.n)
			return i;
	}
	return SIZE_MAX;
}

// Few letters, so that needles are often found, and octets next to the letters in both directions.
static char random_octet(unsigned *seed)
{
	static const char octets[] = "aAbB@`[{\x80\xff\0 zZ";
	return octets[(unsigned)rand_r(seed) % (sizeof octets - 1)];
}

static void finds_what_a_slow_search_finds(void **state)
{
	(void)state;
	struct op op;
	op_init(&op, 0);
	unsigned seed = 7;
	for (int round = 0; round < 20000; round++) {
		size_t n = (unsigned)rand_r(&seed) % 200, m = (unsigned)rand_r(&seed) % 6;
		if (round % 50 == 0)
			m = 33 + (unsigned)rand_r(&seed) % 60;
		// Of their exact size, so that ASan sees a read beyond.
		char *text = malloc(n + 1), *word = malloc(m + 1);
		for (size_t i = 0; i < n; i++)
			text[i] = random_octet(&seed);
		for (size_t i = 0; i < m; i++)
			word[i] = random_octet(&seed);
		if (round % 3 == 0 && n > m)
			memcpy(word, text + (n - m) / 2, m);
		char *exact = realloc(text, n ? n : 1);
		struct needle needle;
		assert_int_equal(needle_make(&op, &op.arena, span_of(word, m), &needle), 0);
		size_t want = find_slowly(span_of(exact, n), span_of(word, m));
		assert_int_equal(needle_find(&needle, span_of(exact, n)), want);
		struct needle_stream stream;
		assert_int_equal(needle_stream_make(&op, &op.arena, &needle, &stream), 0);
		for (size_t at = 0; at < n;) {
			size_t piece = 1 + (unsigned)rand_r(&seed) % 9;
			piece = piece < n - at ? piece : n - at;
			needle_stream_feed(&stream, span_of(exact + at, piece));
			at += piece;
		}
		assert_int_equal(stream.found, want != SIZE_MAX);
		free(exact);
		free(word);
		op_reset(&op);
	}
	op_done(&op);
}

static void a_cut_separates(void **state)
{
	(void)state;
	struct op op;
	op_init(&op, 0);
	struct needle needle;
	struct needle_stream stream;
	assert_int_equal(needle_make(&op, &op.arena, SPAN("ABCD"), &needle), 0);
	assert_int_equal(needle_stream_make(&op, &op.arena, &needle, &stream), 0);
	needle_stream_feed(&stream, SPAN("xxab"));
	needle_stream_cut(&stream);
	needle_stream_feed(&stream, SPAN("cd"));
	assert_false(stream.found);
	needle_stream_feed(&stream, SPAN("a"));
	needle_stream_feed(&stream, SPAN("bC"));
	needle_stream_feed(&stream, SPAN("Dx"));
	assert_true(stream.found);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_slow_search_finds),
		cmocka_unit_test(a_cut_separates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
