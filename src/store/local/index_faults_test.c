// SPDX-License-Identifier: Apache-2.0
// Calls of RocksDB on its own files that fail, each of them once or all from one on: the process lives, what was there can be read, and all that
// was acknowledged is there after the next open. Our definitions of the calls take the place of libc's, for RocksDB as well; each case runs in
// a process of its own, since what is asked is whether it lives.
#include "store/local/image_test.h"

#include "base/log.h"

#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { CALL_WRITE = 1, CALL_SYNC, CALL_ALLOCATE, CALL_RENAME, CALLS };
#define EXPORT __attribute__((visibility("default")))
#define KEYS 60u
#define CALLS_MAX 100

static struct plan {
	_Atomic int kind, countdown, error; // this call fails; 0: none
	_Atomic bool lasting;
	_Atomic unsigned injected;
} * plans, *plan; // of all children, shared with them; a child's own

static bool fails(int kind)
{
	if (!plan || plan->kind != kind || plan->countdown == 0)
		return false;
	if (plan->countdown > 1 && plan->countdown-- > 1)
		return false;
	if (!plan->lasting)
		plan->countdown = 0;
	plan->injected++;
	errno = plan->error;
	return true;
}

static bool is_index(int fd)
{
	char link[64], path[400];
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, "/index") != NULL;
}

EXPORT ssize_t write(int fd, const void *p, size_t n)
{
	return plan && is_index(fd) && fails(CALL_WRITE) ? -1 : syscall(SYS_write, fd, p, n);
}

EXPORT int fdatasync(int fd)
{
	return plan && is_index(fd) && fails(CALL_SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

EXPORT int fsync(int fd)
{
	return plan && is_index(fd) && fails(CALL_SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

// The name without 64, which is RocksDB's and which the header would rename.
EXPORT int index_fallocate(int fd, int mode, off_t at, off_t n) __asm__("fallocate");
int index_fallocate(int fd, int mode, off_t at, off_t n)
{
	return plan && is_index(fd) && fails(CALL_ALLOCATE)
		? -1
		: (int)syscall(SYS_fallocate, fd, mode, at, n);
}

EXPORT int rename(const char *from, const char *to)
{
	return plan && strstr(to, "/index/") && fails(CALL_RENAME)
		? -1
		: (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void key_of(char to[16], unsigned i)
{
	(void)snprintf(to, 16, "key %u", i); // fits
}

// Whether it was acknowledged.
static bool put_some(struct fixture *f, unsigned i)
{
	char key[16], value[3000];
	struct store_batch b;
	struct store_ticket t;
	key_of(key, i);
	memset(value, (int)('a' + i % 26), sizeof value);
	batch_init(&b, 1);
	batch_put(&b, span_str(key), span_of(value, sizeof value));
	op_reset(&f->op);
	int rc = store_submit(&f->op, f->s, &b, &t);
	batch_done(&b);
	if (rc == 0)
		rc = store_wait(&f->op, f->s, t);
	return rc == 0;
}

static void expect_all(struct fixture *f, const bool acknowledged[KEYS])
{
	for (unsigned i = 0; i < KEYS; i++) {
		char key[16];
		struct span v;
		key_of(key, i);
		op_reset(&f->op);
		int rc = acknowledged[i] ? store_get(&f->op, f->s, NULL, 1, span_str(key), &v) : 0;
		if (rc)
			print_error("%s: %s\n", key, op_text(&f->op, rc));
		assert_int_equal(rc, 0);
		assert_true(!acknowledged[i] || (v.n == 3000 && v.p[7] == (char)('a' + i % 26)));
	}
}

static void count_finding(void *ctx, const struct store_finding *f)
{
	print_error("%s\n", f->text);
	++*(unsigned *)ctx;
}

// Some tables, more than once the number at which RocksDB puts them together, while a call fails.
static void live_through(void)
{
	struct fixture f;
	bool acknowledged[KEYS] = { 0 };
	int kind = plan->kind;
	plan->kind = 0;
	fixture_begin(&f, "local");
	struct local *l = container_of(f.s, struct local, head);
	for (unsigned i = 0; i < KEYS / 2; i++) {
		acknowledged[i] = put_some(&f, i);
		assert_true(acknowledged[i]);
		if (i % 10 == 9)
			ok(&f.op, local_flush(&f.op, l));
	}
	plan->kind = kind;
	for (unsigned i = KEYS / 2; i < KEYS; i++) {
		acknowledged[i] = put_some(&f, i);
		op_reset(&f.op);
		if (i % 10 == 9)
			(void)local_flush(&f.op, l); // seals, when it fails, as the keeper does
	}
	expect_all(&f, acknowledged);
	store_close(f.s);
	plan->kind = 0;
	fixture_open(&f);
	expect_all(&f, acknowledged);
	unsigned findings = 0;
	uint64_t frames;
	ok(&f.op, store_check(&f.op, f.s, count_finding, &findings, &frames));
	assert_int_equal(findings, 0);
	fixture_end(&f);
}

// The open itself, which also makes the tables of what is replayed.
static void open_through(void)
{
	struct fixture f;
	bool acknowledged[KEYS] = { 0 };
	int kind = plan->kind;
	plan->kind = 0;
	fixture_begin(&f, "local");
	for (unsigned i = 0; i < KEYS / 2; i++)
		acknowledged[i] = put_some(&f, i);
	store_close(f.s);
	plan->kind = kind;
	op_reset(&f.op);
	int rc = store_open(&f.op, &f.config, &f.s);
	if (rc == 0)
		store_close(f.s);
	plan->kind = 0;
	fixture_open(&f);
	expect_all(&f, acknowledged);
	fixture_end(&f);
}

static pid_t start(void (*run)(void), struct plan *its)
{
	fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		plan = its;
		run();
		_exit(0); // a failed assertion does not come here
	}
	return child;
}

// Waits for them; how many did not end well.
static unsigned finish(const pid_t *children, int count)
{
	unsigned failed = 0;
	for (int i = 0; i < count; i++) {
		int status;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		if (status)
			print_error("without call %d: status %x\n", i + 1, (unsigned)status);
		failed += status != 0;
	}
	return failed;
}

// The first call fails, the second, ... each in a process of its own, all at once: RocksDB sleeps for a second after a failure.
static void each_fails(void (*run)(void), int kind, int error, bool lasting)
{
	pid_t children[CALLS_MAX];
	plans[0] = (struct plan){ .kind = kind, .countdown = INT_MAX };
	children[0] = start(run, &plans[0]);
	assert_int_equal(finish(children, 1), 0);
	int calls = INT_MAX - plans[0].countdown;
	bool surely = kind != CALL_ALLOCATE; // compactions allocate, and come when they will
	assert_in_range(calls, surely, CALLS_MAX);
	for (int i = 0; i < calls; i++) {
		plans[i] = (struct plan){
			.kind = kind, .countdown = i + 1, .error = error, .lasting = lasting
		};
		children[i] = start(run, &plans[i]);
	}
	assert_int_equal(finish(children, calls), 0);
	assert_true(!surely || plans[0].injected > 0);
}

static void test_each_call(void **state)
{
	(void)state;
	for (int kind = CALL_WRITE; kind < CALL_RENAME; kind++) // nothing is renamed then
		each_fails(live_through, kind, EIO, false);
}

static void test_all_from_one_on(void **state)
{
	(void)state;
	for (int kind = CALL_WRITE; kind < CALL_RENAME; kind++)
		each_fails(live_through, kind, EIO, true);
}

static void test_no_space(void **state)
{
	(void)state;
	each_fails(live_through, CALL_WRITE, ENOSPC, true);
}

static void test_open(void **state)
{
	(void)state;
	for (int kind = CALL_WRITE; kind < CALLS; kind++)
		each_fails(open_through, kind, EIO, false);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	plans = mmap(NULL, CALLS_MAX * sizeof *plans, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (plans == MAP_FAILED)
		return 1;
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_call),
		cmocka_unit_test(test_all_from_one_on), cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_open) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
