// SPDX-License-Identifier: Apache-2.0
// The record in the index, under the engine's own key "c": u8 version 1, u64 id, u64 position, u64 first, u64 end, u64 bytes, u32 frames.
#include "store/local/checkpoint.h"

#include "base/clock.h"
#include "base/hash.h"
#include "store/local/local_priv.h"

#include <time.h>

#define FRAME_ROOM (256u << 10) // of entries in an INDEX frame; a longer entry gets one of its own
#define REST_BYTES (1u << 20)   // written between two rests
#define REST_MAX (50 * NS_PER_MS)

struct writing {
	struct local *l;
	struct checkpoint made;
	struct buf entries;
	uint64_t unsettled, rested; // bytes since the last rest; when that was
	uint64_t failures;          // log.failures before the first frame
	bool has_state;
};

static void note_place(struct checkpoint *c, const struct placed *placed, uint32_t n)
{
	if (!c->first)
		c->first = placed->pos;
	c->end = placed->pos + frame_size(n);
	c->bytes += frame_size(n);
}

static int frame_append(struct op *op, struct writing *w, enum frame_type type, struct span payload,
	uint64_t *ret_serial)
{
	struct item *it = item_new(type, (uint32_t)payload.n, NULL);
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(item_first(it), payload.p, payload.n);
	it->frees = true; // it is what segments are dropped with
	item_seal(it);
	struct placed placed;
	int rc = log_append(op, w->l, it, false, &placed);
	if (rc == 0) {
		note_place(&w->made, &placed, (uint32_t)payload.n);
		*ret_serial = placed.serial;
	}
	return rc;
}

// Commits of others go first: after each megabyte, rest as long as it took.
static int rest(struct op *op, struct writing *w)
{
	int rc = log_settle(op, w->l);
	uint64_t took = clock_mono() - w->rested;
	struct timespec t = { 0, (long)(took < REST_MAX ? took : REST_MAX) };
	(void)nanosleep(&t, NULL); // shorter is fine
	w->rested = clock_mono();
	w->unsettled = 0;
	return rc ? rc : op_alive(op);
}

static int entries_write(struct op *op, struct writing *w)
{
	uint64_t serial;
	if (w->entries.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (w->entries.n <= 8)
		return 0;
	int rc = frame_append(op, w, FRAME_INDEX, buf_span(&w->entries), &serial);
	w->made.frames++;
	w->unsettled += w->entries.n;
	buf_reset(&w->entries);
	buf_add_u64(&w->entries, w->made.id);
	return rc == 0 && w->unsettled >= REST_BYTES ? rest(op, w) : rc;
}

static int entry_add(struct op *op, struct writing *w, struct span key, struct span value)
{
	int rc = 0;
	if (w->entries.n > 8 && w->entries.n + key.n + value.n > FRAME_ROOM)
		rc = entries_write(op, w);
	buf_add_field(&w->entries, key);
	buf_add_field(&w->entries, value);
	struct index_state state;
	if (index_state_decode(key, value, &state)) {
		w->made.pos = state.pos;
		w->has_state = true;
	}
	return rc;
}

// All keys of one moment, with the position that the index had then.
static int entries_write_all(struct op *op, struct writing *w)
{
	struct index *ix = &w->l->index;
	const rocksdb_snapshot_t *snap = rocksdb_create_snapshot(ix->db);
	rocksdb_readoptions_t *read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_snapshot(read, snap);
	rocksdb_readoptions_set_verify_checksums(read, 1);
	rocksdb_readoptions_set_fill_cache(read, 0);
	rocksdb_iterator_t *it = rocksdb_create_iterator(ix->db, read);
	int rc = 0;
	for (rocksdb_iter_seek_to_first(it); rc == 0 && rocksdb_iter_valid(it);
		rocksdb_iter_next(it)) {
		size_t kn, vn;
		const char *k = rocksdb_iter_key(it, &kn), *v = rocksdb_iter_value(it, &vn);
		rc = entry_add(op, w, span_of(k, kn), span_of(v, vn));
	}
	char *error = NULL;
	rocksdb_iter_get_error(it, &error);
	int read_rc = index_fail(op, error, "cannot read the index");
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(read);
	rocksdb_release_snapshot(ix->db, snap);
	if (rc == 0)
		rc = read_rc;
	if (rc == 0 && !w->has_state)
		rc = op_fail(op, RC_CORRUPT, "the index does not say up to where it goes");
	return rc ? rc : entries_write(op, w);
}

static int end_write(struct op *op, struct writing *w)
{
	char payload[CHECKPOINT_PAYLOAD];
	uint64_t serial = 0;
	int rc = log_settle(op, w->l); // it says that all before it is there
	if (rc == 0 && atomic_load(&w->l->log.failures) != w->failures)
		rc = op_fail(op, RC_NOSPACE, "not all of a checkpoint could be written");
	store_u64(payload, w->made.id);
	store_u64(payload + 8, w->made.pos);
	store_u64(payload + 16, w->made.first);
	store_u32(payload + 24, w->made.frames);
	store_u32(payload + 28, 0);
	if (rc == 0)
		rc = frame_append(
			op, w, FRAME_CHECKPOINT, span_of(payload, sizeof payload), &serial);
	return rc ? rc : log_wait(op, w->l, serial);
}

static int checkpoint_note(struct op *op, struct local *l, const struct checkpoint *c)
{
	struct index_batch b;
	int rc = index_batch_begin(op, &l->index, &b);
	if (rc)
		return rc;
	index_batch_checkpoint(&b, c);
	rc = index_batch_write(op, &b);
	index_batch_done(&b);
	if (rc == 0) {
		pthread_mutex_lock(&l->log.lock);
		l->checkpoint = *c;
		pthread_mutex_unlock(&l->log.lock);
	}
	return rc;
}

int checkpoint_write(struct op *op, struct local *l)
{
	struct writing w = { .l = l, .rested = clock_mono() };
	int rc = log_settle(op, l);
	if (rc == 0)
		rc = pending_drain(op, l);
	if (rc)
		return rc;
	w.failures = atomic_load(&l->log.failures);
	random_bytes(&w.made.id, sizeof w.made.id);
	w.made.id |= 1; // 0 is none
	buf_add_u64(&w.entries, w.made.id);
	rc = entries_write_all(op, &w);
	if (rc == 0)
		rc = end_write(op, &w);
	buf_done(&w.entries);
	return rc ? rc : checkpoint_note(op, l, &w.made);
}

int checkpoint_load(struct op *op, struct local *l)
{
	int rc = index_checkpoint_get(op, &l->index, &l->checkpoint);
	return rc == STORE_ABSENT ? 0 : rc;
}

bool checkpoint_spares(const struct local *l, uint32_t number)
{
	const struct checkpoint *c = &l->checkpoint; // changed by sweeps only, which ask
	return c->id && number < pos_segment(c->pos) &&
		(number < pos_segment(c->first) || number > pos_segment(c->end));
}

bool checkpoint_is_due(struct local *l)
{
	pthread_mutex_lock(&l->log.lock);
	bool none = l->checkpoint.id == 0;
	pthread_mutex_unlock(&l->log.lock);
	struct segment *first = segment_ref(&l->segments, 1);
	segment_unref(first);
	return none && !first;
}
