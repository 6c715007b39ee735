// SPDX-License-Identifier: Apache-2.0
#include "mail/mend.h"

#include "base/clock.h"
#include "mail/adopt.h"
#include "mail/check_priv.h"
#include "mail/content_priv.h"
#include "mail/mail_priv.h"
#include "mail/mend_priv.h"
#include "mail/tree.h"
#include "mail/txn.h"
#include "store/batch.h"
#include "store/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VALIDITY_AT 8u       // in the record of an account
#define HEADER_VALIDITY 32u  // in the header of a mailbox
#define VALIDITY_STEP 65536u // more than can have been given in what was lost
// From here on a batch of an older program may be one of several with one modseq that do not say so: it proves nothing of those behind it.
#define BATCH_BIG (256u << 10)

enum { NO_MESSAGE = 1 };

struct known { // of an account, while the log is followed
	uint64_t partition;
	uint32_t proven; // damage up to this place has taken nothing of it
	bool hurt;
	bool big, silent; // its last batch was; it gave no record a modseq
	uint64_t skipped; // changes
};
struct stray { // a message behind damage whose change was not made, or whose blob came
	uint64_t partition;
	uint64_t nth; // in the order of the log
	uint32_t data, flags;
	uint32_t places; // of damage before it
	struct msg_cold cold;
};
struct mend {
	void (*tell)(void *ctx, const char *line);
	void *ctx;
	struct mend_counts counts;
	uint32_t places;     // of damage that may have taken changes
	struct buf accounts; // struct known, ascending
	struct buf strays;   // struct stray
	struct buf emptied;  // u64: partitions of accounts whose removal was finished
	// Blobs that a change which was made named, in an account or in the spool: whatever names them no more took them away.
	struct live_set made, queued;
	struct mail *mail;
};

static void printf_like(2, 3) say(struct mend *m, const char *fmt, ...)
{
	char line[700];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof line, fmt, ap); // cut if need be
	va_end(ap);
	m->tell(m->ctx, line);
}

static struct known *knowns(const struct mend *m, size_t *ret_n)
{
	*ret_n = m->accounts.n / sizeof(struct known);
	return (struct known *)(void *)m->accounts.p; // malloc'ed, hence aligned
}

// The first that is not below it.
static size_t known_place(const struct mend *m, uint64_t partition)
{
	size_t from = 0, to;
	const struct known *k = knowns(m, &to);
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (k[mid].partition < partition)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct known *known_of(const struct mend *m, uint64_t partition)
{
	size_t n, at = known_place(m, partition);
	struct known *k = knowns(m, &n);
	return at < n && k[at].partition == partition ? &k[at] : NULL;
}

// Valid until the next one is new.
static struct known *known_or_new(struct op *op, struct mend *m, uint64_t partition)
{
	struct known *k = known_of(m, partition);
	if (k)
		return k;
	struct known fresh = { .partition = partition };
	size_t n, at = known_place(m, partition);
	buf_add(&m->accounts, span_of(&fresh, sizeof fresh));
	if (m->accounts.failed) {
		(void)op_fail(op, RC_NOMEM, "out of memory");
		return NULL;
	}
	k = knowns(m, &n);
	memmove(&k[at + 1], &k[at], (n - 1 - at) * sizeof *k);
	k[at] = fresh;
	return &k[at];
}

static struct stray *strays(const struct mend *m, size_t *ret_n)
{
	*ret_n = m->strays.n / sizeof(struct stray);
	return (struct stray *)(void *)m->strays.p; // malloc'ed, hence aligned
}

// --- what a batch proves ---

// Only headers and the account's record have the modseq.
static bool modseq_of(struct op *op, struct span key, struct span value, uint64_t *ret_modseq)
{
	struct header h;
	struct span name;
	if (span_eq(key, SPAN("A")) && value.n >= ACCOUNT_OCTETS) {
		*ret_modseq = load_u64(value.p + ACCOUNT_MODSEQ);
		return true;
	}
	if (key.n != 5 || key.p[0] != 'M' || header_decode(op, value, &h, &name) != 0)
		return false;
	*ret_modseq = h.modseq;
	return true;
}

// *ret_modseq: of the account as it is. Positive: it proves nothing (there is none, or a large COPY is under way).
static int modseq_now(struct op *op, struct store *s, uint64_t partition, uint64_t *ret_modseq)
{
	struct span key, value;
	uint64_t highest, one;
	int rc = store_get(op, s, NULL, partition, SPAN("A"), &value);
	if (rc)
		return rc;
	if (!modseq_of(op, SPAN("A"), value, &highest))
		return 1;
	struct store_cursor *c;
	rc = store_cursor_open(op, s, NULL, partition, SPAN("M"), SPAN("N"), &c);
	if (rc < 0)
		return rc;
	bool clear = true;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		struct header h;
		struct span name;
		clear = clear && header_decode(op, value, &h, &name) == 0 && !h.unseen_from;
		if (modseq_of(op, key, value, &one) && one > highest)
			highest = one;
	}
	store_cursor_close(c);
	*ret_modseq = highest;
	return rc < 0 ? rc : !clear;
}

// The highest modseq that the batch gives to a record; 0: to none.
static int modseq_given(
	struct op *op, struct store *s, uint64_t partition, struct span ops, uint64_t *ret_modseq)
{
	struct reader r = reader_of(ops);
	struct change c;
	struct buf is = { 0 };
	int rc = 0;
	*ret_modseq = 0;
	while (rc >= 0 && change_next(&r, &c)) {
		bool has = span_eq(c.key, SPAN("A")) || (c.key.n == 5 && c.key.p[0] == 'M');
		if (!has || (c.kind != CHANGE_PUT && c.kind != CHANGE_PATCH))
			continue;
		struct span old = SPAN(""), value = c.value;
		uint64_t one;
		if (c.kind == CHANGE_PATCH) {
			rc = store_get(op, s, NULL, partition, c.key, &old);
			patch_apply(&is, rc == 0 ? old : SPAN(""), c.offset, c.value);
			value = buf_span(&is);
		}
		// The patch of a new header's name finds no header to belong to: the header came just before.
		if (rc >= 0 && modseq_of(op, c.key, value, &one) && one > *ret_modseq)
			*ret_modseq = one;
	}
	bool failed = is.failed;
	buf_done(&is);
	return rc < 0 ? rc : (failed ? op_fail(op, RC_NOMEM, "out of memory") : 0);
}

// Of a change of several batches: which one it is (edit.h). number 0: there is no such note.
struct part {
	uint64_t modseq;
	uint32_t number;
};

static struct part part_of(struct span value)
{
	return value.n == PART_OCTETS ? (struct part){ load_u64(value.p), load_u32(value.p + 8) }
				      : (struct part){ 0 };
}

static struct part part_in(struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	while (change_next(&r, &c))
		if (c.kind == CHANGE_PUT && span_eq(c.key, SPAN("G")))
			return part_of(c.value);
	return (struct part){ 0 };
}

// Whether the batch comes next, as far as changes of several batches go. *ret_more: it belongs to the change that was there last.
static int part_follows(struct op *op, struct store *s, uint64_t partition, struct span ops,
	uint64_t now, bool *ret_more)
{
	struct span value;
	int rc = store_get(op, s, NULL, partition, SPAN("G"), &value);
	if (rc < 0)
		return rc;
	struct part last = part_of(rc == 0 ? value : SPAN("")), is = part_in(ops);
	*ret_more = is.number > 1;
	if (is.number > 1)
		return last.number == is.number - 1 && last.modseq == is.modseq;
	return last.number == 0 || last.modseq != now; // else more of that was to come
}

// Whether everything goes before the batch does anything: what was there does not matter.
static bool begins_anew(struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	return change_next(&r, &c) && c.kind == CHANGE_DELETE_RANGE && c.key.n == 0 && !c.value.p;
}

// Whether the batch, the account's first behind a place of damage, proves that none of its own was lost there. 1, 0, or a fault.
static int proves(struct op *op, struct store *s, const struct known *k, struct span ops)
{
	uint64_t now, given;
	bool more;
	if (k->big || k->silent) // some of those use up a modseq, some do not
		return 0;
	int rc = modseq_now(op, s, k->partition, &now);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = part_follows(op, s, k->partition, ops, now, &more);
	if (rc <= 0 || more)
		return rc;
	rc = modseq_given(op, s, k->partition, ops, &given);
	return rc < 0 ? rc : given == now + 1;
}

// --- what comes with batches that are not made ---

static void stray_add(struct mend *m, const struct stray *x)
{
	struct stray one = *x;
	one.nth = m->strays.n / sizeof one;
	buf_add(&m->strays, span_of(&one, sizeof one));
}

// The messages of a batch that is made, or is not.
static void messages_of(struct mend *m, uint64_t partition, struct span ops, bool made)
{
	struct reader r = reader_of(ops);
	struct change c;
	while (change_next(&r, &c)) {
		if (!chunk_key_is_cold(c.key) || c.key.p[0] != 'B' || c.offset % COLD_OCTETS ||
			(c.kind != CHANGE_PUT && c.kind != CHANGE_PATCH))
			continue;
		for (size_t at = 0; at + COLD_OCTETS <= c.value.n; at += COLD_OCTETS) {
			struct stray x = { .partition = partition,
				.data = __builtin_bswap32(load_u32(c.key.p + 1)) };
			cold_decode(c.value.p + at, &x.cold);
			if (x.cold.blob.id && !made)
				stray_add(m, &x);
			if (x.cold.blob.id && made)
				live_add(&m->made, x.cold.blob.id);
			// That of one that is not made is filed with its message.
			if (x.cold.prefix.id)
				live_add(&m->made, x.cold.prefix.id);
		}
	}
}

static void spooled_of(struct mend *m, struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	while (change_next(&r, &c))
		if (c.kind == CHANGE_PUT && c.key.n == 9 && c.key.p[0] == 'Q' && c.value.n >= 24)
			live_add(&m->queued, load_u64(c.value.p + 8));
}

static int room_is_left(struct op *op, const struct mend *m)
{
	return m->strays.failed || m->emptied.failed || m->made.failed || m->queued.failed
		? op_fail(op, RC_NOMEM, "out of memory")
		: 0;
}

// --- the mender ---

static bool is_account(uint64_t partition)
{
	return partition != SYSTEM_PARTITION && partition != SPOOL_PARTITION;
}

// What was there, and what was lost of it, does not matter any more.
static void begin_anew(struct mend *m, struct known *k)
{
	size_t n;
	struct stray *x = strays(m, &n);
	*k = (struct known){ .partition = k->partition, .proven = m->places };
	for (size_t i = 0; i < n; i++)
		if (x[i].partition == k->partition)
			x[i].partition = 0;
}

// The note of a removal goes when the partition is empty, or, in one batch with the entry, when it is somebody's.
static void system_batch(struct mend *m, struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	uint64_t emptied = 0;
	while (change_next(&r, &c)) {
		if (c.kind == CHANGE_PUT && c.key.n && c.key.p[0] == 'U')
			return;
		if (c.kind == CHANGE_DELETE && c.key.n == 9 && c.key.p[0] == 'X')
			emptied = __builtin_bswap64(load_u64(c.key.p + 1));
	}
	if (emptied && is_account(emptied))
		buf_add(&m->emptied, span_of(&emptied, sizeof emptied));
}

static int on_batch(struct op *op, void *ctx, struct store *s, uint64_t partition, struct span ops)
{
	struct mend *m = ctx;
	if (partition == SYSTEM_PARTITION)
		system_batch(m, ops);
	if (partition == SPOOL_PARTITION)
		spooled_of(m, ops);
	if (!is_account(partition)) { // what depends on each other is set right in the end
		int full = room_is_left(op, m);
		return full ? full : MEND_APPLY;
	}
	struct known *k = known_or_new(op, m, partition);
	if (!k)
		return RC_NOMEM;
	if (begins_anew(ops))
		begin_anew(m, k);
	struct arena_mark mark = arena_mark(&op->arena);
	int rc = 0;
	if (!k->hurt && k->proven < m->places) {
		rc = proves(op, s, k, ops);
		k->hurt = rc == 0;
		k->proven = m->places;
	}
	uint64_t given = 0;
	if (rc >= 0 && !k->hurt)
		rc = modseq_given(op, s, partition, ops, &given);
	arena_release(&op->arena, mark);
	if (rc < 0)
		return rc;
	k->silent = given == 0;
	k->big = ops.n >= BATCH_BIG;
	messages_of(m, partition, ops, !k->hurt);
	k->skipped += k->hurt;
	rc = room_is_left(op, m);
	return rc ? rc : (k->hurt ? MEND_SKIP : MEND_APPLY);
}

static void on_damage(void *ctx, const struct store_damage *d)
{
	struct mend *m = ctx;
	m->counts.places++;
	m->counts.octets += d->octets;
	m->places += d->changes;
	say(m, "the log is damaged at %" PRIx64 ": %" PRIu64 " octets are lost, %s", d->pos,
		d->octets, d->changes ? "changes may be among them" : "of messages, but no change");
}

static int on_blob(struct op *op, void *ctx, struct blob_ref ref, const struct blob_owner *owner)
{
	struct mend *m = ctx;
	struct stray x = { .partition = owner->partition,
		.data = owner->mailbox,
		.flags = owner->flags,
		.places = m->places,
		.cold = { .blob = ref, .internal_date = owner->internal_date } };
	stray_add(m, &x);
	return room_is_left(op, m);
}

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
		struct known *k = known_or_new(op, m, partition);
		if (!k)
			return RC_NOMEM;
		begin_anew(m, k);
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
	say(m, "  the lines before a message (Return-Path and the like) are lost: %s",
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
		say(m, "  a message that came to mailbox %.*s is damaged: %s", SPAN_FMT(name),
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
	const struct stray *x = strays(m, &n);
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
		say(m, "%.*s: %s", SPAN_FMT(user), op_text(op, rc));
		return 0; // the check that follows says more
	}
	if (rc < 0)
		return rc;
	const struct known *k = known_of(m, a->partition);
	uint64_t filed = m->counts.filed;
	if (k && k->hurt) {
		m->counts.hurt++;
		m->counts.skipped += k->skipped;
		rc = file_all(op, m, a);
		if (rc == 0)
			say(m,
				"%.*s: as before the damage; %" PRIu64
				" later changes could not be made, %" PRIu64
				" messages were filed anew",
				SPAN_FMT(user), k->skipped, m->counts.filed - filed);
	} else if (k && k->proven == m->places) {
		m->counts.whole++;
	} else {
		m->counts.unsure++;
		rc = file_all(op, m, a);
		say(m, "%.*s: its last change may be lost; %" PRIu64 " messages were filed anew",
			SPAN_FMT(user), m->counts.filed - filed);
	}
	account_unref(a);
	return rc;
}

// What cannot be filed is told: messages that waited for the relay, and those of accounts of which not even the name is left.
static int losses_tell(struct op *op, struct mend *m, struct store *s)
{
	size_t n;
	const struct stray *x = strays(m, &n);
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
			say(m,
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
		say(m, "about %" PRIu64 " messages are of accounts whose names are lost", nameless);
	return rc < 0 ? rc : 0;
}

// Before anybody opens the accounts: what is open has the numbers in memory.
static int validities_renew(struct op *op, struct mend *m, struct store *s)
{
	uint64_t partition = SYSTEM_PARTITION;
	int rc;
	while ((rc = store_next_partition(op, s, NULL, partition + 1, &partition)) == 0) {
		const struct known *k = known_of(m, partition);
		if (!is_account(partition) || (k && !k->hurt && k->proven == m->places))
			continue;
		struct arena_mark mark = arena_mark(&op->arena);
		rc = validity_renew(op, s, partition);
		arena_release(&op->arena, mark);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

static int on_finish(struct op *op, void *ctx, struct store *s)
{
	struct mend *m = ctx;
	if (m->places == 0)
		return 0; // no change was lost: records of lost messages are found by the check
	int rc = emptied_again(op, m, s);
	size_t n;
	struct stray *x = strays(m, &n);
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
	return rc;
}

int mail_mend(struct op *op, const struct store_config *config,
	void (*tell)(void *ctx, const char *line), void *ctx, struct mend_counts *ret_counts)
{
	struct mend m = { .tell = tell, .ctx = ctx };
	int rc = store_mend(op, config,
		&(struct store_mender){ .ctx = &m,
			.batch = on_batch,
			.damage = on_damage,
			.blob = on_blob,
			.finish = on_finish });
	buf_done(&m.accounts);
	buf_done(&m.strays);
	buf_done(&m.emptied);
	live_done(&m.made);
	live_done(&m.queued);
	*ret_counts = m.counts;
	return rc;
}
