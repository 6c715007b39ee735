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

// What a piece of the command asks for, in its order, before the literal at its end or the end of the command.
enum append_step_kind { APPEND_MESSAGE, APPEND_URL, APPEND_END };
struct append_step {
	enum append_step_kind kind;
	struct append_meta meta; // APPEND_MESSAGE: a message that is catenated begins
	struct span url;         // APPEND_URL
	struct append_step *next;
};
struct append_piece { // being parsed; nothing in it has had an effect
	struct append_step *steps, **tail;
	struct append_meta meta; // of the message that the literal is
	bool catenating;         // the place is within CATENATE (...)
	bool begun;              // and something stands in it already
	bool opened;             // the literal to come stands in UTF8 (...)
};

struct append_intake {             // zeroed: nothing came yet
	struct append *append;     // from the first message on
	uint32_t messages;         // so far
	bool close;                // the literal before stood in UTF8 (...): its ")" comes now
	bool catenating;           // the literal is a part of a message (CATENATE)
	struct append_step *steps; // not done yet
	struct append_piece piece; // whose steps they are, if its literal has to wait for them
	bool waits;
	struct span mailbox; // of a command that came without a literal
	uint64_t octets;     // of the message at hand
	uint32_t urls;
	uint64_t url_octets;
	struct url_part *part;       // being copied; NULL: none
	uint64_t part_at;            // octets of it that were
	struct arena_mark part_mark; // what it needs is behind it
	struct append_scan header;
	struct append_result result;
	bool single;    // at most one message
	bool committed; // `append` was handed to what commits it, which frees it whatever the outcome
};

// The functions of a stream (imap/command.h). The cursor stands before the space before the mailbox's name.
int append_intake_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header, struct append_intake *a);
int append_intake_data(struct session *s, struct append_intake *a, struct span octets);
// Of a message that is stored here: they stay as they are, lone LFs as well.
int append_intake_stored(struct session *s, struct append_intake *a, struct span octets);
int append_intake_end(struct session *s, struct append_intake *a);
// parse() of the last piece.
int append_intake_parse(
	struct session *s, struct command *c, struct cursor *in, struct append_intake *a);
// From run(), until it returns 0: does what the last piece asked for. IMAP_MORE, or a fault.
int append_intake_run(struct session *s, struct append_intake *a);
// "APPENDUID ..." of the result, in the arena; NULL: out of memory.
const char *append_intake_code(struct session *s, const struct append_intake *a);
void append_intake_done(struct append_intake *a);

// --- CATENATE (imap/ext_catenate.c) ---

// cat-part *(SP cat-part) ")", from where p->begun says: up to the literal of a text-literal, or behind the ")" (p->catenating is false then).
int catenate_parse(struct session *s, struct cursor *in, struct append_piece *p);
// NULL: out of memory, recorded.
struct append_step *append_step_add(
	struct session *s, struct append_piece *p, enum append_step_kind kind);
// Appends what the URL means to the message at hand: 0, IMAP_MORE (the slice is over: call again), or a fault.
int catenate_url(struct session *s, struct append_intake *a, struct span url);
void catenate_done(struct append_intake *a);

#endif
