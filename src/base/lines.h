// SPDX-License-Identifier: Apache-2.0
// Starling: looking for line ends in many octets at a time. Message bodies are read for nothing else while they come in. No state, no
// allocation; each function reads every octet of s once at most.
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/span.h"

// The first LF in s[from..] that has no CR before it; s.n if there is none. after_cr: the octet before s is a CR.
size_t lines_lone_lf(struct span s, size_t from, bool after_cr);

// How many LFs there are.
uint64_t lines_count(struct span s);

// How many octets of s end just before the first line of s that begins with `c` behind an LF in s; s.n if there is none. The LFs among them
// are added to *lines. (What the line begins with in whose middle s begins, or that begins behind s, is for the caller to see.)
size_t lines_before(struct span s, char c, uint64_t *lines);

#endif
