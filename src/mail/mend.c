// SPDX-License-Identifier: Apache-2.0
// While the log is followed: what each batch behind damage proves, and what is left over. (mend_file.c: what happens to that in the end.)
#include "mail/mend.h"

#include "mail/check_priv.h"
#include "mail/mail_priv.h"
#include "mail/mend_priv.h"
#include "store/batch.h"

#include <inttypes.h>
#include <stdio.h>

// From here on a batch of an older program may be one of several with one modseq that do not say so: it proves nothing of those behind it.
#define BATCH_BIG (256u << 10)

void mend_say(struct mend *m, const char *fmt, ...)
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

struct known *mend_known_of(const struct mend *m, uint64_t partition)
{
	size_t n, at = known_place(m, partition);
	struct known *k = knowns(m, &n);
	return at < n && k[at].partition == partition ? &k[at] : NULL;
}

// Valid until the next one is new.
struct known *mend_known_or_new(struct op *op, struct mend *m, uint64_t partition)
{
	struct known *k = mend_known_of(m, partition);
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

struct stray *mend_strays(const struct mend *m, size_t *ret_n)
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

bool mend_is_account(uint64_t partition)
{
	return partition != SYSTEM_PARTITION && partition != SPOOL_PARTITION;
}

// What was there, and what was lost of it, does not matter any more.
void mend_begin_anew(struct mend *m, struct known *k)
{
	size_t n;
	struct stray *x = mend_strays(m, &n);
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
	if (emptied && mend_is_account(emptied))
		buf_add(&m->emptied, span_of(&emptied, sizeof emptied));
}

static bool passed_over(struct mend *m, uint64_t partition, struct span ops)
{
	struct reader r = reader_of(ops);
	struct change c;
	bool is_note = partition == SYSTEM_PARTITION && change_next(&r, &c) &&
		span_eq(c.key, MEND_UNDER_WAY);
	if (is_note)
		m->cut_off = c.kind == CHANGE_PUT;
	return is_note || m->cut_off;
}

static int on_batch(struct op *op, void *ctx, struct store *s, uint64_t partition, struct span ops)
{
	struct mend *m = ctx;
	if (passed_over(m, partition, ops))
		return MEND_SKIP;
	if (partition == SYSTEM_PARTITION)
		system_batch(m, ops);
	if (partition == SPOOL_PARTITION)
		spooled_of(m, ops);
	if (!mend_is_account(partition)) { // what depends on each other is set right in the end
		int full = room_is_left(op, m);
		return full ? full : MEND_APPLY;
	}
	struct known *k = mend_known_or_new(op, m, partition);
	if (!k)
		return RC_NOMEM;
	if (begins_anew(ops))
		mend_begin_anew(m, k);
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
	mend_say(m, "the log is damaged at %" PRIx64 ": %" PRIu64 " octets are lost, %s", d->pos,
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
	if (m->cut_off)
		return 0;
	stray_add(m, &x);
	return room_is_left(op, m);
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
			.finish = mend_finish });
	buf_done(&m.accounts);
	buf_done(&m.strays);
	buf_done(&m.emptied);
	live_done(&m.made);
	live_done(&m.queued);
	*ret_counts = m.counts;
	return rc;
}
