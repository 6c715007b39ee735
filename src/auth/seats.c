// SPDX-License-Identifier: Apache-2.0
// How many sessions each user has: a hash table of names, open addressing by chains. One mutex, held for some hundred nanoseconds at
// log-in and at the end of a session, never while anything blocks; it is a leaf: no other lock is taken under it.
#include "auth/seats.h"

#include "base/budget.h"
#include "base/hash.h"
#include "base/ref.h"
#include "run/purse.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096u // chains stay short up to some 100,000 users at a time

struct seat {
	struct seat *next;
	unsigned counts[SEAT_KINDS], count; // count: all of them
	struct budget *memory;
	struct purse purse;
	size_t n;
	char name[];
};
struct seats {
	struct ref refs;
	struct budget *all;
	size_t each;
	pthread_mutex_t lock;
	struct seat *buckets[BUCKETS]; // lock
};

int seats_new(struct op *op, struct budget *all, size_t each, struct seats **ret_seats)
{
	struct seats *seats = calloc(1, sizeof *seats);
	if (!seats)
		return op_fail(op, RC_NOMEM, "out of memory");
	ref_init(&seats->refs);
	seats->all = budget_ref(all);
	seats->each = each;
	pthread_mutex_init(&seats->lock, NULL);
	*ret_seats = seats;
	return 0;
}

static void seat_free(struct seat *seat)
{
	if (seat)
		budget_unref(seat->memory);
	free(seat);
}

int seats_share(struct op *op, struct seats *seats, struct seats **ret_seats)
{
	if (!seats)
		return seats_new(op, NULL, 0, ret_seats);
	ref_take(&seats->refs);
	*ret_seats = seats;
	return 0;
}

void seats_unref(struct seats *seats)
{
	if (!seats || !ref_drop(&seats->refs))
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (seats->buckets[i]) {
			struct seat *next = seats->buckets[i]->next;
			seat_free(seats->buckets[i]);
			seats->buckets[i] = next;
		}
	pthread_mutex_destroy(&seats->lock);
	budget_unref(seats->all);
	free(seats);
}

static struct seat **find_locked(struct seats *seats, struct span user)
{
	struct seat **at = &seats->buckets[hash_span(user) % BUCKETS];
	while (*at && !span_eq(span_of((*at)->name, (*at)->n), user))
		at = &(*at)->next;
	return at;
}

bool seats_take(struct seats *seats, enum seat_kind kind, struct span user, unsigned most,
	struct budget **ret_memory, struct purse **ret_purse)
{
	struct seat *fresh = malloc(sizeof *fresh + user.n);
	if (!fresh)
		return false;
	*fresh = (struct seat){ .memory = budget_new(seats->all, seats->each), .n = user.n };
	if (!fresh->memory) {
		free(fresh);
		return false;
	}
	memcpy(fresh->name, user.p, user.n);
	pthread_mutex_lock(&seats->lock);
	struct seat **at = find_locked(seats, user);
	if (!*at) {
		*at = fresh;
		fresh = NULL;
	}
	bool free_seat = (*at)->counts[kind] < most;
	if (free_seat) {
		(*at)->counts[kind]++;
		(*at)->count++;
		*ret_memory = (*at)->memory;
		*ret_purse = &(*at)->purse;
	}
	pthread_mutex_unlock(&seats->lock);
	seat_free(fresh);
	return free_seat;
}

void seats_give(struct seats *seats, enum seat_kind kind, struct span user)
{
	struct seat *empty = NULL;
	pthread_mutex_lock(&seats->lock);
	struct seat **at = find_locked(seats, user);
	if (*at)
		(*at)->counts[kind]--;
	if (*at && --(*at)->count == 0) {
		empty = *at;
		*at = empty->next;
	}
	pthread_mutex_unlock(&seats->lock);
	seat_free(empty);
}
