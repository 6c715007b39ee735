// SPDX-License-Identifier: Apache-2.0
#include "run/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void reuse(size_t size)
{
	struct pool *p = pool_new(size, 2);
	assert_non_null(p);
	assert_int_equal(pool_block_size(p), size);
	void *a = pool_take(p), *b = pool_take(p), *c = pool_take(p);
	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	memset(a, 1, size);
	memset(c, 1, size);
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

static void test_reuse(void **state)
{
	reuse(4096);
	reuse(72u << 10); // mapped
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reuse) };
	return cmocka_run_group_tests_name("run/pool", tests, NULL, NULL);
}
