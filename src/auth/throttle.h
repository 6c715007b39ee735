// SPDX-License-Identifier: Apache-2.0
// Starling: what failed log-ins cost: a delay that grows, then refusals without looking, per address (an IPv6 /64 is one),
// per network (an IPv4 /24, an IPv6 /48) and per user. Scores
// halve every five minutes. Whoever has logged in as this user from this address before is never locked out by failures from elsewhere or of others.
// The table has a fixed size; under a flood the highest scores stay. Any thread.
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/op.h"

struct throttle;
int throttle_new(struct op *op, struct throttle **ret_throttle);
void throttle_free(struct throttle *t);
// True: refuse without evaluating. `user` is the name that was tried, whether it exists or not (else delays would tell); empty: none.
bool throttle_blocks(struct throttle *t, struct span address, struct span user);
// Notes a failure; returns the delay of the answer in ms.
uint32_t throttle_failed(struct throttle *t, struct span address, struct span user);
// Whether this user has logged in from this address before.
bool throttle_knows(struct throttle *t, struct span address, struct span user);
void throttle_succeeded(struct throttle *t, struct span address, struct span user);

#endif
