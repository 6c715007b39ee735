// SPDX-License-Identifier: Apache-2.0
// Starling: small files that are there as a whole or not at all, whatever happens in between, and folders whose names outlive a power cut.
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include "base/op.h"

// Makes or replaces the file `path` (mode 0600): written beside it as `path`.new, flushed, renamed, the folder flushed. Durable on return. Who may
// do so at the same time holds a lock of his own. RC_NOSPACE, RC_IO. Blocks.
int whole_file_write(struct op *op, const char *path, struct span text);

// Flushes the folder that `path` lies in: what was made or renamed there stays. 0 as well for who may not read that folder, and so cannot. RC_IO. Blocks.
int whole_name_flush(struct op *op, const char *path);

#endif
