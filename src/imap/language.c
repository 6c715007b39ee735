// SPDX-License-Identifier: Apache-2.0
#include "imap/language.h"

#include "base/buf.h"

#define PARTS_MAX 4u // of a text that stand for something

static const struct span tags[] = {
	[LANGUAGE_DEFAULT] = SPAN("i-default"),
	[LANGUAGE_EN] = SPAN("en"),
	[LANGUAGE_DE] = SPAN("de"),
	[LANGUAGE_FR] = SPAN("fr"),
	[LANGUAGE_ES] = SPAN("es"),
};

struct span language_tag(enum language l)
{
	return tags[l];
}

// --- ranges ---

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool language_is_range(struct span range)
{
	if (span_eq(range, SPAN("*")))
		return true;
	struct span part;
	for (bool first = true; range.p; first = false) {
		range = span_split(range, '-', &part);
		if (part.n < 1 || part.n > 8)
			return false;
		for (size_t i = 0; i < part.n; i++)
			if (!is_letter(part.p[i]) && (first || part.p[i] < '0' || part.p[i] > '9'))
				return false;
	}
	return true;
}

static void cut_last_subtag(struct span *range)
{
	size_t n = range->n;
	while (n > 0 && range->p[n - 1] != '-')
		n--;
	range->n = n ? n - 1 : 0;
	if (range->n >= 2 && range->p[range->n - 2] == '-') // a single letter goes with it
		range->n -= 2;
}

bool language_find(struct span range, enum language *ret_language)
{
	if (span_eq(range, SPAN("*"))) {
		*ret_language = LANGUAGE_DEFAULT;
		return true;
	}
	for (; range.n > 0; cut_last_subtag(&range))
		for (int l = LANGUAGE_DEFAULT; l < LANGUAGES; l++)
			if (span_caseeq(range, tags[l])) {
				*ret_language = (enum language)l;
				return true;
			}
	return false;
}

// --- texts ---

struct part {
	struct span text;
	bool own; // is translated by itself
};

static bool is_place(char c)
{
	return c == '*' || c == '~';
}

// Up to where the pattern has no place.
static size_t plain_length(struct span pattern)
{
	size_t n = 0;
	while (n < pattern.n && !is_place(pattern.p[n]))
		n++;
	return n;
}

// Whether the text has the pattern's form; each place takes as little as it can, the last one all that is left.
static bool matches(struct span pattern, struct span text, struct part *parts)
{
	size_t n = plain_length(pattern), count = 0;
	if (!span_starts(text, span_cut(pattern, 0, n)))
		return false;
	text = span_skip(text, n);
	pattern = span_skip(pattern, n);
	while (pattern.n > 0) {
		bool own = pattern.p[0] == '~';
		pattern = span_skip(pattern, 1);
		n = plain_length(pattern);
		struct span behind = span_cut(pattern, 0, n);
		bool last = n == pattern.n;
		if (count == PARTS_MAX || text.n < n)
			return false;
		size_t at = last ? text.n - n : span_find(text, behind);
		if (at == SIZE_MAX || !span_eq(span_cut(text, at, at + n), behind))
			return false;
		parts[count++] = (struct part){ span_cut(text, 0, at), own };
		text = span_skip(text, at + n);
		pattern = span_skip(pattern, n);
	}
	return text.n == 0;
}

static const struct language_row *find(struct span english, struct part *parts)
{
	for (const struct language_row *row = language_rows; row->text[0]; row++)
		if (matches(span_str(row->text[0]), english, parts))
			return row;
	return NULL;
}

// `parts` false: no place of its own is looked into any more.
static void translate(enum language l, struct span english, bool parts, struct buf *to)
{
	struct part found[PARTS_MAX];
	const struct language_row *row = find(english, found);
	if (!row) {
		buf_add(to, english);
		return;
	}
	size_t next = 0;
	for (const char *p = row->text[l - LANGUAGE_EN]; *p; p++) {
		if (!is_place(*p)) {
			buf_addc(to, *p);
			continue;
		}
		struct part part = found[next++];
		if (parts && part.own)
			translate(l, part.text, false, to); // once: not deeper
		else
			buf_add(to, part.text);
	}
}

void language_translate(enum language l, struct span english, struct buf *to)
{
	if (l <= LANGUAGE_EN)
		buf_add(to, english);
	else
		translate(l, english, true, to);
}
