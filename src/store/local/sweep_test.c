// SPDX-License-Identifier: Apache-2.0
// What a sweep may not take: extents of a blob that is still coming, of one in line, of one that is read; and what a crash at the
// start of a segment may not make it take for swept.
#include "store/local/local_priv.h"
#include "store/testing.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>

#define LARGE (2 * BLOB_EXTENT + 1000u)

static struct fixture fx;

static int mark_none(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	(void)op, (void)snap;
	const struct blob_ref *ref = ctx;
	if (ref)
		live(sweep, ref->id);
	return 0;
}

static uint32_t segment_now(const struct fixture *f)
{
	return pos_segment(atomic_load(&local_of(f->s)->log.visible));
}

// Commits until the log is in another segment. What was committed is dead for a sweep at once.
static void next_segment_by(struct fixture *f, size_t octets)
{
	static char value[100000];
	uint32_t was = segment_now(f);
	while (segment_now(f) == was) {
		struct store_batch b;
		batch_init(&b, 9);
		batch_put(&b, SPAN("filler"), span_of(value, octets));
		commit(&f->op, f->s, &b);
	}
}

static void next_segment(struct fixture *f)
{
	next_segment_by(f, 100000);
}

static void sweep(struct fixture *f, const struct blob_ref *live)
{
	for (int i = 0; i < 2; i++) {
		ok(&f->op, store_sweep(&f->op, f->s, mark_none, (void *)(uintptr_t)live));
		usleep(2000); // past the grace time
	}
}

static bool segment_is_there(struct fixture *f, uint32_t number)
{
	struct segment *s = segment_ref(&local_of(f->s)->segments, number);
	segment_unref(s);
	return s != NULL;
}

static struct store_written written(const struct fixture *f)
{
	struct store_stats st;
	store_stats(f->s, &st);
	return st.written;
}

// The octets that the keeper writes ahead until the log is in the next segment, by commits of this size, and the one after that is made.
static uint64_t ahead_of_next(struct fixture *f, size_t octets)
{
	uint64_t before = written(f).ahead;
	next_segment_by(f, octets);
	for (int i = 0; i < 10000 && !segment_is_there(f, segment_now(f) + 1); i++)
		usleep(1000);
	assert_true(segment_is_there(f, segment_now(f) + 1));
	return written(f).ahead - before;
}

static struct blob_writer *write_large(struct fixture *f, uint64_t seed)
{
	static char bytes[LARGE];
	struct blob_writer *w;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = byte_at(seed, i);
	ok(&f->op, blob_begin(&f->op, f->s, &w));
	ok(&f->op, blob_write(&f->op, w, span_of(bytes, sizeof bytes)));
	return w;
}

static struct blob_ref finish(struct fixture *f, struct blob_writer *w)
{
	struct blob_ref ref;
	struct blob_owner owner = { .partition = 1 };
	ok(&f->op, blob_finish(&f->op, w, &owner, SPAN("card"), &ref));
	return ref;
}

// A blob with its extents in a segment that is swept, and its BLOB frame in one that stays.
static struct blob_ref blob_astride(struct fixture *f, uint64_t seed)
{
	struct blob_writer *w = write_large(f, seed);
	next_segment(f);
	struct blob_ref ref = finish(f, w);
	put(f, 1, "a", "refers to it");
	return ref;
}

static void test_stale_hint(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	struct blob_ref ref = blob_astride(&fx, 3);
	sweep(&fx, &ref);
	assert_false(segment_is_there(&fx, 1));
	blob_verify(&fx.op, fx.s, ref, 3, LARGE, SPAN("card"));
	blob_verify(&fx.op, fx.s, (struct blob_ref){ ref.id, 0 }, 3, LARGE, SPAN("card"));
	store_close(fx.s);
	fixture_open(&fx);
	blob_verify(&fx.op, fx.s, ref, 3, LARGE, SPAN("card"));
	fixture_end(&fx);
}

// After some seconds with commits of this size, blocks are written ahead, or not.
static void expect_ahead(struct fixture *f, size_t octets, bool fills)
{
	for (int i = 0; i < 1000; i++)
		if ((ahead_of_next(f, octets) > SEGMENT_HEADER) == fills)
			return;
	fail();
}

// Cleaning is told apart from what it is told apart from.
static void test_written(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	struct store_written w = written(&fx);
	assert_true(w.moved == 0 && w.checkpoint == 0);
	struct blob_ref ref = blob_astride(&fx, 8);
	w = written(&fx);
	assert_true(w.commits >= SEGMENT_MIN && w.moved == 0 && w.checkpoint == 0);
	uint64_t index = w.index;
	sweep(&fx, &ref);
	w = written(&fx);
	assert_true(w.moved >= LARGE && w.moved < LARGE + 4096);
	assert_true(w.checkpoint > 0 && w.index > index);
	fixture_end(&fx);
}

// Blocks are written ahead for small commits, which they make cheaper, and not for large ones, which they would write twice.
static void test_written_ahead(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	expect_ahead(&fx, 100000, false); // what came before is forgotten
	for (int i = 0; i < 3; i++)
		assert_true(ahead_of_next(&fx, 100000) <= SEGMENT_HEADER);
	expect_ahead(&fx, 20000, true);
	expect_ahead(&fx, 100000, false);
	fixture_end(&fx);
}

static void test_open_blob_stays(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	struct blob_ref ref = blob_astride(&fx, 4);
	struct blob b;
	ok(&fx.op, blob_open_card(&fx.op, fx.s, ref, &b));
	sweep(&fx, NULL);
	assert_false(segment_is_there(&fx, 1));
	next_segment(&fx); // which may recycle a file that nobody holds
	next_segment(&fx);
	for (uint64_t at = 0; at < LARGE;) {
		struct span piece;
		ok(&fx.op, blob_piece(&fx.op, &b, at, LARGE, &piece));
		for (size_t i = 0; i < piece.n; i++)
			assert_int_equal(piece.p[i], byte_at(4, at + i));
		at += piece.n;
	}
	blob_close(&b);
	fixture_end(&fx);
}

// Between the moment that an extent is in the log and the moment that its writer knows, the log goes on and a sweep comes.
static int extent_put_slowly(
	struct op *op, struct store *s, struct span bytes, struct blob_extent *ret_extent)
{
	int rc = store_local.extent_put(op, s, bytes, ret_extent);
	next_segment(&fx);
	sweep(&fx, NULL);
	return rc;
}

static void test_writer_slow(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	const struct store_engine *engine = fx.s->engine;
	struct store_engine slow = *engine;
	slow.extent_put = extent_put_slowly;
	fx.s->engine = &slow;
	struct blob_writer *w = write_large(&fx, 5);
	fx.s->engine = engine;
	struct blob_ref ref = finish(&fx, w);
	put(&fx, 1, "a", "refers to it");
	blob_verify(&fx.op, fx.s, ref, 5, LARGE, SPAN("card"));
	fixture_end(&fx);
}

static int disk_full(void *ctx, enum file_call call, size_t *n)
{
	(void)n;
	return atomic_load((atomic_bool *)ctx) && call == FILE_WRITE ? ENOSPC : 0;
}

// The group with the BLOB fails, so that it waits to be put in line again; a sweep comes before it is.
static void test_left_over(void **state)
{
	(void)state;
	atomic_bool full = false; // the keeper looks at it, too
	struct files files = { disk_full, &full };
	fixture_begin(&fx, "local");
	store_close(fx.s);
	ok(&fx.op, local_open_with(&fx.op, &fx.config, &files, &fx.s));
	struct blob_writer *w = write_large(&fx, 6);
	next_segment(&fx);
	struct blob_ref ref = finish(&fx, w);
	atomic_store(&full, true);
	assert_int_equal(log_settle(&fx.op, local_of(fx.s)), RC_NOSPACE);
	atomic_store(&full, false);
	sweep(&fx, NULL);
	put(&fx, 1, "a", "refers to it");
	blob_verify(&fx.op, fx.s, ref, 6, LARGE, SPAN("card"));
	fixture_end(&fx);
}

static void copy_file(const char *from, const char *to)
{
	static char block[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(in >= 0 && out >= 0);
	ssize_t n;
	while ((n = read(in, block, sizeof block)) > 0)
		assert_int_equal(write(out, block, (size_t)n), n);
	(void)close(in);
	(void)close(out);
}

// A crash in the first write to a segment left the GROUP frame and nothing behind it. The segment before must not be taken for one
// that was swept.
static void test_lone_group_frame(void **state)
{
	(void)state;
	fixture_begin(&fx, "local");
	struct blob_ref ref = blob_make(&fx.op, fx.s, 7, 5000, SPAN("card"));
	put(&fx, 1, "a", "refers to it");
	struct fixture after;
	fixture_begin(&after, "local");
	store_close(after.s);
	char from[128], to[128];
	next_segment(&fx);
	assert_int_equal(segment_now(&fx), 2);
	// The tables of a new volume, and the log up to the torn write: as if the first flush were still to come.
	for (uint32_t n = 1; n <= 2; n++) {
		(void)snprintf(from, sizeof from, "%s/log/%08x.log", fx.dir, n);
		(void)snprintf(to, sizeof to, "%s/log/%08x.log", after.dir, n);
		copy_file(from, to);
	}
	(void)snprintf(from, sizeof from, "%s/volume", fx.dir);
	(void)snprintf(to, sizeof to, "%s/volume", after.dir);
	copy_file(from, to);
	(void)snprintf(to, sizeof to, "%s/log/%08x.log", after.dir, 2);
	static const char zeros[BLOB_EXTENT];
	int fd = open(to, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(
		pwrite(fd, zeros, sizeof zeros, SEGMENT_HEADER + GROUP_FRAME), sizeof zeros);
	(void)close(fd);
	for (int i = 0; i < 3; i++) {
		fixture_open(&after);
		assert_true(segment_is_there(&after, 1));
		blob_verify(&after.op, after.s, ref, 7, 5000, SPAN("card"));
		if (i)
			put(&after, 1, "b", "goes on");
		store_close(after.s);
	}
	after.s = NULL;
	fixture_end(&after);
	fixture_end(&fx);
}

int main(void)
{
	log_level_set(LOG_ERROR_);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_stale_hint),
		cmocka_unit_test(test_written), cmocka_unit_test(test_written_ahead),
		cmocka_unit_test(test_open_blob_stays), cmocka_unit_test(test_writer_slow),
		cmocka_unit_test(test_left_over), cmocka_unit_test(test_lone_group_frame) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
