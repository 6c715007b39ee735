// SPDX-License-Identifier: Apache-2.0
// A message comes in, is stored, and each recipient gets an answer of its own (RFC 2033 section 4.2), given when the message is durable in that
// recipient's mailbox and not before. Recipients are served in groups: a group is put in line for the disk together and waits together.
//
// What cannot be delivered to anybody (too big, the disk is full) is still read to its end: the peer is in the middle of sending.
#include "auth/auth.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/deliver.h"
#include "run/crew.h"
#include "smtp/lmtp_priv.h"
#include "smtp/reply_table.h"
#include "wire/date.h"

#include <openssl/evp.h>
#include <stdio.h>

// --- trace fields ---

// date-time (RFC 5322 section 3.3), in UTC.
static void add_date(struct buf *to)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	int64_t now = clock_real();
	int32_t day = (int32_t)(now / 86400);
	int year, month, mday, second = (int)(now % 86400);
	date_from_days(day, &year, &month, &mday);
	buf_addf(to, "%s, %d %s %d %02d:%02d:%02d +0000", days[day % 7], mday, month_name(month),
		year, second / 3600, second / 60 % 60, second % 60);
}

// Return-Path, Delivered-To and Received (RFC 5321 section 4.4; "with" of RFC 3848), as private lines before the message.
static struct span trace_of(struct lmtp_session *s, const struct recipient *r)
{
	struct buf b = { 0 };
	const char *peer = conn_peer(s->conn);
	buf_addf(&b, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n", SPAN_FMT(s->envelope.sender),
		SPAN_FMT(r->address));
	buf_addf(&b, "Received: from %.*s (", SPAN_FMT(s->client));
	if (strchr(peer, ':'))
		buf_addf(&b, "[IPv6:%s]", peer);
	else if (strchr(peer, '.'))
		buf_addf(&b, "[%s]", peer);
	else
		buf_add(&b, SPAN("local"));
	buf_addf(&b, ")\r\n\tby %s with %sLMTP%s id %llx.%llx;\r\n\t", s->lmtp->config.hostname,
		s->envelope.utf8 ? "UTF8" : "", conn_is_tls(s->conn) ? "S" : "",
		(unsigned long long)conn_id(s->conn), (unsigned long long)s->messages);
	add_date(&b);
	buf_add(&b, SPAN("\r\n"));
	struct span text = b.failed ? SPAN_NONE : arena_dup(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return text;
}

// --- octets ---

static void set_fault(struct lmtp_session *s, int rc)
{
	struct span text = span_str(op_text(&s->op, rc));
	memcpy(s->fault_text, text.p, text.n + 1); // both have OP_TEXT_MAX octets
	s->fault = rc;
	delivery_free(s->delivery);
	s->delivery = NULL;
}

void lmtp_message_begin(struct lmtp_session *s)
{
	const struct envelope *e = &s->envelope;
	s->in_message = true;
	s->fault = 0;
	s->dropped = 0;
	s->next = 0;
	s->messages++;
	s->dots = (struct dot_reader){ .at = DOTS_LINE };
	s->in_body = e->count == 1;
	int rc = delivery_begin(&s->op, s->lmtp->config.mail, e->binary, &s->delivery);
	if (rc == 0 && s->in_body) {
		struct span trace = trace_of(s, &e->recipients[0]);
		rc = trace.p ? delivery_lines(&s->op, s->delivery, trace)
			     : op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	s->hash = EVP_MD_CTX_new();
	if (rc == 0 && (!s->hash || EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1))
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc < 0)
		set_fault(s, rc);
}

static void feed(struct lmtp_session *s, struct span octets)
{
	if (octets.n == 0)
		return;
	if (s->fault) {
		s->dropped += octets.n;
		return;
	}
	(void)EVP_DigestUpdate(s->hash, octets.p, octets.n); // cannot fail for SHA-256
	int rc = delivery_data(&s->op, s->delivery, octets);
	if (rc < 0)
		set_fault(s, rc);
}

bool lmtp_take_data(struct lmtp_session *s)
{
	struct span input = conn_input(s->conn), octets;
	size_t used;
	if (input.n == 0)
		return false;
	op_reset(&s->op);
	s->active_at = clock_mono();
	bool over = dots_read(&s->dots, input, &octets, &used);
	feed(s, octets);
	conn_consume(s->conn, used);
	if (over)
		lmtp_message_end(s);
	else if (s->dropped > LMTP_DROP_MAX)
		lmtp_closing(s, "4.3.4", "the message has no end");
	return true;
}

bool lmtp_take_chunk(struct lmtp_session *s)
{
	struct span input = conn_input(s->conn);
	if (input.n == 0 && s->chunk_left)
		return false;
	op_reset(&s->op);
	s->active_at = clock_mono();
	size_t n = input.n < s->chunk_left ? input.n : (size_t)s->chunk_left;
	if (s->in_message)
		feed(s, span_cut(input, 0, n));
	else
		s->dropped += n;
	conn_consume(s->conn, n);
	s->chunk_left -= n;
	if (s->dropped > LMTP_DROP_MAX) {
		lmtp_closing(s, "4.3.4", "the message has no end");
		return true;
	}
	if (s->chunk_left)
		return true;
	s->phase = LMTP_READ;
	if (!s->in_message) { // it was refused before its octets came
		// RFC 2033 section 4.3: a reply for each of no recipients.
		bool silent = s->in_mail && s->last_chunk;
		if (!silent)
			lmtp_reply(s, 503, "5.5.1", "MAIL and RCPT come before BDAT");
		else
			lmtp_transaction_end(s);
	} else if (s->last_chunk) {
		lmtp_message_end(s);
	} else if (s->fault) { // RFC 3030 section 2: only RSET goes on from here
		struct smtp_reply reply = smtp_reply_of(s->fault);
		lmtp_reply(s, reply.code, reply.enhanced, s->fault_text);
	} else {
		lmtp_reply(s, 250, "2.0.0", "chunk received");
	}
	return true;
}

void lmtp_message_abort(struct lmtp_session *s)
{
	delivery_free(s->delivery);
	s->delivery = NULL;
	EVP_MD_CTX_free(s->hash);
	s->hash = NULL;
	s->in_message = s->chunked = false;
	s->fault = 0;
}

void lmtp_message_end(struct lmtp_session *s)
{
	unsigned n;
	if (!s->fault && EVP_DigestFinal_ex(s->hash, s->digest, &n) != 1)
		set_fault(s, op_fail(&s->op, RC_NOMEM, "out of memory"));
	int rc = s->fault ? 0 : delivery_end(&s->op, s->delivery);
	if (rc < 0)
		set_fault(s, rc);
	s->phase = LMTP_DELIVER;
}

// --- recipients ---

struct one { // a recipient of the present group
	const struct recipient *r;
	struct delivery_slot *slot;
	int rc; // of staging
	struct span text;
};

// Names this envelope with this content for this recipient: mail/deliver.h.
static bool id_of(const struct lmtp_session *s, const struct recipient *r, uint8_t id[32])
{
	unsigned n;
	EVP_MD_CTX *h = EVP_MD_CTX_new();
	bool good = h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(h, s->digest, sizeof s->digest) == 1 &&
		EVP_DigestUpdate(h, s->envelope.sender.p, s->envelope.sender.n) == 1 &&
		EVP_DigestUpdate(h, "", 1) == 1 &&
		EVP_DigestUpdate(h, r->address.p, r->address.n) == 1 &&
		EVP_DigestFinal_ex(h, id, &n) == 1;
	EVP_MD_CTX_free(h);
	return good;
}

// The mailbox of a sub-address (RFC 5233 calls it detail): if it exists, by this name or one that differs in the case of letters only.
static struct span folder_of(struct op *op, struct account *a, struct span detail)
{
	struct span name, found = SPAN("INBOX");
	bool exact;
	if (!detail.n || account_name_check(op, detail, &name) < 0)
		return found;
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, name, &exact);
	if (exact && t->entries[at].mailbox) {
		found = name;
	} else {
		for (size_t i = 0; i < t->count; i++)
			if (t->entries[i].mailbox && span_caseeq(t->entries[i].name, name)) {
				found = arena_dup(&op->arena, t->entries[i].name);
				break;
			}
	}
	tree_unref(t);
	return found.p ? found : SPAN("INBOX");
}

static int stage(struct lmtp_session *s, struct one *one)
{
	struct account *a;
	uint8_t id[32];
	const struct recipient *r = one->r;
	int rc = account_open(&s->op, s->lmtp->config.mail, r->user, &a);
	if (rc < 0)
		return rc;
	struct delivery_to to = { .account = a,
		.mailbox = folder_of(&s->op, a, r->folder),
		.prefix = s->in_body ? SPAN("") : trace_of(s, r),
		.id = id_of(s, r, id) ? id : NULL };
	rc = to.prefix.p ? delivery_stage(&s->op, s->delivery, &to, &one->slot)
			 : op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc == RC_TRYCREATE) { // the folder was deleted just now
		to.mailbox = SPAN("INBOX");
		rc = delivery_stage(&s->op, s->delivery, &to, &one->slot);
	}
	account_unref(a);
	return rc;
}

static void answer(struct lmtp_session *s, const struct one *one, int rc, struct span why)
{
	char text[OP_TEXT_MAX + SMTP_PATH_MAX];
	if (rc == 0 || rc == DELIVERY_DUPLICATE) {
		(void)snprintf(text, sizeof text, "<%.*s> %s", SPAN_FMT(one->r->address),
			rc == 0 ? "delivered" : "was delivered before"); // fits
		lmtp_reply(s, 250, "2.1.5", text);
		s->delivered += rc == 0;
		return;
	}
	struct smtp_reply reply = smtp_reply_of(rc);
	(void)snprintf(text, sizeof text, "<%.*s> %.*s", SPAN_FMT(one->r->address), SPAN_FMT(why));
	lmtp_reply(s, reply.code, reply.enhanced, text);
	log_info("lmtp", "%llu %s %.*s: not delivered: %.*s", (unsigned long long)conn_id(s->conn),
		conn_peer(s->conn), SPAN_FMT(one->r->user), SPAN_FMT(why));
}

// Puts a group in line, then waits for each and answers.
static void serve_group(struct lmtp_session *s, size_t n)
{
	struct one group[LMTP_GROUP];
	for (size_t i = 0; i < n; i++) {
		struct one *one = &group[i];
		*one = (struct one){ .r = &s->envelope.recipients[s->next + i] };
		one->rc = stage(s, one);
		if (one->rc < 0)
			one->text = arena_dup(&s->op.arena, span_str(op_text(&s->op, one->rc)));
	}
	for (size_t i = 0; i < n; i++) {
		struct one *one = &group[i];
		if (one->slot) {
			one->rc = delivery_wait(&s->op, one->slot);
			one->text = span_str(op_text(&s->op, one->rc));
		}
		answer(s, one, one->rc, one->text.p ? one->text : SPAN("out of memory"));
	}
	s->next += n;
}

enum conn_next lmtp_deliver(struct lmtp_session *s)
{
	const struct envelope *e = &s->envelope;
	while (s->next < e->count) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		op_reset(&s->op);
		size_t n = e->count - s->next < LMTP_GROUP ? e->count - s->next : LMTP_GROUP;
		if (s->fault) {
			for (size_t i = 0; i < n; i++, s->next++)
				answer(s, &(struct one){ .r = &e->recipients[s->next] }, s->fault,
					span_str(s->fault_text));
			continue;
		}
		serve_group(s, n);
		// RFC 2033 section 5: as soon as possible. If the peer is gone net/ will see.
		(void)conn_flush(&s->op, s->conn);
		if (s->next < e->count && crew_slice_is_over())
			return CONN_YIELD;
	}
	s->active_at = clock_mono();
	log_info("lmtp", "%llu %s: message %llu from <%.*s>: %zu recipients, %llu delivered so far",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn),
		(unsigned long long)s->messages, SPAN_FMT(e->sender), e->count,
		(unsigned long long)s->delivered);
	lmtp_transaction_end(s);
	s->bad = 0; // an MTA keeps its connection for many messages
	s->phase = LMTP_READ;
	return CONN_READ;
}
