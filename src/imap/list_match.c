// SPDX-License-Identifier: Apache-2.0
#include "imap/list_match.h"

#define WORDS_MAX (LIST_PATTERN_MAX / 64 + 1)

static void bit_set(uint64_t *set, size_t i)
{
	set[i / 64] |= UINT64_C(1) << (i % 64);
}

// Octet i of the two joined.
static char octet(struct span a, struct span b, size_t i)
{
	return i < a.n ? a.p[i] : b.p[i - a.n];
}

static bool is_wild(char ch)
{
	return ch == '*' || ch == '%';
}

bool list_pattern_make(
	struct arena *a, struct span reference, struct span text, struct list_pattern *ret_pattern)
{
	size_t n = reference.n + text.n;
	if (n > LIST_PATTERN_MAX)
		return false;
	struct list_pattern p = { .literals = 0 };
	size_t rows = 1;
	uint8_t *index = arena_alloc(a, 256);
	if (!index)
		return false;
	for (size_t i = 0; i < n; i++) {
		char ch = octet(reference, text, i);
		if (is_wild(ch)) {
			p.wild = true;
			continue;
		}
		p.literals++;
		if (!index[(unsigned char)ch])
			index[(unsigned char)ch] = (uint8_t)rows++;
	}
	p.words = p.literals / 64 + 1;
	uint64_t *sets = arena_array(a, (rows + 2) * p.words, sizeof *sets);
	if (!sets)
		return false;
	uint64_t *any = sets + rows * p.words, *level = any + p.words;
	for (size_t i = 0, at = 0; i < n; i++) {
		char ch = octet(reference, text, i);
		if (is_wild(ch))
			bit_set(ch == '*' ? any : level, at);
		else
			bit_set(sets + index[(unsigned char)ch] * p.words, at++);
	}
	p.index = index;
	p.next = sets;
	p.any = any;
	p.level = level;
	p.parents = n > 0 && octet(reference, text, n - 1) == '%';
	*ret_pattern = p;
	return true;
}

bool list_pattern_match(const struct list_pattern *p, struct span name, size_t fold)
{
	uint64_t now[WORDS_MAX] = { 1 };
	for (size_t i = 0; i < name.n; i++) {
		unsigned char ch = (unsigned char)name.p[i];
		const uint64_t *next = p->next + p->index[ch] * p->words;
		const uint64_t *other =
			i < fold ? p->next + p->index[ascii_lower(ch)] * p->words : next;
		uint64_t carry = 0, alive = 0;
		for (size_t w = 0; w < p->words; w++) {
			uint64_t stay = now[w] & (p->any[w] | (ch == '/' ? 0 : p->level[w]));
			uint64_t step = now[w] & (next[w] | other[w]);
			now[w] = stay | step << 1 | carry;
			carry = step >> 63;
			alive |= now[w];
		}
		if (!alive)
			return false;
	}
	return now[p->literals / 64] >> (p->literals % 64) & 1;
}
