// SPDX-License-Identifier: Apache-2.0
// Starling: looking things up in a tree of parts (mime/tree.h).
#include "mime/tree.h"

// The child of that number; `part` is a multipart.
static uint32_t child_at(const struct mime_tree *t, uint32_t part, uint32_t number)
{
	uint32_t at = t->parts[part].child;
	while (at != MIME_NONE && t->parts[at].number != number)
		at = t->parts[at].next;
	return at;
}

uint32_t mime_find(const struct mime_tree *t, const uint32_t *path, size_t depth)
{
	uint32_t at = 0;
	// Whether `at` is a message whose parts are counted next: then a body that is no multipart is its part 1.
	bool is_message = true;
	for (size_t i = 0; i < depth; i++) {
		const struct mime_part *p = &t->parts[at];
		if (!is_message && p->kind == MIME_MESSAGE) {
			at = p->child;
			p = &t->parts[at];
			is_message = true;
		}
		if (p->kind == MIME_MULTIPART)
			at = child_at(t, at, path[i]);
		else if (!is_message || path[i] != 1)
			return MIME_NONE;
		if (at == MIME_NONE)
			return MIME_NONE;
		is_message = false;
	}
	return at;
}

uint32_t mime_message_of(const struct mime_tree *t, uint32_t part)
{
	return t->parts[part].kind == MIME_MESSAGE ? t->parts[part].child : MIME_NONE;
}

struct span mime_param_get(const struct mime_param *params, uint32_t count, struct span name)
{
	struct span found = SPAN_NONE;
	for (uint32_t i = 0; i < count; i++) {
		if (!span_caseeq(params[i].name, name))
			continue;
		if (params[i].charset.p) // the extended form is the better one (RFC 2231)
			return params[i].value;
		if (!found.p)
			found = params[i].value;
	}
	return found;
}

bool mime_type_is(const struct mime_part *p, struct span type, struct span subtype)
{
	return span_caseeq(p->type, type) && (subtype.n == 0 || span_caseeq(p->subtype, subtype));
}
