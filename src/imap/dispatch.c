// SPDX-License-Identifier: Apache-2.0
// From a collected command to its tagged line: find the row, check the state, parse, run, tell what changed in the mailbox, answer.
#include "base/limits.h"
#include "base/log.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/reply_table.h"
#include "imap/session_priv.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdio.h>

// --- what the tagged line says ---

printf_like(2, 0) static const char *in_arena(struct session *s, const char *fmt, va_list ap)
{
	char *text = arena_bytes(&s->op.arena, OP_TEXT_MAX);
	if (!text)
		return "out of memory";
	(void)vsnprintf(text, OP_TEXT_MAX, fmt, ap); // cut when too long
	return text;
}

#define COMMAND_SAYS(outcome)                                                                      \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		s->priv->cmd.code = code;                                                          \
		s->priv->cmd.text = in_arena(s, fmt, ap);                                          \
		va_end(ap);                                                                        \
		return outcome;                                                                    \
	} while (0)

int command_ok(struct session *s, const char *code, const char *fmt, ...)
{
	COMMAND_SAYS(IMAP_DONE);
}

int command_done(struct session *s, const char *code)
{
	s->priv->cmd.code = code;
	s->priv->cmd.text = NULL;
	return IMAP_DONE;
}

int command_no(struct session *s, const char *code, const char *fmt, ...)
{
	COMMAND_SAYS(IMAP_NO);
}

int command_bad(struct session *s, const char *code, const char *fmt, ...)
{
	COMMAND_SAYS(IMAP_BAD);
}

void command_enables(struct session *s, unsigned bits)
{
	s->priv->cmd.enables |= bits;
}

int dispatch_fault(struct session *s, int rc)
{
	const struct reply_row *row = reply_row_of(rc);
	const char *text = op_text(&s->op, rc);
	const char *code = row->code ? row->code : s->priv->cmd.code;
	return row->bad ? command_bad(s, code, "%s", text) : command_no(s, code, "%s", text);
}

int command_untold(struct session *s, int rc)
{
	session_bye(s, reply_row_of(rc)->code, "done, but what came of it cannot be told: %s",
		op_text(&s->op, rc));
	return IMAP_DONE;
}

int dispatch_syntax(struct session *s, const struct cursor *in)
{
	struct buf why = { 0 };
	cursor_explain(in, &why);
	const struct imap_command *row = s->priv->cmd.row;
	if (in->rc == RC_NOMEM || s->op.arena.starved) // not the client's fault
		return dispatch_fault(s, RC_NOMEM);
	int outcome = command_bad(s, reply_row_of(in->rc)->code, "%s%s%.*s", row ? row->name : "",
		row ? ": " : "", SPAN_FMT(buf_span(&why)));
	buf_done(&why);
	return outcome;
}

// --- finding the row ---

static const char *state_text(const struct session *s, const struct imap_command *row)
{
	return s->state == STATE_NOT_AUTHENTICATED ? "before log-in"
		: row->flags & STATE_SELECTED      ? "without a selected mailbox"
						   : "after log-in";
}

// "UID" and the word behind it are one name: *ret_name is in the arena then.
static void take_name(struct session *s, struct cursor *in, struct span *ret_name)
{
	struct span name = cursor_name(in, "a command");
	if (!cursor_is_bad(in) && span_caseeq(name, SPAN("UID"))) {
		cursor_sp(in);
		struct span second = cursor_name(in, "a command behind UID");
		char *both = arena_bytes(&s->op.arena, second.n + 4);
		if (cursor_is_bad(in))
			return;
		if (!both) {
			cursor_fail_rc(in, RC_NOMEM, "less");
			return;
		}
		memcpy(both, "UID ", 4);
		memcpy(both + 4, second.p, second.n);
		name = span_of(both, second.n + 4);
	}
	int next = cursor_peek(in);
	if (next != ' ' && next != -1)
		cursor_fail(in, "a space");
	*ret_name = name;
}

int dispatch_identify(struct session *s)
{
	struct collector *r = &s->priv->reader;
	struct command *c = &s->priv->cmd;
	struct cursor in;
	struct span name = SPAN_NONE;
	*c = (struct command){ .row = NULL };
	op_reset(&s->op);
	cursor_init(&in, buf_span(&r->text), &s->op.arena);
	struct span tag = cursor_tag(&in);
	if (!cursor_is_bad(&in) && (cursor_peek(&in) == ' ' || cursor_at_end(&in))) {
		buf_add(&r->tag, tag);
		if (r->tag.failed) {
			session_bye(s, "UNAVAILABLE", "out of memory");
			return IMAP_NO;
		}
		c->tag = buf_span(&r->tag);
	}
	cursor_sp(&in);
	take_name(s, &in, &name);
	if (cursor_is_bad(&in))
		return dispatch_syntax(s, &in);
	r->args_at = in.at;
	const struct imap_command *row = module_command(name);
	if (!row)
		return command_bad(s, NULL, "unknown command \"%.*s\"",
			(int)(name.n > 40 ? 40 : name.n), name.p);
	c->row = row;
	c->uid = row->flags & CMD_UID;
	if (!(row->flags & CMD_STATES & s->state))
		return command_bad(s, NULL, "%s is not allowed %s", row->name, state_text(s, row));
	if (row->flags & CMD_NUMBERS && s->enabled & ENABLED_UIDONLY) // RFC 9586 section 3.2
		return command_bad(s, "UIDREQUIRED", "UIDONLY is enabled: use UID %s", row->name);
	return 0;
}

// --- the end of a command ---

// tag SP resp-cond-state CRLF (RFC 9051 section 7.1)
static void write_tagged(struct session *s, int outcome)
{
	static const char *const words[] = { " OK ", " NO ", " BAD " };
	struct command *c = &s->priv->cmd;
	struct rope *out = session_out(s);
	rope_add(out, c->tag.n ? c->tag : SPAN("*"));
	rope_add(out, span_str(words[outcome]));
	if (c->code) {
		rope_addc(out, '[');
		rope_add(out, span_str(c->code));
		rope_add(out, SPAN("] "));
	}
	if (c->text)
		reply_text(s, span_str(c->text));
	else
		reply_text_of(s, c->row ? c->row->name : "command",
			outcome == IMAP_DONE ? " completed" : " failed");
	rope_add(out, SPAN("\r\n"));
}

static void count_outcome(struct session *s, int outcome)
{
	struct session_priv *p = s->priv;
	const struct command *c = &p->cmd;
	p->commands++;
	p->active_at = crew_slice_began();
	atomic_fetch_add_explicit(&s->imap->commands, 1, memory_order_relaxed);
	if (outcome == IMAP_BAD)
		atomic_fetch_add_explicit(&s->imap->bad_commands, 1, memory_order_relaxed);
	if (outcome != IMAP_DONE)
		log_debug("imap", "%llu %.*s: %s %s: %s", (unsigned long long)conn_id(s->conn),
			SPAN_FMT(p->user), c->row ? c->row->name : "?",
			outcome == IMAP_NO ? "NO" : "BAD", c->text ? c->text : "failed");
}

static void command_over(struct session *s)
{
	struct session_priv *p = s->priv;
	session_commit_abandon(s);
	if (p->cmd.row && p->cmd.row->done)
		p->cmd.row->done(s, &p->cmd);
	p->cmd = (struct command){ .row = NULL };
	p->phase = PHASE_READ;
	p->wake_at = 0;
	op_reset(&s->op);
	s->op.arena.limit = s->state == STATE_NOT_AUTHENTICATED ? IMAP_PREAUTH_MEMORY : IMAP_MEMORY;
	reader_begin(s);
}

void dispatch_abandon(struct session *s)
{
	command_over(s);
}

static enum conn_next answer(struct session *s, int outcome)
{
	struct session_priv *p = s->priv;
	const struct imap_command *row = p->cmd.row;
	if (p->ended) {
		command_over(s);
		return CONN_CLOSE;
	}
	write_tagged(s, outcome);
	count_outcome(s, outcome);
	if (outcome == IMAP_BAD && s->state == STATE_NOT_AUTHENTICATED &&
		++p->bad_before_login >= IMAP_PREAUTH_BAD_MAX)
		session_bye(s, NULL, "too many bad commands");
	if (outcome == IMAP_DONE && row && row->after)
		row->after(s);
	command_over(s);
	return s->state == STATE_LOGOUT ? CONN_CLOSE : CONN_READ;
}

// A client takes the highest MODSEQ that it was told as its HIGHESTMODSEQ at the tagged line, unless it gets the code (RFC 7162 section 6). So it
// gets the code with a lower value while expunges are held back (section 3.2), and once they were told (sections 3.2.7, 3.2.9; RFC 6851
// section 4.4).
static void tell_modseq(struct session *s)
{
	struct session_priv *p = s->priv;
	bool sent = p->modseq_sent, behind = p->modseq_behind;
	if (!s->view || p->ended || !(s->enabled & ENABLED_CONDSTORE))
		return; // behind BYE comes nothing
	p->modseq_sent = false;
	p->modseq_behind = view_has_hidden(s->view) && (sent || behind);
	if (p->modseq_behind ? !sent : !behind)
		return;
	if (!p->modseq_behind && p->outcome == IMAP_DONE && !p->cmd.code)
		p->cmd.code = reply_modseq_code(s);
	else
		reply_modseq(s);
}

// Tells what has changed in the selected mailbox, then answers.
static enum conn_next finish(struct session *s)
{
	struct session_priv *p = s->priv;
	unsigned flags = p->cmd.row ? p->cmd.row->flags : CMD_NO_SYNC;
	if ((s->view || p->notify) && !(flags & CMD_NO_SYNC) && !p->ended) {
		p->phase = PHASE_SYNC;
		bool expunges = !(flags & CMD_KEEPS_NUMBERS) && !p->cmd.keeps_numbers;
		int rc = s->view ? reply_changes(s, expunges, p->cmd.uid) : 0;
		if (rc == 0)
			rc = notify_tell(s);
		if (rc > 0)
			return conn_is_full(s->conn) ? CONN_FLUSH : CONN_YIELD;
		if (rc < 0)
			session_bye(s, reply_row_of(rc)->code,
				"the mailbox cannot be shown any more: %s", op_text(&s->op, rc));
		else
			tell_modseq(s);
	}
	return answer(s, p->outcome);
}

// --- running ---

static enum conn_next run(struct session *s)
{
	struct session_priv *p = s->priv;
	struct command *c = &p->cmd;
	for (;;) {
		p->wake_at = 0;
		int rc = c->row->run(s, c);
		c->line = SPAN_NONE;
		buf_reset(&p->reader.line);
		switch (rc) {
		case IMAP_MORE:
			p->phase = PHASE_RUN;
			if (conn_is_full(s->conn))
				return CONN_FLUSH;
			if (crew_slice_is_over())
				return CONN_YIELD;
			continue;
		case IMAP_LINE:
			p->phase = PHASE_LINE;
			return CONN_READ;
		case IMAP_WAIT:
			p->phase = PHASE_WAIT;
			return CONN_WAIT;
		default:
			p->outcome = rc < 0 ? dispatch_fault(s, rc) : rc;
			return finish(s);
		}
	}
}

// A command on messages works on the mailbox as it is now; what others expunged and the client does not know of keeps its number.
static int look_again(struct session *s)
{
	unsigned flags = s->priv->cmd.row->flags;
	if (!s->view || (flags & CMD_STATES) != STATE_SELECTED || flags & CMD_NO_SYNC)
		return 0;
	return view_refresh(&s->op, s->view);
}

enum conn_next dispatch_start(struct session *s)
{
	struct session_priv *p = s->priv;
	struct command *c = &p->cmd;
	p->outcome = p->reader.outcome;
	// A command whose literal was refused was never received in full: it is not "in progress", so no EXPUNGE may come
	// now (RFC 9051 section 7.5.1).
	if (p->reader.failed)
		return answer(s, p->outcome);
	struct cursor in;
	cursor_init(&in, buf_span(&p->reader.text), &s->op.arena);
	in.at = p->reader.args_at;
	int rc = c->row->parse ? c->row->parse(s, c, &in) : 0;
	cursor_end(&in);
	if (rc == 0 && !cursor_is_bad(&in))
		rc = look_again(s);
	if (cursor_is_bad(&in) && rc != RC_NOMEM)
		p->outcome = dispatch_syntax(s, &in);
	else if (rc < 0)
		p->outcome = dispatch_fault(s, rc);
	else {
		session_enable(s, c->enables);
		return run(s);
	}
	return finish(s);
}

enum conn_next dispatch_continue(struct session *s)
{
	struct session_priv *p = s->priv;
	if (p->phase == PHASE_SYNC)
		return finish(s);
	if (p->reader.failed) { // an over-long line in place of an answer
		p->outcome = p->reader.outcome;
		return finish(s);
	}
	return run(s);
}
