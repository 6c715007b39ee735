// SPDX-License-Identifier: Apache-2.0
// Starling: everything that changes messages. One pipeline: take the account's lock, look at the newest staged state, check (rights and
// quota have their place here), build one batch, put it in line (store_submit), release the lock, wait until it is durable, publish,
// wake watchers. On return 0 the change is durable and visible. Blocks (CREW_DISK).
//
// Those that say so return before, if op->later is set and others keep the disk busy anyway: then later->commit is set, the result is what will be
// true, and nothing of it may be said to anybody before commit_finish() returned 0.
#ifndef MAIL_TXN_H
#define MAIL_TXN_H

#include "mail/view.h"

struct commit;   // a change that is in line
struct decision; // the outcome of what is in line, awaited without a thread
struct later {
	void *ctx;
	void (*hold)(
		void *ctx); // before it is handed to another thread; then one of these is called once, from any thread:
	void (*wake)(void *ctx); // the outcome is known; lets go of ctx
	void (*drop)(void *ctx); // lets go of ctx
	struct commit *commit;   // NULL: nothing is in line
};
bool decision_is_known(const struct decision *d);
void decision_free(struct decision *d); // known or not; accepts NULL
bool commit_is_decided(const struct commit *c);
// Publishes the change, or takes it back: 0 or why. Frees it. Blocks when the outcome is not known yet.
int commit_finish(struct op *op, struct commit *c);

// Flags as a client names them. Keywords must have passed keyword_is_valid().
struct flag_list {
	uint32_t flags; // FLAG_ bits without FLAG_RECENT
	const struct span *keywords;
	size_t keyword_count;
};

// --- APPEND and delivery: any number of messages, all or none (RFC 9051 section 6.3.12, RFC 3502) ---
struct append;
struct append_meta {
	struct flag_list flags;
	int64_t internal_date;   // seconds since 1970; INT64_MIN: now
	int16_t zone;            // minutes east of UTC
	struct objectid emailid; // all zero: a new one is made (import may give one)
	struct span uidl;        // POP3's unique-id where it came from (mail/uidl.h); empty: none
	bool may_lose_keywords;  // what the mailbox has no room for is left out; else RC_LIMIT
};
struct append_result {
	uint32_t uid_validity;
	struct numset uids;   // in the order of the messages; the caller frees with numset_done
	size_t lost_keywords; // messages that did
};
// RC_TRYCREATE when there is no such mailbox.
int append_begin(struct op *op, struct account *a, struct span mailbox, struct append **ret_append);
// For who serves a client, before the first message: what comes may be the copy of a message that was sent (mail/sent.h), and is then answered
// with the UID of the one that is there. Import does without. May block.
int append_compare(struct op *op, struct append *ap);
// For a repair, before the first message: what was taken once is taken again, whatever the limits are.
void append_unlimited(struct append *ap);
// Begins a message. `size` is what the client said (a hint; RC_TOOBIG beyond the limit), 0 if not known.
int append_message(struct op *op, struct append *ap, const struct append_meta *meta, uint64_t size);
// More octets of it are to come: RC_TOOBIG if it would be larger than the limit then.
int append_expect(struct op *op, const struct append *ap, uint64_t octets);
// Its octets, in any split. A lone LF becomes CRLF; nothing else is altered. RC_TOOBIG past the limit.
int append_data(struct op *op, struct append *ap, struct span bytes);
// The same without that: octets that are to stay as they are (of a URL of CATENATE, RFC 4469 section 3).
int append_data_exact(struct op *op, struct append *ap, struct span bytes);
// Ends the message: it is parsed and its card is made.
int append_message_end(struct op *op, struct append *ap);
// Commits all; frees the append whatever the outcome. May return before (op->later).
int append_commit(struct op *op, struct append *ap, struct append_result *ret_result);
// The same, and the message `uid` of the view's mailbox is removed in the same step (REPLACE, RFC 8508): nobody sees one without the other.
// RC_EXPUNGED when there is no such message any more: then nothing was appended.
int append_commit_replacing(struct op *op, struct append *ap, struct view *v, struct uid uid,
	struct append_result *ret_result);
void append_abort(struct append *ap); // accepts NULL
struct span append_mailbox(const struct append *ap);

// --- STORE ---
enum flag_change { FLAGS_REPLACE, FLAGS_ADD, FLAGS_REMOVE };
struct flags_args {
	const struct numset *uids; // messages that are gone are passed over
	enum flag_change change;
	struct flag_list list;
	struct modseq
		unchanged_since; // conditional (RFC 7162 section 3.1.3); UINT64_MAX: unconditional; 0: only keywords that are not set
	bool silent;             // view_silence() for the view's own changes
};
struct flags_result {
	struct numset modified; // UIDs that failed UNCHANGEDSINCE
	struct numset
		changed; // UIDs whose flags now differ (a no-op STORE changes nothing and gets no new modseq)
	uint32_t missing;     // messages asked for that are expunged
	struct modseq modseq; // given to the changed ones; 0 if none
	struct numset silent; // for txn_flags_done()
};
// May return before (op->later); then txn_flags_done() is called once it is durable.
int txn_flags(struct op *op, struct view *v, const struct flags_args *args,
	struct flags_result *ret_result);
void txn_flags_done(struct view *v, struct flags_result *r);
void flags_result_done(struct flags_result *r);

// --- COPY, MOVE ---
struct copy_result {
	uint32_t uid_validity; // of the destination
	struct numset from,
		to; // the i-th of one is the i-th of the other, both ascending; empty when nothing was there
};
// May return before (op->later). RC_TRYCREATE. COPY keeps flags, keywords, internal date and EMAILID; SAVEDATE is now (RFC 8514). MOVE within the account is one batch.
int txn_copy(struct op *op, struct view *v, const struct numset *uids, struct span to, bool move,
	struct copy_result *ret_result);
void copy_result_done(struct copy_result *r);

// --- EXPUNGE ---
// Removes messages with \Deleted, of `uids` or all (NULL). *ret_uids: those removed (the caller frees).
int txn_expunge(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_uids);
// Removes exactly these messages, whatever their flags (POP3). Those that are gone already are passed over.
int txn_remove(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_uids);

#endif
