// SPDX-License-Identifier: Apache-2.0
// The index is lost, and the log makes it again: all keys and blobs, however often the log was swept.
#include "base/crc32c.h"
#include "base/log.h"
#include "store/local/image_test.h"

#define BLOBS 400u
#define BODY 3000u

static struct fixture fx;
static struct blob_ref refs[BLOBS * 16];
static unsigned blob_count, blob_first;

// Everything that a reader can get, in one number, and how many keys that are.
static uint64_t fingerprint(struct fixture *f, unsigned *ret_keys)
{
	uint64_t sum = 0, partition = 0;
	*ret_keys = 0;
	while (store_next_partition(&f->op, f->s, NULL, partition + 1, &partition) == 0) {
		struct store_cursor *c;
		struct span key, value;
		ok(&f->op,
			store_cursor_open(&f->op, f->s, NULL, partition, SPAN(""), SPAN_NONE, &c));
		while (store_cursor_next(&f->op, c, &key, &value) == 0) {
			sum = sum * 31 + crc32c(crc32c((uint32_t)partition, key), value);
			++*ret_keys;
		}
		store_cursor_close(c);
		op_reset(&f->op);
	}
	return sum;
}

static int mark(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	(void)op, (void)ctx, (void)snap;
	for (unsigned i = blob_first; i < blob_count; i++)
		live(sweep, refs[i].id);
	return 0;
}

static void sweep(struct fixture *f)
{
	for (int i = 0; i < 2; i++) {
		ok(&f->op, store_sweep(&f->op, f->s, mark, NULL));
		usleep(2000); // past the grace time
	}
}

// Blobs and keys of every kind of change; most of the older ones lose their reference.
static void churn(struct fixture *f, uint64_t partition)
{
	for (unsigned i = 0; i < BLOBS; i++) {
		refs[blob_count] = blob_make(
			&f->op, f->s, blob_count, i % 100 ? BODY : 3 * BLOB_EXTENT, SPAN("card"));
		struct store_batch b;
		batch_init(&b, partition);
		batch_put(&b, span_of(&i, sizeof i), span_of(&refs[blob_count], sizeof refs[0]));
		batch_patch(&b, SPAN("patched"), i * 4, span_of(&i, sizeof i));
		if (i % 50 == 49) {
			unsigned from = i - 20, to = i - 10;
			batch_delete_range(
				&b, span_of(&from, sizeof from), span_of(&to, sizeof to));
		}
		commit(&f->op, f->s, &b);
		blob_count++;
	}
	blob_first = blob_count - BLOBS / 4;
}

static void volume_begin(struct fixture *f)
{
	fixture_begin(f, "local");
	blob_count = blob_first = 0;
}

static void index_lose(struct fixture *f)
{
	char path[400];
	store_close(f->s);
	f->s = NULL;
	(void)snprintf(path, sizeof path, "%s/index", f->dir);
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void found(void *ctx, const struct store_finding *f)
{
	print_message("%s\n", f->text);
	++*(unsigned *)ctx;
}

static void verify_but(struct fixture *f, uint64_t sum, unsigned keys, unsigned expected)
{
	unsigned now, findings = 0;
	uint64_t frames;
	assert_true(fingerprint(f, &now) == sum);
	assert_int_equal(now, keys);
	for (unsigned i = blob_first; i < blob_count; i++)
		blob_verify(&f->op, f->s, (struct blob_ref){ refs[i].id, 0 }, i,
			i % BLOBS % 100 ? BODY : 3 * BLOB_EXTENT, SPAN("card"));
	ok(&f->op, store_check(&f->op, f->s, found, &findings, &frames));
	assert_int_equal(findings, expected);
}

static void verify(struct fixture *f, uint64_t sum, unsigned keys)
{
	verify_but(f, sum, keys, 0);
}

static bool segment_is_there(struct fixture *f, uint32_t number)
{
	struct segment *s = segment_ref(&local_of(f->s)->segments, number);
	segment_unref(s);
	return s != NULL;
}

static void test_never_swept(void **state)
{
	(void)state;
	volume_begin(&fx);
	churn(&fx, 2);
	unsigned keys;
	uint64_t sum = fingerprint(&fx, &keys);
	index_lose(&fx);
	fixture_open(&fx);
	verify(&fx, sum, keys);
	fixture_end(&fx);
}

// After each sweep that dropped segments, and after more commits behind it.
static void test_swept(void **state)
{
	(void)state;
	volume_begin(&fx);
	for (uint64_t round = 0; round < 8; round++) {
		churn(&fx, 2 + round % 3);
		sweep(&fx);
		if (round % 2)
			put(&fx, 1, "behind", round % 4 == 1 ? "one" : "other");
		unsigned keys;
		uint64_t sum = fingerprint(&fx, &keys);
		index_lose(&fx);
		fixture_open(&fx);
		verify(&fx, sum, keys);
		store_close(fx.s); // and as any other
		fixture_open(&fx);
		verify(&fx, sum, keys);
	}
	assert_false(segment_is_there(&fx, 1));
	assert_true(local_of(fx.s)->checkpoint.id != 0);
	fixture_end(&fx);
}

// A checkpoint that is damaged is not taken for whole: rather no volume than one that lacks something. The one before it serves if the second sweep
// wrote another one and dropped nothing that it needs.
static void test_damaged(void **state)
{
	(void)state;
	volume_begin(&fx);
	churn(&fx, 2);
	churn(&fx, 3);
	sweep(&fx);
	assert_false(segment_is_there(&fx, 1));
	struct checkpoint c = local_of(fx.s)->checkpoint;
	unsigned keys;
	uint64_t sum = fingerprint(&fx, &keys);
	index_lose(&fx);
	char path[400];
	(void)snprintf(path, sizeof path, "%s/log/%08x.log", fx.dir, pos_segment(c.first));
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	char was, bad;
	off_t at = (off_t)pos_offset(c.first) + 100;
	assert_int_equal(pread(fd, &was, 1, at), 1);
	bad = (char)(was ^ 4);
	assert_int_equal(pwrite(fd, &bad, 1, at), 1);
	int rc = store_open(&fx.op, &fx.config, &fx.s);
	assert_int_equal(pwrite(fd, &was, 1, at), 1);
	if (rc == 0) {
		assert_true(local_of(fx.s)->checkpoint.id != c.id);
		verify_but(&fx, sum, keys, 1); // what it met when it opened
		index_lose(&fx);
	} else {
		assert_int_equal(rc, RC_CORRUPT);
		assert_non_null(strstr(fx.op.text, "no whole checkpoint"));
	}
	(void)close(fd);
	fixture_open(&fx); // nothing was made worse by that
	verify(&fx, sum, keys);
	fixture_end(&fx);
}

// Entries of a restoration that was cut off do no harm to the next.
static void test_cut_off(void **state)
{
	(void)state;
	volume_begin(&fx);
	churn(&fx, 2);
	churn(&fx, 3);
	sweep(&fx);
	unsigned keys;
	uint64_t sum = fingerprint(&fx, &keys);
	struct index_batch b;
	char room[20] = { 0 };
	memset(room, 0xff, 8);
	room[8] = 'p';
	ok(&fx.op, log_settle(&fx.op, local_of(fx.s)));
	ok(&fx.op, pending_drain(&fx.op, local_of(fx.s)));
	ok(&fx.op, index_batch_begin(&fx.op, &local_of(fx.s)->index, &b));
	index_batch_delete(&b, span_of(room, 9));
	ok(&fx.op, index_batch_write(&fx.op, &b));
	index_batch_done(&b);
	ok(&fx.op, index_flush(&fx.op, &local_of(fx.s)->index));
	atomic_store(&local_of(fx.s)->log.broken, true); // the close must not write it again
	store_close(fx.s);
	fixture_open(&fx);
	assert_true(local_of(fx.s)->restored);
	verify(&fx, sum, keys);
	fixture_end(&fx);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_never_swept),
		cmocka_unit_test(test_swept), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_cut_off) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
