// SPDX-License-Identifier: Apache-2.0
// From frames to the index. Commits and replay share this, so that a replayed log gives the same index.
//
// A BLOB that replaces a position takes effect only if the index still has its id there: a blob that was dropped stays dropped, and
// of two replacements of one place the first in the log wins. To look, what is in the write batch so far must be in the index:
// it is written first, without a position (a crash then replays it from the older one).
#include "store/local/local_priv.h"

int applier_begin(struct op *op, struct local *l, struct applier *ret_applier)
{
	struct applier a = { .l = l, .now = &l->log.state, .state = l->log.state };
	int rc = index_batch_begin(op, &l->index, &a.batch);
	if (rc)
		return rc;
	a.state.blobs = atomic_load(&l->log.blobs);
	a.state.live_bytes = atomic_load(&l->log.live_bytes);
	*ret_applier = a;
	return 0;
}

void applier_done(struct applier *a)
{
	index_batch_done(&a->batch);
}

static int apply_blob(
	struct op *op, struct applier *a, uint64_t pos, const struct frame *f, const char *payload)
{
	// Of a commit, only the first part lies at `payload`: sizes come from the frame.
	uint64_t id = load_u64(payload), replaces = load_u64(payload + 8);
	uint32_t size = frame_size(f->length);
	struct index_blob blob = { pos, size, load_u32(payload + 56) > 0 };
	struct log *g = &a->l->log;
	if (replaces) {
		int rc = index_batch_write(op, &a->batch);
		struct index_blob was;
		if (rc == 0)
			rc = index_blob_get(op, &a->l->index, id, &was);
		if (rc < 0)
			return rc;
		if (rc == STORE_ABSENT || was.pos != replaces)
			return 0;
		atomic_fetch_sub(&g->live_bytes, was.size);
	} else {
		atomic_fetch_add(&g->blobs, 1);
	}
	atomic_fetch_add(&g->live_bytes, load_u64(payload + 48) - (f->length - f->first) + size);
	if (replaces && blob.extents) // the extents were counted already
		atomic_fetch_sub(&g->live_bytes, load_u64(payload + 48) - (f->length - f->first));
	index_batch_blob(&a->batch, id, blob);
	if (id >= a->state.next_id)
		a->state.next_id = id + 1;
	return 0;
}

int applier_frame(
	struct op *op, struct applier *a, uint64_t pos, const struct frame *f, const char *payload)
{
	if (f->type == FRAME_BLOB)
		return apply_blob(op, a, pos, f, payload);
	if (f->type != FRAME_BATCH)
		return 0;
	if (f->first < 8 ||
		!index_batch_changes(
			&a->batch, load_u64(payload), span_of(payload + 8, f->first - 8)))
		return op_fail(op, RC_CORRUPT, "a batch in the log is malformed");
	return 0;
}

void applier_segment(struct applier *a, uint32_t number, uint32_t end)
{
	index_batch_segment(&a->batch, number, end);
}

int applier_write(struct op *op, struct applier *a, uint64_t pos, uint64_t seq)
{
	a->state.pos = pos;
	a->state.seq = seq;
	a->state.blobs = atomic_load(&a->l->log.blobs);
	a->state.live_bytes = atomic_load(&a->l->log.live_bytes);
	index_batch_state(&a->batch, &a->state);
	int rc = index_batch_write(op, &a->batch);
	if (rc == 0)
		*a->now = a->state;
	return rc;
}
