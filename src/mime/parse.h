// SPDX-License-Identifier: Apache-2.0
// Starling: the MIME parser (RFC 5322, 2045-2049, 2183, 2231, 2557, 3282, 6532): octets in, in any pieces, a tree out (mime/tree.h). Never
// fails because of what a message holds: only for lack of memory. Never recursive; work is linear in the octets; memory is bounded by
// the limits in base/limits.h: beyond them the rest of a message is one opaque leaf, or a header is cut.
//
// Choices where messages are broken:
// - Content-Type that does not parse: text/plain (RFC 2045 section 5.2). multipart without a boundary parameter: text/plain.
// - A boundary line begins with "--boundary" (RFC 2046 section 5.1.1: the beginning suffices). If several open multiparts match, the longest
//   boundary wins, of equal ones the innermost that has not seen its end. An outer boundary ends everything within (section 5.1.2).
// - A boundary line within a header ends the header. A missing last boundary is supplied by the end of the enclosing part.
// - A multipart without parts gets one empty text/plain child.
// - message/rfc822 or message/global under base64, quoted-printable or an unknown encoding is not opened and shown as
//   application/octet-stream, since IMAP's grammar gives no other legal form (RFC 9051: media-message must have envelope and body).
// - The default type within multipart/digest is message/rfc822.
// - A header ends with an empty line only; lines without a colon are kept in it and mean nothing.
#ifndef MIME_PARSE_H
#define MIME_PARSE_H

#include "base/op.h"
#include "mime/tree.h"

struct mime_parser;

// The parser and all it makes live in the op's arena. RC_NOMEM.
int mime_begin(struct op *op, struct mime_parser **ret_parser);
// The next octets; not kept. Nothing is allocated per line. RC_NOMEM.
int mime_feed(struct op *op, struct mime_parser *p, struct span octets);
// Ends the message. The parser is used up, also after a fault of it or of mime_feed().
int mime_end(struct op *op, struct mime_parser *p, const struct mime_tree **ret_tree);
// The three in one, for a message in memory.
int mime_parse(struct op *op, struct span message, const struct mime_tree **ret_tree);

#endif
