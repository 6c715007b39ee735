// SPDX-License-Identifier: Apache-2.0
// The pipeline of every change (txn.h, edit.h): lock, edit the tips, stage, unlock, wait, publish.
#include "mail/edit.h"

#include "mail/tree.h"
#include "run/crew.h"

#include <stdlib.h>

int txn_begin(struct op *op, struct account *a, struct txn *t)
{
	*t = (struct txn){ .op = op, .account = a };
	pthread_mutex_lock(&a->lock);
	int rc = 0;
	if (atomic_load(&a->gone))
		rc = op_fail(op, RC_NONEXISTENT, "the account was removed");
	else if (a->failed)
		rc = op_fail(
			op, RC_READONLY, "a write to the store failed, changes are not possible");
	if (rc < 0) {
		pthread_mutex_unlock(&a->lock);
		return rc;
	}
	t->modseq = a->modseq + 1;
	batch_init(&t->batch, a->partition);
	return 0;
}

// The body of a state that is to be changed: its blocks are shared.
static struct body *body_copy(const struct body *b)
{
	struct body *c = body_new(b->n + 1);
	if (!c)
		return NULL;
	memcpy(c->t, b->t, b->n * sizeof *c->t);
	for (c->n = 0; c->n < b->n; c->n++)
		ref_take(&c->t[c->n].block->refs);
	c->keywords = keywords_ref(b->keywords);
	return c;
}

int txn_edit(struct txn *t, struct mailbox *mb, struct edit **ret_edit)
{
	for (unsigned i = 0; i < t->edits; i++)
		if (t->edit[i].mailbox == mb) {
			*ret_edit = &t->edit[i];
			return 0;
		}
	if (atomic_load(&mb->dying))
		return op_fail(t->op, RC_NONEXISTENT, "the mailbox was deleted");
	must(t->edits < countof(t->edit));
	struct account *a = t->account;
	struct body *body;
	int rc = snap_body(t->op, a, mb->tip, &body);
	if (rc == 0 && mb->tip->h.unseen_from && mb->copies == 0)
		rc = copy_clean(t, mb);
	if (rc < 0)
		return rc;
	struct edit *e = &t->edit[t->edits];
	*e = (struct edit){ .txn = t, .mailbox = mb, .serial = ++a->edits };
	e->now = snap_new(&mb->tip->h);
	e->body = body_copy(body);
	if (!e->now || !e->body) {
		snap_unref(e->now);
		body_unref(e->body);
		return op_fail(t->op, RC_NOMEM, "out of memory");
	}
	atomic_store_explicit(&e->now->body, e->body, memory_order_release);
	e->old = snap_ref(mb->tip);
	pthread_mutex_lock(&a->publish);
	uint32_t mark = mb->recent_mark;
	pthread_mutex_unlock(&a->publish);
	e->now->h.recent = snap_count_from(mb->tip, mark);
	e->now->h.recent_mark = mark;
	if (mb->copies == 0)
		e->now->h.unseen_from = 0;
	(void)mailbox_ref(mb);
	t->edits++;
	t->cost += 300;
	*ret_edit = e;
	return 0;
}

static void edit_close(struct edit *e)
{
	snap_unref(e->old);
	snap_unref(e->now); // its body goes with it
	mailbox_unref(e->mailbox);
	buf_done(&e->keyword_log);
	buf_done(&e->cold);
	numset_done(&e->expunged);
	free(e->set_from);
	free(e->set_to);
	*e = (struct edit){ 0 };
}

static void close_edits(struct txn *t)
{
	for (unsigned i = 0; i < t->edits; i++)
		edit_close(&t->edit[i]);
	t->edits = 0;
	t->cost = 0;
}

// In line for the log: the edits' states are the tips now.
static void install(struct txn *t, struct staged *prepared)
{
	struct account *a = t->account;
	a->modseq = t->modseq;
	t->seq = ++a->staged_seq;
	t->staged = true;
	for (unsigned i = 0; i < t->edits; i++) {
		struct staged *s = prepared;
		prepared = prepared->next;
		struct edit *e = &t->edit[i];
		snap_unref(e->mailbox->tip);
		e->mailbox->tip = snap_ref(e->now);
		*s = (struct staged){
			.seq = t->seq, .mailbox = mailbox_ref(e->mailbox), .snap = snap_ref(e->now)
		};
		staged_push(a, s);
	}
	if (t->tree || t->dies) {
		if (t->dies)
			atomic_store(&t->dies->dying, true);
		*prepared = (struct staged){ .seq = t->seq, .tree = t->tree, .dies = t->dies };
		t->tree = NULL;
		t->dies = NULL;
		staged_push(a, prepared);
	}
}

// Edits that came to nothing cost no commit.
static void drop_unchanged(struct txn *t)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < t->edits; i++) {
		struct edit *e = &t->edit[i];
		if (!e->force && e->now->h.modseq == e->old->h.modseq)
			edit_close(e);
		else if (kept++ != i) {
			t->edit[kept - 1] = *e;
			*e = (struct edit){ 0 };
		}
	}
	t->edits = kept;
}

static void free_staged(struct staged *s)
{
	while (s) {
		struct staged *next = s->next;
		free(s);
		s = next;
	}
}

int txn_stage(struct txn *t)
{
	drop_unchanged(t);
	unsigned n = t->edits + (t->tree || t->dies ? 1u : 0u);
	struct staged *prepared = NULL;
	int rc = 0;
	for (unsigned i = 0; i < t->edits && rc == 0; i++)
		rc = edit_finish(&t->edit[i]);
	if (rc == 0 && t->batch.ops.n == 0) {
		close_edits(t);
		return 0;
	}
	for (unsigned i = 0; i < n && rc == 0; i++) {
		struct staged *s = calloc(1, sizeof *s);
		if (!s) {
			rc = op_fail(t->op, RC_NOMEM, "out of memory");
			break;
		}
		s->next = prepared;
		prepared = s;
	}
	if (rc == 0)
		rc = store_submit(t->op, account_store(t->account), &t->batch, &t->ticket);
	if (rc == 0) {
		install(t, prepared);
		prepared = NULL;
	}
	free_staged(prepared);
	close_edits(t);
	unsigned flags = t->batch.flags;
	batch_done(&t->batch);
	batch_init(&t->batch, t->account->partition);
	t->batch.flags = flags;
	return rc;
}

int txn_stage_if_full(struct txn *t)
{
	return t->cost + t->batch.ops.n >= TXN_BATCH_FULL ? txn_stage(t) : 0;
}

int txn_end(struct txn *t, int rc)
{
	struct account *a = t->account;
	if (rc == 0)
		rc = txn_stage(t);
	close_edits(t);
	batch_done(&t->batch);
	if (t->tree)
		tree_unref(t->tree);
	mailbox_unref(t->dies);
	pthread_mutex_unlock(&a->lock);
	if (!t->staged)
		return rc;
	crew_block_begin(CREW_DISK);
	int waited = store_wait(t->op, account_store(a), t->ticket);
	crew_block_end();
	if (waited < 0) {
		staged_fail(a, t->seq);
		return waited;
	}
	staged_publish(a, t->seq);
	return rc;
}
