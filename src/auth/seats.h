// SPDX-License-Identifier: Apache-2.0
// Starling: how many sessions each user has, and how much memory they hold together, so that one user cannot take all there is. Any thread.
#ifndef AUTH_SEATS_H
#define AUTH_SEATS_H

#include "base/op.h"

struct budget;
struct seats;
// A user's sessions hold at most `each` octets (0: no bound) within the budget of all, to which a reference is taken (NULL: none).
int seats_new(struct op *op, struct budget *all, size_t each, struct seats **ret_seats);
void seats_free(struct seats *seats); // accepts NULL
// False when the user has `most` already, or there is no memory. *ret_memory: the user's budget, for as long as the seat is kept.
bool seats_take(struct seats *seats, struct span user, unsigned most, struct budget **ret_memory);
void seats_give(struct seats *seats, struct span user);

#endif
