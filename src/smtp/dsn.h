// SPDX-License-Identifier: Apache-2.0
// Starling: delivery status notifications (RFC 3464) of success, for who asked with NOTIFY=SUCCESS (RFC 3461 section 4.1). Failures need none: the client
// is told of them before it has its answer.
#ifndef SMTP_DSN_H
#define SMTP_DSN_H

#include "base/op.h"

struct buf;
struct envelope;

struct dsn_facts {
	const char *host;     // who reports
	struct span header;   // of the message, with its empty line
	bool relay_tells;     // the relay takes NOTIFY: what it has is its business
	struct span boundary; // in no line of the header
};
// Does anybody want one? Never for the null sender (section 5.2.1 there).
bool dsn_is_wanted(const struct envelope *e, bool relay_tells);
// The report on everybody who wants one and has the message, a whole message.
void dsn_write(const struct envelope *e, const struct dsn_facts *facts, struct buf *to);

#endif
