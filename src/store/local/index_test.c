// SPDX-License-Identifier: Apache-2.0
// What a look-up in a large index reads from its files.
#include "store/local/index.h"

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define KEYS 800000u // their filter is a megabyte
#define BATCH 10000u
#define LOOKS 2000u
#define CACHE (UINT64_C(8) << 20)

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

// Octets that this process has read by system calls.
static uint64_t octets_read(void)
{
	uint64_t n = 0;
	FILE *f = fopen("/proc/self/io", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "rchar: %" SCNu64, &n), 1);
	(void)fclose(f);
	return n;
}

// Blobs with even ids.
static void fill(struct op *op, struct index *ix)
{
	struct index_batch b;
	assert_int_equal(index_batch_begin(op, ix, &b), 0);
	for (uint64_t id = 0; id < KEYS; id++) {
		struct index_own own;
		index_own_blob(&own, 2 * id, (struct index_blob){ .pos = id, .size = 1 });
		index_batch_own(&b, &own);
		if (id % BATCH == BATCH - 1)
			assert_int_equal(index_batch_write(op, &b), 0);
	}
	index_batch_done(&b);
	assert_int_equal(index_flush(op, ix), 0);
}

// Keys that are not there, spread over all of the index (most that a delivery asks for are such: of message-ids), and some that are.
static void look(struct op *op, struct index *ix)
{
	struct index_blob blob;
	for (uint64_t i = 0; i < LOOKS; i++) {
		uint64_t id = i * (KEYS / LOOKS);
		assert_int_equal(index_blob_get(op, ix, 2 * id + 1, &blob), STORE_ABSENT);
	}
	assert_int_equal(index_blob_get(op, ix, KEYS, &blob), 0);
	assert_int_equal(blob.pos, KEYS / 2);
}

// Filters stay in the cache, though that of a table is larger than a part of the cache: no look-up reads such a filter anew.
static void test_filters_stay(void **state)
{
	(void)state;
	struct op op;
	struct index ix;
	char dir[64];
	op_init(&op, 0);
	(void)snprintf(dir, sizeof dir, "%s/starling-index-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(index_open(&op, &ix, dir, CACHE), 0);
	for (unsigned times = 0; times < 2; times++)
		fill(&op, &ix);
	// Tables of a flush keep their filters in any case, and so would those that are only moved to another level.
	rocksdb_compact_range(ix.db, NULL, 0, NULL, 0);
	look(&op, &ix); // brings them in
	uint64_t before = octets_read();
	look(&op, &ix);
	assert_in_range(
		octets_read() - before, 0, CACHE); // a megabyte for each look-up would be 2 GB
	index_close(&ix);
	op_done(&op);
	assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_filters_stay) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
