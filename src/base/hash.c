// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 (Aumasson, Bernstein 2012) from its paper: keyed, short, fast on short strings.
#include "base/hash.h"

#include "base/buf.h"
#include "base/must.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

static struct {
	uint64_t k0, k1;
	pthread_once_t once;
} seed = { .once = PTHREAD_ONCE_INIT };

void random_bytes(void *p, size_t n)
{
	char *at = p;
	while (n) {
		ssize_t got = getrandom(at, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		must(got > 0); // the kernel has no other failure for a valid buffer
		at += got;
		n -= (size_t)got;
	}
}

static void seed_make(void)
{
	uint64_t k[2];
	random_bytes(k, sizeof k);
	seed.k0 = k[0];
	seed.k1 = k[1];
}

static inline uint64_t rotl(uint64_t x, unsigned b)
{
	return (x << b) | (x >> (64 - b));
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t siphash(struct span s, uint64_t k0, uint64_t k1)
{
	uint64_t v[4] = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		uint64_t m = load_u64(s.p + i);
		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	uint64_t last = (uint64_t)s.n << 56;
	for (size_t j = 0; i + j < s.n; j++)
		last |= (uint64_t)(unsigned char)s.p[i + j] << (8 * j);
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int r = 0; r < 4; r++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_span(struct span s)
{
	(void)pthread_once(&seed.once, seed_make); // cannot fail
	return siphash(s, seed.k0, seed.k1);
}

uint64_t hash_stable(struct span s)
{
	return siphash(s, UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908));
}
