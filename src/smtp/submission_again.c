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

// How many of the relay's recipients have had it before, and how many have not.
static void count_relayed(const struct submission_session *ss, size_t *ret_had, size_t *ret_new)
{
	const struct envelope *e = &ss->s.envelope;
	*ret_had = *ret_new = 0;
	for (size_t i = 0; i < e->count; i++) {
		const struct recipient *r = &e->recipients[i];
		if (submission_relay_has(r))
			++*(served_has(&ss->had, r->address) ? ret_had : ret_new);
	}
}

void submission_note_relayed(struct submission_session *ss)
{
	struct envelope *e = &ss->s.envelope;
	for (size_t i = 0; i < e->count; i++)
		e->recipients[i].has_it |= submission_relay_has(&e->recipients[i]);
}

// Those who were held back have it, or this is another message than the one that they were held back for.
static void note_held(struct submission_session *ss)
{
	static const struct smtp_reply reply = { .code = 451, .enhanced = "4.3.0" };
	struct envelope *e = &ss->s.envelope;
	for (size_t i = 0; i < e->count; i++) {
		struct recipient *r = &e->recipients[i];
		if (!r->held)
			continue;
		r->has_it = served_has(&ss->had, r->address);
		if (r->has_it)
			continue;
		served_unhold(ss->submission->served, ss->name.user);
		submission_note_failure(ss, &reply, r->address,
			SPAN("was not asked for, since a message to it was to be sent again"));
	}
}

static void refuse_again(struct smtp_session *s, const char *text)
{
	struct smtp_answer a = { .code = 451, .enhanced = "4.3.0" };
	smtp_answer_add(&a, span_str(text));
	smtp_message_refuse(s, &a);
}

// The end of the message for the relay, unless its recipients have it. It cannot be told to leave some of them out: they are when the message is
// sent once more (served_hold()).
static void relay_serve_begin(struct submission_session *ss)
{
	size_t had, fresh;
	count_relayed(ss, &had, &fresh);
	if (had && fresh) {
		served_hold(ss->submission->served, &ss->name);
		refuse_again(&ss->s,
			"some recipients have it already, others do not: send it again, the former "
			"are passed over then");
	} else if (had) {
		submission_note_relayed(ss);
		ss->relay_tells = relay_offers_dsn(ss->link);
		submission_relay_reset(
			ss); // without the end of the message it goes to nobody again
	} else {
		(void)submission_relay_end(ss); // a refusal is the message's fault
	}
}

// Everything has come: who has had it before, and the end of the message for the relay.
void submission_serve_begin(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	ss->is_serving = true;
	int rc = name_message(ss) ? served_find(&s->tx, ss->submission->served, &ss->name, &ss->had)
				  : op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc < 0)
		smtp_message_fault(s, rc);
	else if (rc == SERVED_COMING && s->has_own_id && ss->sending)
		refuse_again(s,
			"it is on its way to the relay already, for another connection of yours");
	else
		note_held(ss);
	if (!s->fault && ss->sending)
		relay_serve_begin(ss);
}

// The answer may be lost, and the client send it again. Without a Message-ID of its own that would be another message (local.c holds it so, too).
void submission_remember(struct submission_session *ss, const struct span *have, size_t n)
{
	struct served *served = ss->submission->served;
	served_unhold(served, ss->name.user);
	if (ss->s.has_own_id)
		served_put(served, &ss->name, have, n, DELIVERY_PERIOD_S);
	else
		served_drop(served, &ss->name);
}
