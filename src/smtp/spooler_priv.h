// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of the spooler. spooler.c is the task, spooler_message.c a message on its way, spooler_settle.c what became of its recipients and
// what follows from that.
#ifndef SMTP_SPOOLER_PRIV_H
#define SMTP_SPOOLER_PRIV_H

#include "mail/account.h"
#include "mail/spool.h"
#include "run/crew.h"
#include "smtp/session_priv.h"
#include "smtp/spooler.h"
#include "wire/smtp_reply.h"

#include <pthread.h>
#include <stdatomic.h>

struct spool_outcome { // of a recipient
	enum spool_fate fate;
	char status[SMTP_ENHANCED_MAX]; // RFC 3463, of a failure or why it waits; "": not given
	struct span said;               // by the relay, of it; empty: nothing
	bool ours;                      // that is our own word, not the relay's
};

enum spooler_phase {
	S_IDLE,
	S_ENVELOPE, // MAIL was asked, and some RCPT
	S_DATA,     // DATA was
	S_OCTETS,   // they go out
	S_END,      // the line with the dot has
	S_SETTLE,   // what became of it could not be written down yet
};

struct spooler {
	struct spooler_config config;
	char hostname[SMTP_HOSTNAME_MAX];
	struct task task;
	bool stopping;
	atomic_bool started;               // an administrator may be quicker than spooler_start()
	atomic_bool reached, added, hurry; // what others have told it
	pthread_mutex_t lock;              // guards what follows; a leaf
	uint64_t retry_at;                 // clock_mono(): not before; 0: at any time
	unsigned failures;                 // in a row
	char fault[OP_TEXT_MAX];           // of the last one
	// Of the task alone:
	uint64_t overdue_from; // messages from this number on may be overdue; 0: none
	// The message at hand:
	enum spooler_phase phase;
	struct op op;
	struct relay_link *link;
	bool link_used; // a message has gone over it
	bool tells;     // the relay sends reports by itself
	struct spool_message m;
	struct spool_outcome *outcomes; // SPOOL_SENT: accepted so far
	size_t asked, answered;         // recipients
	bool taken;                     // one of them was
	bool crowded;                   // and another is one too many for now
	uint64_t ask_until;             // clock_mono()
	struct blob text;
	uint64_t at;  // octets of it that are on their way
	bool has_end; // and so is the line with the dot
	struct dot_stuffer dots;
	uint64_t settle_at; // clock_mono(): when settling is tried again
};

// --- spooler.c ---
void spooler_wake(struct spooler *s); // any thread
// So many failures in a row: the relay is tried again after so many seconds (0: at any time), and why.
void spooler_pause_relay(struct spooler *s, unsigned failures, uint64_t seconds, const char *why);

// --- spooler_message.c: the message at hand; the task alone ---
// One that was taken becomes it, and the relay is asked for it; or it is put off.
void spooler_message_begin(struct spooler *s, uint64_t number);
// False: nothing more can be done now. When it is over, phase is S_IDLE.
bool spooler_message_step(struct spooler *s);
void spooler_message_drop(struct spooler *s); // it is given back as it was
void spooler_drop_link(struct spooler *s);

// --- spooler_settle.c ---
// All that is needed after a try: who has failed, or waits for too long, is noted in the record and told of; then the record is settled (README.md: steps 7
// to 9). What cannot be told waits, noted, and its outcome says SPOOL_WAITS. `relay_tells`: it sends the reports on what it has. A fault: the record is as
// it was. Blocks.
int spooler_settle(struct op *op, const struct spooler_config *config, struct spool_message *m,
	struct spool_outcome *outcomes, bool relay_tells);
// The outcomes of a message that is not tried now: of who has failed, what the record says; of the others, that they wait, for what it waited for last.
void spooler_outcomes(const struct spool_message *m, struct spool_outcome *ret_outcomes);
// When it is to be tried again after so many tries; when it is given up.
uint64_t spooler_pause_s(const struct spooler_config *config, unsigned tries);
int64_t spooler_expires_s(const struct spooler_config *config);
// A message that comes from the future has come now: the clock was ahead then. True: it was one.
bool spooler_is_early(struct spool_message *io_message);

#endif
