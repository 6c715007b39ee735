// SPDX-License-Identifier: Apache-2.0
// Starling: strings and ENVELOPE (RFC 9051 section 7.5.2). The sum of the shares below stays under MIME_ENVELOPE_TEXT_MAX.
#include "mime/quote_priv.h"

#include "base/limits.h"
#include "mime/header.h"
#include "mime/lex_priv.h"

#define LIST_SHARE (MIME_ENVELOPE_TEXT_MAX / 12) // from, sender, reply-to each
#define ADDRESS_NIL SPAN("NIL")

// ---- strings

static bool needs_care(unsigned char c)
{
	return c == '"' || c == '\\' || c == '\r' || c == '\n' || c == '\0' || c >= 0x80;
}

static void quoted_octet(unsigned char c, struct buf *to)
{
	if (c == '"' || c == '\\') {
		buf_addc(to, '\\');
		buf_addc(to, (char)c);
	} else {
		buf_addc(to, c == '\r' || c == '\n' ? ' ' : '?');
	}
}

// What is written is quoted = DQUOTE *QUOTED-CHAR DQUOTE, whatever s holds.
void mime_quoted(struct span s, enum mime_form form, struct buf *to)
{
	bool utf8 = form == MIME_UTF8 && span_is_utf8(s);
	buf_addc(to, '"');
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!needs_care(c) || (utf8 && c >= 0x80))
			continue;
		buf_add(to, span_cut(s, from, i));
		quoted_octet(c, to);
		from = i + 1;
	}
	buf_add(to, span_skip(s, from));
	buf_addc(to, '"');
}

void put_plain(struct writer *w, struct span s)
{
	mime_quoted(s, w->form, w->to);
}

struct span utf8_cut(struct span s, size_t max)
{
	if (s.n <= max)
		return s;
	size_t n = max;
	while (n > 0 && max - n < 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return span_cut(s, 0, n);
}

void put_text_cut(struct writer *w, struct span s, size_t max)
{
	if (!s.p) {
		buf_add(w->to, SPAN("NIL"));
		return;
	}
	s = utf8_cut(s, max);
	if (span_is_ascii(s)) {
		put_plain(w, s);
		return;
	}
	w->differs = true;
	struct buf text = { 0 };
	if (w->form == MIME_UTF8)
		charset_guess_to_utf8(s, &text);
	else
		encode_words(s, &text);
	put_plain(w, buf_span(&text));
	w->to->failed |= text.failed;
	buf_done(&text);
}

void put_text(struct writer *w, struct span s)
{
	put_text_cut(w, s, MIME_STRING_MAX);
}

int writer_end(struct writer *w, bool *ret_same)
{
	if (w->to->failed)
		return op_fail(w->op, RC_NOMEM, "out of memory");
	*ret_same = !w->differs;
	return 0;
}

// ---- addresses

// An address that a 7-bit session cannot be given: one that belongs to nobody, with the real one in its name (RFC 6858 section 2.1).
static void put_downgraded(struct writer *w, const struct mime_address *a)
{
	struct buf name = { 0 };
	if (a->name.p) {
		buf_add(&name, utf8_cut(a->name, MIME_WORD_MAX));
		buf_addc(&name, ' ');
	}
	buf_addc(&name, '<');
	buf_add(&name, utf8_cut(a->local, MIME_WORD_MAX / 2));
	buf_addc(&name, '@');
	buf_add(&name, utf8_cut(a->domain, MIME_WORD_MAX / 2));
	buf_addc(&name, '>');
	put_text(w, buf_span(&name));
	w->to->failed |= name.failed;
	buf_done(&name);
	buf_add(w->to, SPAN(" NIL \"invalid\" \"internationalized-address.invalid\""));
}

static void put_address(struct writer *w, const struct mime_address *a)
{
	buf_addc(w->to, '(');
	bool plain = span_is_ascii(a->local) && span_is_ascii(a->domain) && span_is_ascii(a->route);
	if (a->kind == MIME_GROUP_BEGIN) {
		buf_add(w->to, SPAN("NIL NIL "));
		put_text_cut(w, a->name.p ? a->name : SPAN(""), MIME_WORD_MAX);
		buf_add(w->to, SPAN(" NIL"));
	} else if (a->kind == MIME_GROUP_END) {
		buf_add(w->to, SPAN("NIL NIL NIL NIL"));
	} else if (!plain && w->form == MIME_ASCII) {
		put_downgraded(w, a);
	} else {
		put_text_cut(w, a->name, MIME_WORD_MAX);
		buf_addc(w->to, ' ');
		put_text_cut(w, a->route, MIME_WORD_MAX);
		buf_addc(w->to, ' ');
		put_text_cut(w, a->local, MIME_WORD_MAX);
		buf_addc(w->to, ' ');
		put_text_cut(w, a->domain, MIME_WORD_MAX);
	}
	w->differs |= !plain;
	buf_addc(w->to, ')');
}

#define GROUP_END_TEXT SPAN("(NIL NIL NIL NIL)")

// "(" 1*address ")" / nil in at most `share` octets: a list that is too long ends between two addresses, an open group being ended.
static void put_list(struct writer *w, const struct mime_value *values, size_t share)
{
	size_t start = w->to->n;
	bool in_group = false, full = false;
	buf_addc(w->to, '(');
	for (const struct mime_value *v = values; v && !full; v = v->next) {
		struct arena_mark mark = arena_mark(&w->op->arena);
		struct mime_addresses it = mime_addresses_of(v->text);
		struct mime_address a;
		while (!full && mime_addresses_next(&w->op->arena, &it, &a)) {
			size_t before = w->to->n;
			put_address(w, &a);
			full = w->to->failed || w->to->n - start + GROUP_END_TEXT.n + 1 > share;
			if (full && !w->to->failed)
				w->to->n = before;
			else if (a.kind != MIME_ADDRESS)
				in_group = a.kind == MIME_GROUP_BEGIN;
		}
		w->to->failed |= it.failed;
		arena_release(&w->op->arena, mark);
	}
	if (in_group)
		buf_add(w->to, GROUP_END_TEXT);
	if (w->to->failed)
		return;
	if (w->to->n == start + 1) {
		w->to->n = start;
		buf_add(w->to, ADDRESS_NIL);
	} else {
		buf_addc(w->to, ')');
	}
}

// Writes `values`, or what stands at [from, from + n) again where there are none (RFC 9051: Sender and Reply-To default to From).
static void put_list_or(struct writer *w, const struct mime_value *values, size_t from, size_t n)
{
	size_t start = w->to->n;
	put_list(w, values, LIST_SHARE);
	if (w->to->failed || w->to->n - start != ADDRESS_NIL.n)
		return; // NIL is the only list of three octets
	w->to->n = start;
	char *room = buf_room(w->to, n);
	if (!room)
		return;
	memcpy(room, w->to->p + from, n);
	buf_added(w->to, n);
}

// What is left of the envelope for lists, with `share` quarters of it.
static size_t list_share(const struct writer *w, size_t begin, size_t reserved, size_t quarters)
{
	size_t used = w->to->n - begin + reserved;
	size_t left = used < MIME_ENVELOPE_TEXT_MAX ? MIME_ENVELOPE_TEXT_MAX - used : 0;
	return left / 4 * quarters;
}

void put_envelope(struct writer *w, const struct mime_envelope *e)
{
	struct buf tail = { 0 };
	struct writer t = *w;
	t.to = &tail;
	buf_addc(&tail, ' ');
	put_text_cut(&t, e->in_reply_to, MIME_STRING_MAX);
	buf_addc(&tail, ' ');
	put_text_cut(&t, e->message_id, MIME_WORD_MAX);
	buf_addc(&tail, ')');
	w->differs |= t.differs;

	size_t begin = w->to->n;
	buf_addc(w->to, '(');
	put_text_cut(w, e->date, 256);
	buf_addc(w->to, ' ');
	put_text_cut(w, e->subject, MIME_STRING_MAX);
	buf_addc(w->to, ' ');
	size_t from = w->to->n;
	put_list(w, e->from, LIST_SHARE);
	size_t from_n = w->to->n - from;
	buf_addc(w->to, ' ');
	put_list_or(w, e->sender, from, from_n);
	buf_addc(w->to, ' ');
	put_list_or(w, e->reply_to, from, from_n);
	buf_addc(w->to, ' ');
	size_t reserved = tail.n + 64;
	put_list(w, e->to, list_share(w, begin, reserved, 3));
	buf_addc(w->to, ' ');
	put_list(w, e->cc, list_share(w, begin, reserved, 3));
	buf_addc(w->to, ' ');
	put_list(w, e->bcc, list_share(w, begin, reserved, 4));
	buf_add(w->to, buf_span(&tail));
	w->to->failed |= tail.failed;
	buf_done(&tail);
}

int mime_envelope_render(struct op *op, const struct mime_tree *t, uint32_t part,
	enum mime_form form, struct buf *to, bool *ret_same)
{
	struct writer w = { .op = op, .tree = t, .form = form, .to = to, .start = to->n };
	const struct mime_envelope none = { .from = NULL };
	put_envelope(&w, t->parts[part].envelope ? t->parts[part].envelope : &none);
	return writer_end(&w, ret_same);
}
