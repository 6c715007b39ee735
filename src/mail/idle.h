// SPDX-License-Identifier: Apache-2.0
// Starling: the accounts in memory that nobody has open, in the order in which they were let go of. They stay, so that the next log-in or delivery
// does not read them anew, while they are few enough and small enough: ACCOUNTS_IDLE_MAX, ACCOUNTS_IDLE_OCTETS. Guarded by mail.lock.
#ifndef MAIL_IDLE_H
#define MAIL_IDLE_H

#include <stdint.h>

struct account;
struct idle {
	struct account *oldest, *newest;
	uint32_t count;
	uint64_t octets; // about: what they take
};
// What an account keeps while it is idle, for struct account.
struct idle_link {
	struct account *older, *newer;
	uint64_t octets;
};

// Its last holder let go of it.
void idle_add(struct idle *idle, struct account *a);
// Somebody takes it again, or it is given up.
void idle_remove(struct idle *idle, struct account *a);
// The one to give up next, while there are too many or they are too large; it is not removed. NULL: none.
struct account *idle_excess(const struct idle *idle);

#endif
