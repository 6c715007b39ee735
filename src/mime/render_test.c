// SPDX-License-Identifier: Apache-2.0
// Starling: tests of ENVELOPE, BODY and BODYSTRUCTURE: the texts themselves. That they are legal is tested in mutate_test.c.
#include "mime/all_test.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum what { ENVELOPE, BODY, STRUCTURE };

static bool render(const char *message, enum what what, enum mime_form form, struct buf *to)
{
	struct op op;
	op_init(&op, 0);
	struct buf text = { 0 };
	for (const char *c = message; *c; c++) {
		if (*c == '\n')
			buf_addc(&text, '\r');
		buf_addc(&text, *c);
	}
	const struct mime_tree *t;
	bool same = false;
	assert_int_equal(mime_parse(&op, buf_span(&text), &t), 0);
	int rc = what == ENVELOPE
		? mime_envelope_render(&op, t, 0, form, to, &same)
		: mime_structure_render(&op, t, what == STRUCTURE, form, to, &same);
	assert_int_equal(rc, 0);
	buf_done(&text);
	op_done(&op);
	return same;
}

static void check_text(
	const char *message, enum what what, enum mime_form form, const char *want, bool same)
{
	struct buf b = { 0 };
	bool got = render(message, what, form, &b);
	if (!span_eq(buf_span(&b), span_str(want)))
		fail_msg("\n got %.*s\nwant %s", SPAN_FMT(b), want);
	assert_int_equal(got, same);
	buf_done(&b);
}

static void test_envelope(void **state)
{
	check_text("\n", ENVELOPE, MIME_ASCII, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", true);
	check_text("Date: Fri, 21 Nov 1997 09:55:06 -0600\nSubject: Saying Hello\nFrom: John Doe "
		   "<jdoe@machine.example>\n"
		   "Sender: Michael Jones <mjones@machine.example>\nTo: Mary Smith "
		   "<mary@example.net>\nMessage-ID: <1234@local.machine.example>\n\n",
		ENVELOPE, MIME_ASCII,
		"(\"Fri, 21 Nov 1997 09:55:06 -0600\" \"Saying Hello\" ((\"John Doe\" NIL \"jdoe\" "
		"\"machine.example\")) "
		"((\"Michael Jones\" NIL \"mjones\" \"machine.example\")) ((\"John Doe\" NIL "
		"\"jdoe\" \"machine.example\")) "
		"((\"Mary Smith\" NIL \"mary\" \"example.net\")) NIL NIL NIL "
		"\"<1234@local.machine.example>\")",
		true);
	// groups, routes, present but empty, no addresses, no domain, several fields of a kind
	check_text("Subject:\nFrom: <@r,@s:a@b>\nSender: ,\nTo: A Group:Ed Jones <c@a.test>;\nTo: "
		   "root\nCc: U:;\nBcc:\nIn-Reply-To:\n\n",
		ENVELOPE, MIME_ASCII,
		"(NIL \"\" ((NIL \"@r,@s\" \"a\" \"b\")) ((NIL \"@r,@s\" \"a\" \"b\")) ((NIL "
		"\"@r,@s\" \"a\" \"b\")) "
		"((NIL NIL \"A Group\" NIL)(\"Ed Jones\" NIL \"c\" \"a.test\")(NIL NIL NIL "
		"NIL)(NIL NIL \"root\" \"\")) "
		"((NIL NIL \"U\" NIL)(NIL NIL NIL NIL)) NIL \"\" NIL)",
		true);
	// encoded-words stay; quoting
	check_text("Subject: =?utf-8?Q?=C3=A9?= \"x\" \\\nFrom: \"a \\\"b\\\" \\\\\" <c@d>\n\n",
		ENVELOPE, MIME_UTF8,
		"(NIL \"=?utf-8?Q?=C3=A9?= \\\"x\\\" \\\\\" ((\"a \\\"b\\\" \\\\\" NIL \"c\" "
		"\"d\")) ((\"a \\\"b\\\" \\\\\" NIL \"c\" \"d\")) "
		"((\"a \\\"b\\\" \\\\\" NIL \"c\" \"d\")) NIL NIL NIL NIL NIL)",
		true);
}

#define NILS " NIL NIL NIL NIL NIL NIL NIL NIL)"
static void test_envelope_8bit(void **state)
{
	static const struct {
		const char *in, *ascii, *utf8;
	} rows[] = {
		{ "Subject: gr\xc3\xbc\xc3\x9f dich", "=?utf-8?B?Z3LDvMOf?= dich",
			"gr\xc3\xbc\xc3\x9f dich" },
		{ "Subject: gr\xfc\xdf", "=?utf-8?B?Z3LDvMOf?=", "gr\xc3\xbc\xc3\x9f" },
		{ "Subject: a \xc3\xa9 \xc3\xa9  b", "a =?utf-8?B?w6kgw6k=?=  b",
			"a \xc3\xa9 \xc3\xa9  b" },
		{ "Subject: hello-world-\xc3\xa9",
			"=?utf-8?Q?hello-world-=C3=A9?=", "hello-world-\xc3\xa9" },
		// blanks next to encoded-words must not vanish
		{ "Subject: =?utf-8?q?x?= \xc3\xa9 =?utf-8?q?y?=",
			"=?utf-8?q?x?= =?utf-8?Q?_=C3=A9_?= =?utf-8?q?y?=",
			"=?utf-8?q?x?= \xc3\xa9 =?utf-8?q?y?=" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char message[200], want[300];
		(void)snprintf(message, sizeof message, "%s\n\n", rows[i].in);
		(void)snprintf(want, sizeof want, "(NIL \"%s\"" NILS, rows[i].ascii);
		check_text(message, ENVELOPE, MIME_ASCII, want, false);
		(void)snprintf(want, sizeof want, "(NIL \"%s\"" NILS, rows[i].utf8);
		check_text(message, ENVELOPE, MIME_UTF8, want, false);
	}
	check_text("To: J\xc3\xb6 <\xc3\xbc@x.test>\n\n", ENVELOPE, MIME_ASCII,
		"(NIL NIL NIL NIL NIL ((\"=?utf-8?B?SsO2IDzDvEB4LnRlc3Q+?=\" NIL \"invalid\" "
		"\"internationalized-address.invalid\")) NIL NIL NIL NIL)",
		false);
	check_text("To: J\xc3\xb6 <\xc3\xbc@x.test>\n\n", ENVELOPE, MIME_UTF8,
		"(NIL NIL NIL NIL NIL ((\"J\xc3\xb6\" NIL \"\xc3\xbc\" \"x.test\")) NIL NIL NIL "
		"NIL)",
		false);
}

static void test_structure(void **state)
{
	check_text("\nx\n", STRUCTURE, MIME_ASCII,
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1 NIL NIL NIL "
		"NIL)",
		true);
	check_text("\nx\n", BODY, MIME_ASCII,
		"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 3 1)", true);
	check_text("Content-Type: image/png; name=a\nContent-ID: <i>\nContent-Description: "
		   "d\nContent-Transfer-Encoding: BASE64\n"
		   "Content-MD5: m\nContent-Disposition: attachment; filename=\"f "
		   "g\"\nContent-Language: en, de\nContent-Location: l\n\nAAAA\n",
		STRUCTURE, MIME_UTF8,
		"(\"image\" \"png\" (\"name\" \"a\") \"<i>\" \"d\" \"BASE64\" 6 \"m\" "
		"(\"attachment\" (\"filename\" \"f g\")) (\"en\" \"de\") \"l\")",
		true);
	check_text("Content-Type: multipart/mixed; boundary=b\nContent-Language: "
		   "en\n\n--b\n\nx\n--b\nContent-Type: message/rfc822\n\nSubject: s\n\ny\n--b--\n",
		STRUCTURE, MIME_UTF8,
		"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL "
		"NIL)"
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\"" NILS
		" (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL "
		"NIL) 2 NIL NIL NIL NIL)"
		" \"mixed\" (\"boundary\" \"b\") NIL \"en\" NIL)",
		true);
	check_text("Content-Type: multipart/mixed; boundary=b\n\n", BODY, MIME_ASCII,
		"((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) \"mixed\")",
		true);
	check_text("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nAAAA", BODY,
		MIME_ASCII, "(\"application\" \"octet-stream\" NIL NIL NIL \"base64\" 4)", true);
	check_text("Content-Type: message/global\n\n\n", BODY, MIME_ASCII,
		"(\"message\" \"global\" NIL NIL NIL \"7bit\" 2)", false);
	check_text("Content-Type: message/global\n\n\n", BODY, MIME_UTF8,
		"(\"message\" \"global\" NIL NIL NIL \"7bit\" 2 (NIL NIL" NILS
		" (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0) 1)",
		false);
}

static void test_params(void **state)
{
	static const struct {
		const char *in, *ascii, *utf8;
	} rows[] = {
		{ "n*=iso-8859-1'de'%E4%20x", "\"n*\" \"utf-8'de'%C3%A4%20x\"",
			"\"n*\" \"\xc3\xa4 x\"" },
		{ "n*0*=utf-8''%C3; n*1*=%A4; n*2=\"y'z\"", "\"n*\" \"utf-8''%C3%A4y%27z\"",
			"\"n*\" \"\xc3\xa4y'z\"" },
		{ "n=\"\xe4\"", "\"n*\" \"utf-8''%C3%A4\"", "\"n\" \"\xc3\xa4\"" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		char message[200], want[300];
		(void)snprintf(message, sizeof message, "Content-Type: a/b; %s\n\n", rows[i].in);
		(void)snprintf(
			want, sizeof want, "(\"a\" \"b\" (%s) NIL NIL \"7bit\" 0)", rows[i].ascii);
		check_text(message, BODY, MIME_ASCII, want, false);
		(void)snprintf(
			want, sizeof want, "(\"a\" \"b\" (%s) NIL NIL \"7bit\" 0)", rows[i].utf8);
		check_text(message, BODY, MIME_UTF8, want, false);
	}
	check_text("Content-Type: a/b; n*0=\"x y\"; n*1=z\n\n", BODY, MIME_ASCII,
		"(\"a\" \"b\" (\"n\" \"x yz\") NIL NIL \"7bit\" 0)", true);
	check_text("Content-Type: a/b; n=\"=?utf-8?Q?=C3=A4?=\"\n\n", BODY, MIME_ASCII,
		"(\"a\" \"b\" (\"n\" \"=?utf-8?Q?=C3=A4?=\") NIL NIL \"7bit\" 0)", true);
}

static void test_quoted(void **state)
{
	struct buf b = { 0 };
	mime_quoted(span_of("a\"\\\r\n\0\xe9", 7), MIME_UTF8, &b);
	mime_quoted(SPAN("\xc3\xa9"), MIME_UTF8, &b);
	mime_quoted(SPAN("\xc3\xa9"), MIME_ASCII, &b);
	assert_true(span_eq(buf_span(&b), SPAN("\"a\\\"\\\\  ??\"\"\xc3\xa9\"\"??\"")));
	buf_done(&b);
}

// Whatever is too long is cut, and what is left is legal and within the limit (all_render_check()).
static void test_long(void **state)
{
	static const char *const units[] = { "a very long name <a@b.test>, ",
		"\xc3\xa9 <\xc3\xa9@b>, ", "g: a@b, ", "g: a@b; ", "\xe9 ", "\"\\\\\" ", "x@y," };
	static const char *const fields[] = { "To", "From", "Subject", "Cc", "In-Reply-To",
		"Content-Description", "Content-Language" };
	for (size_t i = 0; i < countof(units); i++) {
		struct buf b = { 0 };
		for (size_t f = 0; f < countof(fields); f++) {
			buf_addf(&b, "%s: ", fields[f]);
			for (int k = 0; k < 9000; k++)
				buf_add(&b, span_str(units[i]));
			buf_add(&b, SPAN("\r\n"));
		}
		buf_add(&b, SPAN("\r\n"));
		const char *bad = all_check(buf_span(&b), 0, NULL);
		if (bad)
			fail_msg("%s: %s", units[i], bad);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_envelope_8bit),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
