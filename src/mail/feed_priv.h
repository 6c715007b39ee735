// SPDX-License-Identifier: Apache-2.0
// Starling: the making of an account's feed (feed.h), for the changes and publish.c.
#ifndef MAIL_FEED_PRIV_H
#define MAIL_FEED_PRIV_H

#include "mail/feed.h"
#include "mail/mail_priv.h"

struct txn;
struct feed_record;

// Notes an event of the change; it is in the feed when the change is published. RC_NOMEM.
int feed_note(
	struct txn *t, enum feed_kind kind, struct span name, struct span old, struct span entries);
// CREATED or DELETED, and that the direct parent is affected (RFC 5465 section 5.4).
int feed_note_name(struct txn *t, enum feed_kind kind, struct span name);
void feed_free(struct feed_record *list); // accepts NULL

// account.publish held: takes the list over; a mailbox has changed; a mailbox is no more.
void feed_publish_locked(struct account *a, struct feed_record *list);
void feed_changed_locked(
	struct account *a, struct mailbox *mb, unsigned what, const struct op *origin);
void feed_forget_locked(struct account *a, struct mailbox *mb);

#endif
