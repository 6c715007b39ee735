// SPDX-License-Identifier: Apache-2.0
// Starling: previews (RFC 8970): a line of readable text from the beginning of a part.
#include "mime/text.h"

#include "base/limits.h"
#include "mime/utf8_priv.h"

static bool is_attachment(const struct mime_tree *t, uint32_t i)
{
	// Text inside an attached message is no text of this one.
	for (uint32_t at = i; at != MIME_NONE; at = t->parts[at].parent)
		if (span_caseeq(t->parts[at].disposition, SPAN("attachment")) ||
			t->parts[at].kind == MIME_MESSAGE)
			return true;
	return false;
}

uint32_t mime_preview_part(const struct mime_tree *t)
{
	uint32_t html = MIME_NONE, other = MIME_NONE;
	for (uint32_t i = 0; i < t->count; i++) {
		const struct mime_part *p = &t->parts[i];
		if (!p->is_text || p->body_end == p->body_start || is_attachment(t, i))
			continue;
		if (mime_type_is(p, SPAN("text"), SPAN("plain")))
			return i;
		if (html == MIME_NONE && mime_type_is(p, SPAN("text"), SPAN("html")))
			html = i;
		if (other == MIME_NONE)
			other = i;
	}
	return html != MIME_NONE ? html : other;
}

// ---- output: blanks squeezed, characters counted

struct sink {
	struct buf *to;
	size_t start;
	unsigned chars;
	bool blank; // one is due before the next character
};

static bool sink_is_full(const struct sink *k)
{
	return k->chars >= MIME_PREVIEW_CHARS;
}

static bool is_space_code(uint32_t c)
{
	return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || (c >= 0x2000 && c <= 0x200a) ||
		c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

// Marks that show nothing: mailers pad previews with them.
static bool is_invisible_code(uint32_t c)
{
	return c == 0xad || c == 0x34f || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void sink_code(struct sink *k, uint32_t c)
{
	if (sink_is_full(k) || is_invisible_code(c))
		return;
	if (is_space_code(c)) {
		k->blank = k->to->n > k->start;
		return;
	}
	if (k->blank) {
		k->blank = false;
		k->chars++;
		buf_addc(k->to, ' ');
		if (sink_is_full(k))
			return;
	}
	char *p = buf_room(k->to, 4);
	if (!p)
		return;
	buf_added(k->to, utf8_put(p, c));
	k->chars++;
}

// How much of s, from i on, is visible ASCII that fits: most text is, and needs no look at each code.
static size_t visible_run(const struct sink *k, struct span s, size_t i)
{
	size_t room = MIME_PREVIEW_CHARS - k->chars, n = 0;
	while (n < room && i + n < s.n && s.p[i + n] > ' ' && s.p[i + n] < 0x7f)
		n++;
	return n;
}

// The text is well-formed UTF-8: it came from the converter.
static void sink_text(struct sink *k, struct span s)
{
	for (size_t i = 0; i < s.n && !sink_is_full(k);) {
		size_t run = k->blank ? 0 : visible_run(k, s, i);
		if (run) {
			buf_add(k->to, span_cut(s, i, i + run));
			k->chars += (unsigned)run;
			i += run;
			continue;
		}
		const unsigned char *p = (const unsigned char *)s.p + i;
		int step = utf8_step(p, s.n - i);
		sink_code(k, step > 0 ? utf8_code(p, step) : 0xfffd);
		i += (size_t)(step > 0 ? step : 1);
	}
}

// ---- plain text

static struct span line_take(struct span *s)
{
	size_t n = span_find_char(*s, '\n');
	struct span line = span_cut(*s, 0, n);
	*s = span_skip(*s, n + 1);
	return line;
}

static bool is_quote(struct span line)
{
	return line.n > 0 && line.p[0] == '>';
}

// "On ... wrote:" and what stands for it in front of quoted lines.
static bool is_attribution(struct span line, struct span rest)
{
	line = span_trim(line);
	if (line.n == 0 || line.p[line.n - 1] != ':')
		return false;
	struct span next = line_take(&rest);
	if (span_trim(next).n == 0)
		next = line_take(&rest);
	return is_quote(next);
}

static bool is_ruler(struct span line)
{
	line = span_trim(line);
	if (line.n < 3)
		return false;
	for (size_t i = 1; i < line.n; i++)
		if (line.p[i] != line.p[0])
			return false;
	return memchr("-=_*#~+.", line.p[0], 8) != NULL;
}

static void preview_plain(struct span s, struct sink *k)
{
	while (s.n > 0 && !sink_is_full(k)) {
		struct span line = line_take(&s);
		if (is_quote(line) || is_attribution(line, s) || is_ruler(line))
			continue;
		if (span_eq(line, SPAN("-- ")) || span_eq(line, SPAN("-- \r")))
			return; // the signature
		sink_text(k, line);
		sink_code(k, ' ');
	}
}

// ---- HTML

static const struct {
	char name[8];
	uint16_t code;
} entities[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	{ "nbsp", 0xa0 }, { "copy", 0xa9 }, { "reg", 0xae }, { "trade", 0x2122 },
	{ "hellip", 0x2026 }, { "mdash", 0x2014 }, { "ndash", 0x2013 }, { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 }, { "ldquo", 0x201c }, { "rdquo", 0x201d }, { "laquo", 0xab },
	{ "raquo", 0xbb }, { "euro", 0x20ac }, { "pound", 0xa3 }, { "cent", 0xa2 },
	{ "bull", 0x2022 }, { "middot", 0xb7 }, { "auml", 0xe4 }, { "ouml", 0xf6 },
	{ "uuml", 0xfc }, { "Auml", 0xc4 }, { "Ouml", 0xd6 }, { "Uuml", 0xdc }, { "szlig", 0xdf },
	{ "eacute", 0xe9 }, { "egrave", 0xe8 }, { "agrave", 0xe0 }, { "ccedil", 0xe7 },
	{ "aring", 0xe5 }, { "oslash", 0xf8 }, { "aelig", 0xe6 }, { "ntilde", 0xf1 },
	{ "zwnj", 0x200c }, { "shy", 0xad } };

static uint32_t entity_number(struct span s)
{
	unsigned base = 10;
	uint32_t v = 0;
	if (s.n > 0 && (s.p[0] == 'x' || s.p[0] == 'X')) {
		base = 16;
		s = span_skip(s, 1);
	}
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		unsigned d = c >= '0' && c <= '9' ? c - 48u
			: c >= 'a' && c <= 'f'    ? c - 'a' + 10u
						  : 99;
		if (d >= base || v > 0x10ffff)
			return 0;
		v = v * base + d;
	}
	bool bad = v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff);
	return bad ? 0xfffd : v;
}

// "&name;" at s: its code point and length; 0 if it is none.
static size_t entity_at(struct span s, uint32_t *ret_code)
{
	size_t n = 1;
	while (n < s.n && n < 12 && s.p[n] != ';' && s.p[n] != '&' && s.p[n] != '<')
		n++;
	if (n >= s.n || s.p[n] != ';')
		return 0;
	struct span name = span_cut(s, 1, n);
	if (name.n > 1 && name.p[0] == '#') {
		*ret_code = entity_number(span_skip(name, 1));
		return *ret_code ? n + 1 : 0;
	}
	for (size_t i = 0; i < countof(entities); i++) {
		if (span_eq(name, span_str(entities[i].name))) {
			*ret_code = entities[i].code;
			return n + 1;
		}
	}
	return 0;
}

static bool tag_is(struct span s, struct span name)
{
	if (!span_casestarts(s, name))
		return false;
	char c = s.n > name.n ? s.p[name.n] : '>';
	return c == '>' || c == '/' || c <= ' ';
}

// The length from '<' to behind '>', over quoted attributes; comments to "-->".
static size_t tag_length(struct span s)
{
	if (span_starts(s, SPAN("<!--"))) {
		size_t end = span_find(span_skip(s, 4), SPAN("-->"));
		return end == SIZE_MAX ? s.n : end + 7;
	}
	char quote = 0;
	for (size_t i = 1; i < s.n; i++) {
		char c = s.p[i];
		if (quote) {
			quote = c == quote ? 0 : quote;
		} else if ((c == '"' || c == '\'') && s.p[i - 1] == '=') {
			quote = c;
		} else if (c == '>') {
			return i + 1;
		}
	}
	return s.n;
}

// From behind <name ...>: the length up to </name>, whose content is no text.
static size_t hidden_length(struct span s, struct span name)
{
	for (size_t i = 0; i < s.n; i++) {
		const char *lt = memchr(s.p + i, '<', s.n - i);
		if (!lt)
			break;
		i = (size_t)(lt - s.p);
		if (i + 1 < s.n && s.p[i + 1] == '/' && tag_is(span_skip(s, i + 2), name))
			return i;
	}
	return s.n;
}

static size_t tag_skip(struct span s, struct sink *k)
{
	static const struct span hidden[] = { { "style", 5 }, { "script", 6 }, { "title", 5 },
		{ "head", 4 } };
	static const struct span inline_tags[] = { { "b", 1 }, { "i", 1 }, { "u", 1 }, { "a", 1 },
		{ "em", 2 }, { "strong", 6 }, { "span", 4 }, { "font", 4 } };
	size_t n = tag_length(s);
	struct span name = span_cut(s, 1, n);
	for (size_t i = 0; i < countof(hidden); i++)
		if (tag_is(name, hidden[i]))
			return n + hidden_length(span_skip(s, n), hidden[i]);
	if (name.n > 0 && name.p[0] == '/')
		name = span_skip(name, 1);
	for (size_t i = 0; i < countof(inline_tags); i++)
		if (tag_is(name, inline_tags[i]))
			return n;
	sink_code(k, ' ');
	return n;
}

static void preview_html(struct span s, struct sink *k)
{
	while (s.n > 0 && !sink_is_full(k)) {
		uint32_t code = 0;
		size_t n = 0;
		bool tag = s.p[0] == '<' && s.n > 1 &&
			(s.p[1] == '/' || s.p[1] == '!' || s.p[1] == '?' ||
				(ascii_lower((unsigned char)s.p[1]) >= 'a' &&
					ascii_lower((unsigned char)s.p[1]) <= 'z'));
		if (tag) {
			n = tag_skip(s, k);
		} else if (s.p[0] == '&' && (n = entity_at(s, &code)) > 0) {
			sink_code(k, code);
		} else {
			n = 1;
			while (n < s.n && s.p[n] != '<' && s.p[n] != '&')
				n++;
			sink_text(k, span_cut(s, 0, n));
		}
		s = span_skip(s, n);
	}
}

void mime_preview(
	enum mime_cte cte, struct span charset, bool is_html, struct span octets, struct buf *to)
{
	struct mime_text t = { 0 };
	struct span first, last;
	mime_text_init(&t, cte, charset, false);
	struct buf text = { 0 };
	if (mime_text_feed(&t, octets, &first) == 0)
		buf_add(&text, first);
	if (mime_text_end(&t, &last) == 0)
		buf_add(&text, last);
	struct sink k = { .to = to, .start = to->n };
	if (is_html)
		preview_html(buf_span(&text), &k);
	else
		preview_plain(buf_span(&text), &k);
	to->failed |= text.failed;
	buf_done(&text);
	mime_text_done(&t);
}
