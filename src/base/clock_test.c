// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <time.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void runs_forward(void **state)
{
	uint64_t last = clock_mono(), cpu = clock_thread();
	for (int i = 0; i < 100000; i++) {
		uint64_t now = clock_mono();
		assert_true(now >= last);
		last = now;
	}
	assert_true(clock_thread() > cpu);
}

static void tells_the_date(void **state)
{
	int64_t now = (int64_t)time(NULL);
	assert_in_range(clock_real() - now + 1, 0, 3);
	clock_shift_for_test(-86400);
	assert_in_range(clock_real() - now + 86401, 0, 3);
	clock_shift_for_test(0);
	assert_in_range(clock_real() - now + 1, 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_forward),
		cmocka_unit_test(tells_the_date),
	};
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
