// SPDX-License-Identifier: Apache-2.0
// Starling: the folded form of text (RFC 5051 section 2): each code point becomes its titlecase, and that its full compatibility
// decomposition. Nothing is reordered across code points, so that a stretch folds to the same octets wherever it is cut.
#include "mime/charset.h"
#include "mime/utf8_priv.h"

#include <utf8proc.h>

#define DECOMPOSED_MAX 32 // U+FDFA gives 18

static void fold_ascii(struct span in, struct buf *to)
{
	char *out = buf_room(to, in.n);
	if (!out)
		return;
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];
		out[i] = (char)(c - ((unsigned char)(c - 'a') < 26 ? 32 : 0));
	}
	buf_added(to, in.n);
}

static void fold_code(uint32_t code, struct buf *to)
{
	utf8proc_int32_t parts[DECOMPOSED_MAX];
	int bound = 0;
	// UnicodeData.txt has no simple titlecase for U+00DF; newer tables of the library do.
	utf8proc_int32_t title =
		code == 0xdf ? (utf8proc_int32_t)code : utf8proc_totitle((utf8proc_int32_t)code);
	utf8proc_ssize_t n = utf8proc_decompose_char(
		title, parts, DECOMPOSED_MAX, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &bound);
	if (n <= 0 || n > DECOMPOSED_MAX) {
		parts[0] = title;
		n = 1;
	}
	char *out = buf_room(to, (size_t)n * 4);
	if (!out)
		return;
	size_t used = 0;
	for (utf8proc_ssize_t i = 0; i < n; i++)
		used += utf8_put(out + used, (uint32_t)parts[i]);
	buf_added(to, used);
}

// Folds all but an incomplete character at the end; returns how many octets that has.
static size_t fold_some(struct span in, struct buf *to)
{
	size_t i = 0;
	while (i < in.n) {
		size_t run = ascii_run(in.p + i, in.n - i);
		if (run) {
			fold_ascii(span_of(in.p + i, run), to);
			i += run;
			continue;
		}
		const unsigned char *p = (const unsigned char *)in.p + i;
		int step = utf8_step(p, in.n - i);
		if (step == UTF8_SHORT)
			return in.n - i;
		fold_code(step > 0 ? utf8_code(p, step) : 0xfffd, to);
		i += (size_t)(step > 0 ? step : -step);
	}
	return 0;
}

void casefold_feed(struct casefold *f, struct span utf8, struct buf *to)
{
	while (f->held > 0 && utf8.n > 0) {
		f->keep[f->held++] = utf8.p[0];
		utf8 = span_skip(utf8, 1);
		size_t rest = fold_some(span_of(f->keep, f->held), to);
		memmove(f->keep, f->keep + f->held - rest, rest);
		f->held = (uint8_t)rest;
	}
	if (utf8.n == 0)
		return;
	size_t rest = fold_some(utf8, to);
	memcpy(f->keep, utf8.p + utf8.n - rest, rest);
	f->held = (uint8_t)rest;
}

void casefold_end(struct casefold *f, struct buf *to)
{
	if (f->held > 0)
		fold_code(0xfffd, to);
	f->held = 0;
}

void casefold(struct span utf8, struct buf *to)
{
	struct casefold f = { 0 };
	casefold_feed(&f, utf8, to);
	casefold_end(&f, to);
}
