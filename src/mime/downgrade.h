// SPDX-License-Identifier: Apache-2.0
// Starling: the header of a message with UTF-8 in it, for clients that understand ASCII only (RFC 6858, "simplified downgrade"): the Subject and
// display names as encoded-words, addresses that cannot be said in ASCII as one under .invalid, MIME parameters and other fields with
// 8-bit octets left out. Fields in ASCII stay as they are, octet for octet.
#ifndef MIME_DOWNGRADE_H
#define MIME_DOWNGRADE_H

#include "base/buf.h"
#include "base/op.h"

// Appends the surrogate of a main header; the empty line at its end, if there is one, is kept. `to` tells whether memory was enough.
void mime_downgrade(struct arena *a, struct span header, struct buf *to);

#endif
