// SPDX-License-Identifier: Apache-2.0
// Starling: what a session is told of beside its commands (NOTIFY, RFC 5465; ENABLE METADATA, RFC 5464 section 4.4.2). A session that used
// neither has no struct notify and is told of the selected mailbox as RFC 9051 says.
//
// What is to be told comes from the account's feed (mail/feed.h) and the view of the selected mailbox; nothing is queued here. Telling may stop
// whenever the output is full, and goes on later from where it was.
#ifndef IMAP_NOTIFY_H
#define IMAP_NOTIFY_H

#include "imap/fetch.h"
#include "imap/session.h"
#include "mail/feed.h"

enum { // events (RFC 5465 section 5): bits
	EVENT_NEW = 1,
	EVENT_EXPUNGE = 2,
	EVENT_FLAGS = 4,
	EVENT_MESSAGES = 7, // <message-event>
	EVENT_NAME = 8,
	EVENT_SUBSCRIPTION = 16,
	EVENT_METADATA = 32,
	EVENT_SERVER_METADATA = 64,
};
enum notify_filter {     // <filter-mailboxes-other>, from the most general to the most specific
	NOTIFY_PERSONAL, // and "inboxes": mail may be delivered to any mailbox (section 6.3)
	NOTIFY_SUBSCRIBED,
	NOTIFY_SUBTREE,
	NOTIFY_MAILBOXES,
	NOTIFY_FILTERS,
};
struct notify_group {
	enum notify_filter filter;
	uint8_t events;     // 0: NONE
	struct span *names; // sorted
	size_t count;
};
struct notify {
	struct feed_reader feed;
	bool on;                       // NOTIFY governs; else ENABLE METADATA alone
	bool delayed;                  // SELECTED-DELAYED
	uint8_t selected;              // message events of the selected mailbox
	uint8_t anywhere;              // events of all groups
	uint32_t fetch_from, fetch_to; // UIDs of new messages whose FETCH is due
	struct span items; // what is fetched of them, as the client wrote it; absent: nothing
	size_t group_count;
	struct notify_group groups[]; // names and texts behind them
};

// Puts a new one in the place of the session's; NULL groups: NONE. RC_NOMEM.
struct notify_plan { // in the op's arena
	const struct notify_group *groups;
	size_t count;
	uint8_t selected;
	bool delayed;
	struct span items;
};
int notify_begin(struct session *s, const struct notify_plan *plan);
// ENABLE METADATA: annotations are told of, unless NOTIFY governs.
int notify_enable_metadata(struct session *s);
void notify_end(struct session *s);

// The events that are told of a mailbox that is not selected.
unsigned notify_events_of(const struct notify *n, struct span name, bool subscribed);
// "* STATUS box (...)" for these message events, `what` of CHANGED_; all of what the events need at first: CHANGED_ALL.
void notify_status(struct session *s, const struct tree_entry *e, unsigned events);

// Tells what the feed has. 0: all told; 1: the output is full or the time is up, call again; or a fault.
int notify_tell(struct session *s);

// --- of the selected mailbox, for imap/reply.c ---

bool notify_is_on(const struct session *s);
// The SYNC_ bits of what may be told of it now.
unsigned notify_lets(const struct session *s);
// Expunges are told between commands, too.
bool notify_is_immediate(const struct session *s);
// Messages from..to-1 are new: their FETCH is due, if one was asked for; then notify_fetch() until it says 0.
void notify_new(struct session *s, uint32_t from, uint32_t to);
int notify_fetch(struct session *s);
// Adds what NOTIFY wants to know of this new message, if its FETCH is due: one FETCH for all who asked (section 5.2). RC_NOMEM.
int notify_add_items(struct session *s, struct uid uid, struct fetch_args *args);
// These messages came to that mailbox by a command of this session.
void notify_own(struct session *s, struct span mailbox, const struct numset *uids);
// The client leaves the selected mailbox, which is still open: what it was not told of it becomes a STATUS, as for any other mailbox.
void notify_leave(struct session *s);
void notify_unselected(struct session *s);

#endif
