// SPDX-License-Identifier: Apache-2.0
// Starling: writing the log: items in line, groups, the one who leads. See write.c.
#ifndef STORE_LOCAL_WRITE_H
#define STORE_LOCAL_WRITE_H

#include "store/local/format.h"
#include "store/local/index.h"
#include "store/local/stage.h"

#include <pthread.h>

struct local;

// One frame in line. Header, first part (and for frames of one part, padding) lie behind the struct; a body is a buffer of its own.
struct item {
	struct item *next;
	uint64_t pos;
	struct frame frame;
	struct buf owned; // body of a BLOB; empty otherwise
	struct span
		body; // the rest of the payload: owned or, for an extent, the caller's until it has waited
	bool frees;     // may use the reserve
	bool again;     // a BLOB that outlives a failed group: it is put in line again
	bool commit;    // a batch, for the count
	uint64_t after; // serial of the group that a batch builds on; 0: none
	uint64_t with;  // serial of the group from which on none may have failed; 0: none
	uint32_t
		inline_n; // bytes behind the struct: header, first part, padding when there is no body
	char bytes[];
};

struct group {
	struct group *next;
	uint64_t serial;
	uint64_t before; // where the log ended when it was opened
	uint32_t segment, start, bytes;
	uint64_t size; // of the segment
	uint64_t
		next_size; // of the next one, which is to be there before it is written; 0: it need not
	uint64_t seq, last_seq; // of its GROUP frame, of its last frame
	struct item *first, **last;
	uint32_t frames;
	uint64_t born; // clock_mono()
	pthread_cond_t done_cond;
	uint32_t waiters;          // threads that wait, or lead
	struct store_waiter *told; // to be called when it is decided
	bool handed;               // who waits leaves it to the engine's writer
	bool done;
	int rc;
	char header[GROUP_FRAME];
};

struct failed_range {
	uint64_t from, to; // serials
	int rc;
};

struct log {
	pthread_mutex_t lock;         // guards all below, but what is atomic
	pthread_cond_t turn;          // a group was applied
	struct group *first, *last;   // not yet resolved, in order
	struct group *open;           // the last one while it may still grow
	struct group *unwritten;      // the first one that nobody writes yet
	struct store_waiter *decided; // of groups that are decided: to be called without the lock
	pthread_cond_t writer_wake;   // the writer's
	bool writer_awake,
		writer_stop;            // it leads what nobody else may, or is about to
	bool writing, halted;           // halted: a failure is being sorted out, nobody leads
	uint64_t next_serial, resolved; // groups up to `resolved` are decided
	uint64_t applied; // groups up to here have passed the applying stage, failed ones included
	uint64_t tail;    // where the next item goes
	uint64_t tail_size, next_size; // size of that segment; of the one after it, when it is made
	uint64_t next_seq, next_id;
	uint64_t ahead_from,
		ahead_to;        // positions: blocks that are being written with zeros (runway.h)
	struct stage stage;      // owned by whoever writes a group
	_Atomic bool past_cache; // groups go past the page cache, where they can
	struct failed_range *failed;
	size_t failed_count, failed_cap;
	_Atomic uint64_t failures; // how often groups have failed
	struct item *leftover;     // BLOBs of failed groups, to go first
	bool full;                 // no space for another segment
	bool sealed;               // read-only
	char reason[160];          // why it is
	_Atomic uint64_t visible;  // everything before it is applied
	_Atomic bool broken;       // like sealed, to be read without the lock
	struct index_state state;  // owned by whoever applies
	uint64_t closed_bytes;     // of frames in the segments that the log has left
	_Atomic uint64_t commits, groups, group_bytes;
	_Atomic uint64_t live_bytes, blobs;
	_Atomic uint64_t written, moved,
		checkpointed; // as struct store_written; `written`: all of it
};

int log_init(struct op *op, struct local *l);
void log_done(struct local *l);

// An item with `n` bytes for the first part, to be filled at item_first(); the body is taken from `body` (left empty) if not NULL.
struct item *item_new(enum frame_type type, uint32_t n, struct buf *body);
char *item_first(struct item *it);
void item_free(struct item *it);
// The checksums; after the payload is complete, before log_append().
void item_seal(struct item *it);
// Puts it in line and takes it over (also when it fails). Never blocks on the disk. With `new_id`, a BLOB gets the next id.
struct placed {
	uint64_t id, pos, serial;
};
int log_append(
	struct op *op, struct local *l, struct item *it, bool new_id, struct placed *ret_placed);
// The size of the segment after `number`, which the log is in and has filled with `closed` bytes in all.
uint64_t log_next_size(struct local *l, uint32_t number, uint64_t closed);
int log_wait(struct op *op, struct local *l, uint64_t serial);
// As store_wait_later().
int log_wait_later(struct op *op, struct local *l, uint64_t serial, struct store_waiter *w);
// The thread that writes when those who wait do so without threads.
int writer_start(struct op *op, struct local *l);
void writer_stop(struct local *l); // accepts one that was not started
// Waits for everything that is in line now.
int log_settle(struct op *op, struct local *l);
void log_visible_set(struct local *l, uint64_t pos);
// The smallest extent position of the BLOBs that are in line, or wait to be put in line again; UINT64_MAX: none.
uint64_t log_line_oldest(struct local *l);
// The volume turns read-only, loudly. Any thread, none of the locks held.
void log_seal(struct local *l, const char *reason);
// Whether there is room: ordinary commits are refused while not.
void log_set_full(struct local *l, bool full);

#endif
