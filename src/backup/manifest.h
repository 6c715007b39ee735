// SPDX-License-Identifier: Apache-2.0
// Starling: the manifest of one backup, written last: what it holds and where that lies. Text, one line each, so that a person can read it; octets are
// in hexadecimal, REF is PACK OFFSET SIZE HASH:
//
//     starling-backup-manifest 1
//     backup NUMBER TOKEN TIME full|account|mailbox kept|final
//     account NAME PARTITION MESSAGES       "." for the empty name; accounts in the order of their names
//     page FIRST-KEY REF                    records of that account, in the order of their keys (backup/state.h)
//     catalog INDEX REF                     where blobs lie (backup/catalog.h), ascending
//     damaged ID                            a blob that was damaged in the store already, ascending
//     pack NUMBER SIZE HASH                 every pack that anything above refers to, directly or through a catalog
//     end HASH                              of all octets before this line
//
// Whoever changes a file of a folder on purpose can change the hashes too: they are against damage.
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include "backup/pack.h"

#define MANIFEST_TOKEN 16u

struct manifest_page {
	struct span first; // key
	struct pack_ref ref;
};
struct manifest_account {
	struct span name;
	uint64_t partition, messages;
	size_t page, pages; // in manifest.pages
};
struct manifest_catalog {
	uint64_t index;
	struct pack_ref ref;
};
enum manifest_scope { SCOPE_FULL, SCOPE_ACCOUNT, SCOPE_MAILBOX };
struct manifest {
	struct arena arena; // of names and keys
	uint64_t number;
	uint8_t token[MANIFEST_TOKEN];
	int64_t time; // seconds since 1970
	enum manifest_scope scope;
	bool final; // the store was given up: nothing came after it
	struct manifest_account *accounts;
	size_t account_count, account_cap;
	struct manifest_page *pages;
	size_t page_count, page_cap;
	struct manifest_catalog *catalogs;
	size_t catalog_count, catalog_cap;
	uint64_t *damaged;
	size_t damaged_count, damaged_cap;
	struct packs packs;
};
void manifest_init(struct manifest *m);
void manifest_done(struct manifest *m); // accepts zeroed
// Additions copy what they are given. RC_NOMEM.
int manifest_add_account(struct op *op, struct manifest *m, struct span name, uint64_t partition);
int manifest_add_page(
	struct op *op, struct manifest *m, struct span first, const struct pack_ref *ref);
int manifest_add_catalog(
	struct op *op, struct manifest *m, uint64_t index, const struct pack_ref *ref);
int manifest_add_damaged(struct op *op, struct manifest *m, uint64_t id);
const struct manifest_account *manifest_account(const struct manifest *m, struct span name);
bool manifest_is_damaged(const struct manifest *m, uint64_t id);

void manifest_print(const struct manifest *m, struct buf *to);
// RC_CORRUPT, RC_VERSION; then *m is done.
int manifest_parse(struct op *op, struct span text, struct manifest *m);

// Durable on return: with it, the backup exists.
int manifest_write(struct op *op, const struct backup_folder *f, const struct manifest *m);
int manifest_read(
	struct op *op, const struct backup_folder *f, uint64_t number, struct manifest *m);
// Numbers of all manifests, ascending, in op's arena.
int manifest_list(
	struct op *op, const struct backup_folder *f, uint64_t **ret_numbers, size_t *ret_count);
#define MANIFEST_NAME 48u
void manifest_name(uint64_t number, char to[MANIFEST_NAME]);

#endif
