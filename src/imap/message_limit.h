// SPDX-License-Identifier: Apache-2.0
// Starling: how many messages one command may work on (MESSAGELIMIT, SAVELIMIT: RFC 9738). A command whose set has more works on those with the
// highest UIDs and says so at its end; one that must do all or nothing is refused.
#ifndef IMAP_MESSAGE_LIMIT_H
#define IMAP_MESSAGE_LIMIT_H

#include "base/num.h"
#include "base/numset.h"
#include "imap/session.h"

uint32_t message_limit(const struct session *s); // of any command; 0: none
uint32_t save_limit(const struct session *s);    // of COPY and APPEND; 0: none
// Leaves the messages with the highest UIDs in the set, as many as the limit allows. *ret_last: the lowest UID that stays, 0: nothing was left out.
int message_limit_cut(struct session *s, uint32_t limit, struct numset *uids, struct uid *ret_last);
// Ends a command: `outcome` as it would have been, with the code MESSAGELIMIT unless `last` is 0. EXPUNGEISSUED and other codes stay in the tagged
// line, and this one goes out in an untagged NO (RFC 9738 section 3.1).
int message_limit_end(struct session *s, struct uid last, int outcome);
// A fault: nothing was done. `last` as above, 0: not known.
int message_limit_refuse(struct session *s, uint32_t limit, struct uid last);

#endif
