// SPDX-License-Identifier: Apache-2.0
// Starling: turns at something that only so many may do at a time, and a line of those who wait for theirs without a thread. For what holds
// a thread while it is done: so it holds no more of them. Thread-safe.
#ifndef RUN_TURNS_H
#define RUN_TURNS_H

#include "base/attr.h"

#include <stdbool.h>

struct turns;
struct turn {                     // who wants one; zeroed: he does not
	struct turn *prev, *next; // in line
	bool has, waits;
	void (*called)(void *ctx);
	void *ctx;
};

struct turns *turns_new(unsigned count); // NULL: out of memory
void turns_free(struct turns *turns);    // nobody has or wants one; accepts NULL
// True: he has his turn, from before or from now on. False: he is in line; `called` is called once when it is his turn, in any thread. It
// may wake a task, and call nothing of here.
bool turns_take(struct turns *turns, struct turn *t, void (*called)(void *ctx), void *ctx) must_use;
// Gives it back to the next in line, or leaves the line; or nothing of both.
void turns_give(struct turns *turns, struct turn *t);

#endif
