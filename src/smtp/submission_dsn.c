// SPDX-License-Identifier: Apache-2.0
// The report of success on a message: the sender is a user of ours.
#include "base/clock.h"
#include "base/log.h"
#include "smtp/report.h"
#include "smtp/submission_priv.h"

// What is told of a recipient: nothing when the relay tells it.
static enum dsn_action action_of(const struct submission_session *ss, const struct recipient *r)
{
	enum dsn_action action = r->remote ? DSN_RELAYED : DSN_DELIVERED;
	bool told = r->refused || (r->remote && ss->relay_tells);
	return !told && dsn_is_wanted(r->notify, action) ? action : DSN_NONE;
}

void submission_report(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	const struct envelope *e = &s->envelope;
	bool any = false;
	struct dsn_recipient *of = arena_array(&s->op.arena, e->count, sizeof *of);
	for (size_t i = 0; i < e->count && of; i++) {
		const struct recipient *r = &e->recipients[i];
		of[i] = (struct dsn_recipient){
			.address = r->address, .orcpt = r->orcpt, .action = action_of(ss, r)
		};
		any |= of[i].action != DSN_NONE;
	}
	if (of && (!any || !e->sender.n)) // never to the null path (RFC 3461 section 5.2.1)
		return;
	struct dsn_facts facts = { .host = s->host->hostname,
		.sender = e->sender,
		.envid = e->envid,
		.hold_for = e->hold_for,
		.hold_until = e->hold_until,
		.utf8 = e->utf8,
		.arrived = clock_real(),
		.content = ss->fixed.head,
		.recipients = of,
		.count = e->count };
	int rc = of ? report_file(&s->op, s->host->mail, ss->user, &facts, NULL)
		    : op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc < 0) // the message is sent all the same
		log_warn("submission", "%.*s: no report of success: %s", SPAN_FMT(ss->user),
			op_text(&s->op, rc));
}
