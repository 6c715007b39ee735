// SPDX-License-Identifier: Apache-2.0
// Starling: who sends what waits in the spool (mail/spool.h) to the relay: one task, one link at a time, one message after the other, each to all its
// recipients that are left. What becomes of them: the relay has it; it is refused (5xx), or too old (SPOOL_EXPIRES_S): its sender is told by a report
// (report.h); anything else waits, and after SPOOL_DELAY_S its sender is told of that.
//
// When: while the relay cannot be reached, nothing is tried but that, after SPOOL_RETRY_FIRST_S, twice as long each time, at most SPOOL_RETRY_MOST_S; as
// soon as any link reaches it, at once. A message that it has put off (4xx) waits so by itself. A message that asks for its recipients for too long, or
// has more of them than the relay takes at once, goes to some of them, and to the rest behind the other messages. A volume that is read-only sends nothing.
//
// Crash: what the relay has taken whole and not answered, or answered and we have not settled, is sent again; README.md has the table.
#ifndef SMTP_SPOOLER_H
#define SMTP_SPOOLER_H

#include "base/op.h"

struct crew;
struct mail;
struct relay;
struct spool;

struct spooler;
struct spooler_config {
	struct mail *mail; // these must outlive it
	struct spool *spool;
	struct relay *relay;  // NULL: nothing is sent, but what grows old is told of, and given up
	const char *hostname; // in reports; NULL: what the system says
	// The longest pause, and when a message is given up: RFC 5321 section 4.5.4.1 wants them configurable. 0: SPOOL_RETRY_MOST_S, SPOOL_EXPIRES_S
	uint32_t pause_most_s, expires_s;
	uint32_t ask_ms; // how long a message may ask for its recipients; 0: SPOOL_ASK_S
};
// Copies the configuration. The relay tells it from then on when it was reached.
int spooler_new(struct op *op, const struct spooler_config *config, struct spooler **ret_spooler);
// Its task has ended; accepts NULL. The relay is there still.
void spooler_free(struct spooler *s);
// Hands it to the crew, which runs it from then on.
int spooler_start(struct op *op, struct spooler *s, struct crew *crew);

// --- any thread ---

void spooler_added(
	struct spooler *s); // a message was put into the spool, since the relay cannot be reached
void spooler_try(struct spooler *s); // all messages, now
// Seconds until the relay is tried again, and why it could not be reached (in op's arena); 0 and empty: it can, for all that is known.
int spooler_status(struct op *op, struct spooler *s, uint64_t *ret_seconds, struct span *ret_why);
// A message that was taken (spool_take_number()) is given up: its sender is told, and it is removed. RC_; then it is given back.
int spooler_drop(struct op *op, const struct spooler_config *config, uint64_t number);

// --- the task; tests run it themselves ---

// Does what there is to do until it must wait. The time when it wants to run again, clock_mono(); 0: only when it is woken. `stopping`: it ends what can
// be ended, and *ret_over says that there is nothing left to wait for.
uint64_t spooler_run(struct spooler *s, bool stopping, bool *ret_over);

#endif
