// SPDX-License-Identifier: Apache-2.0
// A message comes in, by DATA (RFC 5321 section 4.1.1.4) or BDAT (RFC 3030), and goes to the store; the front end sees its octets on the way.
//
// What cannot be delivered to anybody (too big, the disk is full) is still read to its end: the peer is in the middle of sending.
#include "base/clock.h"
#include "mail/deliver.h"
#include "smtp/reply_table.h"
#include "smtp/session_priv.h"

#include <openssl/evp.h>
#include <stdio.h>

void smtp_checked(struct smtp_session *s)
{
	if (s->checks)
		auth_finder_reset(&s->finder);
	s->checks = false;
}

void smtp_message_refuse(struct smtp_session *s, const struct smtp_answer *answer)
{
	s->fault = RC_CANNOT;
	s->fault_answer = *answer;
	smtp_checked(s);
	delivery_free(s->delivery);
	s->delivery = NULL;
	if (s->front->fault)
		s->front->fault(s);
}

void smtp_message_fault(struct smtp_session *s, int rc)
{
	struct smtp_reply reply = smtp_reply_of(rc);
	struct smtp_answer answer = { .code = reply.code };
	(void)snprintf(answer.enhanced, sizeof answer.enhanced, "%s", reply.enhanced); // fits
	(void)snprintf(answer.text, sizeof answer.text, "%s", op_text(&s->op, rc));    // fits
	smtp_message_refuse(s, &answer);
	s->fault = rc;
}

void smtp_say_fault(struct smtp_session *s)
{
	const struct smtp_answer *a = &s->fault_answer;
	smtp_say(s, a->code, a->enhanced[0] ? a->enhanced : NULL, a->text);
}

void smtp_message_begin(struct smtp_session *s)
{
	s->in_message = true;
	s->fault = 0;
	s->dropped = 0;
	s->next = 0;
	s->messages++;
	s->received = SPAN_NONE;
	s->dots = (struct dot_reader){ .at = DOTS_LINE };
	s->hash = EVP_MD_CTX_new();
	int rc = 0;
	if (!s->hash || EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	int stored = rc == 0 && s->front->is_stored ? s->front->is_stored(s) : 1;
	if (rc == 0 && stored < 0)
		rc = stored;
	if (rc == 0 && stored)
		rc = delivery_begin(&s->op, s->host->mail, s->envelope.binary, &s->delivery);
	if (rc == 0)
		rc = s->front->begin(s);
	if (rc < 0)
		smtp_message_fault(s, rc);
}

void smtp_message_octets(struct smtp_session *s, struct span octets)
{
	if (octets.n == 0)
		return;
	if (s->fault) {
		s->dropped += octets.n;
		return;
	}
	(void)EVP_DigestUpdate(s->hash, octets.p, octets.n); // cannot fail for SHA-256
	int rc = s->front->octets(s, octets);
	if (rc < 0)
		smtp_message_fault(s, rc);
}

// More of a refused message than anybody sends by mistake.
static bool is_endless(struct smtp_session *s)
{
	if (s->dropped <= LMTP_DROP_MAX)
		return false;
	smtp_closing(s, "4.3.4", "the message has no end");
	return true;
}

bool smtp_take_data(struct smtp_session *s)
{
	struct span input = conn_input(s->conn), octets;
	size_t used;
	if (input.n == 0)
		return false;
	op_reset(&s->op);
	s->active_at = clock_mono();
	bool over = dots_read(&s->dots, input, &octets, &used);
	smtp_message_octets(s, octets);
	conn_consume(s->conn, used);
	if (over)
		smtp_message_end(s);
	else
		(void)is_endless(s); // the phase tells
	return true;
}

// The end of a chunk that is not the last of a message under way.
static void chunk_end(struct smtp_session *s)
{
	if (!s->in_message) { // it was refused before its octets came
		smtp_say(s, 503, "5.5.1", "MAIL and RCPT come before BDAT");
	} else if (s->fault) { // RFC 3030 section 2: only RSET goes on from here
		smtp_say_fault(s);
	} else {
		smtp_say(s, 250, "2.0.0", "chunk received");
	}
}

bool smtp_take_chunk(struct smtp_session *s)
{
	struct span input = conn_input(s->conn);
	if (input.n == 0 && s->chunk_left)
		return false;
	op_reset(&s->op);
	s->active_at = clock_mono();
	size_t n = input.n < s->chunk_left ? input.n : (size_t)s->chunk_left;
	if (s->in_message)
		smtp_message_octets(s, span_cut(input, 0, n));
	else
		s->dropped += n;
	conn_consume(s->conn, n);
	s->chunk_left -= n;
	if (is_endless(s) || s->chunk_left)
		return true;
	if (s->checks) // and again
		return true;
	s->phase = AT_COMMAND;
	if (s->in_message && s->last_chunk)
		smtp_message_end(s);
	else if (!s->in_message && s->last_chunk && s->in_mail && s->front->each_answers)
		smtp_transaction_end(s); // RFC 2033 section 4.3: a reply for each of no recipients
	else
		chunk_end(s);
	return true;
}

void smtp_message_abort(struct smtp_session *s)
{
	smtp_checked(s);
	if (s->front->abort)
		s->front->abort(s);
	delivery_free(s->delivery);
	s->delivery = NULL;
	EVP_MD_CTX_free(s->hash);
	s->hash = NULL;
	s->in_message = s->chunked = false;
	s->fault = 0;
}

void smtp_message_end(struct smtp_session *s)
{
	unsigned n;
	int rc = s->fault || !s->front->end ? 0 : s->front->end(s);
	s->phase = AT_WHOLE;
	if (s->checks)
		return;
	if (rc == 0 && !s->fault && EVP_DigestFinal_ex(s->hash, s->digest, &n) != 1)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc == 0 && !s->fault && s->delivery)
		rc = delivery_end(&s->op, s->delivery);
	if (rc < 0)
		smtp_message_fault(s, rc);
	s->phase = AT_SERVE;
}
