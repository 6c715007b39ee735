// SPDX-License-Identifier: Apache-2.0
// Starling: the deadlines of a crew's tasks: a binary heap. A deadline that moves later (the usual case: a session's
// autologout after each command) leaves its entry where it is and is looked at again when the old time comes, so it
// costs nothing. The caller locks.
#ifndef RUN_TIMERS_H
#define RUN_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task;
struct timer {
	uint64_t key; // <= task->due
	struct task *task;
};
struct timers {
	struct timer *heap; // 1-based
	size_t count, cap;
};

void timers_done(struct timers *h);
// Makes room for `count` timers in all, so that setting one never fails. False: out of memory.
bool timers_reserve(struct timers *h, size_t count);
void timers_set(struct timers *h, struct task *t, uint64_t due); // 0: none
void timers_remove(struct timers *h, struct task *t);
// The next task whose time has come by `now`, taken out; NULL: none.
struct task *timers_take(struct timers *h, uint64_t now);
static inline uint64_t timers_next(const struct timers *h) // 0: none
{
	return h->count ? h->heap[1].key : 0;
}

#endif
