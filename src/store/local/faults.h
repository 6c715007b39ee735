// SPDX-License-Identifier: Apache-2.0
// Starling: the local engine on a disk that fails when a test says so (store/local/file.h: struct files). For tests, of other folders too.
#ifndef STORE_LOCAL_FAULTS_H
#define STORE_LOCAL_FAULTS_H

#include "store/local/file.h"
#include "store/store.h"

// local.c. Like store_open(), with faults; `files` must stay until store_close().
int local_open_with(struct op *op, const struct store_config *config, const struct files *files,
	struct store **ret_store);

#endif
