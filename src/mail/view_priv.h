// SPDX-License-Identifier: Apache-2.0
// Starling: a view's insides, for view.c, view_sync.c, view_cursor.c and the changes that are made through it.
//
// What the client knows: the live messages of `snap` with uid < told_next, and the pending ones (expunged in snap, not announced). So
//     exists = live + pending_count,   number(uid) = rank in snap + rank in pending.
// view_refresh() moves snap on: what was known and is not in the new one any more becomes pending, exists stays.
#ifndef MAIL_VIEW_PRIV_H
#define MAIL_VIEW_PRIV_H

#include "mail/mail_priv.h"
#include "mail/view.h"

struct silenced {
	uint64_t modseq;
	struct numset uids;
};

struct view {
	struct account *account;
	struct mailbox *mailbox;
	struct snap *snap;
	bool readonly, keeps_recent;
	uint32_t told_next;     // messages below have been announced
	uint32_t live;          // of them, in snap
	uint64_t pending_count; // size of pending
	struct numset pending;
	uint64_t told_modseq;  // flags are told up to here
	uint64_t whole_modseq; // everything is told up to here
	uint32_t told_keywords;
	struct numset recent; // ranges that this session has taken
	uint32_t recent_count, told_recent;
	struct silenced *silenced;
	size_t silenced_count;

	// A pass of view_sync_next(): what is told in it is fixed when its flags begin (anew, if a refresh comes between).
	bool in_pass, in_flags;
	uint32_t flags_next;   // uid to look at next
	uint32_t flags_limit;  // messages below this one
	uint64_t flags_target; // told_modseq after the pass
};

// view_open() of a mailbox that is at hand.
int view_open_mailbox(struct op *op, struct account *a, struct mailbox *mb, unsigned flags,
	struct view **ret_view);
// The fault, or RC_NONEXISTENT when the mailbox was deleted meanwhile (records may be missing then).
int view_fault(struct op *op, const struct view *v, int rc);
// The client knows the state before this record's change, or was not to be told of it.
bool view_knows(const struct view *v, const struct hot *h);
void view_silence_set(struct view *v, const struct numset *uids, uint64_t modseq);
// Tells the store what lost a reference, so that it knows when a sweep pays: these messages of `was` are removed (flags.c).
void hint_dropped(struct op *op, struct view *v, struct snap *was, const struct numset *gone);

#endif
