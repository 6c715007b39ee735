// SPDX-License-Identifier: Apache-2.0
// Blobs in the log. Reading by hint: the segment is found in a table without a lock, the frame's header is verified each time, the parts asked
// for unless they were lately (local/checked.h, where it is said why that may be believed).
//
// A BLOB frame at a hint is whole in itself for as long as its segment exists, but where it says its extents are may be out of date: a
// sweep moves a blob with all its extents when one of them lies in a victim, and the old frame stays where it was. So opening
// takes references on the segments of all extents at once. If one is gone the frame is an old one, and the blob is looked up by id.
#include "store/local/local_priv.h"

#include "base/crc32c.h"

#include <inttypes.h>
#include <stdlib.h>

enum { AT_OTHER = 1 }; // open_at: there is no such blob at this place
#define PAGE 4096u     // the smallest there is
#define LOOKUPS_MAX 10 // a sweep may move a blob between look-up and reading, but not for ever

static int damaged(struct op *op, struct segment *s, uint64_t pos, uint64_t id)
{
	if (sigbus_hit(s->bus)) {
		segment_heal(s); // for the next who comes
		return op_fail(op, RC_IO, "the disk failed below segment %" PRIx32 " of the log",
			pos_segment(pos));
	}
	return op_fail(
		op, RC_CORRUPT, "blob %" PRIu64 " at %" PRIx64 " of the log is damaged", id, pos);
}

// What is not visible yet may not be written yet.
static int wait_until_written(struct op *op, struct local *l, uint64_t pos)
{
	if (pos < atomic_load(&l->log.visible))
		return 0;
	pthread_mutex_lock(&l->log.lock);
	bool pending = pos < l->log.tail;
	pthread_mutex_unlock(&l->log.lock);
	return pending ? log_settle(op, l) : AT_OTHER;
}

// A BLOB frame whose first part is verified; holds a reference on its segment.
struct head {
	struct segment *segment;
	struct log_frame f;
	struct blob_fields fields;
	struct blob_extents *extents; // of head_find(), with references on their segments
};

static void head_done(struct head *h)
{
	blob_extents_free(h->extents);
	segment_unref(h->segment);
}

static int damaged_owned(struct op *op, const struct head *h)
{
	const struct blob_fields *b = &h->fields;
	if (sigbus_hit(h->segment->bus))
		return damaged(op, h->segment, h->f.pos, b->id);
	return op_fail(op, RC_CORRUPT,
		"blob %" PRIu64 " at %" PRIx64 " of the log is damaged (account %" PRIu64
		", mailbox %" PRIu32 ", uid %" PRIu32 ")",
		b->id, h->f.pos, b->owner.partition, b->owner.mailbox, b->owner.uid);
}

// Whether the part of the frame at `pos` that these bytes are of was verified lately. Each page that they lie in is read all the same, so that a
// disk that fails below shows now and not when the bytes go out.
static bool is_checked(const struct local *l, const struct segment *s, uint64_t pos,
	enum checked_part part, struct span bytes)
{
	if (!checked_has(&l->checked, pos, part))
		return false;
	const volatile char *p = bytes.p;
	if (bytes.n)
		(void)*p;
	for (size_t i = -(uintptr_t)bytes.p % PAGE; i < bytes.n; i += PAGE)
		(void)p[i];
	return !sigbus_hit(s->bus);
}

static bool first_is_good(struct local *l, const struct log_frame *f, bool anew)
{
	if (!anew &&
		is_checked(
			l, f->segment, f->pos, CHECKED_FIRST, span_of(f->payload, f->frame.first)))
		return true;
	if (!frame_first_ok(&f->frame, f->payload))
		return false;
	checked_add(&l->checked, f->pos, CHECKED_FIRST);
	return true;
}

// Which blob is meant, where it should be, and how it is to be read.
struct place {
	uint64_t id, pos;
	bool anew;    // verified whatever was verified lately
	bool must_be; // it is a fault when it is not there
};

// The frame's header, without its checksum when that was verified lately.
static bool frame_is_there(const struct local *l, const struct place *at, struct log_frame *f)
{
	uint32_t offset = pos_offset(at->pos);
	int rc = !at->anew && checked_has(&l->checked, at->pos, CHECKED_FIRST)
		? segment_frame_again(f->segment, offset, &f->frame, &f->payload)
		: segment_frame(f->segment, offset, &f->frame, &f->payload);
	return rc == 0 && f->frame.type == FRAME_BLOB && frame_is_known(&f->frame);
}

static int head_at(struct op *op, struct local *l, const struct place *at, struct head *ret_head)
{
	uint64_t id = at->id, pos = at->pos;
	if (wait_until_written(op, l, pos) != 0)
		return AT_OTHER; // it never was there, or its group failed
	struct segment *s = segment_ref(&l->segments, pos_segment(pos));
	if (!s)
		return AT_OTHER;
	struct head h = { .segment = s, .f = { .pos = pos, .segment = s } };
	int rc = 0;
	if (!frame_is_there(l, at, &h.f))
		rc = AT_OTHER;
	else if (!first_is_good(l, &h.f, at->anew) ||
		!blob_fields_decode(&h.f.frame, h.f.payload, &h.fields))
		rc = damaged(op, s, pos, id);
	else if (h.fields.id != id)
		rc = AT_OTHER;
	if (rc)
		segment_unref(s);
	else
		*ret_head = h;
	return rc;
}

// Like head_at() where the blob must be.
static int head_must(struct op *op, struct local *l, const struct place *at, struct head *ret_head)
{
	uint64_t id = at->id, pos = at->pos;
	int rc = head_at(op, l, at, ret_head);
	if (rc != AT_OTHER)
		return rc;
	struct segment *s = segment_ref(&l->segments, pos_segment(pos));
	bool disk = s && sigbus_hit(s->bus);
	if (disk)
		segment_heal(s);
	segment_unref(s);
	return op_fail(op, disk ? RC_IO : RC_CORRUPT,
		"blob %" PRIu64 " is not at %" PRIx64 " of the log", id, pos);
}

// Takes references on the segments of all extents. AT_OTHER: one is gone; with `lossy`, that extent goes without.
static int head_extents(struct op *op, struct local *l, struct head *h, bool lossy)
{
	uint32_t count = h->fields.extent_count;
	if (count == 0)
		return 0;
	struct blob_extents *x = h->extents = blob_extents_new(count);
	if (!x)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++) {
		x->list[i] = blob_extent_at(h->f.payload, i);
		struct segment *s = segment_ref(&l->segments, pos_segment(x->list[i].pos));
		if (!s && !lossy)
			return AT_OTHER;
		x->open[i].hold = s ? &s->hold : NULL;
	}
	return 0;
}

// head_at() (or, where the blob must be, head_must()) with the extents.
static int open_at(struct op *op, struct local *l, const struct place *at, struct head *ret_head)
{
	struct head h;
	int rc = at->must_be ? head_must(op, l, at, &h) : head_at(op, l, at, &h);
	if (rc)
		return rc;
	rc = head_extents(op, l, &h, at->must_be);
	if (rc)
		head_done(&h);
	else
		*ret_head = h;
	return rc;
}

// Finds it by hint or by id.
static int head_find(
	struct op *op, struct local *l, struct blob_ref ref, bool anew, struct head *ret_head)
{
	int rc = AT_OTHER;
	struct place at = { .id = ref.id, .pos = ref.hint, .anew = anew };
	if (ref.id && ref.hint)
		rc = open_at(op, l, &at, ret_head);
	at.pos = 0;
	int drained = rc ? pending_drain(op, l) : 0;
	if (drained)
		return drained;
	for (int i = 0; rc && i < LOOKUPS_MAX; i++) {
		struct index_blob found;
		int got = ref.id ? index_blob_get(op, &l->index, ref.id, &found) : STORE_ABSENT;
		if (got < 0)
			return got;
		if (got == STORE_ABSENT)
			return rc < 0
				? rc
				: op_fail(op, RC_NONEXISTENT, "there is no blob %" PRIu64, ref.id);
		at.must_be = found.pos == at.pos; // it did not move meanwhile
		at.pos = found.pos;
		rc = open_at(op, l, &at, ret_head);
		if (at.must_be)
			return rc;
	}
	return rc == AT_OTHER ? op_fail(op, RC_CORRUPT, "blob %" PRIu64 " cannot be found", ref.id)
			      : rc;
}

static struct span head_card(const struct head *h)
{
	return span_of(
		blob_extent_list(h->f.payload) + (size_t)h->fields.extent_count * EXTENT_ENTRY,
		h->fields.card_n);
}

static struct span head_body(const struct head *h)
{
	return span_of(h->f.payload + h->f.frame.first, h->f.frame.length - h->f.frame.first);
}

int local_blob_open(
	struct op *op, struct store *s, struct blob_ref ref, bool whole, struct blob *ret_blob)
{
	struct head h;
	struct local *l = local_of(s);
	int rc = head_find(op, l, ref, false, &h);
	if (rc)
		return rc;
	// Who wants the card alone does not pay for the pages of the body; the generic code asks when a piece of it is wanted.
	bool good = whole && is_checked(l, h.segment, h.f.pos, CHECKED_REST, head_body(&h));
	struct blob b = { .store = s,
		.size = h.fields.size,
		.card = head_card(&h),
		.hold = &h.segment->hold,
		.ref = { ref.id, h.f.pos },
		.body = head_body(&h),
		.body_crc = h.f.frame.rest_crc,
		.body_verified = whole,
		.extents = h.extents };
	if (whole && !good && !frame_rest_ok(&h.f.frame, h.f.payload))
		rc = damaged_owned(op, &h);
	else if (whole && !good)
		checked_add(&l->checked, h.f.pos, CHECKED_REST);
	if (rc == 0 && !b.extents && whole)
		b.whole = b.body;
	if (rc)
		head_done(&h);
	else
		*ret_blob = b;
	return rc;
}

bool local_body_is_good(struct store *s, const struct blob *b, struct span piece)
{
	struct local *l = local_of(s);
	if (is_checked(l, blob_segment(b), b->ref.hint, CHECKED_REST, piece))
		return true;
	if (crc32c(0, b->body) != b->body_crc)
		return false;
	checked_add(&l->checked, b->ref.hint, CHECKED_REST);
	return true;
}

static int extent_get(struct op *op, struct local *l, struct blob_extent extent, bool anew,
	struct hold **io_hold, struct span *ret_bytes)
{
	struct segment *s = *io_hold ? container_of(*io_hold, struct segment, hold)
				     : segment_ref(&l->segments, pos_segment(extent.pos));
	if (!s)
		return op_fail(op, RC_CORRUPT, "an extent at %" PRIx64 " of the log is missing",
			extent.pos);
	struct log_frame at = { .pos = extent.pos, .segment = s };
	const struct frame *f = &at.frame;
	int rc = 0;
	if (segment_frame(s, pos_offset(extent.pos), &at.frame, &at.payload) != 0 ||
		f->type != FRAME_EXTENT || !frame_is_known(f) || f->length != extent.n ||
		!first_is_good(l, &at, anew))
		rc = damaged(op, s, extent.pos, 0);
	if (rc) {
		if (!*io_hold)
			segment_unref(s);
		return rc;
	}
	*ret_bytes = span_of(at.payload, f->length);
	*io_hold = &s->hold;
	return 0;
}

int local_extent_get(struct op *op, struct store *s, struct blob_extent extent,
	struct hold **io_hold, struct span *ret_bytes)
{
	return extent_get(op, local_of(s), extent, false, io_hold, ret_bytes);
}

// --- writing ---

static int extent_write(struct op *op, struct local *l, struct span bytes, bool frees,
	struct blob_extent *ret_extent)
{
	struct item *it = item_new(FRAME_EXTENT, (uint32_t)bytes.n, NULL);
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(item_first(it), bytes.p, bytes.n);
	it->frees = frees;
	item_seal(it);
	struct placed placed;
	int rc = log_append(op, l, it, false, &placed);
	if (rc == 0)
		rc = log_wait(op, l, placed.serial);
	if (rc == 0)
		*ret_extent = (struct blob_extent){ placed.pos, (uint32_t)bytes.n };
	return rc;
}

int local_extent_put(
	struct op *op, struct store *s, struct span bytes, struct blob_extent *ret_extent)
{
	return extent_write(op, local_of(s), bytes, false, ret_extent);
}

// A BLOB item without its body; `extents` are put into its list.
static struct item *blob_item(
	const struct blob_fields *fields, const struct blob_extent *extents, struct span card)
{
	uint32_t list = fields->extent_count * EXTENT_ENTRY;
	struct item *it = item_new(FRAME_BLOB, BLOB_FIELDS + list + (uint32_t)card.n, NULL);
	if (!it)
		return NULL;
	char *to = item_first(it);
	blob_fields_encode(to, fields);
	for (uint32_t i = 0; i < fields->extent_count; i++) {
		char *entry = to + BLOB_FIELDS + (size_t)i * EXTENT_ENTRY;
		store_u64(entry, extents[i].pos);
		store_u32(entry + 8, extents[i].n);
	}
	if (card.n)
		memcpy(to + BLOB_FIELDS + list, card.p, card.n);
	return it;
}

int local_blob_put(
	struct op *op, struct store *s, const struct blob_parts *parts, struct blob_ref *ret_ref)
{
	struct local *l = local_of(s);
	struct blob_fields fields = { .size = parts->size,
		.owner = *parts->owner,
		.card_n = (uint32_t)parts->card.n,
		.extent_count = (uint32_t)parts->extent_count };
	struct item *it = blob_item(&fields, parts->extents, parts->card);
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	it->owned = *parts->tail;
	*parts->tail = (struct buf){ 0 };
	it->body = buf_span(&it->owned);
	it->again = true;
	item_seal(it);
	struct placed placed;
	int rc = log_append(op, l, it, true, &placed);
	if (rc)
		return rc;
	*ret_ref = (struct blob_ref){ placed.id, placed.pos };
	return 0;
}

// Puts the blob in line again under its id, with these extents and another card if `card` is not NULL.
static int blob_again(struct op *op, struct local *l, const struct head *h,
	const struct blob_extent *extents, const struct span *card, struct placed *ret_placed)
{
	struct blob_fields fields = h->fields;
	fields.replaces = h->f.pos;
	fields.card_n = (uint32_t)(card ? card->n : h->fields.card_n);
	struct item *it = blob_item(&fields, extents, card ? *card : head_card(h));
	if (it)
		buf_add(&it->owned, head_body(h));
	if (!it || it->owned.failed) {
		item_free(it);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	it->body = buf_span(&it->owned);
	it->frees = card == NULL;
	it->again = card != NULL;
	item_seal(it);
	if (it->frame.rest_crc != h->f.frame.rest_crc) { // a bad body must not get a fresh checksum
		item_free(it);
		return damaged_owned(op, h);
	}
	return log_append(op, l, it, false, ret_placed);
}

static struct blob_extent *extents_copy(struct op *op, const struct head *h)
{
	struct blob_extent *list =
		arena_array(&op->arena, h->fields.extent_count + 1u, sizeof *list);
	if (!list)
		(void)op_fail(op, RC_NOMEM, "out of memory");
	for (uint32_t i = 0; list && i < h->fields.extent_count; i++)
		list[i] = blob_extent_at(h->f.payload, i);
	return list;
}

int local_blob_new_card(struct op *op, struct store *s, struct blob_ref ref, struct span card,
	struct blob_ref *ret_ref)
{
	struct local *l = local_of(s);
	struct head h;
	int rc = log_settle(op, l);
	if (rc == 0) // by id: what the index has is what the new one replaces
		rc = head_find(op, l, (struct blob_ref){ ref.id, 0 }, true, &h);
	if (rc)
		return rc;
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list = extents_copy(op, &h);
	struct placed placed;
	rc = list ? blob_again(op, l, &h, list, &card, &placed) : RC_NOMEM;
	arena_release(&op->arena, mark);
	head_done(&h);
	if (rc == 0)
		*ret_ref = (struct blob_ref){ ref.id, placed.pos };
	return rc;
}

// Where a blob without an index entry may be: its head was damaged before the index had it (mend.c). Whoever has a record of it knows the place.
static bool place_of_hint(struct local *l, uint64_t hint, struct index_blob *ret_found)
{
	struct segment *s = hint ? segment_ref(&l->segments, pos_segment(hint)) : NULL;
	struct frame f;
	const char *payload;
	bool there = s && segment_frame(s, pos_offset(hint), &f, &payload) == 0 &&
		f.type == FRAME_BLOB && !frame_first_ok(&f, payload);
	segment_unref(s);
	if (there)
		*ret_found = (struct index_blob){ .pos = hint, .size = frame_size(f.length) };
	return there;
}

// The frame of a blob whose first part is damaged, if the rest is all its octets and verifies. *ret_known: the index has it.
static int headless(struct op *op, struct local *l, struct blob_ref ref, uint64_t size,
	struct head *ret_head, bool *ret_known)
{
	struct index_blob found;
	uint64_t id = ref.id;
	int rc = pending_drain(op, l);
	if (rc == 0)
		rc = index_blob_get(op, &l->index, id, &found);
	*ret_known = rc == 0;
	if (rc == STORE_ABSENT && place_of_hint(l, ref.hint, &found))
		rc = 0;
	if (rc == STORE_ABSENT)
		return op_fail(op, RC_NONEXISTENT, "there is no blob %" PRIu64, id);
	if (rc)
		return rc;
	struct segment *s = segment_ref(&l->segments, pos_segment(found.pos));
	struct head h = { .segment = s, .f = { .pos = found.pos, .segment = s } };
	if (s && !found.extents &&
		segment_frame(s, pos_offset(found.pos), &h.f.frame, &h.f.payload) == 0 &&
		h.f.frame.type == FRAME_BLOB && frame_is_known(&h.f.frame) &&
		frame_size(h.f.frame.length) == found.size &&
		h.f.frame.length - h.f.frame.first == size &&
		frame_rest_ok(&h.f.frame, h.f.payload)) {
		*ret_head = h;
		return 0;
	}
	rc = s ? damaged(op, s, found.pos, id)
	       : op_fail(op, RC_CORRUPT, "blob %" PRIu64 " is not there", id);
	segment_unref(s);
	return rc;
}

int local_blob_rescue(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
	const struct blob_owner *owner, const struct blob_card_maker *maker,
	struct blob_ref *ret_ref)
{
	struct local *l = local_of(s);
	struct head h;
	bool known = false;
	int rc = log_settle(op, l);
	if (rc == 0)
		rc = headless(op, l, ref, size, &h, &known);
	if (rc)
		return rc;
	struct blob octets = { .store = s,
		.size = size,
		.hold = &h.segment->hold,
		.ref = { ref.id, h.f.pos },
		.body = head_body(&h),
		.body_crc = h.f.frame.rest_crc,
		.body_verified = true };
	octets.whole = octets.body;
	struct span card;
	struct placed placed;
	rc = maker->make(op, maker->ctx, &octets, &card);
	h.fields = (struct blob_fields){ .id = ref.id, .size = size, .owner = *owner };
	if (!known)
		h.f.pos = 0; // it replaces nothing that the index has
	if (rc == 0)
		rc = blob_again(op, l, &h, NULL, &card, &placed);
	head_done(&h);
	if (rc == 0)
		*ret_ref = (struct blob_ref){ ref.id, placed.pos };
	return rc;
}

static int extents_move(struct op *op, struct local *l, struct blob_extent *list, uint32_t count)
{
	int rc = 0;
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		struct span bytes;
		struct hold *hold = NULL;
		rc = extent_get(op, l, list[i], true, &hold, &bytes);
		if (rc)
			break;
		rc = extent_write(op, l, bytes, true, &list[i]);
		hold_unref(hold);
	}
	return rc;
}

int blob_extents_at(struct op *op, struct local *l, uint64_t id, uint64_t pos,
	struct blob_extent **ret_list, uint32_t *ret_count)
{
	struct head h;
	int rc = head_must(op, l, &(struct place){ .id = id, .pos = pos }, &h);
	if (rc)
		return rc;
	*ret_list = extents_copy(op, &h);
	*ret_count = h.fields.extent_count;
	segment_unref(h.segment);
	return *ret_list ? 0 : RC_NOMEM;
}

int blob_move(struct op *op, struct local *l, uint64_t id, uint64_t old)
{
	struct head h;
	int rc = head_must(op, l, &(struct place){ .id = id, .pos = old, .anew = true }, &h);
	if (rc)
		return rc;
	struct arena_mark mark = arena_mark(&op->arena);
	struct blob_extent *list = extents_copy(op, &h);
	struct placed placed;
	rc = list ? extents_move(op, l, list, h.fields.extent_count) : RC_NOMEM;
	if (rc == 0)
		rc = blob_again(op, l, &h, list, NULL, &placed);
	arena_release(&op->arena, mark);
	segment_unref(h.segment);
	return rc;
}
