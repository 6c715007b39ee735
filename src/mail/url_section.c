// SPDX-License-Identifier: Apache-2.0
// The section that a URL names (url.h): section-spec of RFC 9051 section 9, as it stands between the brackets of BODY[…].
#include "base/limits.h"
#include "mail/content.h"
#include "mail/url.h"

struct scan {
	struct op *op;
	struct span rest;
};

static bool try_word(struct scan *s, const char *word)
{
	bool is_there = span_casestarts(s->rest, span_str(word));
	if (is_there)
		s->rest = span_skip(s->rest, strlen(word));
	return is_there;
}

static int syntax(struct scan *s)
{
	return op_fail(s->op, RC_SYNTAX, "the URL has a section that is none");
}

// section-part = nz-number *("." nz-number); a "." that no number follows is left.
static int take_path(struct scan *s, struct section *section)
{
	uint32_t *path = arena_array(&s->op->arena, MIME_DEPTH_MAX + 1, sizeof *path);
	if (!path)
		return op_fail(s->op, RC_NOMEM, "out of memory");
	section->path = path;
	for (struct span at = s->rest;;) {
		uint64_t v;
		size_t n = 0;
		while (n < at.n && at.p[n] >= '0' && at.p[n] <= '9')
			n++;
		if (n == 0)
			return 0;
		if (!span_to_u64(span_cut(at, 0, n), UINT32_MAX, &v) || v == 0 ||
			section->depth > MIME_DEPTH_MAX)
			return syntax(s);
		path[section->depth++] = (uint32_t)v;
		s->rest = at = span_skip(at, n);
		if (at.n == 0 || at.p[0] != '.')
			return 0;
		at = span_skip(at, 1);
	}
}

static bool is_name_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("(){%*\"\\", c); // ASTRING-CHAR, RFC 9051 section 9
}

// header-list's astring; a literal cannot stand in a URL.
static int take_name(struct scan *s, struct span *ret_name)
{
	char *p = arena_bytes(&s->op->arena, s->rest.n + 1);
	size_t n = 0, i = 0;
	if (!p)
		return op_fail(s->op, RC_NOMEM, "out of memory");
	bool quoted = try_word(s, "\"");
	struct span in = s->rest;
	for (; i < in.n && (quoted ? in.p[i] != '"' : is_name_char((unsigned char)in.p[i])); i++) {
		if (quoted && in.p[i] == '\\' && ++i == in.n)
			return syntax(s);
		p[n++] = in.p[i];
	}
	s->rest = span_skip(in, i);
	if (n == 0 || (quoted && !try_word(s, "\"")))
		return syntax(s);
	*ret_name = span_of(p, n);
	return 0;
}

// SP "(" header-fld-name *(SP header-fld-name) ")"
static int take_fields(struct scan *s, struct section *section)
{
	struct span *names = arena_array(&s->op->arena, URL_FIELDS_MAX, sizeof *names);
	if (!names)
		return op_fail(s->op, RC_NOMEM, "out of memory");
	if (!try_word(s, " ("))
		return syntax(s);
	int rc = 0;
	do
		rc = section->field_count == URL_FIELDS_MAX
			? syntax(s)
			: take_name(s, &names[section->field_count++]);
	while (rc == 0 && try_word(s, " "));
	section->fields = names;
	return rc == 0 && !try_word(s, ")") ? syntax(s) : rc;
}

int url_section(struct op *op, struct span text, struct section *ret_section)
{
	struct scan s = { op, text };
	struct section section = { .what = SECTION_ALL };
	int rc = take_path(&s, &section);
	if (rc == 0 && section.depth && s.rest.n && !try_word(&s, "."))
		rc = syntax(&s);
	if (rc < 0)
		return rc;
	if (try_word(&s, "HEADER.FIELDS.NOT")) {
		section.what = SECTION_FIELDS_NOT;
		rc = take_fields(&s, &section);
	} else if (try_word(&s, "HEADER.FIELDS")) {
		section.what = SECTION_FIELDS;
		rc = take_fields(&s, &section);
	} else if (try_word(&s, "HEADER")) {
		section.what = SECTION_HEADER;
	} else if (try_word(&s, "TEXT")) {
		section.what = SECTION_TEXT;
	} else if (section.depth && try_word(&s, "MIME")) {
		section.what = SECTION_MIME;
	} else if (section.depth == 0 || text.p[text.n - 1] == '.') {
		rc = syntax(&s);
	}
	if (rc == 0 && s.rest.n)
		rc = syntax(&s);
	if (rc == 0)
		*ret_section = section;
	return rc;
}
