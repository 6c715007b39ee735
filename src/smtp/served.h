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
// Who had this message. SERVED_COMING: some recipients' relay is at it just now. RC_NOMEM.
enum { SERVED_COMING = 1 };
int served_find(struct op *op, struct served *served, const struct served_message *m,
	struct served_list *ret_list);
bool served_has(const struct served_list *list, struct span address);
// Remembers for `seconds` that these addresses have it, too: SERVED_ADDRESSES_MAX of a message, SERVED_MESSAGES messages, the latest. Without
// memory nothing is remembered.
void served_put(struct served *served, const struct served_message *m, const struct span *addresses,
	size_t n, unsigned seconds);
void served_drop(struct served *served, const struct served_message *m);

// These addresses will have it if the relay takes it: until served_settle(), which is called exactly once.
void served_begin(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n);
void served_settle(
	struct served *served, const struct served_message *m, bool taken, unsigned seconds);

// Some of the relay's recipients have it and others have not: from now on those are to be held back at RCPT when the user sends mail, until he has sent
// that message, or it turns out to be another one.
void served_hold(struct served *served, const struct served_message *m);
bool served_is_held(struct served *served, uint64_t user, struct span address);
void served_unhold(struct served *served, uint64_t user);

#endif
