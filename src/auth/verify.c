// SPDX-License-Identifier: Apache-2.0
#include "auth/verify.h"

#include "auth/users_priv.h"
#include "base/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

// Proofs lie in sets by user. One slot for a user is not enough: of 1,000 users about 15 would push each other out in turn, and each
// of their log-ins would cost a slow hash.
#define PROOF_SETS 16384u
#define PROOF_WAYS 4u
#define PROOFS (PROOF_SETS * PROOF_WAYS)
#define PROOF_SIZE 32u

struct proof {
	uint8_t mac[PROOF_SIZE];
};
struct verifier {
	uint8_t key[crypto_generichash_KEYBYTES];
	uint64_t seed;
	pthread_mutex_t lock; // guards proofs, free_slots
	pthread_cond_t freed;
	unsigned free_slots; // hashings that may begin
	struct proof *proofs;
};

int verifier_new(struct op *op, struct verifier **ret_verifier)
{
	struct verifier *v = calloc(1, sizeof *v);
	if (v)
		v->proofs = calloc(PROOFS, sizeof *v->proofs);
	if (!v || !v->proofs) {
		free(v);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	v->free_slots = cores > 0 ? (unsigned)cores : 1;
	random_bytes(v->key, sizeof v->key);
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->freed, NULL);
	*ret_verifier = v;
	return 0;
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	sodium_memzero(v->key, sizeof v->key);
	pthread_mutex_destroy(&v->lock);
	pthread_cond_destroy(&v->freed);
	free(v->proofs);
	free(v);
}

static void mac_add(crypto_generichash_state *s, struct span bytes)
{
	uint64_t n = bytes.n;
	(void)crypto_generichash_update(s, (const unsigned char *)&n, sizeof n); // cannot fail
	(void)crypto_generichash_update(s, (const unsigned char *)bytes.p, bytes.n);
}

static void proof_make(const struct verifier *v, const struct user *user, struct span password,
	struct proof *ret_proof)
{
	crypto_generichash_state s;
	(void)crypto_generichash_init(
		&s, v->key, sizeof v->key, PROOF_SIZE); // cannot fail: sizes are in range
	mac_add(&s, user->name);
	mac_add(&s, user->hash);
	mac_add(&s, password);
	(void)crypto_generichash_final(&s, ret_proof->mac, PROOF_SIZE);
	sodium_memzero(&s, sizeof s);
}

// The slots that may hold a proof of this user.
static struct proof *proof_set(struct verifier *v, const struct user *user)
{
	return &v->proofs[hash_span(user->name) % PROOF_SETS * PROOF_WAYS];
}

static bool proof_is_in(const struct proof *set, const struct proof *p)
{
	bool found = false;
	for (unsigned i = 0; i < PROOF_WAYS; i++)
		found |= sodium_memcmp(set[i].mac, p->mac, PROOF_SIZE) == 0;
	return found;
}

// Into a free slot, or in place of any other: which one the proof itself says, since it is as good as random.
static void proof_add(struct proof *set, const struct proof *p)
{
	if (proof_is_in(set, p))
		return;
	unsigned at = p->mac[0] % PROOF_WAYS;
	for (unsigned i = 0; i < PROOF_WAYS; i++) {
		if (sodium_is_zero(set[i].mac, PROOF_SIZE))
			at = i;
	}
	set[at] = *p;
}

bool verifier_knows(struct verifier *v, const struct user *user, struct span password)
{
	struct proof p;
	if (user->name.n == 0 || user->hash.n == 0)
		return false;
	proof_make(v, user, password, &p);
	pthread_mutex_lock(&v->lock);
	bool known = proof_is_in(proof_set(v, user), &p);
	pthread_mutex_unlock(&v->lock);
	return known;
}

bool verifier_check(struct verifier *v, const struct user *user, struct span password)
{
	if (verifier_knows(v, user, password))
		return true;
	pthread_mutex_lock(&v->lock);
	while (v->free_slots == 0)
		pthread_cond_wait(&v->freed, &v->lock);
	v->free_slots--;
	pthread_mutex_unlock(&v->lock);
	bool right = password_matches(user->name.n ? user->hash : SPAN(""), password);
	struct proof p;
	if (right)
		proof_make(v, user, password, &p);
	pthread_mutex_lock(&v->lock);
	if (right)
		proof_add(proof_set(v, user), &p);
	v->free_slots++;
	pthread_cond_signal(&v->freed);
	pthread_mutex_unlock(&v->lock);
	return right;
}
