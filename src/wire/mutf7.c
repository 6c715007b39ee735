// SPDX-License-Identifier: Apache-2.0
#include "wire/mutf7.h"

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(uint32_t ch)
{
	return ch >= 0x20 && ch <= 0x7e;
}

// The code point at *at of valid UTF-8; moves on.
static uint32_t utf8_next(struct span s, size_t *at)
{
	unsigned char b = (unsigned char)s.p[(*at)++];
	if (b < 0x80)
		return b;
	size_t more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
	uint32_t ch = b & (0x3fu >> more);
	for (; more && *at < s.n; more--)
		ch = ch << 6 | ((unsigned char)s.p[(*at)++] & 0x3fu);
	return ch;
}

static void utf8_add(struct buf *to, uint32_t ch)
{
	if (ch < 0x80) {
		buf_addc(to, (char)ch);
	} else if (ch < 0x800) {
		buf_addc(to, (char)(0xc0 | ch >> 6));
		buf_addc(to, (char)(0x80 | (ch & 63)));
	} else if (ch < 0x10000) {
		buf_addc(to, (char)(0xe0 | ch >> 12));
		buf_addc(to, (char)(0x80 | (ch >> 6 & 63)));
		buf_addc(to, (char)(0x80 | (ch & 63)));
	} else {
		buf_addc(to, (char)(0xf0 | ch >> 18));
		buf_addc(to, (char)(0x80 | (ch >> 12 & 63)));
		buf_addc(to, (char)(0x80 | (ch >> 6 & 63)));
		buf_addc(to, (char)(0x80 | (ch & 63)));
	}
}

// Bits of UTF-16 on their way into modified base64.
struct bits {
	uint32_t v;
	unsigned n;
};

static void unit_encode(struct buf *to, struct bits *b, uint32_t unit)
{
	b->v = b->v << 16 | unit;
	b->n += 16;
	while (b->n >= 6) {
		b->n -= 6;
		buf_addc(to, alphabet[b->v >> b->n & 63]);
	}
}

void mutf7_encode(struct span name, struct buf *to)
{
	size_t at = 0;
	while (at < name.n) {
		unsigned char b = (unsigned char)name.p[at];
		if (is_direct(b)) {
			buf_addc(to, (char)b);
			if (b == '&')
				buf_addc(to, '-');
			at++;
			continue;
		}
		struct bits bits = { 0 };
		buf_addc(to, '&');
		while (at < name.n && !is_direct((unsigned char)name.p[at])) {
			uint32_t ch = utf8_next(name, &at);
			if (ch >= 0x10000) {
				unit_encode(to, &bits, 0xd800 + ((ch - 0x10000) >> 10));
				ch = 0xdc00 + ((ch - 0x10000) & 0x3ff);
			}
			unit_encode(to, &bits, ch);
		}
		if (bits.n)
			buf_addc(to, alphabet[bits.v << (6 - bits.n) & 63]);
		buf_addc(to, '-');
	}
}

static int value_of(char ch)
{
	const char *p = ch ? strchr(alphabet, ch) : NULL;
	return p ? (int)(p - alphabet) : -1;
}

// One UTF-16 unit out of a shifted run.
static const char *unit_decode(struct buf *to, uint32_t *high, uint32_t unit)
{
	if (*high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return "a lone surrogate in modified UTF-7";
		utf8_add(to, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
	} else if (unit >= 0xdc00 && unit <= 0xdfff) {
		return "a lone surrogate in modified UTF-7";
	} else if (is_direct(unit)) {
		return "printable ASCII encoded in modified UTF-7";
	} else {
		utf8_add(to, unit);
	}
	return NULL;
}

// A shifted run, *at behind its "&"; ends behind its "-".
static const char *run_decode(struct span text, size_t *at, struct buf *to)
{
	struct bits bits = { 0 };
	uint32_t high = 0;
	size_t from = *at;
	for (; *at < text.n && text.p[*at] != '-'; (*at)++) {
		int d = value_of(text.p[*at]);
		if (d < 0)
			return "an octet that is not modified base64 after &";
		bits.v = (bits.v << 6 | (uint32_t)d) & 0xffffff;
		bits.n += 6;
		if (bits.n < 16)
			continue;
		bits.n -= 16;
		const char *why = unit_decode(to, &high, bits.v >> bits.n & 0xffff);
		if (why)
			return why;
	}
	if (*at == text.n)
		return "no - that ends modified base64";
	if (high || bits.n >= 6 || (bits.v & ((1u << bits.n) - 1)) || *at - from < 3)
		return "incomplete modified base64";
	(*at)++;
	return NULL;
}

bool mutf7_decode(struct span text, struct buf *to, const char **ret_why)
{
	bool after_run =
		false; // right behind the "-" of a run: another "&x" would be a superfluous shift
	size_t at = 0;
	while (at < text.n) {
		unsigned char b = (unsigned char)text.p[at++];
		if (!is_direct(b)) {
			*ret_why = "an octet that modified UTF-7 must encode";
			return false;
		}
		if (b != '&') {
			buf_addc(to, (char)b);
			after_run = false;
			continue;
		}
		if (at < text.n && text.p[at] == '-') {
			buf_addc(to, '&');
			at++;
			after_run = false;
			continue;
		}
		const char *why = after_run ? "a superfluous shift in modified UTF-7"
					    : run_decode(text, &at, to);
		if (why) {
			*ret_why = why;
			return false;
		}
		after_run = true;
	}
	return true;
}
