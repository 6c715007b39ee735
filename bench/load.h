// SPDX-License-Identifier: Apache-2.0
// load: what the parts of the load generator share. A work kind is a row of `works` (works.c): `open` brings a thread's
// connection to where the work begins, `step` does it once and says how long that took and what was done, `close` ends it.
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "client.h"

#include <stdatomic.h>

struct message {
	char *data;
	size_t size;
};

struct options {
	struct target to;
	const char *work, *password, *mailbox, *command, *corpus;
	const char *prefix; // user names are PREFIX and a number
	unsigned first_user, users, threads;
	double seconds, warm;
	uint64_t
		count; // 0: as many as the time allows; otherwise so many steps, however long they take
	uint64_t messages; // in the mailbox; 0: as many as EXISTS says
	uint64_t
		batch; // messages of one APPEND of append-many and append-thread; RETR sent at once
	uint64_t recipients;           // of one message of lmtp
	size_t synthetic;              // bytes of made messages, when there is no corpus
	const char *certificate, *key; // of the echo
	const char *file;              // where the echo of LMTP writes
	bool unchecked;                // the server is the echo
};

// The whole run.
struct load {
	struct options options;
	struct message *corpus;
	size_t corpus_count;
	_Atomic uint64_t taken; // steps begun, all threads
	uint64_t begin, stop;   // of the measured time
};

struct worker {
	struct load *load;
	unsigned index;
	struct client c, other; // other: the second session of works with two
	uint64_t exists, turn, random;
	uint64_t validity, modseq; // of the selected mailbox
	char *made;                // room of works that make their messages
	size_t made_room;
	uint64_t steps;  // begun, with --count
	uint64_t number; // of this step, among those of all threads
	// What was measured.
	uint64_t *samples;
	size_t sample_count, sample_room;
	uint64_t ops, bytes, ended;
	char trouble[600];
};

// What one step did.
struct done {
	uint64_t ns, ops;
};

struct work {
	const char *name;
	int (*open)(struct worker *w);
	int (*step)(struct worker *w, struct done *ret_done); // -1: w->trouble
	bool needs_command;
};

// mail_works.c
int open_lmtp(struct worker *w);
int step_lmtp(struct worker *w, struct done *done);
int open_pop3(struct worker *w);
int step_pop3(struct worker *w, struct done *done);
// The message with its dots stuffed, and the end of the data; `to` has room for twice its size.
size_t stuff_data(char *to, const struct message *m);

extern const struct work works[];
extern const size_t works_count;

uint64_t now_ns(void);
uint64_t random_next(struct worker *w);
int corpus_load(struct load *load);

// Prints its ports (plain, TLS and, with a corpus and a file, POP3 and LMTP; 0: none), serves until killed.
int echo_run(const struct load *load);
bool echo_mail_start(
	const struct load *load, unsigned ret_ports[2]); // POP3, LMTP; reads the load for ever
int hold_run(const struct options *o);                   // see hold.c

#endif
