// SPDX-License-Identifier: Apache-2.0
// Starling: checkpoints: all that the index holds, written into the log, so that the log alone can make the index again however many segments
// were swept away. A checkpoint is INDEX frames and, when they are durable, one CHECKPOINT frame (format.h). With the frames from its
// position on, it is what recovery finds after any crash: the index as its tables had it there, and the log behind it.
// What makes that true at every moment: a sweep drops no segment at or behind the position of the newest whole checkpoint, nor one with its
// frames, before it has written a newer one. A volume that was never swept needs none: its log begins at segment 1.
#ifndef STORE_LOCAL_CHECKPOINT_H
#define STORE_LOCAL_CHECKPOINT_H

#include "base/op.h"

struct local;
struct checkpoint {
	uint64_t id;         // 0: there is none
	uint64_t pos;        // all that was committed before it is in the checkpoint
	uint64_t first, end; // its frames lie between these positions, among others
	uint64_t bytes;      // of its frames
	uint32_t frames;     // INDEX frames
};

// Writes one and notes it in the index. Blocks long; yields the disk to commits. What failed has left frames that nobody looks for.
int checkpoint_write(struct op *op, struct local *l);
// The newest one, as the index has it, into l->checkpoint. At open, once the index is.
int checkpoint_load(struct op *op, struct local *l);
// Whether all that the index holds is in the log when segment `number` is not.
bool checkpoint_spares(const struct local *l, uint32_t number);
// Whether the log cannot make the index again now, because it was swept by a program that wrote no checkpoints, or the last one failed.
bool checkpoint_is_due(struct local *l);

// restore.c: fills an empty index from the newest whole checkpoint in the mapped segments; recovery goes on from its position. STORE_ABSENT: there is
// none, and the log begins at its first segment: recovery replays all of it. RC_CORRUPT: neither.
int checkpoint_restore(struct op *op, struct local *l);
// After replay on a restored index: blobs that were dropped after the checkpoint, whose segments are gone, leave the index.
int checkpoint_tidy(struct op *op, struct local *l);

#endif
