// SPDX-License-Identifier: Apache-2.0
// The expunge log of a mailbox (format.h: "X"): which UIDs went with which modseq. Bounded: when it is longer than EXPUNGE_LOG_MAX
// ranges, whole blocks are dropped at its old end, and `log_trimmed` remembers up to which modseq nothing is known any more.
#include "base/limits.h"
#include "mail/edit.h"

// The modseq of entry i, as it is in the store; of one that is not there yet (staged): `otherwise`.
static int entry_modseq(
	struct op *op, const struct edit *e, uint64_t i, uint64_t otherwise, uint64_t *ret_modseq)
{
	struct account *a = e->txn->account;
	struct key k = key_data(e->now->h.data, 'X', (uint32_t)(i / LOG_ENTRIES));
	size_t at = (size_t)(i % LOG_ENTRIES) * LOG_OCTETS;
	struct arena_mark mark = arena_mark(&op->arena);
	struct span v;
	int rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &v);
	*ret_modseq = otherwise;
	if (rc == 0 && v.n >= at + LOG_OCTETS && load_u64(v.p + at))
		*ret_modseq = load_u64(v.p + at);
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : 0;
}

static int trim(struct op *op, struct edit *e, uint64_t staged_from)
{
	struct header *h = &e->now->h;
	uint64_t keep_from = (h->log_next - EXPUNGE_LOG_MAX) / LOG_ENTRIES * LOG_ENTRIES;
	if (keep_from <= h->log_first)
		return 0;
	uint64_t modseq = e->txn->modseq;
	if (keep_from <= staged_from) {
		int rc = entry_modseq(op, e, keep_from - 1, e->old->h.modseq, &modseq);
		if (rc < 0)
			return rc;
	}
	struct key from = key_data(h->data, 'X', (uint32_t)(h->log_first / LOG_ENTRIES));
	struct key to = key_data(h->data, 'X', (uint32_t)(keep_from / LOG_ENTRIES));
	batch_delete_range(&e->txn->batch, KEY(from), KEY(to));
	h->log_first = keep_from;
	h->log_trimmed = modseq;
	return 0;
}

int expunge_log_add(struct op *op, struct edit *e)
{
	struct header *h = &e->now->h;
	uint64_t begun_at = h->log_next;
	size_t i = 0;
	if (e->expunged.count >
		EXPUNGE_LOG_MAX) { // only its end would stay: what is before is forgotten at once
		i = e->expunged.count - EXPUNGE_LOG_MAX;
		h->log_trimmed = e->txn->modseq;
	}
	while (i < e->expunged.count) {
		uint32_t block = (uint32_t)(h->log_next / LOG_ENTRIES),
			 at = (uint32_t)(h->log_next % LOG_ENTRIES);
		char value[LOG_ENTRIES * LOG_OCTETS];
		uint32_t n = 0;
		for (; at + n < LOG_ENTRIES && i < e->expunged.count; n++, i++) {
			store_u64(value + n * LOG_OCTETS, e->txn->modseq);
			store_u32(value + n * LOG_OCTETS + 8, e->expunged.ranges[i].first);
			store_u32(value + n * LOG_OCTETS + 12, e->expunged.ranges[i].last);
		}
		struct key k = key_data(h->data, 'X', block);
		batch_patch(
			&e->txn->batch, KEY(k), at * LOG_OCTETS, span_of(value, n * LOG_OCTETS));
		h->log_next += n;
	}
	if (h->log_next - h->log_first > EXPUNGE_LOG_MAX + EXPUNGE_LOG_SLACK)
		return trim(op, e, begun_at);
	return 0;
}

int expunge_log_since(struct op *op, struct account *a, struct snap *s, uint64_t since,
	uint32_t limit, struct numset *uids)
{
	const struct header *h = &s->h;
	if (since >= h->modseq)
		return 0;
	if (since < h->log_trimmed)
		return LOG_TRIMMED;
	for (uint64_t end = h->log_next; end > h->log_first;) {
		uint64_t begin = (end - 1) / LOG_ENTRIES * LOG_ENTRIES;
		struct key k = key_data(h->data, 'X', (uint32_t)(begin / LOG_ENTRIES));
		struct arena_mark mark = arena_mark(&op->arena);
		struct span v;
		int rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &v);
		if (rc < 0)
			return rc;
		if (rc == STORE_ABSENT || v.n < (size_t)(end - begin) * LOG_OCTETS) {
			arena_release(&op->arena, mark); // trimmed since this snapshot
			return LOG_TRIMMED;
		}
		bool older = false;
		for (uint64_t i = end; i > begin && !older; i--) {
			const char *p = v.p + (size_t)(i - 1 - begin) * LOG_OCTETS;
			uint32_t first = load_u32(p + 8), last = load_u32(p + 12);
			older = load_u64(p) <= since;
			if (!older && first < limit && first <= last)
				numset_add_range(uids, first, last < limit ? last : limit - 1);
		}
		arena_release(&op->arena, mark);
		if (older)
			break;
		end = begin;
	}
	return uids->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}
