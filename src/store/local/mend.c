// SPDX-License-Identifier: Apache-2.0
// store_mend(): the log is damaged behind what the index has flushed, and what is whole behind the damage is brought in. All of it happens on a
// copy of the index (tables are linked): DIR/index.mending, which takes the place of DIR/index when everything is done and flushed. A crash
// before leaves the volume as it was, but for what was appended to the log, which the next try finds behind the damage, as anything else there.
//
// A frame whose header is whole is passed over alone. Else the next header is looked for: the nonce seeds its checksum, and its number must be higher
// than that of the last whole frame and below all of this open, so nothing that a sender of mail wrote looks like one.
#include "base/log.h"
#include "store/local/local_priv.h"

#include <inttypes.h>
#include <unistd.h>

// The least that a lost blob took, hence how many ids the damage can have taken at most.
#define BLOB_LEAST (FRAME_HEADER + BLOB_FIELDS)

static bool frame_behind(const struct local *l, const struct segment *s, uint64_t at, uint64_t seq,
	struct frame *ret_frame, const char **ret_payload)
{
	return at + FRAME_HEADER <= s->size &&
		segment_frame(s, (uint32_t)at, ret_frame, ret_payload) == 0 &&
		ret_frame->seq > seq && ret_frame->seq < l->epoch << 32;
}

// The header at the place of the damage is whole: what is wrong is its payload.
static bool payload_is_bad(struct local *l, const struct log_end *end, struct damage *d)
{
	struct frame *f = &d->at.frame;
	if (!frame_behind(l, d->at.segment, pos_offset(end->pos), end->seq, f, &d->at.payload) ||
		(f->type != FRAME_GROUP && f->seq != end->seq + 1))
		return false;
	struct blob_fields fields;
	d->head_is_whole = f->type == FRAME_BLOB && frame_is_known(f) &&
		frame_first_ok(f, d->at.payload) && blob_fields_decode(f, d->at.payload, &fields);
	d->next = end->pos + frame_size(f->length);
	d->seq = f->seq;
	d->told.octets = frame_size(f->length);
	d->told.changes = f->type == FRAME_BATCH || !frame_is_known(f);
	return true;
}

// Where the segment before ended, as the first group of this one says; `or_else` when it does not.
static uint32_t end_before(
	const struct frame *f, const char *payload, uint32_t before, uint32_t or_else)
{
	if (f->type != FRAME_GROUP || f->length != GROUP_PAYLOAD || !frame_first_ok(f, payload))
		return or_else;
	struct group_fields g = group_fields_decode(payload);
	return pos_segment(g.before) == before && pos_offset(g.before) > SEGMENT_HEADER
		? pos_offset(g.before)
		: or_else;
}

void damage_find(struct local *l, const struct log_end *end, struct damage *ret_damage)
{
	struct damage d = { .at = { .pos = end->pos }, .told = { .pos = end->pos } };
	uint32_t number = pos_segment(end->pos);
	uint64_t at = pos_offset(end->pos);
	d.at.segment = d.held = segment_ref(&l->segments, number);
	if (d.held && payload_is_bad(l, end, &d)) {
		*ret_damage = d;
		return;
	}
	struct segment *s = d.held;
	d.left_end = pos_offset(end->pos);
	while (s && !d.next) {
		struct frame f;
		const char *payload;
		uint64_t from = at;
		while (at + FRAME_HEADER <= s->size &&
			!frame_behind(l, s, at, end->seq, &f, &payload))
			at += 8;
		if (at + FRAME_HEADER <= s->size) {
			d.next = pos_of(number, (uint32_t)at);
			d.seq = f.seq - 1;
			if (number != pos_segment(end->pos))
				d.left_end =
					end_before(&f, payload, pos_segment(end->pos), d.left_end);
		}
		d.told.octets += at - from;
		if (s != d.held)
			segment_unref(s);
		if (d.next)
			break;
		s = segment_ref_after(&l->segments, number);
		number = s ? atomic_load(&s->number) : 0;
		at = SEGMENT_HEADER;
	}
	// What the next segment says of the end spares the unused rest.
	uint64_t rest = d.held ? d.held->size - d.left_end : 0;
	if (d.next && pos_segment(d.next) != pos_segment(end->pos) &&
		d.left_end > pos_offset(end->pos))
		d.told.octets -= rest;
	// Behind a whole group, nothing but the head of the next one fits into the room of one.
	d.told.changes = !end->between || d.next != end->pos + GROUP_FRAME;
	*ret_damage = d;
}

void damage_done(struct damage *d)
{
	segment_unref(d->held);
	d->held = NULL;
}

void mend_tell(struct local *l, const struct damage *d)
{
	struct mending *m = l->mending;
	m->passed++;
	m->ids += d->told.octets / BLOB_LEAST + 1;
	m->how->damage(m->how->ctx, &d->told);
}

int mend_ask(struct op *op, struct local *l, struct applier *a, const struct log_frame *f)
{
	const struct mending *m = l->mending;
	struct blob_fields b;
	if (f->frame.type == FRAME_BLOB && blob_fields_decode(&f->frame, f->payload, &b) &&
		!b.replaces)
		return m->how->blob(op, m->how->ctx, (struct blob_ref){ b.id, f->pos }, &b.owner);
	if (f->frame.type != FRAME_BATCH || f->frame.first < 8)
		return MEND_APPLY;
	int rc = index_batch_write(op, &a->batch); // who is asked looks at what is there
	return rc ? rc
		  : m->how->batch(op, m->how->ctx, &l->head, load_u64(f->payload),
			    span_of(f->payload + 8, f->frame.first - 8));
}

int local_mend(struct op *op, const struct store_config *config, const struct store_mender *how)
{
	struct mending m = { .how = how };
	struct store *s;
	if (config->read_only)
		return op_fail(op, RC_READONLY, "the store is read-only");
	int rc = local_open_mending(op, config, &m, &s);
	if (rc)
		return rc;
	struct local *l = local_of(s);
	if (m.passed == 0)
		rc = MEND_NOTHING;
	else
		rc = how->finish(op, how->ctx, s);
	if (rc == 0)
		rc = log_settle(op, l);
	if (rc == 0)
		rc = local_flush_all(op, l);
	int lock =
		dup(l->lock_fd); // nobody else may open the volume before the index is in its place
	store_close(s);
	if (rc == 0)
		rc = volume_index_swap(op, config->dir);
	else
		volume_index_forget(config->dir);
	if (lock >= 0)
		(void)close(lock); // gives the lock back
	return rc;
}
