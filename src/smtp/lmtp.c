// SPDX-License-Identifier: Apache-2.0
// LMTP (RFC 2033): SMTP with LHLO, and an answer for each recipient (section 4.2), given when the message is durable in that recipient's mailbox
// and not before. Recipients are served in groups: a group is put in line for the disk together and waits together, without a thread where others write.
#include "smtp/lmtp.h"

#include "base/clock.h"
#include "base/log.h"
#include "mail/deliver.h"
#include "mail/txn.h"
#include "run/crew.h"
#include "smtp/reply_table.h"
#include "smtp/session_priv.h"
#include "smtp/trace.h"

#include <stdio.h>
#include <stdlib.h>

struct lmtp {
	struct smtp_host host;
	char hostname[SMTP_HOSTNAME_MAX];
};

struct lmtp_session {
	struct smtp_session smtp; // first
	struct local_one
		*group; // those that are in line for the disk, in the arena of smtp.op; NULL: none
	size_t count;
	struct decision *later; // NULL: nothing is awaited
};

static struct lmtp_session *lmtp_of(struct smtp_session *s)
{
	return container_of(s, struct lmtp_session, smtp);
}

int lmtp_new(struct op *op, const struct lmtp_config *config, struct lmtp **ret_lmtp)
{
	struct lmtp *l = calloc(1, sizeof *l);
	if (!l)
		return op_fail(op, RC_NOMEM, "out of memory");
	l->host = (struct smtp_host){ .mail = config->mail,
		.auth = config->auth,
		.memory = config->memory,
		.hostname = smtp_hostname(config->hostname, l->hostname),
		.timeout = config->timeout ? config->timeout : LMTP_TIMEOUT };
	*ret_lmtp = l;
	return 0;
}

void lmtp_free(struct lmtp *lmtp)
{
	free(lmtp);
}

// --- commands ---

static void rcpt(struct smtp_session *s, const struct smtp_command *c)
{
	struct recipient r;
	if (!smtp_rcpt_check(s, c, &r))
		return;
	int rc = smtp_resolve(&s->op, s, &c->path, true, &r);
	if (rc == RESOLVE_WAIT) {
		smtp_again(s);
	} else if (rc < 0) {
		struct smtp_reply reply = smtp_reply_of(rc);
		smtp_refuse(s, &reply,
			rc == RC_NONEXISTENT ? "no such user here" : op_text(&s->op, rc));
	} else if (smtp_rcpt_add(s, &r)) {
		smtp_say(s, 250, "2.1.5", "recipient accepted");
	}
}

static bool command(struct smtp_session *s, const struct smtp_command *c)
{
	static const char *const extensions[] = { "BINARYMIME" };
	switch (c->verb) {
	case SMTP_LHLO:
		if (smtp_hello(s, c))
			smtp_hello_lines(s, extensions, countof(extensions));
		return true;
	case SMTP_HELO:
	case SMTP_EHLO: // RFC 2033 section 4.1
		smtp_say(s, 500, "5.5.1", "this is LMTP: LHLO");
		return true;
	case SMTP_MAIL:
		if (smtp_mail(s, c))
			smtp_say(s, 250, "2.1.0", "sender accepted");
		return true;
	case SMTP_RCPT:
		rcpt(s, c);
		return true;
	default:
		return false;
	}
}

// --- the message ---

static bool is_for_one(const struct smtp_session *s)
{
	return s->envelope.count == 1; // its private lines are part of the stored message
}

static int begin(struct smtp_session *s)
{
	if (!is_for_one(s))
		return 0;
	struct span trace = smtp_trace(s, &s->envelope.recipients[0]);
	return trace.p ? delivery_lines(&s->op, s->delivery, trace)
		       : op_fail(&s->op, RC_NOMEM, "out of memory");
}

static int octets(struct smtp_session *s, struct span octets)
{
	return delivery_data(&s->op, s->delivery, octets);
}

static void answer(struct smtp_session *s, const struct local_one *one)
{
	char text[OP_TEXT_MAX + SMTP_PATH_MAX];
	if (one->rc == 0 || one->rc == DELIVERY_DUPLICATE) {
		(void)snprintf(text, sizeof text, "<%.*s> %s", SPAN_FMT(one->r->address),
			one->rc == 0 ? "delivered" : "was delivered before"); // fits
		smtp_say(s, 250, "2.1.5", text);
		s->delivered += one->rc == 0;
		return;
	}
	struct smtp_reply reply = smtp_reply_of(one->rc);
	(void)snprintf(
		text, sizeof text, "<%.*s> %.*s", SPAN_FMT(one->r->address), SPAN_FMT(one->text));
	smtp_refuse(s, &reply, text);
	log_info("lmtp", "%llu %s %.*s: not delivered: %.*s", (unsigned long long)conn_id(s->conn),
		conn_peer(s->conn), SPAN_FMT(one->r->user), SPAN_FMT(one->text));
}

static int group_stage(struct smtp_session *s, size_t n)
{
	struct lmtp_session *l = lmtp_of(s);
	struct local_one *group = arena_array(&s->op.arena, n, sizeof *group);
	if (!group)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct recipient *r = &s->envelope.recipients[s->next + i];
		group[i] = (struct local_one){ .r = r, .rc = s->fault };
		if (s->fault)
			group[i].text = span_str(s->fault_answer.text);
		else
			group[i].prefix = is_for_one(s) ? SPAN("") : smtp_trace(s, r);
	}
	if (!s->fault)
		smtp_stage(s, group, n);
	l->group = group;
	l->count = n;
	l->later = smtp_wait_later(s, group, n);
	return 0;
}

static void group_answer(struct smtp_session *s)
{
	struct lmtp_session *l = lmtp_of(s);
	decision_free(l->later);
	l->later = NULL;
	smtp_wait(s, l->group, l->count);
	for (size_t i = 0; i < l->count; i++)
		answer(s, &l->group[i]);
	s->next += l->count;
	l->group = NULL;
}

static enum conn_next serve(struct smtp_session *s)
{
	const struct envelope *e = &s->envelope;
	struct lmtp_session *l = lmtp_of(s);
	while (s->next < e->count) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		size_t left = e->count - s->next;
		if (!l->group) {
			op_reset(&s->op);
			if (group_stage(s, left < LMTP_GROUP ? left : LMTP_GROUP) < 0) {
				smtp_closing(s, "4.3.0", "out of memory");
				return CONN_READ;
			}
		}
		if (l->later && !decision_is_known(l->later)) {
			s->active_at = clock_mono();
			return CONN_WAIT;
		}
		group_answer(s);
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
	smtp_transaction_end(s);
	s->bad = 0; // an MTA keeps its connection for many messages
	s->phase = AT_COMMAND;
	return CONN_READ;
}

// --- the service ---

static const struct smtp_front front = {
	.name = "lmtp",
	.protocol = "LMTP",
	.utf8_protocol = "UTF8LMTP",
	.has_binarymime = true,
	.each_answers = true,
	.command = command,
	.begin = begin,
	.octets = octets,
	.serve = serve,
};

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	const struct lmtp *lmtp = config;
	struct lmtp_session *l = calloc(1, sizeof *l);
	if (!l)
		return op_fail(op, RC_NOMEM, "out of memory");
	smtp_session_init(&l->smtp, c, &front, &lmtp->host);
	l->smtp.has_own_id = true;
	*ret_session = l;
	return 0;
}

static void session_close(void *session)
{
	struct lmtp_session *l = session;
	decision_free(l->later);
	if (l->group) // nobody is left who would hear of it
		smtp_wait(&l->smtp, l->group, l->count);
	smtp_session_done(&l->smtp);
	free(l);
}

static enum conn_next session_run(void *session, unsigned events)
{
	return smtp_session_run(session, events);
}

const struct service lmtp_service = {
	.name = "lmtp",
	.open = session_open,
	.run = session_run,
	.close = session_close,
};
