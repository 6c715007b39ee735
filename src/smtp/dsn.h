// SPDX-License-Identifier: Apache-2.0
// Starling: delivery status notifications (RFC 3464): of success, for who asked with NOTIFY=SUCCESS (RFC 3461 section 4.1), and, of what waited for the
// relay, of delay and failure. Other failures need none: the client is told of them before it has its answer. Pure; report.h files them.
#ifndef SMTP_DSN_H
#define SMTP_DSN_H

#include "base/op.h"

struct buf;

enum dsn_action { // RFC 3464 section 2.3.3, from the best to the worst
	DSN_NONE, // nothing is said of it
	DSN_DELIVERED,
	DSN_RELAYED,
	DSN_DELAYED,
	DSN_FAILED,
};
struct dsn_recipient {
	struct span address, orcpt; // orcpt absent: not given
	enum dsn_action action;
	const char *status; // "5.1.1" (RFC 3463); NULL: the usual one of the action
	struct span said;   // by the relay: one line, code and text; empty: nothing
	bool ours;          // it is our own word, not the relay's
};
struct dsn_facts {
	const char *host;                 // who reports
	const char *relay;                // who said what `said` says; NULL: nobody
	struct span sender;               // who gets it: not the null path
	struct span envid;                // absent: not given
	struct span hold_for, hold_until; // RFC 4865; absent: not asked for
	bool utf8;                        // SMTPUTF8: the parts are those of RFC 6533
	int64_t arrived;                  // clock_real()
	int64_t retry_until;              // of what is delayed
	struct span content;  // of the message: its header with the empty line, or all of it
	bool is_whole;        // the latter
	struct span boundary; // in no line of the content
	const struct dsn_recipient *recipients;
	size_t count;
};
// Does a recipient with this NOTIFY (absent: not given) want to be reported so? Without NOTIFY: failures and delays (RFC 3461 section 4.1).
bool dsn_is_wanted(struct span notify, enum dsn_action action);
// The report on those recipients of whom something is said, a whole message.
void dsn_write(const struct dsn_facts *facts, struct buf *to);

#endif
