// SPDX-License-Identifier: Apache-2.0
// Starling: URLs that authorise whoever presents them (URLAUTH, RFC 4467): making them, taking them back, and getting what they mean, for
// URLFETCH (imap/) and BURL (RFC 4468, smtp/). Mechanism INTERNAL. Formats: urlauth.c.
//
// Each mailbox of an account has a key of 256 random bits, kept in the store, shown to nobody. It is made when the first URL is, goes with the
// mailbox or by urlauth_reset(), and with it every URL that was made. What a URL means is looked up when it is presented: in the account of the user
// whom it names, as the mailboxes' names are then, and only if that user exists then.
//
// There is no oracle: a URL that this server did not make is refused before anything that it names is looked at, and all refusals are one outcome.
#ifndef MAIL_URLAUTH_H
#define MAIL_URLAUTH_H

#include "base/op.h"

struct account;
struct buf;
struct mail;
struct mailbox;
struct url;
struct url_part;

// Appends ":INTERNAL:token" for this rump (url_parse()d, of a message in a mailbox of `a`, whose user the caller has compared with url->user).
// RC_NONEXISTENT when there is no such mailbox. A key that is made here is durable on return. Blocks (CREW_DISK).
int urlauth_sign(struct op *op, struct account *a, const struct url *url, struct buf *to);
// A new key for the mailbox (canonical); absent: the keys of all mailboxes go. RC_NONEXISTENT. Durable on return. Wakes who watches the mailbox.
// Blocks (CREW_DISK).
int urlauth_reset(struct op *op, struct account *a, struct span mailbox);

// A number that changes with each reset of this mailbox's key.
uint32_t urlauth_resets(const struct mailbox *mb);

enum url_bearer {             // who presents a URL (RFC 4467 section 3)
	URL_BY_USER,          // a session of `user`
	URL_BY_SUBMIT_SERVER, // an IMAP session of `user`, who is known as a submission server: it has looked after submit+<anybody>
	URL_FOR_USER, // our own submission server (BURL), on behalf of `user`, who is logged in there
};
struct url_presenter {
	enum url_bearer bearer;
	struct span user; // canonical (auth/auth.h)
	// The canonical name of the user of that name, in op's arena. RC_NONEXISTENT; other faults are passed on, and so is URL_WAIT: not known yet.
	int (*find)(void *ctx, struct op *op, struct span name, struct span *ret_user);
	void *ctx;
};
// What this URL means, if the presenter may have it now: 0, URL_NOTHING (mail/url_part.h) whatever was wrong with it, URL_WAIT when find() says so
// (to be called again, with no effect so far), or a fault of ours. The caller closes. Blocks (CREW_DISK).
int urlauth_open(struct op *op, struct mail *m, struct span text, const struct url_presenter *who,
	struct url_part *ret_part);

#endif
