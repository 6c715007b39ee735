// SPDX-License-Identifier: Apache-2.0
// Keys that join messages to threads. They are hashes, so that a card needs eight octets for each reference and THREAD compares
// numbers. Two ids with the same hash join two threads that are not one: harmless, and anybody can do that by naming the id.
#include "base/hash.h"
#include "base/limits.h"
#include "mail/card.h"
#include "mail/card_priv.h"
#include "mime/header.h"
#include "mime/tree.h"

// A hash that is never 0, which stands for "none".
static uint64_t key_of(struct span s)
{
	uint64_t h = hash_stable(s);
	return h ? h : 1;
}

// A valid one (RFC 5322 section 3.6.4: something on both sides of an "@").
static bool is_valid_id(struct span id)
{
	size_t at = span_find_char(id, '@');
	return at > 0 && at + 1 < id.n;
}

// Adds a key, also one that was there before: THREAD needs them as they stand. Of too many, the first half stays and the last half slides.
static void references_add(uint64_t *keys, size_t *count, uint64_t key)
{
	if (*count > 0 && keys[*count - 1] == key)
		return;
	if (*count == CARD_REFERENCES_MAX) {
		const size_t half = CARD_REFERENCES_MAX / 2;
		memmove(keys + half, keys + half + 1, (half - 1) * sizeof *keys);
		(*count)--;
	}
	keys[(*count)++] = key;
}

static uint64_t message_id_of(struct op *op, const struct mime_tree *t)
{
	struct span id, rest = t->parts[0].envelope->message_id;
	bool have = mime_msgid_next(&op->arena, &rest, true, &id) && is_valid_id(id);
	return have ? key_of(id) : 0;
}

static void add_ids(struct op *op, struct span text, struct thread_keys *keys, uint64_t *list)
{
	struct span id;
	while (mime_msgid_next(&op->arena, &text, false, &id))
		if (is_valid_id(id))
			references_add(list, &keys->count, key_of(id));
}

// Of a value that is too long, the beginning and the end count: the last id is the parent.
static void add_value(struct op *op, struct span value, struct thread_keys *keys, uint64_t *list)
{
	struct span head = value;
	if (value.n > MIME_FIELD_VALUE_MAX) {
		head = span_cut(value, 0, MIME_FIELD_VALUE_MAX / 2);
		while (head.n > 0 && head.p[head.n - 1] != '>')
			head.n--;
	}
	add_ids(op, head, keys, list);
	if (value.n > MIME_FIELD_VALUE_MAX)
		add_ids(op, span_skip(value, value.n - MIME_FIELD_VALUE_MAX / 2), keys, list);
}

// At most so many message-ids are in a value of n octets: none is shorter than <a@b, even if the rest is missing.
static size_t ids_most(size_t n)
{
	size_t most = n / 4 + 1;
	return most < CARD_REFERENCES_MAX ? most : CARD_REFERENCES_MAX;
}

// Sets keys->references and count: RFC 5256 section 3, REFERENCES.
static int thread_references(struct op *op, const struct mime_tree *t, struct thread_keys *keys)
{
	struct mime_field field = { 0 };
	struct span id, rest = t->parts[0].envelope->in_reply_to;
	bool has = mime_field_find(t->header, SPAN("References"), &field);
	uint64_t *list = op_alloc(op, ids_most(field.value.n) * sizeof *list);
	if (!list)
		return RC_NOMEM;
	if (has)
		add_value(op, field.value, keys, list);
	while (keys->count == 0 && mime_msgid_next(&op->arena, &rest, false, &id))
		if (is_valid_id(id))
			references_add(list, &keys->count, key_of(id));
	keys->references = list;
	return 0;
}

int thread_keys_of_tree(struct op *op, const struct mime_tree *t, struct thread_keys *ret_keys)
{
	struct thread_keys keys = { .message_id = message_id_of(op, t) };
	int rc = thread_references(op, t, &keys);
	if (rc == 0)
		*ret_keys = keys;
	return rc;
}

int thread_item_add(struct op *op, const struct mime_tree *t, struct span subject, struct buf *to)
{
	struct thread_keys keys = { 0 };
	int rc = thread_references(op, t, &keys);
	buf_add_u64(to, message_id_of(op, t));
	buf_add_u64(to, subject.n ? key_of(subject) : 0);
	for (size_t i = 0; rc == 0 && i < keys.count; i++)
		buf_add_u64(to, keys.references[i]);
	return rc;
}

int thread_keys_of_card(struct op *op, struct span card, struct thread_keys *ret_keys)
{
	struct span item = card_item(card, CARD_THREAD);
	struct thread_keys keys = { .is_reply = card_flags(card) & CARD_IS_REPLY };
	if (item.n >= 16) {
		keys.message_id = load_u64(item.p);
		keys.subject = load_u64(item.p + 8);
		keys.count = item.n / 8 - 2;
	}
	uint64_t *list = op_alloc(op, (keys.count + 1) * sizeof *list);
	if (!list)
		return RC_NOMEM;
	if (keys.count)
		memcpy(list, item.p + 16, keys.count * 8);
	keys.references = list;
	*ret_keys = keys;
	return 0;
}
