// SPDX-License-Identifier: Apache-2.0
// The engine for tests: everything in memory, nothing survives store_close(). It keeps to the contract strictly: a batch becomes
// visible when somebody waits (never at submit), in the order of submission.
//
// All keys are in one tree, as 8 big-endian bytes of the partition and the key. Its root is swapped under `lock`; a snapshot or
// cursor holds a root. Blobs and extents lie in two arrays by number; a blob's position is its id, an extent's has bit 63 set.
// `lock` guards everything here and is never held while a watcher is called.
#include "base/clock.h"
#include "base/must.h"
#include "store/batch.h"
#include "store/engine.h"
#include "store/live.h"
#include "store/memory/tree.h"

#include <inttypes.h>
#include <stdlib.h>

#define EXTENT_BIT (UINT64_C(1) << 63)
#define KEY_ROOM (8 + STORE_KEY_MAX)

struct octets { // of a blob or an extent
	struct hold hold;
	struct blob_owner owner;
	uint64_t size;
	struct blob_extent *extents;
	size_t extent_count;
	size_t card_n, body_n;
	char bytes[]; // card, body
};
struct table {
	struct octets **at; // by number, 0 is never used; NULL: gone
	size_t count, cap;
};
struct pending {
	struct pending *next;
	uint64_t ticket, partition;
	size_t n;
	char ops[];
};
struct memory {
	struct store head;
	pthread_mutex_t lock;
	struct tree_node *root;
	struct table blobs, extents;
	struct pending *first, **last;
	uint64_t submitted, visible;
	uint64_t grace; // nanoseconds
	uint64_t live_bytes, dropped;
	pthread_mutex_t sweeping; // one sweep at a time; taken first
	struct limbo limbo;       // guarded by sweeping
};
struct store_snapshot {
	struct tree_node *root;
};
struct memory_cursor {
	struct store_cursor head;
	struct tree_node *root;
	struct buf to; // absent: empty and `whole`
	struct buf at; // key of the last one given, or the start
	bool begun;
};

static struct memory *memory_of(struct store *s)
{
	return (struct memory *)s; // the head is its first member
}

static struct span key_full(char room[KEY_ROOM], uint64_t partition, struct span key)
{
	uint64_t be = __builtin_bswap64(partition);
	memcpy(room, &be, 8);
	size_t n = key.n < STORE_KEY_MAX ? key.n : STORE_KEY_MAX;
	if (n)
		memcpy(room + 8, key.p, n);
	return span_of(room, 8 + n);
}

static int memory_open(struct op *op, const struct store_config *config, struct store **ret_store)
{
	struct memory *m = calloc(1, sizeof *m);
	if (!m)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = store_head_init(op, &m->head, &store_memory);
	if (rc) {
		free(m);
		return rc;
	}
	(void)pthread_mutex_init(&m->lock, NULL); // these cannot fail on Linux
	(void)pthread_mutex_init(&m->sweeping, NULL);
	m->last = &m->first;
	m->grace = (config->grace_ms ? config->grace_ms : 600000) * NS_PER_MS;
	*ret_store = &m->head;
	return 0;
}

static void octets_free(struct hold *hold)
{
	struct octets *o = container_of(hold, struct octets, hold);
	free(o->extents);
	free(o);
}

static void table_done(struct table *t)
{
	for (size_t i = 1; i < t->count; i++)
		if (t->at[i])
			hold_unref(&t->at[i]->hold);
	free(t->at);
}

static void memory_close(struct store *s)
{
	struct memory *m = memory_of(s);
	while (m->first) {
		struct pending *next = m->first->next;
		free(m->first);
		m->first = next;
	}
	keytree_unref(m->root);
	table_done(&m->blobs);
	table_done(&m->extents);
	live_done(&m->limbo.ids);
	(void)pthread_mutex_destroy(&m->lock);
	(void)pthread_mutex_destroy(&m->sweeping);
	store_head_done(s);
	free(m);
}

// --- keys ---

// A reference on what `snap` shows, or on now.
static struct tree_node *root_get(struct memory *m, struct store_snapshot *snap)
{
	if (snap)
		return keytree_ref(snap->root);
	pthread_mutex_lock(&m->lock);
	struct tree_node *root = keytree_ref(m->root);
	pthread_mutex_unlock(&m->lock);
	return root;
}

static int memory_snapshot_begin(struct op *op, struct store *s, struct store_snapshot **ret_snap)
{
	struct store_snapshot *snap = malloc(sizeof *snap);
	if (!snap)
		return op_fail(op, RC_NOMEM, "out of memory");
	snap->root = root_get(memory_of(s), NULL);
	*ret_snap = snap;
	return 0;
}

static void memory_snapshot_end(struct store *s, struct store_snapshot *snap)
{
	(void)s;
	keytree_unref(snap->root);
	free(snap);
}

static int memory_get(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span key, struct span *ret_value)
{
	char room[KEY_ROOM];
	struct tree_node *root = root_get(memory_of(s), snap);
	const struct tree_node *n =
		key.n > STORE_KEY_MAX ? NULL : keytree_find(root, key_full(room, partition, key));
	int rc = STORE_ABSENT;
	if (n) {
		struct span v = arena_dup(&op->arena, keytree_value(n));
		rc = v.p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
		if (rc == 0)
			*ret_value = v;
	}
	keytree_unref(root);
	return rc;
}

static int memory_cursor_open(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span from, struct span to, struct store_cursor **ret_cursor)
{
	struct memory_cursor *c = calloc(1, sizeof *c);
	if (!c)
		return op_fail(op, RC_NOMEM, "out of memory");
	char room[KEY_ROOM];
	c->head.store = s;
	buf_add(&c->at, key_full(room, partition, from));
	buf_add(&c->to,
		to.p ? key_full(room, partition, to) : key_full(room, partition + 1, SPAN_NONE));
	if (c->at.failed || c->to.failed) {
		buf_done(&c->at);
		buf_done(&c->to);
		free(c);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	c->root = root_get(memory_of(s), snap);
	*ret_cursor = &c->head;
	return 0;
}

static int memory_cursor_next(
	struct op *op, struct store_cursor *cursor, struct span *ret_key, struct span *ret_value)
{
	struct memory_cursor *c = (struct memory_cursor *)cursor;
	const struct tree_node *n = keytree_from(c->root, buf_span(&c->at), c->begun);
	if (!n || span_cmp(keytree_key(n), buf_span(&c->to)) >= 0)
		return STORE_END;
	c->begun = true;
	buf_reset(&c->at);
	buf_add(&c->at, keytree_key(n));
	if (c->at.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_key = span_skip(keytree_key(n), 8);
	*ret_value = keytree_value(n);
	return 0;
}

static void memory_cursor_close(struct store_cursor *cursor)
{
	struct memory_cursor *c = (struct memory_cursor *)cursor;
	keytree_unref(c->root);
	buf_done(&c->at);
	buf_done(&c->to);
	free(c);
}

static int memory_next_partition(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t from, uint64_t *ret_partition)
{
	(void)op;
	char room[KEY_ROOM];
	struct tree_node *root = root_get(memory_of(s), snap);
	const struct tree_node *n = keytree_from(root, key_full(room, from, SPAN_NONE), false);
	if (n)
		*ret_partition = __builtin_bswap64(load_u64(keytree_key(n).p));
	keytree_unref(root);
	return n ? 0 : STORE_END;
}

// --- batches ---

static int memory_submit(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket)
{
	struct memory *m = memory_of(s);
	struct pending *p = malloc(sizeof *p + b->ops.n);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	p->next = NULL;
	p->partition = b->partition;
	p->n = b->ops.n;
	if (p->n)
		memcpy(p->ops, b->ops.p, p->n);
	pthread_mutex_lock(&m->lock);
	p->ticket = ++m->submitted;
	*m->last = p;
	m->last = &p->next;
	ret_ticket->v = p->ticket;
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static bool range_remove(struct tree_node **root, struct span from, struct span to)
{
	const struct tree_node *n;
	while ((n = keytree_from(*root, from, false)) && span_cmp(keytree_key(n), to) < 0) {
		struct tree_node *next;
		if (!keytree_remove(*root, keytree_key(n), &next))
			return false;
		keytree_unref(*root);
		*root = next;
	}
	return true;
}

// Replaces *root (a reference of the caller's) by the result.
static bool change_apply(struct tree_node **root, uint64_t partition, const struct change *c)
{
	char room[KEY_ROOM], end[KEY_ROOM];
	struct span key = key_full(room, partition, c->key);
	struct tree_node *next = NULL;
	bool ok;
	if (c->kind == CHANGE_DELETE_RANGE)
		return range_remove(root, key,
			c->value.p ? key_full(end, partition, c->value)
				   : key_full(end, partition + 1, SPAN_NONE));
	if (c->kind == CHANGE_PUT) {
		ok = keytree_put(*root, key, c->value, &next);
	} else if (c->kind == CHANGE_PATCH) {
		struct buf value = { 0 };
		const struct tree_node *n = keytree_find(*root, key);
		patch_apply(&value, n ? keytree_value(n) : SPAN_NONE, c->offset, c->value);
		ok = !value.failed && keytree_put(*root, key, buf_span(&value), &next);
		buf_done(&value);
	} else {
		ok = keytree_remove(*root, key, &next);
	}
	if (ok) {
		keytree_unref(*root);
		*root = next;
	}
	return ok;
}

// All changes or none.
static bool batch_apply_locked(struct memory *m, const struct pending *p)
{
	struct tree_node *root = keytree_ref(m->root);
	struct reader r = reader_of(span_of(p->ops, p->n));
	struct change c;
	bool ok = true;
	while (ok && change_next(&r, &c))
		ok = change_apply(&root, p->partition, &c);
	if (!ok) {
		keytree_unref(root);
		return false;
	}
	keytree_unref(m->root);
	m->root = root;
	return true;
}

static int memory_wait(
	struct op *op, struct store *s, struct store_ticket t, struct store_waiter *later)
{
	(void)later; // nothing takes long here
	struct memory *m = memory_of(s);
	struct pending *done = NULL, **last = &done;
	bool ok = true;
	pthread_mutex_lock(&m->lock);
	while (ok && m->first && m->visible < t.v) {
		struct pending *p = m->first;
		ok = batch_apply_locked(m, p);
		if (!ok)
			break;
		m->visible = p->ticket;
		m->first = p->next;
		if (!m->first)
			m->last = &m->first;
		p->next = NULL;
		*last = p;
		last = &p->next;
	}
	pthread_mutex_unlock(&m->lock);
	while (done) {
		struct pending *next = done->next;
		watches_tell(&s->watches, done->partition);
		free(done);
		done = next;
	}
	return ok ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// --- blobs ---

static int table_add_locked(struct op *op, struct table *t, struct octets *o, uint64_t *ret_number)
{
	if (t->count == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct octets **at = realloc(t->at, cap * sizeof(struct octets *));
		if (!at)
			return op_fail(op, RC_NOMEM, "out of memory");
		t->at = at;
		t->cap = cap;
	}
	if (t->count == 0)
		t->at[t->count++] = NULL; // number 0 is "none"
	*ret_number = t->count;
	t->at[t->count++] = o;
	return 0;
}

static struct octets *octets_new(struct op *op, struct span card, struct span body)
{
	struct octets *o = calloc(1, sizeof *o + card.n + body.n);
	if (!o) {
		(void)op_fail(op, RC_NOMEM, "out of memory");
		return NULL;
	}
	hold_init(&o->hold, octets_free);
	o->card_n = card.n;
	o->body_n = body.n;
	if (card.n)
		memcpy(o->bytes, card.p, card.n);
	if (body.n)
		memcpy(o->bytes + card.n, body.p, body.n);
	return o;
}

static int memory_extent_put(
	struct op *op, struct store *s, struct span bytes, struct blob_extent *ret_extent)
{
	struct memory *m = memory_of(s);
	struct octets *o = octets_new(op, SPAN_NONE, bytes);
	if (!o)
		return RC_NOMEM;
	uint64_t number;
	pthread_mutex_lock(&m->lock);
	int rc = table_add_locked(op, &m->extents, o, &number);
	atomic_store(&s->writers.floor, EXTENT_BIT | m->extents.count);
	pthread_mutex_unlock(&m->lock);
	if (rc)
		hold_unref(&o->hold);
	else
		*ret_extent = (struct blob_extent){ EXTENT_BIT | number, (uint32_t)bytes.n };
	return rc;
}

static struct octets *table_get(struct memory *m, struct table *t, uint64_t number)
{
	struct octets *o = NULL;
	pthread_mutex_lock(&m->lock);
	if (number < t->count && t->at[number]) {
		o = t->at[number];
		hold_ref(&o->hold);
	}
	pthread_mutex_unlock(&m->lock);
	return o;
}

static int memory_extent_get(struct op *op, struct store *s, struct blob_extent extent,
	struct hold **io_hold, struct span *ret_bytes)
{
	struct memory *m = memory_of(s);
	struct octets *o = *io_hold ? container_of(*io_hold, struct octets, hold)
				    : table_get(m, &m->extents, extent.pos & ~EXTENT_BIT);
	if (!o)
		return op_fail(op, RC_CORRUPT, "an extent is missing");
	*ret_bytes = span_of(o->bytes, o->body_n);
	*io_hold = &o->hold;
	return 0;
}

static bool extents_copy(struct octets *o, const struct blob_extent *list, size_t count)
{
	if (count == 0)
		return true;
	o->extents = malloc(count * sizeof *list);
	if (!o->extents)
		return false;
	memcpy(o->extents, list, count * sizeof *list);
	o->extent_count = count;
	return true;
}

static int memory_blob_put(
	struct op *op, struct store *s, const struct blob_parts *parts, struct blob_ref *ret_ref)
{
	struct memory *m = memory_of(s);
	struct octets *o = octets_new(op, parts->card, buf_span(parts->tail));
	if (!o)
		return RC_NOMEM;
	o->owner = *parts->owner;
	o->size = parts->size;
	uint64_t id = 0;
	int rc = extents_copy(o, parts->extents, parts->extent_count)
		? 0
		: op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		pthread_mutex_lock(&m->lock);
		rc = table_add_locked(op, &m->blobs, o, &id);
		if (rc == 0)
			m->live_bytes += o->size;
		pthread_mutex_unlock(&m->lock);
	}
	if (rc)
		hold_unref(&o->hold);
	else
		*ret_ref = (struct blob_ref){ id, id };
	return rc;
}

// The blob, with references on its extents: in one step, as a sweep may drop both.
static struct octets *open_get(struct memory *m, uint64_t id, struct blob_extents **ret_extents)
{
	struct blob_extents *x = NULL;
	pthread_mutex_lock(&m->lock);
	struct octets *o = id < m->blobs.count ? m->blobs.at[id] : NULL;
	if (o && o->extent_count)
		x = blob_extents_new(o->extent_count);
	for (size_t i = 0; x && i < x->count; i++) {
		struct octets *part = m->extents.at[o->extents[i].pos & ~EXTENT_BIT];
		x->list[i] = o->extents[i];
		x->open[i].hold = hold_ref(part ? &part->hold : NULL);
	}
	if (o)
		hold_ref(&o->hold);
	pthread_mutex_unlock(&m->lock);
	*ret_extents = x;
	return o;
}

static int memory_blob_open(
	struct op *op, struct store *s, struct blob_ref ref, bool whole, struct blob *ret_blob)
{
	struct blob_extents *extents;
	struct octets *o = open_get(memory_of(s), ref.id, &extents);
	if (!o)
		return op_fail(op, RC_NONEXISTENT, "there is no blob %" PRIu64, ref.id);
	struct blob b = { .store = s,
		.size = o->size,
		.card = span_of(o->bytes, o->card_n),
		.hold = &o->hold,
		.ref = { ref.id, ref.id },
		.body = span_of(o->bytes + o->card_n, o->body_n),
		.body_verified = true,
		.extents = extents };
	if (o->extent_count && !extents) {
		hold_unref(&o->hold);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	if (!extents && whole)
		b.whole = b.body;
	*ret_blob = b;
	return 0;
}

static bool memory_body_is_good(struct store *s, const struct blob *b, struct span piece)
{
	(void)s;
	(void)b;
	(void)piece;
	return true; // memory is believed
}

static void memory_blob_ahead(
	struct store *s, const struct blob *b, struct blob_ref next, uint32_t octets)
{
	(void)s;
	(void)b;
	(void)next;
	(void)octets;
}

static void memory_body_ahead(struct store *s, const struct blob *b, struct blob_ref next)
{
	(void)s;
	(void)b;
	(void)next;
}

static int memory_blob_new_card(struct op *op, struct store *s, struct blob_ref ref,
	struct span card, struct blob_ref *ret_ref)
{
	struct memory *m = memory_of(s);
	struct octets *old = table_get(m, &m->blobs, ref.id);
	if (!old)
		return op_fail(op, RC_NONEXISTENT, "there is no blob %" PRIu64, ref.id);
	struct octets *o = octets_new(op, card, span_of(old->bytes + old->card_n, old->body_n));
	if (!o || !extents_copy(o, old->extents, old->extent_count)) {
		hold_unref(o ? &o->hold : NULL);
		hold_unref(&old->hold);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	o->owner = old->owner;
	o->size = old->size;
	pthread_mutex_lock(&m->lock);
	struct octets **at = &m->blobs.at[ref.id];
	struct octets *was = *at;
	if (was)
		*at = o;
	pthread_mutex_unlock(&m->lock);
	hold_unref(was ? &was->hold : &o->hold); // swept meanwhile: nothing to replace
	hold_unref(&old->hold);
	*ret_ref = (struct blob_ref){ ref.id, ref.id };
	return 0;
}

// --- the rest ---

static void memory_blob_dropped(struct store *s, struct blob_ref ref)
{
	struct memory *m = memory_of(s);
	pthread_mutex_lock(&m->lock);
	if (ref.id < m->blobs.count && m->blobs.at[ref.id])
		m->dropped += m->blobs.at[ref.id]->size;
	pthread_mutex_unlock(&m->lock);
}

static void mark_live(void *sweep, uint64_t blob_id)
{
	live_add(sweep, blob_id);
}

// Drops from `t`, among the first `count`, what is not in `live`; with `limbo`, what waited there long enough.
static void table_sweep_locked(struct memory *m, struct table *t, size_t count,
	const struct live_set *live, struct limbo_sweep *limbo)
{
	for (size_t i = 1; i < count; i++) {
		struct octets *o = t->at[i];
		if (!o || live_has(live, i) || (limbo && !limbo_drops(limbo, i, o->size)))
			continue;
		if (t == &m->blobs)
			m->live_bytes -= o->size;
		t->at[i] = NULL;
		hold_unref(&o->hold);
	}
}

static int sweep_run(struct op *op, struct store *s, struct limbo_sweep *limbo,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx)
{
	struct memory *m = memory_of(s);
	pthread_mutex_lock(&m->lock);
	size_t blobs = m->blobs.count, extents = m->extents.count;
	pthread_mutex_unlock(&m->lock);
	uint64_t oldest = writers_oldest(s);
	if (oldest != UINT64_MAX && (oldest & ~EXTENT_BIT) < extents)
		extents = (size_t)(oldest & ~EXTENT_BIT);
	struct store_snapshot *snap = NULL;
	int rc = memory_snapshot_begin(op, s, &snap);
	if (rc)
		return rc;
	struct live_set live = { 0 }, live_extents = { 0 };
	rc = mark(op, ctx, snap, mark_live, &live);
	memory_snapshot_end(s, snap);
	pthread_mutex_lock(&m->lock);
	if (rc == 0 && !live.failed) {
		table_sweep_locked(m, &m->blobs, blobs, &live, limbo);
		for (size_t i = 1; i < m->blobs.count; i++)
			for (size_t k = 0; m->blobs.at[i] && k < m->blobs.at[i]->extent_count; k++)
				live_add(&live_extents,
					m->blobs.at[i]->extents[k].pos & ~EXTENT_BIT);
		if (!live_extents.failed)
			table_sweep_locked(m, &m->extents, extents, &live_extents, NULL);
		m->dropped = 0;
	}
	pthread_mutex_unlock(&m->lock);
	if (rc == 0 && (live.failed || live_extents.failed || !limbo_commit(limbo)))
		rc = op_fail(op, RC_NOMEM, "out of memory");
	live_done(&live);
	live_done(&live_extents);
	return rc;
}

static int memory_sweep(struct op *op, struct store *s,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx)
{
	struct memory *m = memory_of(s);
	struct limbo_sweep limbo;
	pthread_mutex_lock(&m->sweeping);
	limbo_begin(&limbo, &m->limbo, m->grace);
	int rc = sweep_run(op, s, &limbo, mark, ctx);
	limbo_end(&limbo);
	pthread_mutex_unlock(&m->sweeping);
	return rc;
}

static void memory_stats(struct store *s, struct store_stats *ret_stats)
{
	struct memory *m = memory_of(s);
	pthread_mutex_lock(&m->lock);
	*ret_stats = (struct store_stats){ .log_bytes = m->live_bytes,
		.dead_bytes = m->dropped + limbo_bytes_due(&m->limbo, m->grace),
		.commits = m->visible,
		.groups = m->visible };
	for (size_t i = 1; i < m->blobs.count; i++)
		ret_stats->blobs += m->blobs.at[i] != NULL;
	pthread_mutex_unlock(&m->lock);
}

// Memory does not rot.
static int memory_blob_rescue(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
	const struct blob_owner *owner, const struct blob_card_maker *maker,
	struct blob_ref *ret_ref)
{
	(void)s, (void)size, (void)owner, (void)maker, (void)ret_ref;
	return op_fail(op, RC_CORRUPT, "blob %" PRIu64 " cannot be rescued", ref.id);
}

static int memory_rebuild(struct op *op, const struct store_config *config,
	struct store **ret_store, const char **ret_aside)
{
	(void)config, (void)ret_store, (void)ret_aside;
	return op_fail(op, RC_CANNOT, "this engine has no index to make again");
}

static int memory_mend(
	struct op *op, const struct store_config *config, const struct store_mender *how)
{
	(void)op, (void)config, (void)how;
	return MEND_NOTHING;
}

static int memory_checkpoint(struct op *op, struct store *s)
{
	(void)op, (void)s;
	return 0;
}

static int memory_verify(struct op *op, struct store *s,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_frames)
{
	(void)op, (void)found, (void)ctx; // memory has nothing to verify
	struct store_stats st;
	memory_stats(s, &st);
	*ret_frames = st.blobs;
	return 0;
}

const struct store_engine store_memory = {
	.name = "memory",
	.open = memory_open,
	.close = memory_close,
	.snapshot_begin = memory_snapshot_begin,
	.snapshot_end = memory_snapshot_end,
	.get = memory_get,
	.cursor_open = memory_cursor_open,
	.cursor_next = memory_cursor_next,
	.cursor_close = memory_cursor_close,
	.next_partition = memory_next_partition,
	.submit = memory_submit,
	.wait = memory_wait,
	.extent_put = memory_extent_put,
	.extent_get = memory_extent_get,
	.blob_put = memory_blob_put,
	.blob_open = memory_blob_open,
	.body_is_good = memory_body_is_good,
	.blob_ahead = memory_blob_ahead,
	.body_ahead = memory_body_ahead,
	.blob_new_card = memory_blob_new_card,
	.blob_rescue = memory_blob_rescue,
	.rebuild = memory_rebuild,
	.mend = memory_mend,
	.checkpoint = memory_checkpoint,
	.blob_dropped = memory_blob_dropped,
	.sweep = memory_sweep,
	.stats = memory_stats,
	.verify = memory_verify,
};
