// SPDX-License-Identifier: Apache-2.0
// Starling: the head of a message on its way through the admin socket (`import messages`): a u64 of octets, u32 flags, i64 date (INT64_MIN: not known),
// i16 zone, and as fields (varint length, octets) the digest (or nothing), the unique-id of POP3 (or nothing) and each keyword.
#ifndef SERVER_IMPORT_HEAD_H
#define SERVER_IMPORT_HEAD_H

#include "mail/import.h"

void import_head_add(struct buf *b, const struct mail_import_message *m);
// Spans point into the payload; keywords go to `keywords`, room for KEYWORDS_PER_IMPORT. RC_SYNTAX: it is no head.
int import_head_read(struct op *op, struct span payload, struct span *keywords,
	struct mail_import_message *ret_message);

#endif
