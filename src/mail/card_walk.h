// SPDX-License-Identifier: Apache-2.0
// Starling: walking the cards of many messages, for SORT and THREAD: a cursor over a view that opens one card after the other.
#ifndef MAIL_CARD_WALK_H
#define MAIL_CARD_WALK_H

#include "mail/card.h"
#include "mail/collation.h"
#include "mail/view.h"

struct card_walk;
enum { CARD_WALK_END = 1 };
// Over the messages `uids` of the view, as view_cursor_open(). `items`: bits 1 << CARD_x that will be asked for; 0: no cards are opened.
int card_walk_open(struct op *op, struct view *v, const struct numset *uids, uint32_t items,
	struct card_walk **ret_walk);
// The next message with its cold record and its card, both valid until the next call. 0, CARD_WALK_END or a fault. Blocks when a card must be
// made again.
int card_walk_next(struct op *op, struct card_walk *w, struct msg *ret_msg, struct span *ret_card);
// Appends a sort key of the present message as another collation has it; of the card `item` is what i;unicode-casemap has. Reads the header.
int card_walk_key(
	struct op *op, struct card_walk *w, enum card_item item, enum collation c, struct buf *to);
void card_walk_close(struct card_walk *w); // accepts NULL

#endif
