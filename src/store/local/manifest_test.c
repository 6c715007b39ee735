// SPDX-License-Identifier: Apache-2.0
// What a power cut may leave of the end of RocksDB's MANIFEST (found by ./dev powercut): the volume opens, with everything.
#include "store/local/manifest.h"

#include "base/log.h"
#include "store/testing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static void manifest_path(const struct fixture *f, char path[400])
{
	char name[64];
	(void)snprintf(path, 400, "%s/index/CURRENT", f->dir); // fits
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	ssize_t n = read(fd, name, sizeof name - 1);
	assert_true(n > 1);
	name[n - 1] = '\0';
	(void)close(fd);
	(void)snprintf(path, 400, "%s/index/%s", f->dir, name); // fits
}

static off_t size_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void write_at(const char *path, off_t at, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0 && pwrite(fd, bytes.p, bytes.n, at) == (ssize_t)bytes.n);
	(void)close(fd);
}

// Opens, and finds what was put there.
static void expect_whole(struct fixture *f)
{
	fixture_open(f);
	struct store_stats st;
	store_stats(f->s, &st);
	assert_false(st.read_only);
	expect(f, NULL, 1, "a", "1");
	expect(f, NULL, 1, "b", "2");
	store_close(f->s);
	f->s = NULL;
}

static void begin(struct fixture *f, char path[400])
{
	fixture_begin(f, "local");
	put(f, 1, "a", "1");
	store_close(f->s);
	fixture_open(f);
	put(f, 1, "b", "2");
	store_close(f->s);
	f->s = NULL;
	manifest_path(f, path);
}

static void test_torn_end(void **state)
{
	(void)state;
	struct fixture f;
	char path[400];
	begin(&f, path);
	// A header that promises a record which is not there: behind it are zeros, as a file system leaves them.
	write_at(path, size_of(path),
		SPAN("\x12\x34\x56\x78\x10\x00\x01zz\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	expect_whole(&f);
	// The last record itself is half there: what it said is read from the log again.
	manifest_path(&f, path);
	write_at(path, size_of(path) - 5, SPAN("\0\0\0\0\0"));
	expect_whole(&f);
	fixture_end(&f);
}

static void test_whole(void **state)
{
	(void)state;
	struct fixture f;
	char path[400];
	bool cut = true;
	begin(&f, path);
	off_t size = size_of(path);
	char index[100];
	(void)snprintf(index, sizeof index, "%s/index", f.dir); // fits
	ok(&f.op, manifest_mend(&f.op, index, &cut));
	assert_false(cut);
	assert_int_equal(size_of(path), size);
	fixture_end(&f);
}

// Nothing that could be right is left: it is said, and nothing is cut.
static void test_damaged(void **state)
{
	(void)state;
	struct fixture f;
	char path[400];
	begin(&f, path);
	off_t size = size_of(path);
	write_at(path, 0, SPAN("\xff\xff\xff\xff"));
	op_reset(&f.op);
	assert_int_equal(store_open(&f.op, &f.config, &f.s), RC_CORRUPT);
	assert_int_equal(size_of(path), size);
	f.s = NULL;
	fixture_end(&f);
}

int main(void)
{
	log_level_set(LOG_ERROR_);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_torn_end),
		cmocka_unit_test(test_whole), cmocka_unit_test(test_damaged) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
