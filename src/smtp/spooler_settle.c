// SPDX-License-Identifier: Apache-2.0
// Reports on what the spool had, and its records after a try. The reports come first: one that is too early is made good by the next try, one that is
// lost is not. Each has an id made of the record and of those it tells of, so the next try after a crash files none twice.
#include "smtp/spooler_priv.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/deliver.h"
#include "smtp/relay.h"
#include "smtp/report.h"
#include "smtp/session_priv.h"

#include <openssl/evp.h>

#include <stdio.h>

uint64_t spooler_pause_s(const struct spooler_config *config, unsigned tries)
{
	uint64_t most = config->pause_most_s ? config->pause_most_s : SPOOL_RETRY_MOST_S;
	uint64_t pause = SPOOL_RETRY_FIRST_S;
	while (tries-- > 1 && pause < most)
		pause *= 2;
	return pause < most ? pause : most;
}

int64_t spooler_expires_s(const struct spooler_config *config)
{
	return config->expires_s ? config->expires_s : SPOOL_EXPIRES_S;
}

bool spooler_is_early(struct spool_message *io_message)
{
	int64_t now = clock_real();
	bool is_early = io_message->arrived > now;
	if (is_early)
		io_message->arrived = now;
	return is_early;
}

// --- reports ---

// What of the message is shown: `full`, all of it, if that is short; else its header, whole lines of it.
static int content_of(struct op *op, struct store *store, const struct spool_message *m, bool full,
	struct span *ret_content, bool *ret_is_whole)
{
	struct blob b;
	struct span piece;
	int rc = blob_open(op, store, m->blob, &b);
	if (rc < 0)
		return rc;
	uint64_t most = b.size < SPOOL_RETURN_MAX ? b.size : SPOOL_RETURN_MAX;
	rc = blob_piece(op, &b, 0, most, &piece); // that is within its first extent
	struct span text = rc == 0 ? arena_dup(&op->arena, piece) : SPAN_NONE;
	blob_close(&b);
	if (rc < 0 || !text.p)
		return rc < 0 ? rc : op_fail(op, RC_NOMEM, "out of memory");
	*ret_is_whole = full && text.n == m->size;
	const char *end = memmem(text.p, text.n, "\r\n\r\n", 4);
	if (end && !*ret_is_whole)
		text.n = (size_t)(end - text.p) + 4;
	while (!end && !*ret_is_whole && text.n && text.p[text.n - 1] != '\n')
		text.n--;
	*ret_content = text;
	return 0;
}

static bool add(EVP_MD_CTX *h, struct span s)
{
	char n[8];
	store_u64(n, s.n);
	return EVP_DigestUpdate(h, n, sizeof n) == 1 && EVP_DigestUpdate(h, s.p, s.n) == 1;
}

// Names the report: the record, and who it tells of in which way.
static int id_of(
	struct op *op, const struct spool_message *m, const struct dsn_facts *f, uint8_t ret_id[32])
{
	char numbers[16];
	unsigned n;
	store_u64(numbers, m->number);
	store_u64(numbers + 8, (uint64_t)m->arrived);
	EVP_MD_CTX *h = EVP_MD_CTX_new();
	bool good = h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1 &&
		add(h, span_of((const char *)m->key, SPOOL_KEY)) &&
		add(h, span_of(numbers, sizeof numbers));
	for (size_t i = 0; i < f->count && good; i++) {
		char action = (char)f->recipients[i].action;
		if (f->recipients[i].action != DSN_NONE)
			good = add(h, span_of(&action, 1)) && add(h, f->recipients[i].address);
	}
	good = good && EVP_DigestFinal_ex(h, ret_id, &n) == 1;
	EVP_MD_CTX_free(h);
	return good ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

struct telling {
	const struct spooler_config *config;
	const struct spool_message *m;
	const struct spool_outcome *outcomes;
	enum dsn_action action;
	enum spool_fate fate; // whom it is about
};

// 1: there is somebody to tell of.
static int recipients_of(struct op *op, const struct telling *t, struct dsn_recipient **ret_of)
{
	int any = 0;
	struct dsn_recipient *of = arena_array(&op->arena, t->m->count, sizeof *of);
	if (!of)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < t->m->count; i++) {
		const struct spool_recipient *r = &t->m->recipients[i];
		const struct spool_outcome *o = &t->outcomes[i];
		bool told = o->fate == t->fate && dsn_is_wanted(r->notify, t->action);
		// What was refused, and waits since that cannot be told, has a status of another class.
		bool fits = t->action == DSN_FAILED ||
			(t->action == DSN_DELAYED && o->status[0] == '4');
		of[i] = (struct dsn_recipient){ .address = r->address,
			.orcpt = r->orcpt,
			.action = told ? t->action : DSN_NONE,
			.status = fits && o->status[0] ? o->status : NULL,
			.said = o->said,
			.ours = o->ours };
		any |= told;
	}
	*ret_of = of;
	return any;
}

// Tells the sender, if there is one who wants to know. What can never be told is logged, and done.
static int tell(struct op *op, const struct telling *t)
{
	const struct spool_message *m = t->m;
	struct dsn_facts facts = { .host = t->config->hostname,
		.relay = t->config->relay ? relay_host(t->config->relay) : NULL,
		.sender = m->sender,
		.envid = m->envid,
		.utf8 = m->utf8,
		.arrived = m->arrived,
		.retry_until = m->arrived + spooler_expires_s(t->config),
		.count = m->count };
	struct dsn_recipient *of = NULL;
	uint8_t id[32];
	// RFC 3461 section 4.3: RET is about failures; of anything else only the header is shown (section 6.2).
	bool full = t->action == DSN_FAILED && span_caseeq(m->ret, SPAN("FULL"));
	if (!m->sender.n) // never to the null path (RFC 3461 section 5.2.1)
		return 0;
	int rc = recipients_of(op, t, &of);
	if (rc <= 0)
		return rc;
	facts.recipients = of;
	rc = content_of(
		op, mail_store_of(t->config->mail), m, full, &facts.content, &facts.is_whole);
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT || rc == RC_IO) // he is told all the same
		facts.content = SPAN("");
	else if (rc < 0)
		return rc;
	rc = id_of(op, m, &facts, id);
	if (rc == 0)
		rc = report_file(op, t->config->mail, m->user, &facts, id);
	if (rc == RC_NONEXISTENT) {
		log_warn("spool", "message %llu of %.*s, who is not there any more: no report",
			(unsigned long long)m->number, SPAN_FMT(m->user));
		return 0;
	}
	return rc;
}

static int tell_all(struct op *op, const struct spooler_config *config, struct spool_message *m,
	const struct spool_outcome *outcomes, enum dsn_action action)
{
	enum spool_fate fate = action == DSN_FAILED ? SPOOL_FAILED
		: action == DSN_DELAYED             ? SPOOL_WAITS
						    : SPOOL_SENT;
	struct telling t = { config, m, outcomes, action, fate };
	int rc = tell(op, &t);
	if (rc < 0)
		log_warn("spool", "message %llu of %.*s: its sender cannot be told: %s",
			(unsigned long long)m->number, SPAN_FMT(m->user), op_text(op, rc));
	return rc;
}

// --- the record ---

struct counts {
	size_t sent, failed, waits;
};

static struct counts count(const struct spool_message *m, const struct spool_outcome *outcomes)
{
	struct counts c = { 0 };
	for (size_t i = 0; i < m->count; i++) {
		c.sent += outcomes[i].fate == SPOOL_SENT;
		c.failed += outcomes[i].fate == SPOOL_FAILED;
		c.waits += outcomes[i].fate == SPOOL_WAITS;
	}
	return c;
}

static void turn(const struct spool_message *m, struct spool_outcome *outcomes,
	enum spool_fate from, enum spool_fate to)
{
	for (size_t i = 0; i < m->count; i++) {
		if (outcomes[i].fate != from)
			continue;
		outcomes[i].fate = to;
		if (to == SPOOL_FAILED) // RFC 3463: delivery time expired
			(void)snprintf(outcomes[i].status, sizeof outcomes[i].status, "4.4.7");
	}
}

void spooler_outcomes(const struct spool_message *m, struct spool_outcome *ret_outcomes)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct spool_recipient *r = &m->recipients[i];
		struct spool_outcome *o = &ret_outcomes[i];
		*o = (struct spool_outcome){ .fate = SPOOL_WAITS, .said = m->why, .ours = true };
		if (!r->failed)
			continue;
		o->fate = SPOOL_FAILED;
		o->said = r->said;
		o->ours = r->ours;
		(void)snprintf(
			o->status, sizeof o->status, "%.*s", SPAN_FMT(r->status)); // may be cut
	}
}

// Who has failed is written down before anybody is told: after a crash, or when he cannot be told now, the relay is not asked again, and the report is about
// the same recipients, so that it has the same id.
static int note_failed(struct op *op, const struct spooler_config *config, struct spool_message *m,
	const struct spool_outcome *outcomes)
{
	enum spool_fate *fates = arena_array(&op->arena, m->count, sizeof *fates);
	if (!fates)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < m->count; i++) {
		const struct spool_outcome *o = &outcomes[i];
		struct spool_recipient *r = &m->recipients[i];
		r->failed = o->fate == SPOOL_FAILED;
		r->ours = o->ours;
		r->status = span_str(o->status);
		r->said = o->said;
		fates[i] = o->fate == SPOOL_SENT ? SPOOL_SENT : SPOOL_WAITS;
	}
	int rc = spool_settle(op, config->spool, m, fates);
	for (size_t i = 0; rc < 0 && i < m->count; i++)
		m->recipients[i].failed = false;
	return rc;
}

int spooler_settle(struct op *op, const struct spooler_config *config, struct spool_message *m,
	struct spool_outcome *outcomes, bool relay_tells)
{
	(void)spooler_is_early(m); // it is written so
	int64_t age = clock_real() - m->arrived;
	bool noted = spool_any_failed(m); // then it is about those
	if (age >= spooler_expires_s(config) && !noted)
		turn(m, outcomes, SPOOL_WAITS, SPOOL_FAILED);
	struct counts c = count(m, outcomes);
	if (c.sent && !relay_tells) // it is sent: what cannot be told is logged
		(void)tell_all(op, config, m, outcomes, DSN_RELAYED);
	int rc = c.failed && !noted && m->sender.n ? note_failed(op, config, m, outcomes) : 0;
	if (rc < 0)
		return rc;
	if (c.failed && tell_all(op, config, m, outcomes, DSN_FAILED) < 0) {
		turn(m, outcomes, SPOOL_FAILED, SPOOL_WAITS);
		return 0; // the record says all of it
	}
	if (c.waits && !m->delay_told && age >= SPOOL_DELAY_S)
		m->delay_told = tell_all(op, config, m, outcomes, DSN_DELAYED) == 0;
	enum spool_fate *fates = arena_array(&op->arena, m->count, sizeof *fates);
	if (!fates)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < m->count; i++)
		fates[i] = outcomes[i].fate;
	rc = spool_settle(op, config->spool, m, fates);
	if (rc == 0 && c.sent + c.failed)
		log_info("spool",
			"message %llu of %.*s from <%.*s>: %zu recipients have it, %zu failed, %zu "
			"wait",
			(unsigned long long)m->number, SPAN_FMT(m->user), SPAN_FMT(m->sender),
			c.sent, c.failed, c.waits);
	return rc;
}

// Those of a message who have failed before, if there are any (*ret_noted), or else all of them: their sender is told, and they leave it.
static int drop_some(
	struct op *op, const struct spooler_config *config, uint64_t number, bool *ret_noted)
{
	struct spool_message m;
	int rc = spool_read(op, config->spool, number, &m);
	if (rc < 0)
		return rc;
	struct spool_outcome *outcomes = arena_array(&op->arena, m.count, sizeof *outcomes);
	if (!outcomes)
		return op_fail(op, RC_NOMEM, "out of memory");
	bool noted = spool_any_failed(&m), told = false;
	m.delay_told = true; // the others are given up: nobody need know that they wait
	spooler_outcomes(&m, outcomes);
	for (size_t i = 0; !noted && i < m.count; i++)
		outcomes[i] = (struct spool_outcome){
			.fate = SPOOL_FAILED, .status = "5.3.0", .said = SPAN("")
		};
	rc = spooler_settle(op, config, &m, outcomes, true);
	for (size_t i = 0; i < m.count; i++)
		told |= outcomes[i].fate == SPOOL_FAILED;
	if (rc == 0 && !told)
		rc = op_fail(
			op, RC_UNAVAILABLE, "its sender cannot be told now: it is still there");
	if (rc == 0)
		*ret_noted = noted;
	return rc;
}

int spooler_drop(struct op *op, const struct spooler_config *config, uint64_t number)
{
	char room[SMTP_HOSTNAME_MAX];
	struct spooler_config named = *config;
	bool noted = false;
	named.hostname = smtp_hostname(config->hostname, room);
	// Who has failed before has a report of his own, for what has failed: it may be there since before a crash.
	int rc = drop_some(op, &named, number, &noted);
	if (rc == 0 && noted)
		rc = drop_some(op, &named, number, &noted);
	if (rc == RC_NONEXISTENT && noted) // there were no others
		rc = 0;
	spool_give(config->spool, number);
	return rc;
}
