// SPDX-License-Identifier: Apache-2.0
// Starling: the parts of `starling backup` and `starling restore`.
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "cli/cli.h"

// Takes a backup of what --account and --mailbox say into the folder; status.
int backup_take(struct cli *c, const char *dir);
// Restores from the folder; status.
int restore_give(struct cli *c, const char *dir);

#endif
