// SPDX-License-Identifier: Apache-2.0
// Starling: the encoded form of a batch, for engines. `local` keeps it in its log: it is a format on disk (version 1 of a BATCH
// frame). Each change is
//     u8 kind, key (varint length, bytes), then by kind
//     1 PUT: value (varint length, bytes)        2 PATCH: varint offset, bytes (varint length, bytes)
//     3 DELETE: nothing                          4 DELETE_RANGE: u8 1 and `to` (field), or u8 0: to the end
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "store/store.h"

enum change_kind { CHANGE_PUT = 1, CHANGE_PATCH, CHANGE_DELETE, CHANGE_DELETE_RANGE };

struct change {
	enum change_kind kind;
	struct span key;   // of a range: from
	struct span value; // PUT, PATCH; of a range: to (absent: to the end)
	uint32_t offset;   // PATCH
};

// The next change; false at the end or when malformed (r->bad tells).
bool change_next(struct reader *r, struct change *ret_change);
// Every rule of a batch that does not depend on the engine: RC_TOOBIG, RC_NOMEM (a buffer that failed to grow), RC_CANNOT.
int batch_valid(struct op *op, const struct store_batch *b);
// `old` with `bytes` written at `offset`; into `to` (emptied first).
void patch_apply(struct buf *to, struct span old, uint32_t offset, struct span bytes);

#endif
