// SPDX-License-Identifier: Apache-2.0
#include "mail/uidl.h"

#include "base/hash.h"
#include "base/limits.h"
#include "mail/mail_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct entry_of_uidl {
	struct objectid id;
	uint32_t at; // in text
	uint8_t n;
	bool taken;
};
struct uidls {
	struct entry_of_uidl *v; // in the order of the ids: as the store gives them
	size_t n, cap;
	struct buf text;
};

bool uidl_is_valid(struct span uidl)
{
	for (size_t i = 0; i < uidl.n; i++)
		if (uidl.p[i] < 0x21 || uidl.p[i] > 0x7e)
			return false;
	return uidl.n >= 1 && uidl.n <= UIDL_MAX;
}

struct span uidl_print(uint32_t uid_validity, struct uid uid, char to[UIDL_TEXT])
{
	int n = snprintf(to, UIDL_TEXT, "%u.%u", uid_validity, uid.v); // 21 octets at most
	return span_of(to, (size_t)n);
}

bool uidl_is_printed(struct span uidl, uint32_t uid_validity)
{
	uint64_t v;
	struct span first;
	(void)span_split(uidl, '.', &first);
	return first.n < uidl.n && span_to_u64(first, UINT32_MAX, &v) && v == uid_validity;
}

static int add(struct op *op, struct uidls *u, struct span key, struct span value)
{
	if (key.n != 1 + sizeof(struct objectid) || !uidl_is_valid(value))
		return 0; // damaged: the message is called by its UID
	if (u->n >= UIDLS_MAX)
		return op_fail(op, RC_LIMIT, "more than %u imported unique-ids", UIDLS_MAX);
	if (u->n == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 256;
		struct entry_of_uidl *v = realloc(u->v, cap * sizeof *v);
		if (!v)
			return op_fail(op, RC_NOMEM, "out of memory");
		u->v = v;
		u->cap = cap;
	}
	struct entry_of_uidl *e = &u->v[u->n++];
	memcpy(e->id.b, key.p + 1, sizeof e->id.b);
	e->at = (uint32_t)u->text.n;
	e->n = (uint8_t)value.n;
	e->taken = false;
	buf_add(&u->text, value);
	return u->text.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int uidls_load(struct op *op, struct account *a, struct uidls **ret_uidls)
{
	struct uidls *u = calloc(1, sizeof *u);
	struct store_cursor *c;
	if (!u)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = store_cursor_open(
		op, account_store(a), NULL, a->partition, SPAN("P"), SPAN("Q"), &c);
	if (rc == 0) {
		struct span key, value;
		while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
			rc = add(op, u, key, value);
			if (rc < 0)
				break;
		}
		store_cursor_close(c);
	}
	if (rc < 0) {
		uidls_free(u);
		return rc;
	}
	*ret_uidls = u;
	return 0;
}

static int compare(const void *key, const void *entry)
{
	return memcmp(key, ((const struct entry_of_uidl *)entry)->id.b, sizeof(struct objectid));
}

struct span uidls_take(struct uidls *u, const struct objectid *emailid)
{
	struct entry_of_uidl *e =
		u->n ? bsearch(emailid->b, u->v, u->n, sizeof *u->v, compare) : NULL;
	if (!e || e->taken)
		return SPAN_NONE;
	e->taken = true;
	return span_of(u->text.p + e->at, e->n);
}

size_t uidls_count(const struct uidls *u)
{
	return u->n;
}

struct span uidls_at(const struct uidls *u, size_t i)
{
	return span_of(u->text.p + u->v[i].at, u->v[i].n);
}

void uidls_free(struct uidls *u)
{
	if (!u)
		return;
	buf_done(&u->text);
	free(u->v);
	free(u);
}

// --- a set ---

static struct span set_text(const struct uidl_set *s, uint32_t at)
{
	struct reader r = reader_of(span_skip(buf_span(&s->text), at - 1));
	return reader_field(&r);
}

static uint32_t *set_place(const struct uidl_set *s, struct span uidl)
{
	size_t i = hash_span(uidl) % s->cap;
	while (s->at[i] && !span_eq(set_text(s, s->at[i]), uidl))
		i = (i + 1) % s->cap;
	return &s->at[i];
}

static bool set_grow(struct uidl_set *s)
{
	struct uidl_set more = { .text = s->text, .n = s->n, .cap = s->cap ? s->cap * 2 : 1024 };
	more.at = calloc(more.cap, sizeof *more.at);
	if (!more.at)
		return false;
	for (size_t i = 0; i < s->cap; i++)
		if (s->at[i])
			*set_place(&more, set_text(s, s->at[i])) = s->at[i];
	free(s->at);
	*s = more;
	return true;
}

int uidl_set_add(struct op *op, struct uidl_set *s, struct span uidl, bool *ret_new)
{
	if (s->n * 2 >= s->cap && !set_grow(s))
		return op_fail(op, RC_NOMEM, "out of memory");
	uint32_t *place = set_place(s, uidl);
	*ret_new = *place == 0;
	if (*place)
		return 0;
	uint32_t at = (uint32_t)s->text.n + 1;
	buf_add_field(&s->text, uidl);
	if (s->text.failed || s->text.n >= UINT32_MAX)
		return op_fail(op, RC_NOMEM, "out of memory");
	*place = at;
	s->n++;
	return 0;
}

void uidl_set_done(struct uidl_set *s)
{
	buf_done(&s->text);
	free(s->at);
	*s = (struct uidl_set){ 0 };
}
