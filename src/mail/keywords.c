// SPDX-License-Identifier: Apache-2.0
// Keyword tables (format of "K": format.h). Tables are small and copied when something is added; names and sets are shared by reference.
#include "mail/mail_priv.h"

#include "base/buf.h"
#include "base/limits.h"

#include <stdlib.h>

struct kwname {
	struct ref refs;
	uint32_t n;
	char text[];
};
struct kwset {
	struct ref refs;
	uint32_t n, text_n;
	char *text;    // " A B"
	uint32_t id[]; // ascending
};
struct keywords {
	struct ref refs;
	uint32_t names, sets, names_cap, sets_cap;
	struct kwname **name;
	struct kwset **set; // set i + 1
};

struct keywords *keywords_ref(struct keywords *k)
{
	ref_take(&k->refs);
	return k;
}

void keywords_unref(struct keywords *k)
{
	if (!k || !ref_drop(&k->refs))
		return;
	for (uint32_t i = 0; i < k->names; i++)
		if (ref_drop(&k->name[i]->refs))
			free(k->name[i]);
	for (uint32_t i = 0; i < k->sets; i++)
		if (ref_drop(&k->set[i]->refs)) {
			free(k->set[i]->text);
			free(k->set[i]);
		}
	free(k->name);
	free(k->set);
	free(k);
}

uint32_t keywords_count(const struct keywords *k)
{
	return k->names;
}

struct span keywords_name(const struct keywords *k, uint32_t id)
{
	return id < k->names ? span_of(k->name[id]->text, k->name[id]->n) : SPAN_NONE;
}

uint32_t keywords_find(const struct keywords *k, struct span name)
{
	for (uint32_t i = 0; i < k->names; i++)
		if (span_caseeq(keywords_name(k, i), name))
			return i;
	return KEYWORD_NONE;
}

struct span keywords_set_text(const struct keywords *k, uint32_t kwset)
{
	if (kwset == 0 || kwset > k->sets)
		return SPAN("");
	return span_of(k->set[kwset - 1]->text, k->set[kwset - 1]->text_n);
}

const uint32_t *keywords_set_ids(const struct keywords *k, uint32_t kwset, uint32_t *ret_n)
{
	if (kwset == 0 || kwset > k->sets) {
		*ret_n = 0;
		return NULL;
	}
	*ret_n = k->set[kwset - 1]->n;
	return k->set[kwset - 1]->id;
}

bool keywords_set_has(const struct keywords *k, uint32_t kwset, uint32_t id)
{
	uint32_t n;
	const uint32_t *ids = keywords_set_ids(k, kwset, &n);
	for (uint32_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

// atom-specials and resp-specials (RFC 9051 section 9: flag-keyword is an atom).
bool keyword_is_valid(struct span name)
{
	if (name.n == 0 || name.n > KEYWORD_LENGTH_MAX)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c <= 0x20 || c >= 0x7f || strchr("(){%*\"\\]", c))
			return false;
	}
	return true;
}

// --- tables that nobody else has yet ---

static bool grow(void **array, uint32_t *cap, uint32_t n)
{
	if (n < *cap)
		return true;
	uint32_t more = *cap ? *cap * 2 : 8;
	void *p = realloc(*array, more * sizeof(void *));
	if (!p)
		return false;
	*array = p;
	*cap = more;
	return true;
}

static int no_memory(struct op *op)
{
	return op_fail(op, RC_NOMEM, "out of memory");
}

static int name_push(struct op *op, struct keywords *k, struct span name)
{
	struct kwname *n = malloc(sizeof *n + name.n);
	void *array = k->name;
	bool ok = n && grow(&array, &k->names_cap, k->names);
	k->name = array;
	if (!ok) {
		free(n);
		return no_memory(op);
	}
	ref_init(&n->refs);
	n->n = (uint32_t)name.n;
	memcpy(n->text, name.p, name.n);
	k->name[k->names++] = n;
	return 0;
}

static int set_push(struct op *op, struct keywords *k, const uint32_t *ids, uint32_t n)
{
	struct kwset *s = calloc(1, sizeof *s + n * sizeof *ids);
	void *array = k->set;
	bool ok = s && grow(&array, &k->sets_cap, k->sets);
	k->set = array;
	struct buf text = { 0 };
	for (uint32_t i = 0; ok && i < n; i++) {
		s->id[i] = ids[i];
		buf_addc(&text, ' ');
		buf_add(&text, keywords_name(k, ids[i]));
	}
	if (!ok || text.failed) {
		buf_done(&text);
		free(s);
		return no_memory(op);
	}
	ref_init(&s->refs);
	s->n = n;
	s->text = text.p; // owned by the set from here on
	s->text_n = (uint32_t)text.n;
	k->set[k->sets++] = s;
	return 0;
}

static int decode_set(struct op *op, struct keywords *k, struct reader *r)
{
	uint64_t n = reader_varint(r);
	if (r->bad || n == 0 || n > k->names)
		return op_fail(op, RC_CORRUPT, "a mailbox's keyword sets make no sense");
	struct arena_mark mark = arena_mark(&op->arena);
	uint32_t *ids = op_alloc(op, (size_t)n * sizeof *ids);
	if (!ids)
		return RC_NOMEM;
	int rc = 0;
	for (uint64_t i = 0; i < n && rc == 0; i++) {
		uint64_t id = reader_varint(r);
		if (r->bad || id >= k->names)
			rc = op_fail(op, RC_CORRUPT, "a mailbox's keyword sets make no sense");
		ids[i] = (uint32_t)id;
	}
	if (rc == 0)
		rc = set_push(op, k, ids, (uint32_t)n);
	arena_release(&op->arena, mark);
	return rc;
}

int keywords_decode(struct op *op, struct span stored, struct keywords **ret_keywords)
{
	struct keywords *k = calloc(1, sizeof *k);
	if (!k)
		return no_memory(op);
	ref_init(&k->refs);
	struct reader r = reader_of(stored);
	int rc = 0;
	while (rc == 0 && !reader_at_end(&r)) {
		uint8_t kind = reader_u8(&r);
		if (kind == 1) {
			struct span name = reader_field(&r);
			rc = r.bad ? 0 : name_push(op, k, name);
		} else if (kind == 2) {
			rc = decode_set(op, k, &r);
		} else {
			r.bad = true;
		}
	}
	if (rc == 0 && r.bad)
		rc = op_fail(op, RC_CORRUPT, "a mailbox's keywords make no sense");
	if (rc < 0) {
		keywords_unref(k);
		return rc;
	}
	*ret_keywords = k;
	return 0;
}

int keywords_copy(struct op *op, const struct keywords *k, struct keywords **ret_keywords)
{
	struct keywords *c = calloc(1, sizeof *c);
	if (c) {
		ref_init(&c->refs);
		c->names_cap = k->names + 4;
		c->sets_cap = k->sets + 4;
		c->name = calloc(c->names_cap, sizeof *c->name);
		c->set = calloc(c->sets_cap, sizeof *c->set);
	}
	if (!c || !c->name || !c->set) {
		keywords_unref(c);
		return no_memory(op);
	}
	for (; c->names < k->names; c->names++) {
		c->name[c->names] = k->name[c->names];
		ref_take(&c->name[c->names]->refs);
	}
	for (; c->sets < k->sets; c->sets++) {
		c->set[c->sets] = k->set[c->sets];
		ref_take(&c->set[c->sets]->refs);
	}
	*ret_keywords = c;
	return 0;
}

int keywords_add(
	struct op *op, struct keywords *k, struct span name, struct buf *log, uint32_t *ret_id)
{
	uint32_t id = keywords_find(k, name);
	if (id == KEYWORD_NONE) {
		if (k->names >= KEYWORDS_MAX)
			return op_fail(op, RC_LIMIT,
				"the mailbox has %u keywords, no more are possible", k->names);
		int rc = name_push(op, k, name);
		if (rc < 0)
			return rc;
		buf_add_u8(log, 1);
		buf_add_field(log, name);
		id = k->names - 1;
	}
	*ret_id = id;
	return 0;
}

bool keywords_find_set(const struct keywords *k, const uint32_t *ids, uint32_t n, uint32_t *ret_set)
{
	for (uint32_t i = 0; i < k->sets; i++)
		if (k->set[i]->n == n && memcmp(k->set[i]->id, ids, n * sizeof *ids) == 0) {
			*ret_set = i + 1;
			return true;
		}
	return false;
}

int keywords_add_set(struct op *op, struct keywords *k, const uint32_t *ids, uint32_t n,
	struct buf *log, uint32_t *ret_set)
{
	if (k->sets >= KEYWORD_SETS_MAX)
		return op_fail(op, RC_LIMIT, "the mailbox has too many combinations of keywords");
	int rc = set_push(op, k, ids, n);
	if (rc < 0)
		return rc;
	buf_add_u8(log, 2);
	buf_add_varint(log, n);
	for (uint32_t i = 0; i < n; i++)
		buf_add_varint(log, ids[i]);
	*ret_set = k->sets;
	return 0;
}
