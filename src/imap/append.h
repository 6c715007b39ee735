// SPDX-License-Identifier: Apache-2.0
// Starling: what a module needs to add an APPEND data item (RFC 4466 section 2.6): a value in front of a message's data; and what a command
// needs that takes messages as APPEND does (REPLACE).
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

// What the header of the message at hand was found to hold so far.
struct append_scan {
	bool over;              // the empty line has come
	bool line_empty;        // nothing but CR since the last LF
	bool eight_bit, broken; // octets above 0x7f; not well-formed UTF-8
	uint8_t missing;        // continuation octets that a character still needs
};
struct append_intake {         // zeroed: nothing came yet
	struct append *append; // from the first message on
	uint32_t messages;     // so far
	bool opened;           // the literal to come stands in UTF8 (...)
	bool close;            // the literal before did: its ")" comes now
	struct append_scan header;
	struct append_result result;
	bool committed; // `append` was handed to what commits it, which frees it whatever the outcome
};

// The functions of a stream (imap/command.h). The cursor stands before the space before the mailbox's name.
int append_intake_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header, struct append_intake *a);
int append_intake_data(struct session *s, struct append_intake *a, struct span octets);
int append_intake_end(struct session *s, struct append_intake *a);
// parse() of the last piece.
int append_intake_parse(
	struct session *s, struct command *c, struct cursor *in, struct append_intake *a);
// "APPENDUID ..." of the result, in the arena; NULL: out of memory.
const char *append_intake_code(struct session *s, const struct append_intake *a);
void append_intake_done(struct append_intake *a);

#endif
