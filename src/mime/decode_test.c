// SPDX-License-Identifier: Apache-2.0
// Starling: tests of transfer decodings, charsets, folding, the text pipeline, the matcher and previews.
#include "base/limits.h"
#include "mime/decode.h"
#include "mime/parse.h"
#include "mime/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void same(struct span got, struct span want)
{
	if (!span_eq(got, want))
		fail_msg("got '%.*s' (%zu), want '%.*s' (%zu)", SPAN_FMT(got), got.n,
			SPAN_FMT(want), want.n);
}

static void decode(enum mime_cte cte, bool crlf, struct span in, size_t step, struct buf *to)
{
	struct mime_decoder d;
	mime_decoder_init(&d, cte, crlf);
	for (size_t at = 0; at < in.n; at += step)
		mime_decode(&d, span_cut(in, at, at + step), to);
	mime_decode_end(&d, to);
}

// More blanks than are held back: those at the end of a line that were not are put out.
#define BLANKS_8 "        "
#define BLANKS_64 BLANKS_8 BLANKS_8 BLANKS_8 BLANKS_8 BLANKS_8 BLANKS_8 BLANKS_8 BLANKS_8
#define BLANKS_70 BLANKS_64 "      "

static void test_decode(void **state)
{
	static const struct {
		enum mime_cte cte;
		const char *in, *out;
	} rows[] = {
		{ MIME_CTE_BASE64, "SGVsbG8gd29ybGQ=", "Hello world" },
		{ MIME_CTE_BASE64, "SGVs\r\nbG8g\r\nd29ybGQ=\r\n", "Hello world" },
		{ MIME_CTE_BASE64, "SGVsbG8gd29ybGQ", "Hello world" },
		{ MIME_CTE_BASE64, "S G!V?s*bG8", "Hello" },
		{ MIME_CTE_BASE64, "SGVsbA==\r\nbw==", "Hello" },
		{ MIME_CTE_BASE64, "QQ", "A" },
		{ MIME_CTE_BASE64, "QUI=", "AB" },
		{ MIME_CTE_BASE64, "Q", "" },
		{ MIME_CTE_BASE64, "====", "" },
		{ MIME_CTE_QP, "a=3Db=\r\nc=3d", "a=bc=" },
		{ MIME_CTE_QP, "a  \t\r\nb \nc ", "a\r\nb\nc" },
		{ MIME_CTE_QP, "a= \t\r\nb=\nc=", "abc" },
		{ MIME_CTE_QP, "=4 =XY =", "=4 =XY " },
		{ MIME_CTE_QP, "==41= x", "=A= x" },
		{ MIME_CTE_QP, "=4", "=4" },
		{ MIME_CTE_QP, "=C3=A9", "\xc3\xa9" },
		{ MIME_CTE_QP, "a\rb =20\r\n", "a\rb  \r\n" },
		{ MIME_CTE_QP,
			"a line of text without anything special \t in it, and one more =3D sign "
			"=\r\n"
			"that goes on here, and ends =\t\r\nhere: =e4=F6 =fC=3  \r\nx",
			"a line of text without anything special \t in it, and one more = sign "
			"that goes on here, and ends here: \xe4\xf6 \xfc=3\r\nx" },
		{ MIME_CTE_QP, BLANKS_70 "x" BLANKS_70 "\r\n" BLANKS_70 "=41" BLANKS_70,
			BLANKS_70 "x" BLANKS_64 "\r\n" BLANKS_70 "A" BLANKS_64 },
		{ MIME_CTE_QP, "=41=\r\r\n=42=\r43", "A=\r\r\nB=\r43" },
		{ MIME_CTE_UUENCODE, "x\r\nbegin 644 f\r\n#0V%T\r\n`\r\nend\r\ny\r\n", "Cat" },
		{ MIME_CTE_UUENCODE, "begin 644 f\n$0V%T<P  \n", "Cats" },
		{ MIME_CTE_IDENTITY, "a=41\n", "a=41\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct span in = span_str(rows[i].in);
		for (size_t step = 1; step <= in.n + 1; step++) {
			struct buf b = { 0 };
			decode(rows[i].cte, false, in, step, &b);
			same(buf_span(&b), span_str(rows[i].out));
			buf_done(&b);
		}
	}
	struct span lf = SPAN("\na\nb\r\nc\r=0A\n\r\n=\n\n");
	for (size_t step = 1; step <= lf.n; step++) {
		struct buf b = { 0 };
		decode(MIME_CTE_QP, true, lf, step, &b);
		same(buf_span(&b), SPAN("\r\na\r\nb\r\nc\r\n\r\n\r\n\r\n"));
		buf_done(&b);
	}
}

static void test_cte_names(void **state)
{
	assert_int_equal(mime_cte_of(SPAN("")), MIME_CTE_IDENTITY);
	assert_int_equal(mime_cte_of(SPAN(" 8BIT ")), MIME_CTE_IDENTITY);
	assert_int_equal(mime_cte_of(SPAN("Base64 (comment)")), MIME_CTE_BASE64);
	assert_int_equal(mime_cte_of(SPAN("quoted-printable;")), MIME_CTE_QP);
	assert_int_equal(mime_cte_of(SPAN("x-uuencode")), MIME_CTE_UUENCODE);
	assert_int_equal(mime_cte_of(SPAN("x-something-that-is-much-too-long")), MIME_CTE_UNKNOWN);
	assert_true(mime_cte_is_binary_ok(MIME_CTE_QP));
	assert_false(mime_cte_is_binary_ok(MIME_CTE_UUENCODE));
}

static void test_charsets(void **state)
{
	static const struct {
		const char *charset;
		struct span in, out;
	} rows[] = {
		{ "us-ascii", { "abc", 3 }, { "abc", 3 } },
		{ "us-ascii", { "\xc3\xa9\xe9", 3 }, { "\xc3\xa9\xc3\xa9", 4 } },
		{ "", { "\xe2\x82", 2 }, { "\xc3\xa2\xe2\x80\x9a", 5 } },
		{ "UTF-8", { "\xe2\x82\xac", 3 }, { "\xe2\x82\xac", 3 } },
		{ "utf8",
			{ "a\xff"
			  "b\xe2\x82"
			  "c\xed\xa0\x80\xc3",
				10 },
			{ "a\xef\xbf\xbd"
			  "b\xef\xbf\xbd"
			  "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
				21 } },
		{ "iso-8859-1", { "\xe9\x93", 2 }, { "\xc3\xa9\xe2\x80\x9c", 5 } },
		{ "ISO_8859-1", { "\xa4", 1 }, { "\xc2\xa4", 2 } },
		{ "iso8859-15", { "\xa4", 1 }, { "\xe2\x82\xac", 3 } },
		{ "windows-1252", { "\x80", 1 }, { "\xe2\x82\xac", 3 } },
		{ "cp1251", { "\xcf", 1 }, { "\xd0\x9f", 2 } },
		{ "shift_jis", { "a\x93\xfa", 3 }, { "a\xe6\x97\xa5", 4 } },
		{ "iso-2022-jp", { "\x1b$BF|\x1b(Ba", 9 },
			{ "\xe6\x97\xa5"
			  "a",
				4 } },
		{ "gbk", { "\xc4\xe3", 2 }, { "\xe4\xbd\xa0", 3 } },
		{ "utf-16",
			{ "\xff\xfe"
			  "a\0\xac\x20",
				6 },
			{ "a\xe2\x82\xac", 4 } },
		{ "utf-16be", { "\0a\x20\xac", 4 }, { "a\xe2\x82\xac", 4 } },
		{ "utf-32le", { "a\0\0\0", 4 }, { "a", 1 } },
		{ "utf-7", { "+IKw-a", 6 },
			{ "\xe2\x82\xac"
			  "a",
				4 } },
		// these converters hold a letter back until they know whether an accent follows
		{ "windows-1258", { "a\xec\r\n", 4 }, { "\xc3\xa1\r\n", 4 } },
		{ "windows-1258", { "\xf7\r\n", 3 }, { "\xc3\xb7\r\n", 4 } },
		{ "viscii", { "a\x06\xe0", 3 },
			{ "a\xe1\xba\xaa\xc3\xa0", 6 } }, // letters among the controls
		{ "euc-kr", { "\xb0\xa1\xff", 3 }, { "\xea\xb0\x80\xef\xbf\xbd", 6 } },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		for (size_t step = 1; step <= rows[i].in.n; step++) {
			struct charset_conv c;
			struct buf b = { 0 };
			charset_conv_init(&c, span_str(rows[i].charset));
			for (size_t at = 0; at < rows[i].in.n; at += step)
				charset_convert(&c, span_cut(rows[i].in, at, at + step), &b);
			charset_conv_end(&c, &b);
			same(buf_span(&b), rows[i].out);
			buf_done(&b);
		}
	}
	assert_true(charset_is_known(SPAN("Windows-1252")));
	assert_true(charset_is_known(SPAN("iso-8859-1*en")));
	assert_false(charset_is_known(SPAN("x-unknown")));
	assert_false(charset_is_known(SPAN("")));
	assert_true(charset_check(SPAN("utf-8"), SPAN("\xc3\xa9")));
	assert_false(charset_check(SPAN("utf-8"), SPAN("\xc3")));
	assert_false(charset_check(SPAN("us-ascii"), SPAN("\xc3\xa9")));
	assert_false(charset_check(SPAN("gb2312"), SPAN("\xc3")));
	// All of the list exist in this C library.
	charset_preload();
	for (size_t i = 0; charset_nth(i).p; i++) {
		assert_true(charset_is_known(charset_nth(i)));
		struct buf b = { 0 };
		struct charset_conv c;
		charset_conv_init(&c, charset_nth(i));
		if (i > 4 && !c.cd)
			fail_msg("no iconv for %s", charset_nth(i).p);
		charset_conv_done(&c);
		buf_done(&b);
	}
}

static void test_fold(void **state)
{
	static const char *const rows[][2] = {
		{ "abcXYZ 09{`", "ABCXYZ 09{`" },
		{ "\xc3\xa9", "E\xcc\x81" },  // é
		{ "\xc3\x89", "E\xcc\x81" },  // É
		{ "e\xcc\x81", "E\xcc\x81" }, // e + accent
		{ "\xc7\x84", "Dz\xcc\x8c" }, // U+01C4: RFC 5051's example
		{ "\xc3\x9f", "\xc3\x9f" },   // ß has no simple titlecase
		{ "\xef\xac\x81", "fi" },     // ligature fi decomposes, as the RFC has it
		{ "\xd0\xbf\xd1\x80", "\xd0\x9f\xd0\xa0" },     // Cyrillic
		{ "\xf0\x90\x90\xa8", "\xf0\x90\x90\x80" },     // Deseret
		{ "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1" }, // Hangul
		{ "a\xff z", "A\xef\xbf\xbd Z" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct span in = span_str(rows[i][0]);
		for (size_t step = 1; step <= in.n; step++) {
			struct casefold f = { 0 };
			struct buf b = { 0 };
			for (size_t at = 0; at < in.n; at += step)
				casefold_feed(&f, span_cut(in, at, at + step), &b);
			casefold_end(&f, &b);
			same(buf_span(&b), span_str(rows[i][1]));
			buf_done(&b);
		}
	}
}

static uint64_t pipeline(
	enum mime_cte cte, const char *charset, struct span in, size_t step, struct mime_matcher *m)
{
	struct mime_text t = { 0 };
	struct span out;
	uint64_t found = 0;
	mime_text_init(&t, cte, span_str(charset), true);
	mime_matcher_reset(m);
	for (size_t at = 0; at < in.n; at += step) {
		assert_int_equal(mime_text_feed(&t, span_cut(in, at, at + step), &out), 0);
		found = mime_matcher_feed(m, out);
	}
	assert_int_equal(mime_text_end(&t, &out), 0);
	found = mime_matcher_feed(m, out);
	mime_text_done(&t);
	return found;
}

static void test_pipeline(void **state)
{
	struct op op;
	op_init(&op, 0);
	struct buf folded = { 0 };
	casefold(SPAN("gr\xc3\xbc\xc3\x9f gott"), &folded);
	struct span needles[] = { buf_span(&folded), SPAN("NOWHERE"), SPAN(""), SPAN("G") };
	struct mime_matcher *m;
	assert_int_equal(mime_matcher_new(&op, needles, 4, &m), 0);
	struct span qp = SPAN("Ein sch=F6nes Gr=FC=\r\n=DF GOtt!\r\n");
	struct span b64 = SPAN("RWluIHNjaMO2bmVzIEdyw7zDnyBHT3R0IQ==");
	struct span raw = SPAN("Ein gr\xc3\xbc\xc3\x9f Gott");
	for (size_t step = 1; step < 40; step++) {
		assert_int_equal(pipeline(MIME_CTE_QP, "iso-8859-1", qp, step, m), 1 | 4 | 8);
		assert_int_equal(pipeline(MIME_CTE_BASE64, "utf-8", b64, step, m), 1 | 4 | 8);
		assert_int_equal(pipeline(MIME_CTE_IDENTITY, "", raw, step, m), 1 | 4 | 8);
		assert_int_equal(
			pipeline(MIME_CTE_IDENTITY, "", SPAN("Ein Grus Gott"), step, m), 4 | 8);
	}
	mime_matcher_reset(m);
	(void)mime_matcher_feed(m, SPAN("NOW"));
	mime_matcher_restart(m);
	assert_int_equal(mime_matcher_feed(m, SPAN("HERE")), 4);
	struct span many[MIME_NEEDLES_MAX + 1] = { { 0 } };
	assert_int_equal(mime_matcher_new(&op, many, MIME_NEEDLES_MAX + 1, &m), RC_LIMIT);
	assert_int_equal(mime_matcher_new(&op, many, MIME_NEEDLES_MAX, &m), 0);
	buf_done(&folded);
	op_done(&op);
}

static void test_preview(void **state)
{
	static const struct {
		bool html;
		const char *in, *out;
	} rows[] = {
		{ false, "Hello,\r\n\r\n  this is\ttext.\r\n", "Hello, this is text." },
		{ false,
			"On Monday X wrote:\r\n> old\r\n> text\r\nNew text\r\n-- \r\nsignature\r\n",
			"New text" },
		{ false, "-----\r\nA\r\n", "A" },
		{ false, "> only\r\n", "" },
		{ true,
			"<html><head><title>t</title><style>p "
			"{}</style></head><body><p>Hi&nbsp;<b>th</b>ere</p><br>you &amp; me "
			"&#8364; &#x41; &bogus; a<5</body>",
			"Hi there you & me \xe2\x82\xac A &bogus; a<5" },
		{ true, "<!-- c --><script>x<y</script>a<img alt=\">\">b", "a b" },
		{ true, "<style>never closed", "" },
		{ false,
			"a\xe2\x80\x8b\xe2\x80\x8c"
			"b",
			"ab" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		mime_preview(
			MIME_CTE_IDENTITY, SPAN("utf-8"), rows[i].html, span_str(rows[i].in), &b);
		same(buf_span(&b), span_str(rows[i].out));
		buf_done(&b);
	}
	char x[1000];
	memset(x, 'x', sizeof x);
	struct buf b = { 0 };
	mime_preview(MIME_CTE_IDENTITY, SPAN(""), false, span_of(x, sizeof x), &b);
	assert_int_equal(b.n, MIME_PREVIEW_CHARS);
	buf_done(&b);
}

static uint32_t preview_part(const char *message)
{
	struct op op;
	op_init(&op, 0);
	const struct mime_tree *t;
	assert_int_equal(mime_parse(&op, span_str(message), &t), 0);
	uint32_t part = mime_preview_part(t);
	op_done(&op);
	return part;
}

static void test_preview_part(void **state)
{
	assert_int_equal(preview_part("\r\ntext"), 0);
	assert_int_equal(preview_part("Content-Type: image/png\r\n\r\ntext"), MIME_NONE);
	assert_int_equal(
		preview_part(
			"Content-Type: multipart/mixed; "
			"boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
			"--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b\r\n\r\nx\r\n--b--\r\n"),
		3);
	assert_int_equal(
		preview_part("Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx"), MIME_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_cte_names),
		cmocka_unit_test(test_charsets),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_preview),
		cmocka_unit_test(test_preview_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
