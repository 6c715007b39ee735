// SPDX-License-Identifier: Apache-2.0
// Starling: delivery: one message from outside to any number of mailboxes of any accounts. Its octets are stored once: all records refer to one blob;
// what differs (Return-Path, Delivered-To) is a private prefix of each.
//
//     delivery_begin, delivery_data ..., delivery_end
//     delivery_stage for each recipient, then delivery_wait for each: so one flush of the disk serves many
//     delivery_free
//
// Crash: a blob is written to the log before every batch that is put in line after it (store/store.h), so a record that is durable never
// refers to a blob that is not; a delivery cut short leaves a blob that some or no record refers to, which the next sweep finds. The
// answer for a recipient may be given when delivery_wait() has returned 0: then it stays.
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H

#include "mail/account.h"

#define DELIVERY_ID 16u

struct decision;
struct delivery;
struct later;
// `exact`: the octets are not text (BINARYMIME): a lone LF is left as it is. Else it becomes CRLF, as at every entrance.
int delivery_begin(struct op *op, struct mail *m, bool exact, struct delivery **ret_delivery);
// Before any octets: whole header lines that become part of the stored message (with one recipient its private lines). They do not count
// against the limit: a message is not too big for what we add.
int delivery_lines(struct op *op, struct delivery *d, struct span lines);
// Octets, in any split. RC_TOOBIG past the limit (mail_append_limit).
int delivery_data(struct op *op, struct delivery *d, struct span bytes);
int delivery_end(struct op *op, struct delivery *d); // it is parsed and its card made
void delivery_free(struct delivery *d);              // accepts NULL

enum { DELIVERY_DUPLICATE = 1 }; // outcome: this account has had it already: nothing was added
struct delivery_to {
	struct account *account;
	struct span mailbox; // canonical name
	struct span prefix;  // whole header lines with CRLF; may be empty
	// Names this envelope and content for this recipient (a cryptographic hash): what comes again with the same id within some hours
	// (DELIVERY_PERIOD_S to twice that) is a duplicate, if it has a Message-ID. Durable with the message. NULL: not looked at.
	const uint8_t *id; // DELIVERY_ID octets
	bool made_anew;    // each time it comes with another Message-ID: the id alone tells
};
struct delivery_slot; // a delivery in line
// Puts the message in line for one recipient. 0, DELIVERY_DUPLICATE, RC_TRYCREATE when there is no such mailbox, or another fault; the others are
// not touched by it. May block on the disk for reading.
int delivery_stage(struct op *op, struct delivery *d, const struct delivery_to *to,
	struct delivery_slot **ret_slot);
// Waits until it is durable and visible; frees the slot. 0, DELIVERY_DUPLICATE, or a fault: it was not delivered. Every slot must be waited for.
// Blocks (CREW_DISK).
int delivery_wait(struct op *op, struct delivery_slot *slot);

// Between the two, for whoever can do something else meanwhile: a decision (mail/txn.h), if others write already; when it is known delivery_wait() need not block
// for any of these slots any more. Else NULL: nothing is in line any more (the caller may have written it himself), or there is no memory. Blocks (CREW_DISK).
struct decision *delivery_wait_later(
	struct op *op, struct delivery_slot *const *slots, size_t n, const struct later *later);

#endif
