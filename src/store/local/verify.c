// SPDX-License-Identifier: Apache-2.0
// store_check(): every frame of the log, every block of the index, every blob that the index names. Beside a running server (a reader)
// a segment may be recycled under the eyes: its header then names another segment, and what was seen of it does not count.
#include "store/local/local_priv.h"

#include <inttypes.h>
#include <stdio.h>

struct verify {
	struct local *l;
	void (*found)(void *ctx, const struct store_finding *f);
	void *ctx;
	uint64_t frames;
	struct checkpoint checkpoint;
	struct buf bad; // u64 positions of frames with a wrong checksum, ascending
};

static bool was_recycled(const struct segment *s)
{
	struct segment_header h;
	return segment_header_decode(s->map, &h) != 0 || h.number != atomic_load(&s->number);
}

static void finding(struct verify *v, const struct segment *s, const struct store_finding *f)
{
	if (v->l->reader && s && was_recycled(s))
		return;
	if (v->found)
		v->found(v->ctx, f);
}

// Neither the index nor a loss of it makes anybody read what lies there, but for blobs, and for those see blobs_verify(): all changes are in the
// checkpoint, of which it is no part.
static bool is_done_with(const struct verify *v, uint64_t pos)
{
	const struct checkpoint *c = &v->checkpoint;
	return c->id && pos < c->pos && (pos < c->first || pos >= c->end);
}

static void log_bad(struct verify *v, const struct segment *s, uint32_t at, const char *what,
	enum store_finding_kind kind)
{
	char text[240];
	(void)snprintf(text, sizeof text, "log segment %08" PRIx32 ", offset %" PRIu32 ": %s",
		atomic_load(&s->number), at, what); // may be cut
	finding(v, s, &(struct store_finding){ .text = text, .kind = kind });
}

// It may be part of a message that is needed: blobs_verify() tells so then.
static void frame_bad(struct verify *v, const struct segment *s, uint32_t at, const char *what)
{
	char text[160];
	bool harmless =
		at >= SEGMENT_HEADER && is_done_with(v, pos_of(atomic_load(&s->number), at));
	(void)snprintf(text, sizeof text,
		"%s; no change is lost with it (a message that needs it is told of below)",
		what); // may be cut
	log_bad(v, s, at, harmless ? text : what, harmless ? FINDING_HARMLESS : FINDING_LOG);
}

static void blob_bad(struct verify *v, const struct segment *s, uint32_t at, const struct frame *f,
	const char *payload)
{
	struct blob_fields b;
	if (!frame_first_ok(f, payload) || !blob_fields_decode(f, payload, &b)) {
		frame_bad(v, s, at, "the head of a message is damaged");
		return;
	}
	struct op quiet; // what it says is not of interest
	struct index_blob now;
	uint64_t pos = pos_of(atomic_load(&s->number), at);
	op_init(&quiet, 0);
	int rc = index_blob_get(&quiet, &v->l->index, b.id, &now);
	op_done(&quiet);
	if ((rc == STORE_ABSENT || (rc == 0 && now.pos != pos)) && is_done_with(v, pos)) {
		log_bad(v, s, at,
			"a message that is not here any more is damaged; nothing needs it",
			FINDING_HARMLESS);
		return;
	}
	char text[160];
	(void)snprintf(text, sizeof text,
		"log segment %08" PRIx32 ", offset %" PRIu32
		": the message is damaged (blob %" PRIu64 ")",
		atomic_load(&s->number), at, b.id); // may be cut
	finding(v, s, &(struct store_finding){ text, b.owner, b.id, FINDING_LOG });
}

static bool frame_check(struct verify *v, const struct segment *s, uint32_t at,
	const struct frame *f, const char *payload)
{
	struct blob_fields b;
	bool good = frame_first_ok(f, payload) && frame_rest_ok(f, payload);
	if (f->type == FRAME_BLOB)
		good = good && blob_fields_decode(f, payload, &b);
	if (!good && f->type == FRAME_BLOB)
		blob_bad(v, s, at, f, payload);
	else if (!good)
		frame_bad(v, s, at, "a checksum is wrong");
	else if (!frame_is_known(f))
		frame_bad(v, s, at, "a record of an unknown kind or version");
	uint64_t pos = pos_of(atomic_load(&s->number), at);
	if (!good)
		buf_add(&v->bad, span_of(&pos, sizeof pos));
	return good;
}

// Where the next frame with a number above `seq` begins, or `end`.
static uint32_t find_next(const struct segment *s, uint32_t at, uint32_t end, uint64_t seq)
{
	struct frame f;
	const char *payload;
	for (at += 8; at < end; at += 8)
		if (segment_frame(s, at, &f, &payload) == 0 && f.seq > seq)
			return at;
	return end;
}

static int segment_verify(struct op *op, struct verify *v, const struct segment *s, uint32_t end)
{
	uint64_t seq = 0;
	int rc = 0;
	if (segment_header_is_hurt(s->map))
		frame_bad(v, s, 0, "the header or its copy is damaged");
	for (uint32_t at = SEGMENT_HEADER; at < end && rc == 0;) {
		struct frame f;
		const char *payload;
		bool first = at == SEGMENT_HEADER;
		if (segment_frame(s, at, &f, &payload) != 0 ||
			(!first && f.type != FRAME_GROUP && f.seq != seq + 1) || f.seq <= seq) {
			frame_bad(v, s, at, "no valid record where one must be");
			at = find_next(s, at, end, seq);
			seq = at < end && segment_frame(s, at, &f, &payload) == 0 ? f.seq - 1 : seq;
			continue;
		}
		(void)frame_check(v, s, at, &f, payload); // was told to the caller
		v->frames++;
		seq = f.seq;
		at += frame_size(f.length);
		rc = op_alive(op);
	}
	return rc;
}

static int log_verify(struct op *op, struct verify *v, uint64_t visible)
{
	struct segment *s;
	uint32_t number = 0;
	int rc = 0;
	while (rc == 0 && (s = segment_ref_after(&v->l->segments, number))) {
		number = atomic_load(&s->number);
		uint32_t end = 0;
		if (number == pos_segment(visible))
			end = pos_offset(visible);
		else if (number < pos_segment(visible))
			end = atomic_load(&s->end);
		rc = segment_verify(op, v, s, end);
		segment_unref(s);
	}
	return rc;
}

// Reads every block of the index; the values are not looked at.
static void index_verify(struct verify *v)
{
	rocksdb_readoptions_t *read = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(read, 1);
	rocksdb_readoptions_set_fill_cache(read, 0);
	rocksdb_iterator_t *it = rocksdb_create_iterator(v->l->index.db, read);
	for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it); rocksdb_iter_next(it))
		;
	char *error = NULL;
	rocksdb_iter_get_error(it, &error);
	if (error) {
		char text[200];
		(void)snprintf(text, sizeof text, "the index is damaged: %s", error); // may be cut
		finding(v, NULL, &(struct store_finding){ .text = text, .kind = FINDING_INDEX });
		rocksdb_free(error);
	}
	rocksdb_iter_destroy(it);
	rocksdb_readoptions_destroy(read);
}

// Whether the log's walk found this frame damaged.
static bool is_bad(const struct verify *v, uint64_t pos)
{
	size_t from = 0, to = v->bad.n / sizeof pos;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (load_u64(v->bad.p + mid * sizeof pos) < pos)
			from = mid + 1;
		else
			to = mid;
	}
	return from < v->bad.n / sizeof pos && load_u64(v->bad.p + from * sizeof pos) == pos;
}

static bool extent_there(struct verify *v, struct blob_extent x)
{
	struct local *l = v->l;
	if (is_bad(v, x.pos))
		return false;
	struct segment *s = segment_ref(&l->segments, pos_segment(x.pos));
	struct frame f;
	const char *payload;
	bool there = s && segment_frame(s, pos_offset(x.pos), &f, &payload) == 0 &&
		f.type == FRAME_EXTENT && f.length == x.n;
	segment_unref(s);
	return there;
}

// The bytes were verified with the log; here it is whether the blob is where the index says.
static void blob_verify(struct op *op, struct verify *v, uint64_t id, uint64_t pos)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list;
	uint32_t count;
	bool good = blob_extents_at(op, v->l, id, pos, &list, &count) == 0;
	for (uint32_t i = 0; good && i < count; i++)
		good = extent_there(v, list[i]);
	arena_release(&op->arena, mark);
	struct index_blob now;
	if (!good && index_blob_get(op, &v->l->index, id, &now) == 0 && now.pos == pos) {
		char text[120];
		(void)snprintf(text, sizeof text,
			"blob %" PRIu64 " is missing or damaged at %" PRIx64 " of the log", id,
			pos);
		finding(v, NULL,
			&(struct store_finding){
				.text = text, .blob_id = id, .kind = FINDING_LOG });
	}
}

static int blobs_verify(struct op *op, struct verify *v)
{
	struct index_walk it;
	int rc = index_walk_blobs(op, &v->l->index, &it);
	while (rc == 0) {
		uint64_t id;
		struct index_blob b;
		rc = index_walk_next(op, &it, &id, &b);
		if (rc == 0)
			blob_verify(op, v, id, b.pos);
		if (rc == 0)
			rc = op_alive(op);
	}
	index_walk_done(&it);
	return rc == STORE_END ? 0 : rc;
}

int local_verify(struct op *op, struct store *s,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_frames)
{
	struct local *l = local_of(s);
	struct verify v = { .l = l, .found = found, .ctx = ctx };
	if (atomic_load(&l->log.broken)) {
		struct store_stats st;
		s->engine->stats(s, &st);
		finding(&v, NULL,
			&(struct store_finding){ .text = st.reason, .kind = FINDING_LOG });
	}
	pthread_mutex_lock(&l->log.lock);
	v.checkpoint = l->checkpoint;
	pthread_mutex_unlock(&l->log.lock);
	uint64_t visible = atomic_load(&l->log.visible);
	int rc = pending_drain(op, l);
	if (rc == 0)
		rc = log_verify(op, &v, visible);
	if (rc == 0)
		rc = pending_drain(op, l);
	if (rc == 0) {
		index_verify(&v);
		rc = blobs_verify(op, &v);
	}
	if (rc == 0 && v.bad.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	buf_done(&v.bad);
	if (rc == 0)
		*ret_frames = v.frames;
	return rc;
}
