// SPDX-License-Identifier: Apache-2.0
// Starling: what the auth process has said of recipients just now. Whose mail an address is, is asked for each recipient of each message; most are asked
// for again at once, and each time costs a message to another process and back. What it found is believed for AUTH_FOUND_MS: so long mail is
// still taken for a user who was removed. What it did not find is asked again. Any thread.
#ifndef AUTH_FOUND_H
#define AUTH_FOUND_H

#include "base/op.h"

struct found;
int found_new(struct op *op, struct found **ret_found);
void found_free(struct found *f); // accepts NULL

// The answer to this request (its octets), if it is known at `now` (clock_mono()). *ret_user lives in op's arena.
bool found_get(struct op *op, struct found *f, uint64_t now, struct span request,
	struct span *ret_user, size_t *ret_which);
// Keeps it: AUTH_FOUND_KEPT of them, requests of up to AUTH_FOUND_OCTETS. Without memory nothing is kept.
void found_put(struct found *f, uint64_t now, struct span request, struct span user, size_t which);

#endif
