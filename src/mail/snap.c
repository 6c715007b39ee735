// SPDX-License-Identifier: Apache-2.0
// Snapshots of a mailbox: lifetimes, and loading of what lies below them from the store. Several threads may load the same object at
// once: the first to install its copy wins, the others drop theirs. No locks but the one of the cache of cold records.
#include "mail/snap_priv.h"

#include "base/hash.h"

#include <stdlib.h>

// --- lifetimes ---

static void entries_free(struct entries *e);

struct snap *snap_new(const struct header *h)
{
	struct snap *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	ref_init(&s->refs);
	s->h = *h;
	return s;
}

struct snap *snap_ref(struct snap *s)
{
	if (s)
		ref_take(&s->refs);
	return s;
}

void snap_unref(struct snap *s)
{
	if (!s || !ref_drop(&s->refs))
		return;
	body_unref(atomic_load_explicit(&s->body, memory_order_acquire));
	free(s);
}

struct body *body_new(uint32_t cap)
{
	struct body *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	ref_init(&b->refs);
	b->cap = cap ? cap : 1;
	b->t = calloc(b->cap, sizeof *b->t);
	if (!b->t) {
		free(b);
		return NULL;
	}
	return b;
}

struct body *body_ref(struct body *b)
{
	if (b)
		ref_take(&b->refs);
	return b;
}

void body_unref(struct body *b)
{
	if (!b || !ref_drop(&b->refs))
		return;
	for (uint32_t i = 0; i < b->n; i++)
		block_unref(b->t[i].block);
	keywords_unref(b->keywords);
	free(b->t);
	free(b);
}

static bool chunk_is_loaded(const struct chunk *c)
{
	return atomic_load_explicit(&c->recs, memory_order_acquire) != NULL;
}

bool body_is_tail(const struct body *b)
{
	const struct entries *e = NULL;
	for (uint32_t t = 0; t < b->n; t++) {
		e = atomic_load_explicit(&b->t[t].block->entries, memory_order_acquire);
		if (e && t + 1 < b->n)
			return false;
	}
	for (uint32_t i = 0; e && i + 1 < e->n; i++)
		if (chunk_is_loaded(e->e[i].chunk))
			return false;
	return true;
}

// Its entries, and of their chunks only the last with its records.
static struct entries *entries_tail(const struct entries *from)
{
	struct entries *e = calloc(1, sizeof *e + BLOCK_ENTRIES * sizeof *e->e);
	while (e && e->n < from->n) {
		const struct entry *was = &from->e[e->n];
		struct chunk *c = e->n + 1 == from->n
			? chunk_ref(was->chunk)
			: chunk_new(was->chunk->id, was->chunk->base, was->chunk->base_modseq);
		if (!c) {
			entries_free(e);
			return NULL;
		}
		e->e[e->n] = *was;
		e->e[e->n++].chunk = c;
	}
	return e;
}

struct body *body_tail(const struct body *from)
{
	struct body *b = body_new(from->n);
	if (!b)
		return NULL;
	b->keywords = keywords_ref(from->keywords);
	while (b->n < from->n) {
		const struct top *was = &from->t[b->n];
		const struct entries *e =
			atomic_load_explicit(&was->block->entries, memory_order_acquire);
		struct block *block = block_new(was->block->id, was->block->count);
		struct entries *kept = block && e && b->n + 1 == from->n ? entries_tail(e) : NULL;
		if (!block) {
			body_unref(b);
			return NULL;
		}
		atomic_store_explicit(&block->entries, kept, memory_order_release);
		b->t[b->n] = *was;
		b->t[b->n++].block = block;
	}
	return b;
}

struct block *block_new(uint32_t id, uint32_t count)
{
	struct block *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	ref_init(&b->refs);
	b->id = id;
	b->count = count;
	return b;
}

static void entries_free(struct entries *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->n; i++)
		chunk_unref(e->e[i].chunk);
	free(e);
}

void block_unref(struct block *b)
{
	if (!b || !ref_drop(&b->refs))
		return;
	entries_free(atomic_load_explicit(&b->entries, memory_order_acquire));
	free(b);
}

struct chunk *chunk_new(uint32_t id, uint32_t base, uint64_t base_modseq)
{
	struct chunk *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	ref_init(&c->refs);
	c->id = id;
	c->base = base;
	c->base_modseq = base_modseq;
	return c;
}

struct chunk *chunk_ref(struct chunk *c)
{
	if (c)
		ref_take(&c->refs);
	return c;
}

void chunk_unref(struct chunk *c)
{
	if (!c || !ref_drop(&c->refs))
		return;
	free(atomic_load_explicit(&c->recs, memory_order_acquire));
	free(c);
}

// --- loading ---

// A value of at least `need` octets (of exactly as many as make sense is the caller's to see).
static int value_of(struct op *op, struct place at, char kind, uint32_t number, size_t need,
	struct span *ret_value)
{
	struct key k = key_data(at.data, kind, number);
	int rc = store_get(
		op, account_store(at.account), NULL, at.account->partition, KEY(k), ret_value);
	if (rc < 0)
		return rc;
	if (rc == STORE_ABSENT || ret_value->n < need)
		return op_fail(op, RC_CORRUPT, "account %llu, messages of %u: record %c %u is %s",
			(unsigned long long)at.account->partition, at.data, kind, number,
			rc == STORE_ABSENT ? "missing" : "too short");
	return 0;
}

static int top_decode(struct op *op, const char *p, struct top *ret_top)
{
	struct top t = { .first = load_u32(p + 4),
		.last = load_u32(p + 8),
		.count = load_u32(p + 12),
		.unseen = load_u32(p + 16),
		.deleted = load_u32(p + 20),
		.modseq = load_u64(p + 32) };
	uint32_t entries = load_u32(p + 24);
	if (entries == 0 || entries > BLOCK_ENTRIES || t.first > t.last ||
		t.count > entries * CHUNK_RECORDS)
		return op_fail(op, RC_CORRUPT, "the directory of a mailbox makes no sense");
	t.block = block_new(load_u32(p), entries);
	if (!t.block)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_top = t;
	return 0;
}

static int body_load(struct op *op, struct account *a, const struct snap *s, struct body *b)
{
	struct place at = place_of(a, s);
	struct span value = SPAN_NONE;
	int rc = 0;
	if (s->h.keyword_octets)
		rc = value_of(op, at, 'K', 0, s->h.keyword_octets, &value);
	if (rc >= 0)
		rc = keywords_decode(op, span_cut(value, 0, s->h.keyword_octets), &b->keywords);
	if (rc >= 0 && s->h.blocks)
		rc = value_of(op, at, 'T', 0, (size_t)s->h.blocks * TOP_OCTETS, &value);
	while (rc >= 0 && b->n < s->h.blocks) {
		rc = top_decode(op, value.p + (size_t)b->n * TOP_OCTETS, &b->t[b->n]);
		if (rc >= 0)
			b->n++;
	}
	return rc;
}

int snap_body(struct op *op, struct account *a, struct snap *s, struct body **ret_body)
{
	struct body *b = atomic_load_explicit(&s->body, memory_order_acquire);
	if (likely(b)) {
		*ret_body = b;
		return 0;
	}
	if (s->h.blocks > STORE_VALUE_MAX / TOP_OCTETS) // before memory is taken for them
		return op_fail(op, RC_CORRUPT, "the header of a mailbox makes no sense");
	struct arena_mark mark = arena_mark(&op->arena);
	b = body_new(s->h.blocks);
	int rc = b ? body_load(op, a, s, b) : op_fail(op, RC_NOMEM, "out of memory");
	arena_release(&op->arena, mark);
	if (rc < 0) {
		body_unref(b);
		return rc;
	}
	struct body *was = NULL;
	if (!atomic_compare_exchange_strong(&s->body, &was, b)) {
		body_unref(b);
		b = was;
	}
	*ret_body = b;
	return 0;
}

static int entry_decode(struct op *op, const char *p, struct entry *ret_entry)
{
	struct entry e = { .first = load_u32(p + 8),
		.last = load_u32(p + 12),
		.used = (uint8_t)p[16],
		.count = (uint8_t)p[17],
		.unseen = (uint8_t)p[18],
		.deleted = (uint8_t)p[19],
		.modseq = load_u64(p + 24) };
	if (e.used > CHUNK_RECORDS || e.count == 0 || e.count > e.used || e.first > e.last)
		return op_fail(op, RC_CORRUPT, "an entry of a mailbox's directory makes no sense");
	e.chunk = chunk_new(load_u32(p), load_u32(p + 4), load_u64(p + 32));
	if (!e.chunk)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_entry = e;
	return 0;
}

int block_entries(struct op *op, struct place at, struct block *b, struct entries **ret_entries)
{
	struct entries *e = atomic_load_explicit(&b->entries, memory_order_acquire);
	if (likely(e)) {
		*ret_entries = e;
		return 0;
	}
	struct arena_mark mark = arena_mark(&op->arena);
	struct span value;
	int rc = value_of(op, at, 'D', b->id, (size_t)b->count * ENTRY_OCTETS, &value);
	e = rc < 0 ? NULL : calloc(1, sizeof *e + b->count * sizeof *e->e);
	if (rc >= 0 && !e)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	while (rc >= 0 && e->n < b->count) {
		rc = entry_decode(op, value.p + (size_t)e->n * ENTRY_OCTETS, &e->e[e->n]);
		if (rc >= 0)
			e->n++;
	}
	arena_release(&op->arena, mark);
	if (rc < 0) {
		entries_free(e);
		return rc;
	}
	struct entries *was = NULL;
	if (!atomic_compare_exchange_strong(&b->entries, &was, e)) {
		entries_free(e);
		e = was;
	}
	*ret_entries = e;
	return 0;
}

static int recs_decode(
	struct op *op, const struct chunk *c, uint32_t used, const char *p, struct recs *to)
{
	uint32_t last = 0;
	for (uint32_t i = 0; i < used; i++, p += HOT_OCTETS) {
		uint8_t flags = (uint8_t)p[4];
		if (flags & HOT_GONE)
			continue;
		struct hot *h = &to->r[to->n++];
		*h = (struct hot){ .uid = c->base + load_u32(p),
			.flags = flags & FLAG_SYSTEM,
			.pos = (uint8_t)i,
			.kwset = load_u32(p + 8),
			.size_low = load_u32(p + 12),
			.modseq = load_u64(p + 16) };
		memcpy(&h->size_high, p + 6, sizeof h->size_high);
		if (!h->modseq)
			h->modseq = c->base_modseq;
		if (h->uid <= last)
			return op_fail(op, RC_CORRUPT, "the records of a chunk are out of order");
		last = h->uid;
	}
	return 0;
}

int chunk_recs(
	struct op *op, struct place at, struct chunk *c, uint32_t used, struct recs **ret_recs)
{
	struct recs *r = atomic_load_explicit(&c->recs, memory_order_acquire);
	if (likely(r)) {
		*ret_recs = r;
		return 0;
	}
	struct arena_mark mark = arena_mark(&op->arena);
	struct span value;
	int rc = value_of(op, at, 'H', c->id, (size_t)used * HOT_OCTETS, &value);
	r = rc < 0 ? NULL : calloc(1, sizeof *r + used * sizeof *r->r);
	if (rc >= 0 && !r)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc >= 0)
		rc = recs_decode(op, c, used, value.p, r);
	arena_release(&op->arena, mark);
	if (rc < 0) {
		free(r);
		return rc;
	}
	struct recs *was = NULL;
	if (!atomic_compare_exchange_strong(&c->recs, &was, r)) {
		free(r);
		r = was;
	}
	*ret_recs = r;
	return 0;
}

// --- cold records: a small cache for all accounts. Positions are written once and ids never used again, so it is never stale: only
// short of positions that were added since. ---

struct cold_cache {
	pthread_mutex_t lock;
	struct cold_set {
		struct cold_chunk *slot[COLD_CACHE_WAYS];
		uint32_t turn; // whose place the next one takes
	} sets[COLD_CACHE_SETS];
};

struct cold_cache *cold_cache_new(void)
{
	struct cold_cache *c = calloc(1, sizeof *c);
	if (c)
		pthread_mutex_init(&c->lock, NULL);
	return c;
}

void cold_cache_free(struct cold_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < COLD_CACHE_SETS; i++)
		for (size_t k = 0; k < COLD_CACHE_WAYS; k++)
			cold_unref(c->sets[i].slot[k]);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void cold_unref(struct cold_chunk *c)
{
	if (c && ref_drop(&c->refs))
		free(c);
}

static bool cold_is(const struct cold_chunk *c, struct place at, uint32_t chunk)
{
	return c && c->partition == at.account->partition && c->data == at.data &&
		c->chunk == chunk;
}

static struct cold_set *cold_set_of(struct cold_cache *cache, struct place at, uint32_t chunk)
{
	uint64_t hash = hash_u64(at.account->partition << 32 ^ (uint64_t)at.data << 16 ^ chunk);
	return &cache->sets[hash % COLD_CACHE_SETS];
}

// Where the chunk lies in its set; NULL: it does not.
static struct cold_chunk **cold_slot(struct cold_set *set, struct place at, uint32_t chunk)
{
	for (uint32_t i = 0; i < COLD_CACHE_WAYS; i++)
		if (cold_is(set->slot[i], at, chunk))
			return &set->slot[i];
	return NULL;
}

static struct cold_chunk *cold_cached(
	struct cold_cache *cache, struct place at, uint32_t chunk, uint32_t pos)
{
	pthread_mutex_lock(&cache->lock);
	struct cold_chunk **slot = cold_slot(cold_set_of(cache, at, chunk), at, chunk);
	struct cold_chunk *c = slot && pos < (*slot)->n ? *slot : NULL;
	if (c)
		ref_take(&c->refs);
	pthread_mutex_unlock(&cache->lock);
	return c;
}

// In the place of an older state of the chunk, or of another chunk.
static void cold_keep(struct cold_cache *cache, struct place at, struct cold_chunk *c)
{
	ref_take(&c->refs);
	pthread_mutex_lock(&cache->lock);
	struct cold_set *set = cold_set_of(cache, at, c->chunk);
	struct cold_chunk **slot = cold_slot(set, at, c->chunk);
	if (!slot)
		slot = &set->slot[set->turn++ % COLD_CACHE_WAYS];
	struct cold_chunk *was = *slot;
	*slot = c;
	pthread_mutex_unlock(&cache->lock);
	cold_unref(was);
}

int cold_load(
	struct op *op, struct place at, uint32_t chunk, uint32_t pos, struct cold_chunk **ret_cold)
{
	struct cold_cache *cache = mail_cold_cache(at.account->mail);
	struct cold_chunk *c = cold_cached(cache, at, chunk, pos);
	if (c) {
		*ret_cold = c;
		return 0;
	}
	struct arena_mark mark = arena_mark(&op->arena);
	struct key k = key_data(at.data, 'C', chunk);
	struct span value;
	int rc = store_get(
		op, account_store(at.account), NULL, at.account->partition, KEY(k), &value);
	size_t n = rc == 0 ? value.n / COLD_OCTETS : 0;
	if (n > CHUNK_RECORDS)
		n = CHUNK_RECORDS;
	if (rc == 0 && pos < n)
		c = malloc(sizeof *c + n * sizeof *c->c);
	for (size_t i = 0; c && i < n; i++)
		cold_decode(value.p + i * COLD_OCTETS, &c->c[i]);
	arena_release(&op->arena, mark);
	if (rc < 0)
		return rc;
	if (pos >= n)
		return MSG_GONE;
	if (!c)
		return op_fail(op, RC_NOMEM, "out of memory");
	ref_init(&c->refs);
	c->partition = at.account->partition;
	c->data = at.data;
	c->chunk = chunk;
	c->n = (uint32_t)n;
	cold_keep(cache, at, c);
	*ret_cold = c;
	return 0;
}
