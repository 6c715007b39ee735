// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void finds(void **state)
{
	struct span s = SPAN("hello, world");
	assert_int_equal(span_find(s, SPAN("world")), 7);
	assert_int_equal(span_find(s, SPAN("")), 0);
	assert_true(span_find(s, SPAN("worlds")) == SIZE_MAX);
	assert_true(span_find(SPAN_NONE, SPAN("a")) == SIZE_MAX);
	assert_int_equal(span_find(SPAN_NONE, SPAN("")), 0);
	assert_int_equal(span_find_char(s, ','), 5);
	assert_int_equal(span_find_char(s, 'z'), s.n);
	assert_int_equal(span_find_char(SPAN_NONE, 'z'), 0);
	assert_int_equal(span_find(span_of("a\0b", 3), span_of("\0b", 2)), 1);
}

static void cuts(void **state)
{
	struct span s = SPAN("abcdef");
	assert_true(span_eq(span_cut(s, 1, 3), SPAN("bc")));
	assert_true(span_eq(span_cut(s, 4, 99), SPAN("ef")));
	assert_int_equal(span_cut(s, 99, 100).n, 0);
	assert_int_equal(span_cut(s, 3, 1).n, 0);
	assert_true(span_eq(span_skip(s, 5), SPAN("f")));
	assert_int_equal(span_skip(s, 7).n, 0);
	assert_null(span_cut(SPAN_NONE, 0, 5).p);
	assert_null(span_skip(SPAN_NONE, 3).p);
	assert_true(span_eq(span_trim(SPAN(" \t\r\n a b \n")), SPAN("a b")));
	assert_int_equal(span_trim(SPAN(" \t ")).n, 0);
	assert_int_equal(span_trim(SPAN_NONE).n, 0);
}

static void splits(void **state)
{
	struct span head;
	struct span rest = span_split(SPAN("a/b/c"), '/', &head);
	assert_true(span_eq(head, SPAN("a")) && span_eq(rest, SPAN("b/c")));
	rest = span_split(SPAN("abc"), '/', &head);
	assert_true(span_eq(head, SPAN("abc")));
	assert_null(rest.p);
	rest = span_split(SPAN("abc/"), '/', &head);
	assert_true(span_eq(head, SPAN("abc")));
	assert_non_null(rest.p); // empty, not absent
	assert_int_equal(rest.n, 0);
	rest = span_split(SPAN_NONE, '/', &head);
	assert_null(rest.p);
	assert_int_equal(head.n, 0);
}

static void compares(void **state)
{
	assert_true(span_cmp(SPAN("a"), SPAN("b")) < 0);
	assert_true(span_cmp(SPAN("ab"), SPAN("a")) > 0);
	assert_true(span_cmp(SPAN("a"), SPAN("ab")) < 0);
	assert_int_equal(span_cmp(SPAN_NONE, SPAN("")), 0);
	assert_true(span_cmp(SPAN("\xff"), SPAN("a")) > 0);
	assert_true(span_caseeq(SPAN("INBOX"), SPAN("inBox")));
	assert_false(span_caseeq(SPAN("INBOX"), SPAN("inBo")));
	assert_false(span_caseeq(SPAN("\xc4"), SPAN("\xe4"))); // ASCII only
	assert_false(span_caseeq(SPAN("@"), SPAN("`")));
	assert_false(span_caseeq(SPAN("["), SPAN("{")));
	for (unsigned i = 0; i < 65536; i++) {
		char a = (char)(i >> 8), b = (char)i;
		assert_int_equal(span_caseeq(span_of(&a, 1), span_of(&b, 1)),
			ascii_lower((unsigned char)a) == ascii_lower((unsigned char)b));
	}
	assert_true(span_casecmp(SPAN("ABC"), SPAN("abd")) < 0);
	assert_true(span_casestarts(SPAN("Content-Type"), SPAN("content-")));
	assert_false(span_casestarts(SPAN("Con"), SPAN("content-")));
	assert_true(span_starts(SPAN("abc"), SPAN("ab")) && span_starts(SPAN("abc"), SPAN("")));
	assert_false(span_starts(SPAN("abc"), SPAN("AB")));
	assert_true(span_eq(SPAN_NONE, SPAN("")));
}

static void reads_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0", UINT64_MAX, true, 0 },
		{ "00012", 12, true, 12 },
		{ "4294967295", UINT32_MAX, true, UINT32_MAX },
		{ "4294967296", UINT32_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999999", UINT64_MAX, false, 0 },
		{ "5", 4, false, 0 },
		{ "10", 9, false, 0 },
		{ "9", 9, true, 9 },
		{ "", 9, false, 0 },
		{ "-1", UINT64_MAX, false, 0 },
		{ "+1", UINT64_MAX, false, 0 },
		{ " 1", UINT64_MAX, false, 0 },
		{ "1 ", UINT64_MAX, false, 0 },
		{ "0x1", UINT64_MAX, false, 0 },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		uint64_t value = 77;
		bool good = span_to_u64(span_str(cases[i].text), cases[i].max, &value);
		assert_int_equal(good, cases[i].good);
		assert_true(value == (good ? cases[i].value : 77)); // set on success only
	}
}

static void knows_utf8(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{ "", true },
		{ "plain ascii that is longer than eight", true },
		{ "gr\xc3\xbc\xc3\x9f", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xf4\x90\x80\x80", false }, // above U+10FFFF
		{ "\xc0\x80", false },         // overlong
		{ "\xc1\xbf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xed\xa0\x80", false }, // surrogate
		{ "\xed\x9f\xbf", true },
		{ "\x80", false },
		{ "abcdefgh\xff", false },
		{ "\xe2\x82", false }, // cut
		{ "\xf0\x9f\x98", false },
		{ "\xc3", false },
		{ "\xc3(", false },
		{ "\xf5\x80\x80\x80", false },
	};
	for (size_t i = 0; i < countof(cases); i++)
		assert_int_equal(span_is_utf8(span_str(cases[i].text)), cases[i].good);
	char text[40];
	for (size_t n = 0; n < sizeof text; n++) { // each place and length of the word-wise scan
		memset(text, 'a', sizeof text);
		assert_true(span_is_ascii(span_of(text, n)));
		for (size_t at = 0; at < n; at++) {
			text[at] = (char)0x80;
			assert_false(span_is_ascii(span_of(text, n)));
			text[at] = 'a';
		}
	}
}

static void reads_hex(void **state)
{
	(void)state;
	char to[4];
	size_t n = 9;
	struct buf again = { 0 };
	assert_true(span_from_hex(SPAN("00ff7a"), to, sizeof to, &n));
	assert_int_equal(n, 3);
	assert_memory_equal(to, "\0\xffz", 3);
	buf_add_hex(&again, span_of(to, n));
	assert_true(span_eq(buf_span(&again), SPAN("00ff7a")));
	buf_done(&again);
	assert_true(span_from_hex(SPAN(""), to, 0, &n));
	assert_int_equal(n, 0);
	static const char *const bad[] = { "0", "0g", "g0", "0A", "0011223344", " 0", "-1" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(span_from_hex(span_str(bad[i]), to, sizeof to, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(cuts),
		cmocka_unit_test(splits),
		cmocka_unit_test(compares),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(reads_hex),
		cmocka_unit_test(knows_utf8),
	};
	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
