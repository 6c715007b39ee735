// SPDX-License-Identifier: Apache-2.0
#include "smtp/report.h"

#include "base/buf.h"
#include "base/hash.h"
#include "mail/account.h"
#include "mail/deliver.h"

#include <stdio.h>

static int deliver(
	struct op *op, struct mail *m, struct account *a, struct span report, const uint8_t *id)
{
	struct delivery *d = NULL;
	struct delivery_slot *slot;
	struct delivery_to to = { .account = a,
		.mailbox = SPAN("INBOX"),
		.prefix = SPAN("Return-Path: <>\r\n"),
		.id = id,
		.made_anew = true };
	int rc = delivery_begin(op, m, false, &d);
	if (rc == 0)
		rc = delivery_lines(op, d, report);
	if (rc == 0)
		rc = delivery_end(op, d);
	if (rc == 0)
		rc = delivery_stage(op, d, &to, &slot);
	if (rc == 0)
		rc = delivery_wait(op, slot);
	delivery_free(d);
	return rc < 0 ? rc : 0; // DELIVERY_DUPLICATE is as good
}

int report_file(
	struct op *op, struct mail *m, struct span user, struct dsn_facts *facts, const uint8_t *id)
{
	uint64_t random[2];
	char boundary[40];
	struct buf report = { 0 };
	struct account *a;
	int rc = account_open_existing(op, m, user, &a);
	if (rc < 0)
		return rc;
	random_bytes(random, sizeof random);
	int n = snprintf(boundary, sizeof boundary, "=_%016llx%016llx",
		(unsigned long long)random[0], (unsigned long long)random[1]); // fits
	facts->boundary = span_of(boundary, (size_t)n);
	dsn_write(facts, &report);
	facts->boundary = SPAN_NONE;
	rc = report.failed ? op_fail(op, RC_NOMEM, "out of memory")
			   : deliver(op, m, a, buf_span(&report), id);
	buf_done(&report);
	account_unref(a);
	return rc;
}
