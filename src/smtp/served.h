// SPDX-License-Identifier: Apache-2.0
// Starling: who has had a message that could not be given to all its recipients. SMTP has one answer for the whole message (RFC 5321 section 4.2.5),
// so the client is told of the failure and sends it again, to all: those who have it are passed over then. In memory: after a restart they get
// it once more (mail/deliver.h still knows the accounts here, if the message has a Message-ID). Any thread.
#ifndef SMTP_SERVED_H
#define SMTP_SERVED_H

#include "base/op.h"

#define SERVED_KEY 32u // octets of a hash of sender and content: names the message

struct served;
int served_new(struct op *op, struct served **ret_served);
void served_free(struct served *served); // accepts NULL

struct served_list { // in the arena of the op of served_take()
	struct served_mark *marks;
	size_t n;
};
// Who had this message; it is forgotten. RC_NOMEM.
int served_take(struct op *op, struct served *served, const uint8_t key[SERVED_KEY],
	struct served_list *ret_list);
bool served_has(const struct served_list *list, struct span address);
// Remembers that these addresses have it (SERVED_MESSAGES of them at most, for SERVED_S). Without memory nothing is remembered.
void served_put(struct served *served, const uint8_t key[SERVED_KEY], const struct span *addresses,
	size_t n);

#endif
