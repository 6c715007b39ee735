// SPDX-License-Identifier: Apache-2.0
// The report on a message (dsn.h) goes to the sender's INBOX: the sender is a user of ours.
#include "base/hash.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/deliver.h"
#include "smtp/dsn.h"
#include "smtp/submission_priv.h"

#include <stdio.h>

static int file_report(struct submission_session *ss, struct span report)
{
	struct smtp_session *s = &ss->s;
	struct op *op = &s->op;
	struct delivery *d = NULL;
	struct delivery_slot *slot;
	struct account *a;
	int rc = account_open(op, s->host->mail, ss->user, &a);
	if (rc < 0)
		return rc;
	struct delivery_to to = {
		.account = a, .mailbox = SPAN("INBOX"), .prefix = SPAN("Return-Path: <>\r\n")
	};
	rc = delivery_begin(op, s->host->mail, false, &d);
	if (rc == 0)
		rc = delivery_lines(op, d, report);
	if (rc == 0)
		rc = delivery_end(op, d);
	if (rc == 0)
		rc = delivery_stage(op, d, &to, &slot);
	if (rc == 0)
		rc = delivery_wait(op, slot);
	delivery_free(d);
	account_unref(a);
	return rc;
}

void submission_report(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	uint64_t random[2];
	char boundary[40];
	struct buf report = { 0 };
	if (!dsn_is_wanted(&s->envelope, ss->relay_tells))
		return;
	random_bytes(random, sizeof random);
	int n = snprintf(boundary, sizeof boundary, "=_%016llx%016llx",
		(unsigned long long)random[0], (unsigned long long)random[1]); // fits
	struct dsn_facts facts = { .host = s->host->hostname,
		.header = ss->fixed.head,
		.relay_tells = ss->relay_tells,
		.boundary = span_of(boundary, (size_t)n) };
	dsn_write(&s->envelope, &facts, &report);
	int rc = report.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
			       : file_report(ss, buf_span(&report));
	if (rc < 0) // the message is sent all the same
		log_warn("submission", "%.*s: no report of success: %s", SPAN_FMT(ss->user),
			op_text(&s->op, rc));
	buf_done(&report);
}
