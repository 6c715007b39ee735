// SPDX-License-Identifier: Apache-2.0
// Starling: packs, the large files that a backup's objects lie in: messages, pages of records, pages of catalogs. An object is found by its place
// and proven by its hash, which whoever refers to it keeps; the pack repeats it, so that a pack can be verified by itself.
//
// packs/NUMBER-HASH.pack: NUMBER is 16 hexadecimal digits and never used twice, HASH the first 16 of the hash of all its octets. One object after
// the other:
//      0 4  "SBO1"     4 1  kind     5 3  zero     8 8  id (of a blob, of a catalog's page)     16 8  octets
//     24 4  CRC-32C of octets 0..23     28 4  zero     32 octets     then 32: their BLAKE2b-256
// Numbers are little-endian.
#ifndef BACKUP_PACK_H
#define BACKUP_PACK_H

#include "backup/folder.h"

#include <sodium/crypto_generichash.h>

#define PACK_HASH 32u
#define PACK_BYTES (64u << 20) // a pack that has so many is full
#define PACK_PIECE (256u << 10)

enum pack_kind { PACK_BLOB = 'B', PACK_STATE = 'S', PACK_CATALOG = 'C', PACK_FILE = 'F' };

struct pack_ref { // an object
	uint64_t pack, offset, size;
	uint8_t hash[PACK_HASH]; // of its octets
};
struct pack { // a whole one
	uint64_t number, size;
	uint8_t hash[PACK_HASH];
};
struct packs {
	struct pack *v; // ascending by number
	size_t n, cap;
};
// One that is there is not added again. RC_CORRUPT: another one has its number.
int packs_add(struct op *op, struct packs *list, const struct pack *p);
// The same for packs of several backups: one folder may hold those of two that knew nothing of each other, with packs of the same number.
int packs_gather(struct op *op, struct packs *list, const struct pack *p);
bool packs_have(const struct packs *list, const struct pack *p);
const struct pack *packs_find(const struct packs *list, uint64_t number); // NULL: none
// Forgets those whose file is not in the folder with its size; how many.
size_t packs_drop_missing(const struct backup_folder *f, struct packs *list);
void packs_done(struct packs *list);
#define PACK_NAME 64u
void pack_name(const struct pack *p, char to[PACK_NAME]);     // "packs/..."
bool pack_name_parse(const char *name, uint64_t *ret_number); // of a name without the folder
bool packs_name(const struct packs *list, const char *name);  // whether one of them is called so

// --- writing ---

struct pack_writer {
	const struct backup_folder *folder;
	uint64_t next; // number of the next pack
	struct packs done;
	uint64_t written; // octets of all packs
	// of the pack at hand
	int fd; // -1: none
	uint64_t number, size, object, left;
	enum pack_kind kind;
	struct buf out;
	crypto_generichash_state all, all_before, one;
};
void pack_writer_init(struct pack_writer *w, const struct backup_folder *f, uint64_t first);
// An object: begin, data of exactly `size` octets in any split, end. Or drop, in place of the rest: as if it had not begun.
int pack_begin(
	struct op *op, struct pack_writer *w, enum pack_kind kind, uint64_t id, uint64_t size);
int pack_data(struct op *op, struct pack_writer *w, struct span bytes);
int pack_end(struct op *op, struct pack_writer *w, struct pack_ref *ret_ref);
int pack_drop(struct op *op, struct pack_writer *w);
int pack_put(struct op *op, struct pack_writer *w, enum pack_kind kind, uint64_t id,
	struct span bytes, struct pack_ref *ret_ref);
// The last pack gets its name: all are durable then and in `done`.
int pack_writer_finish(struct op *op, struct pack_writer *w);
void pack_writer_done(struct pack_writer *w); // gives up what is unfinished
void pack_hash(struct span bytes, uint8_t to[PACK_HASH]);

// --- reading ---

struct pack_reader {
	const struct backup_folder *folder;
	const struct packs *packs;
	uint64_t number; // of the open one
	int fd;          // -1: none
	struct buf piece;
};
void pack_reader_init(
	struct pack_reader *r, const struct backup_folder *f, const struct packs *packs);
void pack_reader_done(struct pack_reader *r);
// Calls `each` with the octets of an object, piece by piece. RC_CORRUPT, perhaps after pieces were given: what is there is not that object;
// RC_NONEXISTENT: the pack is not there. Stops when `each` returns something else than 0.
int pack_read(struct op *op, struct pack_reader *r, const struct pack_ref *ref,
	int (*each)(struct op *op, void *ctx, struct span piece), void *ctx);
// All of it, verified, in place of what is in `to`. RC_TOOBIG: more than max.
int pack_read_whole(struct op *op, struct pack_reader *r, const struct pack_ref *ref, uint64_t max,
	struct buf *to);
// Every octet of a pack: its size, its hash.
int pack_verify(struct op *op, const struct backup_folder *f, const struct pack *p);

#endif
