// SPDX-License-Identifier: Apache-2.0
// A stack of free blocks: the one given back last is warm in the cache.
#include "run/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/must.h"

struct pool {
	size_t size;
	unsigned keep;
	pthread_mutex_t lock; // guards the rest
	unsigned count, out;
	void *blocks[];
};

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
		free(p->blocks[--p->count]);
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
	block = malloc(p->size);
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
	free(block);
}
