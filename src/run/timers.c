// SPDX-License-Identifier: Apache-2.0
// task->heap_at is the place of a task's entry; task->due its real deadline, 0 when it has none any more.
#include "run/timers.h"

#include <stdlib.h>

#include "run/crew.h"

void timers_done(struct timers *h)
{
	free(h->heap);
	*h = (struct timers){ 0 };
}

bool timers_reserve(struct timers *h, size_t count)
{
	if (count < h->cap)
		return true;
	size_t cap = h->cap ? h->cap * 2 : 64;
	while (cap <= count)
		cap *= 2;
	struct timer *heap = reallocarray(h->heap, cap, sizeof *heap);
	if (!heap)
		return false;
	h->heap = heap;
	h->cap = cap;
	return true;
}

static void place(struct timers *h, size_t at, struct timer timer)
{
	h->heap[at] = timer;
	timer.task->heap_at = (uint32_t)at;
}

static void sift_up(struct timers *h, size_t at, struct timer timer)
{
	while (at > 1 && h->heap[at / 2].key > timer.key) {
		place(h, at, h->heap[at / 2]);
		at /= 2;
	}
	place(h, at, timer);
}

static void sift_down(struct timers *h, size_t at, struct timer timer)
{
	for (size_t child = at * 2; child <= h->count; child = at * 2) {
		if (child < h->count && h->heap[child + 1].key < h->heap[child].key)
			child++;
		if (h->heap[child].key >= timer.key)
			break;
		place(h, at, h->heap[child]);
		at = child;
	}
	place(h, at, timer);
}

void timers_set(struct timers *h, struct task *t, uint64_t due)
{
	t->due = due;
	if (due == 0)
		return;
	struct timer timer = { due, t };
	if (t->heap_at == 0)
		sift_up(h, ++h->count, timer);
	else if (due < h->heap[t->heap_at].key)
		sift_up(h, t->heap_at, timer);
}

void timers_remove(struct timers *h, struct task *t)
{
	size_t at = t->heap_at;
	if (at == 0)
		return;
	t->heap_at = 0;
	struct timer last = h->heap[h->count--];
	if (last.task == t)
		return;
	if (at > 1 && h->heap[at / 2].key > last.key)
		sift_up(h, at, last);
	else
		sift_down(h, at, last);
}

struct task *timers_take(struct timers *h, uint64_t now)
{
	while (h->count && h->heap[1].key <= now) {
		struct task *t = h->heap[1].task;
		if (t->due > now) {
			sift_down(h, 1, (struct timer){ t->due, t });
			continue;
		}
		bool is_due = t->due != 0;
		timers_remove(h, t);
		t->due = 0;
		if (is_due)
			return t;
	}
	return NULL;
}
