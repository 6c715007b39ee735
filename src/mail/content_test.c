// SPDX-License-Identifier: Apache-2.0
// Cards and sections of whole folders of messages (the arguments), against what is cut out of the octets plainly.
#include "base/limits.h"
#include "mail/content_testing.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/render.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
	struct messages messages;
	struct store *store;
} all; // of this test program

#define assert_span(a, b) assert_true(span_eq((a), (b)))

static const struct mime_tree *parse(struct op *op, struct span message)
{
	const struct mime_tree *t = NULL;
	assert_int_equal(mime_parse(op, message, &t), 0);
	return t;
}

static struct span build(struct op *op, struct span message, size_t limit)
{
	struct span card = SPAN_NONE;
	struct card_source source = card_source_span(&message);
	assert_int_equal(card_build(op, parse(op, message), &source, limit, &card), 0);
	assert_true(card.n <= limit);
	assert_true(card_check(card, message.n));
	assert_false(card_check(card, message.n + 1));
	return card;
}

// --- cards ---

// A BODYSTRUCTURE near its limit lacks parameters that BODY rendered by itself would have: `shortened`.
static void check_texts(
	struct op *op, const struct mime_tree *t, const struct content *c, bool shortened)
{
	for (int form = 0; form < 2; form++) {
		struct buf text = { 0 };
		bool same;
		enum content_form f = form ? FORM_UTF8 : FORM_ASCII;
		enum mime_form mf = form ? MIME_UTF8 : MIME_ASCII;
		assert_int_equal(mime_envelope_render(op, t, 0, mf, &text, &same), 0);
		assert_span(content_envelope(c, f), buf_span(&text));
		buf_reset(&text);
		assert_int_equal(mime_structure_render(op, t, true, mf, &text, &same), 0);
		assert_span(content_bodystructure(c, f), buf_span(&text));
		buf_reset(&text);
		assert_int_equal(mime_structure_render(op, t, false, mf, &text, &same), 0);
		if (!shortened)
			assert_span(content_body(c, f), buf_span(&text));
		assert_true(content_body(c, f).n > 2);
		buf_done(&text);
	}
}

static void check_parts(struct op *op, const struct mime_tree *t, const struct content *c)
{
	assert_int_equal(c->parts, t->count);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct mime_part *p = &t->parts[i];
		struct card_part q;
		assert_int_equal(content_part(op, c, i, &q), 0);
		assert_int_equal(q.parent, p->parent);
		assert_int_equal(q.number, p->number);
		assert_int_equal(q.child_count, p->children);
		assert_int_equal(q.first_child, p->child == MIME_NONE ? 0 : p->child);
		assert_int_equal(q.lines, p->body_lines);
		assert_int_equal(q.body_start, p->body_start + c->prefix_size);
		assert_int_equal(q.body_end, p->body_end + c->prefix_size);
		assert_int_equal(q.header_start, i ? p->header_start + c->prefix_size : 0);
		if (p->type.n <= CARD_SORT_KEY_MAX && p->subtype.n <= CARD_SORT_KEY_MAX) {
			assert_span(q.type, p->type);
			assert_span(q.subtype, p->subtype);
		}
		assert_int_equal(q.kind == PART_TEXT, p->is_text);
	}
}

static void check_keys(struct op *op, const struct mime_tree *t, const struct content *c)
{
	struct thread_keys a, b;
	assert_int_equal(thread_keys_of_tree(op, t, &a), 0);
	assert_int_equal(thread_keys_of_card(op, c->card, &b), 0);
	assert_true(a.message_id == b.message_id && a.count == b.count);
	assert_int_equal(b.subject != 0, card_item(c->card, CARD_BASE_SUBJECT).n > 0);
	for (size_t i = 0; i < a.count; i++)
		assert_true(a.references[i] == b.references[i]);
	struct mime_date d;
	bool dated = mime_date_parse(t->parts[0].envelope->date, &d);
	assert_true(content_sent_date(c) == (dated ? d.utc : INT64_MIN));
	assert_int_equal(content_sent_day(c), dated ? d.day : INT32_MIN);
	struct mime_field f;
	struct buf want = { 0 };
	struct span subject = card_item(c->card, CARD_SUBJECT);
	assert_int_equal(subject.p != NULL || card_left_out(c->card, CARD_SUBJECT),
		mime_field_find(t->header, SPAN("subject"), &f));
	if (subject.p) {
		struct buf text = { 0 };
		mime_text_of(f.value, &text);
		casefold(buf_span(&text), &want);
		buf_done(&text);
		assert_true(span_starts(subject, buf_span(&want)));
	}
	buf_done(&want);
}

// --- sections ---

static struct span section_bytes(struct op *op, const struct content *c, const struct section *s,
	uint64_t offset, uint64_t n, int *ret_rc)
{
	struct rope rope;
	uint64_t got = 0;
	rope_init(&rope);
	*ret_rc = content_section(op, c, s, offset, n, &rope, &got);
	assert_int_equal(rope_size(&rope), got);
	struct section_ranges ranges; // found first, the other way
	struct section prepared = *s;
	section_prepare(&prepared);
	assert_int_equal(content_section_find(op, c, &prepared, &ranges), *ret_rc);
	if (*ret_rc == 0) {
		uint64_t again = 0;
		assert_true(ranges.size >= got);
		uint64_t end = n > UINT64_MAX - offset ? UINT64_MAX : offset + n;
		assert_int_equal(content_section_put(op, c, &ranges,
					 (struct octets_range){ offset, end }, &rope, &again),
			0);
		assert_int_equal(again, got);
		char *both = arena_bytes(&op->arena, rope_size(&rope) + 1);
		rope_copy(&rope, both);
		assert_memory_equal(both, both + got, got);
		rope_truncate(&rope, got);
	}
	char *copy = arena_bytes(&op->arena, rope_size(&rope) + 1);
	rope_copy(&rope, copy);
	struct span bytes = span_of(copy, rope_size(&rope));
	rope_done(&rope);
	return bytes;
}

// One piece after the other, as who sends a big one does: each goes on where the last one ended; and one from the beginning again.
static void check_in_turn(
	struct op *op, const struct content *c, const struct section *s, struct span want)
{
	struct section_ranges ranges;
	struct rope rope;
	size_t step = want.n / 37 + 1;
	assert_int_equal(content_section_find(op, c, s, &ranges), 0);
	rope_init(&rope);
	for (size_t round = 0; round < 2; round++)
		for (size_t at = 0; at < want.n; at += step) {
			uint64_t n = 0;
			struct octets_range part = { at, at + step };
			assert_int_equal(content_section_put(op, c, &ranges, part, &rope, &n), 0);
			struct span expected = span_cut(want, at, at + step);
			assert_int_equal(n, expected.n);
			char *copy = arena_bytes(&op->arena, n + 1);
			rope_copy(&rope, copy);
			assert_memory_equal(copy, expected.p, n);
			rope_consume(&rope, n);
			if (ranges.count > SECTION_RANGES && at > 2 * step)
				assert_true(ranges.place.at + 600 > at); // no field is longer
		}
	rope_done(&rope);
}

// The section is just these octets, with NUL shown as 0x80; also in pieces.
static void check_section(
	struct op *op, const struct content *c, const struct section *s, struct span want)
{
	struct arena_mark mark = arena_mark(&op->arena);
	int rc;
	struct span got = section_bytes(op, c, s, 0, UINT64_MAX, &rc);
	assert_int_equal(rc, 0);
	assert_int_equal(got.n, want.n);
	for (size_t i = 0; i < want.n; i++)
		assert_true(got.p[i] == (want.p[i] ? want.p[i] : (char)0x80));
	struct section_ranges ranges;
	assert_int_equal(content_section_find(op, c, s, &ranges), 0);
	assert_int_equal(ranges.size, want.n);
	for (size_t i = 0; i < 4; i++) {
		size_t at = want.n * i / 3, n = want.n / 2 + i;
		struct span part = section_bytes(op, c, s, at, n, &rc);
		assert_span(part, span_cut(got, at, at + n));
	}
	assert_int_equal(section_bytes(op, c, s, want.n + 1, 10, &rc).n, 0);
	check_in_turn(op, c, s, got);
	arena_release(&op->arena, mark);
}

static void check_absent(struct op *op, const struct content *c, const struct section *s)
{
	int rc;
	(void)section_bytes(op, c, s, 0, UINT64_MAX, &rc);
	assert_int_equal(rc, SECTION_ABSENT);
}

// HEADER.FIELDS, done plainly: lines that begin with a blank belong to the field before.
static struct span fields_plainly(struct op *op, struct span header, const struct section *s)
{
	char *out = arena_bytes(&op->arena, header.n + 1);
	size_t n = 0;
	bool take = false;
	for (size_t at = 0; at < header.n;) {
		const char *lf = memchr(header.p + at, '\n', header.n - at);
		size_t end = lf ? (size_t)(lf - header.p) + 1 : header.n;
		struct span line = span_cut(header, at, end);
		bool blank = line.p[0] == ' ' || line.p[0] == '\t';
		if (span_eq(line, SPAN("\r\n"))) {
			take = true;
		} else if (!blank || at == 0) {
			struct span name = span_cut(line, 0, span_find_char(line, ':'));
			bool named = false;
			while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
				name.n--;
			for (size_t i = 0; i < s->field_count; i++)
				named = named ||
					(span_find_char(line, ':') < line.n &&
						span_caseeq(name, s->fields[i]));
			take = named == (s->what == SECTION_FIELDS);
		}
		if (take) {
			memcpy(out + n, line.p, line.n);
			n += line.n;
		}
		at = end;
	}
	return span_of(out, n);
}

static void check_fields(
	struct op *op, const struct content *c, struct section s, struct span header)
{
	static const struct span names[] = { SPAN("from"), SPAN("SUBJECT"), SPAN("Received"),
		SPAN("X-Nobody"), SPAN("content-type"), SPAN("List-Id") };
	struct arena_mark mark = arena_mark(&op->arena);
	s.fields = names;
	for (size_t n = 0; n <= countof(names); n += 2) {
		s.field_count = n;
		s.what = SECTION_FIELDS;
		check_section(op, c, &s, fields_plainly(op, header, &s));
		s.what = SECTION_FIELDS_NOT;
		check_section(op, c, &s, fields_plainly(op, header, &s));
	}
	arena_release(&op->arena, mark);
}

static void check_binary(struct op *op, const struct mime_part *p, const struct content *c,
	const struct section *s, struct span body)
{
	struct buf got = { 0 }, want = { 0 };
	bool has_nul = false;
	uint64_t size = 0;
	int rc = content_binary(op, c, s->path, s->depth, &got, &has_nul);
	if (p->kind == MIME_LEAF && !mime_cte_is_binary_ok((enum mime_cte)p->cte)) {
		assert_int_equal(rc, RC_UNKNOWNCTE);
		assert_int_equal(content_binary_size(op, c, s->path, s->depth, &size), rc);
		return;
	}
	assert_int_equal(rc, 0);
	if (p->kind == MIME_LEAF) {
		struct mime_decoder d;
		mime_decoder_init(&d, (enum mime_cte)p->cte, p->is_text);
		mime_decode(&d, body, &want);
		mime_decode_end(&d, &want);
	} else {
		buf_add(&want, body);
	}
	assert_span(buf_span(&got), buf_span(&want));
	assert_int_equal(has_nul, want.n && memchr(want.p, 0, want.n) != NULL);
	assert_int_equal(content_binary_size(op, c, s->path, s->depth, &size), 0);
	assert_int_equal(size, want.n);
	buf_done(&got);
	buf_done(&want);
}

// The section numbers of a part: the way up, where the root of a message has none of its own unless it is no multipart.
static size_t path_of(const struct mime_tree *t, uint32_t index, uint32_t *path)
{
	uint32_t up[MIME_DEPTH_MAX + 4];
	size_t n = 0;
	const struct mime_part *p = &t->parts[index];
	if (p->is_root && p->kind != MIME_MULTIPART)
		up[n++] = 1;
	for (; p->parent != MIME_NONE; p = &t->parts[p->parent]) {
		const struct mime_part *parent = &t->parts[p->parent];
		if (parent->kind == MIME_MULTIPART)
			up[n++] = p->number;
		else if (parent->is_root) // a message that is the only part of a message
			up[n++] = 1;
	}
	for (size_t i = 0; i < n; i++)
		path[i] = up[n - 1 - i];
	return n;
}

static void check_part_sections(struct op *op, const struct mime_tree *t, uint32_t index,
	const struct content *c, struct span m)
{
	const struct mime_part *p = &t->parts[index];
	uint32_t path[MIME_DEPTH_MAX + 4];
	struct section s = { .path = path, .depth = path_of(t, index, path) };
	if (p->is_root && p->kind == MIME_MULTIPART)
		return; // it has no number
	assert_int_equal(mime_find(t, path, s.depth), index);
	struct span body = span_cut(m, (size_t)p->body_start, (size_t)p->body_end);
	struct span header = span_cut(m, (size_t)p->header_start, (size_t)p->body_start);
	check_section(op, c, &s, body);
	check_binary(op, p, c, &s, body);
	s.what = SECTION_MIME;
	if (index > 0 || c->prefix_size == 0)
		check_section(op, c, &s, header);
	uint32_t root = mime_message_of(t, index);
	s.what = SECTION_HEADER;
	if (root == MIME_NONE) {
		check_absent(op, c, &s);
		s.what = SECTION_TEXT;
		check_absent(op, c, &s);
		s.what = SECTION_FIELDS;
		check_absent(op, c, &s);
	} else {
		p = &t->parts[root];
		header = span_cut(m, (size_t)p->header_start, (size_t)p->body_start);
		check_section(op, c, &s, header);
		check_fields(op, c, s, header);
		s.what = SECTION_TEXT;
		check_section(op, c, &s, span_cut(m, (size_t)p->body_start, (size_t)p->body_end));
	}
	path[s.depth] = p->children + 2;
	s.depth++;
	s.what = SECTION_ALL;
	check_absent(op, c, &s);
}

// One text of the prefix and the message.
static struct span join(struct op *op, struct span prefix, struct span message)
{
	char *p = arena_bytes(&op->arena, prefix.n + message.n + 1);
	if (prefix.n)
		memcpy(p, prefix.p, prefix.n);
	if (message.n)
		memcpy(p + prefix.n, message.p, message.n);
	return span_of(p, prefix.n + message.n);
}

static void check_message(struct span message, struct span prefix, size_t step)
{
	struct op op;
	op_init(&op, 0);
	struct msg_cold cold;
	struct content c;
	const struct mime_tree *t = parse(&op, message);
	assert_int_equal(deliver(&op, all.store, prefix, message, step, &cold), 0);
	assert_int_equal(content_open_cold(&op, all.store, &cold, &c), 0);
	assert_int_equal(c.size, prefix.n + message.n);
	check_texts(&op, t, &c, false);
	check_parts(&op, t, &c);
	check_keys(&op, t, &c);
	if (!c.card_made)
		assert_span(c.card, build(&op, message, BLOB_CARD_MAX));
	struct span whole = join(&op, prefix, message);
	struct section s = { 0 };
	size_t header = prefix.n + (size_t)t->parts[0].body_start;
	check_section(&op, &c, &s, whole);
	s.what = SECTION_HEADER;
	check_section(&op, &c, &s, span_cut(whole, 0, header));
	s.what = SECTION_TEXT;
	check_section(&op, &c, &s, span_skip(whole, header));
	check_fields(&op, &c, s, span_cut(whole, 0, header));
	s.what = SECTION_MIME;
	check_absent(&op, &c, &s);
	for (uint32_t i = 0; i < t->count && i < 300; i++)
		check_part_sections(&op, t, i, &c, message);
	content_close(&c);
	op_done(&op);
}

static void every_message_is_read_right(void **state)
{
	(void)state;
	static const size_t steps[] = { 0, 1, 7, 1000 };
	for (size_t i = 0; i < all.messages.count; i++) {
		check_message(all.messages.list[i], SPAN_NONE, steps[i % 4]);
		if (i % 5 == 0)
			check_message(all.messages.list[i],
				SPAN("Return-Path: <>\r\nX-Nobody:\r\n me\r\n"), 0);
	}
}

// Fields asked for and others in turn: more ranges than are noted; and one that is longer than what its index says in one octet.
static void many_separate_fields(void **state)
{
	for (unsigned n = SECTION_RANGES - 1; n <= SECTION_RANGES + 20; n++) {
		struct buf b = { 0 };
		for (unsigned i = 0; i < n; i++) {
			buf_addf(&b, "Received: %u\r\nX-Nobody: here\r\nX-Other: ", i);
			for (unsigned k = 0; k < i; k++)
				buf_add(&b, SPAN(" and so on,\r\n "));
			buf_add(&b, SPAN("\r\n"));
		}
		buf_add(&b, SPAN("Subject: end\r\n\r\nbody\r\n"));
		check_message(buf_span(&b), SPAN_NONE, 1000);
		check_message(buf_span(&b), SPAN("Received: in front\r\n"), 1000);
		buf_done(&b);
	}
}

static void a_large_message_in_extents(void **state)
{
	(void)state;
	struct buf b = { 0 };
	buf_add(&b,
		SPAN("Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		     "--b\r\nContent-Type: application/octet-stream\r\n"
		     "Content-Transfer-Encoding: base64\r\n\r\n"));
	for (int i = 0; i < 60000; i++)
		buf_add(&b, SPAN("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWZnaGlqa2w=\r\n"));
	buf_add(&b,
		SPAN("\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nFrom: "
		     "a@b\r\n"));
	for (int i = 0; i < 600; i++)
		buf_add(&b, SPAN("X-Filler: with some words to make it longer than an extent\r\n"));
	buf_add(&b, SPAN("\r\nbody\0with NUL\r\n--b--\r\n"));
	check_message(buf_span(&b), SPAN_NONE, 65536);
	buf_done(&b);
}

// --- limits and damage ---

static void small_limits_leave_out(void **state)
{
	(void)state;
	struct op op;
	op_init(&op, 0);
	for (size_t i = 0; i < all.messages.count && i < 200; i++) {
		struct span m = all.messages.list[i];
		size_t full = build(&op, m, BLOB_CARD_MAX).n;
		for (size_t limit = 300; limit < full; limit += 101) {
			struct span card = build(&op, m, limit);
			assert_true(card_left_out_items(card) || card.n == full);
		}
		op_reset(&op);
	}
	op_done(&op);
}

// A field that is too long for SEARCH to find in the card is no reason to make the card anew for who wants the ENVELOPE.
static void long_fields_need_no_new_card(void **state)
{
	(void)state;
	struct op op;
	struct buf b = { 0 };
	struct msg_cold cold;
	struct content c;
	op_init(&op, 0);
	buf_add(&b, SPAN("Subject: to many\r\nTo: a@example.org"));
	for (int i = 0; i < 400; i++)
		buf_addf(&b, ",\r\n reader-%d@example.org", i);
	buf_add(&b, SPAN("\r\n\r\nbody\r\n"));
	const struct mime_tree *t = parse(&op, buf_span(&b));
	assert_int_equal(deliver(&op, all.store, SPAN_NONE, buf_span(&b), 0, &cold), 0);
	assert_int_equal(content_open_cold(&op, all.store, &cold, &c), 0);
	assert_true(card_left_out(c.card, CARD_TO));
	assert_false(c.card_made);
	check_texts(&op, t, &c, false);
	check_parts(&op, t, &c);
	check_keys(&op, t, &c);
	content_close(&c);
	buf_done(&b);
	op_done(&op);
}

static void many_parts_need_no_more_than_a_card(void **state)
{
	(void)state;
	struct op op;
	struct buf b = { 0 };
	op_init(&op, 0);
	buf_add(&b, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (int i = 0; i < 9000; i++)
		buf_addf(&b, "--b\r\nContent-Type: text/x-%d; charset=c%d\r\n\r\n%d\r\n", i, i, i);
	buf_add(&b, SPAN("--b--\r\n"));
	struct span card = build(&op, buf_span(&b), BLOB_CARD_MAX);
	assert_true(card_left_out(card, CARD_PARTS));
	struct msg_cold cold;
	struct content c;
	assert_int_equal(deliver(&op, all.store, SPAN_NONE, buf_span(&b), 0, &cold), 0);
	assert_int_equal(content_open_cold(&op, all.store, &cold, &c), 0);
	assert_true(c.card_made);
	check_parts(&op, parse(&op, buf_span(&b)), &c);
	check_texts(&op, parse(&op, buf_span(&b)), &c, true);
	content_close(&c);
	buf_done(&b);
	op_done(&op);
}

// Uses everything of a card; reads out of bounds are for ASan to see.
static void use_card(struct op *op, struct span card, uint64_t size)
{
	if (!card_check(card, size))
		return;
	uint64_t sum = 0;
	for (int i = 0; i < CARD_ITEMS; i++) {
		struct span s = card_item(card, (enum card_item)i);
		for (size_t k = 0; k < s.n; k++)
			sum += (unsigned char)s.p[k];
	}
	struct card_fields it = card_fields_of(card);
	struct card_field f;
	while (card_fields_next(&it, &f))
		sum += f.size;
	struct card_part p;
	uint32_t at;
	for (uint32_t i = 0; i < card_parts(card) && i < 50; i++) {
		sum += card_part(op, card, i, &p) == 0;
		sum += card_child(card, i, 1, &at);
	}
	struct thread_keys keys;
	assert_int_equal(thread_keys_of_card(op, card, &keys), 0);
	struct buf body = { 0 };
	sum += card_body_of(card_item(card, CARD_STRUCTURE), &body);
	buf_done(&body);
	struct content c = { .op = op, .card = card, .size = size, .parts = card_parts(card) };
	c.blob.size = size;
	sum += content_envelope(&c, FORM_UTF8).n + content_body(&c, FORM_ASCII).n;
	assert_true(sum != 1);
}

static void damaged_cards_do_no_harm(void **state)
{
	(void)state;
	struct op op;
	op_init(&op, 0);
	unsigned seed = 1;
	for (size_t i = 0; i < all.messages.count && i < 60; i++) {
		struct span m = all.messages.list[i];
		struct span card = build(&op, m, BLOB_CARD_MAX);
		char *copy = malloc(card.n);
		must(copy);
		for (size_t at = 0; at < 400; at++) {
			memcpy(copy, card.p, card.n);
			size_t n = at % 3 ? 1 : 8;
			for (size_t k = 0; k < n; k++)
				copy[(unsigned)rand_r(&seed) % card.n] = (char)rand_r(&seed);
			if (at < 160)
				copy[at] = (char)(at % 2 ? 0xff : copy[at] + 1);
			struct arena_mark mark = arena_mark(&op.arena);
			use_card(&op, span_of(copy, card.n), m.n);
			arena_release(&op.arena, mark);
		}
		free(copy);
		op_reset(&op);
	}
	assert_false(card_check(SPAN_NONE, 0));
	op_done(&op);
}

static void only_structures_have_a_body(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "(", ")", "()", "(\"a\")", "(\"a\" \"b\"",
		"((\"a\" \"b\" NIL NIL NIL \"7bit\" 1 1)",
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 1 (NIL) x 1)", "\"a",
		"(\"a\" \"b\" \"", "((((((((" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct buf b = { 0 };
		assert_false(card_body_of(span_str(bad[i]), &b));
		assert_int_equal(b.n, 0);
		buf_done(&b);
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
		SPAN("Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_x?=\r\n\r\nx\0y\r\n"));
	messages_add(&all.messages,
		SPAN("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n"));
	messages_add(&all.messages,
		SPAN("Content-Type: message/rfc822\r\n\r\nContent-Type: "
		     "message/rfc822\r\n\r\nContent-Type: "
		     "multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\none\r\n--x--\r\n"));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_is_read_right),
		cmocka_unit_test(many_separate_fields),
		cmocka_unit_test(a_large_message_in_extents),
		cmocka_unit_test(small_limits_leave_out),
		cmocka_unit_test(long_fields_need_no_new_card),
		cmocka_unit_test(many_parts_need_no_more_than_a_card),
		cmocka_unit_test(damaged_cards_do_no_harm),
		cmocka_unit_test(only_structures_have_a_body),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
