// SPDX-License-Identifier: Apache-2.0
// COPY, MOVE, EXPUNGE and their UID variants (RFC 9051 sections 6.4.3, 6.4.7, 6.4.8, 6.4.9; UIDPLUS, RFC 4315; MOVE, RFC 6851).
#include "base/buf.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "mail/txn.h"
#include "mail/view.h"

// --- COPY, MOVE ---

struct copy_args {
	struct seqset set;
	struct span to;
	bool move;
	struct numset uids;
	struct copy_result result;
	bool copied;
	uint64_t asked;
	struct uid last; // MESSAGELIMIT (RFC 9738)
};

static int copy_parse_as(struct session *s, struct command *c, struct cursor *in, bool move)
{
	struct copy_args *args = op_new(&s->op, struct copy_args);
	if (!args)
		return RC_NOMEM;
	c->args = args;
	args->move = move;
	cursor_sp(in);
	cursor_sequence_set(in, &args->set);
	cursor_sp(in);
	return args_mailbox(s, in, &args->to);
}

static int copy_parse(struct session *s, struct command *c, struct cursor *in)
{
	return copy_parse_as(s, c, in, false);
}

static int move_parse(struct session *s, struct command *c, struct cursor *in)
{
	return copy_parse_as(s, c, in, true);
}

// "COPYUID validity from to" (RFC 4315 section 3): the i-th of one set became the i-th of the other.
static const char *copyuid(struct session *s, const struct copy_result *r)
{
	struct buf b = { 0 };
	buf_addf(&b, "COPYUID %u ", r->uid_validity);
	numset_print(&r->from, &b);
	buf_addc(&b, ' ');
	numset_print(&r->to, &b);
	const char *text = b.failed ? NULL : arena_str(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return text;
}

// Copies, once.
static int copy_once(struct session *s, struct command *c, struct copy_args *a)
{
	a->copied = true;
	int rc = args_messages(s, &a->set, c->uid, &a->uids);
	a->asked = numset_size(&a->uids);
	if (rc == 0)
		rc = message_limit_cut(
			s, a->move ? message_limit(s) : save_limit(s), &a->uids, &a->last);
	if (rc == 0 && a->last.v && !a->move) // all or nothing (RFC 9738 section 3.1)
		return message_limit_refuse(s, save_limit(s), a->last);
	session_commit_begin(s);
	if (rc == 0)
		rc = txn_copy(&s->op, s->view, &a->uids, a->to, a->move, &a->result);
	if (rc == 0)
		notify_own(s, a->to, &a->result.to);
	return rc;
}

static int copy_run(struct session *s, struct command *c)
{
	struct copy_args *a = c->args;
	if (a->move && view_is_readonly(s->view))
		return command_no(s, NULL, "the mailbox is open read-only");
	int rc = a->copied ? 0 : copy_once(s, c, a);
	int committed = session_commit(s);
	if (rc || committed)
		return rc ? rc : committed;
	uint64_t done = numset_size(&a->result.from);
	const char *code = done ? copyuid(s, &a->result) : NULL;
	if (done && !code)
		return command_untold(s, RC_NOMEM);
	// MOVE tells where the messages are before it tells that they are gone (RFC 6851 section 4.3).
	if (a->move && done)
		reply_ok(s, code, "moved");
	// Numbers that the client knows, but whose messages others expunged: the rest was copied, which cannot be a NO (RFC 2180 section 4.4.2;
	// RFC 9051 section 6.4.7: no partial copy), unless there was no rest.
	if (!c->uid && !a->set.saved && a->asked && !done)
		return message_limit_end(s, a->last,
			op_fail(&s->op, RC_EXPUNGED, "the messages were expunged meanwhile"));
	return message_limit_end(s, a->last,
		command_ok(s, a->move ? NULL : code,
			done ? "%s completed" : "%s completed: no such messages", c->row->name));
}

static void copy_done(struct session *s, struct command *c)
{
	struct copy_args *a = c->args;
	(void)s;
	if (!a)
		return;
	numset_done(&a->uids);
	copy_result_done(&a->result);
}

// --- EXPUNGE ---

struct expunge_args {
	struct seqset set; // UID EXPUNGE
	struct numset uids, gone;
	// MESSAGELIMIT (RFC 9738):
	struct view_cursor *cursor; // looks for messages with \Deleted
	struct numset deleted;
	struct uid last; // the lowest one to go; 0: all
	bool counted;
};

static int expunge_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct expunge_args *args = op_new(&s->op, struct expunge_args);
	if (!args)
		return RC_NOMEM;
	c->args = args;
	if (c->uid) {
		cursor_sp(in);
		cursor_sequence_set(in, &args->set);
	}
	return 0;
}

// UID EXPUNGE: finds out which messages would go, and leaves as many as may. EXPUNGE knows no limit (RFC 9738 section 3.1).
static int find_deleted(struct session *s, struct expunge_args *a)
{
	struct mailbox_status status;
	struct msg m;
	int rc = a->cursor ? 0 : args_messages(s, &a->set, true, &a->uids);
	mailbox_status(view_mailbox(s->view), &status);
	a->counted = !message_limit(s) || status.deleted <= message_limit(s);
	if (rc == 0 && !a->counted && !a->cursor)
		rc = view_cursor_open(&s->op, s->view, &a->uids, 0, &a->cursor);
	while (rc == 0 && !a->counted) {
		if (crew_slice_is_over())
			return IMAP_MORE;
		rc = view_cursor_next(&s->op, a->cursor, &m);
		if (rc == 0 && m.flags & FLAG_DELETED)
			numset_add(&a->deleted, m.uid.v);
	}
	if (rc != CURSOR_END)
		return rc;
	a->counted = true;
	numset_done(&a->uids);
	a->uids = a->deleted;
	a->deleted = (struct numset){ 0 };
	return a->uids.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
			      : message_limit_cut(s, message_limit(s), &a->uids, &a->last);
}

static int expunge_run(struct session *s, struct command *c)
{
	struct expunge_args *a = c->args;
	if (view_is_readonly(s->view))
		return command_no(s, NULL, "the mailbox is open read-only");
	int rc = c->uid && !a->counted ? find_deleted(s, a) : 0;
	if (rc > 0)
		return rc;
	if (rc == 0)
		rc = txn_expunge(&s->op, s->view, c->uid ? &a->uids : NULL, &a->gone);
	if (rc == 0 &&
		!numset_is_empty(
			&a->gone)) // HIGHESTMODSEQ is due even if the client had not heard of them
		s->priv->modseq_behind = true;
	// The dispatcher tells what is gone.
	return rc < 0 ? rc : message_limit_end(s, a->last, IMAP_DONE);
}

static void expunge_done(struct session *s, struct command *c)
{
	struct expunge_args *a = c->args;
	(void)s;
	if (!a)
		return;
	view_cursor_close(a->cursor);
	numset_done(&a->deleted);
	numset_done(&a->uids);
	numset_done(&a->gone);
}

static const struct imap_command commands[] = {
	{ "COPY", STATE_SELECTED | CMD_NUMBERS | CMD_CHANGES, copy_parse, copy_run, copy_done, NULL,
		NULL },
	{ "UID COPY", STATE_SELECTED | CMD_UID | CMD_CHANGES, copy_parse, copy_run, copy_done, NULL,
		NULL },
	{ "MOVE", STATE_SELECTED | CMD_NUMBERS | CMD_CHANGES, move_parse, copy_run, copy_done, NULL,
		NULL },
	{ "UID MOVE", STATE_SELECTED | CMD_UID | CMD_CHANGES, move_parse, copy_run, copy_done, NULL,
		NULL },
	{ "EXPUNGE", STATE_SELECTED | CMD_CHANGES, expunge_parse, expunge_run, expunge_done, NULL,
		NULL },
	{ "UID EXPUNGE", STATE_SELECTED | CMD_UID | CMD_CHANGES, expunge_parse, expunge_run,
		expunge_done, NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "UIDPLUS", CAP_AFTER_LOGIN, NULL, NULL, "RFC 4315" },
	{ "MOVE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 6851" },
	{ NULL },
};

const struct imap_module imap_module_copy = {
	.name = "copy",
	.rfc = "RFC 9051, RFC 4315, RFC 6851",
	.capabilities = capabilities,
	.commands = commands,
};
