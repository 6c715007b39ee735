// SPDX-License-Identifier: Apache-2.0
// Keyword sets in an edit: what a set becomes. Each distinct set is worked out once per edit.
#include "base/limits.h"
#include "mail/edit.h"

#include <stdlib.h>

static bool memo_find(const struct edit *e, uint32_t set, uint32_t *ret_set)
{
	for (size_t i = 0; i < e->sets; i++)
		if (e->set_from[i] == set) {
			*ret_set = e->set_to[i];
			return true;
		}
	return false;
}

static int memo_add(struct edit *e, uint32_t set, uint32_t to)
{
	if (e->sets == e->sets_cap) {
		size_t cap = e->sets_cap ? e->sets_cap * 2 : 8;
		uint32_t *from = realloc(e->set_from, cap * sizeof *from);
		if (from)
			e->set_from = from;
		uint32_t *into = from ? realloc(e->set_to, cap * sizeof *into) : NULL;
		if (!into)
			return op_fail(e->txn->op, RC_NOMEM, "out of memory");
		e->set_to = into;
		e->sets_cap = cap;
	}
	e->set_from[e->sets] = set;
	e->set_to[e->sets++] = to;
	return 0;
}

static int id_cmp(const void *a, const void *b)
{
	uint32_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

// Sorts ids and drops repeated ones.
static uint32_t ids_tidy(uint32_t *ids, uint32_t n)
{
	if (n == 0)
		return 0;
	qsort(ids, n, sizeof *ids, id_cmp);
	uint32_t kept = 1;
	for (uint32_t i = 1; i < n; i++)
		if (ids[i] != ids[kept - 1])
			ids[kept++] = ids[i];
	return kept;
}

// Appends the ids of the names; unknown names are added to the table, or left out.
static int add_ids(struct edit *e, const struct span *names, size_t n, bool create, uint32_t *ids,
	uint32_t *io_n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t id = keywords_find(e->body->keywords, names[i]);
		if (id == KEYWORD_NONE && create) {
			struct keywords *k;
			int rc = edit_keywords(e, &k);
			if (rc == 0)
				rc = keywords_add(e->txn->op, k, names[i], &e->keyword_log, &id);
			if (rc < 0)
				return rc;
		}
		if (id != KEYWORD_NONE)
			ids[(*io_n)++] = id;
	}
	return 0;
}

static int set_of_ids(struct edit *e, uint32_t *ids, uint32_t n, uint32_t *ret_set)
{
	struct keywords *k;
	n = ids_tidy(ids, n);
	*ret_set = 0;
	if (n == 0)
		return 0;
	if (keywords_find_set(e->body->keywords, ids, n, ret_set))
		return 0;
	int rc = edit_keywords(e, &k);
	return rc < 0 ? rc : keywords_add_set(e->txn->op, k, ids, n, &e->keyword_log, ret_set);
}

// RFC 9979 sections 4 and 5: "A message MUST NOT have both keywords set simultaneously."
static struct span opposite_of(struct span keyword)
{
	static const char *const pairs[][2] = { { "$hasattachment", "$hasnoattachment" },
		{ "$memo", "$hasmemo" } };
	for (size_t i = 0; i < countof(pairs); i++)
		for (size_t k = 0; k < 2; k++)
			if (span_caseeq(keyword, span_str(pairs[i][k])))
				return span_str(pairs[i][1 - k]);
	return SPAN_NONE;
}

static bool names_later(const struct flag_list *list, size_t from, struct span name)
{
	for (size_t i = from; i < list->keyword_count; i++)
		if (span_caseeq(list->keywords[i], name))
			return true;
	return false;
}

// What is set takes its opposite away; of two opposites in one list the last one stays.
static void drop_opposites(
	const struct edit *e, const struct flag_list *list, uint32_t *ids, uint32_t *io_n)
{
	for (size_t i = 0; i < list->keyword_count; i++) {
		struct span other = opposite_of(list->keywords[i]);
		if (!other.p || names_later(list, i + 1, other))
			continue;
		uint32_t id = keywords_find(e->body->keywords, other), n = 0;
		for (uint32_t k = 0; k < *io_n; k++)
			if (ids[k] != id)
				ids[n++] = ids[k];
		*io_n = n;
	}
}

bool edit_set_lost(const struct edit *e, uint32_t was, uint32_t is, const struct flag_list *list)
{
	for (size_t i = 0; i < list->keyword_count; i++) {
		struct span other = opposite_of(list->keywords[i]);
		if (other.p && names_later(list, i + 1, other))
			return true;
		uint32_t id = other.p ? keywords_find(e->body->keywords, other) : KEYWORD_NONE;
		if (id != KEYWORD_NONE && keywords_set_has(e->body->keywords, was, id) &&
			!keywords_set_has(e->body->keywords, is, id))
			return true;
	}
	return false;
}

static int change_ids(struct edit *e, uint32_t set, enum flag_change change,
	const struct flag_list *list, uint32_t *ids, uint32_t *ret_set)
{
	uint32_t n = 0, old_n;
	const uint32_t *old = keywords_set_ids(e->body->keywords, set, &old_n);
	if (change == FLAGS_REMOVE) {
		uint32_t gone = 0, *away = ids + old_n;
		int rc = add_ids(e, list->keywords, list->keyword_count, false, away, &gone);
		for (uint32_t i = 0; i < old_n; i++) {
			bool keep = true;
			for (uint32_t k = 0; k < gone; k++)
				keep = keep && away[k] != old[i];
			if (keep)
				ids[n++] = old[i];
		}
		return rc < 0 ? rc : set_of_ids(e, ids, n, ret_set);
	}
	if (change == FLAGS_ADD)
		for (uint32_t i = 0; i < old_n; i++)
			ids[n++] = old[i];
	int rc = add_ids(e, list->keywords, list->keyword_count, true, ids, &n);
	if (rc == 0)
		drop_opposites(e, list, ids, &n);
	return rc < 0 ? rc : set_of_ids(e, ids, n, ret_set);
}

int edit_set_change(struct edit *e, uint32_t set, enum flag_change change,
	const struct flag_list *list, uint32_t *ret_set)
{
	if (list->keyword_count == 0 && (change != FLAGS_REPLACE || set == 0)) {
		*ret_set = change == FLAGS_REPLACE ? 0 : set;
		return 0;
	}
	if (memo_find(e, set, ret_set))
		return 0;
	uint32_t old_n;
	(void)keywords_set_ids(e->body->keywords, set, &old_n);
	struct op *op = e->txn->op;
	struct arena_mark mark = arena_mark(&op->arena);
	uint32_t *ids = arena_array(&op->arena, old_n + list->keyword_count + 1, sizeof *ids);
	int rc = ids ? change_ids(e, set, change, list, ids, ret_set)
		     : op_fail(op, RC_NOMEM, "out of memory");
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : memo_add(e, set, *ret_set);
}

int edit_set_add(
	struct edit *e, uint32_t set, const struct span *keywords, size_t n, uint32_t *ret_set)
{
	struct flag_list list = { .keywords = keywords, .keyword_count = n };
	uint32_t old_n;
	*ret_set = set;
	if (n == 0)
		return 0;
	(void)keywords_set_ids(e->body->keywords, set, &old_n);
	struct op *op = e->txn->op;
	struct arena_mark mark = arena_mark(&op->arena);
	uint32_t *ids = arena_array(&op->arena, old_n + n, sizeof *ids);
	int rc = ids ? change_ids(e, set, FLAGS_ADD, &list, ids, ret_set)
		     : op_fail(op, RC_NOMEM, "out of memory");
	arena_release(&op->arena, mark);
	return rc;
}

int edit_set_translate(struct edit *e, const struct keywords *from, uint32_t set, uint32_t *ret_set)
{
	*ret_set = 0;
	if (set == 0)
		return 0;
	if (memo_find(e, set, ret_set))
		return 0;
	uint32_t n;
	const uint32_t *ids = keywords_set_ids(from, set, &n);
	struct op *op = e->txn->op;
	struct arena_mark mark = arena_mark(&op->arena);
	struct span *names = arena_array(&op->arena, n + 1, sizeof *names);
	int rc = names ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		names[i] = keywords_name(from, ids[i]);
	if (rc == 0)
		rc = edit_set_add(e, 0, names, n, ret_set);
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : memo_add(e, set, *ret_set);
}
