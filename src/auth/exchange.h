// SPDX-License-Identifier: Apache-2.0
// Starling: log-ins inside the auth process: SASL exchanges over GNU SASL and plain checks, with the fast path of repeated log-ins and throttling.
// Any thread; one exchange is stepped by one thread at a time (it is taken out of the table meanwhile).
#ifndef AUTH_EXCHANGE_H
#define AUTH_EXCHANGE_H

#include "auth/auth.h"
#include "auth/users.h"

struct desk; // everything that the worker's threads share

int desk_new(struct op *op, struct users *users, const char *dir, struct desk **ret_desk);
void desk_free(struct desk *d);

struct desk_reply {
	int rc;                // 0, AUTH_MORE, AUTH_BUSY, RC_
	uint64_t exchange;     // AUTH_MORE, AUTH_BUSY: its number
	struct span challenge; // in op's arena
	struct span user;      // 0: who it is; a refusal: the name that was tried, if it can be one
	uint32_t delay_ms;
	bool throttled; // refused whatever the proof
};
void desk_begin(struct op *op, struct desk *d, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct desk_reply *ret_reply);
void desk_step(struct op *op, struct desk *d, uint64_t exchange, struct span response,
	struct desk_reply *ret_reply);
// After AUTH_BUSY, when its delay is over.
void desk_retry(struct op *op, struct desk *d, uint64_t exchange, struct desk_reply *ret_reply);
void desk_cancel(struct desk *d, uint64_t exchange);
void desk_login(struct op *op, struct desk *d, const struct auth_peer *peer, struct span user,
	struct span password, struct desk_reply *ret_reply);
// The first name that is a user's; its index in ret_reply->exchange.
void desk_find(struct op *op, struct desk *d, const struct span *names, size_t n,
	struct desk_reply *ret_reply);

// What log-ins have cost so far; tests compare that of users who exist with that of others.
struct desk_work {
	_Atomic uint64_t lookups, proofs; // of names; of passwords that may be known already
	uint64_t hashes;                  // slow ones
};
struct desk_work desk_work(struct desk *d);

#endif
