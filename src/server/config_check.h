// SPDX-License-Identifier: Apache-2.0
// Starling: what can be said of a configuration before a server is started on it, beyond its syntax: addresses, files, users, settings that belong
// together. For `starling config --config FILE`; the server finds the same when it starts, one after the other.
#ifndef SERVER_CONFIG_CHECK_H
#define SERVER_CONFIG_CHECK_H

#include "server/config.h"

// One line each is added to *faults ("FILE: key: text\n"); the number of them. *ret_unseen: of further lines, of what this user may not look at.
size_t config_check(struct op *op, const struct config *c, const char *name, struct buf *faults,
	size_t *ret_unseen);

#endif
