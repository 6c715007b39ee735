// SPDX-License-Identifier: Apache-2.0
// Starling: who wants to hear of changes, by partition. Shared by all engines. Sharded: a call holds one shard's lock, so that
// watches_remove() returns only when the callback is not running.
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "base/op.h"

#include <pthread.h>

#define WATCH_SHARDS 16u

struct watch;
struct watches {
	struct watch_shard {
		pthread_mutex_t lock;
		struct watch *
			*buckets; // guarded by lock, as all below; `size` is a power of two or 0
		size_t size, count;
	} shards[WATCH_SHARDS];
};

void watches_init(struct watches *w);
void watches_done(struct watches *w);
int watches_add(struct op *op, struct watches *w, uint64_t partition,
	void (*changed)(void *ctx, uint64_t partition), void *ctx);
void watches_remove(struct watches *w, uint64_t partition);
// Calls the watcher of the partition, if any.
void watches_tell(struct watches *w, uint64_t partition);

#endif
