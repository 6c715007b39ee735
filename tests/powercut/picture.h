// SPDX-License-Identifier: Apache-2.0
// Starling: all that a client can learn of some mailboxes, as text.
#ifndef POWERCUT_PICTURE_H
#define POWERCUT_PICTURE_H

#include "base/buf.h"
#include "mail/account.h"

// Of the mailboxes of the account whose name is `top` or lies below it; added to the text. 0 or a fault.
int picture_add(struct op *op, struct account *a, struct span top, struct buf *text);
// Whether a name is `top` or lies below it.
bool picture_has(struct span name, struct span top);

#endif
