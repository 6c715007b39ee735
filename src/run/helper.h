// SPDX-License-Identifier: Apache-2.0
// Starling: a helper process as the server sees it: SOCK_SEQPACKET pairs, one request and one answer at a time on each. Who asks may wait for the
// answer with his thread (helper_ask) or without one (helper_begin): each of the two has sockets of its own. A caller that finds
// none free waits for one. When a socket breaks or no answer comes in time the helper is taken for dead: all its sockets are dropped, and
// who asks next, or waits in line, has the spawner start another, but not one upon the other.
#ifndef RUN_HELPER_H
#define RUN_HELPER_H

#include "base/buf.h"
#include "base/op.h"

struct crew;
struct helper;
struct spawner;
struct helper_config {
	struct spawner *spawner;
	unsigned which;   // its number there
	unsigned sockets; // requests at a time of those who wait with their thread
	unsigned
		parked; // and of those who wait without one; the helper has a thread for each of both
	unsigned block; // enum crew_block: the budget that waiting counts to
	unsigned answer_seconds;
	unsigned restart_ms;     // least time from one start to the next
	size_t message_max;      // octets of a request or an answer
	const char *name;        // "auth process", for the log; lives as long as the helper
	const char *unavailable; // text of RC_UNAVAILABLE
};
// Starts the helper.
int helper_open(struct op *op, const struct helper_config *config, struct helper **ret_helper);
// It ends by itself then. After the crew that it was attached to has ended (crew_run() returned, or crew_free()). Accepts NULL.
void helper_close(struct helper *h);

// Sends the request, wipes and frees it, and waits for the answer (blocks: the kind of the configuration). *ret_answer lives in op's arena;
// *ret_generation counts the helpers that were started. RC_UNAVAILABLE, RC_TOOBIG, RC_NOMEM.
int helper_ask(struct op *op, struct helper *h, struct buf *request, struct span *ret_answer,
	uint64_t *ret_generation);

// --- without a thread ---

// From now on the crew's threads read the answers of the calls below. Once, before crew_run(). RC_NOMEM, RC_IO.
int helper_attach(struct op *op, struct helper *h, struct crew *crew);

struct helper_call; // a request under way
enum { HELPER_WAIT = 1 };
// Sends the request or puts it in line; wipes and frees it in the end. `answered` is called once, in any thread, when helper_take() has something to
// give; it may wake a task, and call nothing of here. Never blocks. RC_UNAVAILABLE, RC_TOOBIG, RC_NOMEM: nothing is under way.
int helper_begin(struct op *op, struct helper *h, struct buf *request, void (*answered)(void *ctx),
	void *ctx, struct helper_call **ret_call);
// HELPER_WAIT: not yet. Else the call is over, and freed: as helper_ask(). Within thrice the time of an answer there is an outcome.
int helper_take(
	struct op *op, struct helper_call *call, struct span *ret_answer, uint64_t *ret_generation);
// Nobody waits any more: `answered` is not called from now on. Accepts NULL.
void helper_forget(struct helper_call *call);
// As helper_forget(), of a request that may leave something behind in the helper: `then` makes of its answer, if there is one, what the helper is told (as by
// helper_tell()); or false: nothing. Called in any thread; it calls nothing of here.
void helper_leave(
	struct helper_call *call, bool (*then)(struct span answer, struct buf *ret_request));
// As helper_begin(), for what nobody waits for: best effort.
void helper_tell(struct helper *h, struct buf *request);

#endif
