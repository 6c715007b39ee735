// SPDX-License-Identifier: Apache-2.0
// The crew's own: what crew.c and crew_back.c share. Everything in struct crew is as crew.c says at its head.
#ifndef RUN_CREW_PRIV_H
#define RUN_CREW_PRIV_H

#include "run/crew.h"

#include <pthread.h>

#include "run/poller.h"
#include "run/timers.h"

struct slot {
	struct task *task; // NULL: free
	uint32_t use;      // how often it was given out
	uint32_t next_free;
};
struct run_queue {
	struct task *head, **tail;
};
struct crew_thread {
	struct crew *crew;
	struct crew_thread *next; // in crew->retired
	pthread_t id;
	unsigned since_poll;
	uint64_t slice;       // what its task has
	uint64_t unpolled;    // what tasks used since it looked at the poller
	uint64_t cpu;         // processor time of the thread, when last looked at
	uint64_t slice_began; // moved forward by the time spent blocked
	uint64_t block_began;
	enum crew_block block; // while blocked
	bool is_blocked;
	unsigned block_depth; // crew_block_begin() calls without their end
	bool is_main;         // the caller of crew_run(): never retires
	bool is_back;         // runs what yielded, and nothing else
	struct poller_result polled;
};
struct crew {
	struct poller poller;
	unsigned cores, threads_max;
	unsigned budget[CREW_BLOCK_KINDS];

	pthread_mutex_t lock; // guards all below
	struct run_queue fresh, indebted, yielded;
	unsigned fresh_in_a_row; // taken while others waited
	bool last_indebted;      // of those others, the last that had a turn
	struct timers timers;
	uint64_t alarm; // what the poller's alarm is set to, 0: none
	struct slot *slots;
	uint32_t slot_count, slot_cap, slot_free;
	size_t tasks;
	unsigned running, sleeping, coming, spare;
	unsigned spare_called; // of spare: called, not yet awake
	bool kicked;           // of sleeping: one was kicked, not yet seen
	unsigned threads;      // started and not yet ended, without the main thread
	// Of them those for what yielded, and how many of these run (being started among them), wait, and were called but are not yet awake.
	unsigned back_threads, back_running, back_idle, back_called;
	uint64_t back_not_before; // none could be started: when to try again
	int back_nice;            // what they run at; set when the crew opens
	unsigned blocked[CREW_BLOCK_KINDS];
	pthread_cond_t spare_cond, back_cond, turn_cond[CREW_BLOCK_KINDS], gone_cond;
	struct crew_thread *retired; // to be joined
	bool is_open;                // crew_run() was called: before it there are no threads
	bool stopping, quit;
	uint64_t stop_at; // when the grace time is over
};

// What a thread has to do, after unlocking, to bring another one.
enum call { CALL_NONE, CALL_KICK, CALL_START, CALL_START_BACK };

// Runs the task once and does what it wants next. The lock is released meanwhile.
void crew_work_locked(struct crew *c, struct crew_thread *me, struct task *t);
struct task *crew_pop_locked(struct run_queue *q); // NULL: empty

// crew_back.c. Calls one more thread for what yielded, if there is work for it and it has not yet a thread for each core.
enum call crew_back_call_locked(struct crew *c);
// That a thread which was called with CALL_START_BACK is not to be had.
void crew_back_missing_locked(struct crew *c);
// Whether somebody is there for what yielded, or can be had.
bool crew_back_is_there_locked(const struct crew *c);
// In crew_run(): takes note of the priority that the others have.
void crew_back_open(struct crew *c);
// Its life, the lock held; counted as running already.
void crew_back_serve_locked(struct crew *c, struct crew_thread *me);

#endif
