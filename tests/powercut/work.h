// SPDX-License-Identifier: Apache-2.0
// Starling: what the power is cut from: a store with a mail over it, in which several actors change each its own mailboxes, a sweep now and
// then, and somebody looks on. An actor's `picture` is all that a client can learn of its mailboxes, as text: names, ids, UIDVALIDITY, counts, modseqs,
// annotations, and of every message its UID, modseq, flags, dates, ids and the checksum of its octets. Every operation is all or nothing, so after a cut the
// picture is the one after the last operation that was acknowledged, or the one after the operation that was under way.
#ifndef POWERCUT_WORK_H
#define POWERCUT_WORK_H

#include "powercut/record.h"

#define ACTORS 3u
#define VOLUME "volume" // the store's folder, in the recorded one

// Opens the store, works, closes it (or not). `fills`: large messages come and go, so that the log moves from segment to segment. For a process of its own, which then ends. Records BEGIN, PICTURE, SEEN.
void work_live(
	struct record *r, const char *folder, uint64_t seed, unsigned operations, bool fills);

struct expected {         // of one actor
	struct span is;   // after what was acknowledged
	struct span next; // after what was under way; absent: nothing was
	uint32_t since;   // from this event on, nothing but these two could be seen
};
// Opens the store in the folder and compares. `seen` events before `cut` are held against what is there. `lenient`: the volume may be found damaged,
// if it says so. Returns 0, or 1 with the reason on standard error; sets bits in *ret_next for actors that have `next`. For a process of its own.
int work_verify(const struct record *r, uint32_t cut, const char *folder,
	const struct expected expected[ACTORS], bool lenient, unsigned *ret_next);

#endif
