// SPDX-License-Identifier: Apache-2.0
// Starling: what a disk may hold after a power cut, by what was recorded (powercut/record.h). What is assumed of the file system is in
// docs/safety.md; in short: fsync of a file makes its data and size durable, and the name that it was given before (POSIX does not promise the latter, but
// RocksDB cannot do without); fsync of a folder makes its names durable, and that names are gone. Of everything else, any part may be there: each sector holds one of the contents it had since its last flush, each size is one of those it had, each
// change of a name happened or did not, in any order (of one name, and of one sector, in the order in which they were made).
#ifndef POWERCUT_DISK_H
#define POWERCUT_DISK_H

#include "base/buf.h"
#include "powercut/record.h"

// What lies in a folder, by name. Folders come before what is in them.
struct image_file {
	char *path;
	bool folder;
	uint64_t size;
	struct buf bytes; // up to the last that is not zero, or further
};
struct image {
	struct image_file *files;
	size_t count, cap;
	uint64_t hash; // of all of it
};
void image_done(struct image *im);
void image_copy(struct image *to, const struct image *from);
void image_put(const struct image *im, const char *folder); // the folder then holds nothing else
// Whether the folder holds just that, RocksDB's LOG aside; says on standard error what differs.
bool image_is(const struct image *im, const char *folder);

struct disk;
// With what the image holds, all of it durable; it was put into `folder`, where the calls will be recorded.
struct disk *disk_new(const struct image *from, const char *folder);
void disk_free(struct disk *d);
// Counts the events before `to` as having happened.
void disk_advance(struct disk *d, const struct record *r, uint32_t to);

// How what was not flushed is chosen. In each, the folder's names follow the same rule as the sectors.
enum draw {
	DRAW_LOST,    // nothing of it is there
	DRAW_KEPT,    // all of it (a killed process)
	DRAW_PREFIX,  // the oldest of it, call by call
	DRAW_SECTORS, // each sector and name by itself
	DRAW_MOST,    // nearly all
	DRAW_FEW,     // hardly any
	DRAW_PAGES,   // each page of 4096 octets by itself
	DRAW_TORN, // as DRAW_SECTORS, but one sector is the front of one content and the back of the one before
	DRAW_FRONT, // the oldest of it, call by call, and the front of the next call: a large write has just begun to arrive
	DRAWS,
	// Not among those that a store must outlive: a sector that was being written is neither old nor new, but destroyed.
	DRAW_DESTROYED = DRAWS,
};
void disk_draw(const struct disk *d, const struct record *r, enum draw how, uint64_t seed,
	struct image *ret_image);

#endif
