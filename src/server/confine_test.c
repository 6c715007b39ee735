// SPDX-License-Identifier: Apache-2.0
// What the server's process can read in the sandbox that its configuration makes. Each attempt is a child of its own.
#include "server/confine.h"

#include "base/attr.h"
#include "server/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
// cmocka needs some of the above first
#include <cmocka.h>

#define LANDLOCK_VERSION (syscall(SYS_landlock_create_ruleset, NULL, 0, 1u))
enum { REFUSED = 200 };

static char folder[64]; // with data/, pem/key.pem, pem/ca.pem, apart/ca.pem
static char paths[8][128];

static char *at(size_t i, const char *name)
{
	(void)snprintf(paths[i], sizeof paths[i], "%s/%s", folder, name); // short
	return paths[i];
}

static int setup(void **state)
{
	static const char *const folders[] = { "data", "data/auth", "pem", "apart" };
	static const char *const files[] = { "data/auth/users", "pem/key.pem", "pem/ca.pem",
		"apart/ca.pem" };
	(void)snprintf(folder, sizeof folder, "/tmp/confine_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < countof(folders); i++)
		assert_int_equal(mkdir(at(0, folders[i]), 0700), 0);
	for (size_t i = 0; i < countof(files); i++)
		assert_int_equal(close(open(at(0, files[i]), O_WRONLY | O_CREAT, 0600)), 0);
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int teardown(void **state)
{
	return nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static struct config config_of(void)
{
	struct config c;
	config_defaults(&c);
	c.data = at(0, "data");
	c.volume = at(6, "data/store");
	c.tls.certificate = at(1, "pem/certificate.pem");
	c.tls.key = at(2, "pem/key.pem");
	c.sandbox = true;
	return c;
}

// Whether the file can be opened inside: 0, an errno, or REFUSED when there is no getting in.
static int reading(const struct config *c, const char *path)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct op op;
		op_init(&op, 0);
		if (confine_files(&op, c, false) < 0)
			_exit(REFUSED);
		_exit(open(path, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define NEEDS_LANDLOCK                                                                             \
	do {                                                                                       \
		if (LANDLOCK_VERSION < 1)                                                          \
			skip();                                                                    \
	} while (0)

static void test_key_beside_authorities(void **state)
{
	struct config c = config_of();
	NEEDS_LANDLOCK;
	c.tls.client_ca = at(3, "pem/ca.pem");
	assert_int_equal(reading(&c, c.tls.key), EACCES);
	assert_int_equal(reading(&c, at(4, "data/auth/users")), EACCES);
	c.tls.client_ca = NULL;
	c.relay.host = "192.0.2.1";
	c.relay.ca = at(3, "pem/ca.pem");
	assert_int_equal(reading(&c, c.relay.ca), 0);
	assert_int_equal(reading(&c, c.tls.key), EACCES);
}

// Why the file cannot be opened for writing; 0 when it can be, or changed in another way.
static int changing(const char *path, const char *other)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int error = fd < 0 ? errno : 0;
	return rename(path, other) == 0 || link(path, other) == 0 || unlink(path) == 0 ||
			truncate(path, 0) == 0
		? 0
		: error;
}

// Who has taken the server over writes no users of his own, nor anything else beside the store's.
static void test_users_are_not_written(void **state)
{
	struct config c = config_of();
	static const char *const names[] = { "data/auth/users", "data/auth/more", "data/volume",
		"data/new" };
	if (LANDLOCK_VERSION < 3)
		skip(); // truncating
	for (size_t i = 0; i < countof(names); i++) {
		int status;
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct op op;
			op_init(&op, 0);
			if (confine_files(&op, &c, false) < 0)
				_exit(REFUSED);
			if (changing(at(3, "data/store/file"), at(4, "data/store/other")))
				_exit(REFUSED);
			_exit(changing(at(3, names[i]), at(4, "data/store/stolen")));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), EACCES);
	}
}

// A name needs the resolver's files, not what else is in their folder.
static void test_secret_beside_the_resolver(void **state)
{
	struct config c = config_of();
	NEEDS_LANDLOCK;
	c.relay.host = "relay.example.org";
	assert_int_equal(reading(&c, "/etc/passwd"), 0);
	c.auth.passwd_file = "/etc/passwd";
	assert_int_equal(reading(&c, "/etc/passwd"), EACCES);
	assert_int_equal(reading(&c, "/etc/nsswitch.conf"), 0);
}

// Names in DATA may be changed: what the next start lets be read must not be the folder of the hashes.
static void test_hashes_under_another_name(void **state)
{
	static const char *const names[] = { "data/run", "data/store" };
	struct config c = config_of();
	for (size_t i = 0; i < countof(names); i++) {
		const char *other = at(3, names[i]), *auth = at(4, "data/auth");
		(void)rmdir(other); // of the attempt before
		assert_int_equal(rename(auth, other), 0);
		assert_int_equal(reading(&c, at(5, "apart/ca.pem")), REFUSED);
		assert_int_equal(rename(other, auth), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key_beside_authorities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_users_are_not_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_secret_beside_the_resolver, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hashes_under_another_name, setup, teardown),
	};
	return cmocka_run_group_tests_name("server/confine", tests, NULL, NULL);
}
