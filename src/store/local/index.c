// SPDX-License-Identifier: Apache-2.0
// Options: what bounds memory is the block cache (index and filter blocks lie in it as well), the write buffers (32 MiB each, of
// which memory is taken as they fill; the keeper flushes long before on a quiet server) and max_open_files. A run of patches on
// one key is folded into its value after 16 (a mailbox's directory is patched by each delivery and read by each SELECT).
#include "store/local/index.h"

#include "base/log.h"
#include "base/must.h"
#include "store/batch.h"
#include "store/local/checkpoint.h"
#include "store/local/manifest.h"
#include "store/local/merge.h"
#include "store/local/rocks_files.h"
#include "store/local/shortage.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OWN UINT64_MAX
#define VALUE_VERSION 1
#define STATE_BYTES 41u
#define BLOB_BYTES 14u
#define SEGMENT_BYTES 5u
#define CHECKPOINT_BYTES 45u
#define WRITE_BUFFER (32u << 20)
#define ARENA_BLOCK (256u << 10)
#define MERGES_MAX 16
#define OPEN_FILES 256
#define CACHE_SHARD_BITS 3
#define LEVELS 7
#define TABLES_FIRST 8 // about 4 MB each, of mail of 5 KB
#define LEVEL_BYTES (64u << 20)
#define LOG_BYTES (1u << 20)
#define KEYS_RATIO 0.01      // of a write buffer: its filter of keys, ten bits for each of 250,000
#define PERF_LEVEL_DISABLE 1 // rocksdb::PerfLevel::kDisable

int index_fail(struct op *op, char *error, const char *what)
{
	if (!error)
		return 0;
	int rc = RC_IO;
	if (strstr(error, "orruption"))
		rc = RC_CORRUPT;
	else if (strstr(error, "No space") || strstr(error, "NoSpace"))
		rc = RC_NOSPACE;
	const char *file = strstr(error, " in /"); // clients read this text, too
	rc = op_fail(op, rc, "%s: %.*s", what,
		(int)(file ? file - error : (ptrdiff_t)strlen(error)), error);
	rocksdb_free(error);
	return rc;
}

static rocksdb_block_based_table_options_t *table_options(struct index *ix, uint64_t cache_bytes)
{
	rocksdb_block_based_table_options_t *t = rocksdb_block_based_options_create();
	// Few parts: what does not fit its part is read anew each time.
	rocksdb_lru_cache_options_t *lru = rocksdb_lru_cache_options_create();
	rocksdb_lru_cache_options_set_capacity(lru, cache_bytes);
	rocksdb_lru_cache_options_set_num_shard_bits(lru, CACHE_SHARD_BITS);
	ix->cache = rocksdb_cache_create_lru_opts(lru);
	rocksdb_lru_cache_options_destroy(lru);
	rocksdb_block_based_options_set_block_cache(t, ix->cache);
	rocksdb_block_based_options_set_cache_index_and_filter_blocks(t, 1);
	rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(t, 1);
	rocksdb_block_based_options_set_filter_policy(
		t, rocksdb_filterpolicy_create_bloom_full(10)); // the table options own it
	// In partitions of some KB, so that of a large table's filter only what is asked for is read and kept.
	rocksdb_block_based_options_set_index_type(
		t, rocksdb_block_based_table_index_type_two_level_index_search);
	rocksdb_block_based_options_set_partition_filters(t, 1);
	rocksdb_block_based_options_set_format_version(t, 5);
	rocksdb_block_based_options_set_block_size(t, 8192);
	return t;
}

// Each flush makes a table, a small one: the keeper does not wait until the write buffer is full. TABLES_FIRST of them are joined with the first level at a
// time, which writes that level anew, so it is kept about as large as they are. What is joined soon is not compressed.
static void levels_set(rocksdb_options_t *o)
{
	int compression[LEVELS] = { rocksdb_no_compression };
	for (unsigned i = 1; i < LEVELS; i++)
		compression[i] = rocksdb_lz4_compression;
	rocksdb_options_set_num_levels(o, LEVELS);
	rocksdb_options_set_compression_per_level(o, compression, LEVELS);
	rocksdb_options_set_level0_file_num_compaction_trigger(o, TABLES_FIRST);
	rocksdb_options_set_max_bytes_for_level_base(o, LEVEL_BYTES);
	rocksdb_options_set_level_compaction_dynamic_level_bytes(o, 1);
}

static void options_set(struct index *ix, uint64_t cache_bytes)
{
	rocksdb_options_t *o = ix->options = rocksdb_options_create();
	rocksdb_block_based_table_options_t *t = table_options(ix, cache_bytes);
	rocksdb_options_set_block_based_table_factory(o, t);
	rocksdb_block_based_options_destroy(t);
	rocksdb_options_set_env(o, ix->env);
	rocksdb_options_set_create_if_missing(o, 1);
	rocksdb_options_set_paranoid_checks(o, 1);
	rocksdb_options_set_merge_operator(o, merge_operator()); // the options own it
	rocksdb_options_set_max_successive_merges(o, MERGES_MAX);
	rocksdb_options_set_memtable_whole_key_filtering(
		o, 1); // most message-ids that THREADID asks for are unknown
	rocksdb_options_set_memtable_prefix_bloom_size_ratio(o, KEYS_RATIO);
	rocksdb_options_set_allow_concurrent_memtable_write(o, 0); // one writer; merges need it
	rocksdb_options_set_write_buffer_size(o, WRITE_BUFFER);
	rocksdb_options_set_arena_block_size(o, ARENA_BLOCK);
	rocksdb_options_set_max_write_buffer_number(o, 3);
	rocksdb_options_set_max_background_jobs(o, 2);
	rocksdb_options_set_max_open_files(o, OPEN_FILES);
	rocksdb_options_set_max_file_opening_threads(
		o, 1); // it ends the process when one cannot start
	levels_set(o);
	rocksdb_options_set_bytes_per_sync(o, 1u << 20);
	rocksdb_options_set_allow_mmap_reads(o, 0); // a failing disk must be an error, not a signal
	rocksdb_options_set_info_log_level(o, 3);   // errors
	rocksdb_options_set_max_log_file_size(o, LOG_BYTES);
	rocksdb_options_set_keep_log_file_num(o, 2);
	rocksdb_options_set_stats_dump_period_sec(o, 0);
	rocksdb_options_set_stats_persist_period_sec(o, 0);
	rocksdb_options_set_max_manifest_file_size(o, 1u << 20);
	ix->read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(ix->read, 1);
	ix->write = rocksdb_writeoptions_create();
	rocksdb_writeoptions_disable_WAL(ix->write, 1);
}

static int db_open(struct op *op, struct index *ix)
{
	char *error = NULL;
	ix->db = rocks_open(ix->options, ix->dir, &error);
	int rc = index_fail(op, error, "cannot open the index");
	return rc || ix->db ? rc : op_fail(op, RC_NOMEM, "cannot open the index");
}

int index_open(struct op *op, struct index *ix, const char *dir, uint64_t cache_bytes)
{
	*ix = (struct index){ .dir = strdup(dir) };
	if (!ix->dir)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (mkdir(dir, 0700) && errno != EEXIST) {
		int rc = op_fail_errno(op, RC_IO, errno, "cannot make %s", dir);
		index_close(ix);
		return rc;
	}
	shortage_prepare();
	ix->env = rocks_files_new();
	if (!ix->env) {
		index_close(ix);
		return op_fail(op, RC_NOMEM, "no memory or threads for the index");
	}
	options_set(ix, cache_bytes);
	int rc = db_open(op, ix);
	bool cut = false;
	if (rc == RC_CORRUPT && manifest_mend(op, dir, &cut) == 0 && cut) {
		log_warn("store", "%s: a change of the index that was never finished was cut off",
			dir);
		rc = db_open(op, ix);
	}
	if (rc)
		index_close(ix);
	return rc;
}

void index_close(struct index *ix)
{
	if (ix->db)
		rocksdb_close(ix->db);
	if (ix->options) {
		rocksdb_options_destroy(ix->options);
		rocksdb_readoptions_destroy(ix->read);
		rocksdb_writeoptions_destroy(ix->write);
		rocksdb_cache_destroy(ix->cache);
	}
	rocks_files_free(ix->env);
	free(ix->dir);
	*ix = (struct index){ 0 };
}

void index_thread(void)
{
	static _Thread_local bool known;
	if (!known)
		rocksdb_set_perf_level(PERF_LEVEL_DISABLE);
	known = true;
}

struct span index_key(char room[INDEX_KEY_ROOM], uint64_t partition, struct span key)
{
	uint64_t be = __builtin_bswap64(partition);
	memcpy(room, &be, 8);
	size_t n = key.n < STORE_KEY_MAX ? key.n : STORE_KEY_MAX;
	if (n)
		memcpy(room + 8, key.p, n);
	return span_of(room, 8 + n);
}

// --- the engine's own keys ---

static struct span own_key(char room[20], char kind, const void *number, size_t n)
{
	memset(room, 0xff, 8);
	room[8] = kind;
	if (n)
		memcpy(room + 9, number, n);
	return span_of(room, 9 + n);
}

static struct span blob_key(char room[20], uint64_t id)
{
	uint64_t be = __builtin_bswap64(id);
	return own_key(room, 'b', &be, sizeof be);
}

static struct span segment_key(char room[20], uint32_t number)
{
	uint32_t be = __builtin_bswap32(number);
	return own_key(room, 's', &be, sizeof be);
}

void index_own_blob(struct index_own *own, uint64_t id, struct index_blob blob)
{
	char *v = own->value_room;
	own->key = blob_key(own->key_room, id);
	v[0] = VALUE_VERSION;
	v[1] = blob.extents ? 1 : 0;
	store_u64(v + 2, blob.pos);
	store_u32(v + 10, blob.size);
	own->value = span_of(v, BLOB_BYTES);
}

void index_own_segment(struct index_own *own, uint32_t number, uint32_t end)
{
	char *v = own->value_room;
	own->key = segment_key(own->key_room, number);
	v[0] = VALUE_VERSION;
	store_u32(v + 1, end);
	own->value = span_of(v, SEGMENT_BYTES);
}

// The value's bytes behind its version, copied to `to`: exactly n of them. STORE_ABSENT.
static int own_get(struct op *op, struct index *ix, struct span key, char *to, size_t n)
{
	char *error = NULL;
	index_thread();
	rocksdb_pinnableslice_t *v = rocksdb_get_pinned(ix->db, ix->read, key.p, key.n, &error);
	int rc = index_fail(op, error, "cannot read the index");
	if (rc || !v)
		return rc ? rc : STORE_ABSENT;
	size_t got = 0;
	const char *p = rocksdb_pinnableslice_value(v, &got);
	if (got > 0 && p[0] != VALUE_VERSION)
		rc = op_fail(op, RC_VERSION, "the index has a record of an unknown version");
	else if (got != n + 1)
		rc = op_fail(op, RC_CORRUPT, "the index has a record of a wrong size");
	else
		memcpy(to, p + 1, n);
	rocksdb_pinnableslice_destroy(v);
	return rc;
}

static struct index_state state_decode(const char *v) // behind the version
{
	return (struct index_state){ load_u64(v), load_u64(v + 8), load_u64(v + 16),
		load_u64(v + 24), load_u64(v + 32) };
}

int index_state_get(struct op *op, struct index *ix, struct index_state *ret_state)
{
	char room[20], v[STATE_BYTES - 1];
	int rc = own_get(op, ix, own_key(room, 'p', NULL, 0), v, sizeof v);
	if (rc == 0)
		*ret_state = state_decode(v);
	return rc;
}

bool index_state_decode(struct span key, struct span value, struct index_state *ret_state)
{
	char room[20];
	if (!span_eq(key, own_key(room, 'p', NULL, 0)) || value.n != STATE_BYTES ||
		value.p[0] != VALUE_VERSION)
		return false;
	*ret_state = state_decode(value.p + 1);
	return true;
}

int index_checkpoint_get(struct op *op, struct index *ix, struct checkpoint *ret_checkpoint)
{
	char room[20], v[CHECKPOINT_BYTES - 1];
	int rc = own_get(op, ix, own_key(room, 'c', NULL, 0), v, sizeof v);
	if (rc == 0)
		*ret_checkpoint = (struct checkpoint){ .id = load_u64(v),
			.pos = load_u64(v + 8),
			.first = load_u64(v + 16),
			.end = load_u64(v + 24),
			.bytes = load_u64(v + 32),
			.frames = load_u32(v + 40) };
	return rc;
}

static struct index_blob blob_decode(const char *v) // behind the version
{
	return (struct index_blob){
		.extents = v[0] & 1, .pos = load_u64(v + 1), .size = load_u32(v + 9)
	};
}

int index_blob_get(struct op *op, struct index *ix, uint64_t id, struct index_blob *ret_blob)
{
	char room[20], v[BLOB_BYTES - 1];
	int rc = own_get(op, ix, blob_key(room, id), v, sizeof v);
	if (rc == 0)
		*ret_blob = blob_decode(v);
	return rc;
}

int index_segment_get(struct op *op, struct index *ix, uint32_t number, uint32_t *ret_end)
{
	char room[20], v[SEGMENT_BYTES - 1];
	int rc = own_get(op, ix, segment_key(room, number), v, sizeof v);
	if (rc == 0)
		*ret_end = load_u32(v);
	return rc;
}

// --- write batches ---

int index_batch_begin(struct op *op, struct index *ix, struct index_batch *ret_batch)
{
	(void)op;
	*ret_batch = (struct index_batch){ ix, rocksdb_writebatch_create() };
	return 0;
}

void index_batch_done(struct index_batch *b)
{
	if (b->wb)
		rocksdb_writebatch_destroy(b->wb);
	b->wb = NULL;
}

static void change_add(rocksdb_writebatch_t *wb, const char prefix[8], const struct change *c)
{
	const char *keys[2] = { prefix, c->key.n ? c->key.p : "" };
	const size_t sizes[2] = { 8, c->key.n };
	char head[24];
	switch (c->kind) {
	case CHANGE_PUT: {
		const char *v = c->value.n ? c->value.p : "";
		rocksdb_writebatch_putv(wb, 2, keys, sizes, 1, &v, &c->value.n);
		break;
	}
	case CHANGE_PATCH: {
		const char *v[2] = { head, c->value.n ? c->value.p : "" };
		const size_t n[2] = { merge_head(head, c->offset, c->value.n), c->value.n };
		rocksdb_writebatch_mergev(wb, 2, keys, sizes, 2, v, n);
		break;
	}
	case CHANGE_DELETE:
		rocksdb_writebatch_deletev(wb, 2, keys, sizes);
		break;
	case CHANGE_DELETE_RANGE:;
		char from[INDEX_KEY_ROOM], to[INDEX_KEY_ROOM];
		uint64_t partition = __builtin_bswap64(load_u64(prefix));
		struct span a = index_key(from, partition, c->key);
		struct span z = c->value.p ? index_key(to, partition, c->value)
					   : index_key(to, partition + 1, SPAN_NONE);
		if (span_cmp(a, z) < 0)
			rocksdb_writebatch_delete_range(wb, a.p, a.n, z.p, z.n);
	}
}

bool index_batch_changes(struct index_batch *b, uint64_t partition, struct span ops)
{
	char prefix[8];
	uint64_t be = __builtin_bswap64(partition);
	memcpy(prefix, &be, 8);
	struct reader r = reader_of(ops);
	struct change c;
	while (change_next(&r, &c))
		change_add(b->wb, prefix, &c);
	return !r.bad;
}

void index_batch_put(struct index_batch *b, struct span key, struct span value)
{
	rocksdb_writebatch_put(b->wb, key.p, key.n, value.p, value.n);
}

void index_batch_merge(struct index_batch *b, struct span key, struct span operand)
{
	rocksdb_writebatch_merge(b->wb, key.p, key.n, operand.p, operand.n);
}

void index_batch_delete(struct index_batch *b, struct span key)
{
	rocksdb_writebatch_delete(b->wb, key.p, key.n);
}

void index_batch_own(struct index_batch *b, const struct index_own *own)
{
	index_batch_put(b, own->key, own->value);
}

void index_batch_drop(struct index_batch *b, uint64_t id)
{
	char room[20];
	index_batch_delete(b, blob_key(room, id));
}

void index_batch_segment_drop(struct index_batch *b, uint32_t number)
{
	char room[20];
	index_batch_delete(b, segment_key(room, number));
}

void index_batch_state(struct index_batch *b, const struct index_state *state)
{
	char room[20], v[STATE_BYTES] = { VALUE_VERSION };
	store_u64(v + 1, state->pos);
	store_u64(v + 9, state->seq);
	store_u64(v + 17, state->next_id);
	store_u64(v + 25, state->blobs);
	store_u64(v + 33, state->live_bytes);
	index_batch_put(b, own_key(room, 'p', NULL, 0), span_of(v, sizeof v));
}

void index_batch_checkpoint(struct index_batch *b, const struct checkpoint *c)
{
	char room[20], v[CHECKPOINT_BYTES] = { VALUE_VERSION };
	store_u64(v + 1, c->id);
	store_u64(v + 9, c->pos);
	store_u64(v + 17, c->first);
	store_u64(v + 25, c->end);
	store_u64(v + 33, c->bytes);
	store_u32(v + 41, c->frames);
	index_batch_put(b, own_key(room, 'c', NULL, 0), span_of(v, sizeof v));
}

int index_batch_write(struct op *op, struct index_batch *b)
{
	char *error = NULL;
	index_thread();
	rocksdb_write(b->ix->db, b->ix->write, b->wb, &error);
	rocksdb_writebatch_clear(b->wb);
	return index_fail(op, error, "cannot write to the index");
}

int index_flush(struct op *op, struct index *ix)
{
	rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
	char *error = NULL;
	rocksdb_flush(ix->db, o, &error); // waits, as the options have it from the start
	rocksdb_flushoptions_destroy(o);
	return index_fail(op, error, "cannot write the index to disk");
}

// --- walks ---

int index_walk_blobs(struct op *op, struct index *ix, struct index_walk *ret_walk)
{
	(void)op;
	char room[20];
	struct span from = own_key(room, 'b', NULL, 0);
	ret_walk->it = rocksdb_create_iterator(ix->db, ix->read);
	rocksdb_iter_seek(ret_walk->it, from.p, from.n);
	return 0;
}

int index_walk_next(
	struct op *op, struct index_walk *w, uint64_t *ret_id, struct index_blob *ret_blob)
{
	char *error = NULL;
	if (!rocksdb_iter_valid(w->it)) {
		rocksdb_iter_get_error(w->it, &error);
		int rc = index_fail(op, error, "cannot read the index");
		return rc ? rc : STORE_END;
	}
	size_t kn, vn;
	const char *k = rocksdb_iter_key(w->it, &kn), *v = rocksdb_iter_value(w->it, &vn);
	if (kn != 17 || k[8] != 'b')
		return STORE_END;
	if (vn != BLOB_BYTES || v[0] != VALUE_VERSION)
		return op_fail(op, vn && v[0] != VALUE_VERSION ? RC_VERSION : RC_CORRUPT,
			"the index has a blob record that is not understood");
	*ret_id = __builtin_bswap64(load_u64(k + 9));
	*ret_blob = blob_decode(v + 1);
	rocksdb_iter_next(w->it);
	return 0;
}

void index_walk_done(struct index_walk *w)
{
	if (w->it)
		rocksdb_iter_destroy(w->it);
	w->it = NULL;
}
