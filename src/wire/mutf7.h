// SPDX-License-Identifier: Apache-2.0
// Starling: modified UTF-7, the encoding of mailbox names on IMAP4rev1 wires (RFC 3501 section 5.1.3). Decoding is strict: the one
// legal form of a name is the only one taken, so that decode and encode are inverse to each other.
#ifndef WIRE_MUTF7_H
#define WIRE_MUTF7_H

#include "base/buf.h"

// Adds the encoding of a UTF-8 name. `name` must be valid UTF-8.
void mutf7_encode(struct span name, struct buf *to);
// Adds the UTF-8 of an encoded name; false (with *ret_why, static text) if it is not strictly legal. `to` may then hold a part of it.
bool mutf7_decode(struct span text, struct buf *to, const char **ret_why);

#endif
