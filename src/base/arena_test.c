// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void gives_zeroed_aligned_memory(void **state)
{
	struct arena a;
	arena_init(&a, 0);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 3000; n += 7) {
			char *p = arena_alloc(&a, n);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xff, n);
			char *text = arena_bytes(&a, n % 13);
			assert_non_null(text);
			memset(text, 0xee, n % 13);
		}
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	arena_done(&a);
	assert_non_null(arena_alloc(&a, 1)); // usable again
	arena_done(&a);
	arena_done(&a);
}

static void keeps_its_limit(void **state)
{
	struct arena a;
	arena_init(&a, 1000);
	assert_non_null(arena_alloc(&a, 600));
	assert_null(arena_alloc(&a, 401));
	assert_non_null(arena_alloc(&a, 400));
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, 0));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 1000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	arena_done(&a);
}

static void releases_like_a_stack(void **state)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	struct arena_mark empty = arena_mark(&a);
	char *kept = arena_bytes(&a, 10);
	memcpy(kept, "0123456789", 10);
	struct arena_mark outer = arena_mark(&a);
	for (int i = 0; i < 100; i++)
		memset(arena_alloc(&a, 5000), 1, 5000);
	struct arena_mark inner = arena_mark(&a);
	assert_non_null(arena_alloc(&a, 200000));
	arena_release(&a, inner);
	arena_release(&a, outer);
	assert_int_equal(a.used, 10);
	assert_memory_equal(kept, "0123456789", 10);
	char *again = arena_bytes(&a, 10);
	assert_ptr_equal(again, kept + 10);
	memset(again, 2, 10);
	arena_release(&a, empty);
	assert_int_equal(a.used, 0);
	arena_done(&a);
}

static void copies(void **state)
{
	struct arena a;
	arena_init(&a, 0);
	struct span s = arena_dup(&a, SPAN("text"));
	assert_true(span_eq(s, SPAN("text")));
	assert_null(arena_dup(&a, SPAN_NONE).p);
	s = arena_dup(&a, SPAN("")); // empty, not absent
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	assert_string_equal(arena_str(&a, SPAN("name")), "name");
	assert_string_equal(arena_str(&a, SPAN_NONE), "");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),
		cmocka_unit_test(keeps_its_limit),
		cmocka_unit_test(releases_like_a_stack),
		cmocka_unit_test(copies),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
