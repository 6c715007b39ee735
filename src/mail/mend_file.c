// SPDX-License-Identifier: Apache-2.0
// The end of a repair behind damage, when all that could be brought in is: mailboxes that clients must ask for again, messages that are filed anew.
#include "mail/mend.h"

#include "base/clock.h"
#include "mail/adopt.h"
#include "mail/check_priv.h"
#include "mail/content_priv.h"
#include "mail/mail_priv.h"
#include "mail/mend_priv.h"
#include "mail/tree.h"
#include "mail/txn.h"

#include <inttypes.h>
#include <stdlib.h>

#define VALIDITY_AT 8u       // in the record of an account
#define HEADER_VALIDITY 32u  // in the header of a mailbox
#define VALIDITY_STEP 65536u // more than can have been given in what was lost

enum { NO_MESSAGE = 1 };

// --- the end: mailboxes that clients must ask for again ---

// The batch that emptied one was lost, and that of what came after was not.
static int emptied_again(struct op *op, struct mend *m, struct store *s)
{
	int rc = 0;
	for (size_t i = 0; rc >= 0 && i < m->emptied.n / 8; i++) {
		uint64_t partition = load_u64(m->emptied.p + i * 8);
		struct store_batch b;
		rc = partition_is_empty(op, s, partition);
		if (rc)
			continue;
		struct known *k = mend_known_or_new(op, m, partition);
		if (!k)
			return RC_NOMEM;
		mend_begin_anew(m, k);
		batch_init(&b, partition);
		b.flags = STORE_FREES;
		batch_delete_range(&b, SPAN(""), SPAN_NONE);
		rc = mend_commit(op, s, &b);
	}
	return rc < 0 ? rc : 0;
}

// Every mailbox of the account gets a new UIDVALIDITY, above all that it may have given.
static int validity_renew(struct op *op, struct store *s, uint64_t partition)
{
	struct span key, value, record;
	struct store_batch b;
	struct store_cursor *c;
	char number[4];
	int rc = store_get(op, s, NULL, partition, SPAN("A"), &record);
	if (rc || record.n < ACCOUNT_OCTETS)
		return rc < 0 ? rc : 0; // nothing that could be shown to anybody
	uint32_t last = next_uid_validity(load_u32(record.p + VALIDITY_AT)) + VALIDITY_STEP;
	rc = store_cursor_open(op, s, NULL, partition, SPAN("M"), SPAN("N"), &c);
	if (rc < 0)
		return rc;
	batch_init(&b, partition);
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		store_u32(number, ++last);
		if (value.n >= HEADER_OCTETS)
			batch_patch(&b, key, HEADER_VALIDITY, span_of(number, sizeof number));
	}
	store_cursor_close(c);
	store_u32(number, last);
	batch_patch(&b, SPAN("A"), VALIDITY_AT, span_of(number, sizeof number));
	if (rc >= 0)
		return mend_commit(op, s, &b);
	batch_done(&b);
	return rc;
}

// --- the end: messages are filed anew ---

static void name_live(void *set, uint64_t id)
{
	live_add(set, id);
}

// Blobs that records of the account name.
static int named_by(struct op *op, struct store *s, uint64_t partition, struct live_set *set)
{
	struct store_cursor *c;
	struct span key, value;
	int rc = store_cursor_open(op, s, NULL, partition, SPAN("B"), SPAN("C"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0)
		for (size_t i = 0; chunk_key_is_cold(key) && (i + 1) * COLD_OCTETS <= value.n;
			i++) {
			struct msg_cold cold;
			cold_decode(value.p + i * COLD_OCTETS, &cold);
			name_live(set, cold.blob.id);
		}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

static struct span name_of_data(const struct tree *t, uint32_t data)
{
	for (size_t i = 0; i < t->count; i++) {
		struct snap *now =
			t->entries[i].mailbox ? mailbox_snap_ref(t->entries[i].mailbox) : NULL;
		bool found = now && now->h.data == data;
		snap_unref(now);
		if (found)
			return t->entries[i].name;
	}
	return SPAN("INBOX");
}

static int append_blob(struct op *op, struct append *ap, const struct blob *b)
{
	int rc = 0;
	for (uint64_t at = 0; rc == 0 && at < b->size;) {
		struct span piece;
		rc = blob_piece(op, b, at, BLOB_EXTENT, &piece);
		if (rc == 0)
			rc = append_data_exact(op, ap, piece);
		at += piece.n;
	}
	return rc;
}

// Without it, the message is whole all the same.
static int prefix_open(struct op *op, struct mend *m, struct blob_ref ref, struct blob *ret_prefix)
{
	int rc = blob_open(op, mail_store_of(m->mail), ref, ret_prefix);
	if (rc != RC_CORRUPT && rc != RC_NONEXISTENT)
		return rc;
	mend_say(m, "  the lines before a message (Return-Path and the like) are lost: %s",
		op_text(op, rc));
	*ret_prefix = (struct blob){ 0 };
	return 0;
}

// The octets are copied: as a new message it is like any other, whatever becomes of the record that is lost.
static int file_octets(struct op *op, struct mend *m, struct append *ap, const struct stray *x)
{
	struct blob b = { 0 }, prefix = { 0 };
	int rc = blob_open(op, mail_store_of(m->mail), x->cold.blob, &b);
	if (rc == 0 && b.card.n == 0) { // no message, but the lines before one (deliver.c)
		blob_close(&b);
		return NO_MESSAGE;
	}
	if (rc == 0 && x->cold.prefix.id)
		rc = prefix_open(op, m, x->cold.prefix, &prefix);
	struct append_meta meta = { .flags = { .flags = x->flags & ~(uint32_t)FLAG_RECENT },
		.internal_date = x->cold.internal_date,
		.zone = x->cold.zone,
		.emailid = x->cold.emailid };
	if (rc == 0)
		rc = append_message(op, ap, &meta, 0);
	if (rc == 0)
		rc = append_blob(op, ap, &prefix);
	if (rc == 0)
		rc = append_blob(op, ap, &b);
	if (rc == 0)
		rc = append_message_end(op, ap);
	blob_close(&prefix);
	blob_close(&b);
	return rc;
}

static int file_one(struct op *op, struct mend *m, struct account *a, const struct stray *x)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct append *ap;
	struct append_result done;
	const struct tree *t = account_tree_ref(a);
	struct span name = name_of_data(t, x->data);
	int rc = append_begin(op, a, name, &ap);
	if (rc == 0) {
		append_unlimited(ap);
		rc = file_octets(op, m, ap, x);
		if (rc == 0)
			rc = append_commit(op, ap, &done);
		else
			append_abort(ap);
		if (rc == 0)
			numset_done(&done.uids);
	}
	if (rc == NO_MESSAGE) {
		rc = 0;
	} else if (rc == 0) {
		m->counts.filed++;
	} else if (rc == RC_CORRUPT || rc == RC_NONEXISTENT || rc == RC_TOOBIG) {
		m->counts.lost++;
		mend_say(m, "  a message that came to mailbox %.*s is damaged: %s", SPAN_FMT(name),
			op_text(op, rc));
		rc = 0;
	}
	tree_unref(t);
	arena_release(&op->arena, mark);
	return rc == 0 ? op_alive(op) : rc;
}

// By account, then by message: as they came, and all of one together.
static int compare_strays(const void *a, const void *b)
{
	const struct stray *x = a, *y = b;
	if (x->partition != y->partition)
		return x->partition < y->partition ? -1 : 1;
	if (x->cold.blob.id != y->cold.blob.id)
		return x->cold.blob.id < y->cold.blob.id ? -1 : 1;
	return x->nth < y->nth ? -1 : x->nth > y->nth;
}

static const struct stray *strays_of(const struct mend *m, uint64_t partition, size_t *ret_n)
{
	size_t from = 0, to, n;
	const struct stray *x = mend_strays(m, &n);
	for (to = n; from < to;) {
		size_t mid = from + (to - from) / 2;
		if (x[mid].partition < partition)
			from = mid + 1;
		else
			to = mid;
	}
	while (to < n && x[to].partition == partition)
		to++;
	*ret_n = to - from;
	return n ? &x[from] : NULL;
}

// What any of them says of the message of x[at].
static uint32_t flags_of(const struct stray *x, size_t n, size_t at)
{
	uint64_t id = x[at].cold.blob.id;
	while (at > 0 && x[at - 1].cold.blob.id == id)
		at--;
	for (; at < n && x[at].cold.blob.id == id; at++)
		if (x[at].flags)
			return x[at].flags;
	return 0;
}

// Of a blob: whether the change that named it may be lost. One that was made named it no more when it was expunged, and where no damage comes behind
// it, nobody ever did: of a MULTIAPPEND that was never finished, say.
static bool may_be_lost(const struct mend *m, const struct stray *x)
{
	return x->places < m->places && !live_has(&m->made, x->cold.blob.id);
}

static int file_all(struct op *op, struct mend *m, struct account *a)
{
	size_t n;
	const struct stray *x = strays_of(m, a->partition, &n);
	struct live_set named = { 0 };
	int rc = named_by(op, mail_store_of(m->mail), a->partition, &named);
	// Records first, they know more than a blob; then the blobs whose record is lost.
	for (unsigned turn = 0; turn < 2; turn++)
		for (size_t i = 0; rc == 0 && i < n; i++) {
			if (live_has(&named, x[i].cold.blob.id) ||
				(turn == 0 ? x[i].cold.size == 0 : !may_be_lost(m, &x[i])))
				continue;
			struct stray one = x[i];
			one.flags = flags_of(x, n, i);
			name_live(&named, one.cold.blob.id);
			rc = file_one(op, m, a, &one);
		}
	if (rc == 0 && named.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	live_done(&named);
	return rc;
}

// --- the end: account by account ---

static int mend_account(struct op *op, void *ctx, struct span user)
{
	struct mend *m = ctx;
	struct account *a;
	int rc = account_open_existing(op, m->mail, user, &a);
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT) {
		mend_say(m, "%.*s: %s", SPAN_FMT(user), op_text(op, rc));
		return 0; // the check that follows says more
	}
	if (rc < 0)
		return rc;
	const struct known *k = mend_known_of(m, a->partition);
	uint64_t filed = m->counts.filed;
	if (k && k->hurt) {
		m->counts.hurt++;
		m->counts.skipped += k->skipped;
		rc = file_all(op, m, a);
		if (rc == 0)
			mend_say(m,
				"%.*s: as before the damage; %" PRIu64
				" later changes could not be made, %" PRIu64
				" messages were filed anew",
				SPAN_FMT(user), k->skipped, m->counts.filed - filed);
	} else if (k && k->proven == m->places) {
		m->counts.whole++;
	} else {
		m->counts.unsure++;
		rc = file_all(op, m, a);
		mend_say(m,
			"%.*s: its last change may be lost; %" PRIu64 " messages were filed anew",
			SPAN_FMT(user), m->counts.filed - filed);
	}
	account_unref(a);
	return rc;
}

// What cannot be filed is told: messages that waited for the relay, and those of accounts of which not even the name is left.
static int losses_tell(struct op *op, struct mend *m, struct store *s)
{
	size_t n;
	const struct stray *x = mend_strays(m, &n);
	uint64_t looked_at = 0, nameless = 0;
	int rc = 0; // positive: the partition that was looked at last is empty
	for (size_t i = 0; rc >= 0 && i < n; i++) {
		uint64_t id = x[i].cold.blob.id;
		if (x[i].partition == 0 || x[i].cold.size || !may_be_lost(m, &x[i]))
			continue;
		if (x[i].partition == SPOOL_PARTITION) {
			if (live_has(&m->queued, id))
				continue;
			m->counts.lost++;
			mend_say(m,
				"a message that waited for the relay has lost its envelope, and "
				"cannot be sent (blob %" PRIu64 ")",
				id);
			continue;
		}
		if (x[i].partition != looked_at)
			rc = partition_is_empty(op, s, x[i].partition);
		looked_at = x[i].partition;
		nameless += rc > 0;
	}
	m->counts.lost += nameless;
	if (nameless)
		mend_say(m, "about %" PRIu64 " messages are of accounts whose names are lost",
			nameless);
	return rc < 0 ? rc : 0;
}

// Before anybody opens the accounts: what is open has the numbers in memory.
static int validities_renew(struct op *op, struct mend *m, struct store *s)
{
	uint64_t partition = SYSTEM_PARTITION;
	int rc;
	while ((rc = store_next_partition(op, s, NULL, partition + 1, &partition)) == 0) {
		const struct known *k = mend_known_of(m, partition);
		if (!mend_is_account(partition) || (k && !k->hurt && k->proven == m->places))
			continue;
		struct arena_mark mark = arena_mark(&op->arena);
		rc = validity_renew(op, s, partition);
		arena_release(&op->arena, mark);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

static int note_change(struct op *op, struct store *s, bool under_way)
{
	struct store_batch b;
	batch_init(&b, SYSTEM_PARTITION);
	b.flags = STORE_FREES;
	if (under_way)
		batch_put(&b, MEND_UNDER_WAY, SPAN(""));
	else
		batch_delete(&b, MEND_UNDER_WAY);
	return mend_commit(op, s, &b);
}

int mend_finish(struct op *op, void *ctx, struct store *s)
{
	struct mend *m = ctx;
	if (m->places == 0)
		return 0; // no change was lost: records of lost messages are found by the check
	int rc = note_change(op, s, true);
	if (rc == 0)
		rc = emptied_again(op, m, s);
	size_t n;
	struct stray *x = mend_strays(m, &n);
	if (n)
		qsort(x, n, sizeof *x, compare_strays);
	if (rc == 0)
		rc = mend_entries(op, s, m->tell, m->ctx);
	if (rc == 0)
		rc = validities_renew(op, m, s);
	if (rc == 0)
		rc = mail_open(op, s, &(struct mail_config){ .given_up = true, .mending = true },
			&m->mail);
	if (rc)
		return rc;
	rc = account_each(op, m->mail, mend_account, m);
	if (rc == 0)
		rc = losses_tell(op, m, s);
	mail_close(m->mail);
	return rc ? rc : note_change(op, s, false);
}
