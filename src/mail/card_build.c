// SPDX-License-Identifier: Apache-2.0
// Making cards (format: card.c). All octets of items are gathered in one pool; an item whose text lies within one that is already
// there refers to it: the message-id and first addresses within ENVELOPE or the folded fields, types and charsets within
// BODYSTRUCTURE. Items are added in order of worth, and one that does not fit the limit is left out and marked.
#include "base/limits.h"
#include "mail/card.h"
#include "mail/card_priv.h"
#include "mime/header.h"
#include "mime/render.h"
#include "mime/text.h"

struct place { // in the pool
	uint32_t at, n;
	bool present;
};
struct part_places {
	struct place type, subtype, charset;
};
#define NAMES_KEPT 16u // type names that are looked for before they are stored again

#define VALUES_KEPT 16u // fields of one name whose text a card holds
struct values {
	struct span list[VALUES_KEPT];
	size_t count;
	bool too_long;
};

struct builder {
	struct op *op;
	const struct mime_tree *t;
	size_t limit;
	struct buf pool;
	struct buf work, folded; // scratch
	struct buf index;        // CARD_FIELDS
	struct values values[5]; // in the order of search_texts
	struct place items[CARD_ITEMS];
	uint32_t left_out, flags;
	struct part_places *parts; // NULL: left out
	struct place names[NAMES_KEPT];
	uint32_t names_used;
	struct mime_date date;
	bool has_date;
};

// --- the pool ---

static size_t card_size(const struct builder *b, bool wide)
{
	size_t ref = wide ? 8 : 4;
	size_t parts = b->parts ? b->t->count * (CARD_PART_HEAD + 3 * ref) : 0;
	return CARD_HEAD + CARD_ITEMS * ref + parts + b->pool.n;
}

static struct span place_span(const struct builder *b, struct place p)
{
	return b->pool.failed ? SPAN("") : span_of(b->pool.p + p.at, p.n); // else it is not there
}

static bool pool_fits(const struct builder *b, size_t n)
{
	return card_size(b, true) + n <= b->limit;
}

static struct place pool_add(struct builder *b, struct span s)
{
	struct place p = { (uint32_t)b->pool.n, (uint32_t)s.n, true };
	buf_add(&b->pool, s);
	return p;
}

static void item_add(struct builder *b, enum card_item item, struct span s)
{
	if (pool_fits(b, s.n))
		b->items[item] = pool_add(b, s);
	else
		b->left_out |= 1u << item;
}

// Refers to the text within `host` if it is there.
static void item_add_within(
	struct builder *b, enum card_item item, struct span s, enum card_item host)
{
	if (b->items[host].present) {
		size_t at = span_find(place_span(b, b->items[host]), s);
		if (at != SIZE_MAX) {
			b->items[item] = (struct place){ b->items[host].at + (uint32_t)at,
				(uint32_t)s.n, true };
			return;
		}
	}
	item_add(b, item, s);
}

// --- ENVELOPE and BODYSTRUCTURE ---

static int render_item(struct builder *b, enum card_item item, enum mime_form form, bool *ret_same)
{
	buf_reset(&b->work);
	int rc = item == CARD_ENVELOPE || item == CARD_ENVELOPE_UTF8
		? mime_envelope_render(b->op, b->t, 0, form, &b->work, ret_same)
		: mime_structure_render(b->op, b->t, true, form, &b->work, ret_same);
	if (rc == 0 && !b->work.failed)
		item_add(b, item, buf_span(&b->work));
	return rc;
}

static int render_both(struct builder *b, enum card_item ascii, enum card_item utf8)
{
	bool same = true;
	int rc = render_item(b, ascii, MIME_ASCII, &same);
	if (rc == 0 && !same)
		rc = render_item(b, utf8, MIME_UTF8, &same);
	return rc;
}

// --- text for SEARCH ---

// Octets up to `max`, cut at a character's border.
static struct span cut_text(struct span s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return span_cut(s, 0, max);
}

// Appends "Name <local@domain>, …" of an address field, until there are more than `max` octets.
static void add_addresses(struct op *op, struct span value, size_t max, struct buf *to)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct mime_addresses it = mime_addresses_of(value);
	struct mime_address a;
	size_t start = to->n;
	while (to->n - start <= max && mime_addresses_next(&op->arena, &it, &a)) {
		if (a.kind == MIME_GROUP_END)
			continue;
		if (to->n > start)
			buf_add(to, SPAN(", "));
		if (a.name.n)
			mime_text_of(a.name, to);
		if (a.kind == MIME_GROUP_BEGIN) {
			buf_addc(to, ':');
			continue;
		}
		if (a.local.n == 0 && a.domain.n == 0)
			continue;
		buf_add(to, a.name.n ? SPAN(" <") : SPAN("<"));
		buf_add(to, a.local);
		if (a.domain.n) {
			buf_addc(to, '@');
			buf_add(to, a.domain);
		}
		buf_addc(to, '>');
	}
	if (it.failed)
		to->failed = true;
	arena_release(&op->arena, mark);
}

static void add_text(struct span text, unsigned what, struct buf *to)
{
	if (what & FIELD_TEXT_FOLDED)
		casefold(text, to);
	else
		buf_add(to, text);
}

void card_field_text(struct op *op, struct span value, unsigned what, size_t max,
	struct buf *scratch, struct buf *to)
{
	buf_reset(scratch);
	mime_text_of(value, scratch);
	size_t n = scratch->n;
	if (what & FIELD_TEXT_ADDRESSES)
		add_addresses(op, value, max, scratch);
	struct span text = span_cut(buf_span(scratch), 0, n);
	struct span plain = span_skip(buf_span(scratch), n);
	if (to->n > 0)
		buf_addc(to, 0);
	add_text(text, what, to);
	if (plain.n > 0 && !span_eq(text, plain)) {
		buf_addc(to, 0);
		add_text(plain, what, to);
	}
	to->failed |= scratch->failed;
}

struct search_text {
	struct span name;
	enum card_item item;
	bool addresses;
};
static const struct search_text search_texts[] = {
	{ SPAN("Subject"), CARD_SUBJECT, false },
	{ SPAN("From"), CARD_FROM, true },
	{ SPAN("To"), CARD_TO, true },
	{ SPAN("Cc"), CARD_CC, true },
	{ SPAN("Bcc"), CARD_BCC, true },
};

static_assert(countof(search_texts) == countof(((struct builder *)0)->values), "one list each");

static void add_search_text(struct builder *b, size_t which)
{
	const struct search_text *what = &search_texts[which];
	const struct values *v = &b->values[which];
	buf_reset(&b->folded);
	for (size_t i = 0; i < v->count && i < VALUES_KEPT && b->folded.n <= CARD_TEXT_MAX; i++)
		card_field_text(b->op, span_cut(v->list[i], 0, CARD_TEXT_MAX + 1),
			FIELD_TEXT_FOLDED | (what->addresses ? FIELD_TEXT_ADDRESSES : 0),
			CARD_TEXT_MAX, &b->work, &b->folded);
	if (v->count > VALUES_KEPT || b->folded.n > CARD_TEXT_MAX || v->too_long)
		b->left_out |= 1u << what->item;
	else if (v->count > 0)
		item_add(b, what->item, buf_span(&b->folded));
}

// --- the header, in one walk ---

static void keep_value(struct builder *b, const struct mime_field *f)
{
	for (size_t i = 0; i < countof(search_texts); i++) {
		if (f->name.n != search_texts[i].name.n ||
			!span_caseeq(f->name, search_texts[i].name))
			continue;
		struct values *v = &b->values[i];
		if (v->count < VALUES_KEPT)
			v->list[v->count] = f->value;
		v->count++;
		v->too_long |= f->value.n > CARD_TEXT_MAX;
		return;
	}
}

static bool has_encoded_word(struct span s)
{
	// Equals signs are rare: this takes a fifth of the time of looking for both at once.
	for (size_t at = span_find_char(s, '='); at + 1 < s.n; at = span_find_char(s, '=')) {
		s = span_skip(s, at + 1);
		if (s.p[0] == '?')
			return true;
	}
	return false;
}

// Collects the values of the fields above, and the index of all.
static void read_header(struct builder *b)
{
	struct mime_fields it = mime_fields_of(b->t->header);
	struct mime_field f;
	size_t count = 0;
	while (mime_fields_next(&it, &f)) {
		if (f.name.n >= 2 && f.name.n <= 7)
			keep_value(b, &f);
		if (++count > CARD_FIELDS_INDEXED)
			continue;
		buf_add_u8(&b->index, f.name.n ? card_name_bucket(f.name) : 0);
		buf_add_varint(&b->index, f.raw.n);
	}
	if (has_encoded_word(b->t->header))
		b->flags |= CARD_HEADER_ENCODED;
	// A header that was cut at a limit, or has very many fields, is not indexed: the index would miss some.
	if (count > CARD_FIELDS_INDEXED || b->t->header.n != b->t->parts[0].body_start)
		b->left_out |= 1u << CARD_FIELDS;
}

// --- sort keys ---

// Text whose encoding cannot be undone sorts behind all other, as the octets that it is (RFC 5255 section 4.6, step c): no UTF-8 begins so.
#define UNCONVERTED '\xff'

// Decoded text of a value; true if it is octets behind UNCONVERTED.
static bool add_decoded(struct span value, struct buf *to)
{
	size_t start = to->n;
	if (has_encoded_word(value)) {
		buf_addc(to, UNCONVERTED);
		if (!mime_text_octets(value, to))
			return true;
	}
	to->n = start;
	mime_text_of(value, to);
	return false;
}

static bool add_base_subject(struct span value, struct buf *to, bool *ret_is_reply)
{
	size_t start = to->n;
	if (has_encoded_word(value)) {
		buf_addc(to, UNCONVERTED);
		if (!mime_base_subject_octets(value, to, ret_is_reply)) {
			to->n -= to->n == start + 1; // nothing is left
			return to->n > start;
		}
	}
	to->n = start;
	mime_base_subject(value, to, ret_is_reply);
	return false;
}

static bool first_address(struct op *op, const struct mime_value *v, struct mime_address *ret)
{
	for (; v; v = v->next) {
		struct mime_addresses it = mime_addresses_of(v->text);
		if (mime_addresses_next(&op->arena, &it, ret))
			return true;
	}
	return false;
}

// RFC 5256 section 3: addr-mailbox of the first address, for a group its name.
static bool add_mailbox(const struct mime_address *a, struct buf *to)
{
	if (a->kind == MIME_GROUP_BEGIN)
		return add_decoded(a->name, to);
	buf_add(to, a->local);
	return false;
}

// RFC 5957 section 3: how it is shown.
static bool add_display(const struct mime_address *a, struct buf *to)
{
	size_t start = to->n;
	bool unconverted = a->name.n && add_decoded(a->name, to);
	// ENVELOPE has NIL as host of a group only; of an address without domain it is the empty string.
	if (to->n > start || a->kind == MIME_GROUP_BEGIN || (a->local.n == 0 && a->domain.n == 0))
		return unconverted;
	buf_add(to, a->local);
	buf_addc(to, '@');
	buf_add(to, a->domain);
	return false;
}

bool card_key_text(struct op *op, const struct mime_tree *t, enum card_item item, struct buf *to)
{
	const struct mime_envelope *e = t->parts[0].envelope;
	bool display = item == CARD_DISPLAY_FROM || item == CARD_DISPLAY_TO, is_reply;
	struct mime_address a;
	if (item == CARD_BASE_SUBJECT)
		return add_base_subject(e->subject, to, &is_reply);
	const struct mime_value *v = item == CARD_SORT_FROM || item == CARD_DISPLAY_FROM ? e->from
		: item == CARD_SORT_CC                                                   ? e->cc
											 : e->to;
	if (!first_address(op, v, &a))
		return false;
	return display ? add_display(&a, to) : add_mailbox(&a, to);
}

// Folds what is in `work` into `folded` and adds it.
static void add_key(
	struct builder *b, enum card_item item, bool unconverted, size_t max, enum card_item host)
{
	buf_reset(&b->folded);
	struct span text = buf_span(&b->work);
	if (unconverted)
		buf_add(&b->folded, span_cut(text, 0, max));
	else
		casefold(cut_text(text, max), &b->folded);
	struct span key = unconverted ? buf_span(&b->folded) : cut_text(buf_span(&b->folded), max);
	if (key.n > 0)
		item_add_within(b, item, key, host);
}

static void add_sort_keys(struct builder *b)
{
	static const struct {
		enum card_item item, host; // where the text is likely to be found
	} keys[] = {
		{ CARD_SORT_FROM, CARD_FROM },
		{ CARD_SORT_TO, CARD_TO },
		{ CARD_SORT_CC, CARD_CC },
		{ CARD_DISPLAY_FROM, CARD_FROM },
		{ CARD_DISPLAY_TO, CARD_TO },
	};
	for (size_t i = 0; i < countof(keys); i++) {
		buf_reset(&b->work);
		bool unconverted = card_key_text(b->op, b->t, keys[i].item, &b->work);
		add_key(b, keys[i].item, unconverted, CARD_SORT_KEY_MAX, keys[i].host);
	}
}

static int add_keys(struct builder *b)
{
	const struct mime_envelope *e = b->t->parts[0].envelope;
	add_sort_keys(b);
	struct span id, rest = e->message_id;
	if (mime_msgid_next(&b->op->arena, &rest, true, &id) && id.n > 0)
		item_add_within(b, CARD_MESSAGE_ID, id, CARD_ENVELOPE);
	bool is_reply = false;
	buf_reset(&b->work);
	bool unconverted = add_base_subject(e->subject, &b->work, &is_reply);
	b->flags |= is_reply ? CARD_IS_REPLY : 0;
	add_key(b, CARD_BASE_SUBJECT, unconverted, CARD_TEXT_MAX, CARD_SUBJECT);
	// `folded` is the base subject still, also where no item was made of it.
	buf_reset(&b->work);
	int rc = thread_item_add(
		b->op, b->t, cut_text(buf_span(&b->folded), CARD_TEXT_MAX), &b->work);
	if (rc == 0)
		item_add(b, CARD_THREAD, buf_span(&b->work));
	return rc;
}

// --- preview ---

static int add_preview(struct builder *b, const struct card_source *source)
{
	uint32_t index = mime_preview_part(b->t);
	if (index == MIME_NONE)
		return 0;
	const struct mime_part *p = &b->t->parts[index];
	bool is_html = mime_type_is(p, SPAN("text"), SPAN("html")); // may begin with styles
	uint64_t at = p->body_start, end = p->body_end;
	uint64_t most = is_html ? CARD_PREVIEW_HTML : CARD_PREVIEW_PLAIN;
	if (end - at > most)
		end = at + most;
	buf_reset(&b->folded);
	struct span input = SPAN_NONE;
	while (at < end) {
		struct span piece;
		int rc = source->piece(b->op, source->ctx, at, &piece);
		if (rc)
			return rc;
		if (piece.n == 0)
			break;
		piece = span_cut(piece, 0, (size_t)(end - at));
		input = piece;
		if (piece.n < end - p->body_start) { // in more pieces than one: joined
			buf_add(&b->folded, piece);
			input = buf_span(&b->folded);
		}
		at += piece.n;
	}
	buf_reset(&b->work);
	mime_preview((enum mime_cte)p->cte, p->charset, is_html, input, &b->work);
	if (b->work.n)
		item_add(b, CARD_PREVIEW, buf_span(&b->work));
	return 0;
}

// --- parts ---

// A type, subtype or charset: within the first kilobytes of BODYSTRUCTURE, or one that was stored before, or stored now.
static struct place name_place(struct builder *b, struct span s)
{
	if (s.n == 0 || s.n > CARD_SORT_KEY_MAX)
		return (struct place){ 0 };
	for (uint32_t i = 0; i < NAMES_KEPT && i < b->names_used; i++)
		if (span_eq(place_span(b, b->names[i]), s))
			return b->names[i];
	struct place p = { 0 };
	struct place structure = b->items[CARD_STRUCTURE];
	if (structure.present) {
		size_t at = span_find(span_cut(place_span(b, structure), 0, 4096), s);
		if (at != SIZE_MAX)
			p = (struct place){ structure.at + (uint32_t)at, (uint32_t)s.n, true };
	}
	if (!p.present)
		p = pool_add(b, s);
	b->names[b->names_used++ % NAMES_KEPT] = p;
	return p;
}

static int add_parts(struct builder *b)
{
	uint32_t count = b->t->count;
	// Names may be new; the bound is theirs at the most.
	uint64_t most = (uint64_t)count * (CARD_PART_HEAD + 24);
	if (count >= CARD_NO_PARENT || !pool_fits(b, most)) {
		b->left_out |= 1u << CARD_PARTS;
		return 0;
	}
	struct part_places *places = op_alloc(b->op, count * sizeof *places);
	if (!places)
		return RC_NOMEM;
	b->parts = places;
	for (uint32_t i = 0; i < count; i++) {
		const struct mime_part *p = &b->t->parts[i];
		places[i].type = name_place(b, p->type);
		places[i].subtype = name_place(b, p->subtype);
		if (p->charset.p)
			places[i].charset = name_place(b, p->charset);
	}
	if (card_size(b, true) > b->limit) {
		b->parts = NULL;
		b->left_out |= 1u << CARD_PARTS;
	}
	return 0;
}

static enum card_part_kind kind_of(const struct mime_part *p)
{
	if (p->is_opaque)
		return PART_LEAF;
	if (p->kind == MIME_MULTIPART)
		return PART_MULTIPART;
	if (p->kind == MIME_MESSAGE)
		return PART_MESSAGE;
	return p->is_text ? PART_TEXT : PART_LEAF;
}

static uint8_t encoding_of(const struct mime_part *p)
{
	static const uint8_t encodings[] = {
		[MIME_CTE_IDENTITY] = ENCODING_IDENTITY,
		[MIME_CTE_BASE64] = ENCODING_BASE64,
		[MIME_CTE_QP] = ENCODING_QP,
		[MIME_CTE_UUENCODE] = ENCODING_UUENCODE,
		[MIME_CTE_UNKNOWN] = ENCODING_UNKNOWN,
	};
	return encodings[p->cte];
}

// --- writing it out ---

struct emitter {
	struct buf out;
	bool wide;
	size_t pool; // where the pool will begin
};

static void emit_ref(struct emitter *e, size_t at, size_t n)
{
	if (e->wide) {
		buf_add_u32(&e->out, (uint32_t)at);
		buf_add_u32(&e->out, (uint32_t)n);
	} else {
		buf_add_u16(&e->out, (uint16_t)at);
		buf_add_u16(&e->out, (uint16_t)n);
	}
}

static void emit_place(struct emitter *e, struct place p)
{
	emit_ref(e, p.present ? e->pool + p.at : 0, p.present ? p.n : 0);
}

static void emit_part(
	struct emitter *e, const struct mime_part *p, const struct part_places *places)
{
	buf_add_u16(&e->out, p->parent == MIME_NONE ? CARD_NO_PARENT : (uint16_t)p->parent);
	buf_add_u16(&e->out, (uint16_t)p->number);
	buf_add_u16(&e->out, p->child == MIME_NONE ? 0 : (uint16_t)p->child);
	buf_add_u16(&e->out, (uint16_t)p->children);
	buf_add_u8(&e->out, (uint8_t)kind_of(p));
	buf_add_u8(&e->out, encoding_of(p));
	buf_add_u16(&e->out, 0);
	buf_add_u32(&e->out, (uint32_t)p->body_lines);
	buf_add_u32(&e->out, (uint32_t)p->header_start);
	buf_add_u32(&e->out, (uint32_t)p->body_start);
	buf_add_u32(&e->out, (uint32_t)p->body_end);
	emit_place(e, places->type);
	emit_place(e, places->subtype);
	emit_place(e, places->charset);
}

static int emit(struct builder *b, struct span *ret_card)
{
	struct emitter e = { .wide = card_size(b, false) > UINT16_MAX };
	size_t ref = e.wide ? 8 : 4;
	size_t table = b->parts ? b->t->count * (CARD_PART_HEAD + 3 * ref) : 0;
	size_t size = card_size(b, e.wide);
	e.pool = size - b->pool.n;
	buf_add_u32(&e.out, CARD_MAGIC);
	buf_add_u32(&e.out, (uint32_t)size);
	buf_add_u64(&e.out, b->t->size);
	buf_add_u32(&e.out, b->flags | (e.wide ? CARD_WIDE : 0));
	buf_add_u32(&e.out, b->left_out);
	buf_add_u32(&e.out, b->t->count);
	buf_add_u32(&e.out, (uint32_t)(b->has_date ? b->date.day : INT32_MIN));
	buf_add_u64(&e.out, (uint64_t)(b->has_date ? b->date.utc : INT64_MIN));
	for (int i = 0; i < CARD_ITEMS; i++) {
		if (i == CARD_PARTS && b->parts)
			emit_ref(&e, e.pool - table, table);
		else
			emit_place(&e, b->items[i]);
	}
	for (uint32_t i = 0; b->parts && i < b->t->count; i++)
		emit_part(&e, &b->t->parts[i], &b->parts[i]);
	buf_add(&e.out, buf_span(&b->pool));
	if (!e.out.failed)
		*ret_card = arena_dup(&b->op->arena, buf_span(&e.out));
	bool failed = e.out.failed || !ret_card->p;
	must(failed || e.out.n == size);
	buf_done(&e.out);
	return failed ? op_fail(b->op, RC_NOMEM, "out of memory for a card") : 0;
}

static int build(struct builder *b, const struct card_source *source)
{
	// What is looked at and not copied comes first: it lies within few cache lines with the head and the part table, which stand before it.
	read_header(b);
	if (!(b->left_out >> CARD_FIELDS & 1))
		item_add(b, CARD_FIELDS, buf_span(&b->index));
	for (size_t i = 0; i < countof(search_texts); i++)
		add_search_text(b, i);
	int rc = render_both(b, CARD_ENVELOPE, CARD_ENVELOPE_UTF8);
	if (rc == 0)
		rc = add_keys(b);
	if (rc == 0)
		rc = add_preview(b, source);
	if (rc)
		return rc;
	rc = render_both(b, CARD_STRUCTURE, CARD_STRUCTURE_UTF8);
	return rc ? rc : add_parts(b);
}

int card_build(struct op *op, const struct mime_tree *t, const struct card_source *source,
	size_t limit, struct span *ret_card)
{
	if (t->size > UINT32_MAX)
		return op_fail(op, RC_TOOBIG, "a message of 4 GiB or more");
	struct builder b = { .op = op, .t = t, .limit = limit };
	b.has_date = mime_date_parse(t->parts[0].envelope->date, &b.date);
	b.flags = (t->has_nul ? CARD_HAS_NUL : 0) | (t->header_8bit ? CARD_HEADER_8BIT : 0);
	int rc = build(&b, source);
	if (rc == 0 && (b.pool.failed || b.work.failed || b.folded.failed || b.index.failed))
		rc = op_fail(op, RC_NOMEM, "out of memory for a card");
	if (rc == 0)
		rc = emit(&b, ret_card);
	buf_done(&b.pool);
	buf_done(&b.index);
	buf_done(&b.work);
	buf_done(&b.folded);
	return rc;
}

// --- sources ---

static int piece_of_span(struct op *op, void *ctx, uint64_t offset, struct span *ret_piece)
{
	(void)op;
	const struct span *s = ctx;
	*ret_piece = offset < s->n ? span_skip(*s, (size_t)offset) : SPAN_NONE;
	return 0;
}

struct card_source card_source_span(const struct span *message)
{
	union { // the source only reads
		const void *from;
		void *to;
	} ctx = { .from = message };
	return (struct card_source){ piece_of_span, ctx.to };
}

static int piece_of_writer(struct op *op, void *ctx, uint64_t offset, struct span *ret_piece)
{
	return blob_peek(op, ctx, offset, ret_piece);
}

struct card_source card_source_writer(struct blob_writer *w)
{
	return (struct card_source){ piece_of_writer, w };
}

static int piece_of_blob(struct op *op, void *ctx, uint64_t offset, struct span *ret_piece)
{
	return blob_piece(op, ctx, offset, UINT64_MAX - offset, ret_piece);
}

struct card_source card_source_blob(const struct blob *b)
{
	union {
		const void *from;
		void *to;
	} ctx = { .from = b };
	return (struct card_source){ piece_of_blob, ctx.to };
}
