// SPDX-License-Identifier: Apache-2.0
// Starling: an arena hands out memory that is freed all at once. One thread at a time. Blocks grow from
// 1 KiB to 64 KiB; larger requests get a block of their own. Reset memory is poisoned under ASan.
// A limit bounds what a peer can make us allocate: past it arena_alloc() returns NULL. A budget bounds what many arenas may hold together: the largest
// blocks are charged to it.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;
struct budget; // base/budget.h
struct arena {
	struct arena_block *block; // newest first
	char *at, *end;            // free part of the newest block
	size_t used;               // bytes handed out
	size_t limit;              // most bytes to hand out; 0: no limit
	bool starved; // since the last reset, the system or the budget had no memory left: not the limit was the reason
	struct budget *budget; // a reference; NULL: none
};

void arena_init(struct arena *a, size_t limit);
// From now on; what is allocated already stays charged where it is. NULL: to none.
void arena_set_budget(struct arena *a, struct budget *b);
void arena_done(struct arena
		*a); // frees everything; the arena is usable again afterwards (its budget stays)
void arena_reset(struct arena *a); // frees all but one small block

// A point to return to: everything allocated after it is given back. Marks nest like a stack.
struct arena_mark {
	struct arena_block *block;
	char *at;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark mark);

// n zeroed bytes, aligned for any object; NULL when out of memory or past the limit.
void *arena_alloc(struct arena *a, size_t n) must_use;
// n uninitialised bytes, no alignment: for text.
char *arena_bytes(struct arena *a, size_t n) must_use;
void *arena_array(struct arena *a, size_t count, size_t size) must_use; // overflow-safe
// Copies; the result's p is NULL on failure (and for an absent span).
struct span arena_dup(struct arena *a, struct span s);
// A NUL-terminated copy, for system calls; NULL on failure.
char *arena_str(struct arena *a, struct span s) must_use;

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
