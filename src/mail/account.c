// SPDX-License-Identifier: Apache-2.0
// Accounts: from a user's name to an open account. The table of open accounts is guarded by mail.lock; loading and creating happen outside
// of it, others who want the same account wait for the one who does it. An account that nobody holds stays for a while (idle.h).
//
// Creating writes the account's partition first, then the user's entry: a crash between leaves a partition that nobody refers to, and the
// next account that gets its number empties it. Removing writes a note ("X") and takes the entry away, then the partition, then the note.
#include "mail/account.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/adopt.h"
#include "mail/backup.h"
#include "mail/column.h"
#include "mail/edit.h"
#include "mail/snap_priv.h"
#include "mail/spool_priv.h"
#include "mail/tree.h"
#include "mail/tree_change.h"
#include "mail/urlauth_priv.h"

#include <stdlib.h>

#define TABLE_SIZE 4096u
#define GIVEN_MEANWHILE 64u // UIDVALIDITYs while an account is being removed
#define GIVEN_UNREADABLE                                                                           \
	65536u // more than an account is ahead of the clock and of what can be read of it
#define APPEND_LIMIT (UINT64_C(128) << 20)

struct mail {
	struct store *store;
	struct mail_config config;
	struct cold_cache *cold;
	struct columns *columns;
	struct pins *pins;
	pthread_mutex_t lock;
	pthread_cond_t loaded;
	struct account *table[TABLE_SIZE];
	struct idle idle; // accounts without holders
	uint64_t next_account;
	uint8_t format;          // of the system record, once it is written again
	bool spool_noted;        // lock: FORMAT_SPOOLED is on the disk
	uint32_t validity_floor; // lock: of removed accounts; new ones give UIDVALIDITYs above it
	uint8_t urlauth_key[URLAUTH_KEY_OCTETS];
};

struct store *mail_store_of(struct mail *m)
{
	return m->store;
}

uint64_t mail_append_limit(const struct mail *m)
{
	return m->config.append_limit;
}

const struct mail_config *mail_config_of(const struct mail *m)
{
	return &m->config;
}

struct cold_cache *mail_cold_cache(struct mail *m)
{
	return m->cold;
}

struct columns *mail_columns(struct mail *m)
{
	return m->columns;
}

uint32_t mail_keys_kept_from(const struct mail *m)
{
	return m->config.keys_kept_from;
}

const uint8_t *mail_urlauth_key(const struct mail *m)
{
	return m->urlauth_key;
}

struct pins *mail_pins_of(struct mail *m)
{
	return m->pins;
}

struct store *account_store(const struct account *a)
{
	return a->mail->store;
}

bool account_limits_append(const struct account *a)
{
	return atomic_load(&a->limits_append);
}

struct span account_user(const struct account *a)
{
	return a->user;
}

struct mail *account_mail(const struct account *a)
{
	return a->mail;
}

// --- the system partition ---

struct key key_removal(uint64_t partition)
{
	struct key k = { .n = 9, .b = { 'X' } };
	partition = __builtin_bswap64(partition);
	memcpy(k.b + 1, &partition, sizeof partition);
	return k;
}

struct span key_user(struct op *op, struct span user)
{
	char *p = arena_bytes(&op->arena, user.n + 1);
	if (!p)
		return SPAN_NONE;
	p[0] = 'U';
	memcpy(p + 1, user.p, user.n);
	return span_of(p, user.n + 1);
}

static int submit_wait(struct op *op, struct store *s, struct store_batch *b)
{
	struct store_ticket ticket;
	int rc = store_submit(op, s, b, &ticket);
	batch_done(b);
	return rc < 0 ? rc : store_wait(op, s, ticket);
}

// Empties the partition of a removed account and forgets the note.
static int finish_removal(struct op *op, struct mail *m, uint64_t partition)
{
	struct store_batch b;
	batch_init(&b, partition);
	b.flags = STORE_FREES;
	batch_delete_range(&b, SPAN(""), SPAN_NONE);
	int rc = submit_wait(op, m->store, &b);
	if (rc < 0)
		return rc;
	batch_init(&b, SYSTEM_PARTITION);
	b.flags = STORE_FREES;
	struct key k = key_removal(partition);
	batch_delete(&b, KEY(k));
	return submit_wait(op, m->store, &b);
}

static int finish_removals(struct op *op, struct mail *m)
{
	for (;;) {
		struct store_cursor *c;
		int rc = store_cursor_open(
			op, m->store, NULL, SYSTEM_PARTITION, SPAN("X"), SPAN("Y"), &c);
		if (rc < 0)
			return rc;
		struct span key, value;
		rc = store_cursor_next(op, c, &key, &value);
		uint64_t partition =
			rc == 0 && key.n == 9 ? __builtin_bswap64(load_u64(key.p + 1)) : 0;
		store_cursor_close(c);
		if (rc)
			return rc < 0 ? rc : 0;
		if (partition <= SYSTEM_PARTITION)
			return op_fail(
				op, RC_CORRUPT, "a note of a removed account makes no sense");
		rc = finish_removal(op, m, partition);
		if (rc < 0)
			return rc;
	}
}

static int load_system(struct op *op, struct mail *m)
{
	struct span v;
	int rc = store_get(op, m->store, NULL, SYSTEM_PARTITION, SPAN("S"), &v);
	if (rc < 0)
		return rc;
	m->next_account = SYSTEM_PARTITION + 1;
	m->format = FORMAT_VERSION;
	if (rc == STORE_ABSENT)
		return 0;
	struct span given_up;
	int up = store_get(op, m->store, NULL, SYSTEM_PARTITION, SPAN("Z"), &given_up);
	if (up < 0)
		return up;
	if (up == 0 && !m->config.given_up)
		return op_fail(op, RC_CANNOT,
			"this volume was given up by a final backup (backup --final): restore that "
			"into another data folder");
	struct reader r = reader_of(v);
	uint16_t version = reader_u16(&r);
	if (!r.bad && version != FORMAT_VERSION && version != FORMAT_SPOOLED)
		return op_fail(op, RC_VERSION, "the mail is of format version %u", version);
	m->format = (uint8_t)version;
	m->spool_noted = version == FORMAT_SPOOLED;
	(void)reader_u16(&r);
	(void)reader_u32(&r);
	m->next_account = reader_u64(&r);
	if (r.bad || m->next_account <= SYSTEM_PARTITION)
		return op_fail(op, RC_CORRUPT, "the system record makes no sense");
	return 0;
}

static int load_validity_floor(struct op *op, struct mail *m)
{
	struct span v;
	int rc = store_get(op, m->store, NULL, SYSTEM_PARTITION, SPAN("V"), &v);
	if (rc)
		return rc < 0 ? rc : 0;
	struct reader r = reader_of(v);
	uint16_t version = reader_u16(&r);
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION,
			"the record of given UIDVALIDITYs is of format version %u", version);
	(void)reader_u16(&r);
	m->validity_floor = reader_u32(&r);
	return r.bad ? op_fail(op, RC_CORRUPT, "the record of given UIDVALIDITYs is too short") : 0;
}

uint32_t mail_validity_floor(struct mail *m)
{
	pthread_mutex_lock(&m->lock);
	uint32_t floor = m->validity_floor;
	pthread_mutex_unlock(&m->lock);
	return floor;
}

// With the record of what was given, which go to the log in order.
static int submit_floored(struct op *op, struct mail *m, struct store_batch *b, uint32_t given)
{
	char record[8] = { FORMAT_VERSION };
	struct store_ticket ticket;
	pthread_mutex_lock(&m->lock);
	if (given > m->validity_floor)
		m->validity_floor = given;
	store_u32(record + 4, m->validity_floor);
	batch_put(b, SPAN("V"), span_of(record, sizeof record));
	int rc = store_submit(op, m->store, b, &ticket);
	pthread_mutex_unlock(&m->lock);
	batch_done(b);
	return rc < 0 ? rc : store_wait(op, m->store, ticket);
}

// A store that is only read has no URLs made while it is, so a key that is not kept will do for it.
static int load_urlauth_key(struct op *op, struct mail *m, bool read_only)
{
	struct span v;
	int rc = store_get(op, m->store, NULL, SYSTEM_PARTITION, SPAN("L"), &v);
	if (rc != STORE_ABSENT)
		return rc < 0 ? rc : urlauth_key_decode(op, v, m->urlauth_key);
	struct store_batch b;
	batch_init(&b, SYSTEM_PARTITION);
	urlauth_key_make(&b, SPAN("L"), m->urlauth_key);
	if (!read_only)
		return submit_wait(op, m->store, &b);
	batch_done(&b);
	return 0;
}

int mail_open(struct op *op, struct store *store, const struct mail_config *config,
	struct mail **ret_mail)
{
	struct mail *m = calloc(1, sizeof *m);
	if (!m)
		return op_fail(op, RC_NOMEM, "out of memory");
	m->store = store;
	m->config = *config;
	if (!m->config.append_limit)
		m->config.append_limit = APPEND_LIMIT;
	if (!m->config.mailboxes_max)
		m->config.mailboxes_max = MAILBOXES_MAX;
	if (!m->config.keys_kept_from)
		m->config.keys_kept_from = KEYS_KEPT_FROM;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->loaded, NULL);
	m->cold = cold_cache_new();
	m->columns = columns_new(config->memory);
	m->pins = pins_new();
	int rc = m->cold && m->columns && m->pins ? load_system(op, m)
						  : op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		struct store_stats stats;
		store_stats(store, &stats);
		rc = load_validity_floor(op, m);
		if (rc == 0)
			rc = load_urlauth_key(op, m, stats.read_only);
		if (rc == 0 && !stats.read_only && !m->config.mending)
			rc = finish_removals(op, m);
	}
	if (rc < 0) {
		mail_close(m);
		return rc;
	}
	*ret_mail = m;
	return 0;
}

// --- lifetimes ---

static void account_free(struct account *a)
{
	if (!a)
		return;
	must(!a->staged && !a->watchers && !a->feed);
	tree_unref(a->tree_tip);
	tree_unref(a->tree);
	free(a->thread);
	free(a->seen);
	free(a->sent);
	pthread_mutex_destroy(&a->lock);
	pthread_mutex_destroy(&a->publish);
	pthread_mutex_destroy(&a->watch);
	free((char *)(uintptr_t)a->user.p);
	free(a);
}

static struct account *account_new(struct mail *m, struct span user)
{
	struct account *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	char *p = malloc(user.n + 1);
	pthread_mutex_init(&a->lock, NULL);
	pthread_mutex_init(&a->publish, NULL);
	pthread_mutex_init(&a->watch, NULL);
	a->staged_end = &a->staged;
	a->mail = m;
	a->holders = 1;
	a->state = ACCOUNT_LOADING;
	if (p)
		memcpy(p, user.p, user.n);
	a->user = span_of(p, user.n);
	if (!p) {
		account_free(a);
		return NULL;
	}
	return a;
}

static struct account **table_place(struct mail *m, struct span user)
{
	struct account **at = &m->table[hash_span(user) % TABLE_SIZE];
	while (*at && !span_eq((*at)->user, user))
		at = &(*at)->next;
	return at;
}

static void table_remove(struct mail *m, struct account *a)
{
	struct account **at = &m->table[hash_span(a->user) % TABLE_SIZE];
	while (*at && *at != a)
		at = &(*at)->next;
	if (*at)
		*at = a->next;
	a->next = NULL;
}

// Takes it out of the table and puts it into the list. mail.lock held.
static void give_up_locked(struct mail *m, struct account *a, struct account **list)
{
	idle_remove(&m->idle, a);
	table_remove(m, a);
	a->next = *list;
	*list = a;
}

static void accounts_free(struct account *list)
{
	while (list) {
		struct account *a = list;
		list = a->next;
		account_free(a);
	}
}

void mail_drop_idle(struct mail *m)
{
	struct account *given_up = NULL;
	pthread_mutex_lock(&m->lock);
	while (m->idle.oldest)
		give_up_locked(m, m->idle.oldest, &given_up);
	pthread_mutex_unlock(&m->lock);
	accounts_free(given_up);
}

void mail_give_back(struct mail *m)
{
	columns_age(m->columns, clock_mono());
}

void mail_close(struct mail *m)
{
	if (!m)
		return;
	mail_drop_idle(m);
	for (size_t i = 0; i < TABLE_SIZE; i++)
		must(!m->table[i]); // nobody has an account open
	cold_cache_free(m->cold);
	columns_free(m->columns);
	pins_free(m->pins);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->loaded);
	free(m);
}

struct account *account_ref(struct account *a)
{
	pthread_mutex_lock(&a->mail->lock);
	a->holders++;
	pthread_mutex_unlock(&a->mail->lock);
	return a;
}

void account_unref(struct account *a)
{
	if (!a)
		return;
	struct mail *m = a->mail;
	struct account *given_up = NULL, *one;
	pthread_mutex_lock(&m->lock);
	must(a->holders > 0);
	if (--a->holders == 0) {
		if (atomic_load(&a->gone) || a->state == ACCOUNT_FAILED)
			given_up = a; // not in the table any more
		else
			idle_add(&m->idle, a);
	}
	while ((one = idle_excess(&m->idle)))
		give_up_locked(m, one, &given_up);
	pthread_mutex_unlock(&m->lock);
	accounts_free(given_up);
}

// --- loading and creating ---

static int load_record(struct op *op, struct account *a)
{
	struct span v;
	int rc = store_get(op, a->mail->store, NULL, a->partition, SPAN("A"), &v);
	if (rc < 0)
		return rc;
	struct reader r = reader_of(rc == STORE_ABSENT ? SPAN("") : v);
	uint16_t version = reader_u16(&r);
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION, "an account of format version %u", version);
	(void)reader_u16(&r);
	a->next_id = reader_u32(&r);
	a->last_uid_validity = reader_u32(&r);
	(void)reader_u32(&r);
	a->modseq = reader_u64(&r);
	(void)reader_u64(&r); // created
	a->metadata_octets = reader_u64(&r);
	if (r.bad || v.n < ACCOUNT_OCTETS)
		return op_fail(op, RC_CORRUPT, "the record of account %llu is %s",
			(unsigned long long)a->partition,
			rc == STORE_ABSENT ? "missing" : "too short");
	return 0;
}

// With the system record. mail.lock is held, so they go to the log in order.
static int submit_system(
	struct op *op, struct mail *m, struct store_batch *b, struct store_ticket *ret_ticket)
{
	char record[16] = { (char)m->format };
	store_u64(record + 8, m->next_account);
	batch_put(b, SPAN("S"), span_of(record, sizeof record));
	return store_submit(op, m->store, b, ret_ticket);
}

int mail_note_spool(struct op *op, struct mail *m)
{
	struct store_batch b;
	struct store_ticket ticket;
	int rc = 0;
	batch_init(&b, SYSTEM_PARTITION);
	pthread_mutex_lock(&m->lock);
	bool noted = m->spool_noted;
	if (!noted) {
		m->format = FORMAT_SPOOLED; // it stays so whatever happens: that is only stricter
		rc = submit_system(op, m, &b, &ticket);
	}
	pthread_mutex_unlock(&m->lock);
	batch_done(&b);
	if (noted || rc < 0)
		return rc;
	rc = store_wait(op, m->store, ticket);
	pthread_mutex_lock(&m->lock);
	m->spool_noted |= rc == 0;
	pthread_mutex_unlock(&m->lock);
	return rc;
}

// With the record of the next account number.
static int submit_numbered(struct op *op, struct mail *m, struct store_batch *b)
{
	struct store_ticket ticket;
	pthread_mutex_lock(&m->lock);
	int rc = submit_system(op, m, b, &ticket);
	pthread_mutex_unlock(&m->lock);
	batch_done(b);
	return rc < 0 ? rc : store_wait(op, m->store, ticket);
}

static int create(struct op *op, struct account *a)
{
	struct mail *m = a->mail;
	pthread_mutex_lock(&m->lock);
	a->partition = m->next_account++;
	pthread_mutex_unlock(&m->lock);
	struct store_batch b;
	batch_init(&b, a->partition);
	batch_delete_range(&b, SPAN(""), SPAN_NONE);
	account_first_records(&b, a->user, mail_validity_floor(m));
	int rc = submit_wait(op, m->store, &b);
	struct span key = key_user(op, a->user);
	if (rc == 0 && !key.p)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc < 0)
		return rc;
	char number[8];
	store_u64(number, a->partition);
	batch_init(&b, SYSTEM_PARTITION);
	batch_put(&b, key, span_of(number, sizeof number));
	return submit_numbered(op, m, &b);
}

// The partition of an existing user; STORE_ABSENT.
static int look_up(struct op *op, struct mail *m, struct span user, uint64_t *ret_partition)
{
	struct span key = key_user(op, user), v;
	if (!key.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = store_get(op, m->store, NULL, SYSTEM_PARTITION, key, &v);
	if (rc)
		return rc;
	if (v.n != 8 || load_u64(v.p) <= SYSTEM_PARTITION)
		return op_fail(op, RC_CORRUPT, "the entry of a user makes no sense");
	*ret_partition = load_u64(v.p);
	return 0;
}

static int load_partition(struct op *op, struct account *a)
{
	int rc = load_record(op, a);
	if (rc == 0)
		rc = tree_load(op, a, &a->tree);
	if (rc == 0)
		a->tree_tip = tree_ref(a->tree);
	return rc;
}

// Messages of restores that a crash has cut short: no header names them.
static int clear_restores(struct op *op, struct account *a)
{
	struct store_cursor *c;
	struct span key, value;
	struct store_batch b;
	int rc =
		store_cursor_open(op, a->mail->store, NULL, a->partition, SPAN("I"), SPAN("J"), &c);
	if (rc < 0)
		return rc;
	batch_init(&b, a->partition);
	b.flags = STORE_FREES;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		uint32_t data = key.n == 5 ? __builtin_bswap32(load_u32(key.p + 1)) : 0;
		struct key from = key_data_begin(data), to = key_data_begin(data + 1);
		if (data)
			batch_delete_range(&b, KEY(from), KEY(to));
		batch_delete(&b, key);
	}
	store_cursor_close(c);
	struct store_stats stats = { 0 };
	if (b.ops.n)
		store_stats(a->mail->store, &stats);
	if (rc >= 0 && b.ops.n && !stats.read_only)
		return submit_wait(op, a->mail->store, &b);
	batch_done(&b);
	return rc < 0 ? rc : 0;
}

static int load(struct op *op, struct account *a, bool may_create)
{
	struct arena_mark mark = arena_mark(&op->arena);
	int rc = look_up(op, a->mail, a->user, &a->partition);
	if (rc == STORE_ABSENT)
		rc = may_create
			? create(op, a)
			: op_fail(op, RC_NONEXISTENT, "there is no mail account of that name");
	if (rc == 0)
		rc = clear_restores(op, a);
	if (rc == 0)
		rc = load_partition(op, a);
	arena_release(&op->arena, mark);
	return rc;
}

static int open_account(struct op *op, struct mail *m, struct span user, bool may_create,
	struct account **ret_account)
{
	if (user.n == 0 || user.n > USER_NAME_MAX)
		return op_fail(op, RC_NONEXISTENT, "there is no mail account of that name");
	pthread_mutex_lock(&m->lock);
	struct account **at = table_place(m, user), *a;
	while ((a = *at) && a->state == ACCOUNT_LOADING) {
		pthread_cond_wait(&m->loaded, &m->lock);
		at = table_place(m, user);
	}
	if (a) {
		if (a->holders++ == 0)
			idle_remove(&m->idle, a);
		pthread_mutex_unlock(&m->lock);
		*ret_account = a;
		return 0;
	}
	a = *at = account_new(m, user);
	pthread_mutex_unlock(&m->lock);
	if (!a)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = load(op, a, may_create);
	pthread_mutex_lock(&m->lock);
	a->state = rc == 0 ? ACCOUNT_READY : ACCOUNT_FAILED;
	if (rc < 0)
		table_remove(m, a);
	pthread_cond_broadcast(&m->loaded);
	pthread_mutex_unlock(&m->lock);
	if (rc < 0) {
		account_unref(a);
		return rc;
	}
	*ret_account = a;
	return 0;
}

int account_open(struct op *op, struct mail *m, struct span user, struct account **ret_account)
{
	return open_account(op, m, user, m->config.create_accounts, ret_account);
}

int account_open_existing(
	struct op *op, struct mail *m, struct span user, struct account **ret_account)
{
	return open_account(op, m, user, false, ret_account);
}

// --- removing ---

// No session of it may change anything from here on; all see their mailboxes vanish.
static void vanish(struct account *a)
{
	pthread_mutex_lock(&a->lock);
	atomic_store(&a->gone, true);
	const struct tree *t = account_tree_ref(a);
	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].mailbox) {
			atomic_store(&t->entries[i].mailbox->dying, true);
			atomic_store(&t->entries[i].mailbox->deleted, true);
		}
	pthread_mutex_unlock(&a->lock);
	account_wake(a, ACCOUNT_CHANGED_MESSAGES | ACCOUNT_CHANGED_NAMES, NULL);
	tree_unref(t);
}

int account_delete(struct op *op, struct mail *m, struct span user)
{
	struct account *a;
	int rc = open_account(op, m, user, false, &a);
	if (rc < 0)
		return rc;
	struct store_batch b;
	batch_init(&b, SYSTEM_PARTITION);
	b.flags = STORE_FREES;
	struct key note = key_removal(a->partition);
	struct span key = key_user(op, user);
	if (key.p) {
		batch_delete(&b, key);
		batch_put(&b, KEY(note), SPAN(""));
		pthread_mutex_lock(&a->lock);
		uint32_t given = a->last_uid_validity;
		pthread_mutex_unlock(&a->lock);
		// What is given from here on is not shown to anybody for long; but it must not come again, either.
		rc = submit_floored(op, m, &b, given + GIVEN_MEANWHILE);
	} else {
		rc = op_fail(op, RC_NOMEM, "out of memory");
	}
	if (rc == 0) {
		pthread_mutex_lock(&m->lock);
		table_remove(m, a);
		pthread_mutex_unlock(&m->lock);
		vanish(a);
		rc = finish_removal(op, m, a->partition);
	}
	account_unref(a);
	return rc;
}

// --- adopting what a restore has written (adopt.h) ---

int account_reserve(struct op *op, struct mail *m, uint64_t *ret_partition)
{
	pthread_mutex_lock(&m->lock);
	uint64_t partition = m->next_account++;
	pthread_mutex_unlock(&m->lock);
	struct store_batch b;
	batch_init(&b, SYSTEM_PARTITION);
	struct key note = key_removal(partition);
	batch_put(&b, KEY(note), SPAN(""));
	int rc = submit_numbered(op, m, &b);
	if (rc == 0)
		*ret_partition = partition;
	return rc;
}

int account_give_back(struct op *op, struct mail *m, uint64_t partition)
{
	return finish_removal(op, m, partition);
}

int account_loose(struct op *op, struct mail *m, struct span user, uint64_t partition,
	struct account **ret_account)
{
	struct account *a = account_new(m, user);
	if (!a)
		return op_fail(op, RC_NOMEM, "out of memory");
	a->partition = partition;
	int rc = load_partition(op, a);
	if (rc < 0) {
		account_free(a);
		return rc;
	}
	a->state = ACCOUNT_READY;
	*ret_account = a;
	return 0;
}

void account_loose_done(struct account *a)
{
	if (!a)
		return;
	atomic_store(&a->gone, true); // never in the table: its last holder frees it
	account_unref(a);
}

int account_uid_validity(struct op *op, struct mail *m, struct span user, uint32_t *ret_last)
{
	struct account *a;
	*ret_last = 0;
	int rc = open_account(op, m, user, false, &a);
	if (rc == RC_NONEXISTENT)
		return 0;
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&a->lock);
	*ret_last = a->last_uid_validity;
	pthread_mutex_unlock(&a->lock);
	account_unref(a);
	return 0;
}

// Of an account that cannot be opened: more than any that its headers show, or that it can have given by now.
static int validity_of_ruin(struct op *op, struct mail *m, struct span user, uint32_t *ret_last)
{
	uint64_t partition;
	uint32_t last = next_uid_validity(mail_validity_floor(m));
	int rc = look_up(op, m, user, &partition);
	struct store_cursor *c = NULL;
	if (rc == 0)
		rc = store_cursor_open(op, m->store, NULL, partition, SPAN("M"), SPAN("N"), &c);
	struct span key, value, name;
	struct header h;
	while (rc == 0 && (rc = store_cursor_next(op, c, &key, &value)) == 0)
		if (header_decode(op, value, &h, &name) == 0 && h.uid_validity > last &&
			h.uid_validity <= UINT32_MAX / 2)
			last = h.uid_validity;
	if (c)
		store_cursor_close(c);
	if (rc < 0 && rc != RC_CORRUPT)
		return rc;
	*ret_last = last + GIVEN_UNREADABLE;
	return 0;
}

int account_uid_validity_anyhow(struct op *op, struct mail *m, struct span user, uint32_t *ret_last)
{
	int rc = account_uid_validity(op, m, user, ret_last);
	return rc == RC_CORRUPT ? validity_of_ruin(op, m, user, ret_last) : rc;
}

// Nobody changes the account from here on, and what was in line is decided: its records may be read again.
static int close_down(struct op *op, struct account *a, uint32_t uid_validity)
{
	vanish(a);
	pthread_mutex_lock(&a->lock);
	struct store_ticket last = a->last_ticket;
	bool ahead = a->last_uid_validity > uid_validity;
	pthread_mutex_unlock(&a->lock);
	if (last.v)
		(void)store_wait(op, a->mail->store, last); // its owner tells what became of it
	return ahead ? op_fail(op, RC_CONFLICT,
			       "mailboxes were made in the account meanwhile: try again")
		     : 0;
}

// The user's entry names the account's partition; that of before, if any, is noted for removal. One batch.
static int entry_move(
	struct op *op, struct mail *m, const struct account *a, bool replace, uint64_t *ret_before)
{
	struct span user = a->user;
	*ret_before = 0;
	int rc = look_up(op, m, user, ret_before);
	if (rc == RC_CORRUPT && replace)
		rc = 0; // the entry names nothing: what it named stays behind, unseen
	if (rc < 0)
		return rc;
	if (rc == 0 && !replace)
		return op_fail(op, RC_ALREADYEXISTS, "there is an account of that name");
	struct span key = key_user(op, user);
	if (!key.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	struct store_batch b;
	char number[8];
	store_u64(number, a->partition);
	batch_init(&b, SYSTEM_PARTITION);
	batch_put(&b, key, span_of(number, sizeof number));
	struct key note = key_removal(a->partition);
	batch_delete(&b, KEY(note));
	if (*ret_before) {
		note = key_removal(*ret_before);
		batch_put(&b, KEY(note), SPAN(""));
	}
	return submit_floored(op, m, &b, a->last_uid_validity);
}

// Puts `a`, still loading, in the place of whatever the table has of this user; who asks for the account waits. *ret_old is held.
static void table_take(struct mail *m, struct account *a, bool replace, struct account **ret_old)
{
	struct account **at;
	*ret_old = NULL;
	pthread_mutex_lock(&m->lock);
	while (*(at = table_place(m, a->user)) && (*at)->state == ACCOUNT_LOADING)
		pthread_cond_wait(&m->loaded, &m->lock);
	if (*at) {
		*ret_old = *at;
		if ((*at)->holders++ == 0)
			idle_remove(&m->idle, *at);
	}
	if (!*ret_old || replace) {
		if (*ret_old)
			table_remove(m, *ret_old);
		*table_place(m, a->user) = a;
	}
	pthread_mutex_unlock(&m->lock);
}

int account_adopt(struct op *op, struct mail *m, struct span user, uint64_t partition, bool replace,
	uint32_t uid_validity)
{
	struct account *a, *held = NULL, *old;
	uint64_t before = 0;
	// In the table, whether or not it was: what it has given since is compared below.
	int rc = replace ? open_account(op, m, user, false, &held) : 0;
	if (rc < 0 && rc != RC_NONEXISTENT &&
		rc != RC_CORRUPT) // what cannot be read is replaced, too
		return rc;
	// Loaded before it is the user's: nothing fails after that, and who hears of a failure may remove the partition.
	rc = account_loose(op, m, user, partition, &a);
	if (rc < 0) {
		account_unref(held);
		return rc;
	}
	a->state = ACCOUNT_LOADING;
	table_take(m, a, replace, &old);
	account_unref(held);
	if (old && !replace) {
		account_unref(old);
		account_free(a);
		return op_fail(op, RC_ALREADYEXISTS, "there is an account of that name");
	}
	rc = old ? close_down(op, old, uid_validity) : 0;
	if (rc == 0)
		rc = entry_move(op, m, a, replace, &before);
	pthread_mutex_lock(&m->lock);
	a->state = rc == 0 ? ACCOUNT_READY : ACCOUNT_FAILED;
	if (rc < 0)
		table_remove(m, a);
	pthread_cond_broadcast(&m->loaded);
	pthread_mutex_unlock(&m->lock);
	account_unref(a);
	account_unref(old);
	if (rc == 0 && before)
		(void)finish_removal(
			op, m, before); // it is noted: the next start does it otherwise
	return rc;
}

int account_each(struct op *op, struct mail *m,
	int (*each)(struct op *op, void *ctx, struct span user), void *ctx)
{
	struct store_cursor *c;
	int rc = store_cursor_open(op, m->store, NULL, SYSTEM_PARTITION, SPAN("U"), SPAN("V"), &c);
	if (rc < 0)
		return rc;
	struct span key, value;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		rc = each(op, ctx, span_skip(key, 1));
		if (rc)
			break;
	}
	store_cursor_close(c);
	return rc == STORE_END ? 0 : rc;
}
