// SPDX-License-Identifier: Apache-2.0
// Logging in at the relay (RFC 4954, the client's side), with GNU SASL: SCRAM-SHA-256, bound to the TLS channel (-PLUS) where both ends can, or, where nobody can listen, PLAIN or LOGIN.
#include "smtp/relay_priv.h"

#include "base/buf.h"
#include "base/limits.h"
#include "wire/base64.h"

#include <gsasl.h>
#include <stdlib.h>

struct relay_sasl {
	Gsasl_session *session;
	bool proves; // the relay must show that it knows us, too
	bool done;
};

static const struct {
	const char *name;
	bool private_only; // the password itself is sent
	bool begins;       // with the client's word
	bool proves;
	bool binds; // to the TLS channel (RFC 9266)
} ours[] = {
	{ "SCRAM-SHA-256-PLUS", false, true, true, true },
	{ "SCRAM-SHA-256", false, true, true, false },
	{ "PLAIN", true, true, false, false },
	{ "LOGIN", true, false, false, false },
};

static bool is_listed(struct span list, const char *name)
{
	struct span word;
	while (list.n) {
		list = span_trim(span_split(list, ' ', &word));
		if (span_caseeq(word, span_str(name)))
			return true;
	}
	return false;
}

static int line_of(
	struct op *op, const char *head, const char *octets, size_t n, struct span *ret_line)
{
	size_t head_n = strlen(head);
	char *p = arena_bytes(&op->arena, head_n + BASE64_SIZE(n) + 3);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(p, head, head_n);
	size_t used = head_n + BASE64_SIZE(n);
	base64_encode(span_of(octets, n), p + head_n);
	memcpy(p + used, "\r\n", 2);
	*ret_line = span_of(p, used + 2);
	return 0;
}

static bool set_binding(Gsasl_session *session, struct span binding)
{
	char *text = malloc(BASE64_SIZE(binding.n) + 1);
	if (!text)
		return false;
	base64_encode(binding, text);
	text[BASE64_SIZE(binding.n)] = '\0';
	bool good = gsasl_property_set(session, GSASL_CB_TLS_EXPORTER, text) == GSASL_OK;
	free(text);
	return good;
}

int relay_sasl_begin(struct op *op, const struct relay *relay, struct span mechanisms,
	const struct relay_channel *channel, struct relay_sasl **ret_sasl, struct span *ret_command)
{
	size_t i = 0;
	bool is_private = channel->is_private;
	while (i < countof(ours) &&
		((ours[i].private_only && !is_private) || (ours[i].binds && !channel->binding.n) ||
			!is_listed(mechanisms, ours[i].name)))
		i++;
	if (i == countof(ours))
		return op_fail(op, RC_CANNOT, "it offers no way to log in%s",
			is_private ? "" : " without TLS");
	struct relay_sasl *s = calloc(1, sizeof *s);
	if (!s || gsasl_client_start(relay->gsasl, ours[i].name, &s->session) != GSASL_OK) {
		free(s);
		return op_fail(op, RC_NOMEM, "no memory for SASL");
	}
	s->proves = ours[i].proves;
	bool good = gsasl_property_set(s->session, GSASL_AUTHID, relay->config.user) == GSASL_OK &&
		gsasl_property_set(s->session, GSASL_PASSWORD, relay->config.password) == GSASL_OK;
	if (good && ours[i].binds) // its client takes it for no other mechanism
		good = set_binding(s->session, channel->binding);
	struct buf head = { 0 };
	buf_addf(&head, "AUTH %s%s", ours[i].name, ours[i].begins ? " " : "\r\n");
	buf_addc(&head, '\0');
	int rc = good && !head.failed ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	char *out = NULL;
	size_t n = 0;
	if (rc == 0 && ours[i].begins) {
		int code = gsasl_step(s->session, "", 0, &out, &n);
		s->done = code == GSASL_OK;
		rc = code == GSASL_OK || code == GSASL_NEEDS_MORE
			? line_of(op, head.p, out, n, ret_command)
			: op_fail(op, RC_AUTHFAILED, "cannot log in: %s", gsasl_strerror(code));
	} else if (rc == 0) {
		*ret_command = arena_dup(&op->arena, span_of(head.p, head.n - 1));
		rc = ret_command->p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	}
	gsasl_free(out);
	buf_done(&head);
	if (rc < 0) {
		relay_sasl_free(s);
		return rc;
	}
	*ret_sasl = s;
	return 0;
}

// "i=" of SCRAM (RFC 5802 section 5.1): the work that is asked of us.
static bool is_too_much(struct span challenge)
{
	struct span part;
	uint64_t count;
	while (challenge.n) {
		challenge = span_split(challenge, ',', &part);
		if (span_starts(part, SPAN("i=")) &&
			!span_to_u64(span_skip(part, 2), RELAY_ITERATIONS_MAX, &count))
			return true;
	}
	return false;
}

int relay_sasl_step(
	struct op *op, struct relay_sasl *sasl, struct span challenge, struct span *ret_line)
{
	char *octets = arena_bytes(&op->arena, challenge.n + 1), *out = NULL;
	size_t n, out_n = 0;
	if (!octets)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (!base64_decode(challenge, octets, &n))
		return op_fail(op, RC_SYNTAX, "its challenge is not base64");
	if (sasl->proves && is_too_much(span_of(octets, n)))
		return op_fail(op, RC_AUTHFAILED, "it asks for too many iterations");
	if (sasl->done) // RFC 4954 section 4: the last challenge of SCRAM is answered with nothing
		return line_of(op, "", "", 0, ret_line);
	int code = gsasl_step(sasl->session, octets, n, &out, &out_n);
	sasl->done = code == GSASL_OK;
	int rc = code == GSASL_OK || code == GSASL_NEEDS_MORE
		? line_of(op, "", out, out_n, ret_line)
		: op_fail(op, RC_AUTHFAILED, "cannot log in: %s", gsasl_strerror(code));
	gsasl_free(out);
	return rc;
}

bool relay_sasl_is_done(const struct relay_sasl *sasl)
{
	return sasl && (sasl->done || !sasl->proves);
}

void relay_sasl_free(struct relay_sasl *sasl)
{
	if (!sasl)
		return;
	if (sasl->session)
		gsasl_finish(sasl->session);
	free(sasl);
}
