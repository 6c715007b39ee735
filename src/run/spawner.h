// SPDX-License-Identifier: Apache-2.0
// Starling: the spawner: a small process that starts the server's helper processes (auth, TLS keys), again when they have died. A process in a sandbox can
// start none itself: the helper would inherit it, without its own files. So the spawner is started before, does nothing else, and is asked over a
// socket. What may be started is fixed when it starts: the asker says only which helper, and hands over its sockets.
//
// Helpers are the program itself with other words, started anew rather than forked, so that each has its own address layout. Their sockets are
// descriptors 3 and up. They end when the other ends are closed; the spawner when the server does.
#ifndef RUN_SPAWNER_H
#define RUN_SPAWNER_H

#include "base/op.h"

#define SPAWNER_COMMAND "spawner" // the program's word for it; not for people
#define SPAWNER_SOCKETS_MAX 250u  // of one helper: the kernel passes no more at once (SCM_MAX_FD)
#define SPAWNER_HELPERS_MAX 4u
#define SPAWNER_FIRST_FD 3

struct spawner;
struct spawner_config {
	const char *program; // path of the `starling` program
	bool sandbox;        // the spawner restricts itself
	const char *const *words
		[SPAWNER_HELPERS_MAX]; // of each helper, behind the program's name; NULL ends each
	size_t count;
};

// Starts the spawner. Before sandbox_files().
int spawner_open(struct op *op, const struct spawner_config *config, struct spawner **ret_spawner);
// Starts helper number `which`, after ending the one that there may be. Its ends of the sockets stay the caller's to close.
// Blocks for about as long as a program takes to start. RC_UNAVAILABLE. One thread at a time.
int spawner_start(struct op *op, struct spawner *k, unsigned which, const int *sockets, size_t n);
// Ends the spawner, which waits a moment for helpers to end by themselves. Accepts NULL.
void spawner_close(struct spawner *k);

// The whole process: `spawner SANDBOX [-- WORDS...]...`; returns its exit status.
int spawner_main(int argc, char **argv);

#endif
