// SPDX-License-Identifier: Apache-2.0
// Starling: what a process does to the files below one folder, recorded call by call. The program's own definitions of write(), fdatasync(),
// rename() and the like take the place of libc's, for RocksDB as well, which is a shared library: nothing has to be preloaded. What was recorded
// lies in memory that is shared with the parent of the process.
//
// A flush is two events, where it began and where it returned: what was written before the first is durable from the second on. (A write that is
// flushed itself has one of its own.) The calls of all
// threads, and what the workload says of itself (what was acknowledged, what somebody was shown), are in one order.
//
// RocksDB's LOG is left alone: it is written through stdio, and nothing depends on it.
#ifndef POWERCUT_RECORD_H
#define POWERCUT_RECORD_H

#include "base/span.h"

enum event_kind {
	EVENT_CREATE,     // path, ino
	EVENT_MKDIR,      // path, ino
	EVENT_LINK,       // path (of the new name), ino
	EVENT_RENAME,     // path, other (the new name), ino
	EVENT_UNLINK,     // path; RMDIR as well
	EVENT_WRITE,      // ino, offset, n, data
	EVENT_SIZE,       // ino, n: cut or grown to this size
	EVENT_SYNC_BEGIN, // ino
	EVENT_SYNC_END,   // ino, begin: index of its SYNC_BEGIN
	EVENT_WRITTEN, // ino, begin: index of the WRITE of an O_DSYNC descriptor that is durable now, alone
	// Of the workload:
	EVENT_BEGIN, // actor, n: begins its n-th operation
	EVENT_PICTURE, // actor, n, data: its n-th operation was acknowledged; what its mailboxes are like now
	EVENT_SEEN, // actor, begin, data: shown to somebody who began to look at event `begin`
};
struct event {
	enum event_kind kind;
	uint32_t actor, begin;
	uint64_t ino, offset, n;
	struct span path, other; // below the folder, NUL behind them
	const char *data;        // NULL: zeros
};

struct record;
// Made by the parent, before it starts the process. Never fails: it exits instead. record_reset() for the next process.
struct record *record_new(void);
void record_reset(struct record *r);
uint32_t record_count(const struct record *r);
const struct event *record_event(const struct record *r, uint32_t i);

// From here on, calls of this process below `folder` (absolute, without a slash behind it) are recorded. Flushes take `sync_us` microseconds, so
// that others get something done meanwhile.
void record_start(struct record *r, const char *folder, unsigned sync_us);
void record_stop(void);
uint32_t record_now(const struct record *r);        // index of the next event
void record_note(struct record *r, struct event e); // of the workload; data and n are copied

// Nothing is recorded; flushes are left out and zeros become holes: for who only looks whether a folder can be opened.
void record_hurry(void);

#endif
