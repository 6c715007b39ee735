// SPDX-License-Identifier: Apache-2.0
// Starling: which deliveries an account has had in the last hours (format and reasoning: mail/deliver.c).
#ifndef MAIL_SEEN_PRIV_H
#define MAIL_SEEN_PRIV_H

#include "mail/mail_priv.h"

struct store_batch;

// 1: it is there, durable and visible; 0; or a fault. Without a lock; may block on the disk.
int seen_look(struct op *op, struct account *a, const uint8_t *id);
// The rest with account.lock held.
bool seen_in_line(
	const struct account *a, const uint8_t *id); // put in line lately, durable or not yet
void seen_put(struct account *a, struct store_batch *b, const uint8_t *id); // into the batch
// That batch is in line now; not before: what was refused must not be taken for delivered when it comes again.
void seen_note(struct account *a, const uint8_t *id);
void seen_reset(struct account *a); // what is in line may not become durable

#endif
