// SPDX-License-Identifier: Apache-2.0
// Starling: one IMAP connection. What a command may use of it; the rest is in session_priv.h. A session is run by one thread at a time.
//
// Memory: a command's arguments and results live in `op` (its arena is reset after every command, freed when the session goes idle).
// What must survive a command is owned by a field here.
#ifndef IMAP_SESSION_H
#define IMAP_SESSION_H

#include "base/numset.h"
#include "base/op.h"
#include "base/rope.h"
#include "imap/imap.h"
#include "imap/language.h"
#include "mail/collation.h"

struct account;
struct command;
struct view;

enum session_state { // bits, so that a command can say in which ones it is allowed (RFC 9051 section 3)
	STATE_NOT_AUTHENTICATED = 1,
	STATE_AUTHENTICATED = 2,
	STATE_SELECTED = 4,
	STATE_LOGOUT = 8,
};
enum {                         // what ENABLE switched on: bits
	ENABLED_REV2 = 1,      // IMAP4rev2 (RFC 9051)
	ENABLED_UTF8 = 2,      // UTF8=ACCEPT (RFC 9755)
	ENABLED_CONDSTORE = 4, // RFC 7162: also by the first command that shows awareness
	ENABLED_QRESYNC = 8,
	ENABLED_UIDONLY = 16,  // RFC 9586
	ENABLED_METADATA = 64, // RFC 5464: unsolicited METADATA responses
};

struct session {
	struct op op; // of the command in progress; pass &s->op down
	struct conn *conn;
	const struct imap_config *config;
	struct imap *imap;
	enum session_state state;
	unsigned enabled;         // ENABLED_ bits
	enum language language;   // of text for people
	enum collation collation; // the active comparator
	struct account *account;  // from log-in on, ours
	struct view *view;        // STATE_SELECTED only
	// `$` (RFC 9051 section 6.4.4.1): UIDs saved by SEARCH RETURN (SAVE). Emptied by SELECT. Expunged UIDs need not be taken out.
	struct numset saved;
	struct session_priv *priv;
};

// Where responses go: complete lines only. Check conn_is_full() between them and answer IMAP_MORE when it is true.
static inline struct rope *session_out(struct session *s)
{
	return conn_output(s->conn);
}
// IMAP4rev2 was enabled: no \Recent, no RECENT, ESEARCH in place of SEARCH, LIST in SELECT, ...
static inline bool session_is_rev2(const struct session *s)
{
	return s->enabled & ENABLED_REV2;
}
// UTF-8 may be sent in quoted strings, and mailbox names are UTF-8 (IMAP4rev2 or UTF8=ACCEPT enabled).
static inline bool session_is_utf8(const struct session *s)
{
	return s->enabled & (ENABLED_REV2 | ENABLED_UTF8);
}
// Passwords may be sent: TLS, a local peer, or the configuration allows it.
bool session_is_private(const struct session *s);

// Switches ENABLED_ bits on; QRESYNC is CONDSTORE, too. With the first CONDSTORE enabling command the client is told the HIGHESTMODSEQ of the
// selected mailbox, if there is one (RFC 7162 section 3.1).
void session_enable(struct session *s, unsigned bits);

// Closes the selected mailbox, if any, without expunging; state becomes STATE_AUTHENTICATED.
void session_unselect(struct session *s);

// Ends the connection after what is queued and "* BYE code text". `code` may be NULL. Text is ASCII.
void session_bye(struct session *s, const char *code, const char *fmt, ...) printf_like(3, 4);

// Asks to run the command in progress again at this time (clock_mono) although nothing else happens; 0: no.
void session_wake_at(struct session *s, uint64_t when);

// Around a change that can be waited for without a thread (mail/txn.h: op->later): session_commit_begin(), the change; then, as often as run() is
// called, session_commit() until it returns 0: the change is durable. IMAP_WAIT: to be returned from run(). Negative: it failed.
void session_commit_begin(struct session *s);
int session_commit(struct session *s);

#endif
