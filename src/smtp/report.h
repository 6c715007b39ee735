// SPDX-License-Identifier: Apache-2.0
// Starling: a report (dsn.h) is written and comes into the INBOX of the user who sent the message.
#ifndef SMTP_REPORT_H
#define SMTP_REPORT_H

#include "smtp/dsn.h"

struct mail;

// Writes the report (a boundary is found for it) and files it; durable on return. `id` (DELIVERY_ID octets): the same report again within some hours is
// passed over (mail/deliver.h); NULL: it is always new. RC_NONEXISTENT: the user has no account; none is made. Blocks.
int report_file(struct op *op, struct mail *m, struct span user, struct dsn_facts *facts,
	const uint8_t *id);

#endif
