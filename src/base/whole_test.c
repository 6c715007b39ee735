// SPDX-License-Identifier: Apache-2.0
#include "base/whole.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_file(const char *path, struct span text)
{
	char room[100];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	ssize_t n = read(fd, room, sizeof room);
	assert_true(n >= 0 && span_eq(span_of(room, (size_t)n), text));
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
}

static void test_write(void **state)
{
	(void)state;
	char dir[] = "/tmp/starling-whole-XXXXXX", path[100], fresh[100], below[100];
	struct op op;
	op_init(&op, 0);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/file", dir);       // fits
	(void)snprintf(fresh, sizeof fresh, "%s/file.new", dir); // fits
	(void)snprintf(below, sizeof below, "%s/no/file", dir);  // fits
	assert_int_equal(whole_file_write(&op, path, SPAN("a long first text")), 0);
	expect_file(path, SPAN("a long first text"));
	// What somebody began and did not end is written over.
	assert_int_equal(rename(path, fresh), 0);
	assert_int_equal(whole_file_write(&op, path, SPAN("second")), 0);
	expect_file(path, SPAN("second"));
	assert_int_equal(access(fresh, F_OK), -1);
	assert_int_equal(whole_file_write(&op, path, SPAN("")), 0);
	expect_file(path, SPAN(""));
	assert_int_equal(whole_file_write(&op, below, SPAN("x")), RC_IO);
	assert_int_equal(whole_name_flush(&op, below), RC_IO);
	assert_int_equal(whole_name_flush(&op, "/tmp"), 0); // lies in the root
	assert_int_equal(whole_name_flush(&op, "here"), 0); // lies in the working folder
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_write) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
