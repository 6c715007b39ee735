// SPDX-License-Identifier: Apache-2.0
// Starling: which files the serving process keeps when it enters its sandbox (run/sandbox.h), and when.
#ifndef SERVER_CONFINE_H
#define SERVER_CONFINE_H

#include "base/op.h"

struct config;

// Files and TCP: after the spawner and before any thread was started. Makes the folders that are meant, so that they can be. With `sandbox` off says so,
// loudly, and does nothing. `reads_key`: the key process cannot hold the TLS key, so this one does. Not in the sandbox: users and their password hashes, and whatever is not named here.
int confine_files(struct op *op, const struct config *c, bool reads_key);
// System calls: when all listens.
int confine_calls(struct op *op, const struct config *c);

#endif
