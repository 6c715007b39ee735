// SPDX-License-Identifier: Apache-2.0
// Cards are made again from the octets (repair.h). A record names its blob by id and by the place where it was: who opens it by an old place gets
// the old card, so the place in the record is renewed as well. What is true at each step: the new card is a blob frame of its own with
// all the octets; until the record's batch is durable, readers take the old one, as before. A crash leaves a card that nobody's place
// names, which the index does: the next repair finds it good and renews the place.
#include "mail/repair.h"

#include "mail/check_priv.h"
#include "mail/content_priv.h"
#include "mail/format.h"

#define HINT_AT 32u // of the blob's place in a cold record: 24 blob, its id first

struct repair {
	struct op *op;
	struct store *store;
	uint64_t partition;
	struct repaired *counts;
	struct store_batch batch;
	struct blob_owner owner; // of the message at hand
};

static int batch_commit(struct repair *r)
{
	struct store_ticket t;
	int rc = store_submit(r->op, r->store, &r->batch, &t);
	batch_done(&r->batch);
	batch_init(&r->batch, r->partition);
	return rc ? rc : store_wait(r->op, r->store, t);
}

static int card_of(struct op *op, void *ctx, const struct blob *b, struct span *ret_card)
{
	(void)ctx;
	return content_card_anew(op, b, ret_card);
}

// The message by its id alone: as the index has it. *ret_good: its card is of this version and whole.
static int open_by_id(
	struct repair *r, const struct msg_cold *cold, bool *ret_good, struct blob_ref *ret_ref)
{
	struct msg_cold by_id = *cold;
	struct content c;
	by_id.blob.hint = 0;
	int rc = content_open_partial(r->op, r->store, &by_id, false, &c);
	if (rc)
		return rc;
	*ret_good = !c.card_made;
	*ret_ref = c.blob.ref;
	content_close(&c);
	return 0;
}

static int new_card(struct repair *r, struct blob_ref ref, struct blob_ref *ret_ref)
{
	struct blob b;
	struct span card;
	int rc = blob_open(r->op, r->store, ref, &b); // all octets are verified
	if (rc)
		return rc;
	rc = content_card_anew(r->op, &b, &card);
	blob_close(&b);
	return rc ? rc : blob_new_card(r->op, r->store, ref, card, ret_ref);
}

// 0: *ret_ref is where a good card is now. RC_CORRUPT: it cannot be had.
static int card_renew(struct repair *r, const struct msg_cold *cold, struct blob_ref *ret_ref)
{
	bool good;
	int rc = open_by_id(r, cold, &good, ret_ref);
	if (rc == 0 && good)
		return 0;
	if (rc == 0)
		rc = new_card(r, *ret_ref, ret_ref);
	else if (rc == RC_CORRUPT || rc == RC_NONEXISTENT)
		rc = blob_rescue(r->op, r->store, cold->blob, cold->size - cold->prefix_size,
			&r->owner, &(struct blob_card_maker){ card_of, NULL }, ret_ref);
	if (rc == 0)
		r->counts->cards++;
	return rc;
}

static bool is_good(struct repair *r, const struct msg_cold *cold)
{
	struct content c;
	int rc = content_open_partial(r->op, r->store, cold, false, &c);
	bool good = rc == 0 && !c.card_made;
	if (rc == 0)
		content_close(&c);
	return good;
}

static int repair_message(struct repair *r, struct span key, uint32_t at, const char *record)
{
	struct msg_cold cold;
	struct blob_ref now;
	cold_decode(record, &cold);
	if (cold.blob.id == 0)
		return 0;
	r->counts->messages++;
	if (is_good(r, &cold))
		return 0;
	r->owner.internal_date = cold.internal_date;
	int rc = card_renew(r, &cold, &now);
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT) {
		r->counts->lost++; // the check that follows says whose it is
		return 0;
	}
	if (rc < 0)
		return rc;
	char hint[8];
	store_u64(hint, now.hint);
	batch_patch(&r->batch, key, at * COLD_OCTETS + HINT_AT, span_of(hint, sizeof hint));
	r->counts->records++;
	return batch_commit(
		r); // at once: the next record may name the same blob, and looks for it in the index
}

static int repair_chunk(struct repair *r, struct span key, struct span cold)
{
	char copy[STORE_KEY_MAX];
	struct arena_mark mark = arena_mark(&r->op->arena);
	struct span hot;
	memcpy(copy, key.p, key.n);
	key = span_of(copy, key.n);
	int rc = chunk_hot(r->op, r->store, NULL, r->partition, key, &hot);
	r->owner = (struct blob_owner){ .partition = r->partition,
		.mailbox = __builtin_bswap32(load_u32(copy + 1)) };
	for (uint32_t i = 0; rc >= 0 && (i + 1) * COLD_OCTETS <= cold.n; i++) {
		if (chunk_is_gone(hot, i))
			continue;
		rc = repair_message(r, key, i, cold.p + i * COLD_OCTETS);
		if (rc == 0)
			rc = op_alive(r->op);
	}
	arena_release(&r->op->arena, mark);
	return rc < 0 ? rc : 0;
}

static int repair_partition(struct repair *r)
{
	struct store_cursor *c;
	int rc = store_cursor_open(r->op, r->store, NULL, r->partition, SPAN("B"), SPAN("C"), &c);
	if (rc < 0)
		return rc;
	batch_init(&r->batch, r->partition);
	struct span key, value;
	while ((rc = store_cursor_next(r->op, c, &key, &value)) == 0) {
		if (chunk_key_is_cold(key))
			rc = repair_chunk(r, key, value);
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	batch_done(&r->batch);
	return rc < 0 ? rc : 0;
}

int mail_repair(struct op *op, struct store *s, struct repaired *ret_repaired)
{
	struct repaired counts = { 0 };
	struct repair r = {
		.op = op, .store = s, .partition = SYSTEM_PARTITION, .counts = &counts
	};
	int rc;
	while ((rc = store_next_partition(op, s, NULL, r.partition + 1, &r.partition)) == 0) {
		rc = repair_partition(&r);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	*ret_repaired = counts;
	return 0;
}
