// SPDX-License-Identifier: Apache-2.0
// The list of the spool in memory: a few hundred octets for each message, walked from end to end, since it is short (SPOOL_MESSAGES_MAX). And how messages come into it.
//
// A record is put in line under the lock, so numbers go to the log in order, and the next one (in the same batch) never falls back. What is in line and
// not durable yet counts against the bounds, and nobody can take it.
#include "mail/spool.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "mail/deliver_priv.h"
#include "mail/spool_list_priv.h"

#include <stdlib.h>

struct spool_slot {
	struct spool *spool;
	struct spool_item *item;
	struct store_ticket ticket;
};

// --- the list ---

static struct spool_item *item_new(const struct spool_message *m, uint64_t octets)
{
	struct spool_item *it = calloc(1, sizeof *it + m->user.n);
	if (!it)
		return NULL;
	it->number = m->number;
	it->octets = octets;
	it->next_at = m->next_at;
	it->state = ITEM_IN_LINE;
	it->marked = m->marked;
	memcpy(it->key, m->key, SPOOL_KEY);
	it->user_n = m->user.n;
	memcpy(it->user, m->user.p, m->user.n);
	return it;
}

static void list_add(struct spool *s, struct spool_item *it)
{
	*s->end = it;
	s->end = &it->next;
}

void spool_remove_locked(struct spool *s, struct spool_item *it)
{
	struct spool_item **at = &s->first;
	while (*at != it)
		at = &(*at)->next;
	*at = it->next;
	if (s->end == &it->next)
		s->end = at;
	free(it);
}

struct spool_item *spool_find_locked(const struct spool *s, uint64_t number)
{
	struct spool_item *it = s->first;
	while (it && it->number != number)
		it = it->next;
	return it;
}

static uint64_t octets_of(const struct spool_message *m)
{
	return m->size + m->prefix.n;
}

static bool has_room(const struct spool *s, struct span user, uint64_t octets)
{
	struct spool_totals all = { 1, octets }, own = { 1, octets };
	for (const struct spool_item *it = s->first; it; it = it->next) {
		all.messages++;
		all.octets += it->octets;
		if (!span_eq(span_of(it->user, it->user_n), user))
			continue;
		own.messages++;
		own.octets += it->octets;
	}
	return all.messages <= SPOOL_MESSAGES_MAX && all.octets <= SPOOL_OCTETS_MAX &&
		own.messages <= SPOOL_USER_MESSAGES_MAX && own.octets <= SPOOL_USER_OCTETS_MAX;
}

bool spool_has_room(struct spool *s, struct span user, uint64_t octets)
{
	pthread_mutex_lock(&s->lock);
	bool has = has_room(s, user, octets);
	pthread_mutex_unlock(&s->lock);
	return has;
}

void spool_count(struct spool *s, struct spool_totals *ret_totals)
{
	struct spool_totals all = { 0 };
	pthread_mutex_lock(&s->lock);
	for (const struct spool_item *it = s->first; it; it = it->next) {
		all.messages++;
		all.octets += it->octets;
	}
	pthread_mutex_unlock(&s->lock);
	*ret_totals = all;
}

// --- opening ---

static int load_record(struct op *op, struct spool *s, struct span key, struct span value)
{
	struct spool_message m;
	struct arena_mark mark = arena_mark(&op->arena);
	uint64_t number = spooled_number(key);
	int rc = number ? spool_decode(op, number, value, &m)
			: op_fail(op, RC_CORRUPT, "a key of the spool makes no sense");
	struct spool_item *it = rc == 0 ? item_new(&m, octets_of(&m)) : NULL;
	if (it) {
		it->state = ITEM_WAITS;
		list_add(s, it);
	} else if (rc == 0 || rc == RC_NOMEM) {
		rc = op_fail(op, RC_NOMEM, "out of memory");
	} else {
		log_warn("spool", "%s: it is left where it is", op_text(op, rc));
		rc = 0;
	}
	if (number >= s->next_number)
		s->next_number = number + 1;
	arena_release(&op->arena, mark);
	return rc;
}

static int load_records(struct op *op, struct spool *s)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_cursor_open(op, s->store, NULL, SPOOL_PARTITION, SPAN("Q"), SPAN("R"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		rc = load_record(op, s, key, value);
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

static int load(struct op *op, struct spool *s)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_get(op, s->store, NULL, SPOOL_PARTITION, SPAN("N"), &value);
	if (rc < 0)
		return rc;
	s->next_number = rc == 0 && value.n == 8 ? load_u64(value.p) : 1;
	rc = load_records(op, s);
	if (rc < 0)
		return rc;
	rc = store_cursor_open(op, s->store, NULL, SPOOL_PARTITION, SPAN("D"), SPAN("E"), &c);
	if (rc < 0)
		return rc;
	rc = store_cursor_next(op, c, &key, &value);
	s->has_marks = rc == 0;
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

int spool_open(struct op *op, struct mail *m, struct spool **ret_spool)
{
	struct spool *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	s->mail = m;
	s->store = mail_store_of(m);
	s->end = &s->first;
	int rc = load(op, s);
	if (rc < 0) {
		spool_free(s);
		return rc;
	}
	*ret_spool = s;
	return 0;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	while (s->first) {
		struct spool_item *it = s->first;
		s->first = it->next;
		free(it);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

// --- taking in ---

// Takes the room.
static int reserve(
	struct op *op, struct spool *s, const struct spool_message *m, struct spool_item **ret_item)
{
	int rc = 0;
	struct spool_item *it = item_new(m, octets_of(m));
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_lock(&s->lock);
	for (const struct spool_item *other = s->first; other && rc == 0; other = other->next)
		if (other->state == ITEM_IN_LINE && memcmp(other->key, m->key, SPOOL_KEY) == 0)
			rc = op_fail(op, RC_INUSE, "the same message is being stored just now");
	if (rc == 0 && !has_room(s, m->user, it->octets))
		rc = op_fail(op, RC_LIMIT, "too much mail waits for the relay already");
	if (rc == 0)
		list_add(s, it);
	pthread_mutex_unlock(&s->lock);
	if (rc < 0) {
		free(it);
		return rc;
	}
	*ret_item = it;
	return 0;
}

static int submit(struct op *op, struct spool *s, struct spool_message *m, struct spool_item *it,
	struct store_ticket *ret_ticket)
{
	struct store_batch b;
	struct buf value = { 0 };
	char next[8];
	bool good = true;
	batch_init(&b, SPOOL_PARTITION);
	for (size_t i = 0; i < m->count && good; i++)
		good = spool_mark_put(&b, m, i, true);
	spool_encode(m, &value);
	int rc = 0;
	if (!good || value.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	else if (value.n > SPOOL_RECORD_MAX)
		rc = op_fail(op, RC_LIMIT, "its recipients are too many to wait for the relay");
	pthread_mutex_lock(&s->lock);
	if (rc == 0) {
		uint64_t number = s->next_number;
		struct key k = key_spooled(number);
		if (m->marked)
			spool_marks_clear_locked(s, &b);
		store_u64(next, number + 1);
		batch_put(&b, SPAN("N"), span_of(next, sizeof next));
		batch_put(&b, KEY(k), buf_span(&value));
		rc = store_submit(op, s->store, &b, ret_ticket);
		if (rc == 0) {
			s->next_number++;
			it->number = number;
		}
	}
	pthread_mutex_unlock(&s->lock);
	buf_done(&value);
	batch_done(&b);
	return rc;
}

static void drop(struct spool *s, struct spool_item *it)
{
	pthread_mutex_lock(&s->lock);
	spool_remove_locked(s, it);
	pthread_mutex_unlock(&s->lock);
}

int spool_stage(struct op *op, struct spool *s, struct delivery *d, const struct spool_message *m,
	struct spool_slot **ret_slot)
{
	struct spool_message now = *m;
	struct blob_owner owner = { .partition = SPOOL_PARTITION, .internal_date = clock_real() };
	must(m->count > 0 && m->count <= SMTP_RECIPIENTS_MAX);
	now.arrived = owner.internal_date;
	now.size = d->in.size;
	now.marked = m->marked && d->keys.message_id;
	struct spool_slot *slot = calloc(1, sizeof *slot);
	if (!slot)
		return op_fail(op, RC_NOMEM, "out of memory");
	slot->spool = s;
	int rc = delivery_is_open(op, d);
	if (rc == 0)
		rc = reserve(op, s, &now, &slot->item);
	if (rc < 0) {
		free(slot);
		return rc;
	}
	rc = mail_note_spool(op, s->mail);
	if (rc == 0)
		rc = delivery_blob_put(op, d, &owner);
	now.blob = d->ref;
	if (rc == 0)
		rc = submit(op, s, &now, slot->item, &slot->ticket);
	if (rc < 0) {
		drop(s, slot->item);
		free(slot);
		return rc;
	}
	*ret_slot = slot;
	return 0;
}

struct store_ticket spool_slot_ticket(const struct spool_slot *slot)
{
	return slot->ticket;
}

int spool_wait(struct op *op, struct spool_slot *slot)
{
	struct spool *s = slot->spool;
	int rc = store_wait(op, s->store, slot->ticket);
	if (rc < 0) {
		drop(s, slot->item);
	} else {
		pthread_mutex_lock(&s->lock);
		slot->item->state = ITEM_WAITS;
		pthread_mutex_unlock(&s->lock);
	}
	free(slot);
	return rc;
}
