// SPDX-License-Identifier: Apache-2.0
// A message is sent in phases, each of which ends when the relay has answered: MAIL and RCPT, some at a time; DATA; the octets; the line with the dot.
// What the relay says is noted in `outcomes`, which are settled at the end.
#include "smtp/spooler_priv.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "smtp/relay.h"

#include <stdio.h>

#define PIECE (64u << 10) // octets of a text that are handed on at a time

static void put_away(struct spooler *s)
{
	blob_close(&s->text);
	s->text = (struct blob){ .size = 0 };
	spool_give(s->config.spool, s->m.number);
	s->phase = S_IDLE;
	op_reset(&s->op);
}

void spooler_drop_link(struct spooler *s)
{
	relay_link_free(s->link);
	s->link = NULL;
	s->link_used = false;
}
// Nothing can be sent to the relay now.
static void unreached(struct spooler *s, const char *why)
{
	char text[OP_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s", why); // may be cut; it may be in the op
	if (s->link && relay_link_has_reached(s->link))
		atomic_store(&s->reached, false); // that was this link; else it was another, since
	spooler_drop_link(s);
	put_away(s);
	unsigned failures = s->failures + 1;
	spooler_pause_relay(s, failures, spooler_pause_s(&s->config, failures), text);
	s->overdue_from = 1;
}

static struct span said(struct spooler *s, const struct smtp_answer *a)
{
	char text[SMTP_REPLY_TEXT_MAX + SMTP_ENHANCED_MAX + 16];
	int n = snprintf(text, sizeof text, "%u %s%s%.*s", a->code, a->enhanced,
		a->enhanced[0] ? " " : "", (int)a->text_n, a->text); // fits
	struct span kept = arena_dup(&s->op.arena, span_of(text, (size_t)n));
	return kept.p ? kept : SPAN("");
}

// What the relay says of a recipient, or what we say since its connection has ended or there are things that it does not take.
static void note(
	struct spooler *s, struct spool_outcome *o, const struct smtp_answer *a, bool is_ours)
{
	if (a->code / 100 == 2) {
		o->fate = SPOOL_SENT;
		return;
	}
	o->fate = a->code / 100 == 5 ? SPOOL_FAILED : SPOOL_WAITS;
	o->said = said(s, a);
	o->ours = is_ours;
	bool fits = a->enhanced[0] == (o->fate == SPOOL_FAILED ? '5' : '4');
	(void)snprintf(o->status, sizeof o->status, "%s", fits ? a->enhanced : ""); // fits
}

// The same of all that it has not said no to.
static void note_all(struct spooler *s, const struct smtp_answer *a, bool is_ours)
{
	for (size_t i = 0; i < s->m.count; i++)
		if (s->outcomes[i].fate == SPOOL_SENT)
			note(s, &s->outcomes[i], a, is_ours);
}

static void note_text(struct spooler *s, unsigned code, const char *enhanced, const char *text)
{
	struct smtp_answer a = { .code = code };
	(void)snprintf(a.enhanced, sizeof a.enhanced, "%s", enhanced); // fits
	smtp_answer_add(&a, span_str(text));
	note_all(s, &a, true);
}

// --- after it ---

static bool any_accepted(const struct spooler *s)
{
	for (size_t i = 0; i < s->m.count; i++)
		if (s->outcomes[i].fate == SPOOL_SENT)
			return true;
	return false;
}

// What cannot be written down now (a full volume): if somebody has the message that must be, before anything else is sent, or it would come twice. If
// nobody has, it may be forgotten: it is tried again, as after a crash.
static void settle(struct spooler *s)
{
	struct arena_mark mark = arena_mark(&s->op.arena);
	int rc = spooler_settle(&s->op, &s->config, &s->m, s->outcomes, s->tells);
	if (rc == 0) {
		put_away(s);
		return;
	}
	log_error("spool", "message %llu: what became of it cannot be written down: %s",
		(unsigned long long)s->m.number, op_text(&s->op, rc));
	arena_release(&s->op.arena, mark); // it may be so for long
	if (!any_accepted(s)) {
		spool_put_off(s->config.spool, s->m.number, s->m.next_at);
		put_away(s);
		return;
	}
	s->settle_at = clock_mono() + SPOOL_RETRY_FIRST_S * NS_PER_S;
}

// Those who were not asked for come first the next time.
static void rotate(struct spooler *s)
{
	size_t n = s->m.count;
	struct spool_recipient *recipients = arena_array(&s->op.arena, n, sizeof *recipients);
	struct spool_outcome *outcomes = arena_array(&s->op.arena, n, sizeof *outcomes);
	if (!recipients || !outcomes) // then the next time is like this one
		return;
	for (size_t i = 0; i < n; i++) {
		recipients[i] = s->m.recipients[(s->asked + i) % n];
		outcomes[i] = s->outcomes[(s->asked + i) % n];
	}
	s->m.recipients = recipients;
	s->outcomes = outcomes;
}

// The relay has said all that it says of it.
static void over(struct spooler *s)
{
	struct spool_message *m = &s->m;
	bool goes_on = (s->crowded || s->asked < m->count) && any_accepted(s);
	if (goes_on) { // behind the others; some have it now, so it ends
		m->next_at = clock_real() + 1;
	} else {
		m->tries++;
		m->next_at = clock_real() + (int64_t)spooler_pause_s(&s->config, m->tries);
	}
	for (size_t i = 0; i < m->count; i++)
		if (s->outcomes[i].fate == SPOOL_WAITS && s->outcomes[i].said.n)
			m->why = s->outcomes[i].said;
	if (s->asked < m->count)
		rotate(s);
	s->phase = S_SETTLE;
	s->settle_at = 0;
	if (s->link && relay_link_is_dead(s->link))
		spooler_drop_link(s);
	s->link_used = s->link != NULL;
	settle(s);
}

// --- before it ---

// The next recipients, while there is time. A relay may look each of them up, which takes long where a domain's servers are silent: the other messages
// wait so long, so it is not for ever. A dead link is asked nothing more: it answers what it was asked.
static void ask_more(struct spooler *s)
{
	const struct spool_message *m = &s->m;
	bool late = s->answered && clock_mono() > s->ask_until, good = true;
	while (good && !late && s->asked < m->count &&
		s->asked - s->answered < SPOOL_PIPELINE_MAX) {
		const struct spool_recipient *to = &m->recipients[s->asked];
		struct recipient r = {
			.address = to->address, .notify = to->notify, .orcpt = to->orcpt
		};
		good = !relay_link_is_dead(s->link) && relay_rcpt(s->link, &r);
		s->asked += good;
	}
}

static bool ask(struct spooler *s)
{
	const struct spool_message *m = &s->m;
	uint64_t seconds = SPOOL_ASK_S, ms = s->config.ask_ms ? s->config.ask_ms : seconds * 1000;
	struct envelope e = { .sender = m->sender,
		.utf8 = m->utf8,
		.seven_bit = m->seven_bit,
		.ret = m->ret,
		.envid = m->envid,
		.size = m->size + m->prefix.n };
	s->asked = s->answered = 0;
	s->taken = s->crowded = false;
	s->ask_until = clock_mono() + ms * NS_PER_MS;
	s->phase = S_ENVELOPE;
	if (!relay_mail(s->link, &e))
		return false;
	ask_more(s);
	return true;
}

static void wake_link(void *ctx)
{
	spooler_wake(ctx);
}

// Asks the relay for the message at hand, over the link that is there or a new one.
static void address(struct spooler *s)
{
	struct relay_waiter waiter = { wake_link, s };
	if (s->link && relay_link_is_dead(s->link))
		spooler_drop_link(s);
	int rc = s->link ? 0 : relay_link_new(&s->op, s->config.relay, &waiter, &s->link);
	if (rc < 0)
		unreached(s, op_text(&s->op, rc));
	else if (!ask(s))
		unreached(s, "out of memory");
}

static int load(struct spooler *s, uint64_t number)
{
	struct op *op = &s->op;
	int rc = spool_read(op, s->config.spool, number, &s->m);
	if (rc < 0) {
		s->m = (struct spool_message){ .number = number };
		return rc;
	}
	s->outcomes = arena_array(&op->arena, s->m.count, sizeof *s->outcomes);
	if (!s->outcomes)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < s->m.count; i++)
		s->outcomes[i] = (struct spool_outcome){ .fate = SPOOL_SENT, .said = SPAN("") };
	s->asked = s->m.count; // nobody is left out so far
	s->crowded = false;
	s->at = 0;
	s->has_end = s->tells = false;
	s->dots = (struct dot_stuffer){ .in_line = false };
	return 0;
}

// Its record cannot be had: it says no more than its number. The others go on.
static void cannot_load(struct spooler *s, int rc)
{
	log_error(
		"spool", "message %llu: %s", (unsigned long long)s->m.number, op_text(&s->op, rc));
	if (rc == RC_CORRUPT || rc == RC_VERSION) { // it stays taken: nobody tries it again
		op_reset(&s->op);
		return;
	}
	spool_put_off(s->config.spool, s->m.number, clock_real() + SPOOL_RETRY_MOST_S);
	put_away(s);
}

// Its text cannot: for ever, or now. That is no fault of the relay's, and the others go on.
static void cannot_open(struct spooler *s, int rc)
{
	log_error(
		"spool", "message %llu: %s", (unsigned long long)s->m.number, op_text(&s->op, rc));
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT)
		note_text(s, 554, "5.3.0", "the message is damaged here");
	else
		note_text(s, 451, "4.3.0", op_text(&s->op, rc));
	over(s);
}
// Some of its recipients have failed before, and its sender could not be told, or a crash came between: that first. The relay is not asked for those again,
// and for the others behind it.
static void tell_failed(struct spooler *s)
{
	bool told = false;
	spooler_outcomes(&s->m, s->outcomes);
	int rc = spooler_settle(&s->op, &s->config, &s->m, s->outcomes, true);
	if (rc < 0)
		log_error("spool", "message %llu: %s", (unsigned long long)s->m.number,
			op_text(&s->op, rc));
	for (size_t i = 0; rc == 0 && i < s->m.count; i++)
		told |= s->outcomes[i].fate == SPOOL_FAILED;
	if (!told) {
		int64_t pause = (int64_t)spooler_pause_s(&s->config, s->m.tries + 1);
		spool_put_off(s->config.spool, s->m.number, clock_real() + pause);
	}
	put_away(s);
}

void spooler_message_begin(struct spooler *s, uint64_t number)
{
	int rc = load(s, number);
	if (rc < 0) {
		cannot_load(s, rc);
		return;
	}
	if (spool_any_failed(&s->m)) {
		tell_failed(s);
		return;
	}
	rc = blob_open(&s->op, mail_store_of(s->config.mail), s->m.blob, &s->text);
	if (rc == 0)
		address(s);
	else
		cannot_open(s, rc);
}

// --- in it ---

// All of the envelope that was asked is answered.
static void after_envelope(struct spooler *s)
{
	for (size_t i = s->asked; i < s->m.count; i++)
		if (s->outcomes[i].fate == SPOOL_SENT)
			s->outcomes[i].fate = SPOOL_WAITS;
	if (s->m.eight_bit && any_accepted(s) && !relay_takes_8bit(s->link)) // RFC 6152 section 3
		note_text(s, 554, "5.6.3", "the relay takes 7-bit messages only");
	s->tells = relay_offers_dsn(s->link);
	s->phase = S_DATA;
	if (any_accepted(s) && relay_data(s->link))
		return;
	if (any_accepted(s))
		note_text(s, 451, "4.3.0", "out of memory");
	else
		(void)relay_reset(s->link); // without memory the link is dead: seen when it is used
	over(s);
}

static void take_recipient(struct spooler *s, const struct smtp_answer *a, enum relay_word word)
{
	struct spool_outcome *o = &s->outcomes[s->answered++];
	if (o->fate == SPOOL_SENT) {
		note(s, o, a, word != RELAY_SAID);
		bool crowded = s->taken && (a->code == 452 || a->code == 552);
		if (crowded) // RFC 5321 section 4.5.3.1.10: 552 is that, too, behind some that were taken
			o->fate = SPOOL_WAITS;
		s->crowded |= crowded;
		s->taken |= o->fate == SPOOL_SENT;
	}
	ask_more(s);
	if (s->answered == s->asked)
		after_envelope(s);
}

static void take_envelope(struct spooler *s, enum relay_request what, const struct smtp_answer *a,
	enum relay_word word)
{
	bool is_first = what == RELAY_MAIL;
	if (is_first && word == RELAY_DIED && s->link_used) { // it was over before we asked
		spooler_drop_link(s);
		address(s);
	} else if (is_first && word == RELAY_DIED) {
		unreached(s, a->text);
	} else if (is_first) {
		if (a->code / 100 != 2) {
			// What it says of the recipients is of no account, nor are more of them asked for.
			note_all(s, a, word != RELAY_SAID);
			s->ask_until = 0;
		}
		if (!s->asked) // the link died before it could be
			after_envelope(s);
	} else {
		take_recipient(s, a, word);
	}
}

static void take_data(struct spooler *s, const struct smtp_answer *a, enum relay_word word)
{
	if (a->code == 354) {
		s->phase = S_OCTETS;
		return;
	}
	if (a->code / 100 == 2) { // it cannot be
		note_text(s, 451, "4.5.0", "the relay does not take the message");
		spooler_drop_link(s);
	} else {
		note_all(s, a, word != RELAY_SAID);
	}
	over(s);
}

// An answer. False: there is none yet.
static bool take_answer(struct spooler *s)
{
	enum relay_request what;
	struct smtp_answer a;
	enum relay_word word;
	if (!relay_answer(s->link, &what, &a, &word))
		return false;
	if (s->phase == S_ENVELOPE) {
		take_envelope(s, what, &a, word);
	} else if (s->phase == S_DATA) {
		take_data(s, &a, word);
	} else {
		note_all(s, &a, word != RELAY_SAID);
		over(s);
	}
	return true;
}

// The next octets. A fault: RC_.
static int give_octets(struct spooler *s)
{
	struct rope from, to;
	int rc = 0;
	rope_init(&from);
	rope_init(&to);
	if (s->at == 0)
		rope_add(&from, s->m.prefix);
	rc = blob_to_rope(&s->op, &s->text, s->at, PIECE, &from);
	s->at += PIECE;
	if (rc == 0) {
		dots_stuff(&s->dots, &from, &to);
		s->has_end = s->at >= s->text.size;
		if (s->has_end)
			dots_end(&s->dots, &to);
		if (to.failed)
			rc = op_fail(&s->op, RC_NOMEM, "out of memory");
		else
			relay_octets(s->link, &to);
	}
	rope_done(&from);
	rope_done(&to);
	return rc;
}

// False: there is no room for more.
static bool send_octets(struct spooler *s)
{
	int rc = 0;
	while (rc == 0 && !s->has_end && !relay_link_is_dead(s->link)) {
		if (relay_is_full(s->link))
			return false;
		rc = give_octets(s);
	}
	if (rc == 0 && s->has_end && relay_end(s->link, NULL)) {
		s->phase = S_END;
		return true;
	}
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT)
		note_text(s, 554, "5.3.0", "the message is damaged here");
	else
		note_text(s, 451, "4.4.2",
			rc < 0 ? op_text(&s->op, rc) : "the relay's connection broke off");
	spooler_drop_link(s); // the relay throws away what has no end
	over(s);
	return true;
}

bool spooler_message_step(struct spooler *s)
{
	if (s->phase == S_OCTETS)
		return send_octets(s);
	if (s->phase != S_SETTLE)
		return take_answer(s);
	if (s->settle_at > clock_mono())
		return false;
	settle(s);
	return true;
}

void spooler_message_drop(struct spooler *s)
{
	spooler_drop_link(s);
	put_away(s);
}
