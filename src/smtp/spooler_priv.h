// SPDX-License-Identifier: Apache-2.0
// Starling: what became of the recipients of a message of the spool, and what follows from that.
#ifndef SMTP_SPOOLER_PRIV_H
#define SMTP_SPOOLER_PRIV_H

#include "mail/spool.h"
#include "smtp/spooler.h"
#include "wire/smtp_reply.h"

struct spool_outcome { // of a recipient
	enum spool_fate fate;
	char status[SMTP_ENHANCED_MAX]; // RFC 3463, of a failure or why it waits; "": not given
	struct span said;               // by the relay, of it; empty: nothing
	bool ours;                      // that is our own word, not the relay's
};
// All that is needed after a try: who has failed, or waits for too long, is told of; then the record is settled (README.md: steps 7 and 8). What
// cannot be told waits. `relay_tells`: it sends the reports on what it has. A fault: the record is as it was. Blocks.
int spooler_settle(struct op *op, const struct spooler_config *config, struct spool_message *m,
	struct spool_outcome *outcomes, bool relay_tells);
// When it is to be tried again after so many tries; when it is given up.
uint64_t spooler_pause_s(const struct spooler_config *config, unsigned tries);
int64_t spooler_expires_s(const struct spooler_config *config);
// A message that comes from the future has come now: the clock was ahead then. True: it was one.
bool spooler_is_early(struct spool_message *io_message);

#endif
