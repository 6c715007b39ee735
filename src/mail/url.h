// SPDX-License-Identifier: Apache-2.0
// Starling: IMAP URLs (RFC 5092, which replaced RFC 2192; ;EXPIRE and ;URLAUTH of RFC 4467 section 9): text to a struct and back. A pure codec: it
// asks nobody whether what is named exists.
//
//	imap://user;AUTH=type@host:port/mailbox;UIDVALIDITY=n/;UID=n/;SECTION=s/;PARTIAL=o.n;EXPIRE=date;URLAUTH=access:mechanism:token
//
// A reference leaves out the scheme ("//host/…", RFC 3986 section 4.2), the server as well ("/mailbox/;UID=n"), or the beginning of the
// mailbox's name too ("other/;UID=n", ";UID=n" in the mailbox at hand). Spans are in op's arena or point into the text.
#ifndef MAIL_URL_H
#define MAIL_URL_H

#include "base/op.h"

struct buf;
struct section;

enum url_form {
	URL_ABSOLUTE, // imap://server/…
	URL_NETWORK,  // //server/…
	URL_PATH,     // /mailbox…
	URL_RELATIVE, // mailbox… or ;UID=…, to be resolved: url_resolve()
};
enum url_access { // <access> (RFC 4467 section 3)
	URL_ACCESS_NONE,
	URL_ACCESS_SUBMIT,
	URL_ACCESS_USER,
	URL_ACCESS_AUTHUSER,
	URL_ACCESS_ANONYMOUS,
};
struct url {
	enum url_form form;
	struct span user, auth_type; // decoded; absent: none
	struct span host;            // as written
	uint16_t port;               // 0: none
	struct span mailbox;         // decoded, UTF-8; absent: none
	uint32_t uid_validity;       // 0: none
	struct span search;          // decoded, behind "?"; absent: none
	uint32_t uid;                // 0: not of a message
	struct span section;         // decoded; absent: none
	bool is_partial;
	uint64_t offset, length; // ;PARTIAL=offset.length; length 0: to the end
	int64_t expire;          // seconds since 1970, UTC; INT64_MAX: never
	struct span expire_text; // as written
	enum url_access access;
	struct span access_user;      // decoded; of URL_ACCESS_SUBMIT and _USER
	struct span mechanism, token; // as written; absent: a rump
	struct span
		rump; // the text up to the ":" before the mechanism, exactly as it came (RFC 4467 section 6)
};

// RC_SYNTAX with why; RC_NOMEM. Longer than URL_MAX is RC_SYNTAX, too.
int url_parse(struct op *op, struct span text, struct url *ret_url);
// The mailbox of a reference in the mailbox `base` (absent: none is selected), dot segments removed (RFC 3986 section 5.2). RC_SYNTAX: there is none.
int url_resolve(struct op *op, const struct url *url, struct span base, struct span *ret_mailbox);
// A URL that parses to the same, in the present grammar's spelling.
void url_print(const struct url *url, struct buf *to);

// section-spec (RFC 9051 section 9), as ;SECTION= names it once it is decoded; what it points to is in the arena. RC_SYNTAX.
int url_section(struct op *op, struct span text, struct section *ret_section);

#endif
