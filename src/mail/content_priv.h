// SPDX-License-Identifier: Apache-2.0
// Starling: what content.c, section.c and search.c share.
#ifndef MAIL_CONTENT_PRIV_H
#define MAIL_CONTENT_PRIV_H

#include "mail/card.h"
#include "mail/content.h"

// A card as it is stored with a message, made of the octets of an open blob; in op's arena.
int content_card_anew(struct op *op, const struct blob *b, struct span *ret_card);
// Opens for SEARCH: a partial card is taken as it is (card_left_out() tells what to read from the octets). `octets`: they will be
// wanted (content_want_octets()).
int content_open_partial(struct op *op, struct store *s, const struct msg_cold *cold, bool octets,
	struct content *ret_content);
// Opens the card and nothing else, not even the prefix: offsets and size are those of the shared blob. `items` (bits 1 << CARD_x) were
// not left out of it: else it is made again.
int content_open_card(struct op *op, struct store *s, const struct msg_cold *cold, uint32_t items,
	struct content *ret_content);
// Opens the blob as a whole, verified once: for who reads many pieces of it. content_open() verifies nothing but the card, and the
// octets of a section whenever one is asked for.
int content_want_octets(struct op *op, struct store *s, struct content *c);
// Makes the whole card of an open message afresh. Blocks.
int content_make_card(struct op *op, struct content *c);

// Octets [from, to) of the message (prefix included), in one piece: by reference where they lie in one extent, else copied into
// op's arena.
int content_bytes(
	struct op *op, const struct content *c, uint64_t from, uint64_t to, struct span *ret_bytes);
// The piece at `from`, at most up to `to` and never empty before it. Verifies the extent's checksum unless the store did lately or the content's
// octets were wanted: ask for long pieces.
int content_piece(
	struct op *op, const struct content *c, uint64_t from, uint64_t to, struct span *ret_piece);

#endif
