// SPDX-License-Identifier: Apache-2.0
// Starling: line ends of a message on its way to another MTA: only CRLF may end a line there (RFC 5321 section 2.3.8). A lone LF becomes CRLF; a
// lone CR is told, since nothing that could be put in its place would be what the sender wrote, and other programs take it for the end of a
// line. Works piece by piece, whatever the pieces are, without copies.
#ifndef WIRE_CRLF_H
#define WIRE_CRLF_H

#include "base/span.h"

struct crlf_reader {   // zeroed at the beginning of a message
	bool after_cr; // the last octet was CR: LF must follow
	bool lone_cr;  // a CR without LF was there
};
// The next octets: a part of the input, or a static "\r\n". Returns how many octets of the input are used up (> 0 of an input that is not empty).
size_t crlf_read(struct crlf_reader *r, struct span input, struct span *ret_octets);
// The message is over: was there a lone CR?
bool crlf_is_bad(const struct crlf_reader *r);

#endif
