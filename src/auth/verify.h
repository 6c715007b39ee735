// SPDX-License-Identifier: Apache-2.0
// Starling: checks a password of a user. A password that was right before is known again by its keyed hash (BLAKE2b under a random key in this
// process's memory, over user, stored hash and password), so that repeated log-ins cost microseconds; a changed stored hash forgets it.
// Hashing is bounded: as many at a time as there are processors. Any thread.
#ifndef AUTH_VERIFY_H
#define AUTH_VERIFY_H

#include "auth/users.h"

struct verifier;
int verifier_new(struct op *op, struct verifier **ret_verifier);
void verifier_free(struct verifier *v);
// The fast path alone: true if exactly this password was right before.
bool verifier_knows(struct verifier *v, const struct user *user, struct span password);
// The whole check; an absent user (name.n == 0) costs the same time and is false. Blocks for the hashing.
bool verifier_check(struct verifier *v, const struct user *user, struct span password);

#endif
