// SPDX-License-Identifier: Apache-2.0
// Starling: two forms of one message compared: the one that was submitted and the one that a client appends to its mailbox of sent mail. They are
// equal when their canonical forms are, octet for octet. The canonical form is the message as it is stored (each line ends in CRLF), without
//   - Bcc and Resent-Bcc (RFC 5322 sections 3.6.3, 3.6.6): clients send without and keep with them, or the other way;
//   - trace fields: Return-Path, Received (there, section 3.6.7), Delivered-To (RFC 9228);
//   - a difference of one CRLF at the very end: DATA cannot carry a last line without.
// All other fields count as they are, in their order, with their folding. What is kept of it is HMAC-SHA-256 under a key of the account
// (mail/sent.c), so that nobody can prepare two messages that are taken for one.
#ifndef MAIL_SENT_FORM_H
#define MAIL_SENT_FORM_H

#include "base/op.h"

#define SENT_KEY 32u    // octets
#define SENT_DIGEST 32u // octets
struct sent_mark {
	uint8_t digest[SENT_DIGEST]; // of the canonical form
	uint8_t bcc[SENT_DIGEST];    // of the Bcc and Resent-Bcc fields; all zero: there are none
};

#define SENT_NAME_HELD                                                                             \
	16u // octets of a field's name that are held until it is known: more than the longest left out
enum sent_place { SENT_LINE, SENT_KEPT, SENT_LEFT_OUT, SENT_BCC, SENT_BODY };
struct sent_form {                  // zeroed: nothing is compared
	struct evp_mac_ctx_st *mac; // NULL: the same
	struct evp_mac_ctx_st *bcc;
	bool has_bcc;
	enum sent_place place; // SENT_LINE: the first octets of a header line
	enum sent_place field; // what the field before is: its continuation lines go with it
	uint8_t held;
	char name[SENT_NAME_HELD];
	char last[2];
};

int sent_form_begin(struct op *op, struct sent_form *f, const uint8_t key[SENT_KEY]);
void sent_form_add(struct sent_form *f, struct span octets); // as they are stored, in any split
void sent_form_end(struct sent_form *f, struct sent_mark *ret_mark);
void sent_form_done(struct sent_form *f); // accepts zeroed

#endif
