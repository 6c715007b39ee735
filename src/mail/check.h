// SPDX-License-Identifier: Apache-2.0
// Starling: looking after all mail of a store: verifying what mail/ keeps in it, and telling the store which blobs are still referred to.
#ifndef MAIL_CHECK_H
#define MAIL_CHECK_H

#include "mail/account.h"

// Verifies every account: counts of headers, directories and chunks against the records, UIDs and modseqs in their bounds, every blob there with a
// readable card and the size that its record says. Each finding is one call (store.h: store_finding; owner.mailbox is the id of the messages'
// keys). Findings are no faults: 0 unless it could not go on. Changes nothing. *ret_messages: how many were looked at. Blocks long.
int mail_check(struct op *op, struct mail *m,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_messages);

// The same; a message that needs one of the `hurt` blobs (store_check() found them damaged) is a finding: whose it is, however it came there.
struct live_set;
int mail_check_hurt(struct op *op, struct mail *m, const struct live_set *hurt,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_messages);

// One sweep of the store (store.h: store_sweep), with the references that all accounts hold. Blocks long; for a thread of its own, when
// store_wants_sweep() says so.
int mail_sweep(struct op *op, struct mail *m);

#endif
