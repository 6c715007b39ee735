// SPDX-License-Identifier: Apache-2.0
// What waits goes out: whose turn it is, the record, and what is left of it.
#include "base/clock.h"
#include "base/limits.h"
#include "mail/spool_list_priv.h"

// Nothing is put off for longer than SPOOL_PAUSE_MAX_S: a time far beyond that was made by a clock that has been set back since.
static bool is_due(const struct spool_item *it, int64_t now)
{
	return it->next_at <= now || it->next_at > now + 2 * SPOOL_PAUSE_MAX_S;
}

bool spool_take(struct spool *s, int64_t now, uint64_t *ret_number)
{
	struct spool_item *first = NULL;
	pthread_mutex_lock(&s->lock);
	for (struct spool_item *it = s->first; it; it = it->next)
		if (it->state == ITEM_WAITS && is_due(it, now) &&
			(!first || it->next_at < first->next_at))
			first = it;
	if (first) {
		first->state = ITEM_TAKEN;
		*ret_number = first->number;
	}
	pthread_mutex_unlock(&s->lock);
	return first;
}

int spool_take_number(struct op *op, struct spool *s, uint64_t number)
{
	int rc = 0;
	pthread_mutex_lock(&s->lock);
	struct spool_item *it = number ? spool_find_locked(s, number) : NULL;
	if (!it)
		rc = op_fail(op, RC_NONEXISTENT, "there is no message %llu in the spool",
			(unsigned long long)number);
	else if (it->state != ITEM_WAITS)
		rc = op_fail(op, RC_INUSE, "message %llu is on its way just now",
			(unsigned long long)number);
	else
		it->state = ITEM_TAKEN;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void spool_give(struct spool *s, uint64_t number)
{
	pthread_mutex_lock(&s->lock);
	struct spool_item *it = spool_find_locked(s, number);
	if (it)
		it->state = ITEM_WAITS;
	pthread_mutex_unlock(&s->lock);
}

void spool_put_off(struct spool *s, uint64_t number, int64_t next_at)
{
	pthread_mutex_lock(&s->lock);
	struct spool_item *it = spool_find_locked(s, number);
	if (it)
		it->next_at = next_at;
	pthread_mutex_unlock(&s->lock);
}

int64_t spool_next(struct spool *s)
{
	int64_t next = INT64_MAX, now = clock_real();
	pthread_mutex_lock(&s->lock);
	for (const struct spool_item *it = s->first; it; it = it->next) {
		int64_t at = is_due(it, now) && it->next_at > now ? now : it->next_at;
		if (it->state == ITEM_WAITS && at < next)
			next = at;
	}
	pthread_mutex_unlock(&s->lock);
	return next;
}

void spool_hurry(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct spool_item *it = s->first; it; it = it->next)
		it->next_at = 0;
	pthread_mutex_unlock(&s->lock);
}

int spool_read(struct op *op, struct spool *s, uint64_t number, struct spool_message *ret_message)
{
	struct key k = key_spooled(number);
	struct span value;
	int rc = store_get(op, s->store, NULL, SPOOL_PARTITION, KEY(k), &value);
	if (rc == STORE_ABSENT)
		rc = op_fail(op, RC_NONEXISTENT, "there is no message %llu in the spool",
			(unsigned long long)number);
	return rc < 0 ? rc : spool_decode(op, number, value, ret_message);
}

uint64_t spool_number_from(struct spool *s, uint64_t from)
{
	uint64_t number = 0;
	pthread_mutex_lock(&s->lock);
	for (const struct spool_item *it = s->first; it; it = it->next)
		if (it->state != ITEM_IN_LINE && it->number >= from &&
			(!number || it->number < number))
			number = it->number;
	pthread_mutex_unlock(&s->lock);
	return number;
}

int spool_read_from(
	struct op *op, struct spool *s, uint64_t from, struct spool_message *ret_message)
{
	for (;;) {
		uint64_t number = spool_number_from(s, from);
		if (!number)
			return op_fail(op, RC_NONEXISTENT, "there are no more messages");
		int rc = spool_read(op, s, number, ret_message);
		if (rc != RC_NONEXISTENT) // it has gone meanwhile
			return rc;
		from = number + 1;
	}
}

// What is left of the message; its recipients in op's arena.
static int split(struct op *op, const struct spool_message *m, const enum spool_fate *fates,
	struct store_batch *b, struct spool_message *ret_left)
{
	struct spool_message left = *m;
	left.count = 0;
	left.recipients = arena_array(&op->arena, m->count, sizeof *left.recipients);
	bool good = left.recipients;
	for (size_t i = 0; i < m->count && good; i++) {
		if (fates[i] == SPOOL_WAITS)
			left.recipients[left.count++] = m->recipients[i];
		good = spool_mark_put(
			b, m, i, fates[i] != SPOOL_FAILED && !m->recipients[i].failed);
	}
	if (!good)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_left = left;
	return 0;
}

static int commit(struct op *op, struct spool *s, struct store_batch *b, bool marked)
{
	struct store_ticket ticket;
	pthread_mutex_lock(&s->lock);
	if (marked)
		spool_marks_clear_locked(s, b);
	int rc = store_submit(op, s->store, b, &ticket);
	pthread_mutex_unlock(&s->lock);
	return rc < 0 ? rc : store_wait(op, s->store, ticket);
}

int spool_settle(
	struct op *op, struct spool *s, const struct spool_message *m, const enum spool_fate *fates)
{
	struct store_batch b;
	struct spool_message left;
	struct buf value = { 0 };
	struct key k = key_spooled(m->number);
	batch_init(&b, SPOOL_PARTITION);
	int rc = split(op, m, fates, &b, &left);
	if (rc == 0 && left.count)
		spool_encode(&left, &value);
	if (value.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0 && left.count)
		batch_put(&b, KEY(k), buf_span(&value));
	else if (rc == 0)
		batch_delete(&b, KEY(k));
	// Of a full volume, too, mail may leave; and what will leave as soon as its sender can be told, is not sent again until then.
	if (left.count < m->count || spool_any_failed(&left))
		b.flags = STORE_FREES;
	if (rc == 0)
		rc = commit(op, s, &b, m->marked);
	batch_done(&b);
	buf_done(&value);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	struct spool_item *it = spool_find_locked(s, m->number);
	if (it && left.count)
		it->next_at = m->next_at;
	else if (it)
		spool_remove_locked(s, it);
	pthread_mutex_unlock(&s->lock);
	if (!left.count)
		store_blob_dropped(s->store, m->blob);
	return 0;
}
