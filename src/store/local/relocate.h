// SPDX-License-Identifier: Apache-2.0
// Starling: volumes of earlier programs, whose files lay beside those of others: they get a folder of their own.
#ifndef STORE_LOCAL_RELOCATE_H
#define STORE_LOCAL_RELOCATE_H

#include "base/op.h"
#include "store/local/file.h"

// As store_relocate(), with file calls that a test may make fail.
int local_relocate(
	struct op *op, const struct files *files, const char *from, const char *to, bool make);

#endif
