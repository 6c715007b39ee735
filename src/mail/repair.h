// SPDX-License-Identifier: Apache-2.0
// Starling: what can be set right in the mail of a store that nobody else has open: the cards of messages (mail/card.h).
#ifndef MAIL_REPAIR_H
#define MAIL_REPAIR_H

#include "store/store.h"

struct repaired {
	uint64_t messages; // looked at
	uint64_t cards;    // written again: they were damaged, or of another version
	uint64_t records;  // that name a card at its new place
	uint64_t lost;     // messages whose octets are damaged or not there: they stay as they are
};
// Writes damaged cards and those of other versions again, from octets that verify. Nothing is removed; what cannot be repaired stays as evidence. A
// crash at any moment leaves what was or what will be. Blocks long. Changes what accounts that are open have in memory: none may be.
int mail_repair(struct op *op, struct store *s, struct repaired *ret_repaired);

#endif
