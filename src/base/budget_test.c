// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

static void bounds(void **state)
{
	(void)state;
	struct budget *all = budget_new(NULL, 100), *one = budget_new(all, 60),
		      *other = budget_new(all, 30);
	assert_true(budget_take(one, 50));
	assert_false(budget_take(one, 1)); // it would leave less than it has
	assert_false(budget_take(other, 26));
	assert_int_equal(budget_used(other), 0);
	assert_true(budget_take(other, 25));
	assert_false(budget_take(other, 1));
	budget_give(one, 20);
	assert_true(budget_take(other, 5));
	assert_false(budget_take(other, 1)); // its own bound
	assert_false(budget_take(other, SIZE_MAX));
	assert_false(budget_take(all, SIZE_MAX));
	assert_true(budget_take(all, 40)); // the whole has no such rule
	assert_false(budget_take(all, 1));
	budget_give(all, 40);
	budget_give(one, 30);
	budget_give(other, 30);
	assert_int_equal(budget_used(all), 0);
	assert_true(budget_take(NULL, SIZE_MAX)); // none: no bound
	budget_give(NULL, SIZE_MAX);
	budget_unref(all);
	budget_unref(one);
	budget_unref(other);
}

// However many take all they can, as fast as they can: who comes next finds room.
static void greedy(void **state)
{
	(void)state;
	struct budget *all = budget_new(NULL, 1 << 20), *users[10];
	for (size_t i = 0; i < 10; i++)
		users[i] = budget_new(all, 1 << 20);
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < 10; i++)
			more |= budget_take(users[i], 1024);
	}
	struct budget *next = budget_new(all, 1 << 20);
	assert_true(budget_take(next, (1 << 20) / 11 / 2 - 10240));
	assert_true(budget_used(users[0]) >= (1 << 20) / 11 - 1024);
	budget_give(next, budget_used(next));
	budget_unref(next);
	for (size_t i = 0; i < 10; i++) {
		budget_give(users[i], budget_used(users[i]));
		budget_unref(users[i]);
	}
	assert_int_equal(budget_used(all), 0);
	budget_unref(all);
}

static void charges(void **state)
{
	(void)state;
	struct budget *all = budget_new(NULL, 100);
	struct charge a, none = { .n = 0 };
	charge_init(&a, all);
	budget_unref(all); // the charge keeps it
	assert_true(charge_add(&a, 70));
	assert_false(charge_add(&a, 31));
	assert_true(charge_add(&a, 30));
	charge_less(&a, 50);
	assert_true(charge_add(&a, 50));
	charge_done(&a);
	charge_done(&a);
	assert_true(charge_add(&none, 1000));
	charge_done(&none);
}

// Only big blocks count, and only from when the arena has a budget.
static void arenas(void **state)
{
	(void)state;
	struct budget *all = budget_new(NULL, 1 << 20);
	struct arena a;
	arena_init(&a, 0);
	assert_non_null(arena_alloc(&a, 2 << 20));
	arena_set_budget(&a, all);
	assert_int_equal(budget_used(all), 0);
	assert_null(arena_alloc(&a, 1 << 20)); // with its header it is larger
	assert_non_null(arena_alloc(&a, 700000));
	struct arena_mark mark = arena_mark(&a);
	assert_non_null(arena_alloc(&a, 200000));
	assert_in_range(budget_used(all), 900000, 1 << 20);
	assert_null(arena_alloc(&a, 200000));
	arena_release(&a, mark);
	assert_non_null(arena_alloc(&a, 200000));
	arena_set_budget(&a, NULL); // what is charged stays so until it is freed
	assert_in_range(budget_used(all), 900000, 1 << 20);
	arena_reset(&a);
	assert_int_equal(budget_used(all), 0);
	arena_set_budget(&a, all);
	for (int i = 0; i < 60; i++)
		assert_non_null(arena_alloc(&a, 1000)); // a usual command
	assert_int_equal(budget_used(all), 0);
	arena_set_budget(&a, NULL);
	arena_done(&a);
	budget_unref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),
		cmocka_unit_test(greedy),
		cmocka_unit_test(charges),
		cmocka_unit_test(arenas),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
