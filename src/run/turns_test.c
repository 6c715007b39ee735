// SPDX-License-Identifier: Apache-2.0
#include "run/turns.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the four above first
#include <cmocka.h>

#include "base/must.h"
#include "base/span.h"

static void called(void *ctx)
{
	++*(unsigned *)ctx;
}

// First come, first served; who leaves the line is passed over; who had his turn before he knew gives it back.
static void test_order(void **state)
{
	(void)state;
	struct turns *turns = turns_new(2);
	struct turn t[6] = { 0 };
	unsigned told[6] = { 0 };
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(turns_take(turns, &t[i], called, &told[i]), i < 2);
	assert_true(turns_take(turns, &t[0], called, &told[0]));  // he has it
	assert_false(turns_take(turns, &t[2], called, &told[2])); // in line once
	turns_give(turns, &t[3]);
	turns_give(turns, &t[0]);
	assert_int_equal(told[2], 1);
	assert_true(turns_take(turns, &t[2], called, &told[2]));
	turns_give(turns, &t[1]);
	assert_int_equal(told[4], 1);
	turns_give(turns, &t[4]);
	assert_int_equal(told[5], 1);
	turns_give(turns, &t[5]);
	turns_give(turns, &t[5]); // nothing
	assert_true(turns_take(turns, &t[3], called, &told[3]));
	assert_false(turns_take(turns, &t[0], called, &told[0]));
	turns_give(turns, &t[0]); // out of the line
	turns_give(turns, &t[2]);
	turns_give(turns, &t[3]);
	assert_int_equal(told[0] + told[1] + told[3], 0);
	assert_true(turns_take(turns, &t[0], called, &told[0]));
	assert_true(turns_take(turns, &t[1], called, &told[1]));
	turns_give(turns, &t[0]);
	turns_give(turns, &t[1]);
	turns_free(turns);
}

#define MOST 3
struct crowd {
	struct turns *turns;
	atomic_uint inside;
};
struct bell {
	pthread_mutex_t lock;
	pthread_cond_t rung;
	bool rang;
};

static void ring(void *ctx)
{
	struct bell *b = ctx;
	pthread_mutex_lock(&b->lock);
	b->rang = true;
	pthread_cond_signal(&b->rung);
	pthread_mutex_unlock(&b->lock);
}

static void *one_of(void *arg)
{
	struct crowd *c = arg;
	struct bell b = { .rang = false };
	must(pthread_mutex_init(&b.lock, NULL) == 0 && pthread_cond_init(&b.rung, NULL) == 0);
	for (unsigned i = 0; i < 5000; i++) {
		struct turn t = { .has = false };
		b.rang = false;
		if (!turns_take(c->turns, &t, ring, &b)) {
			if (i % 16 == 0) { // patience is over
				turns_give(c->turns, &t);
				continue;
			}
			pthread_mutex_lock(&b.lock);
			while (!b.rang)
				pthread_cond_wait(&b.rung, &b.lock);
			pthread_mutex_unlock(&b.lock);
			must(turns_take(c->turns, &t, ring, &b));
		}
		must(atomic_fetch_add(&c->inside, 1) < MOST);
		atomic_fetch_sub(&c->inside, 1);
		turns_give(c->turns, &t);
	}
	pthread_mutex_destroy(&b.lock);
	pthread_cond_destroy(&b.rung);
	return NULL;
}

// Many threads: never more inside than there are turns, and nobody is forgotten.
static void test_crowd(void **state)
{
	(void)state;
	struct crowd c = { .turns = turns_new(MOST) };
	pthread_t threads[8];
	for (unsigned i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one_of, &c), 0);
	for (unsigned i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	turns_free(c.turns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_crowd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
