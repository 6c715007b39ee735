// SPDX-License-Identifier: Apache-2.0
#include "store/local/stage.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_MASK ((uint64_t)FILE_UNIT - 1)
#define ROOM_FIRST (size_t)65536

void stage_done(struct stage *g)
{
	free(g->room);
	*g = (struct stage){ 0 };
}

static int stage_reserve(struct stage *g, size_t n)
{
	size_t cap = g->cap ? g->cap : ROOM_FIRST;
	while (cap < n)
		cap *= 2;
	if (cap == g->cap)
		return 0;
	char *more = aligned_alloc(FILE_UNIT, cap);
	if (!more)
		return ENOMEM;
	if (g->end)
		memcpy(more, g->room + g->last, FILE_UNIT);
	g->last = 0;
	free(g->room);
	g->room = more;
	g->cap = cap;
	return 0;
}

// What the log has in the first page, `n` octets.
static int front_lay(struct stage *g, const struct segment *s, uint64_t start, size_t n)
{
	if (g->end == pos_of(atomic_load(&s->number), (uint32_t)start)) {
		memmove(g->room, g->room + g->last, n);
		return 0;
	}
	size_t got;
	int error = file_read(s->table->files, s->fd, g->room, n, start - n, &got);
	return error || got == n ? error : EIO;
}

int stage_lay(struct stage *g, const struct segment *s, uint64_t start, const struct iovec *iov,
	size_t count, struct span *ret_pages)
{
	size_t front = (size_t)(start & PAGE_MASK), n = front;
	for (size_t i = 0; i < count; i++)
		n += iov[i].iov_len;
	int error = stage_reserve(g, n);
	if (!error)
		error = front_lay(g, s, start, front);
	g->end = 0;
	if (error)
		return error;
	char *to = g->room + front;
	for (size_t i = 0; i < count; i++) {
		memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
	g->last = n - FILE_UNIT;
	*ret_pages = span_of(g->room, n);
	return 0;
}

void stage_keep(struct stage *g, uint64_t end)
{
	g->end = end;
}

void stage_shrink(struct stage *g)
{
	if (g->cap > ROOM_FIRST)
		stage_done(g);
}
