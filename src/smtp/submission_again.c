// SPDX-License-Identifier: Apache-2.0
// A message that is sent again (served.h): after a failure of some recipient, or because its answer was lost.
#include "base/hash.h"
#include "base/limits.h"
#include "smtp/submission_priv.h"

#include <openssl/evp.h>

// Names the message for served.h: who sends it, and what.
static bool name_message(struct submission_session *ss)
{
	unsigned n;
	EVP_MD_CTX *h = EVP_MD_CTX_new();
	bool good = h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(h, ss->s.digest, sizeof ss->s.digest) == 1 &&
		EVP_DigestUpdate(h, ss->user.p, ss->user.n) == 1 &&
		EVP_DigestFinal_ex(h, ss->name.key, &n) == 1;
	EVP_MD_CTX_free(h);
	ss->name.user = hash_span(ss->user);
	return good;
}

// Has this recipient had it before?
static int look(struct submission_session *ss, struct recipient *r)
{
	int rc = served_has(&ss->had, r->address) ? 0 : submission_spool_look(ss, r);
	r->has_it |= rc == 0 && (r->waits || served_has(&ss->had, r->address));
	return rc;
}

// How many of the relay's recipients have had it before, and how many have not.
static int count_relayed(struct submission_session *ss, size_t *ret_had, size_t *ret_new)
{
	struct envelope *e = &ss->s.envelope;
	*ret_had = *ret_new = 0;
	for (size_t i = 0; i < e->count; i++) {
		struct recipient *r = &e->recipients[i];
		int rc = submission_relay_has(r) ? look(ss, r) : 0;
		if (rc < 0)
			return rc;
		if (submission_relay_has(r))
			++*(r->has_it ? ret_had : ret_new);
	}
	return 0;
}

// Those who have it, or wait here for the relay, are held back at RCPT until the message is sent once more. False: enough of that (served_hold()).
static bool hold(struct submission_session *ss)
{
	const struct envelope *e = &ss->s.envelope;
	struct span *had = arena_array(&ss->s.op.arena, e->count, sizeof *had);
	size_t n = 0;
	for (size_t i = 0; had && i < e->count; i++)
		if (submission_relay_has(&e->recipients[i]) && e->recipients[i].has_it)
			had[n++] = e->recipients[i].address;
	return served_hold(ss->submission->served, &ss->name, had, n, SPOOL_AGAIN_S);
}

void submission_note_relayed(struct submission_session *ss)
{
	struct envelope *e = &ss->s.envelope;
	for (size_t i = 0; i < e->count; i++)
		e->recipients[i].has_it |= submission_relay_has(&e->recipients[i]);
}

// Those who were held back have it, or this is another message than the one that they were held back for.
static int note_held(struct submission_session *ss)
{
	static const struct smtp_reply reply = { .code = 451, .enhanced = "4.3.0" };
	struct envelope *e = &ss->s.envelope;
	for (size_t i = 0; i < e->count; i++) {
		struct recipient *r = &e->recipients[i];
		int rc = r->held ? look(ss, r) : 0;
		if (rc < 0)
			return rc;
		if (!r->held || r->has_it)
			continue;
		served_unhold_address(ss->submission->served, ss->name.user, r->address);
		submission_note_failure(ss, &reply, r->address,
			SPAN("was not asked for, since a message to it was to be sent again"));
	}
	return 0;
}

static void refuse_again(struct smtp_session *s, const char *text)
{
	struct smtp_answer a = { .code = 451, .enhanced = "4.3.0" };
	smtp_answer_add(&a, span_str(text));
	smtp_message_refuse(s, &a);
}

// Its recipients at the relay get it through another connection, or did a moment ago.
static void refuse_elsewhere(struct submission_session *ss)
{
	refuse_again(
		&ss->s, "it is on its way to the relay already, for another connection of yours");
}

// The end of the message for the relay, unless its recipients have it. It cannot be told to leave some of them out: they are when the message is
// sent once more (served_hold()).
static void relay_serve_begin(struct submission_session *ss)
{
	size_t had, fresh;
	int rc = count_relayed(ss, &had, &fresh);
	if (rc < 0) {
		smtp_message_fault(&ss->s, rc);
	} else if (had && fresh && hold(ss)) {
		refuse_again(&ss->s,
			"some recipients have it already, others do not: send it again, the former "
			"are passed over then");
	} else if (had && !fresh) {
		submission_note_relayed(ss);
		ss->relay_tells = relay_offers_dsn(ss->link);
		submission_relay_reset(
			ss); // without the end of the message it goes to nobody again
	} else if (submission_relay_end(ss, had > 0) == SERVED_ELSEWHERE) {
		refuse_elsewhere(ss);
	}
}

// The relay is down: so it may have broken off behind the same message for another connection, which still waits for its word.
static void spool_serve_begin(struct submission_session *ss)
{
	if (ss->s.has_own_id && submission_relay_attempt(ss, SERVED_EVEN_HAD, NULL) != 0)
		refuse_elsewhere(ss);
	else
		submission_spool_stage(ss);
}

// Everything has come: who has had it before, and the end of the message for the relay.
void submission_serve_begin(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	ss->is_serving = true;
	int rc = name_message(ss) ? served_find(&s->tx, ss->submission->served, &ss->name, &ss->had)
				  : op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = note_held(ss);
	if (rc < 0)
		smtp_message_fault(s, rc);
	if (!s->fault && ss->spooled)
		spool_serve_begin(ss);
	else if (!s->fault && ss->sending)
		relay_serve_begin(ss);
}

// The answer may be lost, and the client send it again. Without a Message-ID of its own that would be another message (local.c holds it so, too).
void submission_remember(struct submission_session *ss, const struct span *have, size_t n)
{
	struct served *served = ss->submission->served;
	const struct envelope *e = &ss->s.envelope;
	bool any_held = false;
	for (size_t i = 0; i < e->count && !any_held; i++)
		any_held = e->recipients[i].held;
	if (any_held) // else it is a part of it, to others
		served_unhold(served, &ss->name);
	if (ss->s.has_own_id)
		served_put(served, &ss->name, have, n, DELIVERY_PERIOD_S, false);
	else
		served_drop(served, &ss->name);
}
