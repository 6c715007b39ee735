// SPDX-License-Identifier: Apache-2.0
// Starling: changes that are durable in the log and visible, but not yet in RocksDB. Under load most of them touch the same few keys again and again
// (a mailbox's header, its newest chunk), so they are gathered here, one entry for each key, and written to RocksDB as one sorted batch: when
// a reader needs them there, when they have become many, and a moment after the load has gone (keeper.c).
//
// The log is the truth, so nothing is lost with them: the position in RocksDB stays where the last batch left it, and recovery replays from there.
// One write batch holds whole groups and the position behind them. Two tables: one takes changes, the other one is being written; a
// key is looked for in both, then in RocksDB.
#ifndef STORE_LOCAL_PENDING_H
#define STORE_LOCAL_PENDING_H

#include "store/batch.h"
#include "store/local/index.h"

#include <pthread.h>

struct local;
struct pending_entry;
struct pending_table {
	struct arena arena; // entries, keys, values
	struct pending_entry **buckets;
	size_t bucket_count, count;
	struct index_state state; // behind the last group in it
	uint64_t since;           // clock_mono() of the first change
};
struct pending {
	pthread_mutex_t lock;     // guards the tables but for what is being written
	pthread_mutex_t draining; // held while a table is written; taken before `lock`
	struct pending_table *taking, *writing; // writing: NULL when nothing is
	struct pending_table table[2];
	size_t writing_bytes; // of the table that is written
	_Atomic size_t bytes; // in both tables; 0: nothing is pending
	size_t used;          // of the taking table, when the present group began
	_Atomic bool failed;  // RocksDB refused them; nothing is written any more
};

void pending_init(struct pending *p);
void pending_done(struct pending *p); // accepts what was initialised; what is in it is dropped

// A group's changes go in between these two; nobody drains half of a group. False: out of memory; what came in may be in it. The state is that behind
// the group; NULL: it did not go in whole, and the caller drains and then writes all of it by another way. Changes of ranges are not for here.
// `before`: the state before the group, which is written with what came in of it then.
void pending_begin(struct pending *p, const struct index_state *before);
bool pending_change(struct pending *p, uint64_t partition, const struct change *c);
bool pending_own(struct pending *p, const struct index_own *own);
void pending_close(struct pending *p, const struct index_state *state);
// Writes all of it to RocksDB. A failure seals the volume, but for RC_NOMEM: then it waits still. Blocks.
int pending_drain(struct op *op, struct local *l);
bool pending_waits(const struct pending *p); // something is there that can be drained
uint64_t pending_since(struct pending *p);   // clock_mono() of the oldest change; 0: none
// What is known of the key (with its partition) without RocksDB. The value is in op's arena.
enum { PENDING_UNKNOWN = 100, PENDING_IN_PART }; // in part: drain, then ask RocksDB
int pending_get(struct op *op, struct pending *p, struct span key, struct span *ret_value);

#endif
