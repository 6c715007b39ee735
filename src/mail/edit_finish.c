// SPDX-License-Identifier: Apache-2.0
// From an edit to changes of a batch: only what was marked, as patches where that is shorter. A STORE of one flag gives four patches: hot
// record, directory entry, top level entry, header. Formats: format.h.
#include "mail/edit.h"

static void hot_encode(const struct hot *h, uint32_t base, char to[HOT_OCTETS])
{
	store_u32(to, h->uid - base);
	to[4] = (char)h->flags;
	to[5] = 0;
	memcpy(to + 6, &h->size_high, sizeof h->size_high);
	store_u32(to + 8, h->kwset);
	store_u32(to + 12, h->size_low);
	store_u64(to + 16, h->modseq);
}

static bool bit_is_set(const uint64_t bits[2], uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

// The records of the chunk that were changed; all of them when most were.
static void write_chunk(struct edit *e, const struct entry *en)
{
	struct chunk *c = en->chunk;
	const struct recs *r = atomic_load_explicit(&c->recs, memory_order_acquire);
	char value[CHUNK_RECORDS * HOT_OCTETS];
	int changed = __builtin_popcountll(c->changed[0]) + __builtin_popcountll(c->changed[1]);
	if (changed == 0)
		return;
	bool most = (uint32_t)changed * 2 > en->used && changed > 16;
	for (uint32_t i = 0; i < en->used; i++)
		if (most || bit_is_set(c->changed, i)) {
			memset(value + i * HOT_OCTETS, 0, HOT_OCTETS);
			value[i * HOT_OCTETS + 4] = (char)HOT_GONE;
		}
	for (uint32_t i = 0; i < r->n; i++)
		if (most || bit_is_set(c->changed, r->r[i].pos))
			hot_encode(&r->r[i], c->base, value + r->r[i].pos * HOT_OCTETS);
	struct key k = key_data(e->now->h.data, 'H', c->id);
	struct store_batch *b = &e->txn->batch;
	if (most) {
		batch_put(b, KEY(k), span_of(value, (size_t)en->used * HOT_OCTETS));
		return;
	}
	for (uint32_t i = 0; i < en->used; i++) {
		uint32_t from = i;
		while (i < en->used && bit_is_set(c->changed, i))
			i++;
		if (i > from)
			batch_patch(b, KEY(k), from * HOT_OCTETS,
				span_of(value + from * HOT_OCTETS, (i - from) * HOT_OCTETS));
	}
}

static void entry_encode(const struct entry *en, char to[ENTRY_OCTETS])
{
	store_u32(to, en->chunk->id);
	store_u32(to + 4, en->chunk->base);
	store_u32(to + 8, en->first);
	store_u32(to + 12, en->last);
	to[16] = (char)en->used;
	to[17] = (char)en->count;
	to[18] = (char)en->unseen;
	to[19] = (char)en->deleted;
	store_u32(to + 20, 0);
	store_u64(to + 24, en->modseq);
	store_u64(to + 32, en->chunk->base_modseq);
}

static void write_block(struct edit *e, struct block *block)
{
	struct entries *entries = atomic_load_explicit(&block->entries, memory_order_acquire);
	char value[BLOCK_ENTRIES * ENTRY_OCTETS];
	struct key k = key_data(e->now->h.data, 'D', block->id);
	struct store_batch *b = &e->txn->batch;
	uint32_t new_from = entries->n;
	for (uint32_t i = 0; i < entries->n; i++) {
		struct entry *en = &entries->e[i];
		char *p = value + i * ENTRY_OCTETS;
		if (en->dirty || block->rewrite)
			entry_encode(en, p);
		if (en->dirty)
			write_chunk(e, en);
		if (en->dirty == ENTRY_CHANGED && !block->rewrite)
			batch_patch(b, KEY(k), i * ENTRY_OCTETS + 8, span_of(p + 8, 24));
		if (en->dirty == ENTRY_NEW && new_from > i)
			new_from = i; // new ones are all at the end
		en->dirty = 0;
		en->chunk->changed[0] = en->chunk->changed[1] = 0;
	}
	if (block->rewrite)
		batch_put(b, KEY(k), span_of(value, entries->n * ENTRY_OCTETS));
	else if (new_from < entries->n)
		batch_patch(b, KEY(k), new_from * ENTRY_OCTETS,
			span_of(value + new_from * ENTRY_OCTETS,
				(entries->n - new_from) * ENTRY_OCTETS));
	block->rewrite = false;
}

static void top_encode(const struct top *t, char to[TOP_OCTETS])
{
	store_u32(to, t->block->id);
	store_u32(to + 4, t->first);
	store_u32(to + 8, t->last);
	store_u32(to + 12, t->count);
	store_u32(to + 16, t->unseen);
	store_u32(to + 20, t->deleted);
	store_u32(to + 24, t->block->count);
	store_u32(to + 28, 0);
	store_u64(to + 32, t->modseq);
}

static int write_top(struct edit *e)
{
	struct body *body = e->body;
	struct key k = key_data(e->now->h.data, 'T', 0);
	struct store_batch *b = &e->txn->batch;
	struct buf whole = { 0 };
	for (uint32_t t = 0; t < body->n; t++) {
		struct top *top = &body->t[t];
		char one[TOP_OCTETS];
		top_encode(top, one);
		if (e->top_rewrite)
			buf_add(&whole, span_of(one, TOP_OCTETS));
		else if (top->dirty)
			batch_patch(b, KEY(k), t * TOP_OCTETS, span_of(one, TOP_OCTETS));
		top->dirty = false;
	}
	bool failed = whole.failed;
	if (e->top_rewrite && body->n)
		batch_put(b, KEY(k), buf_span(&whole));
	else if (e->top_rewrite)
		batch_delete(b, KEY(k));
	buf_done(&whole);
	return failed ? op_fail(e->txn->op, RC_NOMEM, "out of memory") : 0;
}

void header_patch(
	struct store_batch *b, uint32_t node, const struct header *was, const struct header *is)
{
	char x[HEADER_OCTETS], y[HEADER_OCTETS];
	header_encode(was, x);
	header_encode(is, y);
	uint32_t from = 0, to = HEADER_OCTETS;
	while (from < to && x[from] == y[from])
		from++;
	while (to > from && x[to - 1] == y[to - 1])
		to--;
	if (to > HEADER_MODSEQ && from < HEADER_MODSEQ + 8) { // whole: mend.c compares it
		from = from < HEADER_MODSEQ ? from : HEADER_MODSEQ;
		to = to > HEADER_MODSEQ + 8 ? to : HEADER_MODSEQ + 8;
	}
	struct key k = key_header(node);
	if (to > from)
		batch_patch(b, KEY(k), from, span_of(y + from, to - from));
}

int edit_finish(struct edit *e)
{
	struct header *h = &e->now->h;
	struct store_batch *b = &e->txn->batch;
	edit_cold_flush(e);
	for (uint32_t t = 0; t < e->body->n; t++)
		if (e->body->t[t].dirty && e->body->t[t].block->edit == e->serial)
			write_block(e, e->body->t[t].block);
	int rc = write_top(e);
	if (rc == 0 && e->keyword_log.n) {
		struct key k = key_data(h->data, 'K', 0);
		batch_patch(b, KEY(k), h->keyword_octets, buf_span(&e->keyword_log));
		h->keyword_octets += (uint32_t)e->keyword_log.n;
	}
	if (rc == 0)
		rc = expunge_log_add(e->txn->op, e);
	if (rc == 0 && e->keyword_log.failed)
		rc = op_fail(e->txn->op, RC_NOMEM, "out of memory");
	if (rc == 0)
		header_patch(b, e->mailbox->node, &e->old->h, h);
	return rc;
}
