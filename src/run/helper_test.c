// SPDX-License-Identifier: Apache-2.0
// Requests to a helper process that hold no thread: in line and under way when the helper answers, hangs, dies or is stopped by the crew's end, and when
// nobody waits any more. This program plays the helper: what it does is the request's first octet.
#include "run/helper.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "run/crew.h"
#include "run/helper_serve.h"
#include "run/spawner.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
// cmocka needs the four above first
#include <cmocka.h>

#define MESSAGE_MAX 4096u
#define PARKED 4u
#define PATIENCE 60u // seconds: what hangs then hangs for the whole test
#define ROOM 2u      // for threads that wait
#define WORKER "worker"

static char program[4096];

// --- the helper ---

static atomic_uint noted;

static void serve(void *ctx, struct op *op, struct span request, struct buf *ret_answer)
{
	(void)ctx;
	(void)op;
	switch (request.p[0]) {
	case 'h': // hangs
		for (;;)
			pause();
	case 'd': // dies
		_exit(1);
	case 'n': // takes note
		atomic_fetch_add(&noted, 1);
		break;
	case 'c': // says how many notes it has
		buf_addf(ret_answer, "%u", atomic_load(&noted));
		return;
	case 'i': // says who it is
		buf_addf(ret_answer, "%d", (int)getpid());
		return;
	case 's': // takes its time
		usleep(20000);
		break;
	default:
		break;
	}
	buf_add(ret_answer, request);
}

// --- the server ---

struct world {
	struct spawner *spawner;
	struct crew *crew;
	struct helper *helper;
	pthread_t thread;
	bool runs;
	struct op op;
};

static void *crew_main(void *arg)
{
	crew_run(arg);
	return NULL;
}

static int setup_for(void **state, unsigned seconds)
{
	struct world *w = calloc(1, sizeof *w);
	static const char *const words[] = { WORKER, NULL };
	struct spawner_config spawner = { .program = program, .words = { words }, .count = 1 };
	struct crew_config crew = { .cores = 1, .budget = { [CREW_AUTH] = ROOM } };
	op_init(&w->op, 0);
	assert_int_equal(spawner_open(&w->op, &spawner, &w->spawner), 0);
	struct helper_config helper = { .spawner = w->spawner,
		.sockets = 1,
		.parked = PARKED,
		.block = CREW_AUTH,
		.answer_seconds = seconds,
		.restart_ms = 5,
		.message_max = MESSAGE_MAX,
		.name = "helper of the test",
		.unavailable = "not now" };
	assert_int_equal(crew_new(&w->op, &crew, &w->crew), 0);
	assert_int_equal(helper_open(&w->op, &helper, &w->helper), 0);
	assert_int_equal(helper_attach(&w->op, w->helper, w->crew), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, crew_main, w->crew), 0);
	w->runs = true;
	*state = w;
	return 0;
}

static int setup(void **state)
{
	return setup_for(state, PATIENCE);
}

// For what waits until the helper is taken for dead.
static int setup_hasty(void **state)
{
	return setup_for(state, 1);
}

static void stop(struct world *w)
{
	if (!w->runs)
		return;
	w->runs = false;
	crew_stop(w->crew, 10000);
	pthread_join(w->thread, NULL);
}

static int teardown(void **state)
{
	struct world *w = *state;
	stop(w);
	crew_free(w->crew);
	helper_close(w->helper);
	spawner_close(w->spawner);
	op_done(&w->op);
	free(w);
	return 0;
}

// --- who asks ---

struct asker {
	struct helper_call *call;
	char text[16];
	atomic_uint told;
};

static void answered(void *ctx)
{
	atomic_fetch_add(&((struct asker *)ctx)->told, 1);
}

static void ask(struct world *w, struct asker *a, char what, unsigned number)
{
	struct buf b = { 0 };
	a->told = 0;
	(void)snprintf(a->text, sizeof a->text, "%c%u", what, number); // fits
	buf_add(&b, span_str(a->text));
	assert_int_equal(helper_begin(&w->op, w->helper, &b, answered, a, &a->call), 0);
	assert_null(b.p);
}

// Its outcome, within some seconds.
static int outcome(struct world *w, struct asker *a)
{
	struct span answer;
	uint64_t generation;
	uint64_t until = clock_mono() + 20 * NS_PER_S;
	while (!a->told) {
		assert_true(clock_mono() < until);
		usleep(200);
	}
	int rc = helper_take(&w->op, a->call, &answer, &generation);
	assert_int_not_equal(rc, HELPER_WAIT);
	assert_int_equal(a->told, 1);
	if (rc == 0)
		assert_true(span_eq(answer, span_str(a->text)));
	return rc;
}

static uint64_t number_asked(struct world *w, const char *what)
{
	struct buf b = { 0 };
	struct span answer;
	uint64_t number, generation;
	buf_add(&b, span_str(what));
	assert_int_equal(helper_ask(&w->op, w->helper, &b, &answer, &generation), 0);
	assert_true(span_to_u64(answer, INT32_MAX, &number));
	return number;
}

// Whatever hangs is over.
static void kill_helper(struct world *w)
{
	assert_int_equal(kill((pid_t)number_asked(w, "i"), SIGKILL), 0);
}

// --- tests ---

static void test_answers(void **state)
{
	struct world *w = *state;
	struct asker askers[300];
	for (unsigned i = 0; i < countof(askers); i++)
		ask(w, &askers[i], i % 50 ? 'a' : 's', i);
	for (unsigned i = 0; i < countof(askers); i++)
		assert_int_equal(outcome(w, &askers[i]), 0);
}

// A task of the crew: it is run while nobody answers.
struct beat {
	struct task task;
	atomic_uint runs;
};

static enum task_next beat_run(struct task *t, unsigned wake)
{
	atomic_fetch_add(&container_of(t, struct beat, task)->runs, 1);
	return wake & TASK_STOPPING ? TASK_END : TASK_PARK;
}

static void beat_ended(struct task *t)
{
	(void)t;
}

// One core, and as many calls that hang as there are seats, and far more in line: the crew runs on, and none of its threads has been lost to them.
// In time, those whose request the helper had are told; those in line are answered by its successor.
static void test_hangs(void **state)
{
	struct world *w = *state;
	static const struct task_ops ops = { .run = beat_run, .ended = beat_ended };
	static struct beat beat;
	struct asker hung[PARKED], line[400];
	enum { LEFT = PARKED / 2 }; // whom nobody waits for hang, too
	beat = (struct beat){ .task = { .ops = &ops, .fd = -1 } };
	for (unsigned i = 0; i < PARKED; i++)
		ask(w, &hung[i], 'h', i);
	for (unsigned i = 0; i < countof(line); i++)
		ask(w, &line[i], 'a', i);
	uint64_t began = clock_mono();
	assert_int_equal(task_start(&w->op, w->crew, &beat.task), 0);
	while (!beat.runs)
		assert_true(clock_mono() - began < NS_PER_S / 2);
	for (unsigned i = 0; i < LEFT; i++)
		helper_forget(hung[i].call);
	for (unsigned i = LEFT; i < PARKED; i++) {
		assert_int_equal(outcome(w, &hung[i]), RC_UNAVAILABLE);
		assert_string_equal(op_text(&w->op, RC_UNAVAILABLE), "not now");
	}
	assert_true(clock_mono() - began >= NS_PER_S - NS_PER_S / 10);
	for (unsigned i = 0; i < countof(line); i++)
		assert_int_equal(outcome(w, &line[i]), 0);
}

// Dies with requests under way: they are lost, those in line are not; and with none: nobody notices.
static void test_dies(void **state)
{
	struct world *w = *state;
	struct asker hung[PARKED - 1], dies, line[40], later;
	for (unsigned i = 0; i < countof(hung); i++)
		ask(w, &hung[i], 'h', i);
	ask(w, &dies, 'd', 0);
	for (unsigned i = 0; i < countof(line); i++)
		ask(w, &line[i], 'a', i);
	for (unsigned i = 0; i < countof(hung); i++)
		assert_int_equal(outcome(w, &hung[i]), RC_UNAVAILABLE);
	assert_int_equal(outcome(w, &dies), RC_UNAVAILABLE);
	for (unsigned i = 0; i < countof(line); i++)
		assert_int_equal(outcome(w, &line[i]), 0);
	for (unsigned i = 0; i < 20; i++) { // again and again
		ask(w, &dies, 'd', 0);
		assert_int_equal(outcome(w, &dies), RC_UNAVAILABLE);
		ask(w, &later, 'a', i);
		assert_int_equal(outcome(w, &later), 0);
	}
}

// Nobody waits any more: in line, under way, answered already. Whose seats they had, others have later.
static void test_forgotten(void **state)
{
	struct world *w = *state;
	struct asker slow[PARKED], line[20], last;
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < PARKED; i++)
			ask(w, &slow[i], 's', i);
		for (unsigned i = 0; i < countof(line); i++)
			ask(w, &line[i], 'a', i);
		usleep(round * 7000);
		for (unsigned i = 0; i < countof(line); i += 2)
			helper_forget(line[i].call);
		for (unsigned i = 0; i < PARKED; i++)
			helper_forget(slow[i].call);
		for (unsigned i = 1; i < countof(line); i += 2)
			assert_int_equal(outcome(w, &line[i]), 0);
	}
	ask(w, &last, 'a', 1);
	assert_int_equal(outcome(w, &last), 0);
	helper_forget(NULL);
}

static bool note(struct span answer, struct buf *ret_request)
{
	buf_add(ret_request, SPAN("n"));
	return answer.p[0] == 's';
}

static void await_notes(struct world *w, unsigned count)
{
	uint64_t until = clock_mono() + 20 * NS_PER_S;
	while (number_asked(w, "c") < count) {
		assert_true(clock_mono() < until);
		usleep(200);
	}
}

// Who leaves has something done about the answer, be it there or still to come, or of nobody's interest.
static void test_left(void **state)
{
	struct world *w = *state;
	struct asker slow[PARKED - 1], other;
	ask(w, &other, 's', 0);
	while (!other.told)
		usleep(200);
	helper_leave(other.call, note);
	await_notes(w, 1); // one seat may still be busy with that
	for (unsigned i = 0; i < countof(slow); i++)
		ask(w, &slow[i], 's', i);
	for (unsigned i = 0; i < countof(slow); i++)
		helper_leave(slow[i].call, note);
	ask(w, &other, 'a', 0);
	helper_leave(other.call, note);
	await_notes(w, 1 + countof(slow));
	for (unsigned i = 0; i < countof(slow); i++) // and who dies does nothing
		ask(w, &slow[i], 'h', i);
	for (unsigned i = 0; i < countof(slow); i++)
		helper_leave(slow[i].call, note);
	kill_helper(w);
	unsigned tries = 0;
	do // the first ones may be lost with it
		ask(w, &other, 'a', tries++);
	while (outcome(w, &other) != 0 && tries < 1000);
	assert_in_range(tries, 1, 999);
	for (unsigned i = 0; i < countof(slow); i++)
		assert_int_equal(slow[i].told, 0);
}

// The end of the crew ends the waiting, and does not wait itself. Who asks with a thread may go on.
static void test_stopped(void **state)
{
	struct world *w = *state;
	struct asker hung[PARKED], line[40];
	struct buf b = { 0 };
	uint64_t began = clock_mono();
	for (unsigned i = 0; i < PARKED; i++)
		ask(w, &hung[i], 'h', i);
	for (unsigned i = 0; i < countof(line); i++)
		ask(w, &line[i], 'a', i);
	stop(w);
	assert_true(clock_mono() - began < NS_PER_S);
	for (unsigned i = 0; i < PARKED; i++)
		assert_int_equal(outcome(w, &hung[i]), RC_UNAVAILABLE);
	for (unsigned i = 0; i < countof(line); i++)
		assert_int_equal(outcome(w, &line[i]), RC_UNAVAILABLE);
	buf_add(&b, SPAN("a"));
	assert_int_equal(
		helper_begin(&w->op, w->helper, &b, answered, hung, &hung[0].call), RC_UNAVAILABLE);
	kill_helper(w);
}

// What is in line is bounded in octets; what nobody waits for is dropped silently then.
static void test_bounds(void **state)
{
	struct world *w = *state;
	static struct asker askers[HELPER_LINE_OCTETS / MESSAGE_MAX + PARKED + 1];
	static char big[MESSAGE_MAX + 1];
	struct buf b = { 0 };
	unsigned n = 0;
	int rc = 0;
	for (unsigned i = 0; i < PARKED; i++)
		ask(w, &askers[n++], 'h', i);
	while (rc == 0 && n < countof(askers)) {
		buf_add(&b, span_of(big, MESSAGE_MAX));
		askers[n].told = 0;
		rc = helper_begin(&w->op, w->helper, &b, answered, &askers[n], &askers[n].call);
		n += rc == 0;
	}
	assert_int_equal(rc, RC_UNAVAILABLE);
	assert_int_equal(n, PARKED + HELPER_LINE_OCTETS / MESSAGE_MAX);
	buf_add(&b, span_of(big, 10));
	helper_tell(w->helper, &b);
	buf_add(&b, span_of(big, sizeof big));
	assert_int_equal(
		helper_begin(&w->op, w->helper, &b, answered, askers, &askers[0].call), RC_TOOBIG);
	for (unsigned i = PARKED; i < n; i++)
		helper_forget(askers[i].call);
	for (unsigned i = 0; i < 10; i++) { // and room again
		buf_add(&b, SPAN("a"));
		helper_tell(w->helper, &b);
	}
	kill_helper(w);
	for (unsigned i = 0; i < PARKED; i++)
		assert_int_equal(outcome(w, &askers[i]), RC_UNAVAILABLE);
	ask(w, &askers[0], 'a', 0);
	assert_int_equal(outcome(w, &askers[0]), 0);
}

// Threads that ask and sessions that do not wait with one, at the same time, while the helper dies again and again.
static void *ask_main(void *arg)
{
	struct world *w = arg;
	struct op op;
	op_init(&op, 0);
	for (unsigned i = 0; i < 200; i++) {
		struct buf b = { 0 };
		struct span answer;
		uint64_t generation;
		buf_add(&b, SPAN("a"));
		int rc = helper_ask(&op, w->helper, &b, &answer, &generation);
		must(rc == 0 ? span_eq(answer, SPAN("a")) : rc == RC_UNAVAILABLE);
		op_reset(&op);
		usleep(500);
	}
	op_done(&op);
	return NULL;
}

static void test_both(void **state)
{
	struct world *w = *state;
	struct asker askers[20], dies;
	pthread_t threads[3];
	for (unsigned i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_main, w), 0);
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < countof(askers); i++)
			ask(w, &askers[i], i % 3 ? 'a' : 's', i);
		ask(w, &dies, 'd', 0);
		for (unsigned i = 0; i < countof(askers); i++) {
			int rc = outcome(w, &askers[i]);
			assert_true(rc == 0 || rc == RC_UNAVAILABLE);
		}
		assert_int_equal(outcome(w, &dies), RC_UNAVAILABLE);
	}
	for (unsigned i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	ask(w, &askers[0], 'a', 0);
	assert_int_equal(outcome(w, &askers[0]), 0);
}

// A task that asks with the thread that runs it.
struct waiter {
	struct task task;
	struct world *world;
	char what;
	atomic_int rc; // HELPER_WAIT: no outcome yet
};

static enum task_next waiter_run(struct task *t, unsigned wake)
{
	struct waiter *self = container_of(t, struct waiter, task);
	struct op op;
	struct buf b = { 0 };
	struct span answer;
	uint64_t generation;
	(void)wake;
	op_init(&op, 0);
	buf_addc(&b, self->what);
	self->rc = helper_ask(&op, self->world->helper, &b, &answer, &generation);
	op_done(&op);
	return TASK_END;
}

// All the room for threads that wait is taken by such as need the helper, and more come than there is room for, when it is taken for dead with calls in
// line. Whoever starts it must not wait for room: nobody would ever give any back.
static void test_no_room(void **state)
{
	struct world *w = *state;
	static const struct task_ops ops = { .run = waiter_run, .ended = beat_ended };
	static struct waiter waiters[8 * ROOM];
	struct asker hung[PARKED], line;
	for (unsigned i = 0; i < PARKED; i++)
		ask(w, &hung[i], 'h', i);
	ask(w, &line, 'a', 0);
	usleep(50000); // mostly, it is these calls then whose time is over first
	for (unsigned i = 0; i < countof(waiters); i++) {
		waiters[i] = (struct waiter){ .task = { .ops = &ops, .fd = -1 },
			.world = w,
			.what = i ? 'a' : 'h',
			.rc = HELPER_WAIT };
		assert_int_equal(task_start(&w->op, w->crew, &waiters[i].task), 0);
	}
	for (unsigned i = 0; i < PARKED; i++)
		assert_int_equal(outcome(w, &hung[i]), RC_UNAVAILABLE);
	assert_int_equal(outcome(w, &line), 0);
	uint64_t until = clock_mono() + 20 * NS_PER_S;
	for (unsigned i = 0; i < countof(waiters); i++) {
		while (waiters[i].rc == HELPER_WAIT) {
			assert_true(clock_mono() < until);
			usleep(200);
		}
		assert_int_equal(waiters[i].rc, i ? 0 : RC_UNAVAILABLE);
	}
}

// Sessions, as the crew runs them: each asks, loses patience now and then, and asks again, while the helper dies now and then. At the end all are ended by force, in
// whatever they are.
struct talker {
	struct task task;
	struct world *world;
	struct helper_call *call;
	unsigned number, random, asked;
	char text[24];
};
static atomic_uint talked; // answers

static unsigned chance(struct talker *t, unsigned of)
{
	t->random = t->random * 1103515245u + 12345u;
	return (t->random >> 16) % of;
}

static void talker_woken(void *ctx)
{
	task_wake(&((struct talker *)ctx)->task);
}

static void talker_ask(struct op *op, struct talker *t)
{
	struct buf b = { 0 };
	(void)snprintf(t->text, sizeof t->text, "%c%u.%u", chance(t, 300) ? 'a' : 'd', t->number,
		t->asked++); // fits
	buf_add(&b, span_str(t->text));
	int rc = helper_begin(op, t->world->helper, &b, talker_woken, t, &t->call);
	must(rc == 0 || rc == RC_UNAVAILABLE);
	t->task.deadline = clock_mono() + (rc == 0 && chance(t, 2) ? chance(t, 2000000) : NS_PER_S);
}

static enum task_next talker_run(struct task *task, unsigned wake)
{
	struct talker *t = container_of(task, struct talker, task);
	struct op op;
	struct span answer;
	uint64_t generation;
	(void)wake; // also TASK_STOPPING: it goes on
	op_init(&op, 0);
	int rc = t->call ? helper_take(&op, t->call, &answer, &generation) : 0;
	if (t->call && rc == HELPER_WAIT && !task->deadline)
		helper_forget(t->call);
	else if (t->call && rc == 0)
		must(span_eq(answer, span_str(t->text)));
	if (t->call && rc == 0)
		atomic_fetch_add(&talked, 1);
	if (!t->call || rc != HELPER_WAIT || !task->deadline) {
		t->call = NULL;
		talker_ask(&op, t);
	}
	op_done(&op);
	return TASK_PARK;
}

static void talker_ended(struct task *task)
{
	struct talker *t = container_of(task, struct talker, task);
	helper_forget(t->call);
	t->call = NULL;
}

static void test_crowd(void **state)
{
	struct world *w = *state;
	static const struct task_ops ops = { .run = talker_run, .ended = talker_ended };
	static struct talker talkers[60];
	talked = 0;
	for (unsigned i = 0; i < countof(talkers); i++) {
		talkers[i] = (struct talker){
			.task = { .ops = &ops, .fd = -1 }, .world = w, .number = i, .random = i
		};
		assert_int_equal(task_start(&w->op, w->crew, &talkers[i].task), 0);
	}
	uint64_t until = clock_mono() + 20 * NS_PER_S;
	while (talked < 3000) {
		assert_true(clock_mono() < until);
		usleep(1000);
	}
	w->runs = false;
	crew_stop(w->crew, 1);
	pthread_join(w->thread, NULL);
	for (unsigned i = 0; i < countof(talkers); i++)
		assert_null(talkers[i].call);
}

int main(int argc, char **argv)
{
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(WORKER)))
		return helper_serve(
			&(struct helper_service){ .message_max = MESSAGE_MAX, .serve = serve },
			1 + PARKED);
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(SPAWNER_COMMAND)))
		return spawner_main(argc - 1, argv + 1);
	must(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hangs, setup_hasty, teardown),
		cmocka_unit_test_setup_teardown(test_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup_hasty, teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
