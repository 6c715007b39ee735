// SPDX-License-Identifier: Apache-2.0
// A table of messages, each with the hashes of the addresses that have it, and of those that will if the relay takes it. The oldest one makes room;
// that somebody lacks a message has to be known for as long as its sender tries, so such ones stay longer than those that all have.
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
struct attempt {
	struct attempt *next;
	uint64_t number;
	struct marks who;
};
struct entry {
	struct served_message m;
	uint64_t until;           // clock_mono(); 0: the place is free
	uint64_t placed;          // rising
	struct marks have;        // who has it
	struct attempt *attempts; // until they are settled it stays, whatever the time
	struct marks held;        // who is held back for it
	unsigned mixed;           // times that it came to some who have it and some who have not
	bool others_lack_it;
};
struct served {
	pthread_mutex_t lock; // guards the entries and the numbers; a leaf
	struct entry entries[SERVED_MESSAGES];
	uint64_t placed, attempt; // the last numbers
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

static void attempt_free(struct attempt *a)
{
	if (a)
		free(a->who.v);
	free(a);
}

static void marks_clear(struct marks *m)
{
	free(m->v);
	*m = (struct marks){ .n = 0 };
}

static void entry_clear(struct entry *e)
{
	marks_clear(&e->have);
	marks_clear(&e->held);
	while (e->attempts) {
		struct attempt *a = e->attempts;
		e->attempts = a->next;
		attempt_free(a);
	}
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
		if (e->until > now || e->attempts)
			return e;
		entry_clear(e);
	}
	return NULL;
}

// What goes first when room is made: what nobody needs, then what everybody has.
static unsigned worth(const struct entry *e, uint64_t now)
{
	return e->until <= now ? 0 : e->others_lack_it ? 2 : 1;
}

static bool goes_before(const struct entry *a, const struct entry *b, uint64_t now)
{
	unsigned x = worth(a, now), y = worth(b, now);
	return x != y ? x < y : a->placed < b->placed;
}

// The message's place, or that of another one that nobody is at. NULL: there is none.
static struct entry *place_locked(struct served *served, const struct served_message *m)
{
	struct entry *found = find_locked(served, m);
	uint64_t now = clock_mono();
	if (found)
		return found;
	for (size_t i = 0; i < SERVED_MESSAGES; i++) {
		struct entry *e = &served->entries[i];
		if (!e->attempts && (!found || goes_before(e, found, now)))
			found = e;
	}
	if (!found)
		return NULL;
	entry_clear(found);
	found->m = *m;
	found->placed = ++served->placed;
	return found;
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
	if (e && e->have.n) {
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
	size_t n, unsigned seconds, bool others_lack_it)
{
	struct marks more = marks_of(addresses, n);
	if (!more.n)
		return;
	pthread_mutex_lock(&served->lock);
	struct entry *e = place_locked(served, m);
	if (e) {
		marks_add(&e->have, more.v, more.n);
		e->others_lack_it |= others_lack_it;
		last_locked(e, seconds);
	}
	pthread_mutex_unlock(&served->lock);
	free(more.v);
}

void served_drop(struct served *served, const struct served_message *m)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	if (e && e->attempts) {
		marks_clear(&e->have);
		marks_clear(&e->held);
		e->mixed = 0;
		e->others_lack_it = false;
	} else if (e) {
		entry_clear(e);
	}
	pthread_mutex_unlock(&served->lock);
}

// --- while the relay is at it ---

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct served_mark *)a)->hash;
	uint64_t y = ((const struct served_mark *)b)->hash;
	return (x > y) - (x < y);
}

// `sorted` is.
static bool any_in(const struct marks *sorted, const struct marks *any)
{
	for (size_t i = 0; i < any->n; i++)
		if (bsearch(&any->v[i], sorted->v, sorted->n, sizeof *sorted->v, by_hash))
			return true;
	return false;
}

static bool is_elsewhere(const struct entry *e, const struct marks *who, unsigned flags)
{
	if (!(flags & SERVED_EVEN_HAD) && any_in(who, &e->have))
		return true;
	for (const struct attempt *a = e->attempts; a && !(flags & SERVED_EVEN_COMING); a = a->next)
		if (any_in(who, &a->who))
			return true;
	return false;
}

// Takes over what is in *who, but for a lack of memory: 0.
static uint64_t begin_locked(
	struct served *served, const struct served_message *m, struct marks *who)
{
	struct attempt *a = calloc(1, sizeof *a);
	struct entry *e = a ? place_locked(served, m) : NULL;
	if (!e) {
		free(a);
		return 0;
	}
	*a = (struct attempt){ e->attempts, ++served->attempt, *who };
	*who = (struct marks){ .n = 0 };
	e->attempts = a;
	last_locked(e, 1); // it counts until it is settled
	return a->number;
}

int served_begin(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n, unsigned flags, uint64_t *ret_attempt)
{
	struct marks who = marks_of(addresses, n);
	uint64_t number = 0; // of none: without memory nothing is remembered
	if (who.n)
		qsort(who.v, who.n, sizeof *who.v, by_hash);
	pthread_mutex_lock(&served->lock);
	const struct entry *e = find_locked(served, m);
	bool elsewhere = e && who.n && is_elsewhere(e, &who, flags);
	if (!elsewhere && who.n && ret_attempt)
		number = begin_locked(served, m, &who);
	pthread_mutex_unlock(&served->lock);
	free(who.v);
	if (elsewhere)
		return SERVED_ELSEWHERE;
	if (ret_attempt)
		*ret_attempt = number;
	return 0;
}

static struct attempt *attempt_take(struct entry *e, uint64_t number)
{
	for (struct attempt **at = &e->attempts; *at; at = &(*at)->next)
		if ((*at)->number == number) {
			struct attempt *a = *at;
			*at = a->next;
			return a;
		}
	return NULL;
}

void served_settle(struct served *served, const struct served_message *m, uint64_t attempt,
	enum served_outcome outcome, unsigned seconds)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	struct attempt *a = e ? attempt_take(e, attempt) : NULL;
	if (a && outcome != SERVED_NOT_TAKEN) {
		marks_add(&e->have, a->who.v, a->who.n);
		e->others_lack_it |= outcome == SERVED_TAKEN_ALONE; // perhaps: nobody can say
		last_locked(e, seconds);
	} else if (a && !e->have.n && !e->held.n && !e->attempts) {
		entry_clear(e);
	}
	pthread_mutex_unlock(&served->lock);
	attempt_free(a);
}

// --- holding back ---

bool served_hold(struct served *served, const struct served_message *m,
	const struct span *addresses, size_t n, unsigned seconds)
{
	struct marks who = marks_of(addresses, n);
	bool holds = true;
	pthread_mutex_lock(&served->lock);
	struct entry *e = who.n ? place_locked(served, m) : NULL;
	if (e) {
		holds = ++e->mixed <= SERVED_HOLDS;
		if (holds)
			marks_add(&e->held, who.v, who.n);
		else
			marks_clear(&e->held);
		e->others_lack_it = true;
		last_locked(e, seconds);
	}
	pthread_mutex_unlock(&served->lock);
	free(who.v);
	return holds;
}

static bool holds_locked(const struct entry *e, uint64_t user, struct span address, uint64_t now)
{
	return e->held.n && e->m.user == user && e->until > now &&
		marks_have(&e->held, mark_of(address));
}

bool served_is_held(struct served *served, uint64_t user, struct span address)
{
	uint64_t now = clock_mono();
	bool held = false;
	pthread_mutex_lock(&served->lock);
	for (size_t i = 0; i < SERVED_MESSAGES && !held; i++)
		held = holds_locked(&served->entries[i], user, address, now);
	pthread_mutex_unlock(&served->lock);
	return held;
}

void served_unhold(struct served *served, const struct served_message *m)
{
	pthread_mutex_lock(&served->lock);
	struct entry *e = find_locked(served, m);
	if (e) {
		marks_clear(&e->held);
		e->mixed = 0;
	}
	pthread_mutex_unlock(&served->lock);
}

void served_unhold_address(struct served *served, uint64_t user, struct span address)
{
	uint64_t now = clock_mono();
	pthread_mutex_lock(&served->lock);
	for (size_t i = 0; i < SERVED_MESSAGES; i++)
		if (holds_locked(&served->entries[i], user, address, now))
			marks_clear(&served->entries[i].held); // `mixed` stays
	pthread_mutex_unlock(&served->lock);
}
