// SPDX-License-Identifier: Apache-2.0
// STORE and EXPUNGE: changes of messages in place. Chunks are loaded before account.lock is taken; under it one chunk after the other is changed.
#include "mail/edit.h"
#include "mail/view_priv.h"

// --- STORE ---

struct store_run {
	struct view *view;
	const struct flags_args *args;
	struct flags_result *result;
	struct numset silent;
	size_t hint;
	uint32_t live; // messages of the set that are there
};

static uint8_t new_flags(const struct flags_args *args, uint8_t old)
{
	uint8_t f = (uint8_t)(args->list.flags & FLAG_SYSTEM);
	switch (args->change) {
	case FLAGS_ADD:
		return old | f;
	case FLAGS_REMOVE:
		return old & (uint8_t)~f;
	default:
		return f;
	}
}

// RFC 7162 section 3.1.3: UNCHANGEDSINCE 0 fails if the item exists. A system flag always does; a keyword does where it is set.
static bool is_unset(const struct store_run *run, const struct edit *e, const struct hot *h)
{
	const struct flags_args *args = run->args;
	const struct keywords *k = e->body->keywords;
	if (args->unchanged_since.v || args->change == FLAGS_REPLACE || args->list.flags ||
		!args->list.keyword_count)
		return false;
	for (size_t i = 0; i < args->list.keyword_count; i++) {
		uint32_t id = keywords_find(k, args->list.keywords[i]);
		if (id != KEYWORD_NONE && keywords_set_has(k, h->kwset, id))
			return false;
	}
	return true;
}

// Keywords that exclude each other: the result is not what the client thinks.
static bool lost_any(const struct flags_args *args, const struct edit *e, uint32_t was, uint32_t is)
{
	if (args->change == FLAGS_REMOVE)
		return false;
	return edit_set_lost(e, args->change == FLAGS_ADD ? was : 0, is, &args->list);
}

static int change_one(struct store_run *run, struct edit *e, struct edit_at *at, uint32_t r)
{
	const struct hot h = at->recs->r[r];
	const struct flags_args *args = run->args;
	run->live++;
	if (h.modseq > args->unchanged_since.v && !is_unset(run, e, &h)) {
		numset_add(&run->result->modified, h.uid);
		return 0;
	}
	uint8_t flags = new_flags(args, h.flags);
	uint32_t set;
	int rc = edit_set_change(e, h.kwset, args->change, &args->list, &set);
	if (rc < 0 || (flags == h.flags && set == h.kwset))
		return rc;
	rc = edit_flags(e, at, r, flags, set);
	if (rc < 0)
		return rc;
	run->result->modseq.v = e->txn->modseq;
	numset_add(&run->result->changed, h.uid);
	if (args->silent && view_knows(run->view, &h) && !lost_any(args, e, h.kwset, set))
		numset_add(&run->result->silent, h.uid);
	return 0;
}

static int change_chunk(struct store_run *run, struct edit *e, struct edit_at *at, uint32_t from)
{
	const struct flags_result *result = run->result;
	int rc = 0;
	for (uint32_t r = 0; rc == 0 && r < at->recs->n; r++) {
		uint32_t uid = at->recs->r[r].uid;
		if (uid < from)
			continue;
		if (uid >= run->view->told_next)
			break;
		if (numset_next(run->args->uids, uid, &run->hint) == uid)
			rc = change_one(run, e, at, r);
	}
	if (rc == 0 && (result->changed.failed || result->modified.failed || result->silent.failed))
		rc = op_fail(e->txn->op, RC_NOMEM, "out of memory");
	return rc;
}

static int change_all(struct store_run *run, struct txn *t)
{
	uint32_t from = 1;
	for (;;) {
		struct edit *e;
		struct edit_at at;
		from = numset_next(run->args->uids, from, &run->hint);
		if (from == 0 || from >= run->view->told_next)
			return 0;
		int rc = txn_edit(t, run->view->mailbox, &e);
		if (rc == 0)
			rc = edit_seek(e, from, false, &at);
		if (rc)
			return rc < 0 ? rc : 0;
		uint32_t last = at.last;
		rc = change_chunk(run, e, &at, from);
		if (rc == 0)
			rc = txn_stage_if_full(t);
		if (rc < 0 || last == UINT32_MAX)
			return rc;
		from = last + 1;
	}
}

// Messages are marked before they are expunged: that goes on when the volume is full. Doing it again changes nothing, so it cannot use up the reserve.
static bool leads_to_expunge(const struct flags_args *args)
{
	return args->change == FLAGS_ADD && args->list.flags & FLAG_DELETED &&
		!args->list.keyword_count;
}

int txn_flags(struct op *op, struct view *v, const struct flags_args *args,
	struct flags_result *ret_result)
{
	struct flags_result result = { 0 };
	struct store_run run = { .view = v, .args = args, .result = &result };
	struct numset known = { 0 };
	struct txn t;
	if (v->readonly)
		return op_fail(op, RC_CANNOT, "the mailbox is open read-only");
	struct snap *s = mailbox_snap_ref(v->mailbox);
	int rc = view_seqs_of(op, v, args->uids, &known);
	if (rc == 0)
		rc = snap_prefetch(op, v->account, s, args->uids);
	snap_unref(s);
	if (rc == 0)
		rc = txn_begin(op, v->account, &t);
	if (rc == 0) {
		t.batch.flags = leads_to_expunge(args) ? STORE_FREES : 0;
		rc = txn_end_later(&t, change_all(&run, &t), v->mailbox);
	}
	uint32_t expected = (uint32_t)numset_size(&known);
	result.missing = expected > run.live ? expected - run.live : 0;
	if (rc == 0 && !(op->later && op->later->commit))
		txn_flags_done(v, &result);
	numset_done(&known);
	if (rc < 0) {
		flags_result_done(&result);
		return view_fault(op, v, rc);
	}
	*ret_result = result;
	return 0;
}

void txn_flags_done(struct view *v, struct flags_result *r)
{
	if (!numset_is_empty(&r->silent))
		view_silence_set(v, &r->silent, r->modseq.v);
	numset_done(&r->silent);
}

void flags_result_done(struct flags_result *r)
{
	numset_done(&r->silent);
	numset_done(&r->modified);
	numset_done(&r->changed);
}

// --- EXPUNGE ---

// What is removed: messages of `uids` (NULL: all) that have \Deleted or, with `any`, whatever their flags.
struct removal {
	const struct numset *uids;
	bool any;
	struct numset gone;
};

static int expunge_chunk(struct edit *e, struct edit_at *at, struct removal *what)
{
	uint64_t bits[2] = { 0, 0 };
	size_t hint = 0;
	for (uint32_t r = 0; r < at->recs->n; r++) {
		const struct hot *h = &at->recs->r[r];
		if (!(what->any || h->flags & FLAG_DELETED) ||
			(what->uids && numset_next(what->uids, h->uid, &hint) != h->uid))
			continue;
		bits[r / 64] |= UINT64_C(1) << (r % 64);
		numset_add(&what->gone, h->uid);
	}
	if (what->gone.failed)
		return op_fail(e->txn->op, RC_NOMEM, "out of memory");
	return bits[0] | bits[1] ? edit_remove(e, at, bits) : 0;
}

static int expunge_all(struct txn *t, struct mailbox *mb, struct removal *what)
{
	uint32_t from = 1;
	size_t hint = 0;
	for (;;) {
		struct edit *e;
		struct edit_at at;
		if (what->uids)
			from = numset_next(what->uids, from, &hint);
		if (from == 0)
			return 0;
		int rc = txn_edit(t, mb, &e);
		if (rc == 0)
			rc = edit_seek(e, from, !what->any, &at);
		if (rc)
			return rc < 0 ? rc : 0;
		uint32_t last = at.last;
		rc = expunge_chunk(e, &at, what);
		if (rc == 0)
			rc = txn_stage_if_full(t);
		if (rc < 0 || last == UINT32_MAX)
			return rc;
		from = last + 1;
	}
}

// Loads the chunks that have messages to be expunged.
static int prefetch_deleted(struct op *op, struct account *a, struct snap *s)
{
	struct walk w;
	int rc = walk_begin(op, &w, a, s);
	w.only = WALK_DELETED;
	for (uint32_t from = 0; rc == 0;) {
		const struct hot *h;
		uint32_t rank;
		rc = walk_next(op, &w, from, &h, &rank);
		if (rc == 0) {
			uint32_t last = w.entries->e[w.e].last;
			if (last == UINT32_MAX)
				break;
			from = last + 1;
		}
	}
	return rc < 0 ? rc : 0;
}

// A few chunks stand for all; faults do not matter here.
void hint_dropped(struct op *op, struct view *v, struct snap *was, const struct numset *gone)
{
	struct walk w;
	size_t hint = 0, seen = 0;
	struct cold_chunk *cold = NULL;
	if (walk_begin(op, &w, v->account, was) < 0)
		return;
	for (uint32_t from = 1; seen < 1024; seen++) {
		const struct hot *h;
		uint32_t rank;
		from = numset_next(gone, from, &hint);
		if (from == 0 || walk_next(op, &w, from, &h, &rank) || h->uid != from)
			break;
		uint32_t chunk = walk_chunk(&w)->id;
		if (!cold || cold->chunk != chunk) {
			cold_unref(cold);
			cold = NULL;
			if (cold_load(op, place_of(v->account, was), chunk, h->pos, &cold))
				break;
		}
		if (h->pos < cold->n)
			store_blob_dropped(account_store(v->account), cold->c[h->pos].blob);
		if (++from == 0)
			break;
	}
	cold_unref(cold);
}

static int remove_messages(
	struct op *op, struct view *v, struct removal *what, struct numset *ret_uids)
{
	struct txn t;
	if (v->readonly)
		return op_fail(op, RC_CANNOT, "the mailbox is open read-only");
	struct snap *s = mailbox_snap_ref(v->mailbox);
	int rc = 0;
	if (what->any)
		rc = snap_prefetch(op, v->account, s, what->uids);
	else if (s->h.deleted)
		rc = prefetch_deleted(op, v->account, s);
	if (rc == 0)
		rc = txn_begin(op, v->account, &t);
	if (rc == 0) {
		t.batch.flags = STORE_FREES;
		rc = txn_end(&t, expunge_all(&t, v->mailbox, what));
	}
	if (rc == 0 && what->gone.count)
		hint_dropped(op, v, s, &what->gone);
	snap_unref(s);
	if (rc < 0) {
		numset_done(&what->gone);
		return view_fault(op, v, rc);
	}
	*ret_uids = what->gone;
	return 0;
}

int txn_expunge(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_uids)
{
	struct removal what = { .uids = uids };
	return remove_messages(op, v, &what, ret_uids);
}

int txn_remove(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_uids)
{
	struct removal what = { .uids = uids, .any = true };
	return remove_messages(op, v, &what, ret_uids);
}
