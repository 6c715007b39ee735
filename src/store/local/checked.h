// SPDX-License-Identifier: Apache-2.0
// Starling: which frames of the log were verified lately, so that a message that is read again and again is not run through CRC-32C each
// time. A table of fixed size, in sets: a frame that lost its slot to another one is verified again, which is always right.
//
// What may be believed, and why:
// - A position is written once: numbers of segments are not used again, and nobody reads a position that is not durable yet. So an entry
//   cannot speak of other bytes, whatever is recycled under another number.
// - Verified bytes lie in the page cache and stay as they are there. They may change only when the kernel drops a page and reads it again from
//   a disk that went bad meanwhile. Entries live for CHECKED_FOR_NS at most, so that damage shows within that time; sooner in practice, since
//   pages used within a minute are the last that a kernel drops.
// - A page that cannot be read again at all raises SIGBUS: who asks reads each page first, and believes nothing of a segment that was
//   hit (local/sigbus.h).
// - What gives bytes a fresh checksum (a sweep that moves a blob, a new card) or looks for damage (store_check) does not ask here.
#ifndef STORE_LOCAL_CHECKED_H
#define STORE_LOCAL_CHECKED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECKED_FOR_NS UINT64_C(60000000000)

enum checked_part { CHECKED_FIRST = 1, CHECKED_REST = 2 }; // of a frame (local/format.h)

struct checked {
	_Atomic uint64_t *slots; // NULL: nothing is remembered
	atomic_bool used;        // something was added since all was forgotten
	uint64_t since;          // about when that was; the keeper's
};

void checked_init(struct checked *c, uint64_t now); // out of memory: nothing will be remembered
void checked_done(struct checked *c);               // accepts zeroed
// Any thread, no lock.
bool checked_has(const struct checked *c, uint64_t pos, enum checked_part part);
void checked_add(struct checked *c, uint64_t pos, enum checked_part part);
void checked_ahead(const struct checked *c, uint64_t pos); // it will be asked for soon
void checked_forget(struct checked *c);
// Forgets all that is older than CHECKED_FOR_NS, and all else with it. To be called every few seconds, by one thread.
void checked_tick(struct checked *c, uint64_t now);

#endif
