// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/budget.h"

#include <stdalign.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) // gcc
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) // clang
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define BLOCK_MIN 1024u
#define BLOCK_MAX 65536u
#define ARENA_ALIGN alignof(max_align_t)

struct arena_block {
	struct arena_block *older;
	size_t size;           // of the memory behind this header
	struct budget *budget; // a reference: it is charged to it; or NULL
};
#define HEADER ((sizeof(struct arena_block) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN)

static char *block_memory(struct arena_block *b)
{
	return (char *)b + HEADER;
}

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

static void block_free(struct arena_block *b)
{
	UNPOISON(block_memory(b), b->size);
	if (b->budget) {
		budget_give(b->budget, HEADER + b->size);
		budget_unref(b->budget);
	}
	free(b);
}

void arena_set_budget(struct arena *a, struct budget *b)
{
	struct budget *before = a->budget;
	a->budget = budget_ref(b);
	budget_unref(before);
}

void arena_done(struct arena *a)
{
	while (a->block) {
		struct arena_block *older = a->block->older;
		block_free(a->block);
		a->block = older;
	}
	a->at = a->end = NULL;
	a->used = 0;
	a->starved = false;
}

void arena_reset(struct arena *a)
{
	while (a->block && (a->block->older || a->block->size > BLOCK_MIN)) {
		struct arena_block *older = a->block->older;
		block_free(a->block);
		a->block = older;
	}
	a->used = 0;
	a->starved = false;
	a->at = a->block ? block_memory(a->block) : NULL;
	a->end = a->block ? a->at + a->block->size : NULL;
	if (a->block)
		POISON(a->at, a->block->size);
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->block, a->at, a->used };
}

void arena_release(struct arena *a, struct arena_mark mark)
{
	if (!mark.block) {
		arena_done(a);
		return;
	}
	while (a->block != mark.block) {
		struct arena_block *older = a->block->older;
		block_free(a->block);
		a->block = older;
	}
	a->at = mark.at;
	a->end = block_memory(a->block) + a->block->size;
	a->used = mark.used;
	POISON(a->at, (size_t)(a->end - a->at));
}

static bool block_push(struct arena *a, size_t n)
{
	size_t size = a->block ? a->block->size * 2 : BLOCK_MIN - HEADER;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < n)
		size = n;
	struct budget *budget = size >= BLOCK_MAX ? a->budget : NULL;
	if (!budget_take(budget, HEADER + size)) {
		a->starved = true;
		return false;
	}
	struct arena_block *b = malloc(HEADER + size);
	if (!b) {
		budget_give(budget, HEADER + size);
		a->starved = true;
		return false;
	}
	b->budget = budget_ref(budget);
	b->older = a->block;
	b->size = size;
	a->block = b;
	a->at = block_memory(b);
	a->end = a->at + size;
	POISON(a->at, size);
	return true;
}

static char *take(struct arena *a, size_t n, size_t align)
{
	if (n > SIZE_MAX / 4 || (a->limit && n > a->limit - a->used))
		return NULL;
	size_t pad = a->at ? (size_t)(-(uintptr_t)a->at & (align - 1)) : 0;
	if (!a->at || (size_t)(a->end - a->at) < pad + n) {
		if (!block_push(a, n))
			return NULL;
		pad = 0;
	}
	char *p = a->at + pad;
	a->at = p + n;
	a->used += n;
	UNPOISON(p, n);
	return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
	void *p = take(a, n ? n : 1, ARENA_ALIGN);
	if (p)
		memset(p, 0, n);
	return p;
}

char *arena_bytes(struct arena *a, size_t n)
{
	return take(a, n ? n : 1, 1);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return arena_alloc(a, n);
}

struct span arena_dup(struct arena *a, struct span s)
{
	char *p = s.p ? arena_bytes(a, s.n) : NULL;
	if (!p)
		return SPAN_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

char *arena_str(struct arena *a, struct span s)
{
	char *p = arena_bytes(a, s.n + 1);
	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}
