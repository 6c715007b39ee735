// SPDX-License-Identifier: Apache-2.0
// Starling: what writing and reading cards share (format: card.c).
#ifndef MAIL_CARD_PRIV_H
#define MAIL_CARD_PRIV_H

#include "base/buf.h"
#include "base/op.h"

#include <assert.h>

#define CARD_MAGIC 0x02644353u // "SCd", version 2
#define CARD_HEAD 40u          // octets before the items' references
#define CARD_PART_HEAD 28u     // octets of a part's record before its references
#define CARD_NO_PARENT 0xffffu

// The octets that the reference at p names; absent when it is not within the card.
struct span card_ref(struct span card, const char *p);

// Appends the text of a field (folded: FIELD_TEXT_FOLDED), behind a NUL if `to` is not empty: what the value says, and with FIELD_TEXT_ADDRESSES also their plain form
// where that differs (it stops being made past `max` octets). `scratch` is overwritten.
enum { FIELD_TEXT_ADDRESSES = 1, FIELD_TEXT_FOLDED = 2 };
void card_field_text(struct op *op, struct span value, unsigned what, size_t max,
	struct buf *scratch, struct buf *to);

struct mime_tree;
// Appends CARD_THREAD; `subject` is CARD_BASE_SUBJECT. RC_NOMEM.
int thread_item_add(struct op *op, const struct mime_tree *t, struct span subject, struct buf *to);

#endif
