// SPDX-License-Identifier: Apache-2.0
// Starling: what an account knows of messages that were sent lately (sent_known.c), for sent.c and append.c.
#ifndef MAIL_SENT_PRIV_H
#define MAIL_SENT_PRIV_H

#include "mail/edit.h"
#include "mail/sent_form.h"

enum sent_kind {
	SENT_UNKNOWN,  // or used: the next one like it is stored
	SENT_FILED,    // by submission; the client's copy is awaited
	SENT_APPENDED, // by a client; its submission is awaited
};
struct sent_record { // where the stored copy is
	enum sent_kind kind;
	uint32_t data, uid;
	uint8_t bcc[SENT_DIGEST]; // of the stored copy: struct sent_mark
};
struct sent_look { // what the store says, read without a lock
	struct sent_record record;
	uint64_t generation;
};

// Whether the user, or else the configuration, wants submission to file what it sends.
int sent_is_wanted(struct op *op, struct account *a, bool *ret_wanted);
// The name of the mailbox of sent mail in op's arena: \Sent, else "Sent"; absent: there is none.
struct span sent_mailbox_name(struct op *op, struct account *a);
bool sent_is_mailbox(struct account *a, struct span name); // it is that one
// The account's key, made when there is none. Blocks.
int sent_key(struct op *op, struct account *a, uint8_t ret_key[SENT_KEY]);
// Needs a key first. Loads what sent_copy_find() will look at. May block on the disk for reading.
int sent_look(struct op *op, struct account *a, struct mailbox *mb, const struct sent_mark *mark,
	struct sent_look *ret_look);

// The rest with account.lock held.

// The newest that is known, staged changes included.
struct sent_record sent_known(
	const struct account *a, const struct sent_mark *mark, const struct sent_look *look);
// The copy in the newest state of `mb`. 0, or SENT_NO_COPY: it lies elsewhere, was expunged, or has \Deleted and soon will be.
enum { SENT_NO_COPY = 1 };
struct sent_copy {
	struct edit *edit;
	struct edit_at at;
	uint32_t r; // index in at.recs
};
int sent_copy_find(struct txn *t, struct mailbox *mb, const struct sent_record *record,
	struct sent_copy *ret_copy);
// The Bcc fields of the other form, in the stored copy.
enum sent_bcc {
	SENT_BCC_KEPT,    // it has them all
	SENT_BCC_MISSING, // it has none
	SENT_BCC_OTHER,   // it has others: neither form stands for both
};
enum sent_bcc sent_bcc_of(const struct sent_record *record, const struct sent_mark *mark);
// Into the batch: this is known from now on (SENT_UNKNOWN: nothing).
void sent_put(struct account *a, struct store_batch *b, const struct sent_mark *mark,
	const struct sent_record *record);
// That batch is in line now; not before.
void sent_note(struct account *a, const struct sent_mark *mark, const struct sent_record *record);
void sent_reset(struct account *a); // what is in line may not become durable

#endif
