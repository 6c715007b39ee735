// SPDX-License-Identifier: Apache-2.0
// Starling: one message on its way in, whoever brings it (append.c, deliver.c): its octets go to the store and through the parser while they come;
// at its end the card is made. A lone LF becomes CRLF before anything counts or parses it. One thread at a time.
#ifndef MAIL_INTAKE_PRIV_H
#define MAIL_INTAKE_PRIV_H

#include "base/op.h"
#include "mail/card.h"
#include "mail/sent_form.h"

struct blob_writer;
struct mime_parser;
struct store;

struct intake {
	struct op parsing;          // arena of the parser, the card and the keys
	struct blob_writer *writer; // whoever takes it sets it NULL
	struct mime_parser *parser; // between intake_begin() and intake_end()
	uint64_t limit;             // most octets
	uint64_t size;              // octets so far
	bool exact;                 // BINARYMIME: a lone LF is left as it is
	bool after_cr;              // the last octet was CR
	char last[2];               // octets
	struct sent_form form;      // intake_compare(): its canonical form
	bool ours;                  // what comes now are lines that we add: they are not compared
	bool marked;                // `mark` is set
	struct sent_mark mark;
};

void intake_init(struct intake *in, uint64_t limit);
void intake_done(struct intake *in); // gives up what is under way; accepts zeroed
// Forgets the message before.
int intake_begin(struct op *op, struct intake *in, struct store *s);
// After it: what comes is compared with what was sent (mail/sent.h).
int intake_compare(struct op *op, struct intake *in, const uint8_t key[SENT_KEY]);
// Octets, in any split. RC_TOOBIG past the limit.
int intake_data(struct op *op, struct intake *in, struct span bytes);
// Card and keys are valid until the next intake_begin(). `marked` and `mark` are set if it was to be compared and has a Message-ID.
int intake_end(
	struct op *op, struct intake *in, struct span *ret_card, struct thread_keys *ret_keys);
uint16_t intake_kind(const struct intake *in); // MSG_ bits that follow from the octets

#endif
