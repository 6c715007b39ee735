// SPDX-License-Identifier: Apache-2.0
// Starling: blocks that are written with zeros before the log comes to them. A flush of a group in such blocks is a flush of its own octets; in blocks that
// are only allocated the file system must also note that they are in use now: its journal, and threads of the kernel's that have to run for it, which
// costs twice the time on a quiet machine and many times on a busy one.
//
// The keeper writes them in front of the log, some tenths of a second of what comes; so it is in force soon after small groups come, whatever came
// before. Past the page cache, so that nobody's flush of the log has to write them. What is written ahead is never what the log has, or has under way:
// a piece begins behind all that is in line, and a group that comes to it while it is being written waits for it.
#ifndef STORE_LOCAL_RUNWAY_H
#define STORE_LOCAL_RUNWAY_H

#include <stdint.h>

struct group;
struct local;
struct log;

// Sees to it that the next `want` octets of the log are written ahead, in the next segment too if it is there. For the keeper alone. A failure is logged,
// and the segment is left as it is. Blocks.
void runway_extend(struct local *l, uint64_t want);
// Before the group is written: waits until nothing is being written ahead where it lies. Entered and left with log.lock, which is let go meanwhile.
void runway_clear_locked(struct log *g, const struct group *n);

#endif
