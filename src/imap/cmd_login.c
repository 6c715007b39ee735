// SPDX-License-Identifier: Apache-2.0
// Becoming somebody: STARTTLS, AUTHENTICATE, LOGIN (RFC 9051 section 6.2), SASL-IR (RFC 4959). The work is done by auth/; here are the
// lines. A refusal that auth/ wants delayed waits without a thread.
#include "auth/auth.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "wire/base64.h"

struct login_args {
	struct auth_peer peer;
	struct span mechanism, initial; // AUTHENTICATE; initial.p NULL: none
	struct span user, password;     // LOGIN
	bool begun;
	int refusal; // a fault whose answer waits
	char refusal_text[OP_TEXT_MAX];
	uint64_t asked_at; // when auth/ was asked
	uint64_t refuse_at;
};

static struct auth_peer peer_of(struct session *s)
{
	struct auth_peer peer = {
		.service = "imap",
		.address = conn_peer(s->conn),
		.secure = session_is_private(s),
		.tls = conn_is_tls(s->conn),
	};
	if (!peer.tls)
		return peer;
	if (conn_channel_binding(&s->op, s->conn, "tls-exporter", &peer.channel_binding) < 0)
		peer.channel_binding = SPAN_NONE; // TLS without exporters: no -PLUS
	peer.client_identity = conn_client_identity(&s->op, s->conn);
	return peer;
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

// Answers a refusal, at once or when its time has come.
static int refused(struct session *s, struct login_args *a, int rc, uint32_t delay_ms)
{
	if (rc == RC_AUTHFAILED || rc == RC_AUTHZFAILED)
		atomic_fetch_add_explicit(&s->imap->login_failures, 1, memory_order_relaxed);
	log_info("imap", "%llu %s: log-in refused: %s", (unsigned long long)conn_id(s->conn),
		conn_peer(s->conn), op_text(&s->op, rc));
	if (!delay_ms)
		return rc;
	struct span text = span_str(op_text(&s->op, rc));
	memcpy(a->refusal_text, text.p, text.n + 1);
	a->refusal = rc;
	// From the question on, not from the answer: so the time does not tell what the check cost (whether the user exists).
	a->refuse_at = a->asked_at + delay_ms * NS_PER_MS;
	session_wake_at(s, a->refuse_at);
	return IMAP_WAIT;
}

// Goes on waiting, or gives the answer.
static int refuse_later(struct session *s, struct login_args *a)
{
	if (clock_mono() < a->refuse_at) {
		session_wake_at(s, a->refuse_at);
		return IMAP_WAIT;
	}
	return op_fail(&s->op, a->refusal, "%s", a->refusal_text);
}

// --- AUTHENTICATE ---

// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
static int authenticate_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct login_args *a = op_new(&s->op, struct login_args);
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

// base64 of a response into octets in the arena; "=" is the empty one (RFC 9051 section 9 "initial-resp").
static int decode(struct session *s, struct span text, bool initial, struct span *ret_octets)
{
	if (initial && span_eq(text, SPAN("="))) {
		*ret_octets = span_of("", 0);
		return 0;
	}
	char *to = arena_bytes(&s->op.arena, text.n + 1);
	size_t n;
	if (!to)
		return op_fail(&s->op, RC_LIMIT, "response too long");
	if (!base64_decode(text, to, &n))
		return op_fail(&s->op, RC_SYNTAX, "AUTHENTICATE: the response is not base64");
	*ret_octets = span_of(to, n);
	return 0;
}

static int challenge(struct session *s, struct span octets)
{
	struct rope *out = session_out(s);
	char *to = rope_room(out, BASE64_SIZE(octets.n) + 4);
	if (!to)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	memcpy(to, "+ ", 2);
	base64_encode(octets, to + 2);
	memcpy(to + 2 + BASE64_SIZE(octets.n), "\r\n", 2);
	rope_wrote(out, BASE64_SIZE(octets.n) + 4);
	return IMAP_LINE;
}

static int outcome(struct session *s, struct login_args *a, int rc, const struct auth_reply *reply)
{
	if (rc == AUTH_MORE)
		return challenge(s, reply->challenge);
	s->priv->exchange = NULL; // auth/ has ended it
	return rc < 0 ? refused(s, a, rc, reply->delay_ms) : accepted(s, reply);
}

static int authenticate_begin(struct session *s, struct login_args *a)
{
	struct auth_reply reply = { .delay_ms = 0 };
	struct span initial = SPAN_NONE;
	a->begun = true;
	a->peer = peer_of(s);
	if (a->initial.p) {
		int rc = decode(s, a->initial, true, &initial);
		if (rc < 0)
			return rc;
	}
	a->asked_at = clock_mono();
	int rc = auth_begin(&s->op, s->config->auth, &a->peer, a->mechanism, initial,
		&s->priv->exchange, &reply);
	return outcome(s, a, rc, &reply);
}

static int authenticate_run(struct session *s, struct command *c)
{
	struct login_args *a = c->args;
	if (a->refusal)
		return refuse_later(s, a);
	if (!a->begun)
		return authenticate_begin(s, a);
	if (!c->line.p)
		return IMAP_LINE; // woken for nothing
	if (span_eq(c->line, SPAN("*")))
		return command_bad(s, NULL, "AUTHENTICATE cancelled");
	struct span octets;
	int rc = decode(s, c->line, false, &octets);
	if (rc < 0)
		return rc;
	struct auth_reply reply = { .delay_ms = 0 };
	a->asked_at = clock_mono();
	rc = auth_step(&s->op, s->priv->exchange, octets, &reply);
	return outcome(s, a, rc, &reply);
}

static void authenticate_done(struct session *s, struct command *c)
{
	(void)c;
	auth_cancel(s->priv->exchange);
	s->priv->exchange = NULL;
}

// --- LOGIN ---

// login = "LOGIN" SP userid SP password
static int login_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct login_args *a = op_new(&s->op, struct login_args);
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
	if (a->refusal)
		return refuse_later(s, a);
	if (!session_is_private(s))
		return op_fail(&s->op, RC_PRIVACY,
			"LOGIN is disabled without TLS: the password would be sent in the clear");
	struct auth_reply reply = { .delay_ms = 0 };
	a->peer = peer_of(s);
	a->asked_at = clock_mono();
	int rc = auth_login(&s->op, s->config->auth, &a->peer, a->user, a->password, &reply);
	return rc < 0 ? refused(s, a, rc, reply.delay_ms) : accepted(s, &reply);
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
	struct auth_peer peer = peer_of(s);
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
		authenticate_run, authenticate_done, NULL, NULL },
	{ "LOGIN", STATE_NOT_AUTHENTICATED | CMD_SECRET, login_parse, login_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_login = {
	.name = "login",
	.rfc = "RFC 9051, RFC 4959",
	.capabilities = capabilities,
	.commands = commands,
};
