// SPDX-License-Identifier: Apache-2.0
// Starling: messages that come from a foreign store into one account, in batches, while its user may be at work in it. What is there already is passed
// over: a message that a mailbox had when the import first touched it stands for one equal message of the source, not for more. So a second
// import of the same source brings nothing, one that was broken off goes on where it stopped, and two equal messages in a source stay two.
//
// Equal are messages of one size and digest. One thread at a time; one import into an account at a time.
#ifndef MAIL_IMPORT_H
#define MAIL_IMPORT_H

#include "mail/txn.h"

#define IMPORT_DIGEST 32u // octets

struct mail_import;
struct mail_import_counts {
	uint64_t imported, already; // messages
	uint64_t doubled;           // those whose unique-id of POP3 another message has
	uint64_t
		lost_keywords; // those with keywords that their mailbox has no room for: they are there without
};
struct mail_import_message {
	struct append_meta
		meta; // uidl: taken for a message that goes to INBOX, if it is valid and no other has it
	uint64_t
		size; // octets that follow, at least one; with CRLF: a lone LF would make them more
	struct span
		digest; // mail_import_digest(); empty: no message that is there is to be compared
};
// Of a message as FETCH BODY[] gives it: NUL as 0x80. RC_NOMEM.
int mail_import_digest(struct op *op, struct span octets, uint8_t ret_digest[IMPORT_DIGEST]);

// Opens the account of that user (account_open()). RC_INUSE: another import into it is under way. Blocks.
int mail_import_begin(
	struct op *op, struct mail *m, struct span user, struct mail_import **ret_import);
// What follows goes there; a mailbox that is missing is made, and subscribed. Not within a batch. *ret_limit: most octets of a message.
// *ret_count: messages that it had when the import first came to it. RC_BADNAME, and what mailbox_create() says. Blocks.
int mail_import_mailbox(struct op *op, struct mail_import *i, struct span name, uint64_t *ret_limit,
	uint64_t *ret_count);
int mail_import_subscribe(struct op *op, struct mail_import *i, struct span name);
// A message: this, then all its octets in any split. Whatever is wrong with it, the batch has to be given up (mail_import_drop()): RC_TOOBIG,
// RC_SYNTAX (no mailbox was named, the one before is not whole, no octets, more than were said), RC_LIMIT. Blocks.
int mail_import_message(struct op *op, struct mail_import *i, const struct mail_import_message *m);
int mail_import_data(struct op *op, struct mail_import *i, struct span bytes);
// What came since the last one becomes visible, all of it or nothing; durable on return. *ret_counts: of this batch. A fault gives the batch up.
// Blocks.
int mail_import_commit(struct op *op, struct mail_import *i, struct mail_import_counts *ret_counts);
void mail_import_drop(struct mail_import *i); // gives the batch up, if there is one
void mail_import_end(struct mail_import *i);  // and the import; accepts NULL

#endif
