// SPDX-License-Identifier: Apache-2.0
// Starling: accounts and their mailboxes. All accounts of a store hang below one `struct mail`. An open account is shared by all
// sessions of its user and stays in memory while anybody has it (and a while longer); it keeps the header of every mailbox
// (name, counts, UIDNEXT, HIGHESTMODSEQ ...), never the messages' records until they are asked for.
//
// Names of mailboxes here are UTF-8, NFC, hierarchy separator '/', "INBOX" in capitals whatever case was given (its children keep
// theirs: RFC 9051 section 5.1). account_name_check() turns what a client sent into that form or refuses it.
//
// Locks: one mutex per account guards its writing state; it is never held while waiting for the disk (docs/locks.md). Readers use
// published immutable objects: the tree (names), the snapshot of each mailbox.
#ifndef MAIL_ACCOUNT_H
#define MAIL_ACCOUNT_H

#include "mail/types.h"

struct mail;
struct account;
struct mailbox; // shared in-memory object of a mailbox that exists or existed; its identity survives renames

struct mail_config {
	uint64_t append_limit;  // most octets of one message; 0: 128 MiB
	uint32_t mailboxes_max; // per account; 0: 100,000
	uint32_t
		keys_kept_from; // messages: SORT and THREAD of so many keep their keys; 0: KEYS_KEPT_FROM
	uint64_t
		memory; // what sessions may hold (limits.memory): keys that are kept take a part of it (mail/column.h); 0: no such bound
	bool sent_copy; // submission files what it sends, where the user has not said otherwise (mail/sent.h)
	bool create_accounts; // a user who logs in for the first time gets an account (INBOX and special-use mailboxes)
	bool mending;  // what is noted to be removed is left to the next start (mail/mend.h)
	bool given_up; // a volume that a final backup gave up is opened as well (mail/backup.h)
};
int mail_open(struct op *op, struct store *store, const struct mail_config *config,
	struct mail **ret_mail);
void mail_close(struct mail *m); // nobody may have accounts or views open
// Gives back the memory of what was kept for the next time (mail/column.h), and nobody has wanted for a while. To be called every few seconds or minutes.
void mail_give_back(struct mail *m);
uint64_t mail_append_limit(const struct mail *m);
// Not all mailboxes of the account have that limit (METADATA_APPEND_LIMIT).
bool account_limits_append(const struct account *a);
struct store *mail_store_of(struct mail *m);

// The account of this user name (UTF-8, as auth/ gave it). RC_NONEXISTENT unless it exists or may be created. May block.
// A new account has INBOX, Drafts, Sent, Trash, Junk, Archive (special-use), all subscribed.
int account_open(struct op *op, struct mail *m, struct span user, struct account **ret_account);
// The same for somebody else than its user: none is made.
int account_open_existing(
	struct op *op, struct mail *m, struct span user, struct account **ret_account);
void account_unref(struct account *a); // accepts NULL
struct account *account_ref(struct account *a);
struct span account_user(const struct account *a);
struct mail *account_mail(const struct account *a);
// Removes the account and everything in it; sessions see their mailboxes vanish. For `starling user del --with-mail`.
int account_delete(struct op *op, struct mail *m, struct span user);
// Calls `each` for every account that exists.
int account_each(struct op *op, struct mail *m,
	int (*each)(struct op *op, void *ctx, struct span user), void *ctx);

// --- the tree: an immutable picture of all names, in byte order of the name ---

struct mailbox_status { // what STATUS and SELECT tell; from memory, no disk
	uint32_t messages, recent, unseen, deleted;
	uint32_t uid_validity;
	struct uid uid_next;
	struct modseq highest_modseq;
	uint64_t size;
	uint64_t append_limit; // most octets of a message that APPEND brings
	struct objectid id;
};
struct tree_entry {
	struct span name;
	struct mailbox *
		mailbox; // NULL: no such mailbox (it is only subscribed, or only a parent: \NonExistent)
	unsigned uses; // USE_ bits
	bool subscribed;
	bool has_children; // some existing mailbox lies below
};
struct tree {
	const struct tree_entry *entries;
	size_t count;
	uint64_t version; // rises with every change of names or subscriptions
};
const struct tree *account_tree_ref(struct account *a);
void tree_unref(const struct tree *t);
// Index of the entry of this exact name, or of the first one behind where it would be; *ret_found tells which.
size_t tree_find(const struct tree *t, struct span name, bool *ret_found);
// The newest committed status; never blocks. `recent` counts messages that no session has been shown as recent.
void mailbox_status(const struct mailbox *mb, struct mailbox_status *ret_status);
struct span mailbox_name(struct op *op,
	const struct mailbox
		*mb); // its present name, in op's arena; absent: deleted. Looks through all names
bool mailbox_is_deleted(const struct mailbox *mb);
// Keyword names in use, in id order, as the text " A B C"; in op's arena.
struct span mailbox_keyword_text(struct op *op, const struct mailbox *mb);

// Canonical form of a name from a client: NFC, INBOX folded, no empty level, no control characters, within limits; a trailing '/' is
// dropped (RFC 9051 section 6.3.4: CREATE of a hierarchy). RC_BADNAME with a text that says why.
int account_name_check(struct op *op, struct span name, struct span *ret_name);

// --- changes of the tree: durable on return, one batch each ---

// RC_ALREADYEXISTS, RC_BADNAME, RC_USEATTR (a use that is taken by another mailbox or cannot be given), RC_LIMIT. Makes missing parents.
int mailbox_create(struct op *op, struct account *a, struct span name, unsigned uses,
	struct mailbox_status *ret_status);
// RC_NONEXISTENT, RC_CANNOT (INBOX), RC_HASCHILDREN is not used: a mailbox with children becomes \NonExistent with its children kept.
int mailbox_delete(struct op *op, struct account *a, struct span name);
// With all below it, atomically. INBOX: its messages move to a new mailbox of that name, INBOX stays, empty (RFC 9051 section 6.3.6).
int mailbox_rename(struct op *op, struct account *a, struct span from, struct span to);
int mailbox_subscribe(struct op *op, struct account *a, struct span name, bool subscribed);

// --- wake-ups ---

enum { ACCOUNT_CHANGED_MESSAGES = 1, ACCOUNT_CHANGED_NAMES = 2 };
// Called when anything of the account became visible; from any thread, with a lock held: it must only note and wake.
struct watcher {
	void (*changed)(struct watcher *w, unsigned what, const struct mailbox *mb);
	struct watcher *prev, *next;
	struct account *account;
	const struct mailbox *only; // only changes of this mailbox; NULL: all
};
void account_watch(struct account *a, struct watcher *w);
void account_unwatch(struct watcher
		*w); // after it returns `changed` will not be called again; accepts a zeroed one

#endif
