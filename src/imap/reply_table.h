// SPDX-License-Identifier: Apache-2.0
// Starling: the one table that turns a fault into a tagged response of IMAP (docs/style.md, rule 18; RFC 9051 section 7.1, RFC 5530).
#ifndef IMAP_REPLY_TABLE_H
#define IMAP_REPLY_TABLE_H

#include "base/rc.h"

#include <stdbool.h>

struct reply_row {
	int rc;
	bool bad;         // BAD, else NO
	const char *code; // response code; NULL: none
};
const struct reply_row *reply_row_of(int rc); // never NULL

#endif
