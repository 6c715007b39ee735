// SPDX-License-Identifier: Apache-2.0
#include "auth/verify.h"

#include "auth/users_priv.h"
#include "base/hash.h"
#include "base/limits.h"
#include "run/give_way.h"

#include <assert.h>
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
#define HASH_STACK (256u << 10)

static_assert(
	AUTH_HASHES_WAITING <= AUTH_WORKERS / 2, "workers are left for those who need no hashing");

struct proof {
	uint8_t mac[PROOF_SIZE];
};
// A hashing that somebody waits for, on his stack.
struct job {
	struct job *next;
	struct span hash, password;
	bool done, right;
};
struct verifier {
	uint8_t key[crypto_generichash_KEYBYTES];
	pthread_mutex_t lock;         // guards all below
	pthread_cond_t wanted, ended; // a job came or it is over; a job is done
	struct job *friends, *strangers;
	unsigned waiting; // jobs that are not done
	uint64_t hashes;
	bool over;
	unsigned thread_count;
	pthread_t threads[AUTH_HASHES_AT_ONCE];
	struct proof *proofs;
};

static struct job *job_take_locked(struct verifier *v)
{
	struct job **list = v->friends ? &v->friends : &v->strangers, *j = *list;
	if (j)
		*list = j->next;
	return j;
}

static void job_add_locked(struct job **list, struct job *j)
{
	while (*list)
		list = &(*list)->next;
	*list = j;
}

// A thread that hashes.
static void *hash_main(void *arg)
{
	struct verifier *v = arg;
	give_way(AUTH_HASH_NICE);
	pthread_mutex_lock(&v->lock);
	for (;;) {
		struct job *j = job_take_locked(v);
		if (!j && v->over)
			break;
		if (!j) {
			pthread_cond_wait(&v->wanted, &v->lock);
			continue;
		}
		v->hashes++;
		pthread_mutex_unlock(&v->lock);
		bool right = password_matches(j->hash, j->password);
		pthread_mutex_lock(&v->lock);
		j->right = right;
		j->done = true;
		v->waiting--;
		pthread_cond_broadcast(&v->ended);
	}
	pthread_mutex_unlock(&v->lock);
	return NULL;
}

static void threads_start(struct verifier *v)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, HASH_STACK); // the default is only larger
	for (long i = 0; i < AUTH_HASHES_AT_ONCE && (i < cores || i == 0); i++)
		if (pthread_create(&v->threads[v->thread_count], &attr, hash_main, v) == 0)
			v->thread_count++;
	pthread_attr_destroy(&attr);
}

int verifier_new(struct op *op, struct verifier **ret_verifier)
{
	struct verifier *v = calloc(1, sizeof *v);
	if (v)
		v->proofs = calloc(PROOFS, sizeof *v->proofs);
	if (!v || !v->proofs) {
		free(v);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	random_bytes(v->key, sizeof v->key);
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->wanted, NULL);
	pthread_cond_init(&v->ended, NULL);
	threads_start(v);
	if (v->thread_count == 0) {
		verifier_free(v);
		return op_fail(op, RC_NOMEM, "no thread for password hashing can be started");
	}
	*ret_verifier = v;
	return 0;
}

void verifier_free(struct verifier *v)
{
	if (!v)
		return;
	pthread_mutex_lock(&v->lock);
	v->over = true;
	pthread_cond_broadcast(&v->wanted);
	pthread_mutex_unlock(&v->lock);
	for (unsigned i = 0; i < v->thread_count; i++)
		pthread_join(v->threads[i], NULL);
	sodium_memzero(v->key, sizeof v->key);
	pthread_cond_destroy(&v->wanted);
	pthread_cond_destroy(&v->ended);
	pthread_mutex_destroy(&v->lock);
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

// Whoever does not exist has a proof made and sought, too: the time tells nothing.
bool verifier_knows(struct verifier *v, const struct user *user, struct span password)
{
	struct proof p;
	proof_make(v, user, password, &p);
	pthread_mutex_lock(&v->lock);
	bool known = proof_is_in(proof_set(v, user), &p);
	pthread_mutex_unlock(&v->lock);
	return known && user->name.n && user->hash.n;
}

enum verified verifier_check(
	struct verifier *v, const struct user *user, struct span password, bool is_friend)
{
	struct job j = { .hash = user->name.n ? user->hash : SPAN(""), .password = password };
	pthread_mutex_lock(&v->lock);
	if (v->waiting >= (is_friend ? AUTH_HASHES_WAITING : AUTH_HASHES_WAITING / 2)) {
		pthread_mutex_unlock(&v->lock);
		return VERIFY_BUSY;
	}
	v->waiting++;
	job_add_locked(is_friend ? &v->friends : &v->strangers, &j);
	pthread_cond_signal(&v->wanted);
	while (!j.done)
		pthread_cond_wait(&v->ended, &v->lock);
	pthread_mutex_unlock(&v->lock);
	if (!j.right || user->name.n == 0)
		return VERIFY_WRONG;
	struct proof p;
	proof_make(v, user, password, &p);
	pthread_mutex_lock(&v->lock);
	proof_add(proof_set(v, user), &p);
	pthread_mutex_unlock(&v->lock);
	return VERIFY_RIGHT;
}

struct verifier_load verifier_load(struct verifier *v)
{
	pthread_mutex_lock(&v->lock);
	struct verifier_load load = { .hashes = v->hashes, .waiting = v->waiting };
	pthread_mutex_unlock(&v->lock);
	return load;
}
