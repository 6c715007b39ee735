// SPDX-License-Identifier: Apache-2.0
// The threads for what yielded, where crew_test.c does not look: whom they start, how the crew ends when they have its last task, and what goes on when they
// cannot be had.
#include "run/crew.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

// Linked in place of pthread_create (meson.build): no thread can be started while this is set.
static atomic_bool threads_missing;
int __real_pthread_create(
	pthread_t *id, const pthread_attr_t *attr, void *(*main)(void *), void *arg);
int __wrap_pthread_create(
	pthread_t *id, const pthread_attr_t *attr, void *(*main)(void *), void *arg);

int __wrap_pthread_create(
	pthread_t *id, const pthread_attr_t *attr, void *(*main)(void *), void *arg)
{
	return atomic_load(&threads_missing) ? EAGAIN : __real_pthread_create(id, attr, main, arg);
}

// And in place of clock_mono().
static _Atomic uint64_t clock_skipped;
uint64_t __real_clock_mono(void);
uint64_t __wrap_clock_mono(void);

uint64_t __wrap_clock_mono(void)
{
	return __real_clock_mono() + atomic_load(&clock_skipped);
}

static struct crew *crew_make(const struct crew_config *config)
{
	struct op op;
	struct crew *c;
	op_init(&op, 0);
	assert_int_equal(crew_new(&op, config, &c), 0);
	op_done(&op);
	return c;
}

static void start(struct crew *c, struct task *t)
{
	struct op op;
	op_init(&op, 0);
	assert_int_equal(task_start(&op, c, t), 0);
	op_done(&op);
}

static int nice_own(void)
{
	return getpriority(PRIO_PROCESS, 0); // of this thread alone (Linux)
}

static void nothing_ended(struct task *t)
{
	(void)t;
}

// --- a thread behind that is started by another has the same priority ---

#define CHAIN 3

struct link {
	struct task task;
	struct chain *chain;
	unsigned runs, number;
};
struct chain {
	struct link links[CHAIN];
	struct task last; // started after them: they all have yielded when it runs
	struct crew *crew;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned reached; // how many of them run behind
	bool all_yielded, late;
	int nices[CHAIN];
	atomic_uint left;
};

// The second run: blocks until the next one runs, which is in a thread that this one has started.
static void link_behind(struct chain *s, unsigned number)
{
	struct timespec until;
	must(clock_gettime(CLOCK_REALTIME, &until) == 0);
	until.tv_sec += 20; // only so that a failure ends
	pthread_mutex_lock(&s->lock);
	s->nices[number] = nice_own();
	s->reached++;
	pthread_cond_broadcast(&s->changed);
	while (!s->all_yielded && !s->late)
		s->late = pthread_cond_timedwait(&s->changed, &s->lock, &until) != 0;
	pthread_mutex_unlock(&s->lock);
	crew_block_begin(CREW_DISK);
	pthread_mutex_lock(&s->lock);
	while (s->reached < CHAIN && !s->late)
		s->late = pthread_cond_timedwait(&s->changed, &s->lock, &until) != 0;
	pthread_mutex_unlock(&s->lock);
	crew_block_end();
}

static enum task_next link_run(struct task *t, unsigned wake)
{
	struct link *k = container_of(t, struct link, task);
	(void)wake;
	if (++k->runs == 1)
		return TASK_YIELD;
	link_behind(k->chain, k->number);
	return TASK_END;
}

static void link_ended(struct task *t)
{
	struct chain *s = container_of(t, struct link, task)->chain;
	if (atomic_fetch_sub(&s->left, 1) == 1)
		crew_stop(s->crew, 1000);
}

static enum task_next chain_last_run(struct task *t, unsigned wake)
{
	struct chain *s = container_of(t, struct chain, last);
	(void)wake;
	pthread_mutex_lock(&s->lock);
	s->all_yielded = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return TASK_END;
}

static const struct task_ops link_ops = { link_run, link_ended };
static const struct task_ops chain_last_ops = { chain_last_run, nothing_ended };

static void test_priority_behind(void **state)
{
	(void)state;
	struct chain s = { .crew = crew_make(&(struct crew_config){ .cores = 1 }),
		.last = { .ops = &chain_last_ops, .fd = -1 },
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.left = CHAIN };
	for (unsigned i = 0; i < CHAIN; i++) {
		s.links[i] = (struct link){
			.task = { .ops = &link_ops, .fd = -1 }, .chain = &s, .number = i
		};
		start(s.crew, &s.links[i].task);
	}
	start(s.crew, &s.last);
	int nice_before = nice_own();
	crew_run(s.crew);
	assert_false(s.late);
	for (unsigned i = 0; i < CHAIN; i++)
		assert_int_equal(s.nices[i],
			nice_before + RUN_BACK_NICE < 19 ? nice_before + RUN_BACK_NICE : 19);
	crew_free(s.crew);
}

// --- the last task ends behind: nobody in front waits for the grace time ---

#define LONG_GRACE_MS 20000u

struct stopper {
	struct task task;
	unsigned runs;
};

static enum task_next stopper_run(struct task *t, unsigned wake)
{
	struct stopper *a = container_of(t, struct stopper, task);
	(void)wake;
	if (++a->runs == 1)
		return TASK_YIELD;
	crew_stop(t->crew, LONG_GRACE_MS);
	return TASK_END;
}

static const struct task_ops stopper_ops = { stopper_run, nothing_ended };

static void test_last_ends_behind(void **state)
{
	(void)state;
	struct crew *c = crew_make(&(struct crew_config){ .cores = 2 });
	struct stopper a = { .task = { .ops = &stopper_ops, .fd = -1 } };
	start(c, &a.task);
	uint64_t began = clock_mono();
	crew_run(c);
	assert_true(clock_mono() - began < LONG_GRACE_MS * NS_PER_MS);
	assert_int_equal(a.runs, 2);
	crew_free(c);
}

// --- who has to go behind does not, while nobody is there or can be had ---

struct gone {
	struct task task;
	unsigned runs;
	bool before, missing, skipped, after;
};

static enum task_next gone_run(struct task *t, unsigned wake)
{
	struct gone *g = container_of(t, struct gone, task);
	(void)wake;
	switch (++g->runs) {
	case 1:
		g->before = crew_must_go_back();
		atomic_store(&threads_missing, true);
		return TASK_YIELD;
	case 2: // in front: no thread could be started
		g->missing = crew_must_go_back();
		atomic_store(&threads_missing, false);
		atomic_store(&clock_skipped, 2 * RUN_RETIRE_MS * NS_PER_MS);
		g->skipped = crew_must_go_back();
		return TASK_YIELD;
	default: // behind
		g->after = crew_must_go_back();
		crew_stop(t->crew, 1000);
		return TASK_END;
	}
}

static const struct task_ops gone_ops = { gone_run, nothing_ended };

static void test_missing_for_a_while(void **state)
{
	(void)state;
	struct crew *c = crew_make(&(struct crew_config){ .cores = 1 });
	struct gone g = { .task = { .ops = &gone_ops, .fd = -1 } };
	start(c, &g.task);
	crew_run(c);
	atomic_store(&clock_skipped, 0);
	assert_true(g.before);
	assert_false(g.missing);
	assert_true(g.skipped); // it is tried again
	assert_false(g.after);
	crew_free(c);
}

// As many as a crew of one core starts threads.
#define BLOCKERS (2u + RUN_THREADS_SLACK + CREW_BLOCK_KINDS)

struct crowd {
	struct crew *crew;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	atomic_uint left;
};
struct blocker {
	struct task task;
	struct crowd *crowd;
};

static enum task_next blocker_run(struct task *t, unsigned wake)
{
	struct crowd *s = container_of(t, struct blocker, task)->crowd;
	(void)wake;
	crew_block_begin(CREW_DISK);
	pthread_mutex_lock(&s->lock);
	while (!s->open)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	crew_block_end();
	return TASK_END;
}

static void blocker_ended(struct task *t)
{
	struct crowd *s = container_of(t, struct blocker, task)->crowd;
	if (atomic_fetch_sub(&s->left, 1) == 1)
		crew_stop(s->crew, 1000);
}

static enum task_next asker_run(struct task *t, unsigned wake)
{
	struct crowd *s = container_of(t, struct blocker, task)->crowd;
	(void)wake;
	if (crew_must_go_back()) { // not all threads are there yet
		task_wake(t);
		return TASK_PARK;
	}
	pthread_mutex_lock(&s->lock);
	s->open = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return TASK_END;
}

static const struct task_ops blocker_ops = { blocker_run, blocker_ended };
static const struct task_ops asker_ops = { asker_run, blocker_ended };

// Without an end it would go from queue to queue: nobody is there to take it, and whoever has it says that it must go.
static void test_no_thread_left(void **state)
{
	(void)state;
	const struct crew_config config = { .cores = 1, .budget = { 1, 1, 1, 1 } };
	struct crowd s = { .crew = crew_make(&config),
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.left = BLOCKERS + 1 };
	struct blocker blockers[BLOCKERS];
	struct blocker asker = { .task = { .ops = &asker_ops, .fd = -1 }, .crowd = &s };
	for (unsigned i = 0; i < BLOCKERS; i++) {
		blockers[i] =
			(struct blocker){ .task = { .ops = &blocker_ops, .fd = -1 }, .crowd = &s };
		start(s.crew, &blockers[i].task);
	}
	start(s.crew, &asker.task);
	crew_run(s.crew);
	assert_int_equal(s.left, 0);
	crew_free(s.crew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority_behind),
		cmocka_unit_test(test_last_ends_behind),
		cmocka_unit_test(test_missing_for_a_while),
		cmocka_unit_test(test_no_thread_left),
	};
	return cmocka_run_group_tests_name("run/crew_back", tests, NULL, NULL);
}
