// SPDX-License-Identifier: Apache-2.0
// Starling: RocksDB's MANIFEST after a power cut. RocksDB appends to it and flushes it before it relies on what it appended, but when it reads it, takes a
// record of which only a part reached the disk for damage, and does not open. A file system may leave such a part: the file's new size is
// written apart from its octets. What such a record said was never relied on, so it is cut off.
//
// Were it damage after all, in a record that was durable, RocksDB opens an older state of the tables, or does not open; to an older state the log
// behind it is replayed, and recover.c tells when that log is no longer whole.
#ifndef STORE_LOCAL_MANIFEST_H
#define STORE_LOCAL_MANIFEST_H

#include "base/op.h"

// Cuts the MANIFEST that CURRENT names at the first record that is not whole; durable on return. *ret_cut: there was one. The folder is not in use.
int manifest_mend(struct op *op, const char *dir, bool *ret_cut);

#endif
