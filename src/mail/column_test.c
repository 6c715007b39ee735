// SPDX-License-Identifier: Apache-2.0
#include "mail/column.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct column *new_column(uint32_t data, size_t n)
{
	struct column_key key = { 1, data, column_kind(0, COLLATION_UNICODE_CASEMAP) };
	struct column *c = column_new(&key, n);
	assert_non_null(c);
	c->n = (uint32_t)n; // its octets count; nobody reads them
	return c;
}

static bool is_kept(struct columns *s, uint32_t data, uint64_t now)
{
	struct column_key key = { 1, data, column_kind(0, COLLATION_UNICODE_CASEMAP) };
	struct column *c = columns_find(s, &key, now);
	column_unref(c);
	return c != NULL;
}

static void keep(struct columns *s, uint32_t data, size_t n, uint64_t now)
{
	struct column *c = new_column(data, n);
	columns_keep(s, c, now);
	column_unref(c);
}

static void test_names(void **state)
{
	(void)state;
	struct columns *s = columns_new(0);
	struct column *c = new_column(5, 3);
	columns_keep(s, c, 1);
	struct column_key keys[] = { c->key, c->key, c->key };
	keys[0].partition++;
	keys[1].data++;
	keys[2].kind = column_kind(0, COLLATION_OCTET);
	for (size_t i = 0; i < countof(keys); i++)
		assert_null(columns_find(s, &keys[i], 1));
	struct column *found = columns_find(s, &c->key, 1);
	assert_ptr_equal(found, c);
	column_unref(found);
	keep(s, 5, 4, 1); // in its place
	found = columns_find(s, &c->key, 1);
	assert_int_equal(found->n, 4);
	column_unref(found);
	column_unref(c);
	columns_free(s);
}

// Those that were not wanted for the longest time go first.
static void test_too_many(void **state)
{
	(void)state;
	struct columns *s = columns_new(0);
	for (uint32_t i = 0; i < COLUMNS_MAX; i++)
		keep(s, i, 1, i);
	assert_true(is_kept(s, 0, COLUMNS_MAX));
	keep(s, COLUMNS_MAX, 1, COLUMNS_MAX);
	assert_false(is_kept(s, 1, COLUMNS_MAX));
	assert_true(is_kept(s, 0, COLUMNS_MAX));
	assert_true(is_kept(s, 2, COLUMNS_MAX));
	columns_free(s);
}

// Within so many octets.
static void too_large(struct columns *s, size_t most)
{
	const size_t each = 2 * sizeof(uint32_t), third = most / 3 / each, one = most / 4 * 3;
	for (uint32_t i = 0; i < 3; i++)
		keep(s, i, third - 1000, i);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(is_kept(s, i, 3 + i));
	keep(s, 3, third - 1000, 7);
	assert_false(is_kept(s, 0, 8));
	assert_true(is_kept(s, 1, 8));
	keep(s, 4, one / each, 9); // a little too large for itself: it drives nobody out
	assert_false(is_kept(s, 4, 9));
	assert_true(is_kept(s, 1, 9));
	keep(s, 5, one / each - 1000, 10);
	assert_true(is_kept(s, 5, 11));
	assert_false(is_kept(s, 2, 11));
	assert_false(is_kept(s, 3, 11));
	columns_free(s);
}

static void test_too_large(void **state)
{
	(void)state;
	too_large(columns_new(0), COLUMNS_OCTETS);
	too_large(columns_new(UINT64_C(1) << 44), COLUMNS_OCTETS);
	too_large(columns_new(COLUMNS_SHARE * UINT64_C(4000000)), 4000000);
}

static void test_age(void **state)
{
	(void)state;
	struct columns *s = columns_new(0);
	keep(s, 1, 1, 0);
	keep(s, 2, 1, 0);
	assert_true(is_kept(s, 1, COLUMNS_KEEP_NS)); // wanted again
	assert_false(is_kept(s, 2, COLUMNS_KEEP_NS + 1));
	assert_true(is_kept(s, 1, COLUMNS_KEEP_NS + 1));
	columns_free(s);
}

// Though nobody sorts any more: all that are too old at once.
static void test_nobody_sorts(void **state)
{
	(void)state;
	struct columns *s = columns_new(0);
	struct column *c = new_column(1, 1);
	columns_keep(s, c, 0);
	keep(s, 2, 1, 0);
	keep(s, 3, 1, 1);
	columns_age(s, COLUMNS_KEEP_NS);
	assert_true(is_kept(s, 2, 0)); // "now" as it was: it gets no younger by this look
	columns_age(s, COLUMNS_KEEP_NS + 1);
	assert_int_equal(atomic_load(&c->refs.count), 1);
	assert_false(is_kept(s, 1, 0));
	assert_false(is_kept(s, 2, 0));
	assert_true(is_kept(s, 3, 0));
	column_unref(c);
	columns_free(s);
}

// Places and shares, beside a plain look at each number.
static void test_shared(void **state)
{
	(void)state;
	unsigned seed = 3;
	for (int round = 0; round < 2000; round++) {
		struct numset uids = { 0 }, less = { 0 };
		struct column *c = new_column(1, 60);
		uint32_t most = 1 + (uint32_t)rand_r(&seed) % 120, shared = 0;
		c->n = 0;
		for (uint32_t uid = 1; uid <= most; uid++) {
			bool has = c->n < 60 && rand_r(&seed) % 3, wanted = rand_r(&seed) % 3;
			if (has)
				c->uids[c->n++] = uid;
			if (wanted)
				numset_add(&uids, uid);
			if (wanted && !has)
				numset_add(&less, uid);
			shared += has && wanted;
		}
		assert_int_equal(column_shared(c, &uids), shared);
		assert_int_equal(
			column_is(c, &uids), shared == c->n && shared == numset_size(&uids));
		uint32_t uid = (uint32_t)rand_r(&seed) % (most + 2), from = 0, at = 0;
		while (at < c->n && c->uids[at] < uid)
			at++;
		from = at ? (uint32_t)rand_r(&seed) % (at + 1) : 0;
		assert_int_equal(column_seek(c, from, uid), at);
		column_subtract(c, &uids);
		assert_int_equal(numset_size(&uids), numset_size(&less));
		for (size_t i = 0; i < less.count; i++)
			assert_int_equal(uids.ranges[i].first, less.ranges[i].first);
		numset_done(&uids);
		numset_done(&less);
		column_unref(c);
	}
}

static void test_use(void **state)
{
	(void)state;
	struct column *c = new_column(1, 1000);
	assert_int_equal(column_use(NULL, 0, 7, 2000), COLUMN_ANEW);
	assert_int_equal(column_use(c, 1000, 1000, 1000), COLUMN_WHOLE);
	assert_int_equal(column_use(c, 7, 7, 2000), COLUMN_WHOLE);
	assert_int_equal(column_use(c, 1000, 1010, 2000), COLUMN_EXTEND);
	assert_int_equal(column_use(c, 1000, 1100, 2000), COLUMN_ANEW);
	assert_int_equal(column_use(c, 900, 901, 2000), COLUMN_EXTEND); // some went away
	assert_int_equal(column_use(c, 500, 501, 2000), COLUMN_LEND);   // or are not asked for
	assert_int_equal(column_use(c, 500, 501, 501), COLUMN_EXTEND);  // half of it went away
	assert_int_equal(column_use(c, 499, 500, 2000), COLUMN_ANEW);
	assert_int_equal(column_use(c, 20, 21, 2000), COLUMN_BESIDE);
	assert_int_equal(column_use(c, 20, 21, 21), COLUMN_EXTEND); // nearly all of it
	assert_int_equal(column_use(c, 5, 21, 21), COLUMN_ANEW);
	column_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_nobody_sorts),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
