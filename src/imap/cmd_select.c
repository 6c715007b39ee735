// SPDX-License-Identifier: Apache-2.0
// SELECT, EXAMINE (RFC 9051 sections 6.3.2 and 6.3.3, RFC 3501 section 6.3.1), CLOSE, UNSELECT (RFC 9051 sections 6.4.1 and 6.4.2) and
// rev1's CHECK. What SELECT tells does not depend on the number of messages.
#include "imap/list.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "mail/txn.h"
#include "mail/view.h"

#define PARAMS_MAX 8u

struct select_args {
	struct list_name box;
	const struct imap_select_param *params[PARAMS_MAX];
	void *param_args[PARAMS_MAX];
	size_t param_count;
	unsigned flags; // VIEW_
	bool opened;
	size_t at; // the parameter whose after() is to be called
};

// select-params = SP "(" select-param *(SP select-param) ")" (RFC 4466 section 2.4)
static int params_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct select_args *a = c->args;
	if (!cursor_try_sp(in))
		return 0;
	cursor_char(in, '(', "a list of parameters");
	do {
		size_t at = in->at;
		struct span name = cursor_name(in, "a parameter");
		const struct imap_select_param *row =
			module_find(MODULE_TABLE(select_params), name);
		if (!row || a->param_count == PARAMS_MAX) {
			cursor_fail_at(in, at, "a known parameter of SELECT");
			return 0;
		}
		size_t i = a->param_count++;
		a->params[i] = row;
		int rc = row->parse ? row->parse(s, c, in, &a->param_args[i]) : 0;
		if (rc < 0)
			return rc;
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return 0;
}

static int parse(struct session *s, struct command *c, struct cursor *in, unsigned flags)
{
	struct select_args *a = op_new(&s->op, struct select_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	a->flags = flags;
	cursor_sp(in);
	struct span text = cursor_astring(in);
	int rc = params_parse(s, c, in);
	if (rc < 0 || cursor_is_bad(in))
		return rc;
	return list_name_take(s, text, &a->box);
}

// select = "SELECT" SP mailbox [select-params]
static int select_parse(struct session *s, struct command *c, struct cursor *in)
{
	return parse(s, c, in, 0);
}

// examine = "EXAMINE" SP mailbox [select-params]
static int examine_parse(struct session *s, struct command *c, struct cursor *in)
{
	return parse(s, c, in, VIEW_READONLY);
}

static void tell_number(struct session *s, struct span code, uint32_t number, struct span text)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* OK ["));
	rope_add(out, code);
	rope_addu(out, number);
	rope_add(out, SPAN("] "));
	reply_text(s, text);
	rope_add(out, SPAN("\r\n"));
}

static void tell_count(struct session *s, uint32_t count, struct span what)
{
	rope_add(session_out(s), SPAN("* "));
	rope_addu(session_out(s), count);
	rope_add(session_out(s), what);
}

// The untagged responses of SELECT.
static int tell(struct session *s, const struct select_args *a)
{
	struct view *v = s->view;
	reply_mailbox_flags(s);
	tell_count(s, view_exists(v), SPAN(" EXISTS\r\n"));
	if (!session_is_rev2(s)) {
		struct seq unseen;
		int rc = view_first_unseen(&s->op, v, &unseen);
		if (rc < 0)
			return rc;
		tell_count(s, view_recent(v), SPAN(" RECENT\r\n"));
		if (unseen.v && !(s->enabled & ENABLED_UIDONLY)) // a message number
			tell_number(s, SPAN("UNSEEN "), unseen.v, SPAN("first unseen message"));
	}
	tell_number(s, SPAN("UIDVALIDITY "), view_uid_validity(v), SPAN("UIDs are valid"));
	tell_number(s, SPAN("UIDNEXT "), view_uid_next(v).v, SPAN("next UID"));
	int rc = session_is_rev2(s) ? list_tell(s, &a->box) : 0;
	for (const struct imap_module *const *m = imap_modules; rc >= 0 && *m; m++)
		rc = (*m)->select_tell ? (*m)->select_tell(s) : 0;
	return rc;
}

static int open_box(struct session *s, struct select_args *a)
{
	for (size_t i = 0; i < a->param_count; i++) {
		int rc = a->params[i]->before ? a->params[i]->before(s, a->param_args[i]) : 0;
		if (rc < 0)
			return rc;
	}
	int rc = view_open(&s->op, s->account, a->box.name, a->flags, &s->view);
	if (rc < 0)
		return rc;
	s->state = STATE_SELECTED;
	a->opened = true;
	return tell(s, a);
}

static int tell_params(struct session *s, struct select_args *a)
{
	int rc = 0;
	for (; a->at < a->param_count; a->at++) {
		const struct imap_select_param *p = a->params[a->at];
		rc = p->after ? p->after(s, a->param_args[a->at]) : 0;
		if (rc)
			break;
	}
	return rc;
}

static void select_done(struct session *s, struct command *c)
{
	const struct select_args *a = c->args;
	for (size_t i = 0; a && i < a->param_count; i++)
		if (a->params[i]->done)
			a->params[i]->done(s, a->param_args[i]);
}

static int select_run(struct session *s, struct command *c)
{
	struct select_args *a = c->args;
	// What happened to names comes first (NOTIFY): behind the answer it would seem to be about the mailbox that is opened now.
	int rc = a->opened ? 0 : notify_tell(s);
	if (rc)
		return rc < 0 ? rc : IMAP_MORE;
	if (s->priv->ended)
		return IMAP_DONE;
	// The mailbox selected before is closed even if the new one cannot be opened.
	if (s->view && !a->opened) {
		notify_leave(s);
		session_unselect(s);
		// Rev1 clients ignore it (RFC 9051 section 7.1; RFC 7162 section 3.2.11).
		reply_ok(s, "CLOSED", "previous mailbox is now closed");
	}
	rc = a->opened ? 0 : open_box(s, a);
	if (rc == 0)
		rc = tell_params(s, a);
	if (rc == SELECT_MORE)
		return IMAP_MORE;
	if (rc < 0) {
		session_unselect(s);
		return rc;
	}
	return command_done(s, view_is_readonly(s->view) ? "READ-ONLY" : "READ-WRITE");
}

// CLOSE expunges without a word (RFC 9051 section 6.4.1).
static int close_run(struct session *s, struct command *c)
{
	(void)c;
	notify_leave(s);
	if (!view_is_readonly(s->view) && !view_is_gone(s->view)) {
		struct numset removed = { 0 };
		int rc = txn_expunge(&s->op, s->view, NULL, &removed);
		numset_done(&removed);
		if (rc < 0)
			return rc;
	}
	session_unselect(s);
	return IMAP_DONE;
}

// UNSELECT (RFC 9051 section 6.4.2, RFC 3691)
static int unselect_run(struct session *s, struct command *c)
{
	(void)c;
	notify_leave(s);
	session_unselect(s);
	return IMAP_DONE;
}

// CHECK (RFC 3501 section 6.4.1): everything is on the disk already.
static int check_run(struct session *s, struct command *c)
{
	(void)s;
	(void)c;
	return IMAP_DONE;
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_capability capabilities[] = {
	{ "UNSELECT", CAP_AFTER_LOGIN, NULL, NULL, "RFC 3691" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "SELECT", LOGGED_IN | CMD_NO_SYNC, select_parse, select_run, select_done, NULL, NULL },
	{ "EXAMINE", LOGGED_IN | CMD_NO_SYNC, examine_parse, select_run, select_done, NULL, NULL },
	{ "CLOSE", STATE_SELECTED | CMD_NO_SYNC, NULL, close_run, NULL, NULL, NULL },
	{ "UNSELECT", STATE_SELECTED | CMD_NO_SYNC, NULL, unselect_run, NULL, NULL, NULL },
	{ "CHECK", STATE_SELECTED, NULL, check_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_select = {
	.name = "select",
	.rfc = "RFC 9051, RFC 3691",
	.capabilities = capabilities,
	.commands = commands,
};
