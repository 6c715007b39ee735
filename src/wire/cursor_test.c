// SPDX-License-Identifier: Apache-2.0
#include "wire/cursor.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"

static struct arena arena;

static struct cursor over(struct span text)
{
	struct cursor c;
	cursor_init(&c, text, &arena);
	return c;
}

// --- strings ---

struct string_row {
	struct span text, value;
	size_t bad_at; // SIZE_MAX: fine
};
#define FINE SIZE_MAX
#define BYTES(lit)                                                                                 \
	{                                                                                          \
		"" lit, sizeof(lit) - 1                                                            \
	}

static void astrings(void **state)
{
	static const struct string_row rows[] = {
		{ BYTES("INBOX"), BYTES("INBOX"), FINE }, { BYTES("a]b"), BYTES("a]b"), FINE },
		{ BYTES("\"\""), BYTES(""), FINE },
		{ BYTES("\"a \\\"b\\\\\""), BYTES("a \"b\\"), FINE },
		{ BYTES("\"gr\xc3\xbc\xc3\x9f\""), BYTES("gr\xc3\xbc\xc3\x9f"), FINE },
		{ BYTES("{3}\r\nabc"), BYTES("abc"), FINE },
		{ BYTES("{3+}\r\na\r\n"), BYTES("a\r\n"), FINE },
		{ BYTES("{0}\r\n"), BYTES(""), FINE },
		{ BYTES("{3}\r\n\xff\xfe\x01"), BYTES("\xff\xfe\x01"), FINE },
		{ BYTES("NIL"), BYTES("NIL"), FINE }, { BYTES(""), BYTES(""), 0 },
		{ BYTES("(a"), BYTES(""), 0 },
		{ BYTES("gr\xc3\xbc"), BYTES("gr"),
			2 }, // 8-bit in an atom: the atom ends before it
		{ BYTES("\"abc"), BYTES(""), 4 }, { BYTES("\"a\\bc\""), BYTES(""), 3 },
		{ BYTES("\"a\rb\""), BYTES(""), 2 }, { BYTES("\"a\0b\""), BYTES(""), 2 },
		{ BYTES("\"\xff\""), BYTES(""), 1 },
		{ BYTES("\"\xed\xa0\x80\""), BYTES(""), 1 }, // a surrogate
		{ BYTES("{4}\r\nabc"), BYTES(""), 0 }, { BYTES("{3}abc"), BYTES(""), 0 },
		{ BYTES("{}\r\n"), BYTES(""), 0 },
		{ BYTES("{99999999999999999999}\r\nabc"), BYTES(""), 0 },
		{ BYTES("{3}\r\na\0c"), BYTES(""), 0 },
		{ BYTES("~{3}\r\nabc"), BYTES("~"), 1 }, // no literal8 here; "~" is an atom
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct cursor c = over(rows[i].text);
		struct span v = cursor_astring(&c);
		cursor_end(&c);
		if (rows[i].bad_at == FINE) {
			if (cursor_is_bad(&c))
				fail_msg("row %zu: expected %s at %zu", i, c.expected, c.bad_at);
			assert_false(cursor_is_bad(&c));
			assert_true(span_eq(v, rows[i].value));
		} else {
			assert_true(cursor_is_bad(&c));
			assert_int_equal(c.bad_at, rows[i].bad_at);
		}
	}
}

static void nstring_and_binary(void **state)
{
	struct cursor c = over(SPAN("nil \"NIL\" ~{3}\r\na\0b {1}\r\nx"));
	assert_null(cursor_nstring(&c).p);
	cursor_sp(&c);
	assert_true(span_eq(cursor_nstring(&c), SPAN("NIL")));
	cursor_sp(&c);
	assert_true(span_eq(cursor_any_string(&c), span_of("a\0b", 3)));
	cursor_sp(&c);
	assert_true(span_eq(cursor_any_string(&c), SPAN("x")));
	cursor_end(&c);
	assert_false(cursor_is_bad(&c));
}

// Every prefix of a good unit fails without reading beyond it, and none is taken for the whole.
static void prefixes(void **state)
{
	struct span text =
		SPAN("\"ab\\\"\" {5}\r\nhello (\\Seen $X) 1:4,* \"17-Jul-1996 02:44:25 -0700\"");
	for (size_t n = 0; n <= text.n; n++) {
		char *copy = malloc(n ? n : 1); // its own block: ASan sees every octet beyond
		memcpy(copy, text.p, n);
		struct cursor c = over(span_of(copy, n));
		struct seqset set;
		size_t count;
		int16_t zone;
		(void)cursor_astring(&c);
		cursor_sp(&c);
		(void)cursor_string(&c);
		cursor_sp(&c);
		(void)cursor_flag_list(&c, &count);
		cursor_sp(&c);
		cursor_sequence_set(&c, &set);
		cursor_sp(&c);
		(void)cursor_date_time(&c, &zone);
		cursor_end(&c);
		assert_int_equal(cursor_is_bad(&c), n < text.n);
		free(copy);
	}
}

// --- numbers ---

static void numbers(void **state)
{
	struct cursor c = over(SPAN("0 4294967295 9223372036854775807 7"));
	assert_int_equal(cursor_number(&c), 0);
	cursor_sp(&c);
	assert_int_equal(cursor_nz_number(&c), UINT32_MAX);
	cursor_sp(&c);
	assert_true(cursor_number64(&c) == INT64_MAX);
	cursor_sp(&c);
	assert_int_equal(cursor_nz_number64(&c), 7);
	cursor_end(&c);
	assert_false(cursor_is_bad(&c));
	c = over(SPAN("4294967296"));
	(void)cursor_number(&c);
	assert_true(cursor_is_bad(&c));
	c = over(SPAN("9223372036854775808"));
	(void)cursor_number64(&c);
	assert_true(cursor_is_bad(&c));
	c = over(SPAN("0"));
	(void)cursor_nz_number(&c);
	assert_true(cursor_is_bad(&c));
	c = over(SPAN("-1"));
	(void)cursor_number(&c);
	assert_true(cursor_is_bad(&c));
}

// --- sequence sets ---

static void seqset_is(const char *text, uint32_t max, const char *expected)
{
	struct cursor c = over(span_str(text));
	struct seqset set;
	struct numset numbers = { 0 };
	struct buf b = { 0 };
	cursor_sequence_set(&c, &set);
	cursor_end(&c);
	assert_false(cursor_is_bad(&c));
	seqset_resolve(&set, max, &numbers);
	numset_print(&numbers, &b);
	assert_true(span_eq(buf_span(&b), span_str(expected)));
	numset_done(&numbers);
	buf_done(&b);
}

static void sequence_sets(void **state)
{
	seqset_is("1", 9, "1");
	seqset_is("2,4:7,9,12:*", 15, "2,4:7,9,12:15"); // RFC 9051 section 9
	seqset_is("*:4,5:7", 10, "4:10");
	seqset_is("4:2", 9, "2:4");
	seqset_is("3291:*", 100, "100:3291");
	seqset_is("*", 7, "7");
	seqset_is("*", 0, "");
	seqset_is("*:*", 0, "");
	seqset_is("4294967295", 3, "4294967295");
	static const char *const bad[] = { "", "0", "1:", ":1", "1,", ",1", "1::2", "a", "1:0",
		"$,1", "4294967296", "1-2", "**" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct cursor c = over(span_str(bad[i]));
		struct seqset set;
		cursor_sequence_set(&c, &set);
		cursor_end(&c);
		assert_true(cursor_is_bad(&c));
	}
	struct cursor c = over(SPAN("$"));
	struct seqset set;
	cursor_sequence_set(&c, &set);
	assert_true(set.saved && set.count == 0);
	c = over(SPAN("3:*,9"));
	cursor_sequence_set(&c, &set);
	assert_true(seqset_has_star(&set));
	assert_int_equal(seqset_max(&set), 9);
}

// --- flags, sections, dates, literals' headers ---

static void flags(void **state)
{
	size_t n;
	struct cursor c = over(SPAN("(\\sEEN $Forwarded a)"));
	struct span *f = cursor_flag_list(&c, &n);
	assert_int_equal(n, 3);
	assert_true(span_eq(f[0], SPAN("\\sEEN")) && span_eq(f[2], SPAN("a")));
	c = over(SPAN("()"));
	(void)cursor_flag_list(&c, &n);
	assert_false(cursor_is_bad(&c));
	assert_int_equal(n, 0);
	c = over(SPAN("\\Seen Work"));
	(void)cursor_flags(&c, &n);
	assert_int_equal(n, 2);
	static const char *const bad[] = { "(\\Recent)", "(\\*)", "(\\Foo)", "(a  b)", "(a )", "(a",
		"a,b)", "(\\Seenx)" };
	for (size_t i = 0; i < countof(bad); i++) {
		c = over(span_str(bad[i]));
		(void)cursor_flag_list(&c, &n);
		assert_true(cursor_is_bad(&c));
		assert_int_equal(n, 0);
	}
}

static void sections(void **state)
{
	size_t depth;
	struct cursor c = over(SPAN("1.20.3.HEADER"));
	uint32_t *path = cursor_section_part(&c, &depth);
	assert_int_equal(depth, 3);
	assert_true(path[0] == 1 && path[1] == 20 && path[2] == 3);
	cursor_char(&c, '.', ".");
	assert_true(span_eq(cursor_name(&c, "x"), SPAN("HEADER")));
	c = over(SPAN("1.0"));
	(void)cursor_section_part(&c, &depth);
	assert_true(cursor_is_bad(&c) && depth == 0);
	uint64_t offset, length;
	c = over(SPAN("<0.4294967296>"));
	cursor_partial(&c, &offset, &length);
	assert_true(!cursor_is_bad(&c) && offset == 0 && length == UINT64_C(4294967296));
	c = over(SPAN("<0.0>"));
	cursor_partial(&c, &offset, &length);
	assert_true(cursor_is_bad(&c));
	size_t n;
	c = over(SPAN("(From \"To\" {2}\r\nCc)"));
	struct span *names = cursor_header_list(&c, &n);
	assert_int_equal(n, 3);
	assert_true(span_eq(names[2], SPAN("Cc")));
}

static void dates(void **state)
{
	int16_t zone;
	struct cursor c = over(SPAN("1-Jan-1970"));
	assert_int_equal(cursor_date(&c), 0);
	c = over(SPAN("\"29-feb-2024\""));
	assert_int_equal(cursor_date(&c), 19782);
	cursor_end(&c);
	assert_false(cursor_is_bad(&c));
	c = over(SPAN("\"17-Jul-1996 02:44:25 -0700\""));
	assert_true(cursor_date_time(&c, &zone) == 837596665);
	assert_int_equal(zone, -420);
	c = over(SPAN("\" 1-Jan-1970 00:00:00 +0000\""));
	assert_true(cursor_date_time(&c, &zone) == 0);
	assert_false(cursor_is_bad(&c));
	static const char *const bad[] = { "30-Feb-2024", "29-Feb-2023", "0-Jan-2000", "1-Foo-2000",
		"1-Jan-99", "001-Jan-2000", "\"1-Jan-2000", "1 Jan 2000", "" };
	for (size_t i = 0; i < countof(bad); i++) {
		c = over(span_str(bad[i]));
		(void)cursor_date(&c);
		cursor_end(&c);
		assert_true(cursor_is_bad(&c));
	}
	static const char *const bad_times[] = { "\"1-Jan-1970 00:00:00 +0000\"",
		"\"01-Jan-1970 24:00:00 +0000\"", "\"01-Jan-1970 00:60:00 +0000\"",
		"\"01-Jan-1970 00:00:00 +0060\"", "\"01-Jan-1970 00:00:00 0000\"",
		"01-Jan-1970 00:00:00 +0000", "\"01-Jan-1970T00:00:00 +0000\"" };
	for (size_t i = 0; i < countof(bad_times); i++) {
		c = over(span_str(bad_times[i]));
		(void)cursor_date_time(&c, &zone);
		assert_true(cursor_is_bad(&c));
	}
}

static void literal_headers(void **state)
{
	struct literal_header h;
	size_t n;
	assert_true(literal_header_at_end(SPAN("a APPEND x {310}"), &h, &n));
	assert_true(h.size == 310 && h.sync && !h.binary && n == 5);
	assert_true(literal_header_at_end(SPAN("a APPEND x ~{31+}"), &h, &n));
	assert_true(h.size == 31 && !h.sync && h.binary && n == 6);
	assert_true(literal_header_at_end(SPAN("{99999999999999999999}"), &h, &n));
	assert_true(h.size == UINT64_MAX);
	assert_false(literal_header_at_end(SPAN("a \"{5}\""), &h, &n));
	assert_false(literal_header_at_end(SPAN("a {}"), &h, &n));
	assert_false(literal_header_at_end(SPAN("a {5-}"), &h, &n));
	assert_false(literal_header_at_end(SPAN("a 5}"), &h, &n));
	assert_false(literal_header_at_end(SPAN(""), &h, &n));
	// An open literal: asked for its octets, the cursor says so; asked for the header, it has it.
	struct cursor c = over(SPAN("box {5}"));
	(void)cursor_astring(&c);
	cursor_sp(&c);
	struct cursor again = c;
	(void)cursor_astring(&c);
	assert_true(cursor_is_bad(&c) && c.open);
	cursor_open_literal(&again, &h);
	cursor_end(&again);
	assert_true(!cursor_is_bad(&again) && h.size == 5);
}

// --- errors ---

static void explains(void **state)
{
	struct buf b = { 0 };
	struct cursor c = over(SPAN("FETCH\t1"));
	(void)cursor_atom(&c);
	cursor_sp(&c);
	cursor_sp(&c); // sticky: the first one counts
	cursor_fail(&c, "something else");
	cursor_explain(&c, &b);
	assert_true(span_eq(buf_span(&b), SPAN("expected a space at position 6, found \"?1\"")));
	buf_reset(&b);
	c = over(SPAN(""));
	(void)cursor_tag(&c);
	cursor_explain(&c, &b);
	assert_true(span_eq(
		buf_span(&b), SPAN("expected a tag at position 1, found the end of the line")));
	buf_done(&b);
}

static void words(void **state)
{
	struct cursor c = over(SPAN("Uid FETCHER +a"));
	assert_true(cursor_try_word(&c, "UID"));
	cursor_sp(&c);
	assert_false(cursor_try_word(&c, "FETCH"));
	assert_true(cursor_try_word(&c, "FETCHER"));
	cursor_sp(&c);
	(void)cursor_tag(&c);
	assert_true(cursor_is_bad(&c)); // a tag has no "+"
	c = over(SPAN("(a (\"b )\" {1}\r\n( c) 5:*) z"));
	cursor_skip_value(&c);
	cursor_sp(&c);
	assert_true(span_eq(cursor_atom(&c), SPAN("z")));
	c = over(SPAN("(((("));
	cursor_skip_value(&c);
	assert_true(cursor_is_bad(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(astrings),
		cmocka_unit_test(nstring_and_binary),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sequence_sets),
		cmocka_unit_test(flags),
		cmocka_unit_test(sections),
		cmocka_unit_test(dates),
		cmocka_unit_test(literal_headers),
		cmocka_unit_test(explains),
		cmocka_unit_test(words),
	};
	arena_init(&arena, 0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
