// SPDX-License-Identifier: Apache-2.0
// Starling: a span is a read-only view of bytes that somebody else owns. Never NUL-terminated, may hold
// NUL. The zero span (NULL, 0) is "empty"; where "absent" differs from "empty", p == NULL is absent.
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })
#define SPAN_NONE ((struct span){ NULL, 0 })
// For printf: printf("%.*s", SPAN_FMT(s)).
#define SPAN_FMT(s) (int)(s).n, (s).p

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

static inline struct span span_str(const char *s)
{
	return (struct span){ s, s ? strlen(s) : 0 };
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

// The bytes from `from` up to but not including `to`, both cut to the span's end.
static inline struct span span_cut(struct span s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct span){ s.p ? s.p + from : NULL, to - from };
}

static inline struct span span_skip(struct span s, size_t n)
{
	return span_cut(s, n, s.n);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline unsigned char ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static inline unsigned char ascii_upper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned char)(c & ~0x20) : c;
}

// Order by bytes: <0, 0, >0.
int span_cmp(struct span a, struct span b);
// Equality and order that fold A-Z (ASCII only, no locale: RFC 4790 i;ascii-casemap).
bool span_caseeq(struct span a, struct span b);
int span_casecmp(struct span a, struct span b);
bool span_casestarts(struct span s, struct span prefix);
// Index of the first `c`, or s.n.
size_t span_find_char(struct span s, char c);
// Index of the first occurrence of `needle`, or SIZE_MAX. The empty needle is found at 0.
size_t span_find(struct span s, struct span needle);
// `s` without leading and trailing bytes of SP, HTAB, CR, LF.
struct span span_trim(struct span s);
// Decimal digits only, all of `s`, no sign, no overflow past `max`: false otherwise.
bool span_to_u64(struct span s, uint64_t max, uint64_t *ret_value);
// Pairs of hexadecimal digits (0-9, a-f), all of `s`, as at most `max` octets in `to`: false otherwise.
bool span_from_hex(struct span s, char *to, size_t max, size_t *ret_count);
// Splits at the first `c`: the part before goes to *ret_head, the rest after `c` is returned; without a
// `c`, everything is the head and the rest is absent.
struct span span_split(struct span s, char c, struct span *ret_head);
// True if every byte is below 0x80 / all bytes form well-formed UTF-8 (RFC 3629: no surrogates, no
// overlong forms, nothing above U+10FFFF).
bool span_is_ascii(struct span s);
bool span_is_utf8(struct span s);

// A NUL-terminated copy for a C library, to be freed with free(); NULL when out of memory. (strndup() looks for a NUL behind the span's end.)
char *span_to_str_new(struct span s);

#endif
