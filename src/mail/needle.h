// SPDX-License-Identifier: Apache-2.0
// Starling: a needle is a string that SEARCH looks for, prepared for scanning at the speed of memory. It is given folded (mime/charset.h,
// casefold()); ASCII letters match in either case, so that plain ASCII octets need no folding before they are searched. Text with
// other characters must be folded first. (Folding leaves a few small letters, as in the two of U+FB01; they match here in both
// cases, where RFC 5051 by the letter would tell them apart.)
//
// needles look at many strings at once in a stream of pieces. No locks: a needle is read-only once made.
#ifndef MAIL_NEEDLE_H
#define MAIL_NEEDLE_H

#include "base/op.h"

struct needle {
	const unsigned char *value, *mask; // n octets each: h matches where (h | mask) == value
	size_t n;
	size_t first, second; // positions of two rare octets, first <= second
};

// In the arena. The folded text need not stay. RC_NOMEM.
int needle_make(struct op *op, struct arena *a, struct span folded, struct needle *ret_needle);
// The same of text that is not folded, for text that is not folded: a letter matches only itself.
int needle_make_exact(struct op *op, struct arena *a, struct span text, struct needle *ret_needle);
// Where it begins in `text`, or SIZE_MAX. The empty needle is at 0. Costs O(text) for any needle and text that were not made to
// clash, at worst O(text * needle / 32).
size_t needle_find(const struct needle *n, struct span text);

// A stream of pieces, searched for one needle. `carry` (room for n - 1 octets twice) holds the end of what came before.
struct needle_stream {
	const struct needle *needle;
	char *carry;
	size_t carried;
	bool found;
};
int needle_stream_make(
	struct op *op, struct arena *a, const struct needle *n, struct needle_stream *ret_stream);
void needle_stream_cut(struct needle_stream *s); // what follows does not join what came before
void needle_stream_feed(struct needle_stream *s, struct span piece);

#endif
