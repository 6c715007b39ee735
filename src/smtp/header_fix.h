// SPDX-License-Identifier: Apache-2.0
// Starling: what submission does to a message's header (RFC 6409 sections 6.1 and 8): whose addresses stand in it, Bcc taken out, Date, Message-ID
// and Sender put in. Everything else stays octet for octet.
//
// Who wrote it: the addresses of From must be the user's; one that is another account's here is refused; one that is nobody's here (a list, an
// account elsewhere) is let through with a Sender that says who sent it. In a message that was sent on (RFC 5322 section 3.6.6) From is the first
// author's and Resent-From counts in its place: that of the newest time it was.
#ifndef SMTP_HEADER_FIX_H
#define SMTP_HEADER_FIX_H

#include "base/op.h"

// --- cutting it off ---

struct buf;
struct header_cutter { // zeroed at the beginning of a message
	size_t line;   // where the last line begins in what was collected so far
	bool over;     // the header is whole: it ends at `line`
};
// Adds octets (lines end in CRLF) to those collected in `header` until it is whole, with its empty line, which is put in if the body begins
// without one: then what lies behind c->line is of the body. Returns how many octets were used. RC_TOOBIG beyond SUBMISSION_HEADER_MAX, RC_NOMEM.
int header_cut(struct op *op, struct header_cutter *c, struct span octets, struct buf *header,
	size_t *ret_used);
// The message is over: so is the header.
int header_cut_end(struct op *op, struct header_cutter *c, struct buf *header);

// --- checking and changing it ---

enum address_owner {
	OWNER_USER,    // the user's own
	OWNER_NOBODY,  // of nobody here
	OWNER_ANOTHER, // of another account here
	OWNER_WAIT,    // not known yet: auth/ was asked
};
enum { HEADER_WAIT = 1 };
struct header_rules {
	// Whose an address is: an address_owner or a fault.
	int (*owner)(struct op *op, void *ctx, struct span local, struct span domain);
	void *ctx;
	struct span sender; // the user's address: for a Sender that must be added
	const char *host;   // for the right side of a Message-ID
};
struct fixed_header {        // in op's arena
	struct span added;   // lines that were missing: Date, Message-ID
	struct span head;    // the header without Bcc, with its empty line
	struct span sender;  // a line to go before all: Sender or Resent-Sender; may be empty
	struct span bcc;     // the lines that were taken out; may be empty
	bool has_message_id; // the client gave one
	bool is_changed;     // head is not what it was: fields were taken out
};
// 0, HEADER_WAIT (owner() said OWNER_WAIT: call again), RC_NOPERM (From is another's), RC_TOOBIG (more authors than anybody looks at), RC_NOMEM or a fault of owner().
int header_fix(struct op *op, struct span header, const struct header_rules *rules,
	struct fixed_header *ret_fixed);

#endif
