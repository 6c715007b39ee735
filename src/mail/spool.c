// SPDX-License-Identifier: Apache-2.0
// The list of the spool in memory: a few hundred octets for each message, walked from end to end, since it is short (SPOOL_MESSAGES_MAX).
//
// A record is put in line under the lock, so numbers go to the log in order, and the next one (in the same batch) never falls back. What is in line and
// not durable yet counts against the bounds, and nobody can take it.
//
// Who sends again is looked for in the records of those who wait first, then among the marks, which are for those who have gone.
//
// Marks: "D" be32 period, id, in the period in which they were put last. They are looked for in this period and the one before, as
// mail/deliver.c does with deliveries; whenever a record is written, and when its last recipient leaves, its recipients' marks come into the present
// period.
#include "mail/spool.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "mail/deliver_priv.h"
#include "mail/spool_priv.h"

#include <pthread.h>
#include <stdlib.h>

enum state { IN_LINE, WAITS, TAKEN };
struct item {
	struct item *next;
	uint64_t number, octets; // number 0: not given yet
	int64_t next_at;
	enum state state;
	bool marked;
	uint8_t key[SPOOL_KEY];
	size_t user_n;
	char user[];
};
struct spool {
	struct mail *mail;
	struct store *store;
	pthread_mutex_t lock; // guards what follows; the store's line is joined under it
	struct item *first, **end;
	uint64_t next_number;
	bool has_marks;
	uint32_t period; // marks of older ones were removed in this one
};
struct spool_slot {
	struct spool *spool;
	struct item *item;
	struct store_ticket ticket;
};

static uint32_t period_now(void)
{
	return (uint32_t)(clock_real() / DELIVERY_PERIOD_S);
}

// --- the list ---

static struct item *item_new(const struct spool_message *m, uint64_t octets)
{
	struct item *it = calloc(1, sizeof *it + m->user.n);
	if (!it)
		return NULL;
	it->number = m->number;
	it->octets = octets;
	it->next_at = m->next_at;
	it->state = IN_LINE;
	it->marked = m->marked;
	memcpy(it->key, m->key, SPOOL_KEY);
	it->user_n = m->user.n;
	memcpy(it->user, m->user.p, m->user.n);
	return it;
}

static void list_add(struct spool *s, struct item *it)
{
	*s->end = it;
	s->end = &it->next;
}

static void list_remove(struct spool *s, struct item *it)
{
	struct item **at = &s->first;
	while (*at != it)
		at = &(*at)->next;
	*at = it->next;
	if (s->end == &it->next)
		s->end = at;
	free(it);
}

// Nothing is put off for longer than SPOOL_PAUSE_MAX_S: a time far beyond that was made by a clock that has been set back since.
static bool is_due(const struct item *it, int64_t now)
{
	return it->next_at <= now || it->next_at > now + 2 * SPOOL_PAUSE_MAX_S;
}

static struct item *find(const struct spool *s, uint64_t number)
{
	struct item *it = s->first;
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
	for (const struct item *it = s->first; it; it = it->next) {
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
	for (const struct item *it = s->first; it; it = it->next) {
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
	struct item *it = rc == 0 ? item_new(&m, octets_of(&m)) : NULL;
	if (it) {
		it->state = WAITS;
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
		struct item *it = s->first;
		s->first = it->next;
		free(it);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

// --- marks ---

// Adds or takes away the mark of a recipient. False: out of memory.
static bool mark(struct store_batch *b, const struct spool_message *m, size_t i, bool stays)
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

// Under the lock: what marks there are changes with this batch.
static void marks_clear_locked(struct spool *s, struct store_batch *b)
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
	for (const struct item *it = s->first; it; it = it->next) {
		if (!it->marked || memcmp(it->key, key, SPOOL_KEY) != 0)
			continue;
		in_line |= it->state == IN_LINE;
		if (it->number >= from && (!number || it->number < number))
			number = it->number;
	}
	pthread_mutex_unlock(&s->lock);
	if (in_line)
		return op_fail(op, RC_INUSE, "the same message is being stored just now");
	*ret_number = number;
	return 0;
}

static bool is_among(const struct spool_message *m, struct span address)
{
	for (size_t i = 0; i < m->count; i++)
		if (span_eq(m->recipients[i].address, address))
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
		bool is_here = rc == 0 && is_among(&m, address);
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

// --- taking in ---

// Takes the room.
static int reserve(
	struct op *op, struct spool *s, const struct spool_message *m, struct item **ret_item)
{
	int rc = 0;
	struct item *it = item_new(m, octets_of(m));
	if (!it)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_lock(&s->lock);
	for (const struct item *other = s->first; other && rc == 0; other = other->next)
		if (other->state == IN_LINE && memcmp(other->key, m->key, SPOOL_KEY) == 0)
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

static int submit(struct op *op, struct spool *s, struct spool_message *m, struct item *it,
	struct store_ticket *ret_ticket)
{
	struct store_batch b;
	struct buf value = { 0 };
	char next[8];
	bool good = true;
	batch_init(&b, SPOOL_PARTITION);
	for (size_t i = 0; i < m->count && good; i++)
		good = mark(&b, m, i, true);
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
			marks_clear_locked(s, &b);
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

static void drop(struct spool *s, struct item *it)
{
	pthread_mutex_lock(&s->lock);
	list_remove(s, it);
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
		slot->item->state = WAITS;
		pthread_mutex_unlock(&s->lock);
	}
	free(slot);
	return rc;
}

// --- sending ---

bool spool_take(struct spool *s, int64_t now, uint64_t *ret_number)
{
	struct item *first = NULL;
	pthread_mutex_lock(&s->lock);
	for (struct item *it = s->first; it; it = it->next)
		if (it->state == WAITS && is_due(it, now) &&
			(!first || it->next_at < first->next_at))
			first = it;
	if (first) {
		first->state = TAKEN;
		*ret_number = first->number;
	}
	pthread_mutex_unlock(&s->lock);
	return first;
}

int spool_take_number(struct op *op, struct spool *s, uint64_t number)
{
	int rc = 0;
	pthread_mutex_lock(&s->lock);
	struct item *it = number ? find(s, number) : NULL;
	if (!it)
		rc = op_fail(op, RC_NONEXISTENT, "there is no message %llu in the spool",
			(unsigned long long)number);
	else if (it->state != WAITS)
		rc = op_fail(op, RC_INUSE, "message %llu is on its way just now",
			(unsigned long long)number);
	else
		it->state = TAKEN;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void spool_give(struct spool *s, uint64_t number)
{
	pthread_mutex_lock(&s->lock);
	struct item *it = find(s, number);
	if (it)
		it->state = WAITS;
	pthread_mutex_unlock(&s->lock);
}

void spool_put_off(struct spool *s, uint64_t number, int64_t next_at)
{
	pthread_mutex_lock(&s->lock);
	struct item *it = find(s, number);
	if (it)
		it->next_at = next_at;
	pthread_mutex_unlock(&s->lock);
}

int64_t spool_next(struct spool *s)
{
	int64_t next = INT64_MAX, now = clock_real();
	pthread_mutex_lock(&s->lock);
	for (const struct item *it = s->first; it; it = it->next) {
		int64_t at = is_due(it, now) && it->next_at > now ? now : it->next_at;
		if (it->state == WAITS && at < next)
			next = at;
	}
	pthread_mutex_unlock(&s->lock);
	return next;
}

void spool_hurry(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct item *it = s->first; it; it = it->next)
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
	for (const struct item *it = s->first; it; it = it->next)
		if (it->state != IN_LINE && it->number >= from && (!number || it->number < number))
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
		good = mark(b, m, i, fates[i] != SPOOL_FAILED);
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
		marks_clear_locked(s, b);
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
	if (left.count < m->count)
		b.flags = STORE_FREES; // of a full volume, too, mail may leave
	if (rc == 0)
		rc = commit(op, s, &b, m->marked);
	batch_done(&b);
	buf_done(&value);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&s->lock);
	struct item *it = find(s, m->number);
	if (it && left.count)
		it->next_at = m->next_at;
	else if (it)
		list_remove(s, it);
	pthread_mutex_unlock(&s->lock);
	if (!left.count)
		store_blob_dropped(s->store, m->blob);
	return 0;
}
