// SPDX-License-Identifier: Apache-2.0
#include "wire/base64.h"

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span s, char *to)
{
	size_t i = 0;
	for (; i + 3 <= s.n; i += 3, to += 4) {
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16 |
			(uint32_t)(unsigned char)s.p[i + 1] << 8 | (unsigned char)s.p[i + 2];
		to[0] = alphabet[v >> 18];
		to[1] = alphabet[v >> 12 & 63];
		to[2] = alphabet[v >> 6 & 63];
		to[3] = alphabet[v & 63];
	}
	if (i == s.n)
		return;
	uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
	if (i + 1 < s.n)
		v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
	to[0] = alphabet[v >> 18];
	to[1] = alphabet[v >> 12 & 63];
	to[2] = i + 1 < s.n ? alphabet[v >> 6 & 63] : '=';
	to[3] = '=';
}

static int value_of(char ch)
{
	if (ch >= 'A' && ch <= 'Z')
		return ch - 'A';
	if (ch >= 'a' && ch <= 'z')
		return ch - 'a' + 26;
	if (ch >= '0' && ch <= '9')
		return ch - '0' + 52;
	return ch == '+' ? 62 : ch == '/' ? 63 : -1;
}

bool base64_decode(struct span text, char *to, size_t *ret_n)
{
	if (text.n % 4)
		return false;
	size_t pad = 0;
	if (text.n && text.p[text.n - 1] == '=')
		pad = text.p[text.n - 2] == '=' ? 2 : 1;
	uint32_t v = 0;
	size_t n = 0, chars = text.n - pad;
	for (size_t i = 0; i < chars; i++) {
		int d = value_of(text.p[i]);
		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
		if (i % 4 == 3) {
			to[n++] = (char)(v >> 16);
			to[n++] = (char)(v >> 8);
			to[n++] = (char)v;
			v = 0;
		}
	}
	if (pad == 2) {
		if (v & 15)
			return false;
		to[n++] = (char)(v >> 4);
	} else if (pad == 1) {
		if (v & 3)
			return false;
		to[n++] = (char)(v >> 10);
		to[n++] = (char)(v >> 2);
	}
	*ret_n = n;
	return true;
}
