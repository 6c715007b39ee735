// SPDX-License-Identifier: Apache-2.0
// Starling: untagged responses that more than one command sends. Each writes one complete line unless its comment says otherwise.
#ifndef IMAP_REPLY_H
#define IMAP_REPLY_H

#include "imap/session.h"

struct keywords;
struct mailbox;
struct mailbox_status;
struct msg;

// "* OK [code] text"; code may be NULL.
void reply_ok(struct session *s, const char *code, const char *text);
void reply_no(struct session *s, const char *code, const char *text);
// "* CAPABILITY ..." , and the same as a response code "[CAPABILITY ...]" without brackets, in op's arena.
void reply_capability(struct session *s);
const char *reply_capability_code(struct session *s);

// "(\Seen Work)" without a line: flags of a message as this session may see them (\Recent only for rev1).
void reply_flag_list(struct session *s, uint32_t flags, struct span keyword_text);
// "FLAGS (...)" of a message, without a line.
void reply_flags_item(struct session *s, const struct msg *m, const struct keywords *k);
// "* n FETCH (FLAGS (...))", with UID when `uid` (UID commands must: RFC 9051 section 6.4.9), and MODSEQ when CONDSTORE is enabled.
void reply_fetch_flags(struct session *s, const struct msg *m, const struct keywords *k, bool uid);
// "* FLAGS (...)" and "* OK [PERMANENTFLAGS (...)] ..." of the selected mailbox (RFC 9051 section 6.3.2).
void reply_mailbox_flags(struct session *s);

// Sends what has changed in the selected mailbox and may be told now. 0 all told, 1 the output is full: call again, or a fault.
int reply_changes(struct session *s, bool expunges, bool uid);

#endif
