// SPDX-License-Identifier: Apache-2.0
// Starling: lexical pieces of header fields (RFC 5322 section 3.2), for use within src/mime/.
#ifndef MIME_LEX_PRIV_H
#define MIME_LEX_PRIV_H

#include "base/buf.h"

static inline bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}
static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Length of the comment at s (which begins with '('), up to s.n if it does not end. Nested comments deeper than the limit are text.
size_t comment_length(struct span s);
// s without blanks and comments in front; the last comment (with its parentheses) in *ret_comment if that is not NULL.
struct span cfws_skip(struct span s, struct span *ret_comment);
// Copies a value onto one line (RFC 5322 section 2.2.3); out has room for value.n. Returns the length.
size_t unfold_into(struct span value, char *out);

// An encoded-word (RFC 2047 section 2) at the start of s. Returns its length, 0 if there is none.
struct encoded_word {
	struct span charset; // without a language
	struct span text;
	bool is_q;
};
size_t encoded_word_at(struct span s, struct encoded_word *ret);
// Appends the octets it stands for.
void encoded_word_octets(const struct encoded_word *w, struct buf *to);

// Appends text with its 8-bit words as encoded-words in UTF-8 (RFC 2047 section 5): the value on one line, encoded-words in it stay.
void encode_words(struct span text, struct buf *to);

#endif
