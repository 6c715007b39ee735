// SPDX-License-Identifier: Apache-2.0
// A stack of free blocks: the one given back last is warm in the cache. Large blocks are mapped, not allocated: freed,
// they leave no holes in the heap that would cost memory for as long as the process lives.
#include "run/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/must.h"

struct pool {
	size_t size;
	unsigned keep;
	pthread_mutex_t lock; // guards the rest
	unsigned count, out;
	void *blocks[];
};

#define MAP_MIN (32u << 10)

static void *block_new(size_t size)
{
	if (size < MAP_MIN)
		return malloc(size);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void block_free(void *block, size_t size)
{
	if (size < MAP_MIN)
		free(block);
	else
		must(munmap(block, size) == 0);
}

struct pool *pool_new(size_t block_size, unsigned keep)
{
	struct pool *p = calloc(1, sizeof *p + keep * sizeof p->blocks[0]);
	if (!p)
		return NULL;
	p->size = block_size;
	p->keep = keep;
	must(pthread_mutex_init(&p->lock, NULL) == 0);
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	must(p->out == 0);
	while (p->count)
		block_free(p->blocks[--p->count], p->size);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

size_t pool_block_size(const struct pool *p)
{
	return p->size;
}

void *pool_take(struct pool *p)
{
	void *block = NULL;
	pthread_mutex_lock(&p->lock);
	p->out++;
	if (p->count)
		block = p->blocks[--p->count];
	pthread_mutex_unlock(&p->lock);
	if (block)
		return block;
	block = block_new(p->size);
	if (!block) {
		pthread_mutex_lock(&p->lock);
		p->out--;
		pthread_mutex_unlock(&p->lock);
	}
	return block;
}

void pool_give(struct pool *p, void *block)
{
	if (!block)
		return;
	pthread_mutex_lock(&p->lock);
	p->out--;
	if (p->count < p->keep) {
		p->blocks[p->count++] = block;
		block = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	if (block)
		block_free(block, p->size);
}
