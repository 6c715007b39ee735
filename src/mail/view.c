// SPDX-License-Identifier: Apache-2.0
// Views: opening, numbers, refreshing (view_priv.h says how numbers come about). No locks while messages are read.
#include "mail/view_priv.h"

#include "base/limits.h"

#include <stdlib.h>

int view_fault(struct op *op, const struct view *v, int rc)
{
	if (rc < 0 && atomic_load_explicit(&v->mailbox->dying, memory_order_acquire))
		return op_fail(op, RC_NONEXISTENT, "the mailbox was deleted");
	return rc;
}

// Takes what is recent of the messages that are announced now.
static int take_recent(struct op *op, struct view *v)
{
	uint32_t from, count;
	mailbox_recent_take(v->mailbox, v->snap, !v->keeps_recent, &from, &count);
	uint32_t next = v->snap->h.uid_next;
	// A view that does not take sees the same ones again: only those that are new to it count.
	uint32_t seen = numset_max(&v->recent) + 1;
	if (v->keeps_recent && v->recent.count && from < seen) {
		from = seen;
		count = snap_count_from(v->snap, from);
	}
	if (from < next && count) {
		numset_add_range(&v->recent, from, next - 1);
		v->recent_count += count;
	}
	return v->recent.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int view_open_mailbox(struct op *op, struct account *a, struct mailbox *mb, unsigned flags,
	struct view **ret_view)
{
	struct view *v = calloc(1, sizeof *v);
	if (!v)
		return op_fail(op, RC_NOMEM, "out of memory");
	v->mailbox = mailbox_ref(mb);
	v->account = account_ref(a);
	v->readonly = flags & VIEW_READONLY;
	v->keeps_recent = flags & (VIEW_READONLY | VIEW_KEEPS_RECENT);
	mailbox_enter(v->mailbox);
	v->snap = mailbox_snap_ref(v->mailbox);
	v->live = v->snap->h.messages;
	v->told_next = v->snap->h.uid_next;
	v->told_modseq = v->whole_modseq = v->snap->h.modseq;
	struct body *b;
	int rc = view_fault(op, v, snap_body(op, a, v->snap, &b));
	if (rc == 0)
		rc = take_recent(op, v);
	if (rc < 0) {
		view_close(v);
		return rc;
	}
	v->told_keywords = keywords_count(b->keywords);
	v->told_recent = v->recent_count;
	*ret_view = v;
	return 0;
}

int view_open(
	struct op *op, struct account *a, struct span name, unsigned flags, struct view **ret_view)
{
	struct mailbox *mb = mailbox_by_name(a, name);
	if (!mb)
		return op_fail(op, RC_NONEXISTENT, "there is no mailbox of that name");
	int rc = view_open_mailbox(op, a, mb, flags, ret_view);
	mailbox_unref(mb);
	return rc;
}

void view_close(struct view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->silenced_count; i++)
		numset_done(&v->silenced[i].uids);
	free(v->silenced);
	numset_done(&v->pending);
	numset_done(&v->recent);
	snap_unref(v->snap);
	mailbox_leave(v->mailbox);
	mailbox_unref(v->mailbox);
	account_unref(v->account);
	free(v);
}

bool view_is_readonly(const struct view *v)
{
	return v->readonly;
}

struct account *view_account(const struct view *v)
{
	return v->account;
}

struct mailbox *view_mailbox(const struct view *v)
{
	return v->mailbox;
}

bool view_is_gone(const struct view *v)
{
	return mailbox_is_deleted(v->mailbox);
}

uint32_t view_exists(const struct view *v)
{
	return v->live + (uint32_t)v->pending_count;
}

uint32_t view_recent(const struct view *v)
{
	return v->recent_count;
}

struct uid view_uid_next(const struct view *v)
{
	return (struct uid){ v->told_next };
}

uint32_t view_uid_validity(const struct view *v)
{
	return v->snap->h.uid_validity;
}

struct modseq view_modseq(const struct view *v)
{
	return (struct modseq){ v->whole_modseq };
}

bool view_has_hidden(const struct view *v)
{
	return v->pending_count;
}

const struct keywords *view_keywords(const struct view *v)
{
	return atomic_load_explicit(&v->snap->body, memory_order_acquire)
		->keywords; // loaded by view_open
}

bool view_keywords_grew(struct view *v)
{
	uint32_t count = keywords_count(view_keywords(v));
	if (count <= v->told_keywords)
		return false;
	v->told_keywords = count;
	return true;
}

int view_first_unseen(struct op *op, struct view *v, struct seq *ret_seq)
{
	struct walk w;
	const struct hot *h;
	uint32_t rank;
	ret_seq->v = 0;
	int rc = v->snap->h.unseen ? walk_begin(op, &w, v->account, v->snap) : WALK_END;
	if (rc == 0)
		w.only = WALK_UNSEEN;
	while (rc == 0) {
		rc = walk_next(op, &w, 0, &h, &rank);
		if (rc || h->uid >= v->told_next)
			break;
		if (!(h->flags & FLAG_SEEN)) {
			ret_seq->v = rank + 1 + (uint32_t)numset_rank(&v->pending, h->uid);
			break;
		}
	}
	return rc < 0 ? view_fault(op, v, rc) : 0;
}

// --- numbers ---

// How many known messages have a uid <= uid.
static int known_rank(struct op *op, struct view *v, uint32_t uid, uint32_t *ret_rank)
{
	uint32_t rank = v->live;
	int rc = 0;
	if (uid < v->told_next - 1)
		rc = snap_rank(op, v->account, v->snap, uid, &rank);
	*ret_rank = rank + (v->pending_count ? (uint32_t)numset_rank(&v->pending, uid) : 0);
	return view_fault(op, v, rc);
}

// Among several pending ranges: the last one that begins at or before number `seq`.
static int pending_before(
	struct op *op, struct view *v, uint32_t seq, size_t *ret_count, uint32_t *ret_first_seq)
{
	size_t low = 0, high = v->pending.count; // ranges below low begin at or before seq
	*ret_first_seq = 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t at;
		int rc = known_rank(op, v, v->pending.ranges[mid].first, &at);
		if (rc < 0)
			return rc;
		if (at <= seq) {
			low = mid + 1;
			*ret_first_seq = at;
		} else {
			high = mid;
		}
	}
	*ret_count = low;
	return 0;
}

int view_uid_of(struct op *op, struct view *v, struct seq seq, struct uid *ret_uid)
{
	ret_uid->v = 0;
	if (seq.v == 0 || seq.v > view_exists(v))
		return 0;
	uint32_t before = 0;
	if (v->pending.count) {
		size_t n;
		uint32_t first_seq;
		int rc = pending_before(op, v, seq.v, &n, &first_seq);
		if (rc < 0)
			return rc;
		if (n) {
			const struct numrange *r = &v->pending.ranges[n - 1];
			if (seq.v - first_seq <= r->last - r->first) {
				ret_uid->v = r->first + (seq.v - first_seq);
				return 0;
			}
			before = (uint32_t)numset_rank(&v->pending, r->last);
		}
	}
	return view_fault(
		op, v, snap_nth(op, v->account, v->snap, seq.v - 1 - before, &ret_uid->v));
}

int view_seq_of(struct op *op, struct view *v, struct uid uid, struct seq *ret_seq)
{
	ret_seq->v = 0;
	if (uid.v == 0 || uid.v >= v->told_next)
		return 0;
	uint32_t upto, below;
	int rc = known_rank(op, v, uid.v, &upto);
	if (rc == 0)
		rc = known_rank(op, v, uid.v - 1, &below);
	if (rc == 0 && upto > below)
		ret_seq->v = upto;
	return rc;
}

int view_uids_of(struct op *op, struct view *v, const struct numset *seqs, struct numset *ret_uids)
{
	uint32_t exists = view_exists(v);
	for (size_t i = 0; i < seqs->count; i++) {
		uint32_t first = seqs->ranges[i].first, last = seqs->ranges[i].last;
		if (first == 0)
			first = 1;
		if (last > exists)
			last = exists;
		if (first > last)
			continue;
		struct uid a, b;
		int rc = view_uid_of(op, v, (struct seq){ first }, &a);
		if (rc == 0)
			rc = view_uid_of(op, v, (struct seq){ last }, &b);
		if (rc < 0)
			return rc;
		numset_add_range(
			ret_uids, a.v, b.v); // uids between them that are no messages do no harm
	}
	return ret_uids->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int view_seqs_of(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_seqs)
{
	for (size_t i = 0; i < uids->count; i++) {
		uint32_t first = uids->ranges[i].first, below = 0, upto;
		int rc = first > 1 ? known_rank(op, v, first - 1, &below) : 0;
		if (rc == 0)
			rc = known_rank(op, v, uids->ranges[i].last, &upto);
		if (rc < 0)
			return rc;
		if (upto > below)
			numset_add_range(ret_seqs, below + 1, upto);
	}
	return ret_seqs->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int view_numbers(struct op *op, struct view *v, const struct numset *uids, uint32_t *ret_seqs)
{
	struct numset seqs = { 0 };
	size_t n = 0;
	int rc = view_seqs_of(op, v, uids, &seqs);
	if (rc == 0 && numset_size(&seqs) != numset_size(uids))
		rc = op_fail(op, RC_SERVERBUG, "numbers are asked for of unknown messages");
	for (size_t i = 0; rc == 0 && i < seqs.count; i++)
		for (uint64_t seq = seqs.ranges[i].first; seq <= seqs.ranges[i].last; seq++)
			ret_seqs[n++] = (uint32_t)seq;
	numset_done(&seqs);
	return rc;
}

// --- moving on ---

bool view_is_stale(const struct view *v)
{
	return v->pending_count ||
		v->told_modseq < atomic_load_explicit(&v->mailbox->modseq, memory_order_acquire) ||
		mailbox_is_deleted(v->mailbox);
}

int view_refresh(struct op *op, struct view *v)
{
	struct snap *now = mailbox_snap_ref(v->mailbox);
	if (now == v->snap) {
		snap_unref(now);
		return 0;
	}
	struct numset gone = { 0 };
	struct body *b;
	int rc = snap_body(op, v->account, now, &b); // view_keywords() relies on it
	if (rc == 0)
		rc = snap_diff(op, v->account, v->snap, now, v->told_next, &gone);
	uint64_t count = numset_size(&gone);
	if (rc == 0 && count) {
		numset_add_set(&v->pending, &gone);
		v->pending_count += count;
		v->live -= (uint32_t)count;
		if (v->pending.failed)
			rc = op_fail(op, RC_NOMEM, "out of memory");
		else if (v->pending.count > VIEW_PENDING_MAX)
			rc = op_fail(op, RC_LIMIT, "too many expunged messages wait to be told");
	}
	numset_done(&gone);
	if (rc < 0 && rc != RC_LIMIT) {
		snap_unref(now);
		return view_fault(op, v, rc);
	}
	// RENAME parted INBOX from its messages: another table of keywords.
	if (now->h.data != v->snap->h.data)
		v->told_keywords = 0;
	snap_unref(v->snap);
	v->snap = now;
	// A pass that was left half-way begins anew: what is told by its end is all there is now.
	v->in_flags = false;
	return rc;
}

// --- since a modseq ---

int view_changed_since(struct op *op, struct view *v, struct modseq since, struct numset *ret_uids)
{
	struct walk w;
	int rc = walk_begin(op, &w, v->account, v->snap);
	w.since = since.v;
	while (rc == 0) {
		const struct hot *h;
		uint32_t rank;
		rc = walk_next(op, &w, 0, &h, &rank);
		if (rc == 0 && h->uid >= v->told_next)
			break;
		if (rc == 0)
			numset_add(ret_uids, h->uid);
	}
	if (rc >= 0 && ret_uids->failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	return rc < 0 ? view_fault(op, v, rc) : 0;
}

// All uids below told_next that are no messages: what may have been expunged at any time.
static int never_live(struct op *op, struct view *v, struct numset *ret_uids)
{
	struct walk w;
	uint32_t next = 1;
	int rc = walk_begin(op, &w, v->account, v->snap);
	while (rc == 0) {
		const struct hot *h;
		uint32_t rank;
		rc = walk_next(op, &w, 0, &h, &rank);
		if (rc || h->uid >= v->told_next)
			break;
		if (h->uid > next)
			numset_add_range(ret_uids, next, h->uid - 1);
		next = h->uid + 1;
	}
	if (rc >= 0 && next < v->told_next)
		numset_add_range(ret_uids, next, v->told_next - 1);
	return rc < 0 ? rc : 0;
}

int view_expunged_since(struct op *op, struct view *v, struct modseq since, struct numset *ret_uids)
{
	int rc = expunge_log_since(op, v->account, v->snap, since.v, v->told_next, ret_uids);
	if (rc == LOG_TRIMMED) {
		numset_reset(ret_uids);
		rc = never_live(op, v, ret_uids);
	}
	for (size_t i = 0; rc == 0 && i < v->pending.count; i++) // these will be told on their own
		numset_remove_range(
			ret_uids, v->pending.ranges[i].first, v->pending.ranges[i].last);
	if (rc == 0 && ret_uids->failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	return rc < 0 ? view_fault(op, v, rc) : 0;
}
