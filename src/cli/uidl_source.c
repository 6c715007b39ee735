// SPDX-License-Identifier: Apache-2.0
// dovecot-uidlist, by what Dovecot 2.3 writes. Version 3:
//     3 V<UIDVALIDITY> N<next UID> G<GUID of the mailbox>
//     <UID> [<letter><value> ...] :<file's name>       letters: W S sizes, P unique-id of POP3, G GUID, O POP3's order
// Version 1:
//     1 <UIDVALIDITY> <next UID>
//     <UID> <file's name>
// Flags may stand behind a name; they are those of when the line was written.
#include "cli/uidl_source.h"

#include "mail/uidl.h"

#include <stdlib.h>

// --- the list ---

struct span maildir_flags(struct span name, struct span *ret_base)
{
	for (size_t i = name.n; i >= 3; i--)
		if (name.p[i - 1] == ',' && name.p[i - 2] == '2' &&
			span_find_char(SPAN(":;!"), name.p[i - 3]) < 3) {
			*ret_base = span_cut(name, 0, i - 3);
			return span_skip(name, i);
		}
	*ret_base = name;
	return SPAN("");
}

static uint32_t number_of(struct span s)
{
	uint64_t v;
	return span_to_u64(s, UINT32_MAX, &v) ? (uint32_t)v : 0;
}

// The first line: the version; 0: none that is known.
static unsigned head_read(struct uidl_source *s, struct span line)
{
	struct span word, rest = span_split(line, ' ', &word);
	uint32_t version = number_of(word);
	if (version == 1) {
		(void)span_split(rest, ' ', &word);
		s->uid_validity = number_of(word);
	}
	while (version == 3 && rest.n) {
		rest = span_split(rest, ' ', &word);
		if (word.n && word.p[0] == 'V')
			s->uid_validity = number_of(span_skip(word, 1));
	}
	return version == 1 || version == 3 ? version : 0;
}

static struct uidl_line line_read(struct span line, unsigned version)
{
	struct uidl_line l = { 0 };
	struct span word, rest = span_split(line, ' ', &word);
	l.uid = number_of(word);
	while (version == 3 && rest.n && rest.p[0] != ':') {
		rest = span_split(rest, ' ', &word);
		if (word.n && word.p[0] == 'P')
			l.uidl = span_skip(word, 1);
		else if (word.n && word.p[0] == 'G')
			l.guid = span_skip(word, 1);
	}
	(void)maildir_flags(version == 3 && rest.n ? span_skip(rest, 1) : rest, &l.name);
	return l;
}

static int by_name(const void *a, const void *b)
{
	const struct uidl_line *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int c = n ? memcmp(x->name.p, y->name.p, n) : 0;
	return c ? c : x->name.n < y->name.n ? -1 : x->name.n > y->name.n;
}

int uidl_source_read(struct op *op, struct uidl_source *s, struct span text, const char *format)
{
	struct span line, rest = span_split(text, '\n', &line);
	unsigned version = head_read(s, line);
	s->format = format;
	while (version && rest.n) {
		rest = span_split(rest, '\n', &line);
		struct uidl_line l = line_read(line, version);
		if (l.uid == 0 || l.name.n == 0)
			continue;
		if (s->n == s->cap) {
			size_t cap = s->cap ? s->cap * 2 : 256;
			struct uidl_line *v = realloc(s->v, cap * sizeof *v);
			if (!v)
				return op_fail(op, RC_NOMEM, "out of memory");
			s->v = v;
			s->cap = cap;
		}
		s->v[s->n++] = l;
	}
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, by_name);
	return 0;
}

void uidl_source_done(struct uidl_source *s)
{
	free(s->v);
	buf_done(&s->made);
	*s = (struct uidl_source){ 0 };
}

// --- Dovecot's formats ---

struct variable { // "%" ["0"] [width] ["X"] letter
	bool zeros, hex;
	unsigned width;
	char letter; // u, v, f, g, or "%" itself
};

// Reads one behind its "%"; NULL: none that is known.
static const char *variable_read(const char *p, struct variable *ret)
{
	struct variable v = { 0 };
	if (*p == '0') {
		v.zeros = true;
		p++;
	}
	for (; *p >= '0' && *p <= '9' && v.width < UIDL_MAX; p++)
		v.width = v.width * 10 + (unsigned)(*p - '0');
	if (*p == 'X') {
		v.hex = true;
		p++;
	}
	v.letter = *p;
	bool is_number = v.letter == 'u' || v.letter == 'v';
	bool is_text = v.letter == 'f' || v.letter == 'g' || v.letter == '%';
	if (v.width > UIDL_MAX || !(is_number || (is_text && !v.width && !v.hex && !v.zeros)))
		return NULL;
	*ret = v;
	return p + 1;
}

bool uidl_format_is_valid(const char *format)
{
	struct variable v;
	bool tells_apart = false;
	while (format && *format) {
		bool is_variable = *format++ == '%';
		if (!is_variable)
			continue;
		format = variable_read(format, &v);
		tells_apart |= format && v.letter != '%' && v.letter != 'v';
	}
	return format && tells_apart;
}

static void number_add(struct buf *to, const struct variable *v, uint32_t number)
{
	if (v->hex)
		buf_addf(to, v->zeros ? "%0*x" : "%*x", (int)v->width, number);
	else
		buf_addf(to, v->zeros ? "%0*u" : "%*u", (int)v->width, number);
}

static struct span make(struct uidl_source *s, const struct uidl_line *l)
{
	struct variable v;
	buf_reset(&s->made);
	for (const char *p = s->format; p && *p;) {
		if (*p++ != '%') {
			buf_addc(&s->made, p[-1]);
			continue;
		}
		p = variable_read(p, &v);
		if (!p)
			break;
		if (v.letter == 'u' || v.letter == 'v')
			number_add(&s->made, &v, v.letter == 'u' ? l->uid : s->uid_validity);
		else if (v.letter == '%')
			buf_addc(&s->made, '%');
		else
			buf_add(&s->made, v.letter == 'g' && l->guid.n ? l->guid : l->name);
	}
	return s->made.failed ? SPAN_NONE : buf_span(&s->made);
}

struct span uidl_source_find(struct uidl_source *s, struct span name)
{
	struct uidl_line wanted = { 0 };
	(void)maildir_flags(name, &wanted.name);
	const struct uidl_line *l =
		s->n ? bsearch(&wanted, s->v, s->n, sizeof *s->v, by_name) : NULL;
	if (!l)
		return SPAN_NONE;
	struct span uidl = l->uidl.n || !s->uid_validity ? l->uidl : make(s, l);
	return uidl_is_valid(uidl) ? uidl : SPAN_NONE;
}
