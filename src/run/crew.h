// SPDX-License-Identifier: Apache-2.0
// Starling: a crew of threads that run tasks. A task is something that one thread at a time runs in straight-line
// code until it can go no further, and that then parks without a thread (docs/architecture.md, idea 4): a
// connection, a timer of the cleaner. All threads wait on one epoll set (EPOLLONESHOT).
//
// State of a task is one atomic: PARKED (armed in the poller and/or with a deadline), QUEUED (in the run queue),
// OWNED (a thread runs it), OWNED_WOKEN (woken while owned: it runs again before it may park).
// `run` is called with why it was woken and returns what it waits for next. It may yield after its share of CPU.
//
// The crew keeps `cores` threads busy. A thread that is about to block (disk, engine, auth, relay) says so with
// crew_block_begin(kind): another thread may then take its place, up to the budget of that kind; a caller over the
// budget waits for its turn. Threads beyond need retire to a small idle pool.
#ifndef RUN_CREW_H
#define RUN_CREW_H

#include "base/op.h"

#include <stdbool.h>
#include <stdint.h>

struct crew;
struct task;

enum task_wake {           // bits: why a task runs
	TASK_WOKEN = 1,    // task_wake() was called (also the first run after task_start)
	TASK_READABLE = 2, // or hang-up or error: reading tells
	TASK_WRITABLE = 4,
	TASK_DEADLINE = 8,  // its deadline passed
	TASK_STOPPING = 16, // the crew is shutting down: say goodbye and end
};
enum task_next {    // what `run` returns
	TASK_PARK,  // wait for task->want_read / want_write, task_wake() or task->deadline
	TASK_YIELD, // go to the back of the queue, run again
	TASK_END,   // finished: the crew forgets it, then calls `ended`
};
struct task_ops {
	enum task_next (*run)(struct task *t, unsigned wake);
	void (*ended)(struct task *t); // frees it; nobody else has it any more
};
struct task {
	const struct task_ops *ops;
	int fd; // -1: none. Owned by the user of the task; closed in `ended`, never before
	bool want_read, want_write; // set by run before TASK_PARK
	uint64_t deadline;          // clock_mono(), 0: none; set by run before TASK_PARK
	// The rest belongs to the crew.
	struct crew *crew;
	_Atomic int state;
	struct task *queue_next;
	uint32_t heap_at; // place in the timer heap, 0: none
	uint32_t poll_events;
	bool in_poller;
	struct task *all_prev, *all_next;
};

enum crew_block { CREW_DISK, CREW_AUTH, CREW_RELAY, CREW_CPU, CREW_BLOCK_KINDS };

struct crew_config {
	unsigned cores; // threads that run at a time; 0: as many as the machine has
	unsigned budget[CREW_BLOCK_KINDS]; // most threads blocked at a time, by kind; 0: 64
};

int crew_new(struct op *op, const struct crew_config *config, struct crew **ret_crew);
// Runs until crew_stop(); the calling thread is one of the crew. Blocks.
void crew_run(struct crew *c);
// Wakes every task with TASK_STOPPING, lets them end for at most grace_ms, then returns from crew_run. Safe in any
// thread; not in a signal handler (server/ uses a signalfd task).
void crew_stop(struct crew *c, unsigned grace_ms);
void crew_free(struct crew *c);

// Hands a zeroed, filled-in task (ops, fd) to the crew; it runs at once with TASK_WOKEN.
int task_start(struct op *op, struct crew *c, struct task *t);
// Makes the task run soon, with TASK_WOKEN. Any thread; cheap when it is woken already. The caller makes sure
// that it has not ended.
void task_wake(struct task *t);

// Around anything that blocks; nests not. crew_block_begin() in a thread that is not of a crew does nothing.
void crew_block_begin(enum crew_block kind);
void crew_block_end(void);
// The CPU time that the present task has had since its run began, in nanoseconds; for deciding to yield.
uint64_t crew_slice_used(void);

#endif
