// SPDX-License-Identifier: Apache-2.0
// TEXT, BODY and HEADER over whole messages (of the folders given) against a plain search in decoded, folded text. Needles are pieces of the
// messages' own texts, whole words, phrases over blanks, and strings that are nowhere.
#include "mail/content_testing.h"
#include "mail/search_priv.h"
#include "mail/search_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct {
	struct messages messages;
	struct store *store;
} all; // of this test program

#define KEYS 6u

static void check_scan(
	struct op *op, const struct content *c, const struct texts *t, unsigned *seed)
{
	struct text_key keys[KEYS] = { 0 };
	struct span needles[KEYS];
	struct text_scan scan;
	for (size_t i = 0; i < KEYS; i++) {
		needles[i] = pick(op, t, seed);
		assert_int_equal(text_key_make(op, &op->arena, COLLATION_UNICODE_CASEMAP,
					 needles[i], i % 2 == 0, &keys[i]),
			0);
		assert_int_equal(
			needle_stream_make(op, &op->arena, &keys[i].needle, &keys[i].stream), 0);
		keys[i].wanted = i < 5;
	}
	text_scan_init(&scan, keys, KEYS);
	text_scan_begin(&scan, c);
	for (bool done = false; !done;)
		assert_int_equal(text_scan_step(op, &scan, &done), 0);
	for (size_t i = 0; i < 5; i++) {
		bool want = found_plainly(t, needles[i], i % 2 == 0, false);
		if (keys[i].stream.found != want)
			print_error("'%.*s' %d\n", SPAN_FMT(needles[i]), want);
		assert_int_equal(keys[i].stream.found, want);
	}
	text_scan_done(&scan);
}

// HEADER keys: the card's answer where it has one, the octets' always, against the fields' texts.
static void check_fields(struct op *op, const struct content *c, struct span header, unsigned *seed)
{
	static const struct span names[] = { SPAN("subject"), SPAN("From"), SPAN("TO"), SPAN("Cc"),
		SPAN("Message-ID"), SPAN("Received"), SPAN("X-Nobody"), SPAN("Return-Path") };
	struct field_scratch scratch = { 0 };
	for (size_t i = 0; i < countof(names); i++) {
		struct texts values = { .folded = true };
		struct mime_fields it = mime_fields_of(header);
		struct mime_field f;
		while (mime_fields_next(&it, &f) && values.count < 100) {
			struct buf text = { 0 };
			mime_text_of(f.value, &text);
			if (span_caseeq(f.name, names[i]))
				texts_add(op, &values, buf_span(&text), true);
			buf_done(&text);
		}
		bool exists = values.count > 0;
		texts_add(op, &values, SPAN("NOWHERE"), true);
		struct span needle = rand_r(seed) % 5 ? pick(op, &values, seed) : SPAN("");
		values.count--;
		bool want = needle.n ? found_plainly(&values, needle, true, false) : exists;
		struct field_key key;
		assert_int_equal(field_key_make(op, &op->arena, names[i], needle, &key), 0);
		int octets = field_in_octets(op, &key, c, &scratch), card = field_in_card(&key, c);
		assert_true(octets == FIELD_YES || octets == FIELD_NO);
		if (card >= 0)
			assert_int_equal(card, octets);
		if (key.addresses) // these match their plain form, too
			assert_true(!want || octets == FIELD_YES);
		else
			assert_int_equal(octets, want);
	}
	field_scratch_done(&scratch);
}

static void check_message(struct span m, struct span prefix, unsigned *seed, int rounds)
{
	struct op op;
	struct msg_cold cold;
	struct content c;
	struct texts *t = malloc(sizeof *t);
	must(t);
	t->folded = true;
	op_init(&op, 0);
	assert_int_equal(deliver(&op, all.store, prefix, m, 0, &cold), 0);
	assert_int_equal(content_open_cold(&op, all.store, &cold, &c), 0);
	texts_of(&op, t, prefix, m);
	texts_add(&op, t, SPAN("NOWHERE"), false);
	t->count--;
	for (int i = 0; i < rounds && t->count > 0; i++)
		check_scan(&op, &c, t, seed);
	assert_int_equal(content_want_octets(&op, all.store, &c), 0);
	struct card_part root;
	struct span header;
	assert_int_equal(content_part(&op, &c, 0, &root), 0);
	assert_int_equal(content_bytes(&op, &c, 0, root.body_start, &header), 0);
	for (int i = 0; i < rounds; i++)
		check_fields(&op, &c, header, seed);
	content_close(&c);
	op_done(&op);
	free(t);
}

static void finds_what_is_there(void **state)
{
	(void)state;
	unsigned seed = 3;
	for (size_t i = 0; i < all.messages.count; i++)
		check_message(all.messages.list[i],
			i % 4 ? SPAN_NONE : SPAN("Return-Path: <a@b>\r\nDelivered-To: x\r\n"),
			&seed, all.messages.count > 1000 ? 4 : 40);
}

static bool has_text(struct span m, struct span folded, bool headers)
{
	struct op op;
	struct msg_cold cold;
	struct content c;
	struct text_key key;
	struct text_scan scan;
	op_init(&op, 0);
	assert_int_equal(deliver(&op, all.store, SPAN_NONE, m, 0, &cold), 0);
	assert_int_equal(content_open_cold(&op, all.store, &cold, &c), 0);
	assert_int_equal(
		text_key_make(&op, &op.arena, COLLATION_UNICODE_CASEMAP, folded, headers, &key), 0);
	assert_int_equal(needle_stream_make(&op, &op.arena, &key.needle, &key.stream), 0);
	key.wanted = true;
	text_scan_init(&scan, &key, 1);
	text_scan_begin(&scan, &c);
	for (bool done = false; !done;)
		assert_int_equal(text_scan_step(&op, &scan, &done), 0);
	bool found = key.stream.found;
	text_scan_done(&scan);
	content_close(&c);
	op_done(&op);
	return found;
}

static void knows_its_regions(void **state)
{
	(void)state;
	struct span m = SPAN(
		"Subject: a\r\n folded subject\r\nFrom: x@y\r\nContent-Type: multipart/mixed; "
		"boundary=BOUND\r\n\r\npreamble\r\n--BOUND\r\nContent-Type: text/plain\r\nX-Part: "
		"partheader\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"SGVsbG8gV29ybGQ=\r\n--BOUND\r\nContent-Type: application/x\r\n\r\nbinary\r\n"
		"--BOUND\r\nContent-Type: message/rfc822\r\n\r\nSubject: innersubject\r\n\r\ninner "
		"body\r\n--BOUND--\r\nepilogue\r\n");
	assert_true(has_text(m, SPAN("A FOLDED SUBJECT"), true));
	assert_false(has_text(m, SPAN("A FOLDED SUBJECT"), false));
	assert_true(has_text(m, SPAN("HELLO WORLD"), true));
	assert_true(has_text(m, SPAN("HELLO WORLD"), false));
	assert_true(has_text(m, SPAN("PARTHEADER"), true));
	assert_false(has_text(m, SPAN("PARTHEADER"), false));
	assert_true(has_text(m, SPAN("INNERSUBJECT"), true));
	assert_false(has_text(m, SPAN("INNERSUBJECT"), false));
	assert_true(has_text(m, SPAN("INNER BODY"), false));
	assert_false(has_text(m, SPAN("BINARY"), true)); // RFC 9051 section 6.4.4: may be left out
	assert_false(has_text(m, SPAN("PREAMBLE"), true));
	assert_false(has_text(m, SPAN("EPILOGUE"), true));
	assert_false(has_text(m, SPAN("X@YCONTENT"), true));
	assert_true(has_text(m, SPAN("SUBJECT: A FOLDED"), true));
	assert_true(has_text(m, SPAN(""), false));
}

// The blanks behind a colon are found as they lie, however the value is written; a fold there reads as one.
static void fields_read_the_same_in_any_script(void **state)
{
	(void)state;
	struct span m = SPAN("A:\tx\r\nB:\t\xc3\xa9\r\nC:  =?utf-8?q?=C3=A9?=\r\nD: \r\n  "
			     "\xc3\xa9\r\nE: \r\n\tx\r\nF:\t\x01x\r\nG:\xe9\r\n\r\n");
	assert_true(has_text(m, SPAN("A:\tX"), true));
	assert_true(has_text(m, SPAN("B:\tE\xcc\x81"), true));
	assert_false(has_text(m, SPAN("B: E\xcc\x81"), true));
	assert_true(has_text(m, SPAN("C:  E\xcc\x81"), true));
	assert_true(has_text(m, SPAN("D: E\xcc\x81"), true));
	assert_true(has_text(m, SPAN("E: X"), true));
	assert_true(has_text(m, SPAN("F:\t\x01X"), true));
	assert_true(has_text(m, SPAN("G:E\xcc\x81"), true));
}

// All of a line that begins with a colon is text, whatever else is in the header.
static void lines_without_a_name_are_text(void **state)
{
	(void)state;
	static const struct span headers[] = { SPAN(": <a@b>\r\n\r\n"),
		SPAN(": <a@b> \xc3\xa9\r\n\r\n"), SPAN("X: =?utf-8?q?a?=\r\n: <a@b>\r\n\r\n") };
	for (size_t i = 0; i < countof(headers); i++) {
		assert_true(has_text(headers[i], SPAN(": <A@B>"), true));
		assert_true(has_text(headers[i], SPAN("<A@B>"), true));
	}
}

static int open_all(void **state)
{
	(void)state;
	struct op op;
	op_init(&op, 0);
	struct store_config config = { .engine = "memory" };
	int rc = store_open(&op, &config, &all.store);
	op_done(&op);
	return rc;
}

static int close_all(void **state)
{
	(void)state;
	store_close(all.store);
	messages_done(&all.messages);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		messages_read(&all.messages, argv[i]);
	messages_add(&all.messages,
		SPAN("Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=\r\nContent-Type: text/plain; "
		     "charset=iso-2022-jp\r\n\r\n\x1b$BF|K\\8l\x1b(B abc\r\n"));
	messages_add(&all.messages,
		SPAN("Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nascii \xc3\xbc "
		     "\xef\xac\x81 end\r\n"));
	messages_add(&all.messages,
		SPAN("Subject:\r\n behind a fold\r\nX:\r\nY:  \r\nno colon here\r\n: no "
		     "name\r\n\r\nx"));
	messages_add(&all.messages,
		SPAN("X:\t\xc3\xa9\r\nY:  =?utf-8?q?=C3=A9?= \r\n:\t\xc3\xa9\r\n \r\n : "
		     "z\r\n\r\nx"));
	struct buf large = { 0 };
	buf_add(&large, SPAN("Content-Type: text/plain; charset=utf-8\r\n\r\n"));
	for (int i = 0; i < 30000; i++)
		buf_addf(&large, "line %d of a long text %s\r\n", i,
			i % 700 ? "" : "\xc3\xa9\xe2\x82\xac");
	messages_add(&all.messages, buf_span(&large));
	buf_done(&large);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_regions),
		cmocka_unit_test(fields_read_the_same_in_any_script),
		cmocka_unit_test(lines_without_a_name_are_text),
		cmocka_unit_test(finds_what_is_there),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
