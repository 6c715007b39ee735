// SPDX-License-Identifier: Apache-2.0
// A session and its link to the relay (relay.h). RCPT is passed on at once, so that the relay's answer is the client's; answers to what a pipelining
// client sent behind it wait for their turn. DATA is passed on when the client's octets are to come, and these as they come.
#include "base/limits.h"
#include "smtp/submission_priv.h"

#include <stdlib.h>

#define WAITS "it waits here until the relay takes it"

void submission_relay_drop(struct submission_session *ss)
{
	relay_link_free(ss->link);
	ss->link = NULL;
	submission_relay_reset(ss);
	for (size_t i = 0; ss->pending && i < RELAY_PIPELINE_MAX; i++)
		rope_done(&ss->pending[i].after);
	free(ss->pending);
	ss->pending = NULL;
	ss->pending_at = ss->pending_n = 0;
	ss->s.held = NULL;
}

void submission_relay_reset(struct submission_session *ss)
{
	if (ss->link && ss->sending) {
		relay_link_free(ss->link); // within DATA nothing else ends it
		ss->link = NULL;
	}
	if (ss->link && ss->asked)
		(void)relay_reset(
			ss->link); // without memory the link is dead: seen when it is used
	ss->asked = ss->sending = ss->mail_refused = ss->relay_waits = false;
}

void submission_note_future(struct submission_session *ss)
{
	ss->s.future = (struct future_release){ .seconds = 0 };
	if (ss->submission->config.relay)
		(void)relay_future(ss->submission->config.relay, &ss->s.future);
}

static struct smtp_answer trouble(const char *text)
{
	struct smtp_answer a = { .code = 451, .enhanced = "4.4.1" };
	smtp_answer_add(&a, span_str(text));
	return a;
}

static void say_answer(struct smtp_session *s, const struct smtp_answer *a)
{
	smtp_say(s, a->code, a->enhanced[0] ? a->enhanced : NULL, a->text);
}

static void wake_session(void *conn)
{
	conn_wake(conn);
}

static int new_link(struct submission_session *ss)
{
	struct relay_waiter waiter = { wake_session, ss->s.conn };
	relay_link_free(ss->link);
	ss->link = NULL;
	ss->is_kept = false;
	return relay_link_new(&ss->s.op, ss->submission->config.relay, &waiter, &ss->link);
}

// A link that is alive, with this transaction begun on it. False: the transaction waits here for the relay, or it was refused.
static bool has_link(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	bool is_idle = ss->link && !ss->asked; // it may have been given up meanwhile
	ss->is_kept |= is_idle;
	if ((!ss->link || (is_idle && relay_link_is_dead(ss->link))) && new_link(ss) < 0) {
		if (submission_spool_begin(ss))
			return false;
		struct smtp_answer a = trouble(op_text(&s->op, RC_UNAVAILABLE));
		say_answer(s, &a);
		return false;
	}
	if (!ss->pending)
		ss->pending = calloc(RELAY_PIPELINE_MAX, sizeof *ss->pending);
	if (!ss->asked)
		ss->asked = ss->pending && relay_mail(ss->link, &s->envelope);
	if (!ss->asked)
		smtp_say(s, 451, "4.3.0", "out of memory");
	return ss->asked;
}

void submission_ask(struct submission_session *ss, const struct recipient *r)
{
	struct smtp_session *s = &ss->s;
	if (r->held) { // the relay has taken it as a recipient of this user before
		if (smtp_rcpt_add(s, r))
			smtp_say(s, 250, "2.1.5", "recipient accepted");
		return;
	}
	// First: once the relay was asked for MAIL, a recipient must wait for both answers.
	if (!smtp_rcpt_add(s, r))
		return;
	struct envelope *e = &s->envelope;
	bool has = !ss->spooled && has_link(ss);
	if (ss->spooled) {
		smtp_say(s, 250, "2.1.5", WAITS);
		return;
	}
	if (!has || !relay_rcpt(ss->link, &e->recipients[e->count - 1])) {
		e->recipients[e->count - 1].refused = true;
		e->refused++;
		if (has)
			smtp_say(s, 451, "4.3.0", "out of memory");
		return;
	}
	struct pending *p = &ss->pending[(ss->pending_at + ss->pending_n) % RELAY_PIPELINE_MAX];
	p->index = e->count - 1;
	rope_init(&p->after);
	ss->pending_n++;
	s->held = &p->after;
}

// The relay's word on the oldest recipient without an answer.
static void answer_pending(struct submission_session *ss, const struct smtp_answer *a)
{
	struct smtp_session *s = &ss->s;
	struct pending *p = &ss->pending[ss->pending_at];
	struct recipient *r = &s->envelope.recipients[p->index];
	struct rope *held = s->held;
	s->held = NULL;
	if (a->code / 100 == 2) {
		smtp_say(s, 250, "2.1.5", ss->spooled ? WAITS : "the relay takes it");
	} else {
		r->refused = true;
		s->envelope.refused++;
		say_answer(s, a);
	}
	rope_move(conn_output(s->conn), &p->after);
	rope_done(&p->after);
	ss->pending_at = (ss->pending_at + 1) % RELAY_PIPELINE_MAX;
	ss->pending_n--;
	s->held = ss->pending_n ? held : NULL;
}

static void answer_all_pending(struct submission_session *ss, const struct smtp_answer *a)
{
	while (ss->pending_n)
		answer_pending(ss, a);
}

// All that the relay was asked for this transaction is asked over a new connection.
static bool ask_again(struct submission_session *ss)
{
	const struct envelope *e = &ss->s.envelope;
	bool good = new_link(ss) == 0 && relay_mail(ss->link, e);
	for (size_t i = 0; good && i < ss->pending_n; i++) {
		size_t at = (ss->pending_at + i) % RELAY_PIPELINE_MAX;
		good = relay_rcpt(ss->link, &e->recipients[ss->pending[at].index]);
	}
	return good;
}

// The link has died before the relay has answered MAIL. If it was kept from an earlier transaction, the relay had enough of that connection, and has
// taken nothing of this one: it is tried once more, and the client sees nothing of it.
static void mail_died(struct submission_session *ss, const struct smtp_answer *a)
{
	static const struct smtp_answer taken = { .code = 250 };
	bool was_kept = ss->is_kept && !ss->s.stopping;
	if (was_kept && ask_again(ss))
		return;
	if (submission_spool_begin(ss)) {
		answer_all_pending(ss, &taken);
	} else if (was_kept) { // nobody answers what was not asked
		answer_all_pending(ss, a);
		relay_link_free(ss->link);
		ss->link = NULL;
		ss->asked = false;
	} else {
		ss->mail_refused = true;
		ss->refusal = *a;
	}
}

void submission_progress(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	enum relay_request what;
	struct smtp_answer a;
	enum relay_word word;
	while (ss->pending_n && s->phase != AT_END && relay_answer(ss->link, &what, &a, &word)) {
		if (what == RELAY_RCPT) {
			answer_pending(ss, ss->mail_refused ? &ss->refusal : &a);
		} else if (word == RELAY_DIED) {
			mail_died(ss, &a);
		} else if (a.code / 100 != 2) {
			ss->mail_refused = true;
			ss->refusal = a;
		}
	}
	submission_check_again(ss);
}

bool submission_may_run(struct smtp_session *s, struct span line)
{
	const struct submission_session *ss = submission_of(s);
	return !ss->pending_n ||
		(ss->pending_n < RELAY_PIPELINE_MAX && rope_size(s->held) < RELAY_HELD_MAX &&
			span_casestarts(line, SPAN("RCPT ")));
}

bool submission_relay_has(const struct recipient *r)
{
	return r->remote && !r->refused && !r->held;
}

bool submission_relay_begin(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	bool any = false;
	if (ss->spooled)
		return false;
	for (size_t i = 0; i < s->envelope.count && !any; i++)
		any = submission_relay_has(&s->envelope.recipients[i]);
	if (!any)
		return false;
	ss->sending = true;
	ss->resume = s->phase;
	s->phase = AT_PAUSE;
	(void)relay_data(
		ss->link); // without memory the link is dead: seen in submission_relay_wait()
	return true;
}

enum conn_next submission_relay_wait(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	enum relay_request what;
	struct smtp_answer a;
	enum relay_word word;
	if (!relay_answer(ss->link, &what, &a, &word)) {
		if (!relay_link_is_dead(ss->link))
			return CONN_WAIT;
		if (!relay_answer(ss->link, &what, &a,
			    &word)) // it died between the two, or was never asked
			a = trouble("the relay's connection broke off");
	}
	s->phase = ss->resume;
	if (a.code == 354) {
		if (s->phase == AT_DATA)
			smtp_say(s, 354, NULL, "send the message, end it with CRLF . CRLF");
		return CONN_READ;
	}
	if (a.code < 400) // it cannot be
		a = trouble("the relay does not take the message");
	if (s->phase == AT_DATA) {
		say_answer(s, &a);
		smtp_transaction_end(s);
		s->phase = AT_COMMAND;
	} else {
		smtp_message_refuse(s, &a); // its octets are on their way
	}
	return CONN_READ;
}

void submission_relay_octets(struct submission_session *ss, struct span octets)
{
	struct rope from, to;
	if (!ss->sending || !ss->link)
		return;
	rope_init(&from);
	rope_init(&to);
	rope_add(&from, octets);
	dots_stuff(&ss->dots, &from, &to);
	relay_octets(ss->link, &to);
	rope_done(&from);
	rope_done(&to);
}

int submission_relay_attempt(struct submission_session *ss, unsigned flags, uint64_t *ret_attempt)
{
	const struct envelope *e = &ss->s.envelope;
	struct span *coming = arena_array(&ss->s.op.arena, e->count, sizeof *coming);
	size_t n = 0;
	for (size_t i = 0; coming && i < e->count; i++)
		if (submission_relay_has(&e->recipients[i]))
			coming[n++] = e->recipients[i].address;
	return served_begin(ss->submission->served, &ss->name, coming, n, flags, ret_attempt);
}

int submission_relay_end(struct submission_session *ss, bool had)
{
	struct smtp_answer a = { .code = 554, .enhanced = "5.6.3" };
	if (ss->eight_bit && !relay_takes_8bit(ss->link)) { // RFC 6152 section 3
		smtp_answer_add(&a, SPAN("the relay takes 7-bit messages only"));
		smtp_message_refuse(&ss->s, &a);
		return 0;
	}
	bool own_id = ss->s.has_own_id;
	struct relay_receipt receipt = { .served = ss->submission->served,
		.message = ss->name,
		.seconds = own_id ? DELIVERY_PERIOD_S : SERVED_S,
		.only_gone = !own_id };
	// Without an id of its own another one with the same octets is another message.
	unsigned flags = own_id ? 0u : SERVED_EVEN_COMING;
	if (had)
		flags |= SERVED_EVEN_HAD;
	int rc = submission_relay_attempt(ss, flags, &receipt.attempt);
	if (rc != 0)
		return rc;
	struct rope end;
	rope_init(&end);
	dots_end(&ss->dots, &end);
	relay_octets(ss->link, &end);
	rope_done(&end);
	ss->relay_waits = relay_end(ss->link, &receipt);
	if (!ss->relay_waits) {
		a = trouble("out of memory");
		smtp_message_refuse(&ss->s, &a);
	}
	return 0;
}

bool submission_is_full(struct smtp_session *s)
{
	const struct submission_session *ss = submission_of(s);
	return ss->link && ss->sending && relay_is_full(ss->link);
}
