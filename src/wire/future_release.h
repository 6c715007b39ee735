// SPDX-License-Identifier: Apache-2.0
// Starling: the values of FUTURERELEASE (RFC 4865 section 3): how long mail may be held, how long it is to be. Pure.
#ifndef WIRE_FUTURE_RELEASE_H
#define WIRE_FUTURE_RELEASE_H

#include "base/span.h"

struct future_release {   // what is offered at most
	uint64_t seconds; // max-future-release-interval; 0: nothing is
	int64_t until;    // max-future-release-date-time, seconds since 1970
};
// future-release-integer: 1 to 999999999 seconds.
bool future_seconds_parse(struct span text, uint64_t *ret_seconds);
// A date-time of RFC 3339 section 5.6 in UTC ("Z"); *ret_time: seconds since 1970, fractions cut off.
bool future_time_parse(struct span text, int64_t *ret_time);
// What is behind the keyword in EHLO's reply.
bool future_offer_parse(struct span text, struct future_release *ret_offer);
// "FUTURERELEASE 86400 2024-01-01T00:00:00Z".
#define FUTURE_OFFER_SIZE 64u
void future_offer_print(char to[FUTURE_OFFER_SIZE], const struct future_release *offer);

#endif
