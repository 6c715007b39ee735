// SPDX-License-Identifier: Apache-2.0
// Starling: what a module needs to add a STORE modifier (RFC 4466 section 2.5), and the state of a STORE.
#ifndef IMAP_STORE_H
#define IMAP_STORE_H

#include "imap/command.h"
#include "mail/txn.h"

struct store_args {
	struct seqset set;
	struct flags_args flags;
	struct span *words; // flags as written
	size_t word_count;
	// While it runs:
	struct numset uids;
	struct uid last; // MESSAGELIMIT (RFC 9738): the lowest message; 0: all
	struct flags_result result;
	struct view_cursor *cursor; // over the messages that STORE itself may have to tell of
	bool stored, told;          // told: what of it is told is known
};
struct store_modifier { // STORE set (name [value] ...) ...
	const char *name;
	// The cursor stands behind the name; sets what it is about in the args.
	int (*parse)(
		struct session *s, struct command *c, struct cursor *in, struct store_args *args);
};

#endif
