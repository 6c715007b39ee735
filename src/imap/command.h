// SPDX-License-Identifier: Apache-2.0
// Starling: a command: a row of a table, and one execution of it. How to write one:
//
//	1. a struct of arguments;
//	2. parse(): fills it from a cursor that stands behind the command's name (at the space before the first argument, or at the end). It
//	   has no effects and asks nobody. The sticky error of the cursor is checked by the caller; so is the end of the line. It returns 0
//	   or a fault (a negative RC_, RC_SYNTAX is a BAD) when something other than the cursor finds fault, e.g. args_mailbox();
//	3. run(): does it, and returns an outcome of enum imap_next, or a fault (negative RC_), which imap/reply_table.c turns into a tagged NO
//	   or BAD with op_text(&s->op). It is called again after IMAP_MORE, IMAP_LINE and IMAP_WAIT: what it must remember is in the args.
//	   Untagged responses are written to session_out() (helpers: imap/reply.h). After IMAP_DONE the dispatcher sends what has changed in
//	   the selected mailbox (EXPUNGE, EXISTS, FETCH) as the row's flags allow, then the tagged line;
//	4. done(), if it holds something that is not in the arena: called once when the command ends, however it ends, with run() called or
//	   not. c->args may be NULL then (parse did not get so far);
//	5. a row, in the module's table of commands (imap/module.h).
#ifndef IMAP_COMMAND_H
#define IMAP_COMMAND_H

#include "imap/session.h"
#include "wire/cursor.h"

struct imap_command;

// A command in progress. One for each session.
struct command {
	const struct imap_command *row; // NULL: no such command
	struct span tag;                // valid until the command ended
	void *args;                     // parse's; in the op's arena
	bool uid;                       // the row has CMD_UID
	unsigned enables;               // ENABLED_ bits: command_enables()
	bool keeps_numbers;   // as CMD_KEEPS_NUMBERS, for this one: set before the end of run()
	unsigned events;      // why run() is called again: CONN_EV_ bits
	uint64_t progress_at; // when INPROGRESS is due (imap/progress.h)
	struct span line; // after IMAP_LINE: a line of the client without CRLF; p == NULL: none yet
	// What the tagged line says; text may be left: "NAME completed". In the arena or static.
	const char *code; // "COPYUID 1 2 3": without brackets; NULL: none
	const char *text;
};

enum imap_next {
	IMAP_DONE = 0, // tagged OK
	IMAP_NO, // tagged NO / BAD with c->code and c->text, set by command_no() / command_bad()
	IMAP_BAD,
	IMAP_MORE, // call again: when conn_is_full(), after the output drained, else soon (after other sessions had their turn if time is up)
	IMAP_LINE, // call again when a line came (c->line), the session was woken, or session_wake_at()
	IMAP_WAIT, // call again when the session was woken, or session_wake_at(); no input is read
};

// How a command gets octets as they come. Literals are collected with the command's text, up to limits; a row with `stream` is asked about
// each literal, and those that it wants are handed to it piecewise, without holding a thread between.
enum imap_literal {
	LITERAL_COLLECT = 0, // part of the text
	LITERAL_STREAM = 1,  // to data()
	LITERAL_LATER =
		2, // not decided yet: literal() is to be called again, when others have had their turn
};
// The text of such a command is cut into *pieces* by its streamed literals: `A1 APPEND box (\Seen) {10}` <10 octets> ` (\Draft) {20}` <20
// octets> `` . A cursor over a piece begins behind the command's name or behind the last streamed literal, and ends with the literal's
// header {n} (cursor_open_literal()) or, in the last piece, with the line. Spans taken from a piece die with it: copy into the arena.
struct imap_stream {
	// A literal's header came; `piece` begins as said above. Parse up to it: if the grammar got to its own literal, answer LITERAL_STREAM (or
	// a fault, e.g. RC_TRYCREATE, RC_TOOBIG: NO before "+", the octets of a non-synchronizing literal are dropped); if the cursor failed with
	// piece->open, answer LITERAL_COLLECT; for any other error of the cursor just return 0: the caller checks piece. Called again for the same piece,
	// with more text, after LITERAL_COLLECT: effects only before LITERAL_STREAM. What takes long before it answers LITERAL_LATER when the slice is over,
	// and is called again with the same piece, from its beginning.
	int (*literal)(struct session *s, struct command *c, struct cursor *piece,
		const struct literal_header *header);
	// Some octets of the streamed literal. May block (CREW_DISK). A fault ends the command as above.
	int (*data)(struct session *s, struct command *c, struct span octets);
	// All octets of the literal were handed over.
	int (*end)(struct session *s, struct command *c);
};
// parse() of such a row gets the last piece.

enum { // flags of a row: states (STATE_ bits) and
	CMD_KEEPS_NUMBERS =
		0x100, // no EXPUNGE while or at the end (FETCH, STORE, SEARCH: RFC 9051 section 7.5.1)
	CMD_NO_SYNC = 0x200,  // no untagged changes of the mailbox at the end
	CMD_UID = 0x400,      // UID variant: FETCH responses carry UID
	CMD_CHANGES = 0x2000, // changes messages: what comes of it is told whatever NOTIFY says
	CMD_SECRET = 0x800,   // arguments are never logged
	CMD_NUMBERS =
		0x1000, // takes or answers message numbers: BAD [UIDREQUIRED] after ENABLE UIDONLY
	CMD_STATES = 0xff,
};
struct imap_command {
	const char *name; // capitals; "UID FETCH" for the UID variant: a row of its own
	unsigned flags;
	int (*parse)(struct session *s, struct command *c, struct cursor *in); // NULL: no arguments
	int (*run)(struct session *s, struct command *c);
	void (*done)(struct session *s, struct command *c); // NULL: nothing to free
	const struct imap_stream *stream;                   // NULL: all literals are collected
	void (*after)(struct session *s); // NULL; called behind the tagged OK (STARTTLS, COMPRESS)
};

// Set what the tagged line says, in the arena; return the outcome, for `return command_no(...)`. code NULL: none.
int command_ok(struct session *s, const char *code, const char *fmt, ...) printf_like(3, 4);
int command_done(
	struct session *s, const char *code); // OK with a code and the usual text: "NAME completed"
int command_no(struct session *s, const char *code, const char *fmt, ...) printf_like(3, 4);
int command_bad(struct session *s, const char *code, const char *fmt, ...) printf_like(3, 4);
// What was asked is done and durable, but for this fault the client cannot be told what came of it: neither OK nor NO would be true, so the
// connection ends with BYE and the client looks anew. Returns the outcome.
int command_untold(struct session *s, int rc);

// From parse(): what the command asks for switches these ENABLED_ bits on; the dispatcher does so before run().
void command_enables(struct session *s, unsigned bits);

// --- arguments that need the session (imap/args.c) ---

// mailbox (RFC 9051 section 9): an astring in this session's encoding of names, made canonical. The cursor's error or a fault
// (RC_BADNAME: a NO). *ret_name is UTF-8 in the arena.
int args_mailbox(struct session *s, struct cursor *in, struct span *ret_name);
// The same for a name that was taken already.
int args_mailbox_name(struct session *s, struct span text, struct span *ret_name);
// The text of a name or pattern in UTF-8, not made canonical: LIST.
int args_mailbox_text(struct session *s, struct span text, struct span *ret_name);
struct flag_list;
// Flags as taken by cursor_flag_list() / cursor_flags(), sorted into bits and keywords. RC_LIMIT, RC_SYNTAX (a keyword that cannot be).
int args_flags(
	struct session *s, const struct span *flags, size_t count, struct flag_list *ret_flags);
// The messages that a sequence-set means in the selected mailbox, as UIDs (uid: the set holds UIDs; else numbers, which must all exist:
// RC_SYNTAX, a BAD, otherwise; RFC 9051 section 9 "seq-number"). `$` is the saved result. The caller frees with numset_done().
int args_messages(struct session *s, const struct seqset *set, bool uid, struct numset *ret_uids);

#endif
