// SPDX-License-Identifier: Apache-2.0
// Starling: patches as merge operands of RocksDB (index.h has their form).
#ifndef STORE_LOCAL_MERGE_H
#define STORE_LOCAL_MERGE_H

#include "base/buf.h"

#include <rocksdb/c.h>

rocksdb_mergeoperator_t *merge_operator(void);
// What precedes the bytes of a patch in its operand; returns its length (at most 21).
size_t merge_head(char head[24], uint32_t offset, size_t n);
// An operand of several patches, in order: empties `to`, then adds.
void merge_begin(struct buf *to);
void merge_add(struct buf *to, uint32_t offset, struct span bytes);

#endif
