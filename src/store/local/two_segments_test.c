// SPDX-License-Identifier: Apache-2.0
// A log that went on in a second segment, whose first group is damaged: nothing in the first segment tells that there was more. It must be told all
// the same, and the log must not go on over it.
#define IMAGE_BYTES (4u << 20) // a whole segment
#include "store/local/image_test.h"

#include "base/log.h"

static struct image im;

// As a crash leaves it: nothing flushed, a few groups in the second segment.
static void volume_begin(struct fixture *f)
{
	static char filler[100000];
	fixture_begin(f, "local");
	const struct local *l = local_of(f->s);
	put(f, 1, "first", "value");
	while (pos_segment(atomic_load(&l->log.visible)) == 1) {
		struct store_batch b;
		batch_init(&b, 9);
		batch_put(&b, SPAN("filler"), span_of(filler, sizeof filler));
		commit(&f->op, f->s, &b);
	}
	put(f, 1, "second", "value");
	put(f, 1, "last", "value");
	image_take(&im, f->dir);
	store_close(f->s);
	f->s = NULL;
}

static void volume_put(const struct fixture *f, bool with_index)
{
	char path[200];
	image_put(&im, f->dir);
	(void)snprintf(path, sizeof path, "%s/index", f->dir); // fits
	if (!with_index)
		(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool is_read_only(struct fixture *f)
{
	struct store_stats st;
	store_stats(f->s, &st);
	return st.read_only;
}

static void count_found(void *ctx, const struct store_finding *f)
{
	*(unsigned *)ctx += f->kind == FINDING_LOG;
}

static int apply(struct op *op, void *ctx, struct store *s, uint64_t partition, struct span ops)
{
	(void)op, (void)ctx, (void)s, (void)partition, (void)ops;
	return MEND_APPLY;
}

static void count_damage(void *ctx, const struct store_damage *d)
{
	assert_true(d->octets > 0);
	++*(unsigned *)ctx;
}

static int pass_blob(struct op *op, void *ctx, struct blob_ref ref, const struct blob_owner *owner)
{
	(void)op, (void)ctx, (void)ref, (void)owner;
	return 0;
}

static int finish(struct op *op, void *ctx, struct store *s)
{
	(void)op, (void)ctx, (void)s;
	return 0;
}

static void damage_is_told(struct fixture *f)
{
	unsigned found = 0;
	uint64_t frames;
	fixture_open(f);
	assert_true(is_read_only(f));
	expect(f, NULL, 1, "first", "value");
	expect(f, NULL, 1, "second", NULL);
	ok(&f->op, store_check(&f->op, f->s, count_found, &found, &frames));
	assert_true(found > 0);
	store_close(f->s);
	f->s = NULL;
}

static bool is_there(const struct fixture *f, const char *name)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/%s", f->dir, name); // fits
	return access(path, F_OK) == 0;
}

static void damage_is_mended(struct fixture *f)
{
	unsigned places = 0;
	struct store_mender how = { &places, apply, count_damage, pass_blob, finish };
	ok(&f->op, store_mend(&f->op, &f->config, &how));
	assert_true(places > 0);
	assert_true(is_there(f, "index.damaged-1/CURRENT"));
	assert_false(is_there(f, "index.mending") || is_there(f, "index.try-1"));
	fixture_open(f);
	assert_false(is_read_only(f));
	expect(f, NULL, 1, "first", "value");
	expect(f, NULL, 1, "second", "value");
	expect(f, NULL, 1, "last", "value");
	store_close(f->s);
	f->s = NULL;
}

static void test_first_group(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f);
	char *log = image_segment(&im, 2);
	for (uint32_t at = 0; at < GROUP_FRAME; at += 5)
		for (unsigned with_index = 0; with_index < 2; with_index++) {
			log[SEGMENT_HEADER + at] ^= 1;
			volume_put(&f, with_index);
			log[SEGMENT_HEADER + at] ^= 1;
			damage_is_told(&f);
			damage_is_mended(&f);
		}
	fixture_end(&f);
	image_done(&im);
}

// The index cannot be copied: nothing is changed, and no file is closed that is somebody else's.
static void test_no_copy(void **state)
{
	(void)state;
	struct fixture f;
	unsigned places = 0;
	struct store_mender how = { &places, apply, count_damage, pass_blob, finish };
	char path[200];
	int fd[64];
	volume_begin(&f);
	image_segment(&im, 2)[SEGMENT_HEADER] ^= 1;
	volume_put(&f, true);
	for (size_t i = 0; i < 2; i++) { // folders in the place of a file that is to be written
		(void)snprintf(path, sizeof path, "%s/index.mending%s", f.dir, i ? "/CURRENT" : "");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < countof(fd); i++)
		assert_true((fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
	assert_int_equal(store_mend(&f.op, &f.config, &how), RC_IO);
	for (size_t i = 0; i < countof(fd); i++)
		assert_int_equal(close(fd[i]), 0);
	assert_int_equal(rmdir(path), 0);
	damage_is_told(&f);
	damage_is_mended(&f);
	fixture_end(&f);
	image_done(&im);
}

static void test_whole(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f);
	for (unsigned with_index = 0; with_index < 2; with_index++) {
		volume_put(&f, with_index);
		fixture_open(&f);
		assert_false(is_read_only(&f));
		expect(&f, NULL, 1, "last", "value");
		store_close(f.s);
		f.s = NULL;
	}
	fixture_end(&f);
	image_done(&im);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whole),
		cmocka_unit_test(test_first_group), cmocka_unit_test(test_no_copy) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
