// SPDX-License-Identifier: Apache-2.0
// IMAP URLs: what they mean, what is none, references, sections; printing and parsing agree.
#include "mail/url.h"

#include "base/buf.h"
#include "base/limits.h"
#include "mail/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdef0123456789ABCDEF"

static struct op op;

static struct url parse(const char *text)
{
	struct url u;
	int rc = url_parse(&op, span_str(text), &u);
	if (rc)
		print_error("%s: %s\n", text, op_text(&op, rc));
	assert_int_equal(rc, 0);
	struct buf printed = { 0 };
	struct url again;
	url_print(&u, &printed);
	assert_int_equal(url_parse(&op, buf_span(&printed), &again), 0);
	struct buf twice = { 0 };
	url_print(&again, &twice);
	assert_true(span_eq(buf_span(&printed), buf_span(&twice)));
	buf_done(&printed);
	buf_done(&twice);
	return u;
}

#define IS(s, text) assert_true(span_eq((s), SPAN(text)))

static void test_parts(void **state)
{
	(void)state;
	op_init(&op, 0);
	struct url u =
		parse("imap://jo%C3%A9;AUTH=SCRAM-SHA-256@[::1]:1143/a%2fb%20c/d;UIDVALIDITY=7/"
		      ";UID=20/;SECTION=1.2.HEADER.FIELDS%20(From%20To)/;PARTIAL=5.10;EXPIRE="
		      "2006-10-28T23:59:59Z;URLAUTH=submit+bob%2b1:INTERNAL:" TOKEN);
	assert_int_equal(u.form, URL_ABSOLUTE);
	IS(u.user, "jo\xc3\xa9");
	IS(u.auth_type, "SCRAM-SHA-256");
	IS(u.host, "[::1]");
	assert_int_equal(u.port, 1143);
	IS(u.mailbox, "a/b c/d");
	assert_int_equal(u.uid_validity, 7);
	assert_int_equal(u.uid, 20);
	IS(u.section, "1.2.HEADER.FIELDS (From To)");
	assert_true(u.is_partial && u.offset == 5 && u.length == 10);
	assert_int_equal(u.expire, 1162079999);
	assert_int_equal(u.access, URL_ACCESS_SUBMIT);
	IS(u.access_user, "bob+1");
	IS(u.mechanism, "INTERNAL");
	IS(u.token, TOKEN);
	assert_true(u.rump.p[u.rump.n] == ':' && u.rump.p[u.rump.n + 1] == 'I');
	// RFC 4468 section 3.4, RFC 4467 section 7
	u = parse("imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25"
		  ";urlauth=submit+harry:internal:91354a473744909de610943775f92038");
	IS(u.mailbox, "outbox");
	assert_int_equal(u.uid, 25);
	assert_int_equal(u.expire, INT64_MAX);
	u = parse("imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=anonymous");
	assert_true(u.access == URL_ACCESS_ANONYMOUS && !u.token.p);
	IS(u.rump, "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=anonymous");
	u = parse("imap://h/INBOX;UIDVALIDITY=3?SUBJECT%20x");
	assert_true(!u.user.p && !u.uid && u.uid_validity == 3);
	IS(u.search, "SUBJECT x");
	u = parse("IMAP://;AUTH=*@h");
	assert_true(!u.user.p && !u.mailbox.p);
	IS(u.auth_type, "*");
	u = parse("imap://h/~peter/%E6%97%A5/");
	IS(u.mailbox, "~peter/\xe6\x97\xa5/");
	u = parse("imap://u@h/a/;UID=1/"
		  ";PARTIAL=0;EXPIRE=2006-10-28T23:59:60.25+01:30;URLAUTH=user+u");
	assert_true(u.is_partial && u.offset == 0 && u.length == 0);
	assert_int_equal(u.expire, 1162080000 - 5400);
	op_done(&op);
}

static void test_none(void **state)
{
	static const char *const bad[] = { "", "imap://", "imap:///a", "imap:/", "http://h/a",
		"imap://h:0/a", "imap://h:65536/a", "imap://h:x/a", "imap://@h/a",
		"imap://u;AUTH=@h/a", "imap://u;X=y@h/a", "imap://a b@h/", "imap://[::1/a",
		"imap://[g/]h/a", "imap://h/a b", "imap://h/%", "imap://h/%4", "imap://h/%4g",
		"imap://h/%00", "imap://h/%ff", "imap://h/a\x80", "imap://h/a;UIDVALIDITY=0",
		"imap://h/a;UIDVALIDITY=4294967296", "imap://h/a;UIDVALIDITY=1/",
		"imap://h/a;UIDVALIDITY=1x", "imap://h/a/;UID=0",
		"imap://h/a/;UID=", "imap://h/a/;UID=1x", "imap://h/a;UID=1", "imap://h/;UID=1",
		"imap://h/a/;UID=1;UID=2", "imap://h/a/;UID=1/",
		"imap://h/a/;UID=1/;SECTION=", "imap://h/a/;UID=1/;SECTION=1/;SECTION=2",
		"imap://h/a/;UID=1/;SECTION=1;PARTIAL=0.1",
		"imap://h/a/;UID=1/;PARTIAL=", "imap://h/a/;UID=1/;PARTIAL=1.0",
		"imap://h/a/;UID=1/;PARTIAL=1.2.3", "imap://h/a/;UID=1/;PARTIAL=0.1/;SECTION=1",
		"imap://h/a/;UID=1/;PARTIAL=9223372036854775808",
		"imap://h/a/;UID=1;URLAUTH=", "imap://h/a/;UID=1;URLAUTH=user",
		"imap://h/a/;UID=1;URLAUTH=user+", "imap://h/a/;UID=1;URLAUTH=submit+",
		"imap://h/a/;UID=1;URLAUTH=bob", "imap://h/a/;UID=1;URLAUTH=user+a;b",
		"imap://h/a/;UID=1;URLAUTH=authuser:",
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL",
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL:",
		"imap://h/a/;UID=1;URLAUTH=authuser::" TOKEN,
		"imap://h/a/;UID=1;URLAUTH=authuser:X_Y:" TOKEN,
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL:0123456789abcdef0123456789abcde",
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL:" TOKEN "g",
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL:" TOKEN ":",
		"imap://h/a/;UID=1;URLAUTH=authuser:INTERNAL:" TOKEN ";PARTIAL=0.1",
		"imap://h/a;URLAUTH=authuser", "imap://h/a?x;URLAUTH=authuser",
		"imap://h;URLAUTH=authuser", "imap://h/a/;UID=1;EXPIRE=2006-10-28T23:59:59Z",
		"imap://h/a/;UID=1;URLAUTH=authuser;EXPIRE=2006-10-28T23:59:59Z",
		"imap://h/a/;UID=1;EXPIRE=2006-13-28T23:59:59Z;URLAUTH=authuser",
		"imap://h/a/;UID=1;EXPIRE=2006-02-29T23:59:59Z;URLAUTH=authuser",
		"imap://h/a/;UID=1;EXPIRE=2006-10-28T24:59:59Z;URLAUTH=authuser",
		"imap://h/a/;UID=1;EXPIRE=2006-10-28T23:59:59;URLAUTH=authuser",
		"imap://h/a/;UID=1;EXPIRE=2006-10-28T23:59:59Zx;URLAUTH=authuser",
		"imap://h/a/;UID=1;EXPIRE=2006-10-28;URLAUTH=authuser", ";SECTION=1",
		";PARTIAL=0.1", "/;UID=1", "//h/;UID=1", "a#b", "/a\\b", "a;TYPE=LIST" };
	(void)state;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(bad); i++) {
		struct url u;
		if (url_parse(&op, span_str(bad[i]), &u) != RC_SYNTAX)
			fail_msg("\"%s\" was taken", bad[i]);
	}
	char *long_one = arena_bytes(&op.arena, URL_MAX + 1);
	struct url u;
	memset(long_one, 'a', URL_MAX + 1);
	assert_int_equal(url_parse(&op, span_of(long_one, URL_MAX), &u), 0);
	assert_int_equal(url_parse(&op, span_of(long_one, URL_MAX + 1), &u), RC_SYNTAX);
	op_done(&op);
}

// What stands where it would mean something else unless it is encoded: found by the fuzzer.
static void test_printing(void **state)
{
	static const char *const rows[] = { "%2F", "%2Fa", "/%2Fa/;UID=1", "%2F%2Fa/;UID=1",
		"a%3Ab", "imap%3A//h", "imap://h/%2Fa", "imap://h/a%2F/;UID=1",
		"imap://u@h/a/;UID=1/;SECTION=b%2F;URLAUTH=authuser",
		"imap://joe%40example.com@h/a%3Bb%3Fc/;UID=1" };
	(void)state;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		struct url u = parse(rows[i]), again;
		struct buf printed = { 0 };
		url_print(&u, &printed);
		assert_int_equal(url_parse(&op, buf_span(&printed), &again), 0);
		assert_int_equal(u.form, again.form);
		assert_true(span_eq(u.mailbox, again.mailbox) && span_eq(u.user, again.user));
		assert_true(span_eq(u.section, again.section) && u.access == again.access);
		buf_done(&printed);
	}
	op_done(&op);
}

// Every beginning of a good URL is good or refused, and reads nothing behind itself (the address sanitizer looks).
static void test_beginnings(void **state)
{
	static const char text[] =
		"imap://u;AUTH=*@h:1/m;UIDVALIDITY=7/;UID=2/;SECTION=1/;PARTIAL=5.1"
		";EXPIRE=2006-10-28T23:59:59Z;URLAUTH=user+b:INTERNAL:" TOKEN;
	(void)state;
	op_init(&op, 0);
	for (size_t n = 0; n < sizeof text; n++) {
		struct url u;
		char *copy = test_malloc(n + 1);
		memcpy(copy, text, n);
		(void)url_parse(&op, span_of(copy, n), &u); // either
		test_free(copy);
	}
	op_done(&op);
}

static void test_references(void **state)
{
	static const struct {
		const char *text, *base, *mailbox; // base NULL: none; mailbox NULL: there is none
	} rows[] = {
		{ "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", NULL, "Drafts" },
		{ "/Drafts/;UID=20", "a/b", "Drafts" },
		{ "Drafts/;UID=20", NULL, "Drafts" },
		{ "Drafts/;UID=20", "INBOX", "Drafts" },
		{ "c/;UID=20", "a/b", "a/c" },
		{ "../c/;UID=20", "a/b/d", "a/c" },
		{ "../../../c/;UID=20", "a/b/d", "c" },
		{ "./c/;UID=20", "a/b", "a/c" },
		{ "/x/../c/;UID=20", "a/b", "c" },
		{ "%2e%2e/c/;UID=20", "a/b", "c" },
		{ ";UID=20", "a/b", "a/b" },
		{ ";UID=20/;SECTION=1", NULL, NULL },
		{ "../;UID=20", "a/b", NULL },
		{ "/", "a", NULL },
		{ "imap://u@h/x/;UID=1", "a", "x" },
		{ "//u@h/x/;UID=1", "a", "x" },
	};
	(void)state;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		struct url u = parse(rows[i].text);
		struct span name = SPAN_NONE;
		int rc = url_resolve(&op, &u, span_str(rows[i].base), &name);
		if (rc != (rows[i].mailbox ? 0 : RC_SYNTAX) ||
			(rc == 0 && !span_eq(name, span_str(rows[i].mailbox))))
			fail_msg("%s: %d \"%.*s\"", rows[i].text, rc, SPAN_FMT(name));
	}
	op_done(&op);
}

static void test_sections(void **state)
{
	static const struct {
		const char *text;
		int what; // -1: none
		size_t depth, fields;
	} rows[] = {
		{ "1", SECTION_ALL, 1, 0 },
		{ "1.2.33", SECTION_ALL, 3, 0 },
		{ "HEADER", SECTION_HEADER, 0, 0 },
		{ "header", SECTION_HEADER, 0, 0 },
		{ "TEXT", SECTION_TEXT, 0, 0 },
		{ "1.MIME", SECTION_MIME, 1, 0 },
		{ "2.1.TEXT", SECTION_TEXT, 2, 0 },
		{ "HEADER.FIELDS (From)", SECTION_FIELDS, 0, 1 },
		{ "3.HEADER.FIELDS.NOT (From \"X-\\\"y\" To)", SECTION_FIELDS_NOT, 1, 3 },
		{ "", -1, 0, 0 },
		{ "0", -1, 0, 0 },
		{ "1.", -1, 0, 0 },
		{ "1.0", -1, 0, 0 },
		{ "1x", -1, 0, 0 },
		{ "1.x", -1, 0, 0 },
		{ ".1", -1, 0, 0 },
		{ "MIME", -1, 0, 0 },
		{ "HEADERS", -1, 0, 0 },
		{ "TEXT.1", -1, 0, 0 },
		{ "4294967296", -1, 0, 0 },
		{ "HEADER.FIELDS", -1, 0, 0 },
		{ "HEADER.FIELDS ()", -1, 0, 0 },
		{ "HEADER.FIELDS (a", -1, 0, 0 },
		{ "HEADER.FIELDS (a )", -1, 0, 0 },
		{ "HEADER.FIELDS (\"a)", -1, 0, 0 },
		{ "HEADER.FIELDS (\"a\\", -1, 0, 0 },
		{ "HEADER.FIELDS (a)b", -1, 0, 0 },
	};
	(void)state;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		struct section s;
		int rc = url_section(&op, span_str(rows[i].text), &s);
		if (rows[i].what < 0 ? rc != RC_SYNTAX
				     : rc || (int)s.what != rows[i].what ||
					s.depth != rows[i].depth || s.field_count != rows[i].fields)
			fail_msg("\"%s\": %d", rows[i].text, rc);
	}
	struct section s;
	struct buf deep = { 0 };
	for (unsigned i = 0; i < 2000; i++)
		buf_addf(&deep, "%s1", i ? "." : "");
	assert_int_equal(url_section(&op, buf_span(&deep), &s), RC_SYNTAX);
	buf_reset(&deep);
	buf_add(&deep, SPAN("HEADER.FIELDS (a"));
	for (unsigned i = 0; i < URL_FIELDS_MAX; i++)
		buf_add(&deep, SPAN(" a"));
	buf_addc(&deep, ')');
	assert_int_equal(url_section(&op, buf_span(&deep), &s), RC_SYNTAX);
	buf_done(&deep);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_printing),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_sections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
