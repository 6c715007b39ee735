// SPDX-License-Identifier: Apache-2.0
// Users' entries and accounts after changes were lost (mend_priv.h). Making an account takes two batches, its first records and then its entry; putting
// one in another's place moves the entry, and then the old one is emptied. Each may be lost by itself.
#include "mail/mend_priv.h"

#include "mail/adopt.h"
#include "mail/tree_change.h"

#include <inttypes.h>
#include <stdio.h>

struct renewal {
	struct op *op;
	struct store *store;
	void (*tell)(void *ctx, const char *line);
	void *ctx;
	uint64_t highest; // number of an account that is there
	bool spooled;     // something is in the spool
};

static void printf_like(2, 3) say(const struct renewal *e, const char *fmt, ...)
{
	char line[700];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap); // cut if need be
	va_end(ap);
	e->tell(e->ctx, line);
}

int mend_commit(struct op *op, struct store *s, struct store_batch *b)
{
	struct store_ticket t;
	int rc = store_submit(op, s, b, &t);
	batch_done(b);
	return rc ? rc : store_wait(op, s, t);
}

int partition_is_empty(struct op *op, struct store *s, uint64_t partition)
{
	uint64_t next;
	int rc = store_next_partition(op, s, NULL, partition, &next);
	return rc ? rc : next != partition;
}

// Whose account the partition is. Positive: no record says so.
static int user_of(const struct renewal *e, uint64_t partition, struct span *ret_user)
{
	struct span record;
	int rc = store_get(e->op, e->store, NULL, partition, SPAN("A"), &record);
	if (rc)
		return rc;
	if (record.n <= ACCOUNT_OCTETS || record.n > ACCOUNT_OCTETS + USER_NAME_MAX)
		return 1;
	*ret_user = span_skip(record, ACCOUNT_OCTETS);
	return 0;
}

// What the user's entry names; 0: there is none that makes sense.
static int entry_of(const struct renewal *e, struct span user, uint64_t *ret_partition)
{
	struct span key = key_user(e->op, user), value;
	*ret_partition = 0;
	if (!key.p)
		return op_fail(e->op, RC_NOMEM, "out of memory");
	int rc = store_get(e->op, e->store, NULL, SYSTEM_PARTITION, key, &value);
	if (rc == 0 && value.n == 8 && load_u64(value.p) > SYSTEM_PARTITION)
		*ret_partition = load_u64(value.p);
	return rc < 0 ? rc : 0;
}

static int entry_make(const struct renewal *e, struct span user, uint64_t partition)
{
	struct span key = key_user(e->op, user);
	struct key note = key_removal(partition);
	struct store_batch b;
	char number[8];
	if (!key.p)
		return op_fail(e->op, RC_NOMEM, "out of memory");
	store_u64(number, partition);
	batch_init(&b, SYSTEM_PARTITION);
	batch_put(&b, key, span_of(number, sizeof number));
	batch_delete(&b, KEY(note));
	say(e, "%.*s: the entry of the account was lost and is made again", SPAN_FMT(user));
	return mend_commit(e->op, e->store, &b);
}

// An account that its user's entry does not name.
static int entry_renew(const struct renewal *e, uint64_t partition)
{
	struct span user, value;
	uint64_t named;
	int rc = user_of(e, partition, &user);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = entry_of(e, user, &named);
	if (rc < 0 || named == partition)
		return rc;
	struct key note = key_removal(partition);
	rc = store_get(e->op, e->store, NULL, SYSTEM_PARTITION, KEY(note), &value);
	if (rc < 0)
		return rc;
	bool noted = rc == 0;
	rc = named ? partition_is_empty(e->op, e->store, named) : !noted;
	if (rc < 0)
		return rc;
	if (rc > 0) // an entry that names what was emptied is one that was to be moved here
		return entry_make(e, user, partition);
	if (!named)
		say(e, "%.*s: account %" PRIu64 " was being removed, or restored: it goes",
			SPAN_FMT(user), partition);
	else if (!noted)
		say(e, "%.*s: account %" PRIu64 " cannot be reached: %" PRIu64 " is the user's",
			SPAN_FMT(user), partition, named);
	return 0;
}

static int entries_renew(struct renewal *e)
{
	uint64_t partition = SYSTEM_PARTITION;
	int rc;
	while ((rc = store_next_partition(e->op, e->store, NULL, partition + 1, &partition)) == 0) {
		if (partition == SPOOL_PARTITION) {
			e->spooled = true;
			continue;
		}
		struct arena_mark mark = arena_mark(&e->op->arena);
		e->highest = partition;
		rc = entry_renew(e, partition);
		arena_release(&e->op->arena, mark);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

// The account that the entry names is to be there.
static int account_renew(struct renewal *e, struct span user, uint64_t partition)
{
	struct store_batch b;
	int rc = partition_is_empty(e->op, e->store, partition);
	if (partition > e->highest)
		e->highest = partition;
	if (rc <= 0)
		return rc;
	say(e, "%.*s: the account was lost; an empty one takes its place", SPAN_FMT(user));
	batch_init(&b, partition);
	account_first_records(&b, user, 0);
	return mend_commit(e->op, e->store, &b);
}

static int accounts_renew(struct renewal *e)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_cursor_open(
		e->op, e->store, NULL, SYSTEM_PARTITION, SPAN("U"), SPAN("V"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(e->op, c, &key, &value)) == 0) {
		if (key.n < 2 || value.n != 8 || load_u64(value.p) <= SYSTEM_PARTITION ||
			load_u64(value.p) >= SPOOL_PARTITION)
			continue; // the check says so
		rc = account_renew(e, span_skip(key, 1), load_u64(value.p));
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

static int numbers_renew(const struct renewal *e)
{
	struct span value;
	struct store_batch b;
	char record[16] = { FORMAT_VERSION };
	int rc = store_get(e->op, e->store, NULL, SYSTEM_PARTITION, SPAN("S"), &value);
	if (rc < 0)
		return rc;
	if (rc == 0 && value.n >= sizeof record)
		memcpy(record, value.p, sizeof record);
	bool spool_is_noted = !e->spooled || record[0] != FORMAT_VERSION;
	uint64_t next = load_u64(record + 8);
	if (next > e->highest && spool_is_noted)
		return 0;
	if (!e->highest && spool_is_noted) // no account yet
		return 0;
	if (!spool_is_noted)
		record[0] = FORMAT_SPOOLED;
	store_u64(record + 8, next > e->highest ? next : e->highest + 1);
	if (load_u64(record + 8) <= SYSTEM_PARTITION)
		store_u64(record + 8, SYSTEM_PARTITION + 1);
	batch_init(&b, SYSTEM_PARTITION);
	batch_put(&b, SPAN("S"), span_of(record, sizeof record));
	return mend_commit(e->op, e->store, &b);
}

int mend_entries(
	struct op *op, struct store *s, void (*tell)(void *ctx, const char *line), void *ctx)
{
	struct renewal e = { .op = op, .store = s, .tell = tell, .ctx = ctx };
	int rc = entries_renew(&e);
	if (rc == 0)
		rc = accounts_renew(&e);
	return rc == 0 ? numbers_renew(&e) : rc;
}
