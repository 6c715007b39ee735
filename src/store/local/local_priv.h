// SPDX-License-Identifier: Apache-2.0
// Starling: the parts of the local engine, for its own files only. README.md one folder up has the crash states; format.h the log;
// index.h the index.
#ifndef STORE_LOCAL_LOCAL_PRIV_H
#define STORE_LOCAL_LOCAL_PRIV_H

#include "store/live.h"
#include "store/local/checked.h"
#include "store/local/checkpoint.h"
#include "store/local/faults.h"
#include "store/local/index.h"
#include "store/local/pending.h"
#include "store/local/segment.h"
#include "store/local/write.h"

struct keeper {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, stop, poked; // guarded by lock
	_Atomic bool dozing;       // it sleeps for long, or is about to: nothing is pending
	bool weighs;               // log.past_cache is its
};

#define VOLUME_BYTES 64u // of DIR/volume: volume.c

struct local {
	struct store head;
	char *dir;
	int lock_fd;
	const struct files *files;
	uint64_t segment_bytes, reserve_bytes, grace_ns, cache_bytes;
	bool reader; // opened with read_only
	char *view;  // reader: the private copy of the index, removed at close
	uint64_t epoch;
	char volume[VOLUME_BYTES]; // what DIR/volume holds
	struct segments segments;
	struct checked checked; // frames that were verified lately
	struct index index;
	struct log log;
	struct checkpoint checkpoint; // guarded by log.lock; changed by sweeps only
	struct pending pending;
	struct keeper keeper;
	pthread_t writer; // write.c
	bool has_writer;
	pthread_mutex_t sweeping; // one sweep at a time
	struct limbo limbo;       // guarded by sweeping
	_Atomic uint64_t
		dropped_hint; // bytes that store_blob_dropped() was told of since the last sweep
	_Atomic uint64_t flushes, flushed_pos; // the tables hold everything before flushed_pos
	uint64_t replayed;                     // frames, at open
	bool restored;           // the index was made again from a checkpoint, at open
	struct mending *mending; // recovery passes over damage; NULL: it stops there
};

static inline struct local *local_of(struct store *s)
{
	return container_of(s, struct local, head);
}

// volume.c: the files beside log and index.
int volume_lock(struct op *op, struct local *l);       // also makes the folders
int volume_load(struct op *op, struct local *l);       // format version, epoch; makes a new volume
int volume_next_epoch(struct op *op, struct local *l); // durable on return
int volume_view_make(struct op *op, struct local *l);  // reader: links the tables into l->view
void volume_view_remove(const struct local *l);
// The index of a volume that nobody has open is put out of the way: *ret_aside, in op's arena, is where. And back, over what was made in
// its place.
int volume_index_aside(struct op *op, const char *dir, const char **ret_aside);
int volume_index_back(struct op *op, const char *dir, const char *aside);
void volume_views_clean(const struct local *l); // of readers that died
// DIR/index.mending: a copy of the index, tables linked; it takes the place of the index, which is kept as damaged; it is removed.
int volume_index_copy(struct op *op, const struct local *l);
int volume_index_swap(struct op *op, const char *dir);
void volume_index_forget(const char *dir);
// Free space: keeps or gives back DIR/reserve; returns whether ordinary commits must stop.
bool volume_is_full(struct local *l);
// Before the index is opened, which writes: gives the reserve back if the disk is full.
void volume_reserve_lend(struct local *l);

// recover.c: maps the segments, replays the log behind the index, fills l->log with where it goes on.
int recover(struct op *op, struct local *l);
// Follows the frames from `pos` while they are good and in sequence; calls `each` for every one but GROUP.
struct log_end {
	uint64_t pos, seq;
	uint64_t frames, bytes;
	bool torn;    // something half-written lies there
	bool corrupt; // something durable was damaged there
	bool between; // a group ended there, as its GROUP frame says: another must begin
};
struct log_frame {
	uint64_t pos;
	const struct segment *segment;
	struct frame frame;
	const char *payload;
};
int log_follow(struct op *op, struct local *l, uint64_t pos, uint64_t seq,
	int (*each)(struct op *op, void *ctx, const struct log_frame *f), void *ctx,
	struct log_end *ret_end);

// mend.c: over damage in the log.
struct mending {
	const struct store_mender *how;
	uint32_t passed; // how often damage was passed over
	uint64_t ids;    // of blobs that were lost with it, at most
};
struct damage {
	struct log_frame at;  // the frame, if only its payload is damaged
	struct segment *held; // where it is
	bool head_is_whole;   // it is a blob, and only its octets are damaged
	uint64_t next, seq;   // where to go on, behind which number; next 0: nothing whole comes
	uint32_t left_end;    // where the segment of the damage ended, when `next` is in another
	struct store_damage told;
};
// What lies at the end of a log that was followed up to damage.
void damage_find(struct local *l, const struct log_end *end, struct damage *ret_damage);
void damage_done(struct damage *d);
void mend_tell(struct local *l, const struct damage *d);
struct applier;
// MEND_APPLY, MEND_SKIP, or a fault.
int mend_ask(struct op *op, struct local *l, struct applier *a, const struct log_frame *f);
int local_mend(struct op *op, const struct store_config *config, const struct store_mender *how);
// local.c: opens with a copy of the index, DIR/index.mending.
int local_open_mending(struct op *op, const struct store_config *config, struct mending *mending,
	struct store **ret_store);
// Everything to the tables, with the counters of now.
int local_flush_all(struct op *op, struct local *l);

// apply.c: what a frame does to the index; the same for commits and for replay.
struct applier {
	struct local *l;
	struct index_batch batch;
	struct index_state state; // goes into the index with the next applier_write()
	struct index_state *now;  // the engine's own, updated with it
};
int applier_begin(struct op *op, struct local *l, struct applier *ret_applier);
void applier_done(struct applier *a);
int applier_frame(
	struct op *op, struct applier *a, uint64_t pos, const struct frame *f, const char *payload);
// The log moved to another segment.
void applier_segment(struct applier *a, uint32_t number, uint32_t end);
// Everything so far, with the position `pos` and the sequence number of the last frame.
int applier_write(struct op *op, struct applier *a, uint64_t pos, uint64_t seq);

// A group that is durable becomes visible without RocksDB (pending.h). False: it cannot; after pending_drain() the applier does it.
bool apply_later(struct local *l, const struct group *n);

// blobs.c
int local_extent_get(struct op *op, struct store *s, struct blob_extent extent,
	struct hold **io_hold, struct span *ret_bytes);
int local_extent_put(
	struct op *op, struct store *s, struct span bytes, struct blob_extent *ret_extent);
int local_blob_put(
	struct op *op, struct store *s, const struct blob_parts *parts, struct blob_ref *ret_ref);
int local_blob_open(
	struct op *op, struct store *s, struct blob_ref ref, bool whole, struct blob *ret_blob);
bool local_body_is_good(struct store *s, const struct blob *b, struct span piece);
static inline struct segment *blob_segment(const struct blob *b) // of an open blob
{
	return container_of(b->hold, struct segment, hold);
}
int local_blob_new_card(struct op *op, struct store *s, struct blob_ref ref, struct span card,
	struct blob_ref *ret_ref);
int local_blob_rescue(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
	const struct blob_owner *owner, const struct blob_card_maker *maker,
	struct blob_ref *ret_ref);
// ahead.c
void local_blob_ahead(struct store *s, const struct blob *b, struct blob_ref next, uint32_t octets);
void local_body_ahead(struct store *s, const struct blob *b, struct blob_ref next);
// blobs.c
// Puts the blob at `old` in line again, with all its extents and the same id. For the sweep.
int blob_move(struct op *op, struct local *l, uint64_t id, uint64_t old);
// The extents of the blob whose BLOB frame is at `pos`, in op's arena; verifies the frame's first part only.
int blob_extents_at(struct op *op, struct local *l, uint64_t id, uint64_t pos,
	struct blob_extent **ret_list, uint32_t *ret_count);

// sweep.c, verify.c, keys.c
int local_sweep(struct op *op, struct store *s,
	int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live,
		void *sweep),
	void *ctx);
int local_verify(struct op *op, struct store *s,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_frames);
void local_blob_dropped(struct store *s, struct blob_ref ref);
int local_snapshot_begin(struct op *op, struct store *s, struct store_snapshot **ret_snap);
void local_snapshot_end(struct store *s, struct store_snapshot *snap);
int local_get(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span key, struct span *ret_value);
int local_cursor_open(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span from, struct span to, struct store_cursor **ret_cursor);
int local_cursor_next(
	struct op *op, struct store_cursor *c, struct span *ret_key, struct span *ret_value);
void local_cursor_close(struct store_cursor *c);
int local_next_partition(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t from,
	uint64_t *ret_partition);

// keeper.c: the engine's thread.
// Starts a thread to which no signals are delivered. 0 or an errno.
int thread_quiet(pthread_t *ret_thread, void *(*run)(void *arg), void *arg);
int keeper_start(struct op *op, struct local *l);
void keeper_stop(struct local *l);
void keeper_poke(struct local *l);
// If it dozes: something is in line now, which it must see to within 50 ms.
void keeper_call(struct local *l);
// Flushes the index and notes up to where. Blocks.
int local_flush(struct op *op, struct local *l);

#endif
