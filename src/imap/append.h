// SPDX-License-Identifier: Apache-2.0
// Starling: what a module needs to add an APPEND data item (RFC 4466 section 2.6): a value in front of a message's data.
#ifndef IMAP_APPEND_H
#define IMAP_APPEND_H

#include "imap/command.h"
#include "mail/txn.h"

struct append_item { // APPEND box (flags) "date" name value {n}
	const char *name;
	// The cursor stands behind the name and a space; must have no effects beyond *meta.
	int (*parse)(
		struct session *s, struct command *c, struct cursor *in, struct append_meta *meta);
};

#endif
