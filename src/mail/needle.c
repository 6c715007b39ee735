// SPDX-License-Identifier: Apache-2.0
// The scan compares two octets of the needle with 32 (16) positions of the text at once; where both fit, the whole is compared, again
// 32 octets at a time. The two octets are the rarest of the needle by a table of English mail, so that few positions fit.
// A letter is compared as (h | 0x20) == small letter, which is true of its two cases and of nothing else.
#include "mail/needle.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// From frequent to rare; what is not in it is rarer still.
static const char frequent[] = " etaonisrhldcmupfgwybv.-0123456789,/:=\n\r\"'<>()k_;@jxqz";

static size_t rarity(unsigned char c)
{
	const char *at = c ? strchr(frequent, c) : NULL;
	return at ? (size_t)(at - frequent) : sizeof frequent;
}

static bool is_letter(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int make(
	struct op *op, struct arena *a, struct span folded, bool exact, struct needle *ret_needle)
{
	struct needle n = { .n = folded.n };
	unsigned char *value = arena_alloc(a, folded.n + 1);
	unsigned char *mask = arena_alloc(a, folded.n + 1);
	if (!value || !mask)
		return op_fail(op, RC_NOMEM, "out of memory for a search string");
	size_t best = 0, next = 0; // rarest first
	for (size_t i = 0; i < folded.n; i++) {
		unsigned char c = (unsigned char)folded.p[i];
		mask[i] = is_letter(c) && !exact ? 0x20 : 0;
		value[i] = c | mask[i];
		if (i == 0)
			continue;
		if (rarity(value[i]) >= rarity(value[best])) {
			next = best;
			best = i;
		} else if (next == best || rarity(value[i]) >= rarity(value[next])) {
			next = i;
		}
	}
	n.value = value;
	n.mask = mask;
	n.first = best < next ? best : next;
	n.second = best < next ? next : best;
	*ret_needle = n;
	return 0;
}

int needle_make(struct op *op, struct arena *a, struct span folded, struct needle *ret_needle)
{
	return make(op, a, folded, false, ret_needle);
}

int needle_make_exact(struct op *op, struct arena *a, struct span text, struct needle *ret_needle)
{
	return make(op, a, text, true, ret_needle);
}

static bool matches_plain(const struct needle *n, const unsigned char *p, size_t from)
{
	for (size_t i = from; i < n->n; i++)
		if ((p[i] | n->mask[i]) != n->value[i])
			return false;
	return true;
}

// Positions from <= i of text, one by one.
static size_t find_plain(const struct needle *n, struct span text, size_t from)
{
	const unsigned char *p = (const unsigned char *)text.p;
	unsigned char a = n->value[n->first], am = n->mask[n->first];
	for (size_t i = from; i + n->n <= text.n; i++)
		if ((p[i + n->first] | am) == a && matches_plain(n, p + i, 0))
			return i;
	return SIZE_MAX;
}

#if defined(__x86_64__)

static __m128i load16(const void *p)
{
	return _mm_loadu_si128(p);
}

static bool matches_16(const struct needle *n, const unsigned char *p)
{
	size_t i = 0;
	for (; i + 16 <= n->n; i += 16) {
		__m128i h = _mm_or_si128(load16(p + i), load16(n->mask + i));
		if (_mm_movemask_epi8(_mm_cmpeq_epi8(h, load16(n->value + i))) != 0xffff)
			return false;
	}
	return matches_plain(n, p, i);
}

static size_t find_16(const struct needle *n, struct span text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	const __m128i a = _mm_set1_epi8((char)n->value[n->first]);
	const __m128i am = _mm_set1_epi8((char)n->mask[n->first]);
	const __m128i b = _mm_set1_epi8((char)n->value[n->second]);
	const __m128i bm = _mm_set1_epi8((char)n->mask[n->second]);
	size_t i = 0;
	for (; i + n->n + 15 <= text.n; i += 16) {
		__m128i x = _mm_or_si128(load16(p + i + n->first), am);
		__m128i y = _mm_or_si128(load16(p + i + n->second), bm);
		__m128i both = _mm_and_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(y, b));
		unsigned hits = (unsigned)_mm_movemask_epi8(both);
		for (; hits; hits &= hits - 1) {
			size_t at = i + (unsigned)__builtin_ctz(hits);
			if (matches_16(n, p + at))
				return at;
		}
	}
	return find_plain(n, text, i);
}

#define AVX2 __attribute__((target("avx2")))

AVX2 static __m256i load32(const void *p)
{
	return _mm256_loadu_si256(p);
}

AVX2 static bool matches_32(const struct needle *n, const unsigned char *p)
{
	size_t i = 0;
	for (; i + 32 <= n->n; i += 32) {
		__m256i h = _mm256_or_si256(load32(p + i), load32(n->mask + i));
		if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(h, load32(n->value + i))) != -1)
			return false;
	}
	return matches_plain(n, p, i);
}

AVX2 static size_t find_32(const struct needle *n, struct span text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	const __m256i a = _mm256_set1_epi8((char)n->value[n->first]);
	const __m256i am = _mm256_set1_epi8((char)n->mask[n->first]);
	const __m256i b = _mm256_set1_epi8((char)n->value[n->second]);
	const __m256i bm = _mm256_set1_epi8((char)n->mask[n->second]);
	size_t i = 0;
	for (; i + n->n + 31 <= text.n; i += 32) {
		__m256i x = _mm256_or_si256(load32(p + i + n->first), am);
		__m256i y = _mm256_or_si256(load32(p + i + n->second), bm);
		__m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(x, a), _mm256_cmpeq_epi8(y, b));
		unsigned hits = (unsigned)_mm256_movemask_epi8(both);
		for (; hits; hits &= hits - 1) {
			size_t at = i + (unsigned)__builtin_ctz(hits);
			if (matches_32(n, p + at))
				return at;
		}
	}
	size_t rest = find_16(n, span_skip(text, i));
	return rest == SIZE_MAX ? rest : i + rest;
}
#endif

size_t needle_find(const struct needle *n, struct span text)
{
	if (n->n == 0)
		return 0;
	if (n->n > text.n)
		return SIZE_MAX;
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx2") ? find_32(n, text) : find_16(n, text);
#else
	return find_plain(n, text, 0);
#endif
}

int needle_stream_make(
	struct op *op, struct arena *a, const struct needle *n, struct needle_stream *ret_stream)
{
	char *carry = arena_bytes(a, 2 * n->n + 1);
	if (!carry)
		return op_fail(op, RC_NOMEM, "out of memory for a search string");
	*ret_stream = (struct needle_stream){ n, carry, 0, n->n == 0 };
	return 0;
}

void needle_stream_cut(struct needle_stream *s)
{
	s->carried = 0;
}

void needle_stream_feed(struct needle_stream *s, struct span piece)
{
	size_t keep = s->needle->n ? s->needle->n - 1
				   : 0; // octets that may belong to a match over a border
	if (s->found || piece.n == 0)
		return;
	if (s->carried > 0) {
		size_t head = piece.n < keep ? piece.n : keep;
		memcpy(s->carry + s->carried, piece.p, head);
		if (needle_find(s->needle, span_of(s->carry, s->carried + head)) != SIZE_MAX) {
			s->found = true;
			return;
		}
		if (piece.n < keep) { // the carry and all of this piece, cut to `keep`
			size_t all = s->carried + head;
			size_t drop = all > keep ? all - keep : 0;
			memmove(s->carry, s->carry + drop, all - drop);
			s->carried = all - drop;
			return;
		}
	}
	if (needle_find(s->needle, piece) != SIZE_MAX) {
		s->found = true;
		return;
	}
	s->carried = piece.n < keep ? piece.n : keep;
	memcpy(s->carry, piece.p + piece.n - s->carried, s->carried);
}
