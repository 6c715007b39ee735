// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "wire/future_release.h"
#include "wire/smtp.h"
#include "wire/smtp_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

static struct op op;

static void paths(void **state)
{
	(void)state;
	static const struct {
		const char *line, *local, *domain; // local NULL: refused
	} rows[] = {
		{ "MAIL FROM:<a@b>", "a", "b" },
		{ "mail from:<a.b+c=d@b.example>", "a.b+c=d", "b.example" },
		{ "MAIL FROM: <a@[192.0.2.1]>", "a", "[192.0.2.1]" },
		{ "MAIL FROM:<\"a \\\"b@\"@c>", "a \"b@", "c" },
		{ "MAIL FROM:<@x.y,@z:a@b>", "a", "b" },
		{ "RCPT TO:<Postmaster>", "Postmaster", NULL },
		{ "RCPT TO:<a..b@c>", "a..b", "c" },
		{ "RCPT TO:<\xc3\xbc@\xc3\xbc.example>", "\xc3\xbc", "\xc3\xbc.example" },
		{ "RCPT TO:a@b", NULL, NULL },
		{ "RCPT TO:<a@b", NULL, NULL },
		{ "RCPT TO:<a@>", NULL, NULL },
		{ "RCPT TO:<@b>", NULL, NULL },
		{ "RCPT TO:<a b@c>", NULL, NULL },
		{ "RCPT TO:<a@b>x", NULL, NULL },
		{ "RCPT TO:<a@b c>", NULL, NULL },
		{ "RCPT TO:<\"a@c>", NULL, NULL },
		{ "RCPT TO:<a@b\rc>", NULL, NULL },
		{ "RCPT TO:<\xff@b>", NULL, NULL },
		{ "RCPT TO:<a@[b>", NULL, NULL },
		{ "RCPT FROM:<a@b>", NULL, NULL },
		{ "MAIL FROM:<a@b> =x", NULL, NULL },
		{ "MAIL FROM:<a@b> A= ", NULL, NULL },
		{ "MAIL FROM:<a@b> A=1 a=2", NULL, NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct smtp_command c;
		int rc = smtp_parse(&op, span_str(rows[i].line), &c);
		if ((rc == 0) != (rows[i].local != NULL))
			fail_msg("%s: %d %s", rows[i].line, rc, op.text);
		if (rc == 0) {
			assert_true(span_eq(c.path.local, span_str(rows[i].local)));
			assert_true(span_eq(c.path.domain, span_str(rows[i].domain)));
		}
		op_reset(&op);
	}
}

static void commands(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum smtp_verb verb;
		bool good;
	} rows[] = {
		{ "LHLO x", SMTP_LHLO, true },
		{ "data", SMTP_DATA, true },
		{ "DATA x", SMTP_DATA, false },
		{ "DATA ", SMTP_DATA, true },
		{ "QUIT", SMTP_QUIT, true },
		{ "BDAT 10", SMTP_BDAT, true },
		{ "BDAT 10 last", SMTP_BDAT, true },
		{ "BDAT", SMTP_BDAT, false },
		{ "BDAT 99999999999999999999", SMTP_BDAT, false },
		{ "BDAT 1 FIRST", SMTP_BDAT, false },
		{ "NOOP whatever", SMTP_NOOP, true },
		{ "XYZ", SMTP_UNKNOWN, false },
		{ "", SMTP_UNKNOWN, false },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct smtp_command c;
		int rc = smtp_parse(&op, span_str(rows[i].line), &c);
		if ((rc == 0) != rows[i].good || c.verb != rows[i].verb)
			fail_msg("%s: %d", rows[i].line, rc);
		op_reset(&op);
	}
	struct smtp_command c;
	assert_int_equal(smtp_parse(&op, SPAN("MAIL FROM:<> SIZE=5  BODY=8BITMIME X-1"), &c), 0);
	assert_int_equal(c.path.text.n, 0);
	assert_int_equal(c.param_count, 3);
	assert_true(span_eq(c.params[0].value, SPAN("5")));
	assert_null(c.params[2].value.p);
	op_reset(&op);
}

static void values(void **state)
{
	(void)state;
	assert_true(smtp_xtext_is_valid(SPAN("a+2Bb")));
	assert_false(smtp_xtext_is_valid(SPAN("a+2b")));
	assert_false(smtp_xtext_is_valid(SPAN("a+2")));
	assert_false(smtp_xtext_is_valid(SPAN("a=")));
	assert_false(smtp_xtext_is_valid(SPAN("")));
	assert_true(smtp_notify_is_valid(SPAN("SUCCESS,failure")));
	assert_true(smtp_notify_is_valid(SPAN("NEVER")));
	assert_false(smtp_notify_is_valid(SPAN("NEVER,DELAY")));
	assert_false(smtp_notify_is_valid(SPAN("")));
	assert_true(smtp_orcpt_is_valid(SPAN("rfc822;a@b")));
	assert_true(smtp_orcpt_is_valid(SPAN("utf-8;\xc3\xbc@b")));
	assert_true(smtp_orcpt_is_valid(SPAN("utf-8;\\x{FC}@b")));
	assert_false(smtp_orcpt_is_valid(SPAN("rfc822;\xc3\xbc@b")));
	assert_false(smtp_orcpt_is_valid(SPAN("a@b")));
}

// Local parts as they stand in an address; addresses of RFC 6533, decoded.
static void texts(void **state)
{
	(void)state;
	static const char *const locals[][2] = { { "anna", "anna" }, { "a.b+c", "a.b+c" },
		{ "\xc3\xbc", "\xc3\xbc" }, { "a..b", "\"a..b\"" }, { ".a", "\".a\"" },
		{ "a.", "\"a.\"" }, { "a@b", "\"a@b\"" }, { "a\"\\b", "\"a\\\"\\\\b\"" },
		{ "(a)", "\"(a)\"" }, { "", "\"\"" } };
	static const char *const addresses[][2] = { { "a@b", "a@b" },
		{ "\\x{FC}@b\\x{20AC}\\x{1F600}", "\xc3\xbc@b\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc3\xbc\\x{2B}", "\xc3\xbc+" }, { "a\\x{5C}", "a\\" },
		{ "\\x{FC}+41", "\\x{FC}+41" }, { "\\x{FC}\\", "\\x{FC}\\" },
		{ "\\x{D800}", "\\x{D800}" }, { "\\x{110000}", "\\x{110000}" },
		{ "\\x{F}", "\\x{F}" }, { "\\x{FC", "\\x{FC" }, { "\\x{1000000}", "\\x{1000000}" },
		{ "\\x{00}", "\\x{00}" }, { "\\x{fc}", "\\x{fc}" } };
	struct buf b = { 0 };
	for (size_t i = 0; i < countof(locals); i++) {
		buf_reset(&b);
		smtp_local_add(&b, span_str(locals[i][0]));
		assert_true(span_eq(buf_span(&b), span_str(locals[i][1])));
	}
	for (size_t i = 0; i < countof(addresses); i++) {
		buf_reset(&b);
		buf_addc(&b, ';');
		smtp_unitext_decode(span_str(addresses[i][0]), &b);
		if (!span_eq(span_skip(buf_span(&b), 1), span_str(addresses[i][1])))
			fail_msg("%s: %.*s", addresses[i][0], SPAN_FMT(buf_span(&b)));
	}
	buf_done(&b);
}

static void replies(void **state)
{
	(void)state;
	struct rope r;
	char text[200];
	rope_init(&r);
	smtp_reply(&r, &(struct smtp_reply){ .code = 250, .enhanced = "2.1.0" },
		SPAN("a\r\nb \xc3\xbc"));
	smtp_reply(&r, &(struct smtp_reply){ .code = 354, .utf8 = true }, SPAN("\xc3\xbc"));
	smtp_reply_line(&r, 250, SPAN("X"), false);
	smtp_reply_line(&r, 250, SPAN("Y"), true);
	size_t n = rope_size(&r);
	rope_copy(&r, text);
	assert_true(span_eq(
		span_of(text, n), SPAN("250 2.1.0 a??b ??\r\n354 \xc3\xbc\r\n250-X\r\n250 Y\r\n")));
	rope_done(&r);
}

// Replies of a server; '|' parts their lines. `next` is what the last one gives.
static void answers(void **state)
{
	(void)state;
	static const struct {
		const char *lines;
		enum smtp_answer_next next;
		unsigned code;
		const char *enhanced, *text;
	} rows[] = {
		{ "250 ok", SMTP_ANSWER_DONE, 250, "", "ok" },
		{ "250", SMTP_ANSWER_DONE, 250, "", "" },
		{ "550 5.1.1 <x> is not here", SMTP_ANSWER_DONE, 550, "5.1.1", "<x> is not here" },
		{ "550-5.1.1 one|550 5.1.1 two", SMTP_ANSWER_DONE, 550, "5.1.1", "one two" },
		{ "452 4.5.3", SMTP_ANSWER_DONE, 452, "4.5.3", "" },
		{ "452 4.5.3.", SMTP_ANSWER_DONE, 452, "", "4.5.3." },
		{ "250 5.1.1 of another class", SMTP_ANSWER_DONE, 250, "",
			"5.1.1 of another class" },
		{ "250 2.1234.1 x", SMTP_ANSWER_DONE, 250, "", "2.1234.1 x" },
		{ "250-a|250-b", SMTP_ANSWER_MORE, 250, "", "a b" },
		{ "250-a|251 b", SMTP_ANSWER_BAD, 250, "", "a" },
		{ "250\tx", SMTP_ANSWER_BAD, 0, "", "" },
		{ "25 x", SMTP_ANSWER_BAD, 0, "", "" },
		{ "199 x", SMTP_ANSWER_BAD, 0, "", "" },
		{ "600 x", SMTP_ANSWER_BAD, 0, "", "" },
		{ "hello", SMTP_ANSWER_BAD, 0, "", "" },
		{ "", SMTP_ANSWER_BAD, 0, "", "" },
		{ "250 a\001b\303\274", SMTP_ANSWER_DONE, 250, "", "a?b??" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct smtp_answer a = { .code = 0 };
		struct span rest = span_str(rows[i].lines), line;
		enum smtp_answer_next next = SMTP_ANSWER_MORE;
		while (rest.p) {
			rest = span_split(rest, '|', &line);
			next = smtp_answer_line(&a, line);
		}
		assert_int_equal(next, rows[i].next);
		assert_int_equal(a.code, rows[i].code);
		assert_string_equal(a.enhanced, rows[i].enhanced);
		assert_string_equal(a.text, rows[i].text);
	}
	struct smtp_answer a = { .code = 0 };
	for (unsigned i = 0; i < SMTP_REPLY_LINES_MAX; i++)
		assert_int_equal(smtp_answer_line(&a, SPAN("250-xxxxxxxx")), SMTP_ANSWER_MORE);
	assert_int_equal(smtp_answer_line(&a, SPAN("250 end")), SMTP_ANSWER_BAD);
	assert_int_equal(strlen(a.text), SMTP_REPLY_TEXT_MAX - 1);
	struct span rest;
	assert_true(span_eq(smtp_ehlo_keyword(SPAN("250-SIZE  100 "), &rest), SPAN("SIZE")));
	assert_true(span_eq(rest, SPAN("100")));
}

static void future_releases(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t time; // -1: refused
	} times[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2024-02-29T23:59:60.5z", 1709251200 },
		{ "9999-12-31t23:59:59Z", 253402300799 },
		{ "2023-02-29T00:00:00Z", -1 },
		{ "2024-13-01T00:00:00Z", -1 },
		{ "2024-00-01T00:00:00Z", -1 },
		{ "2024-01-00T00:00:00Z", -1 },
		{ "2024-01-01T24:00:00Z", -1 },
		{ "2024-01-01T00:60:00Z", -1 },
		{ "2024-01-01T00:00:61Z", -1 },
		{ "2024-01-01T00:00:00+00:00", -1 },
		{ "2024-01-01T00:00:00.Z", -1 },
		{ "2024-01-01T00:00:00", -1 },
		{ "2024-01-01 00:00:00Z", -1 },
		{ "2024-01-01T00:0x:00Z", -1 },
		{ "2024-01-01T00:00:00ZZ", -1 },
		{ "", -1 },
	};
	for (size_t i = 0; i < countof(times); i++) {
		int64_t time = -1;
		assert_int_equal(
			future_time_parse(span_str(times[i].text), &time), times[i].time >= 0);
		assert_int_equal(time, times[i].time);
	}
	static const char *const bad[] = { "", "0", "01", "-1", "+1", "1x", "1000000000" };
	uint64_t seconds;
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(future_seconds_parse(span_str(bad[i]), &seconds));
	assert_true(future_seconds_parse(SPAN("999999999"), &seconds));
	assert_int_equal(seconds, 999999999);
	struct future_release offer = { .seconds = 7 };
	assert_false(future_offer_parse(SPAN("86400"), &offer));
	assert_false(future_offer_parse(SPAN("86400 tomorrow"), &offer));
	assert_int_equal(offer.seconds, 7);
	static const char *const offers[] = { "86400 2031-12-31T23:59:59Z",
		"1 0000-01-01T00:00:00Z", "999999999 9999-12-31T01:02:03Z" };
	for (size_t i = 0; i < countof(offers); i++) {
		char text[FUTURE_OFFER_SIZE];
		assert_true(future_offer_parse(span_str(offers[i]), &offer));
		future_offer_print(text, &offer);
		assert_string_equal(text + sizeof "FUTURERELEASE", offers[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(paths),
		cmocka_unit_test(commands),
		cmocka_unit_test(values),
		cmocka_unit_test(texts),
		cmocka_unit_test(replies),
		cmocka_unit_test(future_releases),
	};
	op_init(&op, 0);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	op_done(&op);
	return failed;
}
