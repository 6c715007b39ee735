// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of a helper process: a thread for each socket, one request and one answer at a time (run/helper.h is the other side).
#ifndef RUN_HELPER_SERVE_H
#define RUN_HELPER_SERVE_H

#include "base/buf.h"
#include "base/op.h"

struct helper_service {
	size_t message_max; // octets of a request; the threads' op arenas grow to four times that
	// Answers one request; called in any of the threads. The request is wiped afterwards, `op` reset.
	void (*serve)(void *ctx, struct op *op, struct span request, struct buf *ret_answer);
	void *ctx;
};
// Serves the sockets, descriptors SPAWNER_FIRST_FD and up, until the other ends are closed. Returns the process's exit status.
int helper_serve(const struct helper_service *service, unsigned sockets);

#endif
