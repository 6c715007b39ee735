// SPDX-License-Identifier: Apache-2.0
// TEXT, BODY and HEADER over whole messages (of the folders given) against a plain search in decoded, folded text. Needles are pieces of the
// messages' own texts, whole words, phrases over blanks, and strings that are nowhere.
#include "mail/content_testing.h"
#include "mail/search_priv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
	struct messages messages;
	struct store *store;
} all; // of this test program

#define TEXTS_MAX 4000u
struct texts { // folded; a field or a part each
	struct span list[TEXTS_MAX];
	bool is_header[TEXTS_MAX];
	size_t count;
};

static void texts_add(struct op *op, struct texts *t, struct span s, bool is_header)
{
	assert_true(t->count < TEXTS_MAX);
	t->list[t->count] = s.n ? arena_dup(&op->arena, s) : SPAN("");
	t->is_header[t->count++] = is_header;
}

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

// Every field of a header as "Name: text".
static void add_header(struct op *op, struct texts *t, struct span header)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		struct buf text = { 0 }, value = { 0 }, folded = { 0 };
		struct span trimmed = span_trim(f.value);
		size_t blanks = 0;
		while (blanks < f.value.n && is_wsp(f.value.p[blanks]))
			blanks++;
		mime_text_of(f.value, &value);
		// A value that lies there as it reads keeps the blanks before it; of others one is left.
		bool as_is = span_eq(buf_span(&value), trimmed) &&
			(value.n == 0 || trimmed.p == f.value.p + blanks);
		if (f.name.n)
			buf_add(&text, span_of(f.raw.p, (size_t)(f.value.p - f.raw.p)));
		if (f.name.n && value.n && (unsigned char)f.value.p[0] <= ' ')
			buf_add(&text, as_is ? span_cut(f.value, 0, blanks) : SPAN(" "));
		buf_add(&text, buf_span(&value));
		buf_done(&value);
		casefold(buf_span(&text), &folded);
		texts_add(op, t, buf_span(&folded), true);
		buf_done(&text);
		buf_done(&folded);
	}
}

static void add_body(struct op *op, struct texts *t, const struct mime_part *p, struct span body)
{
	struct mime_text text = { 0 };
	struct span piece;
	struct buf whole = { 0 };
	mime_text_init(&text, (enum mime_cte)p->cte, p->charset, true);
	for (size_t at = 0; at < body.n; at += 30000) {
		assert_int_equal(mime_text_feed(&text, span_cut(body, at, at + 30000), &piece), 0);
		buf_add(&whole, piece);
	}
	assert_int_equal(mime_text_end(&text, &piece), 0);
	buf_add(&whole, piece);
	texts_add(op, t, buf_span(&whole), false);
	buf_done(&whole);
	mime_text_done(&text);
}

static void texts_of(struct op *op, struct texts *t, struct span prefix, struct span m)
{
	const struct mime_tree *tree;
	assert_int_equal(mime_parse(op, m, &tree), 0);
	t->count = 0;
	add_header(op, t, prefix);
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct mime_part *p = &tree->parts[i];
		add_header(op, t, span_cut(m, (size_t)p->header_start, (size_t)p->body_start));
		if (p->is_text && !p->is_opaque)
			add_body(op, t, p, span_cut(m, (size_t)p->body_start, (size_t)p->body_end));
	}
}

static bool found_plainly(const struct texts *t, struct span needle, bool headers)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->is_header[i] && !headers)
			continue;
		for (size_t at = 0; at + needle.n <= t->list[i].n; at++) {
			if (ascii_upper((unsigned char)t->list[i].p[at]) !=
				ascii_upper((unsigned char)needle.p[0]))
				continue;
			if (span_caseeq(span_cut(t->list[i], at, at + needle.n), needle))
				return true;
		}
	}
	return false;
}

// A piece of some text; also with one octet changed.
static struct span pick(struct op *op, const struct texts *t, unsigned *seed)
{
	struct span s = t->list[(unsigned)rand_r(seed) % t->count];
	size_t n = 1 + (unsigned)rand_r(seed) % (rand_r(seed) % 4 ? 12 : 60);
	size_t at = s.n ? (unsigned)rand_r(seed) % s.n : 0;
	s = span_cut(s, at, at + n);
	if (s.n == 0)
		return SPAN("NOWHERE AT ALL");
	char *copy = arena_bytes(&op->arena, s.n);
	memcpy(copy, s.p, s.n);
	if (rand_r(seed) % 3 == 0)
		copy[(unsigned)rand_r(seed) % s.n] = (char)('A' + rand_r(seed) % 26);
	return span_of(copy, s.n);
}

#define KEYS 6u

static void check_scan(
	struct op *op, const struct content *c, const struct texts *t, unsigned *seed)
{
	struct text_key keys[KEYS] = { 0 };
	struct span needles[KEYS];
	struct text_scan scan;
	for (size_t i = 0; i < KEYS; i++) {
		needles[i] = pick(op, t, seed);
		assert_int_equal(
			text_key_make(op, &op->arena, needles[i], i % 2 == 0, &keys[i]), 0);
		assert_int_equal(
			needle_stream_make(op, &op->arena, &keys[i].needle, &keys[i].stream), 0);
		keys[i].wanted = i < 5;
	}
	text_scan_init(&scan, keys, KEYS);
	text_scan_begin(&scan, c);
	for (bool done = false; !done;)
		assert_int_equal(text_scan_step(op, &scan, &done), 0);
	for (size_t i = 0; i < 5; i++) {
		bool want = found_plainly(t, needles[i], i % 2 == 0);
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
		struct texts values = { .count = 0 };
		struct mime_fields it = mime_fields_of(header);
		struct mime_field f;
		while (mime_fields_next(&it, &f) && values.count < 100) {
			struct buf text = { 0 }, folded = { 0 };
			mime_text_of(f.value, &text);
			casefold(buf_span(&text), &folded);
			if (span_caseeq(f.name, names[i]))
				texts_add(op, &values, buf_span(&folded), true);
			buf_done(&text);
			buf_done(&folded);
		}
		bool exists = values.count > 0;
		texts_add(op, &values, SPAN("NOWHERE"), true);
		struct span needle = rand_r(seed) % 5 ? pick(op, &values, seed) : SPAN("");
		values.count--;
		bool want = needle.n ? found_plainly(&values, needle, true) : exists;
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
	assert_int_equal(text_key_make(&op, &op.arena, folded, headers, &key), 0);
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
		SPAN("Subject:\r\n behind a fold\r\nX:\r\nY:  \r\nno colon here\r\n\r\nx"));
	struct buf large = { 0 };
	buf_add(&large, SPAN("Content-Type: text/plain; charset=utf-8\r\n\r\n"));
	for (int i = 0; i < 30000; i++)
		buf_addf(&large, "line %d of a long text %s\r\n", i,
			i % 700 ? "" : "\xc3\xa9\xe2\x82\xac");
	messages_add(&all.messages, buf_span(&large));
	buf_done(&large);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_regions),
		cmocka_unit_test(finds_what_is_there),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
