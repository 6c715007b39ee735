// SPDX-License-Identifier: Apache-2.0
// Starling: what the files of mail/ share about accounts and mailboxes in memory. Formats on disk: format.h. README.md has the picture.
//
// A mailbox's state is a `snap`: counts, and (loaded when first needed) a `body`: the top level of the directory, whose blocks list
// chunks, whose records are the messages. Everything below a snap is immutable once published; a change copies the path (edit.h).
// A chunk or block object stands for one *version* of what lies under its key. It is loaded lazily by whoever needs it first; whoever
// changes it loads the old version before its batch is submitted. So what is loaded through an older snapshot is never newer than it.
//
// Locks, in this order (docs/locks.md): account.lock (writing state; never held while waiting for a commit), account.publish (what
// readers see; pointer swaps only), account.watch (the list of watchers), mail.lock (table of accounts; never together with others).
#ifndef MAIL_MAIL_PRIV_H
#define MAIL_MAIL_PRIV_H

#include "base/numset.h"
#include "base/ref.h"
#include "mail/account.h"
#include "mail/format.h"
#include "mail/idle.h"
#include "mail/keywords.h"

#include <pthread.h>

// --- the records ---

struct hot { // in memory; the record on disk is close to it (format.h)
	uint32_t uid;
	uint8_t flags, pos; // pos: index in the chunk's two values
	uint16_t size_high;
	uint32_t kwset, size_low;
	uint64_t modseq;
};
static inline uint64_t hot_size(const struct hot *h)
{
	return (uint64_t)h->size_high << 32 | h->size_low;
}
struct recs { // of one chunk: the live ones, ascending by uid
	uint32_t n;
	struct hot r[];
};
struct chunk { // one version
	struct ref refs;
	uint32_t id, base; // base: what uids on disk are relative to
	uint64_t base_modseq;
	uint64_t edit;       // the edit that made it and may still change it
	uint64_t changed[2]; // positions that edit has changed
	_Atomic(struct recs *) recs;
};
struct entry { // of a directory block
	uint32_t first, last;
	uint8_t used, count, unseen, deleted; // used: positions given out
	uint8_t dirty; // 0, ENTRY_CHANGED, ENTRY_NEW; only while an edit is open
	uint64_t modseq;
	struct chunk *chunk;
};
struct entries {
	uint32_t n;
	struct entry e[];
};
struct block { // one version
	struct ref refs;
	uint32_t id, count; // entries
	uint64_t edit;
	bool rewrite; // an entry was taken out: the value is written whole
	_Atomic(struct entries *) entries;
};
struct top {
	uint32_t first, last, count, unseen, deleted;
	bool dirty;
	uint64_t modseq;
	struct block *block;
};
struct body {
	struct ref refs;
	uint32_t n, cap;
	struct top *t;
	struct keywords *keywords;
};
struct snap {
	struct ref refs;
	struct header h;
	_Atomic(struct body *) body; // NULL: not loaded
};

struct mailbox {
	struct ref refs;
	struct account *account; // whoever uses a mailbox holds its account
	uint32_t node;           // id of its header record
	struct objectid id;
	struct snap *tip;       // guarded by account.lock: newest staged state
	struct snap *published; // guarded by account.publish
	_Atomic uint64_t modseq;
	atomic_bool dying, deleted; // deletion staged; visible
	uint32_t recent_mark; // account.publish: uids from here on no session has taken as \Recent
	uint32_t users;       // account.publish: views and cursors that have it open
	uint32_t copies;      // account.lock: large copies into it under way
	uint64_t used_at;     // account.publish: clock_mono() when it was last let go of
	bool idle;            // account.publish: counted in account.idle and idle_messages
	uint32_t idle_messages; // account.publish: how many of the latter
	struct mailbox_changes
		*changes;            // account.publish: its place in the account's feed; NULL: none
	_Atomic uint32_t key_resets; // of its key for URLAUTH, since it is in memory
	_Atomic uint32_t hint;       // where it was last in a tree (tree_entry_of())
};

struct account {
	struct mail *mail;
	uint64_t partition;
	struct span user;                                              // owned
	struct account *next;                                          // in the table (mail.lock)
	enum { ACCOUNT_LOADING, ACCOUNT_READY, ACCOUNT_FAILED } state; // mail.lock
	uint32_t holders;                                              // mail.lock
	struct idle_link link; // mail.lock: while it has no holders
	atomic_bool gone;      // it was deleted
	atomic_bool importing; // import.c: one at a time

	pthread_mutex_t lock;
	const struct tree *tree_tip;  // lock: newest staged names
	struct thread_recent *thread; // lock: threadid.c; NULL until there is a message
	struct seen *seen;            // lock: seen.c; NULL until there is a delivery
	struct sent_recent *sent;     // lock: sent.c; NULL until something is compared
	uint32_t next_id, last_uid_validity;
	uint64_t modseq, edits, staged_seq;
	struct store_ticket last_ticket; // of the newest staged batch: the next builds on it
	struct store_ticket
		metadata_ticket; // lock: of the newest staged annotations, while it may be under way; 0: none
	atomic_bool limits_append; // some mailbox has, or had, an append limit of its own
	uint64_t metadata_octets;  // lock: of all annotations, staged ones included

	pthread_mutex_t publish;
	struct staged *staged, **staged_end; // in the order of submission
	const struct tree *tree;
	uint32_t idle;          // mailboxes with a body and without users
	uint64_t idle_messages; // in them, as they were when they were let go of
	struct feed *feed;      // feed.c; NULL: nobody reads

	pthread_mutex_t watch;
	struct watcher *watchers;
};
struct store *account_store(const struct account *a);

// --- snap.c: lifetimes, loading ---

struct snap *snap_new(const struct header *h); // NULL: out of memory
struct snap *snap_ref(struct snap *s);
void snap_unref(struct snap *s); // accepts NULL
struct body *body_new(uint32_t cap);
void body_unref(struct body *b);
struct body *body_ref(struct body *b);
// Whether of its directory nothing but the last block is loaded, and of that block's chunks no records but the last one's.
bool body_is_tail(const struct body *b);
#define MAILBOX_TAIL_MESSAGES 1024u // it takes as much memory as so many messages, about
// The same body with no more than that loaded: what the next APPEND reads. It shares no block with `b`. NULL: no memory.
struct body *body_tail(const struct body *b);
struct block *block_new(uint32_t id, uint32_t count);
void block_unref(struct block *b);
struct chunk *chunk_new(uint32_t id, uint32_t base, uint64_t base_modseq);
struct chunk *chunk_ref(struct chunk *c);
void chunk_unref(struct chunk *c);

// Where records are read from: everything below one snap.
struct place {
	struct account *account;
	uint32_t data;
};
static inline struct place place_of(struct account *a, const struct snap *s)
{
	return (struct place){ a, s->h.data };
}
// Each gives what is loaded, loading it first. May block on disk. Valid as long as the parent object.
int snap_body(struct op *op, struct account *a, struct snap *s, struct body **ret_body);
int block_entries(struct op *op, struct place at, struct block *b, struct entries **ret_entries);
int chunk_recs(
	struct op *op, struct place at, struct chunk *c, uint32_t used, struct recs **ret_recs);

struct cold_chunk { // the first n cold records of a chunk
	struct ref refs;
	uint64_t partition;
	uint32_t data, chunk, n;
	struct msg_cold c[];
};
// Positions up to `pos` at least. From a small cache, or loaded. MSG_GONE: the chunk is gone. The caller unrefs.
int cold_load(
	struct op *op, struct place at, uint32_t chunk, uint32_t pos, struct cold_chunk **ret_cold);
void cold_unref(struct cold_chunk *c);

// --- find.c: numbers and walks over a snap ---

// How many live messages have a uid <= v.
int snap_rank(struct op *op, struct account *a, struct snap *s, uint32_t v, uint32_t *ret_rank);
// The i-th live message's uid, from 0; 0: none.
int snap_nth(struct op *op, struct account *a, struct snap *s, uint32_t i, uint32_t *ret_uid);
// The record of a uid, valid as long as the snap; its chunk. NULL: none.
int snap_find(struct op *op, struct account *a, struct snap *s, uint32_t uid,
	const struct hot **ret_hot, const struct chunk **ret_chunk);

enum { WALK_UNSEEN = 1, WALK_DELETED = 2 }; // only chunks that have such messages
enum { WALK_END = 1 };
struct walk {
	struct account *account;
	struct snap *snap;
	struct body *body;
	struct entries *entries; // of block t
	struct recs *recs;       // of entry e
	uint32_t t, e, r;        // the next record
	uint32_t before;         // live messages before it
	uint64_t since;          // what was not changed after it is passed over
	unsigned only;
};
int walk_begin(struct op *op, struct walk *w, struct account *a, struct snap *s);
// The next record, whose uid is >= from: walks go forward only. *ret_rank: how many live ones come before it.
int walk_next(struct op *op, struct walk *w, uint32_t from, const struct hot **ret_hot,
	uint32_t *ret_rank);
const struct chunk *walk_chunk(const struct walk *w); // of the record that was given last
// Loads the chunks that hold any of these uids.
int snap_prefetch(struct op *op, struct account *a, struct snap *s, const struct numset *uids);
// Adds to `gone` the uids below `limit` that are in `from` and not in `to`.
int snap_diff(struct op *op, struct account *a, struct snap *from, struct snap *to, uint32_t limit,
	struct numset *gone);
// Live messages with uid >= mark, from memory alone.
uint32_t snap_count_from(const struct snap *s, uint32_t mark);

// --- mailbox.c ---

struct mailbox *mailbox_new(
	struct account *a, uint32_t node, const struct objectid *id, struct snap *s);
struct mailbox *mailbox_ref(struct mailbox *mb);
void mailbox_unref(struct mailbox *mb);
struct snap *mailbox_snap_ref(struct mailbox *mb); // the published one
// A user of loaded records: its memory stays while there is one.
void mailbox_enter(struct mailbox *mb);
void mailbox_leave(struct mailbox *mb);
void mailbox_not_idle(struct mailbox
		*mb); // account.publish held: its records no longer stay for nobody, if they did
// Takes \Recent: *ret_from .. uid_next of `s` are the caller's now (or would be: `take` false); *ret_count of them live.
void mailbox_recent_take(struct mailbox *mb, const struct snap *s, bool take, uint32_t *ret_from,
	uint32_t *ret_count);
// Most octets of a message that APPEND brings.
uint64_t append_limit_of(const struct account *a, const struct header *h);
// The existing mailbox of that name, referenced; RC_NONEXISTENT recorded by the caller: NULL.
struct mailbox *mailbox_by_name(struct account *a, struct span name);

// --- keywords.c ---

struct keywords *keywords_ref(struct keywords *k);
void keywords_unref(struct keywords *k);
int keywords_decode(struct op *op, struct span stored, struct keywords **ret_keywords);
int keywords_copy(struct op *op, const struct keywords *k, struct keywords **ret_keywords);
// Change an unpublished table; what is new is appended to `log` in the form that is stored. RC_LIMIT.
int keywords_add(
	struct op *op, struct keywords *k, struct span name, struct buf *log, uint32_t *ret_id);
bool keywords_find_set(
	const struct keywords *k, const uint32_t *ids, uint32_t n, uint32_t *ret_set);
int keywords_add_set(struct op *op, struct keywords *k, const uint32_t *ids, uint32_t n,
	struct buf *log, uint32_t *ret_set);
// The ids of a set, ascending.
const uint32_t *keywords_set_ids(const struct keywords *k, uint32_t kwset, uint32_t *ret_n);

// --- expunged.c: the expunge log ---

struct edit;
int expunge_log_add(struct op *op, struct edit *e);
// Adds uids < limit that were expunged with since < modseq <= the snap's. RC 1 (LOG_TRIMMED): the log does not reach back.
enum { LOG_TRIMMED = 1 };
int expunge_log_since(struct op *op, struct account *a, struct snap *s, uint64_t since,
	uint32_t limit, struct numset *uids);

// --- threadid.c: THREADID ---

struct thread_keys;
struct store_batch;
struct thread_look { // what the store says about a message's ids, read without a lock
	struct objectid found;
	bool have;
	bool is_known;   // a message with its own id was here before
	uint64_t key[2]; // to be entered: its own id, its root; 0: none
};
int thread_look_up(struct op *op, struct account *a, const struct thread_keys *k,
	struct thread_look *ret_look);
// Decides under account.lock, adds what is new to the batch.
void thread_assign(struct account *a, const struct thread_look *l, struct store_batch *b,
	struct objectid *ret_id);
void thread_recent_reset(
	struct thread_recent *t); // what it holds may not have become durable; accepts NULL

// --- metadata.c: annotations ---

// For mail_check(): the sum that account.metadata_octets should be, and a node that has annotations and is no mailbox (0: none).
int metadata_check(struct op *op, struct account *a, const struct tree *t, uint64_t *ret_octets,
	uint32_t *ret_stray);

// --- account.c ---

void mail_drop_idle(struct mail *m); // accounts that nobody has open leave the memory
const struct mail_config *mail_config_of(const struct mail *m);
struct cold_cache *mail_cold_cache(struct mail *m);
struct columns *mail_columns(struct mail *m);
uint32_t mail_keys_kept_from(const struct mail *m);
#endif
