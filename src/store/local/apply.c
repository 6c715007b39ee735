// SPDX-License-Identifier: Apache-2.0
// From frames to the index. Replay and commits that RocksDB must have at once share the applier; all other commits wait in l->pending, which
// is written in one batch for many of them (pending.h).
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
	struct index_own own;
	index_own_blob(&own, id, blob);
	index_batch_own(&a->batch, &own);
	if (id >= a->state.next_id)
		a->state.next_id = id + 1;
	return 0;
}

// The engine's own keys are not for batches: one that names them would change where the log goes on.
static bool batch_is_good(const struct frame *f, const char *payload)
{
	return f->first >= 8 && load_u64(payload) > 0 && load_u64(payload) <= STORE_PARTITION_MAX;
}

int applier_frame(
	struct op *op, struct applier *a, uint64_t pos, const struct frame *f, const char *payload)
{
	struct blob_fields b;
	if (f->type == FRAME_BLOB) {
		if (!blob_fields_decode(f, payload, &b) || b.id == 0 || b.id == UINT64_MAX)
			return op_fail(op, RC_CORRUPT, "a message in the log is malformed");
		return apply_blob(op, a, pos, f, payload);
	}
	if (f->type != FRAME_BATCH)
		return 0;
	if (!batch_is_good(f, payload) ||
		!index_batch_changes(
			&a->batch, load_u64(payload), span_of(payload + 8, f->first - 8)))
		return op_fail(op, RC_CORRUPT, "a batch in the log is malformed");
	return 0;
}

void applier_segment(struct applier *a, uint32_t number, uint32_t end)
{
	struct index_own own;
	index_own_segment(&own, number, end);
	index_batch_own(&a->batch, &own);
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

// --- commits that RocksDB need not have at once ---

static bool batch_can_wait(struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	while (change_next(&r, &c))
		if (c.kind == CHANGE_DELETE_RANGE)
			return false;
	return !r.bad;
}

static bool can_wait(const struct group *n)
{
	for (const struct item *it = n->first; it; it = it->next) {
		const char *payload = it->bytes + FRAME_HEADER;
		if (it->frame.type == FRAME_BLOB && load_u64(payload + 8))
			return false; // whether it counts is decided by what the index has
		if (it->frame.type == FRAME_BATCH &&
			!batch_can_wait(span_of(payload + 8, it->frame.first - 8)))
			return false;
	}
	return true;
}

static bool blob_later(struct local *l, const struct item *it, struct index_state *state)
{
	const char *payload = it->bytes + FRAME_HEADER;
	uint64_t id = load_u64(payload);
	struct index_own own;
	index_own_blob(&own, id,
		(struct index_blob){
			it->pos, frame_size(it->frame.length), load_u32(payload + 56) > 0 });
	if (id >= state->next_id)
		state->next_id = id + 1;
	state->blobs++;
	state->live_bytes += load_u64(payload + 48) - (it->frame.length - it->frame.first) +
		frame_size(it->frame.length);
	return pending_own(&l->pending, &own);
}

static bool batch_later(struct local *l, const struct item *it)
{
	const char *payload = it->bytes + FRAME_HEADER;
	struct reader r = reader_of(span_of(payload + 8, it->frame.first - 8));
	struct change c;
	bool good = true;
	while (good && change_next(&r, &c))
		good = pending_change(&l->pending, load_u64(payload), &c);
	return good;
}

bool apply_later(struct local *l, const struct group *n)
{
	if (!can_wait(n))
		return false;
	struct index_state state = { .next_id = l->log.state.next_id }; // counts: what comes on top
	bool good = true;
	pending_begin(&l->pending, &l->log.state);
	if (pos_segment(n->before) != n->segment) {
		struct index_own own;
		index_own_segment(&own, pos_segment(n->before), pos_offset(n->before));
		good = pending_own(&l->pending, &own);
	}
	for (const struct item *it = n->first; it && good; it = it->next)
		if (it->frame.type == FRAME_BLOB)
			good = blob_later(l, it, &state);
		else if (it->frame.type == FRAME_BATCH)
			good = batch_later(l, it);
	if (good) {
		state.blobs += atomic_fetch_add(&l->log.blobs, state.blobs);
		state.live_bytes += atomic_fetch_add(&l->log.live_bytes, state.live_bytes);
		state.pos = pos_of(n->segment, n->start + n->bytes);
		state.seq = n->last_seq;
		l->log.state = state;
	}
	pending_close(&l->pending, good ? &state : NULL);
	return good;
}
