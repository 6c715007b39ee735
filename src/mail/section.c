// SPDX-License-Identifier: Apache-2.0
// Sections of a message (RFC 9051 section 6.4.5.1) and BINARY. A section is a range of octets, or for HEADER.FIELDS a row of ranges;
// it goes into the rope by reference. Only in messages that hold a NUL somewhere (a flag of the card) are octets looked at.
#include "mail/content.h"

#include "base/limits.h"
#include "mail/content_priv.h"
#include "mime/decode.h"
#include "mime/header.h"

#define CHUNK (64u << 10) // octets looked at or decoded at a time

// --- which part, which octets ---

// Child `number` of a part; SECTION_ABSENT.
static int child_of(struct op *op, const struct content *c, uint32_t parent, uint32_t number,
	uint32_t *ret_index, struct card_part *ret_part)
{
	uint32_t at;
	if (!card_child(c->card, parent, number, &at))
		return SECTION_ABSENT;
	*ret_index = at;
	return content_part(op, c, at, ret_part);
}

// One number of a path, from the root of a message: its part 1 is the root itself unless it is a multipart.
static int step_from_root(struct op *op, const struct content *c, uint32_t number, uint32_t *index,
	struct card_part *part)
{
	if (part->kind == PART_MULTIPART)
		return child_of(op, c, *index, number, index, part);
	return number == 1 ? 0 : SECTION_ABSENT;
}

static int find_part(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	uint32_t *ret_index, struct card_part *ret_part)
{
	int rc = content_part(op, c, 0, ret_part);
	*ret_index = 0;
	for (size_t i = 0; rc == 0 && i < depth; i++) {
		if (i == 0) {
			rc = step_from_root(op, c, path[i], ret_index, ret_part);
		} else if (ret_part->kind == PART_MULTIPART) {
			rc = child_of(op, c, *ret_index, path[i], ret_index, ret_part);
		} else if (ret_part->kind == PART_MESSAGE) {
			rc = child_of(op, c, *ret_index, 1, ret_index, ret_part);
			if (rc == 0)
				rc = step_from_root(op, c, path[i], ret_index, ret_part);
		} else {
			rc = SECTION_ABSENT;
		}
	}
	return rc;
}

// The octets of a section; for HEADER.FIELDS those of the whole header. *ret_main: it is the header of the message itself.
static int section_range(struct op *op, const struct content *c, const struct section *s,
	struct octets_range *ret_range, bool *ret_main)
{
	struct card_part part;
	uint32_t index;
	if (s->depth == 0 && s->what == SECTION_ALL) { // needs no card
		*ret_range = (struct octets_range){ 0, c->size };
		return 0;
	}
	int rc = find_part(op, c, s->path, s->depth, &index, &part);
	if (rc)
		return rc;
	*ret_main = s->depth == 0;
	if (s->what == SECTION_ALL) {
		*ret_range = (struct octets_range){ part.body_start, part.body_end };
		return 0;
	}
	if (s->what == SECTION_MIME) {
		*ret_range = (struct octets_range){ part.header_start, part.body_start };
		return s->depth ? 0 : SECTION_ABSENT;
	}
	if (s->depth > 0) { // HEADER and TEXT are of a message part's message
		if (part.kind != PART_MESSAGE)
			return SECTION_ABSENT;
		rc = child_of(op, c, index, 1, &index, &part);
		if (rc)
			return rc;
	}
	if (s->what == SECTION_TEXT)
		*ret_range = (struct octets_range){ part.body_start,
			s->depth ? part.body_end : c->size };
	else
		*ret_range = (struct octets_range){ part.header_start, part.body_start };
	return 0;
}

// --- putting octets out ---

struct window { // the part of a row of ranges that is wanted
	struct op *op;
	const struct content *c;
	uint64_t offset, end; // of the row
	struct rope *to;
	uint64_t at; // octets of the row so far
	uint64_t sent;
	struct octets_range pending;  // ranges that touch are put out as one
	struct section_ranges *found; // not NULL: only noted there
	struct section_ranges *from;  // not NULL: they were noted there
	struct section_place now;     // of the field that is added
};
enum { WINDOW_FULL = 2 }; // what is wanted is there

static void add_without_nul(struct rope *to, struct span s)
{
	while (s.n > 0) {
		size_t n = s.n < CHUNK ? s.n : CHUNK;
		char *p = rope_room(to, n);
		if (!p)
			return;
		for (size_t i = 0; i < n; i++)
			p[i] = s.p[i] ? s.p[i] : (char)0x80;
		rope_wrote(to, n);
		s = span_skip(s, n);
	}
}

static int add_by_reference(
	struct op *op, const struct content *c, struct octets_range r, struct rope *to)
{
	uint64_t prefix = c->prefix_size;
	if (r.from < prefix) {
		uint64_t end = r.to < prefix ? r.to : prefix;
		int rc = blob_to_rope(op, &c->prefix, r.from, end - r.from, to);
		if (rc)
			return rc;
		r.from = end;
	}
	if (r.from >= r.to)
		return 0;
	return blob_to_rope(op, &c->blob, r.from - prefix, r.to - r.from, to);
}

static int add_range(struct op *op, const struct content *c, struct octets_range r, struct rope *to)
{
	if (likely(!(card_flags(c->card) & CARD_HAS_NUL)))
		return add_by_reference(op, c, r, to);
	while (r.from < r.to) {
		uint64_t end = r.to - r.from < CHUNK ? r.to : r.from + CHUNK;
		struct span piece;
		int rc = content_piece(op, c, r.from, end, &piece);
		if (rc)
			return rc;
		if (piece.n == 0)
			return op_fail(op, RC_CORRUPT, "a message is shorter than its record");
		if (memchr(piece.p, 0, piece.n))
			add_without_nul(to, piece);
		else
			rc = add_by_reference(
				op, c, (struct octets_range){ r.from, r.from + piece.n }, to);
		if (rc)
			return rc;
		r.from += piece.n;
	}
	return 0;
}

// A short range out of what was looked at when it was found: its octets are verified and at hand.
static bool add_looked_at(const struct section_ranges *from, struct octets_range r, struct rope *to)
{
	if (!from || r.from < from->looked_at || r.to - from->looked_at > from->looked.n ||
		r.to - r.from > ROPE_COPY_MAX)
		return false;
	rope_add(to,
		span_cut(from->looked, (size_t)(r.from - from->looked_at),
			(size_t)(r.to - from->looked_at)));
	return true;
}

static int window_flush(struct window *w)
{
	struct octets_range r = w->pending;
	uint64_t n = r.to - r.from, begin = w->at;
	w->pending = (struct octets_range){ 0, 0 };
	w->at += n;
	if (w->found) {
		if (n && w->found->count++ < SECTION_RANGES)
			w->found->at[w->found->count - 1] = r;
		return 0;
	}
	uint64_t from = begin > w->offset ? begin : w->offset;
	uint64_t to = w->at < w->end ? w->at : w->end;
	if (from >= to)
		return 0;
	w->sent += to - from;
	r = (struct octets_range){ r.from + (from - begin), r.from + (to - begin) };
	int rc = 0;
	if (card_flags(w->c->card) & CARD_HAS_NUL || !add_looked_at(w->from, r, w->to))
		rc = w->from && w->from->keeps_nul ? add_by_reference(w->op, w->c, r, w->to)
						   : add_range(w->op, w->c, r, w->to);
	if (rc == 0 && w->to->failed)
		rc = op_fail(w->op, RC_NOMEM, "out of memory for output");
	return rc;
}

static int window_add(struct window *w, uint64_t from, uint64_t to)
{
	if (from == to)
		return 0;
	uint64_t at = w->at + (w->pending.to - w->pending.from);
	if (at >= w->end && w->from)
		return WINDOW_FULL;
	if (w->from) {
		w->from->place = w->now;
		w->from->place.at = at;
	}
	if (w->pending.to == from && w->pending.to > w->pending.from) {
		w->pending.to = to;
		return 0;
	}
	int rc = window_flush(w);
	w->pending = (struct octets_range){ from, to };
	return rc;
}

// --- HEADER.FIELDS ---

static bool name_is_wanted(const struct section *s, struct span name)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (span_caseeq(s->fields[i], name))
			return true;
	return false;
}

// The octets of a header, which whoever found the section keeps.
static int header_bytes(struct window *w, uint64_t from, uint64_t to, struct span *ret_header)
{
	struct section_ranges *known = w->from;
	if (known && known->looked.p && known->looked_at == from && known->looked.n == to - from) {
		*ret_header = known->looked;
		return 0;
	}
	int rc = content_bytes(w->op, w->c, from, to, ret_header);
	if (rc == 0 && w->found) {
		w->found->looked = *ret_header;
		w->found->looked_at = from;
	}
	return rc;
}

// Fields of octets [from, to), found by walking them. Then the empty line, if `last`.
static int fields_by_walk(
	struct window *w, const struct section *s, uint64_t from, uint64_t to, bool last)
{
	struct span header;
	int rc = header_bytes(w, from, to, &header);
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	it.at = (size_t)w->now.offset;
	while (rc == 0 && mime_fields_next(&it, &f)) {
		w->now.offset = f.offset;
		bool wanted = f.name.n && name_is_wanted(s, f.name);
		if (wanted == (s->what == SECTION_FIELDS))
			rc = window_add(w, from + f.offset, from + f.offset + f.raw.n);
	}
	w->now.offset = it.at;
	if (rc == 0 && last)
		rc = window_add(w, from + it.at, to);
	return rc;
}

static struct span field_name(struct span field)
{
	struct span name = span_cut(field, 0, span_find_char(field, ':'));
	while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
		name.n--;
	return name;
}

static void buckets_of(const struct section *s, uint64_t buckets[4])
{
	for (size_t i = 0; i < s->field_count; i++) {
		uint8_t b = card_name_bucket(s->fields[i]);
		buckets[b / 64] |= UINT64_C(1) << b % 64;
	}
}

void section_prepare(struct section *s)
{
	buckets_of(s, s->buckets);
	s->is_prepared = true;
}

// The same with the card's index: only fields whose bucket is asked for are looked at.
static int fields_by_index(struct window *w, const struct section *s, uint64_t from, uint64_t to)
{
	uint64_t made[4] = { 0 };
	if (!s->is_prepared)
		buckets_of(s, made);
	const uint64_t *buckets = s->is_prepared ? s->buckets : made;
	struct span header;
	int rc = header_bytes(w, from, to, &header);
	struct card_fields it = card_fields_of(w->c->card);
	struct card_field f;
	if (w->now.index.p) {
		it.rest = w->now.index;
		it.offset = w->now.offset;
	}
	while (rc == 0) {
		w->now.index = it.rest;
		w->now.offset = it.offset;
		if (s->what == SECTION_FIELDS)
			card_fields_pass(&it, buckets);
		bool wanted = false, more = card_fields_next(&it, &f);
		if (it.offset > header.n)
			return op_fail(
				w->op, RC_CORRUPT, "a card's fields are longer than the header");
		if (!more)
			break;
		uint64_t end = f.offset + f.size;
		if (f.bucket && buckets[f.bucket / 64] >> f.bucket % 64 & 1)
			wanted = name_is_wanted(
				s, field_name(span_cut(header, (size_t)f.offset, (size_t)end)));
		if (wanted == (s->what == SECTION_FIELDS))
			rc = window_add(w, from + f.offset, from + end);
	}
	if (rc == 0)
		rc = window_add(w, from + it.offset, to);
	return rc;
}

static int fields_add(
	struct window *w, const struct section *s, struct octets_range header, bool is_main)
{
	int rc = 0;
	bool has_prefix = is_main && w->c->prefix_size > 0;
	uint64_t from = has_prefix ? w->c->prefix_size : header.from;
	if (has_prefix && !w->now.is_past_prefix) {
		rc = fields_by_walk(w, s, 0, w->c->prefix_size, false);
		w->now.offset = 0;
	}
	w->now.is_past_prefix = true;
	if (rc)
		return rc;
	if (is_main && card_item(w->c->card, CARD_FIELDS).p)
		return fields_by_index(w, s, from, header.to);
	return fields_by_walk(w, s, from, header.to, true);
}

// --- sections ---

static int section_put(const struct section *s, struct window *w)
{
	struct octets_range r;
	bool is_main = false;
	int rc = section_range(w->op, w->c, s, &r, &is_main);
	if (rc)
		return rc;
	if (s->what == SECTION_FIELDS || s->what == SECTION_FIELDS_NOT)
		rc = fields_add(w, s, r, is_main);
	else
		rc = window_add(w, r.from, r.to);
	return rc && rc != WINDOW_FULL ? rc : window_flush(w);
}

static int section_put_window(const struct section *s, struct window *w, uint64_t *ret_n)
{
	int rc = section_put(s, w);
	if (rc == 0)
		*ret_n = w->sent;
	return rc;
}

int content_section_find(struct op *op, const struct content *c, const struct section *s,
	struct section_ranges *ret_ranges)
{
	struct window w = { .op = op, .c = c, .found = ret_ranges };
	ret_ranges->section = s;
	ret_ranges->count = 0;
	ret_ranges->keeps_nul = false;
	ret_ranges->looked = SPAN_NONE;
	ret_ranges->looked_at = 0;
	ret_ranges->place = (struct section_place){ .at = 0 };
	int rc = section_put(s, &w);
	ret_ranges->size = w.at;
	return rc;
}

int content_section_put(struct op *op, const struct content *c, struct section_ranges *ranges,
	struct octets_range wanted, struct rope *to, uint64_t *ret_n)
{
	struct window w = {
		.op = op, .c = c, .offset = wanted.from, .end = wanted.to, .to = to, .from = ranges
	};
	if (ranges->count > SECTION_RANGES) {
		if (ranges->place.at <= wanted.from)
			w.now = ranges->place;
		w.at = w.now.at;
		return section_put_window(ranges->section, &w, ret_n);
	}
	int rc = 0;
	for (uint32_t i = 0; rc == 0 && i < ranges->count; i++)
		rc = window_add(&w, ranges->at[i].from, ranges->at[i].to);
	if (rc >= 0)
		rc = window_flush(&w);
	if (rc == 0)
		*ret_n = w.sent;
	return rc;
}

int content_section(struct op *op, const struct content *c, const struct section *s,
	uint64_t offset, uint64_t n, struct rope *to, uint64_t *ret_n)
{
	struct window w = {
		.op = op,
		.c = c,
		.offset = offset,
		.end = n > UINT64_MAX - offset ? UINT64_MAX : offset + n,
		.to = to,
	};
	return section_put_window(s, &w, ret_n);
}

// --- BINARY ---

struct binary {
	struct octets_range range; // what is left
	struct span piece;         // the beginning of it, in memory
	struct mime_decoder decoder;
	bool plain; // nothing to decode
};

static int binary_find(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	struct binary *ret)
{
	static const enum mime_cte ctes[] = {
		[ENCODING_IDENTITY] = MIME_CTE_IDENTITY,
		[ENCODING_BASE64] = MIME_CTE_BASE64,
		[ENCODING_QP] = MIME_CTE_QP,
		[ENCODING_UUENCODE] = MIME_CTE_UUENCODE,
		[ENCODING_UNKNOWN] = MIME_CTE_UNKNOWN,
	};
	*ret = (struct binary){ .range = { 0, c->size }, .plain = true };
	if (depth == 0)
		return 0;
	struct card_part part;
	uint32_t index;
	int rc = find_part(op, c, path, depth, &index, &part);
	if (rc)
		return rc;
	ret->range = (struct octets_range){ part.body_start, part.body_end };
	if (part.kind == PART_MULTIPART || part.kind == PART_MESSAGE)
		return 0;
	enum mime_cte cte = ctes[part.encoding];
	if (!mime_cte_is_binary_ok(cte))
		return op_fail(op, RC_UNKNOWNCTE, "the part's encoding is not known");
	ret->plain = cte == MIME_CTE_IDENTITY; // text came in with CRLF (mail/txn.h)
	mime_decoder_init(&ret->decoder, cte, part.kind == PART_TEXT);
	return 0;
}

// Decodes the next chunk behind what `to` holds.
static int binary_step(struct op *op, const struct content *c, struct binary *b, struct buf *to)
{
	if (b->piece.n == 0) {
		int rc = content_piece(op, c, b->range.from, b->range.to, &b->piece);
		if (rc)
			return rc;
		if (b->piece.n == 0)
			return op_fail(op, RC_CORRUPT, "a message is shorter than its record");
	}
	struct span piece = span_cut(b->piece, 0, CHUNK);
	b->piece = span_skip(b->piece, piece.n);
	b->range.from += piece.n;
	if (b->plain) {
		buf_add(to, piece);
	} else {
		mime_decode(&b->decoder, piece, to);
		if (b->range.from == b->range.to)
			mime_decode_end(&b->decoder, to);
	}
	return to->failed ? op_fail(op, RC_NOMEM, "out of memory for a decoded part") : 0;
}

int content_binary(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	struct buf *ret_bytes, bool *ret_has_nul)
{
	struct binary b;
	size_t start = ret_bytes->n;
	int rc = binary_find(op, c, path, depth, &b);
	while (rc == 0 && b.range.from < b.range.to)
		rc = binary_step(op, c, &b, ret_bytes);
	if (rc == 0)
		*ret_has_nul = ret_bytes->n > start &&
			memchr(ret_bytes->p + start, 0, ret_bytes->n - start) != NULL;
	return rc;
}

int content_binary_size(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	uint64_t *ret_size)
{
	struct binary b;
	struct buf chunk = { 0 };
	uint64_t size = 0;
	int rc = binary_find(op, c, path, depth, &b);
	if (rc == 0 && b.plain) {
		size = b.range.to - b.range.from;
		b.range.from = b.range.to;
	}
	while (rc == 0 && b.range.from < b.range.to) {
		buf_reset(&chunk);
		rc = binary_step(op, c, &b, &chunk);
		size += chunk.n;
	}
	buf_done(&chunk);
	if (rc == 0)
		*ret_size = size;
	return rc;
}
