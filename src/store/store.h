// SPDX-License-Identifier: Apache-2.0
// Starling: the store: ordered keys in partitions, atomic durable batches, blobs. It knows nothing of mail. Engines
// (store/engine.h): `local` (a log, RocksDB behind it), `memory` (tests), later `rados`. One conformance suite runs on all.
//
// A partition (an account) is a number from 1 to STORE_PARTITION_MAX. Keys and values are bytes; keys of one partition are ordered by bytes.
// A batch changes keys of one partition, all or nothing. store_submit() puts it in line (order of submission is order of
// effect within a partition) and store_wait() returns once it is durable AND visible to get and scan; nothing is visible
// before it is durable. Callers that hold a lock submit under it and wait after releasing it: commit groups form by themselves.
//
// A blob is an octet string of any size, written once, with a small private `card` beside it that a reader gets without
// reading the rest. blob_finish() puts it in line as well; it is durable when a batch submitted after it is. A blob whose batch
// never became durable is an orphan, swept later. Blobs are found by id; the hint in a blob_ref makes that cheap and may be stale.
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/op.h"
#include "base/rope.h"

#define STORE_PARTITION_MAX (UINT64_MAX - 1) // the number above is the engine's own

struct store;

enum {
	STORE_ABSENT = 1, // outcome of store_get: no such key
	STORE_END = 1,    // outcome of store_cursor_next
};

struct store_config {
	const char *engine; // "local" or "memory"
	const char *dir;    // local: the volume's folder; made when missing
	bool read_only; // local: opens beside a running server for `check`; changes fail with RC_READONLY
	uint64_t segment_bytes; // local: size of a log segment; 0: 256 MiB
	// local: whether the log is written through the page cache. "auto" (NULL): while little comes; "yes"; "no" where the file system can do without.
	const char *page_cache;
	uint64_t reserve_bytes; // local: kept free for STORE_FREES batches; 0: 64 MiB
	uint64_t cache_bytes;   // local: most memory for blocks of the index; 0: 32 MiB
	uint32_t
		grace_ms; // how long a blob must have been unreferenced before a sweep drops it; 0: 600,000
};
// Opens; recovers by replaying the log behind the index. RC_LOCKED when another process has it. Blocks.
int store_open(struct op *op, const struct store_config *config, struct store **ret_store);
// Volumes of earlier programs lay in the folder `from`, beside files of others: what belongs to one is moved to `to`, a folder in `from`, and those programs refuse
// `from` from then on; with `make` also where there was none. All at once or, interrupted, finished by the next call. RC_LOCKED as store_open(), RC_VERSION,
// RC_CONFIG: there is one in either place. Blocks.
int store_relocate(struct op *op, const char *from, const char *to, bool make);
// Opens with an index that is made again from the log, exactly as it was; the one that was there is kept in DIR/index.damaged-N (*ret_aside, in op's
// arena). If the log cannot do it (RC_CORRUPT) the old index is put back. A crash on the way: the next open makes the index again.
int store_rebuild(struct op *op, const struct store_config *config, struct store **ret_store,
	const char **ret_aside);
// Writes all of the index into the log, so that the log alone, from here on, can make it again; headers of segments of which one copy is damaged are
// written again first. Blocks long.
int store_checkpoint(struct op *op, struct store *s);
void store_close(struct store *s); // flushes, so that the next open replays nothing; accepts NULL

// --- keys ---

// A consistent view of all partitions; NULL in the calls below means "now". Cheap; holds back compaction while open.
struct store_snapshot;
int store_snapshot_begin(struct op *op, struct store *s, struct store_snapshot **ret_snap);
void store_snapshot_end(struct store *s, struct store_snapshot *snap);

// The value, in op's arena; STORE_ABSENT. May block on disk.
int store_get(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span key, struct span *ret_value);

// Walks keys from <= key < to in order; `to` absent: to the end of the partition. Holds a view of its own.
struct store_cursor;
int store_cursor_open(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span from, struct span to, struct store_cursor **ret_cursor);
// Key and value are valid until the next call. 0, STORE_END, or a fault.
int store_cursor_next(
	struct op *op, struct store_cursor *c, struct span *ret_key, struct span *ret_value);
void store_cursor_close(struct store_cursor *c);
// The smallest partition >= from that has keys; STORE_END. For walks over all accounts.
int store_next_partition(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t from,
	uint64_t *ret_partition);

// --- batches ---

enum {
	STORE_FREES = 1
}; // flags: the batch lets go of space: it may use the reserve of a full volume

struct store_ticket {
	uint64_t v;
};
// Built by one thread, then submitted once. `ops` is the encoded form (store/batch.c), at most STORE_BATCH_MAX bytes.
struct store_batch {
	uint64_t partition;
	unsigned flags;
	uint64_t
		expect; // version that the partition must have (clusters: optimistic concurrency); 0: any. `local` and `memory` have one owner, keep no versions and ignore it
	struct store_ticket
		after; // the batch of this partition that it builds on: RC_CONFLICT if that failed; 0: none
	struct store_ticket
		with; // a batch, of any partition, that it must not outlive: RC_UNAVAILABLE if that or one behind it failed; 0: none
	struct buf ops;
};
void batch_init(struct store_batch *b, uint64_t partition);
void batch_done(struct store_batch *b);
void batch_put(struct store_batch *b, struct span key, struct span value);
// Overwrites bytes at `offset` of a value (absent counts as empty; a gap is filled with zeros; grows as needed).
void batch_patch(struct store_batch *b, struct span key, uint32_t offset, struct span bytes);
void batch_delete(struct store_batch *b, struct span key);
void batch_delete_range(
	struct store_batch *b, struct span from, struct span to); // from <= key < to

// Puts the batch in line; the store has copied what it needs when it returns. Never blocks on the disk. Fails at once with
// RC_READONLY, RC_NOSPACE, RC_TOOBIG, RC_CONFLICT.
int store_submit(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket);
// Waits until it is durable and visible (or failed: RC_IO, and the volume is read-only from then on; RC_NOSPACE, and the disk is sound).
// What failed takes all batches with it that were in line behind it; `after` refuses those that come later. Blocks (CREW_DISK).
int store_wait(struct op *op, struct store *s, struct store_ticket t);
// For callers that can do something else meanwhile. When another thread writes already, STORE_LATER is returned at once: `decided` is called
// once when the outcome is known, from any thread and without locks of the store; then store_wait() tells it without blocking. Else as
// store_wait(): nobody is better placed to write than the caller. `w` must stay until `decided` was called.
enum { STORE_LATER = 1 };
struct store_waiter {
	void (*decided)(struct store_waiter *w); // short; may free `w`
	struct store_waiter *next;               // the store's
};
int store_wait_later(struct op *op, struct store *s, struct store_ticket t, struct store_waiter *w);

// --- blobs ---

struct blob_ref {      // 16 bytes on disk, little-endian
	uint64_t id;   // unique for ever in this store, rising in order of arrival; 0: none
	uint64_t hint; // where it was last seen; 0: unknown
};
// Whose it is, written beside the bytes so that accounts can be rebuilt from the log alone (docs/architecture.md).
struct blob_owner {
	uint64_t partition;
	uint32_t mailbox, uid;
	int64_t internal_date; // seconds since 1970
	uint32_t flags;        // system flags on arrival
};
struct blob_writer;
// Begins a blob. Bytes are buffered; from 256 KiB on they are written as extents while they come.
int blob_begin(struct op *op, struct store *s, struct blob_writer **ret_writer);
int blob_write(struct op *op, struct blob_writer *w,
	struct span bytes); // may block on the disk when large
uint64_t blob_written(const struct blob_writer *w);
// What was written so far, for parsing it before it is finished: a piece at `offset` (up to the end of its extent), verified.
int blob_peek(struct op *op, struct blob_writer *w, uint64_t offset, struct span *ret_piece);
// Completes it with its card (<= BLOB_CARD_MAX) and puts it in line for the log; never blocks on the disk. Frees the writer.
#define BLOB_EXTENT (256u << 10) // extents have exactly this size, the last may be shorter
int blob_finish(struct op *op, struct blob_writer *w, const struct blob_owner *owner,
	struct span card, struct blob_ref *ret_ref);
void blob_abort(struct blob_writer *w); // accepts NULL

// An open blob: spans into memory that `hold` keeps alive (mapped segments). Checksums have been or are verified before any byte
// is handed out (an engine may remember for a short while that they were). Cheap for blobs of one extent: no allocation, no system call.
struct blob {
	struct store *store;
	uint64_t size;     // octets
	struct span card;  // valid until blob_close()
	struct span whole; // all the bytes, when the blob is one extent; else absent
	struct hold *hold;
	struct blob_extents *extents; // when more than one
	struct blob_ref ref;          // with a fresh hint
	struct span body;             // private: the bytes that lie with the card
	uint32_t body_crc;            // private
	bool body_verified;           // private
};
// RC_NONEXISTENT when there is no such blob, RC_CORRUPT when a checksum fails (the text names blob and owner).
int blob_open(struct op *op, struct store *s, struct blob_ref ref, struct blob *ret_blob);
// blob_open() for a reader of the card alone (ENVELOPE of ten thousand messages): touches and verifies nothing but the card;
// `whole` stays absent, blob_piece() and blob_to_rope() verify what they hand out.
int blob_open_card(struct op *op, struct store *s, struct blob_ref ref, struct blob *ret_blob);
void blob_close(struct blob *b); // accepts zeroed
// Hints, for who opens the blobs of many messages one after the other: `next` will be opened soon, in some calls, and so many octets of its card read;
// or, said later and nearer to it, the first octets of its body. `b` is open. They cost little, fail never, and may do nothing.
void blob_ahead(const struct blob *b, struct blob_ref next, uint32_t octets);
void blob_body_ahead(const struct blob *b, struct blob_ref next);
// A verified piece at `offset`: up to `n` bytes, at least 1 unless offset >= size. Valid until blob_close().
int blob_piece(
	struct op *op, const struct blob *b, uint64_t offset, uint64_t n, struct span *ret_piece);
// Appends [offset, offset + n) to the rope by reference (cut to the size). The rope keeps the memory alive.
int blob_to_rope(struct op *op, const struct blob *b, uint64_t offset, uint64_t n, struct rope *to);
// For a blob that blob_open() finds damaged: if nothing but its head is (owner and card), its octets, of which there are `size`, verify;
// `maker` makes a card of them, and the blob is put in line again with that and this owner. Durable with the next batch. RC_CORRUPT: the octets are
// damaged, or lie in extents that only the head knew. What is damaged stays where it is until a sweep.
struct blob_card_maker {
	int (*make)(struct op *op, void *ctx, const struct blob *octets, struct span *ret_card);
	void *ctx;
};
int blob_rescue(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
	const struct blob_owner *owner, const struct blob_card_maker *maker,
	struct blob_ref *ret_ref);
// Replaces the card of a blob (a newer card version, or a repair). Durable with the next batch. Who opens the blob with an
// older hint may get the older card. The bytes and the id stay.
int blob_new_card(struct op *op, struct store *s, struct blob_ref ref, struct span card,
	struct blob_ref *ret_ref);

// --- mending ---

// For a volume whose log is damaged behind what its index has flushed (it opens read-only): brings in what is whole behind the damage, in order.
// Changes may depend on lost ones, which only their owner can tell: he is asked about each batch, first those before the damage, and does at the end
// what the loss makes needful. What is done is there as a whole or, after a fault or a crash, not at all; the index that was there is kept
// (DIR/index.damaged-N). 0, or MEND_NOTHING: there is no such damage.
struct store_damage {
	uint64_t pos, octets; // where in the log, and how much of it
	bool changes;         // changes may be among what was lost; else messages only
};
enum { MEND_APPLY, MEND_SKIP, MEND_NOTHING };
struct store_mender {
	void *ctx;
	// Each is called with all that was applied so far visible. `ops`: store/batch.h. MEND_APPLY, MEND_SKIP, or a fault, which ends it.
	int (*batch)(
		struct op *op, void *ctx, struct store *s, uint64_t partition, struct span ops);
	void (*damage)(void *ctx, const struct store_damage *d);
	// A whole blob, also before the damage: the change that names it may be lost.
	int (*blob)(struct op *op, void *ctx, struct blob_ref ref, const struct blob_owner *owner);
	// All was brought in: the store is open and may be changed.
	int (*finish)(struct op *op, void *ctx, struct store *s);
};
int store_mend(struct op *op, const struct store_config *config, const struct store_mender *how);

// --- the rest ---

// Tells the store that about so many bytes lost a reference: a hint for when a sweep pays.
void store_blob_dropped(struct store *s, struct blob_ref ref);
// True when enough is dead for a sweep to pay.
bool store_wants_sweep(struct store *s);
// Gives space back: `mark` is called once and must report every blob that any record of the given snapshot refers to; whatever is not
// reported now, and was not reported to a sweep that ended at least the grace time before, is dropped (the first sweep after the open drops
// nothing); mostly dead segments are rewritten and unlinked (once no rope holds them). So a reader who saw a reference has the grace
// time to open the blob, and a writer who finished one has it to commit a reference. What has lost its last reference must not
// get a new one. Blocks long; yields the disk to commits.
typedef void (*store_live_fn)(void *sweep, uint64_t blob_id);
int store_sweep(struct op *op, struct store *s,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx);

// `changed` is called after a batch on the partition became visible, from any thread, also for changes by other nodes. One
// watcher a partition (RC_ALREADYEXISTS). It must be short, must not call the store, and may take only locks that are not held
// around store_wait(), store_watch() or store_unwatch(). After store_unwatch() it is not running and is not called again.
int store_watch(struct op *op, struct store *s, uint64_t partition,
	void (*changed)(void *ctx, uint64_t partition), void *ctx);
void store_unwatch(struct store *s, uint64_t partition);

// Octets that were written since the open, by what for; those of the log in whole pages, as the disk sees them. Not in it: what the file system writes
// for itself, and the index's small files.
struct store_written {
	uint64_t commits;    // groups of the log, but for what is below
	uint64_t index;      // tables of the index, of what was committed
	uint64_t moved;      // cleaning: what lives in segments that a sweep empties, written again
	uint64_t checkpoint; // cleaning: the index, into the log, before segments are dropped
	uint64_t compacted;  // cleaning: tables of the index, made of older ones
	uint64_t ahead;      // blocks of the log, before anything is written into them
};
struct store_stats {
	struct store_written written;
	uint64_t log_bytes, dead_bytes, blobs, commits, groups, flushes, replayed;
	bool checkpoint_due; // local: after a loss of the index, the log could not make it again: a sweep writes what is missing
	bool read_only;
	char reason[160]; // why it is read-only
};
void store_stats(struct store *s, struct store_stats *ret_stats);

// Verifies everything the engine keeps: each finding is one call (text for a person; partition, mailbox, uid when known).
enum store_finding_kind {
	FINDING_OTHER,
	FINDING_LOG,      // the log is damaged
	FINDING_INDEX,    // the index is: store_rebuild() makes it again
	FINDING_HARMLESS, // damage in the log that nothing needs: its segment goes when a sweep pays
};
struct store_finding {
	const char *text;
	struct blob_owner owner; // partition 0: not known
	uint64_t blob_id;        // 0: none, or not known
	enum store_finding_kind kind;
};
int store_check(struct op *op, struct store *s,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_frames);

#endif
