// SPDX-License-Identifier: Apache-2.0
// Starling: letting go of root.
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include "base/op.h"

// Becomes `user` for good, with its groups, or without one the owner of the data folder; keeps no capabilities but those of binding low ports and of
// reading any file. Gives the data folder and what is in it to `user` when it is still root's. Without a user, and with a folder of root's, it stays root.
// Does nothing when not root. Before threads exist.
int privileges_drop(struct op *op, const char *user, const char *data);
// All ports are bound. Reading any file is inherited by the processes that are started from now on, nothing else is.
int privileges_drop_binding(struct op *op);
// Nothing is left (but see sandbox_capabilities_reaching()). A capability is a thread's own, so this must come before there are any.
int privileges_drop_rest(struct op *op, const char *data);
// For commands that root gives beside the server: becomes the owner of the data folder for good, so that the server can use what they write;
// keeps only the right to read any file (for `import`). Does nothing when not root or the folder is root's.
int privileges_as_owner(struct op *op, const char *data);

#endif
