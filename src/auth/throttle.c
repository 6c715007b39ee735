// SPDX-License-Identifier: Apache-2.0
#include "auth/throttle.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#define SLOTS 16384u // of each kind
#define WAYS 4u
#define HALF_LIFE_S 300.0

struct slot {
	uint64_t key;  // 0: free
	uint64_t time; // of `score`, seconds
	double score;
};
struct throttle {
	pthread_mutex_t lock; // guards all slots
	struct slot failures[SLOTS];
	struct slot friends[SLOTS]; // (user, address) pairs that logged in; score 1
};

int throttle_new(struct op *op, struct throttle **ret_throttle)
{
	struct throttle *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_init(&t->lock, NULL);
	*ret_throttle = t;
	return 0;
}

void throttle_free(struct throttle *t)
{
	if (t)
		pthread_mutex_destroy(&t->lock);
	free(t);
}

// Where somebody comes from: in binary, since the text of an IPv6 address hides zeros.
struct origin {
	uint8_t ip[16];
	struct span
		address; // the IPv4 address, the /64 of an IPv6 one; anything else as it is written
	struct span network; // its /24 or /48; absent for anything else
};

static void origin_of(struct span address, struct origin *ret_origin)
{
	char text[INET6_ADDRSTRLEN] = "";
	*ret_origin = (struct origin){ .address = address, .network = SPAN_NONE };
	if (address.n && address.n < sizeof text)
		memcpy(text, address.p, address.n);
	if (inet_pton(AF_INET, text, ret_origin->ip) == 1) {
		ret_origin->address = span_of(ret_origin->ip, 4);
		ret_origin->network = span_of(ret_origin->ip, 3);
	} else if (inet_pton(AF_INET6, text, ret_origin->ip) == 1) {
		ret_origin->address = span_of(ret_origin->ip, 8);
		ret_origin->network = span_of(ret_origin->ip, 6);
	}
}

static uint64_t key_of(char kind, struct span a, struct span b)
{
	uint64_t h = hash_u64(hash_span(a) + (uint64_t)kind) ^ (b.p ? hash_span(b) : 0);
	return h ? h : 1;
}

static double score_now(const struct slot *s, uint64_t now)
{
	return s->score * exp2(-(double)(now - s->time) / HALF_LIFE_S);
}

// The slot of the key, or with `make` the least valuable one of its set, taken over.
static struct slot *slot_find(struct slot *table, uint64_t key, uint64_t now, bool make)
{
	struct slot *set = &table[key % (SLOTS / WAYS) * WAYS], *least = set;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].key == 0 || score_now(&set[i], now) < score_now(least, now))
			least = &set[i];
	}
	if (!make)
		return NULL;
	*least = (struct slot){ .key = key, .time = now };
	return least;
}

static double failures_of(struct throttle *t, uint64_t key, uint64_t now)
{
	const struct slot *s = slot_find(t->failures, key, now, false);
	return s ? score_now(s, now) : 0;
}

static uint64_t now_s(void)
{
	return clock_mono() / NS_PER_S;
}

static bool is_friend_locked(
	struct throttle *t, const struct origin *from, struct span user, uint64_t now)
{
	return user.n && slot_find(t->friends, key_of('f', user, from->address), now, false);
}

// What comes from strangers: their address, their network, the user that they want to be.
static bool is_blocked_locked(
	struct throttle *t, const struct origin *from, struct span user, uint64_t now)
{
	if (failures_of(t, key_of('a', from->address, SPAN_NONE), now) >=
		LOGIN_FAILURES_PER_ADDRESS)
		return true;
	if (from->network.n &&
		failures_of(t, key_of('n', from->network, SPAN_NONE), now) >=
			LOGIN_FAILURES_PER_NETWORK)
		return true;
	return user.n &&
		failures_of(t, key_of('u', user, SPAN_NONE), now) >= LOGIN_FAILURES_PER_USER;
}

bool throttle_blocks(struct throttle *t, struct span address, struct span user)
{
	struct origin from;
	origin_of(address, &from);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	bool blocked;
	if (is_friend_locked(t, &from, user, now))
		// Only what failed for this very pair counts: behind a webmail server guessers and friends share an address.
		blocked = failures_of(t, key_of('p', user, from.address), now) >=
			LOGIN_FAILURES_PER_USER;
	else
		blocked = is_blocked_locked(t, &from, user, now);
	pthread_mutex_unlock(&t->lock);
	return blocked;
}

bool throttle_knows(struct throttle *t, struct span address, struct span user)
{
	struct origin from;
	origin_of(address, &from);
	pthread_mutex_lock(&t->lock);
	bool known = is_friend_locked(t, &from, user, now_s());
	pthread_mutex_unlock(&t->lock);
	return known;
}

static double failure_add(struct throttle *t, uint64_t key, uint64_t now)
{
	struct slot *s = slot_find(t->failures, key, now, true);
	s->score = score_now(s, now) + 1;
	s->time = now;
	return s->score;
}

uint32_t throttle_failed(struct throttle *t, struct span address, struct span user)
{
	struct origin from;
	origin_of(address, &from);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	double score = failure_add(t, key_of('a', from.address, SPAN_NONE), now);
	if (from.network.n)
		(void)failure_add(
			t, key_of('n', from.network, SPAN_NONE), now); // looked at by blocks()
	if (user.n) {
		(void)failure_add(t, key_of('p', user, from.address), now); // looked at by blocks()
		double by_user = failure_add(t, key_of('u', user, SPAN_NONE), now);
		score = by_user > score ? by_user : score;
	}
	pthread_mutex_unlock(&t->lock);
	// 100 ms for the first few, as people mistype; then a quarter more for each.
	double ms = 100 * pow(1.25, score > LOGIN_FAILURES_FREE ? score - LOGIN_FAILURES_FREE : 0);
	return ms > LOGIN_DELAY_MAX_MS ? LOGIN_DELAY_MAX_MS : (uint32_t)ms;
}

// Takes what is forgiven from a score.
static void forgive_locked(struct throttle *t, uint64_t key, double forgiven, uint64_t now)
{
	struct slot *s = slot_find(t->failures, key, now, false);
	if (!s)
		return;
	double left = score_now(s, now) - forgiven;
	s->score = left > 0 ? left : 0;
	s->time = now;
}

void throttle_succeeded(struct throttle *t, struct span address, struct span user)
{
	struct origin from;
	origin_of(address, &from);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	struct slot *friend = slot_find(t->friends, key_of('f', user, from.address), now, true);
	friend->score = 1;
	friend->time = now;
	// Somebody who is in was mistyping: what this user's failures added is forgiven, here and for the address in part.
	double forgiven = failures_of(t, key_of('u', user, SPAN_NONE), now);
	forgive_locked(t, key_of('a', from.address, SPAN_NONE), forgiven, now);
	if (from.network.n)
		forgive_locked(t, key_of('n', from.network, SPAN_NONE), forgiven, now);
	forgive_locked(t, key_of('u', user, SPAN_NONE), forgiven, now);
	struct slot *pair = slot_find(t->failures, key_of('p', user, from.address), now, false);
	if (pair)
		pair->score = 0;
	pthread_mutex_unlock(&t->lock);
}
