// SPDX-License-Identifier: Apache-2.0
// Blocks are written ahead of the log as soon as small groups come, whatever came before; never over what the log has; a failure of it harms nobody.
#include "store/local/local_priv.h"
#include "store/testing.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>

#define LARGE 100000u
#define ROUNDS 5000u // of 2 ms

struct disk {
	_Atomic bool holds;   // who writes ahead waits
	_Atomic bool waits;   // he does
	_Atomic int error;    // what writing ahead fails with
	_Atomic bool crossed; // the commit that has to wait is done
	struct fixture f;
	struct files files;
	struct store_ticket ticket;
};

static int hold_fill(void *ctx, enum file_call call, size_t *n)
{
	struct disk *d = ctx;
	(void)n;
	if (call != FILE_FILL)
		return 0;
	while (atomic_load(&d->holds)) {
		atomic_store(&d->waits, true);
		usleep(1000);
	}
	return atomic_load(&d->error);
}

static void disk_begin(struct disk *d)
{
	*d = (struct disk){ .files = { hold_fill, d } };
	fixture_begin(&d->f, "local");
	store_close(d->f.s);
	op_reset(&d->f.op);
	ok(&d->f.op, local_open_with(&d->f.op, &d->f.config, &d->files, &d->f.s));
}

static uint64_t ahead(struct fixture *f)
{
	struct store_stats st;
	store_stats(f->s, &st);
	assert_false(st.read_only);
	return st.written.ahead;
}

static struct store_ticket submit(struct fixture *f, unsigned key, size_t octets)
{
	static char value[LARGE];
	struct store_batch b;
	struct store_ticket t;
	memset(value, 'a' + (int)(key % 26), sizeof value);
	batch_init(&b, 1);
	batch_put(&b, span_of(&key, sizeof key), span_of(value, octets));
	ok(&f->op, store_submit(&f->op, f->s, &b, &t));
	batch_done(&b);
	return t;
}

static void commit_of(struct fixture *f, unsigned key, size_t octets)
{
	ok(&f->op, store_wait(&f->op, f->s, submit(f, key, octets)));
}

static void expect_large(struct fixture *f, unsigned key)
{
	struct span v;
	ok(&f->op, store_get(&f->op, f->s, NULL, 1, span_of(&key, sizeof key), &v));
	assert_int_equal(v.n, LARGE);
	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.p[i], 'a' + (int)(key % 26));
	op_reset(&f->op);
}

// The segment that the log is in was made for large commits; now small ones come.
static void test_follows(void **state)
{
	(void)state;
	static struct disk d;
	disk_begin(&d);
	for (unsigned i = 0; i < 8; i++)
		commit_of(&d.f, i, LARGE);
	uint64_t before = ahead(&d.f);
	for (unsigned i = 0; i < ROUNDS && ahead(&d.f) == before; i++) {
		commit_of(&d.f, 100, 10);
		usleep(2000);
	}
	assert_true(ahead(&d.f) > before);
	assert_int_equal(pos_segment(atomic_load(&local_of(d.f.s)->log.visible)), 1);
	fixture_end(&d.f);
}

static void *cross(void *arg)
{
	struct disk *d = arg;
	struct op op;
	op_init(&op, 0);
	ok(&op, store_wait(&op, d->f.s, d->ticket));
	atomic_store(&d->crossed, true);
	op_done(&op);
	return NULL;
}

// Zeros are under way when the log comes there.
static void test_not_over_the_log(void **state)
{
	(void)state;
	static struct disk d;
	pthread_t thread;
	unsigned n = 0;
	disk_begin(&d);
	struct log *g = &local_of(d.f.s)->log;
	atomic_store(&d.holds, true);
	for (unsigned i = 0; i < ROUNDS && !atomic_load(&d.waits); i++) {
		commit_of(&d.f, 100, 10);
		usleep(2000);
	}
	assert_true(atomic_load(&d.waits));
	pthread_mutex_lock(&g->lock);
	uint64_t from = g->ahead_from;
	pthread_mutex_unlock(&g->lock);
	assert_true(from > atomic_load(&g->visible));
	while (atomic_load(&g->visible) + LARGE + 10000 < from) // these need not wait
		commit_of(&d.f, n++, LARGE);
	(void)submit(&d.f, n++, LARGE);
	d.ticket = submit(&d.f, n, LARGE); // two of them are long enough
	assert_int_equal(pthread_create(&thread, NULL, cross, &d), 0);
	for (unsigned i = 0; i < 100 && !atomic_load(&d.crossed); i++)
		usleep(2000);
	assert_false(atomic_load(&d.crossed));
	atomic_store(&d.holds, false);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (unsigned i = 0; i <= n; i++)
		expect_large(&d.f, i);
	uint64_t frames;
	ok(&d.f.op, store_check(&d.f.op, d.f.s, NULL, NULL, &frames));
	assert_true(frames >= n);
	fixture_end(&d.f);
}

static void test_failure(void **state)
{
	(void)state;
	static struct disk d;
	disk_begin(&d);
	uint64_t before = ahead(&d.f);
	atomic_store(&d.error, EIO);
	for (unsigned i = 0; i < 50; i++) {
		commit_of(&d.f, 100, 10);
		usleep(2000);
	}
	for (unsigned i = 0; i < 60; i++) // into the next segment
		commit_of(&d.f, i, LARGE);
	assert_int_equal(pos_segment(atomic_load(&local_of(d.f.s)->log.visible)), 2);
	assert_true(ahead(&d.f) <= before + 4 * SEGMENT_HEADER); // of new segments
	for (unsigned i = 0; i < 60; i++)
		expect_large(&d.f, i);
	fixture_end(&d.f);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1); // what is let fail is told of
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_follows),
		cmocka_unit_test(test_not_over_the_log), cmocka_unit_test(test_failure) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
