// SPDX-License-Identifier: Apache-2.0
#ifndef MAIL_LATER_PRIV_H
#define MAIL_LATER_PRIV_H

#include "mail/txn.h"

struct store;
struct store_ticket;

// As store_wait(), or, with `later`, STORE_LATER and a decision: others write already, and who is meant by `later` is woken when the outcome is known. Without memory
// it waits. Blocks (CREW_DISK).
int decision_wait(struct op *op, struct store *s, struct store_ticket t, const struct later *later,
	struct decision **ret_decision);

#endif
