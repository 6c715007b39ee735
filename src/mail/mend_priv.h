// SPDX-License-Identifier: Apache-2.0
// Starling: what the files of a repair behind damage share (mend.h).
#ifndef MAIL_MEND_PRIV_H
#define MAIL_MEND_PRIV_H

#include "store/store.h"

// After all that could be brought in, before accounts are opened: the records of the system partition are made to agree with the accounts that are
// there. An account whose entry is lost gets it again (its record has the user's name); an entry whose account is wholly lost gets an empty one, for
// the messages that are filed anew; no number of an account is given twice. `tell` gets a line for each.
int mend_entries(
	struct op *op, struct store *s, void (*tell)(void *ctx, const char *line), void *ctx);
// Whether the partition has no record at all: 1, 0, or a fault.
int partition_is_empty(struct op *op, struct store *s, uint64_t partition);
int mend_commit(struct op *op, struct store *s, struct store_batch *b); // and forgets it

#endif
