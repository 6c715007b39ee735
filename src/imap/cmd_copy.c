// SPDX-License-Identifier: Apache-2.0
// COPY, MOVE, EXPUNGE and their UID variants (RFC 9051 sections 6.4.3, 6.4.7, 6.4.8, 6.4.9; UIDPLUS, RFC 4315; MOVE, RFC 6851).
#include "base/buf.h"
#include "imap/module.h"
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

static int copy_run(struct session *s, struct command *c)
{
	struct copy_args *a = c->args;
	if (a->move && view_is_readonly(s->view))
		return command_no(s, NULL, "the mailbox is open read-only");
	int rc = args_messages(s, &a->set, c->uid, &a->uids);
	uint64_t asked = numset_size(&a->uids);
	if (rc == 0)
		rc = txn_copy(&s->op, s->view, &a->uids, a->to, a->move, &a->result);
	if (rc < 0)
		return rc;
	uint64_t done = numset_size(&a->result.from);
	const char *code = done ? copyuid(s, &a->result) : NULL;
	if (done && !code)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	// MOVE tells where the messages are before it tells that they are gone (RFC 6851 section 4.3).
	if (a->move && done)
		reply_ok(s, code, "moved");
	// Numbers that the client knows, but whose messages others expunged: the rest was copied, which cannot be a NO (RFC 2180 section 4.4.2;
	// RFC 9051 section 6.4.7: no partial copy), unless there was no rest.
	if (!c->uid && !a->set.saved && asked && !done)
		return op_fail(&s->op, RC_EXPUNGED, "the messages were expunged meanwhile");
	return command_ok(s, a->move ? NULL : code,
		done ? "%s completed" : "%s completed: no such messages", c->row->name);
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

static int expunge_run(struct session *s, struct command *c)
{
	struct expunge_args *a = c->args;
	if (view_is_readonly(s->view))
		return command_no(s, NULL, "the mailbox is open read-only");
	int rc = c->uid ? args_messages(s, &a->set, true, &a->uids) : 0;
	if (rc == 0)
		rc = txn_expunge(&s->op, s->view, c->uid ? &a->uids : NULL, &a->gone);
	if (rc == 0 &&
		!numset_is_empty(
			&a->gone)) // HIGHESTMODSEQ is due even if the client had not heard of them
		s->priv->modseq_behind = true;
	return rc < 0 ? rc : IMAP_DONE; // the dispatcher tells what is gone
}

static void expunge_done(struct session *s, struct command *c)
{
	struct expunge_args *a = c->args;
	(void)s;
	if (!a)
		return;
	numset_done(&a->uids);
	numset_done(&a->gone);
}

static const struct imap_command commands[] = {
	{ "COPY", STATE_SELECTED | CMD_NUMBERS, copy_parse, copy_run, copy_done, NULL, NULL },
	{ "UID COPY", STATE_SELECTED | CMD_UID, copy_parse, copy_run, copy_done, NULL, NULL },
	{ "MOVE", STATE_SELECTED | CMD_NUMBERS, move_parse, copy_run, copy_done, NULL, NULL },
	{ "UID MOVE", STATE_SELECTED | CMD_UID, move_parse, copy_run, copy_done, NULL, NULL },
	{ "EXPUNGE", STATE_SELECTED, expunge_parse, expunge_run, expunge_done, NULL, NULL },
	{ "UID EXPUNGE", STATE_SELECTED | CMD_UID, expunge_parse, expunge_run, expunge_done, NULL,
		NULL },
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
