// SPDX-License-Identifier: Apache-2.0
// Starling: strings and envelopes for the renderer; for use within src/mime/.
#ifndef MIME_QUOTE_PRIV_H
#define MIME_QUOTE_PRIV_H

#include "mime/charset.h"
#include "mime/render.h"

struct writer {
	struct op *op;
	const struct mime_tree *tree;
	enum mime_form form;
	struct buf *to;
	size_t start; // of this text in `to`
	bool differs; // the other form would be another text
};

// A quoted string of a value that is ASCII, or UTF-8 in the UTF-8 form; other octets become '?'. Never fails to be legal.
void put_plain(struct writer *w, struct span s);
// nstring: NIL if absent; a value as found in a header: 8-bit text as encoded-words or UTF-8. Cut at MIME_STRING_MAX.
void put_text(struct writer *w, struct span s);
void put_text_cut(struct writer *w, struct span s, size_t max);
void put_envelope(struct writer *w, const struct mime_envelope *e);
int writer_end(struct writer *w, bool *ret_same);
// The first max octets of s, not cutting a UTF-8 character.
struct span utf8_cut(struct span s, size_t max);

#endif
