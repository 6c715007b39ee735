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
struct marks {
	struct served_mark *v;
	size_t n;
};
struct entry {
	struct served_message m;
	uint64_t until;      // clock_mono(); 0: the place is free
	struct marks have;   // who has it
	struct marks coming; // who will have it, if the relay takes it
	bool held;
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
	free(e->have.v);
	free(e->coming.v);
	*e = (struct entry){ .until = 0 };
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

// --- with the lock ---

static struct entry *find_locked(struct served *served, const struct served_message *m)
{
	uint64_t now = clock_mono();
	for (size_t i = 0; i < SERVED_MESSAGES; i++) {
		struct entry *e = &served->entries[i];
		if (!e->until || memcmp(e->m.key, m->key, SERVED_KEY) != 0)
			continue;
		if (e->until > now || e->coming.n)
			return e;
		entry_clear(e);
	}
	return NULL;
}

// The message's place, or the oldest one that nobody is at.
static struct entry *place_locked(struct served *served, const struct served_message *m)
{
	struct entry *e = find_locked(served, m);
	if (e)
		return e;
	for (size_t i = 0; i < SERVED_MESSAGES && served->entries[served->next].coming.n; i++)
		served->next = (served->next + 1) % SERVED_MESSAGES;
	e = &served->entries[served->next];
	served->next = (served->next + 1) % SERVED_MESSAGES;
	entry_clear(e);
	e->m = *m;
	return e;
}

static bool marks_have(const struct marks *m, struct served_mark mark)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].hash == mark.hash)
			return true;
	return false;
}

static void marks_add(struct marks *to, const struct served_mark *more, size_t n)
{
	if (n > SERVED_ADDRESSES_MAX - to->n)
		n = SERVED_ADDRESSES_MAX - to->n;
	struct served_mark *v = n ? realloc(to->v, (to->n + n) * sizeof *v) : NULL;
	if (!v)
		return;
	to->v = v;
	for (size_t i = 0; i < n; i++)
		if (!marks_have(to, more[i]))
			to->v[to->n++] = more[i];
}

static void last_locked(struct entry *e, unsigned seconds)
{
	uint64_t until = clock_mono() + seconds * NS_PER_S;
	if (until > e->until)
		e->until = until;
}

// --- what is known ---

int served_find(struct op *op, struct served *served, const struct served_message *m,
	struct served_list *ret_list)
{
	int rc = 0;
	*ret_list = (struct served_list){ .n = 0 };
	pthread_mutex_lock(&served->lock);
	const struct entry *e = find_locked(served, m);
	if (e && e->coming.n)
		rc = SERVED_COMING;
	else if (e && e->have.n) {
		struct served_mark *copy = op_alloc(op, e->have.n * sizeof *copy);
		if (copy) {
			memcpy(copy, e->have.v, e->have.n * sizeof *copy);
			*ret_list = (struct served_list){ copy, e->have.n };
		} else {
			rc = RC_NOMEM;
		}
	}
	pthread_mutex_unlock(&served->lock);
	return rc;
}

bool served_has(const struct served_list *list, struct span address)
{
	struct marks marks = { list->marks, list->n };
	return marks_have(&marks, mark_of(address));
}

static struct marks marks_of(const struct span *addresses, size_t n)
{
	struct marks m = { .v = n ? calloc(n, sizeof *m.v) : NULL };
	for (size_t i = 0; m.v && i < n; i++)
		m.v[m.n++] = mark_of(addresses[i]);
	return m;
}

void served_put(struct served *served, const struct served_message *m, const struct span *addresses,
	size_t n, unsigned seconds)
{
	struct marks more = marks_of(addresses, n);
	if (!more.n)
		return;
	pthread_mutex_lock(&served->lock);
	struct entry *e = place_locked(served, m);
	marks_add(&e->have, more.v, more.n);
	last_locked(e, seconds);
	pthread_mutex_unlock(&served->lock);
	free(more.v);
}

void served_drop(struct served *served, const struct served_message *m)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	if (e && !e->coming.n)
		entry_clear(e);
	pthread_mutex_unlock(&served->lock);
}

// --- while the relay is at it ---

void served_begin(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n)
{
	struct marks more = marks_of(addresses, n);
	if (!more.n)
		return;
	pthread_mutex_lock(&served->lock);
	struct entry *e = place_locked(served, m);
	free(e->coming.v); // of another session that sends the same at this moment
	e->coming = more;
	last_locked(e, 1); // it counts until it is settled
	pthread_mutex_unlock(&served->lock);
}

void served_settle(
	struct served *served, const struct served_message *m, bool taken, unsigned seconds)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	if (e) {
		struct marks coming = e->coming;
		e->coming = (struct marks){ .n = 0 };
		if (taken && seconds) {
			marks_add(&e->have, coming.v, coming.n);
			last_locked(e, seconds);
		} else if (!e->have.n) {
			entry_clear(e);
		}
		free(coming.v);
	}
	pthread_mutex_unlock(&served->lock);
}

// --- holding back ---

void served_hold(struct served *served, const struct served_message *m)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	if (e)
		e->held = true;
	pthread_mutex_unlock(&served->lock);
}

bool served_is_held(struct served *served, uint64_t user, struct span address)
{
	uint64_t now = clock_mono();
	bool held = false;
	pthread_mutex_lock(&served->lock);
	for (size_t i = 0; i < SERVED_MESSAGES && !held; i++) {
		const struct entry *e = &served->entries[i];
		if (e->held && e->m.user == user && e->until > now)
			held = marks_have(&e->have, mark_of(address));
	}
	pthread_mutex_unlock(&served->lock);
	return held;
}

void served_unhold(struct served *served, uint64_t user)
{
	pthread_mutex_lock(&served->lock);
	for (size_t i = 0; i < SERVED_MESSAGES; i++)
		if (served->entries[i].m.user == user)
			served->entries[i].held = false;
	pthread_mutex_unlock(&served->lock);
}
