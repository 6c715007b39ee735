// SPDX-License-Identifier: Apache-2.0
// Starling: where a backup's blobs lie. Ids of blobs rise with their arrival and are never used again, so the catalog is cut into pages by id; a page whose
// blobs are those of the backup before is the same octets again. A page: entries of 64 octets, ascending by id:
//      0 8  id     8 8  pack     16 8  offset     24 8  octets     32 32  hash
#ifndef BACKUP_CATALOG_H
#define BACKUP_CATALOG_H

#include "backup/manifest.h"

#define CATALOG_IDS 1024u // of one page: those of page i are i * CATALOG_IDS and on
#define CATALOG_ENTRY 64u
#define CATALOG_BYTES (CATALOG_IDS * CATALOG_ENTRY)

void catalog_add(struct buf *page, uint64_t id, const struct pack_ref *ref);
// The entry of a blob in a page that was read; false: it has none.
bool catalog_find(struct span page, uint64_t id, struct pack_ref *ret_ref);
// The page of a manifest in `to`, verified; empty when it has none.
int catalog_page(struct op *op, struct pack_reader *packs, const struct manifest *m, uint64_t index,
	struct buf *to);

// Look-ups with the pages that were used last.
#define CATALOG_CACHED 16u
struct catalog {
	struct pack_reader
		packs; // its own: places of catalogs are not those of what is read meanwhile
	const struct manifest *manifest;
	struct {
		uint64_t index;
		bool used;
		struct buf page;
	} slots[CATALOG_CACHED];
};
void catalog_init(struct catalog *c, const struct backup_folder *f, const struct manifest *m);
void catalog_done(struct catalog *c);
enum { CATALOG_NONE = 1 };
int catalog_get(struct op *op, struct catalog *c, uint64_t id, struct pack_ref *ret_ref);

#endif
