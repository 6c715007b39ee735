// SPDX-License-Identifier: Apache-2.0
// A hash table for each of the two sets. An entry is what came of its key: a value, its absence, or patches of a value that RocksDB has.
// Patches lie in the order of their coming; one that falls into an earlier one, with nothing in between that overlaps it, or that goes on where the
// last one ends (records are appended to chunks), becomes part of it.
#include "store/local/pending.h"

#include "base/clock.h"
#include "base/hash.h"
#include "store/local/local_priv.h"
#include "store/local/merge.h"

#include <stdlib.h>

#define BUCKETS_FIRST 256u
#define PATCH_ROOM 64u // least room for bytes of a patch: the next record may follow

enum entry_kind { ENTRY_VALUE, ENTRY_ABSENT, ENTRY_PATCHES };
struct piece { // octets with room to grow
	char *p;
	uint32_t n, cap;
};
struct patch {
	struct patch *next;
	uint32_t offset;
	struct piece bytes;
};
struct pending_entry {
	struct pending_entry *next; // in its bucket
	uint64_t hash;
	struct span key; // with the partition
	enum entry_kind kind;
	struct piece value;
	struct patch *first, *last;
};

static void table_init(struct pending_table *t)
{
	*t = (struct pending_table){ 0 };
	arena_init(&t->arena, 0);
}

static void table_empty(struct pending_table *t)
{
	arena_done(&t->arena);
	free(t->buckets);
	table_init(t);
}

void pending_init(struct pending *p)
{
	*p = (struct pending){ .taking = &p->table[0] };
	table_init(&p->table[0]);
	table_init(&p->table[1]);
	(void)pthread_mutex_init(&p->lock, NULL); // these cannot fail on Linux
	(void)pthread_mutex_init(&p->draining, NULL);
}

void pending_done(struct pending *p)
{
	table_empty(&p->table[0]);
	table_empty(&p->table[1]);
	(void)pthread_mutex_destroy(&p->lock); // not locked
	(void)pthread_mutex_destroy(&p->draining);
}

// --- entries ---

static struct pending_entry *table_find(
	const struct pending_table *t, struct span key, uint64_t hash)
{
	struct pending_entry *e = t->buckets ? t->buckets[hash & (t->bucket_count - 1)] : NULL;
	while (e && (e->hash != hash || !span_eq(e->key, key)))
		e = e->next;
	return e;
}

static bool table_grow(struct pending_table *t)
{
	size_t count = t->bucket_count ? t->bucket_count * 2 : BUCKETS_FIRST;
	struct pending_entry **buckets = calloc(count, sizeof(struct pending_entry *));
	if (!buckets)
		return t->bucket_count > 0; // longer chains
	for (size_t i = 0; i < t->bucket_count; i++)
		while (t->buckets[i]) {
			struct pending_entry *e = t->buckets[i];
			t->buckets[i] = e->next;
			e->next = buckets[e->hash & (count - 1)];
			buckets[e->hash & (count - 1)] = e;
		}
	free(t->buckets);
	t->buckets = buckets;
	t->bucket_count = count;
	return true;
}

// The entry of the key, made as one without patches. NULL: out of memory.
static struct pending_entry *table_entry(struct pending_table *t, struct span key)
{
	uint64_t hash = hash_span(key);
	struct pending_entry *e = table_find(t, key, hash);
	if (e)
		return e;
	if (t->count >= t->bucket_count && !table_grow(t))
		return NULL;
	e = arena_new(&t->arena, struct pending_entry);
	struct span copy = arena_dup(&t->arena, key);
	if (!e || !copy.p)
		return NULL;
	struct pending_entry **bucket = &t->buckets[hash & (t->bucket_count - 1)];
	*e = (struct pending_entry){
		.next = *bucket, .hash = hash, .key = copy, .kind = ENTRY_PATCHES
	};
	*bucket = e;
	if (t->count++ == 0)
		t->since = clock_mono();
	return e;
}

// Makes it n octets long; new ones are zero.
static bool piece_size(struct arena *a, struct piece *b, uint32_t n)
{
	if (n > b->cap) {
		uint32_t cap = b->cap && n < 2 * b->cap ? 2 * b->cap : n;
		if (cap < PATCH_ROOM)
			cap = PATCH_ROOM;
		char *p = arena_bytes(a, cap);
		if (!p)
			return false;
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
		b->cap = cap;
	}
	if (n > b->n)
		memset(b->p + b->n, 0, n - b->n);
	b->n = n;
	return true;
}

static bool piece_write(struct arena *a, struct piece *b, uint32_t offset, struct span bytes)
{
	uint32_t end = offset + (uint32_t)bytes.n;
	if (end > b->n && !piece_size(a, b, end))
		return false;
	if (bytes.n)
		memcpy(b->p + offset, bytes.p, bytes.n);
	return true;
}

static bool entry_put(struct pending_table *t, struct pending_entry *e, struct span value)
{
	e->value.n = 0;
	if (!piece_size(&t->arena, &e->value, (uint32_t)value.n))
		return false;
	if (value.n)
		memcpy(e->value.p, value.p, value.n);
	e->kind = ENTRY_VALUE;
	e->first = e->last = NULL;
	return true;
}

// The patch that [offset, end) lies in or goes on from, if nothing that came later touches that place.
static struct patch *patch_home(const struct pending_entry *e, uint32_t offset, uint32_t end)
{
	struct patch *home = NULL;
	for (struct patch *p = e->first; p; p = p->next) {
		uint32_t last = p->offset + p->bytes.n;
		if (offset >= p->offset && end <= last)
			home = p;
		else if (offset < last && end > p->offset)
			home = NULL;
	}
	if (!home && e->last && offset == e->last->offset + e->last->bytes.n)
		home = e->last;
	return home;
}

static bool entry_patch(
	struct pending_table *t, struct pending_entry *e, uint32_t offset, struct span bytes)
{
	if (e->kind == ENTRY_ABSENT) {
		e->kind = ENTRY_VALUE;
		e->value.n = 0;
	}
	if (e->kind == ENTRY_VALUE)
		return piece_write(&t->arena, &e->value, offset, bytes);
	struct patch *home = patch_home(e, offset, offset + (uint32_t)bytes.n);
	if (home)
		return piece_write(&t->arena, &home->bytes, offset - home->offset, bytes);
	struct patch *p = arena_new(&t->arena, struct patch);
	if (!p || !piece_write(&t->arena, &p->bytes, 0, bytes))
		return false;
	p->offset = offset;
	if (e->last)
		e->last->next = p;
	else
		e->first = p;
	e->last = p;
	return true;
}

// --- adding ---

static void entry_delete(struct pending_entry *e)
{
	e->kind = ENTRY_ABSENT;
	e->value.n = 0;
	e->first = e->last = NULL;
}

static bool change_locked(struct pending_table *t, struct span key, const struct change *c)
{
	struct pending_entry *e = table_entry(t, key);
	if (!e)
		return false;
	switch (c->kind) {
	case CHANGE_PUT:
		return entry_put(t, e, c->value);
	case CHANGE_PATCH:
		return entry_patch(t, e, c->offset, c->value);
	case CHANGE_DELETE:
		entry_delete(e);
		return true;
	case CHANGE_DELETE_RANGE:
		break;
	}
	return false;
}

void pending_begin(struct pending *p, const struct index_state *before)
{
	pthread_mutex_lock(&p->lock);
	p->taking->state = *before;
	p->used = p->taking->arena.used;
}

bool pending_change(struct pending *p, uint64_t partition, const struct change *c)
{
	char room[INDEX_KEY_ROOM];
	return change_locked(p->taking, index_key(room, partition, c->key), c);
}

bool pending_own(struct pending *p, const struct index_own *own)
{
	struct change c = { .kind = CHANGE_PUT, .value = own->value };
	return change_locked(p->taking, own->key, &c);
}

void pending_close(struct pending *p, const struct index_state *state)
{
	struct pending_table *t = p->taking;
	if (state)
		t->state = *state;
	if (!t->since) // a group without changes moves the position, too
		t->since = clock_mono();
	// Never 0 once something is in it: who reads looks here first, without the lock.
	atomic_fetch_add(&p->bytes, t->arena.used - p->used + 1);
	pthread_mutex_unlock(&p->lock);
}

bool pending_waits(const struct pending *p)
{
	return atomic_load(&p->bytes) > 0 && !atomic_load(&p->failed);
}

uint64_t pending_since(struct pending *p)
{
	if (atomic_load(&p->bytes) == 0)
		return 0;
	pthread_mutex_lock(&p->lock);
	uint64_t since = p->writing ? p->writing->since : p->taking->since;
	pthread_mutex_unlock(&p->lock);
	return since;
}

// --- draining ---

static int compare_entries(const void *a, const void *b)
{
	const struct pending_entry *const *x = a, *const *y = b;
	return span_cmp((*x)->key, (*y)->key);
}

// In the order of keys: RocksDB's memtable finds the place of each near the one before.
static struct pending_entry **table_sorted(const struct pending_table *t)
{
	struct pending_entry **list = calloc(t->count + 1, sizeof(struct pending_entry *));
	size_t n = 0;
	for (size_t i = 0; list && i < t->bucket_count; i++)
		for (struct pending_entry *e = t->buckets[i]; e; e = e->next)
			list[n++] = e;
	if (list)
		qsort(list, n, sizeof(struct pending_entry *), compare_entries);
	return list;
}

static void entry_write(struct index_batch *b, const struct pending_entry *e, struct buf *scratch)
{
	switch (e->kind) {
	case ENTRY_VALUE:
		index_batch_put(b, e->key, span_of(e->value.n ? e->value.p : "", e->value.n));
		break;
	case ENTRY_ABSENT:
		index_batch_delete(b, e->key);
		break;
	case ENTRY_PATCHES:
		merge_begin(scratch);
		for (const struct patch *p = e->first; p; p = p->next)
			merge_add(scratch, p->offset, span_of(p->bytes.p, p->bytes.n));
		if (e->first && !scratch->failed)
			index_batch_merge(b, e->key, buf_span(scratch));
	}
}

static int table_write(struct op *op, struct local *l, const struct pending_table *t)
{
	struct index_batch b;
	struct buf scratch = { 0 };
	struct pending_entry **list = table_sorted(t);
	int rc = list ? index_batch_begin(op, &l->index, &b)
		      : op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		for (size_t i = 0; i < t->count; i++)
			entry_write(&b, list[i], &scratch);
		index_batch_state(&b, &t->state);
		if (scratch.failed)
			rc = op_fail(op, RC_NOMEM, "out of memory");
		else
			rc = index_batch_write(op, &b);
		index_batch_done(&b);
	}
	buf_done(&scratch);
	free(list);
	return rc;
}

// The table that is to be written: one that memory was missing for goes first. NULL: nothing waits.
static struct pending_table *table_take(struct pending *p)
{
	pthread_mutex_lock(&p->lock);
	if (!p->writing && p->taking->since) {
		struct pending_table *t = p->writing = p->taking;
		p->taking = t == &p->table[0] ? &p->table[1] : &p->table[0];
		p->writing_bytes = atomic_load(&p->bytes);
	}
	struct pending_table *t = p->writing;
	pthread_mutex_unlock(&p->lock);
	return t;
}

static int drain(struct op *op, struct local *l)
{
	struct pending *p = &l->pending;
	if (atomic_load(&p->failed))
		return op_fail(op, RC_IO, "the index could not be written");
	struct pending_table *t = table_take(p);
	if (!t)
		return 0;
	int rc = table_write(op, l, t);
	if (rc ==
		RC_NOMEM) // nothing of it is written: it stays where it is, for readers and for the next try
		return rc;
	if (rc) {
		atomic_store(&p->failed, true); // as above, for readers
		log_seal(l, op_text(op, rc));
		return rc;
	}
	pthread_mutex_lock(&p->lock);
	p->writing = NULL;
	atomic_fetch_sub(&p->bytes, p->writing_bytes);
	table_empty(t);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

int pending_drain(struct op *op, struct local *l)
{
	if (atomic_load(&l->pending.bytes) == 0)
		return 0;
	pthread_mutex_lock(&l->pending.draining);
	bool left = l->pending.writing != NULL; // by a drain that memory was missing for
	int rc = drain(op, l);
	if (rc == 0 && left)
		rc = drain(op, l);
	pthread_mutex_unlock(&l->pending.draining);
	return rc;
}

// --- reading ---

int pending_get(struct op *op, struct pending *p, struct span key, struct span *ret_value)
{
	if (atomic_load(&p->bytes) == 0)
		return PENDING_UNKNOWN;
	uint64_t hash = hash_span(key);
	int rc = PENDING_UNKNOWN;
	pthread_mutex_lock(&p->lock);
	const struct pending_entry *e = table_find(p->taking, key, hash);
	if (!e && p->writing)
		e = table_find(p->writing, key, hash);
	if (e && e->kind == ENTRY_VALUE) {
		*ret_value =
			arena_dup(&op->arena, span_of(e->value.n ? e->value.p : "", e->value.n));
		rc = ret_value->p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	} else if (e) {
		rc = e->kind == ENTRY_ABSENT ? STORE_ABSENT : PENDING_IN_PART;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}
