// SPDX-License-Identifier: Apache-2.0
#include "auth/login.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rope.h"
#include "net/conn.h"
#include "wire/base64.h"

bool login_is_private(const struct conn *c, bool allow_plaintext)
{
	return conn_is_tls(c) || conn_peer_is_local(c) || allow_plaintext;
}

static void answered(void *ctx)
{
	conn_wake(
		ctx); // it is there: before it goes its session cancels the log-in, or resets the finder
}

struct auth_peer login_peer(
	struct op *op, struct conn *c, const char *service, bool allow_plaintext)
{
	struct auth_peer peer = {
		.service = service,
		.address = conn_peer(c),
		.secure = login_is_private(c, allow_plaintext),
		.tls = conn_is_tls(c),
		.answered = answered,
		.ctx = c,
	};
	peer.can_bind = conn_can_bind(c); // TLS without exporters: no -PLUS
	peer.client_identity = conn_client_identity(op, c);
	return peer;
}

struct auth_finder login_finder(struct auth *a, struct conn *c)
{
	return (struct auth_finder){ .auth = a, .answered = answered, .ctx = c };
}

// Base64 of a response into octets in the arena; "=" is the empty initial one (RFC 4422 section 5 item 2c, RFC 5034 section 4).
static int decode(struct op *op, struct span text, bool initial, struct span *ret_octets)
{
	if (initial && span_eq(text, SPAN("="))) {
		*ret_octets = span_of("", 0);
		return 0;
	}
	char *to = arena_bytes(&op->arena, text.n + 1);
	size_t n;
	if (!to)
		return op_fail(op, RC_LIMIT, "response too long");
	if (!base64_decode(text, to, &n))
		return op_fail(op, RC_SYNTAX, "the response is not base64");
	*ret_octets = span_of(to, n);
	return 0;
}

// What auth/ said: a refusal that it wants delayed is kept for its time.
static int outcome(struct op *op, struct login *l, int rc, const struct auth_reply *reply)
{
	l->asking = rc == AUTH_WAIT;
	l->in_line = rc == AUTH_BUSY;
	if (rc == AUTH_MORE)
		return LOGIN_MORE;
	if (rc == AUTH_WAIT) {
		l->wake_at = 0;
		return LOGIN_LATER;
	}
	if (rc == AUTH_BUSY) {
		l->wake_at = clock_mono() + reply->delay_ms * NS_PER_MS;
		return LOGIN_LATER;
	}
	l->exchange = NULL; // auth/ has ended it
	if (rc >= 0 || !reply->delay_ms)
		return rc;
	struct span text = span_str(op_text(op, rc));
	memcpy(l->refusal_text, text.p, text.n + 1); // both have OP_TEXT_MAX octets
	l->refusal = rc;
	// From the question on, in whole delays: so the time does not tell what the check cost (whether the user exists).
	uint64_t step = reply->delay_ms * NS_PER_MS;
	l->wake_at = l->asked_at + ((clock_mono() - l->asked_at) / step + 1) * step;
	return LOGIN_LATER;
}

int login_begin(struct op *op, struct login *l, const char *service, struct span mechanism,
	struct span initial, struct auth_reply *ret_reply)
{
	struct span octets = SPAN_NONE;
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	if (initial.p) {
		int rc = decode(op, initial, true, &octets);
		if (rc < 0)
			return rc;
	}
	l->peer = login_peer(op, l->conn, service, l->allow_plaintext);
	if (l->peer.can_bind && auth_mechanism_binds(mechanism) &&
		conn_channel_binding(op, l->conn, "tls-exporter", &l->peer.channel_binding) < 0)
		l->peer.channel_binding = SPAN_NONE; // then there is no -PLUS
	l->asked_at = clock_mono();
	int rc = auth_begin(op, l->auth, &l->peer, mechanism, octets, &l->exchange, ret_reply);
	return outcome(op, l, rc, ret_reply);
}

int login_response(struct op *op, struct login *l, struct span base64, struct auth_reply *ret_reply)
{
	struct span octets;
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	int rc = decode(op, base64, false, &octets);
	if (rc < 0) {
		login_cancel(l);
		return rc;
	}
	l->asked_at = clock_mono();
	rc = auth_step(op, l->exchange, octets, ret_reply);
	return outcome(op, l, rc, ret_reply);
}

int login_password(struct op *op, struct login *l, const char *service, struct span user,
	struct span password, struct auth_reply *ret_reply)
{
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	l->peer = login_peer(op, l->conn, service, l->allow_plaintext);
	l->asked_at = clock_mono();
	int rc = auth_login(op, l->auth, &l->peer, user, password, &l->exchange, ret_reply);
	return outcome(op, l, rc, ret_reply);
}

void login_log_refused(
	const struct login *l, const char *area, const struct auth_reply *reply, const char *why)
{
	log_info(area, "%llu %s%s%.*s: log-in refused%s: %s", (unsigned long long)conn_id(l->conn),
		conn_peer(l->conn), reply->user.n ? " " : "", SPAN_FMT(reply->user),
		reply->throttled ? " unseen, after too many that failed" : "", why);
}

bool login_waits(const struct login *l)
{
	return l->asking || l->refusal || l->in_line;
}

int login_later(struct op *op, struct login *l, struct auth_reply *ret_reply)
{
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	if (l->asking) {
		int rc = auth_answer(op, l->exchange, ret_reply);
		return outcome(op, l, rc, ret_reply);
	}
	if (clock_mono() < l->wake_at)
		return LOGIN_LATER;
	if (l->in_line) {
		int rc = auth_retry(op, l->exchange, ret_reply);
		return outcome(op, l, rc, ret_reply);
	}
	int rc = l->refusal;
	l->refusal = 0;
	return op_fail(op, rc, "%s", l->refusal_text);
}

void login_cancel(struct login *l)
{
	auth_cancel(l->exchange);
	l->exchange = NULL;
	l->asking = l->in_line = false;
}

int login_write_challenge(struct op *op, struct rope *to, struct span lead, struct span octets)
{
	size_t n = BASE64_SIZE(octets.n);
	char *p = rope_room(to, lead.n + n + 2);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(p, lead.p, lead.n);
	base64_encode(octets, p + lead.n);
	memcpy(p + lead.n + n, "\r\n", 2);
	rope_wrote(to, lead.n + n + 2);
	return 0;
}
