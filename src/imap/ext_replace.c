// SPDX-License-Identifier: Apache-2.0
// REPLACE and UID REPLACE (RFC 8508): a message is appended and another one removed from the selected mailbox, in one step that everybody sees
// whole or not at all. What the client says is looked at before "+", so that it need not send in vain: the number, that the message is still
// there, the mailbox, the size. One message only (section 4.7).
#include "imap/append.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "mail/view.h"

struct replace_args {
	struct append_intake intake;
	struct uid uid; // of the message to be replaced
};

static int args_of(struct session *s, struct command *c, struct replace_args **ret_args)
{
	struct replace_args *a = c->args;
	if (!a)
		c->args = a = op_new(&s->op, struct replace_args);
	if (a)
		a->intake.single = true;
	*ret_args = a;
	return a ? 0 : RC_NOMEM;
}

// Finds the message that a number (0: "*") means; it must be one that can be removed.
static int find(struct session *s, bool uid, uint32_t number, struct uid *ret_uid)
{
	struct seq seq = { number };
	struct uid found = { number };
	struct msg m;
	int rc = 0;
	if (number == 0)
		seq.v = view_exists(s->view);
	if (!uid && (seq.v == 0 || seq.v > view_exists(s->view)))
		return op_fail(&s->op, RC_SYNTAX, "there is no message of that number");
	if (uid && number)
		rc = view_seq_of(&s->op, s->view, found, &seq);
	else
		rc = seq.v ? view_uid_of(&s->op, s->view, seq, &found) : 0;
	if (rc < 0)
		return rc;
	if (seq.v == 0)
		return op_fail(&s->op, RC_NONEXISTENT, "there is no message of that UID");
	rc = view_msg(&s->op, s->view, found, &m);
	if (rc == MSG_GONE)
		return op_fail(&s->op, RC_EXPUNGED, "the message to be replaced was expunged");
	*ret_uid = found;
	return rc;
}

// SP seq-number
static int take_target(
	struct session *s, struct command *c, struct cursor *in, struct replace_args *a)
{
	cursor_sp(in);
	uint32_t number = cursor_try_char(in, '*') ? 0 : cursor_nz_number(in);
	if (cursor_peek(in) != ' ')
		cursor_fail(in, "a space and a mailbox");
	if (cursor_is_bad(in))
		return 0;
	if (view_is_readonly(s->view))
		return op_fail(&s->op, RC_CANNOT, "the mailbox is open read-only");
	return find(s, c->uid, number, &a->uid);
}

static int replace_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header)
{
	struct replace_args *a;
	int rc = args_of(s, c, &a);
	if (rc == 0 && !a->intake.append)
		rc = take_target(s, c, piece, a);
	return rc < 0 ? rc : append_intake_literal(s, c, piece, header, &a->intake);
}

static int replace_data(struct session *s, struct command *c, struct span octets)
{
	struct replace_args *a = c->args;
	return append_intake_data(s, &a->intake, octets);
}

static int replace_data_end(struct session *s, struct command *c)
{
	struct replace_args *a = c->args;
	return append_intake_end(s, &a->intake);
}

static int replace_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct replace_args *a;
	int rc = args_of(s, c, &a);
	if (rc == 0 && !a->intake.append)
		rc = take_target(s, c, in, a);
	return rc < 0 ? rc : append_intake_parse(s, c, in, &a->intake);
}

static int replace_run(struct session *s, struct command *c)
{
	struct replace_args *a = c->args;
	int rc = append_intake_run(s, &a->intake);
	if (rc)
		return rc;
	a->intake.committed = true;
	struct span mailbox = arena_dup(&s->op.arena, append_mailbox(a->intake.append));
	rc = append_commit_replacing(&s->op, a->intake.append, s->view, a->uid, &a->intake.result);
	if (rc < 0)
		return rc;
	notify_own(s, mailbox, &a->intake.result.uids);
	// Before EXPUNGE tells that the old one is gone (section 4.3).
	reply_ok(s, append_intake_code(s, &a->intake), "replacement message ready");
	return IMAP_DONE;
}

static void replace_done(struct session *s, struct command *c)
{
	struct replace_args *a = c->args;
	(void)s;
	if (a)
		append_intake_done(&a->intake);
}

static const struct imap_stream stream = {
	.literal = replace_literal,
	.data = replace_data,
	.end = replace_data_end,
};
static const struct imap_command commands[] = {
	{ "REPLACE", STATE_SELECTED | CMD_NUMBERS | CMD_CHANGES, replace_parse, replace_run,
		replace_done, &stream, NULL },
	{ "UID REPLACE", STATE_SELECTED | CMD_UID | CMD_CHANGES, replace_parse, replace_run,
		replace_done, &stream, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "REPLACE", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_replace = {
	.name = "replace",
	.rfc = "RFC 8508",
	.capabilities = capabilities,
	.commands = commands,
};
