// SPDX-License-Identifier: Apache-2.0
// Starling: parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183), with continuations and charsets (RFC 2231).
#include "mime/content_priv.h"

#include "base/limits.h"
#include "mime/lex_priv.h"

// One "name=value" of the field.
struct segment {
	struct span base;  // the name without "*", section and "*"
	struct span value; // unquoted
	uint32_t section;  // NO_SECTION: the whole value
	bool extended;     // name ended in "*": percent-encoded
	bool used;
};
#define NO_SECTION UINT32_MAX

static bool is_name_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f &&
		!memchr("()<>@,;:\\\"/[]?=", c, 15);
}

static size_t name_length(struct span s)
{
	size_t n = 0;
	while (n < s.n && is_name_char(s.p[n]))
		n++;
	return n;
}

// The part of a quoted string after '"', unquoted; *rest is what follows it.
static struct span quoted_value(struct arena *a, struct span s, struct span *rest)
{
	size_t end = 0;
	bool plain = true;
	while (end < s.n && s.p[end] != '"') {
		plain = plain && s.p[end] != '\\';
		end += s.p[end] == '\\' && end + 1 < s.n ? 2 : 1;
	}
	*rest = span_skip(s, end + 1);
	struct span raw = span_cut(s, 0, end);
	if (plain)
		return raw;
	char *out = arena_bytes(a, raw.n);
	if (!out)
		return SPAN_NONE;
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.n)
			i++;
		out[n++] = raw.p[i];
	}
	return span_of(out, n);
}

// A value without quotes: a token, or what people write instead: anything up to ';', a comment, or a blank with "name=" behind it.
static struct span bare_value(struct span s, struct span *rest)
{
	size_t n = 0;
	while (n < s.n && s.p[n] != ';' && s.p[n] != '(') {
		if (is_blank(s.p[n])) {
			struct span next = cfws_skip(span_skip(s, n), NULL);
			size_t name = name_length(next);
			if (name > 0 && name < next.n && next.p[name] == '=')
				break;
			if (next.n == 0) {
				*rest = next;
				return span_cut(s, 0, n);
			}
			while (n + 1 < s.n && is_blank(s.p[n + 1]))
				n++;
		}
		n++;
	}
	*rest = span_skip(s, n);
	return span_trim(span_cut(s, 0, n));
}

// "name", "name*", "name*3", "name*3*" (RFC 2231 section 7).
static void name_split(struct span name, struct segment *seg)
{
	seg->base = name;
	seg->section = NO_SECTION;
	if (name.n > 1 && name.p[name.n - 1] == '*') {
		seg->extended = true;
		name.n--;
		seg->base = name;
	}
	size_t at = name.n;
	while (at > 0 && name.p[at - 1] >= '0' && name.p[at - 1] <= '9')
		at--;
	uint64_t section = 0;
	if (at < 2 || name.p[at - 1] != '*' || !span_to_u64(span_skip(name, at), 9999, &section))
		return;
	seg->base = span_cut(name, 0, at - 1);
	seg->section = (uint32_t)section;
}

// Reads the next segment; false at the end. Junk is skipped.
static bool segment_next(struct arena *a, struct span *rest, struct segment *ret)
{
	for (;;) {
		struct span s = cfws_skip(*rest, NULL);
		if (s.n == 0)
			return false;
		size_t n = name_length(s);
		struct span after = cfws_skip(span_skip(s, n), NULL);
		if (n == 0 || after.n == 0 || after.p[0] != '=') {
			*rest = n == 0 ? span_skip(s, 1) : after;
			continue;
		}
		*ret = (struct segment){ .used = false };
		name_split(span_cut(s, 0, n), ret);
		after = cfws_skip(span_skip(after, 1), NULL);
		if (after.n > 0 && after.p[0] == '"')
			ret->value = quoted_value(a, span_skip(after, 1), rest);
		else
			ret->value = bare_value(after, rest);
		return true;
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)ascii_lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t percent_decode(struct span s, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			out[n++] = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		} else {
			out[n++] = s.p[i];
		}
	}
	return n;
}

// charset'language' at the start of an extended value.
static struct span prefix_split(struct span value, struct mime_param *p)
{
	size_t one = span_find_char(value, '\'');
	p->charset = p->language = SPAN("");
	if (one == value.n)
		return value;
	struct span rest = span_skip(value, one + 1);
	size_t two = span_find_char(rest, '\'');
	if (two == rest.n)
		return value;
	p->charset = span_cut(value, 0, one);
	p->language = span_cut(rest, 0, two);
	return span_skip(rest, two + 1);
}

static struct segment *section_find(
	struct segment *segs, uint32_t count, struct span base, uint32_t section)
{
	for (uint32_t i = 0; i < count; i++)
		if (segs[i].section == section && !segs[i].used && span_caseeq(segs[i].base, base))
			return &segs[i];
	return NULL;
}

// Joins the sections 0, 1, 2 .. of a name (RFC 2231 sections 3 and 4.1). A gap ends the value.
static int sections_join(struct op *op, struct segment *segs, uint32_t count, struct segment *first,
	struct mime_param *p)
{
	size_t room = 0;
	for (uint32_t i = 0; i < count; i++)
		if (span_caseeq(segs[i].base, first->base))
			room += segs[i].value.n;
	char *out = arena_bytes(&op->arena, room + 1);
	if (!out)
		return op_fail(op, RC_NOMEM, "out of memory");
	size_t n = 0;
	struct segment *seg = first;
	for (uint32_t next = first->section == NO_SECTION ? NO_SECTION : 0; seg;) {
		struct span value = seg->value;
		if (seg == first && seg->extended)
			value = prefix_split(value, p);
		if (seg->extended && !p->charset.p)
			p->charset = p->language = SPAN("");
		if (seg->extended) {
			n += percent_decode(value, out + n);
		} else if (value.n > 0) {
			memcpy(out + n, value.p, value.n);
			n += value.n;
		}
		seg->used = true;
		seg = next == NO_SECTION ? NULL : section_find(segs, count, first->base, ++next);
	}
	p->value = span_of(out, n);
	return 0;
}

static int segments_combine(struct op *op, struct segment *segs, uint32_t count,
	struct mime_param *params, uint32_t *ret_count)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct segment *first = &segs[i];
		if (first->used)
			continue;
		if (first->section != NO_SECTION)
			first = section_find(segs, count, first->base, 0);
		if (!first)
			continue; // sections without a first one
		struct mime_param *p = &params[n++];
		*p = (struct mime_param){ .name = first->base, .value = first->value };
		if (!first->extended && first->section == NO_SECTION)
			continue;
		int rc = sections_join(op, segs, count, first, p);
		if (rc < 0)
			return rc;
	}
	*ret_count = n;
	return 0;
}

int params_read(struct op *op, struct span text, uint32_t max, const struct mime_param **ret_params,
	uint32_t *ret_count)
{
	struct segment segs[MIME_PARAMS_MAX];
	uint32_t count = 0;
	while (count < max && segment_next(&op->arena, &text, &segs[count])) {
		if (!segs[count].value.p)
			return op_fail(op, RC_NOMEM, "out of memory");
		count++;
	}
	*ret_params = NULL;
	*ret_count = 0;
	if (count == 0)
		return 0;
	struct mime_param *params = op_alloc(op, count * sizeof *params);
	if (!params)
		return RC_NOMEM;
	*ret_params = params;
	return segments_combine(op, segs, count, params, ret_count);
}
