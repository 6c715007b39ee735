// SPDX-License-Identifier: Apache-2.0
// Starling: checks a password of a user. A password that was right before is known again by its keyed hash (BLAKE2b under a random key in this
// process's memory, over user, stored hash and password), so that repeated log-ins cost microseconds; a changed stored hash forgets it.
// Hashing is done by threads of its own, as many as there are processors, below all other work: a flood of log-ins takes no processor from
// those who are in. Only so many callers may wait for them; the others are told to come again, and hold no thread meanwhile. Any thread.
#ifndef AUTH_VERIFY_H
#define AUTH_VERIFY_H

#include "auth/users.h"

struct verifier;
int verifier_new(struct op *op, struct verifier **ret_verifier);
void verifier_free(struct verifier *v);
// The fast path alone: true if exactly this password was right before. As much work for an absent user (name.n == 0).
bool verifier_knows(struct verifier *v, const struct user *user, struct span password);
enum verified { VERIFY_WRONG, VERIFY_RIGHT, VERIFY_BUSY };
// The slow path; an absent user costs the same and is wrong. Blocks for the hashing. Friends (throttle.h) come before strangers and have places of
// their own in the line. VERIFY_BUSY: the line is full.
enum verified verifier_check(
	struct verifier *v, const struct user *user, struct span password, bool is_friend);
struct verifier_load {
	uint64_t hashes;  // slow ones so far
	unsigned waiting; // callers of verifier_check(), those whose hashing is under way included
};
struct verifier_load verifier_load(struct verifier *v);

#endif
