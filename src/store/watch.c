// SPDX-License-Identifier: Apache-2.0
// Chained hash tables, one for each shard; a shard grows when it holds as many watchers as buckets.
#include "store/watch.h"

#include "base/hash.h"

#include <stdlib.h>

struct watch {
	struct watch *next;
	uint64_t partition;
	void (*changed)(void *ctx, uint64_t partition);
	void *ctx;
};

void watches_init(struct watches *w)
{
	*w = (struct watches){ 0 };
	for (size_t i = 0; i < WATCH_SHARDS; i++)
		(void)pthread_mutex_init(&w->shards[i].lock, NULL); // cannot fail on Linux
}

void watches_done(struct watches *w)
{
	for (size_t i = 0; i < WATCH_SHARDS; i++) {
		struct watch_shard *s = &w->shards[i];
		for (size_t k = 0; k < s->size; k++)
			while (s->buckets[k]) {
				struct watch *next = s->buckets[k]->next;
				free(s->buckets[k]);
				s->buckets[k] = next;
			}
		free(s->buckets);
		(void)pthread_mutex_destroy(&s->lock); // not locked
	}
}

static struct watch_shard *shard_of(struct watches *w, uint64_t partition)
{
	return &w->shards[hash_u64(partition) % WATCH_SHARDS];
}

// The link that points to the watch of the partition, or to NULL at the end of its chain.
static struct watch **find_locked(struct watch_shard *s, uint64_t partition)
{
	struct watch **at = &s->buckets[(hash_u64(partition) / WATCH_SHARDS) & (s->size - 1)];
	while (*at && (*at)->partition != partition)
		at = &(*at)->next;
	return at;
}

static bool grow_locked(struct watch_shard *s)
{
	struct watch_shard bigger = { .size = s->size ? s->size * 2 : 16 };
	bigger.buckets = calloc(bigger.size, sizeof *bigger.buckets);
	if (!bigger.buckets)
		return false;
	for (size_t i = 0; i < s->size; i++)
		while (s->buckets[i]) {
			struct watch *w = s->buckets[i];
			s->buckets[i] = w->next;
			w->next = NULL;
			*find_locked(&bigger, w->partition) = w;
		}
	free(s->buckets);
	s->buckets = bigger.buckets;
	s->size = bigger.size;
	return true;
}

int watches_add(struct op *op, struct watches *w, uint64_t partition,
	void (*changed)(void *ctx, uint64_t partition), void *ctx)
{
	struct watch *watch = malloc(sizeof *watch);
	if (!watch)
		return op_fail(op, RC_NOMEM, "out of memory");
	*watch = (struct watch){ NULL, partition, changed, ctx };
	struct watch_shard *s = shard_of(w, partition);
	int rc = 0;
	pthread_mutex_lock(&s->lock);
	if (s->count == s->size && !grow_locked(s)) {
		rc = op_fail(op, RC_NOMEM, "out of memory");
	} else {
		struct watch **at = find_locked(s, partition);
		if (*at)
			rc = op_fail(op, RC_ALREADYEXISTS, "the partition is watched already");
		else
			*at = watch;
	}
	if (rc == 0)
		s->count++;
	pthread_mutex_unlock(&s->lock);
	if (rc)
		free(watch);
	return rc;
}

void watches_remove(struct watches *w, uint64_t partition)
{
	struct watch_shard *s = shard_of(w, partition);
	struct watch *gone = NULL;
	pthread_mutex_lock(&s->lock);
	if (s->count) {
		struct watch **at = find_locked(s, partition);
		gone = *at;
		if (gone) {
			*at = gone->next;
			s->count--;
		}
	}
	pthread_mutex_unlock(&s->lock);
	free(gone);
}

void watches_tell(struct watches *w, uint64_t partition)
{
	struct watch_shard *s = shard_of(w, partition);
	pthread_mutex_lock(&s->lock);
	const struct watch *watch = s->count ? *find_locked(s, partition) : NULL;
	if (watch)
		watch->changed(watch->ctx, partition);
	pthread_mutex_unlock(&s->lock);
}
