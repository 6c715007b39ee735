// SPDX-License-Identifier: Apache-2.0
// A transaction that waits for the relay here (mail/spool.h), because the relay is down: chosen only when its link has died before the relay answered
// MAIL, so what the relay has said of a sender or a recipient is never overruled, and no transaction is there by half.
#include "base/log.h"
#include "mail/deliver.h"
#include "mail/spool.h"
#include "smtp/reply_table.h"
#include "smtp/spooler.h"
#include "smtp/submission_priv.h"
#include "smtp/trace.h"

bool submission_spool_begin(struct submission_session *ss)
{
	const struct submission_config *c = &ss->submission->config;
	if (!c->spools || envelope_is_for_later(&ss->s.envelope) || // who would hold it?
		!spool_has_room(c->spool, ss->user, ss->s.envelope.size))
		return false;
	relay_link_free(ss->link);
	ss->link = NULL;
	ss->asked = false;
	ss->spooled = true;
	return true;
}

int submission_spool_look(struct submission_session *ss, struct recipient *r)
{
	struct spool *spool = ss->submission->config.spool;
	if (!spool || !ss->s.has_own_id)
		return 0;
	int rc = spool_had(&ss->s.op, spool, ss->name.key, r->address);
	r->waits = rc == SPOOL_HAD;
	return rc < 0 ? rc : 0;
}

// Somebody who was named twice in the same way is asked for once: the relay may take some at a time, in transactions of their own.
static bool is_among(const struct spool_message *m, const struct recipient *r)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct spool_recipient *one = &m->recipients[i];
		if (span_eq(one->address, r->address) && span_eq(one->notify, r->notify) &&
			span_eq(one->orcpt, r->orcpt))
			return true;
	}
	return false;
}

static int stage(struct submission_session *ss, struct spool_message *m)
{
	struct smtp_session *s = &ss->s;
	struct envelope *e = &s->envelope;
	m->recipients = arena_array(&s->op.arena, e->count, sizeof *m->recipients);
	m->prefix = submission_prefix(ss, smtp_received(s));
	if (!m->recipients || !m->prefix.p)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < e->count; i++) {
		struct recipient *r = &e->recipients[i];
		if (!submission_relay_has(r))
			continue;
		r->has_it = served_has(&ss->had, r->address);
		int rc = r->has_it ? 0 : submission_spool_look(ss, r);
		if (rc < 0)
			return rc;
		r->has_it |= r->waits;
		if (!r->has_it && !is_among(m, r))
			m->recipients[m->count++] = (struct spool_recipient){
				.address = r->address, .notify = r->notify, .orcpt = r->orcpt
			};
	}
	return m->count
		? spool_stage(&s->op, ss->submission->config.spool, s->delivery, m, &ss->spooling)
		: 0;
}

void submission_spool_stage(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	const struct envelope *e = &s->envelope;
	struct spool_message m = { .user = ss->user,
		.sender = e->sender,
		.ret = e->ret,
		.envid = e->envid,
		.why = SPAN(""),
		.utf8 = e->utf8,
		.seven_bit = e->seven_bit,
		.eight_bit = ss->eight_bit,
		.marked = s->has_own_id };
	memcpy(m.key, ss->name.key, sizeof m.key);
	ss->relay_tells = true; // or the report of the spooler does
	int rc = stage(ss, &m);
	ss->waiting = m.count;
	if (rc == RC_LIMIT) {
		struct smtp_answer a = { .code = 451, .enhanced = "4.3.1" };
		smtp_answer_add(&a, span_str(op_text(&s->op, rc)));
		smtp_message_refuse(s, &a);
	} else if (rc < 0) {
		smtp_message_fault(s, rc);
	}
}

int submission_spool_wait(struct submission_session *ss)
{
	struct spool_slot *slot = ss->spooling;
	ss->spooling = NULL;
	if (!slot)
		return 0;
	int rc = spool_wait(&ss->s.op, slot);
	if (rc == 0)
		spooler_added(ss->submission->config.spooler);
	return rc;
}
