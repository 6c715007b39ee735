// SPDX-License-Identifier: Apache-2.0
#include "cli/names.h"

#include "base/limits.h"
#include "mail/format.h"

#include <stdlib.h>

void names_init(struct names *l)
{
	*l = (struct names){ 0 };
	arena_init(&l->arena, 0);
}

void names_done(struct names *l)
{
	free(l->v);
	arena_done(&l->arena);
	*l = (struct names){ 0 };
}

int names_add(struct op *op, struct names *l, struct span key, struct span value)
{
	struct header h;
	struct span last;
	if (key.n != 5)
		return op_fail(op, RC_CORRUPT, "the header of a mailbox has a key of its own");
	int rc = header_decode(op, value, &h, &last);
	if (rc < 0)
		return rc;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct name_node *v = realloc(l->v, cap * sizeof *v);
		if (!v)
			return op_fail(op, RC_NOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	last = arena_dup(&l->arena, last);
	if (!last.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	l->v[l->n++] = (struct name_node){ __builtin_bswap32(load_u32(key.p + 1)), h.parent, h.data,
		h.messages, last };
	return 0;
}

const struct name_node *names_find(const struct names *l, struct span name)
{
	const struct name_node *found = NULL;
	uint32_t parent = 0;
	do {
		struct span level;
		size_t i = 0;
		name = span_split(name, '/', &level);
		while (i < l->n && (l->v[i].parent != parent || !span_eq(l->v[i].last, level)))
			i++;
		if (i == l->n)
			return NULL;
		found = &l->v[i];
		parent = found->id;
	} while (name.p);
	return found->data ? found : NULL;
}

static const struct name_node *by_id(const struct names *l, uint32_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].id == id)
			return &l->v[i];
	return NULL;
}

struct span names_of(struct op *op, const struct names *l, uint32_t data)
{
	const struct name_node *path[MAILBOX_DEPTH_MAX] = { NULL }, *at = NULL;
	size_t depth = 0, n = 0;
	for (size_t i = 0; i < l->n && !at; i++)
		if (l->v[i].data == data && data)
			at = &l->v[i];
	for (; at && depth < MAILBOX_DEPTH_MAX; at = at->parent ? by_id(l, at->parent) : NULL) {
		path[depth++] = at;
		n += at->last.n + 1;
	}
	char *p = depth ? arena_bytes(&op->arena, n) : NULL;
	if (!p)
		return SPAN("?");
	n = 0;
	while (depth--) {
		memcpy(p + n, path[depth]->last.p, path[depth]->last.n);
		n += path[depth]->last.n;
		if (depth)
			p[n++] = '/';
	}
	return span_of(p, n);
}
