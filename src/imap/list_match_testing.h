// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of LIST patterns: what RFC 9051 section 6.3.9 says of "*" and "%", as slow as it is plain.
#ifndef IMAP_LIST_MATCH_TESTING_H
#define IMAP_LIST_MATCH_TESTING_H

#include "base/span.h"

enum plainly { PLAINLY_NO, PLAINLY_YES, PLAINLY_TIRED };

// Whether pattern p matches s, whose first `fold` octets are INBOX in any case (pattern "b" matches "B"). Backtracks, so
// takes exponential time: gives up (PLAINLY_TIRED) after *steps of them. Recurses as deep as p and s are long.
static inline enum plainly list_matches_plainly(
	struct span p, struct span s, size_t fold, size_t *steps)
{
	if (*steps == 0)
		return PLAINLY_TIRED;
	--*steps;
	if (p.n == 0)
		return s.n == 0 ? PLAINLY_YES : PLAINLY_NO;
	size_t fold_behind = fold ? fold - 1 : 0;
	if (p.p[0] == '*' || p.p[0] == '%') {
		enum plainly none = list_matches_plainly(span_skip(p, 1), s, fold, steps);
		if (none != PLAINLY_NO || s.n == 0 || (p.p[0] == '%' && s.p[0] == '/'))
			return none;
		return list_matches_plainly(p, span_skip(s, 1), fold_behind, steps);
	}
	if (s.n == 0 ||
		(p.p[0] != s.p[0] && !(fold && p.p[0] == (char)ascii_lower((unsigned char)s.p[0]))))
		return PLAINLY_NO;
	return list_matches_plainly(span_skip(p, 1), span_skip(s, 1), fold_behind, steps);
}

#endif
