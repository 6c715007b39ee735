// SPDX-License-Identifier: Apache-2.0
// A volume of an earlier program gets a folder of its own: whole, whatever call fails on the way and wherever it is cut off, and refused by those programs from
// the moment on from which they would not find all of it.
#include "store/local/relocate.h"

#include "store/local/image_test.h"

#include "base/log.h"

struct place {
	struct fixture f; // f.dir: where the earlier program had the volume
	char to[100];
	int countdown; // this file call fails; 0: none
};

static int inject(void *ctx, enum file_call call, size_t *n)
{
	struct place *p = ctx;
	(void)call, (void)n;
	return p->countdown > 0 && --p->countdown == 0 ? EIO : 0;
}

static void place_begin(struct place *p)
{
	*p = (struct place){ 0 };
	fixture_begin(&p->f, "local");
	put(&p->f, 1, "key", "value");
	store_close(p->f.s);
	p->f.s = NULL;
	(void)snprintf(p->to, sizeof p->to, "%s/store", p->f.dir); // fits
}

static int relocate(struct place *p, bool make)
{
	const struct files files = { inject, p };
	op_reset(&p->f.op);
	return local_relocate(&p->f.op, &files, p->f.dir, p->to, make);
}

static int open_in(struct place *p, const char *dir)
{
	struct store_config config = p->f.config;
	config.dir = dir;
	op_reset(&p->f.op);
	return store_open(&p->f.op, &config, &p->f.s);
}

// In its new place, with what was in it.
static void is_whole(struct place *p)
{
	assert_int_equal(open_in(p, p->to), 0);
	expect(&p->f, NULL, 1, "key", "value");
	put(&p->f, 1, "later", "value");
	store_close(p->f.s);
	p->f.s = NULL;
}

static void test_moved(void **state)
{
	(void)state;
	struct place p;
	place_begin(&p);
	ok(&p.f.op, relocate(&p, false));
	is_whole(&p);
	ok(&p.f.op, relocate(&p, true)); // nothing to do
	assert_int_equal(open_in(&p, p.f.dir), RC_VERSION);
	is_whole(&p);
	fixture_end(&p.f);
}

// An earlier program that looks in between finds the volume whole, or refuses: it never begins a new one, nor goes on with half of one.
static void test_interrupted(void **state)
{
	(void)state;
	unsigned failures = 0, noted = 0;
	for (int nth = 1;; nth++) {
		struct place p;
		place_begin(&p);
		p.countdown = nth;
		int rc = relocate(&p, false);
		bool done = p.countdown > 0;
		p.countdown = 0;
		if (done) {
			assert_int_equal(rc, 0);
			fixture_end(&p.f);
			break;
		}
		assert_int_equal(rc, RC_IO);
		failures++;
		rc = open_in(&p, p.f.dir);
		if (rc == 0) {
			expect(&p.f, NULL, 1, "key", "value");
			put(&p.f, 1, "between", "value");
			store_close(p.f.s);
			p.f.s = NULL;
		} else {
			assert_int_equal(rc, RC_VERSION);
			noted++;
		}
		assert_int_equal(relocate(&p, false), 0);
		is_whole(&p);
		if (rc == 0) { // what it did then is not lost
			assert_int_equal(open_in(&p, p.to), 0);
			expect(&p.f, NULL, 1, "between", "value");
		}
		fixture_end(&p.f);
	}
	assert_true(failures > 10 && noted > 3 && noted < failures);
}

static void test_none(void **state)
{
	(void)state;
	struct place p;
	place_begin(&p);
	struct stat st;
	char sub[120], to[130];
	(void)snprintf(sub, sizeof sub, "%s/empty", p.f.dir); // both fit
	(void)snprintf(to, sizeof to, "%s/store", sub);
	assert_int_equal(mkdir(sub, 0700), 0);
	ok(&p.f.op, local_relocate(&p.f.op, NULL, sub, to, false));
	assert_int_equal(rmdir(sub), 0); // nothing was made in it
	assert_int_equal(mkdir(sub, 0700), 0);
	ok(&p.f.op, local_relocate(&p.f.op, NULL, sub, to, true));
	assert_true(stat(to, &st) == 0 && S_ISDIR(st.st_mode));
	assert_int_equal(open_in(&p, sub), RC_VERSION); // an earlier program makes none beside it
	assert_int_equal(open_in(&p, to), 0);
	fixture_end(&p.f);
}

static void test_in_use(void **state)
{
	(void)state;
	struct place p;
	place_begin(&p);
	assert_int_equal(open_in(&p, p.f.dir), 0);
	assert_int_equal(relocate(&p, true), RC_LOCKED);
	store_close(p.f.s);
	p.f.s = NULL;
	ok(&p.f.op, relocate(&p, true));
	is_whole(&p);
	fixture_end(&p.f);
}

// A later version is refused, and not touched.
static void test_later(void **state)
{
	(void)state;
	struct place p;
	struct stat st;
	char path[100];
	char version = 3;
	place_begin(&p);
	(void)snprintf(path, sizeof path, "%s/volume", p.f.dir); // fits
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pwrite(fd, &version, 1, 8) == 1);
	(void)close(fd);
	assert_int_equal(relocate(&p, true), RC_VERSION);
	assert_true(stat(p.to, &st) != 0 && errno == ENOENT);
	fixture_end(&p.f);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_moved),
		cmocka_unit_test(test_interrupted), cmocka_unit_test(test_none),
		cmocka_unit_test(test_in_use), cmocka_unit_test(test_later) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
