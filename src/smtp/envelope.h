// SPDX-License-Identifier: Apache-2.0
// Starling: a mail transaction's envelope: what MAIL and RCPT said, checked (RFC 5321 section 3.3, RFC 1870, 6152, 3030, 6531, 3461, 4865). For LMTP and
// submission alike; who a recipient is, is the front end's to find out.
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include "base/op.h"
#include "wire/future_release.h"

struct smtp_command;
struct smtp_reply;

struct recipient {
	struct span address;       // as RCPT gave it
	struct span notify, orcpt; // RFC 3461; absent: not given
	struct span user;          // whose account it is, canonical; absent: nobody's here
	struct span folder;        // detail of a sub-address; absent: none
	bool remote;               // submission: for the relay
	bool refused;              // by it
	bool held;                 // it is not asked: it may have the message (served.h)
	bool waits;                // here for the relay, or it has: a mark in the spool tells
	bool has_it;               // it was delivered
	struct span mailbox;       // of an account here, once it was put in line; absent: not yet
	int rc;                    // and what came of that (struct local_one)
};
struct envelope {                         // all of it in the arena of the transaction's op
	struct span sender;               // empty: the null path
	bool utf8;                        // SMTPUTF8
	bool binary;                      // BODY=BINARYMIME: BDAT only
	bool seven_bit;                   // BODY=7BIT
	struct span ret, envid;           // RFC 3461; absent: not given
	struct span hold_for, hold_until; // RFC 4865; absent: not given
	uint64_t size;                    // SIZE=; 0: not given
	struct recipient *recipients;
	size_t count, cap;
	size_t refused; // recipients that were taken in and then refused
};

struct envelope_rules {
	uint64_t limit;               // octets of a message
	bool binary;                  // BINARYMIME is offered
	bool auth;                    // AUTH is
	struct future_release future; // FUTURERELEASE, so far; zeroed: it is not
};
// It is to be held until later.
static inline bool envelope_is_for_later(const struct envelope *e)
{
	return e->hold_for.p || e->hold_until.p;
}
static inline size_t envelope_accepted(const struct envelope *e)
{
	return e->count - e->refused;
}

// MAIL. NULL: accepted; else the refusal's text, with code and enhanced code in *ret_reply.
const char *envelope_begin(struct op *op, struct envelope *e, const struct smtp_command *c,
	const struct envelope_rules *rules, struct smtp_reply *ret_reply);
// RCPT: the address and its parameters, which *r gets; the recipient is not added.
const char *envelope_check_recipient(const struct envelope *e, const struct smtp_command *c,
	struct recipient *r, struct smtp_reply *ret_reply);
// Adds one, copied. RC_LIMIT, RC_NOMEM.
int envelope_add(struct op *op, struct envelope *e, const struct recipient *r);

#endif
