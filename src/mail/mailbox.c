// SPDX-License-Identifier: Apache-2.0
// The shared object of a mailbox: which state is published, who uses it, \Recent. Memory: while nobody has a mailbox open it may keep its
// records for a while; past MAILBOXES_LOADED_IDLE such mailboxes in an account, records are given back (its header stays). A large one keeps those at its
// end, which the next delivery needs.
#include "base/clock.h"
#include "base/limits.h"
#include "mail/tree.h"

#include <stdlib.h>

struct mailbox *mailbox_new(
	struct account *a, uint32_t node, const struct objectid *id, struct snap *s)
{
	struct mailbox *mb = calloc(1, sizeof *mb);
	if (!mb)
		return NULL;
	ref_init(&mb->refs);
	mb->account = a;
	mb->node = node;
	mb->id = *id;
	mb->tip = s;
	mb->published = snap_ref(s);
	mb->recent_mark = s->h.recent_mark;
	atomic_init(&mb->modseq, s->h.modseq);
	return mb;
}

struct mailbox *mailbox_ref(struct mailbox *mb)
{
	if (mb)
		ref_take(&mb->refs);
	return mb;
}

void mailbox_unref(struct mailbox *mb)
{
	if (!mb || !ref_drop(&mb->refs))
		return;
	snap_unref(mb->tip);
	snap_unref(mb->published);
	free(mb);
}

struct snap *mailbox_snap_ref(struct mailbox *mb)
{
	pthread_mutex_lock(&mb->account->publish);
	struct snap *s = snap_ref(mb->published);
	pthread_mutex_unlock(&mb->account->publish);
	return s;
}

uint64_t append_limit_of(const struct account *a, const struct header *h)
{
	uint64_t limit = mail_append_limit(a->mail);
	return h->append_limit && h->append_limit - 1 < limit ? h->append_limit - 1 : limit;
}

void mailbox_status(const struct mailbox *mb, struct mailbox_status *ret_status)
{
	pthread_mutex_lock(&mb->account->publish);
	const struct header *h = &mb->published->h;
	*ret_status = (struct mailbox_status){
		.messages = h->messages,
		.recent = snap_count_from(mb->published, mb->recent_mark),
		.unseen = h->unseen,
		.deleted = h->deleted,
		.uid_validity = h->uid_validity,
		.uid_next = { h->uid_next },
		.highest_modseq = { h->modseq },
		.size = h->size,
		.append_limit = append_limit_of(mb->account, h),
		.id = mb->id,
	};
	pthread_mutex_unlock(&mb->account->publish);
}

bool mailbox_is_deleted(const struct mailbox *mb)
{
	return atomic_load_explicit(&mb->deleted, memory_order_acquire);
}

struct span mailbox_keyword_text(struct op *op, const struct mailbox *mb)
{
	pthread_mutex_lock(&mb->account->publish);
	struct snap *s = snap_ref(mb->published);
	pthread_mutex_unlock(&mb->account->publish);
	struct body *b;
	struct buf text = { 0 };
	if (snap_body(op, mb->account, s, &b) == 0)
		for (uint32_t i = 0; i < keywords_count(b->keywords); i++) {
			buf_addc(&text, ' ');
			buf_add(&text, keywords_name(b->keywords, i));
		}
	struct span ret = text.n ? arena_dup(&op->arena, buf_span(&text)) : SPAN("");
	buf_done(&text);
	snap_unref(s);
	return ret;
}

struct mailbox *mailbox_by_name(struct account *a, struct span name)
{
	pthread_mutex_lock(&a->publish);
	bool found;
	size_t i = tree_find(a->tree, name, &found);
	struct mailbox *mb = found ? mailbox_ref(a->tree->entries[i].mailbox) : NULL;
	pthread_mutex_unlock(&a->publish);
	return mb;
}

void mailbox_recent_take(struct mailbox *mb, const struct snap *s, bool take, uint32_t *ret_from,
	uint32_t *ret_count)
{
	pthread_mutex_lock(&mb->account->publish);
	*ret_from = mb->recent_mark;
	*ret_count = snap_count_from(s, mb->recent_mark);
	if (take && s->h.uid_next > mb->recent_mark)
		mb->recent_mark = s->h.uid_next;
	pthread_mutex_unlock(&mb->account->publish);
}

// --- memory ---

void mailbox_not_idle(struct mailbox *mb)
{
	if (!mb->idle)
		return;
	mb->idle = false;
	mb->account->idle--;
	mb->account->idle_messages -= mb->idle_messages;
}

void mailbox_enter(struct mailbox *mb)
{
	pthread_mutex_lock(&mb->account->publish);
	if (mb->users++ == 0)
		mailbox_not_idle(mb);
	pthread_mutex_unlock(&mb->account->publish);
}

// Puts a state without records in the place of the present one, or with those at the mailbox's end alone. account.lock and account.publish held.
static struct snap *unload_locked(struct mailbox *mb, bool all)
{
	struct snap *was = mb->published;
	const struct body *body = atomic_load(&was->body);
	if (mb->users || mb->tip != was || !body || mb->copies || (!all && body_is_tail(body)))
		return NULL;
	struct header h = was->h;
	h.recent = snap_count_from(was, mb->recent_mark); // while the records can be counted
	h.recent_mark = mb->recent_mark;
	struct snap *bare = snap_new(&h);
	if (!bare)
		return NULL;
	if (!all) // without memory for it the mailbox keeps nothing
		atomic_store(&bare->body, body_tail(body));
	mb->published = bare;
	snap_unref(mb->tip);
	mb->tip = snap_ref(bare);
	return was;
}

// The mailbox that nobody has used for the longest time gives its records back.
static void unload_oldest(struct account *a)
{
	struct mailbox *oldest = NULL;
	struct snap *was = NULL;
	pthread_mutex_lock(&a->lock);
	pthread_mutex_lock(&a->publish);
	for (size_t i = 0; i < a->tree->count; i++) {
		struct mailbox *mb = a->tree->entries[i].mailbox;
		if (mb && mb->idle && (!oldest || mb->used_at < oldest->used_at))
			oldest = mb;
	}
	if (oldest) {
		was = unload_locked(oldest, true);
		mailbox_not_idle(
			oldest); // if it could not be, it counts again when it is next let go of
	}
	pthread_mutex_unlock(&a->publish);
	pthread_mutex_unlock(&a->lock);
	snap_unref(was);
}

void mailbox_leave(struct mailbox *mb)
{
	struct account *a = mb->account;
	bool full = false;
	struct snap *was = NULL;
	pthread_mutex_lock(&a->publish);
	must(mb->users > 0);
	bool last = --mb->users == 0;
	uint32_t messages = mb->published->h.messages;
	bool large = last && messages > MAILBOX_IDLE_MESSAGES;
	if (last && !mb->idle && !mailbox_is_deleted(mb)) {
		mb->idle = true;
		mb->idle_messages = large ? MAILBOX_TAIL_MESSAGES : messages;
		a->idle_messages += mb->idle_messages;
		mb->used_at = clock_mono();
		full = ++a->idle > MAILBOXES_LOADED_IDLE;
	}
	pthread_mutex_unlock(&a->publish);
	if (large) {
		pthread_mutex_lock(&a->lock);
		pthread_mutex_lock(&a->publish);
		was = unload_locked(mb, false);
		pthread_mutex_unlock(&a->publish);
		pthread_mutex_unlock(&a->lock);
		snap_unref(was);
	}
	if (full)
		unload_oldest(a);
}
