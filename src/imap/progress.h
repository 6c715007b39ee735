// SPDX-License-Identifier: Apache-2.0
// Starling: INPROGRESS (RFC 9585): a command that takes long says now and then how far it is.
#ifndef IMAP_PROGRESS_H
#define IMAP_PROGRESS_H

#include "imap/command.h"

// Called by run() before it answers IMAP_MORE: writes a line when one is due. `done` of `goal` items; goal 0: not known, or it may change;
// both 0: nothing is known.
void progress_tell(struct session *s, struct command *c, uint64_t done, uint64_t goal);

#endif
