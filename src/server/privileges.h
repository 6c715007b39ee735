// SPDX-License-Identifier: Apache-2.0
// Starling: letting go of root.
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include "base/op.h"

// Becomes `user` for good, with its groups; keeps no capabilities but those of binding low ports and of reading any file. The latter is inherited by
// processes started until privileges_drop_reading(); the former goes with privileges_drop_rest().
// Gives the data folder and what is in it to that user when it is still root's. Does nothing when not root or user is NULL. Before threads exist.
int privileges_drop(struct op *op, const char *user, const char *data);
int privileges_drop_reading(struct op *op);
int privileges_drop_rest(struct op *op);
// For commands that root gives beside the server: becomes the owner of the data folder for good, so that the server can use what they write;
// keeps only the right to read any file (for `import`). Does nothing when not root or the folder is root's.
int privileges_as_owner(struct op *op, const char *data);

#endif
