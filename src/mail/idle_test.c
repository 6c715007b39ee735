// SPDX-License-Identifier: Apache-2.0
#include "mail/idle.h"

#include "base/limits.h"
#include "mail/mail_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_order(void **state)
{
	(void)state;
	struct idle idle = { 0 };
	struct account a[4] = { 0 };
	for (int i = 0; i < 4; i++)
		idle_add(&idle, &a[i]);
	assert_null(idle_excess(&idle));
	idle_remove(&idle, &a[1]); // from the middle, and it comes back as the newest
	idle_add(&idle, &a[1]);
	static const int order[] = { 0, 2, 3, 1 };
	for (int i = 0; i < 4; i++) {
		assert_ptr_equal(idle.oldest, &a[order[i]]);
		idle_remove(&idle, idle.oldest);
	}
	assert_null(idle.newest);
	assert_int_equal(idle.count, 0);
	assert_int_equal(idle.octets, 0);
	idle_add(&idle, &a[0]);
	idle_add(&idle, &a[1]);
	idle_remove(&idle, &a[1]); // the newest
	assert_ptr_equal(idle.newest, &a[0]);
	assert_ptr_equal(idle.oldest, &a[0]);
}

static void test_too_many(void **state)
{
	(void)state;
	struct idle idle = { 0 };
	struct account *a = calloc(ACCOUNTS_IDLE_MAX + 1, sizeof *a);
	assert_non_null(a);
	for (size_t i = 0; i < ACCOUNTS_IDLE_MAX; i++) {
		idle_add(&idle, &a[i]);
		assert_null(idle_excess(&idle));
	}
	idle_add(&idle, &a[ACCOUNTS_IDLE_MAX]);
	assert_ptr_equal(idle_excess(&idle), &a[0]);
	idle_remove(&idle, &a[0]);
	assert_null(idle_excess(&idle));
	free(a);
}

// A large one pushes the older ones out, until what is left is small enough; in the end itself.
static void test_too_large(void **state)
{
	(void)state;
	struct idle idle = { 0 };
	struct tree large = { .count = 100000 };
	struct account a[4] = { [1] = { .tree = &large },
		[2] = { .idle_messages = 2000000 },
		[3] = { .idle_messages = 8000000 } };
	for (int i = 0; i < 3; i++)
		idle_add(&idle, &a[i]);
	assert_null(idle_excess(&idle)); // 60 MB and 64 MB
	idle_add(&idle, &a[3]);
	for (int i = 0; i < 4; i++) {
		assert_ptr_equal(idle_excess(&idle), &a[i]);
		idle_remove(&idle, &a[i]);
	}
	assert_int_equal(idle.octets, 0);
	// What changed while somebody had it counts when it comes back, what changes after that does not.
	a[2].idle_messages = 1;
	idle_add(&idle, &a[2]);
	a[2].idle_messages = 8000000;
	idle_remove(&idle, &a[2]);
	assert_int_equal(idle.octets, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
