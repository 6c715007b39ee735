// SPDX-License-Identifier: Apache-2.0
// Starling: UTF-8 one character at a time (RFC 3629), for use within src/mime/.
#ifndef MIME_UTF8_PRIV_H
#define MIME_UTF8_PRIV_H

#include <stddef.h>
#include <stdint.h>

// What begins at p (n >= 1 octets there).
enum { UTF8_SHORT = 0 }; // well-formed so far, but incomplete
// > 0: length of a well-formed character. UTF8_SHORT. < 0: that many octets (negated) form no character: replace them by one U+FFFD.
static inline int utf8_step(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return -1;
	int len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	for (int i = 1; i < len; i++) {
		if ((size_t)i >= n)
			return UTF8_SHORT;
		if (p[i] < low || p[i] > high)
			return -i;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

// The code point of a well-formed character of that length.
static inline uint32_t utf8_code(const unsigned char *p, int len)
{
	switch (len) {
	case 1:
		return p[0];
	case 2:
		return ((uint32_t)(p[0] & 0x1f) << 6) | (p[1] & 0x3fu);
	case 3:
		return ((uint32_t)(p[0] & 0x0f) << 12) | ((uint32_t)(p[1] & 0x3f) << 6) |
			(p[2] & 0x3fu);
	default:
		return ((uint32_t)(p[0] & 0x07) << 18) | ((uint32_t)(p[1] & 0x3f) << 12) |
			((uint32_t)(p[2] & 0x3f) << 6) | (p[3] & 0x3fu);
	}
}

// Writes a code point at p (room for 4); returns the length.
static inline size_t utf8_put(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | (c >> 6));
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | (c >> 12));
		p[1] = (char)(0x80 | ((c >> 6) & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | (c >> 18));
	p[1] = (char)(0x80 | ((c >> 12) & 0x3f));
	p[2] = (char)(0x80 | ((c >> 6) & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

// How many octets at p are below 0x80.
static inline size_t ascii_run(const char *p, size_t n)
{
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		uint64_t w;
		__builtin_memcpy(&w, p + i, 8);
		w &= 0x8080808080808080u;
		if (w)
			return i + (size_t)__builtin_ctzll(w) / 8;
	}
	while (i < n && !((unsigned char)p[i] & 0x80))
		i++;
	return i;
}

#endif
