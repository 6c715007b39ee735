// SPDX-License-Identifier: Apache-2.0
// The crew. One lock guards the run queue, the timer heap, the table of tasks and the counts of threads; it is held
// for some tens of instructions at a time and never while anything blocks. It is a leaf: nothing is locked under it.
//
// A thread is in one of five places, and counted there: running (has a task, or looks for one), sleeping (in the
// poller), blocked (between crew_block_begin and _end), spare (waits on spare_cond), coming (kicked, called or being
// started, will be running soon). What holds whenever the lock is free:
//   - running + coming < cores and tasks are queued: a running thread is about to look at the queue, or somebody is
//     coming. Every thread that takes a task and leaves others behind calls one more (help_locked), so a burst fans out
//     as a chain and a single wake-up costs at most one system call.
//   - nobody sleeps and running + coming < cores: another thread is called, so that events find a thread.
//   - a thread does not go to sleep in the poller while running + sleeping + coming > cores: it becomes spare.
//
// There are three run queues: of tasks that something woke, of those among them whose purse is empty, and of those that yielded, which have had their slice. The latter have threads of their own
// (crew_back.c), which give way to all others: so somebody's small command waits neither for the slices of everybody's big ones nor for a core that
// they have. The second
// come when there are none of the first, or after FRESH_IN_A_ROW of these, and have short slices: 200 sessions of one user that are woken at once with big
// commands have a purse in common, and are in nobody's way for longer than that holds. Only where no such thread can be started, the threads here run both: what was woken first, but for one yielded task after every
// FRESH_IN_A_ROW of them, and a look at the poller after each yield, when nobody sleeps in it.
//
// A task's state changes by compare-and-swap only: whoever turns PARKED into QUEUED puts it into the queue; the thread
// that takes it from the queue owns it. The poller names tasks by slot and use number, looked up under the lock, so
// an event that was on its way when its task ended finds nothing.
#include "run/crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "run/crew_priv.h"

enum task_state { PARKED, QUEUED, OWNED, ENDED };
#define STATE_OF(s) ((enum task_state)((s)&0xff))
#define WAKE_OF(s) ((s) >> 8)
#define AS_WAKE(bits) ((unsigned)(bits) << 8)

#define POLL_EVERY                                                                                 \
	16 // tasks that a thread runs before it looks at the poller although more are queued
#define POLL_EVERY_NS UINT64_C(250000) // or so long
#define FRESH_IN_A_ROW 16              // woken tasks before one that yielded has its turn
#define SLOT_NONE UINT32_MAX

static _Thread_local struct crew_thread
	*crew_self; // registry of one: which crew this thread works for

static void thread_start(struct crew *c, bool is_back);

// --- calling other threads ---

// Brings a thread from the spare ones or a new one.
static enum call bring_locked(struct crew *c)
{
	if (c->spare > c->spare_called) {
		c->spare_called++;
		c->coming++;
		pthread_cond_signal(&c->spare_cond);
		return CALL_NONE;
	}
	// A new thread has its maker's priority, which nobody may raise: it is not for those of crew_back.c to make one. Nor need they: whoever
	// blocks has called somebody in his place.
	if (c->threads >= c->threads_max || !c->is_open || c->quit ||
		(crew_self && crew_self->is_back))
		return CALL_NONE;
	c->threads++;
	c->coming++;
	return CALL_START;
}

// That what yielded is for the threads here: nobody else is there for it.
static bool has_yielded_locked(const struct crew *c)
{
	return c->yielded.head && c->back_threads == 0;
}

static bool has_tasks_locked(const struct crew *c)
{
	return c->fresh.head || c->indebted.head || has_yielded_locked(c);
}

// Calls one more thread if tasks are queued and a core is free for it.
static enum call help_locked(struct crew *c)
{
	if (!has_tasks_locked(c) || c->running + c->coming >= c->cores)
		return CALL_NONE;
	if (c->sleeping == 0)
		return bring_locked(c);
	if (c->kicked)
		return CALL_NONE; // it calls the next one
	c->kicked = true;
	c->coming++;
	return CALL_KICK;
}

// As help_locked(), and sees to it that events find a thread.
static enum call replace_locked(struct crew *c)
{
	if (c->sleeping == 0 && c->running + c->coming < c->cores)
		return bring_locked(c);
	return help_locked(c);
}

static void call_out(struct crew *c, enum call call)
{
	if (call == CALL_KICK)
		poller_kick(&c->poller);
	else if (call != CALL_NONE)
		thread_start(c, call == CALL_START_BACK);
}

// --- tasks ---

static void queue_init(struct run_queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void queue_push_locked(struct run_queue *q, struct task *t)
{
	t->queue_next = NULL;
	*q->tail = t;
	q->tail = &t->queue_next;
}

static struct purse *purse_of(struct task *t)
{
	return t->purse ? t->purse : &t->own;
}

static void push_locked(struct crew *c, struct task *t)
{
	bool empty = purse_is_empty(purse_of(t), clock_mono());
	queue_push_locked(empty ? &c->indebted : &c->fresh, t);
}

void task_set_purse(struct task *t, struct purse *purse)
{
	pthread_mutex_lock(&t->crew->lock);
	t->purse = purse;
	pthread_mutex_unlock(&t->crew->lock);
}

struct task *crew_pop_locked(struct run_queue *q)
{
	struct task *t = q->head;
	if (t) {
		q->head = t->queue_next;
		if (!q->head)
			q->tail = &q->head;
	}
	return t;
}

// The queue of those who have a turn when no fresh ones are there, or enough had theirs.
static struct run_queue *rest_locked(struct crew *c)
{
	bool yielded = has_yielded_locked(c);
	c->last_indebted = c->indebted.head && !(yielded && c->last_indebted);
	return c->last_indebted ? &c->indebted : yielded ? &c->yielded : NULL;
}

static struct task *pop_locked(struct crew *c)
{
	bool others = c->indebted.head || has_yielded_locked(c);
	bool turn = others && (!c->fresh.head || c->fresh_in_a_row >= FRESH_IN_A_ROW);
	c->fresh_in_a_row = turn || !others ? 0 : c->fresh_in_a_row + 1;
	return crew_pop_locked(turn ? rest_locked(c) : &c->fresh);
}

// Adds reasons to run. True when the task was parked: the caller puts it into the queue.
static bool add_wake(struct task *t, unsigned wake)
{
	unsigned old = atomic_load_explicit(&t->state, memory_order_relaxed), new;
	do {
		new = old | AS_WAKE(wake);
		if (STATE_OF(old) == PARKED)
			new = (new & ~0xffu) | QUEUED;
		// Also when nothing changes: the exchange orders the caller's writes before the next run.
	} while (!atomic_compare_exchange_weak_explicit(
		&t->state, &old, new, memory_order_acq_rel, memory_order_relaxed));
	return STATE_OF(old) == PARKED;
}

static void wake_locked(struct crew *c, struct task *t, unsigned wake)
{
	if (add_wake(t, wake))
		push_locked(c, t);
}

// That we are a thread of the crew which looks at the queue when its present task is done.
static bool looks_itself(const struct crew *c)
{
	return crew_self && crew_self->crew == c && !crew_self->is_blocked && !crew_self->is_back;
}

void task_wake(struct task *t)
{
	struct crew *c = t->crew;
	if (!add_wake(t, TASK_WOKEN))
		return;
	pthread_mutex_lock(&c->lock);
	push_locked(c, t);
	enum call call = looks_itself(c) ? CALL_NONE : help_locked(c);
	pthread_mutex_unlock(&c->lock);
	call_out(c, call);
}

static uint64_t poller_id(const struct task *t)
{
	return (uint64_t)t->slot_use << 32 | t->slot;
}

static bool slot_take_locked(struct crew *c, struct task *t)
{
	if (!timers_reserve(&c->timers, c->tasks + 1))
		return false;
	if (c->slot_free == SLOT_NONE) {
		if (c->slot_count == c->slot_cap) {
			uint32_t cap = c->slot_cap ? c->slot_cap * 2 : 64;
			if (cap >= SLOT_NONE / 2)
				return false;
			struct slot *slots = reallocarray(c->slots, cap, sizeof *slots);
			if (!slots)
				return false;
			c->slots = slots;
			c->slot_cap = cap;
		}
		c->slots[c->slot_count] = (struct slot){ .next_free = SLOT_NONE };
		c->slot_free = c->slot_count++;
	}
	struct slot *s = &c->slots[c->slot_free];
	t->slot = c->slot_free;
	c->slot_free = s->next_free;
	t->slot_use = ++s->use;
	s->task = t;
	c->tasks++;
	return true;
}

static void slot_give_locked(struct crew *c, struct task *t)
{
	struct slot *s = &c->slots[t->slot];
	s->task = NULL;
	s->next_free = c->slot_free;
	c->slot_free = t->slot;
	timers_remove(&c->timers, t);
	c->tasks--;
}

int task_start(struct op *op, struct crew *c, struct task *t)
{
	t->crew = c;
	// OWNED while it is added: events and crew_stop() leave their reasons, nobody runs it.
	atomic_store_explicit(&t->state, OWNED | AS_WAKE(TASK_WOKEN), memory_order_release);
	pthread_mutex_lock(&c->lock);
	bool stopping = c->stopping;
	bool taken = !stopping && slot_take_locked(c, t);
	pthread_mutex_unlock(&c->lock);
	if (stopping)
		return op_fail(op, RC_CANCELLED, "shutting down");
	if (!taken)
		return op_fail(op, RC_NOMEM, "no memory for another task");
	t->armed_read = t->want_read;
	t->armed_write = t->want_write;
	int rc = t->fd < 0
		? 0
		: poller_add(op, &c->poller, t->fd, poller_id(t), t->want_read, t->want_write);
	pthread_mutex_lock(&c->lock);
	enum call call = CALL_NONE;
	if (rc < 0) {
		slot_give_locked(c, t);
	} else {
		atomic_fetch_xor_explicit(&t->state, OWNED ^ QUEUED, memory_order_acq_rel);
		push_locked(c, t);
		call = looks_itself(c) ? CALL_NONE : help_locked(c);
	}
	pthread_mutex_unlock(&c->lock);
	call_out(c, call);
	return rc;
}

// --- time ---

static void alarm_set_locked(struct crew *c, uint64_t now)
{
	uint64_t next = timers_next(&c->timers);
	if (c->stopping && (next == 0 || c->stop_at < next))
		next = c->stop_at;
	if (c->alarm && c->alarm <= now)
		c->alarm = 0; // it rang
	if (next && (c->alarm == 0 || next < c->alarm)) {
		c->alarm = next;
		poller_set_alarm(&c->poller, next);
	}
}

static void quit_locked(struct crew *c)
{
	if (c->quit)
		return;
	c->quit = true;
	poller_kick_all(&c->poller);
	pthread_cond_broadcast(&c->spare_cond);
	pthread_cond_broadcast(&c->back_cond);
}

// Wakes the tasks whose deadline has passed; ends the crew when its grace time is over.
static void time_pass_locked(struct crew *c)
{
	uint64_t next = timers_next(&c->timers);
	if (!next && !c->stopping)
		return;
	uint64_t now = clock_mono();
	for (struct task *t; (t = timers_take(&c->timers, now));)
		wake_locked(c, t, TASK_DEADLINE);
	if (c->stopping && (c->tasks == 0 || now >= c->stop_at))
		quit_locked(c);
	alarm_set_locked(c, now);
}

// --- what a thread does ---

// Takes the events that poller_wait() brought.
static void events_take_locked(struct crew *c, const struct poller_result *r)
{
	// Whoever takes the kick came for it; without sleepers it is for the one who just woke: nobody else will see it.
	if (c->kicked && (r->kicked || c->sleeping == 0)) {
		c->kicked = false;
		c->coming--;
	}
	for (unsigned i = 0; i < r->count; i++) {
		const struct poller_event *e = &r->events[i];
		const struct slot *s = &c->slots[(uint32_t)e->id];
		if (s->task && s->use == (uint32_t)(e->id >> 32))
			wake_locked(c, s->task,
				(e->readable ? TASK_READABLE : 0u) |
					(e->writable ? TASK_WRITABLE : 0u));
	}
}

// Makes the poller watch for what a task wants to wait for. Only its owner, before it parks.
static void task_arm(struct crew *c, struct task *t)
{
	if (t->fd < 0 || (!t->want_read && !t->want_write))
		return; // still armed perhaps: then one event comes that it did not ask for
	if (t->armed_read == t->want_read && t->armed_write == t->want_write)
		return;
	t->armed_read = t->want_read;
	t->armed_write = t->want_write;
	poller_arm(&c->poller, t->fd, poller_id(t), t->want_read, t->want_write);
}

// The reasons why the task is to run, taken from its state.
static unsigned wake_take(struct task *t)
{
	unsigned wake = WAKE_OF(atomic_exchange_explicit(&t->state, OWNED, memory_order_acq_rel));
	if (wake & (TASK_READABLE | TASK_WRITABLE))
		t->armed_read = t->armed_write = false; // it reports once
	if (wake & TASK_DEADLINE) {
		// The deadline may have been moved between the alarm and this run.
		if (t->deadline && t->deadline <= clock_mono())
			t->deadline = 0;
		else
			wake &= ~(unsigned)TASK_DEADLINE;
	}
	return wake;
}

// What the task's run has cost, for its purse: the time that passed, or the processor's where that is less and it is worth asking, since on a busy machine
// the thread may have waited for a core.
static void pay(struct crew_thread *me, struct task *t)
{
	uint64_t now = clock_mono(), used = now - me->slice_began;
	me->unpolled += used;
	if (used > RUN_SLICE_NS / 4) {
		uint64_t cpu = clock_thread(), most = cpu - me->cpu;
		me->cpu = cpu;
		used = used < most ? used : most;
	}
	purse_take(purse_of(t), now, used);
}

// Runs the task once. `watched`: another thread is there for whoever comes meanwhile. Not locked.
static enum task_next task_run(
	struct crew_thread *me, struct task *t, bool was_yielded, bool watched)
{
	unsigned wake = wake_take(t);
	enum task_next next = TASK_PARK;
	if (wake || was_yielded) {
		me->slice_began = clock_mono();
		bool owes =
			!me->is_back && !watched && purse_is_empty(purse_of(t), me->slice_began);
		me->slice = owes ? RUN_SLICE_NS / 4 : RUN_SLICE_NS;
		next = t->ops->run(t, wake);
		must(!me->is_blocked);
		if (!me->is_back)
			pay(me, t);
	}
	if (next == TASK_PARK)
		task_arm(me->crew, t);
	return next;
}

static void park_locked(struct crew *c, struct task *t)
{
	if (t->deadline != t->due)
		timers_set(&c->timers, t, t->deadline);
	unsigned expected = OWNED;
	if (atomic_compare_exchange_strong_explicit(
		    &t->state, &expected, PARKED, memory_order_acq_rel, memory_order_acquire))
		return;
	// Woken meanwhile: to the back of the queue.
	atomic_fetch_xor_explicit(&t->state, OWNED ^ QUEUED, memory_order_acq_rel);
	push_locked(c, t);
}

// What a task that yielded has in its state, so that it runs although nothing woke it.
#define YIELDED 0x80u

// Of a thread that takes a task or leaves one behind: sees to it that others come for the rest.
static enum call others_locked(struct crew *c, const struct crew_thread *me)
{
	return me->is_back ? crew_back_call_locked(c) : replace_locked(c);
}

static void yield_locked(struct crew *c, struct crew_thread *me, struct task *t)
{
	atomic_fetch_xor_explicit(&t->state, OWNED ^ QUEUED, memory_order_acq_rel);
	atomic_fetch_or_explicit(&t->state, AS_WAKE(YIELDED), memory_order_relaxed);
	queue_push_locked(&c->yielded, t);
	me->since_poll = POLL_EVERY;
}

void crew_work_locked(struct crew *c, struct crew_thread *me, struct task *t)
{
	bool was_yielded = atomic_load_explicit(&t->state, memory_order_relaxed) & AS_WAKE(YIELDED);
	atomic_fetch_and_explicit(&t->state, ~AS_WAKE(YIELDED), memory_order_relaxed);
	enum call call = others_locked(c, me);
	bool watched = c->sleeping + c->coming > 0;
	pthread_mutex_unlock(&c->lock);
	call_out(c, call);
	enum task_next next = task_run(me, t, was_yielded, watched);
	if (next == TASK_END) {
		atomic_fetch_or_explicit(&t->state, ENDED, memory_order_acq_rel);
		if (t->fd >= 0)
			poller_remove(&c->poller, t->fd);
		pthread_mutex_lock(&c->lock);
		slot_give_locked(c, t);
		pthread_mutex_unlock(&c->lock);
		t->ops->ended(t);
	}
	pthread_mutex_lock(&c->lock);
	if (next == TASK_PARK)
		park_locked(c, t);
	else if (next == TASK_YIELD)
		yield_locked(c, me, t);
	else if (c->stopping && c->tasks == 0)
		quit_locked(c); // who sleeps would see it when the grace time is over
	// What it left in the other queue is for others.
	call = me->is_back ? help_locked(c) : crew_back_call_locked(c);
	if (call != CALL_NONE) {
		pthread_mutex_unlock(&c->lock);
		call_out(c, call);
		pthread_mutex_lock(&c->lock);
	}
}

// Waits until called or, past the time to retire, ends: false.
static bool spare_locked(struct crew *c, struct crew_thread *me)
{
	uint64_t until = clock_mono() + RUN_RETIRE_MS * NS_PER_MS;
	struct timespec at = { .tv_sec = (time_t)(until / NS_PER_S),
		.tv_nsec = (long)(until % NS_PER_S) };
	c->running--;
	c->spare++;
	int rc = 0;
	while (c->spare_called == 0 && !c->quit && rc != ETIMEDOUT)
		rc = me->is_main ? pthread_cond_wait(&c->spare_cond, &c->lock)
				 : pthread_cond_timedwait(&c->spare_cond, &c->lock, &at);
	c->spare--;
	c->running++;
	if (c->spare_called) {
		c->spare_called--;
		c->coming--;
		return true;
	}
	return c->quit || rc != ETIMEDOUT;
}

static void sleep_locked(struct crew *c, struct crew_thread *me, bool block)
{
	if (block) {
		c->running--;
		c->sleeping++;
	}
	pthread_mutex_unlock(&c->lock);
	poller_wait(&c->poller, block, &me->polled);
	pthread_mutex_lock(&c->lock);
	if (block) {
		c->sleeping--;
		c->running++;
	}
	events_take_locked(c, &me->polled);
	me->since_poll = 0;
	me->unpolled = 0;
}

// A thread's life in the crew; it is counted as running already.
static void serve_locked(struct crew *c, struct crew_thread *me)
{
	for (;;) {
		time_pass_locked(c);
		if (c->quit)
			return;
		bool is_late = c->sleeping == 0 &&
			(++me->since_poll > POLL_EVERY || me->unpolled > POLL_EVERY_NS);
		struct task *t = is_late ? NULL : pop_locked(c);
		if (t)
			crew_work_locked(c, me, t);
		else if (has_tasks_locked(c))
			sleep_locked(c, me, false);
		else if (c->running + c->sleeping + c->coming <= c->cores)
			sleep_locked(c, me, true);
		else if (!spare_locked(c, me))
			return;
	}
}

static void *thread_main(void *arg)
{
	struct crew_thread *me = arg;
	struct crew *c = me->crew;
	crew_self = me;
	pthread_mutex_lock(&c->lock);
	if (me->is_back) {
		crew_back_serve_locked(c, me);
	} else {
		c->coming--;
		c->running++;
		serve_locked(c, me);
		c->running--;
	}
	c->threads--;
	me->next = c->retired;
	c->retired = me;
	pthread_cond_signal(&c->gone_cond);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

// Joins threads that have ended.
static void threads_reap(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	struct crew_thread *list = c->retired;
	c->retired = NULL;
	pthread_mutex_unlock(&c->lock);
	while (list) {
		struct crew_thread *next = list->next;
		pthread_join(list->id, NULL);
		free(list);
		list = next;
	}
}

// Only the faults of a thread's own doing are delivered to it: the rest is for the process's signalfd.
static void signals_block(sigset_t *ret_before)
{
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGTRAP);
	sigdelset(&all, SIGSYS);
	sigdelset(&all, SIGPROF);
	pthread_sigmask(SIG_SETMASK, &all, ret_before);
}

static void thread_start(struct crew *c, bool is_back)
{
	threads_reap(c);
	struct crew_thread *me = calloc(1, sizeof *me);
	int error = ENOMEM;
	if (me) {
		me->crew = c;
		me->is_back = is_back;
		pthread_attr_t attr;
		sigset_t before;
		must(pthread_attr_init(&attr) == 0);
		(void)pthread_attr_setstacksize(&attr, RUN_STACK_BYTES); // else the default
		signals_block(&before);
		error = pthread_create(&me->id, &attr, thread_main, me);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attr);
	}
	if (error == 0)
		return;
	free(me);
	pthread_mutex_lock(&c->lock);
	c->threads--;
	if (is_back)
		crew_back_missing_locked(c);
	else
		c->coming--;
	enum call call = is_back ? help_locked(c) : CALL_NONE; // the work is for the threads here
	pthread_cond_signal(&c->gone_cond);
	pthread_mutex_unlock(&c->lock);
	call_out(c, call);
	log_warn("run", "cannot start a thread (error %d): going on with fewer", error);
}

// --- the crew's life ---

static unsigned cores_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? (unsigned)n : 1;
}

int crew_new(struct op *op, const struct crew_config *config, struct crew **ret_crew)
{
	struct crew *c = calloc(1, sizeof *c);
	if (!c)
		return op_fail(op, RC_NOMEM, "no memory for the crew");
	int rc = poller_open(op, &c->poller);
	if (rc < 0) {
		free(c);
		return rc;
	}
	c->cores = config->cores ? config->cores : cores_count();
	c->threads_max = 2 * c->cores + RUN_THREADS_SLACK;
	pthread_condattr_t mono;
	must(pthread_condattr_init(&mono) == 0);
	must(pthread_condattr_setclock(&mono, CLOCK_MONOTONIC) == 0);
	must(pthread_mutex_init(&c->lock, NULL) == 0);
	must(pthread_cond_init(&c->spare_cond, &mono) == 0);
	must(pthread_cond_init(&c->back_cond, &mono) == 0);
	must(pthread_cond_init(&c->gone_cond, NULL) == 0);
	pthread_condattr_destroy(&mono);
	for (int i = 0; i < CREW_BLOCK_KINDS; i++) {
		c->budget[i] = config->budget[i] ? config->budget[i] : RUN_BLOCK_BUDGET;
		c->threads_max += c->budget[i];
		must(pthread_cond_init(&c->turn_cond[i], NULL) == 0);
	}
	queue_init(&c->fresh);
	queue_init(&c->indebted);
	queue_init(&c->yielded);
	c->slot_free = SLOT_NONE;
	*ret_crew = c;
	return 0;
}

// What did not end in time is ended by force. No thread is left that could run it.
static void leftovers_end(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	for (uint32_t i = 0; i < c->slot_count; i++) {
		struct task *t = c->slots[i].task;
		if (!t)
			continue;
		atomic_fetch_or_explicit(&t->state, ENDED, memory_order_acq_rel);
		slot_give_locked(c, t);
		// Nothing is taken from the queue any more, and what is in it goes away: `ended` may still wake others.
		queue_init(&c->fresh);
		queue_init(&c->indebted);
		queue_init(&c->yielded);
		pthread_mutex_unlock(&c->lock);
		if (t->fd >= 0)
			poller_remove(&c->poller, t->fd);
		t->ops->ended(t);
		pthread_mutex_lock(&c->lock);
	}
	queue_init(&c->fresh);
	queue_init(&c->indebted);
	queue_init(&c->yielded);
	pthread_mutex_unlock(&c->lock);
}

void crew_run(struct crew *c)
{
	struct crew_thread *me = calloc(1, sizeof *me);
	must(me);
	me->crew = c;
	me->is_main = true;
	crew_self = me;
	pthread_mutex_lock(&c->lock);
	crew_back_open(c);
	c->is_open = true;
	c->running++;
	serve_locked(c, me);
	c->running--;
	while (c->threads)
		pthread_cond_wait(&c->gone_cond, &c->lock);
	pthread_mutex_unlock(&c->lock);
	threads_reap(c);
	leftovers_end(c);
	crew_self = NULL;
	free(me);
}

void crew_stop(struct crew *c, unsigned grace_ms)
{
	pthread_mutex_lock(&c->lock);
	if (!c->stopping) {
		c->stopping = true;
		c->stop_at = clock_mono() + grace_ms * NS_PER_MS;
		for (uint32_t i = 0; i < c->slot_count; i++)
			if (c->slots[i].task)
				wake_locked(c, c->slots[i].task, TASK_STOPPING);
		alarm_set_locked(c, 0);
	}
	if (c->tasks == 0)
		quit_locked(c);
	enum call call = help_locked(c);
	pthread_mutex_unlock(&c->lock);
	call_out(c, call);
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	leftovers_end(c); // of a crew that never ran
	poller_close(&c->poller);
	timers_done(&c->timers);
	free(c->slots);
	pthread_cond_destroy(&c->spare_cond);
	pthread_cond_destroy(&c->back_cond);
	pthread_cond_destroy(&c->gone_cond);
	for (int i = 0; i < CREW_BLOCK_KINDS; i++)
		pthread_cond_destroy(&c->turn_cond[i]);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

// --- blocking ---

static bool block_enter(enum crew_block kind, bool wait)
{
	struct crew_thread *me = crew_self;
	struct crew *c = me->crew;
	must(!me->is_blocked);
	pthread_mutex_lock(&c->lock);
	bool has_room = c->blocked[kind] < c->budget[kind];
	if (!has_room && !wait) {
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	--*(me->is_back ? &c->back_running : &c->running);
	enum call call = others_locked(c, me);
	me->is_blocked = true;
	me->block = kind;
	me->block_began = clock_mono();
	if (call != CALL_NONE) {
		pthread_mutex_unlock(&c->lock);
		call_out(c, call);
		pthread_mutex_lock(&c->lock);
	}
	while (c->blocked[kind] >= c->budget[kind])
		pthread_cond_wait(&c->turn_cond[kind], &c->lock);
	c->blocked[kind]++;
	pthread_mutex_unlock(&c->lock);
	return true;
}

void crew_block_begin(enum crew_block kind)
{
	if (crew_self && crew_self->block_depth++ == 0)
		(void)block_enter(kind, true); // true: it waited
}

bool crew_block_try(enum crew_block kind)
{
	if (!crew_self || crew_self->block_depth > 0 || block_enter(kind, false)) {
		if (crew_self)
			crew_self->block_depth++;
		return true;
	}
	return false;
}

void crew_block_end(void)
{
	struct crew_thread *me = crew_self;
	if (!me)
		return;
	struct crew *c = me->crew;
	must(me->is_blocked && me->block_depth > 0);
	if (--me->block_depth > 0)
		return;
	me->is_blocked = false;
	me->slice_began += clock_mono() - me->block_began;
	pthread_mutex_lock(&c->lock);
	++*(me->is_back ? &c->back_running : &c->running);
	c->blocked[me->block]--;
	pthread_cond_signal(&c->turn_cond[me->block]); // costs nothing when nobody waits
	pthread_mutex_unlock(&c->lock);
}

uint64_t crew_slice_used(void)
{
	return crew_self ? clock_mono() - crew_self->slice_began : 0;
}

uint64_t crew_slice_began(void)
{
	return crew_self ? crew_self->slice_began : clock_mono();
}

bool crew_slice_is_over(void)
{
	return crew_self && crew_slice_used() >= crew_self->slice;
}

bool crew_slice_is_well_over(void)
{
	return crew_self && crew_slice_used() >= 2 * crew_self->slice;
}

bool crew_is_back(void)
{
	return crew_self && crew_self->is_back;
}

bool crew_must_go_back(void)
{
	if (!crew_self || crew_self->is_back)
		return false;
	pthread_mutex_lock(&crew_self->crew->lock);
	bool is_there = crew_back_is_there_locked(crew_self->crew);
	pthread_mutex_unlock(&crew_self->crew->lock);
	if (is_there)
		crew_self->slice = 0;
	return is_there;
}
