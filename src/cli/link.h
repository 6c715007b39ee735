// SPDX-License-Identifier: Apache-2.0
// Starling: a command's way to the mail of a data folder: the admin socket of the server that runs there (server/admin.h); if none does, the command
// opens the volume and serves itself in a thread. The command sees the same either way.
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/cli.h"
#include "server/admin.h"
#include "server/frame.h"

#include <pthread.h>

struct link {
	int fd;
	struct store *store; // NULL: a server serves
	struct mail *mail;
	struct admin_what what; // then
	int served;             // the other end, when the command serves itself
	bool has_thread;
	pthread_t thread;
	atomic_bool cancel;
	struct buf in, out;
};
// `given_up`: also a volume that a final backup gave up.
int link_open(struct cli *c, struct link *l, bool given_up);
void link_close(struct link *l); // accepts zeroed with fd -1

// Sends a request.
int link_ask(struct op *op, struct link *l, const char *fmt, ...) printf_like(3, 4);
// The next frame of the answer: 0 for HEAD and DATA, LINK_END for END, the fault.
enum { LINK_END = 1 };
int link_next(struct op *op, struct link *l, struct frame *ret_frame);
// Reads the answer to its END, which *ret_words holds until the next call (ret_words may be NULL).
int link_answer(struct op *op, struct link *l, struct span *ret_words);
// The octets in hexadecimal, "." for none, "-" for absent, as requests want it; in op's arena.
const char *link_hex(struct op *op, struct span s);

#endif
