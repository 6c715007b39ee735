// SPDX-License-Identifier: Apache-2.0
// From staged to visible. Staged states stand in a line in the order of their submission; when one is durable, all before it are
// (store.h: order of submission is order of effect), so whoever waited publishes everything up to his own. account.publish guards the line
// and what is visible; only pointers change hands under it.
#include "mail/edit.h"
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
	}
	if (s->tree) {
		const struct tree *was = a->tree;
		a->tree = s->tree;
		s->tree = was;
	}
	if (s->dies)
		atomic_store(&s->dies->deleted, true);
}

static void let_go(struct account *a, struct staged *s)
{
	snap_unref(s->snap);
	if (s->tree)
		tree_unref(s->tree);
	mailbox_unref(s->dies);
	mailbox_unref(s->mailbox);
	free(s);
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
	while (done) {
		struct staged *s = done;
		done = s->next;
		if (s->mailbox)
			account_wake(a, ACCOUNT_CHANGED_MESSAGES, s->mailbox);
		if (s->dies)
			account_wake(a, ACCOUNT_CHANGED_MESSAGES, s->dies);
		if (s->tree)
			account_wake(a, ACCOUNT_CHANGED_NAMES, NULL);
		let_go(a, s);
	}
}

void staged_fail(struct account *a, uint64_t seq)
{
	struct staged *failed = NULL;
	pthread_mutex_lock(&a->lock);
	a->failed = true;
	pthread_mutex_lock(&a->publish);
	struct staged **at = &a->staged;
	while (*at && (*at)->seq < seq)
		at = &(*at)->next;
	failed = *at;
	*at = NULL;
	a->staged_end = at;
	for (struct staged *s = failed; s; s = s->next)
		if (s->mailbox && s->mailbox->tip != s->mailbox->published) {
			snap_unref(s->mailbox->tip);
			s->mailbox->tip = snap_ref(s->mailbox->published);
		}
	pthread_mutex_unlock(&a->publish);
	pthread_mutex_unlock(&a->lock);
	while (failed) {
		struct staged *s = failed;
		failed = s->next;
		if (s->dies)
			atomic_store(&s->dies->dying, false);
		let_go(a, s);
	}
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
