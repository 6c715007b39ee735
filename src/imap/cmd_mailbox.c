// SPDX-License-Identifier: Apache-2.0
// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 sections 6.3.4 to 6.3.8), with CREATE-SPECIAL-USE (RFC 6154 section 3).
#include "imap/list.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "mail/view.h"

struct mailbox_args {
	struct list_name box, to;
	unsigned uses;
};

// One or two names behind the command's.
static int names_parse(struct session *s, struct command *c, struct cursor *in, size_t count)
{
	struct mailbox_args *a = op_new(&s->op, struct mailbox_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	struct span text[2] = { SPAN_NONE, SPAN_NONE };
	for (size_t i = 0; i < count; i++) {
		cursor_sp(in);
		text[i] = cursor_astring(in);
	}
	if (cursor_is_bad(in))
		return 0;
	int rc = list_name_take(s, text[0], &a->box);
	return rc < 0 || count == 1 ? rc : list_name_take(s, text[1], &a->to);
}

static int name_parse(struct session *s, struct command *c, struct cursor *in)
{
	return names_parse(s, c, in, 1);
}

// rename = "RENAME" SP mailbox SP mailbox
static int rename_parse(struct session *s, struct command *c, struct cursor *in)
{
	return names_parse(s, c, in, 2);
}

// use-attr: "\" atom, or one of the names of RFC 9979, which have no backslash.
static unsigned use_attr(struct session *s, struct cursor *in, int *rc)
{
	size_t at = in->at;
	bool bare = !cursor_try_char(in, '\\');
	struct span name = cursor_atom(in);
	if (cursor_is_bad(in))
		return 0;
	unsigned use = list_use_of(span_cut(in->in, at, in->at));
	if (!use && bare)
		cursor_fail_at(in, at, "a special-use attribute");
	else if (!use)
		*rc = op_fail(&s->op, RC_USEATTR, "special use \\%.*s is not supported",
			(int)(name.n > 40 ? 40 : name.n), name.p);
	return use;
}

// create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")" (RFC 6154 section 6), in SP "(" create-param ")" (RFC 4466)
static int create_parse(struct session *s, struct command *c, struct cursor *in)
{
	int fault = 0;
	int rc = name_parse(s, c, in);
	struct mailbox_args *a = c->args;
	if (!a || !cursor_try_sp(in))
		return rc;
	cursor_char(in, '(', "a list of parameters");
	do {
		if (!cursor_try_word(in, "USE"))
			cursor_fail(in, "USE");
		cursor_sp(in);
		cursor_char(in, '(', "a list of special-use attributes");
		if (cursor_try_char(in, ')'))
			continue;
		a->uses |= use_attr(s, in, &fault);
		while (cursor_try_sp(in))
			a->uses |= use_attr(s, in, &fault);
		cursor_char(in, ')', "a space or )");
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return rc < 0 ? rc : fault;
}

static const char *create_code(struct session *s, const struct mailbox_status *st)
{
	const char *code = NULL;
	for (const struct imap_module *const *m = imap_modules; !code && *m; m++)
		code = (*m)->create_code ? (*m)->create_code(s, st) : NULL;
	return code;
}

static int create_run(struct session *s, struct command *c)
{
	const struct mailbox_args *a = c->args;
	struct mailbox_status st;
	int rc = mailbox_create(&s->op, s->account, a->box.name, a->uses, &st);
	if (rc < 0)
		return rc;
	if (a->box.given.p && session_is_rev2(s))
		rc = list_tell(s, &a->box);
	return rc < 0 ? rc : command_ok(s, create_code(s, &st), "CREATE completed");
}

static int delete_run(struct session *s, struct command *c)
{
	const struct mailbox_args *a = c->args;
	int rc = mailbox_delete(&s->op, s->account, a->box.name);
	if (rc < 0)
		return rc;
	if (s->view && view_is_gone(s->view)) { // who deletes the selected mailbox closes it, too
		session_unselect(s);
		reply_ok(s, "CLOSED", "the selected mailbox was deleted");
	}
	if (a->box.given.p && session_is_rev2(s)) {
		struct tree_entry gone = { .name = a->box.name };
		list_write(s, &gone, &(struct list_line){ .oldname = a->box.given });
	}
	return 0;
}

static int rename_run(struct session *s, struct command *c)
{
	const struct mailbox_args *a = c->args;
	int rc = mailbox_rename(&s->op, s->account, a->box.name, a->to.name);
	if (rc < 0)
		return rc;
	if ((a->box.given.p || a->to.given.p) && session_is_rev2(s)) {
		struct span was = a->box.given.p ? a->box.given : a->box.name;
		return list_tell(s, &(struct list_name){ a->to.name, was });
	}
	return 0;
}

static int subscribe_run(struct session *s, struct command *c)
{
	const struct mailbox_args *a = c->args;
	return mailbox_subscribe(&s->op, s->account, a->box.name, true);
}

static int unsubscribe_run(struct session *s, struct command *c)
{
	const struct mailbox_args *a = c->args;
	return mailbox_subscribe(&s->op, s->account, a->box.name, false);
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_capability capabilities[] = {
	{ "CREATE-SPECIAL-USE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 6154" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "CREATE", LOGGED_IN, create_parse, create_run, NULL, NULL, NULL },
	{ "DELETE", LOGGED_IN, name_parse, delete_run, NULL, NULL, NULL },
	{ "RENAME", LOGGED_IN, rename_parse, rename_run, NULL, NULL, NULL },
	{ "SUBSCRIBE", LOGGED_IN, name_parse, subscribe_run, NULL, NULL, NULL },
	{ "UNSUBSCRIBE", LOGGED_IN, name_parse, unsubscribe_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_mailbox = {
	.name = "mailbox",
	.rfc = "RFC 9051, RFC 6154",
	.capabilities = capabilities,
	.commands = commands,
};
