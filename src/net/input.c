// SPDX-License-Identifier: Apache-2.0
#include "net/input.h"

#include <stdlib.h>

#include "base/must.h"

static void memory_free(struct input *in, struct pool *pool)
{
	if (in->is_pooled)
		pool_give(pool, in->p);
	else
		free(in->p);
}

void input_done(struct input *in, struct pool *pool)
{
	memory_free(in, pool);
	*in = (struct input){ 0 };
}

// Moves the unread bytes into memory of another size.
static bool memory_change(struct input *in, struct pool *pool, size_t cap)
{
	bool pooled = cap <= pool_block_size(pool) && cap > pool_block_size(pool) / 4;
	char *p = pooled ? pool_take(pool) : malloc(cap);
	if (!p)
		return false;
	size_t n = input_size(in);
	if (n)
		memcpy(p, in->p + in->start, n);
	memory_free(in, pool);
	*in = (struct input){
		.p = p, .end = n, .cap = pooled ? pool_block_size(pool) : cap, .is_pooled = pooled
	};
	return true;
}

char *input_room(struct input *in, struct pool *pool, size_t least, size_t *ret_n)
{
	size_t n = input_size(in);
	if (n == 0)
		in->start = in->end = 0;
	if (in->cap - in->end < least) {
		size_t block = pool_block_size(pool);
		if (in->cap - n >= least && in->start >= n) {
			memcpy(in->p, in->p + in->start, n);
			in->start = 0;
			in->end = n;
		} else if (!memory_change(
				   in, pool, n + least <= block ? block : (n + least) * 3 / 2)) {
			return NULL;
		}
	}
	*ret_n = in->cap - in->end;
	return in->p + in->end;
}

void input_consume(struct input *in, size_t n)
{
	must(n <= input_size(in));
	in->start += n;
}

void input_park(struct input *in, struct pool *pool)
{
	size_t n = input_size(in);
	if (n == 0)
		input_done(in, pool);
	else if (in->is_pooled && n <= in->cap / 4)
		(void)memory_change(in, pool, n); // else it keeps what it has
}
