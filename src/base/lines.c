// SPDX-License-Identifier: Apache-2.0
// With AVX2 (nearly every processor that mail is served on) 32 octets at once: the positions of one octet as a mask, beside the mask of the octets
// before or behind them. Without it, and for what is left at the end, memchr() from one LF to the next.
#include "base/lines.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static size_t next_lf(struct span s, size_t from)
{
	return from + span_find_char(span_skip(s, from), '\n');
}

static size_t lone_lf_plain(struct span s, size_t from, bool after_cr)
{
	for (size_t i = next_lf(s, from); i < s.n; i = next_lf(s, i + 1))
		if (i ? s.p[i - 1] != '\r' : !after_cr)
			return i;
	return s.n;
}

static size_t before_plain(struct span s, size_t from, char c, uint64_t *lines)
{
	for (size_t i = next_lf(s, from); i < s.n; i = next_lf(s, i + 1)) {
		++*lines;
		if (i + 1 < s.n && s.p[i + 1] == c)
			return i + 1;
	}
	return s.n;
}

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,popcnt")))
#define WIDE 32u

static bool is_wide(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

// Bit i: p[i] == c.
AVX2 static inline uint32_t mask_of(const char *p, char c)
{
	__m256i v = _mm256_loadu_si256((const void *)p);
	return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(c)));
}

AVX2 static size_t lone_lf_wide(struct span s, size_t from, bool after_cr)
{
	size_t i = from;
	if (i == 0 && s.n) { // before it there is nothing to look at
		if (s.p[0] == '\n' && !after_cr)
			return 0;
		i = 1;
	}
	for (; i + WIDE <= s.n; i += WIDE) {
		uint32_t lone = mask_of(s.p + i, '\n') & ~mask_of(s.p + i - 1, '\r');
		if (lone)
			return i + (unsigned)__builtin_ctz(lone);
	}
	return lone_lf_plain(s, i, after_cr);
}

AVX2 static size_t before_wide(struct span s, char c, uint64_t *lines)
{
	size_t i = 0;
	for (; i + WIDE + 1 <= s.n; i += WIDE) {
		uint32_t ends = mask_of(s.p + i, '\n');
		uint32_t found = ends & mask_of(s.p + i + 1, c);
		if (found) { // all ends up to the first one that was found
			*lines += (unsigned)_mm_popcnt_u32(ends & (found ^ (found - 1)));
			return i + (unsigned)__builtin_ctz(found) + 1;
		}
		*lines += (unsigned)_mm_popcnt_u32(ends);
	}
	return before_plain(s, i, c, lines);
}

AVX2 static uint64_t count_wide(struct span s, size_t *ret_at)
{
	uint64_t n = 0;
	size_t i = 0;
	for (; i + WIDE <= s.n; i += WIDE)
		n += (unsigned)_mm_popcnt_u32(mask_of(s.p + i, '\n'));
	*ret_at = i;
	return n;
}

#endif

size_t lines_lone_lf(struct span s, size_t from, bool after_cr)
{
#if defined(__x86_64__)
	if (is_wide())
		return lone_lf_wide(s, from, after_cr);
#endif
	return lone_lf_plain(s, from, after_cr);
}

uint64_t lines_count(struct span s)
{
	uint64_t n = 0;
	size_t at = 0;
#if defined(__x86_64__)
	if (is_wide())
		n = count_wide(s, &at);
#endif
	for (; at < s.n; at++)
		n += s.p[at] == '\n';
	return n;
}

size_t lines_before(struct span s, char c, uint64_t *lines)
{
#if defined(__x86_64__)
	if (is_wide())
		return before_wide(s, c, lines);
#endif
	return before_plain(s, 0, c, lines);
}
