// SPDX-License-Identifier: Apache-2.0
// Walking the messages of a view. A cursor keeps the snapshot and the pending set of the moment it was opened: the numbers it gives are
// those that the client counts with until the next expunge is told.
#include "base/limits.h"
#include "mail/view_priv.h"

#include <stdlib.h>

struct view_cursor {
	struct view *view;
	struct mailbox *mailbox; // keeps its records in memory
	struct account *account;
	struct snap *snap;
	struct walk walk;
	unsigned flags;
	bool all;
	struct numset uids, pending, recent;
	size_t uid_hint, pending_at; // ranges of pending that lie below the present uid
	uint32_t pending_below;
	uint32_t next, limit;
	uint32_t missing;
	struct cold_chunk *cold;
};

static uint32_t intersection_size(const struct numset *a, const struct numset *b)
{
	uint64_t n = 0;
	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		uint32_t first = a->ranges[i].first > b->ranges[k].first ? a->ranges[i].first
									 : b->ranges[k].first;
		uint32_t last = a->ranges[i].last < b->ranges[k].last ? a->ranges[i].last
								      : b->ranges[k].last;
		if (first <= last)
			n += (uint64_t)last - first + 1;
		if (a->ranges[i].last < b->ranges[k].last)
			i++;
		else
			k++;
	}
	return (uint32_t)n;
}

int view_cursor_open(struct op *op, struct view *v, const struct numset *uids, unsigned flags,
	struct view_cursor **ret_cursor)
{
	struct view_cursor *c = calloc(1, sizeof *c);
	if (!c)
		return op_fail(op, RC_NOMEM, "out of memory");
	c->view = v;
	c->account = account_ref(v->account);
	c->mailbox = mailbox_ref(v->mailbox);
	mailbox_enter(c->mailbox);
	c->snap = snap_ref(v->snap);
	c->flags = flags;
	c->all = !uids;
	c->next = 1;
	c->limit = v->told_next;
	if (uids)
		numset_copy(&c->uids, uids);
	numset_copy(&c->pending, &v->pending);
	numset_copy(&c->recent, &v->recent);
	int rc = 0;
	if (c->uids.failed || c->pending.failed || c->recent.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = walk_begin(op, &c->walk, c->account, c->snap);
	if (rc < 0) {
		rc = view_fault(op, v, rc);
		view_cursor_close(c);
		return rc;
	}
	c->missing = uids ? intersection_size(&c->uids, &c->pending) : (uint32_t)v->pending_count;
	*ret_cursor = c;
	return 0;
}

void view_cursor_close(struct view_cursor *c)
{
	if (!c)
		return;
	cold_unref(c->cold);
	numset_done(&c->uids);
	numset_done(&c->pending);
	numset_done(&c->recent);
	snap_unref(c->snap);
	mailbox_leave(c->mailbox);
	mailbox_unref(c->mailbox);
	account_unref(c->account);
	free(c);
}

uint32_t view_cursor_missing(const struct view_cursor *c)
{
	return c->missing;
}

const struct keywords *view_cursor_keywords(const struct view_cursor *c)
{
	return atomic_load_explicit(&c->snap->body, memory_order_acquire)->keywords;
}

static uint32_t pending_rank(struct view_cursor *c, uint32_t uid)
{
	while (c->pending_at < c->pending.count && c->pending.ranges[c->pending_at].last < uid) {
		const struct numrange *r = &c->pending.ranges[c->pending_at++];
		c->pending_below += r->last - r->first + 1;
	}
	return c->pending_below; // uid itself is never pending: a range that it lies in cannot be
}

// The cold record of a message; MSG_GONE: expunged and taken away since the snapshot.
static int cold_of(
	struct op *op, struct view_cursor *c, const struct hot *h, const struct msg_cold **ret_cold)
{
	uint32_t chunk = walk_chunk(&c->walk)->id;
	if (!c->cold || c->cold->chunk != chunk || h->pos >= c->cold->n) {
		cold_unref(c->cold);
		c->cold = NULL;
		int rc = cold_load(op, place_of(c->account, c->snap), chunk, h->pos, &c->cold);
		if (rc)
			return rc;
	}
	*ret_cold = &c->cold->c[h->pos];
	return 0;
}

int view_cursor_next(struct op *op, struct view_cursor *c, struct msg *ret_msg)
{
	for (;;) {
		uint32_t want = c->all ? c->next : numset_next(&c->uids, c->next, &c->uid_hint);
		if (c->next == 0 || want == 0 || want >= c->limit)
			return CURSOR_END;
		const struct hot *h;
		uint32_t rank;
		int rc = walk_next(op, &c->walk, want, &h, &rank);
		if (rc == WALK_END || (rc == 0 && h->uid >= c->limit)) {
			c->next = 0;
			return CURSOR_END;
		}
		if (rc < 0)
			return view_fault(op, c->view, rc);
		c->next = h->uid;
		if (!c->all && numset_next(&c->uids, h->uid, &c->uid_hint) != h->uid) {
			// Not asked for: the walk goes back to it only if it is.
			c->walk.r--;
			c->walk.before--;
			continue;
		}
		*ret_msg = (struct msg){ .uid = { h->uid },
			.seq = { rank + 1 + pending_rank(c, h->uid) },
			.modseq = { h->modseq },
			.flags = h->flags,
			.kwset = h->kwset };
		if (c->recent.count && numset_has(&c->recent, h->uid))
			ret_msg->flags |= FLAG_RECENT;
		c->next = h->uid + 1;
		if (!(c->flags & CURSOR_COLD))
			return 0;
		rc = cold_of(op, c, h, &ret_msg->cold);
		if (rc == 0)
			return 0;
		if (rc < 0)
			return view_fault(op, c->view, rc);
		c->missing++;
	}
}

uint32_t view_cursor_pass(struct view_cursor *c, struct modseq *highest)
{
	struct walk *w = &c->walk;
	uint32_t end = c->limit, n = 0; // the first UID that is not passed over
	if (!c->all && c->uid_hint < c->uids.count && c->uids.ranges[c->uid_hint].last < end)
		end = c->uids.ranges[c->uid_hint].last + 1;
	if (!w->recs)
		return 0;
	const struct hot *h = &w->recs->r[w->r];
	while (w->r + n < w->recs->n && h[n].uid == c->next + n && h[n].uid < end) {
		if (h[n].modseq > highest->v)
			highest->v = h[n].modseq;
		n++;
	}
	w->r += n;
	w->before += n;
	c->next += n;
	return n;
}

struct blob_ref view_cursor_ahead(const struct view_cursor *c, uint32_t n)
{
	const struct recs *r = c->walk.recs;
	uint32_t at = c->walk.r + n - 1; // walk.r: the one after the present
	if (!c->cold || !r || at >= r->n || r->r[at].pos >= c->cold->n)
		return (struct blob_ref){ 0 };
	bool wanted = c->all ||
		(c->uid_hint < c->uids.count && c->uids.ranges[c->uid_hint].last >= r->r[at].uid);
	return wanted ? c->cold->c[r->r[at].pos].blob : (struct blob_ref){ 0 };
}

int view_msg(struct op *op, struct view *v, struct uid uid, struct msg *ret_msg)
{
	const struct hot *h = NULL;
	const struct chunk *chunk;
	int rc = uid.v && uid.v < v->told_next
		? snap_find(op, v->account, v->snap, uid.v, &h, &chunk)
		: 0;
	if (rc < 0)
		return view_fault(op, v, rc);
	if (!h)
		return MSG_GONE;
	struct seq seq;
	rc = view_seq_of(op, v, uid, &seq);
	struct cold_chunk *cold = NULL;
	if (rc == 0)
		rc = cold_load(op, place_of(v->account, v->snap), chunk->id, h->pos, &cold);
	if (rc)
		return rc < 0 ? view_fault(op, v, rc) : MSG_GONE;
	struct msg_cold *copy = op_new(op, struct msg_cold);
	if (copy) {
		*copy = cold->c[h->pos];
		*ret_msg = (struct msg){ .uid = uid,
			.seq = seq,
			.modseq = { h->modseq },
			.flags = h->flags,
			.kwset = h->kwset,
			.cold = copy };
		if (numset_has(&v->recent, uid.v))
			ret_msg->flags |= FLAG_RECENT;
	}
	cold_unref(cold);
	return copy ? 0 : RC_NOMEM;
}
