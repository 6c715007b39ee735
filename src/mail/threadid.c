// SPDX-License-Identifier: Apache-2.0
// THREADID (RFC 8474 section 5.2): a message gets the thread of the nearest message-id that is known in the account: its own (a second copy),
// then its references from the last to the first; else a new one. What becomes known: its own message-id and the first reference (so that
// two replies meet although the message they answer never came). Index: "R" (format.h). The index is asked before account.lock is taken; what
// was staged since, and is not in the store yet, stands in a small table under the lock.
#include "base/hash.h"
#include "mail/card.h"
#include "mail/mail_priv.h"

#include <stdlib.h>

#define THREAD_RECENT 1024u // more than can be staged while a look-up is on its way, but for floods
#define THREAD_LOOK_UPS 8u  // references that are asked for

struct thread_recent {
	struct {
		uint64_t key;
		struct objectid id;
	} slot[THREAD_RECENT];
};

void thread_recent_reset(struct thread_recent *t)
{
	if (t)
		memset(t, 0, sizeof *t);
}

// An account that is only read has no table.
static int recent_make(struct op *op, struct account *a)
{
	pthread_mutex_lock(&a->lock);
	if (!a->thread)
		a->thread = calloc(1, sizeof *a->thread);
	bool made = a->thread;
	pthread_mutex_unlock(&a->lock);
	return made ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// 0: found, STORE_ABSENT, or a fault.
static int look(struct op *op, struct account *a, uint64_t id, struct objectid *ret_id)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct key k = key_thread(id);
	struct span v;
	int rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &v);
	if (rc == 0 && v.n == sizeof ret_id->b)
		memcpy(ret_id->b, v.p, v.n);
	else if (rc == 0)
		rc = op_fail(op, RC_CORRUPT, "an entry of the thread index makes no sense");
	arena_release(&op->arena, mark);
	return rc;
}

int thread_look_up(
	struct op *op, struct account *a, const struct thread_keys *k, struct thread_look *ret_look)
{
	struct thread_look l = { .key = { k->message_id, k->count ? k->references[0] : 0 } };
	int rc = recent_make(op, a);
	if (rc < 0)
		return rc;
	rc = k->message_id ? look(op, a, k->message_id, &l.found) : STORE_ABSENT;
	l.is_known = rc == 0;
	if (rc == 0)
		l.key[0] = 0; // it needs no entry
	for (size_t i = 0; i < k->count && i < THREAD_LOOK_UPS && rc == STORE_ABSENT; i++) {
		size_t at = i == THREAD_LOOK_UPS - 1 ? 0 : k->count - 1 - i;
		rc = look(op, a, k->references[at], &l.found);
		if (rc == 0 && at == 0)
			l.key[1] = 0;
	}
	if (rc < 0)
		return rc;
	l.have = rc == 0;
	*ret_look = l;
	return 0;
}

void thread_assign(struct account *a, const struct thread_look *l, struct store_batch *b,
	struct objectid *ret_id)
{
	struct objectid id = l->found;
	bool have = l->have;
	for (int i = 0; i < 2 && !have; i++) {
		size_t at = hash_u64(l->key[i]) % THREAD_RECENT;
		if (l->key[i] && a->thread->slot[at].key == l->key[i]) {
			id = a->thread->slot[at].id;
			have = true;
		}
	}
	if (!have)
		random_bytes(id.b, sizeof id.b);
	for (int i = 0; i < 2; i++) {
		size_t at = hash_u64(l->key[i]) % THREAD_RECENT;
		if (!l->key[i])
			continue;
		a->thread->slot[at].key = l->key[i];
		a->thread->slot[at].id = id;
		struct key k = key_thread(l->key[i]);
		batch_put(b, KEY(k), span_of(id.b, sizeof id.b));
	}
	*ret_id = id;
}
