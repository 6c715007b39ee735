// SPDX-License-Identifier: Apache-2.0
// STATUS (RFC 9051 section 6.3.11; RECENT: RFC 3501 section 6.3.10; SIZE: RFC 8438). All of it is in memory: no item costs more than another.
#include "imap/list.h"
#include "imap/status.h"
#include "mail/account.h"
#include "wire/write.h"

struct status_args {
	struct span name;
	struct status_items items;
};

// --- items ---

static void messages(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("MESSAGES "));
	rope_addu(out, st->messages);
}

static void recent(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("RECENT "));
	rope_addu(out, st->recent);
}

static void uid_next(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("UIDNEXT "));
	rope_addu(out, st->uid_next.v);
}

static void uid_validity(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("UIDVALIDITY "));
	rope_addu(out, st->uid_validity);
}

static void unseen(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("UNSEEN "));
	rope_addu(out, st->unseen);
}

static void deleted(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("DELETED "));
	rope_addu(out, st->deleted);
}

static void size(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("SIZE "));
	rope_addu(out, st->size);
}

// RFC 9051 took RECENT out.
static bool is_rev1(const struct session *s)
{
	return !session_is_rev2(s);
}

static const struct imap_status_item status_items[] = {
	{ "MESSAGES", NULL, messages },
	{ "RECENT", is_rev1, recent },
	{ "UIDNEXT", NULL, uid_next },
	{ "UIDVALIDITY", NULL, uid_validity },
	{ "UNSEEN", NULL, unseen },
	{ "DELETED", NULL, deleted },
	{ "SIZE", NULL, size },
	{ NULL },
};

static void item_add(
	struct status_items *items, const struct imap_status_item *row, struct cursor *in)
{
	for (size_t i = 0; i < items->count; i++)
		if (items->rows[i] == row)
			return;
	if (items->count == STATUS_ITEMS_MAX)
		cursor_fail_rc(in, RC_LIMIT, "fewer status items");
	else
		items->rows[items->count++] = row;
}

void status_items_take(struct session *s, struct cursor *in, struct status_items *ret_items)
{
	ret_items->count = 0;
	cursor_char(in, '(', "a list of status items");
	do {
		size_t at = in->at;
		struct span name = cursor_name(in, "a status item");
		const struct imap_status_item *row = module_find(MODULE_TABLE(status_items), name);
		if (!row || (row->is_offered && !row->is_offered(s)))
			cursor_fail_at(in, at, "a known status item");
		else {
			item_add(ret_items, row, in);
			command_enables(s, row->enables);
		}
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
}

void status_write(struct session *s, struct span name, const struct mailbox *mb,
	const struct status_items *items)
{
	struct rope *out = session_out(s);
	struct mailbox_status st;
	mailbox_status(mb, &st);
	rope_add(out, SPAN("* STATUS "));
	write_mailbox(out, name, session_is_utf8(s));
	rope_add(out, SPAN(" ("));
	for (size_t i = 0; i < items->count; i++) {
		if (i)
			rope_addc(out, ' ');
		items->rows[i]->write(s, &st, out);
	}
	rope_add(out, SPAN(")\r\n"));
}

// status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
static int status_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct status_args *a = op_new(&s->op, struct status_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	struct span text = cursor_astring(in);
	cursor_sp(in);
	status_items_take(s, in, &a->items);
	return cursor_is_bad(in) ? 0 : args_mailbox_name(s, text, &a->name);
}

static int status_run(struct session *s, struct command *c)
{
	const struct status_args *a = c->args;
	const struct tree *t = account_tree_ref(s->account);
	bool found;
	size_t at = tree_find(t, a->name, &found);
	found = found && t->entries[at].mailbox;
	if (found)
		status_write(s, a->name, t->entries[at].mailbox, &a->items);
	tree_unref(t);
	return found ? 0 : op_fail(&s->op, RC_NONEXISTENT, "no such mailbox");
}

static const struct imap_capability capabilities[] = {
	{ "STATUS=SIZE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 8438" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "STATUS", STATE_AUTHENTICATED | STATE_SELECTED, status_parse, status_run, NULL, NULL,
		NULL },
	{ NULL },
};

const struct imap_module imap_module_status = {
	.name = "status",
	.rfc = "RFC 9051, RFC 8438",
	.capabilities = capabilities,
	.commands = commands,
	.status_items = status_items,
};
