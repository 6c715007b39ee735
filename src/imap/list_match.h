// SPDX-License-Identifier: Apache-2.0
// Starling: LIST patterns (RFC 9051 section 6.3.9): `*` matches any octets, `%` any but "/". A pattern is compiled into an automaton with one
// bit for each of its literal octets, so that matching costs the length of the name times the pattern's words of 64 octets, whatever the
// pattern: no back-tracking.
#ifndef IMAP_LIST_MATCH_H
#define IMAP_LIST_MATCH_H

#include "base/arena.h"
#include "base/limits.h"

struct list_pattern {
	size_t words; // of each set of states; state i: the first i literals have matched
	size_t literals;
	const uint8_t
		*index; // [256]: which row of `next` an octet has; 0: an octet that is no literal
	const uint64_t *next;  // rows of `words`: bit i: literal i is this octet
	const uint64_t *any;   // bit i: `*` stands before literal i (or at the end)
	const uint64_t *level; // bit i: `%` stands there
	bool parents;          // ends with `%`: levels of hierarchy are listed, too
	bool wild;             // has a wildcard
};

// Compiles reference and pattern joined. False: too long or out of memory; such a pattern matches nothing.
bool list_pattern_make(
	struct arena *a, struct span reference, struct span text, struct list_pattern *ret_pattern);
// A-Z is folded in the first `fold` octets of the name, for INBOX.
bool list_pattern_match(const struct list_pattern *p, struct span name, size_t fold);

#endif
