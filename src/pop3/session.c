// SPDX-License-Identifier: Apache-2.0
// The loop of a POP3 connection: cut a line, run the command, again, until input or room for output runs out; then park.
#include "auth/seats.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "pop3/session_priv.h"
#include "run/crew.h"

#include <stdlib.h>

int pop3_new(struct op *op, const struct pop3_config *config, struct pop3 **ret_pop3)
{
	struct pop3 *p = calloc(1, sizeof *p);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	p->config = *config;
	int rc = seats_share(op, config->seats, &p->seats);
	if (rc < 0) {
		free(p);
		return rc;
	}
	*ret_pop3 = p;
	return 0;
}

void pop3_free(struct pop3 *pop3)
{
	if (!pop3)
		return;
	seats_unref(pop3->seats);
	free(pop3);
}

static uint64_t login_until(const struct pop3_session *s)
{
	unsigned seconds = s->pop3->config.login_timeout;
	return s->opened_at + NS_PER_S * (seconds ? seconds : POP3_LOGIN_TIMEOUT);
}

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct pop3_session *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->conn = c;
	s->pop3 = (struct pop3 *)(uintptr_t)config; // const to net/; the seats in it have a lock
	s->state = POP3_AUTHORIZATION;
	s->login = (struct login){ .auth = s->pop3->config.auth,
		.conn = c,
		.allow_plaintext = s->pop3->config.allow_plaintext };
	s->opened_at = s->active_at = clock_mono();
	op_init(&s->op, POP3_PREAUTH_MEMORY);
	conn_stranger(c, login_until(s));
	*ret_session = s;
	return 0;
}

static void session_close(void *session)
{
	struct pop3_session *s = session;
	log_info("pop3", "%llu %s%s%.*s: closed after %llu s, %llu retrieved, %llu removed",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn), s->user.n ? " " : "",
		SPAN_FMT(s->user), (unsigned long long)((clock_mono() - s->opened_at) / NS_PER_S),
		(unsigned long long)s->retrieved, (unsigned long long)s->removed);
	pop3_send_done(s);
	login_cancel(&s->login);
	maildrop_close(&s->drop);
	account_unref(s->account);
	conn_set_purse(s->conn, NULL);
	if (s->seated)
		seats_give(s->pop3->seats, SEAT_POP3, s->user);
	free((void *)(uintptr_t)s->user.p);
	free((void *)(uintptr_t)s->name.p);
	op_done(&s->op);
	free(s);
}

// RFC 1939 section 3: at least ten minutes, and nothing is said at their end.
static uint64_t autologout_at(const struct pop3_session *s)
{
	const struct pop3_config *c = &s->pop3->config;
	if (s->state == POP3_AUTHORIZATION)
		return login_until(s);
	unsigned seconds = c->autologout < POP3_AUTOLOGOUT ? POP3_AUTOLOGOUT : c->autologout;
	return s->active_at + NS_PER_S * seconds;
}

static enum conn_next park(struct pop3_session *s)
{
	uint64_t at = autologout_at(s);
	bool waits = s->phase == POP3_LATER;
	if (waits && s->login.wake_at && s->login.wake_at < at)
		at = s->login.wake_at;
	conn_set_deadline(s->conn, at);
	if (s->phase != POP3_SASL)
		arena_done(&s->op.arena);
	return waits ? CONN_WAIT : CONN_READ;
}

// Takes and runs one line. False: there is none.
static bool next_line(struct pop3_session *s)
{
	struct span line;
	size_t used;
	enum line_next next =
		line_cut(&s->cutter, conn_input(s->conn), POP3_LINE_MAX, &line, &used);
	if (s->phase == POP3_READ)
		op_reset(&s->op);
	if (next == LINE_GOT) {
		s->active_at = clock_mono();
		line = arena_dup(&s->op.arena, line); // STLS throws away what is buffered
	}
	conn_consume(s->conn, used);
	if (next == LINE_NEED)
		return false;
	if (next == LINE_ENDLESS) {
		pop3_err(s, NULL, "a line without end");
		s->state = POP3_CLOSING;
	} else if (next == LINE_LONG || !line.p) {
		login_cancel(&s->login);
		s->phase = POP3_READ;
		if (next == LINE_LONG)
			pop3_err(s, NULL, "a line of more than %u octets", POP3_LINE_MAX);
		else
			pop3_err(s, "SYS/TEMP", "out of memory");
	} else if (s->phase == POP3_SASL) {
		pop3_sasl_line(s, line);
	} else {
		pop3_command(s, line);
	}
	return true;
}

// One step. CONN_READ: and again, unless *ret_again is false.
static enum conn_next advance(struct pop3_session *s, bool *ret_again)
{
	*ret_again = true;
	switch (s->phase) {
	case POP3_SEND:
		return pop3_send(s);
	case POP3_LOAD:
		pop3_load(s);
		return s->phase == POP3_LOAD ? CONN_YIELD : CONN_READ;
	case POP3_LATER:
		pop3_later(s);
		*ret_again = s->phase != POP3_LATER;
		return CONN_READ;
	default:
		break;
	}
	if (s->bad > POP3_BAD_MAX) {
		pop3_err(s, NULL, "too many errors");
		s->state = POP3_CLOSING;
	}
	if (s->state == POP3_CLOSING)
		return CONN_CLOSE;
	*ret_again = next_line(s);
	if (!*ret_again && s->eof)
		return CONN_CLOSE;
	return CONN_READ;
}

static enum conn_next session_run(void *session, unsigned events)
{
	struct pop3_session *s = session;
	if (events & CONN_EV_OPEN)
		pop3_ok(s, "Starling ready"); // no <...>: APOP is not offered
	if (events & CONN_EV_EOF)
		s->eof = true;
	if (events & CONN_EV_STOPPING) // nothing may be said without a command
		return s->phase == POP3_SEND ? CONN_ABORT : CONN_CLOSE;
	bool waits = s->phase != POP3_SEND && s->phase != POP3_LOAD;
	if (events & CONN_EV_DEADLINE && waits && clock_mono() >= autologout_at(s))
		return CONN_CLOSE;
	bool again = true;
	for (unsigned i = 0; again; i++) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		if (i >= POP3_COMMANDS_PER_RUN || crew_slice_is_over())
			return CONN_YIELD;
		enum conn_next next = advance(s, &again);
		if (next != CONN_READ)
			return next;
	}
	return park(s);
}

const struct service pop3_service = {
	.name = "pop3",
	.open = session_open,
	.run = session_run,
	.close = session_close,
	.alpn = "pop3",
};
