// SPDX-License-Identifier: Apache-2.0
// Becoming somebody: STARTTLS, AUTHENTICATE, LOGIN (RFC 9051 section 6.2), SASL-IR (RFC 4959). The work is done by auth/; here are the
// lines. A refusal that auth/ wants delayed and a password in line wait without a thread.
#include "auth/login.h"
#include "base/log.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/session_priv.h"

struct login_args {
	struct login login;
	struct span mechanism, initial; // AUTHENTICATE; initial.p NULL: none
	struct span user, password;     // LOGIN
	bool begun;
};

static struct login_args *args_new(struct session *s)
{
	struct login_args *a = op_new(&s->op, struct login_args);
	if (a)
		a->login = (struct login){ .auth = s->config->auth,
			.conn = s->conn,
			.allow_plaintext = s->config->allow_plaintext };
	return a;
}

// --- the end of a log-in ---

static int accepted(struct session *s, const struct auth_reply *reply)
{
	int rc = session_log_in(s, reply->user);
	if (rc < 0)
		return rc;
	log_info("imap", "%llu %s %.*s: logged in%s%s", (unsigned long long)conn_id(s->conn),
		conn_peer(s->conn), SPAN_FMT(s->priv->user), conn_is_tls(s->conn) ? " with " : "",
		conn_tls_text(s->conn));
	return command_ok(s, reply_capability_code(s), "logged in");
}

static int wait(struct session *s, const struct login_args *a)
{
	session_wake_at(s, a->login.wake_at);
	return IMAP_WAIT;
}

// A refusal, to be answered at once or when its time has come.
static int refused(
	struct session *s, const struct login_args *a, int rc, const struct auth_reply *reply)
{
	int fault = rc == LOGIN_LATER ? a->login.refusal : rc;
	if (fault == RC_AUTHFAILED || fault == RC_AUTHZFAILED)
		atomic_fetch_add_explicit(&s->imap->login_failures, 1, memory_order_relaxed);
	login_log_refused(&a->login, "imap", reply, op_text(&s->op, fault));
	return rc == LOGIN_LATER ? wait(s, a) : rc;
}

static int outcome(struct session *s, struct login_args *a, int rc, const struct auth_reply *reply)
{
	if (rc == 0)
		return accepted(s, reply);
	if (rc == LOGIN_LATER && !a->login.refusal)
		return wait(s, a); // in line
	if (rc != LOGIN_MORE)
		return refused(s, a, rc, reply);
	rc = login_write_challenge(&s->op, session_out(s), SPAN("+ "), reply->challenge);
	return rc < 0 ? rc : IMAP_LINE;
}

// Goes on waiting, or gives the answer.
static int go_on(struct session *s, struct login_args *a)
{
	struct auth_reply reply;
	bool is_refused = a->login.refusal;
	int rc = login_later(&s->op, &a->login, &reply);
	if (is_refused) // which the log knows already
		return rc == LOGIN_LATER ? wait(s, a) : rc;
	return outcome(s, a, rc, &reply);
}

// --- AUTHENTICATE ---

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
static int authenticate_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct login_args *a = args_new(s);
	if (!a)
		return RC_NOMEM;
	cursor_sp(in);
	a->mechanism = cursor_atom(in);
	if (cursor_try_sp(in)) {
		if (cursor_peek(in) == -1)
			cursor_fail(in, "base64 or =");
		a->initial = cursor_base64(in);
	}
	c->args = a;
	return 0;
}

static int authenticate_run(struct session *s, struct command *c)
{
	struct login_args *a = c->args;
	struct auth_reply reply;
	if (login_waits(&a->login))
		return go_on(s, a);
	if (!a->begun) {
		a->begun = true;
		int rc = login_begin(&s->op, &a->login, "imap", a->mechanism, a->initial, &reply);
		return outcome(s, a, rc, &reply);
	}
	if (!c->line.p)
		return IMAP_LINE; // woken for nothing
	if (span_eq(c->line, SPAN("*")))
		return command_bad(s, NULL, "AUTHENTICATE cancelled");
	int rc = login_response(&s->op, &a->login, c->line, &reply);
	return outcome(s, a, rc, &reply);
}

static void login_done(struct session *s, struct command *c)
{
	struct login_args *a = c->args;
	(void)s;
	if (a)
		login_cancel(&a->login);
}

// --- LOGIN ---

// login = "LOGIN" SP userid SP password
static int login_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct login_args *a = args_new(s);
	if (!a)
		return RC_NOMEM;
	cursor_sp(in);
	a->user = cursor_astring(in);
	cursor_sp(in);
	a->password = cursor_astring(in);
	c->args = a;
	return 0;
}

static int login_run(struct session *s, struct command *c)
{
	struct login_args *a = c->args;
	if (login_waits(&a->login))
		return go_on(s, a);
	if (!session_is_private(s))
		return op_fail(&s->op, RC_PRIVACY,
			"LOGIN is disabled without TLS: the password would be sent in the clear");
	struct auth_reply reply;
	int rc = login_password(&s->op, &a->login, "imap", a->user, a->password, &reply);
	return outcome(s, a, rc, &reply);
}

// --- STARTTLS ---

static int starttls_run(struct session *s, struct command *c)
{
	(void)c;
	if (!conn_can_starttls(s->conn))
		return command_bad(s, NULL, "STARTTLS is not offered %s",
			conn_is_tls(s->conn) ? "when TLS is active" : "here");
	return command_ok(s, NULL, "begin TLS now");
}

static void starttls_after(struct session *s)
{
	if (conn_start_tls(&s->op, s->conn) < 0)
		s->state =
			STATE_LOGOUT; // nothing can be said any more that the client would understand
}

// --- capabilities ---

static bool starttls_offered(const struct session *s)
{
	return conn_can_starttls(s->conn);
}

static bool login_disabled(const struct session *s)
{
	return !session_is_private(s);
}

static void auth_capabilities(struct session *s, struct buf *to)
{
	struct auth_peer peer = login_peer(&s->op, s->conn, "imap", s->config->allow_plaintext);
	for (size_t i = 0;; i++) {
		struct span name = auth_mechanism(&peer, i);
		if (!name.p)
			return;
		buf_add(to, SPAN(" AUTH="));
		buf_add(to, name);
	}
}

static const struct imap_capability capabilities[] = {
	{ "SASL-IR", CAP_BEFORE_LOGIN, NULL, NULL, "RFC 4959" },
	{ "STARTTLS", CAP_BEFORE_LOGIN, starttls_offered, NULL, "RFC 9051" },
	{ "LOGINDISABLED", CAP_BEFORE_LOGIN, login_disabled, NULL, "RFC 9051" },
	{ "AUTH=", CAP_BEFORE_LOGIN, NULL, auth_capabilities, "RFC 9051" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "STARTTLS", STATE_NOT_AUTHENTICATED, NULL, starttls_run, NULL, NULL, starttls_after },
	{ "AUTHENTICATE", STATE_NOT_AUTHENTICATED | CMD_SECRET, authenticate_parse,
		authenticate_run, login_done, NULL, NULL },
	{ "LOGIN", STATE_NOT_AUTHENTICATED | CMD_SECRET, login_parse, login_run, login_done, NULL,
		NULL },
	{ NULL },
};

const struct imap_module imap_module_login = {
	.name = "login",
	.rfc = "RFC 9051, RFC 4959",
	.capabilities = capabilities,
	.commands = commands,
};
