// SPDX-License-Identifier: Apache-2.0
// Looking for text in a message (RFC 9051 section 6.4.4): encodings and charsets are decoded first; leaves that are not text are left
// out. TEXT looks at header fields too: of the message, of its parts and of messages in it; BODY at none.
//
// The text of a header field is its name, the colon, the blanks behind it (one, where the value begins on the next line) and its
// decoded value, on one line; of a line without a name all that is there. The text of a part is its decoded octets, with line ends.
// No match crosses from one field or part to the next.
//
// Short cuts, all exact: decoded text that is ASCII is searched without being folded, and octets that need no decoding are searched
// as they lie (mime/text.h). A header of
// ASCII without "=?" is first searched, as it lies, for the longest run of the needle without blanks or controls, which folding
// cannot have split: only if that is there, or the header needs decoding, are its fields read one by one.
#include "base/limits.h"
#include "mail/card_priv.h"
#include "mail/content_priv.h"
#include "mail/search_priv.h"

#define STEP                                                                                       \
	(16u << 10) // octets of a body in one step: stays in the first cache while all needles are tried

// --- fields ---

static bool value_is_simple(struct span v)
{
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];
		if ((c < 0x20 && c != '\t') || c >= 0x7f ||
			(c == '=' && i + 1 < v.n && v.p[i + 1] == '?'))
			return false;
	}
	return true;
}

// Blanks, line ends and other controls: what unfolding may change.
static bool may_fold(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool has_line_end(struct span s)
{
	return s.n && (memchr(s.p, '\n', s.n) || memchr(s.p, '\r', s.n));
}

int field_key_make(struct op *op, struct arena *a, struct span name, struct span folded,
	struct field_key *ret_key)
{
	static const struct {
		struct span name;
		enum card_item item;
		bool addresses;
	} kept[] = {
		{ SPAN("Subject"), CARD_SUBJECT, false },
		{ SPAN("From"), CARD_FROM, true },
		{ SPAN("To"), CARD_TO, true },
		{ SPAN("Cc"), CARD_CC, true },
		{ SPAN("Bcc"), CARD_BCC, true },
	};
	struct field_key k = { .name = arena_dup(a, name), .item = -1, .any = folded.n == 0 };
	if (!k.name.p && name.n)
		return op_fail(op, RC_NOMEM, "out of memory for a search key");
	k.bucket = card_name_bucket(name);
	for (size_t i = 0; i < countof(kept); i++)
		if (span_caseeq(kept[i].name, name)) {
			k.item = (int)kept[i].item;
			k.addresses = kept[i].addresses;
		}
	int rc = needle_make(op, a, folded, &k.needle);
	if (rc == 0)
		*ret_key = k;
	return rc;
}

static int make_needle(struct op *op, struct arena *a, enum collation c, struct span text,
	struct needle *ret_needle)
{
	return c == COLLATION_OCTET ? needle_make_exact(op, a, text, ret_needle)
				    : needle_make(op, a, text, ret_needle);
}

int field_key_collate(
	struct op *op, struct arena *a, enum collation c, struct span text, struct field_key *k)
{
	k->collation = c;
	return make_needle(op, a, c, text, &k->exact);
}

// The next field whose name may be that of the bucket.
static bool bucket_next(struct card_fields *it, uint8_t bucket, struct card_field *ret_field)
{
	uint64_t buckets[4] = { 0 };
	buckets[bucket / 64] = UINT64_C(1) << bucket % 64;
	do {
		card_fields_pass(it, buckets);
		if (!card_fields_next(it, ret_field))
			return false;
	} while (ret_field->bucket != bucket);
	return true;
}

int field_in_card(const struct field_key *k, const struct content *c)
{
	if (k->item >= 0 && !card_left_out(c->card, (enum card_item)k->item)) {
		struct span text = card_item(c->card, (enum card_item)k->item);
		// What is equal or within by another collation is so by i;unicode-casemap, too: it goes on from characters.
		if (!text.p || (!k->any && needle_find(&k->needle, text) == SIZE_MAX))
			return FIELD_NO;
		return k->any || k->collation == COLLATION_UNICODE_CASEMAP ? FIELD_YES : -1;
	}
	if (c->prefix_size > 0 || card_left_out(c->card, CARD_FIELDS))
		return -1;
	struct card_fields it = card_fields_of(c->card);
	struct card_field f;
	return bucket_next(&it, k->bucket, &f) ? -1 : FIELD_NO;
}

static int field_matches(
	struct op *op, const struct field_key *k, struct span value, struct field_scratch *scratch)
{
	struct span plain = span_trim(value);
	bool is_folded = k->collation == COLLATION_UNICODE_CASEMAP;
	const struct needle *needle = is_folded ? &k->needle : &k->exact;
	if (k->any)
		return FIELD_YES;
	if (!k->addresses && value_is_simple(plain))
		return needle_find(needle, plain) != SIZE_MAX ? FIELD_YES : FIELD_NO;
	buf_reset(&scratch->folded);
	card_field_text(op, value,
		(k->addresses ? FIELD_TEXT_ADDRESSES : 0) | (is_folded ? FIELD_TEXT_FOLDED : 0),
		SIZE_MAX, &scratch->text, &scratch->folded);
	if (scratch->folded.failed)
		return op_fail(op, RC_NOMEM, "out of memory for a header field");
	return needle_find(needle, buf_span(&scratch->folded)) != SIZE_MAX ? FIELD_YES : FIELD_NO;
}

// The fields within octets [from, to).
static int field_in_range(struct op *op, const struct field_key *k, const struct content *c,
	uint64_t from, uint64_t to, struct field_scratch *scratch)
{
	struct span header;
	int rc = content_bytes(op, c, from, to, &header);
	if (rc)
		return rc;
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (rc == FIELD_NO && mime_fields_next(&it, &f))
		if (f.name.n == k->name.n && f.name.n > 0 && span_caseeq(f.name, k->name))
			rc = field_matches(op, k, f.value, scratch);
	return rc;
}

// With the card's index only fields of the key's bucket are read.
static int field_by_index(struct op *op, const struct field_key *k, const struct content *c,
	struct field_scratch *scratch)
{
	struct card_fields it = card_fields_of(c->card);
	struct card_field f;
	int rc = FIELD_NO;
	while (rc == FIELD_NO && bucket_next(&it, k->bucket, &f)) {
		uint64_t from = c->prefix_size + f.offset;
		rc = field_in_range(op, k, c, from, from + f.size, scratch);
	}
	return rc;
}

int field_in_octets(struct op *op, const struct field_key *k, const struct content *c,
	struct field_scratch *scratch)
{
	struct card_part root;
	int rc = content_part(op, c, 0, &root);
	if (rc)
		return rc;
	if (c->prefix_size > 0)
		rc = field_in_range(op, k, c, 0, c->prefix_size, scratch);
	if (rc != FIELD_NO)
		return rc;
	if (card_item(c->card, CARD_FIELDS).p)
		return field_by_index(op, k, c, scratch);
	return field_in_range(op, k, c, c->prefix_size, root.body_start, scratch);
}

void field_scratch_done(struct field_scratch *f)
{
	buf_done(&f->text);
	buf_done(&f->folded);
}

// --- keys ---

int text_key_make(struct op *op, struct arena *a, enum collation c, struct span prepared,
	bool headers, struct text_key *ret_key)
{
	struct text_key k = { .headers = headers, .folded = c == COLLATION_UNICODE_CASEMAP };
	struct span best = SPAN_NONE;
	for (size_t i = 0; i < prepared.n;) {
		size_t end = i;
		while (end < prepared.n && !may_fold(prepared.p[end]))
			end++;
		if (end - i > best.n)
			best = span_cut(prepared, i, end);
		i = end + 1;
	}
	k.is_plain = best.n == prepared.n;
	int rc = make_needle(op, a, c, prepared, &k.needle);
	if (rc == 0)
		rc = make_needle(op, a, c, best, &k.token);
	if (rc == 0)
		*ret_key = k;
	return rc;
}

void text_scan_init(struct text_scan *s, struct text_key *keys, size_t count)
{
	*s = (struct text_scan){ .keys = keys, .count = count };
	s->is_folded = count == 0 || keys[0].folded;
}

void text_scan_done(struct text_scan *s)
{
	mime_text_done(&s->text);
	buf_done(&s->work);
	buf_done(&s->folded);
	*s = (struct text_scan){ 0 };
}

void text_scan_begin(struct text_scan *s, const struct content *c)
{
	s->content = c;
	s->part = 0;
	s->in_prefix = c->prefix_size > 0;
	s->in_body = false;
	for (size_t i = 0; i < s->count; i++) {
		s->keys[i].stream.found = s->keys[i].needle.n == 0;
		needle_stream_cut(&s->keys[i].stream);
	}
}

size_t text_scan_found(const struct text_scan *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->keys[i].wanted && s->keys[i].stream.found;
	return n;
}

static bool key_is_open(const struct text_key *k)
{
	return k->wanted && !k->stream.found;
}

static void cut_all(struct text_scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		needle_stream_cut(&s->keys[i].stream);
}

static void feed_all(struct text_scan *s, struct span text)
{
	for (size_t i = 0; i < s->count; i++)
		if (key_is_open(&s->keys[i]))
			needle_stream_feed(&s->keys[i].stream, text);
}

// --- headers ---

static void feed_header(struct text_scan *s, struct span text)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->keys[i].headers && key_is_open(&s->keys[i]) &&
			needle_find(&s->keys[i].needle, text) != SIZE_MAX)
			s->keys[i].stream.found = true;
}

static void scan_field(struct text_scan *s, const struct mime_field *f)
{
	struct span value = span_trim(f->value);
	struct span head = span_of(f->raw.p, (size_t)(f->value.p - f->raw.p)); // name and colon
	struct span blanks =
		value.n ? span_of(f->value.p, (size_t)(value.p - f->value.p)) : SPAN("");
	struct span before = span_of(head.p, head.n + blanks.n);
	if (value_is_simple(before) && value_is_simple(value)) {
		feed_header(s, span_of(before.p, before.n + value.n));
		return;
	}
	buf_reset(&s->work);
	buf_reset(&s->folded);
	buf_add(&s->work, head);
	buf_add(&s->work, has_line_end(blanks) ? SPAN(" ") : blanks);
	mime_text_of(value, &s->work);
	if (!s->is_folded) {
		feed_header(s, buf_span(&s->work));
		return;
	}
	casefold(buf_span(&s->work), &s->folded);
	feed_header(s, buf_span(&s->folded));
}

// True if a look at the header as it lies decides for all keys.
static bool header_is_decided(struct text_scan *s, struct span header, bool needs_decoding)
{
	bool decided = true;
	for (size_t i = 0; i < s->count; i++) {
		struct text_key *k = &s->keys[i];
		if (!k->headers || !key_is_open(k))
			continue;
		if (needs_decoding)
			return false;
		if (needle_find(&k->token, header) == SIZE_MAX)
			continue;
		if (k->is_plain)
			k->stream.found = true;
		else
			decided = false;
	}
	return decided;
}

static int scan_header(struct op *op, struct text_scan *s, uint64_t from, uint64_t to, bool is_main)
{
	struct span header;
	int rc = content_bytes(op, s->content, from, to, &header);
	if (rc || header.n == 0)
		return rc;
	uint32_t flags = card_flags(s->content->card);
	bool decode = flags & CARD_HEADER_8BIT && !span_is_ascii(header);
	if (is_main)
		decode = decode || flags & CARD_HEADER_ENCODED;
	else
		decode = decode || memmem(header.p, header.n, "=?", 2) != NULL;
	if (header_is_decided(s, header, decode))
		return 0;
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f))
		scan_field(s, &f);
	if (s->work.failed || s->folded.failed)
		return op_fail(op, RC_NOMEM, "out of memory for a header");
	return 0;
}

// --- bodies ---

static void body_begin(struct text_scan *s, const struct card_part *p)
{
	static const enum mime_cte ctes[] = {
		[ENCODING_IDENTITY] = MIME_CTE_IDENTITY,
		[ENCODING_BASE64] = MIME_CTE_BASE64,
		[ENCODING_QP] = MIME_CTE_QP,
		[ENCODING_UUENCODE] = MIME_CTE_UUENCODE,
		[ENCODING_UNKNOWN] = MIME_CTE_UNKNOWN,
	};
	mime_text_init(&s->text, ctes[p->encoding], p->charset, false);
	s->fold = (struct casefold){ 0 };
	s->at = p->body_start;
	s->end = p->body_end;
	s->in_body = true;
	cut_all(s);
}

// Decoded text is folded only where it is not ASCII: needles take ASCII letters in either case.
static int feed_text(struct op *op, struct text_scan *s, struct span text, bool is_ascii)
{
	if (!s->is_folded || (s->fold.held == 0 && (is_ascii || span_is_ascii(text)))) {
		feed_all(s, text);
		return 0;
	}
	buf_reset(&s->folded);
	casefold_feed(&s->fold, text, &s->folded);
	feed_all(s, buf_span(&s->folded));
	return s->folded.failed ? op_fail(op, RC_NOMEM, "out of memory for a text") : 0;
}

static int body_end(struct op *op, struct text_scan *s)
{
	struct span text;
	s->in_body = false;
	int rc = mime_text_end(&s->text, &text);
	if (rc)
		return op_fail(op, rc, "out of memory for a text");
	rc = feed_text(op, s, text, false);
	buf_reset(&s->folded);
	casefold_end(&s->fold, &s->folded);
	feed_all(s, buf_span(&s->folded));
	return rc;
}

static int body_step(struct op *op, struct text_scan *s)
{
	struct span piece, text;
	uint64_t to = s->end - s->at < STEP ? s->end : s->at + STEP;
	if (s->at == s->end)
		return body_end(op, s);
	int rc = content_piece(op, s->content, s->at, to, &piece);
	if (rc)
		return rc;
	if (piece.n == 0)
		return op_fail(op, RC_CORRUPT, "a message is shorter than its record");
	s->at += piece.n;
	rc = mime_text_feed(&s->text, piece, &text);
	if (rc)
		return op_fail(op, rc, "out of memory for a text");
	return feed_text(op, s, text, text.p == piece.p); // what was not converted is ASCII
}

int text_scan_step(struct op *op, struct text_scan *s, bool *ret_done)
{
	bool open = false, headers = false;
	for (size_t i = 0; i < s->count; i++) {
		open = open || key_is_open(&s->keys[i]);
		headers = headers || (key_is_open(&s->keys[i]) && s->keys[i].headers);
	}
	*ret_done = !open || (!s->in_body && !s->in_prefix && s->part >= s->content->parts);
	if (*ret_done)
		return 0;
	if (s->in_body)
		return body_step(op, s);
	if (s->in_prefix) {
		s->in_prefix = false;
		return headers ? scan_header(op, s, 0, s->content->prefix_size, false) : 0;
	}
	struct card_part part;
	int rc = content_part(op, s->content, s->part, &part);
	if (rc)
		return rc;
	uint64_t from = s->part == 0 ? s->content->prefix_size : part.header_start;
	if (headers)
		rc = scan_header(op, s, from, part.body_start, s->part == 0);
	s->part++;
	if (rc == 0 && part.kind == PART_TEXT && part.body_start < part.body_end)
		body_begin(s, &part);
	return rc;
}
