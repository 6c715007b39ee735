// SPDX-License-Identifier: Apache-2.0
// Reading cards. Format, version 2; little-endian, no alignment:
//
//   offset  size  what
//        0     4  "SCd" and the version
//        4     4  length of the card
//        8     8  octets of the message that it describes
//       16     4  flags (enum in card.h)
//       20     4  bit i: item i was left out (too long)
//       24     4  entries of the part table
//       28     4  day of Date: as written, days since 1970; INT32_MIN: none
//       32     8  Date: in UTC, seconds since 1970; INT64_MIN: none
//       40     R  x CARD_ITEMS: where each item lies
//        .     .  the items' octets; items may overlap (a base subject mostly lies within the subject)
//
// R is a reference: offset in the card and length, 2 + 2 octets, with CARD_WIDE 4 + 4. Offset 0: absent.
//
// CARD_PARTS is a table of records, in the order of mime/tree.h:
//
//        0     2  parent; 0xffff: none
//        2     2  number among its siblings, from 1
//        4     2  first child; 0: none
//        6     2  children
//        8     1  enum card_part_kind
//        9     1  enum card_encoding
//       10     2  0
//       12     4  lines of the body
//       16     4  begin of the header
//       20     4  begin of the body
//       24     4  end of the body
//       28     R  x 3: type, subtype, charset
//
// CARD_FIELDS: for each field of the header in order one octet card_name_bucket() (0: a line that is no field) and its length as
// a varint. They lie end to end from offset 0.
// CARD_THREAD: 8 octets each: keys of the message-id (0: none) and of the base subject (0: empty), then of the references.
//
// New items go to the end together with a new version; cards of other versions are made again, so nothing converts.
#include "mail/card.h"

#include "base/hash.h"
#include "base/limits.h"
#include "mail/card_priv.h"

static_assert(CARD_ITEMS <= 32, "left-out bits are 32");
static_assert(MIME_PARTS_MAX + MIME_DEPTH_MAX + 2 < CARD_NO_PARENT, "part indexes have 16 bits");
static_assert(CARD_HEAD + CARD_ITEMS * 4 == 120, "the narrow head");

struct span card_ref(struct span card, const char *p)
{
	uint32_t at, n;
	if (card_flags(card) & CARD_WIDE) {
		at = load_u32(p);
		n = load_u32(p + 4);
	} else {
		uint32_t both = load_u32(p);
		at = both & 0xffff;
		n = both >> 16;
	}
	if (at == 0 || at > card.n || n > card.n - at)
		return SPAN_NONE;
	return span_of(card.p + at, n);
}

static size_t ref_size(struct span card)
{
	return card_flags(card) & CARD_WIDE ? 8 : 4;
}

bool card_check(struct span card, uint64_t size)
{
	if (card.n < CARD_HEAD || load_u32(card.p) != CARD_MAGIC ||
		load_u32(card.p + 4) != card.n || load_u64(card.p + 8) != size)
		return false;
	if (card.n < CARD_HEAD + CARD_ITEMS * ref_size(card))
		return false;
	uint64_t parts = card_parts(card);
	if (parts >= CARD_NO_PARENT)
		return false;
	size_t record = CARD_PART_HEAD + 3 * ref_size(card);
	if (!card_left_out(card, CARD_PARTS) &&
		(parts == 0 || card_item(card, CARD_PARTS).n != parts * record))
		return false;
	size_t thread = card_item(card, CARD_THREAD).n;
	return thread % 8 == 0 && (thread == 0 || thread >= 16);
}

struct span card_item(struct span card, enum card_item item)
{
	return card_ref(card, card.p + CARD_HEAD + (size_t)item * ref_size(card));
}

bool card_left_out(struct span card, enum card_item item)
{
	return load_u32(card.p + 20) >> item & 1;
}

uint32_t card_left_out_items(struct span card)
{
	return load_u32(card.p + 20);
}

uint32_t card_flags(struct span card)
{
	return load_u32(card.p + 16);
}

uint32_t card_parts(struct span card)
{
	return load_u32(card.p + 24);
}

int32_t card_sent_day(struct span card)
{
	return (int32_t)load_u32(card.p + 28);
}

int64_t card_sent_date(struct span card)
{
	return (int64_t)load_u64(card.p + 32);
}

static uint32_t load_u16(const char *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

// An entry is sound when children follow their parent and offsets are in order within the message.
static bool part_is_sound(const struct card_part *p, uint32_t index, uint32_t parts, uint64_t size)
{
	if (index == 0 ? p->parent != UINT32_MAX : p->parent >= index)
		return false;
	if (p->first_child && (p->first_child <= index || p->first_child >= parts))
		return false;
	if (p->child_count > parts || (p->child_count != 0) != (p->first_child != 0))
		return false;
	if (p->kind > PART_MESSAGE || p->encoding > ENCODING_UNKNOWN)
		return false;
	return p->header_start <= p->body_start && p->body_start <= p->body_end &&
		p->body_end <= size;
}

int card_part(struct op *op, struct span card, uint32_t index, struct card_part *ret_part)
{
	uint32_t parts = card_parts(card);
	size_t ref = ref_size(card);
	struct span table = card_item(card, CARD_PARTS);
	if (index >= parts || table.n != parts * (CARD_PART_HEAD + 3 * ref))
		return op_fail(op, RC_CORRUPT, "a card has no part %u", index);
	const char *p = table.p + index * (CARD_PART_HEAD + 3 * ref);
	uint32_t parent = load_u16(p);
	struct card_part part = {
		.parent = parent == CARD_NO_PARENT ? UINT32_MAX : parent,
		.number = load_u16(p + 2),
		.first_child = load_u16(p + 4),
		.child_count = load_u16(p + 6),
		.kind = (uint8_t)p[8],
		.encoding = (uint8_t)p[9],
		.lines = load_u32(p + 12),
		.header_start = load_u32(p + 16),
		.body_start = load_u32(p + 20),
		.body_end = load_u32(p + 24),
		.type = card_ref(card, p + CARD_PART_HEAD),
		.subtype = card_ref(card, p + CARD_PART_HEAD + ref),
		.charset = card_ref(card, p + CARD_PART_HEAD + 2 * ref),
	};
	if (!part_is_sound(&part, index, parts, load_u64(card.p + 8)))
		return op_fail(op, RC_CORRUPT, "part %u of a card makes no sense", index);
	*ret_part = part;
	return 0;
}

bool card_child(struct span card, uint32_t parent, uint32_t number, uint32_t *ret_index)
{
	struct span table = card_item(card, CARD_PARTS);
	size_t record = CARD_PART_HEAD + 3 * ref_size(card);
	for (size_t i = parent + (size_t)1; i < table.n / record; i++) {
		const char *p = table.p + i * record;
		if (load_u16(p) == parent && load_u16(p + 2) == number) {
			*ret_index = (uint32_t)i;
			return true;
		}
	}
	return false;
}

bool card_fields_next_slow(struct card_fields *it, struct card_field *ret_field)
{
	if (it->rest.n == 0)
		return false;
	struct reader r = reader_of(it->rest);
	uint8_t bucket = reader_u8(&r);
	uint64_t size = reader_varint(&r);
	if (r.bad || size > UINT32_MAX) {
		it->rest = SPAN_NONE;
		return false;
	}
	*ret_field = (struct card_field){ it->offset, size, bucket };
	it->rest = r.rest;
	it->offset += size;
	return true;
}

uint8_t card_name_bucket(struct span name)
{
	uint32_t h = 2166136261u; // FNV-1a: stable, and good enough for 255 buckets of short names
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ ascii_lower((unsigned char)name.p[i])) * 16777619u;
	return (uint8_t)(1 + (h ^ h >> 15) % 255);
}

// --- BODY out of BODYSTRUCTURE ---
//
// RFC 9051 section 9: body = "(" (body-type-1part / body-type-mpart) ")", where the extension data come last in each. So BODY is
// the text with the end of every body dropped: of a multipart everything behind the subtype; of a leaf everything behind the seven
// basic fields, and for text behind the lines, for message/rfc822 and message/global behind envelope, body and lines.
// Walked with a stack of what each open body has had so far.

enum level_state {
	IN_CHILDREN, // of a multipart, or just begun
	IN_FIELDS,   // of a leaf: `left` values still belong to BODY
	IN_MESSAGE,  // a message leaf whose next value is a body
};
struct level {
	uint8_t state;
	uint8_t left;
	bool is_message;
};
struct body_walk {
	struct span s;
	size_t at;
	struct buf *to;
	struct level stack[CONTENT_BODY_DEPTH_MAX];
	size_t depth;
};

size_t card_value_end(struct span s, size_t at)
{
	size_t depth = 0;
	while (at < s.n) {
		char c = s.p[at];
		if (depth == 0 && (c == ')' || c == ' '))
			return at;
		if (c == ' ') {
			at++;
			continue;
		}
		if (c == '"') {
			for (at++; at < s.n && s.p[at] != '"'; at++)
				at += s.p[at] == '\\';
			at++;
		} else if (c == '(') {
			depth++;
			at++;
		} else if (c == ')') {
			depth--;
			at++;
		} else {
			while (at < s.n && s.p[at] != ' ' && s.p[at] != ')' && s.p[at] != '(')
				at++;
		}
		if (depth == 0)
			return at <= s.n ? at : s.n + 1;
	}
	return s.n + 1;
}

// Copies the value at `at`, and the blank before it unless it comes first in its list.
static bool walk_copy(struct body_walk *w, struct span *ret_value)
{
	size_t from = w->at;
	if (from < w->s.n && w->s.p[from] == ' ')
		w->at++;
	size_t end = card_value_end(w->s, w->at);
	if (end > w->s.n || end == w->at)
		return false;
	*ret_value = span_cut(w->s, w->at, end);
	buf_add(w->to, span_cut(w->s, from, end));
	w->at = end;
	return true;
}

// Drops values until the ")" of this body, and takes that.
static bool walk_close(struct body_walk *w)
{
	while (w->at < w->s.n && w->s.p[w->at] != ')') {
		size_t from = w->at + (w->s.p[w->at] == ' ');
		size_t end = card_value_end(w->s, from);
		if (end > w->s.n || end == w->at)
			return false;
		w->at = end;
	}
	if (w->at >= w->s.n)
		return false;
	w->at++;
	buf_addc(w->to, ')');
	w->depth--;
	return true;
}

static bool walk_open(struct body_walk *w)
{
	if (w->at < w->s.n && w->s.p[w->at] == ' ') {
		buf_addc(w->to, ' ');
		w->at++;
	}
	if (w->depth == CONTENT_BODY_DEPTH_MAX || w->at >= w->s.n || w->s.p[w->at] != '(')
		return false;
	w->at++;
	buf_addc(w->to, '(');
	w->stack[w->depth++] = (struct level){ IN_CHILDREN, 0, false };
	return true;
}

// The first value of a body tells what it is: a list is a child, a string the type of a leaf.
static bool walk_begin(struct body_walk *w, struct level *l)
{
	if (w->at < w->s.n && w->s.p[w->at] == '(')
		return walk_open(w);
	struct span value, subtype;
	bool first = w->s.p[w->at - 1] == '(';
	if (!walk_copy(w, &value))
		return false;
	if (!first) // the subtype of a multipart
		return walk_close(w);
	if (!walk_copy(w, &subtype))
		return false;
	l->state = IN_FIELDS;
	l->left = 5; // parameters, id, description, encoding, octets
	if (span_caseeq(value, SPAN("\"TEXT\"")))
		l->left = 6; // and lines
	else if (span_caseeq(value, SPAN("\"MESSAGE\"")) &&
		(span_caseeq(subtype, SPAN("\"RFC822\"")) ||
			span_caseeq(subtype, SPAN("\"GLOBAL\"")))) {
		l->left = 6; // and the envelope; then a body, then lines
		l->is_message = true;
	}
	return true;
}

static bool walk_step(struct body_walk *w)
{
	struct level *l = &w->stack[w->depth - 1];
	struct span value;
	switch (l->state) {
	case IN_CHILDREN:
		return walk_begin(w, l);
	case IN_FIELDS:
		if (l->left == 0)
			return walk_close(w);
		// A message/global that is shown as an ordinary part (RFC 9755 section 6) has no envelope.
		if (l->is_message && l->left == 1 &&
			!span_starts(span_skip(w->s, w->at), SPAN(" (")))
			return walk_close(w);
		l->left--;
		if (!walk_copy(w, &value))
			return false;
		if (l->is_message && l->left == 0)
			l->state = IN_MESSAGE;
		return true;
	default: // IN_MESSAGE: the body, and when control comes back here, its lines
		l->state = IN_FIELDS;
		l->is_message = false;
		l->left = 1;
		return walk_open(w);
	}
}

bool card_body_of(struct span structure, struct buf *to)
{
	size_t start = to->n;
	struct body_walk w;
	w.s = structure;
	w.at = 0;
	w.to = to;
	w.depth = 0;
	bool good = walk_open(&w);
	while (good && w.depth > 0)
		good = walk_step(&w);
	if (good && w.at == structure.n && !to->failed)
		return true;
	if (!to->failed)
		to->n = start;
	return false;
}
