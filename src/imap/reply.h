// SPDX-License-Identifier: Apache-2.0
// Starling: untagged responses that more than one command sends. Each writes one complete line unless its comment says otherwise.
#ifndef IMAP_REPLY_H
#define IMAP_REPLY_H

#include "base/num.h"
#include "imap/session.h"

struct keywords;
struct mailbox;
struct mailbox_status;
struct msg;

// "* OK [code] text"; code may be NULL.
void reply_ok(struct session *s, const char *code, const char *text);
void reply_no(struct session *s, const char *code, const char *text);
// Human-readable text of a response, without a line: in the session's language (imap/language.h).
void reply_text(struct session *s, struct span english);
void reply_text_of(struct session *s, const char *subject, const char *predicate); // of two pieces
// "* CAPABILITY ..." , and the same as a response code "[CAPABILITY ...]" without brackets, in op's arena.
void reply_capability(struct session *s);
const char *reply_capability_code(struct session *s);

// "(\Seen Work)" without a line: flags of a message as this session may see them (\Recent only for rev1).
void reply_flag_list(struct session *s, uint32_t flags, struct span keyword_text);
// "FLAGS (...)" of a message, without a line.
void reply_flags_item(struct session *s, const struct msg *m, const struct keywords *k);
// "* n FETCH (FLAGS (...))", with UID when `uid` (UID commands must: RFC 9051 section 6.4.9), and UID and MODSEQ when
// CONDSTORE is enabled (RFC 7162 section 3.2.4).
void reply_fetch_flags(struct session *s, const struct msg *m, const struct keywords *k, bool uid);
// "* n FETCH (UID u MODSEQ (m))": what a STORE .SILENT tells.
void reply_fetch_modseq(struct session *s, const struct msg *m, struct modseq modseq);
// "* n FETCH (", or "* u UIDFETCH (", which needs no UID item, after ENABLE UIDONLY (RFC 9586 section 3.3); no line. The two above do so, too.
void reply_fetch_begin(struct session *s, const struct msg *m);
// "MODSEQ (m)" of a message, without a line.
void reply_modseq_item(struct session *s, struct modseq modseq);
// "* OK [HIGHESTMODSEQ n]": up to where the client was told everything; and the code alone, in op's arena.
void reply_modseq(struct session *s);
const char *reply_modseq_code(struct session *s);
// "* VANISHED [(EARLIER)] uids", in lines of bearable length; nothing for the empty set. RC_NOMEM.
int reply_vanished(struct session *s, const struct numset *uids, bool earlier);
// "* FLAGS (...)" and "* OK [PERMANENTFLAGS (...)] ..." of the selected mailbox (RFC 9051 section 6.3.2).
void reply_mailbox_flags(struct session *s);

// The selected mailbox was deleted: nothing is selected any more, or the session ends.
void reply_gone(struct session *s);
// Sends what has changed in the selected mailbox and may be told now. 0 all told, 1 the output is full: call again, or a fault.
int reply_changes(struct session *s, bool expunges, bool uid);

#endif
