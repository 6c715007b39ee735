// SPDX-License-Identifier: Apache-2.0
// Pins (backup.h). A sweep drops what two sweeps, the grace time apart, found unreferenced. It marks what every pinned snapshot refers to as
// well, so a blob that loses its last reference while a backup runs stays until that ends. A sweep that looked before the pin was listed harms
// nothing: its snapshot is at most a moment older or newer, and it drops only what was unreferenced the grace time before.
#include "mail/backup.h"

#include "base/clock.h"
#include "base/limits.h"
#include "mail/mail_priv.h"
#include "store/live.h"

#include <stdlib.h>

struct mail_pin {
	struct store *store;
	struct store_snapshot *snap;
	unsigned holders; // pins.lock
};
struct pins {
	pthread_mutex_t lock;
	struct mail_pin *list[BACKUP_PINS_MAX]; // lock
	struct mail_kept *kept;                 // lock
};
struct mail_kept {
	struct mail_kept *next;
	struct pins *pins;
	struct live_set ids; // pins.lock
};

struct pins *pins_new(void)
{
	struct pins *p = calloc(1, sizeof *p);
	if (p)
		pthread_mutex_init(&p->lock, NULL);
	return p;
}

void pins_free(struct pins *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < BACKUP_PINS_MAX; i++)
		must(!p->list[i]);
	must(!p->kept);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static void pin_drop(struct pins *p, struct mail_pin *pin)
{
	pthread_mutex_lock(&p->lock);
	bool last = --pin->holders == 0;
	pthread_mutex_unlock(&p->lock);
	if (!last)
		return;
	store_snapshot_end(pin->store, pin->snap);
	free(pin);
}

// --- tokens ---

static int submit_wait(struct op *op, struct store *s, struct store_batch *b)
{
	struct store_ticket ticket;
	int rc = store_submit(op, s, b, &ticket);
	batch_done(b);
	return rc < 0 ? rc : store_wait(op, s, ticket);
}

// The oldest token goes when there are too many. Two backups that begin at once may leave one more.
static int tokens_trim(struct op *op, struct store *s, struct store_batch *b)
{
	struct store_cursor *c;
	struct span key, value;
	char oldest[1 + BACKUP_TOKEN] = { 0 };
	uint64_t oldest_at = UINT64_MAX;
	size_t count = 0;
	int rc = store_cursor_open(op, s, NULL, SYSTEM_PARTITION, SPAN("T"), SPAN("U"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		uint64_t at = value.n == 8 ? load_u64(value.p) : 0;
		count++;
		if (key.n == sizeof oldest && at < oldest_at) {
			oldest_at = at;
			memcpy(oldest, key.p, sizeof oldest);
		}
	}
	store_cursor_close(c);
	if (rc == STORE_END && count >= BACKUP_TOKENS_KEPT && oldest[0])
		batch_delete(b, span_of(oldest, sizeof oldest));
	return rc < 0 ? rc : 0;
}

static int token_put(struct op *op, struct store *s, const uint8_t token[BACKUP_TOKEN])
{
	struct store_batch b;
	char key[1 + BACKUP_TOKEN] = { 'T' }, value[8];
	memcpy(key + 1, token, BACKUP_TOKEN);
	store_u64(value, (uint64_t)clock_real());
	batch_init(&b, SYSTEM_PARTITION);
	int rc = tokens_trim(op, s, &b);
	if (rc < 0) {
		batch_done(&b);
		return rc;
	}
	batch_put(&b, span_of(key, sizeof key), span_of(value, sizeof value));
	return submit_wait(op, s, &b);
}

int mail_give_up(struct op *op, struct mail *m, const uint8_t token[BACKUP_TOKEN])
{
	struct store_batch b;
	batch_init(&b, SYSTEM_PARTITION);
	batch_put(&b, SPAN("Z"), span_of(token, BACKUP_TOKEN));
	return submit_wait(op, mail_store_of(m), &b);
}

// --- pins ---

static bool pin_list(struct pins *p, struct mail_pin *pin)
{
	bool listed = false;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < BACKUP_PINS_MAX && !listed; i++)
		if (!p->list[i]) {
			p->list[i] = pin;
			listed = true;
		}
	pthread_mutex_unlock(&p->lock);
	return listed;
}

int mail_pin(
	struct op *op, struct mail *m, const uint8_t token[BACKUP_TOKEN], struct mail_pin **ret_pin)
{
	struct mail_pin *pin = calloc(1, sizeof *pin);
	if (!pin)
		return op_fail(op, RC_NOMEM, "out of memory");
	*pin = (struct mail_pin){ .store = mail_store_of(m), .holders = 1 };
	int rc = store_snapshot_begin(op, pin->store, &pin->snap);
	if (rc < 0) {
		free(pin);
		return rc;
	}
	if (!pin_list(mail_pins_of(m), pin)) {
		pin_drop(mail_pins_of(m), pin);
		return op_fail(op, RC_LIMIT, "%u backups are under way already", BACKUP_PINS_MAX);
	}
	rc = token_put(op, pin->store, token);
	if (rc < 0) {
		mail_unpin(m, pin);
		return rc;
	}
	*ret_pin = pin;
	return 0;
}

void mail_unpin(struct mail *m, struct mail_pin *pin)
{
	if (!pin)
		return;
	struct pins *p = mail_pins_of(m);
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < BACKUP_PINS_MAX; i++)
		if (p->list[i] == pin)
			p->list[i] = NULL;
	pthread_mutex_unlock(&p->lock);
	pin_drop(p, pin);
}

int mail_pins_each(struct op *op, struct mail *m,
	int (*each)(struct op *op, void *ctx, struct store_snapshot *snap), void *ctx)
{
	struct pins *p = mail_pins_of(m);
	struct mail_pin *held[BACKUP_PINS_MAX];
	size_t count = 0;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < BACKUP_PINS_MAX; i++)
		if (p->list[i]) {
			p->list[i]->holders++;
			held[count++] = p->list[i];
		}
	pthread_mutex_unlock(&p->lock);
	int rc = 0;
	for (size_t i = 0; i < count; i++) {
		if (rc == 0)
			rc = each(op, ctx, held[i]->snap);
		pin_drop(p, held[i]);
	}
	return rc;
}

// --- what restores have brought ---

int mail_kept_new(struct op *op, struct mail *m, struct mail_kept **ret_kept)
{
	struct mail_kept *k = calloc(1, sizeof *k);
	if (!k)
		return op_fail(op, RC_NOMEM, "out of memory");
	k->pins = mail_pins_of(m);
	pthread_mutex_lock(&k->pins->lock);
	k->next = k->pins->kept;
	k->pins->kept = k;
	pthread_mutex_unlock(&k->pins->lock);
	*ret_kept = k;
	return 0;
}

void mail_kept_free(struct mail *m, struct mail_kept *k)
{
	if (!k)
		return;
	struct pins *p = mail_pins_of(m);
	pthread_mutex_lock(&p->lock);
	struct mail_kept **at = &p->kept;
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	pthread_mutex_unlock(&p->lock);
	live_done(&k->ids);
	free(k);
}

int mail_kept_add(struct op *op, struct mail_kept *k, uint64_t blob_id)
{
	pthread_mutex_lock(&k->pins->lock);
	live_add(&k->ids, blob_id);
	bool failed = k->ids.failed;
	pthread_mutex_unlock(&k->pins->lock);
	return failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

bool mail_kept_has(struct mail_kept *k, uint64_t blob_id)
{
	pthread_mutex_lock(&k->pins->lock);
	bool has = live_has(&k->ids, blob_id);
	pthread_mutex_unlock(&k->pins->lock);
	return has;
}

// A blob that is added after this is younger than the sweep's snapshot.
void mail_kept_mark(struct mail *m, store_live_fn live, void *sweep)
{
	struct pins *p = mail_pins_of(m);
	pthread_mutex_lock(&p->lock);
	for (struct mail_kept *k = p->kept; k; k = k->next)
		live_each(&k->ids, live, sweep);
	pthread_mutex_unlock(&p->lock);
}

// --- records ---

// The cold records in op's arena, those of gone messages zeroed. A hot record that is missing leaves the cold one as it is.
static int cold_of_live(struct op *op, struct mail_pin *pin, uint64_t partition, struct span key,
	struct span *io_value)
{
	char hot_key[10];
	struct span hot = SPAN("");
	memcpy(hot_key, key.p, sizeof hot_key);
	hot_key[5] = 'H';
	int rc = store_get(
		op, pin->store, pin->snap, partition, span_of(hot_key, sizeof hot_key), &hot);
	if (rc < 0)
		return rc;
	size_t n = rc == STORE_ABSENT ? 0 : hot.n / HOT_OCTETS;
	char *copy = NULL;
	for (size_t i = 0; i < n && (i + 1) * COLD_OCTETS <= io_value->n; i++) {
		if (!((uint8_t)hot.p[i * HOT_OCTETS + 4] & HOT_GONE))
			continue;
		if (!copy)
			copy = arena_bytes(&op->arena, io_value->n);
		if (!copy)
			return op_fail(op, RC_NOMEM, "out of memory");
		if (io_value->p != copy)
			memcpy(copy, io_value->p, io_value->n);
		io_value->p = copy;
		memset(copy + i * COLD_OCTETS, 0, COLD_OCTETS);
	}
	return 0;
}

int mail_pin_records(struct op *op, struct mail_pin *pin, const struct record_range *range,
	int (*each)(struct op *op, void *ctx, struct span key, struct span value), void *ctx)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_cursor_open(
		op, pin->store, pin->snap, range->partition, range->from, range->to, &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		if (range->partition != SYSTEM_PARTITION && span_eq(key, SPAN("G")))
			continue; // it would be true of this moment of this volume alone
		struct arena_mark mark = arena_mark(&op->arena);
		if (range->partition != SYSTEM_PARTITION && key.n == 10 && key.p[0] == 'B' &&
			key.p[5] == 'C')
			rc = cold_of_live(op, pin, range->partition, key, &value);
		if (rc == 0)
			rc = each(op, ctx, key, value);
		arena_release(&op->arena, mark);
		if (rc == 0)
			rc = op_alive(op);
		if (rc)
			break;
	}
	store_cursor_close(c);
	return rc == STORE_END ? 0 : rc;
}
