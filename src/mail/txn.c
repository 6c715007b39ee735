// SPDX-License-Identifier: Apache-2.0
// The pipeline of every change (txn.h, edit.h): lock, edit the tips, stage, unlock, wait, publish.
#include "mail/edit.h"

#include "mail/later_priv.h"
#include "mail/tree.h"

#include <stdlib.h>

int txn_begin(struct op *op, struct account *a, struct txn *t)
{
	*t = (struct txn){ .op = op, .account = a };
	pthread_mutex_lock(&a->lock);
	if (atomic_load(&a->gone)) {
		pthread_mutex_unlock(&a->lock);
		return op_fail(op, RC_NONEXISTENT, "the account was removed");
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
	a->last_ticket = t->ticket;
	for (unsigned i = 0; prepared; i++) {
		struct staged *s = prepared;
		prepared = prepared->next;
		*s = (struct staged){ .seq = t->seq, .ticket = t->ticket };
		if (i < t->edits) {
			struct edit *e = &t->edit[i];
			snap_unref(e->mailbox->tip);
			e->mailbox->tip = snap_ref(e->now);
			s->mailbox = mailbox_ref(e->mailbox);
			s->what = e->what;
			if (e->old->h.unseen != e->now->h.unseen)
				s->what |= CHANGED_SEEN;
			s->origin = t->op;
			s->snap = snap_ref(e->now);
		} else { // the last one: names, or nothing but the ticket
			s->tree = t->tree;
			s->dies = t->dies;
			s->metadata_delta = t->metadata_delta;
			a->metadata_octets += (uint64_t)t->metadata_delta;
			t->metadata_delta = 0;
			s->events = t->events;
			t->events = NULL;
			t->tree = NULL;
			t->dies = NULL;
			if (s->dies)
				atomic_store(&s->dies->dying, true);
		}
		staged_push(a, s);
	}
}

// Edits that came to nothing cost no commit.
static void drop_unchanged(struct txn *t)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < t->edits; i++) {
		struct edit *e = &t->edit[i];
		if (!e->changed)
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

// Memory for install(), which must not fail.
static int prepare(struct txn *t, struct staged **ret_prepared)
{
	unsigned n =
		t->edits + (t->tree || t->dies || t->metadata_delta || t->events || t->edits == 0);
	*ret_prepared = NULL;
	for (; n > 0; n--) {
		struct staged *s = calloc(1, sizeof *s);
		if (!s)
			return op_fail(t->op, RC_NOMEM, "out of memory");
		s->next = *ret_prepared;
		*ret_prepared = s;
	}
	return 0;
}

static int submit(struct txn *t)
{
	struct account *a = t->account;
	t->batch.after = a->last_ticket;
	int rc = store_submit(t->op, account_store(a), &t->batch, &t->ticket);
	if (rc ==
		RC_CONFLICT) { // the tips rest on what failed, and who waits for that has not come round yet
		staged_roll_back_locked(t->op, a);
		return op_fail(
			t->op, RC_UNAVAILABLE, "a change before this one could not be written");
	}
	return rc;
}

// Which batch of a change of several it is: a repair of the log must see that none of them is missing (mend.c). The last one takes the note away.
static void part_note(struct txn *t, bool more)
{
	char part[PART_OCTETS];
	store_u64(part, t->modseq);
	store_u32(part + 8, ++t->parts);
	batch_put(&t->batch, SPAN("G"), span_of(part, sizeof part));
	if (more)
		return;
	batch_delete(&t->batch, SPAN("G"));
	t->parts = 0;
}

static int stage(struct txn *t, bool more)
{
	drop_unchanged(t);
	struct staged *prepared = NULL;
	int rc = 0;
	for (unsigned i = 0; i < t->edits && rc == 0; i++)
		rc = edit_finish(&t->edit[i]);
	if (rc == 0 && (more ? t->batch.ops.n > 0 : t->parts > 0))
		part_note(t, more);
	if (rc == 0 && t->batch.ops.failed) // whatever it has: nothing of it may count as done
		rc = op_fail(t->op, RC_NOMEM, "out of memory");
	if (rc == 0 && t->batch.ops.n == 0) {
		close_edits(t);
		return 0;
	}
	if (rc == 0)
		rc = prepare(t, &prepared);
	if (rc == 0)
		rc = submit(t);
	if (rc == 0)
		install(t, prepared);
	else
		free_staged(prepared);
	close_edits(t);
	unsigned flags = t->batch.flags;
	batch_done(&t->batch);
	batch_init(&t->batch, t->account->partition);
	t->batch.flags = flags;
	return rc;
}

int txn_stage(struct txn *t)
{
	return stage(t, false);
}

int txn_stage_if_full(struct txn *t)
{
	return t->cost + t->batch.ops.n >= TXN_BATCH_FULL ? stage(t, true) : 0;
}

int txn_leave(struct txn *t, int rc)
{
	struct account *a = t->account;
	if (rc == 0)
		rc = txn_stage(t);
	close_edits(t);
	batch_done(&t->batch);
	if (t->tree)
		tree_unref(t->tree);
	mailbox_unref(t->dies);
	feed_free(t->events);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

void txn_leave_after(struct txn *t)
{
	struct account *a = t->account;
	t->ticket = a->last_ticket;
	t->seq = a->staged_seq;
	t->staged = t->ticket.v != 0;
	batch_done(&t->batch);
	pthread_mutex_unlock(&a->lock);
}

static int publish(struct op *op, struct account *a, uint64_t seq, int waited)
{
	if (waited < 0)
		staged_fail(op, a, seq);
	else
		staged_publish(a, seq);
	return waited;
}

int txn_wait(struct txn *t, int rc)
{
	struct account *a = t->account;
	if (!t->staged)
		return rc;
	int waited = publish(t->op, a, t->seq, store_wait(t->op, account_store(a), t->ticket));
	return waited < 0 ? waited : rc;
}

int txn_end(struct txn *t, int rc)
{
	return txn_wait(t, txn_leave(t, rc));
}

// --- without a thread ---

struct commit {
	struct decision *decision;
	struct account *account;
	struct mailbox *mailbox;
	uint64_t seq;
	struct store_ticket ticket;
};

static void commit_free(struct commit *c)
{
	decision_free(c->decision);
	mailbox_leave(c->mailbox);
	mailbox_unref(c->mailbox);
	account_unref(c->account);
	free(c);
}

static struct commit *commit_new(const struct txn *t, struct mailbox *mb)
{
	struct commit *c = t->op->later ? calloc(1, sizeof *c) : NULL;
	if (!c)
		return NULL; // it waits then
	c->account = account_ref(t->account);
	c->mailbox = mailbox_ref(mb);
	mailbox_enter(mb);
	c->seq = t->seq;
	c->ticket = t->ticket;
	return c;
}

int txn_end_later(struct txn *t, int rc, struct mailbox *mb)
{
	struct account *a = t->account;
	rc = txn_leave(t, rc);
	if (!t->staged)
		return rc;
	struct commit *c = rc == 0 ? commit_new(t, mb) : NULL;
	int waited = decision_wait(t->op, account_store(a), t->ticket, c ? t->op->later : NULL,
		c ? &c->decision : NULL);
	if (waited == STORE_LATER) {
		t->op->later->commit = c;
		return 0;
	}
	waited = publish(t->op, a, t->seq, waited);
	if (c)
		commit_free(c);
	return waited < 0 ? waited : rc;
}

bool commit_is_decided(const struct commit *c)
{
	return decision_is_known(c->decision);
}

int commit_finish(struct op *op, struct commit *c)
{
	struct account *a = c->account;
	int rc = publish(op, a, c->seq, store_wait(op, account_store(a), c->ticket));
	commit_free(c);
	return rc < 0 ? rc : 0;
}
