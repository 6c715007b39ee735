// SPDX-License-Identifier: Apache-2.0
// Starling: the files of RocksDB, so that a call that fails on one of them does not end the process. Debian's RocksDB is built with its assertions:
// the second call on a writer after one that failed is a bug in its eyes, and it makes such calls itself.
// What is done in place of it, by kind of file:
//   - tables: the first failure is kept, what comes behind it is not passed on, and Close() tells of it. RocksDB closes a table before anything
//     refers to it, and takes a failure there for what it is: the flush or compaction failed.
//   - its own diary (LOG): failures are swallowed.
//   - all else (MANIFEST, CURRENT, ...): failures are told at once. It closes those files after the first one.
#ifndef STORE_LOCAL_ROCKS_FILES_H
#define STORE_LOCAL_ROCKS_FILES_H

#include <stdint.h>

#include <rocksdb/c.h>

#ifdef __cplusplus
extern "C" {
#endif

// The default environment over such files, with the threads that RocksDB wants: it would start them by itself, and end the process when it cannot.
// NULL: out of memory or threads. Must stay as long as what was opened with it.
rocksdb_env_t *rocks_files_new(void);
void rocks_files_free(rocksdb_env_t *env); // accepts NULL
// Octets of tables that were written so far: of what was new, and of what was there (compactions, told by their priority).
void rocks_files_written(const rocksdb_env_t *env, uint64_t *ret_new, uint64_t *ret_compacted);
// rocksdb_open(), which may throw: a thread that cannot be started is an error like others.
rocksdb_t *rocks_open(const rocksdb_options_t *options, const char *dir, char **ret_error);

#ifdef __cplusplus
}
#endif

#endif
