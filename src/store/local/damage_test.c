// SPDX-License-Identifier: Apache-2.0
// What a crash or a bad disk leaves: torn tails at every byte, damage below the durable position, unknown versions, a disk that
// fails under a mapping, forged frames.
#include "store/local/image_test.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/log.h"

static struct image im;

static uint64_t count_found;
static struct store_finding last_found;
static char last_text[300];
static void found(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	count_found++;
	last_found = *f;
	(void)snprintf(last_text, sizeof last_text, "%s", f->text); // may be cut
}

static void put_number(struct fixture *f, unsigned i)
{
	char key[16];
	(void)snprintf(key, sizeof key, "%u", i);
	put(f, 1, key, "value");
}

static bool has_number(struct fixture *f, unsigned i)
{
	char key[16];
	struct span v;
	(void)snprintf(key, sizeof key, "%u", i);
	int rc = store_get(&f->op, f->s, NULL, 1, span_str(key), &v);
	assert_true(rc == 0 || rc == STORE_ABSENT);
	return rc == 0;
}

// A volume of n commits as a crash leaves it: nothing flushed.
static void volume_begin(struct fixture *f, unsigned n)
{
	fixture_begin(f, "local");
	for (unsigned i = 0; i < n; i++)
		put_number(f, i);
	image_take(&im, f->dir);
	store_close(f->s);
	f->s = NULL;
}

static void volume_end(struct fixture *f)
{
	fixture_end(f);
	image_done(&im);
}

static bool is_read_only(struct fixture *f)
{
	struct store_stats st;
	store_stats(f->s, &st);
	return st.read_only;
}

static void test_torn_at_every_byte(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f, 3);
	char *log = image_segment(&im, 1);
	uint32_t at[1000];
	size_t n = image_groups(log, at);
	assert_int_equal(n, 3);
	char *saved = malloc(IMAGE_BYTES);
	memcpy(saved, log, IMAGE_BYTES);
	for (uint32_t cut = at[2]; cut <= at[3]; cut++) {
		memcpy(log, saved, IMAGE_BYTES);
		memset(log + cut, 0, IMAGE_BYTES - cut);
		image_put(&im, f.dir);
		fixture_open(&f);
		assert_false(is_read_only(&f));
		assert_true(has_number(&f, 0) && has_number(&f, 1));
		bool whole = memcmp(log, saved, IMAGE_BYTES) == 0;
		assert_int_equal(has_number(&f, 2), whole);
		if (cut % 16 == 0) { // life goes on, and nothing of the leftovers comes back
			put_number(&f, 7);
			store_close(f.s);
			fixture_open(&f);
			assert_true(has_number(&f, 7));
			assert_int_equal(has_number(&f, 2), whole);
			uint64_t frames;
			count_found = 0;
			ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
			assert_int_equal(count_found, 0);
		}
		store_close(f.s);
		f.s = NULL;
	}
	free(saved);
	volume_end(&f);
}

static void test_garbled(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f, 4);
	char *log = image_segment(&im, 1);
	uint32_t at[1000];
	assert_int_equal(image_groups(log, at), 4);
	for (uint32_t i = at[2]; i < at[4]; i += 11) {
		log[i] ^= 0x40;
		image_put(&im, f.dir);
		fixture_open(&f);
		bool last = i >= at[3]; // nothing proves that the last group was durable
		bool harmless = has_number(&f, 2) && has_number(&f, 3); // padding
		assert_true(has_number(&f, 0) && has_number(&f, 1));
		if (!harmless) {
			assert_int_equal(is_read_only(&f), !last);
			assert_int_equal(has_number(&f, 2), last);
			assert_false(has_number(&f, 3));
		}
		if (!harmless && !last) {
			struct store_batch b;
			struct store_ticket t;
			batch_init(&b, 1);
			assert_int_equal(store_submit(&f.op, f.s, &b, &t), RC_READONLY);
			uint64_t frames;
			count_found = 0;
			ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
			assert_true(count_found > 0);
		}
		store_close(f.s);
		f.s = NULL;
		log[i] ^= 0x40;
	}
	volume_end(&f);
}

// One damaged copy of a segment's header is found and does no harm.
static void test_header_copy(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f, 4);
	char *log = image_segment(&im, 1);
	static const uint32_t places[] = { 0, 8, 20, 33, 50, 2048, 2048 + 33, 2048 + 51 };
	for (size_t i = 0; i < countof(places); i++) {
		log[places[i]] ^= 0x10;
		image_put(&im, f.dir);
		fixture_open(&f);
		assert_false(is_read_only(&f));
		assert_true(has_number(&f, 0) && has_number(&f, 3));
		uint64_t frames;
		count_found = 0;
		ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
		assert_int_equal(count_found, 1);
		assert_int_equal(last_found.kind, FINDING_LOG);
		for (unsigned again = 0; again < 2; again++) { // it is written again, for good
			if (!again)
				ok(&f.op, store_checkpoint(&f.op, f.s));
			count_found = 0;
			ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
			assert_int_equal(count_found, 0);
			store_close(f.s);
			fixture_open(&f);
			assert_true(has_number(&f, 0) && has_number(&f, 3));
		}
		store_close(f.s);
		f.s = NULL;
		log[places[i]] ^= 0x10;
	}
	volume_end(&f);
}

// Frames of which nothing is needed any more once a checkpoint is written are told apart from those that are.
static void test_harmless(void **state)
{
	(void)state;
	struct fixture f;
	uint64_t frames;
	fixture_begin(&f, "local");
	for (unsigned i = 0; i < 4; i++)
		put_number(&f, i);
	struct blob_ref blob = blob_make(&f.op, f.s, 9, 5000, SPAN("the card"));
	put_number(&f, 4);
	store_close(f.s);
	image_take(&im, f.dir);
	char *log = image_segment(&im, 1);
	uint32_t at[1000];
	assert_true(image_groups(log, at) >= 5);
	log[at[1] + GROUP_FRAME + FRAME_HEADER + 10] ^= 1; // a change
	log[at[2] + 8] ^= 1;                               // the head of a frame
	image_put(&im, f.dir);
	for (unsigned again = 0; again < 3; again++) {
		fixture_open(&f);
		count_found = 0;
		ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
		assert_int_equal(count_found, 2);
		assert_int_equal(last_found.kind, again ? FINDING_HARMLESS : FINDING_LOG);
		assert_int_equal(strstr(last_text, "no change is lost with it") != NULL, again > 0);
		if (!again)
			ok(&f.op, store_checkpoint(&f.op, f.s));
		store_close(f.s);
	}
	image_done(&im);
	image_take(&im, f.dir);
	log = image_segment(&im, 1);
	log[pos_offset(blob.hint) + FRAME_HEADER + BLOB_FIELDS + 8 + 100] ^=
		1; // octets that are needed
	image_put(&im, f.dir);
	fixture_open(&f);
	count_found = 0;
	ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
	assert_int_equal(count_found, 3);
	assert_int_equal(last_found.kind, FINDING_LOG);
	assert_int_equal(last_found.blob_id, blob.id);
	volume_end(&f);
}

static int card_for_rescue(
	struct op *op, void *ctx, const struct blob *octets, struct span *ret_card)
{
	(void)op;
	assert_int_equal(octets->whole.n, *(const size_t *)ctx);
	*ret_card = SPAN("another card");
	return 0;
}

// The head of a blob is damaged, its octets are not: it gets a new one. Where they are damaged, too, it does not.
static void test_rescue(void **state)
{
	(void)state;
	struct fixture f;
	size_t size = 5000;
	fixture_begin(&f, "local");
	struct blob_ref head = blob_make(&f.op, f.s, 9, size, SPAN("the card"));
	struct blob_ref both = blob_make(&f.op, f.s, 10, size, SPAN("the card"));
	put_number(&f, 0);
	store_close(f.s);
	image_take(&im, f.dir);
	char *log = image_segment(&im, 1);
	log[pos_offset(head.hint) + FRAME_HEADER + 20] ^= 1;
	log[pos_offset(both.hint) + FRAME_HEADER + 20] ^= 1;
	log[pos_offset(both.hint) + FRAME_HEADER + BLOB_FIELDS + 8 + 100] ^= 1;
	image_put(&im, f.dir);
	fixture_open(&f);
	struct blob b;
	struct blob_ref now;
	struct blob_owner owner = { .partition = 1, .mailbox = 2, .uid = 9 };
	struct blob_card_maker maker = { card_for_rescue, &size };
	assert_int_equal(blob_open(&f.op, f.s, head, &b), RC_CORRUPT);
	assert_int_equal(blob_rescue(&f.op, f.s, head, size + 1, &owner, &maker, &now), RC_CORRUPT);
	assert_int_equal(blob_rescue(&f.op, f.s, both, size, &owner, &maker, &now), RC_CORRUPT);
	ok(&f.op, blob_rescue(&f.op, f.s, head, size, &owner, &maker, &now));
	put_number(&f, 1);
	for (int i = 0; i < 2; i++) {
		blob_verify(&f.op, f.s, now, 9, size, SPAN("another card"));
		blob_verify(
			&f.op, f.s, (struct blob_ref){ head.id, 0 }, 9, size, SPAN("another card"));
		store_close(f.s);
		fixture_open(&f);
	}
	volume_end(&f);
}

// A body full of frames that look right but for the nonce, in a group that is torn.
static void test_forged(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	put_number(&f, 0);
	char body[40 * GROUP_FRAME];
	for (size_t i = 0; i < 40; i++) {
		char *at = body + i * GROUP_FRAME;
		struct group_fields g = { UINT64_MAX, GROUP_FRAME, 0, 0 };
		group_fields_encode(at + FRAME_HEADER, &g);
		struct frame fr = { .length = GROUP_PAYLOAD,
			.first = GROUP_PAYLOAD,
			.seq = UINT64_MAX - 1,
			.type = FRAME_GROUP,
			.version = FRAME_VERSION,
			.first_crc = crc32c(0, span_of(at + FRAME_HEADER, GROUP_PAYLOAD)) };
		frame_encode(at, &fr, (uint32_t)i);
	}
	struct blob_writer *w;
	struct blob_ref ref;
	struct blob_owner owner = { .partition = 1 };
	ok(&f.op, blob_begin(&f.op, f.s, &w));
	ok(&f.op, blob_write(&f.op, w, span_of(body, sizeof body)));
	ok(&f.op, blob_finish(&f.op, w, &owner, SPAN("card"), &ref));
	put_number(&f, 1);
	image_take(&im, f.dir);
	store_close(f.s);
	char *log = image_segment(&im, 1);
	uint32_t at[1000];
	assert_int_equal(image_groups(log, at), 2);
	log[at[1] + GROUP_FRAME + FRAME_HEADER] ^= 1; // the blob's id
	image_put(&im, f.dir);
	fixture_open(&f);
	assert_false(is_read_only(&f));
	assert_true(has_number(&f, 0));
	assert_false(has_number(&f, 1));
	volume_end(&f);
}

static void test_damaged_body(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	struct blob_ref ref = blob_make(&f.op, f.s, 9, 5000, SPAN("the card"));
	struct blob_ref good = blob_make(&f.op, f.s, 10, 5000, SPAN("the card"));
	put_number(&f, 0);
	image_take(&im, f.dir);
	store_close(f.s);
	// Flushed before the damage: it is below the position of the index.
	image_done(&im);
	image_take(&im, f.dir);
	image_segment(&im, 1)[pos_offset(ref.hint) + FRAME_HEADER + BLOB_FIELDS + 8 + 1000] ^= 1;
	image_put(&im, f.dir);
	fixture_open(&f);
	assert_false(is_read_only(&f));
	struct blob b;
	assert_int_equal(blob_open(&f.op, f.s, ref, &b), RC_CORRUPT);
	assert_non_null(strstr(f.op.text, "account 1, mailbox 2, uid 9"));
	ok(&f.op, blob_open_card(&f.op, f.s, ref, &b));
	assert_true(span_eq(b.card, SPAN("the card")));
	struct span piece;
	assert_int_equal(blob_piece(&f.op, &b, 0, 10, &piece), RC_CORRUPT);
	blob_close(&b);
	blob_verify(&f.op, f.s, good, 10, 5000, SPAN("the card"));
	uint64_t frames;
	count_found = 0;
	ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
	assert_int_equal(count_found, 1);
	assert_int_equal(last_found.owner.uid, 9);
	assert_int_equal(last_found.blob_id, ref.id);
	struct blob_ref renewed; // a bad body must not get a good checksum
	assert_int_equal(blob_new_card(&f.op, f.s, ref, SPAN("new"), &renewed), RC_CORRUPT);
	volume_end(&f);
}

static void flip(const struct fixture *f, uint64_t pos, size_t n)
{
	char path[200], c;
	(void)snprintf(
		path, sizeof path, "%s/log/%08x.log", f->dir, (unsigned)pos_segment(pos)); // fits
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	off_t at = (off_t)(pos_offset(pos) + n);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1); // the mapping shows it at once
	assert_int_equal(close(fd), 0);
}

static void forget(struct fixture *f)
{
	checked_forget(&container_of(f->s, struct local, head)->checked);
}

// What was verified is believed for a while (local/checked.h), by readers only.
static void test_damage_after_check(void **state)
{
	(void)state;
	struct fixture f;
	uint64_t began = clock_mono();
	fixture_begin(&f, "local");
	struct blob_ref body = blob_make(&f.op, f.s, 9, 5000, SPAN("the card"));
	struct blob_ref card = blob_make(&f.op, f.s, 10, 5000, SPAN("the card"));
	struct blob_ref large = blob_make(&f.op, f.s, 11, 600000, SPAN("the card"));
	struct blob_ref renewed;
	struct blob b;
	struct span piece;
	put_number(&f, 0);
	blob_verify(&f.op, f.s, body, 9, 5000, SPAN("the card"));
	blob_verify(&f.op, f.s, card, 10, 5000, SPAN("the card"));
	blob_verify(&f.op, f.s, large, 11, 600000, SPAN("the card"));
	struct local *l = container_of(f.s, struct local, head);
	assert_true(checked_has(&l->checked, body.hint, CHECKED_REST) ||
		clock_mono() - began > CHECKED_FOR_NS);
	ok(&f.op, blob_open_card(&f.op, f.s, large, &b));
	uint64_t extent = b.extents->list[1].pos;
	blob_close(&b);
	flip(&f, body.hint, FRAME_HEADER + BLOB_FIELDS + 8 + 1000);
	flip(&f, card.hint, FRAME_HEADER + BLOB_FIELDS);
	flip(&f, extent, FRAME_HEADER + 70000);
	if (blob_open(&f.op, f.s, body, &b) == 0) // unless the time is over already
		blob_close(&b);
	// A sweep or a new card must not give bad bytes a good checksum, and a check finds all of it.
	assert_int_equal(blob_new_card(&f.op, f.s, body, SPAN("new"), &renewed), RC_CORRUPT);
	assert_int_equal(blob_new_card(&f.op, f.s, card, SPAN("new"), &renewed), RC_CORRUPT);
	assert_int_equal(blob_move(&f.op, l, card.id, card.hint), RC_CORRUPT);
	assert_int_equal(blob_move(&f.op, l, large.id, large.hint), RC_CORRUPT);
	uint64_t frames;
	count_found = 0;
	ok(&f.op, store_check(&f.op, f.s, found, NULL, &frames));
	assert_true(count_found >= 3);
	// When the time is over, or the volume was opened again, nothing of it is served.
	for (unsigned again = 0; again < 2; again++) {
		forget(&f);
		assert_int_equal(blob_open(&f.op, f.s, body, &b), RC_CORRUPT);
		assert_int_equal(blob_open(&f.op, f.s, body, &b), RC_CORRUPT); // is not remembered
		ok(&f.op, blob_open_card(&f.op, f.s, body, &b));
		assert_int_equal(blob_piece(&f.op, &b, 0, 10, &piece), RC_CORRUPT);
		blob_close(&b);
		assert_int_equal(blob_open_card(&f.op, f.s, card, &b), RC_CORRUPT);
		ok(&f.op, blob_open_card(&f.op, f.s, large, &b));
		ok(&f.op, blob_piece(&f.op, &b, 0, 10, &piece));
		assert_int_equal(
			blob_piece(&f.op, &b, BLOB_EXTENT + 70000, 10, &piece), RC_CORRUPT);
		blob_close(&b);
		store_close(f.s);
		fixture_open(&f);
	}
	fixture_end(&f);
}

// Every byte of a frame's header and fields goes bad behind the back of who remembers them: no harm is done, and later it is found.
static void test_damaged_header_after_check(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	struct blob_ref ref = blob_make(&f.op, f.s, 9, 600000, SPAN("the card"));
	put_number(&f, 0);
	struct blob b;
	for (size_t at = 0; at < FRAME_HEADER + BLOB_FIELDS + 2 * EXTENT_ENTRY + 8; at++) {
		forget(&f);
		blob_verify(&f.op, f.s, ref, 9, 600000, SPAN("the card"));
		flip(&f, ref.hint, at);
		int rc = blob_open(&f.op, f.s, ref, &b);
		for (uint64_t k = 0; rc == 0 && k < b.size; k += BLOB_EXTENT) {
			struct span piece;
			(void)blob_piece(&f.op, &b, k, BLOB_EXTENT, &piece);
		}
		if (rc == 0)
			blob_close(&b);
		forget(&f);
		assert_true(blob_open(&f.op, f.s, ref, &b) < 0);
		flip(&f, ref.hint, at); // good again
	}
	fixture_end(&f);
}

// Frames of 1 KiB, in segments of 256 MiB.
static uint64_t some_pos(uint32_t i)
{
	return pos_of(7 + (i >> 18), (i & 0x3ffff) << 10);
}

// A walk over a mailbox finds every message that the last one verified: none has pushed another out.
static void test_checked_mailbox(struct checked *c)
{
	enum { MESSAGES = 6000 };
	for (unsigned round = 0; round < 2; round++) {
		uint32_t at = 8192;
		for (uint32_t i = 0; i < MESSAGES; i++) {
			if (round)
				assert_true(checked_has(c, pos_of(2, at), CHECKED_FIRST));
			else
				checked_add(c, pos_of(2, at), CHECKED_FIRST);
			at += 2000 + (i * 2654435761u >> 20) % 900 * 8; // irregular, as sizes are
		}
	}
}

static void test_checked(void **state)
{
	(void)state;
	struct checked c = { 0 };
	assert_false(checked_has(&c, 4096, CHECKED_FIRST)); // without memory
	checked_add(&c, 4096, CHECKED_FIRST);
	checked_init(&c, 1000);
	assert_false(checked_has(&c, 0, CHECKED_FIRST));
	checked_add(&c, 4096, CHECKED_FIRST);
	assert_true(checked_has(&c, 4096, CHECKED_FIRST));
	assert_false(checked_has(&c, 4096, CHECKED_REST));
	checked_add(&c, 4096, CHECKED_REST);
	assert_true(checked_has(&c, 4096, CHECKED_FIRST) && checked_has(&c, 4096, CHECKED_REST));
	assert_false(checked_has(&c, pos_of(1, 4096), CHECKED_FIRST));
	test_checked_mailbox(&c);
	enum { MANY = 1 << 20 }; // two for each slot, if they were spread evenly
	for (uint32_t i = 0; i < MANY; i++)
		checked_add(&c, some_pos(i), CHECKED_FIRST);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < MANY; i++)
		kept += checked_has(&c, some_pos(i), CHECKED_FIRST);
	assert_in_range(kept, MANY / 8, MANY / 2);
	assert_false(checked_has(&c, some_pos(0), CHECKED_REST));
	checked_tick(&c, 1000 + CHECKED_FOR_NS - 1);
	assert_true(checked_has(&c, some_pos(MANY - 1), CHECKED_FIRST));
	checked_tick(&c, 1000 + CHECKED_FOR_NS);
	for (uint32_t i = 0; i < MANY; i++)
		assert_false(checked_has(&c, some_pos(i), CHECKED_FIRST));
	checked_done(&c);
}

static void open_fails(struct fixture *f, int rc)
{
	image_put(&im, f->dir);
	assert_int_equal(store_open(&f->op, &f->config, &f->s), rc);
	f->s = NULL;
}

static void test_versions(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f, 2);
	char *volume = im.files[0].bytes, *log = image_segment(&im, 1), saved[SEGMENT_HEADER * 2];
	assert_string_equal(im.files[0].name, "volume");
	memcpy(saved, volume, 64);
	volume[8] = 9;
	open_fails(&f, RC_CORRUPT);
	store_u32(volume + 40, crc32c(0, span_of(volume, 40)));
	open_fails(&f, RC_VERSION);
	memcpy(volume, saved, 64);
	memcpy(saved, log, sizeof saved);
	log[8] = 9;
	store_u32(log + 48, crc32c(0, span_of(log, 48)));
	open_fails(&f, RC_VERSION);
	memcpy(log, saved, sizeof saved);
	struct segment_header h;
	assert_int_equal(segment_header_decode(log, &h), 0);
	struct frame fr;
	assert_true(frame_decode(log + SEGMENT_HEADER + GROUP_FRAME, segment_seed(h.nonce), &fr));
	fr.version = 2;
	frame_encode(log + SEGMENT_HEADER + GROUP_FRAME, &fr, segment_seed(h.nonce));
	open_fails(&f, RC_VERSION);
	memcpy(log, saved, sizeof saved);
	image_put(&im, f.dir);
	fixture_open(&f);
	assert_true(has_number(&f, 1));
	volume_end(&f);
}

static void test_missing_parts(void **state)
{
	(void)state;
	struct fixture f;
	volume_begin(&f, 2);
	char path[200];
	image_put(&im, f.dir);
	(void)snprintf(path, sizeof path, "%s/volume", f.dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_open(&f.op, &f.config, &f.s), RC_CORRUPT);
	image_put(&im, f.dir); // without its index, the whole log is replayed
	(void)snprintf(path, sizeof path, "%s/index", f.dir);
	(void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	fixture_open(&f);
	assert_true(has_number(&f, 0) && has_number(&f, 1));
	volume_end(&f);
}

static void test_disk_fails_under_mapping(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	struct blob_ref ref = blob_make(&f.op, f.s, 1, 60000, SPAN("card"));
	struct blob_ref large = blob_make(&f.op, f.s, 2, 600000, SPAN("card"));
	put_number(&f, 0);
	blob_verify(&f.op, f.s, ref, 1, 60000, SPAN("card"));
	char path[200];
	(void)snprintf(path, sizeof path, "%s/log/00000001.log", f.dir);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	static char kept[1 << 20];
	assert_int_equal(pread(fd, kept, sizeof kept, 0), sizeof kept);
	assert_int_equal(truncate(path, 8192), 0);
	struct blob b;
	struct span
		piece; // nothing but what is asked for is read, although all of it was verified before
	ok(&f.op, blob_open_card(&f.op, f.s, ref, &b));
	ok(&f.op, blob_piece(&f.op, &b, 0, 100, &piece));
	assert_int_equal(piece.n, 100);
	assert_int_equal(blob_piece(&f.op, &b, 20000, 10, &piece), RC_IO);
	blob_close(&b);
	assert_int_equal(blob_open(&f.op, f.s, ref, &b), RC_IO);
	assert_int_equal(blob_open(&f.op, f.s, large, &b), RC_IO);
	assert_true(has_number(&f, 0));
	// It can be read again: so it is, without a new start.
	assert_int_equal(pwrite(fd, kept, sizeof kept, 0), sizeof kept);
	assert_int_equal(ftruncate(fd, 4 << 20), 0);
	(void)close(fd);
	int rc = RC_IO;
	for (unsigned i = 0; rc == RC_IO && i < 100; i++) {
		rc = blob_open(&f.op, f.s, large, &b);
		if (rc == RC_IO)
			usleep(50000); // it is tried once a second
	}
	ok(&f.op, rc);
	blob_close(&b);
	blob_verify(&f.op, f.s, ref, 1, 60000, SPAN("card"));
	blob_verify(&f.op, f.s, large, 2, 600000, SPAN("card"));
	fixture_end(&f);
}

static void test_lock_and_reader(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	struct store *other;
	assert_int_equal(store_open(&f.op, &f.config, &other), RC_LOCKED);
	struct blob_ref ref = blob_make(&f.op, f.s, 1, 600000, SPAN("card"));
	put_number(&f, 0);
	struct fixture reader = f;
	reader.config.read_only = true;
	fixture_open(&reader);
	put_number(&f, 1); // what comes later is not seen
	assert_true(has_number(&reader, 0));
	assert_false(has_number(&reader, 1));
	blob_verify(&f.op, reader.s, ref, 1, 600000, SPAN("card"));
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, 1);
	assert_int_equal(store_submit(&f.op, reader.s, &b, &t), RC_READONLY);
	assert_int_equal(store_sweep(&f.op, reader.s, NULL, NULL), RC_READONLY);
	uint64_t frames;
	count_found = 0;
	ok(&f.op, store_check(&f.op, reader.s, found, NULL, &frames));
	if (count_found)
		print_error("%s\n", last_found.text);
	assert_true(frames >= 4);
	store_close(reader.s);
	fixture_end(&f);
}

static void test_reader_needs_volume(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, "local");
	store_close(f.s);
	(void)nftw(f.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	f.config.read_only = true;
	assert_int_equal(store_open(&f.op, &f.config, &f.s), RC_NONEXISTENT);
	f.config.read_only = false;
	fixture_open(&f); // made when missing
	fixture_end(&f);
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_torn_at_every_byte),
		cmocka_unit_test(test_garbled), cmocka_unit_test(test_header_copy),
		cmocka_unit_test(test_harmless), cmocka_unit_test(test_rescue),
		cmocka_unit_test(test_forged), cmocka_unit_test(test_damaged_body),
		cmocka_unit_test(test_damage_after_check),
		cmocka_unit_test(test_damaged_header_after_check), cmocka_unit_test(test_checked),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_missing_parts),
		cmocka_unit_test(test_disk_fails_under_mapping),
		cmocka_unit_test(test_lock_and_reader),
		cmocka_unit_test(test_reader_needs_volume) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
