// SPDX-License-Identifier: Apache-2.0
// The table is small and searched from end to end: what uses a column takes a hundred times as long.
#include "mail/column.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Each message that a column of ranks is extended by looks at some twenty others.
#define EXTENDED_BY 64u // at most this part of it

struct columns {
	pthread_mutex_t lock;
	size_t most;   // octets that there may be; not guarded: it never changes
	size_t octets; // of all
	struct slot {
		struct column_key key;
		struct column *column; // NULL: free
		size_t octets;
		uint64_t used_at;
	} slots[COLUMNS_MAX];
};

// --- columns ---

struct column *column_new(const struct column_key *key, size_t n)
{
	struct column *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	ref_init(&c->refs);
	c->key = *key;
	c->uids = reallocarray(NULL, n + 1, sizeof *c->uids);
	unsigned what = key->kind & 15;
	bool threads = what == COLUMN_THREADS, ranks = what < COLUMN_THREADED;
	if (threads)
		c->threads = reallocarray(NULL, n + 1, sizeof *c->threads);
	if (ranks)
		c->ranks = reallocarray(NULL, n + 1, sizeof *c->ranks);
	if (!c->uids || (threads && !c->threads) || (ranks && !c->ranks)) {
		column_unref(c);
		return NULL;
	}
	return c;
}

struct column *column_ref(struct column *c)
{
	ref_take(&c->refs);
	return c;
}

void column_unref(struct column *c)
{
	if (!c || !ref_drop(&c->refs))
		return;
	free(c->uids);
	free(c->ranks);
	free(c->threads);
	free(c->references);
	thread_nodes_done(&c->nodes);
	free(c);
}

uint32_t column_seek(const struct column *c, uint32_t at, uint32_t uid)
{
	if (at >= c->n || c->uids[at] >= uid)
		return at;
	uint32_t low = at, step = 1; // uids[low] < uid
	while (step < c->n - low && c->uids[low + step] < uid) {
		low += step;
		step *= 2;
	}
	uint32_t high = step < c->n - low ? low + step : c->n;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;
		if (c->uids[mid] < uid)
			low = mid;
		else
			high = mid;
	}
	return high;
}

size_t column_shared(const struct column *c, const struct numset *uids)
{
	size_t shared = 0;
	uint32_t at = 0;
	for (size_t i = 0; i < uids->count && at < c->n; i++) {
		uint32_t begin = column_seek(c, at, uids->ranges[i].first);
		at = column_seek(c, begin, uids->ranges[i].last);
		if (at < c->n && c->uids[at] == uids->ranges[i].last)
			at++;
		shared += at - begin;
	}
	return shared;
}

bool column_is(const struct column *c, const struct numset *uids)
{
	return c->n == numset_size(uids) && column_shared(c, uids) == c->n;
}

enum column_use column_use(const struct column *c, size_t shared, size_t n, size_t exist)
{
	if (!c)
		return COLUMN_ANEW;
	if (shared == n)
		return COLUMN_WHOLE;
	size_t live = c->n < exist ? c->n : exist; // of the column, about
	if (2 * shared >= live && n - shared <= 1 + n / EXTENDED_BY)
		return 8 * n >= 7 * live ? COLUMN_EXTEND : COLUMN_LEND;
	return 2 * n >= live ? COLUMN_ANEW : COLUMN_BESIDE;
}

void column_subtract(const struct column *c, struct numset *uids)
{
	struct numset has = { 0 };
	for (uint32_t i = 0; i < c->n; i++)
		numset_add(&has, c->uids[i]);
	numset_subtract(uids, &has);
	uids->failed = uids->failed || has.failed;
	numset_done(&has);
}

// --- those that are kept ---

struct columns *columns_new(uint64_t memory)
{
	struct columns *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->most = COLUMNS_OCTETS;
	if (memory && memory / COLUMNS_SHARE < s->most)
		s->most = (size_t)(memory / COLUMNS_SHARE);
	return s;
}

void columns_free(struct columns *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		column_unref(s->slots[i].column);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static size_t octets_of(const struct column *c)
{
	size_t each = sizeof *c->uids + (c->ranks ? sizeof *c->ranks : 0) +
		(c->threads ? sizeof *c->threads : 0) + (c->nodes.parent ? sizeof(uint32_t) : 0);
	return sizeof *c + c->n * each + c->references_count * sizeof *c->references +
		(c->nodes.count + c->nodes.dummies) * 2 * sizeof(uint32_t);
}

static bool is_of(const struct slot *slot, const struct column_key *key)
{
	return slot->column && slot->key.partition == key->partition &&
		slot->key.data == key->data && slot->key.kind == key->kind;
}

// Takes a slot's column away, which the caller unrefs without the lock.
static struct column *take_locked(struct columns *s, struct slot *slot)
{
	struct column *c = slot->column;
	s->octets -= slot->octets;
	*slot = (struct slot){ 0 };
	return c;
}

// One that nobody has wanted for too long; NULL: none.
static struct column *take_old_locked(struct columns *s, uint64_t now)
{
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		if (s->slots[i].column && s->slots[i].used_at + COLUMNS_KEEP_NS < now)
			return take_locked(s, &s->slots[i]);
	return NULL;
}

void columns_age(struct columns *s, uint64_t now)
{
	for (bool more = true; more;) {
		pthread_mutex_lock(&s->lock);
		struct column *old = take_old_locked(s, now);
		pthread_mutex_unlock(&s->lock);
		more = old;
		column_unref(old);
	}
}

struct column *columns_find(struct columns *s, const struct column_key *key, uint64_t now)
{
	struct column *found = NULL, *old;
	pthread_mutex_lock(&s->lock);
	old = take_old_locked(s, now);
	for (size_t i = 0; !found && i < COLUMNS_MAX; i++) {
		if (!is_of(&s->slots[i], key))
			continue;
		s->slots[i].used_at = now;
		found = column_ref(s->slots[i].column);
	}
	pthread_mutex_unlock(&s->lock);
	column_unref(old);
	return found;
}

// Where a column of that name lies, else a free slot, else the one that was not used for the longest time.
static struct slot *slot_for_locked(struct columns *s, const struct column_key *key)
{
	struct slot *best = &s->slots[0];
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		struct slot *slot = &s->slots[i];
		if (is_of(slot, key))
			return slot;
		if (best->column && (!slot->column || slot->used_at < best->used_at))
			best = slot;
	}
	return best;
}

static struct slot *oldest_locked(struct columns *s)
{
	struct slot *oldest = NULL;
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		if (s->slots[i].column && (!oldest || s->slots[i].used_at < oldest->used_at))
			oldest = &s->slots[i];
	return oldest;
}

// What has to go before a column of that name has room; NULL: it has.
static struct column *make_room_locked(
	struct columns *s, const struct column_key *key, size_t octets, uint64_t now)
{
	struct column *old = take_old_locked(s, now);
	if (old)
		return old;
	struct slot *slot = slot_for_locked(s, key);
	if (slot->column)
		return take_locked(s, slot);
	return s->octets + octets > s->most ? take_locked(s, oldest_locked(s)) : NULL;
}

void columns_keep(struct columns *s, struct column *c, uint64_t now)
{
	size_t octets = octets_of(c);
	struct column *gone = NULL;
	if (octets > s->most - s->most / 4)
		return;
	do {
		column_unref(gone);
		pthread_mutex_lock(&s->lock);
		gone = make_room_locked(s, &c->key, octets, now);
		if (!gone) {
			*slot_for_locked(s, &c->key) =
				(struct slot){ c->key, column_ref(c), octets, now };
			s->octets += octets;
		}
		pthread_mutex_unlock(&s->lock);
	} while (gone);
}
