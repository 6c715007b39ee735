// SPDX-License-Identifier: Apache-2.0
// Each test goes into the sandbox in a child, tries what is forbidden there, and says by its exit status what came of it.
#include "run/sandbox.h"

#include "base/attr.h"
#include "base/limits.h"
#include "run/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
// cmocka needs some of the above first
#include <cmocka.h>

#define LANDLOCK_VERSION (syscall(SYS_landlock_create_ruleset, NULL, 0, 1u))

static char folder[64]; // with own/, own/file, secret

static void make(const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int setup(void **state)
{
	char path[128];
	(void)snprintf(folder, sizeof folder, "/tmp/sandbox_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/own", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	make("own/file", "own");
	make("secret", "secret");
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "own/file", "own/new", "own/secret", "secret",
		"taken" };
	char path[128];
	for (size_t i = 0; i < countof(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path); // most are not there
	}
	(void)snprintf(path, sizeof path, "%s/own", folder);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

// --- what is tried; 0 or an errno ---

static int open_at(const char *name, int flags)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, flags, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int move(const char *from, const char *to)
{
	char a[128], b[128];
	(void)snprintf(a, sizeof a, "%s/%s", folder, from);
	(void)snprintf(b, sizeof b, "%s/%s", folder, to);
	return rename(a, b) == 0 || link(a, b) == 0 ? 0 : errno;
}

static int try_read_own(void)
{
	return open_at("own/file", O_RDWR);
}
static int try_make_own(void)
{
	return open_at("own/new", O_RDWR | O_CREAT | O_TRUNC);
}
static int try_read_secret(void)
{
	return open_at("secret", O_RDONLY);
}
static int try_write_secret(void)
{
	return open_at("secret", O_WRONLY);
}
static int try_move_secret(void)
{
	return move("secret", "own/secret");
}
static int try_read_passwd(void)
{
	int fd = open("/etc/passwd", O_RDONLY);
	return fd < 0 ? errno : 0;
}
static int try_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr sa = { .sa_family = AF_INET };
	return fd < 0 || connect(fd, &sa, sizeof sa) != 0 ? errno : 0;
}
static int try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}
// To any path, over one of a pair.
static int try_datagram(void)
{
	static const struct sockaddr_un to = { AF_UNIX, "/nowhere" };
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
		return errno;
	return sendto(pair[0], "x", 1, 0, (const void *)&to, sizeof to) < 0 ? errno : 0;
}
static int try_pair_to_path(void)
{
	static const struct sockaddr_un to = { AF_UNIX, "/nowhere" };
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return errno;
	char got = 0; // it goes to the other end, whatever address is given
	return sendto(pair[0], "x", 1, 0, (const void *)&to, sizeof to) == 1 &&
			recv(pair[1], &got, 1, MSG_DONTWAIT) == 1
		? 0
		: errno;
}
static int try_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0;
}
static int try_exec(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };
	execv("/bin/true", argv);
	return errno;
}
static int try_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}
static int try_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
}
static int try_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL) < 0 ? errno : 0;
}
static int try_kill_parent(void)
{
	return kill(getppid(), 0) != 0 ? errno : 0;
}
static int try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0) == MAP_FAILED
		? errno
		: 0;
}
static int try_protect_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mprotect(p, 4096, PROT_READ | PROT_EXEC) != 0 ? errno : 0;
}
static int try_unknown_call(void)
{
	return syscall(9999) < 0 ? errno : 0;
}
static int try_dump(void)
{
	struct rlimit r;
	return getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0 ? 0 : EPERM;
}

static void *thread_main(void *arg)
{
	int *left = arg;
	*left = try_socket();
	return NULL;
}
static int try_thread(void)
{
	pthread_t t;
	int left = 0;
	int e = pthread_create(&t, NULL, thread_main, &left);
	if (!e)
		e = pthread_join(t, NULL);
	return e ? e : left; // it has the filter as well
}

// A thread that was there before.
struct early {
	pthread_mutex_t lock;
	int left;
};
static void *early_main(void *arg)
{
	struct early *e = arg;
	pthread_mutex_lock(&e->lock);
	e->left = try_socket();
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

// --- how ---

enum { DIED = 200 }; // by SIGSYS
struct attempt {
	int (*what)(void);
	unsigned processes; // 0: no filter of calls
	unsigned bits;      // of sandbox_files()
	int expected;       // 0, an errno, DIED
	int needs;          // version of Landlock
	bool plain;         // a build with sanitizers allows it
};
#ifdef SANDBOX_SANITIZED
static const bool is_plain = false;
#else
static const bool is_plain = true;
#endif

static int child(const struct attempt *a)
{
	struct op op;
	char own[128];
	op_init(&op, 0);
	(void)snprintf(own, sizeof own, "%s/own", folder);
	const struct sandbox_path paths[] = {
		{ folder, SANDBOX_WRITE | SANDBOX_NAMES | SANDBOX_LIST },
		{ own, SANDBOX_FOLDER },
		{ "/nowhere", SANDBOX_READ },
	};
	sandbox_no_dumps();
	if (sandbox_files(&op, "test", paths, countof(paths), a->bits) < 0 ||
		(a->processes && sandbox_calls(&op, "test", a->processes) < 0)) {
		fprintf(stderr, "%s\n", op.text);
		_exit(255);
	}
	_exit(a->what());
}

static int outcome_of(const struct attempt *a)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(a);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? DIED : 254;
	return WEXITSTATUS(status);
}

static void try_all(const struct attempt *attempts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (LANDLOCK_VERSION < attempts[i].needs || (attempts[i].plain && !is_plain))
			continue;
		int got = outcome_of(&attempts[i]);
		if (got != attempts[i].expected)
			fail_msg("attempt %zu: %d instead of %d", i, got, attempts[i].expected);
	}
}

static void test_files(void **state)
{
	static const struct attempt attempts[] = {
		{ try_read_own, 0, 0, 0, 1 },
		{ try_make_own, 0, 0, 0, 1 },
		{ try_read_secret, 0, 0, EACCES, 1 },
		{ try_write_secret, 0, 0, 0, 1 }, // the folder's right, without reading
		{ try_move_secret, 0, 0, EXDEV, 2 },
		{ try_read_passwd, 0, 0, EACCES, 1 },
		{ try_exec, 0, 0, EACCES, 1, true },
		{ try_exec, 0, SANDBOX_ONLY_EXECUTE, EACCES, 1, true },
		{ try_read_passwd, 0, SANDBOX_ONLY_EXECUTE, 0, 1 },
		{ try_connect, 0, 0, EACCES, 4 },
		{ try_kill_parent, 0, 0, EPERM, 6 },
	};
	if (LANDLOCK_VERSION < 1)
		print_message("this kernel has no Landlock: nothing to test\n");
	try_all(attempts, countof(attempts));
}

static void test_calls(void **state)
{
	static const unsigned serve = SANDBOX_SERVE, relay = SANDBOX_SERVE | SANDBOX_RELAY;
	const struct attempt attempts[] = {
		{ try_read_own, serve, 0, 0, 0 },
		{ try_make_own, serve, 0, 0, 0 },
		{ try_thread, serve, 0, ENOSYS, 0 },
		{ try_socket, serve, 0, ENOSYS, 0 },
		{ try_socket, relay, 0, 0, 0 },
		{ try_packet_socket, relay, 0, ENOSYS, 0 },
		{ try_datagram, serve, 0, ENOSYS, 0 },
		{ try_datagram, relay, 0, ENOSYS, 0 },
		{ try_pair_to_path, serve, 0, 0, 0 },
		{ try_unknown_call, serve, 0, ENOSYS, 0 },
		{ try_executable_memory, serve, 0, ENOSYS, 0 },
		{ try_protect_executable, serve, 0, ENOSYS, 0 },
		{ try_uring, serve, 0, DIED, 0 },
		{ try_uring, SANDBOX_SPAWNER, 0, DIED, 0 },
		{ try_dump, serve, 0, 0, 0 },
		{ try_exec, serve, 0, DIED, 0, true },
		{ try_exec, SANDBOX_AUTH, 0, DIED, 0, true },
		{ try_exec, SANDBOX_KEYS, 0, DIED, 0, true },
		{ try_exec, SANDBOX_SPAWNER, SANDBOX_ONLY_EXECUTE, EACCES, 1, true },
		{ try_fork, SANDBOX_SPAWNER, 0, 0, 0, true },
		{ try_fork, serve, 0, ENOSYS, 0, true },
		{ try_ptrace, serve, 0, DIED, 0, true },
		{ try_ptrace, SANDBOX_AUTH, 0, DIED, 0, true },
		{ try_ptrace, SANDBOX_SPAWNER, 0, DIED, 0, true },
	};
	try_all(attempts, countof(attempts));
}

// The filter holds for threads that were there before it.
static int child_early(void)
{
	struct op op;
	struct early e = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t t;
	op_init(&op, 0);
	pthread_mutex_lock(&e.lock);
	if (pthread_create(&t, NULL, early_main, &e) != 0 ||
		sandbox_calls(&op, "test", SANDBOX_SERVE) < 0)
		return 255;
	pthread_mutex_unlock(&e.lock);
	pthread_join(t, NULL);
	return e.left;
}

static void test_early_threads(void **state)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(child_early());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
		cmocka_unit_test(test_early_threads),
	};
	return cmocka_run_group_tests_name("run/sandbox", tests, NULL, NULL);
}
