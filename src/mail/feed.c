// SPDX-License-Identifier: Apache-2.0
// The feed of an account (feed.h). Everything in it is guarded by account.publish; pointers change hands and a few octets are copied under it.
// An op is known by its address alone: it is compared, never looked into.
#include "mail/feed_priv.h"

#include "base/limits.h"
#include "mail/edit.h"
#include "mail/tree.h"

#include <assert.h>
#include <stdlib.h>

struct feed_record {
	struct feed_record *next; // on its way to the ring
	enum feed_kind kind;
	const struct op *origin;
	uint32_t name, old, entries; // octets of each, in this order
	char text[];
};

struct mark { // the last change of one kind
	uint64_t at;
	const struct op *origin;
	uint64_t other; // the last one by somebody else than `origin`
};
struct mailbox_changes {
	struct mailbox_changes *newer, *older;
	struct mailbox *mailbox;
	uint64_t at;
	struct mark marks[CHANGED_KINDS];
};

struct feed {
	uint32_t readers;
	uint64_t next;  // number of the next event
	uint64_t first; // of the oldest one that is there
	uint64_t time;  // of the last change
	size_t octets;  // of the events that are there
	struct mailbox_changes *newest;
	struct feed_record *ring[FEED_EVENTS_MAX];
};

static_assert(IMAP_METADATA_NAMED_MAX * (METADATA_NAME_MAX + 1) < FEED_OCTETS_MAX / 2,
	"the largest event finds room");

static size_t octets_of(const struct feed_record *r)
{
	return sizeof *r + r->name + r->old + r->entries;
}

static void drop_oldest_locked(struct feed *f)
{
	struct feed_record **slot = &f->ring[f->first % FEED_EVENTS_MAX];
	f->octets -= octets_of(*slot);
	free(*slot);
	*slot = NULL;
	f->first++;
}

static void drop_all_locked(struct feed *f)
{
	while (f->first < f->next)
		drop_oldest_locked(f);
}

// --- making ---

int feed_note(
	struct txn *t, enum feed_kind kind, struct span name, struct span old, struct span entries)
{
	struct feed_record *r = malloc(sizeof *r + name.n + old.n + entries.n);
	if (!r)
		return op_fail(t->op, RC_NOMEM, "out of memory");
	*r = (struct feed_record){ .kind = kind,
		.origin = t->op,
		.name = (uint32_t)name.n,
		.old = (uint32_t)old.n,
		.entries = (uint32_t)entries.n };
	struct span parts[] = { name, old, entries };
	char *p = r->text;
	for (size_t i = 0; i < countof(parts); i++) {
		if (parts[i].n)
			memcpy(p, parts[i].p, parts[i].n);
		p += parts[i].n;
	}
	struct feed_record **end = &t->events;
	while (*end)
		end = &(*end)->next;
	*end = r;
	return 0;
}

int feed_note_name(struct txn *t, enum feed_kind kind, struct span name)
{
	int rc = feed_note(t, kind, name, SPAN_NONE, SPAN_NONE);
	struct span parent = name_parent(name);
	return rc == 0 && parent.p ? feed_note(t, FEED_AFFECTED, parent, SPAN_NONE, SPAN_NONE) : rc;
}

void feed_free(struct feed_record *list)
{
	while (list) {
		struct feed_record *next = list->next;
		free(list);
		list = next;
	}
}

void feed_publish_locked(struct account *a, struct feed_record *list)
{
	struct feed *f = a->feed;
	if (!f || !f->readers) {
		feed_free(list);
		return;
	}
	while (list) {
		struct feed_record *r = list;
		list = r->next;
		r->next = NULL;
		f->octets += octets_of(r);
		while (f->next - f->first == FEED_EVENTS_MAX ||
			(f->octets > FEED_OCTETS_MAX && f->first < f->next))
			drop_oldest_locked(f);
		f->ring[f->next++ % FEED_EVENTS_MAX] = r;
	}
}

static void unlink_changes(struct feed *f, struct mailbox_changes *c)
{
	if (c->newer)
		c->newer->older = c->older;
	else if (f->newest == c)
		f->newest = c->older;
	if (c->older)
		c->older->newer = c->newer;
	c->newer = c->older = NULL;
}

void feed_changed_locked(
	struct account *a, struct mailbox *mb, unsigned what, const struct op *origin)
{
	struct feed *f = a->feed;
	if (!f || !f->readers || atomic_load(&mb->deleted))
		return;
	struct mailbox_changes *c = mb->changes;
	if (!c) {
		c = mb->changes = calloc(1, sizeof *c);
		if (!c) { // then the readers have to be told that they missed something
			drop_all_locked(f);
			f->first = ++f->next;
			return;
		}
		c->mailbox = mb;
	} else {
		unlink_changes(f, c);
	}
	c->at = ++f->time;
	for (unsigned i = 0; i < CHANGED_KINDS; i++) {
		struct mark *m = &c->marks[i];
		if (!(what & 1u << i))
			continue;
		if (m->origin != origin)
			m->other = m->at;
		m->origin = origin;
		m->at = c->at;
	}
	c->older = f->newest;
	if (c->older)
		c->older->newer = c;
	f->newest = c;
}

void feed_forget_locked(struct account *a, struct mailbox *mb)
{
	if (mb->changes && a->feed)
		unlink_changes(a->feed, mb->changes);
	free(mb->changes);
	mb->changes = NULL;
}

// --- reading ---

// Nobody reads any more: what was kept for readers goes.
static void let_go_locked(struct feed *f)
{
	while (f->newest) {
		struct mailbox_changes *c = f->newest;
		unlink_changes(f, c);
		c->mailbox->changes = NULL;
		free(c);
	}
	drop_all_locked(f);
}

int feed_join(struct op *op, struct account *a, struct feed_reader *r)
{
	struct feed *fresh = calloc(1, sizeof *fresh);
	if (!fresh)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_lock(&a->publish);
	if (!a->feed) {
		a->feed = fresh;
		fresh = NULL;
	}
	a->feed->readers++;
	*r = (struct feed_reader){ a, op, a->feed->next, a->feed->time };
	pthread_mutex_unlock(&a->publish);
	free(fresh);
	return 0;
}

void feed_leave(struct feed_reader *r)
{
	struct account *a = r->account;
	if (!a)
		return;
	pthread_mutex_lock(&a->publish);
	if (--a->feed->readers == 0) {
		let_go_locked(a->feed);
		free(a->feed);
		a->feed = NULL;
	}
	pthread_mutex_unlock(&a->publish);
	*r = (struct feed_reader){ NULL };
}

int feed_next(struct op *op, struct feed_reader *r, struct feed_event *ret_event)
{
	struct account *a = r->account;
	struct span text = SPAN_NONE;
	struct feed_record head = { .kind = FEED_CREATED };
	int rc = FEED_END;
	pthread_mutex_lock(&a->publish);
	struct feed *f = a->feed;
	if (r->events < f->first) {
		r->events = f->next;
		rc = FEED_LOST;
	} else if (r->events < f->next) {
		const struct feed_record *e = f->ring[r->events % FEED_EVENTS_MAX];
		head = *e;
		text = arena_dup(
			&op->arena, span_of(e->text, (size_t)e->name + e->old + e->entries));
		rc = 0;
	}
	pthread_mutex_unlock(&a->publish);
	if (rc)
		return rc;
	if (!text.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	r->events++;
	*ret_event = (struct feed_event){ .kind = head.kind,
		.own = head.origin == r->self,
		.name = span_cut(text, 0, head.name),
		.old = span_cut(text, head.name, head.name + head.old),
		.entries = span_skip(text, (size_t)head.name + head.old) };
	return 0;
}

static unsigned what_of(const struct mailbox_changes *c, const struct feed_reader *r)
{
	unsigned what = 0;
	for (unsigned i = 0; i < CHANGED_KINDS; i++) {
		const struct mark *m = &c->marks[i];
		if ((m->origin == r->self ? m->other : m->at) > r->changes)
			what |= 1u << i;
	}
	return what;
}

int feed_changes(
	struct op *op, struct feed_reader *r, struct feed_change **ret_changes, size_t *ret_count)
{
	struct account *a = r->account;
	size_t n = 0;
	pthread_mutex_lock(&a->publish);
	struct mailbox_changes *first = NULL, *c;
	for (c = a->feed->newest; c && c->at > r->changes; c = c->older) {
		first = c;
		n++;
	}
	struct feed_change *v = n ? arena_array(&op->arena, n, sizeof *v) : NULL;
	size_t i = 0;
	for (c = first; v && c; c = c->newer)
		v[i++] = (struct feed_change){ mailbox_ref(c->mailbox), what_of(c, r), c->at };
	pthread_mutex_unlock(&a->publish);
	*ret_changes = v;
	*ret_count = i;
	return n && !v ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

void feed_changes_done(struct feed_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mailbox_unref(changes[i].mailbox);
}

// --- trees ---

// Names that come and go move the others by a few places: the search begins where the mailbox was last and goes outwards.
const struct tree_entry *tree_entry_of(const struct tree *t, struct mailbox *mb)
{
	size_t hint = atomic_load_explicit(&mb->hint, memory_order_relaxed);
	if (hint >= t->count)
		hint = t->count ? t->count - 1 : 0;
	for (size_t d = 0; d < t->count; d++) {
		size_t at = SIZE_MAX;
		if (hint + d < t->count && t->entries[hint + d].mailbox == mb)
			at = hint + d;
		else if (d <= hint && t->entries[hint - d].mailbox == mb)
			at = hint - d;
		if (at != SIZE_MAX) {
			atomic_store_explicit(&mb->hint, (uint32_t)at, memory_order_relaxed);
			return &t->entries[at];
		}
	}
	return NULL;
}
