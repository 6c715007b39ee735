// SPDX-License-Identifier: Apache-2.0
#include "wire/dots.h"

#include "base/must.h"

#define BLOCK 64u

// A LF with a dot behind it begins in the BLOCK octets from p on; one more is looked at. The compiler makes vectors of this: memmem() takes five
// instructions for each octet.
static bool block_has_dot(const char *p)
{
	uint8_t any = 0;
	for (size_t i = 0; i < BLOCK; i++)
		any |= (uint8_t)((p[i] == '\n') & (p[i + 1] == '.'));
	return any;
}

// Where a line ends that a line with a dot at its beginning follows: of CRLF "."; SIZE_MAX: nowhere.
static size_t find_dot(struct span s)
{
	size_t at = 1; // of the LF
	while (at + 1 < s.n) {
		if (at + BLOCK < s.n && !block_has_dot(s.p + at)) {
			at += BLOCK;
			continue;
		}
		size_t end = at + BLOCK < s.n ? at + BLOCK : s.n - 1;
		for (; at < end; at++)
			if (s.p[at] == '\n' && s.p[at + 1] == '.' && s.p[at - 1] == '\r')
				return at - 1;
	}
	return SIZE_MAX;
}

// --- putting in ---

static void add(struct rope *to, struct span s, struct hold *hold)
{
	if (s.n)
		rope_add_ref(to, s, hold);
}

static void stuff(struct dot_stuffer *d, struct span s, struct hold *hold, struct rope *to)
{
	size_t from = 0;
	if (s.n == 0)
		return;
	if (!d->in_line && s.p[0] == '.')
		rope_addc(to, '.');
	else if (d->after_cr && s.p[0] == '\n' && s.n > 1 && s.p[1] == '.') {
		add(to, span_cut(s, 0, 1), hold);
		rope_addc(to, '.');
		from = 1;
	}
	for (;;) {
		size_t found = find_dot(span_skip(s, from));
		if (found == SIZE_MAX)
			break;
		add(to, span_cut(s, from, from + found + 2), hold);
		rope_addc(to, '.');
		from += found + 2;
		// The dot itself goes out with what follows it.
	}
	add(to, span_skip(s, from), hold);
	bool crlf = s.p[s.n - 1] == '\n' && (s.n > 1 ? s.p[s.n - 2] == '\r' : d->after_cr);
	d->in_line = !crlf;
	d->after_cr = s.p[s.n - 1] == '\r';
}

void dots_stuff(struct dot_stuffer *d, struct rope *from, struct rope *to)
{
	for (size_t i = from->first; i < from->count; i++)
		stuff(d, span_of(from->pieces[i].p, from->pieces[i].n), from->pieces[i].hold, to);
	to->failed |= from->failed;
	rope_reset(from);
}

void dots_end(struct dot_stuffer *d, struct rope *to)
{
	if (d->in_line)
		rope_add(to, SPAN("\r\n"));
	rope_add(to, SPAN(".\r\n"));
	*d = (struct dot_stuffer){ .in_line = false };
}

// --- taking out ---

// One octet at a state other than DOTS_TEXT. Returns what comes out of it: nothing, or octets that were held back and are not in the input.
static struct span step(struct dot_reader *d, char c, bool *ret_take)
{
	*ret_take = true; // c is consumed
	switch (d->at) {
	case DOTS_LINE: // at the beginning of a line
		if (c == '.') {
			d->at = DOTS_DOT;
			return SPAN("");
		}
		*ret_take = false;
		d->at = DOTS_TEXT;
		return SPAN("");
	case DOTS_CR: // behind a CR that has gone out
		if (c == '\n') {
			d->at = DOTS_LINE;
			return SPAN("\n");
		}
		*ret_take = false;
		d->at = DOTS_TEXT;
		return SPAN("");
	case DOTS_DOT: // behind a dot at the beginning of a line: it is dropped, whatever follows
		if (c == '\r') {
			d->at = DOTS_DOT_CR;
			return SPAN("");
		}
		*ret_take = false;
		d->at = DOTS_TEXT;
		return SPAN("");
	default: // DOTS_DOT_CR
		must(d->at == DOTS_DOT_CR);
		if (c == '\n') {
			d->at = DOTS_OVER;
			return SPAN("");
		}
		*ret_take = false;
		d->at = DOTS_CR; // the CR comes out now
		return SPAN("\r");
	}
}

// How much of the text goes out as it is: up to and including a CRLF that a dot follows or that ends the input.
static size_t plain(struct dot_reader *d, struct span s)
{
	size_t found = find_dot(s);
	if (found != SIZE_MAX) {
		d->at = DOTS_LINE;
		return found + 2;
	}
	if (s.n >= 2 && s.p[s.n - 2] == '\r' && s.p[s.n - 1] == '\n')
		d->at = DOTS_LINE;
	else if (s.p[s.n - 1] == '\r')
		d->at = DOTS_CR;
	return s.n;
}

bool dots_read(struct dot_reader *d, struct span input, struct span *ret_octets, size_t *ret_used)
{
	size_t at = 0;
	*ret_octets = SPAN("");
	while (at < input.n && d->at != DOTS_OVER && d->at != DOTS_TEXT) {
		bool take;
		struct span out = step(d, input.p[at], &take);
		at += take;
		if (out.n) {
			*ret_octets = out;
			*ret_used = at;
			return false;
		}
	}
	if (d->at == DOTS_TEXT && at < input.n) {
		struct span rest = span_skip(input, at);
		size_t n = plain(d, rest);
		*ret_octets = span_cut(rest, 0, n);
		at += n;
	}
	*ret_used = at;
	return d->at == DOTS_OVER;
}
