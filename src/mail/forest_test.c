// SPDX-License-Identifier: Apache-2.0
// The forest by walking and by paths, against walks over a plain array of parents.
#include "mail/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODES 400u

static bool lies_below(const uint32_t *parent, uint32_t v, uint32_t of)
{
	for (; v != FOREST_NONE; v = parent[v])
		if (v == of)
			return true;
	return false;
}

static void run(unsigned seed, bool paths, uint32_t nodes)
{
	struct forest f = { 0 };
	uint32_t parent[NODES];
	if (paths)
		f.steps = UINT64_MAX / 2; // the first walk is one too many
	for (uint32_t i = 0; i < nodes / 2; i++)
		assert_int_equal(forest_add(&f), i);
	for (uint32_t i = 0; i < nodes; i++)
		parent[i] = FOREST_NONE;
	for (int step = 0; step < 4000; step++) {
		uint32_t count = (uint32_t)f.count;
		uint32_t a = (uint32_t)rand_r(&seed) % count, b = (uint32_t)rand_r(&seed) % count;
		if (count < nodes && rand_r(&seed) % 8 == 0)
			assert_int_equal(forest_add(&f), count);
		if (rand_r(&seed) % 4 == 0 || parent[a] != FOREST_NONE) {
			forest_cut(&f, a);
			parent[a] = FOREST_NONE;
		}
		assert_true(forest_link(&f, a, b));
		if (!lies_below(parent, b, a))
			parent[a] = b;
		assert_int_equal(f.parent[a], parent[a]);
	}
	assert_true(!paths || f.paths);
	assert_memory_equal(f.parent, parent, f.count * sizeof *parent);
	forest_done(&f);
}

static void test_forest(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < 40; seed++) {
		run(seed, seed % 2, 6 + seed % 5);
		run(seed, seed % 2, NODES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_forest) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
