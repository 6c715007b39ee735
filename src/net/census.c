// SPDX-License-Identifier: Apache-2.0
// A table of chains. Only addresses with a connection are in it, so it is no larger than the connections.
#include "net/census.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/must.h"

#define BUCKETS_FIRST 64u

struct entry {
	struct entry *next;
	uint8_t key[16];
	unsigned count;
};
struct bucket {
	struct entry *first;
};
struct census {
	unsigned most, most_per_address;
	atomic_uint count;
	pthread_mutex_t lock; // guards the rest
	struct bucket *buckets;
	size_t bucket_count, entries;
};

struct census *census_new(unsigned most, unsigned most_per_address)
{
	struct census *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->most = most;
	s->most_per_address = most_per_address;
	s->bucket_count = BUCKETS_FIRST;
	s->buckets = calloc(s->bucket_count, sizeof *s->buckets);
	if (!s->buckets) {
		free(s);
		return NULL;
	}
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	return s;
}

void census_free(struct census *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->bucket_count; i++)
		while (s->buckets[i].first) {
			struct entry *e = s->buckets[i].first;
			s->buckets[i].first = e->next;
			free(e);
		}
	free(s->buckets);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool census_enter(struct census *s)
{
	unsigned now = atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed) + 1;
	if (s->most == 0 || now <= s->most)
		return true;
	atomic_fetch_sub_explicit(&s->count, 1, memory_order_relaxed);
	return false;
}

void census_leave(struct census *s)
{
	must(atomic_fetch_sub_explicit(&s->count, 1, memory_order_relaxed) > 0);
}

unsigned census_count(const struct census *s)
{
	return atomic_load_explicit(&s->count, memory_order_relaxed);
}

static size_t bucket_of(const struct census *s, const uint8_t key[static 16])
{
	return hash_span(span_of(key, 16)) & (s->bucket_count - 1);
}

static struct entry **find_locked(struct census *s, const uint8_t key[static 16])
{
	struct entry **at = &s->buckets[bucket_of(s, key)].first;
	while (*at && memcmp((*at)->key, key, 16) != 0)
		at = &(*at)->next;
	return at;
}

static void grow_locked(struct census *s)
{
	size_t old_count = s->bucket_count;
	struct bucket *old = s->buckets, *new = calloc(old_count * 2, sizeof *new);
	if (!new)
		return; // longer chains, no harm
	s->buckets = new;
	s->bucket_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++)
		while (old[i].first) {
			struct entry *e = old[i].first;
			old[i].first = e->next;
			size_t to = bucket_of(s, e->key);
			e->next = new[to].first;
			new[to].first = e;
		}
	free(old);
}

bool census_enter_address(struct census *s, const struct peer *p)
{
	uint8_t key[16];
	if (s->most_per_address == 0 || !peer_key(p, key))
		return true;
	bool entered = false;
	pthread_mutex_lock(&s->lock);
	struct entry **at = find_locked(s, key);
	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (*at) {
			memcpy((*at)->key, key, sizeof key);
			(*at)->count = 1;
			entered = true;
			if (++s->entries > s->bucket_count)
				grow_locked(s);
		}
	} else if ((*at)->count < s->most_per_address) {
		(*at)->count++;
		entered = true;
	}
	pthread_mutex_unlock(&s->lock);
	return entered;
}

void census_leave_address(struct census *s, const struct peer *p)
{
	uint8_t key[16];
	if (s->most_per_address == 0 || !peer_key(p, key))
		return;
	pthread_mutex_lock(&s->lock);
	struct entry **at = find_locked(s, key), *e = *at;
	must(e);
	if (--e->count == 0) {
		*at = e->next;
		s->entries--;
		free(e);
	}
	pthread_mutex_unlock(&s->lock);
}
