// SPDX-License-Identifier: Apache-2.0
// Lines and dots, with every split of the input.
#include "wire/crlf.h"
#include "wire/dots.h"
#include "wire/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"

// --- lines ---

static void cut_all(struct span text, size_t chunk, size_t most, struct buf *to)
{
	struct line_cutter c = { .dropping = false };
	struct buf input = { 0 };
	for (size_t at = 0; at < text.n;) {
		size_t n = text.n - at < chunk ? text.n - at : chunk;
		buf_add(&input, span_cut(text, at, at + n));
		at += n;
		for (;;) {
			struct span line;
			size_t used;
			enum line_next next = line_cut(&c, buf_span(&input), most, &line, &used);
			if (next == LINE_GOT)
				buf_add(to, line);
			if (next != LINE_NEED)
				buf_add(to, next == LINE_GOT ? SPAN("|") : SPAN("<long>"));
			buf_consume(&input, used);
			if (next == LINE_NEED)
				break;
		}
		assert_true(input.n < most); // it never grows past the limit
	}
	buf_done(&input);
}

static void lines(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a\r\nbc\r\n", "a|bc|" },
		{ "a\nb\r\n\r\n\n", "a|b|||" },
		{ "a\rb\r\n", "a\rb|" },
		{ "12345678\r\nx\r\n", "12345678|x|" },
		{ "123456789\r\nx\r\n", "<long>x|" },
		{ "123456789\nx\r\n", "123456789|x|" },
		{ "0123456789012345678901234567890123456789\r\nx\r\n", "<long>x|" },
		{ "no end", "" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t chunk = 1; chunk < 12; chunk++) {
			struct buf got = { 0 };
			cut_all(span_str(rows[i].text), chunk, 10, &got);
			buf_addc(&got, '\0');
			assert_string_equal(got.p, rows[i].want);
			buf_done(&got);
		}
}

// A line that never ends is given up; one that ends just before that is an error like any other.
static void endless_line(void **state)
{
	(void)state;
	static char octets[65536];
	struct line_cutter c = { .dropping = false };
	struct span line;
	size_t used, sent = 0;
	memset(octets, 'a', sizeof octets);
	for (; sent + sizeof octets <= LINE_DROP_MAX; sent += sizeof octets)
		assert_int_equal(line_cut(&c, span_of(octets, sizeof octets), 1000, &line, &used),
			LINE_NEED);
	struct line_cutter ended = c;
	assert_int_equal(line_cut(&ended, SPAN("a\n"), 1000, &line, &used), LINE_LONG);
	assert_int_equal(ended.dropped, 0);
	assert_int_equal(
		line_cut(&c, span_of(octets, sizeof octets), 1000, &line, &used), LINE_ENDLESS);
}

// --- dots ---

static void stuff_all(struct span text, size_t chunk, struct buf *to)
{
	struct dot_stuffer d = { .in_line = false };
	struct rope from = { 0 }, out = { 0 };
	rope_init(&from);
	rope_init(&out);
	for (size_t at = 0; at < text.n; at += chunk) {
		rope_add(&from, span_cut(text, at, at + chunk));
		dots_stuff(&d, &from, &out);
	}
	dots_end(&d, &out);
	char *p = buf_room(to, rope_size(&out) + 1);
	rope_copy(&out, p);
	buf_added(to, rope_size(&out));
	rope_done(&from);
	rope_done(&out);
}

static bool read_all(struct span text, size_t chunk, struct buf *to, size_t *ret_used)
{
	struct dot_reader d = { .at = DOTS_LINE };
	size_t used = 0;
	while (used < text.n) {
		struct span piece = span_cut(text, used, used + chunk), octets;
		size_t n;
		bool over = dots_read(&d, piece, &octets, &n);
		assert_true(n > 0 || octets.n > 0); // it gets on
		buf_add(to, octets);
		used += n;
		*ret_used = used;
		if (over)
			return true;
	}
	return false;
}

// Text that is longer than what is looked at in one go, of every alignment.
static void dots_anywhere(void **state)
{
	(void)state;
	static const char pieces[][4] = { "\r\n.", "\n.", "\r.", "\r\n", ".", "a", "b.c", "\r" };
	unsigned seed = 1;
	for (unsigned round = 0; round < 2000; round++) {
		struct buf text = { 0 }, want = { 0 }, got = { 0 };
		size_t wanted = (size_t)rand_r(&seed) % 400, used = 0;
		bool plain = rand_r(&seed) % 2; // few line ends
		while (text.n < wanted)
			buf_add(&text,
				plain && rand_r(&seed) % 40
					? SPAN("x")
					: span_str(
						  pieces[(size_t)rand_r(&seed) % countof(pieces)]));
		buf_add(&text, SPAN("\r\n"));
		for (size_t i = 0; i < text.n; i++) {
			bool begins =
				i == 0 || (i > 1 && text.p[i - 1] == '\n' && text.p[i - 2] == '\r');
			if (begins && text.p[i] == '.')
				buf_addc(&want, '.');
			buf_addc(&want, text.p[i]);
		}
		buf_add(&want, SPAN(".\r\n"));
		size_t chunk = round % 3 ? text.n : 1 + (size_t)rand_r(&seed) % 200;
		stuff_all(buf_span(&text), chunk, &got);
		assert_true(span_eq(buf_span(&got), buf_span(&want)));
		buf_reset(&got);
		assert_true(read_all(buf_span(&want), chunk, &got, &used));
		assert_true(span_eq(buf_span(&got), buf_span(&text)));
		buf_done(&text);
		buf_done(&want);
		buf_done(&got);
	}
}

static void dots(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *stuffed;
	} rows[] = {
		{ "", ".\r\n" },
		{ "a\r\n", "a\r\n.\r\n" },
		{ ".\r\n", "..\r\n.\r\n" },
		{ "..a\r\n.b\r\n\r\n.\r\n", "...a\r\n..b\r\n\r\n..\r\n.\r\n" },
		{ "a.b\r\n", "a.b\r\n.\r\n" },
		{ "\r.\r\n", "\r.\r\n.\r\n" },
		{ "\r\r\n.\r\n", "\r\r\n..\r\n.\r\n" },
		{ "\n.\r\n", "\n.\r\n.\r\n" },
		{ ".\r\r\n", "..\r\r\n.\r\n" },
		{ "a\r\n.\rb\r\n", "a\r\n..\rb\r\n.\r\n" },
	};
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t chunk = 1; chunk < 9; chunk++) {
			struct buf got = { 0 };
			stuff_all(span_str(rows[i].plain), chunk, &got);
			buf_addc(&got, '\0');
			assert_string_equal(got.p, rows[i].stuffed);
			buf_reset(&got);
			size_t used = 0;
			struct span stuffed = span_str(rows[i].stuffed);
			assert_true(read_all(stuffed, chunk, &got, &used));
			assert_int_equal(used, stuffed.n);
			assert_true(span_eq(buf_span(&got), span_str(rows[i].plain)));
			buf_done(&got);
		}
	// A last line without CRLF gets one.
	struct buf got = { 0 };
	stuff_all(SPAN("x"), 1, &got);
	assert_true(span_eq(buf_span(&got), SPAN("x\r\n.\r\n")));
	buf_done(&got);
}

// What looks like an end to some and is none: nothing but CRLF . CRLF.
static void no_smuggling(void **state)
{
	(void)state;
	static const char *const rows[] = { "a\n.\nb", "a\n.\r\nb", "a\r\n.\nb", "a\r.\rb",
		"a\r.\r\nb", "a\r\n.\rb", "a\n\r.\r\nb", "a\r\n. \r\nb" };
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t chunk = 1; chunk < 8; chunk++) {
			struct buf got = { 0 };
			size_t used = 0;
			assert_false(read_all(span_str(rows[i]), chunk, &got, &used));
			buf_done(&got);
		}
}

// --- line ends ---

static void line_ends(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
		bool bad;
	} rows[] = {
		{ "a\r\nb\r\n", "a\r\nb\r\n", false },
		{ "a\nb\n\n\r\n\nc", "a\r\nb\r\n\r\n\r\n\r\nc", false },
		{ "\n.\n", "\r\n.\r\n", false },
		{ "a\rb", "a\rb", true },
		{ "a\r\r\nb", "a\r\r\nb", true },
		{ "a\r", "a\r", true },
		{ "", "", false },
	};
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t chunk = 1; chunk < 12; chunk++) {
			struct span text = span_str(rows[i].text);
			struct crlf_reader r = { .after_cr = false };
			struct buf got = { 0 };
			for (size_t at = 0; at < text.n; at += chunk) {
				struct span piece = span_cut(text, at, at + chunk), part;
				while (piece.n) {
					size_t used = crlf_read(&r, piece, &part);
					assert_true(used > 0);
					buf_add(&got, part);
					piece = span_skip(piece, used);
				}
			}
			buf_addc(&got, '\0');
			assert_string_equal(got.p, rows[i].want);
			assert_int_equal(crlf_is_bad(&r), rows[i].bad);
			buf_done(&got);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(dots),
		cmocka_unit_test(dots_anywhere),
		cmocka_unit_test(no_smuggling),
		cmocka_unit_test(line_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
