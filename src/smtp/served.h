// SPDX-License-Identifier: Apache-2.0
// Starling: who has had a message that its sender may send again. SMTP has one answer for the whole message (RFC 5321 section 4.2.5), so the client is told of a
// failure and sends it again, to all; and an answer may be lost (section 4.5.3.2). Those who have it are passed over then. In memory: after a restart they
// get it once more (mail/deliver.h still knows the accounts here, if the message has a Message-ID). Any thread.
#ifndef SMTP_SERVED_H
#define SMTP_SERVED_H

#include "base/op.h"

#define SERVED_KEY 32u // octets of a hash of sender and content: names the message

struct served;
int served_new(struct op *op, struct served **ret_served);
void served_free(struct served *served); // accepts NULL

struct served_message {
	uint8_t key[SERVED_KEY];
	uint64_t user; // hash_span() of who sends it
};
struct served_list { // in the arena of the op of served_find()
	struct served_mark *marks;
	size_t n;
};
// Who had this message. RC_NOMEM.
int served_find(struct op *op, struct served *served, const struct served_message *m,
	struct served_list *ret_list);
bool served_has(const struct served_list *list, struct span address);
// Remembers for `seconds` that these addresses have it, too: SERVED_ADDRESSES_MAX of a message, SERVED_MESSAGES messages; the oldest makes room, those
// of which everybody had what he was to have first. `others_lack_it`: this is no such one. Without memory nothing is remembered.
void served_put(struct served *served, const struct served_message *m, const struct span *addresses,
	size_t n, unsigned seconds, bool others_lack_it);
void served_drop(struct served *served, const struct served_message *m); // nobody had it

// An attempt: these addresses will have the message if the relay takes it, until served_settle(), which is called exactly once with its number. One message
// may have many, each to its own addresses. SERVED_ELSEWHERE: one of them has it by now, or will have it by another attempt, unless `flags` say that this
// does not matter; nothing was begun. Looking and beginning are one step: of two that begin at the same moment one is told. `ret_attempt` NULL: only looks.
enum { SERVED_ELSEWHERE = 1 };
enum served_flags { SERVED_EVEN_COMING = 1, SERVED_EVEN_HAD = 2 };
int served_begin(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n, unsigned flags, uint64_t *ret_attempt);
enum served_outcome {
	SERVED_NOT_TAKEN,
	SERVED_TAKEN,      // remembered for `seconds`
	SERVED_TAKEN_ALONE // and nobody was there to be told so
};
void served_settle(struct served *served, const struct served_message *m, uint64_t attempt,
	enum served_outcome outcome, unsigned seconds);

// These of the relay's recipients have it (or wait for the relay here) and others have not: for `seconds` they are to be held back at RCPT when the user
// sends mail, until he has sent that message, or another one to one of them turns out to be meant. False: that was done SERVED_HOLDS times, and the message
// came to all of them again: it is to be sent so, since twice to some is better than never to the others.
bool served_hold(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n, unsigned seconds);
bool served_is_held(struct served *served, uint64_t user, struct span address);
void served_unhold(struct served *served, const struct served_message *m);
// All messages of the user that hold back this address.
void served_unhold_address(struct served *served, uint64_t user, struct span address);

#endif
