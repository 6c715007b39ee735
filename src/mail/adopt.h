// SPDX-License-Identifier: Apache-2.0
// Starling: records that were written unseen become an account, or a mailbox of one: the last step of a restore (restore.h), one batch each, so
// that a crash leaves the state before or the state after it.
#ifndef MAIL_ADOPT_H
#define MAIL_ADOPT_H

#include "mail/format.h"

struct mail;
struct account;
struct mailbox;
struct store_finding;

// Keys of the system partition: of a user's entry (in op's arena; absent: out of memory), and of a note that a partition is to be emptied.
struct span key_user(struct op *op, struct span user);
struct key key_removal(uint64_t partition);

// A partition that nobody refers to, and a note that empties it again if nothing comes of it. Durable on return.
int account_reserve(struct op *op, struct mail *m, uint64_t *ret_partition);
// Empties it and forgets the note.
int account_give_back(struct op *op, struct mail *m, uint64_t partition);
// An account object over a partition that is nobody's, to look at what is in it. account_loose_done() when nobody has views of it.
int account_loose(struct op *op, struct mail *m, struct span user, uint64_t partition,
	struct account **ret_account);
void account_loose_done(struct account *a); // accepts NULL
// The partition is the user's account from now on. An account that is there gives way (its sessions see their mailboxes vanish, it is removed)
// if `replace`, also if it cannot be read, else RC_ALREADYEXISTS. RC_CONFLICT: the one that is there has given a UIDVALIDITY above `uid_validity` meanwhile.
int account_adopt(struct op *op, struct mail *m, struct span user, uint64_t partition, bool replace,
	uint32_t uid_validity);
// What new mailboxes are above of; 0: there is no such account.
int account_uid_validity(struct op *op, struct mail *m, struct span user, uint32_t *ret_last);
// The same, also of an account whose records are damaged: then it is above all that it can have given.
int account_uid_validity_anyhow(
	struct op *op, struct mail *m, struct span user, uint32_t *ret_last);
// What accounts gave that were removed: new ones begin above it.
uint32_t mail_validity_floor(struct mail *m);

// A data id of this account, with a note ("I"); what is written under it later is removed at the next load of the account, unless a
// mailbox took it.
int data_reserve(struct op *op, struct account *a, uint32_t *ret_data);
int data_give_back(struct op *op, struct account *a, uint32_t data);

struct mailbox_adopt {
	struct span name;
	struct header header; // `data` was reserved; id and UIDVALIDITY are given anew
	bool replace;         // an existing mailbox of that name gives way; else RC_ALREADYEXISTS
	bool subscribe;
	struct span annotations; // for each: name (field), record (field), see buf_add_field()
};
int mailbox_adopt(struct op *op, struct account *a, const struct mailbox_adopt *what);

// tree_change.c: the UIDVALIDITY of the next mailbox.
uint32_t next_uid_validity(uint32_t last);

// check.c: mail_check() of one account; of the messages of one mailbox, which need not be in the account's tree.
int account_check(struct op *op, struct account *a,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx);
int mailbox_check(struct op *op, struct account *a, struct mailbox *mb,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx);

#endif
