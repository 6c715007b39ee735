// SPDX-License-Identifier: Apache-2.0
// Starling: a view is one session's picture of a selected mailbox: what the client has been told. It is: the modseq up to which flags
// have been told, the UIDNEXT up to which messages have been announced, the sorted UIDs that are expunged but not yet announced, and a
// snapshot. Message numbers follow from rank. A view pins no old state: view_refresh() moves it to the newest snapshot at any time,
// and what the client does not know yet stays pending until view_sync_next() hands it out.
//
// One thread at a time. Nothing here takes a lock while reading messages.
#ifndef MAIL_VIEW_H
#define MAIL_VIEW_H

#include "base/numset.h"
#include "mail/account.h"
#include "mail/keywords.h"

struct view;

enum {
	VIEW_READONLY = 1,
	VIEW_KEEPS_RECENT = 2, // takes no \Recent although it is read-write (POP3)
};

// Selects. RC_NONEXISTENT. The first read-write view takes the mailbox's \Recent messages. Does not load records.
int view_open(
	struct op *op, struct account *a, struct span name, unsigned flags, struct view **ret_view);
void view_close(struct view *v); // accepts NULL
bool view_is_readonly(const struct view *v);
struct account *view_account(const struct view *v);
struct mailbox *view_mailbox(const struct view *v);
bool view_is_gone(const struct view *v); // the mailbox was deleted meanwhile
// As of what the client was told: EXISTS, RECENT, UIDNEXT, UIDVALIDITY, and the HIGHESTMODSEQ that is told entirely.
uint32_t view_exists(const struct view *v);
uint32_t view_recent(const struct view *v);
struct uid view_uid_next(const struct view *v);
uint32_t view_uid_validity(const struct view *v);
struct modseq view_modseq(const struct view *v);
// Expunges are pending: the client counts messages that are gone.
bool view_has_hidden(const struct view *v);
// The client was told this message's state as of this modseq, or is not to be told of it (view_silence()).
bool view_was_told(const struct view *v, struct uid uid, struct modseq modseq);
// Number of the first message without \Seen, 0 if none (RFC 3501 UNSEEN). May load one chunk.
int view_first_unseen(struct op *op, struct view *v, struct seq *ret_seq);
const struct keywords *view_keywords(
	const struct view *v); // of the present snapshot; valid until the next refresh
// True when that has keywords of which the client was not told (CHANGE_KEYWORDS); counts them as told. For an answer that
// shows flags and comes before the changes are handed out.
bool view_keywords_grew(struct view *v);

// --- numbers ---
// The UID of a number (1 <= seq <= view_exists), also of pending-expunged messages; 0 beyond. May load a chunk.
int view_uid_of(struct op *op, struct view *v, struct seq seq, struct uid *ret_uid);
// The number of a UID, 0 when the client knows no such message.
int view_seq_of(struct op *op, struct view *v, struct uid uid, struct seq *ret_seq);
// Turns a set of numbers (all <= view_exists) into UIDs and back. Ranges stay ranges where they can.
int view_uids_of(struct op *op, struct view *v, const struct numset *seqs, struct numset *ret_uids);
int view_seqs_of(struct op *op, struct view *v, const struct numset *uids, struct numset *ret_seqs);

// The number of each of these UIDs, all of which the client knows, in their order: as many as there are.
int view_numbers(struct op *op, struct view *v, const struct numset *uids, uint32_t *ret_seqs);

// --- walking messages ---
// A cursor over the messages of the view that are in `uids` (NULL: all), ascending, pending-expunged ones left out (their number is
// in `missing`). The cursor keeps its snapshot: it may be continued in a later run of the session.
struct view_cursor;
enum { CURSOR_COLD = 1 }; // load the cold records too
enum { CURSOR_END = 1 };
int view_cursor_open(struct op *op, struct view *v, const struct numset *uids, unsigned flags,
	struct view_cursor **ret_cursor);
// *ret_msg is valid until the next call. 0, CURSOR_END or a fault. May load a chunk from the store (CREW_DISK).
int view_cursor_next(struct op *op, struct view_cursor *c, struct msg *ret_msg);
// Passes over the messages that follow the one given last as long as their UIDs do so without a gap, some at a time: how many. *highest becomes
// the highest modseq, of theirs and of its own. For who wants all of them; without CURSOR_COLD.
uint32_t view_cursor_pass(struct view_cursor *c, struct modseq *highest);
uint32_t view_cursor_missing(
	const struct view_cursor *c); // pending-expunged messages passed over so far
const struct keywords *view_cursor_keywords(const struct view_cursor *c);
// Where the message lies that comes `n` after the one given last, with CURSOR_COLD; id 0: not known without looking it up. A hint.
struct blob_ref view_cursor_ahead(const struct view_cursor *c, uint32_t n);
void view_cursor_close(struct view_cursor *c); // accepts NULL
// One message by UID, with cold. Outcome MSG_GONE when it is expunged or was never there.
enum { MSG_GONE = 1 };
int view_msg(struct op *op, struct view *v, struct uid uid, struct msg *ret_msg);

// --- what has changed ---
// True when the mailbox has something that the client was not told (cheap: compares modseqs, no lock).
bool view_is_stale(const struct view *v);
// What that is, as CHANGED_ bits (mail/feed.h), for who closes the view: it moves on. All of them if it cannot be found out.
unsigned view_untold(struct op *op, struct view *v);
// Moves to the newest snapshot; newly expunged messages become pending.
int view_refresh(struct op *op, struct view *v);
enum view_change_kind {
	CHANGE_EXPUNGE, // seq (as it is at this moment), uid
	CHANGE_EXISTS,  // count
	CHANGE_RECENT,  // count
	CHANGE_KEYWORDS, // new keywords: FLAGS / PERMANENTFLAGS should be sent again before the next FETCH
	CHANGE_FLAGS, // msg: its flags or modseq changed (also messages whose change this session made unless silenced)
};
struct view_change {
	enum view_change_kind kind;
	uint32_t count;
	struct msg msg; // CHANGE_EXPUNGE: seq and uid only
};
enum {
	SYNC_EXPUNGE = 1,
	SYNC_NEW = 2,   // EXISTS, RECENT, KEYWORDS
	SYNC_FLAGS = 4, // without it flags stay to be told later
	SYNC_REST = SYNC_NEW | SYNC_FLAGS,
}; // what may be told now: RFC 9051 section 7.5.1 forbids EXPUNGE in some commands
enum { SYNC_END = 1 };
// Hands out one change and counts it as told; refreshes by itself at first. Order: expunges (each seq valid when the ones before it
// have been applied), EXISTS, RECENT, KEYWORDS, FLAGS. 0, SYNC_END, or a fault. May be left half-way and continued later.
int view_sync_next(struct op *op, struct view *v, unsigned what, struct view_change *ret_change);
// Begins a pass, if none is under way: refreshes. *ret_gone: what is expunged and was not told yet; valid until the view is used again.
int view_sync_begin(struct op *op, struct view *v, const struct numset **ret_gone);
// Flags are told up to here, and messages announced (view_modseq(): expunges as well).
struct modseq view_flags_modseq(const struct view *v);
// As view_sync_next for expunges only, but takes all pending ones at once as UIDs (VANISHED, RFC 7162). Begins a pass, which
// view_sync_next(SYNC_REST) goes on with and ends.
int view_sync_vanished(struct op *op, struct view *v, struct numset *ret_uids);
// The change of this message up to this modseq is not to be told (STORE .SILENT).
void view_silence(struct view *v, struct uid uid, struct modseq modseq);

// --- since a modseq (CONDSTORE, QRESYNC): from the expunge log and the chunks' highest modseqs ---
int view_expunged_since(
	struct op *op, struct view *v, struct modseq since, struct numset *ret_uids);
int view_changed_since(struct op *op, struct view *v, struct modseq since, struct numset *ret_uids);

#endif
