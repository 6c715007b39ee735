// SPDX-License-Identifier: Apache-2.0
// Starling: writes BODY and BODYSTRUCTURE (mime/render.h) by walking the tree along its links. Past a part of MIME_STRUCTURE_TEXT_MAX every further part
// is written in a short form of some 80 octets, so that MIME_PARTS_MAX of them still fit.
#include "mime/render.h"

#include "base/limits.h"
#include "mime/lex_priv.h"
#include "mime/quote_priv.h"

#define STRUCTURE_FULL_MAX (MIME_STRUCTURE_TEXT_MAX / 8)
#define PARAMS_TEXT_MAX (32u << 10) // one list of parameters ends behind the one that passes this

static void put_number(struct buf *to, uint64_t v)
{
	buf_addu(to,
		v > UINT32_MAX ? UINT32_MAX
			       : v); // number: RFC 9051 section 9; lines are 64-bit only in rev2
}

// ---- parameters

static bool is_attribute_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && !memchr("*'%()<>@,;:\\\"/[]?=", c, 18);
}

// utf-8'lang'%.. (RFC 2231 section 4): what clients of rev1 decode.
static void add_percent(struct span utf8, struct span language, struct buf *to)
{
	static const char digits[] = "0123456789ABCDEF";
	buf_add(to, SPAN("utf-8'"));
	for (size_t i = 0; i < language.n && i < 32; i++)
		if (is_attribute_char((unsigned char)language.p[i]))
			buf_addc(to, language.p[i]);
	buf_addc(to, '\'');
	for (size_t i = 0; i < utf8.n; i++) {
		unsigned char c = (unsigned char)utf8.p[i];
		if (is_attribute_char(c)) {
			buf_addc(to, (char)c);
		} else {
			buf_addc(to, '%');
			buf_addc(to, digits[c >> 4]);
			buf_addc(to, digits[c & 15]);
		}
	}
}

// name* with a value that is UTF-8 (RFC 9051 section 7.5.2) or percent-encoded.
static void put_extended(struct writer *w, const struct mime_param *p, bool starred)
{
	struct buf value = { 0 }, name = { 0 };
	if (p->charset.p && p->charset.n > 0)
		charset_to_utf8(p->charset, span_cut(p->value, 0, MIME_STRING_MAX), &value);
	else
		charset_guess_to_utf8(span_cut(p->value, 0, MIME_STRING_MAX), &value);
	buf_add(&name, span_cut(p->name, 0, MIME_WORD_MAX));
	if (starred)
		buf_addc(&name, '*');
	put_plain(w, buf_span(&name));
	buf_addc(w->to, ' ');
	if (w->form == MIME_UTF8) {
		put_plain(w, buf_span(&value));
	} else {
		struct buf coded = { 0 };
		add_percent(buf_span(&value), p->language, &coded);
		put_plain(w, buf_span(&coded));
		w->to->failed |= coded.failed;
		buf_done(&coded);
	}
	w->to->failed |= value.failed | name.failed;
	buf_done(&value);
	buf_done(&name);
}

static void put_param(struct writer *w, const struct mime_param *p)
{
	if (p->charset.p) {
		w->differs = true;
		put_extended(w, p, true);
	} else if (!span_is_ascii(p->value)) {
		w->differs = true;
		put_extended(w, p, w->form == MIME_ASCII);
	} else {
		put_plain(w, span_cut(p->name, 0, MIME_WORD_MAX));
		buf_addc(w->to, ' ');
		put_plain(w, span_cut(p->value, 0, MIME_STRING_MAX));
	}
}

// body-fld-param. `need_charset`: a text part without one is US-ASCII (RFC 2045 section 5.2).
static void put_params(
	struct writer *w, const struct mime_param *params, uint32_t count, bool need_charset)
{
	bool first = true;
	size_t start = w->to->n;
	for (uint32_t i = 0; i < count && w->to->n - start < PARAMS_TEXT_MAX; i++) {
		buf_addc(w->to, first ? '(' : ' ');
		first = false;
		put_param(w, &params[i]);
		if (span_caseeq(params[i].name, SPAN("charset")))
			need_charset = false;
	}
	if (need_charset) {
		buf_addc(w->to, first ? '(' : ' ');
		first = false;
		buf_add(w->to, SPAN("\"charset\" \"us-ascii\""));
	}
	buf_add(w->to, first ? SPAN("NIL") : SPAN(")"));
}

// ---- one part

static bool is_short(const struct writer *w)
{
	return w->to->n - w->start > STRUCTURE_FULL_MAX;
}

static bool is_media_message(const struct writer *w, const struct mime_part *p)
{
	return p->kind == MIME_MESSAGE && (!p->is_global || w->form == MIME_UTF8);
}

// body-fields up to the size, in the short form.
static void put_fields_short(struct writer *w, const struct mime_part *p)
{
	bool fits = p->type.n + p->subtype.n <= 24 && !p->is_opaque;
	if (p->is_text && !fits) {
		buf_add(w->to, SPAN("\"text\" \"plain\""));
	} else if (p->kind != MIME_MESSAGE && !fits) {
		buf_add(w->to, SPAN("\"application\" \"octet-stream\""));
	} else {
		put_plain(w, p->type);
		buf_addc(w->to, ' ');
		put_plain(w, p->subtype);
	}
	buf_add(w->to, SPAN(" NIL NIL NIL "));
	put_plain(w,
		p->encoding.n <= 16 && span_is_ascii(p->encoding) ? p->encoding
								  : SPAN("x-unknown"));
	buf_addc(w->to, ' ');
	put_number(w->to, p->body_end - p->body_start);
}

static void put_fields(struct writer *w, const struct mime_part *p)
{
	if (is_short(w)) {
		put_fields_short(w, p);
		return;
	}
	if (p->is_opaque) {
		buf_add(w->to, SPAN("\"application\" \"octet-stream\" NIL"));
	} else {
		put_plain(w, p->type);
		buf_addc(w->to, ' ');
		put_plain(w, p->subtype);
		buf_addc(w->to, ' ');
		put_params(w, p->params, p->param_count, p->is_text);
	}
	buf_addc(w->to, ' ');
	put_text(w, p->id);
	buf_addc(w->to, ' ');
	put_text(w, p->description);
	buf_addc(w->to, ' ');
	put_text(w, p->encoding);
	buf_addc(w->to, ' ');
	put_number(w->to, p->body_end - p->body_start);
}

static void put_disposition(struct writer *w, const struct mime_part *p)
{
	if (!p->disposition.p) {
		buf_add(w->to, SPAN("NIL"));
		return;
	}
	buf_addc(w->to, '(');
	put_plain(w, p->disposition);
	buf_addc(w->to, ' ');
	put_params(w, p->disposition_params, p->disposition_param_count, false);
	buf_addc(w->to, ')');
}

static void put_languages(struct writer *w, const struct mime_value *first)
{
	if (!first) {
		buf_add(w->to, SPAN("NIL"));
		return;
	}
	bool many = first->next != NULL;
	for (const struct mime_value *v = first; v; v = v->next) {
		if (many)
			buf_addc(w->to, v == first ? '(' : ' ');
		put_text(w, v->text);
	}
	if (many)
		buf_addc(w->to, ')');
}

// [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]]
static void put_extension_tail(struct writer *w, const struct mime_part *p)
{
	buf_addc(w->to, ' ');
	put_disposition(w, p);
	buf_addc(w->to, ' ');
	put_languages(w, p->languages);
	buf_addc(w->to, ' ');
	put_text(w, p->location);
}

static void put_extension_1part(struct writer *w, const struct mime_part *p, bool extended)
{
	if (!extended || is_short(w))
		return;
	buf_addc(w->to, ' ');
	put_text(w, p->md5);
	put_extension_tail(w, p);
}

// What comes before the children of a part, or the whole of a part without.
static void part_enter(struct writer *w, const struct mime_part *p, bool extended)
{
	buf_addc(w->to, '(');
	if (p->kind == MIME_MULTIPART)
		return;
	put_fields(w, p);
	if (is_media_message(w, p)) {
		const struct mime_part *root = &w->tree->parts[p->child];
		buf_addc(w->to, ' ');
		if (is_short(w))
			buf_add(w->to, SPAN("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"));
		else
			put_envelope(w, root->envelope);
		buf_addc(w->to, ' ');
		return;
	}
	if (p->is_text) {
		buf_addc(w->to, ' ');
		put_number(w->to, p->body_lines);
	}
	put_extension_1part(w, p, extended);
	buf_addc(w->to, ')');
}

// What comes behind the children.
static void part_leave(struct writer *w, const struct mime_part *p, bool extended)
{
	buf_addc(w->to, ' ');
	if (p->kind == MIME_MESSAGE) {
		put_number(w->to, p->body_lines);
		put_extension_1part(w, p, extended);
	} else {
		bool brief = is_short(w);
		put_plain(w, brief && p->subtype.n > 24 ? SPAN("mixed") : p->subtype);
		if (extended && !brief) {
			buf_addc(w->to, ' ');
			put_params(w, p->params, p->param_count, false);
			put_extension_tail(w, p);
		}
	}
	buf_addc(w->to, ')');
}

static bool shows_children(const struct writer *w, const struct mime_part *p)
{
	return p->kind == MIME_MULTIPART || is_media_message(w, p);
}

int mime_structure_render(struct op *op, const struct mime_tree *t, bool extended,
	enum mime_form form, struct buf *to, bool *ret_same)
{
	struct writer w = { .op = op, .tree = t, .form = form, .to = to, .start = to->n };
	uint32_t at = 0;
	for (;;) {
		const struct mime_part *p = &t->parts[at];
		w.differs |= p->kind == MIME_MESSAGE && p->is_global;
		part_enter(&w, p, extended);
		if (shows_children(&w, p)) {
			at = p->child;
			continue;
		}
		while (at != 0 && t->parts[at].next == MIME_NONE) {
			at = t->parts[at].parent;
			part_leave(&w, &t->parts[at], extended);
		}
		if (at == 0)
			break;
		at = t->parts[at].next;
	}
	return writer_end(&w, ret_same);
}
