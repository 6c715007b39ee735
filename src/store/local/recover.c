// SPDX-License-Identifier: Apache-2.0
// Opening the log: README.md (one folder up) says what may be found and what it means.
#include "base/log.h"
#include "store/local/local_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

#define REPLAY_BATCH (1u << 20)
// How far behind a bad frame a newer group is looked for: more than five groups of the greatest size.
#define SEARCH_BYTES (16u << 20)

// A whole GROUP frame at `offset` that is newer than `seq`.
static bool group_at(const struct segment *s, uint32_t offset, uint64_t seq,
	struct frame *ret_frame, struct group_fields *ret_group)
{
	const char *payload;
	if (segment_frame(s, offset, ret_frame, &payload) != 0 || ret_frame->type != FRAME_GROUP ||
		ret_frame->seq <= seq || ret_frame->length != GROUP_PAYLOAD ||
		ret_frame->version != FRAME_VERSION || !frame_first_ok(ret_frame, payload))
		return false;
	*ret_group = group_fields_decode(payload);
	return true;
}

// Whether a newer group lies at `from` or not far behind, before which the log had already gone beyond `pos`.
static bool newer_group_in(const struct segment *s, uint64_t from, uint64_t seq, uint64_t pos)
{
	struct frame f;
	struct group_fields g;
	bool found = false;
	uint64_t end = from + SEARCH_BYTES;
	if (end > s->size)
		end = s->size;
	for (uint64_t at = from; !found && at + GROUP_FRAME <= end; at += 8)
		if (load_u32(s->map + at + 4) == GROUP_PAYLOAD && s->map[at + 16] == FRAME_GROUP)
			found = group_at(s, (uint32_t)at, seq, &f, &g) && g.before > pos;
	// Do not keep what was looked at in this process's memory.
	(void)madvise(s->map, s->size, MADV_DONTNEED); // advice
	return found;
}

// Whether something durable must have lain at `pos`: a newer group says so. The damage may have taken the first one of the next segment, too.
static bool was_durable(struct local *l, uint64_t pos, uint64_t seq)
{
	uint32_t number = pos_segment(pos);
	struct segment *s = segment_ref(&l->segments, number);
	bool found = s && newer_group_in(s, pos_offset(pos) + 8u, seq, pos);
	segment_unref(s);
	while (!found && (s = segment_ref_after(&l->segments, number))) {
		found = newer_group_in(s, SEGMENT_HEADER, seq, pos);
		number = atomic_load(&s->number);
		segment_unref(s);
	}
	return found;
}

struct follower {
	struct log_end end;
	uint64_t group_end; // the present group says that it goes up to here
};

enum { STEP_END = 1, STEP_NEXT_SEGMENT };
// One frame at the follower's place. STEP_END: no good frame is there.
static int step(struct op *op, struct follower *fo, const struct segment *s, struct log_frame *f)
{
	uint32_t offset = pos_offset(fo->end.pos);
	if (segment_frame(s, offset, &f->frame, &f->payload) != 0)
		return STEP_END;
	bool in_order = f->frame.type == FRAME_GROUP ? f->frame.seq > fo->end.seq
						     : f->frame.seq == fo->end.seq + 1;
	if (!in_order || !frame_first_ok(&f->frame, f->payload) ||
		!frame_rest_ok(&f->frame, f->payload))
		return STEP_END;
	if (!frame_is_known(&f->frame))
		return op_fail(op, RC_VERSION,
			"the log has a frame of unknown type %u version %u at %" PRIx64,
			(unsigned)f->frame.type, f->frame.version, fo->end.pos);
	f->pos = fo->end.pos;
	f->segment = s;
	return 0;
}

// Whether the log went on to the next segment at `pos`.
static bool goes_on(struct local *l, const struct log_end *end)
{
	struct segment *s = segment_ref(&l->segments, pos_segment(end->pos) + 1);
	struct frame f;
	struct group_fields g;
	bool on = s && group_at(s, SEGMENT_HEADER, end->seq, &f, &g) && g.before == end->pos;
	segment_unref(s);
	return on;
}

// A reader's server wrote on after the reader had looked: each group is whole before there is one behind it.
static bool came_meanwhile(struct op *op, struct local *l, struct follower *fo)
{
	struct log_frame f;
	struct segment *s = segment_ref(&l->segments, pos_segment(fo->end.pos));
	bool here = s && step(op, fo, s, &f) == 0;
	segment_unref(s);
	return here || goes_on(l, &fo->end);
}

int log_follow(struct op *op, struct local *l, uint64_t pos, uint64_t seq,
	int (*each)(struct op *op, void *ctx, const struct log_frame *f), void *ctx,
	struct log_end *ret_end)
{
	struct follower fo = { .end = { .pos = pos, .seq = seq }, .group_end = pos };
	int rc = 0;
	while (rc == 0) {
		struct segment *s = segment_ref(&l->segments, pos_segment(fo.end.pos));
		struct log_frame f;
		rc = s ? step(op, &fo, s, &f) : STEP_END;
		if (rc == STEP_END && goes_on(l, &fo.end)) {
			fo.end.pos = pos_of(pos_segment(fo.end.pos) + 1, SEGMENT_HEADER);
			if (s) // read once: not to stay in this process's memory
				(void)madvise(s->map, s->size, MADV_DONTNEED); // advice
			rc = 0;
		} else if (rc == 0) {
			if (f.frame.type == FRAME_GROUP)
				fo.group_end = f.pos + group_fields_decode(f.payload).bytes;
			else
				rc = each(op, ctx, &f);
			fo.end.pos += frame_size(f.frame.length);
			fo.end.seq = f.frame.seq;
			fo.end.frames++;
			fo.end.bytes += frame_size(f.frame.length);
		}
		segment_unref(s);
	}
	if (rc != STEP_END)
		return rc;
	fo.end.torn = fo.end.pos < fo.group_end;
	fo.end.between = fo.end.pos == fo.group_end;
	fo.end.corrupt = was_durable(l, fo.end.pos, fo.end.seq) &&
		!(l->reader && came_meanwhile(op, l, &fo));
	*ret_end = fo.end;
	return 0;
}

// --- replay ---

struct replay {
	struct applier applier;
	uint64_t pos, seq; // behind the last frame
	size_t bytes;
};

// The log went on to `pos`. Where it left a segment is noted: what has no such note was swept (segments_close()).
static void replay_reach(struct replay *r, uint64_t pos)
{
	if (pos_segment(pos) == pos_segment(r->pos))
		return;
	applier_segment(&r->applier, pos_segment(r->pos), pos_offset(r->pos));
	r->pos = pos;
}

static int replay_write(struct op *op, struct replay *r)
{
	r->bytes = 0;
	return applier_write(op, &r->applier, r->pos, r->seq);
}

static int replay_frame(struct op *op, void *ctx, const struct log_frame *f)
{
	struct replay *r = ctx;
	struct local *l = r->applier.l;
	replay_reach(r, f->pos);
	int rc = l->mending ? mend_ask(op, l, &r->applier, f) : MEND_APPLY;
	if (rc == MEND_APPLY)
		rc = applier_frame(op, &r->applier, f->pos, &f->frame, f->payload);
	if (rc < 0)
		return rc;
	r->pos = f->pos + frame_size(f->frame.length);
	r->seq = f->frame.seq;
	r->bytes += f->frame.type == FRAME_BATCH ? f->frame.length : 64;
	return r->bytes < REPLAY_BATCH ? 0 : replay_write(op, r);
}

// Segments that were passed over were left, too: a segment without a note counts as swept.
static void replay_jump(struct local *l, struct replay *r, const struct damage *d)
{
	uint32_t number = pos_segment(d->told.pos);
	replay_reach(r, d->told.pos);
	if (number != pos_segment(d->next))
		applier_segment(&r->applier, number, d->left_end);
	struct segment *s;
	while ((s = segment_ref_after(&l->segments, number)) &&
		(number = atomic_load(&s->number)) < pos_segment(d->next)) {
		applier_segment(&r->applier, number, (uint32_t)s->size);
		segment_unref(s);
	}
	segment_unref(s);
	r->pos = d->next;
	r->seq = d->seq;
}

// The log is damaged at *io_end: what is whole behind it.
static int replay_behind(struct op *op, struct local *l, struct replay *r, struct log_end *io_end)
{
	struct damage d;
	struct log_end more;
	damage_find(l, io_end, &d);
	io_end->corrupt = d.next != 0;
	if (!d.next) {
		damage_done(&d);
		return 0;
	}
	mend_tell(l, &d);
	d.at.pos = io_end->pos;
	int rc = d.head_is_whole ? replay_frame(op, r, &d.at) : 0;
	damage_done(&d);
	if (rc == 0) {
		replay_jump(l, r, &d);
		rc = log_follow(op, l, d.next, d.seq, replay_frame, r, &more);
	}
	if (rc)
		return rc;
	more.between = more.between && more.frames; // else it began there, wherever that is
	more.frames += io_end->frames + 1;
	more.bytes += io_end->bytes + d.told.octets;
	*io_end = more;
	return 0;
}

static int replay(struct op *op, struct local *l, struct log_end *ret_end)
{
	struct index_state *state = &l->log.state;
	struct replay r = { .pos = state->pos, .seq = state->seq };
	int rc = applier_begin(op, l, &r.applier);
	if (rc)
		return rc;
	rc = log_follow(op, l, state->pos, state->seq, replay_frame, &r, ret_end);
	while (rc == 0 && l->mending && ret_end->corrupt)
		rc = replay_behind(op, l, &r, ret_end);
	if (l->mending) // an id that was lost must not come again: its record may be there
		r.applier.state.next_id += l->mending->ids;
	if (rc == 0 && ret_end->frames) {
		// Not only frames lead into a segment: of the first group there, a crash may have left the GROUP frame alone.
		replay_reach(&r, ret_end->pos);
		r.pos = ret_end->pos;
		r.seq = ret_end->seq;
		rc = replay_write(op, &r);
	}
	applier_done(&r.applier);
	l->replayed = rc == 0 ? ret_end->frames : 0;
	atomic_store(&l->log.group_bytes, rc == 0 ? ret_end->bytes : 0); // for the first flush
	return rc;
}

// --- segments ---

static int segments_map(struct op *op, struct local *l, const uint32_t *numbers, size_t count)
{
	uint32_t at = pos_segment(l->log.state.pos);
	for (size_t i = 0; i < count; i++) {
		int rc = segment_open(op, &l->segments, numbers[i], !l->reader && numbers[i] >= at);
		if (rc == 0)
			continue;
		if (rc != RC_CORRUPT)
			return rc;
		if (!l->reader) // beside a running server, it may just be recycled
			log_seal(l, op_text(op, rc));
	}
	return 0;
}

// What the log has left is closed; *ret_bytes: the bytes of frames there.
static int segments_close(struct op *op, struct local *l, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	uint32_t number = 0;
	struct segment *s;
	while ((s = segment_ref_after(&l->segments, number))) {
		number = atomic_load(&s->number);
		uint32_t end = 0;
		int rc = 0;
		if (number < pos_segment(l->log.tail))
			rc = index_segment_get(op, &l->index, number, &end);
		if (rc >= 0 && end) {
			segment_close_for_writing(s, end);
			bytes += end - SEGMENT_HEADER;
		}
		segment_unref(s);
		if (rc < 0)
			return rc;
		// A sweep had done with it and went down before its file was unlinked.
		if (rc == STORE_ABSENT && !l->reader && !atomic_load(&l->log.broken))
			segment_drop(&l->segments, number);
	}
	*ret_bytes = bytes;
	return 0;
}

static int log_start(struct op *op, struct local *l, const struct log_end *end)
{
	struct log *g = &l->log;
	g->tail = end->pos;
	log_visible_set(l, end->pos);
	atomic_store(&l->flushed_pos, 0); // what the tables hold is known after the first flush
	g->next_id = g->state.next_id;
	g->next_seq = l->epoch << 32;
	if (g->next_seq <= end->seq && !l->reader && !g->sealed)
		return op_fail(op, RC_CORRUPT, "%s/volume is older than the log", l->dir);
	int rc = segments_close(op, l, &g->closed_bytes);
	if (rc)
		return rc;
	struct segment *s = segment_ref(&l->segments, pos_segment(g->tail));
	if (!s)
		return op_fail(op, RC_CORRUPT, "segment %" PRIx32 " of the log is missing",
			pos_segment(g->tail));
	g->tail_size = s->size;
	segment_unref(s);
	g->next_size = log_next_size(l, pos_segment(g->tail), g->closed_bytes);
	return 0;
}

static int first_segment(struct op *op, struct local *l)
{
	if (l->reader)
		return op_fail(op, RC_NONEXISTENT, "%s has no log", l->dir);
	return segment_make(op, &l->segments, 1, log_next_size(l, 0, 0));
}

static void report(struct local *l, const struct log_end *end)
{
	char text[120];
	if (end->corrupt) {
		(void)snprintf(text, sizeof text, "the log is damaged at %" PRIx64, end->pos);
		log_seal(l, text);
	} else if (end->torn && !l->reader) {
		log_warn("store", "%s: a write that was never acknowledged was cut off at %" PRIx64,
			l->dir, end->pos);
	}
}

// The index is new: the volume is, too, or the log has to make it again.
static int index_begin(struct op *op, struct local *l, const uint32_t *numbers, size_t count)
{
	struct index_state *state = &l->log.state;
	*state = (struct index_state){ .pos = pos_of(1, SEGMENT_HEADER), .next_id = 1 };
	if (count == 0)
		return first_segment(op, l);
	int rc = segments_map(op, l, numbers, count);
	if (rc == 0)
		rc = checkpoint_restore(op, l);
	if (rc == 0) {
		l->restored = true;
		rc = index_state_get(op, &l->index, state);
	}
	return rc == STORE_ABSENT ? 0 : rc;
}

int recover(struct op *op, struct local *l)
{
	struct index_state *state = &l->log.state;
	uint32_t *numbers;
	size_t count;
	int rc = segments_list(op, &l->segments, &numbers, &count);
	if (rc)
		return rc;
	rc = index_state_get(op, &l->index, state);
	if (rc < 0)
		return rc;
	if (rc == STORE_ABSENT)
		rc = index_begin(op, l, numbers, count);
	else if (count == 0)
		rc = op_fail(op, RC_CORRUPT, "the log of %s is missing", l->dir);
	else
		rc = segments_map(op, l, numbers, count);
	if (rc == 0)
		rc = checkpoint_load(op, l);
	atomic_store(&l->log.blobs, state->blobs);
	atomic_store(&l->log.live_bytes, state->live_bytes);
	struct log_end end;
	if (rc == 0)
		rc = replay(op, l, &end);
	if (rc == 0)
		report(l, &end);
	if (rc == 0)
		rc = log_start(op, l, &end);
	return rc == 0 && l->restored ? checkpoint_tidy(op, l) : rc;
}
