// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of a session: reader (imap/reader.c), dispatcher (imap/dispatch.c) and the loop that joins them (imap/session.c).
#ifndef IMAP_SESSION_PRIV_H
#define IMAP_SESSION_PRIV_H

#include "base/budget.h"
#include "base/buf.h"
#include "imap/command.h"
#include "imap/imap_priv.h"
#include "mail/account.h"
#include "mail/txn.h"

enum reader_mode {
	READ_LINE,      // a line up to its LF
	READ_ASK,       // `asked` ends the text: its stream is asked (again) what becomes of it
	READ_LITERAL,   // `left` octets into the text
	READ_STREAM,    // `left` octets to the row's stream
	READ_SKIP_LINE, // the rest of an over-long line
	READ_SKIP,      // `left` octets of a literal of a command that has failed
};
#define READER_TAIL 32u // longest literal header, for over-long lines

struct collector {
	enum reader_mode mode;
	struct buf text; // the present piece of the command: lines, literals' headers and octets
	struct buf line; // a line for IMAP_LINE
	struct buf tag;  // of the command in progress
	size_t line_at;  // where the present line begins in text
	size_t args_at;  // where the arguments begin in text
	uint64_t left;   // octets of the literal still to come
	struct literal_header asked;
	uint64_t skipped;     // octets of failed literals of this command
	uint64_t dropped;     // and of its over-long lines
	struct charge charge; // of its literals
	unsigned literals;    // collected ones of this command
	bool known;           // tag and row of this command were looked at
	bool failed;          // its outcome is known: `outcome`; the rest of it is dropped
	int outcome;
	size_t tail_n;
	char tail[READER_TAIL]; // READ_SKIP_LINE: the last octets
};

enum phase {
	PHASE_READ, // between commands, or one is being read
	PHASE_RUN,  // run() is to be called (again)
	PHASE_LINE, // the command waits for a line or an event
	PHASE_WAIT, // ... for an event
	PHASE_SYNC, // changes of the mailbox are being told, then the tagged line
};
struct session_priv {
	struct collector reader;
	struct command cmd;
	enum phase phase;
	int outcome; // PHASE_SYNC: of run()
	bool ended;  // BYE was said
	bool eof;    // the peer will send no more
	unsigned bad_before_login;
	bool modseq_sent;   // MODSEQ items went out in this command
	bool modseq_behind; // the client may keep a HIGHESTMODSEQ that is lower than what it was told
	uint64_t active_at; // clock_mono() of the last command
	uint64_t wake_at;   // session_wake_at()
	uint64_t opened_at;
	uint64_t nobody_since; // since when nobody is logged in
	uint64_t idle_tick_at; // IDLE: the next "still here"; 0: none
	bool idling;           // IDLE was begun
	uint64_t commands;
	struct waker *waker;      // made at the first use
	struct later later;       // of the command in progress, when it may wait without a thread
	struct watcher watcher;   // of IDLE and NOTIFY
	struct notify *notify;    // NOTIFY, ENABLE METADATA; NULL: neither
	_Atomic unsigned changed; // ACCOUNT_CHANGED_ bits noted by the watcher
	// New messages of the selected mailbox whose FETCH is not due (RFC 5465 section 5.2): this session put them there, or they were fetched.
	struct numset fetched;
	uint32_t key_resets;            // of the selected mailbox, as told: urlauth_resets()
	struct context *contexts;       // of the selected mailbox (imap/context.h)
	struct uidbatches_log *batches; // what was asked about the selected mailbox; free()
	bool seated;                    // counts against the user's sessions
	struct span user;               // malloced
};

// --- imap/reader.c ---
enum reader_next {
	READER_NEED,    // no more input now
	READER_COMMAND, // a complete command: reader.text from args_at on is its last piece; cmd is set; maybe reader.failed
	READER_LINE,    // cmd.line is set
	READER_PAUSE,   // its share of time is used
};
enum reader_next reader_run(struct session *s);
void reader_begin(struct session *s); // makes ready for the next command
void reader_done(struct session *s);
void reader_relax(struct session *s); // gives memory back before parking

// --- imap/dispatch.c ---
// Starts the command that the reader has collected; continues it. How the connection goes on; CONN_READ: the next command may be read.
enum conn_next dispatch_start(struct session *s);
enum conn_next dispatch_continue(struct session *s);
// Ends the command in progress without an answer: the connection is gone.
void dispatch_abandon(struct session *s);
// Sets cmd.tag, cmd.row and args_at from the text; 0, or the outcome if there is no such command or not in this state.
int dispatch_identify(struct session *s);
// The outcome of a fault, with what the tagged line says: IMAP_NO or IMAP_BAD.
int dispatch_fault(struct session *s, int rc);
// IMAP_BAD with the cursor's explanation.
int dispatch_syntax(struct session *s, const struct cursor *in);

// --- imap/session.c ---
// The command ends early: a change of its that is in line is waited for and published.
void session_commit_abandon(struct session *s);
// Wakes the session when the selected mailbox changes, or anything that NOTIFY asked for.
void session_watch(struct session *s);
void session_unwatch(struct session *s);
// The client is who it says: opens the account. A fault: the state stays.
int session_log_in(struct session *s, struct span user);
void session_log_out(struct session *s); // back to not authenticated (UNAUTHENTICATE), or the end

#endif
