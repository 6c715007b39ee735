// SPDX-License-Identifier: Apache-2.0
// Starling: a crew of threads that run tasks. A task is something that one thread at a time runs in straight-line
// code until it can go no further, and that then parks without a thread (docs/architecture.md, idea 4): a
// connection, a timer of the cleaner. All threads wait on one epoll set (EPOLLONESHOT).
//
// State of a task is one atomic: PARKED (armed in the poller and/or with a deadline), QUEUED (in the run queue),
// OWNED (a thread runs it), and the reasons why it is to run, as bits above (OWNED with reasons: it runs again before
// it may park). `run` is called with why it was woken and returns what it waits for next. It may yield after its share.
// Reasons are hints: a task may be told READABLE or WRITABLE once more than it asked for, never less.
//
// A task whose purse (run/purse.h) is empty comes after those that were woken with something in theirs.
//
// The crew keeps `cores` threads busy, and as many more, of a lower priority, with tasks that yielded. A thread that is about to block (disk, engine, auth, relay) says so with
// crew_block_begin(kind): another thread may then take its place, up to the budget of that kind; a caller over the
// budget waits for its turn. Threads beyond need retire to a small idle pool.
#ifndef RUN_CREW_H
#define RUN_CREW_H

#include "base/op.h"
#include "run/purse.h"

#include <stdbool.h>
#include <stdint.h>

struct crew;
struct task;

enum task_wake {            // bits: why a task runs; none after TASK_YIELD
	TASK_WOKEN = 1,     // task_wake() was called (also the first run after task_start)
	TASK_READABLE = 2,  // or hang-up or error: reading tells
	TASK_WRITABLE = 4,  // or hang-up or error: writing tells
	TASK_DEADLINE = 8,  // its deadline passed; the crew has set it to 0
	TASK_STOPPING = 16, // the crew is shutting down: say goodbye and end. Told once
};
enum task_next {   // what `run` returns
	TASK_PARK, // wait for task->want_read / want_write, task_wake() or task->deadline
	TASK_YIELD, // run again, behind what yielded before, in a thread that gives way to all others
	TASK_END,   // finished: the crew forgets it, then calls `ended`
};
struct task_ops {
	enum task_next (*run)(struct task *t, unsigned wake);
	void (*ended)(struct task *t); // frees it; nobody else has it any more
};
struct task {
	const struct task_ops *ops;
	int fd; // -1: none. Set before task_start(), never changed; closed in `ended`, never before
	bool want_read, want_write; // set before task_start(), then by run before TASK_PARK
	uint64_t deadline;          // clock_mono(), 0: none; set by run before TASK_PARK
	// The rest belongs to the crew.
	struct crew *crew;
	_Atomic unsigned state;       // enum task_state | reasons << 8
	uint32_t slot, slot_use;      // its place in the crew's table of tasks
	struct task *queue_next;      // under the crew's lock
	struct purse own, *purse;     // purse: of whom it runs for, NULL: it has one of its own
	uint64_t due;                 // the deadline it parked with, under the crew's lock
	uint32_t heap_at;             // place in the timer heap, 0: none; under the crew's lock
	bool armed_read, armed_write; // in the poller; owner only
};

enum crew_block { CREW_DISK, CREW_AUTH, CREW_RELAY, CREW_CPU, CREW_BLOCK_KINDS };

struct crew_config {
	unsigned cores; // threads that run at a time; 0: as many as the machine has
	unsigned budget[CREW_BLOCK_KINDS]; // most threads blocked at a time, by kind; 0: 64
};

int crew_new(struct op *op, const struct crew_config *config, struct crew **ret_crew);
// Runs until crew_stop(); the calling thread is one of the crew. Blocks. Tasks that did not end within the grace time
// are ended here (`ended` without a last run); calls that still block inside crew_block_begin() are waited for.
void crew_run(struct crew *c);
// Wakes every task with TASK_STOPPING, lets them end for at most grace_ms, then returns from crew_run. Safe in any
// thread; not in a signal handler (server/ uses a signalfd task). No task can be started from then on.
void crew_stop(struct crew *c, unsigned grace_ms);
void crew_free(struct crew *c);

// Hands a zeroed, filled-in task (ops, fd, what it wants) to the crew; it runs with TASK_WOKEN as soon as crew_run() was
// called (before it the crew has no threads: the process may still fork and drop privileges). On failure
// (RC_NOMEM, RC_CANCELLED when stopping, RC_IO) the task is the caller's as before.
int task_start(struct op *op, struct crew *c, struct task *t);
// Makes the task run soon, with TASK_WOKEN. Any thread; cheap when it is woken already. The caller makes sure
// that its memory is still there: a task that has ended does nothing.
void task_wake(struct task *t);

// Whose purse pays for what the task uses, from now on: shared by all tasks of a user; NULL: its own again. Before `purse` goes away.
void task_set_purse(struct task *t, struct purse *purse);

// Around anything that blocks. May nest: the outermost one counts. crew_block_begin() in a thread that is not of a crew does nothing.
void crew_block_begin(enum crew_block kind);
void crew_block_end(void);
// As crew_block_begin() if the budget of `kind` has room; else false, at once: the task parks with a deadline soon and
// tries again. For what may hang (relays): a task that waits so holds no thread.
bool crew_block_try(enum crew_block kind);
// The time that the present task has had since its run began, without what it spent blocked, in nanoseconds; for
// deciding to yield. Wall-clock, so it costs no system call.
uint64_t crew_slice_used(void);
// About when the present task's run began (clock_mono(), not before the last time it blocked): for notes of when something happened that need
// no clock of their own. In a thread that is not of a crew, the time.
uint64_t crew_slice_began(void);
// True when it is time to yield: its slice is used up (RUN_SLICE_NS; less in front, for whom the purse is empty, while no thread is free).
bool crew_slice_is_over(void);
// The same for what should not yield lightly: twice the slice.
bool crew_slice_is_well_over(void);
// That this is a thread for what yielded: it gives way to all others, and should not do what they wait for.
bool crew_is_back(void);
// Before what takes long and cannot be parted: true when it has to yield first, so that it comes to run where it is in nobody's way. Its slice is over then.
bool crew_must_go_back(void);

#endif
