// SPDX-License-Identifier: Apache-2.0
// Starling: contexts: the results of SEARCH and SORT RETURN (UPDATE), kept up to date for the client (RFC 5267 section 4.3). They live as long as the
// mailbox is selected. A context keeps its program and which UIDs it matched; a parked session has no more than that, and what has changed is
// evaluated when the session is run.
#ifndef IMAP_CONTEXT_H
#define IMAP_CONTEXT_H

#include "imap/search.h"

struct context;

// True when that tag has a context: it must not be used for another one (there, section 4.3).
bool context_has(const struct session *s, struct span tag);
// Keeps what a command found, its program (copied) and order, under the command's tag; or tells the client NOUPDATE and why not. RC_NOMEM.
int context_add(struct session *s, const struct command *c, const struct search_result *r);
// Tells NOUPDATE for this tag. RC_NOMEM.
int context_refuse(struct session *s, struct span tag, const char *why);
// False: there is none of this tag.
bool context_cancel(struct session *s, struct span tag);
void contexts_cancel_all(struct session *s);
// Message numbers will not be told any more (UIDONLY): contexts that tell them end, with NOUPDATE.
void contexts_cancel_numbers(struct session *s);

// What has changed, around reply_changes(): before EXPUNGE and after EXISTS and FETCH. 0 done, 1 call again (commands may come
// between, where NOTIFY tells: what they change is evaluated next), or a fault.
int contexts_tell_gone(struct session *s);
int contexts_tell_changed(struct session *s);

#endif
