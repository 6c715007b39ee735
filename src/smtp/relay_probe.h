// SPDX-License-Identifier: Apache-2.0
// Starling: who asks the relay what it offers, so that EHLO here can offer FUTURERELEASE (RFC 4865), whose limits are the relay's, before any mail has gone
// there. One task: it connects at the start, says EHLO (and what comes before messages), and goes. Sessions never wait for it.
//
// A relay that cannot be reached is tried again after SPOOL_RETRY_FIRST_S, twice as long each time, at most SPOOL_RETRY_MOST_S. One that offers it is asked
// again when that is RELAY_OFFER_S old: its latest date may move with the clock. One that does not is left in peace. Whoever else reaches it spares a question.
#ifndef SMTP_RELAY_PROBE_H
#define SMTP_RELAY_PROBE_H

#include "base/op.h"

struct crew;
struct relay;

struct relay_probe;
int relay_probe_new(struct op *op, struct relay *relay, struct relay_probe **ret_probe);
// Its task has ended; accepts NULL. The relay is there still.
void relay_probe_free(struct relay_probe *p);
// Hands it to the crew, which runs it from then on.
int relay_probe_start(struct op *op, struct relay_probe *p, struct crew *crew);
// The task; tests run it themselves. The time when it wants to run again, clock_mono(); 0: only when it is woken. `stopping`: it ends.
uint64_t relay_probe_run(struct relay_probe *p, bool stopping);

#endif
