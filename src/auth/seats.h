// SPDX-License-Identifier: Apache-2.0
// Starling: how many sessions each user has, so that one user cannot take all there is. Any thread.
#ifndef AUTH_SEATS_H
#define AUTH_SEATS_H

#include "base/op.h"

struct seats;
int seats_new(struct op *op, struct seats **ret_seats);
void seats_free(struct seats *seats); // accepts NULL
// False when the user has `most` already, or there is no memory.
bool seats_take(struct seats *seats, struct span user, unsigned most);
void seats_give(struct seats *seats, struct span user);

#endif
