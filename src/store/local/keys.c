// SPDX-License-Identifier: Apache-2.0
// Reading keys: RocksDB's own snapshots and iterators, with the partition as prefix. Visibility is that of its write batches, which
// are written after the log was synced. What waits for RocksDB (pending.h) is looked at first; what needs more than one key has it written.
#include "store/local/local_priv.h"

#include <stdlib.h>

struct store_snapshot {
	const rocksdb_snapshot_t *snap;
	rocksdb_readoptions_t *read;
};
struct local_cursor {
	struct store_cursor head;
	rocksdb_readoptions_t *read;
	rocksdb_iterator_t *it;
	bool begun;
	size_t end_n;
	char end[INDEX_KEY_ROOM]; // read's upper bound points here
};

int local_snapshot_begin(struct op *op, struct store *s, struct store_snapshot **ret_snap)
{
	struct local *l = local_of(s);
	int rc = pending_drain(op, l);
	struct store_snapshot *snap = rc ? NULL : malloc(sizeof *snap);
	if (!snap)
		return rc ? rc : op_fail(op, RC_NOMEM, "out of memory");
	snap->snap = rocksdb_create_snapshot(l->index.db);
	snap->read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(snap->read, 1);
	rocksdb_readoptions_set_snapshot(snap->read, snap->snap);
	*ret_snap = snap;
	return 0;
}

void local_snapshot_end(struct store *s, struct store_snapshot *snap)
{
	rocksdb_readoptions_destroy(snap->read);
	rocksdb_release_snapshot(local_of(s)->index.db, snap->snap);
	free(snap);
}

int local_get(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span key, struct span *ret_value)
{
	struct local *l = local_of(s);
	if (key.n > STORE_KEY_MAX)
		return STORE_ABSENT;
	char room[INDEX_KEY_ROOM];
	struct span full = index_key(room, partition, key);
	int rc = snap ? PENDING_UNKNOWN : pending_get(op, &l->pending, full, ret_value);
	if (rc == PENDING_IN_PART)
		rc = pending_drain(op, l);
	else if (rc != PENDING_UNKNOWN)
		return rc;
	if (rc < 0)
		return rc;
	char *error = NULL;
	index_thread();
	rocksdb_pinnableslice_t *v = rocksdb_get_pinned(
		l->index.db, snap ? snap->read : l->index.read, full.p, full.n, &error);
	rc = index_fail(op, error, "cannot read the index");
	if (rc || !v)
		return rc ? rc : STORE_ABSENT;
	size_t n = 0;
	const char *p = rocksdb_pinnableslice_value(v, &n);
	struct span copy = arena_dup(&op->arena, span_of(p ? p : "", n));
	rocksdb_pinnableslice_destroy(v);
	if (!copy.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_value = copy;
	return 0;
}

int local_cursor_open(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span from, struct span to, struct store_cursor **ret_cursor)
{
	struct local *l = local_of(s);
	index_thread();
	int rc = snap ? 0 : pending_drain(op, l);
	struct local_cursor *c = rc ? NULL : calloc(1, sizeof *c);
	if (!c)
		return rc ? rc : op_fail(op, RC_NOMEM, "out of memory");
	c->head.store = s;
	c->end_n = (to.p ? index_key(c->end, partition, to)
			 : index_key(c->end, partition + 1, SPAN_NONE))
			   .n;
	c->read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(c->read, 1);
	if (snap)
		rocksdb_readoptions_set_snapshot(c->read, snap->snap);
	rocksdb_readoptions_set_iterate_upper_bound(c->read, c->end, c->end_n);
	c->it = rocksdb_create_iterator(l->index.db, c->read);
	char room[INDEX_KEY_ROOM];
	struct span start = index_key(room, partition, from);
	rocksdb_iter_seek(c->it, start.p, start.n);
	*ret_cursor = &c->head;
	return 0;
}

int local_cursor_next(
	struct op *op, struct store_cursor *cursor, struct span *ret_key, struct span *ret_value)
{
	struct local_cursor *c = container_of(cursor, struct local_cursor, head);
	if (c->begun && rocksdb_iter_valid(c->it))
		rocksdb_iter_next(c->it);
	c->begun = true;
	if (!rocksdb_iter_valid(c->it)) {
		char *error = NULL;
		rocksdb_iter_get_error(c->it, &error);
		int rc = index_fail(op, error, "cannot read the index");
		return rc ? rc : STORE_END;
	}
	size_t kn, vn;
	const char *k = rocksdb_iter_key(c->it, &kn), *v = rocksdb_iter_value(c->it, &vn);
	if (span_cmp(span_of(k, kn), span_of(c->end, c->end_n)) >= 0) // from > to
		return STORE_END;
	*ret_key = span_of(k + 8, kn - 8);
	*ret_value = span_of(vn ? v : "", vn);
	return 0;
}

void local_cursor_close(struct store_cursor *cursor)
{
	struct local_cursor *c = container_of(cursor, struct local_cursor, head);
	rocksdb_iter_destroy(c->it);
	rocksdb_readoptions_destroy(c->read);
	free(c);
}

int local_next_partition(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t from,
	uint64_t *ret_partition)
{
	struct local *l = local_of(s);
	int rc = snap ? 0 : pending_drain(op, l);
	if (rc)
		return rc;
	rocksdb_iterator_t *it =
		rocksdb_create_iterator(l->index.db, snap ? snap->read : l->index.read);
	char room[INDEX_KEY_ROOM];
	struct span start = index_key(room, from, SPAN_NONE);
	rocksdb_iter_seek(it, start.p, start.n);
	rc = STORE_END;
	if (rocksdb_iter_valid(it)) {
		size_t n;
		uint64_t p = __builtin_bswap64(load_u64(rocksdb_iter_key(it, &n)));
		if (p <= STORE_PARTITION_MAX) {
			*ret_partition = p;
			rc = 0;
		}
	} else {
		char *error = NULL;
		rocksdb_iter_get_error(it, &error);
		int fault = index_fail(op, error, "cannot read the index");
		rc = fault ? fault : STORE_END;
	}
	rocksdb_iter_destroy(it);
	return rc;
}
