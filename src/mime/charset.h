// SPDX-License-Identifier: Apache-2.0
// Starling: charsets to UTF-8 as a stream, and the folded form of text that searching and sorting compare (RFC 5051 i;unicode-casemap).
// US-ASCII, UTF-8, ISO-8859-1, Windows-1252 and ISO-8859-15 are built in; what else is allowed (a fixed list) goes through iconv. Descriptors are kept per
// thread. What is no charset of the list is read as UTF-8 where it is well-formed, and as Windows-1252 where not.
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/buf.h"
#include "base/op.h"

// Whether the name (any case, known aliases) is a charset that can be converted: SEARCH CHARSET.
bool charset_is_known(struct span name);
// Opens every charset of the list once, so that the C library loads what it needs before a sandbox closes. Blocks on files. Thread-safe, once.
// Returns how many of the list there are on this system.
size_t charset_preload(void);
// The i-th name of the list for [BADCHARSET (…)]; absent past the end.
struct span charset_nth(size_t i);

struct charset_conv {
	uint8_t kind;   // how
	uint8_t held;   // octets of a character that is not complete yet
	uint16_t which; // of the list, for iconv
	bool fresh;     // iconv: no state yet
	void *cd;       // borrowed from the thread, see charset_conv_done()
	char keep[16];
};
// Empty or absent name: US-ASCII with a guess for 8-bit octets.
void charset_conv_init(struct charset_conv *c, struct span charset);
// Appends UTF-8, always well-formed: what does not convert becomes U+FFFD. NUL stays.
void charset_convert(struct charset_conv *c, struct span octets, struct buf *to);
// ASCII octets, while nothing is held, are their own UTF-8.
bool charset_conv_is_ascii_based(const struct charset_conv *c);
// The end: an incomplete character becomes U+FFFD. The converter is done (and may be initialised again).
void charset_conv_end(struct charset_conv *c, struct buf *to);
// Gives it up early; accepts zeroed.
void charset_conv_done(struct charset_conv *c);
// All at once. charset_is_known() names only are exact; RC_BADCHARSET is the caller's decision.
void charset_to_utf8(struct span charset, struct span octets, struct buf *to);
// True if the octets are valid in that charset as a whole (SEARCH strings: BAD otherwise).
bool charset_check(struct span charset, struct span octets);
// Raw 8-bit header text to UTF-8: as it is if well-formed, else from Windows-1252.
void charset_guess_to_utf8(struct span octets, struct buf *to);

// The titlecased, decomposed form of RFC 5051 section 2: equality, order and substrings are those of its octets.
struct casefold {     // zeroed is the start
	uint8_t held; // octets of an incomplete UTF-8 sequence
	char keep[4];
};
// Appends the folded form of a piece of UTF-8; pieces may be cut anywhere. Bad sequences become U+FFFD.
void casefold_feed(struct casefold *f, struct span utf8, struct buf *to);
void casefold_end(struct casefold *f, struct buf *to);
// All at once.
void casefold(struct span utf8, struct buf *to);

#endif
