// SPDX-License-Identifier: Apache-2.0
// Starling: how many sessions each user has on each front end, and how much memory all of them hold together, so that one user cannot take all there
// is. One for all front ends; reference-counted. Any thread.
#ifndef AUTH_SEATS_H
#define AUTH_SEATS_H

#include "base/op.h"

struct budget;
struct purse;
struct seats;
enum seat_kind { SEAT_IMAP, SEAT_POP3, SEAT_SUBMISSION, SEAT_KINDS };

// A user's sessions hold at most `each` octets (0: no bound) within the budget of all, to which a reference is taken (NULL: none).
int seats_new(struct op *op, struct budget *all, size_t each, struct seats **ret_seats);
// What a front end keeps of its configuration: a reference to `seats`, or, where that is NULL, seats of its own without bounds of memory.
int seats_share(struct op *op, struct seats *seats, struct seats **ret_seats);
void seats_unref(struct seats *seats); // accepts NULL
// False when the user has `most` of this kind already, or there is no memory. *ret_memory, *ret_purse: the user's, for as long as the seat is kept.
bool seats_take(struct seats *seats, enum seat_kind kind, struct span user, unsigned most,
	struct budget **ret_memory, struct purse **ret_purse);
void seats_give(struct seats *seats, enum seat_kind kind, struct span user);

#endif
