// SPDX-License-Identifier: Apache-2.0
// Starling: what search.c (programs), search_text.c (octets) and their tests share.
#ifndef MAIL_SEARCH_PRIV_H
#define MAIL_SEARCH_PRIV_H

#include "mail/collation.h"
#include "mail/content.h"
#include "mail/needle.h"
#include "mime/header.h"
#include "mime/text.h"

// --- one field ---

enum { FIELD_NO = 0, FIELD_YES = 1 }; // outcomes

// A HEADER key: the field of that name has the text.
struct field_key {
	struct span name;
	uint8_t bucket; // of the name (mail/card.h)
	int item;       // enum card_item that holds the field's text; -1: none
	bool addresses; // the field holds addresses
	bool any;       // the text is empty: the field exists
	struct needle needle;
	// Another collation than the card's: `exact` is sought in the octets of what may match; needle rules the rest out.
	enum collation collation;
	struct needle exact;
};
int field_key_make(struct op *op, struct arena *a, struct span name, struct span folded,
	struct field_key *ret_key);
// Makes it a key of another collation; `text` as it was given.
int field_key_collate(
	struct op *op, struct arena *a, enum collation c, struct span text, struct field_key *k);
// What the card alone says: FIELD_YES, FIELD_NO, or -1: look at the octets.
int field_in_card(const struct field_key *k, const struct content *c);
struct field_scratch {
	struct buf text, folded;
};
void field_scratch_done(struct field_scratch *f);
// Looks at the octets: FIELD_YES, FIELD_NO or a fault.
int field_in_octets(struct op *op, const struct field_key *k, const struct content *c,
	struct field_scratch *scratch);

// --- the whole text: TEXT and BODY keys of a program, all in one pass ---

struct text_key {
	struct needle needle;
	struct needle token; // its longest run without blanks and controls: what no fold can split
	bool is_plain;       // token is all of it
	bool headers;        // TEXT: header fields too
	bool folded;         // needle and text are folded (i;unicode-casemap)
	bool wanted;         // of the present message
	struct needle_stream stream;
};
// `prepared`: by the collation (mail/collation.h), which all keys of a pass share.
int text_key_make(struct op *op, struct arena *a, enum collation c, struct span prepared,
	bool headers, struct text_key *ret_key);

// A pass over one message, in steps of some 16 KiB; may rest between any two. Zeroed is none.
struct text_scan {
	struct text_key *keys;
	size_t count;
	const struct content *content;
	uint32_t part;  // the next one
	bool in_prefix; // the private prefix comes next
	bool in_body;   // of `part - 1`
	bool is_folded; // as the keys are
	uint64_t at, end;
	struct mime_text text; // decodes
	struct casefold fold;
	struct buf work, folded;
};
void text_scan_init(struct text_scan *s, struct text_key *keys, size_t count);
void text_scan_done(struct text_scan *s);
// A new message: keys with `wanted` are sought, their stream.found tells.
void text_scan_begin(struct text_scan *s, const struct content *c);
size_t text_scan_found(const struct text_scan *s); // keys that are wanted and found
// *ret_done: everything was looked at, or everything wanted was found.
int text_scan_step(struct op *op, struct text_scan *s, bool *ret_done);

#endif
