// SPDX-License-Identifier: Apache-2.0
// A message is sent in phases, each of which ends when the relay has answered: MAIL and RCPT, some at a time; DATA; the octets; the line with the dot.
// What the relay says is noted in `outcomes`, which are settled at the end. Only the task touches what belongs to the message at hand; others leave
// word in atomic flags and wake it.
#include "smtp/spooler_priv.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "mail/account.h"
#include "run/crew.h"
#include "smtp/relay.h"
#include "smtp/session_priv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE (64u << 10)   // octets of a text that are handed on at a time
#define TOLD_PER_RUN 64u    // each takes two flushes, and the server may be stopping
#define LOOK_AGAIN_S 86400u // at least so often it looks: clocks jump

enum spooler_phase {
	S_IDLE,
	S_ENVELOPE, // MAIL was asked, and some RCPT
	S_DATA,     // DATA was
	S_OCTETS,   // they go out
	S_END,      // the line with the dot has
	S_SETTLE,   // what became of it could not be written down yet
};

struct spooler {
	struct spooler_config config;
	char hostname[SMTP_HOSTNAME_MAX];
	struct task task;
	bool stopping;
	atomic_bool started;               // an administrator may be quicker than spooler_start()
	atomic_bool reached, added, hurry; // what others have told it
	pthread_mutex_t lock;              // guards what follows; a leaf
	uint64_t retry_at;                 // clock_mono(): not before; 0: at any time
	unsigned failures;                 // in a row
	char fault[OP_TEXT_MAX];           // of the last one
	// Of the task alone:
	uint64_t overdue_from; // messages from this number on may be overdue; 0: none
	// The message at hand:
	enum spooler_phase phase;
	struct op op;
	struct relay_link *link;
	bool link_used; // a message has gone over it
	bool tells;     // the relay sends reports by itself
	struct spool_message m;
	struct spool_outcome *outcomes; // SPOOL_SENT: accepted so far
	size_t asked, answered;         // recipients
	bool taken;                     // one of them was
	bool crowded;                   // and another is one too many for now
	uint64_t ask_until;             // clock_mono()
	struct blob text;
	uint64_t at;  // octets of it that are on their way
	bool has_end; // and so is the line with the dot
	struct dot_stuffer dots;
	uint64_t settle_at; // clock_mono(): when settling is tried again
};

// --- waking ---

static void wake(struct spooler *s)
{
	if (atomic_load(&s->started))
		task_wake(&s->task);
}

static void wake_link(void *ctx)
{
	wake(ctx);
}

static void wake_reached(void *ctx)
{
	struct spooler *s = ctx;
	atomic_store(&s->reached, true);
	wake(s);
}

void spooler_added(struct spooler *s)
{
	atomic_store(&s->added, true);
	wake(s);
}

void spooler_try(struct spooler *s)
{
	atomic_store(&s->hurry, true);
	wake(s);
}

int spooler_status(struct op *op, struct spooler *s, uint64_t *ret_seconds, struct span *ret_why)
{
	uint64_t now = clock_mono();
	pthread_mutex_lock(&s->lock);
	*ret_seconds = s->retry_at > now ? (s->retry_at - now) / NS_PER_S + 1 : 0;
	*ret_why = arena_dup(&op->arena, span_str(*ret_seconds ? s->fault : ""));
	pthread_mutex_unlock(&s->lock);
	return ret_why->p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// --- when ---

static void pause_relay(struct spooler *s, unsigned failures, uint64_t seconds, const char *why)
{
	pthread_mutex_lock(&s->lock);
	s->failures = failures;
	s->retry_at = seconds ? clock_mono() + seconds * NS_PER_S : 0;
	(void)snprintf(s->fault, sizeof s->fault, "%s", why); // may be cut
	pthread_mutex_unlock(&s->lock);
}

// What others have told since it looked last.
static void take_word(struct spooler *s)
{
	bool reached = atomic_exchange(&s->reached, false);
	bool added = atomic_exchange(&s->added, false);
	if (reached)
		pause_relay(s, 0, 0, "");
	else if (added && !s->failures)
		pause_relay(s, 1, spooler_pause_s(&s->config, 1), "a session could not reach it");
	if (!atomic_exchange(&s->hurry, false))
		return;
	spool_hurry(s->config.spool);
	pause_relay(s, s->failures, 0, s->fault[0] ? "it is tried now" : "");
}

static bool is_read_only(const struct spooler *s)
{
	struct store_stats stats;
	store_stats(mail_store_of(s->config.mail), &stats);
	return stats.read_only;
}

// When it runs again by itself, having nothing to do now.
static uint64_t when(const struct spooler *s)
{
	int64_t next = spool_next(s->config.spool), now = clock_real();
	uint64_t wait = LOOK_AGAIN_S;
	struct spool_totals all;
	spool_count(s->config.spool, &all);
	if (!all.messages)
		return 0;
	if (next == INT64_MAX) // somebody else has them, an administrator, and may give them back
		next = now + SPOOL_RETRY_FIRST_S;
	if (next - now < LOOK_AGAIN_S)
		wait = next > now ? (uint64_t)(next - now) : 0;
	uint64_t at = clock_mono() + wait * NS_PER_S;
	return s->retry_at > at ? s->retry_at : at;
}

// --- a message ---

static void put_away(struct spooler *s)
{
	blob_close(&s->text);
	s->text = (struct blob){ .size = 0 };
	spool_give(s->config.spool, s->m.number);
	s->phase = S_IDLE;
	op_reset(&s->op);
}

static void drop_link(struct spooler *s)
{
	relay_link_free(s->link);
	s->link = NULL;
	s->link_used = false;
}

// 1: it was told of, or its time of arrival was set right. 0: there was no need, or somebody else is at it, or it cannot be read. A fault: nothing can
// be written now.
static int tell_if_overdue(struct spooler *s, uint64_t number)
{
	struct op *op = &s->op;
	struct spool_message m;
	int rc = spool_read(op, s->config.spool, number, &m);
	if (rc < 0 && rc != RC_NONEXISTENT) // the others are told
		log_error("spool", "message %llu: %s", (unsigned long long)number, op_text(op, rc));
	if (rc < 0)
		return 0;
	bool is_early = spooler_is_early(&m);
	int64_t age = clock_real() - m.arrived;
	if (!is_early && age < spooler_expires_s(&s->config) &&
		(age < SPOOL_DELAY_S || m.delay_told))
		return 0;
	struct spool_outcome *o = arena_array(&op->arena, m.count, sizeof *o);
	if (!o || spool_take_number(op, s->config.spool, number) < 0)
		return 0;
	for (size_t i = 0; i < m.count; i++)
		o[i] = (struct spool_outcome){ .fate = SPOOL_WAITS, .said = m.why, .ours = true };
	rc = spooler_settle(op, &s->config, &m, o, true);
	spool_give(s->config.spool, number);
	if (rc < 0)
		log_error("spool", "message %llu: %s", (unsigned long long)number, op_text(op, rc));
	return rc < 0 ? rc : 1;
}

// The relay is down, messages grow old meanwhile: those who have to be told are, some of them in a run.
static void tell_overdue(struct spooler *s)
{
	for (unsigned told = 0; s->overdue_from && told < TOLD_PER_RUN; op_reset(&s->op)) {
		uint64_t number = spool_number_from(s->config.spool, s->overdue_from);
		int rc = number ? tell_if_overdue(s, number) : 0;
		s->overdue_from = number && rc >= 0 ? number + 1 : 0;
		told += rc == 1;
	}
}

// Nothing can be sent to the relay now.
static void unreached(struct spooler *s, const char *why)
{
	char text[OP_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s", why); // may be cut; it may be in the op
	if (s->link && relay_link_has_reached(s->link))
		atomic_store(&s->reached, false); // that was this link; else it was another, since
	drop_link(s);
	put_away(s);
	unsigned failures = s->failures + 1;
	pause_relay(s, failures, spooler_pause_s(&s->config, failures), text);
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
		drop_link(s);
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

// Asks the relay for the message at hand, over the link that is there or a new one.
static void address(struct spooler *s)
{
	struct relay_waiter waiter = { wake_link, s };
	if (s->link && relay_link_is_dead(s->link))
		drop_link(s);
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

// The next message whose time has come. False: there is none.
static bool begin(struct spooler *s)
{
	uint64_t number;
	if (s->retry_at > clock_mono() || spool_next(s->config.spool) > clock_real())
		return false;
	if (is_read_only(s)) {
		pause_relay(s, s->failures, SPOOL_RETRY_MOST_S, "the volume is read-only");
		return false;
	}
	if (!s->config.relay) { // RFC 5321 section 4.5.4.1: nothing is kept for ever
		pause_relay(s, s->failures + 1, SPOOL_RETRY_MOST_S, "there is no relay");
		s->overdue_from = 1;
		return true;
	}
	if (!spool_take(s->config.spool, clock_real(), &number))
		return false;
	int rc = load(s, number);
	if (rc < 0) {
		cannot_load(s, rc);
		return true;
	}
	rc = blob_open(&s->op, mail_store_of(s->config.mail), s->m.blob, &s->text);
	if (rc == 0)
		address(s);
	else
		cannot_open(s, rc);
	return true;
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

static void take_recipient(struct spooler *s, const struct smtp_answer *a, bool died)
{
	struct spool_outcome *o = &s->outcomes[s->answered++];
	if (o->fate == SPOOL_SENT) {
		note(s, o, a, died);
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

static void take_envelope(
	struct spooler *s, enum relay_request what, const struct smtp_answer *a, bool died)
{
	if (what == RELAY_MAIL && died && s->link_used) { // it was over before we asked
		drop_link(s);
		address(s);
	} else if (what == RELAY_MAIL && died) {
		unreached(s, a->text);
	} else if (what == RELAY_MAIL) {
		if (a->code / 100 != 2) {
			note_all(s, a, false); // what it says of the recipients is of no account
			s->ask_until = 0;      // nor are more of them asked for
		}
		if (!s->asked) // the link died before it could be
			after_envelope(s);
	} else {
		take_recipient(s, a, died);
	}
}

static void take_data(struct spooler *s, const struct smtp_answer *a, bool died)
{
	if (a->code == 354) {
		s->phase = S_OCTETS;
		return;
	}
	if (a->code / 100 == 2) { // it cannot be
		note_text(s, 451, "4.5.0", "the relay does not take the message");
		drop_link(s);
	} else {
		note_all(s, a, died);
	}
	over(s);
}

// An answer. False: there is none yet.
static bool take_answer(struct spooler *s)
{
	enum relay_request what;
	struct smtp_answer a;
	bool died;
	if (!relay_answer(s->link, &what, &a, &died))
		return false;
	if (s->phase == S_ENVELOPE) {
		take_envelope(s, what, &a, died);
	} else if (s->phase == S_DATA) {
		take_data(s, &a, died);
	} else {
		note_all(s, &a, died);
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
	drop_link(s); // the relay throws away what has no end
	over(s);
	return true;
}

// --- the loop ---

// False: nothing more can be done now.
static bool step(struct spooler *s)
{
	switch (s->phase) {
	case S_IDLE:
		if (s->overdue_from) {
			tell_overdue(s);
			return !s->overdue_from; // the others in another run
		}
		take_word(s);
		return begin(s);
	case S_OCTETS:
		return send_octets(s);
	case S_SETTLE:
		if (s->settle_at > clock_mono())
			return false;
		settle(s);
		return true;
	default:
		return take_answer(s);
	}
}

uint64_t spooler_run(struct spooler *s, bool stopping, bool *ret_over)
{
	s->stopping |= stopping;
	if (s->stopping && s->phase != S_IDLE && s->phase != S_END && s->phase != S_SETTLE) {
		drop_link(s);
		put_away(s);
	}
	while (!(s->stopping && s->phase == S_IDLE) && step(s))
		;
	bool idle = s->phase == S_IDLE;
	if (idle)
		drop_link(s);
	*ret_over = s->stopping && (idle || s->phase == S_SETTLE);
	if (s->phase == S_SETTLE)
		return s->settle_at;
	if (s->overdue_from && !s->stopping)
		return clock_mono();
	return idle && !s->stopping ? when(s) : 0; // the link has deadlines of its own
}

static enum task_next task_run(struct task *t, unsigned events)
{
	struct spooler *s = container_of(t, struct spooler, task);
	bool over;
	t->deadline = spooler_run(s, events & TASK_STOPPING, &over);
	return over ? TASK_END : TASK_PARK;
}

static void task_ended(struct task *t)
{
	struct spooler *s = container_of(t, struct spooler, task);
	drop_link(s);
}

static const struct task_ops task_ops = { .run = task_run, .ended = task_ended };

int spooler_start(struct op *op, struct spooler *s, struct crew *crew)
{
	s->task = (struct task){ .ops = &task_ops, .fd = -1 };
	int rc = task_start(op, crew, &s->task);
	atomic_store(&s->started, rc == 0);
	return rc;
}

int spooler_new(struct op *op, const struct spooler_config *config, struct spooler **ret_spooler)
{
	struct spooler *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	op_init(&s->op, 0);
	s->config = *config;
	s->config.hostname = smtp_hostname(config->hostname, s->hostname);
	if (config->relay)
		relay_on_reach(config->relay, &(struct relay_waiter){ wake_reached, s });
	*ret_spooler = s;
	return 0;
}

void spooler_free(struct spooler *s)
{
	if (!s)
		return;
	drop_link(s);
	if (s->config.relay)
		relay_on_reach(s->config.relay, NULL);
	blob_close(&s->text);
	op_done(&s->op);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
