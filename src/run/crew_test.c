// SPDX-License-Identifier: Apache-2.0
// The crew under load: no lost wake-up, no task in two threads at a time, deadlines, blocking, stopping. Meant to run
// under the thread sanitizer as well.
#include "run/crew.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

static struct crew *crew_make(unsigned cores)
{
	struct op op;
	op_init(&op, 0);
	struct crew *c = NULL;
	struct crew_config config = { .cores = cores };
	assert_int_equal(crew_new(&op, &config, &c), 0);
	op_done(&op);
	return c;
}

static void *crew_main(void *arg)
{
	crew_run(arg);
	return NULL;
}

static void start(struct crew *c, struct task *t)
{
	struct op op;
	op_init(&op, 0);
	assert_int_equal(task_start(&op, c, t), 0);
	op_done(&op);
}

static void nap(unsigned us)
{
	usleep(us);
}

// --- wake-ups from other threads ---

#define TASKS 200
#define WAKERS 4
#define ROUNDS 3000

struct counter {
	struct task task;
	atomic_int inside; // threads inside run: never above 1
	atomic_uint asked; // wake-ups asked for
	atomic_uint shown; // as seen, for the thread of the test
	unsigned seen;     // of them seen by run
	unsigned runs;
	bool yielded, stopped;
	atomic_bool ended;
};

static enum task_next counter_run(struct task *t, unsigned wake)
{
	struct counter *k = container_of(t, struct counter, task);
	must(atomic_fetch_add(&k->inside, 1) == 0);
	k->seen = atomic_load_explicit(&k->asked, memory_order_relaxed);
	atomic_store(&k->shown, k->seen);
	k->runs++;
	if (wake & TASK_STOPPING)
		k->stopped = true;
	bool yield = !k->yielded && k->runs % 7 == 0;
	k->yielded = yield;
	if (k->runs % 50 == 0) {
		crew_block_begin(CREW_DISK);
		nap(100);
		crew_block_end();
	}
	must(atomic_fetch_sub(&k->inside, 1) == 1);
	if (k->stopped)
		return TASK_END;
	return yield ? TASK_YIELD : TASK_PARK;
}

static void counter_ended(struct task *t)
{
	atomic_store(&container_of(t, struct counter, task)->ended, true);
}

static const struct task_ops counter_ops = { counter_run, counter_ended };

static void *waker_main(void *arg)
{
	struct counter *k = arg;
	unsigned seed = (unsigned)(uintptr_t)pthread_self();
	for (int i = 0; i < ROUNDS; i++) {
		struct counter *one = &k[(size_t)rand_r(&seed) % TASKS];
		// Relaxed: that run sees it is up to task_wake().
		atomic_fetch_add_explicit(&one->asked, 1, memory_order_relaxed);
		task_wake(&one->task);
		if (i % 100 == 0)
			nap(50);
	}
	return NULL;
}

static void stress(unsigned cores)
{
	struct crew *c = crew_make(cores);
	struct counter *k = calloc(TASKS, sizeof *k);
	for (int i = 0; i < TASKS; i++) {
		k[i].task = (struct task){ .ops = &counter_ops, .fd = -1 };
		start(c, &k[i].task);
	}
	pthread_t runner, wakers[WAKERS];
	pthread_create(&runner, NULL, crew_main, c);
	for (int i = 0; i < WAKERS; i++)
		pthread_create(&wakers[i], NULL, waker_main, k);
	for (int i = 0; i < WAKERS; i++)
		pthread_join(wakers[i], NULL);
	nap(100000); // far more than the queue needs
	crew_stop(c, 10000);
	pthread_join(runner, NULL);
	unsigned asked = 0;
	for (int i = 0; i < TASKS; i++) {
		assert_true(k[i].stopped);
		assert_true(k[i].ended);
		assert_int_equal(k[i].seen, k[i].asked);
		asked += k[i].asked;
	}
	assert_int_equal(asked, WAKERS * ROUNDS);
	crew_free(c);
	free(k);
}

static void test_wake_one_core(void **state)
{
	stress(1);
}

static void test_wake_four_cores(void **state)
{
	stress(4);
}

// --- one wake-up at a time, each waited for: a lost one hangs the test ---

static void test_wake_ping(void **state)
{
	struct crew *c = crew_make(2);
	struct counter k = { .task = { .ops = &counter_ops, .fd = -1 } };
	start(c, &k.task);
	pthread_t runner;
	pthread_create(&runner, NULL, crew_main, c);
	uint64_t began = clock_mono();
	for (unsigned i = 0; i < 5000; i++) {
		atomic_fetch_add(&k.asked, 1);
		task_wake(&k.task);
		while (atomic_load(&k.shown) != i + 1)
			must(clock_mono() - began < 60 * NS_PER_S);
	}
	crew_stop(c, 1000);
	pthread_join(runner, NULL);
	crew_free(c);
}

// --- who yielded does so in threads of his own ---

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

// Big ones, each of which goes on only when a small one has run after it yielded; the small one runs when its socket says so.
struct scene {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned inside, most_inside; // big ones that run a second time
	unsigned answers;             // runs of the small one that its socket caused
	int nice_small, nice_big;
	bool late;          // somebody waited in vain
	atomic_bool misled; // about where he ran
	atomic_uint left;
	struct crew *crew;
	int peer;
};
struct actor {
	struct task task;
	struct scene *scene;
	unsigned runs;
};

static int nice_own(void)
{
	return getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
}

static void await_locked(struct scene *s, const unsigned *value, unsigned least)
{
	struct timespec until;
	must(clock_gettime(CLOCK_REALTIME, &until) == 0);
	until.tv_sec += 20; // only so that a failure ends
	while (*value < least && !s->late)
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) != 0)
			s->late = true;
}

static void big_second_run(struct scene *s)
{
	pthread_mutex_lock(&s->lock);
	s->nice_big = nice_own();
	if (++s->inside > s->most_inside)
		s->most_inside = s->inside;
	pthread_cond_broadcast(&s->changed);
	await_locked(s, &s->most_inside, 2); // there is one for each core
	unsigned answers = s->answers;
	must(write(s->peer, "x", 1) == 1);
	await_locked(s, &s->answers, answers + 1); // and the small one runs although they all do
	s->inside--;
	pthread_mutex_unlock(&s->lock);
}

static enum task_next big_run(struct task *t, unsigned wake)
{
	struct actor *a = container_of(t, struct actor, task);
	(void)wake;
	bool must_go = crew_must_go_back();
	if (must_go != (++a->runs == 1) || (must_go && !crew_slice_is_over()))
		a->scene->misled = true;
	if (must_go)
		return TASK_YIELD;
	big_second_run(a->scene);
	return TASK_END;
}

static enum task_next little_run(struct task *t, unsigned wake)
{
	struct actor *a = container_of(t, struct actor, task);
	struct scene *s = a->scene;
	char octets[16];
	t->want_read = true;
	if (wake & TASK_STOPPING)
		return TASK_END;
	if (!(wake & TASK_READABLE) || read(t->fd, octets, sizeof octets) <= 0)
		return TASK_PARK;
	pthread_mutex_lock(&s->lock);
	s->nice_small = nice_own();
	s->answers++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return TASK_PARK;
}

static void actor_ended(struct task *t)
{
	struct actor *a = container_of(t, struct actor, task);
	if (t->fd < 0 && atomic_fetch_sub(&a->scene->left, 1) == 1)
		crew_stop(a->scene->crew, 1000);
}

static const struct task_ops big_ops = { big_run, actor_ended };
static const struct task_ops little_ops = { little_run, actor_ended };

#define BIG_ONES 6

static void test_big_beside_small(void **state)
{
	(void)state;
	struct crew *c = crew_make(2);
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	struct scene s = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.left = BIG_ONES,
		.crew = c,
		.peer = fds[1] };
	struct actor big[BIG_ONES];
	struct actor little = { .task = { .ops = &little_ops, .fd = fds[0], .want_read = true },
		.scene = &s };
	start(c, &little.task);
	for (int i = 0; i < BIG_ONES; i++) {
		big[i] = (struct actor){ .task = { .ops = &big_ops, .fd = -1 }, .scene = &s };
		start(c, &big[i].task);
	}
	int nice_before = nice_own();
	crew_run(c);
	assert_false(s.late);
	assert_false(s.misled);
	assert_int_equal(s.most_inside, 2); // never more than there are cores
	assert_int_equal(s.nice_small, nice_before);
	// The big ones give way to all others (as far as there is a lower priority).
	assert_int_equal(
		s.nice_big, nice_before + RUN_BACK_NICE < 19 ? nice_before + RUN_BACK_NICE : 19);
	crew_free(c);
	close(fds[0]);
	close(fds[1]);
}

// --- who yielded comes after who was woken, where there are no threads for him ---

#define YIELDERS 50

struct yielder {
	struct task task;
	unsigned *runs; // of all of them
	bool *over;
};

static enum task_next yielder_run(struct task *t, unsigned wake)
{
	struct yielder *y = container_of(t, struct yielder, task);
	if (wake & TASK_STOPPING)
		return TASK_END;
	++*y->runs;
	return *y->over ? TASK_PARK : TASK_YIELD;
}

static void yielder_ended(struct task *t)
{
	(void)t;
}

static const struct task_ops yielder_ops = { .run = yielder_run, .ended = yielder_ended };

// One that waits for its socket in the midst of them: what is written there wakes it at the next look at the poller.
struct small {
	struct task task;
	int peer;
	unsigned *runs;
	unsigned sent_at, rounds, waited; // waited: runs of yielders meanwhile, the most
	bool *over;
	struct crew *crew;
};

static void small_send(struct small *s)
{
	s->sent_at = *s->runs;
	must(write(s->peer, "x", 1) == 1);
}

static enum task_next small_run(struct task *t, unsigned wake)
{
	struct small *s = container_of(t, struct small, task);
	char octet;
	if (wake & TASK_STOPPING)
		return TASK_END;
	if (wake & TASK_WOKEN)
		small_send(s);
	else if (read(t->fd, &octet, 1) == 1) {
		if (*s->runs - s->sent_at > s->waited)
			s->waited = *s->runs - s->sent_at;
		if (++s->rounds == 100) {
			*s->over = true;
			crew_stop(s->crew, 1000);
			return TASK_END;
		}
		small_send(s);
	}
	t->want_read = true;
	return TASK_PARK;
}

static const struct task_ops small_ops = { .run = small_run, .ended = yielder_ended };

static void test_small_before_big(void **state)
{
	(void)state;
	atomic_store(&threads_missing, true);
	struct crew *c = crew_make(1);
	struct yielder y[YIELDERS];
	unsigned runs = 0;
	bool over = false;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	for (int i = 0; i < YIELDERS; i++) {
		y[i] = (struct yielder){
			.task = { .ops = &yielder_ops, .fd = -1 }, .runs = &runs, .over = &over
		};
		start(c, &y[i].task);
	}
	struct small s = { .task = { .ops = &small_ops, .fd = fds[0] },
		.peer = fds[1],
		.runs = &runs,
		.over = &over,
		.crew = c };
	start(c, &s.task);
	crew_run(c);
	atomic_store(&threads_missing, false);
	assert_int_equal(s.rounds, 100);
	// A few, not all of them: one runs before the poller is looked at.
	assert_in_range(s.waited, 0, 4);
	assert_true(runs > 50); // and they had their turns
	crew_free(c);
	close(fds[0]);
	close(fds[1]);
}

// --- whose purse is empty comes after who has something ---

static void test_purse(void **state)
{
	(void)state;
	struct purse p = { 0 };
	uint64_t now = 1000 * NS_PER_S;
	assert_false(purse_is_empty(&p, now));
	purse_take(&p, now, RUN_PURSE_NS);
	assert_false(purse_is_empty(&p, now));
	purse_take(&p, now, 1);
	assert_true(purse_is_empty(&p, now));
	assert_false(purse_is_empty(&p, now + RUN_PURSE_SHARE));
	purse_take(&p, now, RUN_PURSE_NS);
	assert_true(purse_is_empty(&p, now + RUN_PURSE_SHARE * RUN_PURSE_NS));
	assert_false(purse_is_empty(&p, now + RUN_PURSE_SHARE * (RUN_PURSE_NS + 1)));
	now += 100 * NS_PER_S; // nothing is saved up
	purse_take(&p, now, RUN_PURSE_NS + 1);
	assert_true(purse_is_empty(&p, now));
}

#define POOR_ONES 50

struct purse_scene {
	struct crew *crew;
	unsigned poor_runs, poor_before; // before the rich one ran
	unsigned left;
	bool asleep; // all have been woken for the first time
};
struct payer {
	struct task task;
	struct purse_scene *scene;
	struct purse purse;
	bool is_poor;
	struct payer *all; // of the one who wakes them
};

static enum task_next payer_run(struct task *t, unsigned wake)
{
	struct payer *p = container_of(t, struct payer, task);
	struct purse_scene *s = p->scene;
	(void)wake;
	if (p->all) { // the last to be started: all others wait
		s->asleep = true;
		for (int i = 0; i <= POOR_ONES; i++)
			task_wake(&p->all[i].task); // the rich one is the last
		return TASK_END;
	}
	if (!s->asleep) {
		if (p->is_poor) {
			task_set_purse(t, &p->purse);
			atomic_store(&p->purse.paid_at, clock_mono() + 1000 * NS_PER_S);
		}
		return TASK_PARK;
	}
	if (p->is_poor)
		s->poor_runs++;
	else
		s->poor_before = s->poor_runs;
	return TASK_END;
}

static void payer_ended(struct task *t)
{
	struct purse_scene *s = container_of(t, struct payer, task)->scene;
	if (--s->left == 0)
		crew_stop(s->crew, 1000);
}

static const struct task_ops payer_ops = { payer_run, payer_ended };

static void test_poor_after_rich(void **state)
{
	(void)state;
	struct purse_scene s = { .crew = crew_make(1), .left = POOR_ONES + 2 };
	struct payer all[POOR_ONES + 1], starter = { .scene = &s, .all = all };
	for (int i = 0; i <= POOR_ONES; i++) {
		all[i] = (struct payer){ .scene = &s, .is_poor = i < POOR_ONES };
		all[i].task = (struct task){ .ops = &payer_ops, .fd = -1 };
		start(s.crew, &all[i].task);
	}
	starter.task = (struct task){ .ops = &payer_ops, .fd = -1 };
	start(s.crew, &starter.task);
	crew_run(s.crew);
	assert_int_equal(s.poor_before, 0);
	assert_int_equal(s.poor_runs, POOR_ONES);
	crew_free(s.crew);
}

// --- file descriptors ---

struct echo {
	struct task task;
	atomic_int *left;
	bool broken;
};

static enum task_next echo_run(struct task *t, unsigned wake)
{
	char b[256];
	ssize_t n = recv(t->fd, b, sizeof b, MSG_DONTWAIT);
	if (n > 0 && send(t->fd, b, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) != n)
		container_of(t, struct echo, task)->broken = true;
	t->want_read = true;
	return n == 0 || (wake & TASK_STOPPING) ? TASK_END : TASK_PARK;
}

static void echo_ended(struct task *t)
{
	struct echo *e = container_of(t, struct echo, task);
	close(t->fd);
	atomic_fetch_sub(e->left, 1);
}

static const struct task_ops echo_ops = { echo_run, echo_ended };

static void test_sockets(void **state)
{
	enum { PAIRS = 50 };
	struct crew *c = crew_make(3);
	struct echo e[PAIRS] = { 0 };
	int peer[PAIRS];
	atomic_int left = PAIRS;
	pthread_t runner;
	pthread_create(&runner, NULL, crew_main, c);
	for (int i = 0; i < PAIRS; i++) {
		int pair[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		peer[i] = pair[1];
		e[i] = (struct echo){
			.task = { .ops = &echo_ops, .fd = pair[0], .want_read = true },
			.left = &left
		};
		start(c, &e[i].task);
	}
	for (int round = 0; round < 100; round++) {
		char b[8];
		for (int i = 0; i < PAIRS; i++) {
			assert_int_equal(write(peer[i], "ping", 4), 4);
			if (round % 3 == 0)
				task_wake(&e[i].task); // at the same time as its input
		}
		for (int i = 0; i < PAIRS; i++)
			assert_int_equal(recv(peer[i], b, 4, MSG_WAITALL), 4);
	}
	for (int i = 0; i < PAIRS; i++)
		close(peer[i]);
	for (int i = 0; i < 5000 && left; i++)
		nap(1000);
	assert_int_equal(left, 0);
	crew_stop(c, 1000);
	pthread_join(runner, NULL);
	for (int i = 0; i < PAIRS; i++)
		assert_false(e[i].broken);
	crew_free(c);
}

// --- deadlines ---

struct ticker {
	struct task task;
	uint64_t step, due; // due: the deadline as it was set last
	atomic_int ticks;
	bool early, moves; // early: it came before it was due
	int others;
	atomic_bool ended;
};

static enum task_next ticker_run(struct task *t, unsigned wake)
{
	struct ticker *k = container_of(t, struct ticker, task);
	if (wake & TASK_STOPPING)
		return TASK_END;
	if (wake & TASK_DEADLINE) {
		k->early |= clock_mono() < k->due;
		atomic_fetch_add(&k->ticks, 1);
		must(t->deadline == 0);
	} else if (!(wake & TASK_WOKEN)) {
		k->others++;
	}
	if (k->moves || (wake & TASK_DEADLINE) || t->deadline == 0)
		k->due = t->deadline = clock_mono() + k->step;
	return TASK_PARK;
}

static void ticker_ended(struct task *t)
{
	atomic_store(&container_of(t, struct ticker, task)->ended, true);
}

static const struct task_ops ticker_ops = { ticker_run, ticker_ended };

static bool all_ticked(struct ticker *k, int count)
{
	for (int i = 0; i < count; i++)
		if (k[i].ticks < 5)
			return false;
	return true;
}

static void test_deadlines(void **state)
{
	enum { TICKERS = 20 };
	struct crew *c = crew_make(2);
	struct ticker k[TICKERS] = { 0 };
	struct ticker moved = {
		.task = { .ops = &ticker_ops, .fd = -1 }, .step = 200 * NS_PER_MS, .moves = true
	};
	for (unsigned i = 0; i < TICKERS; i++) {
		k[i] = (struct ticker){ .task = { .ops = &ticker_ops, .fd = -1 },
			.step = (i + 1) * NS_PER_MS };
		start(c, &k[i].task);
	}
	start(c, &moved.task);
	pthread_t runner;
	pthread_create(&runner, NULL, crew_main, c);
	// A deadline that is moved comes when it is due then, if nothing moves it in time; the others come as often as asked. However busy the machine is.
	for (int i = 0; i < 50 || (i < 5000 && !all_ticked(k, TICKERS)); i++) {
		nap(10000);
		task_wake(&moved.task);
	}
	crew_stop(c, 1000);
	pthread_join(runner, NULL);
	assert_false(moved.early);
	assert_true(all_ticked(k, TICKERS));
	for (int i = 0; i < TICKERS; i++) {
		assert_false(k[i].early);
		assert_int_equal(k[i].others, 0);
	}
	crew_free(c);
}

// --- blocking: others run on, within the budget ---

struct sleeper {
	struct task task;
	atomic_int *blocked, *most, *left;
	int budget;
	struct ticker *beside;
	bool tries, alone; // alone: nobody else ran while it was blocked
};

// Until as many are blocked as may be, and others have run meanwhile: on a busy machine that takes its time.
static void sleep_long_enough(struct sleeper *s)
{
	int ticks = atomic_load(&s->beside->ticks);
	nap(20000);
	for (int i = 0; i < 5000; i++) {
		s->alone = atomic_load(&s->beside->ticks) == ticks;
		if (!s->alone && atomic_load(s->most) >= s->budget)
			return;
		nap(1000);
	}
}

static enum task_next sleeper_run(struct task *t, unsigned wake)
{
	struct sleeper *s = container_of(t, struct sleeper, task);
	if (!s->tries) {
		crew_block_begin(CREW_RELAY);
	} else if (!crew_block_try(CREW_RELAY)) {
		t->deadline = clock_mono() + NS_PER_MS;
		return TASK_PARK;
	}
	int now = atomic_fetch_add(s->blocked, 1) + 1;
	int most = atomic_load(s->most);
	while (now > most && !atomic_compare_exchange_weak(s->most, &most, now))
		;
	sleep_long_enough(s);
	atomic_fetch_sub(s->blocked, 1);
	crew_block_end();
	must(crew_slice_used() < 2 * NS_PER_S);
	return TASK_END;
}

static void sleeper_ended(struct task *t)
{
	atomic_fetch_sub(container_of(t, struct sleeper, task)->left, 1);
}

static const struct task_ops sleeper_ops = { sleeper_run, sleeper_ended };

static void blocking(bool tries)
{
	enum { SLEEPERS = 40, BUDGET = 8 };
	struct op op;
	op_init(&op, 0);
	struct crew *c = NULL;
	struct crew_config config = { .cores = 1, .budget[CREW_RELAY] = BUDGET };
	assert_int_equal(crew_new(&op, &config, &c), 0);
	atomic_int blocked = 0, most = 0, left = SLEEPERS;
	struct sleeper s[SLEEPERS];
	struct ticker k = { .task = { .ops = &ticker_ops, .fd = -1 }, .step = NS_PER_MS };
	for (int i = 0; i < SLEEPERS; i++) {
		s[i] = (struct sleeper){ .task = { .ops = &sleeper_ops, .fd = -1 },
			.blocked = &blocked,
			.most = &most,
			.left = &left,
			.budget = BUDGET,
			.beside = &k,
			.tries = tries };
		start(c, &s[i].task);
	}
	start(c, &k.task);
	pthread_t runner;
	uint64_t began = clock_mono();
	pthread_create(&runner, NULL, crew_main, c);
	for (int i = 0; i < 20000 && left; i++)
		nap(1000);
	uint64_t took = clock_mono() - began;
	assert_int_equal(left, 0);
	assert_int_equal(most, BUDGET);
	assert_true(took >= 100 * NS_PER_MS); // 40 / 8 * 20 ms
	for (int i = 0; i < SLEEPERS; i++)
		assert_false(s[i].alone);
	crew_stop(c, 1000);
	pthread_join(runner, NULL);
	crew_free(c);
	op_done(&op);
}

static void test_blocking(void **state)
{
	blocking(false);
}

static void test_blocking_try(void **state)
{
	blocking(true);
}

// --- stopping ---

static enum task_next stubborn_run(struct task *t, unsigned wake)
{
	return TASK_PARK;
}

static const struct task_ops stubborn_ops = { stubborn_run, ticker_ended };

static void test_stop_grace(void **state)
{
	struct crew *c = crew_make(2);
	struct ticker stubborn = { .task = { .ops = &stubborn_ops, .fd = -1 } };
	struct ticker late = { .task = { .ops = &ticker_ops, .fd = -1 } };
	start(c, &stubborn.task);
	pthread_t runner;
	pthread_create(&runner, NULL, crew_main, c);
	nap(20000);
	uint64_t began = clock_mono();
	crew_stop(c, 100);
	struct op op;
	op_init(&op, 0);
	assert_int_equal(task_start(&op, c, &late.task), RC_CANCELLED);
	op_done(&op);
	pthread_join(runner, NULL);
	uint64_t took = clock_mono() - began;
	assert_true(took >= 100 * NS_PER_MS);
	assert_true(took < 5 * NS_PER_S);
	assert_true(stubborn.ended);
	crew_free(c);
}

// Tasks that do not end in time, each of which wakes the next one while it is ended.
struct link {
	struct task task;
	struct link *next;
	int *left;
};

static void link_ended(struct task *t)
{
	struct link *l = container_of(t, struct link, task);
	if (l->next)
		task_wake(&l->next->task);
	--*l->left;
	free(l);
}

static const struct task_ops link_ops = { stubborn_run, link_ended };

static void test_stop_wakes(void **state)
{
	struct crew *c = crew_make(2);
	int left = 10;
	struct link *next = NULL, *all[10];
	for (int i = 0; i < 10; i++) {
		all[i] = calloc(1, sizeof *all[i]);
		*all[i] = (struct link){ .task = { .ops = &link_ops, .fd = -1 }, .left = &left };
	}
	for (int i = 0; i < 10; i++) {
		all[i]->next =
			i < 9 ? all[i + 1] : next; // ended in this order: woken before its own end
		start(c, &all[i]->task);
	}
	pthread_t runner;
	pthread_create(&runner, NULL, crew_main, c);
	nap(10000);
	crew_stop(c, 10);
	pthread_join(runner, NULL);
	assert_int_equal(left, 0);
	crew_free(c);
}

static void test_never_run(void **state)
{
	struct crew *c = crew_make(0);
	struct ticker k = { .task = { .ops = &ticker_ops, .fd = -1 } };
	start(c, &k.task);
	crew_free(c);
	assert_true(k.ended);
	crew_free(NULL);
	crew_block_begin(CREW_DISK); // no crew here: nothing
	crew_block_end();
	assert_int_equal(crew_slice_used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake_one_core),
		cmocka_unit_test(test_wake_four_cores),
		cmocka_unit_test(test_wake_ping),
		cmocka_unit_test(test_big_beside_small),
		cmocka_unit_test(test_small_before_big),
		cmocka_unit_test(test_purse),
		cmocka_unit_test(test_poor_after_rich),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_blocking),
		cmocka_unit_test(test_blocking_try),
		cmocka_unit_test(test_stop_grace),
		cmocka_unit_test(test_stop_wakes),
		cmocka_unit_test(test_never_run),
	};
	return cmocka_run_group_tests_name("run/crew", tests, NULL, NULL);
}
