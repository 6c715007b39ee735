// SPDX-License-Identifier: Apache-2.0
#include "mail/seen_priv.h"

#include "base/clock.h"
#include "base/limits.h"
#include "mail/deliver.h"

#include <stdlib.h>

#define RING                                                                                       \
	64u // deliveries of one account that may be between a look without the lock and the batch

struct seen {
	struct {
		uint8_t id[DELIVERY_ID];
		uint32_t period; // 0: empty
	} ring[RING];
	unsigned next;
	uint32_t period; // older ones were removed in this one
};

static uint32_t period_now(void)
{
	return (uint32_t)(clock_real() / DELIVERY_PERIOD_S);
}

int seen_look(struct op *op, struct account *a, const uint8_t *id)
{
	uint32_t now = period_now();
	struct arena_mark mark = arena_mark(&op->arena);
	int rc = STORE_ABSENT;
	for (uint32_t back = 0; rc == STORE_ABSENT && back < 2; back++) {
		struct key k = key_seen(now - back, id);
		struct span value;
		rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &value);
	}
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : rc != STORE_ABSENT;
}

bool seen_in_line(const struct account *a, const uint8_t *id)
{
	for (unsigned i = 0; a->seen && i < RING; i++)
		if (a->seen->ring[i].period + 1 >= period_now() &&
			memcmp(a->seen->ring[i].id, id, DELIVERY_ID) == 0)
			return true;
	return false;
}

void seen_put(struct account *a, struct store_batch *b, const uint8_t *id)
{
	uint32_t period = period_now();
	char value[8];
	store_u64(value, (uint64_t)clock_real());
	struct key k = key_seen(period, id);
	batch_put(b, KEY(k), span_of(value, sizeof value));
	if (!a->seen)
		a->seen = calloc(1, sizeof *a->seen); // without: only what is visible is known
	if (a->seen && a->seen->period != period) {
		static const uint8_t first[DELIVERY_ID];
		struct key from = key_seen(0, first), to = key_seen(period - 1, first);
		batch_delete_range(b, KEY(from), KEY(to));
		a->seen->period = period;
	}
}

void seen_note(struct account *a, const uint8_t *id)
{
	if (!a->seen)
		return;
	unsigned at = a->seen->next++ % RING;
	memcpy(a->seen->ring[at].id, id, DELIVERY_ID);
	a->seen->ring[at].period = period_now();
}

void seen_reset(struct account *a)
{
	free(a->seen);
	a->seen = NULL;
}
