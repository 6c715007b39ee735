// SPDX-License-Identifier: Apache-2.0
// Starling: one connection of submission. submission.c has its commands, submission_message.c what happens to a message.
#ifndef SMTP_SUBMISSION_PRIV_H
#define SMTP_SUBMISSION_PRIV_H

#include "auth/login.h"
#include "base/buf.h"
#include "mail/url_part.h"
#include "smtp/header_fix.h"
#include "smtp/served.h"
#include "smtp/session_priv.h"
#include "smtp/relay.h"
#include "smtp/submission.h"
#include "wire/crlf.h"

struct seats;
struct sent;
struct spool_slot;

struct submission {
	struct smtp_host host;
	struct submission_config config;
	char hostname[SMTP_HOSTNAME_MAX];
	struct span *domains;
	size_t domain_count;
	struct seats *seats;
	struct served *served;
};

struct pending { // a recipient that the relay was asked for
	size_t index;
	struct rope after; // replies that must wait for its
};

struct submission_session {
	struct smtp_session s; // first: what session.c sees
	struct submission *submission;
	struct login login;
	struct span user; // who is logged in; malloced; absent: nobody
	bool seated;      // counts against the user's sessions
	// The relay:
	struct relay_link *link;
	bool is_kept;               // an earlier transaction has used it
	bool asked;                 // this transaction was begun there
	bool sending;               // and DATA, or more
	bool mail_refused;          // and its sender is not welcome
	struct smtp_answer refusal; // then
	bool spooled;               // this transaction waits here for the relay, which is down
	struct pending *
		pending; // RELAY_PIPELINE_MAX of them, the first at `pending_at`; NULL: none so far
	size_t pending_at, pending_n;
	enum smtp_phase resume; // AT_PAUSE until DATA is answered: what goes on then
	// The message on its way:
	uint64_t size;
	bool has_local;    // somebody has an account here
	struct sent *sent; // it is to be filed; NULL: no
	struct delivery *
		copy; // as it is filed, where that is another text than the one that is sent; NULL: the same
	struct url_part part;    // of BURL: AT_SOURCE
	uint64_t part_at;        // octets of it that were taken
	bool eight_bit;          // octets above 0x7f were in it
	struct dot_stuffer dots; // for the relay
	struct crlf_reader lines;
	struct header_cutter cutter;
	struct buf header;         // until it was looked at, with octets behind it
	struct fixed_header fixed; // then; in the arena of s.tx
	// AT_SERVE:
	bool is_serving, relay_waits;
	struct spool_slot *spooling; // in line; NULL: no
	size_t waiting;              // recipients that wait for the relay here
	bool relay_tells; // who asked for a report on the relay's recipients gets it from there
	struct served_message name;
	struct smtp_answer relayed;                     // what the relay said of it
	struct served_list had;                         // who had it before
	struct smtp_reply failure;                      // why somebody does not get it
	char failure_text[OP_TEXT_MAX + SMTP_PATH_MAX]; // empty: nothing went wrong so far
	const char *filed;                              // what became of the copy, for the answer
};

static inline struct submission_session *submission_of(struct smtp_session *s)
{
	return (struct submission_session *)(void *)s;
}

// Whose an address is: an enum address_owner or a fault. *ret: the account it is delivered to, unless it is nobody's.
int submission_owner(struct op *op, struct submission_session *ss, const struct smtp_path *path,
	struct recipient *ret);

// The same for who may send: addresses that the configuration gives the user are the user's, too.
int submission_sender_owner(
	struct op *op, struct submission_session *ss, const struct smtp_path *path);

// --- submission_relay.c ---
// What can be offered of FUTURERELEASE now: s.future.
void submission_note_future(struct submission_session *ss);
// RCPT for the relay: its answer comes later.
void submission_ask(struct submission_session *ss, const struct recipient *r);
void submission_progress(struct smtp_session *s);
bool submission_may_run(struct smtp_session *s, struct span line);
bool submission_relay_has(
	const struct recipient *r); // it is one of the relay's in this transaction
// DATA there. False: nobody to send it to. True: AT_PAUSE until the answer is here, which submission_relay_wait() takes.
bool submission_relay_begin(struct submission_session *ss);
enum conn_next submission_relay_wait(struct submission_session *ss);
void submission_relay_octets(struct submission_session *ss, struct span octets);
// Begins an attempt to give the message to its recipients there (served_begin(): its result, its flags).
int submission_relay_attempt(struct submission_session *ss, unsigned flags, uint64_t *ret_attempt);
// The end of the message, which some are known to have (`had`), or nobody. SERVED_ELSEWHERE: nothing was done. 0: relay_waits, or it is refused.
int submission_relay_end(struct submission_session *ss, bool had);
void submission_relay_drop(struct submission_session *ss);  // the link is given up
void submission_relay_reset(struct submission_session *ss); // the transaction is over here
bool submission_is_full(struct smtp_session *s);

// --- submission_spool.c ---
// The relay cannot be reached: does the transaction wait here? True: its link is given up.
bool submission_spool_begin(struct submission_session *ss);
// Is the message in the spool for this recipient, or did it go out of it to the relay? r->waits. A fault.
int submission_spool_look(struct submission_session *ss, struct recipient *r);
// The message of such a transaction is put in line, before anything of it. What cannot be is the message's fault.
void submission_spool_stage(struct submission_session *ss);
// Behind that: waits until it stands. 0, or why it does not.
int submission_spool_wait(struct submission_session *ss);

// --- submission_dsn.c ---
// The message is sent: who wants a report of that gets it.
void submission_report(struct submission_session *ss);

// --- submission_burl.c ---
void submission_burl(struct submission_session *ss, const struct smtp_command *c);
enum conn_next submission_pull(struct smtp_session *s);

// --- submission_again.c ---
// Everything has come: who has had it before, and the end of the message for the relay. May refuse it.
void submission_serve_begin(struct submission_session *ss);
void submission_note_relayed(struct submission_session *ss); // its recipients have it
// Everybody has it, those `have` of them that were not refused at RCPT.
void submission_remember(struct submission_session *ss, const struct span *have, size_t n);

// --- submission_message.c ---
// The session runs: a header that was not known to be the user's is looked at again.
void submission_check_again(struct submission_session *ss);
// These trace fields and, where it has none of its own, the message's Sender: what stands in front of its text. In the arena of s.op; absent: out of memory.
struct span submission_prefix(struct submission_session *ss, struct span trace);
// Somebody did not get it. What is temporary counts more: the client is to try again.
void submission_note_failure(struct submission_session *ss, const struct smtp_reply *reply,
	struct span who, struct span why);

// --- submission_message.c: the message hooks of struct smtp_front ---
int submission_begin(struct smtp_session *s);
int submission_octets(struct smtp_session *s, struct span octets);
int submission_end(struct smtp_session *s);
void submission_abort(struct smtp_session *s);
void submission_fault(struct smtp_session *s);
int submission_is_stored(struct smtp_session *s);
enum conn_next submission_serve(struct smtp_session *s);

#endif
