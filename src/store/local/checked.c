// SPDX-License-Identifier: Apache-2.0
// A slot holds a position; positions are multiples of 8, and the low bits say which parts were verified. Slots are written without a
// lock: of two that meet in a slot, one is forgotten.
#include "store/local/checked.h"

#include <stddef.h>
#include <sys/mman.h>

#define SLOT_BITS 19u // half a million frames in 4 MiB, which cost memory only where they are used
#define SLOT_BYTES ((size_t)8 << SLOT_BITS)
#define PAGE_BITS 9u  // slots of a page
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
static _Atomic uint64_t *slot_of(const struct checked *c, uint64_t pos)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t page = (pos >> NEAR_BITS) * factor >> (64 - (SLOT_BITS - PAGE_BITS));
	uint64_t slot = (pos >> 3) * factor >> (64 - PAGE_BITS);
	return &c->slots[page << PAGE_BITS | slot];
}

bool checked_has(const struct checked *c, uint64_t pos, enum checked_part part)
{
	if (!c->slots)
		return false;
	uint64_t v = atomic_load_explicit(slot_of(c, pos), memory_order_relaxed);
	return (v & ~PARTS) == pos && v & part;
}

void checked_add(struct checked *c, uint64_t pos, enum checked_part part)
{
	if (!c->slots || pos & PARTS)
		return;
	_Atomic uint64_t *slot = slot_of(c, pos);
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
