// SPDX-License-Identifier: Apache-2.0
// Starling: one connection of SMTP's kin, the part that LMTP and submission share: the loop, lines, the mail transaction, a message that comes
// in by DATA or BDAT. session.c is the loop and the commands that are the same for both, message.c what happens to octets. What differs is
// a front end's (struct smtp_front); its own session begins with a struct smtp_session.
#ifndef SMTP_SESSION_PRIV_H
#define SMTP_SESSION_PRIV_H

#include "auth/auth.h"
#include "base/limits.h"
#include "net/conn.h"
#include "smtp/envelope.h"
#include "wire/dots.h"
#include "wire/line.h"
#include "wire/smtp.h"
#include "wire/smtp_reply.h"

#define SMTP_HOSTNAME_MAX 256u // limit of gethostname()

struct decision;
struct delivery;
struct mail;
struct smtp_session;

enum smtp_phase {
	AT_COMMAND, // a command is awaited
	AT_AGAIN,   // the command waits for auth/, and is run again then: smtp_again()
	AT_LINE,    // a line that is no command: the front end's (SASL)
	AT_PAUSE, // the front end waits for something that is not input: its wait() says when it is there
	AT_DATA,   // octets of DATA
	AT_CHUNK,  // octets of a BDAT chunk
	AT_SOURCE, // octets that come from here: the front end's pull()
	AT_WHOLE,  // the message has come, but it is looked at still
	AT_SERVE,  // the message is there: recipients are served
	AT_END,    // the last reply was given
};

struct smtp_host { // what the sessions of a front end share
	struct mail *mail;
	struct auth *auth;
	struct budget *memory; // of a session before anybody is logged in; NULL: no bound
	const char *hostname;  // in the greeting and in Received
	unsigned timeout;      // seconds without a command or data
};

struct smtp_front {
	const char *name;                     // for the log
	const char *protocol, *utf8_protocol; // in Received, without S (TLS) and A (authenticated)
	bool has_binarymime;
	bool authenticates; // mail comes from somebody who has logged in
	bool each_answers;  // a reply for each recipient, not one for the message
	// A command that is not the same for all, or that a front end looks at first. False: the session answers it.
	bool (*command)(struct smtp_session *s, const struct smtp_command *c);
	void (*line)(struct smtp_session *s, struct span line); // AT_LINE; absent: it was too long
	// AT_PAUSE. CONN_READ: go on, the phase may be another one; CONN_WAIT, CONN_YIELD: not yet.
	enum conn_next (*wait)(struct smtp_session *s);
	// AT_COMMAND: the line may be run though answers to lines before it are still to come.
	bool (*may_run)(struct smtp_session *s, struct span line);
	// The message, on its way to s->delivery: before its octets, its octets (in any split), behind them. 0 or a fault: then nobody gets it.
	int (*begin)(struct smtp_session
			*s); // may set AT_PAUSE; then it goes on with the phase of before
	int (*octets)(struct smtp_session *s, struct span octets);
	int (*end)(struct smtp_session *s);    // with `checks` set it is called again
	void (*abort)(struct smtp_session *s); // it is given up, or over
	// AT_SERVE. CONN_READ: everybody is served.
	enum conn_next (*serve)(struct smtp_session *s);
	void (*fault)(struct smtp_session *s); // nobody gets it, from now on
	// Before the message: 1, it goes to s->delivery; 0, it does not; or a fault. Absent: it does.
	int (*is_stored)(struct smtp_session *s);
	enum conn_next (*pull)(struct smtp_session *s); // AT_SOURCE: as wait()
	bool (*is_full)(
		struct smtp_session *s); // no octets can be taken now; it is woken when they can
	void (*progress)(struct smtp_session *s); // the session runs: what has happened elsewhere?
	// When a silence is over, clock_mono(): at most `at`.
	uint64_t (*deadline)(const struct smtp_session *s, uint64_t at);
};

struct smtp_session {
	struct op op; // of the command in progress
	struct op tx; // of the mail transaction: its envelope
	struct conn *conn;
	const struct smtp_front *front;
	const struct smtp_host *host;
	enum smtp_phase phase;
	struct line_cutter cutter;
	struct span line; // AT_COMMAND, AT_AGAIN: of the command; in the arena of op
	struct auth_finder
		finder; // whose addresses are: of the command, or of the message's header
	bool checks; // the front end waits for what the finder was asked of the message: no octets are taken, nothing is said until its progress() unsets it
	struct span client; // of EHLO or LHLO, as Received shows it; malloced; absent: none yet
	bool in_mail;       // MAIL was accepted
	bool eof, stopping;
	struct envelope envelope;
	struct future_release future; // the front end's: MAIL may ask for it
	// The message on its way:
	struct delivery *delivery;
	struct span received;            // trace.c; in the arena of tx; absent: not made yet
	struct evp_md_ctx_st *hash;      // of the octets that the client sent
	uint8_t digest[32];              // AT_SERVE: the hash
	bool in_message;                 // octets have begun to come
	int fault;                       // why it cannot be delivered to anybody; 0: it can
	struct smtp_answer fault_answer; // its reply
	struct rope *held; // replies go there: others must go out before; NULL: there are none
	struct dot_reader dots;
	bool chunked;        // it comes by BDAT
	bool last_chunk;     // the present chunk is the last one
	uint64_t chunk_left; // octets of the chunk still to come
	size_t next;         // AT_SERVE: the next recipient
	unsigned bad;        // commands with errors since the last message
	uint64_t dropped;    // octets of the message that were read and dropped
	bool has_own_id;     // what is delivered twice is known again by envelope and content
	uint64_t opened_at, active_at, messages, delivered;
};

// --- session.c ---
void smtp_session_init(struct smtp_session *s, struct conn *c, const struct smtp_front *front,
	const struct smtp_host *host);
// From now on what its commands and messages hold is charged to this budget.
void smtp_session_charge(struct smtp_session *s, struct budget *memory);
void smtp_session_done(struct smtp_session *s);
enum conn_next smtp_session_run(struct smtp_session *s, unsigned events);

// What is configured, or the name that the system says, which is written to `room` (SMTP_HOSTNAME_MAX octets).
const char *smtp_hostname(const char *configured, char *room);
void smtp_say(struct smtp_session *s, unsigned code, const char *enhanced, const char *text);
void smtp_refuse(struct smtp_session *s, const struct smtp_reply *reply, const char *text);
void smtp_closing(
	struct smtp_session *s, const char *enhanced, const char *text); // 421, and the end
void smtp_transaction_end(struct smtp_session *s); // forgets envelope and message
// EHLO, HELO, LHLO: takes the client's name. False: refused.
bool smtp_hello(struct smtp_session *s, const struct smtp_command *c);
// The reply to it, without its last line: the extensions that both front ends have, then those.
void smtp_hello_lines(struct smtp_session *s, const char *const *more, size_t n);
// From the front end's command(), before it had any effect: it waits for what the finder was asked, and is called again from its beginning.
void smtp_again(struct smtp_session *s);
// MAIL: the envelope is begun. False: refused.
bool smtp_mail(struct smtp_session *s, const struct smtp_command *c);
// RCPT: may it stand here, and are its parameters good? *ret: the address with them. False: refused.
bool smtp_rcpt_check(struct smtp_session *s, const struct smtp_command *c, struct recipient *ret);
// Adds a recipient. False: refused (452).
bool smtp_rcpt_add(struct smtp_session *s, const struct recipient *r);

// --- message.c ---
// Begins the message, when its first octets are to come.
void smtp_message_begin(struct smtp_session *s);
// Takes what is there. True: something was done; false: more input is needed.
bool smtp_take_data(struct smtp_session *s);
bool smtp_take_chunk(struct smtp_session *s);
void smtp_message_abort(struct smtp_session *s);
// Octets of the message that came another way than by DATA or BDAT.
void smtp_message_octets(struct smtp_session *s, struct span octets);
void smtp_message_end(struct smtp_session *s);
void smtp_checked(
	struct smtp_session *s); // `checks` no more; the finder forgets what it was asked for it
void smtp_message_fault(struct smtp_session *s, int rc); // of s->op: nobody gets it
// The same with the answer of somebody else, or one of our own.
void smtp_message_refuse(struct smtp_session *s, const struct smtp_answer *answer);
void smtp_say_fault(struct smtp_session *s);

// --- local.c: recipients that have accounts here ---
enum { RESOLVE_WAIT = 1 };
// Whose mail it is: ret->user and ret->folder, in the arena of `op`. `bare`: a local part alone may be a user's name. RC_NONEXISTENT. RESOLVE_WAIT: the
// finder of the session was asked.
int smtp_resolve(struct op *op, struct smtp_session *s, const struct smtp_path *p, bool bare,
	struct recipient *ret);
// Puts the message in line for a group of recipients of the envelope, which come in its order. A mailbox that several of them lead to has it once: the
// others share the answer of the first. Texts live in the arena of s->op.
struct local_one {
	struct recipient *r;
	struct span prefix;            // its private lines; absent: out of memory
	int rc;                        // 0, DELIVERY_DUPLICATE, or why not
	struct span text;              // why not
	struct delivery_slot *slot;    // private
	const struct recipient *first; // private: of that mailbox; NULL: this one
};
void smtp_stage(struct smtp_session *s, struct local_one *group, size_t n);
// Behind smtp_stage(), for at most LMTP_GROUP: a decision (mail/txn.h), and the session is woken when it is known: smtp_wait() need not block then. Else NULL.
// Blocks (CREW_DISK).
struct decision *smtp_wait_later(struct smtp_session *s, const struct local_one *group, size_t n);
// Behind smtp_stage(): waits until it stands. Blocks (CREW_DISK).
void smtp_wait(struct smtp_session *s, struct local_one *group, size_t n);

#endif
