// SPDX-License-Identifier: Apache-2.0
// Starling: what URLAUTH=BINARY (RFC 5524) gives of what a URL means: its octets without their transfer encoding, and the body structure of them.
#ifndef MAIL_URL_STRUCTURE_H
#define MAIL_URL_STRUCTURE_H

#include "mail/content.h"

struct url_part;

// The octets without their transfer encoding go to `to`; what has none of its own (headers, multiparts, whole messages) is as it is.
// *ret_octets: what the URL means of them; absent: they cannot be decoded. RC_LIMIT: more than FETCH_DECODED_MAX.
int url_part_binary(struct op *op, struct url_part *part, struct buf *to, struct span *ret_octets);
// The body structure (RFC 9051 section 9 "body") of the octets as they are given: those of url_part_binary(), or (absent) as they are stored, cut if
// the URL is partial. A whole message is message/rfc822, a header is text/rfc822-headers.
int url_part_structure(struct op *op, struct url_part *part, enum content_form form,
	struct span binary, struct buf *to);

#endif
