// SPDX-License-Identifier: Apache-2.0
// Starling: what an engine provides. Called only through the functions of store/store.h, whose comments are the contract of each
// entry. The table is const and complete; engines are listed in store/store.c. What is the same for all engines lies outside of
// them: writers of blobs (blob.c), watchers (watch.c), the encoding of batches (batch.c), sets of live blobs (live.c).
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "base/ref.h"
#include "store/store.h"
#include "store/watch.h"

#include <pthread.h>

// A piece of a blob that was written while it came. `pos` is the engine's own name for it: for `local`, a position in the log.
struct blob_extent {
	uint64_t pos;
	uint32_t n;
};
// What blob_finish() hands to the engine. `tail` (the bytes behind the last extent) is taken over: left empty.
struct blob_parts {
	const struct blob_owner *owner;
	struct span card;
	const struct blob_extent *extents;
	size_t extent_count;
	uint64_t size;
	struct buf *tail;
};
// Made by the engine's blob_open (blob_extents_new) for a blob of more than one extent. The engine takes a reference on what keeps each
// extent, so that an open blob stays whole whatever a sweep does to it; the generic code fetches and verifies them when asked for.
struct blob_extents {
	struct blob_extent *list; // without the tail, which is the blob's `body`
	size_t count;
	struct extent_open {
		struct span bytes; // verified; absent: not yet fetched
		struct hold *hold; // from blob_open on; NULL: lost, as fetching will say
	} * open;
};

// Who could still finish a blob whose extents are in the engine already: a sweep spares what these wrote. A writer is listed, with the
// `floor` of that moment, before its first extent goes to the engine, and until its BLOB is in line: at no moment does neither
// the list nor the engine know of an extent.
struct writers {
	pthread_mutex_t lock;
	struct blob_writer *first; // guarded by lock
	_Atomic uint64_t
		floor; // never falls; the engine's: extents put from now on lie there or behind
};

struct store_engine {
	const char *name;
	int (*open)(struct op *op, const struct store_config *config, struct store **ret_store);
	void (*close)(struct store *s);
	int (*snapshot_begin)(struct op *op, struct store *s, struct store_snapshot **ret_snap);
	void (*snapshot_end)(struct store *s, struct store_snapshot *snap);
	int (*get)(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
		struct span key, struct span *ret_value);
	// The range is already cut to the partition by the caller; `to` absent: its end.
	int (*cursor_open)(struct op *op, struct store *s, struct store_snapshot *snap,
		uint64_t partition, struct span from, struct span to,
		struct store_cursor **ret_cursor);
	int (*cursor_next)(struct op *op, struct store_cursor *c, struct span *ret_key,
		struct span *ret_value);
	void (*cursor_close)(struct store_cursor *c);
	int (*next_partition)(struct op *op, struct store *s, struct store_snapshot *snap,
		uint64_t from, uint64_t *ret_partition);
	// The batch is well-formed and within the limits (batch_valid).
	int (*submit)(struct op *op, struct store *s, const struct store_batch *b,
		struct store_ticket *ret_ticket);
	int (*wait)(struct op *op, struct store *s, struct store_ticket t,
		struct store_waiter *later); // NULL: blocks
	// Writes one extent (may block) / gives verified bytes. *io_hold keeps them: when NULL, a reference is found and given.
	int (*extent_put)(
		struct op *op, struct store *s, struct span bytes, struct blob_extent *ret_extent);
	int (*extent_get)(struct op *op, struct store *s, struct blob_extent extent,
		struct hold **io_hold, struct span *ret_bytes);
	int (*blob_put)(struct op *op, struct store *s, const struct blob_parts *parts,
		struct blob_ref *ret_ref);
	// With `whole`, the body is verified now; else when a piece of it is asked for.
	int (*blob_open)(struct op *op, struct store *s, struct blob_ref ref, bool whole,
		struct blob *ret_blob);
	// Whether a piece of an open blob's body is verified, and there; a piece that was asked for lately without reading the rest. False: it is damaged.
	bool (*body_is_good)(struct store *s, const struct blob *b, struct span piece);
	// store.h: blob_ahead(), blob_body_ahead().
	void (*blob_ahead)(
		struct store *s, const struct blob *b, struct blob_ref next, uint32_t octets);
	void (*body_ahead)(struct store *s, const struct blob *b, struct blob_ref next);
	int (*blob_new_card)(struct op *op, struct store *s, struct blob_ref ref, struct span card,
		struct blob_ref *ret_ref);
	void (*blob_dropped)(struct store *s, struct blob_ref ref);
	int (*blob_rescue)(struct op *op, struct store *s, struct blob_ref ref, uint64_t size,
		const struct blob_owner *owner, const struct blob_card_maker *maker,
		struct blob_ref *ret_ref);
	int (*rebuild)(struct op *op, const struct store_config *config, struct store **ret_store,
		const char **ret_aside);
	int (*mend)(
		struct op *op, const struct store_config *config, const struct store_mender *how);
	int (*checkpoint)(struct op *op, struct store *s);
	int (*sweep)(struct op *op, struct store *s,
		int (*mark)(struct op *op, void *ctx, struct store_snapshot *snap,
			store_live_fn live, void *sweep),
		void *ctx);
	void (*stats)(struct store *s, struct store_stats *ret_stats);
	int (*verify)(struct op *op, struct store *s,
		void (*found)(void *ctx, const struct store_finding *f), void *ctx,
		uint64_t *ret_frames);
};

struct store { // the head of each engine's own object
	const struct store_engine *engine;
	struct watches watches;
	struct writers writers;
};
struct store_cursor { // the head of each engine's own cursor
	struct store *store;
};

extern const struct store_engine store_memory;
extern const struct store_engine store_local;

// For engines: fills and empties the head.
int store_head_init(struct op *op, struct store *s, const struct store_engine *engine);
void store_head_done(struct store *s);
// NULL when out of memory; freed by blob_close(), or by blob_extents_free(), which accepts NULL.
struct blob_extents *blob_extents_new(size_t count);
void blob_extents_free(struct blob_extents *x);
// No open writer has an extent before this position; UINT64_MAX: none has any. A sweep asks after it has settled how far it may
// go: who is listed later has a floor at or behind that.
uint64_t writers_oldest(struct store *s);

#endif
