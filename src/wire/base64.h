// SPDX-License-Identifier: Apache-2.0
// Starling: base64 as RFC 4648 section 4 and RFC 9051 section 9 "base64" have it: padded, no white space, no other alphabet, and the
// unused bits of the last character are zero. For SASL and other short things; bodies have their own decoder (mime/).
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/span.h"

#define BASE64_SIZE(n) (((n) + 2) / 3 * 4) // octets that n octets become

// Writes BASE64_SIZE(s.n) octets.
void base64_encode(struct span s, char *to);
// Writes at most text.n / 4 * 3 octets; false if the text is malformed.
bool base64_decode(struct span text, char *to, size_t *ret_n);

#endif
