// SPDX-License-Identifier: Apache-2.0
// A volume of an earlier program gets a folder of its own: whole, whatever call fails on the way and wherever it is cut off, and refused by those programs from
// the moment on from which they would not find all of it.
#include "store/local/relocate.h"

#include "store/local/image_test.h"

#include "base/log.h"

#include <dlfcn.h>
#include <sys/syscall.h>

struct place {
	struct fixture f; // f.dir: where the earlier program had the volume
	char to[100];
	int countdown;      // this file call fails; 0: none
	bool fresh_is_safe; // TO.new was flushed, and after that f.dir, which has its name
	bool noted_safely;  // that was so when the first file got another name
	bool renamed;
};
static struct place *watched; // whose folders' flushes are looked at
static int unseen;            // so many names are shown, then reading a folder fails; 0: all are

static bool is_folder(const struct stat *st, const char *path)
{
	struct stat there;
	return stat(path, &there) == 0 && there.st_ino == st->st_ino && there.st_dev == st->st_dev;
}

// In the place of the C library's.
int fsync(int fd)
{
	static bool fresh_flushed;
	struct stat st;
	char fresh[110];
	if (watched && fstat(fd, &st) == 0) {
		(void)snprintf(fresh, sizeof fresh, "%s.new", watched->to); // fits
		if (is_folder(&st, fresh))
			fresh_flushed = true;
		else if (is_folder(&st, watched->f.dir))
			watched->fresh_is_safe = fresh_flushed;
	}
	return (int)syscall(SYS_fsync, fd);
}

struct dirent *readdir(DIR *d)
{
	struct dirent *(*real)(DIR *) = (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");
	if (unseen > 0 && --unseen == 0) {
		errno = EIO;
		return NULL;
	}
	return real(d);
}

static int inject(void *ctx, enum file_call call, size_t *n)
{
	struct place *p = ctx;
	(void)n;
	if (call == FILE_RENAME && !p->renamed) {
		p->renamed = true;
		p->noted_safely = p->fresh_is_safe;
	}
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

// The note takes the place of what is then in TO.new alone: a power cut after that must not take the name of TO.new.
static void test_noted_safely(void **state)
{
	(void)state;
	struct place p;
	place_begin(&p);
	watched = &p;
	ok(&p.f.op, relocate(&p, false));
	watched = NULL;
	assert_true(p.noted_safely);
	is_whole(&p);
	fixture_end(&p.f);
}

// A folder that does not show all of its names: what it has not shown is not left behind.
static void test_unseen(void **state)
{
	(void)state;
	for (int nth = 1; nth <= 3; nth++) {
		struct place p;
		place_begin(&p);
		unseen = nth;
		assert_int_equal(relocate(&p, false), RC_IO);
		assert_int_equal(unseen, 0);
		ok(&p.f.op, relocate(&p, false));
		is_whole(&p);
		fixture_end(&p.f);
	}
}

// An earlier program's volume, taken back from a copy of before it was moved, beside one that was moved: neither is passed over.
static void test_two(void **state)
{
	(void)state;
	struct place p;
	char old[100], note[100], kept[120];
	place_begin(&p);
	(void)snprintf(note, sizeof note, "%s/volume", p.f.dir); // these fit
	(void)snprintf(kept, sizeof kept, "%s/kept", p.f.dir);
	(void)snprintf(old, sizeof old, "%s/old", p.f.dir);
	assert_int_equal(link(note, old), 0);
	ok(&p.f.op, relocate(&p, false));
	assert_true(rename(note, kept) == 0 && link(old, note) == 0);
	assert_int_equal(relocate(&p, true), RC_CONFIG);
	assert_int_equal(relocate(&p, false), RC_CONFIG);
	assert_int_equal(rename(kept, note), 0);
	ok(&p.f.op, relocate(&p, true));
	assert_int_equal(unlink(old), 0);
	is_whole(&p);
	p.countdown = 1; // a note that cannot be read, or is damaged, is in nobody's way
	ok(&p.f.op, relocate(&p, true));
	assert_int_equal(truncate(note, 10), 0);
	ok(&p.f.op, relocate(&p, true));
	fixture_end(&p.f);
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
		cmocka_unit_test(test_interrupted), cmocka_unit_test(test_noted_safely),
		cmocka_unit_test(test_unseen), cmocka_unit_test(test_two),
		cmocka_unit_test(test_none), cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_later) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
