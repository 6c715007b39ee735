// SPDX-License-Identifier: Apache-2.0
#include "run/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/attr.h"
#include "run/crew.h"

#define N 500

static void heap_check(const struct timers *h)
{
	for (size_t i = 1; i <= h->count; i++) {
		assert_int_equal(h->heap[i].task->heap_at, i);
		if (i > 1)
			assert_true(h->heap[i / 2].key <= h->heap[i].key);
	}
}

// Random sets, moves and removals against a plain array.
static void test_random(void **state)
{
	struct timers h = { 0 };
	struct task *tasks = calloc(N, sizeof *tasks);
	uint64_t *due = calloc(N, sizeof *due);
	assert_true(timers_reserve(&h, N));
	unsigned seed = 7;
	uint64_t now = 1;
	for (int round = 0; round < 20000; round++) {
		size_t i = (size_t)rand_r(&seed) % N;
		switch (rand_r(&seed) % 4) {
		case 0:
			timers_remove(&h, &tasks[i]);
			tasks[i].due = due[i] = 0;
			break;
		case 1:
			timers_set(&h, &tasks[i], due[i] = 0);
			break;
		default:
			due[i] = now + 1 + (uint64_t)(rand_r(&seed) % 100);
			timers_set(&h, &tasks[i], due[i]);
		}
		if (round % 10 == 0)
			now++;
		for (struct task *t; (t = timers_take(&h, now));) {
			size_t at = (size_t)(t - tasks);
			assert_true(due[at] != 0 && due[at] <= now);
			due[at] = 0;
		}
		for (size_t k = 0; k < N; k++)
			assert_true(due[k] == 0 || due[k] > now);
		if (round % 500 == 0)
			heap_check(&h);
	}
	timers_done(&h);
	free(tasks);
	free(due);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };
	return cmocka_run_group_tests_name("run/timers", tests, NULL, NULL);
}
