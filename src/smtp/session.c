// SPDX-License-Identifier: Apache-2.0
// The loop of a connection and the commands that LMTP and submission have in common (RFC 5321, RFC 3030, RFC 3207).
#include "smtp/session_priv.h"

#include "auth/login.h"
#include "base/clock.h"
#include "base/log.h"
#include "mail/account.h"
#include "run/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *smtp_hostname(const char *configured, char *room)
{
	if (configured)
		return configured;
	return gethostname(room, SMTP_HOSTNAME_MAX - 1) == 0 ? room : "localhost";
}

// --- replies ---

void smtp_say(struct smtp_session *s, unsigned code, const char *enhanced, const char *text)
{
	struct smtp_reply reply = { .code = code, .enhanced = enhanced, .utf8 = s->envelope.utf8 };
	smtp_reply(s->held ? s->held : conn_output(s->conn), &reply, span_str(text));
	if (code >= 500 &&
		code < 510) // of the protocol; a user who does not exist is no error of the client
		s->bad++;
}

void smtp_refuse(struct smtp_session *s, const struct smtp_reply *reply, const char *text)
{
	smtp_say(s, reply->code, reply->enhanced, text);
}

void smtp_closing(struct smtp_session *s, const char *enhanced, const char *text)
{
	s->held = NULL; // what is still to be said is not said any more
	smtp_say(s, 421, enhanced, text);
	s->phase = AT_END;
}

// --- transactions ---

void smtp_again(struct smtp_session *s)
{
	s->phase = AT_AGAIN;
}

void smtp_transaction_end(struct smtp_session *s)
{
	smtp_message_abort(s);
	s->in_mail = false;
	s->envelope = (struct envelope){ .count = 0 };
	op_reset(&s->tx);
}

// What Received says of the client must be one word (RFC 5321 section 4.4 "Extended-Domain").
static bool is_domain_like(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || strchr("()<>;,\\\"", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 255;
}

static void forget_client(struct smtp_session *s)
{
	free((void *)(uintptr_t)s->client.p);
	s->client = SPAN_NONE;
}

bool smtp_hello(struct smtp_session *s, const struct smtp_command *c)
{
	if (!is_domain_like(c->argument)) {
		smtp_say(s, 501, "5.5.4", "the client's name is expected");
		return false;
	}
	char *copy = malloc(c->argument.n);
	if (!copy) {
		smtp_say(s, 451, "4.3.0", "out of memory");
		return false;
	}
	memcpy(copy, c->argument.p, c->argument.n);
	forget_client(s);
	s->client = span_of(copy, c->argument.n);
	smtp_transaction_end(s);
	return true;
}

void smtp_hello_lines(struct smtp_session *s, const char *const *more, size_t n)
{
	struct rope *out = conn_output(s->conn);
	char size[32];
	smtp_reply_line(out, 250, span_str(s->host->hostname), false);
	static const char *const extensions[] = { "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING",
		"ENHANCEDSTATUSCODES" };
	for (size_t i = 0; i < countof(extensions); i++)
		smtp_reply_line(out, 250, span_str(extensions[i]), false);
	for (size_t i = 0; i < n; i++)
		smtp_reply_line(out, 250, span_str(more[i]), false);
	if (conn_can_starttls(s->conn))
		smtp_reply_line(out, 250, SPAN("STARTTLS"), false);
	(void)snprintf(size, sizeof size, "SIZE %llu",
		(unsigned long long)mail_append_limit(s->host->mail)); // fits
	smtp_reply_line(out, 250, span_str(size), true);
}

bool smtp_mail(struct smtp_session *s, const struct smtp_command *c)
{
	struct smtp_reply reply;
	if (s->in_mail) {
		smtp_say(s, 503, "5.5.1", "there is a sender already: RSET first");
		return false;
	}
	op_reset(&s->tx);
	struct envelope_rules rules = { .limit = mail_append_limit(s->host->mail),
		.binary = s->front->has_binarymime,
		.auth = s->front->authenticates,
		.future = s->future };
	const char *why = envelope_begin(&s->tx, &s->envelope, c, &rules, &reply);
	if (why) {
		smtp_refuse(s, &reply, why);
		smtp_transaction_end(s);
	}
	s->in_mail = !why;
	return !why;
}

bool smtp_rcpt_check(struct smtp_session *s, const struct smtp_command *c, struct recipient *ret)
{
	struct smtp_reply reply;
	*ret = (struct recipient){ .address = c->path.text };
	if (!s->in_mail || s->in_message) {
		smtp_say(
			s, 503, "5.5.1", s->in_mail ? "the message has begun" : "MAIL comes first");
		return false;
	}
	const char *why = envelope_check_recipient(&s->envelope, c, ret, &reply);
	if (why)
		smtp_refuse(s, &reply, why);
	return !why;
}

bool smtp_rcpt_add(struct smtp_session *s, const struct recipient *r)
{
	int rc = envelope_add(&s->tx, &s->envelope, r);
	// RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction.
	if (rc < 0)
		smtp_say(s, 452, "4.5.3", op_text(&s->tx, rc));
	return rc == 0;
}

static void data(struct smtp_session *s)
{
	if (!s->in_mail || !envelope_accepted(&s->envelope) || s->in_message) {
		smtp_say(s, 503, "5.5.1",
			s->in_message ? "the message has begun" : "there are no recipients");
		return;
	}
	if (s->envelope.binary) { // RFC 3030 section 3
		smtp_say(s, 503, "5.5.1", "BINARYMIME needs BDAT");
		return;
	}
	s->phase = AT_DATA;
	smtp_message_begin(s);
	if (s->phase == AT_DATA)
		smtp_say(s, 354, NULL, "send the message, end it with CRLF . CRLF");
}

static void bdat(struct smtp_session *s, const struct smtp_command *c)
{
	s->chunk_left = c->size;
	if (!s->in_message)
		s->dropped = 0;
	s->last_chunk = c->last;
	s->phase = AT_CHUNK;
	if (s->in_mail && envelope_accepted(&s->envelope) && !s->in_message) {
		s->chunked = true;
		smtp_message_begin(s);
	}
}

// RFC 3207; the state of before is forgotten (section 4.2).
static void starttls(struct smtp_session *s)
{
	if (!conn_can_starttls(s->conn)) {
		smtp_say(s, 502, "5.5.1", "STARTTLS is not offered here");
		return;
	}
	smtp_say(s, 220, "2.0.0", "begin TLS now");
	smtp_transaction_end(s);
	forget_client(s);
	if (conn_start_tls(&s->op, s->conn) < 0)
		s->phase = AT_END;
}

static void run(struct smtp_session *s, const struct smtp_command *c)
{
	if (s->front->command(s, c))
		return;
	switch (c->verb) {
	case SMTP_DATA:
		data(s);
		break;
	case SMTP_BDAT:
		bdat(s, c);
		break;
	case SMTP_STARTTLS:
		starttls(s);
		break;
	case SMTP_RSET:
		smtp_transaction_end(s);
		smtp_say(s, 250, "2.0.0", "forgotten");
		break;
	case SMTP_NOOP:
		smtp_say(s, 250, "2.0.0", "still here");
		break;
	case SMTP_VRFY:
		smtp_say(s, 252, "2.5.0", "send mail and see");
		break;
	case SMTP_QUIT:
		smtp_say(s, 221, "2.0.0", "bye");
		s->phase = AT_END;
		break;
	default:
		smtp_say(s, 502, "5.5.1", "not here");
		break;
	}
}

static void command(struct smtp_session *s, struct span line)
{
	struct smtp_command c;
	int rc = smtp_parse(&s->op, line, &c);
	bool needs_hello = c.verb == SMTP_MAIL || c.verb == SMTP_RCPT || c.verb == SMTP_DATA;
	if (rc == RC_SYNTAX && c.verb == SMTP_UNKNOWN)
		smtp_say(s, 500, "5.5.2", op_text(&s->op, rc));
	else if (rc < 0)
		smtp_say(s, 501, c.verb == SMTP_RCPT ? "5.1.3" : "5.5.4", op_text(&s->op, rc));
	else if (needs_hello && !s->client.p)
		smtp_say(s, 503, "5.5.1", "say hello first");
	else
		run(s, &c);
	// What follows a chunk that we could not make out is not commands.
	if (rc < 0 && c.verb == SMTP_BDAT)
		s->phase = AT_END;
}

// (Again) the line that was read last.
static void run_line(struct smtp_session *s)
{
	s->phase = AT_COMMAND;
	command(s, s->line);
	if (s->phase != AT_AGAIN)
		auth_finder_reset(&s->finder);
}

// --- the loop ---

static void count_errors(struct smtp_session *s)
{
	if (s->bad > LMTP_BAD_MAX)
		smtp_closing(s, "4.7.0", "too many errors");
}

// Takes and runs one line. False: there is none, or its time has not come (*ret_held).
static bool next_line(struct smtp_session *s, bool *ret_held)
{
	struct span line;
	size_t used;
	struct line_cutter cutter = s->cutter;
	enum line_next next = line_cut(&cutter, conn_input(s->conn), SMTP_LINE_MAX, &line, &used);
	*ret_held = next != LINE_NEED && s->phase == AT_COMMAND && s->front->may_run &&
		!s->front->may_run(s, line);
	if (*ret_held)
		return false;
	s->cutter = cutter;
	if (s->phase == AT_COMMAND)
		op_reset(&s->op);
	if (next == LINE_GOT) {
		s->active_at = clock_mono();
		line = arena_dup(&s->op.arena, line); // STARTTLS throws away what is buffered
	}
	conn_consume(s->conn, used);
	if (next == LINE_NEED)
		return false;
	if (next == LINE_ENDLESS)
		smtp_closing(s, "4.7.0", "a line without end");
	else if (s->phase == AT_LINE)
		s->front->line(s, line);
	else if (next == LINE_LONG)
		smtp_say(s, 500, "5.5.6", "the line is too long");
	else if (!line.p) // not for ever: the client comes again
		smtp_say(s, 451, "4.3.0", "out of memory");
	else {
		s->line = line;
		run_line(s);
	}
	count_errors(s);
	return true;
}

// It waits for auth/.
static bool looks_up(const struct smtp_session *s)
{
	return s->phase == AT_AGAIN || (s->checks && s->phase != AT_END);
}

// One step. CONN_READ: and again, unless *ret_again is false.
static enum conn_next advance(struct smtp_session *s, bool *ret_again)
{
	bool held = false;
	*ret_again = true;
	// A message that has come whole is delivered before anything ends the connection: its recipients are being served.
	if (s->stopping && s->phase != AT_WHOLE && s->phase != AT_SERVE && s->phase != AT_END)
		smtp_closing(s, "4.3.2", "shutting down");
	if (s->phase == AT_AGAIN ? auth_finder_waits(&s->finder) : looks_up(s))
		return CONN_WAIT;
	switch (s->phase) {
	case AT_COMMAND:
	case AT_LINE:
		*ret_again = next_line(s, &held);
		break;
	case AT_AGAIN:
		s->active_at = clock_mono();
		run_line(s);
		count_errors(s);
		break;
	case AT_PAUSE:
		return s->front->wait(s);
	case AT_SOURCE:
		return s->front->is_full(s) ? CONN_WAIT : s->front->pull(s);
	case AT_DATA:
	case AT_CHUNK:
		if (s->front->is_full && s->front->is_full(s))
			return CONN_WAIT;
		*ret_again = s->phase == AT_DATA ? smtp_take_data(s) : smtp_take_chunk(s);
		break;
	case AT_WHOLE:
		smtp_message_end(s);
		break;
	case AT_SERVE:
		return s->front->serve(s);
	case AT_END:
		return CONN_CLOSE;
	}
	if (held)
		return CONN_WAIT;
	return !*ret_again && s->eof ? CONN_CLOSE : CONN_READ;
}

static uint64_t timeout_at(const struct smtp_session *s)
{
	uint64_t at = s->active_at + NS_PER_S * s->host->timeout;
	if (looks_up(s))
		return 0; // auth/ has deadlines of its own
	return s->front->deadline ? s->front->deadline(s, at) : at;
}

void smtp_session_charge(struct smtp_session *s, struct budget *memory)
{
	arena_set_budget(&s->op.arena, memory);
	arena_set_budget(&s->tx.arena, memory);
}

void smtp_session_init(struct smtp_session *s, struct conn *c, const struct smtp_front *front,
	const struct smtp_host *host)
{
	s->conn = c;
	s->front = front;
	s->host = host;
	s->finder = login_finder(host->auth, c);
	s->opened_at = s->active_at = clock_mono();
	op_init(&s->op, SMTP_COMMAND_MEMORY);
	op_init(&s->tx, SMTP_MEMORY);
	smtp_session_charge(s, host->memory);
}

void smtp_session_done(struct smtp_session *s)
{
	log_info(s->front->name, "%llu %s: closed after %llu s, %llu messages, %llu delivered",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn),
		(unsigned long long)((clock_mono() - s->opened_at) / NS_PER_S),
		(unsigned long long)s->messages, (unsigned long long)s->delivered);
	smtp_message_abort(s);
	auth_finder_reset(&s->finder);
	forget_client(s);
	op_done(&s->op);
	op_done(&s->tx);
}

// Waits for something: input, or what the front end waits for.
static enum conn_next park(struct smtp_session *s, enum conn_next next)
{
	conn_set_deadline(s->conn, timeout_at(s));
	if (s->phase == AT_COMMAND && next == CONN_READ) {
		arena_done(&s->op.arena);
		if (!s->in_mail)
			arena_done(&s->tx.arena);
	}
	return next;
}

enum conn_next smtp_session_run(struct smtp_session *s, unsigned events)
{
	if (events & CONN_EV_OPEN)
		smtp_reply_line(conn_output(s->conn), 220, span_str(s->host->hostname), true);
	if (events & CONN_EV_EOF)
		s->eof = true;
	if (events & CONN_EV_STOPPING)
		s->stopping = true;
	if (s->front->progress)
		s->front->progress(s);
	bool waits = s->phase != AT_SERVE && s->phase != AT_END && s->phase != AT_PAUSE &&
		s->phase != AT_SOURCE && s->phase != AT_WHOLE && !looks_up(s);
	if (events & CONN_EV_DEADLINE && waits && clock_mono() >= timeout_at(s))
		smtp_closing(s, "4.4.2", "closed after a long silence");
	bool again = true;
	for (unsigned i = 0; again; i++) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		if (i >= LMTP_STEPS_PER_RUN || crew_slice_is_over())
			return CONN_YIELD;
		enum conn_next next = advance(s, &again);
		if (next == CONN_WAIT)
			return park(s, next);
		if (next != CONN_READ)
			return next;
	}
	return park(s, CONN_READ);
}
