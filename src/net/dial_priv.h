// SPDX-License-Identifier: Apache-2.0
// Starling: what a connection that we have made has more than others.
#ifndef NET_DIAL_PRIV_H
#define NET_DIAL_PRIV_H

#include "net/net_priv.h"

struct dialed {
	struct listener_info info; // as if a listener had brought it
	uint64_t timeout_ms;
	char fault[OP_TEXT_MAX]; // why it came to nothing
	char host[];
};

// Is the peer there? 1 yes, 0 not yet, RC_CLOSED: no.
int dial_connected(struct op *op, const struct conn *c);
// Notes why the connection fails; of a connection that a listener brought: nothing.
void dial_fault(struct conn *c, const char *text);

#endif
