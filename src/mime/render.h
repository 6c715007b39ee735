// SPDX-License-Identifier: Apache-2.0
// Starling: the one writer of ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2 and 9; RFC 3501). What it writes is legal by
// construction: it is given a struct mime_tree, and every string goes through one quoting function. It never writes a literal: values hold no CR, LF
// (unfolding) or NUL ('?'), so that every string can be quoted and the text be copied into any answer.
//
// Two forms:
// - MIME_ASCII for sessions of IMAP4rev1: 7-bit only. Raw 8-bit text (UTF-8 if it is well-formed, else Windows-1252) becomes RFC 2047 encoded-words
//   in fields and display names; in parameters name*=utf-8''%.. (RFC 2231); an address with 8-bit octets becomes one under .invalid with the
//   address in its display name (RFC 6858 section 2.1). message/global is an ordinary part (RFC 9755 section 6).
// - MIME_UTF8 for IMAP4rev2 and UTF8=ACCEPT: the same text as UTF-8. RFC 2231 parameters are name* with the UTF-8 value (RFC 9051 7.5.2).
// Encoded-words in the header are shown as they are, in both.
//
// ENVELOPE is at most MIME_ENVELOPE_TEXT_MAX, BODYSTRUCTURE about MIME_STRUCTURE_TEXT_MAX octets: beyond that address lists are cut between
// addresses, strings between characters, and parts lose parameters, descriptions and envelopes, never their place.
#ifndef MIME_RENDER_H
#define MIME_RENDER_H

#include "base/buf.h"
#include "base/op.h"
#include "mime/tree.h"

enum mime_form { MIME_ASCII, MIME_UTF8 };

// Appends "(…)" of ENVELOPE for a root part (part 0: the message). *ret_same: the other form is octet for octet the same text, so that
// a card need store only one. RC_NOMEM.
int mime_envelope_render(struct op *op, const struct mime_tree *t, uint32_t part,
	enum mime_form form, struct buf *to, bool *ret_same);
// Appends "(…)" of BODYSTRUCTURE (extended) or BODY.
int mime_structure_render(struct op *op, const struct mime_tree *t, bool extended,
	enum mime_form form, struct buf *to, bool *ret_same);
// Appends a string as a quoted string, in the way the renderer does (for PREVIEW and the like): any octets in. CR and LF become spaces.
void mime_quoted(struct span s, enum mime_form form, struct buf *to);

#endif
