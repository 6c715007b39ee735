// SPDX-License-Identifier: Apache-2.0
// Starling: a helper process as the server sees it: a pool of SOCK_SEQPACKET pairs, one request and one answer at a time on each. A caller that finds
// none free waits for one. When a socket breaks or no answer comes in time the helper is taken for dead: all its sockets are dropped, and the
// next request has the spawner start another, at most one a second.
#ifndef RUN_HELPER_H
#define RUN_HELPER_H

#include "base/buf.h"
#include "base/op.h"

struct helper;
struct spawner;
struct helper_config {
	struct spawner *spawner;
	unsigned which;   // its number there
	unsigned sockets; // concurrent requests; the helper has one thread for each
	unsigned block;   // enum crew_block: the budget that waiting counts to
	unsigned answer_seconds;
	size_t message_max;      // octets of a request or an answer
	const char *name;        // "auth process", for the log; lives as long as the helper
	const char *unavailable; // text of RC_UNAVAILABLE
};
// Starts the helper.
int helper_open(struct op *op, const struct helper_config *config, struct helper **ret_helper);
void helper_close(struct helper *h); // it ends by itself then; accepts NULL

// Sends the request, wipes and frees it, and waits for the answer (blocks: the kind of the configuration). *ret_answer lives in op's arena;
// *ret_generation counts the helpers that were started. RC_UNAVAILABLE, RC_TOOBIG, RC_NOMEM.
int helper_ask(struct op *op, struct helper *h, struct buf *request, struct span *ret_answer,
	uint64_t *ret_generation);

#endif
