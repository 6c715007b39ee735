// SPDX-License-Identifier: Apache-2.0
// A turn that is given back while somebody waits is his at once, before he knows: nobody who comes then is faster.
//
// Lock: turns.lock guards all, and every struct turn. Tasks are woken under it.
#include "run/turns.h"

#include "base/must.h"

#include <pthread.h>
#include <stdlib.h>

struct turns {
	pthread_mutex_t lock;
	unsigned left;
	struct turn *first, *last;
};

struct turns *turns_new(unsigned count)
{
	struct turns *turns = calloc(1, sizeof *turns);
	if (!turns)
		return NULL;
	must(pthread_mutex_init(&turns->lock, NULL) == 0);
	turns->left = count;
	return turns;
}

void turns_free(struct turns *turns)
{
	if (!turns)
		return;
	must(!turns->first);
	pthread_mutex_destroy(&turns->lock);
	free(turns);
}

bool turns_take(struct turns *turns, struct turn *t, void (*called)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&turns->lock);
	if (!t->has && !t->waits && turns->left) {
		turns->left--;
		t->has = true;
	} else if (!t->has && !t->waits) {
		*t = (struct turn){
			.prev = turns->last, .waits = true, .called = called, .ctx = ctx
		};
		*(t->prev ? &t->prev->next : &turns->first) = t;
		turns->last = t;
	}
	bool has = t->has;
	pthread_mutex_unlock(&turns->lock);
	return has;
}

static void leave_locked(struct turns *turns, struct turn *t)
{
	*(t->prev ? &t->prev->next : &turns->first) = t->next;
	*(t->next ? &t->next->prev : &turns->last) = t->prev;
	t->prev = t->next = NULL;
	t->waits = false;
}

void turns_give(struct turns *turns, struct turn *t)
{
	pthread_mutex_lock(&turns->lock);
	struct turn *next = turns->first;
	if (t->waits) {
		leave_locked(turns, t);
	} else if (t->has && next) {
		leave_locked(turns, next);
		next->has = true;
		next->called(next->ctx);
	} else if (t->has) {
		turns->left++;
	}
	t->has = false;
	pthread_mutex_unlock(&turns->lock);
}
