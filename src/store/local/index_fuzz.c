// SPDX-License-Identifier: Apache-2.0
// What we decode of the index (index.h), from any octets: our own records as values of the real RocksDB; patches, against a plain
// application of them in order; encoded batches (store/batch.h); and the end of RocksDB's MANIFEST (manifest.h). The first octet chooses.
#include "base/log.h"
#include "base/must.h"
#include "store/batch.h"
#include "store/local/checkpoint.h"
#include "store/local/manifest.h"
#include "store/local/merge.c" // its merges are called without RocksDB, too
#include "store/local/seed_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPERANDS 40

static struct index *the_index(void)
{
	static struct index ix;
	struct op op;
	if (ix.db)
		return &ix;
	log_level_set(LOG_ERROR_ + 1);
	op_init(&op, 0);
	(void)snprintf(seed_dir(), 64, "%s/starling-fuzz-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(seed_dir()) && atexit(seed_leave) == 0);
	must(index_open(&op, &ix, seed_dir(), 1u << 20) == 0);
	op_done(&op);
	return &ix;
}

static bool is_fault_or(int rc, int outcome)
{
	return rc == 0 || rc == outcome || rc == RC_CORRUPT || rc == RC_VERSION;
}

// One value under each of the engine's own keys.
static void own_records(struct op *op, struct span value)
{
	static const char blob[] = "\xff\xff\xff\xff\xff\xff\xff\xff"
				   "b\0\0\0\0\0\0\0\1";
	static const char segment[] = "\xff\xff\xff\xff\xff\xff\xff\xff"
				      "s\0\0\0\1";
	const struct span keys[] = { span_of(blob, 17), span_of(segment, 13),
		SPAN("\xff\xff\xff\xff\xff\xff\xff\xff"
		     "p"),
		SPAN("\xff\xff\xff\xff\xff\xff\xff\xff"
		     "c") };
	struct index *ix = the_index();
	struct index_batch b;
	struct index_state state;
	struct checkpoint c;
	struct index_blob found;
	struct index_own own;
	struct index_walk w;
	uint64_t id;
	uint32_t end;
	must(index_batch_begin(op, ix, &b) == 0);
	for (size_t i = 0; i < countof(keys); i++)
		index_batch_put(&b, keys[i], value);
	must(index_batch_write(op, &b) == 0);
	must(is_fault_or(index_state_get(op, ix, &state), STORE_ABSENT));
	must(is_fault_or(index_checkpoint_get(op, ix, &c), STORE_ABSENT));
	int rc = index_segment_get(op, ix, 1, &end);
	must(is_fault_or(rc, STORE_ABSENT));
	index_own_segment(&own, 1, end);
	must(rc != 0 || span_eq(own.value, value)); // encode(decode()) is what was there
	rc = index_blob_get(op, ix, 1, &found);
	must(is_fault_or(rc, STORE_ABSENT));
	must(index_walk_blobs(op, ix, &w) == 0);
	int walked = index_walk_next(op, &w, &id, &found);
	must(rc == 0 ? walked == 0 && id == 1 : walked < 0);
	index_walk_done(&w);
	must(index_state_decode(keys[2], value, &state) == (index_state_get(op, ix, &state) == 0));
	for (size_t i = 0; i < countof(keys); i++)
		index_batch_delete(&b, keys[i]);
	must(index_batch_write(op, &b) == 0);
	index_batch_done(&b);
}

struct operands {
	const char *p[OPERANDS];
	size_t n[OPERANDS];
	int count;
};

static struct span merged(const char *old, size_t old_n, const struct operands *o, bool *ret_good)
{
	unsigned char good = 2;
	size_t n = 1;
	char *is = full_merge(NULL, NULL, 0, old, old_n, o->p, o->n, o->count, &good, &n);
	must(good <= 1 && (good == 1) == (is != NULL));
	*ret_good = good;
	return span_of(is, n);
}

// Joined operands mean what they meant one by one; malformed ones are refused by both.
static void merges(const struct operands *o, bool good, struct span want)
{
	bool is_good;
	unsigned char joined = 2;
	size_t n = 1;
	struct span whole = merged(NULL, 0, o, &is_good);
	must(is_good == good && (!good || span_eq(whole, want)));
	char *one = partial_merge(NULL, NULL, 0, o->p, o->n, o->count, &joined, &n);
	must(joined == good);
	if (good) {
		struct operands again = { .p = { one }, .n = { n }, .count = 1 };
		struct span same = merged(NULL, 0, &again, &is_good);
		must(is_good && span_eq(same, want));
		value_free(NULL, same.p, same.n);
	}
	value_free(NULL, one, n);
	value_free(NULL, whole.p, whole.n);
}

// What RocksDB makes of them, over a flushed value or none. Only of well-formed ones: it stops when it finds others while it writes a table.
static void stored(struct op *op, const struct operands *o, struct span want)
{
	const struct span key = SPAN("\0\0\0\0\0\0\0\1k");
	struct index *ix = the_index();
	struct index_batch b;
	char *error = NULL;
	size_t n = 0;
	must(index_batch_begin(op, ix, &b) == 0);
	for (int i = 0; i < o->count; i++)
		index_batch_merge(&b, key, span_of(o->p[i], o->n[i]));
	must(index_batch_write(op, &b) == 0);
	char *is = rocksdb_get(ix->db, ix->read, key.p, key.n, &n, &error);
	must(!error && is && span_eq(span_of(is, n), want));
	rocksdb_free(is);
	index_batch_delete(&b, key);
	must(index_batch_write(op, &b) == 0);
	index_batch_done(&b);
}

// Patches one after the other: well-formed ones (several in an operand, too) and any octets.
static void patches(struct op *op, struct reader *in)
{
	struct operands o = { .count = 0 };
	struct buf want = { 0 }, next = { 0 };
	bool good = true;
	while (!reader_at_end(in) && o.count < OPERANDS) {
		struct buf operand = { 0 };
		unsigned kind = reader_u8(in);
		uint32_t offset = kind & 4 ? reader_u16(in) : reader_u8(in);
		struct span octets = reader_bytes(in, reader_u8(in));
		merge_begin(&operand);
		for (unsigned i = 0; kind % 16 != 3 && i <= kind % 2;
			i++, offset += kind & 8 ? 0 : 5) {
			merge_add(&operand, offset, octets);
			patch_apply(&next, buf_span(&want), offset, octets);
			buf_reset(&want);
			buf_add(&want, buf_span(&next));
		}
		struct span it =
			arena_dup(&op->arena, kind % 16 == 3 ? octets : buf_span(&operand));
		if (kind % 16 == 3) {
			struct reader r;
			struct patch p;
			good = good && operand_open(it.p, it.n, &r);
			while (good && patch_next(&r, &p)) {
				patch_apply(&next, buf_span(&want), p.offset, p.bytes);
				buf_reset(&want);
				buf_add(&want, buf_span(&next));
			}
			good = good && !r.bad;
		}
		o.p[o.count] = it.p;
		o.n[o.count++] = it.n;
		buf_done(&operand);
	}
	struct span is = want.n ? buf_span(&want) : SPAN("");
	if (o.count)
		merges(&o, good, is);
	if (o.count && good)
		stored(op, &o, is);
	buf_done(&want);
	buf_done(&next);
}

// What can be read is written again as the same changes.
static void batch(struct op *op, struct span octets)
{
	struct reader r = reader_of(octets), back;
	struct store_batch again;
	struct change c, same;
	struct index_batch b;
	batch_init(&again, 1);
	while (change_next(&r, &c)) {
		must(c.key.n <= STORE_KEY_MAX);
		if (c.kind == CHANGE_PUT)
			batch_put(&again, c.key, c.value);
		else if (c.kind == CHANGE_PATCH)
			batch_patch(&again, c.key, c.offset, c.value);
		else if (c.kind == CHANGE_DELETE)
			batch_delete(&again, c.key);
		else
			batch_delete_range(&again, c.key, c.value);
	}
	struct reader first = reader_of(octets);
	back = reader_of(buf_span(&again.ops));
	while (change_next(&back, &same)) {
		must(change_next(&first, &c) && c.kind == same.kind && c.offset == same.offset);
		must(span_eq(c.key, same.key) && span_eq(c.value, same.value));
		must(!c.value.p == !same.value.p);
	}
	must(!back.bad);
	must(index_batch_begin(op, the_index(), &b) == 0);
	must(index_batch_changes(&b, 1, octets) == !r.bad);
	index_batch_done(&b); // not written
	batch_done(&again);
}

static void file_put(const char *dir, const char *name, struct span octets)
{
	char path[100];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name); // fits
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, octets.p, octets.n) == (ssize_t)octets.n && close(fd) == 0);
}

// Whatever it cut, the rest has nothing more to cut.
static void manifest(struct op *op, struct span octets)
{
	char dir[80];
	bool cut = false, more = false;
	the_index();
	(void)snprintf(dir, sizeof dir, "%s/m", seed_dir());
	must(mkdir(dir, 0700) == 0 || access(dir, W_OK) == 0);
	file_put(dir, "CURRENT", SPAN("MANIFEST-1\n"));
	file_put(dir, "MANIFEST-1", octets);
	must(manifest_mend(op, dir, &cut) == 0);
	must(manifest_mend(op, dir, &more) == 0 && !more);
	file_put(dir, "CURRENT", octets);
	(void)manifest_mend(op, dir, &cut); // names any file, or none
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct reader in = reader_of(span_of(data, size));
	unsigned what = reader_u8(&in);
	op_init(&op, 0);
	if (size == 0)
		return 0;
	if (what % 4 == 0)
		own_records(&op, in.rest);
	else if (what % 4 == 1)
		patches(&op, &in);
	else if (what % 4 == 2)
		batch(&op, in.rest);
	else
		manifest(&op, in.rest);
	op_done(&op);
	return 0;
}
