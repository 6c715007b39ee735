// SPDX-License-Identifier: Apache-2.0
// Starling: the records that a new account begins with (tree_change.c), for account.c.
#ifndef MAIL_TREE_CHANGE_H
#define MAIL_TREE_CHANGE_H

#include "mail/tree.h"

void account_first_records(struct store_batch *b, struct span user);

#endif
