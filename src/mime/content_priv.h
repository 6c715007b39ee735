// SPDX-License-Identifier: Apache-2.0
// Starling: the facts of a part's header: Content-* fields and the fields of ENVELOPE. For use within src/mime/.
#ifndef MIME_CONTENT_PRIV_H
#define MIME_CONTENT_PRIV_H

#include "base/op.h"
#include "mime/tree.h"

struct content_in {
	struct span header; // the raw header
	bool stays;         // it lives as long as the tree: facts may point into it
	bool is_root;       // fill part->envelope
	bool in_digest;     // the default type is message/rfc822
	size_t *kept; // octets of facts so far, of all parts: past the limit only what parsing needs is taken
};
struct content_out {
	struct span boundary; // of a multipart; empty if it has none
};
// Fills type .. envelope of the part, and kind, cte, is_text, is_global, is_opaque as far as the header decides. RC_NOMEM.
int content_read(struct op *op, const struct content_in *in, struct mime_part *part,
	struct content_out *ret);

// Parameters (RFC 2045 section 5.1, RFC 2231) behind a media type or disposition; at most max <= MIME_PARAMS_MAX.
int params_read(struct op *op, struct span text, uint32_t max, const struct mime_param **ret_params,
	uint32_t *ret_count);

#endif
