// SPDX-License-Identifier: Apache-2.0
// Starling: changing a mailbox. A `txn` is one change of an account: account.lock is held from txn_begin() to txn_end() but not while
// it waits. An `edit` within it is one mailbox's next state: the path to what changes is copied, the rest shared with the state before.
// txn_stage() turns the edits into one batch, puts it in line and makes the new states the tips on which the next changes build. What does
// not fit one batch is staged in several, all under the same hold of the lock and with the same modseq: txn_end() waits for the last
// one and publishes all at once (after a crash the earlier ones may be there without the later ones; nobody was told of them). Each of them says which
// it is, and the last one that it is the last ("G", format.h).
#ifndef MAIL_EDIT_H
#define MAIL_EDIT_H

#include "mail/feed_priv.h"
#include "mail/mail_priv.h"
#include "mail/txn.h"

#define TXN_BATCH_FULL                                                                             \
	(700u << 10) // an estimate of a batch at which it is staged: well below STORE_BATCH_MAX

struct edit {
	struct txn *txn;
	struct mailbox *mailbox;
	struct snap *old, *now; // now: private until staged
	struct body *body;      // of now
	uint64_t serial;
	bool top_rewrite, keywords_own;
	bool changed;           // else it is dropped when it comes to staging
	unsigned what;          // CHANGED_ bits (feed.h)
	struct buf keyword_log; // to be added to "K"
	struct numset expunged;
	struct buf cold; // a run of cold records
	uint32_t cold_chunk, cold_pos;
	uint32_t *set_from, *set_to; // keyword sets translated so far
	size_t sets, sets_cap;
};

struct txn {
	struct op *op;
	struct account *account;
	struct store_batch batch;
	uint64_t modseq; // of every change in it
	struct edit edit[2];
	unsigned edits;
	size_t cost;                // estimate of what the edits will add to the batch
	const struct tree *tree;    // names after it, or NULL; owned
	struct mailbox *dies;       // referenced; deleted by it
	int64_t metadata_delta;     // octets of annotations that it adds
	struct feed_record *events; // owned
	bool staged;
	uint32_t parts;             // batches of it so far that more are to follow
	struct store_ticket ticket; // of the last batch
	uint64_t seq;
};

// Takes account.lock. RC_NONEXISTENT when the account was deleted: then nothing is held.
int txn_begin(struct op *op, struct account *a, struct txn *t);
// The edit of a mailbox, begun when there is none. RC_NONEXISTENT when it was deleted.
int txn_edit(struct txn *t, struct mailbox *mb, struct edit **ret_edit);
// Stages all that was done so far, if anything, as the last of the change; edits are closed by it. On a fault what was not staged is as if it had never been.
int txn_stage(struct txn *t);
// Stages it when the batch is full: more may follow.
int txn_stage_if_full(struct txn *t);
// With rc 0, stages the rest; releases the lock, waits, publishes what was staged. Returns rc or the first fault. Blocks.
int txn_end(struct txn *t, int rc);
// txn_end() that may leave the waiting to op->later. Loaded records of `mb` stay until it is published.
int txn_end_later(struct txn *t, int rc, struct mailbox *mb);
// The same in two parts, for who has more to put in line before it waits: after the first the lock is released; the second must follow.
int txn_leave(struct txn *t, int rc);
int txn_wait(struct txn *t, int rc);
// In place of txn_leave(), when nothing was done: txn_wait() then waits for what was put in line last, by whomever.
void txn_leave_after(struct txn *t);

// The chunk that holds the first live message with uid >= from, in the state being edited, loaded. WALK_END: none.
struct edit_at {
	uint32_t t, e; // block in the top level, entry in the block
	uint32_t last; // uid of the chunk's last message
	const struct recs *recs;
	const struct entry *entry;
};
// `deleted`: only chunks that hold messages with \Deleted.
int edit_seek(struct edit *e, uint32_t from, bool deleted, struct edit_at *ret_at);
// Changes flags and keyword set of record r there. The pointers of `at` are renewed.
int edit_flags(struct edit *e, struct edit_at *at, uint32_t r, uint8_t flags, uint32_t kwset);
// Removes the records whose bit (index in at->recs) is set. `at` is used up.
int edit_remove(struct edit *e, struct edit_at *at, const uint64_t bits[2]);
// Adds a message at the end; uid and modseq are given here.
int edit_append(struct edit *e, uint8_t flags, uint32_t kwset, const struct msg_cold *cold,
	uint32_t *ret_uid);
// The keyword table to change; a private copy.
int edit_keywords(struct edit *e, struct keywords **ret_keywords);
// The id of what a set becomes: with keywords added (set 0: those alone); by a change, the same one throughout the edit; of what a set of another
// mailbox is called here.
int edit_set_add(
	struct edit *e, uint32_t set, const struct span *keywords, size_t n, uint32_t *ret_set);
int edit_set_change(struct edit *e, uint32_t set, enum flag_change change,
	const struct flag_list *list, uint32_t *ret_set);
// Whether adding the list's keywords took one away, or left one out, that must not be beside them (RFC 9979): who added them silently
// does not know.
bool edit_set_lost(const struct edit *e, uint32_t was, uint32_t is, const struct flag_list *list);
int edit_set_translate(
	struct edit *e, const struct keywords *from, uint32_t set, uint32_t *ret_set);
// Adds chunks that were written beforehand: used positions, all live, base uid and modseq given here.
struct ready_chunk {
	uint32_t id, used;
	uint32_t unseen, deleted;
	uint64_t size;
};
int edit_append_chunk(struct edit *e, const struct ready_chunk *c, uint32_t *ret_first_uid);

// edit_finish.c: writes everything into the batch and closes the edit for changes.
int edit_finish(struct edit *e);
void edit_cold_flush(struct edit *e);  // edit.c
enum { ENTRY_CHANGED = 1, ENTRY_NEW }; // entry.dirty
// Copies of path, for both files.
int edit_block(struct edit *e, uint32_t t, struct entries **ret_entries);
// The header of a mailbox that differs from `was`, as a patch.
void header_patch(
	struct store_batch *b, uint32_t node, const struct header *was, const struct header *is);

// copy.c: removes the chunks that a COPY cut short by a crash has left.
int copy_clean(struct txn *t, struct mailbox *mb);

// --- publishing (publish.c) ---

struct staged {
	struct staged *next;
	uint64_t seq;
	struct store_ticket ticket;
	struct mailbox *mailbox; // may be NULL
	struct snap *snap;
	const struct tree *tree; // may be NULL
	struct mailbox *dies;    // may be NULL
	int64_t metadata_delta;  // what it added to account.metadata_octets
	unsigned what;           // CHANGED_ bits of `mailbox`
	const struct op *origin;
	struct feed_record *events; // owned
	bool noted;                 // there were some
};
// All of them: account.lock held.
void staged_push(struct account *a, struct staged *s);
// Everything up to seq is durable: it becomes visible, watchers are woken. No lock held.
void staged_publish(struct account *a, uint64_t seq);
// The batch of `seq` failed to become durable: what was staged with it and behind it is taken back, what was before it is published, the
// tips are what is visible. No lock held. The second one with account.lock held, when the store said RC_CONFLICT.
void staged_fail(struct op *op, struct account *a, uint64_t seq);
void staged_roll_back_locked(struct op *op, struct account *a);
void account_wake(struct account *a, unsigned what, const struct mailbox *mb);

#endif
