// SPDX-License-Identifier: Apache-2.0
// BURL (RFC 4468): parts of a message that are in a mailbox here, instead of an upload. The URL is one that URLAUTH made for this user to submit
// with (submit+user): mail/urlauth.h. BURL and BDAT may take turns.
#include "base/clock.h"
#include "mail/urlauth.h"
#include "run/crew.h"
#include "smtp/reply_table.h"
#include "smtp/submission_priv.h"

#define PIECE 65536u // octets at a time

static int find_user(void *ctx, struct op *op, struct span name, struct span *ret_user)
{
	size_t which;
	int rc = auth_find(op, ctx, &name, 1, ret_user, &which);
	return rc == AUTH_WAIT ? URL_WAIT : rc;
}

// "BURL" SP absolute-URI [SP "LAST"]
static bool parse(struct span argument, struct span *ret_url, bool *ret_last)
{
	struct span last = span_split(argument, ' ', ret_url);
	*ret_last = last.p && span_caseeq(span_trim(last), SPAN("LAST"));
	return ret_url->n && (!last.p || *ret_last);
}

static void refuse(struct submission_session *ss, int rc)
{
	struct smtp_session *s = &ss->s;
	struct smtp_reply reply = smtp_reply_of(rc);
	if (rc == URL_NOTHING) // whatever was wrong with it: RFC 4467 section 8 wants no oracle
		smtp_say(s, 554, "5.7.0", "the URL gives nothing to this user");
	else
		smtp_refuse(s, &reply, op_text(&s->op, rc));
	smtp_transaction_end(s); // section 3.2: the whole transaction fails
}

void submission_burl(struct submission_session *ss, const struct smtp_command *c)
{
	struct smtp_session *s = &ss->s;
	struct span url;
	bool last;
	if (!s->in_mail || !envelope_accepted(&s->envelope)) {
		smtp_say(s, s->in_mail ? 554 : 503, s->in_mail ? "5.5.0" : "5.5.1",
			"MAIL and RCPT come before BURL");
		return;
	}
	if (!parse(c->argument, &url, &last)) {
		smtp_say(s, 501, "5.5.4", "BURL wants a URL, and LAST or nothing behind it");
		return;
	}
	if (s->fault) { // of a chunk before
		smtp_say_fault(s);
		return;
	}
	struct url_presenter who = {
		.bearer = URL_FOR_USER, .user = ss->user, .find = find_user, .ctx = &s->finder
	};
	int rc = urlauth_open(&s->op, s->host->mail, url, &who, &ss->part);
	if (rc == URL_WAIT) {
		smtp_again(s);
		return;
	}
	if (rc != 0) {
		refuse(ss, rc);
		return;
	}
	ss->part_at = 0;
	s->last_chunk = last;
	s->phase = AT_SOURCE;
	if (!s->in_message) {
		s->chunked = true;
		smtp_message_begin(s);
	}
}

static void part_end(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	url_part_close(&ss->part);
	s->phase = AT_COMMAND;
	if (s->last_chunk)
		smtp_message_end(s);
	else if (s->fault)
		smtp_say_fault(s);
	else
		smtp_say(s, 250, "2.5.0", "more is awaited");
}

enum conn_next submission_pull(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	uint64_t size = url_part_size(&ss->part);
	struct arena_mark mark = arena_mark(&s->op.arena); // what the part needs is before it
	s->active_at = clock_mono();
	if (ss->part_at >= size || s->fault) {
		part_end(ss);
		return CONN_READ;
	}
	uint64_t n = size - ss->part_at < PIECE ? size - ss->part_at : PIECE;
	struct rope octets;
	rope_init(&octets);
	int rc = url_part_put(&s->op, &ss->part, ss->part_at, n, false, &octets);
	if (rc == 0 && octets.failed)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	while (rc == 0 && rope_size(&octets)) {
		struct span front = rope_front(&octets);
		smtp_message_octets(s, front);
		rope_consume(&octets, front.n);
	}
	rope_done(&octets);
	if (rc < 0)
		smtp_message_fault(s, rc);
	ss->part_at += n;
	arena_release(&s->op.arena, mark);
	return crew_slice_is_over() ? CONN_YIELD : CONN_READ;
}
