// SPDX-License-Identifier: Apache-2.0
// Starling: the records of an account as pages. The records, in the order of their keys, are cut where the hash of a key says so, and so at the same
// places in the next backup: a page in which nothing changed is the same octets again, and is not stored twice.
//
// A page: records, each u32 length of the key, u32 of the value, both; the keys ascending, through all pages of the account.
#ifndef BACKUP_STATE_H
#define BACKUP_STATE_H

#include "backup/manifest.h"

#define STATE_PAGE_MIN (16u << 10)
#define STATE_PAGE_FULL (128u << 10)
#define STATE_PAGE_MAX (5u << 20) // one record may be long

struct state_pager {
	struct buf page;
	struct buf first; // key
	int (*emit)(struct op *op, void *ctx, struct span first, struct span page);
	void *ctx;
};
void state_pager_init(struct state_pager *p,
	int (*emit)(struct op *op, void *ctx, struct span first, struct span page), void *ctx);
void state_pager_done(struct state_pager *p);
// Records in the order of their keys. Calls `emit` for each page that is complete.
int state_add(struct op *op, struct state_pager *p, struct span key, struct span value);
int state_end(struct op *op, struct state_pager *p); // the last page; it can be used again

struct state_cursor {
	struct pack_reader *packs;
	const struct manifest *manifest;
	size_t page, end; // the next page, behind the last
	struct buf text;
	struct reader at;
	struct buf last; // key, for the order
};
enum { STATE_END = 1 };
// From the first record whose key is not below `from`. Reads only pages that may hold such. `c` may be zeroed or an old one.
int state_seek(struct op *op, struct state_cursor *c, struct pack_reader *packs,
	const struct manifest *m, const struct manifest_account *a, struct span from);
// Key and value are valid until the next call. 0, STATE_END, RC_CORRUPT.
int state_next(struct op *op, struct state_cursor *c, struct span *ret_key, struct span *ret_value);
void state_cursor_done(struct state_cursor *c); // accepts zeroed

#endif
