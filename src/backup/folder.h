// SPDX-License-Identifier: Apache-2.0
// Starling: the folder that backups lie in: plain files that any copier can carry. No file is ever written again once it has its name; the file of
// a backup comes last. So a copy that was taken at any moment, names in `backups/` last, holds whole backups.
//
//     DIR/starling-backup             "starling-backup 1\n": the format's version
//     DIR/packs/NUMBER-HASH.pack      pack.h; what has the suffix .new is being written, or left over
//     DIR/backups/NUMBER.manifest     manifest.h; likewise
//     DIR/claims/TOKEN                a final backup was restored as the latest state
#ifndef BACKUP_FOLDER_H
#define BACKUP_FOLDER_H

#include "base/buf.h"
#include "base/op.h"

struct backup_folder {
	int fd;   // of the folder; -1: not open
	int held; // 1 more than the descriptor of what backup_hold() locked; 0: none
};
enum backup_access {
	BACKUP_READ,  // what is there
	BACKUP_WRITE, // one at a time (RC_LOCKED)
	BACKUP_MAKE,  // as BACKUP_WRITE; made where there is none or an empty folder
};
// RC_NONEXISTENT, RC_VERSION, RC_LOCKED, RC_IO.
int backup_open(struct op *op, const char *path, enum backup_access access,
	struct backup_folder *ret_folder);
void backup_close(struct backup_folder *f); // accepts one that is not open

// Until backup_close() the packs that are there stay: for who reads them. `alone`: for who removes some. RC_LOCKED: somebody has them otherwise.
int backup_hold(struct op *op, struct backup_folder *f, bool alone);

// A new file of this name under the folder, durable on return, all of it or none. RC_ALREADYEXISTS.
int backup_file_put(
	struct op *op, const struct backup_folder *f, const char *name, struct span text);
// All octets of a file, at most `max`. RC_NONEXISTENT, RC_TOOBIG.
int backup_file_get(struct op *op, const struct backup_folder *f, const char *name, uint64_t max,
	struct buf *to);
// Gives a file that was written as `temporary` its name: durable on return.
int backup_file_name(
	struct op *op, const struct backup_folder *f, const char *temporary, const char *name);
// What was named or removed in a folder below ("backups") is durable on return.
int backup_sync(struct op *op, const struct backup_folder *f, const char *below);
// Calls `each` for the names in a folder below ("packs"), in no order; not for "." and "..". None are in one that is not there.
int backup_names(struct op *op, const struct backup_folder *f, const char *below,
	int (*each)(struct op *op, void *ctx, const char *name), void *ctx);

#endif
