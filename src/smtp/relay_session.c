// SPDX-License-Identifier: Apache-2.0
// The connection's side of a link: an SMTP client. It says EHLO, begins TLS and logs in as the configuration wants, then sends what the session asks
// (pipelined if the relay offers that: RFC 2920) and hands the answers back.
#include "smtp/relay_priv.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "wire/line.h"

#include <stdio.h>
#include <stdlib.h>

enum relay_phase {
	R_CONNECT, // also a TLS handshake that comes first
	R_GREETING,
	R_EHLO,
	R_HELO, // it knows no EHLO
	R_STARTTLS,
	R_HANDSHAKE,
	R_AUTH,
	R_READY,
	R_END, // of no more use
};

struct relay_session {
	struct op op; // of a line
	struct conn *conn;
	struct relay_link *link;
	enum relay_phase phase;
	bool ran;
	struct line_cutter cutter;
	struct smtp_answer answer; // under way
	unsigned offers;
	struct future_release future; // of EHLO's FUTURERELEASE
	struct span mechanisms;       // of EHLO's AUTH; malloced
	struct relay_sasl *sasl;
	bool logged_in;
	bool is_orphan;      // counted as one
	bool in_data;        // 354 was said: octets may go
	uint64_t waits_from; // when the last answer came, or what is waited for was asked
};

// --- ending ---

static void fail(struct relay_session *r, const char *enhanced, const char *text)
{
	relay_link_die(r->link, enhanced, text);
	r->phase = R_END;
}

// The relay said no to what comes before all messages.
static void fail_setup(struct relay_session *r, const char *what)
{
	char text[SMTP_REPLY_TEXT_MAX + 64];
	(void)snprintf(
		text, sizeof text, "%s: %u %s", what, r->answer.code, r->answer.text); // fits
	fail(r, r->phase == R_AUTH ? "4.7.0" : "4.4.2", text);
}

// --- before messages ---

static void say(struct relay_session *r, const char *text)
{
	rope_add(conn_output(r->conn), span_str(text));
}

static void say_ehlo(struct relay_session *r)
{
	r->offers = 0;
	r->future = (struct future_release){ .seconds = 0 };
	free((void *)(uintptr_t)r->mechanisms.p);
	r->mechanisms = SPAN_NONE;
	rope_addf(conn_output(r->conn), "EHLO %s\r\n", r->link->relay->config.hostname);
	r->phase = R_EHLO;
}

static void say_helo(struct relay_session *r)
{
	rope_addf(conn_output(r->conn), "HELO %s\r\n", r->link->relay->config.hostname);
	r->phase = R_HELO;
}

static void note_offer(struct relay_session *r, struct span line)
{
	static const struct {
		struct span keyword;
		enum relay_offer offer;
	} known[] = {
		{ { "PIPELINING", 10 }, OFFER_PIPELINING },
		{ { "8BITMIME", 8 }, OFFER_8BITMIME },
		{ { "SMTPUTF8", 8 }, OFFER_SMTPUTF8 },
		{ { "DSN", 3 }, OFFER_DSN },
		{ { "STARTTLS", 8 }, OFFER_STARTTLS },
		{ { "SIZE", 4 }, OFFER_SIZE },
	};
	struct span rest, keyword = smtp_ehlo_keyword(line, &rest);
	for (size_t i = 0; i < countof(known); i++)
		if (span_caseeq(keyword, known[i].keyword))
			r->offers |= known[i].offer;
	if (span_caseeq(keyword, SPAN("FUTURERELEASE")) && future_offer_parse(rest, &r->future))
		r->offers |= OFFER_FUTURERELEASE;
	if (span_caseeq(keyword, SPAN("AUTH")) && !r->mechanisms.p) {
		char *copy = span_to_str_new(rest);
		r->mechanisms = span_str(copy);
	}
}

static void ready(struct relay_session *r)
{
	struct relay *relay = r->link->relay;
	pthread_mutex_lock(&relay->lock);
	relay->future = r->future;
	relay->reached_at = clock_mono();
	pthread_mutex_unlock(&relay->lock);
	pthread_mutex_lock(&r->link->lock);
	r->link->offers = r->offers;
	r->link->reached = true;
	pthread_mutex_unlock(&r->link->lock);
	r->phase = R_READY;
	if (relay->on_reach.wake)
		relay->on_reach.wake(relay->on_reach.ctx);
}

static void log_in(struct relay_session *r)
{
	struct span command;
	struct relay_channel channel = { .is_private = conn_is_tls(r->conn) ||
			conn_peer_is_local(r->conn) };
	if (!conn_is_tls(r->conn) ||
		conn_channel_binding(&r->op, r->conn, "tls-exporter", &channel.binding) < 0)
		channel.binding = SPAN_NONE; // no -PLUS then
	int rc = relay_sasl_begin(
		&r->op, r->link->relay, r->mechanisms, &channel, &r->sasl, &command);
	if (rc < 0) {
		fail(r, "4.7.0", op_text(&r->op, rc));
		return;
	}
	rope_add(conn_output(r->conn), command);
	r->phase = R_AUTH;
}

// EHLO was answered: what is still to do before messages?
static void after_ehlo(struct relay_session *r)
{
	const struct relay_config *c = &r->link->relay->config;
	bool wants_tls = c->tls == RELAY_TLS_REQUIRED || c->tls == RELAY_TLS_OPTIONAL;
	if (wants_tls && !conn_is_tls(r->conn) && (r->offers & OFFER_STARTTLS)) {
		say(r, "STARTTLS\r\n");
		r->phase = R_STARTTLS;
	} else if (c->tls == RELAY_TLS_REQUIRED && !conn_is_tls(r->conn)) {
		fail(r, "4.7.4", "it offers no STARTTLS");
	} else if (c->user && !r->logged_in) {
		log_in(r);
	} else {
		ready(r);
	}
}

static void sasl_answer(struct relay_session *r)
{
	struct span line;
	if (r->answer.code == 334) {
		int rc = relay_sasl_step(&r->op, r->sasl, span_str(r->answer.text), &line);
		if (rc < 0)
			fail(r, "4.7.0", op_text(&r->op, rc));
		else
			rope_add(conn_output(r->conn), line);
		return;
	}
	if (r->answer.code != 235) {
		fail_setup(r, "it refuses our log-in");
		return;
	}
	r->logged_in = relay_sasl_is_done(r->sasl);
	relay_sasl_free(r->sasl);
	r->sasl = NULL;
	if (r->logged_in)
		ready(r);
	else
		fail(r, "4.7.0", "it did not prove that it knows us");
}

static void setup_answer(struct relay_session *r)
{
	unsigned code = r->answer.code;
	switch (r->phase) {
	case R_GREETING:
		if (code != 220) {
			fail_setup(r, "it greets with");
			return;
		}
		r->link->connected = true;
		say_ehlo(r);
		break;
	case R_EHLO:
		if (code == 250)
			after_ehlo(r);
		else if (code == 500 || code == 502) // RFC 5321 section 3.2
			say_helo(r);
		else
			fail_setup(r, "it refuses EHLO");
		break;
	case R_HELO:
		if (code == 250)
			after_ehlo(r);
		else
			fail_setup(r, "it refuses HELO");
		break;
	case R_STARTTLS:
		if (code != 220)
			fail_setup(r, "it refuses STARTTLS");
		else if (conn_start_tls(&r->op, r->conn) < 0)
			fail(r, "4.4.2", op_text(&r->op, RC_UNAVAILABLE));
		else
			r->phase = R_HANDSHAKE;
		break;
	default:
		sasl_answer(r);
		break;
	}
}

// --- messages ---

// What became of a message. One without an id of its own is taken for the same when it comes again only if its client is gone.
static enum served_outcome outcome_of(const struct relay_link *link, const struct request *end)
{
	if (end->answer.code / 100 != 2 || (end->receipt.only_gone && !link->closed))
		return SERVED_NOT_TAKEN;
	return link->closed ? SERVED_TAKEN_ALONE : SERVED_TAKEN;
}

// The oldest request that was sent has its answer. False: nobody asked, or not for this.
static bool give_answer(struct relay_link *link, const struct smtp_answer *a, bool *ret_in_data)
{
	struct request *q = link->to_answer;
	bool goes_on = a->code == 354;
	if (!q || goes_on != (a->code / 100 == 3) || (goes_on && q->what != RELAY_DATA))
		return false;
	*ret_in_data = goes_on;
	q->answer = *a;
	q->answered = true;
	if (q->what == RELAY_END)
		relay_request_settle(q, outcome_of(link, q));
	while (q != link->to_send && q->answered) // some were answered before it was their turn
		q = q->next;
	link->to_answer = q == link->to_send ? NULL : q;
	relay_link_wake_locked(link);
	return true;
}

static void message_answer(struct relay_session *r)
{
	if (r->answer.code ==
		421) { // about its connection; to the client it would be about this one
		fail(r, "4.4.2", r->answer.text);
		return;
	}
	pthread_mutex_lock(&r->link->lock);
	bool good = r->link->dead || give_answer(r->link, &r->answer, &r->in_data);
	pthread_mutex_unlock(&r->link->lock);
	if (!good)
		fail(r, "4.4.2", "it answers out of turn");
}

// What the relay has no extension for: the answer is ours.
static bool is_refused_here(const struct relay_session *r, struct request *q)
{
	const char *enhanced, *text;
	if (q->utf8 && !(r->offers & OFFER_SMTPUTF8)) {
		enhanced = "5.6.7";
		text = "the relay does not know SMTPUTF8";
	} else if (q->hold[0] && !(r->offers & OFFER_FUTURERELEASE)) { // it did when we offered it
		enhanced = "5.3.3";
		text = "the relay holds no mail until later any more";
	} else {
		return false;
	}
	q->answer = (struct smtp_answer){ .code = 550 };
	(void)snprintf(q->answer.enhanced, sizeof q->answer.enhanced, "%s", enhanced); // fits
	smtp_answer_add(&q->answer, span_str(text));
	q->answered = q->is_ours = true;
	return true;
}

static void write_request(struct relay_session *r, const struct request *q)
{
	struct rope *out = conn_output(r->conn);
	if (q->what == RELAY_END)
		return; // the line with the dot has gone
	rope_add(out, span_str(q->command));
	if (q->what == RELAY_MAIL) {
		if (q->size && (r->offers & OFFER_SIZE))
			rope_addf(out, " SIZE=%llu", (unsigned long long)q->size);
		if (q->eight_bit && (r->offers & OFFER_8BITMIME))
			rope_add(out, SPAN(" BODY=8BITMIME"));
		if (q->utf8)
			rope_add(out, SPAN(" SMTPUTF8"));
		rope_add(out, span_str(q->hold));
	}
	if (r->offers & OFFER_DSN)
		rope_add(out, span_str(q->dsn));
	rope_add(out, SPAN("\r\n"));
}

static void send_octets(struct relay_session *r)
{
	struct relay_link *link = r->link;
	if (!r->in_data || conn_is_full(r->conn))
		return;
	rope_move(conn_output(r->conn), &link->octets);
	if (link->was_full)
		relay_link_wake_locked(link);
	link->was_full = false;
}

static void send_requests(struct relay_session *r)
{
	struct relay_link *link = r->link;
	pthread_mutex_lock(&link->lock);
	send_octets(r);
	while (!link->dead && link->to_send) {
		struct request *q = link->to_send;
		bool waits = link->to_answer && !(r->offers & OFFER_PIPELINING);
		if (waits || (q->what == RELAY_END && rope_size(&link->octets)))
			break;
		link->to_send = q->next;
		if (is_refused_here(r, q)) {
			relay_link_wake_locked(link);
			continue;
		}
		write_request(r, q);
		r->in_data = r->in_data && q->what != RELAY_END;
		if (!link->to_answer) {
			link->to_answer = q;
			r->waits_from = clock_mono();
		}
	}
	pthread_mutex_unlock(&link->lock);
}

// --- the loop ---

static void take_line(struct relay_session *r, struct span line)
{
	if (r->answer.lines == 0)
		r->answer = (struct smtp_answer){ .code = 0 };
	enum smtp_answer_next next = smtp_answer_line(&r->answer, line);
	if (next == SMTP_ANSWER_BAD) {
		fail(r, "4.4.2", "what it says is no SMTP");
		return;
	}
	if (r->phase == R_EHLO && r->answer.lines > 1 && r->answer.code == 250)
		note_offer(r, line);
	if (next == SMTP_ANSWER_MORE)
		return;
	r->waits_from = clock_mono();
	r->answer.lines = 0;
	if (r->phase == R_READY)
		message_answer(r);
	else if (r->phase != R_CONNECT && r->phase != R_HANDSHAKE)
		setup_answer(r);
}

static void take_lines(struct relay_session *r)
{
	while (r->phase != R_END && r->phase != R_HANDSHAKE) {
		struct span line;
		size_t used;
		op_reset(&r->op);
		enum line_next next =
			line_cut(&r->cutter, conn_input(r->conn), RELAY_LINE_MAX, &line, &used);
		if (next == LINE_GOT)
			line = arena_dup(
				&r->op.arena, line); // STARTTLS throws away what is buffered
		conn_consume(r->conn, used);
		if (next == LINE_LONG || (next == LINE_NEED && r->cutter.dropping))
			fail(r, "4.4.2", "a line has no end");
		else if (next == LINE_GOT && line.p)
			take_line(r, line);
		else if (next == LINE_GOT)
			fail(r, "4.3.0", "out of memory");
		else
			return;
	}
}

struct view_of_link { // under its lock
	bool closed, busy, last;
};

static struct view_of_link look(struct relay_session *r)
{
	struct relay_link *link = r->link;
	pthread_mutex_lock(&link->lock);
	struct view_of_link v = { .closed = link->closed,
		.busy = link->to_answer || link->to_send || r->in_data,
		.last = link->to_answer && link->to_answer->what == RELAY_END };
	bool idle = r->in_data && !link->to_answer;
	pthread_mutex_unlock(&link->lock);
	uint64_t seconds = RELAY_IDLE_S, ms = r->link->relay->config.timeout_ms;
	uint64_t wait = r->phase == R_READY && !v.busy
		? seconds * NS_PER_S
		: ms * NS_PER_MS * (v.last ? RELAY_MESSAGE_TIMEOUTS : 1);
	// Within the message it is the client's pace that counts, and net/ sees whether the relay takes what is sent.
	conn_set_deadline(r->conn, idle ? 0 : r->waits_from + wait);
	return v;
}

// Nobody waits any more, but a message that the relay has whole it may take: what it says is noted (struct relay_receipt).
static bool stays_behind(struct relay_session *r)
{
	struct relay *relay = r->link->relay;
	pthread_mutex_lock(&relay->lock);
	bool is_new = !r->is_orphan && relay->orphans < RELAY_ORPHANS_MAX;
	relay->orphans += is_new;
	pthread_mutex_unlock(&relay->lock);
	r->is_orphan |= is_new;
	return r->is_orphan;
}

static enum conn_next goodbye(struct relay_session *r)
{
	relay_link_die(r->link, "4.4.2", NULL);
	r->phase = R_END;
	say(r, "QUIT\r\n");
	return CONN_CLOSE;
}

static enum conn_next session_run(void *session, unsigned events)
{
	struct relay_session *r = session;
	r->ran = true;
	if (events & CONN_EV_OPEN) {
		r->phase = R_GREETING;
		r->waits_from = clock_mono();
	}
	if (r->phase == R_HANDSHAKE && conn_is_tls(r->conn))
		say_ehlo(r);
	take_lines(r);
	if (r->phase == R_READY)
		send_requests(r);
	struct view_of_link v = look(r);
	bool idle = r->phase == R_READY && !v.busy;
	if (r->phase == R_END)
		return CONN_ABORT;
	bool let_go = v.closed && !(v.last && stays_behind(r));
	if (let_go || (idle && (events & CONN_EV_DEADLINE)))
		return idle ? goodbye(r) : CONN_ABORT;
	if (events & CONN_EV_STOPPING && !v.last) // a message that it has whole it may have taken
		fail(r, "4.3.2", "we are shutting down");
	else if (events & CONN_EV_DEADLINE)
		fail(r, "4.4.2", "it does not answer");
	else if (events & CONN_EV_EOF)
		fail(r, "4.4.2", idle ? NULL : "it closed the connection");
	if (r->phase == R_END)
		return CONN_ABORT;
	arena_done(&r->op.arena);
	return conn_is_full(r->conn) ? CONN_FLUSH : CONN_READ;
}

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct relay_link *link = (struct relay_link *)(uintptr_t)config; // const to net/
	struct relay_session *r = calloc(1, sizeof *r);
	struct waker *waker = r ? conn_waker_ref(c) : NULL;
	if (!waker) {
		free(r);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	ref_take(&link->refs);
	r->conn = c;
	r->link = link;
	op_init(&r->op, SMTP_MEMORY);
	pthread_mutex_lock(&link->lock);
	link->connection = waker;
	pthread_mutex_unlock(&link->lock);
	*ret_session = r;
	return 0;
}

static void session_close(void *session)
{
	struct relay_session *r = session;
	struct relay_link *link = r->link;
	const char *fault = conn_fault(r->conn);
	pthread_mutex_lock(&link->lock);
	struct waker *waker = link->connection;
	link->connection = NULL;
	bool wanted = !link->closed && !link->dead;
	pthread_mutex_unlock(&link->lock);
	waker_unref(waker);
	// Without a run and a fault, dial() itself failed, and its caller goes on.
	bool dialed = r->ran || fault[0];
	if (dialed && wanted && !link->connected && link->next_address < link->address_count)
		relay_link_dial(link);
	else if (dialed)
		relay_link_die(link, "4.4.1", fault[0] ? fault : "the connection broke off");
	pthread_mutex_lock(&link->relay->lock);
	link->relay->orphans -= r->is_orphan;
	pthread_mutex_unlock(&link->relay->lock);
	relay_sasl_free(r->sasl);
	free((void *)(uintptr_t)r->mechanisms.p);
	op_done(&r->op);
	free(r);
	relay_link_unref(link);
}

const struct service relay_service = {
	.name = "relay",
	.open = session_open,
	.run = session_run,
	.close = session_close,
};
