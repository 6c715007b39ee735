// SPDX-License-Identifier: Apache-2.0
// Frames of the log whose checksums are right and whose contents are not (an error of ours, or somebody who may write the disk): replay refuses
// them, and reads nothing behind their end.
#include "store/local/image_test.h"

#include "base/crc32c.h"
#include "base/log.h"

static struct image im;
static uint32_t seed;

// The first frame of that type behind the header, in the image.
static char *frame_of(enum frame_type type)
{
	char *log = image_segment(&im, 1);
	struct segment_header h;
	struct frame f;
	uint32_t at = SEGMENT_HEADER;
	assert_int_equal(segment_header_decode(log, &h), 0);
	seed = segment_seed(h.nonce);
	while (frame_decode(log + at, seed, &f) && f.type != type)
		at += frame_size(f.length);
	assert_int_equal(f.type, type);
	return log + at;
}

static void forge(char *at, uint32_t length)
{
	struct frame f;
	assert_true(frame_decode(at, seed, &f));
	f.length = f.first = length;
	f.first_crc = crc32c(0, span_of(at + FRAME_HEADER, length));
	f.rest_crc = crc32c(0, SPAN(""));
	frame_encode(at, &f, seed);
}

// One message and one batch behind the index, as a crash leaves them.
static void volume_begin(struct fixture *f)
{
	fixture_begin(f, "local");
	(void)blob_make(&f->op, f->s, 9, 500, SPAN("the card")); // its place does not matter
	put(f, 1, "key", "value");
	image_take(&im, f->dir);
	store_close(f->s);
	f->s = NULL;
}

static void open_is_refused(struct fixture *f)
{
	image_put(&im, f->dir);
	assert_int_equal(store_open(&f->op, &f->config, &f->s), RC_CORRUPT);
	f->s = NULL;
	fixture_end(f);
	image_done(&im);
}

static void test_short_blob(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f);
	char *at = frame_of(FRAME_BLOB);
	forge(at, 8); // ends behind its id: there is no size, no owner
	open_is_refused(&f);
}

static void test_blob_of_no_id(void **state)
{
	(void)state;
	static const uint64_t ids[] = { 0, UINT64_MAX };
	for (size_t i = 0; i < countof(ids); i++) {
		struct fixture f;
		volume_begin(&f);
		char *at = frame_of(FRAME_BLOB);
		struct frame fr;
		assert_true(frame_decode(at, seed, &fr));
		store_u64(at + FRAME_HEADER, ids[i]);
		fr.first_crc = crc32c(0, span_of(at + FRAME_HEADER, fr.first));
		frame_encode(at, &fr, seed);
		open_is_refused(&f);
	}
}

static void test_blob_too_long(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f);
	char *at = frame_of(FRAME_BLOB);
	struct frame fr;
	assert_true(frame_decode(at, seed, &fr));
	store_u64(at + FRAME_HEADER + 48, UINT64_MAX); // its size
	fr.first_crc = crc32c(0, span_of(at + FRAME_HEADER, fr.first));
	frame_encode(at, &fr, seed);
	open_is_refused(&f);
}

// A batch may not change where the log goes on.
static void test_batch_of_engine(void **state)
{
	(void)state;
	static const uint64_t partitions[] = { 0, UINT64_MAX };
	for (size_t i = 0; i < countof(partitions); i++) {
		struct fixture f;
		volume_begin(&f);
		char *at = frame_of(FRAME_BATCH);
		store_u64(at + FRAME_HEADER, partitions[i]);
		forge(at, load_u32(at + 4));
		open_is_refused(&f);
	}
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_short_blob),
		cmocka_unit_test(test_blob_of_no_id), cmocka_unit_test(test_blob_too_long),
		cmocka_unit_test(test_batch_of_engine) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
