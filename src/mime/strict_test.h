// SPDX-License-Identifier: Apache-2.0
// Starling: a strict parser of ENVELOPE, BODY and BODYSTRUCTURE for tests: RFC 9051 section 9 (RFC 3501 section 9 for `ascii`), one function
// per rule, nothing tolerated; no literals, since our renderer writes none. Used by unit tests, fuzz targets and the corpus run.
#ifndef MIME_STRICT_TEST_H
#define MIME_STRICT_TEST_H

#include "base/span.h"

struct strict {
	const char *p, *end;
	bool ascii;    // rev1: no UTF-8 in quoted strings, message/global is no media-message
	bool extended; // BODYSTRUCTURE rather than BODY
	bool bad;
	const char *why;
	const char *where;
	int depth;
	unsigned parts; // leaves seen
};

static inline bool strict_fail(struct strict *s, const char *why)
{
	if (!s->bad) {
		s->why = why;
		s->where = s->p;
	}
	s->bad = true;
	return false;
}

static inline bool strict_is(struct strict *s, char c)
{
	return !s->bad && s->p < s->end && *s->p == c;
}

static inline bool strict_char(struct strict *s, char c)
{
	if (!strict_is(s, c))
		return strict_fail(s,
			c == ' '           ? "SP expected"
				: c == '(' ? "( expected"
					   : ") expected");
	s->p++;
	return true;
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE; *ret_text is what stands between the quotes.
static inline void strict_quoted(struct strict *s, struct span *ret_text)
{
	if (!strict_is(s, '"')) {
		(void)strict_fail(s, "quoted string expected");
		return;
	}
	const char *start = ++s->p;
	bool eight = false;
	while (s->p < s->end && *s->p != '"') {
		unsigned char c = (unsigned char)*s->p;
		if (c == 0 || c == '\r' || c == '\n') {
			(void)strict_fail(s, "NUL, CR or LF in a quoted string");
			return;
		}
		if (c == '\\') {
			s->p++;
			if (s->p == s->end || (*s->p != '"' && *s->p != '\\')) {
				(void)strict_fail(s, "bad escape");
				return;
			}
		}
		eight |= c >= 0x80;
		s->p++;
	}
	struct span text = span_of(start, (size_t)(s->p - start));
	if (s->p == s->end)
		(void)strict_fail(s, "unterminated quoted string");
	else if (eight && s->ascii)
		(void)strict_fail(s, "8-bit octet for a 7-bit session");
	else if (eight && !span_is_utf8(text))
		(void)strict_fail(s, "bad UTF-8");
	else
		s->p++;
	if (ret_text)
		*ret_text = text;
}

static inline void strict_string(struct strict *s)
{
	strict_quoted(s, NULL);
}

static inline bool strict_nil(struct strict *s)
{
	if (s->bad || s->end - s->p < 3 || memcmp(s->p, "NIL", 3) != 0)
		return false;
	s->p += 3;
	return true;
}

// Returns whether it was a string.
static inline bool strict_nstring(struct strict *s)
{
	if (strict_nil(s))
		return false;
	strict_string(s);
	return true;
}

static inline void strict_number(struct strict *s)
{
	uint64_t v = 0;
	const char *start = s->p;
	while (!s->bad && s->p < s->end && *s->p >= '0' && *s->p <= '9' && v <= UINT32_MAX)
		v = v * 10 + (uint64_t)(*s->p++ - '0');
	if (s->p == start || v > UINT32_MAX)
		(void)strict_fail(s, "number expected");
}

// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"; also that groups are well-formed.
static inline void strict_address(struct strict *s, bool *in_group)
{
	(void)strict_char(s, '(');
	bool name = strict_nstring(s);
	(void)strict_char(s, ' ');
	bool adl = strict_nstring(s);
	(void)strict_char(s, ' ');
	bool mailbox = strict_nstring(s);
	(void)strict_char(s, ' ');
	bool host = strict_nstring(s);
	(void)strict_char(s, ')');
	if (host && !mailbox)
		(void)strict_fail(s, "host without mailbox");
	if (host)
		return;
	if (name || adl)
		(void)strict_fail(s, "group marker with a name");
	if (mailbox == *in_group)
		(void)strict_fail(s, mailbox ? "group in a group" : "end of no group");
	*in_group = mailbox;
}

static inline void strict_addresses(struct strict *s)
{
	if (strict_nil(s))
		return;
	(void)strict_char(s, '(');
	bool in_group = false;
	do
		strict_address(s, &in_group);
	while (strict_is(s, '('));
	(void)strict_char(s, ')');
	if (in_group)
		(void)strict_fail(s, "group without end");
}

static inline void strict_envelope(struct strict *s)
{
	(void)strict_char(s, '(');
	for (int i = 0; i < 10 && !s->bad; i++) {
		if (i > 0)
			(void)strict_char(s, ' ');
		if (i >= 2 && i <= 7)
			strict_addresses(s);
		else
			(void)strict_nstring(s);
	}
	(void)strict_char(s, ')');
}

static inline void strict_params(struct strict *s)
{
	if (strict_nil(s))
		return;
	(void)strict_char(s, '(');
	for (int i = 0; !s->bad; i++) {
		strict_string(s);
		if (i % 2 == 1 && strict_is(s, ')'))
			break;
		(void)strict_char(s, ' ');
	}
	(void)strict_char(s, ')');
}

// body-fld-dsp SP body-fld-lang SP body-fld-loc (we always write all of it or nothing).
static inline void strict_ext_tail(struct strict *s)
{
	if (!strict_nil(s)) {
		(void)strict_char(s, '(');
		strict_string(s);
		(void)strict_char(s, ' ');
		strict_params(s);
		(void)strict_char(s, ')');
	}
	(void)strict_char(s, ' ');
	if (strict_is(s, '(')) {
		s->p++;
		strict_string(s);
		while (strict_is(s, ' ')) {
			s->p++;
			strict_string(s);
		}
		(void)strict_char(s, ')');
	} else {
		(void)strict_nstring(s);
	}
	(void)strict_char(s, ' ');
	(void)strict_nstring(s);
}

static inline bool strict_ext_begins(struct strict *s)
{
	if (!strict_is(s, ' '))
		return false;
	if (!s->extended)
		return strict_fail(s, "extension data in BODY");
	s->p++;
	return true;
}

static inline void strict_body(struct strict *s);

static inline void strict_1part(struct strict *s)
{
	struct span type = SPAN_NONE, subtype = SPAN_NONE;
	strict_quoted(s, &type);
	(void)strict_char(s, ' ');
	strict_quoted(s, &subtype);
	(void)strict_char(s, ' ');
	strict_params(s);
	(void)strict_char(s, ' ');
	(void)strict_nstring(s);
	(void)strict_char(s, ' ');
	(void)strict_nstring(s);
	(void)strict_char(s, ' ');
	strict_string(s);
	(void)strict_char(s, ' ');
	strict_number(s);
	s->parts++;
	if (s->bad)
		return;
	if (type.n == 0 || subtype.n == 0 || span_caseeq(type, SPAN("multipart")))
		(void)strict_fail(s, "not the type of a single part");
	bool message = span_caseeq(type, SPAN("message"));
	if (message &&
		(span_caseeq(subtype, SPAN("rfc822")) ||
			(!s->ascii && span_caseeq(subtype, SPAN("global"))))) {
		(void)strict_char(s, ' ');
		strict_envelope(s);
		(void)strict_char(s, ' ');
		strict_body(s);
		(void)strict_char(s, ' ');
		strict_number(s);
	} else if (span_caseeq(type, SPAN("text"))) {
		(void)strict_char(s, ' ');
		strict_number(s);
	}
	if (strict_ext_begins(s)) {
		(void)strict_nstring(s);
		(void)strict_char(s, ' ');
		strict_ext_tail(s);
	}
}

static inline void strict_mpart(struct strict *s)
{
	while (strict_is(s, '('))
		strict_body(s);
	(void)strict_char(s, ' ');
	strict_string(s);
	if (strict_ext_begins(s)) {
		strict_params(s);
		(void)strict_char(s, ' ');
		strict_ext_tail(s);
	}
}

static inline void strict_body(struct strict *s)
{
	if (++s->depth > 250) {
		(void)strict_fail(s, "too deep");
		return;
	}
	(void)strict_char(s, '(');
	if (strict_is(s, '('))
		strict_mpart(s);
	else
		strict_1part(s);
	(void)strict_char(s, ')');
	s->depth--;
}

static inline bool strict_envelope_ok(struct strict *s, struct span text, bool ascii)
{
	*s = (struct strict){ .p = text.p, .end = text.p + text.n, .ascii = ascii };
	strict_envelope(s);
	if (!s->bad && s->p != s->end)
		(void)strict_fail(s, "more than an envelope");
	return !s->bad;
}

static inline bool strict_structure_ok(
	struct strict *s, struct span text, bool ascii, bool extended)
{
	*s = (struct strict){
		.p = text.p, .end = text.p + text.n, .ascii = ascii, .extended = extended
	};
	strict_body(s);
	if (!s->bad && s->p != s->end)
		(void)strict_fail(s, "more than a body");
	return !s->bad;
}

#endif
