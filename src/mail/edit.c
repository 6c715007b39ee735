// SPDX-License-Identifier: Apache-2.0
// Edits: changing the copied path in memory (edit.h). What changed is marked and written into the batch by edit_finish.c. Everything here
// runs under account.lock. Faults leave the edit unfit for use: the transaction is then given up as a whole.
#include "mail/edit.h"

#include <stdlib.h>

static int no_memory(struct edit *e)
{
	return op_fail(e->txn->op, RC_NOMEM, "out of memory");
}

static struct place edit_place(const struct edit *e)
{
	return place_of(e->txn->account, e->now);
}

// --- copies of the path ---

static struct block *block_copy(const struct block *b, const struct entries *from, uint64_t serial)
{
	struct block *c = block_new(b->id, b->count);
	struct entries *e = malloc(sizeof *e + BLOCK_ENTRIES * sizeof *e->e);
	if (!c || !e) {
		block_unref(c);
		free(e);
		return NULL;
	}
	e->n = from->n; // the rest is written when it comes
	memcpy(e->e, from->e, from->n * sizeof *e->e);
	for (uint32_t i = 0; i < e->n; i++)
		(void)chunk_ref(e->e[i].chunk);
	c->edit = serial;
	atomic_store_explicit(&c->entries, e, memory_order_release);
	return c;
}

int edit_block(struct edit *e, uint32_t t, struct entries **ret_entries)
{
	struct top *top = &e->body->t[t];
	int rc = block_entries(e->txn->op, edit_place(e), top->block, ret_entries);
	if (rc < 0)
		return rc;
	top->dirty = true;
	if (top->block->edit == e->serial)
		return 0;
	struct block *c = block_copy(top->block, *ret_entries, e->serial);
	if (!c)
		return no_memory(e);
	block_unref(top->block);
	top->block = c;
	*ret_entries = atomic_load_explicit(&c->entries, memory_order_acquire);
	e->txn->cost += 100;
	return 0;
}

// The entry and its records, both private to the edit, with room for CHUNK_RECORDS.
static int edit_chunk(
	struct edit *e, uint32_t t, uint32_t i, struct entry **ret_entry, struct recs **ret_recs)
{
	struct entries *entries;
	int rc = edit_block(e, t, &entries);
	if (rc < 0)
		return rc;
	struct entry *en = &entries->e[i];
	struct recs *r;
	rc = chunk_recs(e->txn->op, edit_place(e), en->chunk, en->used, &r);
	if (rc < 0)
		return rc;
	if (en->chunk->edit != e->serial) {
		struct chunk *c = chunk_new(en->chunk->id, en->chunk->base, en->chunk->base_modseq);
		struct recs *copy = malloc(sizeof *copy + CHUNK_RECORDS * sizeof *copy->r);
		if (!c || !copy) {
			chunk_unref(c);
			free(copy);
			return no_memory(e);
		}
		memcpy(copy, r, sizeof *r + r->n * sizeof *r->r);
		c->edit = e->serial;
		atomic_store_explicit(&c->recs, copy, memory_order_release);
		chunk_unref(en->chunk);
		en->chunk = c;
		r = copy;
		e->txn->cost += 100;
	}
	if (!en->dirty)
		en->dirty = ENTRY_CHANGED;
	*ret_entry = en;
	*ret_recs = r;
	return 0;
}

static void mark(struct edit *e, struct chunk *c, uint8_t pos)
{
	uint64_t bit = UINT64_C(1) << (pos % 64);
	if (c->changed[pos / 64] & bit)
		return;
	c->changed[pos / 64] |= bit;
	e->txn->cost += 44;
}

static void touch(struct edit *e, struct top *top, struct entry *en)
{
	en->modseq = top->modseq = e->now->h.modseq = e->txn->modseq;
	e->changed = true;
}

// --- changes ---

int edit_seek(struct edit *e, uint32_t from, bool deleted, struct edit_at *ret_at)
{
	for (uint32_t t = 0; t < e->body->n; t++) {
		if (e->body->t[t].last < from || (deleted && !e->body->t[t].deleted))
			continue;
		struct entries *entries;
		int rc = block_entries(e->txn->op, edit_place(e), e->body->t[t].block, &entries);
		if (rc < 0)
			return rc;
		for (uint32_t i = 0; i < entries->n; i++) {
			struct entry *en = &entries->e[i];
			if (en->last < from || (deleted && !en->deleted))
				continue;
			struct recs *r;
			rc = chunk_recs(e->txn->op, edit_place(e), en->chunk, en->used, &r);
			if (rc == 0)
				*ret_at = (struct edit_at){ t, i, en->last, r, en };
			return rc;
		}
	}
	return WALK_END;
}

int edit_flags(struct edit *e, struct edit_at *at, uint32_t r, uint8_t flags, uint32_t kwset)
{
	struct entry *en;
	struct recs *recs;
	int rc = edit_chunk(e, at->t, at->e, &en, &recs);
	if (rc < 0)
		return rc;
	e->what |= CHANGED_FLAGS;
	at->recs = recs;
	at->entry = en;
	struct hot *h = &recs->r[r];
	struct top *top = &e->body->t[at->t];
	int unseen = !(flags & FLAG_SEEN) - !(h->flags & FLAG_SEEN);
	int deleted = !!(flags & FLAG_DELETED) - !!(h->flags & FLAG_DELETED);
	en->unseen = (uint8_t)(en->unseen + unseen);
	en->deleted = (uint8_t)(en->deleted + deleted);
	top->unseen += (uint32_t)unseen;
	top->deleted += (uint32_t)deleted;
	e->now->h.unseen += (uint32_t)unseen;
	e->now->h.deleted += (uint32_t)deleted;
	h->flags = flags;
	h->kwset = kwset;
	h->modseq = e->txn->modseq;
	mark(e, en->chunk, h->pos);
	touch(e, top, en);
	return 0;
}

static void forget_message(struct edit *e, struct top *top, struct entry *en, const struct hot *h)
{
	struct header *head = &e->now->h;
	uint8_t unseen = !(h->flags & FLAG_SEEN), deleted = !!(h->flags & FLAG_DELETED);
	en->count--;
	top->count--;
	head->messages--;
	en->unseen = (uint8_t)(en->unseen - unseen);
	top->unseen -= unseen;
	head->unseen -= unseen;
	en->deleted = (uint8_t)(en->deleted - deleted);
	top->deleted -= deleted;
	head->deleted -= deleted;
	head->size -= hot_size(h);
	if (h->uid >= head->recent_mark)
		head->recent--;
	numset_add(&e->expunged, h->uid);
	mark(e, en->chunk, h->pos);
}

// Takes the block out of the directory, and its value out of the store.
static void drop_block(struct edit *e, uint32_t t)
{
	struct body *b = e->body;
	struct key k = key_data(e->now->h.data, 'D', b->t[t].block->id);
	batch_delete(&e->txn->batch, KEY(k));
	block_unref(b->t[t].block);
	memmove(&b->t[t], &b->t[t + 1], (b->n - t - 1) * sizeof *b->t);
	b->n--;
	e->now->h.blocks--;
	e->top_rewrite = true;
}

static void drop_chunk(struct edit *e, uint32_t t, struct entries *entries, uint32_t i)
{
	struct block *b = e->body->t[t].block;
	uint32_t chunk = entries->e[i].chunk->id;
	for (const char *kind = "HC"; *kind; kind++) {
		struct key k = key_data(e->now->h.data, *kind, chunk);
		batch_delete(&e->txn->batch, KEY(k));
	}
	chunk_unref(entries->e[i].chunk);
	memmove(&entries->e[i], &entries->e[i + 1], (entries->n - i - 1) * sizeof *entries->e);
	entries->n--;
	b->count--;
	if (!b->rewrite)
		e->txn->cost += BLOCK_ENTRIES * ENTRY_OCTETS;
	b->rewrite = true;
}

int edit_remove(struct edit *e, struct edit_at *at, const uint64_t bits[2])
{
	struct entry *en;
	struct recs *r;
	int rc = edit_chunk(e, at->t, at->e, &en, &r);
	if (rc < 0)
		return rc;
	struct top *top = &e->body->t[at->t];
	uint32_t kept = 0;
	for (uint32_t i = 0; i < r->n; i++) {
		if (bits[i / 64] >> (i % 64) & 1)
			forget_message(e, top, en, &r->r[i]);
		else
			r->r[kept++] = r->r[i];
	}
	r->n = kept;
	if (e->expunged.failed)
		return no_memory(e);
	e->what |= CHANGED_EXPUNGED;
	touch(e, top, en);
	struct entries *entries = atomic_load_explicit(&top->block->entries, memory_order_acquire);
	if (kept) {
		en->first = r->r[0].uid;
		en->last = r->r[kept - 1].uid;
	} else {
		drop_chunk(e, at->t, entries, at->e);
	}
	if (entries->n) {
		top->first = entries->e[0].first;
		top->last = entries->e[entries->n - 1].last;
	} else {
		drop_block(e, at->t);
	}
	return 0;
}

// The last block, with room for one more entry.
static int room_in_block(struct edit *e, struct entries **ret_entries)
{
	struct body *b = e->body;
	if (b->n && b->t[b->n - 1].block->count < BLOCK_ENTRIES)
		return edit_block(e, b->n - 1, ret_entries);
	if (b->n == b->cap) {
		struct top *t = realloc(b->t, 2 * b->cap * sizeof *t);
		if (!t)
			return no_memory(e);
		b->t = t;
		b->cap *= 2;
	}
	struct block *block = block_new(e->now->h.next_block, 0);
	struct entries *entries = calloc(1, sizeof *entries + BLOCK_ENTRIES * sizeof *entries->e);
	if (!block || !entries) {
		block_unref(block);
		free(entries);
		return no_memory(e);
	}
	block->edit = e->serial;
	atomic_store_explicit(&block->entries, entries, memory_order_release);
	b->t[b->n++] = (struct top){ .block = block, .dirty = true };
	e->now->h.next_block++;
	e->now->h.blocks++;
	*ret_entries = entries;
	return 0;
}

// A new entry at the end of the directory.
static int push_entry(struct edit *e, const struct entry *en)
{
	struct entries *entries;
	int rc = room_in_block(e, &entries);
	if (rc < 0)
		return rc;
	struct top *top = &e->body->t[e->body->n - 1];
	top->dirty = true;
	entries->e[entries->n] = *en;
	entries->e[entries->n].dirty = ENTRY_NEW;
	entries->n++;
	top->block->count++;
	e->txn->cost += ENTRY_OCTETS + 4;
	return 0;
}

// An entry at the end that has a position left: *ret_t, *ret_e.
static int room_in_chunk(struct edit *e, uint32_t *ret_t, uint32_t *ret_e)
{
	struct body *b = e->body;
	struct entries *entries;
	if (b->n) {
		int rc = block_entries(e->txn->op, edit_place(e), b->t[b->n - 1].block, &entries);
		if (rc < 0)
			return rc;
		*ret_t = b->n - 1;
		*ret_e = entries->n - 1;
		if (entries->e[*ret_e].used < CHUNK_RECORDS)
			return 0;
	}
	struct chunk *c = chunk_new(e->now->h.next_chunk, e->now->h.uid_next, 0);
	struct recs *r = malloc(sizeof *r + CHUNK_RECORDS * sizeof *r->r);
	if (!c || !r) {
		chunk_unref(c);
		free(r);
		return no_memory(e);
	}
	r->n = 0;
	c->edit = e->serial;
	atomic_store_explicit(&c->recs, r, memory_order_release);
	struct entry en = { .first = e->now->h.uid_next, .last = e->now->h.uid_next, .chunk = c };
	int rc = push_entry(e, &en);
	if (rc < 0) {
		chunk_unref(c);
		return rc;
	}
	e->now->h.next_chunk++;
	*ret_t = b->n - 1;
	*ret_e = atomic_load_explicit(&b->t[*ret_t].block->entries, memory_order_acquire)->n - 1;
	return 0;
}

static void cold_flush(struct edit *e)
{
	if (e->cold.n) {
		struct key k = key_data(e->now->h.data, 'C', e->cold_chunk);
		batch_patch(&e->txn->batch, KEY(k), e->cold_pos * COLD_OCTETS, buf_span(&e->cold));
	}
	if (e->cold.failed)
		e->txn->batch.ops.failed = true; // txn_stage() sees it
	buf_reset(&e->cold);
}

static void cold_add(struct edit *e, uint32_t chunk, uint32_t pos, const struct msg_cold *cold)
{
	if (e->cold.n && (e->cold_chunk != chunk || e->cold_pos + e->cold.n / COLD_OCTETS != pos))
		cold_flush(e);
	if (!e->cold.n) {
		e->cold_chunk = chunk;
		e->cold_pos = pos;
	}
	char *p = buf_room(&e->cold, COLD_OCTETS);
	if (!p)
		return; // sticky: cold_flush() sees it
	cold_encode(cold, p);
	buf_added(&e->cold, COLD_OCTETS);
	e->txn->cost += COLD_OCTETS;
}

void edit_cold_flush(struct edit *e)
{
	cold_flush(e);
}

int edit_append(struct edit *e, uint8_t flags, uint32_t kwset, const struct msg_cold *cold,
	uint32_t *ret_uid)
{
	struct header *head = &e->now->h;
	if (head->uid_next == UINT32_MAX)
		return op_fail(e->txn->op, RC_LIMIT, "the mailbox has used up its UIDs");
	uint32_t t = 0, i = 0;
	struct entry *en = NULL;
	struct recs *r = NULL;
	int rc = room_in_chunk(e, &t, &i);
	if (rc == 0)
		rc = edit_chunk(e, t, i, &en, &r);
	if (rc < 0)
		return rc;
	struct top *top = &e->body->t[t];
	struct hot h = { .uid = head->uid_next++,
		.flags = flags,
		.pos = en->used,
		.kwset = kwset,
		.size_low = (uint32_t)cold->size,
		.size_high = (uint16_t)(cold->size >> 32),
		.modseq = e->txn->modseq };
	r->r[r->n++] = h;
	uint8_t unseen = !(flags & FLAG_SEEN), deleted = !!(flags & FLAG_DELETED);
	if (en->count == 0)
		en->first = h.uid;
	if (top->count == 0)
		top->first = h.uid;
	en->last = top->last = h.uid;
	en->used++;
	en->count++;
	en->unseen = (uint8_t)(en->unseen + unseen);
	en->deleted = (uint8_t)(en->deleted + deleted);
	top->count++;
	top->unseen += unseen;
	top->deleted += deleted;
	head->messages++;
	head->unseen += unseen;
	head->deleted += deleted;
	head->recent++;
	head->size += cold->size;
	mark(e, en->chunk, h.pos);
	e->what |= CHANGED_NEW;
	touch(e, top, en);
	cold_add(e, en->chunk->id, h.pos, cold);
	*ret_uid = h.uid;
	return 0;
}

int edit_append_chunk(struct edit *e, const struct ready_chunk *c, uint32_t *ret_first_uid)
{
	struct header *head = &e->now->h;
	if (UINT32_MAX - head->uid_next < c->used)
		return op_fail(e->txn->op, RC_LIMIT, "the mailbox has used up its UIDs");
	struct chunk *chunk = chunk_new(c->id, head->uid_next, e->txn->modseq);
	if (!chunk)
		return no_memory(e);
	struct entry en = { .first = head->uid_next,
		.last = head->uid_next + c->used - 1,
		.used = (uint8_t)c->used,
		.count = (uint8_t)c->used,
		.unseen = (uint8_t)c->unseen,
		.deleted = (uint8_t)c->deleted,
		.modseq = e->txn->modseq,
		.chunk = chunk };
	int rc = push_entry(e, &en);
	if (rc < 0) {
		chunk_unref(chunk);
		return rc;
	}
	struct top *top = &e->body->t[e->body->n - 1];
	if (top->count == 0)
		top->first = en.first;
	top->last = en.last;
	top->count += c->used;
	top->unseen += c->unseen;
	top->deleted += c->deleted;
	top->modseq = head->modseq = e->txn->modseq;
	e->what |= CHANGED_NEW;
	e->changed = true;
	*ret_first_uid = head->uid_next;
	head->uid_next += c->used;
	head->messages += c->used;
	head->unseen += c->unseen;
	head->deleted += c->deleted;
	head->recent += c->used;
	head->size += c->size;
	return 0;
}

int edit_keywords(struct edit *e, struct keywords **ret_keywords)
{
	if (!e->keywords_own) {
		struct keywords *copy;
		int rc = keywords_copy(e->txn->op, e->body->keywords, &copy);
		if (rc < 0)
			return rc;
		keywords_unref(e->body->keywords);
		e->body->keywords = copy;
		e->keywords_own = true;
	}
	*ret_keywords = e->body->keywords;
	return 0;
}
