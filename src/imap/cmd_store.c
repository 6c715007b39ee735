// SPDX-License-Identifier: Apache-2.0
// STORE and UID STORE (RFC 9051 sections 6.4.6 and 6.4.9; conditional: RFC 7162 section 3.1.3). Flags that changed are told by the view like any other change; of messages that had
// those flags already, STORE tells them itself, since a client expects an answer for each message unless it said .SILENT.
#include "imap/store.h"

#include "base/buf.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "mail/view.h"

// store-modifiers (RFC 4466 section 2.5): SP "(" store-modifier *(SP store-modifier) ")"
static int parse_modifiers(
	struct session *s, struct command *c, struct cursor *in, struct store_args *args)
{
	int rc = 0;
	cursor_char(in, '(', "\"(\"");
	do {
		size_t at = in->at;
		struct span name = cursor_name(in, "a STORE modifier");
		const struct store_modifier *m =
			cursor_is_bad(in) ? NULL : module_find(MODULE_TABLE(store_modifiers), name);
		if (!m)
			cursor_fail_at(in, at, "a STORE modifier");
		else
			rc = m->parse(s, c, in, args);
	} while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "\")\"");
	cursor_sp(in);
	return rc;
}

// store-att-flags (RFC 9051 section 9): (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
static void parse_flags(struct cursor *in, struct store_args *args)
{
	size_t at = in->at;
	args->flags.change = cursor_try_char(in, '+') ? FLAGS_ADD
		: cursor_try_char(in, '-')            ? FLAGS_REMOVE
						      : FLAGS_REPLACE;
	struct span name = cursor_name(in, "FLAGS, +FLAGS or -FLAGS");
	args->flags.silent = span_caseeq(name, SPAN("FLAGS.SILENT"));
	if (!args->flags.silent && !span_caseeq(name, SPAN("FLAGS")))
		cursor_fail_at(in, at, "FLAGS, +FLAGS or -FLAGS, with .SILENT or without");
	cursor_sp(in);
	args->words = cursor_flags(in, &args->word_count);
}

static int store_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct store_args *args = op_new(&s->op, struct store_args);
	int rc = 0;
	if (!args)
		return RC_NOMEM;
	c->args = args;
	args->flags.unchanged_since.v = UINT64_MAX;
	cursor_sp(in);
	cursor_sequence_set(in, &args->set);
	cursor_sp(in);
	if (cursor_peek(in) == '(')
		rc = parse_modifiers(s, c, in, args);
	if (rc == 0)
		parse_flags(in, args);
	if (rc == 0 && !cursor_is_bad(in))
		rc = args_flags(s, args->words, args->word_count, &args->flags.list);
	return rc;
}

// Stores; opens the cursor over what stayed as it was, if that is to be told.
static int store_once(struct session *s, struct command *c, struct store_args *a)
{
	int rc = 0;
	if (!a->stored) {
		a->stored = true;
		rc = args_messages(s, &a->set, c->uid, &a->uids);
		if (rc == 0)
			rc = message_limit_cut(s, message_limit(s), &a->uids, &a->last);
		a->flags.uids = &a->uids;
		session_commit_begin(s);
		if (rc == 0)
			rc = txn_flags(&s->op, s->view, &a->flags, &a->result);
	}
	int committed = session_commit(s);
	if (rc < 0 || committed)
		return rc < 0 ? rc : committed;
	txn_flags_done(s->view, &a->result); // if not done already
	a->told = true;
	bool told = s->enabled & ENABLED_CONDSTORE;
	if (rc < 0 || (a->flags.silent && !told))
		return rc;
	bool all = a->flags.unchanged_since.v != UINT64_MAX || !a->flags.silent;
	rc = view_cursor_open(&s->op, s->view, all ? &a->uids : &a->result.changed, 0, &a->cursor);
	if (rc < 0)
		return command_untold(s, rc);
	if (view_keywords_grew(s->view)) // FLAGS comes before a FETCH that shows one
		reply_mailbox_flags(s);
	return rc;
}

// What STORE itself tells of a message. Of what it changed, and of what others changed meanwhile, the view tells afterwards. .SILENT leaves flags
// away, not modseqs (RFC 7162 section 3.1.3); a client whose condition failed should not have to ask why (there, example 10).
static void tell_one(
	struct session *s, struct command *c, const struct store_args *a, const struct msg *m)
{
	const struct keywords *k = view_cursor_keywords(a->cursor);
	bool modified = numset_has(&a->result.modified, m->uid.v);
	bool changed = numset_has(&a->result.changed, m->uid.v);
	struct modseq modseq = changed ? a->result.modseq : m->modseq;
	if (modified ? !view_was_told(s->view, m->uid, m->modseq)
		     : changed && !view_was_told(s->view, m->uid, modseq))
		return;
	if (a->flags.silent && !modified)
		reply_fetch_modseq(s, m, modseq);
	else
		reply_fetch_flags(s, m, k, c->uid);
}

static int store_end(struct session *s, struct command *c, const struct store_args *a)
{
	if (!numset_is_empty(&a->result.modified)) { // RFC 7162 section 3.1.3
		struct numset numbers = { 0 };
		struct buf code = { 0 };
		int rc = c->uid ? 0 : view_seqs_of(&s->op, s->view, &a->result.modified, &numbers);
		buf_add(&code, SPAN("MODIFIED "));
		numset_print(c->uid ? &a->result.modified : &numbers, &code);
		const char *text =
			rc < 0 || code.failed ? NULL : arena_str(&s->op.arena, buf_span(&code));
		numset_done(&numbers);
		buf_done(&code);
		if (!text)
			return command_untold(s, rc < 0 ? rc : RC_NOMEM);
		if (!c->uid && !a->set.saved && a->result.missing) // there, example 11
			return command_no(s, text, "some of the messages were expunged meanwhile");
		return command_ok(s, text, "some messages had changed");
	}
	if (!c->uid && !a->set.saved && a->result.missing)
		return op_fail(&s->op, RC_EXPUNGED, "some of the messages were expunged meanwhile");
	return IMAP_DONE;
}

static int store_run(struct session *s, struct command *c)
{
	struct store_args *a = c->args;
	struct msg m;
	if (view_is_readonly(s->view))
		return command_no(s, NULL, "the mailbox is open read-only");
	int rc = a->told ? 0 : store_once(s, c, a);
	if (rc == IMAP_WAIT)
		return rc;
	while (rc == 0 && a->cursor) {
		if (conn_is_full(s->conn) || crew_slice_is_over())
			return IMAP_MORE;
		rc = view_cursor_next(&s->op, a->cursor, &m);
		if (rc == 0)
			tell_one(s, c, a, &m);
	}
	if (rc < 0)
		return a->told ? command_untold(s, rc) : rc;
	return message_limit_end(s, a->last, store_end(s, c, a));
}

static void store_done(struct session *s, struct command *c)
{
	struct store_args *a = c->args;
	(void)s;
	if (!a)
		return;
	view_cursor_close(a->cursor);
	flags_result_done(&a->result);
	numset_done(&a->uids);
}

static const struct imap_command commands[] = {
	{ "STORE", STATE_SELECTED | CMD_NUMBERS | CMD_KEEPS_NUMBERS | CMD_CHANGES, store_parse,
		store_run, store_done, NULL, NULL },
	{ "UID STORE", STATE_SELECTED | CMD_UID | CMD_CHANGES, store_parse, store_run, store_done,
		NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_store = {
	.name = "store",
	.rfc = "RFC 9051",
	.commands = commands,
};
