// SPDX-License-Identifier: Apache-2.0
// Keys that join messages to threads. They are hashes, so that a card needs eight octets for each reference and THREAD compares
// numbers. Two ids with the same hash join two threads that are not one: harmless, and anybody can do that by naming the id.
#include "base/hash.h"
#include "base/limits.h"
#include "mail/card.h"
#include "mail/card_priv.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/tree.h"

// A hash that is never 0, which stands for "none".
static uint64_t key_of(struct span s)
{
	uint64_t h = hash_stable(s);
	return h ? h : 1;
}

// Adds a key once; of too many, the first half stays and the last half slides.
static void references_add(uint64_t *keys, size_t *count, uint64_t key)
{
	for (size_t i = 0; i < *count; i++)
		if (keys[i] == key)
			return;
	if (*count == CARD_REFERENCES_MAX) {
		const size_t half = CARD_REFERENCES_MAX / 2;
		memmove(keys + half, keys + half + 1, (half - 1) * sizeof *keys);
		(*count)--;
	}
	keys[(*count)++] = key;
}

int thread_references(struct op *op, const struct mime_tree *t, struct thread_keys *keys)
{
	uint64_t *list = op_alloc(op, CARD_REFERENCES_MAX * sizeof *list);
	if (!list)
		return RC_NOMEM;
	struct mime_field field;
	struct span id, rest;
	if (mime_field_find(t->header, SPAN("References"), &field)) {
		rest = span_cut(field.value, 0, MIME_FIELD_VALUE_MAX);
		while (mime_msgid_next(&op->arena, &rest, false, &id))
			references_add(list, &keys->count, key_of(id));
	}
	rest = t->parts[0].envelope->in_reply_to;
	if (keys->count == 0 && mime_msgid_next(&op->arena, &rest, false, &id))
		references_add(list, &keys->count, key_of(id));
	keys->references = list;
	return 0;
}

int thread_keys_of_tree(struct op *op, const struct mime_tree *t, struct thread_keys *ret_keys)
{
	const struct mime_envelope *e = t->parts[0].envelope;
	struct thread_keys keys = { 0 };
	struct span id, rest = e->message_id;
	if (mime_msgid_next(&op->arena, &rest, true, &id) && id.n > 0)
		keys.message_id = key_of(id);
	int rc = thread_references(op, t, &keys);
	if (rc)
		return rc;
	struct buf base = { 0 }, folded = { 0 };
	mime_base_subject(e->subject, &base, &keys.is_reply);
	casefold(span_cut(buf_span(&base), 0, CARD_TEXT_MAX), &folded);
	if (base.failed || folded.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory for a thread's subject");
	else if (folded.n > 0)
		keys.subject = key_of(span_cut(buf_span(&folded), 0, CARD_TEXT_MAX));
	buf_done(&base);
	buf_done(&folded);
	if (rc == 0)
		*ret_keys = keys;
	return rc;
}

int thread_keys_of_card(struct op *op, struct span card, struct thread_keys *ret_keys)
{
	struct span subject = card_item(card, CARD_BASE_SUBJECT);
	struct span id = card_item(card, CARD_MESSAGE_ID);
	struct span refs = card_item(card, CARD_REFERENCES);
	struct thread_keys keys = {
		.message_id = id.n ? key_of(id) : 0,
		.subject = subject.n ? key_of(subject) : 0,
		.is_reply = card_flags(card) & CARD_IS_REPLY,
		.count = refs.n / 8 < CARD_REFERENCES_MAX ? refs.n / 8 : CARD_REFERENCES_MAX,
	};
	uint64_t *list = op_alloc(op, CARD_REFERENCES_MAX * sizeof *list);
	if (!list)
		return RC_NOMEM;
	memcpy(list, refs.p ? refs.p : "", keys.count * 8);
	keys.references = list;
	*ret_keys = keys;
	return 0;
}
