// SPDX-License-Identifier: Apache-2.0
// NOTIFY (RFC 5465): the command. What it brings is in imap/notify.c; a parked session is woken by imap/session.c.
#include "base/limits.h"
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/session_priv.h"
#include "mail/view.h"

#include <stdlib.h>

#define SUPPORTED                                                                                  \
	"BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange "           \
	"MailboxMetadataChange ServerMetadataChange)"

struct notify_args {
	bool none, status;
	bool selects;     // a group is about the selected mailbox
	bool unsupported; // an event that we do not have
	bool too_many;
	struct notify_plan plan;
	struct notify_group *groups;
	struct span *names; // of all groups
	size_t name_count;
	// run
	bool begun;
	const struct tree *tree;
	size_t at;
};

// --- parsing ---

static const struct {
	const char *name;
	unsigned event; // 0: known, not supported
} event_rows[] = {
	{ "MessageNew", EVENT_NEW },
	{ "MessageExpunge", EVENT_EXPUNGE },
	{ "FlagChange", EVENT_FLAGS },
	{ "AnnotationChange", 0 }, // ANNOTATE (RFC 5257) is not here
	{ "MailboxName", EVENT_NAME },
	{ "SubscriptionChange", EVENT_SUBSCRIPTION },
	{ "MailboxMetadataChange", EVENT_METADATA },
	{ "ServerMetadataChange", EVENT_SERVER_METADATA },
};

// event; `selected`: of the selected mailbox.
static int take_event(
	struct session *s, struct command *c, struct cursor *in, bool selected, unsigned *events)
{
	struct notify_args *a = c->args;
	size_t at = in->at;
	struct span name = cursor_atom(in);
	const unsigned *event = NULL;
	for (size_t i = 0; i < countof(event_rows); i++)
		if (span_caseeq(name, span_str(event_rows[i].name)))
			event = &event_rows[i].event;
	if (cursor_is_bad(in))
		return 0;
	if (!event || *event == 0) {
		a->unsupported = true;
		return 0;
	}
	*events |= *event;
	if (selected && !(*event & EVENT_MESSAGES))
		cursor_fail_at(in, at, "a message event for the selected mailbox");
	if (*event != EVENT_NEW)
		return 0;
	struct span items;
	at = in->at;
	int rc = fetch_take_later(s, c, in, &items);
	if (items.p && !selected)
		cursor_fail_at(in, at, "FETCH items for the selected mailbox only");
	if (items.p)
		a->plan.items = items;
	return rc;
}

// events = ( "(" event *(SP event) ")" ) / "NONE"
static int take_events(
	struct session *s, struct command *c, struct cursor *in, bool selected, unsigned *events)
{
	size_t at = in->at;
	int rc;
	if (cursor_try_word(in, "NONE"))
		return 0;
	cursor_char(in, '(', "NONE or a list of events");
	do
		rc = take_event(s, c, in, selected, events);
	while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	// Section 5: all of them or none; flags not without them.
	unsigned both = EVENT_NEW | EVENT_EXPUNGE;
	if (*events & EVENT_MESSAGES && (*events & both) != both)
		cursor_fail_at(in, at, "MessageNew and MessageExpunge together");
	return rc;
}

static void take_name(struct session *s, struct cursor *in, struct notify_group *g)
{
	struct notify_args *a = s->priv->cmd.args;
	struct span text = cursor_astring(in), name;
	if (cursor_is_bad(in))
		return;
	// A name that cannot be is no existing mailbox: ignored (section 3.1).
	if (args_mailbox_name(s, text, &name) < 0) {
		s->op.rc = 0;
		return;
	}
	if (a->name_count == NOTIFY_NAMES_MAX) {
		a->too_many = true;
		return;
	}
	a->names[a->name_count++] = name;
	g->count++;
}

static int by_name(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	return span_cmp(*a, *b);
}

// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
static void take_names(struct session *s, struct cursor *in, struct notify_group *g)
{
	struct notify_args *a = s->priv->cmd.args;
	cursor_sp(in);
	g->names = &a->names[a->name_count];
	if (!cursor_try_char(in, '(')) {
		take_name(s, in, g);
		return;
	}
	do
		take_name(s, in, g);
	while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	if (g->count)
		qsort(g->names, g->count, sizeof *g->names, by_name);
}

// filter-mailboxes, the selected ones aside
static void take_filter(struct session *s, struct cursor *in, struct notify_group *g)
{
	if (cursor_try_word(in, "PERSONAL") || cursor_try_word(in, "INBOXES")) {
		g->filter = NOTIFY_PERSONAL;
	} else if (cursor_try_word(in, "SUBSCRIBED")) {
		g->filter = NOTIFY_SUBSCRIBED;
	} else if (cursor_try_word(in, "SUBTREE")) {
		g->filter = NOTIFY_SUBTREE;
		take_names(s, in, g);
	} else if (cursor_try_word(in, "MAILBOXES")) {
		g->filter = NOTIFY_MAILBOXES;
		take_names(s, in, g);
	} else {
		cursor_fail(in, "which mailboxes");
	}
}

// event-group = "(" filter-mailboxes SP events ")"
static int take_group(struct session *s, struct command *c, struct cursor *in)
{
	struct notify_args *a = c->args;
	struct notify_group g = { 0 };
	unsigned events = 0;
	cursor_char(in, '(', "(");
	size_t at = in->at;
	bool delayed = cursor_try_word(in, "SELECTED-DELAYED");
	bool selected = delayed || cursor_try_word(in, "SELECTED");
	if (selected && a->selects) // section 6.1
		cursor_fail_at(in, at, "only one group about the selected mailbox");
	if (!selected)
		take_filter(s, in, &g);
	cursor_sp(in);
	int rc = take_events(s, c, in, selected, &events);
	cursor_char(in, ')', ")");
	if (selected) {
		a->selects = true;
		a->plan.selected = (uint8_t)events;
		a->plan.delayed = delayed;
	} else if (a->plan.count == NOTIFY_GROUPS_MAX) {
		a->too_many = true;
	} else {
		g.events = (uint8_t)events;
		a->groups[a->plan.count++] = g;
	}
	return rc;
}

// notify = "NOTIFY" SP (notify-set / notify-none); notify-set = "SET" [SP "STATUS"] SP event-groups
static int notify_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct notify_args *a = op_new(&s->op, struct notify_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	a->none = cursor_try_word(in, "NONE");
	if (a->none)
		return 0;
	a->groups = arena_array(&s->op.arena, NOTIFY_GROUPS_MAX, sizeof *a->groups);
	a->names = arena_array(&s->op.arena, NOTIFY_NAMES_MAX, sizeof *a->names);
	if (!a->groups || !a->names)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	if (!cursor_try_word(in, "SET"))
		cursor_fail(in, "SET or NONE");
	cursor_sp(in);
	a->status = cursor_try_word(in, "STATUS");
	if (a->status)
		cursor_sp(in);
	int rc;
	do
		rc = take_group(s, c, in);
	while (rc == 0 && cursor_try_sp(in));
	a->plan.groups = a->groups;
	return rc;
}

// --- running ---

static int begin(struct session *s, struct notify_args *a)
{
	if (a->too_many)
		return command_no(s, "NOTIFICATIONOVERFLOW", "too many groups or names");
	if (a->unsupported)
		return command_no(s, SUPPORTED, "an event that is not supported");
	int rc = notify_begin(s, &a->plan);
	a->begun = rc == 0;
	return rc;
}

// STATUS of every mailbox whose messages are watched, as of now or later: what changes after the beginning is told in any case.
static int tell_status(struct session *s, struct notify_args *a)
{
	const struct notify *n = s->priv->notify;
	if (!a->tree)
		a->tree = account_tree_ref(s->account);
	for (; a->at < a->tree->count; a->at++) {
		const struct tree_entry *e = &a->tree->entries[a->at];
		if (conn_is_full(s->conn) || (a->at % 64 == 63 && crew_slice_is_over()))
			return IMAP_MORE;
		if (!e->mailbox || (s->view && view_mailbox(s->view) == e->mailbox))
			continue;
		unsigned events = notify_events_of(n, e->name, e->subscribed) & EVENT_MESSAGES;
		if (events)
			notify_status(s, e, events);
	}
	return IMAP_DONE;
}

static int notify_run(struct session *s, struct command *c)
{
	struct notify_args *a = c->args;
	if (!a->begun) {
		int rc = begin(s, a);
		if (rc)
			return rc;
	}
	return a->status ? tell_status(s, a) : IMAP_DONE;
}

static void notify_done(struct session *s, struct command *c)
{
	struct notify_args *a = c->args;
	(void)s;
	if (a && a->tree)
		tree_unref(a->tree);
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_capability capabilities[] = {
	{ "NOTIFY", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "NOTIFY", LOGGED_IN | CMD_CHANGES, notify_parse, notify_run, notify_done, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_notify = {
	.name = "notify",
	.rfc = "RFC 5465",
	.capabilities = capabilities,
	.commands = commands,
};
