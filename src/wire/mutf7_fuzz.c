// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7 (RFC 3501 section 5.1.3; RFC 9051 appendix A.1 keeps it for older clients) against a plain one. There is one legal form of
// each name, so a text is legal exactly if reading it as kindly as can be and writing the name again gives the same text: what is refused
// on one way cannot come out of the other. And each name of UTF-8 comes back from its form.
#include "base/buf.h"
#include "base/must.h"
#include "wire/mutf7.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

// A name as UTF-16, in which the RFC speaks. Room for what any text of `size` octets can be.
struct units {
	uint16_t *v;
	size_t n;
};

static void units_add_utf8(struct units *u, struct span s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char b = (unsigned char)s.p[i++];
		uint32_t c = b < 0x80 ? b : b < 0xe0 ? b & 31u : b < 0xf0 ? b & 15u : b & 7u;
		while (i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
			c = c * 64 + ((unsigned char)s.p[i++] & 63u);
		if (c > 0xffff) {
			u->v[u->n++] = (uint16_t)(0xd7c0 + c / 1024);
			u->v[u->n++] = (uint16_t)(0xdc00 + c % 1024);
		} else {
			u->v[u->n++] = (uint16_t)c;
		}
	}
}

static bool is_direct(uint16_t c)
{
	return c >= ' ' && c <= '~';
}

// "&", the bits of all units up to the next direct one in groups of six, the last filled up with zeros, "-".
static size_t write_run(const struct units *u, size_t i, struct buf *to)
{
	size_t bits = 0, end = i;
	while (end < u->n && !is_direct(u->v[end]))
		end++;
	bits = (end - i) * 16;
	buf_addc(to, '&');
	for (size_t at = 0; at < bits; at += 6) {
		unsigned d = 0;
		for (size_t b = at; b < at + 6; b++) {
			unsigned bit = b < bits ? u->v[i + b / 16] >> (15 - b % 16) & 1u : 0;
			d = d * 2 + bit;
		}
		buf_addc(to, digits[d]);
	}
	buf_addc(to, '-');
	return end;
}

static void write_plainly(const struct units *u, struct buf *to)
{
	for (size_t i = 0; i < u->n;) {
		if (!is_direct(u->v[i])) {
			i = write_run(u, i, to);
			continue;
		}
		buf_addc(to, (char)u->v[i]);
		if (u->v[i++] == '&')
			buf_addc(to, '-');
	}
}

// Takes whatever can be made sense of; false: nothing can.
static bool read_kindly(struct span s, struct units *u)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
		if (s.p[i] != '&') {
			u->v[u->n++] = (uint16_t)s.p[i];
			continue;
		}
		uint32_t acc = 0;
		size_t bits = 0, from = ++i;
		for (; i < s.n && s.p[i] != '-'; i++) {
			const char *d = s.p[i] ? strchr(digits, s.p[i]) : NULL;
			if (!d)
				return false;
			acc = (acc * 64 + (uint32_t)(d - digits)) & 0xffffff;
			bits += 6;
			if (bits >= 16)
				u->v[u->n++] = (uint16_t)(acc >> (bits -= 16));
		}
		if (i == s.n)
			return false;
		if (i == from)
			u->v[u->n++] = '&';
	}
	return true;
}

static bool surrogates_pair(const struct units *u)
{
	for (size_t i = 0; i < u->n; i++) {
		if (u->v[i] < 0xd800 || u->v[i] > 0xdfff)
			continue;
		if (u->v[i] > 0xdbff || i + 1 == u->n || u->v[i + 1] < 0xdc00 ||
			u->v[i + 1] > 0xdfff)
			return false;
		i++;
	}
	return true;
}

static void check_text(struct span text, struct units *u)
{
	struct buf name = { 0 }, again = { 0 };
	const char *why = NULL;
	bool legal = read_kindly(text, u) && surrogates_pair(u);
	if (legal) {
		write_plainly(u, &again);
		legal = span_eq(buf_span(&again), text);
	}
	must(mutf7_decode(text, &name, &why) == legal && !why == legal);
	if (legal) {
		must(span_is_utf8(buf_span(&name)));
		struct units got = { malloc((name.n + 1) * 2), 0 };
		must(got.v);
		units_add_utf8(&got, buf_span(&name));
		must(got.n == u->n && memcmp(got.v, u->v, u->n * 2) == 0);
		free(got.v);
	}
	buf_done(&name);
	buf_done(&again);
}

static void check_name(struct span name, struct units *u)
{
	struct buf text = { 0 }, plain = { 0 }, back = { 0 };
	const char *why = NULL;
	mutf7_encode(name, &text);
	units_add_utf8(u, name);
	write_plainly(u, &plain);
	must(span_eq(buf_span(&text), buf_span(&plain)));
	must(mutf7_decode(buf_span(&text), &back, &why) && span_eq(buf_span(&back), name));
	buf_done(&text);
	buf_done(&plain);
	buf_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	struct units u = { malloc((size + 1) * 2), 0 };
	must(u.v);
	check_text(s, &u);
	u.n = 0;
	if (span_is_utf8(s))
		check_name(s, &u);
	free(u.v);
	return 0;
}
