// SPDX-License-Identifier: Apache-2.0
// Collects a command from the connection's input (RFC 9051 sections 2.2.1 and 4.3). Lines are moved out of the input buffer as they come,
// so a parked half command costs its own octets and nothing else. A line that ends in a literal's header is not the end of a command:
// the literal is collected, streamed, or refused.
//
// What is refused before its end (an unknown command, too long a line, too big a literal) is *failed*: its outcome is known, what is
// still on its way is dropped up to a bound, and the tagged line goes out when the client can read it as the answer to this command:
// at once where it waits for "+", else at the end of the line.
#include "base/clock.h"
#include "base/limits.h"
#include "imap/session_priv.h"

#define FILL_ROOM 65536u
#define LITERAL_FREE 16384u // shorter ones are not charged to the user's memory

static struct collector *reader_of_session(struct session *s)
{
	return &s->priv->reader;
}

void reader_begin(struct session *s)
{
	struct collector *r = reader_of_session(s);
	r->mode = READ_LINE;
	buf_reset(&r->text);
	buf_reset(&r->line);
	buf_reset(&r->tag);
	r->line_at = r->args_at = 0;
	r->left = r->skipped = r->dropped = 0;
	r->literals = 0;
	r->known = r->failed = false;
	r->tail_n = 0;
	charge_done(&r->charge);
}

void reader_done(struct session *s)
{
	struct collector *r = reader_of_session(s);
	buf_done(&r->text);
	buf_done(&r->line);
	buf_done(&r->tag);
	charge_done(&r->charge);
}

void reader_relax(struct session *s)
{
	struct collector *r = reader_of_session(s);
	if (r->text.n == 0)
		buf_done(&r->text);
	if (r->line.n == 0)
		buf_done(&r->line);
	if (r->tag.n == 0)
		buf_done(&r->tag);
}

// --- failing ---

static void fail(struct session *s, int outcome)
{
	struct collector *r = reader_of_session(s);
	if (!r->failed) {
		r->failed = true;
		r->outcome = outcome;
	}
	buf_reset(&r->text);
	r->line_at = r->args_at = 0;
}

static bool is_logged_in(const struct session *s)
{
	return s->state & (STATE_AUTHENTICATED | STATE_SELECTED);
}

// Most octets of one line, and of a whole command.
static size_t line_max(const struct session *s)
{
	if (s->priv->phase == PHASE_LINE)
		return IMAP_AUTH_LINE_MAX;
	return is_logged_in(s) ? IMAP_LINE_MAX : IMAP_PREAUTH_COMMAND_MAX;
}

static size_t command_max(const struct session *s)
{
	return is_logged_in(s) ? IMAP_COMMAND_MAX : IMAP_PREAUTH_COMMAND_MAX;
}

// --- literals ---

// The command has failed and its line ends in a literal: true if all is over for it now.
static bool skip_literal(struct session *s, const struct literal_header *h)
{
	struct collector *r = reader_of_session(s);
	if (h->sync)
		return true; // the client waits for "+" and gets the tagged line instead
	uint64_t most = is_logged_in(s) ? IMAP_SKIP_MAX : IMAP_PREAUTH_SKIP_MAX;
	if (h->size > most || r->skipped + h->size > most) {
		session_bye(s, "TOOBIG", "a literal of this size cannot be skipped");
		return true;
	}
	r->skipped += h->size;
	r->left = h->size;
	r->mode = READ_SKIP;
	return false;
}

// Asks the row's stream about the literal at the end of the present piece: an enum imap_literal, negative: failed.
static int ask_stream(struct session *s, const struct literal_header *h)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	struct cursor piece;
	cursor_init(&piece, buf_span(&r->text), &s->op.arena);
	piece.at = r->args_at;
	int rc = c->row->stream->literal(s, c, &piece, h);
	if (rc < 0) {
		fail(s, dispatch_fault(s, rc));
		return rc;
	}
	if (cursor_is_bad(&piece) && !piece.open) {
		fail(s, dispatch_syntax(s, &piece));
		return RC_SYNTAX;
	}
	return cursor_is_bad(&piece) ? LITERAL_COLLECT : rc;
}

// Whether a literal may be collected; else the command fails.
static bool may_collect(struct session *s, const struct literal_header *h)
{
	struct collector *r = reader_of_session(s);
	size_t most = command_max(s);
	if (h->size <= most && r->text.n + h->size <= most && r->literals < IMAP_LITERALS_MAX) {
		if (!r->charge.budget)
			op_charge_init(&s->op, &r->charge);
		int rc =
			h->size < LITERAL_FREE ? 0 : op_charge(&s->op, &r->charge, (size_t)h->size);
		if (rc < 0)
			fail(s, dispatch_fault(s, rc));
		r->literals++;
		return rc == 0;
	}
	if (r->literals >= IMAP_LITERALS_MAX)
		fail(s,
			command_bad(
				s, "LIMIT", "at most %u literals in a command", IMAP_LITERALS_MAX));
	else
		fail(s,
			command_no(s, "TOOBIG",
				"this literal may not make the command longer than %zu octets",
				most));
	return false;
}

// RFC 7888 section 5: with LITERAL- no non-synchronizing literal above 4096 octets.
static bool is_too_long_unasked(const struct session *s, const struct literal_header *h)
{
	return s->config->literal_minus && !h->sync && h->size > 4096;
}

// A line ended in a literal's header, or it did before and its stream was not done. True when the command is over (it failed and the client
// knows).
static bool literal_begins(struct session *s, const struct literal_header *h)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	int how = LITERAL_COLLECT;
	if (!r->failed && is_too_long_unasked(s, h))
		fail(s, command_bad(s, "TOOBIG", "LITERAL- allows {n+} up to 4096 octets only"));
	if (!r->failed && c->row && c->row->stream)
		how = ask_stream(s, h);
	if (how == LITERAL_LATER) {
		r->asked = *h;
		r->mode = READ_ASK;
		return false;
	}
	if (!r->failed && how == LITERAL_COLLECT)
		(void)may_collect(s, h);
	if (r->failed)
		return skip_literal(s, h);
	if (h->sync) {
		rope_add(session_out(s), SPAN("+ OK\r\n"));
		(void)conn_flush(&s->op, s->conn); // a closed connection shows at the next read
	}
	r->left = h->size;
	if (how == LITERAL_STREAM) {
		r->mode = READ_STREAM;
		buf_reset(&r->text);
		r->line_at = r->args_at = 0;
	} else {
		r->mode = READ_LITERAL;
		buf_add(&r->text, SPAN("\r\n"));
	}
	return false;
}

// The octets of a literal are all there.
static void literal_ends(struct session *s)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	if (r->mode == READ_STREAM) {
		int rc = c->row->stream->end(s, c);
		if (rc < 0)
			fail(s, dispatch_fault(s, rc));
	}
	r->mode = READ_LINE;
	r->line_at = r->text.n;
}

// Takes what there is of a literal. False: no more input now.
static bool take_octets(struct session *s)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	struct span in = conn_input(s->conn);
	if (in.n > r->left)
		in.n = (size_t)r->left;
	if (r->left && in.n == 0)
		return false;
	if (r->mode == READ_LITERAL) {
		buf_add(&r->text, in);
	} else if (r->mode == READ_STREAM && in.n) {
		int rc = c->row->stream->data(s, c, in);
		if (rc < 0) {
			fail(s, dispatch_fault(s, rc));
			r->mode =
				READ_SKIP; // it was asked for: the rest is dropped whatever its size
		}
	}
	conn_consume(s->conn, in.n);
	r->left -= in.n;
	if (r->left == 0)
		literal_ends(s);
	return true;
}

// --- lines ---

// Identifies the command once its first line, or its first part, is there.
static void know(struct session *s)
{
	struct collector *r = reader_of_session(s);
	if (r->known)
		return;
	r->known = true;
	int rc = dispatch_identify(s);
	if (rc)
		fail(s, rc);
}

// The line in text from line_at on is complete (without its CRLF). True when the command is over.
static bool line_ends(struct session *s)
{
	struct collector *r = reader_of_session(s);
	struct literal_header h;
	size_t n;
	if (r->text.failed && !r->known) { // the tag may be among what is missing
		session_bye(s, "UNAVAILABLE", "out of memory");
		return true;
	}
	if (r->text.failed)
		fail(s, command_no(s, "LIMIT", "out of memory"));
	know(s);
	if (s->priv->ended)
		return true;
	struct span line = span_skip(buf_span(&r->text), r->line_at);
	if (r->failed) {
		line = span_of(r->tail, r->tail_n);
		buf_reset(&r->text);
		r->line_at = 0;
	}
	return !literal_header_at_end(line, &h, &n) || literal_begins(s, &h);
}

// Remembers the last octets of a line that is being dropped: a literal may follow it.
static void tail_keep(struct collector *r, struct span octets)
{
	if (octets.n >= READER_TAIL) {
		memcpy(r->tail, octets.p + octets.n - READER_TAIL, READER_TAIL);
		r->tail_n = READER_TAIL;
		return;
	}
	size_t keep = r->tail_n;
	if (keep > READER_TAIL - octets.n)
		keep = READER_TAIL - octets.n;
	memmove(r->tail, r->tail + r->tail_n - keep, keep);
	if (octets.n)
		memcpy(r->tail + keep, octets.p, octets.n);
	r->tail_n = keep + octets.n;
}

// The line is longer than allowed: from here on it is dropped.
static void line_too_long(struct session *s, struct buf *to)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	if (to == &r->text)
		know(s);
	fail(s, command_bad(s, "LIMIT", "line too long: at most %zu octets", line_max(s)));
	if (s->priv->phase == PHASE_LINE)
		c->line = SPAN_NONE;
	r->mode = READ_SKIP_LINE;
}

// Takes what there is of a line into `to`. 0: no more input; 1: the line has ended; 2: it became too long.
enum { LINE_NEED, LINE_ENDED, LINE_TOO_LONG };
static int take_line(struct session *s, struct buf *to, size_t line_at)
{
	struct collector *r = reader_of_session(s);
	struct span in = conn_input(s->conn);
	if (in.n == 0)
		return LINE_NEED;
	size_t lf = span_find_char(in, '\n');
	bool ended = lf < in.n;
	struct span part = span_cut(in, 0, ended ? lf + 1 : lf);
	tail_keep(r, span_cut(part, 0, lf));
	size_t most = line_max(s);
	if (r->mode == READ_SKIP_LINE) {
		conn_consume(s->conn, part.n);
		r->dropped += part.n;
		if (!ended && r->dropped > LINE_DROP_MAX)
			session_bye(s, "LIMIT", "a line without end");
		return ended ? LINE_ENDED : LINE_NEED;
	}
	if (to->n - line_at + part.n > most + 2 ||
		(to == &r->text && to->n + part.n > command_max(s) + 2)) {
		buf_add(to, span_cut(part, 0, most < 256 ? most : 256)); // enough to see the tag
		line_too_long(s, to);
		return LINE_TOO_LONG; // what was read is dropped in the next round
	}
	buf_add(to, part);
	conn_consume(s->conn, part.n);
	if (!ended)
		return LINE_NEED;
	// CRLF; a lone LF is taken, too.
	if (to->n > line_at)
		to->n--;
	if (to->n > line_at && to->p[to->n - 1] == '\r')
		to->n--;
	return LINE_ENDED;
}

// The tail without the CR of the line's end.
static void tail_trim(struct collector *r)
{
	if (r->tail_n && r->tail[r->tail_n - 1] == '\r')
		r->tail_n--;
}

// A line for a command that asked with IMAP_LINE.
static enum reader_next read_answer(struct session *s)
{
	struct collector *r = reader_of_session(s);
	struct command *c = &s->priv->cmd;
	int took = LINE_TOO_LONG;
	while (took == LINE_TOO_LONG)
		took = take_line(s, &r->line, 0);
	if (took == LINE_NEED)
		return READER_NEED;
	r->mode = READ_LINE;
	if (!r->failed)
		c->line = r->line.p ? buf_span(&r->line) : span_of("", 0);
	return READER_LINE;
}

// As a step, where a literal's stream answered LITERAL_LATER.
static bool ask_again(struct session *s, enum reader_next *ret_next)
{
	struct collector *r = reader_of_session(s);
	if (crew_slice_is_over()) {
		*ret_next = READER_PAUSE;
		return false;
	}
	struct literal_header h = r->asked;
	r->mode = READ_LINE;
	if (!literal_begins(s, &h))
		return !s->priv->ended;
	*ret_next = READER_COMMAND;
	return false;
}

// One step; true: go on.
static bool step(struct session *s, enum reader_next *ret_next)
{
	struct collector *r = reader_of_session(s);
	*ret_next = READER_NEED;
	if (r->mode == READ_ASK)
		return ask_again(s, ret_next);
	if (r->mode != READ_LINE && r->mode != READ_SKIP_LINE)
		return take_octets(s);
	int took = take_line(s, &r->text, r->line_at);
	if (took == LINE_NEED)
		return false;
	if (took == LINE_TOO_LONG)
		return true;
	tail_trim(r);
	r->mode = READ_LINE;
	bool over = line_ends(s);
	r->tail_n = 0;
	if (over) {
		*ret_next = READER_COMMAND;
		return false;
	}
	return !s->priv->ended;
}

enum reader_next reader_run(struct session *s)
{
	enum reader_next next = READER_NEED;
	for (;;) {
		if (s->priv->phase == PHASE_LINE)
			next = read_answer(s);
		else
			while (step(s, &next))
				;
		if (next != READER_NEED || s->priv->ended)
			return next;
		int n = conn_fill(&s->op, s->conn, FILL_ROOM);
		if (n == RC_CLOSED)
			s->priv->eof = true;
		if (n <= 0)
			return READER_NEED;
		if (crew_slice_is_over()) // what was read waits in the buffer
			return READER_PAUSE;
	}
}
