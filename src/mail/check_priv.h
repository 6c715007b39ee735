// SPDX-License-Identifier: Apache-2.0
// Starling: walks over the records of messages as the store has them, for check.c and repair.c.
#ifndef MAIL_CHECK_PRIV_H
#define MAIL_CHECK_PRIV_H

#include "mail/format.h"
#include "store/store.h"

// A key of a chunk's cold records: "B", data, 'C', chunk.
static inline bool chunk_key_is_cold(struct span key)
{
	return key.n == 10 && key.p[5] == 'C';
}
// The hot records of the chunk whose cold ones have that key; absent when there are none.
int chunk_hot(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span cold_key, struct span *ret_hot);
// Whether the message at that place was expunged. In doubt it was not.
static inline bool chunk_is_gone(struct span hot, size_t at)
{
	return (at + 1) * HOT_OCTETS <= hot.n && (uint8_t)hot.p[at * HOT_OCTETS + 4] & HOT_GONE;
}

#endif
