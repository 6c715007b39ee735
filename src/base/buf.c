// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

void buf_shrink(struct buf *b, size_t keep)
{
	buf_reset(b);
	if (b->cap > keep)
		buf_done(b);
}

char *buf_room_slow(struct buf *b, size_t n)
{
	if (b->failed)
		return NULL;
	if (b->cap - b->n >= n && b->p)
		return b->p + b->n;
	size_t need;
	if (__builtin_add_overflow(b->n, n, &need) || need > SIZE_MAX / 4) {
		b->failed = true;
		return NULL;
	}
	size_t cap = b->cap ? b->cap : 64;
	while (cap < need)
		cap += cap / 2 + 16;
	char *p = realloc(b->p, cap);
	if (!p) {
		b->failed = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char small[256];
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof small) {
		buf_add(b, span_of(small, (size_t)n));
	} else if (n >= 0) {
		char *to = buf_room(b, (size_t)n + 1);
		if (to) {
			(void)vsnprintf(to, (size_t)n + 1, fmt, again); // n is known
			b->n += (size_t)n;
		}
	} else {
		b->failed = true;
	}
	va_end(again);
}

size_t u64_print(char *p, uint64_t v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
		"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
		"8081828384858687888990919293949596979899";
	char digits[20], *at = digits + sizeof digits; // written from the end, two at a time
	while (v > 99) {
		at -= 2;
		memcpy(at, pairs + 2 * (v % 100), 2);
		v /= 100;
	}
	at -= 2;
	memcpy(at, pairs + 2 * v, 2);
	at += v < 10;
	size_t n = (size_t)(digits + sizeof digits - at);
	memcpy(p, at, n);
	return n;
}

void buf_addu(struct buf *b, uint64_t v)
{
	char digits[20];
	buf_add(b, span_of(digits, u64_print(digits, v)));
}

void buf_add_hex(struct buf *b, struct span s)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < s.n; i++) {
		buf_addc(b, digits[(unsigned char)s.p[i] >> 4]);
		buf_addc(b, digits[(unsigned char)s.p[i] & 15]);
	}
}

void buf_add_u8(struct buf *b, uint8_t v)
{
	buf_add(b, span_of(&v, sizeof v));
}

void buf_add_u16(struct buf *b, uint16_t v)
{
	buf_add(b, span_of(&v, sizeof v));
}

void buf_add_u32(struct buf *b, uint32_t v)
{
	buf_add(b, span_of(&v, sizeof v));
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	buf_add(b, span_of(&v, sizeof v));
}

void buf_add_varint(struct buf *b, uint64_t v)
{
	unsigned char bytes[10];
	size_t n = 0;
	while (v >= 0x80) {
		bytes[n++] = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	bytes[n++] = (unsigned char)v;
	buf_add(b, span_of(bytes, n));
}

void buf_add_field(struct buf *b, struct span s)
{
	buf_add_varint(b, s.n);
	buf_add(b, s);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

struct span reader_bytes(struct reader *r, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		return SPAN_NONE;
	}
	struct span s = span_cut(r->rest, 0, n);
	r->rest = span_skip(r->rest, n);
	return s;
}

#define READER_FIXED(name, type)                                                                   \
	type name(struct reader *r)                                                                \
	{                                                                                          \
		type v = 0;                                                                        \
		struct span s = reader_bytes(r, sizeof v);                                         \
		if (s.n)                                                                           \
			memcpy(&v, s.p, sizeof v);                                                 \
		return v;                                                                          \
	}
READER_FIXED(reader_u8, uint8_t)
READER_FIXED(reader_u16, uint16_t)
READER_FIXED(reader_u32, uint32_t)
READER_FIXED(reader_u64, uint64_t)

uint64_t reader_varint(struct reader *r)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = reader_u8(r);
		if (r->bad || (shift == 63 && c > 1))
			break;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

struct span reader_field(struct reader *r)
{
	uint64_t n = reader_varint(r);
	if (n > r->rest.n) {
		r->bad = true;
		return SPAN_NONE;
	}
	return reader_bytes(r, (size_t)n);
}
