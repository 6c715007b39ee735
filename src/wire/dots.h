// SPDX-License-Identifier: Apache-2.0
// Starling: dot-stuffing (RFC 5321 section 4.5.2, RFC 1939 section 3): the octets of a message as text that ends in a line with a dot. Both ways
// work piece by piece, whatever the pieces are, without copies of what is not changed.
//
// Only CRLF ends a line here. "LF . CRLF" or "CR . CR" never end a message (SMTP smuggling): a peer that sees an end there where we do not
// could be made to take one message for two.
#ifndef WIRE_DOTS_H
#define WIRE_DOTS_H

#include "base/rope.h"

// --- putting in ---

struct dot_stuffer {   // zeroed at the beginning of a message
	bool in_line;  // not at the beginning of a line
	bool after_cr; // the last octet was CR
};
// Moves the octets of `from` to the end of `to`, a dot before every dot that begins a line. Referenced octets stay references. `from` is
// left empty.
void dots_stuff(struct dot_stuffer *d, struct rope *from, struct rope *to);
// Ends the message: its last line, if it has no CRLF, and the line with a dot.
void dots_end(struct dot_stuffer *d, struct rope *to);

// --- taking out ---

enum dots_at { DOTS_LINE, DOTS_TEXT, DOTS_CR, DOTS_DOT, DOTS_DOT_CR, DOTS_OVER };
struct dot_reader { // zeroed at the beginning of a message
	enum dots_at at;
};
// The next octets of the message: *ret_octets may be empty or, for a CR that was held back, a static one. *ret_used: how much of the input is
// used up (of input that is not empty: some, or there are octets). True: the line with the dot was read, the message is over.
bool dots_read(struct dot_reader *d, struct span input, struct span *ret_octets, size_t *ret_used);

#endif
