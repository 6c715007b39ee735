// SPDX-License-Identifier: Apache-2.0
#include "run/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_reuse(void **state)
{
	struct pool *p = pool_new(4096, 2);
	assert_non_null(p);
	assert_int_equal(pool_block_size(p), 4096);
	void *a = pool_take(p), *b = pool_take(p), *c = pool_take(p);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	memset(a, 1, 4096);
	memset(c, 1, 4096);
	pool_give(p, a);
	pool_give(p, b);
	pool_give(p, c); // beyond `keep`: freed
	assert_ptr_equal(pool_take(p), b);
	assert_ptr_equal(pool_take(p), a);
	pool_give(p, a);
	pool_give(p, b);
	pool_give(p, NULL);
	pool_free(p);
	pool_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reuse) };
	return cmocka_run_group_tests_name("run/pool", tests, NULL, NULL);
}
