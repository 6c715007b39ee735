// SPDX-License-Identifier: Apache-2.0
// Starling: how many connections there are, in all and by address (net/peer.h says what counts as one address).
// Thread-safe; its lock is a leaf.
#ifndef NET_CENSUS_H
#define NET_CENSUS_H

#include "net/peer.h"

struct census;

struct census *census_new(
	unsigned most, unsigned most_per_address); // 0: no limit. NULL: out of memory
void census_free(struct census *s);
// Counts one more connection in all; false: over the limit.
bool census_enter(struct census *s);
void census_leave(struct census *s);
// Counts one more for the address; false: over the limit. Each true is given back once.
bool census_enter_address(struct census *s, const struct peer *p);
void census_leave_address(struct census *s, const struct peer *p);
unsigned census_count(const struct census *s);

#endif
