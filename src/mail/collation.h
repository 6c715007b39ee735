// SPDX-License-Identifier: Apache-2.0
// Starling: collations (RFC 4790): how SEARCH, SORT and THREAD compare text (RFC 5255 section 4). Each is a preparation; what is prepared
// compares as octets: equality, order, substrings. Only collations with all three operations can be here (RFC 5255 section 4.4).
#ifndef MAIL_COLLATION_H
#define MAIL_COLLATION_H

#include "base/span.h"

struct buf;

enum collation {
	COLLATION_UNICODE_CASEMAP, // RFC 5051, the default: what cards hold
	COLLATION_ASCII_CASEMAP,   // RFC 4790 section 9.2
	COLLATION_OCTET,           // section 9.3
	COLLATIONS
};
// "i;unicode-casemap", ...
struct span collation_name(enum collation c);
// Appends the prepared form of text in UTF-8.
void collation_prepare(enum collation c, struct span utf8, struct buf *to);

#endif
