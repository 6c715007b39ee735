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

// What counts as one address: the first 64 bits of an IPv6 address (in binary: its text hides zeros), anything else as it is written.
static struct span prefix_of(struct span address, uint8_t ip[static 16])
{
	char text[INET6_ADDRSTRLEN];
	if (address.n >= sizeof text || !memchr(address.p, ':', address.n))
		return address;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	return inet_pton(AF_INET6, text, ip) == 1 ? span_of(ip, 8) : address;
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

bool throttle_blocks(struct throttle *t, struct span address, struct span user)
{
	uint8_t ip[16];
	struct span prefix = prefix_of(address, ip);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	bool blocked;
	if (user.n && slot_find(t->friends, key_of('f', user, prefix), now, false))
		// Only what failed for this very pair counts: behind a webmail server guessers and friends share an address.
		blocked = failures_of(t, key_of('p', user, prefix), now) >= LOGIN_FAILURES_PER_USER;
	else
		blocked = failures_of(t, key_of('a', prefix, SPAN_NONE), now) >=
				LOGIN_FAILURES_PER_ADDRESS ||
			(user.n &&
				failures_of(t, key_of('u', user, SPAN_NONE), now) >=
					LOGIN_FAILURES_PER_USER);
	pthread_mutex_unlock(&t->lock);
	return blocked;
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
	uint8_t ip[16];
	struct span prefix = prefix_of(address, ip);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	double score = failure_add(t, key_of('a', prefix, SPAN_NONE), now);
	if (user.n) {
		(void)failure_add(t, key_of('p', user, prefix), now); // looked at by blocks()
		double by_user = failure_add(t, key_of('u', user, SPAN_NONE), now);
		score = by_user > score ? by_user : score;
	}
	pthread_mutex_unlock(&t->lock);
	// 100 ms for the first few, as people mistype; then a quarter more for each.
	double ms = 100 * pow(1.25, score > LOGIN_FAILURES_FREE ? score - LOGIN_FAILURES_FREE : 0);
	return ms > LOGIN_DELAY_MAX_MS ? LOGIN_DELAY_MAX_MS : (uint32_t)ms;
}

void throttle_succeeded(struct throttle *t, struct span address, struct span user)
{
	uint8_t ip[16];
	struct span prefix = prefix_of(address, ip);
	uint64_t now = now_s();
	pthread_mutex_lock(&t->lock);
	struct slot *friend = slot_find(t->friends, key_of('f', user, prefix), now, true);
	friend->score = 1;
	friend->time = now;
	// Somebody who is in was mistyping: what this user's failures added is forgiven, here and for the address in part.
	struct slot *by_user = slot_find(t->failures, key_of('u', user, SPAN_NONE), now, false);
	struct slot *by_address =
		slot_find(t->failures, key_of('a', prefix, SPAN_NONE), now, false);
	if (by_user && by_address) {
		double forgiven = score_now(by_user, now),
		       left = score_now(by_address, now) - forgiven;
		by_address->score = left > 0 ? left : 0;
		by_address->time = now;
	}
	if (by_user)
		by_user->score = 0;
	struct slot *pair = slot_find(t->failures, key_of('p', user, prefix), now, false);
	if (pair)
		pair->score = 0;
	pthread_mutex_unlock(&t->lock);
}
