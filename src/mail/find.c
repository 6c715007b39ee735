// SPDX-License-Identifier: Apache-2.0
// Numbers, look-ups and walks over a snapshot. The top level is scanned (62 blocks for a million messages), then one block (128
// entries), then one chunk; an entry without gaps answers without its chunk. No locks.
#include "mail/mail_priv.h"

// --- one level each ---

static bool entry_is_dense(const struct entry *e)
{
	return e->last - e->first + 1 == e->count;
}

// Index of the first record with uid >= v.
static uint32_t recs_lower(const struct recs *r, uint32_t v)
{
	uint32_t low = 0, high = r->n;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (r->r[mid].uid < v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

// How many of the entry's live messages have a uid <= v.
static int entry_rank(
	struct op *op, struct place at, struct entry *e, uint32_t v, uint32_t *ret_rank)
{
	if (v < e->first || v >= e->last || entry_is_dense(e)) {
		*ret_rank = v < e->first ? 0 : v >= e->last ? e->count : v - e->first + 1;
		return 0;
	}
	struct recs *r;
	int rc = chunk_recs(op, at, e->chunk, e->used, &r);
	if (rc == 0)
		*ret_rank = recs_lower(r, v + 1); // v < last: no overflow
	return rc;
}

int snap_rank(struct op *op, struct account *a, struct snap *s, uint32_t v, uint32_t *ret_rank)
{
	if (v == 0 || s->h.messages == 0 || v >= s->h.uid_next - 1) {
		*ret_rank = v == 0 ? 0 : s->h.messages;
		return 0;
	}
	struct body *b;
	int rc = snap_body(op, a, s, &b);
	uint32_t rank = 0, t = 0;
	for (; rc == 0 && t < b->n && b->t[t].last <= v; t++)
		rank += b->t[t].count;
	if (rc == 0 && t < b->n && b->t[t].first <= v) {
		struct entries *e;
		rc = block_entries(op, place_of(a, s), b->t[t].block, &e);
		uint32_t i = 0, in = 0;
		for (; rc == 0 && i < e->n && e->e[i].last <= v; i++)
			rank += e->e[i].count;
		if (rc == 0 && i < e->n)
			rc = entry_rank(op, place_of(a, s), &e->e[i], v, &in);
		rank += in;
	}
	if (rc == 0)
		*ret_rank = rank;
	return rc;
}

int snap_nth(struct op *op, struct account *a, struct snap *s, uint32_t i, uint32_t *ret_uid)
{
	*ret_uid = 0;
	if (i >= s->h.messages)
		return 0;
	struct body *b;
	int rc = snap_body(op, a, s, &b);
	if (rc < 0)
		return rc;
	uint32_t t = 0, k = 0;
	for (; t < b->n && i >= b->t[t].count; t++)
		i -= b->t[t].count;
	if (t == b->n)
		return op_fail(op, RC_CORRUPT, "the counts of a mailbox do not agree");
	struct entries *e;
	rc = block_entries(op, place_of(a, s), b->t[t].block, &e);
	if (rc < 0)
		return rc;
	for (; k < e->n && i >= e->e[k].count; k++)
		i -= e->e[k].count;
	if (k == e->n)
		return op_fail(op, RC_CORRUPT, "the counts of a mailbox do not agree");
	if (entry_is_dense(&e->e[k])) {
		*ret_uid = e->e[k].first + i;
		return 0;
	}
	struct recs *r;
	rc = chunk_recs(op, place_of(a, s), e->e[k].chunk, e->e[k].used, &r);
	if (rc < 0)
		return rc;
	if (i >= r->n)
		return op_fail(op, RC_CORRUPT, "the counts of a mailbox do not agree");
	*ret_uid = r->r[i].uid;
	return 0;
}

int snap_find(struct op *op, struct account *a, struct snap *s, uint32_t uid,
	const struct hot **ret_hot, const struct chunk **ret_chunk)
{
	*ret_hot = NULL;
	struct walk w;
	int rc = walk_begin(op, &w, a, s);
	uint32_t rank;
	const struct hot *h;
	if (rc == 0)
		rc = walk_next(op, &w, uid, &h, &rank);
	if (rc == WALK_END)
		return 0;
	if (rc == 0 && h->uid == uid) {
		*ret_hot = h;
		*ret_chunk = walk_chunk(&w);
	}
	return rc;
}

// --- walks ---

int walk_begin(struct op *op, struct walk *w, struct account *a, struct snap *s)
{
	*w = (struct walk){ .account = a, .snap = s };
	return s->h.messages ? snap_body(op, a, s, &w->body) : 0;
}

static bool is_wanted(const struct walk *w, uint32_t unseen, uint32_t deleted, uint64_t modseq)
{
	return modseq > w->since && (!(w->only & WALK_UNSEEN) || unseen) &&
		(!(w->only & WALK_DELETED) || deleted);
}

// Passes over the rest of the present entry.
static void next_entry(struct walk *w)
{
	w->before += w->entries->e[w->e].count - w->r;
	w->e++;
	w->r = 0;
	w->recs = NULL;
}

// Moves to the entry that holds the next record with uid >= from. WALK_END.
static int to_entry(struct op *op, struct walk *w, uint32_t from)
{
	for (;;) {
		while (!w->entries) {
			if (!w->body || w->t == w->body->n)
				return WALK_END;
			struct top *t = &w->body->t[w->t];
			if (t->last < from || !is_wanted(w, t->unseen, t->deleted, t->modseq)) {
				w->before += t->count;
				w->t++;
				continue;
			}
			int rc = block_entries(
				op, place_of(w->account, w->snap), t->block, &w->entries);
			if (rc < 0)
				return rc;
			w->e = 0;
		}
		for (; w->e < w->entries->n; next_entry(w)) {
			const struct entry *e = &w->entries->e[w->e];
			if (e->last >= from && is_wanted(w, e->unseen, e->deleted, e->modseq))
				return 0;
		}
		w->entries = NULL;
		w->t++;
	}
}

int walk_next(struct op *op, struct walk *w, uint32_t from, const struct hot **ret_hot,
	uint32_t *ret_rank)
{
	for (;;) {
		int rc = to_entry(op, w, from);
		if (rc)
			return rc;
		struct entry *e = &w->entries->e[w->e];
		if (!w->recs) {
			rc = chunk_recs(
				op, place_of(w->account, w->snap), e->chunk, e->used, &w->recs);
			if (rc < 0)
				return rc;
			if (w->recs->n != e->count) {
				w->recs = NULL;
				return op_fail(
					op, RC_CORRUPT, "the counts of a mailbox do not agree");
			}
		}
		uint32_t r = w->r;
		if (r < w->recs->n && w->recs->r[r].uid < from)
			r = recs_lower(w->recs, from);
		while (r < w->recs->n && w->recs->r[r].modseq <= w->since)
			r++;
		w->before += r - w->r;
		w->r = r;
		if (r < w->recs->n) {
			*ret_hot = &w->recs->r[r];
			*ret_rank = w->before++;
			w->r++;
			return 0;
		}
		next_entry(w);
	}
}

const struct chunk *walk_chunk(const struct walk *w)
{
	return w->entries->e[w->e].chunk;
}

int snap_prefetch(struct op *op, struct account *a, struct snap *s, const struct numset *uids)
{
	struct walk w;
	int rc = walk_begin(op, &w, a, s);
	size_t hint = 0;
	for (uint32_t from = 1; rc == 0 && from;) {
		from = numset_next(uids, from, &hint);
		if (!from)
			break;
		const struct hot *h;
		uint32_t rank;
		rc = walk_next(op, &w, from, &h, &rank);
		if (rc == 0) { // its chunk is loaded: on to the next one
			uint32_t last = w.entries->e[w.e].last;
			from = last < from || last == UINT32_MAX ? 0 : last + 1;
		}
	}
	return rc < 0 ? rc : 0;
}

// --- differences ---

struct diff {
	struct op *op;
	struct account *account;
	uint32_t from_data, limit;
	struct numset *gone;
};

static void gone_add(struct diff *d, uint32_t first, uint32_t last)
{
	if (first < d->limit)
		numset_add_range(d->gone, first, last < d->limit ? last : d->limit - 1);
}

// All messages of an entry that `with` (may be NULL: none) does not have.
static int diff_entry(struct diff *d, struct entry *e, const struct recs *with)
{
	if (!with && entry_is_dense(e)) {
		gone_add(d, e->first, e->last);
		return 0;
	}
	struct recs *r;
	struct place at = { d->account, d->from_data };
	int rc = chunk_recs(d->op, at, e->chunk, e->used, &r);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0, k = 0; i < r->n; i++) {
		while (with && k < with->n && with->r[k].uid < r->r[i].uid)
			k++;
		if (!with || k == with->n || with->r[k].uid != r->r[i].uid)
			gone_add(d, r->r[i].uid, r->r[i].uid);
	}
	return 0;
}

// All messages of a block that `with` (may be NULL) does not have.
static int diff_block(struct diff *d, struct block *b, struct block *with, struct place to)
{
	struct entries *e, *n = NULL;
	int rc = block_entries(d->op, (struct place){ d->account, d->from_data }, b, &e);
	if (rc == 0 && with)
		rc = block_entries(d->op, to, with, &n);
	for (uint32_t i = 0, k = 0; rc == 0 && i < e->n; i++) {
		struct entry *was = &e->e[i];
		while (n && k < n->n &&
			n->e[k].chunk->base < was->chunk->base) // the order of entries
			k++;
		struct entry *is =
			n && k < n->n && n->e[k].chunk->id == was->chunk->id ? &n->e[k] : NULL;
		// Positions never come back: as many gone ones as before means the same ones.
		if (is &&
			(is->chunk == was->chunk || is->used - is->count == was->used - was->count))
			continue;
		struct recs *r = NULL;
		if (is)
			rc = chunk_recs(d->op, to, is->chunk, is->used, &r);
		if (rc == 0)
			rc = diff_entry(d, was, r);
	}
	return rc;
}

int snap_diff(struct op *op, struct account *a, struct snap *from, struct snap *to, uint32_t limit,
	struct numset *gone)
{
	if (from == to || from->h.messages == 0)
		return 0;
	struct diff d = { op, a, from->h.data, limit, gone };
	struct body *b, *n;
	int rc = snap_body(op, a, from, &b);
	if (rc == 0)
		rc = snap_body(op, a, to, &n);
	bool same = from->h.data == to->h.data; // else INBOX was renamed away: all is gone
	for (uint32_t i = 0, k = 0; rc == 0 && i < b->n; i++) {
		while (same && k < n->n && n->t[k].block->id < b->t[i].block->id)
			k++;
		struct block *is = same && k < n->n && n->t[k].block->id == b->t[i].block->id
			? n->t[k].block
			: NULL;
		if (is != b->t[i].block)
			rc = diff_block(&d, b->t[i].block, is, place_of(a, to));
	}
	if (rc == 0 && gone->failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	return rc;
}

uint32_t snap_count_from(const struct snap *s, uint32_t mark)
{
	if (mark >= s->h.uid_next)
		return 0;
	if (mark == s->h.recent_mark)
		return s->h.recent;
	struct body *b = atomic_load_explicit(&s->body, memory_order_acquire);
	uint32_t n = 0;
	for (uint32_t t = b ? b->n : 0; t > 0 && b->t[t - 1].last >= mark; t--) {
		if (b->t[t - 1].first >= mark) {
			n += b->t[t - 1].count;
			continue;
		}
		struct entries *e =
			atomic_load_explicit(&b->t[t - 1].block->entries, memory_order_acquire);
		for (uint32_t i = e ? e->n : 0; i > 0 && e->e[i - 1].last >= mark; i--) {
			struct recs *r = atomic_load_explicit(
				&e->e[i - 1].chunk->recs, memory_order_acquire);
			n += r && e->e[i - 1].first < mark ? r->n - recs_lower(r, mark)
							   : e->e[i - 1].count;
		}
	}
	return n;
}
