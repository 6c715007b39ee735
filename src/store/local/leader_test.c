// SPDX-License-Identifier: Apache-2.0
// A thread that gives way to all others writes no group: somebody else's commit may be in it, or wait for it.
#include "store/local/local_priv.h"
#include "store/testing.h"

#include "base/limits.h"
#include "run/crew.h"

#include <sys/resource.h>

struct scene {
	struct fixture f;
	struct files files;
	struct task task;
	unsigned runs;
	int rc;
	bool was_back;
	_Atomic int lowest; // the greatest nice value of a thread that synced
};

static int own_nice(void)
{
	return getpriority(PRIO_PROCESS, 0); // of this thread alone (Linux)
}

static int note_sync(void *ctx, enum file_call call, size_t *n)
{
	struct scene *s = ctx;
	(void)n;
	if (call == FILE_SYNC && own_nice() > atomic_load(&s->lowest))
		atomic_store(&s->lowest, own_nice());
	return 0;
}

static void commit_one(struct scene *s)
{
	struct store_batch b;
	struct store_ticket t;
	struct op op;
	op_init(&op, 0);
	batch_init(&b, 1);
	batch_put(&b, SPAN("key"), SPAN("value"));
	s->rc = store_submit(&op, s->f.s, &b, &t);
	batch_done(&b);
	if (s->rc == 0)
		s->rc = store_wait(&op, s->f.s, t);
	op_done(&op);
}

static enum task_next run(struct task *t, unsigned wake)
{
	struct scene *s = container_of(t, struct scene, task);
	(void)wake;
	if (++s->runs == 1)
		return TASK_YIELD;
	s->was_back = crew_is_back();
	commit_one(s);
	return TASK_END;
}

static void ended(struct task *t)
{
	crew_stop(t->crew, 1000);
}

static void nobody_waits_for_the_back(void **state)
{
	static const struct task_ops ops = { run, ended };
	struct scene s = { .files = { note_sync, &s }, .task = { .ops = &ops, .fd = -1 } };
	struct crew *crew;
	struct span v;
	(void)state;
	fixture_begin(&s.f, "local");
	store_close(s.f.s);
	op_reset(&s.f.op);
	ok(&s.f.op, local_open_with(&s.f.op, &s.f.config, &s.files, &s.f.s));
	ok(&s.f.op, crew_new(&s.f.op, &(struct crew_config){ .cores = 1 }, &crew));
	ok(&s.f.op, task_start(&s.f.op, crew, &s.task));
	atomic_store(&s.lowest, own_nice());
	crew_run(crew);
	crew_free(crew);
	assert_true(s.was_back);
	assert_int_equal(s.rc, 0);
	assert_int_equal(atomic_load(&s.lowest), own_nice());
	ok(&s.f.op, store_get(&s.f.op, s.f.s, NULL, 1, SPAN("key"), &v));
	assert_true(span_eq(v, SPAN("value")));
	fixture_end(&s.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_waits_for_the_back) };
	return cmocka_run_group_tests_name("store/local/leader", tests, NULL, NULL);
}
