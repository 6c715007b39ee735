// SPDX-License-Identifier: Apache-2.0
// LIST patterns against the definition of "*" and "%": by backtracking where that ends, and by a table of all beginnings of pattern and
// name where it would not. Input: an octet that says where the pattern is cut into reference and pattern, one that says how much of the name
// is INBOX in any case, the name, a line end, the pattern.
#include "base/arena.h"
#include "base/must.h"
#include "imap/list_match.h"
#include "imap/list_match_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS 2000u
#define NAME_MOST 1024u

static bool is_wild(char c)
{
	return c == '*' || c == '%';
}

// Whether octet j of the name may stand for octet i of the pattern.
static bool takes(struct span p, size_t i, struct span s, size_t j, size_t fold)
{
	if (is_wild(p.p[i]))
		return p.p[i] == '*' || s.p[j] != '/';
	return p.p[i] == s.p[j] || (j < fold && p.p[i] == (char)ascii_lower((unsigned char)s.p[j]));
}

// Row i, column j: the first i octets of the pattern match the first j of the name.
static bool matches_by_table(struct span p, struct span s, size_t fold)
{
	static bool rows[2][NAME_MOST + 1];
	bool *now = rows[0], *next = rows[1];
	memset(rows, 0, sizeof rows);
	now[0] = true;
	for (size_t i = 0; i < p.n; i++) {
		bool wild = is_wild(p.p[i]), *swap = now;
		next[0] = wild && now[0];
		for (size_t j = 1; j <= s.n; j++)
			next[j] = (wild && now[j]) ||
				(takes(p, i, s, j - 1, fold) && (wild ? next : now)[j - 1]);
		now = next;
		next = swap;
	}
	return now[s.n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span name, text;
	struct arena arena;
	struct list_pattern p = { .literals = 0 };
	if (size < 2)
		return 0;
	text = span_split(span_of(data + 2, size - 2), '\n', &name);
	size_t cut = data[0] < text.n ? data[0] : text.n, fold = data[1] % 8;
	if (name.n > NAME_MOST)
		return 0;
	arena_init(&arena, 0);
	bool made = list_pattern_make(&arena, span_cut(text, 0, cut), span_skip(text, cut), &p);
	must(made == (text.n <= LIST_PATTERN_MAX));
	if (made) {
		size_t wild = 0, steps = STEPS;
		for (size_t i = 0; i < text.n; i++)
			wild += is_wild(text.p[i]);
		must(p.literals == text.n - wild && p.wild == (wild > 0));
		must(p.parents == (text.n > 0 && text.p[text.n - 1] == '%'));
		must(p.words <= LIST_PATTERN_MAX / 64 + 1); // what an octet of the name costs
		bool matches = list_pattern_match(&p, name, fold);
		must(matches == matches_by_table(text, name, fold));
		enum plainly plainly = list_matches_plainly(text, name, fold, &steps);
		must(plainly == PLAINLY_TIRED || matches == (plainly == PLAINLY_YES));
	}
	arena_done(&arena);
	return 0;
}
