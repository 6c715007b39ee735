// SPDX-License-Identifier: Apache-2.0
// Starling: the LIST response (RFC 9051 section 7.3.1), as LIST, SELECT, CREATE, RENAME send it.
#ifndef IMAP_LIST_H
#define IMAP_LIST_H

#include "imap/session.h"

struct buf;
struct tree_entry;

// A name as a client gave it: canonical, and as given where that was another Unicode form (then OLDNAME tells of it).
struct list_name {
	struct span name;
	struct span given; // absent when it was canonical
};
int list_name_take(struct session *s, struct span text, struct list_name *ret_name);

enum {                       // what a LIST response says besides: bits
	LIST_SUBSCRIBED = 1, // \Subscribed where it is
	LIST_CHILDINFO = 2,  // ("CHILDINFO" (criteria))
	LIST_BASIC_REV1 = 4, // \Noselect in place of \NonExistent: rev1's basic LIST
	LIST_LSUB = 8, // an LSUB response (RFC 3501 section 7.2.3): no attributes but \Noselect
};
struct list_line {
	unsigned flags;
	const char *criteria; // of LIST_CHILDINFO: "\"SUBSCRIBED\""
	struct span oldname;  // absent: none
};
// "* LIST (...) "/" name"
void list_write(struct session *s, const struct tree_entry *entry, const struct list_line *line);
// Tells the LIST response of one existing mailbox, with OLDNAME if it was given in another form. Nothing if there is none.
int list_tell(struct session *s, const struct list_name *name);
// The USE_ bit of "\\Drafts" ... (any case); 0: not known.
unsigned list_use_of(struct span attribute);
// The attributes of USE_ bits with spaces between; the buffer was empty.
void list_uses_add(unsigned uses, struct buf *to);

#endif
