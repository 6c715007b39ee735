// SPDX-License-Identifier: Apache-2.0
// Starling: what writing and reading cards share (format: card.c).
#ifndef MAIL_CARD_PRIV_H
#define MAIL_CARD_PRIV_H

#include "base/span.h"

#include <assert.h>

#define CARD_MAGIC 0x01644353u // "SCd", version 1
#define CARD_HEAD 40u          // octets before the items' references
#define CARD_PART_HEAD 28u     // octets of a part's record before its references
#define CARD_NO_PARENT 0xffffu

// The octets that the reference at p names; absent when it is not within the card.
struct span card_ref(struct span card, const char *p);

#endif
