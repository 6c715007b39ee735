// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

#include <stdlib.h>

int span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

int span_casecmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	for (size_t i = 0; i < n; i++) {
		int d = ascii_lower((unsigned char)a.p[i]) - ascii_lower((unsigned char)b.p[i]);
		if (d != 0)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

bool span_caseeq(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		unsigned char c = (unsigned char)a.p[i], differs = c ^ (unsigned char)b.p[i];
		c |= 0x20;
		if (differs && (differs != 0x20 || c < 'a' || c > 'z')) // the cases of a letter
			return false;
	}
	return true;
}

bool span_casestarts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && span_casecmp(span_cut(s, 0, prefix.n), prefix) == 0;
}

size_t span_find_char(struct span s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : s.n;
}

size_t span_find(struct span s, struct span needle)
{
	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return SIZE_MAX;
	const char *at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool span_to_u64(struct span s, uint64_t max, uint64_t *ret_value)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		uint64_t d = (uint64_t)(s.p[i] - '0');
		if (v > (max - d) / 10 || d > max)
			return false;
		v = v * 10 + d;
	}
	*ret_value = v;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool span_from_hex(struct span s, char *to, size_t max, size_t *ret_count)
{
	if (s.n % 2 || s.n / 2 > max)
		return false;
	for (size_t i = 0; i < s.n / 2; i++) {
		int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i] = (char)((unsigned)high << 4 | (unsigned)low);
	}
	*ret_count = s.n / 2;
	return true;
}

struct span span_split(struct span s, char c, struct span *ret_head)
{
	size_t at = span_find_char(s, c);
	*ret_head = span_cut(s, 0, at);
	return at < s.n ? span_skip(s, at + 1) : SPAN_NONE;
}

bool span_is_ascii(struct span s)
{
	size_t i = 0;
	for (; i + 64 <= s.n; i += 64) { // the compiler makes vectors of this
		uint64_t w[8], all = 0;
		memcpy(w, s.p + i, sizeof w);
		for (size_t k = 0; k < 8; k++)
			all |= w[k];
		if (all & 0x8080808080808080u)
			return false;
	}
	for (; i + 8 <= s.n; i += 8) {
		uint64_t w;
		memcpy(&w, s.p + i, 8);
		if (w & 0x8080808080808080u)
			return false;
	}
	for (; i < s.n; i++)
		if ((unsigned char)s.p[i] & 0x80)
			return false;
	return true;
}

// Length of the well-formed UTF-8 sequence at p (RFC 3629 section 4), 0 if there is none.
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	size_t len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (c == 0xe0 && p[1] < 0xa0) || (c == 0xf0 && p[1] < 0x90);
	bool beyond = (c == 0xed && p[1] > 0x9f) || (c == 0xf4 && p[1] > 0x8f);
	return overlong || beyond ? 0 : len;
}

bool span_is_utf8(struct span s)
{
	if (span_is_ascii(s))
		return true;
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n;) {
		size_t len = utf8_sequence(p + i, s.n - i);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

char *span_to_str_new(struct span s)
{
	char *copy = malloc(s.n + 1);
	if (!copy)
		return NULL;
	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}
