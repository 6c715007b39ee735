// SPDX-License-Identifier: Apache-2.0
// Starling: the segments of a log: files mapped read-only, found by number without a lock. Bytes of a segment stay mapped while
// somebody holds it. The objects are reused but never freed before segments_done(), so that a reader may try to take a reference
// on one that is just going away.
#ifndef STORE_LOCAL_SEGMENT_H
#define STORE_LOCAL_SEGMENT_H

#include "base/ref.h"
#include "store/local/file.h"
#include "store/local/format.h"
#include "store/local/sigbus.h"

#include <pthread.h>

struct segment {
	struct hold hold; // first: one reference is the table's
	struct segments *table;
	_Atomic uint32_t number;
	uint32_t seed;
	uint64_t size;
	char *map;
	int fd;     // of the segments that may be written; -1
	int direct; // the same for writes past the page cache (stage.h), or one of these:
#define SEGMENT_NOT_DIRECT (-1)
#define SEGMENT_NOT_OPENED (-2) // it is opened when it is needed
	struct sigbus_range *bus;
	_Atomic uint32_t
		end; // where its frames end, once the log went on to the next; 0: not known yet
	_Atomic uint64_t healed; // clock_mono() of the last segment_heal()
	uint64_t ahead_to;       // runway.c's: blocks before it have been written; 0: not known
	struct segment *next_free;
};

#define SEGMENT_PAGE 1024u
#define SEGMENT_PAGES 16384u // 16 million segments in the life of a volume
struct segment_page {
	_Atomic(struct segment *) at[SEGMENT_PAGE];
};
struct segments {
	char *dir; // DIR/log
	const struct files *files;
	bool always_cached; // the log is written through the page cache
	_Atomic(struct segment_page *) *pages;
	pthread_mutex_t
		making; // held while a segment is made: the keeper and a leader may both want it
	pthread_mutex_t lock;
	struct segment *free;       // guarded by lock, as all below
	uint32_t *dead, dead_count; // numbers whose files nobody maps any more
	size_t dead_cap;
	uint32_t lowest, highest; // numbers in the table; 0: none
	_Atomic uint64_t ahead;   // octets written into segments before the log came there
};

int segments_init(struct op *op, struct segments *t, const struct files *files, const char *dir);
void segments_done(struct segments *t); // all holds are gone

// A reference, or NULL when there is no such segment. No lock, no system call.
struct segment *segment_ref(struct segments *t, uint32_t number);
// The next higher segment after `number` that exists; NULL: none.
struct segment *segment_ref_after(struct segments *t, uint32_t number);
static inline void segment_unref(struct segment *s)
{
	hold_unref(s ? &s->hold : NULL);
}
// Maps the file of that number and puts it into the table. RC_CORRUPT, RC_VERSION, RC_IO.
int segment_open(struct op *op, struct segments *t, uint32_t number, bool writable);
// RC_VERSION when a later program made one of the segments: before anything is changed.
int segments_check_versions(struct op *op, struct segments *t);
// Makes a segment of that number unless it exists: from a dead file of the same size when there is one, else a new one of allocated
// blocks (runway.h writes them). Durable, in the table, open for writing. RC_NOSPACE, RC_IO. Blocks.
int segment_make(struct op *op, struct segments *t, uint32_t number, uint64_t size);
// Another descriptor of its file: what is written through it is durable, and does not go through the page cache where the file system can do without. The
// caller closes it while it still holds the segment. 0 or an errno.
int segment_open_direct(const struct segment *s, int *ret_fd);
// Opens s->direct, or notes that it cannot be. For whoever writes a group; and so is the other, after which no more groups go that way.
void segment_open_for_direct(struct segment *s);
void segment_close_direct(struct segment *s);
// After sigbus_hit(): reads it again from the disk, once a second at most. What it was read as meanwhile has failed.
void segment_heal(struct segment *s);
// The log went on to another segment.
void segment_close_for_writing(struct segment *s, uint32_t end);
// If one of the header and its copy is damaged, it is written again as the other one is. 0 or a fault.
int segment_header_mend(struct op *op, const struct segments *t, uint32_t number);
// Takes it out of the table; its file is listed as dead when nobody holds it any more.
void segment_drop(struct segments *t, uint32_t number);
// Unlinks all dead files but `keep` of them, which wait to be recycled.
void segments_bury(struct segments *t, uint32_t keep);
// All numbers that have a file, ascending; *ret_numbers in op's arena.
int segments_list(struct op *op, struct segments *t, uint32_t **ret_numbers, size_t *ret_count);

// The frame at `offset`: 0 and its payload, not yet verified; 1 when no frame with a valid header is there.
int segment_frame(const struct segment *s, uint32_t offset, struct frame *ret_frame,
	const char **ret_payload);
// The same for a frame whose header was verified lately.
int segment_frame_again(const struct segment *s, uint32_t offset, struct frame *ret_frame,
	const char **ret_payload);

#endif
