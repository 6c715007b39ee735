// SPDX-License-Identifier: Apache-2.0
// Starling: a pool of memory blocks of one size, for buffers that come and go with every burst of input. Taking one that
// was given back lately costs a lock and no page faults. Keeps at most `keep` free blocks; the rest goes back to the
// allocator. Thread-safe; its lock is a leaf.
#ifndef RUN_POOL_H
#define RUN_POOL_H

#include "base/attr.h"

#include <stddef.h>

struct pool;

struct pool *pool_new(size_t block_size, unsigned keep); // NULL: out of memory
void pool_free(struct pool *p);                          // every block taken must be back
size_t pool_block_size(const struct pool *p);
void *pool_take(struct pool *p) must_use; // uninitialised; NULL: out of memory
void pool_give(struct pool *p, void *block);

#endif
