// SPDX-License-Identifier: Apache-2.0
// Records of messages sent lately: "F" in the account's partition (format.h), written in the batch of the message itself. A record is found by the
// digest of the canonical form (sent_form.h), for SENT_KNOWN_S: in the period of now and the one before. Its end is the batch that uses
// it. Those of older periods are removed with the first one of a period.
//
// The store is asked before account.lock is taken. What was staged since stands in a ring in memory, under the lock: its newest entry counts. If
// more was staged since the look than the ring holds, nothing is known: then a message is stored twice, never lost.
#include "mail/sent_priv.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/metadata.h"
#include "mail/sent.h"

#include <stdlib.h>

#define RING 64u

struct sent_recent {
	bool has_key;
	uint8_t key[SENT_KEY];
	uint64_t generation; // entries that were ever noted
	uint32_t period;     // older ones were removed in this one
	struct {
		uint8_t digest[SENT_DIGEST];
		struct sent_record record;
		int64_t at; // seconds since 1970; 0: the entry is empty
	} ring[RING];
};

static uint32_t period_now(void)
{
	return (uint32_t)(clock_real() / SENT_KNOWN_S);
}

// --- the setting ---

static int take_setting(void *ctx, struct span name, struct span value)
{
	bool *wanted = ctx;
	(void)name;
	if (span_caseeq(value, SPAN("yes")))
		*wanted = true;
	else if (span_caseeq(value, SPAN("no")))
		*wanted = false;
	return 0;
}

int sent_is_wanted(struct op *op, struct account *a, bool *ret_wanted)
{
	bool wanted = mail_config_of(a->mail)->sent_copy;
	int rc = metadata_read(op, a, NULL, SENT_SETTING, 0, take_setting, &wanted);
	if (rc < 0)
		return rc;
	*ret_wanted = wanted;
	return 0;
}

// Index of the mailbox of sent mail; t->count: there is none.
static size_t find_mailbox(const struct tree *t)
{
	bool found;
	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].mailbox && t->entries[i].uses & USE_SENT)
			return i;
	size_t i = tree_find(t, SENT_DEFAULT_NAME, &found);
	return found && t->entries[i].mailbox ? i : t->count;
}

struct span sent_mailbox_name(struct op *op, struct account *a)
{
	const struct tree *t = account_tree_ref(a);
	size_t i = find_mailbox(t);
	struct span name = i < t->count ? arena_dup(&op->arena, t->entries[i].name) : SPAN_NONE;
	tree_unref(t);
	return name;
}

bool sent_is_mailbox(struct account *a, struct span name)
{
	const struct tree *t = account_tree_ref(a);
	bool found;
	size_t i = tree_find(t, name, &found);
	bool is = found && t->entries[i].uses & USE_SENT;
	if (found && !is && span_eq(name, SENT_DEFAULT_NAME))
		is = find_mailbox(t) == i;
	tree_unref(t);
	return is;
}

// --- the key ---

static int recent_locked(struct op *op, struct account *a)
{
	if (!a->sent)
		a->sent = calloc(1, sizeof *a->sent);
	return a->sent ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// 0: there, STORE_ABSENT, or a fault.
static int key_in_memory(struct op *op, struct account *a, uint8_t ret_key[SENT_KEY])
{
	pthread_mutex_lock(&a->lock);
	int rc = recent_locked(op, a);
	if (rc == 0 && a->sent->has_key)
		memcpy(ret_key, a->sent->key, SENT_KEY);
	else if (rc == 0)
		rc = STORE_ABSENT;
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static int key_in_store(struct op *op, struct account *a, uint8_t ret_key[SENT_KEY])
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct span v;
	int rc = store_get(op, account_store(a), NULL, a->partition, SPAN("F"), &v);
	if (rc == 0) {
		struct reader r = reader_of(v);
		uint16_t version = reader_u16(&r);
		(void)reader_u16(&r);
		struct span key = reader_bytes(&r, SENT_KEY);
		if (r.bad)
			rc = op_fail(op, RC_CORRUPT, "the key of sent messages is too short");
		else if (version != FORMAT_VERSION)
			rc = op_fail(op, RC_VERSION,
				"the key of sent messages is of format version %u", version);
		else
			memcpy(ret_key, key.p, SENT_KEY);
	}
	arena_release(&op->arena, mark);
	return rc;
}

// Keeps the key that was read, or puts a new one in the store; what another thread has put there first is the one.
static int key_settle(struct op *op, struct account *a, bool make, uint8_t io_key[SENT_KEY])
{
	struct txn t;
	int rc = txn_begin(op, a, &t);
	if (rc < 0)
		return rc;
	rc = recent_locked(op, a);
	if (rc == 0 && a->sent->has_key) {
		memcpy(io_key, a->sent->key, SENT_KEY);
	} else if (rc == 0) {
		if (make) {
			char value[4 + SENT_KEY] = { FORMAT_VERSION };
			random_bytes(io_key, SENT_KEY);
			memcpy(value + 4, io_key, SENT_KEY);
			batch_put(&t.batch, SPAN("F"), span_of(value, sizeof value));
			rc = txn_stage(&t);
		}
		if (rc == 0) {
			memcpy(a->sent->key, io_key, SENT_KEY);
			a->sent->has_key = true;
		}
	}
	return txn_end(&t, rc);
}

int sent_key(struct op *op, struct account *a, uint8_t ret_key[SENT_KEY])
{
	int rc = key_in_memory(op, a, ret_key);
	if (rc != STORE_ABSENT)
		return rc;
	rc = key_in_store(op, a, ret_key);
	return rc < 0 ? rc : key_settle(op, a, rc == STORE_ABSENT, ret_key);
}

// --- records ---

// What makes no sense is not known.
static struct sent_record decode(struct span value, const struct sent_mark *mark)
{
	struct sent_record none = { 0 }, record = { 0 };
	struct reader r = reader_of(value);
	uint16_t version = reader_u16(&r);
	uint8_t kind = reader_u8(&r);
	(void)reader_u8(&r);
	record.data = reader_u32(&r);
	record.uid = reader_u32(&r);
	(void)reader_u32(&r);
	uint64_t at = reader_u64(&r), now = (uint64_t)clock_real();
	struct span digest = reader_bytes(&r, SENT_DIGEST), bcc = reader_bytes(&r, SENT_DIGEST);
	if (r.bad || version != FORMAT_VERSION || (kind != SENT_FILED && kind != SENT_APPENDED) ||
		memcmp(digest.p, mark->digest, SENT_DIGEST) != 0)
		return none;
	if (now > at && now - at >= SENT_KNOWN_S)
		return none;
	record.kind = kind;
	memcpy(record.bcc, bcc.p, SENT_DIGEST);
	return record;
}

static int look_up(struct op *op, struct account *a, const struct sent_mark *mark,
	struct sent_record *ret_record)
{
	struct sent_record record = { 0 };
	struct arena_mark scratch = arena_mark(&op->arena);
	uint32_t now = period_now();
	int rc = STORE_ABSENT;
	for (uint32_t back = 0; rc == STORE_ABSENT && back < 2; back++) {
		struct key k = key_sent(now - back, mark->digest);
		struct span value;
		rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &value);
		if (rc == 0)
			record = decode(value, mark);
	}
	arena_release(&op->arena, scratch);
	if (rc < 0)
		return rc;
	*ret_record = record;
	return 0;
}

static int load_copy(struct op *op, struct account *a, struct mailbox *mb, uint32_t uid)
{
	struct numset uids = { 0 };
	numset_add(&uids, uid);
	struct snap *s = mailbox_snap_ref(mb);
	int rc = uids.failed ? op_fail(op, RC_NOMEM, "out of memory")
			     : snap_prefetch(op, a, s, &uids);
	snap_unref(s);
	numset_done(&uids);
	return rc;
}

int sent_look(struct op *op, struct account *a, struct mailbox *mb, const struct sent_mark *mark,
	struct sent_look *ret_look)
{
	struct sent_look look;
	pthread_mutex_lock(&a->lock);
	look.generation = a->sent->generation;
	pthread_mutex_unlock(&a->lock);
	int rc = look_up(op, a, mark, &look.record);
	if (rc == 0 && look.record.kind != SENT_UNKNOWN)
		rc = load_copy(op, a, mb, look.record.uid);
	if (rc < 0)
		return rc;
	*ret_look = look;
	return 0;
}

struct sent_record sent_known(
	const struct account *a, const struct sent_mark *mark, const struct sent_look *look)
{
	const struct sent_recent *s = a->sent;
	const struct sent_record none = { 0 };
	uint64_t since = s->generation - look->generation;
	for (uint64_t back = 1; back <= RING && back <= s->generation; back++) {
		size_t at = (s->generation - back) % RING;
		if (s->ring[at].at == 0 ||
			memcmp(s->ring[at].digest, mark->digest, SENT_DIGEST) != 0)
			continue;
		return clock_real() - s->ring[at].at < SENT_KNOWN_S ? s->ring[at].record : none;
	}
	return since <= RING ? look->record : none;
}

int sent_copy_find(struct txn *t, struct mailbox *mb, const struct sent_record *record,
	struct sent_copy *ret_copy)
{
	struct sent_copy c;
	if (mb->tip->h.data != record->data)
		return SENT_NO_COPY;
	int rc = txn_edit(t, mb, &c.edit);
	if (rc == 0)
		rc = edit_seek(c.edit, record->uid, false, &c.at);
	if (rc)
		return rc < 0 ? rc : SENT_NO_COPY;
	for (c.r = 0; c.r < c.at.recs->n && c.at.recs->r[c.r].uid != record->uid;)
		c.r++;
	if (c.r == c.at.recs->n || c.at.recs->r[c.r].flags & FLAG_DELETED)
		return SENT_NO_COPY;
	*ret_copy = c;
	return 0;
}

static bool has_bcc(const uint8_t bcc[SENT_DIGEST])
{
	static const uint8_t none[SENT_DIGEST];
	return memcmp(bcc, none, SENT_DIGEST) != 0;
}

enum sent_bcc sent_bcc_of(const struct sent_record *record, const struct sent_mark *mark)
{
	if (!has_bcc(mark->bcc) || memcmp(mark->bcc, record->bcc, SENT_DIGEST) == 0)
		return SENT_BCC_KEPT;
	return has_bcc(record->bcc) ? SENT_BCC_OTHER : SENT_BCC_MISSING;
}

void sent_put(struct account *a, struct store_batch *b, const struct sent_mark *mark,
	const struct sent_record *record)
{
	uint32_t period = period_now();
	for (uint32_t back = 0; back < 2; back++) {
		struct key k = key_sent(period - back, mark->digest);
		batch_delete(b, KEY(k));
	}
	if (record->kind == SENT_UNKNOWN)
		return;
	char v[SENT_OCTETS] = { FORMAT_VERSION, 0, (char)record->kind };
	store_u32(v + 4, record->data);
	store_u32(v + 8, record->uid);
	store_u64(v + 16, (uint64_t)clock_real());
	memcpy(v + 24, mark->digest, SENT_DIGEST);
	memcpy(v + 56, record->bcc, SENT_DIGEST);
	struct key k = key_sent(period, mark->digest);
	batch_put(b, KEY(k), span_of(v, sizeof v));
	if (a->sent->period != period) {
		static const uint8_t first[SENT_DIGEST];
		struct key from = key_sent(0, first), to = key_sent(period - 1, first);
		batch_delete_range(b, KEY(from), KEY(to));
		a->sent->period = period;
	}
}

void sent_note(struct account *a, const struct sent_mark *mark, const struct sent_record *record)
{
	struct sent_recent *s = a->sent;
	size_t at = s->generation++ % RING;
	memcpy(s->ring[at].digest, mark->digest, SENT_DIGEST);
	s->ring[at].record = *record;
	s->ring[at].at = clock_real();
}

void sent_reset(struct account *a)
{
	struct sent_recent *s = a->sent;
	if (!s)
		return;
	uint64_t generation = s->generation + RING + 1; // looks of before do not count
	*s = (struct sent_recent){ .generation = generation };
}
