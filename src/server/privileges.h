// SPDX-License-Identifier: Apache-2.0
// Starling: letting go of root.
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include "base/op.h"

// Becomes `user` for good, with its groups; keeps no capability but that of binding low ports, which privileges_drop_rest() then drops.
// Gives the data folder to that user when it is still root's. Does nothing when not root or user is NULL.
int privileges_drop(struct op *op, const char *user, const char *data);
int privileges_drop_rest(struct op *op);

#endif
