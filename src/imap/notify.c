// SPDX-License-Identifier: Apache-2.0
// What is told beside commands (notify.h): filters, and the responses that events become.
#include "imap/notify.h"

#include "base/limits.h"
#include "imap/list.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "imap/status.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdlib.h>

// --- lifetimes ---

static struct span put(char **at, struct span s)
{
	struct span copy = span_of(*at, s.n);
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return s.p ? copy : SPAN_NONE;
}

// One piece of memory: groups, names, texts.
static struct notify *notify_new_from(const struct notify_plan *plan)
{
	size_t names = 0, text = plan->items.n;
	for (size_t i = 0; i < plan->count; i++) {
		names += plan->groups[i].count;
		for (size_t k = 0; k < plan->groups[i].count; k++)
			text += plan->groups[i].names[k].n;
	}
	struct notify *n = calloc(1,
		sizeof *n + plan->count * sizeof n->groups[0] + names * sizeof(struct span) + text);
	if (!n)
		return NULL;
	struct span *name = (struct span *)&n->groups[plan->count];
	char *at = (char *)(name + names);
	for (; n->group_count < plan->count; n->group_count++) {
		struct notify_group *g = &n->groups[n->group_count];
		*g = plan->groups[n->group_count];
		const struct span *from = g->names;
		g->names = name;
		for (size_t k = 0; k < g->count; k++)
			*name++ = put(&at, from[k]);
		n->anywhere |= g->events;
	}
	n->items = put(&at, plan->items);
	n->selected = plan->selected;
	n->delayed = plan->delayed;
	return n;
}

static void notify_free(struct notify *n)
{
	if (!n)
		return;
	feed_leave(&n->feed);
	free(n);
}

int notify_begin(struct session *s, const struct notify_plan *plan)
{
	struct notify *n = notify_new_from(plan);
	if (!n)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	n->on = true;
	int rc = n->anywhere ? feed_join(&s->op, s->account, &n->feed) : 0;
	if (rc < 0) {
		notify_free(n);
		return rc;
	}
	const struct notify *was = s->priv->notify;
	if (was && was->on && was->feed.account && n->feed.account) {
		n->feed.events = was->feed.events; // what was not told yet is told by the new rules
		n->feed.changes = was->feed.changes;
	}
	session_unwatch(s);
	notify_free(s->priv->notify);
	s->priv->notify = n;
	return 0;
}

int notify_enable_metadata(struct session *s)
{
	const struct notify_plan none = { 0 };
	if (s->priv->notify)
		return 0;
	struct notify *n = notify_new_from(&none);
	if (!n)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	n->anywhere = EVENT_METADATA | EVENT_SERVER_METADATA;
	int rc = feed_join(&s->op, s->account, &n->feed);
	if (rc < 0) {
		notify_free(n);
		return rc;
	}
	s->priv->notify = n;
	return 0;
}

void notify_end(struct session *s)
{
	notify_free(s->priv->notify);
	s->priv->notify = NULL;
}

// RFC 5465 section 5.8: as if NOTIFY NONE had come.
static int overflow(struct session *s)
{
	const struct notify_plan none = { 0 };
	if (!s->priv->notify->on)
		return 0; // ENABLE METADATA goes on with what comes
	reply_ok(s, "NOTIFICATIONOVERFLOW", "too much has happened: NOTIFY is off");
	return notify_begin(s, &none);
}

// --- filters ---

static bool is_named(const struct notify_group *g, struct span name)
{
	size_t low = 0, high = g->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = span_cmp(g->names[mid], name);
		if (c == 0)
			return true;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool group_matches(const struct notify_group *g, struct span name, bool subscribed)
{
	switch (g->filter) {
	case NOTIFY_PERSONAL:
		return true;
	case NOTIFY_SUBSCRIBED:
		return subscribed;
	case NOTIFY_MAILBOXES:
		return is_named(g, name);
	default:
		break;
	}
	for (size_t i = 0; i <= name.n; i++) // subtree: the name and all above it
		if ((i == name.n || name.p[i] == '/') && is_named(g, span_cut(name, 0, i)))
			return true;
	return false;
}

// Events of all groups that match add up (section 6). NONE takes a mailbox out of the groups that are not more specific: "all mailboxes but
// one" and "none but one" are both what they say, whatever the order.
unsigned notify_events_of(const struct notify *n, struct span name, bool subscribed)
{
	unsigned events[NOTIFY_FILTERS] = { 0 }, all = 0, least = 0;
	if (!n->on)
		return n->anywhere;
	for (size_t i = 0; i < n->group_count; i++) {
		const struct notify_group *g = &n->groups[i];
		if (!group_matches(g, name, subscribed))
			continue;
		events[g->filter] |= g->events;
		if (!g->events && g->filter + 1u > least)
			least = g->filter + 1u;
	}
	for (unsigned f = least; f < NOTIFY_FILTERS; f++)
		all |= events[f];
	return all;
}

// A mailbox that is named in NOTIFY lies below this name: what happens to the name happens to it.
static unsigned events_below(const struct notify *n, struct span name)
{
	unsigned events = 0;
	for (size_t i = 0; i < n->group_count; i++)
		for (size_t k = 0; k < n->groups[i].count; k++) {
			struct span one = n->groups[i].names[k];
			if (one.n > name.n && one.p[name.n] == '/' && span_starts(one, name))
				events |= n->groups[i].events;
		}
	return events;
}

// --- STATUS ---

static void add_item(struct status_items *items, const char *name)
{
	const struct imap_status_item *row =
		module_find(MODULE_TABLE(status_items), span_str(name));
	if (row && items->count < STATUS_ITEMS_MAX)
		items->rows[items->count++] = row;
}

// Sections 3.1 and 5.1 to 5.3; `first`: in answer to NOTIFY SET STATUS.
static void write_status(struct session *s, const struct tree_entry *e, unsigned events, bool first)
{
	struct status_items items = { .count = 0 };
	bool condstore = s->enabled & ENABLED_CONDSTORE, flags = events & EVENT_FLAGS;
	if (events & (EVENT_NEW | EVENT_EXPUNGE)) {
		add_item(&items, "MESSAGES");
		add_item(&items, "UIDNEXT");
	}
	if (flags || first)
		add_item(&items, "UIDVALIDITY");
	if (flags)
		add_item(&items, "UNSEEN");
	if (condstore || (flags && first))
		add_item(&items, "HIGHESTMODSEQ");
	status_write(s, e->name, e->mailbox, &items);
}

void notify_status(struct session *s, const struct tree_entry *e, unsigned events)
{
	write_status(s, e, events, true);
}

static bool is_selected(const struct session *s, const struct mailbox *mb)
{
	return s->view && view_mailbox(s->view) == mb;
}

// `what` has changed in it: CHANGED_
static void tell_status(struct session *s, const struct tree *t, struct mailbox *mb, unsigned what)
{
	bool condstore = s->enabled & ENABLED_CONDSTORE;
	const struct tree_entry *e = tree_entry_of(t, mb);
	unsigned events =
		e ? notify_events_of(s->priv->notify, e->name, e->subscribed) & EVENT_MESSAGES : 0;
	unsigned told = 0;
	if (what & (CHANGED_NEW | CHANGED_EXPUNGED))
		told = events; // with them flags may have changed, too
	// Without CONDSTORE there is nothing but UNSEEN to tell of flags (section 5.1).
	if (what & (condstore ? CHANGED_FLAGS | CHANGED_SEEN : CHANGED_SEEN))
		told |= events & EVENT_FLAGS;
	if (told)
		write_status(s, e, told, false);
}

static int tell_changes(struct session *s)
{
	struct notify *n = s->priv->notify;
	struct feed_change *v;
	size_t count, i = 0;
	int rc = feed_changes(&s->op, &n->feed, &v, &count);
	if (rc < 0 || count == 0)
		return rc;
	const struct tree *t = account_tree_ref(s->account);
	for (; i < count && !conn_is_full(s->conn); i++) {
		if (n->anywhere & EVENT_MESSAGES && v[i].what && !is_selected(s, v[i].mailbox))
			tell_status(s, t, v[i].mailbox, v[i].what);
		feed_told(&n->feed, &v[i]);
	}
	tree_unref(t);
	feed_changes_done(v, count);
	return i < count;
}

// --- names and annotations ---

static void tell_name(struct session *s, const struct tree *t, const struct feed_event *e)
{
	bool found;
	size_t at = tree_find(t, e->name, &found);
	struct tree_entry gone = { .name = e->name };
	const struct tree_entry *entry = found ? &t->entries[at] : &gone;
	list_write(s, entry,
		&(struct list_line){ .flags = LIST_SUBSCRIBED,
			.oldname = e->kind == FEED_RENAMED ? e->old : SPAN_NONE });
}

static bool is_subscribed(const struct tree *t, struct span name)
{
	bool found;
	size_t at = tree_find(t, name, &found);
	return found && t->entries[at].subscribed;
}

static void tell_metadata(struct session *s, const struct feed_event *e)
{
	struct rope *out = session_out(s);
	struct span rest = e->entries, entry;
	rope_add(out, SPAN("* METADATA "));
	write_mailbox(out, e->name, session_is_utf8(s));
	while (rest.n) {
		rest = span_split(rest, '\0', &entry);
		rope_addc(out, ' ');
		write_astring(out, entry, false);
	}
	rope_add(out, SPAN("\r\n"));
}

// A mailbox of that name is another one than before: its UIDVALIDITY is (section 5.1).
static void tell_uid_validity(
	struct session *s, const struct tree *t, struct span name, unsigned events)
{
	bool found;
	size_t at = tree_find(t, name, &found);
	if (events & EVENT_FLAGS && found && t->entries[at].mailbox &&
		!is_selected(s, t->entries[at].mailbox))
		write_status(s, &t->entries[at], events & EVENT_MESSAGES, false);
}

static void tell_event(struct session *s, const struct tree *t, const struct feed_event *e)
{
	const struct notify *n = s->priv->notify;
	if (e->own)
		return;
	unsigned events = e->name.n
		? notify_events_of(
			  n, e->name, e->kind == FEED_SUBSCRIPTION || is_subscribed(t, e->name))
		: n->anywhere;
	switch (e->kind) {
	case FEED_METADATA:
		if (events & (e->name.n ? EVENT_METADATA : EVENT_SERVER_METADATA))
			tell_metadata(s, e);
		return;
	case FEED_SUBSCRIPTION:
		if (events & EVENT_SUBSCRIPTION)
			tell_name(s, t, e);
		return;
	case FEED_RENAMED:
		events |= notify_events_of(n, e->old, is_subscribed(t, e->old));
		events |= (events_below(n, e->old) | events_below(n, e->name)) & EVENT_NAME;
		break;
	default:
		break;
	}
	if (events & EVENT_NAME)
		tell_name(s, t, e);
	if (e->kind == FEED_CREATED || e->kind == FEED_RENAMED)
		tell_uid_validity(s, t, e->name, events);
}

static int tell_events(struct session *s)
{
	struct feed_event e;
	for (;;) {
		if (conn_is_full(s->conn) || !s->priv->notify->feed.account)
			return conn_is_full(s->conn);
		struct arena_mark mark = arena_mark(&s->op.arena);
		int rc = feed_next(&s->op, &s->priv->notify->feed, &e);
		if (rc == FEED_END || rc < 0)
			return rc < 0 ? rc : 0;
		if (rc == FEED_LOST) {
			rc = overflow(s);
			if (rc < 0)
				return rc;
			continue;
		}
		// Who is told that a name stands for nothing any more, or for another mailbox, must not take what was selected for it.
		if (s->view && view_is_gone(s->view))
			reply_gone(s);
		if (s->priv->ended)
			return 0;
		const struct tree *t = account_tree_ref(s->account);
		tell_event(s, t, &e);
		tree_unref(t);
		arena_release(&s->op.arena, mark);
	}
}

int notify_tell(struct session *s)
{
	if (!s->priv->notify || !s->priv->notify->feed.account || s->priv->ended)
		return 0; // behind BYE comes nothing
	int rc = tell_events(s);
	if (rc || !s->priv->notify->feed.account)
		return rc;
	return tell_changes(s);
}

// --- the selected mailbox ---

bool notify_is_on(const struct session *s)
{
	return s->priv->notify && s->priv->notify->on;
}

unsigned notify_lets(const struct session *s)
{
	const struct command *c = &s->priv->cmd;
	if (!notify_is_on(s) || (c->row && c->row->flags & CMD_CHANGES))
		return SYNC_EXPUNGE | SYNC_REST;
	unsigned events = s->priv->notify->selected;
	return (events & EVENT_EXPUNGE ? SYNC_EXPUNGE : 0u) | (events & EVENT_NEW ? SYNC_NEW : 0u) |
		(events & EVENT_FLAGS ? SYNC_FLAGS : 0u);
}

bool notify_is_immediate(const struct session *s)
{
	return !s->priv->notify->delayed;
}

void notify_new(struct session *s, uint32_t from, uint32_t to)
{
	struct notify *n = s->priv->notify;
	if (!n || !n->items.p)
		return;
	if (n->fetch_from >= n->fetch_to)
		n->fetch_from = from;
	n->fetch_to = to;
}

int notify_fetch(struct session *s)
{
	struct notify *n = s->priv->notify;
	if (!n || n->fetch_from >= n->fetch_to)
		return 0;
	struct arena_mark mark = arena_mark(&s->op.arena);
	struct fetch_args *a = op_new(&s->op, struct fetch_args);
	int rc = a ? fetch_add_later(s, n->items, a) : RC_NOMEM;
	if (rc == 0) {
		numset_add_range(&a->uids, n->fetch_from, n->fetch_to - 1);
		numset_subtract(&a->uids, &s->priv->fetched);
		rc = a->uids.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				    : fetch_tell(s, a, &n->fetch_from);
		numset_done(&a->uids);
	}
	if (rc == 0)
		n->fetch_from = n->fetch_to = 0;
	arena_release(&s->op.arena, mark);
	return rc;
}

int notify_add_items(struct session *s, struct uid uid, struct fetch_args *args)
{
	const struct notify *n = s->priv->notify;
	if (!n || uid.v < n->fetch_from || uid.v >= n->fetch_to)
		return 0;
	return fetch_add_later(s, n->items, args);
}

void notify_own(struct session *s, struct span mailbox, const struct numset *uids)
{
	const struct notify *n = s->priv->notify;
	if (!s->view || !(s->priv->contexts || (n && n->items.p)))
		return;
	const struct tree *t = account_tree_ref(s->account);
	bool found;
	size_t at = tree_find(t, mailbox, &found);
	if (found && is_selected(s, t->entries[at].mailbox))
		numset_add_set(&s->priv->fetched, uids);
	tree_unref(t);
}

// While it is selected, tell_changes() passes over it. Some of that may wait still: expunges (SELECTED-DELAYED), events that "selected" does not
// have, or a change of just now. Nothing later would tell of it; so the feed is read to its end first, or it would tell of it again.
void notify_leave(struct session *s)
{
	if (!notify_is_on(s) || !s->view)
		return;
	(void)notify_tell(s); // full output: the same STATUS may come twice
	unsigned untold = view_untold(&s->op, s->view);
	if (!untold)
		return;
	const struct tree *t = account_tree_ref(s->account);
	tell_status(s, t, view_mailbox(s->view), untold);
	tree_unref(t);
}

void notify_unselected(struct session *s)
{
	struct notify *n = s->priv->notify;
	numset_done(&s->priv->fetched);
	if (n)
		n->fetch_from = n->fetch_to = 0;
}
