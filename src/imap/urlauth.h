// SPDX-License-Identifier: Apache-2.0
// Starling: what others need to know of URLAUTH (imap/ext_urlauth.c).
#ifndef IMAP_URLAUTH_H
#define IMAP_URLAUTH_H

struct session;

// Tells the session that the selected mailbox has another key (URLMECH, RFC 4467 section 7 RESETKEY), if it was not told.
void urlauth_tell(struct session *s);

#endif
