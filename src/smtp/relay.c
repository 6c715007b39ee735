// SPDX-License-Identifier: Apache-2.0
// The session's side of a link: requests are put in a list, which the connection's side (relay_session.c) sends and answers.
#include "smtp/relay_priv.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "net/dial.h"
#include "net/tls.h"
#include "run/crew.h"

#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>

// --- the relay ---

int relay_new(
	struct op *op, const struct relay_config *config, struct net *net, struct relay **ret_relay)
{
	struct relay *r = calloc(1, sizeof *r);
	if (!r)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&r->lock, NULL) == 0);
	r->config = *config;
	r->config.hostname = smtp_hostname(config->hostname, r->hostname);
	r->net = net;
	if (!r->config.timeout_ms)
		r->config.timeout_ms = RELAY_TIMEOUT_MS;
	int rc = 0;
	if (config->tls != RELAY_TLS_NONE)
		rc = tls_client_open(op, config->ca_file,
			config->verify && config->tls != RELAY_TLS_OPTIONAL, &r->tls);
	if (rc == 0 && config->user && gsasl_init(&r->gsasl) != GSASL_OK)
		rc = op_fail(op, RC_NOMEM, "no memory for SASL");
	if (rc < 0) {
		relay_free(r);
		return rc;
	}
	*ret_relay = r;
	return 0;
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	if (relay->gsasl)
		gsasl_done(relay->gsasl);
	tls_free(relay->tls);
	pthread_mutex_destroy(&relay->lock);
	free(relay);
}

uint64_t relay_future(struct relay *relay, struct future_release *ret_future)
{
	pthread_mutex_lock(&relay->lock);
	*ret_future = relay->future;
	uint64_t reached_at = relay->reached_at;
	pthread_mutex_unlock(&relay->lock);
	if (ret_future->until <= clock_real())
		ret_future->seconds = 0;
	return reached_at;
}

const char *relay_host(const struct relay *relay)
{
	return relay->config.host;
}

void relay_on_reach(struct relay *relay, const struct relay_waiter *waiter)
{
	relay->on_reach = waiter ? *waiter : (struct relay_waiter){ .wake = NULL };
}

static bool addresses_known(struct relay *r, struct relay_link *to)
{
	pthread_mutex_lock(&r->lock);
	bool fresh = r->resolved_at && clock_mono() - r->resolved_at < RELAY_RESOLVE_S * NS_PER_S;
	if (fresh) {
		memcpy(to->addresses, r->addresses, sizeof to->addresses);
		to->address_count = r->address_count;
	}
	pthread_mutex_unlock(&r->lock);
	return fresh;
}

static int resolve(struct op *op, struct relay *r, struct relay_link *to)
{
	if (addresses_known(r, to))
		return 0;
	bool blocks = !address_is_numeric(r->config.host);
	if (blocks && !crew_block_try(CREW_RELAY))
		return op_fail(op, RC_UNAVAILABLE, "too many look-ups of the relay's name");
	int rc = address_resolve(op, r->config.host, r->config.port, to->addresses,
		RELAY_ADDRESSES_MAX, &to->address_count);
	if (blocks)
		crew_block_end();
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&r->lock);
	memcpy(r->addresses, to->addresses, sizeof to->addresses);
	r->address_count = to->address_count;
	r->resolved_at = clock_mono();
	pthread_mutex_unlock(&r->lock);
	return 0;
}

// --- a link ---

void relay_request_settle(struct request *q, enum served_outcome outcome)
{
	struct relay_receipt *r = &q->receipt;
	if (r->served)
		served_settle(r->served, &r->message, r->attempt, outcome, r->seconds);
	r->served = NULL;
}

static void request_free(struct request *q)
{
	relay_request_settle(q, SERVED_NOT_TAKEN); // nobody knows
	free(q->command);
	free(q->dsn);
	free(q->hold);
	free(q);
}

void relay_link_unref(struct relay_link *link)
{
	if (!link || !ref_drop(&link->refs))
		return;
	while (link->first) {
		struct request *q = link->first;
		link->first = q->next;
		request_free(q);
	}
	rope_done(&link->octets);
	pthread_mutex_destroy(&link->lock);
	free(link);
}

void relay_link_wake_locked(struct relay_link *link)
{
	if (!link->closed)
		link->waiter.wake(link->waiter.ctx);
}

static void die_locked(struct relay_link *link, const char *enhanced, const char *text)
{
	if (link->dead)
		return;
	link->dead = true;
	struct smtp_answer *a = &link->death;
	a->code = 451;
	(void)snprintf(a->enhanced, sizeof a->enhanced, "%s", enhanced); // fits
	(void)snprintf(a->text, sizeof a->text, "the relay cannot take it now: %s",
		text ? text : "it was idle"); // may be cut
	a->text_n = strlen(a->text);
	rope_reset(&link->octets);
	relay_link_wake_locked(link);
}

void relay_link_die(struct relay_link *link, const char *enhanced, const char *text)
{
	pthread_mutex_lock(&link->lock);
	bool first = text && !link->dead && !link->closed;
	die_locked(link, enhanced, text);
	pthread_mutex_unlock(&link->lock);
	if (first)
		log_warn("relay", "%s: %s", link->relay->config.host, text);
}

void relay_link_dial(struct relay_link *link)
{
	const struct relay_config *c = &link->relay->config;
	struct op op;
	op_init(&op, 0);
	int rc = RC_UNAVAILABLE;
	while (rc < 0 && link->next_address < link->address_count) {
		struct dial_target target = { .service = &relay_service,
			.service_config = link,
			.address = &link->addresses[link->next_address++],
			.host = c->host,
			.tls = link->relay->tls,
			.tls_implicit = c->tls == RELAY_TLS_IMPLICIT,
			.timeout_ms = c->timeout_ms };
		rc = dial(&op, link->relay->net, &target);
	}
	if (rc < 0)
		relay_link_die(link, "4.4.1", op_text(&op, rc));
	op_done(&op);
}

int relay_link_new(struct op *op, struct relay *relay, const struct relay_waiter *waiter,
	struct relay_link **ret_link)
{
	struct relay_link *link = calloc(1, sizeof *link);
	if (!link)
		return op_fail(op, RC_NOMEM, "out of memory");
	ref_init(&link->refs);
	must(pthread_mutex_init(&link->lock, NULL) == 0);
	rope_init(&link->octets);
	link->relay = relay;
	link->waiter = *waiter;
	int rc = resolve(op, relay, link);
	if (rc < 0) {
		relay_link_unref(link);
		return rc;
	}
	relay_link_dial(link);
	*ret_link = link;
	return 0;
}

void relay_link_free(struct relay_link *link)
{
	if (!link)
		return;
	pthread_mutex_lock(&link->lock);
	link->closed = true;
	if (link->connection)
		waker_wake(link->connection);
	pthread_mutex_unlock(&link->lock);
	relay_link_unref(link);
}

bool relay_link_is_dead(struct relay_link *link)
{
	pthread_mutex_lock(&link->lock);
	bool dead = link->dead;
	pthread_mutex_unlock(&link->lock);
	return dead;
}

bool relay_link_has_reached(struct relay_link *link)
{
	pthread_mutex_lock(&link->lock);
	bool reached = link->reached;
	pthread_mutex_unlock(&link->lock);
	return reached;
}

// --- requests ---

static void put(struct relay_link *link, struct request *q)
{
	pthread_mutex_lock(&link->lock);
	if (link->last)
		link->last->next = q;
	else
		link->first = q;
	link->last = q;
	if (!link->to_send)
		link->to_send = q;
	if (link->dead)
		relay_link_wake_locked(link); // the answer is there
	else if (link->connection)
		waker_wake(link->connection);
	pthread_mutex_unlock(&link->lock);
}

struct texts { // of a request
	struct buf command, dsn, hold;
};

// Puts a request in line.
static bool ask(struct relay_link *link, const struct request *what, struct texts *t)
{
	struct request *q = calloc(1, sizeof *q);
	struct buf *const all[] = { &t->command, &t->dsn, &t->hold };
	bool failed = !q;
	for (size_t i = 0; i < countof(all); i++) {
		buf_addc(all[i], '\0');
		failed |= all[i]->failed;
	}
	if (failed) {
		free(q);
		for (size_t i = 0; i < countof(all); i++)
			buf_done(all[i]);
		relay_link_die(link, "4.3.0", "out of memory");
		return false;
	}
	*q = *what;
	q->command = t->command.p; // the buffers' memory is the request's now
	q->dsn = t->dsn.p;
	q->hold = t->hold.p;
	put(link, q);
	return true;
}

// " name=value", if there is one.
static void add_param(struct buf *to, const char *name, struct span value)
{
	if (value.p)
		buf_addf(to, " %s=%.*s", name, SPAN_FMT(value));
}

bool relay_mail(struct relay_link *link, const struct envelope *e)
{
	struct request q = {
		.what = RELAY_MAIL, .size = e->size, .utf8 = e->utf8, .eight_bit = !e->seven_bit
	};
	struct texts t = { 0 };
	buf_addf(&t.command, "MAIL FROM:<%.*s>", SPAN_FMT(e->sender));
	add_param(&t.dsn, "RET", e->ret);
	add_param(&t.dsn, "ENVID", e->envid);
	add_param(&t.hold, "HOLDFOR", e->hold_for);
	add_param(&t.hold, "HOLDUNTIL", e->hold_until);
	return ask(link, &q, &t);
}

bool relay_rcpt(struct relay_link *link, const struct recipient *r)
{
	struct request q = { .what = RELAY_RCPT,
		.utf8 = !span_is_ascii(r->address) || !span_is_ascii(r->orcpt) };
	struct texts t = { 0 };
	buf_addf(&t.command, "RCPT TO:<%.*s>", SPAN_FMT(r->address));
	add_param(&t.dsn, "NOTIFY", r->notify);
	add_param(&t.dsn, "ORCPT", r->orcpt);
	return ask(link, &q, &t);
}

static bool ask_plainly(struct relay_link *link, enum relay_request what, const char *command)
{
	struct request q = { .what = what };
	struct texts t = { 0 };
	buf_add(&t.command, span_str(command));
	return ask(link, &q, &t);
}

bool relay_data(struct relay_link *link)
{
	return ask_plainly(link, RELAY_DATA, "DATA");
}

bool relay_end(struct relay_link *link, const struct relay_receipt *receipt)
{
	struct request q = { .what = RELAY_END };
	if (receipt)
		q.receipt = *receipt;
	struct texts t = { 0 };
	bool asked = ask(link, &q, &t); // the line with the dot stands in the octets
	if (!asked)
		relay_request_settle(&q, SERVED_NOT_TAKEN);
	return asked;
}

bool relay_reset(struct relay_link *link)
{
	return ask_plainly(link, RELAY_RESET, "RSET");
}

void relay_octets(struct relay_link *link, struct rope *from)
{
	pthread_mutex_lock(&link->lock);
	if (link->dead || link->closed) {
		rope_reset(from);
	} else {
		rope_move(&link->octets, from);
		if (link->octets.failed)
			die_locked(link, "4.3.0", "out of memory");
		if (link->connection)
			waker_wake(link->connection);
	}
	pthread_mutex_unlock(&link->lock);
}

bool relay_is_full(struct relay_link *link)
{
	pthread_mutex_lock(&link->lock);
	bool full = !link->dead && rope_size(&link->octets) > RELAY_QUEUE_MAX;
	link->was_full |= full;
	pthread_mutex_unlock(&link->lock);
	return full;
}

static bool offers(struct relay_link *link, enum relay_offer what)
{
	pthread_mutex_lock(&link->lock);
	bool is_offered = link->offers & what;
	pthread_mutex_unlock(&link->lock);
	return is_offered;
}

bool relay_takes_8bit(struct relay_link *link)
{
	return offers(link, OFFER_8BITMIME);
}

bool relay_offers_dsn(struct relay_link *link)
{
	return offers(link, OFFER_DSN);
}

bool relay_answer(struct relay_link *link, enum relay_request *ret_what,
	struct smtp_answer *ret_answer, enum relay_word *ret_word)
{
	bool got = false;
	pthread_mutex_lock(&link->lock);
	while (!got && link->first && (link->first->answered || link->dead)) {
		struct request *q = link->first;
		link->first = q->next;
		if (!link->first)
			link->last = NULL;
		if (link->to_send == q)
			link->to_send = q->next;
		if (link->to_answer == q)
			link->to_answer = q->next;
		got = q->what != RELAY_RESET;
		*ret_what = q->what;
		*ret_answer = q->answered ? q->answer : link->death;
		*ret_word = !q->answered ? RELAY_DIED : q->is_ours ? RELAY_LACKS : RELAY_SAID;
		request_free(q);
	}
	pthread_mutex_unlock(&link->lock);
	return got;
}
