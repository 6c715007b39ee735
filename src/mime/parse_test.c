// SPDX-License-Identifier: Apache-2.0
// Starling: tests of the tree: structure, offsets, sections, parameters, limits.
#include "mime/all_test.h"
#include "mime/parse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct parsed {
	struct op op;
	struct buf text;
	const struct mime_tree *t;
};

static void parse(struct parsed *p, const char *message)
{
	*p = (struct parsed){ .t = NULL };
	op_init(&p->op, 0);
	for (const char *c = message; *c; c++) {
		if (*c == '\n')
			buf_addc(&p->text, '\r');
		buf_addc(&p->text, *c);
	}
	assert_int_equal(mime_parse(&p->op, buf_span(&p->text), &p->t), 0);
	const char *bad = all_tree_check(p->t);
	if (bad)
		fail_msg("%s", bad);
}

static void done(struct parsed *p)
{
	op_done(&p->op);
	buf_done(&p->text);
}

static struct span body(const struct parsed *p, uint32_t i)
{
	return span_cut(buf_span(&p->text), p->t->parts[i].body_start, p->t->parts[i].body_end);
}

static void same(struct span got, const char *want)
{
	if (!span_eq(got, span_str(want)))
		fail_msg("got '%.*s', want '%s'", SPAN_FMT(got), want);
}

static void body_is(const struct parsed *p, uint32_t i, const char *want)
{
	if (i >= p->t->count)
		fail_msg("no part %u (want '%s')", i, want);
	same(body(p, i), want);
}

static void test_single(void **state)
{
	struct parsed p;
	parse(&p, "Subject: x\n\nbody\nmore");
	assert_int_equal(p.t->count, 1);
	body_is(&p, 0, "body\r\nmore");
	assert_int_equal(p.t->parts[0].body_lines, 1);
	assert_int_equal(p.t->parts[0].header_lines, 2);
	assert_true(p.t->parts[0].is_text && p.t->parts[0].is_root);
	same(p.t->header, "Subject: x\r\n\r\n");
	same(p.t->parts[0].envelope->subject, "x");
	assert_null(p.t->parts[0].envelope->date.p);
	assert_false(p.t->header_8bit || p.t->has_nul || p.t->limited);
	done(&p);
	parse(&p, "Subject: only a header\n");
	body_is(&p, 0, "");
	assert_int_equal(p.t->parts[0].body_start, p.t->size);
	done(&p);
	parse(&p, "");
	assert_int_equal(p.t->count, 1);
	done(&p);
	parse(&p, "Subject: \xe9\n\nx");
	assert_true(p.t->header_8bit);
	done(&p);
}

// RFC 2046 section 5.1.1: the line end before a boundary is the boundary's.
static void test_multipart(void **state)
{
	struct parsed p;
	parse(&p,
		"Content-type: multipart/mixed; boundary=\"simple boundary\"\n\nThis is the "
		"preamble.\n--simple boundary\n\n"
		"This is implicitly typed plain US-ASCII text.\nIt does NOT end with a "
		"linebreak.\n--simple boundary\n"
		"Content-type: text/plain; charset=us-ascii\n\nThis is explicitly typed.\nIt DOES "
		"end with a linebreak.\n\n"
		"--simple boundary--\n\nThis is the epilogue.\n");
	assert_int_equal(p.t->count, 3);
	body_is(&p, 1,
		"This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a "
		"linebreak.");
	body_is(&p, 2, "This is explicitly typed.\r\nIt DOES end with a linebreak.\r\n");
	assert_int_equal(p.t->parts[1].body_lines, 1);
	assert_int_equal(p.t->parts[2].body_lines, 2);
	same(p.t->parts[2].charset, "us-ascii");
	assert_null(p.t->parts[1].charset.p);
	assert_int_equal(p.t->parts[0].children, 2);
	done(&p);
}

static void test_boundaries(void **state)
{
	struct parsed p;
	// the end is missing; the inner end is missing; an outer boundary ends all within
	parse(&p,
		"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/mixed; "
		"boundary=b\n\n--b\n\none\n--a\n\ntwo\n");
	assert_int_equal(p.t->count, 4);
	body_is(&p, 2, "one");
	body_is(&p, 3, "two\r\n");
	done(&p);
	// the same boundary twice: the innermost that is open takes it; after its end the outer one
	parse(&p,
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
		"boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n");
	assert_int_equal(p.t->count, 4);
	assert_int_equal(p.t->parts[2].parent, 1);
	assert_int_equal(p.t->parts[3].parent, 0);
	body_is(&p, 3, "two");
	done(&p);
	// one boundary begins with the other: the longest wins
	parse(&p,
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
		"boundary=bb\n\n--bb\n\none\n--bb--\n--bb\nx\n--b\n\ntwo\n--b--\n");
	assert_int_equal(p.t->count, 4);
	body_is(&p, 2, "one");
	body_is(&p, 3, "two");
	done(&p);
	// blanks behind; "--" directly; no line end at the end
	parse(&p,
		"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n --b\n-b\n--\n--b--");
	assert_int_equal(p.t->count, 2);
	body_is(&p, 1, "one\r\n --b\r\n-b\r\n--");
	done(&p);
	// a boundary in a header ends it
	parse(&p, "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n--b\n\ntwo\n--b--\n");
	assert_int_equal(p.t->count, 3);
	body_is(&p, 1, "");
	same(span_cut(buf_span(&p.text), p.t->parts[1].header_start, p.t->parts[1].body_start),
		"X: y\r\n");
	body_is(&p, 2, "two");
	done(&p);
	// without children; without a boundary
	parse(&p, "Content-Type: multipart/mixed; boundary=b\n\nx\n--b--\n");
	assert_int_equal(p.t->count, 2);
	assert_true(p.t->parts[1].is_added);
	body_is(&p, 1, "");
	done(&p);
	parse(&p, "Content-Type: multipart/mixed\n\nx\n");
	assert_int_equal(p.t->count, 1);
	assert_true(p.t->parts[0].is_text);
	done(&p);
}

static uint32_t find(const struct parsed *p, const char *path)
{
	uint32_t numbers[16];
	size_t n = 0;
	for (const char *c = path; *c; c++)
		if (*c != '.')
			numbers[n++] = (uint32_t)(*c - '0');
	return mime_find(p->t, numbers, n);
}

// The example of RFC 9051 section 6.4.5.1.
static void test_sections(void **state)
{
	struct parsed p;
	parse(&p,
		"Content-Type: multipart/mixed; boundary=a\n\n"
		"--a\n\n1\n--a\nContent-Type: application/octet-stream\n\n2\n"
		"--a\nContent-Type: message/rfc822\n\nSubject: 3\nContent-Type: multipart/mixed; "
		"boundary=b\n\n"
		"--b\n\n3.1\n--b\nContent-Type: application/octet-stream\n\n3.2\n--b--\n"
		"--a\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: "
		"image/gif\n\n4.1\n"
		"--c\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; "
		"boundary=d\n\n--d\n\n4.2.1\n"
		"--d\nContent-Type: multipart/alternative; "
		"boundary=e\n\n--e\n\n4.2.2.1\n--e\nContent-Type: text/richtext\n\n4.2.2.2\n"
		"--e--\n--d--\n--c--\n--a\nContent-Type: message/rfc822\n\nSubject: "
		"5\n\n5.1\n--a--\n");
	static const char *const leaves[] = { "1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1",
		"4.2.2.2", "5.1" };
	for (size_t i = 0; i < countof(leaves); i++)
		body_is(&p, find(&p, leaves[i]), leaves[i]);
	assert_int_equal(find(&p, ""), 0);
	assert_int_equal(p.t->parts[find(&p, "3")].kind, MIME_MESSAGE);
	same(p.t->parts[mime_message_of(p.t, find(&p, "3"))].envelope->subject, "3");
	assert_int_equal(mime_message_of(p.t, find(&p, "1")), MIME_NONE);
	static const char *const none[] = { "6", "0", "1.1", "3.3", "4.1.1", "5.2", "5.1.1",
		"4.2.2.2.1" };
	for (size_t i = 0; i < countof(none); i++)
		assert_int_equal(find(&p, none[i]), MIME_NONE);
	done(&p);
	parse(&p, "\nx");
	assert_int_equal(find(&p, "1"), 0);
	assert_int_equal(find(&p, "1.1"), MIME_NONE);
	assert_int_equal(find(&p, "2"), MIME_NONE);
	done(&p);
	parse(&p,
		"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nSubject: in\n\nx");
	assert_int_equal(find(&p, "1"), 0);
	assert_int_equal(find(&p, "1.1"), 1);
	assert_int_equal(find(&p, "1.1.1"), 2);
	assert_int_equal(find(&p, "1.1.1.1"), MIME_NONE);
	done(&p);
}

static void test_types(void **state)
{
	static const struct {
		const char *header, *type, *subtype;
		int kind;
	} rows[] = {
		{ "", "text", "plain", MIME_LEAF },
		{ "Content-Type: Text/HTML", "Text", "HTML", MIME_LEAF },
		{ "Content-Type: (c) text (c) / (c) html (c)", "text", "html", MIME_LEAF },
		{ "Content-Type: text", "text", "plain", MIME_LEAF },
		{ "Content-Type: a b/c", "text", "plain", MIME_LEAF },
		{ "Content-Type: \"text/html\"", "text", "plain", MIME_LEAF },
		{ "Content-Type:", "text", "plain", MIME_LEAF },
		{ "Content-Type: multipart/x", "text", "plain", MIME_LEAF },
		{ "Content-Type: multipart/x; boundary=b", "multipart", "x", MIME_MULTIPART },
		{ "Content-Type: message/rfc822", "message", "rfc822", MIME_MESSAGE },
		{ "Content-Type: message/global", "message", "global", MIME_MESSAGE },
		{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", "message",
			"rfc822", MIME_LEAF },
		{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit", "message",
			"rfc822", MIME_MESSAGE },
		{ "Content-Type: message/partial", "message", "partial", MIME_LEAF },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct parsed p;
		char text[200];
		(void)snprintf(text, sizeof text, "%s\n\n", rows[i].header);
		parse(&p, text);
		same(p.t->parts[0].type, rows[i].type);
		same(p.t->parts[0].subtype, rows[i].subtype);
		assert_int_equal(p.t->parts[0].kind, rows[i].kind);
		done(&p);
	}
	struct parsed p;
	parse(&p,
		"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: "
		"x\n\ny\n--b\nContent-Type: text/plain\n\nz\n--b--\n");
	assert_int_equal(p.t->parts[1].kind, MIME_MESSAGE);
	same(p.t->parts[2].envelope->subject, "x");
	body_is(&p, 2, "y");
	assert_int_equal(p.t->parts[3].kind, MIME_LEAF);
	done(&p);
}

// Parameters as "name=value" with "(charset'language)" where extended.
static void test_params(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		// RFC 2045, RFC 2231 sections 3, 4, 4.1
		{ "charset=us-ascii (Plain text)", "charset=us-ascii;" },
		{ "charset=\"us-ascii\"", "charset=us-ascii;" },
		{ "access-type=URL;\n URL*0=\"ftp://\";\n "
		  "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
			"access-type=URL;URL=ftp://cs.utk.edu/pub/moore/bulk-mailer/"
			"bulk-mailer.tar;" },
		{ "title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
			"title=(us-ascii'en-us)This is ***fun***;" },
		{ "title*0*=us-ascii'en'This%20is%20even%20more%20;\n "
		  "title*1*=%2A%2A%2Afun%2A%2A%2A%20;\n title*2=\"isn't it!\"",
			"title=(us-ascii'en)This is even more ***fun*** isn't it!;" },
		// out of order, mixed case, gaps, no charset
		{ "a*1=y; A*0=x; b=1", "A=xy;b=1;" },
		{ "a*0=x; a*2=z", "a=x;" },
		{ "a*1=y", "" },
		{ "a*=x%41", "a=(')xA;" },
		{ "a*=''x", "a=(')x;" },
		{ "a*=x'y", "a=(')x'y;" },
		{ "a*=utf-8''%", "a=(utf-8')%;" },
		{ "a=b; a*=utf-8''c", "a=b;a=(utf-8')c;" },
		// as they come
		{ "name=my file.pdf; x=y", "name=my file.pdf;x=y;" },
		{ "charset=us-ascii format=flowed", "charset=us-ascii;format=flowed;" },
		{ "boundary=foo:bar=baz?", "boundary=foo:bar=baz?;" },
		{ "a=\"b\\\"c\\\\d\"", "a=b\"c\\d;" },
		{ "a=\"b", "a=b;" },
		{ "a", "" },
		{ "=b; c=d", "c=d;" },
		{ "a=; b=\"\"", "a=;b=;" },
		{ ";;; a = b ;", "a=b;" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct parsed p;
		char text[400];
		(void)snprintf(text, sizeof text, "Content-Type: text/plain; %s\n\n", rows[i].in);
		parse(&p, text);
		struct buf b = { 0 };
		for (uint32_t k = 0; k < p.t->parts[0].param_count; k++) {
			const struct mime_param *m = &p.t->parts[0].params[k];
			buf_addf(&b, "%.*s=", SPAN_FMT(m->name));
			if (m->charset.p)
				buf_addf(&b, "(%.*s'%.*s)", SPAN_FMT(m->charset),
					SPAN_FMT(m->language));
			buf_addf(&b, "%.*s;", SPAN_FMT(m->value));
		}
		same(buf_span(&b), rows[i].out);
		buf_done(&b);
		done(&p);
	}
}

static void check_limited(struct span message, uint32_t parts)
{
	struct op op;
	op_init(&op, IMAP_MEMORY); // nothing of an APPEND may be refused for lack of it
	const struct mime_tree *t;
	assert_int_equal(mime_parse(&op, message, &t), 0);
	const char *bad = all_tree_check(t);
	if (!bad)
		bad = all_render_check(&op, t);
	if (bad)
		fail_msg("%s", bad);
	assert_int_equal(t->count, parts);
	assert_true(t->limited);
	op_done(&op);
}

static void test_limits(void **state)
{
	struct buf b = { 0 };
	for (int i = 0; i < 500; i++)
		buf_addf(&b, "Content-Type: multipart/mixed; boundary=b%04d\r\n\r\n--b%04d\r\n", i,
			i);
	check_limited(buf_span(&b), MIME_DEPTH_MAX + 1);
	buf_reset(&b);
	for (int i = 0; i < 500; i++)
		buf_add(&b, SPAN("Content-Type: message/rfc822\r\n\r\n"));
	check_limited(buf_span(&b), MIME_DEPTH_MAX + 1);
	buf_reset(&b);
	buf_add(&b, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (int i = 0; i < 20000; i++)
		buf_add(&b,
			SPAN("--b\r\nContent-Type: application/a-rather-long-name-of-a-type; "
			     "name=\"some file\"\r\n\r\nx\r\n"));
	check_limited(buf_span(&b), MIME_PARTS_MAX);
	buf_reset(&b);
	buf_add(&b, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (int i = 0; i < 20000; i++)
		buf_add(&b,
			SPAN("--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\nFrom: "
			     "x@y\r\n\r\n\r\n"));
	check_limited(buf_span(&b), MIME_PARTS_MAX);
	buf_reset(&b);
	buf_add(&b, SPAN("Content-Type: text/plain"));
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "; p%d*=utf-8''%%C3%%A9", i);
	buf_add(&b, SPAN("\r\nSubject: "));
	for (int i = 0; i < 11 << 16; i++)
		buf_add(&b, SPAN("0123456789abcdef"));
	buf_add(&b, SPAN("\r\nTo: too late\r\n\r\n"));
	check_limited(buf_span(&b), 1);
	buf_done(&b);
}

// Memory stays under the limit of a command, whatever a message piles up.
static void test_memory(void **state)
{
	struct buf b = { 0 };
	buf_add(&b, SPAN("Content-Type: multipart/mixed; boundary=b\r\n"));
	while (b.n < (11u << 20))
		buf_add(&b, SPAN("To: a@b.test,\r\n c@d.test\r\n"));
	buf_add(&b, SPAN("\r\n"));
	for (unsigned i = 0; i < MIME_PARTS_MAX; i++) {
		buf_add(&b, SPAN("--b\r\nContent-Type: text/plain"));
		for (int k = 0; k < 130; k++)
			buf_add(&b, SPAN(";\r\n a=\"\\b\""));
		buf_add(&b,
			SPAN("\r\nContent-Description: d\r\nContent-Disposition: x; y=z\r\n\r\n"));
	}
	check_limited(buf_span(&b), MIME_PARTS_MAX);
	buf_reset(&b);
	for (int i = 0; i < 40; i++) {
		buf_add(&b, SPAN("Content-Type: message/rfc822\r\n"));
		for (int k = 0; k < 20000; k++)
			buf_add(&b,
				SPAN("To: a,\r\n b\r\nX: "
				     "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r"
				     "\n"));
		buf_add(&b, SPAN("\r\n"));
	}
	check_limited(buf_span(&b), 41);
	buf_done(&b);
}

// No input may cost more than linear time: each of these took minutes in some parser.
static void test_floods(void **state)
{
	static const char *const units[] = { "a@b.test, ", "<@", "<<<<", "((((", "=?a?q?", "\"",
		"g:", "a*0=", "(", "\\", "--b\r\n", "To: a\r\n", "Content-Type: x\r\n", " \r\n",
		";", "<a@b", "=?utf-8?q?x?= ", "Content-Language: a,b\r\n" };
	for (size_t i = 0; i < countof(units); i++) {
		for (int where = 0; where < 3; where++) {
			struct buf b = { 0 };
			buf_add(&b,
				where == 0           ? SPAN("To: ")
					: where == 1 ? SPAN("Content-Type: text/plain; a=")
						     : SPAN("Content-Type: multipart/mixed; "
							    "boundary=b\r\n\r\n--b\r\n"));
			while (b.n < 400000)
				buf_add(&b, span_str(units[i]));
			const char *bad = all_check(buf_span(&b), 0, NULL);
			if (bad)
				fail_msg("%s: %s", units[i], bad);
			buf_done(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_multipart),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_floods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
