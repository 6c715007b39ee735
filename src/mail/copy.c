// SPDX-License-Identifier: Apache-2.0
// COPY and MOVE within an account. Up to COPY_AT_ONCE messages are one batch. More are written as chunks that the directory does not list
// yet, a few at a time and waited for in between, and are then entered (and, for MOVE, taken from the source) in a last step. Chunk ids for
// that are set apart first (header.unseen_from); what a crash leaves of them is removed by the next change of the mailbox.
//
// A message is copied only while the source's newest staged state has it: so at every state of the store its octets are referred to by the
// source or by the copy, and no sweep in between can lose them.
#include "mail/edit.h"
#include "mail/view_priv.h"

#include "base/clock.h"
#include "base/limits.h"

#include <stdlib.h>

struct item {
	uint32_t uid;
	uint32_t chunk; // of the source
	uint8_t pos;
	struct msg_cold cold;
};
struct copy {
	struct op *op;
	struct view *view;
	struct mailbox *to;
	bool move;
	struct item *v; // of the present step, ascending
	size_t n;
	struct copy_result result;
	uint32_t first_chunk, chunks; // set apart
	struct ready_chunk *ready;    // of them, written
	size_t ready_count;
	struct numset sources; // of the ready chunks, in order
};

void copy_result_done(struct copy_result *r)
{
	numset_done(&r->from);
	numset_done(&r->to);
}

static int no_memory(struct op *op)
{
	return op_fail(op, RC_NOMEM, "out of memory");
}

// Reads up to `max` messages of the set from `*io_from` on, with their cold records. *io_from: where to go on, 0 at the end.
static int gather(struct copy *c, const struct numset *uids, uint32_t *io_from, size_t max)
{
	struct view *v = c->view;
	struct walk w;
	struct cold_chunk *cold = NULL;
	size_t hint = 0;
	int rc = walk_begin(c->op, &w, v->account, v->snap);
	for (c->n = 0; rc == 0 && *io_from && c->n < max;) {
		const struct hot *h;
		uint32_t rank, want = numset_next(uids, *io_from, &hint);
		if (want == 0 || want >= v->told_next) {
			*io_from = 0;
			break;
		}
		rc = walk_next(c->op, &w, want, &h, &rank);
		if (rc || h->uid >= v->told_next) {
			*io_from = 0;
			break;
		}
		if (numset_next(uids, h->uid, &hint) != h->uid) {
			w.r--;
			w.before--;
			*io_from = h->uid;
			continue;
		}
		*io_from = h->uid + 1;
		uint32_t chunk = walk_chunk(&w)->id;
		if (!cold || cold->chunk != chunk || h->pos >= cold->n) {
			cold_unref(cold);
			cold = NULL;
			rc = cold_load(c->op, place_of(v->account, v->snap), chunk, h->pos, &cold);
			if (rc == MSG_GONE) {
				rc = 0;
				continue;
			}
		}
		if (rc == 0)
			c->v[c->n++] = (struct item){ h->uid, chunk, h->pos, cold->c[h->pos] };
	}
	cold_unref(cold);
	return rc < 0 ? view_fault(c->op, v, rc) : 0;
}

// Goes through the items that the source still has. account.lock held; the state does not change while it runs.
struct alive {
	struct copy *copy;
	struct snap *source;
	struct walk walk;
	size_t i;
};

static int alive_begin(struct copy *c, struct alive *a)
{
	*a = (struct alive){ .copy = c, .source = snap_ref(c->view->mailbox->tip) };
	int rc = walk_begin(c->op, &a->walk, c->view->account, a->source);
	if (rc == 0 && atomic_load(&c->view->mailbox->dying))
		rc = op_fail(c->op, RC_NONEXISTENT, "the mailbox was deleted");
	return rc;
}

// 0, or WALK_END.
static int alive_next(struct alive *a, struct item **ret_item, const struct hot **ret_hot)
{
	struct copy *c = a->copy;
	while (a->i < c->n) {
		struct item *it = &c->v[a->i++];
		uint32_t rank;
		int rc = walk_next(c->op, &a->walk, it->uid, ret_hot, &rank);
		if (rc)
			return rc;
		if ((*ret_hot)->uid == it->uid) {
			*ret_item = it;
			return 0;
		}
		a->walk.r--; // it stands before a later item, perhaps
		a->walk.before--;
	}
	return WALK_END;
}

static const struct keywords *alive_keywords(struct alive *a)
{
	struct body *b = atomic_load_explicit(&a->source->body, memory_order_acquire);
	return b ? b->keywords : NULL; // not loaded: it has no messages
}

static void alive_end(struct alive *a)
{
	snap_unref(a->source);
}

static struct msg_cold cold_of_copy(const struct item *it)
{
	struct msg_cold cold = it->cold;
	cold.save_date = clock_real(); // RFC 8514 section 3: the time it came into this mailbox
	return cold;
}

// --- removing from the source (MOVE) ---

static int remove_moved(struct copy *c, struct txn *t, const struct numset *uids)
{
	size_t hint = 0;
	uint32_t from = 1;
	t->batch.flags = 0; // a MOVE adds as well: the reserve is not for it
	for (;;) {
		struct edit *e;
		struct edit_at at;
		uint64_t bits[2] = { 0, 0 };
		from = numset_next(uids, from, &hint);
		if (from == 0)
			return 0;
		int rc = txn_edit(t, c->view->mailbox, &e);
		if (rc == 0)
			rc = edit_seek(e, from, false, &at);
		if (rc)
			return rc < 0 ? rc : 0;
		for (uint32_t r = 0; r < at.recs->n; r++)
			if (numset_next(uids, at.recs->r[r].uid, &hint) == at.recs->r[r].uid)
				bits[r / 64] |= UINT64_C(1) << (r % 64);
		uint32_t last = at.last;
		if (bits[0] | bits[1])
			rc = edit_remove(e, &at, bits);
		if (rc == 0)
			rc = txn_stage_if_full(t);
		if (rc < 0 || last == UINT32_MAX)
			return rc;
		from = last + 1;
	}
}

// --- one batch ---

static int copy_items(struct copy *c, struct txn *t)
{
	struct edit *e;
	struct alive a;
	struct item *it;
	const struct hot *h;
	int rc = alive_begin(c, &a);
	if (rc == 0)
		rc = txn_edit(t, c->to, &e);
	while (rc == 0 && (rc = alive_next(&a, &it, &h)) == 0) {
		uint32_t set, uid;
		struct msg_cold cold = cold_of_copy(it);
		rc = edit_set_translate(e, alive_keywords(&a), h->kwset, &set);
		if (rc == 0)
			rc = edit_append(e, h->flags, set, &cold, &uid);
		if (rc == 0) {
			numset_add(&c->result.from, it->uid);
			numset_add(&c->result.to, uid);
			if (c->result.from.failed || c->result.to.failed)
				rc = no_memory(c->op);
		}
	}
	alive_end(&a);
	return rc < 0 ? rc : 0;
}

static int copy_small(struct copy *c)
{
	struct txn t;
	int rc = txn_begin(c->op, c->view->account, &t);
	if (rc < 0)
		return rc;
	if (atomic_load(&c->to->dying))
		rc = op_fail(c->op, RC_TRYCREATE, "there is no mailbox of that name");
	if (rc == 0)
		rc = copy_items(c, &t);
	if (rc == 0 && c->move)
		rc = remove_moved(c, &t, &c->result.from);
	c->result.uid_validity = c->to->tip->h.uid_validity;
	return txn_end_later(&t, rc, c->to);
}

// --- many ---

static int set_apart(struct copy *c, uint32_t chunks)
{
	struct txn t;
	struct edit *e;
	int rc = txn_begin(c->op, c->view->account, &t);
	if (rc < 0)
		return rc;
	if (atomic_load(&c->to->dying))
		rc = op_fail(c->op, RC_TRYCREATE, "there is no mailbox of that name");
	else
		rc = txn_edit(&t, c->to, &e);
	if (rc == 0) {
		struct header *h = &e->now->h;
		c->first_chunk = h->next_chunk;
		c->chunks = chunks;
		h->next_chunk += chunks;
		if (!h->unseen_from)
			h->unseen_from = c->first_chunk;
		e->changed = true;
		rc = txn_stage(&t);
	}
	if (rc == 0)
		c->to->copies++;
	return txn_end(&t, rc);
}

static void encode_hot(char *p, uint32_t i, const struct hot *h, uint32_t set, uint64_t size)
{
	uint16_t high = (uint16_t)(size >> 32);
	store_u32(p, i);
	p[4] = (char)h->flags;
	p[5] = 0;
	memcpy(p + 6, &high, sizeof high);
	store_u32(p + 8, set);
	store_u32(p + 12, (uint32_t)size);
	store_u64(p + 16, 0); // the chunk's base modseq
}

// One chunk of at most CHUNK_RECORDS messages into the batch. *ret_done: nothing is left.
static int write_chunk(
	struct copy *c, struct txn *t, struct edit *e, struct alive *a, bool *ret_done)
{
	char hot[CHUNK_RECORDS * HOT_OCTETS], cold[CHUNK_RECORDS * COLD_OCTETS];
	struct ready_chunk ready = { .id = c->first_chunk + (uint32_t)c->ready_count };
	int rc = 0;
	while (ready.used < CHUNK_RECORDS) {
		struct item *it;
		const struct hot *h;
		uint32_t set;
		rc = alive_next(a, &it, &h);
		if (rc == 0)
			rc = edit_set_translate(e, alive_keywords(a), h->kwset, &set);
		if (rc)
			break;
		struct msg_cold copy = cold_of_copy(it);
		encode_hot(hot + ready.used * HOT_OCTETS, ready.used, h, set, copy.size);
		cold_encode(&copy, cold + ready.used * COLD_OCTETS);
		ready.used++;
		ready.unseen += !(h->flags & FLAG_SEEN);
		ready.deleted += !!(h->flags & FLAG_DELETED);
		ready.size += copy.size;
		numset_add(&c->sources, it->uid);
	}
	*ret_done = rc == WALK_END;
	if (rc < 0 || ready.used == 0)
		return rc < 0 ? rc : 0;
	must(c->ready_count < c->chunks);
	struct key k = key_data(e->now->h.data, 'H', ready.id);
	batch_put(&t->batch, KEY(k), span_of(hot, ready.used * HOT_OCTETS));
	k = key_data(e->now->h.data, 'C', ready.id);
	batch_put(&t->batch, KEY(k), span_of(cold, ready.used * COLD_OCTETS));
	c->ready[c->ready_count++] = ready;
	return 0;
}

// Writes the gathered items as chunks and waits for them.
static int write_step(struct copy *c)
{
	struct txn t;
	struct edit *e;
	struct alive a;
	int rc = txn_begin(c->op, c->view->account, &t);
	if (rc < 0)
		return rc;
	rc = alive_begin(c, &a);
	if (rc == 0)
		rc = txn_edit(&t, c->to, &e);
	for (bool done = false; rc == 0 && !done;)
		rc = write_chunk(c, &t, e, &a, &done);
	if (rc == 0 && e->keyword_log.n)
		e->changed = true;
	alive_end(&a);
	return txn_end(&t, rc);
}

// The chunks take their places in the directory; what was moved leaves the source.
static int enter(struct copy *c)
{
	struct txn t;
	struct edit *e;
	int rc = txn_begin(c->op, c->view->account, &t);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < c->ready_count; i++) {
		uint32_t uid;
		rc = txn_edit(&t, c->to, &e);
		if (rc == 0)
			rc = edit_append_chunk(e, &c->ready[i], &uid);
		if (rc == 0)
			numset_add_range(&c->result.to, uid, uid + c->ready[i].used - 1);
	}
	if (rc == 0 && (c->result.to.failed || c->sources.failed)) // before it is done
		rc = no_memory(c->op);
	c->result.uid_validity = c->to->tip->h.uid_validity;
	if (rc == 0 && c->ready_count && c->to->copies == 1)
		e->now->h.unseen_from = 0;
	if (rc == 0 && c->move)
		rc = remove_moved(c, &t, &c->sources);
	if (rc == 0) {
		c->result.from = c->sources;
		c->sources = (struct numset){ 0 };
		rc = txn_stage(&t);
	}
	return txn_end(&t, rc);
}

// After a fault: nothing of it stays. (If this fails too, copy_clean() does it later.)
static void undo(struct copy *c)
{
	struct txn t;
	struct op op;
	op_init(&op, 0);
	if (txn_begin(&op, c->view->account, &t) == 0) {
		if (!atomic_load(&c->to->dying)) {
			uint32_t data = c->to->tip->h.data;
			for (const char *kind = "HC"; *kind; kind++) {
				struct key from = key_data(data, *kind, c->first_chunk);
				struct key to = key_data(data, *kind, c->first_chunk + c->chunks);
				batch_delete_range(&t.batch, KEY(from), KEY(to));
			}
		}
		t.batch.flags = STORE_FREES;
		(void)txn_end(&t, 0); // the fault that led here is the one to report
	}
	op_done(&op);
}

static int copy_large(struct copy *c, const struct numset *uids, uint32_t count)
{
	// Each step may leave its last chunk part full.
	uint32_t per_step = COPY_AT_ONCE / CHUNK_RECORDS;
	uint32_t chunks = (count / COPY_AT_ONCE + 1) * per_step;
	c->ready = calloc(chunks, sizeof *c->ready);
	if (!c->ready)
		return no_memory(c->op);
	int rc = set_apart(c, chunks);
	if (rc < 0)
		return rc;
	for (uint32_t from = 1; rc == 0 && from;) {
		rc = gather(c, uids, &from, COPY_AT_ONCE);
		if (rc == 0 && c->n)
			rc = write_step(c);
		if (rc == 0)
			rc = op_alive(c->op);
	}
	if (rc == 0)
		rc = enter(c);
	if (rc < 0)
		undo(c);
	pthread_mutex_lock(&c->view->account->lock);
	c->to->copies--;
	pthread_mutex_unlock(&c->view->account->lock);
	return rc;
}

int txn_copy(struct op *op, struct view *v, const struct numset *uids, struct span to, bool move,
	struct copy_result *ret_result)
{
	if (move && v->readonly)
		return op_fail(op, RC_CANNOT, "the mailbox is open read-only");
	struct copy c = { .op = op, .view = v, .move = move };
	struct numset known = { 0 };
	c.to = mailbox_by_name(v->account, to);
	if (!c.to)
		return op_fail(op, RC_TRYCREATE, "there is no mailbox of that name");
	mailbox_enter(c.to);
	int rc = view_seqs_of(op, v, uids, &known);
	uint32_t count = (uint32_t)numset_size(&known), from = 1;
	c.v = rc == 0 ? malloc((count < COPY_AT_ONCE ? count + 1 : COPY_AT_ONCE) * sizeof *c.v)
		      : NULL;
	if (rc == 0 && !c.v)
		rc = no_memory(op);
	if (rc == 0 && count > COPY_AT_ONCE) {
		rc = copy_large(&c, uids, count);
	} else if (rc == 0) {
		rc = gather(&c, uids, &from, count);
		if (rc == 0 && c.n)
			rc = copy_small(&c);
	}
	if (rc == 0 && (c.result.from.failed || c.result.to.failed))
		rc = no_memory(op);
	mailbox_leave(c.to);
	mailbox_unref(c.to);
	numset_done(&known);
	numset_done(&c.sources);
	free(c.ready);
	free(c.v);
	if (rc < 0) {
		copy_result_done(&c.result);
		return view_fault(op, v, rc);
	}
	*ret_result = c.result;
	return 0;
}

// --- after a crash ---

static int id_cmp(const void *a, const void *b)
{
	uint32_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static void delete_chunks(struct txn *t, uint32_t data, uint32_t first, uint32_t end)
{
	for (const char *kind = "HC"; *kind && first < end; kind++) {
		struct key from = key_data(data, *kind, first), to = key_data(data, *kind, end);
		batch_delete_range(&t->batch, KEY(from), KEY(to));
	}
}

int copy_clean(struct txn *t, struct mailbox *mb)
{
	struct snap *s = mb->tip;
	struct body *b;
	int rc = snap_body(t->op, t->account, s, &b);
	uint32_t *ids = NULL;
	size_t n = 0, cap = 0;
	bool more = true;
	for (uint32_t i = rc == 0 ? b->n : 0; i > 0 && rc == 0 && more; i--) {
		struct entries *e;
		rc = block_entries(t->op, place_of(t->account, s), b->t[i - 1].block, &e);
		if (rc == 0 && n + BLOCK_ENTRIES > cap) {
			cap = 2 * cap + BLOCK_ENTRIES;
			uint32_t *p = realloc(ids, cap * sizeof *p);
			if (!p)
				rc = no_memory(t->op);
			else
				ids = p;
		}
		// Entries come in the order of time: one with an older chunk ends the search.
		for (uint32_t k = rc == 0 ? e->n : 0; k > 0 && more; k--) {
			more = e->e[k - 1].chunk->id >= s->h.unseen_from;
			if (more)
				ids[n++] = e->e[k - 1].chunk->id;
		}
	}
	if (rc == 0) {
		if (n)
			qsort(ids, n, sizeof *ids, id_cmp);
		uint32_t from = s->h.unseen_from;
		for (size_t i = 0; i < n; i++) {
			delete_chunks(t, s->h.data, from, ids[i]);
			from = ids[i] + 1;
		}
		delete_chunks(t, s->h.data, from, s->h.next_chunk);
	}
	free(ids);
	return rc;
}
