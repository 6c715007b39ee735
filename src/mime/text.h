// SPDX-License-Identifier: Apache-2.0
// Starling: the text of a part: raw octets -> transfer decoding -> UTF-8 -> folded, as a stream for SEARCH BODY and TEXT; a matcher for substrings
// over such pieces; and the preview of RFC 8970. Markup of text/html is kept for searching and stripped for previews.
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include "base/buf.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/tree.h"

struct mime_text {
	struct mime_decoder decoder;
	struct charset_conv conv;
	struct casefold fold;
	bool folded;   // the output is folded; else plain UTF-8
	bool plain;    // ASCII needs no conversion
	bool identity; // no decoding: raw octets go straight to the converter
	struct buf decoded, utf8, out;
};
// `charset` as written (absent: US-ASCII with a guess). Zeroed or initialised before: its buffers are used again.
void mime_text_init(struct mime_text *t, enum mime_cte cte, struct span charset, bool folded);
void mime_text_done(struct mime_text *t); // frees; accepts zeroed
// The next raw octets of the part's body; *ret_text is what they give, valid until the next call (may be empty). Feed pieces of at most 64 KiB
// or so: buffers grow with them. RC_NOMEM.
int mime_text_feed(struct mime_text *t, struct span octets, struct span *ret_text);
int mime_text_end(struct mime_text *t, struct span *ret_text);

// Finds folded needles in a stream of folded text, whatever its pieces. All needles in one pass.
struct mime_matcher;
// Needles already folded (casefold()); the empty needle is found at once. At most 64. In the op's arena. RC_NOMEM, RC_LIMIT.
int mime_matcher_new(
	struct op *op, const struct span *needles, size_t count, struct mime_matcher **ret);
void mime_matcher_restart(struct mime_matcher *m); // a new stream (the next part): no match across
void mime_matcher_reset(struct mime_matcher *m);   // a new message: forgets what was found too
// Bit i of the result: needle i has been found so far. May be called on once all are found; costs nothing then.
uint64_t mime_matcher_feed(struct mime_matcher *m, struct span folded);

// The part a preview is made of: the first text/plain that is no attachment, else the first text/html, else another text; MIME_NONE if none.
uint32_t mime_preview_part(const struct mime_tree *t);
// Appends at most MIME_PREVIEW_CHARS characters of readable text made of the first raw octets of that part's body (16 KiB are plenty): markup, quoted
// lines and the attribution above them dropped, blanks squeezed, no control characters. May append nothing. `is_html` as mime_type_is() says.
void mime_preview(
	enum mime_cte cte, struct span charset, bool is_html, struct span octets, struct buf *to);

#endif
