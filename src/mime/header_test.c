// SPDX-License-Identifier: Apache-2.0
// Starling: tests of fields, text, addresses, message-ids, dates and base subjects.
#include "mime/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void same(struct span got, const char *want)
{
	if (!span_eq(got, span_str(want)))
		fail_msg("got '%.*s', want '%s'", SPAN_FMT(got), want);
}

static void test_fields(void **state)
{
	struct span h = SPAN(
		"A: one\r\nB :two\r\n  more\r\nno colon\r\nC:\r\n\t\r\nD: x\n\r\nbody: no\r\n");
	struct mime_fields it = mime_fields_of(h);
	struct mime_field f;
	const char *want[][2] = { { "A", " one" }, { "B", "two\r\n  more" }, { "", "no colon" },
		{ "C", "\r\n\t" }, { "D", " x" } };
	for (size_t i = 0; i < countof(want); i++) {
		assert_true(mime_fields_next(&it, &f));
		same(f.name, want[i][0]);
		same(f.value, want[i][1]);
		assert_ptr_equal(f.raw.p, h.p + f.offset);
	}
	assert_false(mime_fields_next(&it, &f));
	assert_false(mime_fields_next(&it, &f));
	same(span_skip(h, it.at), "\r\nbody: no\r\n");
	assert_true(mime_field_find(h, SPAN("b"), &f));
	assert_false(mime_field_find(h, SPAN("body"), &f));
	assert_false(mime_field_find(SPAN(""), SPAN("a"), &f));
	struct arena a;
	arena_init(&a, 0);
	same(mime_unfold(&a, SPAN(" a\r\n b\r\n\tc\rd\r\n")), "a b\tc d");
	same(mime_unfold(&a, SPAN("  ")), "");
	arena_done(&a);
}

static void test_text(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		// RFC 2047 section 8
		{ "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>",
			"Keith Moore <moore@cs.utk.edu>" },
		{ "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>",
			"Keld J\xc3\xb8rn Simonsen <keld@dkuug.dk>" },
		{ "=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard" },
		{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
		  "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
			"If you can read this you understand the example." },
		{ "(=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
			"(\xd7\x9d\xd7\x95\xd7\x9c\xd7\xa9 \xd7\x9f\xd7\x91 "
			"\xd7\x99\xd7\x9c\xd7\x98\xd7\xa4\xd7\xa0)" },
		{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
		{ "(=?ISO-8859-1?Q?a?= b)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)" },
		{ "(=?ISO-8859-1?Q?a_b?=)", "(a b)" },
		{ "(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)" },
		// RFC 2231 section 5
		{ "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore" },
		// a character split over two words; words side by side; other charsets
		{ "=?utf-8?B?w4PC?= =?UTF-8?Q?=A9?=", "\xc3\x83\xc2\xa9" },
		{ "=?utf-8?Q?a?==?utf-8?Q?b?=", "ab" },
		{ "x=?utf-8?Q?=C3=A9?=y", "x\xc3\xa9y" },
		{ "\"=?utf-8?Q?=C3=A9?=\"", "\"\xc3\xa9\"" },
		{ "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "=?koi8-r?B?8NLJ18XU?=", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" },
		{ "=?gb2312?B?xOO6ww==?=", "\xe4\xbd\xa0\xe5\xa5\xbd" },
		{ "=?x-nobody-knows?Q?=E9?=", "\xc3\xa9" },
		{ "=?utf-8?Q?=FF?=", "\xef\xbf\xbd" },
		{ "=?utf-8?Q?a=0D=0Ab=00?=", "a  b " },
		// not words
		{ "=?utf-8?X?abc?=", "=?utf-8?X?abc?=" },
		{ "=?utf-8?Q?abc", "=?utf-8?Q?abc" },
		{ "=??Q?abc?=", "=??Q?abc?=" },
		{ "a = b =? c ?= d", "a = b =? c ?= d" },
		{ "=?utf-8?Q?"
		  "?=",
			"" },
		// raw 8-bit, folds
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "gr\xfc\xdf \x93q\x94", "gr\xc3\xbc\xc3\x9f \xe2\x80\x9cq\xe2\x80\x9d" },
		{ " a\r\n\tb ", "a\tb" },
		{ "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		mime_text_of(span_str(rows[i].in), &b);
		same(buf_span(&b), rows[i].out);
		buf_done(&b);
	}
}

// Addresses as "name|route|local|domain;" with '-' for absent; groups "{name" and "}".
static void addresses_print(struct span value, struct buf *to)
{
	struct arena a;
	arena_init(&a, 0);
	struct mime_addresses it = mime_addresses_of(value);
	struct mime_address m;
	while (mime_addresses_next(&a, &it, &m)) {
		if (m.kind == MIME_GROUP_END) {
			buf_addc(to, '}');
		} else if (m.kind == MIME_GROUP_BEGIN) {
			buf_addf(to, "{%.*s:", SPAN_FMT(m.name));
		} else {
			buf_addf(to, "%.*s|%.*s|%.*s|%.*s;", m.name.p ? (int)m.name.n : 1,
				m.name.p ? m.name.p : "-", m.route.p ? (int)m.route.n : 1,
				m.route.p ? m.route.p : "-", SPAN_FMT(m.local), SPAN_FMT(m.domain));
		}
	}
	arena_done(&a);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		// RFC 5322 appendix A
		{ "John Doe <jdoe@machine.example>", "John Doe|-|jdoe|machine.example;" },
		{ "\"Joe Q. Public\" <john.q.public@example.com>",
			"Joe Q. Public|-|john.q.public|example.com;" },
		{ "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
			"Mary Smith|-|mary|x.test;-|-|jdoe|example.org;Who?|-|one|y.test;" },
		{ "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
			"-|-|boss|nil.test;Giant; \"Big\" Box|-|sysservices|example.net;" },
		{ "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
			"{A Group:Ed Jones|-|c|a.test;-|-|joe|where.test;John|-|jdoe|one.test;}" },
		{ "Undisclosed recipients:;", "{Undisclosed recipients:}" },
		{ "\"Mary Smith: Personal Account\" <smith@home.example>",
			"Mary Smith: Personal Account|-|smith|home.example;" },
		{ "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
			"Pete|-|pete|silly.test;" },
		{ "A Group(Some people)\r\n     :Chris Jones <c@(Chris's "
		  "host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> "
		  "(my dear friend); (the end of the group)",
			"{A Group:Chris "
			"Jones|-|c|public.example;-|-|joe|example.org;John|-|jdoe|one.test;}" },
		{ "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
			"{Hidden recipients:}" },
		{ "Joe Q. Public <john.q.public@example.com>",
			"Joe Q. Public|-|john.q.public|example.com;" },
		{ "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
			"Mary Smith|@node.test|mary|example.net;-|-|jdoe|test.example;" },
		{ "John Doe <jdoe@machine(comment).  example>",
			"John Doe|-|jdoe|machine.example;" },
		{ "Mary Smith\r\n  \r\n          <mary@example.net>",
			"Mary Smith|-|mary|example.net;" },
		// the older name, literals, routes, quoting
		{ "pete@a.test (Pete Moss)", "Pete Moss|-|pete|a.test;" },
		{ "user@[192.168.0.1]", "-|-|user|[192.168.0.1];" },
		{ "<@a.test,@b.test:c@d.test>", "-|@a.test,@b.test|c|d.test;" },
		{ "\"john doe\"@a.test", "-|-|john doe|a.test;" },
		{ "first . last @ a . test", "-|-|first.last|a.test;" },
		{ "=?utf-8?Q?D=C3=B6,_X?= <a@b.test>", "=?utf-8?Q?D=C3=B6,_X?=|-|a|b.test;" },
		{ "\xc3\xbcser@\xc3\xbc.test", "-|-|\xc3\xbcser|\xc3\xbc.test;" },
		// broken, but kept visible
		{ "root", "-|-|root|;" },
		{ "Some Body", "Some Body|-||;" },
		{ "<>", "-|-||;" },
		{ "Name <>", "Name|-||;" },
		{ "a@b@c.test", "-|-|a|b@c.test;" },
		{ "foo@bar.test <foo@bar.test>", "foo@bar.test|-|foo|bar.test;" },
		{ "John Doe jdoe@x.test", "John Doe|-|jdoe|x.test;" },
		{ "a@b.test c@d.test", "-|-|a|b.test;" },
		{ "<a@b.test", "-|-|a|b.test;" },
		{ "a@b.test>", "-|-|a|b.test;" },
		{ "x <a@b.test> <c@d.test>", "x|-|a|b.test;-|-|c|d.test;" },
		{ "a@b.test; c@d.test", "-|-|a|b.test;-|-|c|d.test;" },
		{ "g: a@b.test", "{g:-|-|a|b.test;}" },
		{ "g: h: a@b.test;", "{g:-|-|h|;-|-|a|b.test;}" },
		{ ":;", "{:}" },
		{ "\"unterminated <a@b.test>, c", "-|-|unterminated <a@b.test>, c|;" },
		{ "(unterminated", "" },
		{ ",;,;", "" },
		{ "@", "-|-||;" },
		{ "<mailto:a@b.test>", "-|-|mailto:a|b.test;" },
		{ "", "" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		addresses_print(span_str(rows[i].in), &b);
		if (!span_eq(buf_span(&b), span_str(rows[i].out)))
			fail_msg("'%s': got '%.*s', want '%s'", rows[i].in, SPAN_FMT(b),
				rows[i].out);
		buf_done(&b);
	}
}

static void test_msgids(void **state)
{
	static const struct {
		const char *in, *out;
		bool bare;
	} rows[] = {
		{ "<1234@local.machine.example>", "1234@local.machine.example ", false },
		{ "<1234   @   local(blah)  .machine .example>", "1234@local.machine.example ",
			false },
		{ "<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>", "01KF8JCEOCBS0045PS@xxx.yyy.com ",
			false },
		{ "<a@b> (x) <c@d>\r\n <e@f>,<g@h>", "a@b c@d e@f g@h ", false },
		{ "Your message of \"today\" <a@b> x@y", "a@b ", false },
		{ "<a@b <c@d>", "c@d ", false },
		{ "<a@b", "a@b ", false },
		{ "<> <x>", "x ", false },
		{ "a@b", "a@b ", true },
		{ "a@b", "", false },
		{ "ab", "", true },
		{ "", "", true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;
		arena_init(&a, 0);
		struct buf b = { 0 };
		struct span rest = span_str(rows[i].in), id;
		while (mime_msgid_next(&a, &rest, rows[i].bare, &id))
			buf_addf(&b, "%.*s ", SPAN_FMT(id));
		same(buf_span(&b), rows[i].out);
		buf_done(&b);
		arena_done(&a);
	}
}

static void test_dates(void **state)
{
	static const struct {
		const char *in;
		int64_t utc;
		int zone; // minutes; 9999: unknown
		int year, month, day;
	} rows[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360, 1997, 11, 21 },
		{ "Tue, 1 Jul 2003 10:52:37 +0200", 1057049557, 120, 2003, 7, 1 },
		{ "Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210, 1969, 2, 13 },
		{ "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n            "
		  "   -0330 (Newfoundland Time)",
			-27723480, -210, 1969, 2, 13 },
		{ "21 Nov 97 09:55:06 GMT", 880106106, 0, 1997, 11, 21 },
		{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880127706, -360, 1997, 11,
			21 },
		{ "31 Dec 2000 16:01:33 -0800", 978307293, -480, 2000, 12, 31 },
		{ "21 Nov 97 09:55:06 EST", 880124106, -300, 1997, 11, 21 },
		{ "21 Nov 97 09:55:06 A", 880106106, 9999, 1997, 11, 21 },
		{ "21 Nov 97 09:55:06 XYZT", 880106106, 9999, 1997, 11, 21 },
		{ "21 Nov 97 09:55:06", 880106106, 9999, 1997, 11, 21 },
		{ "21 Nov 103 00:00 +0000", 1069372800, 0, 2003, 11, 21 },
		{ "1 Jan 49 00:00:00 +0000", 2493072000, 0, 2049, 1, 1 },
		{ "1 Jan 50 00:00:00 +0000", -631152000, 0, 1950, 1, 1 },
		{ "29 Feb 2000 12:00:00 +0000", 951825600, 0, 2000, 2, 29 },
		{ "31 Dec 1998 23:59:60 +0000", 915148800, 0, 1998, 12, 31 },
		// as they come
		{ "Thu Aug 22 12:36:23 2002", 1030019783, 9999, 2002, 8, 22 },
		{ "Thu Aug 22 12:36:23 EDT 2002", 1030034183, -240, 2002, 8, 22 },
		{ "Thu, 22 August 2002 12:36:23 +0100", 1030016183, 60, 2002, 8, 22 },
		{ "Thursday, August 22, 2002 12:36 PM", 1030019760, 9999, 2002, 8, 22 },
		{ "22 Aug 2002 1:05 PM +0000", 1030021500, 0, 2002, 8, 22 },
		{ "2002-08-22T12:36:23Z", 1030019783, 0, 2002, 8, 22 },
		{ "2002-08-22 12:36:23 +01:00", 1030016183, 60, 2002, 8, 22 },
		{ "22-Aug-2002 12:36:23 +0000", 1030019783, 0, 2002, 8, 22 },
		{ "22-Aug-02", 1029974400, 9999, 2002, 8, 22 },
		{ "08/22/2002 12:36:23", 1030019783, 9999, 2002, 8, 22 },
		{ "Thu, 22 Aug 2002 12.36.23 +0000", 1030019783, 0, 2002, 8, 22 },
		{ "Thu, 22 Aug 2002 12:36:23 GMT+0100", 1030019783, 0, 2002, 8, 22 },
		{ "Thu, 22 Aug 2002 12:36:23.5 -0000", 1030019783, 0, 2002, 8, 22 },
		{ "22 Aug 2002 25:00:00 +0000", 1029974400, 0, 2002, 8, 22 },
		{ "22 Aug 2002 12:36:23 +9999", 1030019783, 9999, 2002, 8, 22 },
	};
	struct mime_date d;
	for (size_t i = 0; i < countof(rows); i++) {
		if (!mime_date_parse(span_str(rows[i].in), &d))
			fail_msg("'%s' is no date", rows[i].in);
		if (d.utc != rows[i].utc || (d.zone_known ? d.zone : 9999) != rows[i].zone ||
			d.day !=
				mime_days_of(rows[i].year, (unsigned)rows[i].month,
					(unsigned)rows[i].day))
			fail_msg("'%s': utc %lld, zone %d, day %d", rows[i].in, (long long)d.utc,
				d.zone, d.day);
	}
	static const char *const bad[] = { "", "yesterday", "31 Feb 2002 00:00:00 +0000",
		"0 Jan 2002", "Aug 2002", "22 2002", "12:36:23", "32 Aug 2002", "22 Aug",
		"22/22/2002", "2002-13-01" };
	for (size_t i = 0; i < countof(bad); i++)
		if (mime_date_parse(span_str(bad[i]), &d))
			fail_msg("'%s' is a date", bad[i]);
	assert_int_equal(mime_days_of(1970, 1, 1), 0);
	assert_int_equal(mime_days_of(2000, 3, 1), 11017);
}

static void test_base_subject(void **state)
{
	static const struct {
		const char *in, *out;
		bool reply;
	} rows[] = {
		{ "Re: Saying Hello", "Saying Hello", true },
		{ "Saying Hello", "Saying Hello", false }, { "re: fwd: FW: a", "a", true },
		{ "Re[2]: a", "a", true }, { "Re [x] : a", "a", true },
		{ "[list] Re: a", "a", true }, { "[list] a", "a", false },
		{ "[list]", "[list]", false }, { "[a] [b]", "[b]", false },
		{ "Re: [list]", "[list]", true }, { "a (fwd) (FWD) ", "a", true },
		{ "[Fwd: a]", "a", true }, { "[fwd: Re: [x] a (fwd)]", "a", true },
		{ "Re:", "", true }, { "a\r\n  b\tc", "a b c", false },
		{ "=?utf-8?Q?Re:_x?=", "x", true }, { "Reason: x", "Reason: x", false },
		{ "[a] [b] c", "c", false }, { "[a] re: [b] fwd: c [d]", "c [d]", true },
		{ "", "", false },
		// (1) words that join, tabs and folds; (2) trailers; (3) leaders; (4) blobs, the last of which stays; (6) forwards in forwards
		{ "=?utf-8?Q?R?= =?utf-8?Q?e:_x?=  \t y", "x y", true }, { "(fwd)", "", true },
		{ "a(fwd)", "a", true }, { "a (fwd) b", "a (fwd) b", false },
		{ "Re : a", "a", true }, { "Re [a] [b]: c", "Re [a] [b]: c", false },
		{ "fwd: fw[x]: RE:a", "a", true }, { "fwdx: a", "fwdx: a", false },
		{ "[a[b] c", "[a[b] c", false }, { "[a]b] Re: c", "b] Re: c", false },
		{ "[] a", "a", false }, { "Re: [a] [b] (fwd)", "[b]", true },
		{ "[fwd: [fwd: a] (fwd)]", "a", true }, { "[fwd:]", "", true },
		{ "[fwd: a", "[fwd: a", false }, { "fwd: a]", "a]", true },
		{ "[x] [fwd: re: [y] a]", "a", true }, { "Re:\xc3\xa4", "\xc3\xa4", true },
		{ "AW: a", "AW: a", false }, // translations are not removed (section 7)
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		bool reply;
		buf_addc(&b, '!');
		mime_base_subject(span_str(rows[i].in), &b, &reply);
		same(span_skip(buf_span(&b), 1), rows[i].out);
		if (reply != rows[i].reply)
			fail_msg("'%s': is_reply", rows[i].in);
		buf_done(&b);
	}
}

static void test_octets(void **state)
{
	static const struct {
		const char *in, *out;
		bool converts;
	} rows[] = {
		{ "a =?utf-8?Q?=C3=A4?= b", "a \xc3\xa4 b", true },
		{ "=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "\xc3\xa4", true }, // a character in two words
		{ "=?utf-8?Q?=C3?= x =?utf-8?Q?=A4?=", "\xc3 x \xa4", false },
		{ "=?koi8-r?Q?=F1?=", "\xf1", true },
		{ "=?x-none?Q?=F1?=", "\xf1", false },
		{ "=?us-ascii?Q?=F1?=", "\xf1", false },
		{ "=?utf-8?Q?Re:_=FF?= (fwd)", "Re: \xff (fwd)", false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		bool reply;
		assert_int_equal(mime_text_octets(span_str(rows[i].in), &b), rows[i].converts);
		same(buf_span(&b), rows[i].out);
		buf_reset(&b);
		assert_int_equal(mime_base_subject_octets(span_str(rows[i].in), &b, &reply),
			rows[i].converts);
		buf_done(&b);
	}
}

// Linear work: each of these hangs a reader that looks again at what it has seen.
static void test_floods(void **state)
{
	static const char *const units[] = { "a@b.test, ", "<@", "<<<<", "((((", "=?a?q?", "\"",
		"g:", "[a] ", "(", "\\", "[", "re:", "(fwd)", "[fwd:", "<a b",
		"=?utf-8?q?x?= ", "\xe9 ", "@", ">", "a@b<", " .", "=?x?b?AAAA?= " };
	for (size_t i = 0; i < countof(units); i++) {
		struct buf b = { 0 }, out = { 0 };
		struct arena a;
		arena_init(&a, 0);
		while (b.n < 300000)
			buf_add(&b, span_str(units[i]));
		bool reply;
		mime_base_subject(buf_span(&b), &out, &reply);
		assert_false(out.failed);
		struct mime_addresses it = mime_addresses_of(buf_span(&b));
		struct mime_address m;
		while (mime_addresses_next(&a, &it, &m))
			assert_in_range(m.kind, MIME_ADDRESS, MIME_GROUP_END);
		struct span rest = buf_span(&b), id;
		while (mime_msgid_next(&a, &rest, true, &id))
			assert_true(id.n > 0);
		arena_done(&a);
		buf_done(&b);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_msgids),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_base_subject),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_floods),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
