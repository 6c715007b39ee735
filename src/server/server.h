// SPDX-License-Identifier: Apache-2.0
// Starling: the server: the one place that wires it all up: listeners, privileges, the store, the auth process, the front ends, signals.
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/config.h"

// Serves until SIGTERM or SIGINT; SIGHUP reads the certificate again. Blocks. The calling process must have one thread. `program` is the path of
// the running program (for the auth process). Once it serves, DATA/run/ports has a line "PROTO ADDRESS:PORT" for each listener.
int server_run(struct op *op, const struct config *config, const char *program);

#endif
