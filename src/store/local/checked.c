// SPDX-License-Identifier: Apache-2.0
// A slot holds a position; positions are multiples of 8, and the low bits say which parts were verified. A position may stand in any of the
// eight slots of its set, which is a cache line: with one slot for each, two messages of a mailbox that met there pushed each other out at every
// walk, which was a fifth of them. Slots are written without a lock: of two that are entered at once, one may be forgotten.
#include "store/local/checked.h"

#include <stddef.h>
#include <sys/mman.h>

#define SLOT_BITS 19u // half a million frames in 4 MiB, which cost memory only where they are used
#define SLOT_BYTES ((size_t)8 << SLOT_BITS)
#define PAGE_BITS 9u // slots of a page
#define SET_BITS 3u  // slots of a set
#define SET_SLOTS (1u << SET_BITS)
#define NEAR_BITS 19u // half a megabyte of the log: some hundred messages
#define PARTS UINT64_C(7)

void checked_init(struct checked *c, uint64_t now)
{
	c->since = now;
	void *p =
		mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	c->slots = p == MAP_FAILED ? NULL : p;
}

void checked_done(struct checked *c)
{
	if (c->slots)
		(void)munmap((void *)(uintptr_t)c->slots, SLOT_BYTES); // of our own mapping
	c->slots = NULL;
}

// Frames that lie near each other share a page: a walk over a mailbox touches few, and each page is zeroed by the kernel when it is first used.
static _Atomic uint64_t *set_of(const struct checked *c, uint64_t pos)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t page = (pos >> NEAR_BITS) * factor >> (64 - (SLOT_BITS - PAGE_BITS));
	uint64_t set = (pos >> 3) * factor >> (64 - (PAGE_BITS - SET_BITS));
	return &c->slots[page << PAGE_BITS | set << SET_BITS];
}

bool checked_has(const struct checked *c, uint64_t pos, enum checked_part part)
{
	if (!c->slots)
		return false;
	const _Atomic uint64_t *set = set_of(c, pos);
	for (unsigned i = 0; i < SET_SLOTS; i++) {
		uint64_t v = atomic_load_explicit(&set[i], memory_order_relaxed);
		if ((v & ~PARTS) == pos)
			return v & part;
	}
	return false;
}

void checked_ahead(const struct checked *c, uint64_t pos)
{
	if (c->slots)
		__builtin_prefetch(set_of(c, pos));
}

// Where the position stands, or may: a free slot; else one that it takes from another, which depends on the position alone.
static _Atomic uint64_t *slot_for(_Atomic uint64_t *set, uint64_t pos)
{
	unsigned at = (unsigned)(pos >> 3) % SET_SLOTS;
	for (unsigned i = 0; i < SET_SLOTS; i++) {
		uint64_t v = atomic_load_explicit(&set[i], memory_order_relaxed);
		if ((v & ~PARTS) == pos)
			return &set[i];
		if (v == 0) // those behind it are free, too
			return &set[i];
	}
	return &set[at];
}

void checked_add(struct checked *c, uint64_t pos, enum checked_part part)
{
	if (!c->slots || pos & PARTS)
		return;
	_Atomic uint64_t *slot = slot_for(set_of(c, pos), pos);
	uint64_t v = atomic_load_explicit(slot, memory_order_relaxed);
	v = (v & ~PARTS) == pos ? v | part : pos | part;
	atomic_store_explicit(slot, v, memory_order_relaxed);
	if (!atomic_load_explicit(&c->used, memory_order_relaxed))
		atomic_store(&c->used, true);
}

void checked_forget(struct checked *c)
{
	if (!c->slots || !atomic_exchange(&c->used, false))
		return;
	if (madvise((void *)(uintptr_t)c->slots, SLOT_BYTES, MADV_DONTNEED) ==
		0) // zeros again, and the memory is given back
		return;
	for (size_t i = 0; i < (size_t)1 << SLOT_BITS; i++)
		atomic_store_explicit(&c->slots[i], 0, memory_order_relaxed);
}

void checked_tick(struct checked *c, uint64_t now)
{
	if (now - c->since < CHECKED_FOR_NS)
		return;
	c->since = now;
	checked_forget(c);
}
