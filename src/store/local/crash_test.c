// SPDX-License-Identifier: Apache-2.0
// A child (this program again: a fork would lack RocksDB's threads) commits from several threads, tells what was acknowledged through shared memory, and is killed at a random moment, again
// and again on the same volume. After each kill everything acknowledged must be there, whole, and nothing half.
#include "store/local/image_test.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define THREADS 4u
#define ROUNDS 8u
#define KEPT 20u // of a thread's newest keys; older ones were deleted
#define RANGE 7u // a range is deleted at every seventh

struct shared {
	_Atomic uint32_t acked[THREADS]; // last number whose commit was acknowledged
};
struct child {
	struct store *s;
	struct shared *shared;
	uint32_t thread, first;
	_Atomic uint64_t last; // id of the blob of its last commit
};

static uint64_t size_of(uint32_t thread, uint32_t i)
{
	return i % 50 == 49 ? 600000 : 200 + (thread * 977 + i * 131) % 9000;
}

// The oldest goes. Some threads delete now and then a whole range, for which what waits for RocksDB has to be written first.
static void delete_old(struct store_batch *b, uint32_t thread, uint32_t oldest)
{
	uint32_t key = __builtin_bswap32(oldest), behind = __builtin_bswap32(oldest + 1);
	if (thread % 2 == 0)
		batch_delete(b, span_of(&key, 4));
	else if (oldest % RANGE == 0)
		batch_delete_range(b, SPAN(""), span_of(&behind, 4));
}

static void *work(void *arg)
{
	struct child *c = arg;
	struct op op;
	op_init(&op, 0);
	for (uint32_t i = c->first;; i++) {
		op_reset(&op);
		uint64_t seed = c->thread * 1000000u + i;
		struct blob_ref ref =
			blob_make(&op, c->s, seed, size_of(c->thread, i), SPAN("card"));
		struct store_batch b;
		uint32_t key = __builtin_bswap32(i);
		batch_init(&b, c->thread + 1);
		batch_put(&b, span_of(&key, 4), span_of(&ref, sizeof ref));
		batch_patch(&b, SPAN("count"), 0, span_of(&i, sizeof i));
		if (i > KEPT)
			delete_old(&b, c->thread, i - KEPT);
		struct store_ticket ticket;
		ok(&op, store_submit(&op, c->s, &b, &ticket));
		batch_done(&b);
		ok(&op,
			c->thread < 2 ? store_wait(&op, c->s, ticket)
				      : wait_later(&op, c->s, ticket));
		atomic_store(&c->last, ref.id);
		atomic_store(&c->shared->acked[c->thread], i);
	}
	return NULL;
}

// The ids that threads may be about to commit live as well: with a grace time of a millisecond, a thread need only sleep too long. Read
// behind the snapshot: what was committed in between was so reported to the sweep before.
static void mark_coming(const struct child *children, store_live_fn live, void *sweep)
{
	uint64_t from = UINT64_MAX, to = 0;
	for (uint32_t i = 0; i < THREADS; i++) {
		uint64_t last = atomic_load(&children[i].last);
		from = last < from ? last : from;
		to = last > to ? last : to;
	}
	for (uint64_t id = from; id < to + 100; id++)
		live(sweep, id);
}

static int mark(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	const struct child *children = ctx;
	struct store *s = children->s;
	int rc = 0;
	mark_coming(children, live, sweep);
	for (uint64_t p = 1; p <= THREADS && rc >= 0; p++) {
		struct store_cursor *c;
		struct span k, v;
		rc = store_cursor_open(op, s, snap, p, SPAN_NONE, SPAN_NONE, &c);
		while (rc == 0 && (rc = store_cursor_next(op, c, &k, &v)) == 0)
			if (k.n == 4)
				live(sweep, load_u64(v.p));
		store_cursor_close(c);
	}
	return rc < 0 ? rc : 0;
}

// What the child does, for ever. Arguments: folder, descriptor of the shared memory, first number of each thread.
static int child_run(char **args)
{
	struct fixture f = { .config = { .engine = "local",
				     .dir = args[0],
				     .segment_bytes = 4u << 20,
				     .page_cache = getenv("STARLING_PAGE_CACHE"),
				     .reserve_bytes = 1u << 20,
				     .grace_ms = 1 } };
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED,
		(int)strtol(args[1], NULL, 10), 0);
	op_init(&f.op, 0);
	if (shared == MAP_FAILED || store_open(&f.op, &f.config, &f.s))
		return 2;
	static struct child children[THREADS];
	for (uint32_t i = 0; i < THREADS; i++) {
		pthread_t id;
		children[i] = (struct child){ f.s, shared, i,
			(uint32_t)strtoul(args[2 + i], NULL, 10), 0 };
		if (pthread_create(&id, NULL, work, &children[i]))
			return 3;
	}
	for (;;) {
		usleep(20000);
		op_reset(&f.op);
		if (store_sweep(&f.op, f.s, mark, children))
			return 4;
	}
}

static pid_t child_start(const struct fixture *f, int shared, const uint32_t next[THREADS])
{
	char numbers[1 + THREADS][16];
	char self[] = "/proc/self/exe", word[] = "child";
	char *args[4 + THREADS + 1] = { self, word, (char *)(uintptr_t)f->dir };
	(void)snprintf(numbers[THREADS], sizeof numbers[0], "%d", shared);
	args[3] = numbers[THREADS];
	for (uint32_t i = 0; i < THREADS; i++) {
		(void)snprintf(numbers[i], sizeof numbers[0], "%u", next[i]);
		args[4 + i] = numbers[i];
	}
	pid_t pid;
	assert_int_equal(posix_spawn(&pid, self, NULL, NULL, args, environ), 0);
	return pid;
}

// Reads thread t's part; returns the last number committed.
static uint32_t part_verify(struct fixture *f, uint32_t t, uint32_t acked)
{
	struct span v;
	op_reset(&f->op);
	int rc = store_get(&f->op, f->s, NULL, t + 1, SPAN("count"), &v);
	if (rc == STORE_ABSENT) {
		assert_int_equal(acked, 0);
		return 0;
	}
	ok(&f->op, rc);
	uint32_t last = load_u32(v.p);
	assert_true(last == acked || last == acked + 1);
	for (uint32_t i = 1; i + KEPT + RANGE <= last; i++) { // what was deleted stays so
		uint32_t key = __builtin_bswap32(i);
		assert_int_equal(
			store_get(&f->op, f->s, NULL, t + 1, span_of(&key, 4), &v), STORE_ABSENT);
	}
	for (uint32_t i = last >= KEPT ? last - KEPT + 1 : 1; i <= last; i++) {
		uint32_t key = __builtin_bswap32(i);
		ok(&f->op, store_get(&f->op, f->s, NULL, t + 1, span_of(&key, 4), &v));
		struct blob_ref ref;
		memcpy(&ref, v.p, sizeof ref);
		blob_verify(&f->op, f->s, ref, t * 1000000u + i, size_of(t, i), SPAN("card"));
	}
	return last;
}

static void found(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	fail_msg("%s", f->text);
}

static void test_kill(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	store_close(f.s);
	int memory = memfd_create("acked", 0);
	assert_true(memory >= 0 && ftruncate(memory, sizeof(struct shared)) == 0);
	struct shared *shared =
		mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_true(shared != MAP_FAILED);
	uint32_t next[THREADS] = { 1, 1, 1, 1 };
	for (unsigned round = 0; round < ROUNDS; round++) {
		pid_t pid = child_start(&f, memory, next);
		usleep(60000 + (unsigned)(clock_mono() / 1000 % 250000));
		assert_int_equal(kill(pid, SIGKILL), 0);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status)); // not of its own accord
		fixture_open(&f);
		struct store_stats st;
		store_stats(f.s, &st);
		assert_false(st.read_only);
		for (uint32_t t = 0; t < THREADS; t++)
			next[t] = part_verify(&f, t, atomic_load(&shared->acked[t])) + 1;
		for (uint32_t t = 0; t < THREADS; t++)
			atomic_store(&shared->acked[t], next[t] - 1);
		uint64_t frames;
		ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
		store_close(f.s);
		f.s = NULL;
	}
	print_message("%u commits\n", next[0] + next[1] + next[2] + next[3] - 4);
	(void)munmap(shared, sizeof *shared);
	(void)close(memory);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc == 4 + (int)THREADS && strcmp(argv[1], "child") == 0)
		return child_run(argv + 2);
	log_level_set(LOG_ERROR_);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kill) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
