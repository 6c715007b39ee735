// SPDX-License-Identifier: Apache-2.0
// Starling: the sent copy: what a user sends through submission stands in the mailbox of sent mail as \Seen, once, whoever puts it there: submission
// itself, in the same step as the send, or the client with an APPEND of its own (as clients do that know nothing of this).
//
// Wanted by the user (SENT_SETTING: "yes" or "no"; an annotation of the server, mail/metadata.h), or else by the configuration. How submission
// does it:
//
//     sent_begin               before anything is passed on: what fails here can still be told to the client
//     delivery_begin, sent_follow, delivery_lines, delivery_data ..., delivery_end
//     delivery_stage for each local recipient (after the relay has accepted the rest), sent_stand_with; spool_stage, sent_stand_with_spool
//     sent_stage               last, and only if somebody was accepted: what is in line before it can then not fail without it
//     delivery_wait for each recipient, then sent_wait
//     sent_free
//
// The delivery that is followed holds the message as the user is to find it: with its Bcc, without trace fields. When there is no Bcc it is the
// one that goes to the recipients, whose trace fields are private prefixes: then the message is stored once, and one flush makes all of it
// durable. Else it is a second one.
//
// The client's APPEND of the same message (sent_form.h says what is the same; it has a Message-ID) to that mailbox, within SENT_KNOWN_S, is
// answered with the copy that is there: its flags are added to that copy's, its internal date is dropped. Once: the next one is stored. If it
// has Bcc fields and the filed copy has none (many clients send without and keep with them), it takes that copy's place, with the flags of
// both: so nothing is lost. With other Bcc fields than the filed copy's it is another message (sent to others apart). A copy that was expunged, moved away or marked \Deleted is no copy; nor is an APPEND with \Deleted one, nor one to
// another mailbox. Of several messages in one APPEND only as many are taken for copies as keep the UIDs ascending (RFC 3502, RFC 4315).
// The other way round, sent_stage() finds what the client has appended before.
#ifndef MAIL_SENT_H
#define MAIL_SENT_H

#include "mail/account.h"

#define SENT_SETTING SPAN("/private/vendor/starling/sent-copy")
#define SENT_DEFAULT_NAME                                                                          \
	SPAN("Sent") // where no mailbox is \Sent; made when there is none of that name either

struct delivery;
struct sent; // a message on its way out

enum { SENT_NOT_WANTED = 1 };
// Finds the mailbox, or makes it. `a` is the account of the user who sends. SENT_NOT_WANTED: nothing is to be filed. Blocks.
int sent_begin(struct op *op, struct account *a, struct sent **ret_sent);
// Before the delivery's first octets. Lines of delivery_lines() are stored, but not compared: the client does not have them.
int sent_follow(struct op *op, struct sent *s, struct delivery *d);
struct delivery_slot;
// Before sent_stage(), for each delivery that is staged and not waited for yet: the copy stands only if that does. If it has failed by then, or
// something else behind it, sent_stage() is RC_UNAVAILABLE, and may be called once more when all have been waited for (with none of them).
void sent_stand_with(struct sent *s, const struct delivery_slot *slot);
struct spool_slot;
// The same for what is to wait for the relay (spool.h).
void sent_stand_with_spool(struct sent *s, const struct spool_slot *slot);
enum { SENT_THERE = 1 }; // the copy is there already: none was added
// Puts the copy in line: the message of the delivery that was followed, which has ended and may have been staged for recipients. 0 or SENT_THERE:
// sent_wait() must follow; or a fault: nothing was done. May block on the disk for reading.
int sent_stage(struct op *op, struct sent *s, struct delivery *d);
// Waits until it is durable and visible: the result of sent_stage(), or a fault. Blocks (CREW_DISK).
int sent_wait(struct op *op, struct sent *s);
void sent_free(struct sent *s); // accepts NULL

#endif
