// SPDX-License-Identifier: Apache-2.0
// Starling: what happens in an account, for sessions that want to be told of all of it (NOTIFY, RFC 5465; METADATA, RFC 5464). A reader holds two
// numbers and no queue: how far it has read the *events* (names, subscriptions, annotations), which the account keeps in a ring of the last
// FEED_EVENTS_MAX (at most FEED_OCTETS_MAX octets), and how far it has read the *changes* of messages. Those are not kept at all: the account lists the mailboxes that changed since
// anybody reads, last changed first, each with the time of its last change of each kind; whoever was told up to some time takes those from the
// front that are newer. So a reader costs the same however many mailboxes it watches, pins nothing, and a change costs the same however
// many mailboxes there are. While an account has no readers, nothing is kept.
//
// Own changes: every event and change knows the op that it was made with; a reader passes over those of its own op.
#ifndef MAIL_FEED_H
#define MAIL_FEED_H

#include "mail/account.h"

struct feed_reader {
	struct account *account;  // NULL: not joined
	const struct op *self;    // whose changes are passed over
	uint64_t events, changes; // read up to here
};
// From here on: what becomes visible afterwards is told, except what is done with this op. RC_NOMEM.
int feed_join(struct op *op, struct account *a, struct feed_reader *r);
void feed_leave(struct feed_reader *r); // accepts a zeroed one

enum feed_kind {
	FEED_CREATED,      // name
	FEED_DELETED,      // name
	FEED_AFFECTED,     // name: the parent of one that was created or deleted; may be no mailbox
	FEED_RENAMED,      // name, old
	FEED_SUBSCRIPTION, // name
	FEED_METADATA,     // name (empty: the server), entries
};
struct feed_event {
	enum feed_kind kind;
	bool own;         // made by the reader
	struct span name; // in op's arena, as the two below
	struct span old;
	struct span entries; // names of annotations, each with a NUL behind it
};
enum {
	FEED_END = 1,
	FEED_LOST
}; // FEED_LOST: too much has happened; the reader goes on with what comes
int feed_next(struct op *op, struct feed_reader *r, struct feed_event *ret_event);

enum { // what changed in a mailbox: bits
	CHANGED_NEW = 1,
	CHANGED_EXPUNGED = 2,
	CHANGED_FLAGS = 4,
	CHANGED_SEEN = 8, // the number of unseen messages
	CHANGED_KINDS = 4,
};
struct feed_change {
	struct mailbox *mailbox; // referenced
	unsigned what;           // 0: only the reader's own
	uint64_t at;
};
// The mailboxes that changed, in the order of their last change; in op's arena until feed_changes_done(). feed_told() after each that was told.
int feed_changes(
	struct op *op, struct feed_reader *r, struct feed_change **ret_changes, size_t *ret_count);
void feed_changes_done(struct feed_change *changes, size_t count);
static inline void feed_told(struct feed_reader *r, const struct feed_change *c)
{
	r->changes = c->at;
}

// The entry of this mailbox in the tree; NULL: it is not there. Quick where it was looked for in a tree that is much the same.
const struct tree_entry *tree_entry_of(const struct tree *t, struct mailbox *mb);

#endif
