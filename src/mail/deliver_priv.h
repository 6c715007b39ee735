// SPDX-License-Identifier: Apache-2.0
// Starling: a delivery from within mail/: who puts its message into one more mailbox (sent.c).
#ifndef MAIL_DELIVER_PRIV_H
#define MAIL_DELIVER_PRIV_H

#include "mail/deliver.h"
#include "mail/intake_priv.h"
#include "mail/txn.h"

struct mailbox;
struct thread_look;
struct txn;

struct delivery {
	struct mail *mail;
	struct intake in;
	struct span card; // in.parsing
	struct thread_keys keys;
	struct blob_ref ref; // id 0: not finished yet
	uint64_t began;      // clock_mono() when the first recipient was staged
};

// Before anything is staged: RC_TIMEOUT when the octets were stored too long ago for one more record (deliver.c).
struct delivery_slot;
struct store_ticket delivery_slot_ticket(const struct delivery_slot *slot); // 0: nothing is in line
int delivery_is_open(struct op *op, struct delivery *d);
// Finishes the blob, unless that was done: d->ref.
int delivery_blob_put(struct op *op, struct delivery *d, const struct blob_owner *owner);
struct delivery_record { // what differs between the mailboxes
	struct span prefix;
	uint8_t flags;
	uint32_t uid; // given by delivery_add()
};
// Under account.lock: the record in the batch of `t`, which has looked up its thread.
int delivery_add(struct delivery *d, struct txn *t, struct mailbox *mb,
	const struct thread_look *look, struct delivery_record *record);

#endif
