// SPDX-License-Identifier: Apache-2.0
// The loop of an LMTP connection and its commands (RFC 2033: SMTP with LHLO, and a reply for each recipient).
#include "auth/auth.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "run/crew.h"
#include "smtp/lmtp_priv.h"
#include "smtp/reply_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int lmtp_new(struct op *op, const struct lmtp_config *config, struct lmtp **ret_lmtp)
{
	struct lmtp *l = calloc(1, sizeof *l);
	if (!l)
		return op_fail(op, RC_NOMEM, "out of memory");
	l->config = *config;
	if (!l->config.hostname) {
		if (gethostname(l->hostname, sizeof l->hostname - 1) != 0)
			memcpy(l->hostname, "localhost", sizeof "localhost");
		l->config.hostname = l->hostname;
	}
	*ret_lmtp = l;
	return 0;
}

void lmtp_free(struct lmtp *lmtp)
{
	free(lmtp);
}

// --- replies ---

void lmtp_reply(struct lmtp_session *s, unsigned code, const char *enhanced, const char *text)
{
	struct smtp_reply reply = { .code = code, .enhanced = enhanced, .utf8 = s->envelope.utf8 };
	smtp_reply(conn_output(s->conn), &reply, span_str(text));
	if (code >= 500 &&
		code < 510) // of the protocol; a user who does not exist is no error of the client
		s->bad++;
}

static void refuse(struct lmtp_session *s, const struct smtp_reply *reply, const char *text)
{
	lmtp_reply(s, reply->code, reply->enhanced, text);
}

void lmtp_closing(struct lmtp_session *s, const char *enhanced, const char *text)
{
	lmtp_reply(s, 421, enhanced, text);
	s->phase = LMTP_CLOSING;
}

// --- transactions ---

void lmtp_transaction_end(struct lmtp_session *s)
{
	lmtp_message_abort(s);
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

static void lhlo(struct lmtp_session *s, const struct smtp_command *c)
{
	struct rope *out = conn_output(s->conn);
	char size[32];
	if (!is_domain_like(c->argument)) {
		lmtp_reply(s, 501, "5.5.4", "LHLO wants the client's name");
		return;
	}
	char *copy = malloc(c->argument.n);
	if (!copy) {
		lmtp_reply(s, 451, "4.3.0", "out of memory");
		return;
	}
	memcpy(copy, c->argument.p, c->argument.n);
	free((void *)(uintptr_t)s->client.p);
	s->client = span_of(copy, c->argument.n);
	lmtp_transaction_end(s);
	smtp_reply_line(out, 250, span_str(s->lmtp->config.hostname), false);
	static const char *const extensions[] = { "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING",
		"BINARYMIME", "ENHANCEDSTATUSCODES" };
	for (size_t i = 0; i < countof(extensions); i++)
		smtp_reply_line(out, 250, span_str(extensions[i]), false);
	if (conn_can_starttls(s->conn))
		smtp_reply_line(out, 250, SPAN("STARTTLS"), false);
	(void)snprintf(size, sizeof size, "SIZE %llu",
		(unsigned long long)mail_append_limit(s->lmtp->config.mail)); // fits
	smtp_reply_line(out, 250, span_str(size), true);
}

static void mail(struct lmtp_session *s, const struct smtp_command *c)
{
	struct smtp_reply reply;
	if (s->in_mail) {
		lmtp_reply(s, 503, "5.5.1", "there is a sender already: RSET first");
		return;
	}
	op_reset(&s->tx);
	const char *why = envelope_begin(
		&s->tx, &s->envelope, c, mail_append_limit(s->lmtp->config.mail), &reply);
	if (why) {
		refuse(s, &reply, why);
		lmtp_transaction_end(s);
		return;
	}
	s->in_mail = true;
	lmtp_reply(s, 250, "2.1.0", "sender accepted");
}

// Whose mail it is: the whole address as a name of a user, then the local part alone; each as it is, then without "+folder".
static int resolve(
	struct lmtp_session *s, const struct smtp_path *p, struct recipient *ret_recipient)
{
	struct op *op = &s->op;
	struct span names[4], base = SPAN_NONE, detail = SPAN_NONE;
	size_t plus = span_find_char(p->local, '+'), n = 0, detailed;
	size_t room = p->local.n + p->domain.n + 2;
	if (plus > 0 && plus < p->local.n) {
		base = span_cut(p->local, 0, plus);
		detail = span_skip(p->local, plus + 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct span local = i ? base : p->local;
		char *whole = arena_bytes(&op->arena, room);
		if (!whole)
			return op_fail(op, RC_NOMEM, "out of memory");
		if (i == 1)
			detailed = n;
		if (!local.p)
			continue;
		if (p->domain.p) {
			memcpy(whole, local.p, local.n);
			whole[local.n] = '@';
			memcpy(whole + local.n + 1, p->domain.p, p->domain.n);
			names[n++] = span_of(whole, local.n + 1 + p->domain.n);
		}
		names[n++] = local;
	}
	size_t which;
	*ret_recipient = (struct recipient){ .address = p->text };
	int rc = auth_find(op, s->lmtp->config.auth, names, n, &ret_recipient->user, &which);
	if (rc == 0 && which >= detailed)
		ret_recipient->folder = detail;
	return rc;
}

static void rcpt(struct lmtp_session *s, const struct smtp_command *c)
{
	struct smtp_reply reply;
	struct recipient r;
	if (!s->in_mail || s->in_message) {
		lmtp_reply(
			s, 503, "5.5.1", s->in_mail ? "the message has begun" : "MAIL comes first");
		return;
	}
	const char *why = envelope_check_recipient(&s->envelope, c, &reply);
	if (why) {
		refuse(s, &reply, why);
		return;
	}
	int rc = resolve(s, &c->path, &r);
	if (rc == 0) {
		rc = envelope_add(&s->tx, &s->envelope, &r);
		// RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction.
		if (rc < 0) {
			lmtp_reply(s, 452, "4.5.3", op_text(&s->tx, rc));
			return;
		}
		lmtp_reply(s, 250, "2.1.5", "recipient accepted");
		return;
	}
	reply = smtp_reply_of(rc);
	refuse(s, &reply, rc == RC_NONEXISTENT ? "no such user here" : op_text(&s->op, rc));
}

static void data(struct lmtp_session *s)
{
	if (!s->in_mail || !s->envelope.count || s->chunked) {
		lmtp_reply(s, 503, "5.5.1",
			s->chunked ? "the message has begun with BDAT" : "there are no recipients");
		return;
	}
	if (s->envelope.binary) { // RFC 3030 section 3
		lmtp_reply(s, 503, "5.5.1", "BINARYMIME needs BDAT");
		return;
	}
	lmtp_message_begin(s);
	s->phase = LMTP_DATA;
	lmtp_reply(s, 354, NULL, "send the message, end it with CRLF . CRLF");
}

static void bdat(struct lmtp_session *s, const struct smtp_command *c)
{
	s->chunk_left = c->size;
	if (!s->in_message)
		s->dropped = 0;
	s->last_chunk = c->last;
	s->phase = LMTP_CHUNK;
	if (s->in_mail && s->envelope.count && !s->in_message) {
		lmtp_message_begin(s);
		s->chunked = true;
	}
}

// RFC 3207; the state of before is forgotten (section 4.2).
static void starttls(struct lmtp_session *s)
{
	if (!conn_can_starttls(s->conn)) {
		lmtp_reply(s, 502, "5.5.1", "STARTTLS is not offered here");
		return;
	}
	lmtp_reply(s, 220, "2.0.0", "begin TLS now");
	lmtp_transaction_end(s);
	free((void *)(uintptr_t)s->client.p);
	s->client = SPAN_NONE;
	if (conn_start_tls(&s->op, s->conn) < 0)
		s->phase = LMTP_CLOSING;
}

static void run(struct lmtp_session *s, const struct smtp_command *c)
{
	switch (c->verb) {
	case SMTP_LHLO:
		lhlo(s, c);
		break;
	case SMTP_MAIL:
		mail(s, c);
		break;
	case SMTP_RCPT:
		rcpt(s, c);
		break;
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
		lmtp_transaction_end(s);
		lmtp_reply(s, 250, "2.0.0", "forgotten");
		break;
	case SMTP_NOOP:
		lmtp_reply(s, 250, "2.0.0", "still here");
		break;
	case SMTP_VRFY:
		lmtp_reply(s, 252, "2.5.0", "send mail and see");
		break;
	case SMTP_QUIT:
		lmtp_reply(s, 221, "2.0.0", "bye");
		s->phase = LMTP_CLOSING;
		break;
	case SMTP_HELO:
	case SMTP_EHLO: // RFC 2033 section 4.1
		lmtp_reply(s, 500, "5.5.1", "this is LMTP: LHLO");
		break;
	default:
		lmtp_reply(s, 502, "5.5.1", "not here");
		break;
	}
}

static void command(struct lmtp_session *s, struct span line)
{
	struct smtp_command c;
	int rc = smtp_parse(&s->op, line, &c);
	bool needs_lhlo = c.verb == SMTP_MAIL || c.verb == SMTP_RCPT || c.verb == SMTP_DATA;
	if (rc == RC_SYNTAX && c.verb == SMTP_UNKNOWN)
		lmtp_reply(s, 500, "5.5.2", op_text(&s->op, rc));
	else if (rc < 0)
		lmtp_reply(s, 501, c.verb == SMTP_RCPT ? "5.1.3" : "5.5.4", op_text(&s->op, rc));
	else if (needs_lhlo && !s->client.p)
		lmtp_reply(s, 503, "5.5.1", "LHLO comes first");
	else
		run(s, &c);
	// What follows a chunk that we could not make out is not commands.
	if (rc < 0 && c.verb == SMTP_BDAT)
		s->phase = LMTP_CLOSING;
}

// --- the loop ---

// Takes and runs one line. False: there is none.
static bool next_line(struct lmtp_session *s)
{
	struct span line;
	size_t used;
	enum line_next next =
		line_cut(&s->cutter, conn_input(s->conn), SMTP_LINE_MAX, &line, &used);
	op_reset(&s->op);
	if (next == LINE_GOT) {
		s->active_at = clock_mono();
		line = arena_dup(&s->op.arena, line); // STARTTLS throws away what is buffered
	}
	conn_consume(s->conn, used);
	if (next == LINE_NEED)
		return false;
	if (next == LINE_LONG || !line.p)
		lmtp_reply(s, 500, "5.5.6", "the line is too long");
	else
		command(s, line);
	if (s->bad > LMTP_BAD_MAX)
		lmtp_closing(s, "4.7.0", "too many errors");
	return true;
}

// One step. CONN_READ: and again, unless *ret_again is false.
static enum conn_next advance(struct lmtp_session *s, bool *ret_again)
{
	*ret_again = true;
	// A message that has come whole is delivered before anything ends the connection: its recipients are being served.
	if (s->stopping && s->phase != LMTP_DELIVER && s->phase != LMTP_CLOSING)
		lmtp_closing(s, "4.3.2", "shutting down");
	switch (s->phase) {
	case LMTP_READ:
		*ret_again = next_line(s);
		break;
	case LMTP_DATA:
		*ret_again = lmtp_take_data(s);
		break;
	case LMTP_CHUNK:
		*ret_again = lmtp_take_chunk(s);
		break;
	case LMTP_DELIVER:
		return lmtp_deliver(s);
	case LMTP_CLOSING:
		return CONN_CLOSE;
	}
	return !*ret_again && s->eof ? CONN_CLOSE : CONN_READ;
}

static uint64_t timeout_at(const struct lmtp_session *s)
{
	unsigned seconds = s->lmtp->config.timeout ? s->lmtp->config.timeout : LMTP_TIMEOUT;
	return s->active_at + NS_PER_S * seconds;
}

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct lmtp_session *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->conn = c;
	s->lmtp = (struct lmtp *)(uintptr_t)config; // const to net/
	s->opened_at = s->active_at = clock_mono();
	op_init(&s->op, SMTP_MEMORY);
	op_init(&s->tx, SMTP_MEMORY);
	*ret_session = s;
	return 0;
}

static void session_close(void *session)
{
	struct lmtp_session *s = session;
	log_info("lmtp", "%llu %s: closed after %llu s, %llu messages, %llu delivered",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn),
		(unsigned long long)((clock_mono() - s->opened_at) / NS_PER_S),
		(unsigned long long)s->messages, (unsigned long long)s->delivered);
	lmtp_message_abort(s);
	free((void *)(uintptr_t)s->client.p);
	op_done(&s->op);
	op_done(&s->tx);
	free(s);
}

static enum conn_next session_run(void *session, unsigned events)
{
	struct lmtp_session *s = session;
	if (events & CONN_EV_OPEN)
		smtp_reply_line(
			conn_output(s->conn), 220, span_str(s->lmtp->config.hostname), true);
	if (events & CONN_EV_EOF)
		s->eof = true;
	if (events & CONN_EV_STOPPING)
		s->stopping = true;
	bool waits = s->phase != LMTP_DELIVER && s->phase != LMTP_CLOSING;
	if (events & CONN_EV_DEADLINE && waits && clock_mono() >= timeout_at(s))
		lmtp_closing(s, "4.4.2", "closed after a long silence");
	bool again = true;
	for (unsigned i = 0; again; i++) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		if (i >= LMTP_STEPS_PER_RUN || crew_slice_is_over())
			return CONN_YIELD;
		enum conn_next next = advance(s, &again);
		if (next != CONN_READ)
			return next;
	}
	conn_set_deadline(s->conn, timeout_at(s));
	if (s->phase == LMTP_READ) {
		arena_done(&s->op.arena);
		if (!s->in_mail)
			arena_done(&s->tx.arena);
	}
	return CONN_READ;
}

const struct service lmtp_service = {
	.name = "lmtp",
	.open = session_open,
	.run = session_run,
	.close = session_close,
};
