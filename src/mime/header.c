// SPDX-License-Identifier: Apache-2.0
// Starling: walking and unfolding header fields, message-ids, base subjects (mime/header.h).
#include "mime/header.h"

#include "base/limits.h"
#include "mime/lex_priv.h"

#include <stdlib.h>

// ---- fields

// Length of the line at s, with its end.
static size_t line_length(struct span s)
{
	const char *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
	return lf ? (size_t)(lf - s.p) + 1 : s.n;
}

static bool line_is_empty(struct span s)
{
	return s.n == 0 || s.p[0] == '\n' || (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n');
}

static struct span without_line_end(struct span s)
{
	if (s.n && s.p[s.n - 1] == '\n') {
		s.n--;
		if (s.n && s.p[s.n - 1] == '\r')
			s.n--;
	}
	return s;
}

bool mime_fields_next(struct mime_fields *it, struct mime_field *ret_field)
{
	struct span rest = span_skip(it->header, it->at);
	if (it->at_end || line_is_empty(rest)) {
		it->at_end = true;
		return false;
	}
	size_t n = line_length(rest);
	while (n < rest.n && is_wsp(rest.p[n]))
		n += line_length(span_skip(rest, n));
	struct span raw = span_cut(rest, 0, n);
	struct span text = without_line_end(raw);
	size_t colon = span_find_char(text, ':');
	size_t name = colon < text.n ? colon : 0;
	while (name > 0 && is_blank(text.p[name - 1]))
		name--; // obsolete: blanks before the colon (RFC 5322 section 4.5)
	*ret_field = (struct mime_field){
		.name = span_cut(text, 0, name),
		.value = colon < text.n ? span_skip(text, colon + 1) : text,
		.raw = raw,
		.offset = it->at,
	};
	it->at += n;
	return true;
}

bool mime_field_find(struct span header, struct span name, struct mime_field *ret_field)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		if (span_caseeq(f.name, name)) {
			*ret_field = f;
			return true;
		}
	}
	return false;
}

size_t unfold_into(struct span value, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c != '\r' && c != '\n') {
			out[n++] = c;
			continue;
		}
		size_t after = i + (c == '\r' && i + 1 < value.n && value.p[i + 1] == '\n' ? 2 : 1);
		bool line_end = value.p[after - 1] == '\n';
		if (!line_end || after >= value.n || !is_wsp(value.p[after]))
			out[n++] = ' ';
		i = after - 1;
	}
	return n;
}

struct span mime_unfold(struct arena *a, struct span value)
{
	value = span_trim(value);
	if (value.n == 0)
		return span_of("", 0);
	if (!memchr(value.p, '\n', value.n) && !memchr(value.p, '\r', value.n))
		return value;
	char *out = arena_bytes(a, value.n);
	if (!out)
		return SPAN_NONE;
	return span_of(out, unfold_into(value, out));
}

// ---- message-ids

// Removes blanks, comments and quoting (RFC 5322 section 4.5.4, RFC 5256 REFERENCES).
static struct span msgid_clean(struct arena *a, struct span id)
{
	bool clean = true;
	for (size_t i = 0; i < id.n && clean; i++)
		clean = !is_blank(id.p[i]) && id.p[i] != '"' && id.p[i] != '\\' && id.p[i] != '(';
	if (clean)
		return id;
	char *out = arena_bytes(a, id.n);
	if (!out)
		return SPAN_NONE;
	size_t n = 0;
	bool quoted = false;
	for (size_t i = 0; i < id.n;) {
		char c = id.p[i];
		if (c == '\\' && i + 1 < id.n) {
			out[n++] = id.p[i + 1];
			i += 2;
		} else if (c == '"') {
			quoted = !quoted;
			i++;
		} else if (!quoted && c == '(') {
			i += comment_length(span_skip(id, i));
		} else {
			if (quoted ? (c != '\r' && c != '\n') : !is_blank(c))
				out[n++] = c;
			i++;
		}
	}
	return span_of(out, n);
}

bool mime_msgid_next(struct arena *a, struct span *rest, bool bare_too, struct span *ret_id)
{
	struct span s = *rest;
	for (;;) {
		size_t open = span_find_char(s, '<');
		if (open == s.n)
			break;
		s = span_skip(s, open + 1);
		size_t n = 0;
		while (n < s.n && s.p[n] != '>' && s.p[n] != '<')
			n++;
		if (n < s.n && s.p[n] == '<')
			continue; // the inner one counts
		struct span id = msgid_clean(a, span_trim(span_cut(s, 0, n)));
		s = span_skip(s, n + 1);
		if (id.n == 0)
			continue;
		*rest = s;
		*ret_id = id;
		return true;
	}
	struct span all = span_trim(*rest);
	*rest = span_of("", 0);
	if (!bare_too || span_find_char(all, '@') == all.n)
		return false;
	struct span id = msgid_clean(a, all);
	if (id.n == 0)
		return false;
	*ret_id = id;
	return true;
}

// ---- base subjects (RFC 5256 section 2.1; the numbers are its steps)

static struct span skip_wsp(struct span s)
{
	while (s.n && s.p[0] == ' ')
		s = span_skip(s, 1);
	return s;
}

// subj-blob = "[" *BLOBCHAR "]" *WSP. Returns its length or 0.
static size_t subj_blob(struct span s)
{
	if (s.n == 0 || s.p[0] != '[')
		return 0;
	for (size_t i = 1; i < s.n && s.p[i] != '['; i++) {
		if (s.p[i] == ']')
			return s.n - skip_wsp(span_skip(s, i + 1)).n;
	}
	return 0;
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
static size_t subj_refwd(struct span s)
{
	size_t n = span_casestarts(s, SPAN("fwd"))                                 ? 3
		: span_casestarts(s, SPAN("re")) || span_casestarts(s, SPAN("fw")) ? 2
										   : 0;
	if (n == 0)
		return 0;
	struct span at = skip_wsp(span_skip(s, n));
	at = span_skip(at, subj_blob(at));
	return at.n && at.p[0] == ':' ? s.n - at.n + 1 : 0;
}

// subj-leader = (*subj-blob subj-refwd) / WSP. Several blobs are tried in one walk: a refwd must follow the last.
static size_t subj_leader(struct span s, bool *is_reply)
{
	if (s.n && s.p[0] == ' ')
		return 1;
	struct span at = s;
	for (size_t blob = subj_blob(at); blob; blob = subj_blob(at))
		at = span_skip(at, blob);
	size_t n = subj_refwd(at);
	if (n == 0)
		return 0;
	*is_reply = true;
	return s.n - at.n + n;
}

static struct span subj_trailer_cut(struct span s, bool *is_reply)
{
	for (;;) {
		if (s.n && s.p[s.n - 1] == ' ') {
			s.n--;
		} else if (s.n >= 5 && span_caseeq(span_skip(s, s.n - 5), SPAN("(fwd)"))) {
			s.n -= 5;
			*is_reply = true;
		} else {
			return s;
		}
	}
}

// Where no leader matches, none will behind a blob of the same run either: the rest of the run is (4) alone, and the walk stays linear.
static struct span subj_leaders_cut(struct span s, bool *is_reply)
{
	for (size_t n = subj_leader(s, is_reply); n > 0; n = subj_leader(s, is_reply)) // (3)
		s = span_skip(s, n);
	for (size_t n = subj_blob(s); n > 0 && n < s.n; n = subj_blob(s)) // (4) (5)
		s = span_skip(s, n);
	return s;
}

static size_t squeeze(char *p, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++) {
		char c = is_blank(p[i]) ? ' ' : p[i];
		if (c != ' ' || out == 0 || p[out - 1] != ' ')
			p[out++] = c;
	}
	return out;
}

// Cuts the text from `start` on down to its base.
static void base_subject(struct buf *to, size_t start, bool *ret_is_reply)
{
	*ret_is_reply = false;
	if (to->failed || to->n == start)
		return;
	struct span s = span_of(to->p + start, squeeze(to->p + start, to->n - start));
	for (;;) {
		s = subj_trailer_cut(s, ret_is_reply); // (2)
		s = subj_leaders_cut(s, ret_is_reply);
		if (s.n < 6 || s.p[s.n - 1] != ']' || !span_casestarts(s, SPAN("[fwd:")))
			break;
		s = span_cut(s, 5, s.n - 1); // (6)
		*ret_is_reply = true;
	}
	memmove(to->p + start, s.p, s.n);
	to->n = start + s.n;
}

void mime_base_subject(struct span value, struct buf *to, bool *ret_is_reply)
{
	size_t start = to->n;
	mime_text_of(value, to); // (1)
	base_subject(to, start, ret_is_reply);
}

bool mime_base_subject_octets(struct span value, struct buf *to, bool *ret_is_reply)
{
	size_t start = to->n;
	bool converts = mime_text_octets(value, to);
	base_subject(to, start, ret_is_reply);
	return converts;
}
