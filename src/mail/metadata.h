// SPDX-License-Identifier: Apache-2.0
// Starling: annotations (RFC 5464) of mailboxes and of the server. An annotation has a name ("/private/comment") and a value of any octets. They
// are records of the account (format.h), read from the store when asked for: memory keeps none. An account has one user, so /private and
// /shared of a mailbox differ in name only; what is /shared of the server is the administrator's (imap/ext_metadata.c), not the account's.
//
// /private/specialuse of a mailbox is no record: it shows and sets its special uses (RFC 6154 section 4), as imap/ spells them.
#ifndef MAIL_METADATA_H
#define MAIL_METADATA_H

#include "mail/account.h"

// An annotation of mailboxes with a meaning: the most octets of a message that APPEND brings (RFC 7889), if that is less than for all; a number.
#define METADATA_APPEND_LIMIT SPAN("/shared/vendor/starling/append-limit")
#define METADATA_SPECIALUSE SPAN("/private/specialuse")
enum { METADATA_ALL = UINT32_MAX }; // depth: everything below

// The name in lower case, in op's arena (names are case-insensitive). RC_SYNTAX: none that may be (RFC 5464 section 3.2); `below`: it need only be
// something that names lie below ("/private", "/shared/vendor").
int metadata_name_check(struct op *op, struct span name, bool below, struct span *ret_name);

// How many levels `name` lies below `above`, 0: it is the same; UINT32_MAX: it does not.
uint32_t metadata_levels_below(struct span name, struct span above);

// Calls `each` for the annotation of that name and those at most `depth` levels below it, if they are there. `mailbox` NULL: of the server.
// The spans are valid during the call. Stops when `each` returns something else than 0, and returns that. Blocks.
int metadata_read(struct op *op, struct account *a, const struct tree_entry *mailbox,
	struct span name, uint32_t depth,
	int (*each)(void *ctx, struct span name, struct span value), void *ctx);

struct metadata_change {
	struct span name;  // checked
	struct span value; // absent: the annotation is removed
	unsigned uses;     // USE_ bits: the meaning of /private/specialuse
};
enum { METADATA_TOO_BIG = 1, METADATA_TOO_MANY }; // outcomes
// All or none, durable on return. `mailbox` empty: of the server. RC_NONEXISTENT, RC_USEATTR, RC_OVERQUOTA, RC_CANNOT (a limit that is no number); a value longer than
// METADATA_VALUE_MAX: METADATA_TOO_BIG; too many or too much for one mailbox: METADATA_TOO_MANY. Blocks.
int metadata_set(struct op *op, struct account *a, struct span mailbox,
	const struct metadata_change *changes, size_t count);

#endif
