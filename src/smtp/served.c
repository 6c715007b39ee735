// SPDX-License-Identifier: Apache-2.0
// A ring of messages, each with the hashes of the addresses that have it; the oldest one makes room.
#include "smtp/served.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/must.h"

#include <pthread.h>
#include <stdlib.h>

struct served_mark {
	uint64_t hash; // keyed: nobody can make an address that looks like another
};
struct entry {
	uint8_t key[SERVED_KEY];
	uint64_t put_at;
	struct served_mark *marks; // NULL: the place is free
	size_t n;
};
struct served {
	pthread_mutex_t lock; // guards the entries; a leaf
	struct entry entries[SERVED_MESSAGES];
	size_t next;
};

static struct served_mark mark_of(struct span address)
{
	return (struct served_mark){ hash_span(address) };
}

int served_new(struct op *op, struct served **ret_served)
{
	struct served *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	*ret_served = s;
	return 0;
}

static void entry_clear(struct entry *e)
{
	free(e->marks);
	*e = (struct entry){ .n = 0 };
}

void served_free(struct served *served)
{
	if (!served)
		return;
	for (size_t i = 0; i < SERVED_MESSAGES; i++)
		entry_clear(&served->entries[i]);
	pthread_mutex_destroy(&served->lock);
	free(served);
}

int served_take(struct op *op, struct served *served, const uint8_t key[SERVED_KEY],
	struct served_list *ret_list)
{
	struct entry found = { .n = 0 };
	*ret_list = (struct served_list){ .n = 0 };
	pthread_mutex_lock(&served->lock);
	for (size_t i = 0; i < SERVED_MESSAGES && !found.marks; i++) {
		struct entry *e = &served->entries[i];
		if (!e->marks || memcmp(e->key, key, SERVED_KEY) != 0)
			continue;
		found = *e;
		*e = (struct entry){ .n = 0 };
	}
	pthread_mutex_unlock(&served->lock);
	bool fresh = found.marks && clock_mono() - found.put_at < SERVED_S * NS_PER_S;
	struct served_mark *copy = fresh ? op_alloc(op, found.n * sizeof *copy) : NULL;
	if (copy) {
		memcpy(copy, found.marks, found.n * sizeof *copy);
		*ret_list = (struct served_list){ copy, found.n };
	}
	entry_clear(&found);
	return fresh && !copy ? RC_NOMEM : 0;
}

bool served_has(const struct served_list *list, struct span address)
{
	struct served_mark mark = mark_of(address);
	for (size_t i = 0; i < list->n; i++)
		if (list->marks[i].hash == mark.hash)
			return true;
	return false;
}

void served_put(struct served *served, const uint8_t key[SERVED_KEY], const struct span *addresses,
	size_t n)
{
	struct entry e = { .put_at = clock_mono(), .n = n };
	if (n == 0 || !(e.marks = calloc(n, sizeof *e.marks)))
		return;
	memcpy(e.key, key, SERVED_KEY);
	for (size_t i = 0; i < n; i++)
		e.marks[i] = mark_of(addresses[i]);
	pthread_mutex_lock(&served->lock);
	struct entry old = served->entries[served->next];
	served->entries[served->next] = e;
	served->next = (served->next + 1) % SERVED_MESSAGES;
	pthread_mutex_unlock(&served->lock);
	entry_clear(&old);
}
