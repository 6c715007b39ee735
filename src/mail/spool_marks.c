// SPDX-License-Identifier: Apache-2.0
// Who sends again: looked for in the records of those who wait first, then among the marks, which are for those who have gone.
//
// Marks: "D" be32 period, id, in the period in which they were put last. They are looked for in this period and the one before, as
// mail/deliver.c does with deliveries; whenever a record is written, and when its last recipient leaves, its recipients' marks come into the present
// period.
#include "base/clock.h"
#include "base/limits.h"
#include "mail/deliver_priv.h"
#include "mail/spool_list_priv.h"

static uint32_t period_now(void)
{
	return (uint32_t)(clock_real() / DELIVERY_PERIOD_S);
}

bool spool_mark_put(struct store_batch *b, const struct spool_message *m, size_t i, bool stays)
{
	uint8_t id[DELIVERY_ID];
	char value[8];
	if (!m->marked)
		return true;
	if (!spool_mark_id(m->key, m->recipients[i].address, id))
		return false;
	uint32_t period = period_now();
	struct key now = key_seen(period, id), before = key_seen(period - 1, id);
	batch_delete(b, KEY(before));
	store_u64(value, (uint64_t)clock_real());
	if (stays)
		batch_put(b, KEY(now), span_of(value, sizeof value));
	else
		batch_delete(b, KEY(now));
	return true;
}

void spool_marks_clear_locked(struct spool *s, struct store_batch *b)
{
	static const uint8_t first[DELIVERY_ID];
	uint32_t period = period_now();
	s->has_marks = true;
	if (s->period == period)
		return;
	struct key from = key_seen(0, first), to = key_seen(period - 1, first);
	batch_delete_range(b, KEY(from), KEY(to));
	s->period = period;
}

// The first message with this key and a number of `from` or more, 0: none. RC_INUSE: one is in line, and whether that will stand nobody knows yet.
static int find_same(struct op *op, struct spool *s, const uint8_t key[SPOOL_KEY], uint64_t from,
	uint64_t *ret_number)
{
	bool in_line = false;
	uint64_t number = 0;
	pthread_mutex_lock(&s->lock);
	for (const struct spool_item *it = s->first; it; it = it->next) {
		if (!it->marked || memcmp(it->key, key, SPOOL_KEY) != 0)
			continue;
		in_line |= it->state == ITEM_IN_LINE;
		if (it->number >= from && (!number || it->number < number))
			number = it->number;
	}
	pthread_mutex_unlock(&s->lock);
	if (in_line)
		return op_fail(op, RC_INUSE, "the same message is being stored just now");
	*ret_number = number;
	return 0;
}

static bool waits_among(const struct spool_message *m, struct span address)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->recipients[i].failed && span_eq(m->recipients[i].address, address))
			return true;
	return false;
}

// SPOOL_HAD: this recipient is one of those who wait, however long. A record that cannot be read now is a fault; one that is damaged sends nothing.
static int waits_here(
	struct op *op, struct spool *s, const uint8_t key[SPOOL_KEY], struct span address)
{
	for (uint64_t from = 1, number = 0;; from = number + 1) {
		struct spool_message m;
		int rc = find_same(op, s, key, from, &number);
		if (rc < 0 || !number)
			return rc;
		struct arena_mark mark = arena_mark(&op->arena);
		rc = spool_read(op, s, number, &m);
		bool is_here = rc == 0 && waits_among(&m, address);
		arena_release(&op->arena, mark);
		if (is_here)
			return SPOOL_HAD;
		// It may have gone meanwhile, and left marks.
		if (rc < 0 && rc != RC_NONEXISTENT && rc != RC_CORRUPT)
			return rc;
	}
}

static int has_mark(
	struct op *op, struct spool *s, const uint8_t key[SPOOL_KEY], struct span address)
{
	uint8_t id[DELIVERY_ID];
	pthread_mutex_lock(&s->lock);
	bool any = s->has_marks;
	pthread_mutex_unlock(&s->lock);
	if (!any)
		return 0;
	if (!spool_mark_id(key, address, id))
		return op_fail(op, RC_NOMEM, "out of memory");
	struct arena_mark mark = arena_mark(&op->arena);
	uint32_t now = period_now();
	int rc = STORE_ABSENT;
	for (uint32_t back = 0; rc == STORE_ABSENT && back < 2; back++) {
		struct key k = key_seen(now - back, id);
		struct span value;
		rc = store_get(op, s->store, NULL, SPOOL_PARTITION, KEY(k), &value);
	}
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : rc == STORE_ABSENT ? 0 : SPOOL_HAD;
}

int spool_had(struct op *op, struct spool *s, const uint8_t key[SPOOL_KEY], struct span address)
{
	int rc = waits_here(op, s, key, address);
	return rc ? rc : has_mark(op, s, key, address);
}
