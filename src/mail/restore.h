// SPDX-License-Identifier: Apache-2.0
// Starling: bringing an account, or one mailbox, back from records and octets that a backup kept (backup.h). What comes in is written where no name
// leads to yet: a new partition, or a new data id of the account. At the end it is verified like the rest of the store (mail/check.h), and then
// one batch makes it visible. A crash before that leaves a note by which all of it is removed.
//
// Nothing is believed: blobs get new ids and cards, a record may name only blobs that came over this connection, and what a check would find
// fault with is refused.
//
// UIDVALIDITY and MAILBOXID (RFC 9051 section 2.3.1.1, RFC 8474 section 4.1) are given anew, UIDs and modseqs stay: clients may have seen messages
// that came after the backup, under UIDs that would be used again. Only `latest` keeps them: nothing came after it.
#ifndef MAIL_RESTORE_H
#define MAIL_RESTORE_H

#include "mail/account.h"

struct restore;
struct mail_kept;
struct restore_what {
	struct span user;
	struct span mailbox; // canonical name; absent: the whole account
	bool replace;        // what is there gives way; else RC_ALREADYEXISTS
	bool latest;         // of a whole account that is not there: it is the latest state
};
// `kept` holds the blobs of this restore and of others before it, whose blobs it may name, too (mail/backup.h); it stays the caller's.
// RC_ALREADYEXISTS, RC_NONEXISTENT (a mailbox of no account), RC_CANNOT (latest, and the account is there). Blocks.
int restore_begin(struct op *op, struct mail *m, struct mail_kept *kept,
	const struct restore_what *what, struct restore **ret_restore);

// A blob: begin, data ..., end. `message`: it is a message, not a private prefix. The owner's partition is filled in. Blocks.
int restore_blob_begin(
	struct op *op, struct restore *r, const struct blob_owner *owner, bool message);
int restore_blob_data(struct op *op, struct restore *r, struct span bytes);
int restore_blob_end(struct op *op, struct restore *r, struct blob_ref *ret_ref);
void restore_blob_abort(struct restore *r); // in place of the end

// A record of the account as a backup has it, its blobs named by what restore_blob_end() gave. For one mailbox: its header first, then in any
// order its messages' records, its annotations, UIDLs, and the subscription. RC_CORRUPT: it makes no sense. Blocks.
int restore_record(struct op *op, struct restore *r, struct span key, struct span value);

// Verifies and makes it visible: durable on return. RC_CORRUPT: a check found fault with it, as the text says. Frees it in any case; what is not
// visible then is removed. Blocks long.
int restore_commit(struct op *op, struct restore *r);
void restore_abort(struct restore *r); // accepts NULL

#endif
