// SPDX-License-Identifier: Apache-2.0
// From staged to visible. Staged states stand in a line in the order of their submission; when one is durable, all before it are
// (store.h: order of submission is order of effect), so whoever waited publishes everything up to his own. account.publish guards the line
// and what is visible; only pointers change hands under it.
#include "mail/edit.h"
#include "mail/seen_priv.h"
#include "mail/sent_priv.h"
#include "mail/tree.h"

#include <stdlib.h>

void staged_push(struct account *a, struct staged *s)
{
	s->next = NULL;
	pthread_mutex_lock(&a->publish);
	*a->staged_end = s;
	a->staged_end = &s->next;
	pthread_mutex_unlock(&a->publish);
}

// Makes one visible; what it replaces is left in `s` for the caller to let go of.
static void apply_locked(struct account *a, struct staged *s)
{
	if (s->snap) {
		struct snap *was = s->mailbox->published;
		s->mailbox->published = s->snap;
		atomic_store_explicit(&s->mailbox->modseq, s->snap->h.modseq, memory_order_release);
		s->snap = was;
		if (s->what)
			feed_changed_locked(a, s->mailbox, s->what, s->origin);
	}
	if (s->tree) {
		const struct tree *was = a->tree;
		a->tree = s->tree;
		s->tree = was;
	}
	if (s->dies) {
		atomic_store(&s->dies->deleted, true);
		mailbox_not_idle(s->dies); // nobody comes for its records
		feed_forget_locked(a, s->dies);
	}
	s->noted = s->events != NULL;
	feed_publish_locked(a, s->events);
	s->events = NULL;
}

static void let_go(struct staged *s)
{
	snap_unref(s->snap);
	if (s->tree)
		tree_unref(s->tree);
	mailbox_unref(s->dies);
	mailbox_unref(s->mailbox);
	feed_free(s->events);
	free(s);
}

static void wake_and_let_go(struct account *a, struct staged *done)
{
	while (done) {
		struct staged *s = done;
		done = s->next;
		if (s->mailbox)
			account_wake(a, ACCOUNT_CHANGED_MESSAGES, s->mailbox);
		if (s->dies)
			account_wake(a, ACCOUNT_CHANGED_MESSAGES, s->dies);
		if (s->tree || s->noted)
			account_wake(a, ACCOUNT_CHANGED_NAMES, NULL);
		let_go(s);
	}
}

void staged_publish(struct account *a, uint64_t seq)
{
	struct staged *done = NULL, **end = &done;
	pthread_mutex_lock(&a->publish);
	while (a->staged && a->staged->seq <= seq) {
		struct staged *s = a->staged;
		a->staged = s->next;
		apply_locked(a, s);
		s->next = NULL;
		*end = s;
		end = &s->next;
	}
	if (!a->staged)
		a->staged_end = &a->staged;
	pthread_mutex_unlock(&a->publish);
	wake_and_let_go(a, done);
}

// What `s` made the tips is taken back.
static void take_back_locked(struct account *a, struct staged *s)
{
	if (s->dies)
		atomic_store(&s->dies->dying, false);
	a->metadata_octets -= (uint64_t)s->metadata_delta;
	if (s->mailbox && s->mailbox->tip != s->mailbox->published) {
		snap_unref(s->mailbox->tip);
		s->mailbox->tip = snap_ref(s->mailbox->published);
	}
}

// Everything in line has been resolved when the oldest that failed was: what is behind a failed batch failed with it, and txn_stage()
// refuses to build on it. So asking for each outcome does not block.
void staged_roll_back_locked(struct op *op, struct account *a)
{
	struct staged *good = NULL, **good_end = &good, *bad = NULL, **bad_end = &bad;
	pthread_mutex_lock(&a->publish);
	while (a->staged) {
		struct staged *s = a->staged;
		a->staged = s->next;
		s->next = NULL;
		if (!bad && store_wait(op, account_store(a), s->ticket) == 0) {
			apply_locked(a, s);
			*good_end = s;
			good_end = &s->next;
		} else {
			*bad_end = s;
			bad_end = &s->next;
		}
	}
	a->staged_end = &a->staged;
	for (struct staged *s = bad; s; s = s->next)
		take_back_locked(a, s);
	if (a->tree_tip != a->tree) {
		tree_unref(a->tree_tip);
		a->tree_tip = tree_ref(a->tree);
	}
	pthread_mutex_unlock(&a->publish);
	a->last_ticket.v = 0;
	a->metadata_ticket.v = 0;
	thread_recent_reset(a->thread);
	seen_reset(a);
	sent_reset(a);
	wake_and_let_go(a, good);
	while (bad) {
		struct staged *s = bad;
		bad = s->next;
		let_go(s);
	}
}

void staged_fail(struct op *op, struct account *a, uint64_t seq)
{
	pthread_mutex_lock(&a->lock);
	pthread_mutex_lock(&a->publish);
	bool mine = false;
	for (struct staged *s = a->staged; s; s = s->next)
		mine = mine || s->seq == seq;
	pthread_mutex_unlock(&a->publish);
	if (mine) // else somebody has done it already, and the line may hold newer ones
		staged_roll_back_locked(op, a);
	pthread_mutex_unlock(&a->lock);
}

void account_wake(struct account *a, unsigned what, const struct mailbox *mb)
{
	pthread_mutex_lock(&a->watch);
	for (struct watcher *w = a->watchers; w; w = w->next)
		if (!w->only || !mb || w->only == mb)
			w->changed(w, what, mb);
	pthread_mutex_unlock(&a->watch);
}

void account_watch(struct account *a, struct watcher *w)
{
	w->account = a;
	w->prev = NULL;
	pthread_mutex_lock(&a->watch);
	w->next = a->watchers;
	if (w->next)
		w->next->prev = w;
	a->watchers = w;
	pthread_mutex_unlock(&a->watch);
}

void account_unwatch(struct watcher *w)
{
	struct account *a = w->account;
	if (!a)
		return;
	pthread_mutex_lock(&a->watch);
	if (w->prev)
		w->prev->next = w->next;
	else
		a->watchers = w->next;
	if (w->next)
		w->next->prev = w->prev;
	pthread_mutex_unlock(&a->watch);
	w->account = NULL;
}
