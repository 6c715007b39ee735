// SPDX-License-Identifier: Apache-2.0
// The spool as the volume's keepers see it: sweeps and checks walk its records, whether or not anybody has it open.
#include "mail/account.h"
#include "mail/spool_priv.h"

#include <stdio.h>

static int each(struct op *op, struct store *store, struct store_snapshot *snap,
	int (*one)(struct op *op, void *ctx, struct span key, struct span value), void *ctx)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_cursor_open(op, store, snap, SPOOL_PARTITION, SPAN("Q"), SPAN("R"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		struct arena_mark mark = arena_mark(&op->arena);
		rc = one(op, ctx, key, value);
		arena_release(&op->arena, mark);
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

// --- sweep ---

struct marking {
	store_live_fn live;
	void *sweep;
};

// A damaged record keeps its blob as long as it says which that is.
static int mark_one(struct op *op, void *ctx, struct span key, struct span value)
{
	const struct marking *m = ctx;
	struct reader r = reader_of(value);
	uint16_t version = reader_u16(&r);
	(void)key;
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(
			op, RC_VERSION, "a message of the spool is of format version %u", version);
	(void)reader_u16(&r);
	(void)reader_u32(&r);
	uint64_t id = reader_u64(&r);
	if (!r.bad && id)
		m->live(m->sweep, id);
	return 0;
}

int spool_mark(struct op *op, struct store *store, struct store_snapshot *snap, store_live_fn live,
	void *sweep)
{
	struct marking m = { live, sweep };
	return each(op, store, snap, mark_one, &m);
}

// --- check ---

struct checking {
	struct store *store;
	void (*found)(void *ctx, const struct store_finding *f);
	void *ctx;
};

static int text_check(struct op *op, struct store *store, const struct spool_message *m)
{
	struct blob b;
	struct span piece;
	int rc = blob_open(op, store, m->blob, &b);
	if (rc < 0)
		return rc;
	if (b.size != m->size)
		rc = op_fail(op, RC_CORRUPT, "the text has %llu octets, its record says %llu",
			(unsigned long long)b.size, (unsigned long long)m->size);
	for (uint64_t at = 0; rc == 0 && at < b.size; at += piece.n)
		rc = blob_piece(op, &b, at, UINT64_MAX, &piece);
	blob_close(&b);
	return rc;
}

static int check_one(struct op *op, void *ctx, struct span key, struct span value)
{
	struct checking *c = ctx;
	struct spool_message m = { 0 };
	char text[OP_TEXT_MAX + 64];
	uint64_t number = spooled_number(key);
	int rc = number ? spool_decode(op, number, value, &m)
			: op_fail(op, RC_CORRUPT, "a key of the spool makes no sense");
	if (rc == 0)
		rc = text_check(op, c->store, &m);
	if (rc == RC_NOMEM || rc == 0)
		return rc;
	(void)snprintf(text, sizeof text, "spool, message %llu: %s", (unsigned long long)number,
		op_text(op, rc)); // fits
	struct store_finding f = { .text = text, .blob_id = m.blob.id };
	c->found(c->ctx, &f);
	return op_alive(op);
}

int spool_check(struct op *op, struct mail *m,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx)
{
	struct checking c = { mail_store_of(m), found, ctx };
	return each(op, c.store, NULL, check_one, &c);
}
