// SPDX-License-Identifier: Apache-2.0
// Starling: the index of the local engine: RocksDB without a log of its own, one column family. What is in it is what the log says
// up to a position that lies in the same write batch as the changes, so any flushed state is a state of the log.
//
// Keys: 8 big-endian bytes of the partition, then the key. The engine's own partition is 2^64-1:
//     "p"                     where the log goes on: struct index_state below
//     "b", 8 bytes id         blob: u8 version 1, u8 flags (1: has extents), u64 position of its BLOB frame, u32 its size in the log
//     "s", 4 bytes number     a segment that the log has left: u8 version 1, u32 offset where its frames end
// Ids and numbers are big-endian. Values of other partitions are stored as given. A merge operand is a list of patches: u8 version
// 1, then for each varint offset, varint length, bytes.
#ifndef STORE_LOCAL_INDEX_H
#define STORE_LOCAL_INDEX_H

#include "store/store.h"

#include <rocksdb/c.h>

struct index {
	rocksdb_t *db;
	rocksdb_options_t *options;
	rocksdb_readoptions_t *read;
	rocksdb_writeoptions_t *write;
	rocksdb_cache_t *cache;
	rocksdb_env_t *env; // its files: rocks_files.h
	char *dir;
};
struct index_state {  // on disk: u8 version 1, then these in order
	uint64_t pos; // everything before it is in the index
	uint64_t seq; // of the last frame before it
	uint64_t next_id;
	uint64_t blobs, live_bytes; // of blobs that nobody has reported as dropped
};

// Opens the folder, making it when it is missing; RocksDB's own files must not be shared with another process.
int index_open(struct op *op, struct index *ix, const char *dir, uint64_t cache_bytes);
void index_close(struct index *ix); // accepts zeroed
// STORE_ABSENT when the index is new.
int index_state_get(struct op *op, struct index *ix, struct index_state *ret_state);
// Whether this is that record, of this version.
bool index_state_decode(struct span key, struct span value, struct index_state *ret_state);
// The newest whole checkpoint (local/checkpoint.h); STORE_ABSENT.
struct checkpoint;
int index_checkpoint_get(struct op *op, struct index *ix, struct checkpoint *ret_checkpoint);

struct index_blob {
	uint64_t pos;
	uint32_t size;
	bool extents;
};
int index_blob_get(struct op *op, struct index *ix, uint64_t id, struct index_blob *ret_blob);
// Where a left segment ends; STORE_ABSENT.
int index_segment_get(struct op *op, struct index *ix, uint32_t number, uint32_t *ret_end);

// A record of the engine's own, as key and value.
struct index_own {
	struct span key, value; // point into the rooms
	char key_room[20], value_room[16];
};
void index_own_blob(struct index_own *own, uint64_t id, struct index_blob blob);
void index_own_segment(struct index_own *own, uint32_t number, uint32_t end);

// A write batch that is being put together. One thread.
struct index_batch {
	struct index *ix;
	rocksdb_writebatch_t *wb;
};
int index_batch_begin(struct op *op, struct index *ix, struct index_batch *ret_batch);
void index_batch_done(struct index_batch *b); // accepts zeroed
// False: the encoded changes are malformed (nothing of ours writes such).
bool index_batch_changes(struct index_batch *b, uint64_t partition, struct span ops);
// Of a whole key (index_key()).
void index_batch_put(struct index_batch *b, struct span key, struct span value);
void index_batch_merge(struct index_batch *b, struct span key, struct span operand);
void index_batch_delete(struct index_batch *b, struct span key);
void index_batch_own(struct index_batch *b, const struct index_own *own);
void index_batch_drop(struct index_batch *b, uint64_t id);
void index_batch_segment_drop(struct index_batch *b, uint32_t number);
void index_batch_state(struct index_batch *b, const struct index_state *state);
void index_batch_checkpoint(struct index_batch *b, const struct checkpoint *c);
// Applies and empties it: visible on return.
int index_batch_write(struct op *op, struct index_batch *b);
// Everything applied so far goes to tables. Blocks.
int index_flush(struct op *op, struct index *ix);

// Walks all blobs, or calls with the rest of the engine's own keys; see sweep.c and verify.c.
struct index_walk {
	rocksdb_iterator_t *it;
};
int index_walk_blobs(struct op *op, struct index *ix, struct index_walk *ret_walk);
// 0, STORE_END, or a fault.
int index_walk_next(
	struct op *op, struct index_walk *w, uint64_t *ret_id, struct index_blob *ret_blob);
void index_walk_done(struct index_walk *w);

#define INDEX_KEY_ROOM (8 + STORE_KEY_MAX)
// The full key, in `room`; a longer key than STORE_KEY_MAX is cut (and cannot exist).
struct span index_key(char room[INDEX_KEY_ROOM], uint64_t partition, struct span key);
// Before a thread's first call of what is called often: RocksDB then does not count each comparison of keys in thread-local counters, which nobody
// reads and which cost more than the comparison.
void index_thread(void);
// Turns RocksDB's error (freed) into RC_CORRUPT, RC_NOSPACE or RC_IO; 0 for NULL.
int index_fail(struct op *op, char *error, const char *what);

#endif
