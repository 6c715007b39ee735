// SPDX-License-Identifier: Apache-2.0
// What a session tells its client next (view.h). A pass begins with a refresh and goes through expunges, EXISTS, RECENT, keywords, flags; it
// may be left at any point and continued later: what was told is counted as told at once. Expunges come from the highest number down,
// so that each is valid when it is sent and costs no search for the others.
#include "base/limits.h"
#include "mail/feed.h"
#include "mail/view_priv.h"

#include <stdlib.h>

// --- silenced changes ---

static void drop_oldest(struct view *v)
{
	numset_done(&v->silenced[0].uids);
	v->silenced_count--;
	memmove(v->silenced, v->silenced + 1, v->silenced_count * sizeof *v->silenced);
}

// The set for this modseq. NULL: out of memory (the client is then told what it knows: no harm).
static struct numset *silenced_for(struct view *v, uint64_t modseq)
{
	for (size_t i = v->silenced_count; i > 0; i--)
		if (v->silenced[i - 1].modseq == modseq)
			return &v->silenced[i - 1].uids;
	if (v->silenced_count == VIEW_SILENCED_MAX)
		drop_oldest(v);
	struct silenced *s = realloc(v->silenced, (v->silenced_count + 1) * sizeof *s);
	if (!s)
		return NULL;
	v->silenced = s;
	s[v->silenced_count] = (struct silenced){ .modseq = modseq };
	return &s[v->silenced_count++].uids;
}

void view_silence(struct view *v, struct uid uid, struct modseq modseq)
{
	struct numset *s = silenced_for(v, modseq.v);
	if (s)
		numset_add(s, uid.v);
}

void view_silence_set(struct view *v, const struct numset *uids, uint64_t modseq)
{
	struct numset *s = silenced_for(v, modseq);
	if (s)
		numset_add_set(s, uids);
}

static bool is_silenced(const struct view *v, const struct hot *h)
{
	for (size_t i = 0; i < v->silenced_count; i++)
		if (v->silenced[i].modseq >= h->modseq && numset_has(&v->silenced[i].uids, h->uid))
			return true;
	return false;
}

bool view_knows(const struct view *v, const struct hot *h)
{
	return h->modseq <= v->told_modseq || is_silenced(v, h);
}

bool view_was_told(const struct view *v, struct uid uid, struct modseq modseq)
{
	return view_knows(v, &(struct hot){ .uid = uid.v, .modseq = modseq.v });
}

static void forget_silenced(struct view *v)
{
	while (v->silenced_count && v->silenced[0].modseq <= v->told_modseq)
		drop_oldest(v);
	if (v->silenced_count == 0) {
		free(v->silenced);
		v->silenced = NULL;
	}
}

// --- one change each: 0, or SYNC_END when there is none of its kind ---

static void told_gone(struct view *v, uint32_t uid)
{
	numset_remove_range(&v->pending, uid, uid);
	v->pending_count--;
	if (v->recent_count && numset_has(&v->recent, uid))
		v->recent_count--;
}

static int next_expunge(struct op *op, struct view *v, struct view_change *c)
{
	if (!v->pending_count)
		return SYNC_END;
	uint32_t uid = numset_max(&v->pending), rank = v->live;
	int rc = uid < v->told_next - 1 ? snap_rank(op, v->account, v->snap, uid, &rank) : 0;
	if (rc < 0)
		return rc;
	*c = (struct view_change){ .kind = CHANGE_EXPUNGE };
	c->msg.uid.v = uid;
	c->msg.seq.v = rank + (uint32_t)v->pending_count;
	told_gone(v, uid);
	return 0;
}

static int take_new_recent(struct op *op, struct view *v, uint32_t announced_from)
{
	uint32_t from, count;
	mailbox_recent_take(v->mailbox, v->snap, !v->readonly, &from, &count);
	if (from < announced_from) { // what came before was another session's, or nobody's to take
		from = announced_from;
		count = v->snap->h.messages - v->live;
	}
	if (count && from < v->snap->h.uid_next) {
		numset_add_range(&v->recent, from, v->snap->h.uid_next - 1);
		v->recent_count += count;
	}
	return v->recent.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

static int next_exists(struct op *op, struct view *v, struct view_change *c)
{
	uint32_t announced_from = v->told_next;
	bool more = v->snap->h.messages > v->live;
	if (more) {
		int rc = take_new_recent(op, v, announced_from);
		if (rc < 0)
			return rc;
	}
	v->told_next = v->snap->h.uid_next;
	v->live = v->snap->h.messages;
	if (!more)
		return SYNC_END;
	*c = (struct view_change){ .kind = CHANGE_EXISTS, .count = view_exists(v) };
	return 0;
}

static int next_recent(struct view *v, struct view_change *c)
{
	if (v->recent_count == v->told_recent)
		return SYNC_END;
	v->told_recent = v->recent_count;
	*c = (struct view_change){ .kind = CHANGE_RECENT, .count = v->recent_count };
	return 0;
}

static int next_keywords(struct view *v, struct view_change *c)
{
	if (!view_keywords_grew(v))
		return SYNC_END;
	*c = (struct view_change){ .kind = CHANGE_KEYWORDS, .count = v->told_keywords };
	return 0;
}

static int next_flags(struct op *op, struct view *v, struct view_change *c)
{
	if (v->told_modseq >= v->flags_target)
		return SYNC_END;
	struct walk w;
	int rc = walk_begin(op, &w, v->account, v->snap);
	w.since = v->told_modseq;
	while (rc == 0) {
		const struct hot *h;
		uint32_t rank;
		rc = walk_next(op, &w, v->flags_next, &h, &rank);
		if (rc || h->uid >= v->flags_limit)
			break;
		v->flags_next = h->uid + 1;
		if (is_silenced(v, h))
			continue;
		*c = (struct view_change){ .kind = CHANGE_FLAGS };
		c->msg = (struct msg){ .uid = { h->uid },
			.seq = { rank + 1 + (uint32_t)numset_rank(&v->pending, h->uid) },
			.modseq = { h->modseq },
			.flags = h->flags,
			.kwset = h->kwset };
		if (numset_has(&v->recent, h->uid))
			c->msg.flags |= FLAG_RECENT;
		return 0;
	}
	return rc < 0 ? rc : SYNC_END;
}

static void pass_done(struct view *v, bool flags)
{
	v->in_pass = v->in_flags = false;
	if (!flags)
		return;
	if (v->told_modseq < v->flags_target)
		v->told_modseq = v->flags_target;
	if (!v->pending_count)
		v->whole_modseq = v->told_modseq;
	forget_silenced(v);
}

int view_sync_begin(struct op *op, struct view *v, const struct numset **ret_gone)
{
	int rc = v->in_pass ? 0 : view_refresh(op, v);
	if (rc < 0)
		return rc;
	v->in_pass = true;
	*ret_gone = &v->pending;
	return 0;
}

struct modseq view_flags_modseq(const struct view *v)
{
	return (struct modseq){ v->told_modseq };
}

int view_sync_next(struct op *op, struct view *v, unsigned what, struct view_change *ret_change)
{
	int rc = 0;
	if (!v->in_pass) {
		rc = view_refresh(op, v);
		if (rc < 0)
			return rc;
		v->in_pass = true;
	}
	rc = what & SYNC_EXPUNGE ? next_expunge(op, v, ret_change) : SYNC_END;
	if (rc != SYNC_END)
		return view_fault(op, v, rc);
	if (!(what & SYNC_REST)) {
		v->in_pass = v->in_flags;
		return SYNC_END;
	}
	if (!v->in_flags) {
		v->in_flags = true;
		v->flags_next = 1;
		v->flags_limit = v->told_next;
		v->flags_target = v->snap->h.modseq;
		rc = next_exists(op, v, ret_change);
		if (rc != SYNC_END)
			return rc;
	}
	rc = next_recent(v, ret_change);
	if (rc == SYNC_END)
		rc = next_keywords(v, ret_change);
	if (rc == SYNC_END && what & SYNC_FLAGS)
		rc = next_flags(op, v, ret_change);
	if (rc == SYNC_END)
		pass_done(v, what & SYNC_FLAGS);
	return rc < 0 ? view_fault(op, v, rc) : rc;
}

int view_sync_vanished(struct op *op, struct view *v, struct numset *ret_uids)
{
	int rc = v->in_pass ? 0 : view_refresh(op, v);
	if (rc < 0)
		return rc;
	v->in_pass = true;
	for (size_t i = 0; v->recent_count && i < v->pending.count; i++) {
		struct numset hit = { 0 };
		numset_copy(&hit, &v->recent);
		struct numset one = { .ranges = &v->pending.ranges[i], .count = 1 };
		numset_intersect(&hit, &one);
		v->recent_count -= (uint32_t)numset_size(&hit);
		numset_done(&hit);
	}
	numset_add_set(ret_uids, &v->pending);
	if (ret_uids->failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	numset_done(&v->pending);
	v->pending_count = 0;
	return 0;
}

unsigned view_untold(struct op *op, struct view *v)
{
	if (!view_is_stale(v))
		return 0;
	if (view_refresh(op, v) < 0)
		return CHANGED_NEW | CHANGED_EXPUNGED | CHANGED_FLAGS | CHANGED_SEEN;
	unsigned what = 0;
	if (v->pending_count)
		what |= CHANGED_EXPUNGED;
	if (v->snap->h.messages > v->live)
		what |= CHANGED_NEW;
	if (v->snap->h.modseq > v->told_modseq)
		what |= CHANGED_FLAGS | CHANGED_SEEN;
	return what;
}
