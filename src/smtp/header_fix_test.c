// SPDX-License-Identifier: Apache-2.0
// What submission does to headers, with every split of the input. "me" is the user's address, "you" another account's.
#include "smtp/header_fix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"

static int owner(struct op *op, void *ctx, struct span local, struct span domain)
{
	(void)op;
	(void)ctx;
	(void)domain;
	return span_eq(local, SPAN("me"))     ? OWNER_USER
		: span_eq(local, SPAN("you")) ? OWNER_ANOTHER
					      : OWNER_NOBODY;
}

// The same, each time that an address is asked for behind OWNER_WAIT for `*ctx` addresses in turn.
static int owner_later(struct op *op, void *ctx, struct span local, struct span domain)
{
	unsigned *left = ctx;
	if (*left == 0)
		return owner(op, NULL, local, domain);
	--*left;
	return OWNER_WAIT;
}

static const struct header_rules rules = {
	.owner = owner, .sender = { "me@a", 4 }, .host = "mx.a"
};

struct cut {
	struct buf header;
	size_t size; // of the header in it
	struct buf body;
};

static int cut(struct op *op, struct span text, size_t chunk, struct cut *to)
{
	struct header_cutter c = { .over = false };
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < text.n; at += chunk) {
		struct span piece = span_cut(text, at, at + chunk);
		size_t used = 0;
		if (!c.over)
			rc = header_cut(op, &c, piece, &to->header, &used);
		buf_add(&to->body, span_skip(piece, used));
	}
	if (rc == 0 && !c.over)
		rc = header_cut_end(op, &c, &to->header);
	to->size = c.line;
	return rc;
}

static void cut_done(struct cut *c)
{
	buf_done(&c->header);
	buf_done(&c->body);
}

static void cuts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *header, *body;
	} rows[] = {
		{ "a: b\r\n\r\nx\r\n", "a: b\r\n\r\n", "x\r\n" },
		{ "a: b\r\n c\r\n\td\r\nB :\r\n\r\n", "a: b\r\n c\r\n\td\r\nB :\r\n\r\n", "" },
		{ "\r\nx", "\r\n", "x" },
		{ "", "\r\n", "" },
		{ "x", "\r\n", "x\r\n" },
		{ "a: b", "a: b\r\n\r\n", "" },
		{ "a: b\r\nx y\r\nc: d\r\n", "a: b\r\n\r\n", "x y\r\nc: d\r\n" },
		{ " folded\r\na: b\r\n", "\r\n", " folded\r\na: b\r\n" },
		{ "From x y\r\na: b\r\n", "\r\n", "From x y\r\na: b\r\n" },
		{ ": x\r\n", "\r\n", ": x\r\n" },
	};
	struct op op;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t chunk = 1; chunk < 40; chunk++) {
			struct cut c = { .size = 0 };
			assert_int_equal(cut(&op, span_str(rows[i].text), chunk, &c), 0);
			buf_addc(&c.body, '\0');
			buf_addc(&c.header, '\0');
			struct span all = span_cut(buf_span(&c.header), 0, c.header.n - 1);
			struct span header = span_cut(all, 0, c.size),
				    head = span_str(rows[i].header);
			assert_true(span_eq(header, head));
			// What lies behind the header is the beginning of the body.
			struct buf body = { 0 };
			buf_add(&body, span_skip(all, c.size));
			buf_add(&body, buf_span(&c.body));
			assert_string_equal(body.p, rows[i].body);
			buf_done(&body);
			cut_done(&c);
		}
	op_done(&op);
}

static void bounded(void **state)
{
	(void)state;
	struct op op;
	struct buf text = { 0 };
	struct cut c = { .size = 0 };
	op_init(&op, 0);
	while (text.n <= SUBMISSION_HEADER_MAX)
		buf_add(&text, SPAN("x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"));
	assert_int_equal(cut(&op, buf_span(&text), 4096, &c), RC_TOOBIG);
	cut_done(&c);
	buf_done(&text);
	op_done(&op);
}

static void fixes(void **state)
{
	(void)state;
#define HAS "Date: d\r\nMessage-ID: <m>\r\n"
	static const struct {
		const char *header;
		int rc;
		const char *head, *sender, *bcc;
	} rows[] = {
		{ HAS "From: me@a\r\n\r\n", 0, HAS "From: me@a\r\n\r\n", "", "" },
		{ HAS "From: you@a\r\n\r\n", RC_NOPERM, NULL, NULL, NULL },
		{ HAS "From: me@a, \"x\" <you@a>\r\n\r\n", RC_NOPERM, NULL, NULL, NULL },
		{ HAS "From: me@a\r\nFROM : g: you@a;\r\n\r\n", RC_NOPERM, NULL, NULL, NULL },
		{ HAS "From: list@b\r\n\r\n", 0, HAS "From: list@b\r\n\r\n", "Sender: me@a\r\n",
			"" },
		{ HAS "From: list@b\r\nSender: me@a\r\n\r\n", 0,
			HAS "From: list@b\r\nSender: me@a\r\n\r\n", "", "" },
		{ HAS "From: list@b\r\nSender: you@a\r\n\r\n", 0, HAS "From: list@b\r\n\r\n",
			"Sender: me@a\r\n", "" },
		{ HAS "Sender: x@b\r\n\r\n", 0, HAS "\r\n", "Sender: me@a\r\n", "" },
		{ HAS "From: you@a\r\nResent-From: me@a\r\n\r\n", 0,
			HAS "From: you@a\r\nResent-From: me@a\r\n\r\n", "", "" },
		{ HAS "From: me@a\r\nResent-From: x@b\r\n\r\n", 0,
			HAS "From: me@a\r\nResent-From: x@b\r\n\r\n", "Resent-Sender: me@a\r\n",
			"" },
		{ HAS "Resent-From: me@a\r\nReceived: x\r\nResent-Sender: you@a\r\nResent-From: "
		      "you@a\r\nFrom: x@b\r\n\r\n",
			0,
			HAS "Resent-From: me@a\r\nReceived: x\r\nResent-Sender: "
			    "you@a\r\nResent-From: you@a\r\nFrom: x@b\r\n\r\n",
			"", "" },
		{ "Resent-Sender: you@a\r\nResent-From: me@a\r\nResent-From: you@a\r\n" HAS "\r\n",
			0, "Resent-From: me@a\r\nResent-From: you@a\r\n" HAS "\r\n", "", "" },
		{ HAS "Resent-To: x@b\r\nResent-From: you@a\r\nResent-From: me@a\r\n\r\n",
			RC_NOPERM, NULL, NULL, NULL },
		{ HAS "Bcc: a\r\n b\r\nFrom: me@a\r\nRESENT-BCC:c\r\n\r\n", 0,
			HAS "From: me@a\r\n\r\n", "", "Bcc: a\r\n b\r\nRESENT-BCC:c\r\n" },
	};
	struct op op;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		struct fixed_header f;
		int rc = header_fix(&op, span_str(rows[i].header), &rules, &f);
		if (rc != rows[i].rc)
			fail_msg("%s: %d", rows[i].header, rc);
		if (rc < 0)
			continue;
		assert_true(span_eq(f.head, span_str(rows[i].head)));
		assert_true(span_eq(f.sender, span_str(rows[i].sender)));
		assert_true(span_eq(f.bcc, span_str(rows[i].bcc)));
		assert_int_equal(f.added.n, 0);
		assert_true(f.has_message_id);
	}
	op_done(&op);
}

static void adds(void **state)
{
	(void)state;
	struct op op;
	struct fixed_header f;
	op_init(&op, 0);
	assert_int_equal(header_fix(&op, SPAN("From: me@a\r\n\r\n"), &rules, &f), 0);
	assert_true(span_starts(f.added, SPAN("Date: ")));
	assert_true(span_find(f.added, SPAN("+0000\r\nMessage-ID: <")) != SIZE_MAX);
	assert_true(span_find(f.added, SPAN("@mx.a>\r\n")) == f.added.n - 8);
	assert_false(f.has_message_id);
	struct buf many = { 0 };
	for (unsigned i = 0; i <= SUBMISSION_AUTHORS_MAX; i++)
		buf_add(&many, SPAN("From: me@a\r\n"));
	assert_int_equal(header_fix(&op, buf_span(&many), &rules, &f), RC_TOOBIG);
	buf_reset(&many);
	buf_add(&many, SPAN("From: "));
	for (unsigned i = 0; i <= SUBMISSION_AUTHORS_MAX; i++)
		buf_add(&many, SPAN("nobody:;,"));
	buf_add(&many, SPAN(" another@a\r\n\r\n"));
	assert_int_equal(header_fix(&op, buf_span(&many), &rules, &f), RC_TOOBIG);
	buf_done(&many);
	op_done(&op);
}

// What is not known yet decides nothing, whatever else is known.
static void waits(void **state)
{
	(void)state;
	struct op op;
	struct fixed_header f;
	unsigned left = 2;
	struct header_rules later = rules;
	struct span text = SPAN(HAS "Sender: x@b\r\nFrom: you@a, me@a\r\n\r\n");
	later.owner = owner_later;
	later.ctx = &left;
	op_init(&op, 0);
	assert_int_equal(header_fix(&op, text, &later, &f), HEADER_WAIT);
	assert_int_equal(header_fix(&op, text, &later, &f), HEADER_WAIT);
	assert_int_equal(header_fix(&op, text, &later, &f), RC_NOPERM);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
		cmocka_unit_test(cuts),
		cmocka_unit_test(bounded),
		cmocka_unit_test(fixes),
		cmocka_unit_test(adds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
