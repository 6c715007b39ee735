// SPDX-License-Identifier: Apache-2.0
// Opening a message and handing out what its card holds. A message is a private prefix (often none) and a shared blob; offsets
// here count both. Opening allocates nothing unless the card must be made again. Sections and BINARY are in section.c.
#include "mail/content.h"

#include "base/limits.h"
#include "mail/content_priv.h"
#include "mime/parse.h"

int content_piece(
	struct op *op, const struct content *c, uint64_t from, uint64_t to, struct span *ret_piece)
{
	const struct blob *b = &c->blob;
	uint64_t base = c->prefix_size;
	if (from < base) {
		b = &c->prefix;
		to = to < base ? to : base;
		base = 0;
	}
	if (b->whole.p) {
		*ret_piece = span_cut(b->whole, (size_t)(from - base), (size_t)(to - base));
		return 0;
	}
	return blob_piece(op, b, from - base, to - from, ret_piece);
}

int content_bytes(
	struct op *op, const struct content *c, uint64_t from, uint64_t to, struct span *ret_bytes)
{
	struct span piece = SPAN_NONE;
	if (to > c->size || from > to)
		return op_fail(op, RC_CORRUPT, "a card points behind the end of its message");
	if (from == to) {
		*ret_bytes = SPAN("");
		return 0;
	}
	int rc = content_piece(op, c, from, to, &piece);
	if (rc || piece.n == to - from) {
		*ret_bytes = piece;
		return rc;
	}
	if (to - from > CONTENT_SECTION_MEMORY)
		return op_fail(
			op, RC_TOOBIG, "a header of more than %u octets", CONTENT_SECTION_MEMORY);
	size_t n = (size_t)(to - from);
	char *copy = arena_bytes(&op->arena, n);
	if (!copy)
		return op_fail(op, RC_NOMEM, "out of memory for %zu octets of a message", n);
	for (size_t at = 0; at < n; at += piece.n) {
		rc = content_piece(op, c, from + at, to, &piece);
		if (rc)
			return rc;
		if (piece.n == 0)
			return op_fail(op, RC_CORRUPT, "a message is shorter than its record");
		memcpy(copy + at, piece.p, piece.n);
	}
	*ret_bytes = span_of(copy, n);
	return 0;
}

static int parse_blob(struct op *op, const struct blob *b, const struct mime_tree **ret_tree)
{
	struct mime_parser *parser;
	int rc = mime_begin(op, &parser);
	for (uint64_t at = 0; rc == 0 && at < b->size;) {
		struct span piece;
		rc = blob_piece(op, b, at, b->size - at, &piece);
		if (rc)
			break;
		if (piece.n == 0)
			return op_fail(op, RC_CORRUPT, "a blob ends early");
		rc = mime_feed(op, parser, piece);
		at += piece.n;
	}
	return rc ? rc : mime_end(op, parser, ret_tree);
}

int content_card_anew(struct op *op, const struct blob *b, struct span *ret_card)
{
	const struct mime_tree *tree;
	int rc = parse_blob(op, b, &tree);
	struct card_source source = card_source_blob(b);
	return rc ? rc : card_build(op, tree, &source, BLOB_CARD_MAX, ret_card);
}

int content_make_card(struct op *op, struct content *c)
{
	struct arena_mark mark = arena_mark(&op->arena);
	const struct mime_tree *tree;
	struct span card = SPAN_NONE;
	int rc = parse_blob(op, &c->blob, &tree);
	if (rc == 0) {
		struct card_source source = card_source_blob(&c->blob);
		rc = card_build(op, tree, &source, CARD_FULL_MAX, &card);
	}
	if (rc == 0) {
		buf_reset(&c->made);
		buf_add(&c->made, card);
		if (c->made.failed)
			rc = op_fail(op, RC_NOMEM, "out of memory for a card");
	}
	arena_release(&op->arena, mark);
	if (rc)
		return rc;
	c->card = buf_span(&c->made);
	c->parts = card_parts(c->card);
	c->card_made = true;
	return 0;
}

int content_open_partial(struct op *op, struct store *s, const struct msg_cold *cold, bool octets,
	struct content *ret_content)
{
	struct content *c = ret_content;
	*c = (struct content){ .op = op };
	int rc = octets ? blob_open(op, s, cold->blob, &c->blob)
			: blob_open_card(op, s, cold->blob, &c->blob);
	if (rc)
		return rc;
	if (cold->prefix.id) {
		rc = blob_open(op, s, cold->prefix, &c->prefix);
		if (rc) {
			content_close(c);
			return rc;
		}
		c->prefix_size = c->prefix.size;
	}
	c->size = c->prefix_size + c->blob.size;
	c->card = c->blob.card;
	if (likely(card_check(c->card, c->blob.size))) {
		c->parts = card_parts(c->card);
		return 0;
	}
	rc = content_make_card(op, c);
	if (rc)
		content_close(c);
	return rc;
}

int content_open_card(struct op *op, struct store *s, const struct msg_cold *cold, uint32_t items,
	struct content *ret_content)
{
	struct content *c = ret_content;
	*c = (struct content){ .op = op };
	int rc = blob_open_card(op, s, cold->blob, &c->blob);
	if (rc)
		return rc;
	c->size = c->blob.size;
	c->card = c->blob.card;
	if (likely(card_check(c->card, c->size)) &&
		likely(!(card_left_out_items(c->card) & items))) {
		c->parts = card_parts(c->card);
		return 0;
	}
	rc = content_make_card(op, c);
	if (rc)
		content_close(c);
	return rc;
}

int content_want_octets(struct op *op, struct store *s, struct content *c)
{
	if (c->blob.whole.p || c->blob.extents)
		return 0;
	struct blob whole = { 0 };
	int rc = blob_open(op, s, c->blob.ref, &whole);
	if (rc)
		return rc;
	if (whole.size != c->blob.size || whole.card.n != c->blob.card.n) {
		blob_close(&whole);
		return op_fail(op, RC_CORRUPT, "a blob has changed");
	}
	blob_close(&c->blob);
	c->blob = whole;
	if (!c->card_made)
		c->card = whole.card;
	return 0;
}

// What is handed out here; other items are for SEARCH, SORT and THREAD, which open the card themselves and read the octets where it lacks one.
#define ITEMS_SHOWN                                                                                \
	(1u << CARD_ENVELOPE | 1u << CARD_ENVELOPE_UTF8 | 1u << CARD_STRUCTURE |                   \
		1u << CARD_STRUCTURE_UTF8 | 1u << CARD_PREVIEW | 1u << CARD_BASE_SUBJECT |         \
		1u << CARD_MESSAGE_ID | 1u << CARD_PARTS)

int content_open_cold(
	struct op *op, struct store *s, const struct msg_cold *cold, struct content *ret_content)
{
	int rc = content_open_partial(op, s, cold, false, ret_content);
	if (rc || likely(!(card_left_out_items(ret_content->card) & ITEMS_SHOWN)) ||
		ret_content->card_made)
		return rc;
	rc = content_make_card(op, ret_content);
	if (rc)
		content_close(ret_content);
	return rc;
}

#define AHEAD_CARD 8u // messages; a card takes longer to come than to be used
#define AHEAD_HEADER 4u
#define KEYS_OCTETS 352u   // head, parts, index, the texts that are looked for first (card_build.c)
#define TEXTS_OCTETS 1200u // most cards

void content_ahead(const struct content *c, const struct view_cursor *cursor, enum content_use use)
{
	struct blob_ref next = view_cursor_ahead(cursor, AHEAD_CARD);
	if (next.id)
		blob_ahead(&c->blob, next, use == USE_TEXTS ? TEXTS_OCTETS : KEYS_OCTETS);
	if (use != USE_HEADER)
		return;
	next = view_cursor_ahead(cursor, AHEAD_HEADER);
	if (next.id)
		blob_body_ahead(&c->blob, next);
}

void content_close(struct content *c)
{
	blob_close(&c->blob);
	blob_close(&c->prefix);
	buf_done(&c->made);
	c->card = SPAN_NONE; // the rest is zeroed by those above, or means nothing when closed
	c->size = c->prefix_size = 0;
	c->parts = 0;
	c->card_made = false;
}

// --- ready-made text ---
//
// A card that passed the store's checksum and card_check() has these; the legal texts here only keep a damaged one from
// breaking the grammar of an answer.

static struct span text_in_form(const struct content *c, enum content_form form,
	enum card_item ascii, enum card_item utf8, struct span otherwise)
{
	struct span s = form == FORM_UTF8 ? card_item(c->card, utf8) : SPAN_NONE;
	if (!s.p)
		s = card_item(c->card, ascii);
	return s.n ? s : otherwise;
}

struct span content_envelope(const struct content *c, enum content_form form)
{
	return text_in_form(c, form, CARD_ENVELOPE, CARD_ENVELOPE_UTF8,
		SPAN("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
}

#define PLAIN_BODY SPAN("(\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0)")

struct span content_bodystructure(const struct content *c, enum content_form form)
{
	return text_in_form(c, form, CARD_STRUCTURE, CARD_STRUCTURE_UTF8, PLAIN_BODY);
}

struct span content_body(const struct content *c, enum content_form form)
{
	struct buf text = { 0 };
	struct span body = PLAIN_BODY;
	if (card_body_of(content_bodystructure(c, form), &text))
		body = arena_dup(&c->op->arena, buf_span(&text));
	buf_done(&text);
	return body.p ? body : PLAIN_BODY;
}

int content_part(struct op *op, const struct content *c, uint32_t index, struct card_part *ret_part)
{
	int rc = card_part(op, c->card, index, ret_part);
	if (rc)
		return rc;
	ret_part->header_start += c->prefix_size;
	ret_part->body_start += c->prefix_size;
	ret_part->body_end += c->prefix_size;
	if (index == 0)
		ret_part->header_start = 0;
	return 0;
}

struct span content_preview(const struct content *c)
{
	return card_item(c->card, CARD_PREVIEW);
}

struct span content_base_subject(const struct content *c)
{
	return card_item(c->card, CARD_BASE_SUBJECT);
}

struct span content_message_id(const struct content *c)
{
	return card_item(c->card, CARD_MESSAGE_ID);
}

int64_t content_sent_date(const struct content *c)
{
	return card_sent_date(c->card);
}

int32_t content_sent_day(const struct content *c)
{
	return card_sent_day(c->card);
}
