// SPDX-License-Identifier: Apache-2.0
// Starling: one change of an account's names: the newest staged tree as a draft, and the batch that goes with it. For tree_change.c and
// metadata.c; account.c takes from it the records that a new account begins with.
#ifndef MAIL_TREE_CHANGE_H
#define MAIL_TREE_CHANGE_H

#include "mail/edit.h"
#include "mail/tree.h"

struct change_names {
	struct txn t;
	struct draft d;
	uint32_t next_id, uid_validity;
	bool same_names;  // the draft was not changed: no new tree
	bool metadata;    // the batch holds annotations
	bool made_parent; // a name was created above the one that is to be
};
// Takes account.lock; what the store shows of annotations is the newest then. May wait for the disk before it has the lock.
int change_begin(struct op *op, struct account *a, struct change_names *c);
// Stages the draft with what the batch holds, when rc is 0; releases the lock, waits. Returns rc or the first fault.
int change_end(struct change_names *c, int rc);
struct draft_slot *slot_of(struct change_names *c, struct span name); // NULL: no such name
// Gives the existing mailbox of that name exactly these uses. RC_USEATTR, as for CREATE.
int change_uses(struct change_names *c, struct span name, unsigned uses);

// metadata.c, as part of a change of names: the annotations of a mailbox go, or are copied to a new one.
int metadata_forget(struct change_names *c, uint32_t node);
int metadata_copy(struct change_names *c, uint32_t from, uint32_t to);
// An annotation as it was stored somewhere else. RC_CORRUPT, RC_OVERQUOTA.
int metadata_adopt(struct change_names *c, uint32_t node, struct span name, struct span record);

void account_first_records(struct store_batch *b, struct span user, uint32_t above);

#endif
