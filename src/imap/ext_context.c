// SPDX-License-Identifier: Apache-2.0
// CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267): the return options UPDATE and CONTEXT, and CANCELUPDATE. PARTIAL: imap/ext_partial.c. What
// keeps results up to date: imap/context.c. CONTEXT is a hint (section 4.2) that costs nothing and brings nothing.
#include "base/limits.h"
#include "imap/context.h"
#include "imap/fetch.h"
#include "imap/module.h"

// modifier-update = "UPDATE" [SP "(" fetch-att *(SP fetch-att) ")"] (RFC 5465 section 7)
static int update_parse(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	struct span *items = op_new(&s->op, struct span);
	*ret_arg = items;
	return items ? fetch_take_later(s, c, in, items) : RC_NOMEM;
}

static const struct search_return_row returns[] = {
	{ "CONTEXT", SEARCH_RETURN_OTHER, NULL, NULL },
	{ "UPDATE", SEARCH_RETURN_UPDATE, update_parse, NULL },
	{ NULL },
};

struct cancel_args {
	struct span tags[CONTEXTS_MAX];
	size_t count;
};

// "CANCELUPDATE" 1*(SP quoted)
static int cancel_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct cancel_args *a = op_new(&s->op, struct cancel_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	do {
		struct span tag = cursor_string(in);
		if (a->count == CONTEXTS_MAX)
			cursor_fail_rc(in, RC_LIMIT, "fewer tags");
		else
			a->tags[a->count++] = tag;
	} while (cursor_try_sp(in));
	return 0;
}

static int cancel_run(struct session *s, struct command *c)
{
	const struct cancel_args *a = c->args;
	for (size_t i = 0; i < a->count; i++)
		if (!context_has(s, a->tags[i]))
			return command_bad(s, NULL, "there is no context of the tag \"%.*s\"",
				SPAN_FMT(a->tags[i]));
	for (size_t i = 0; i < a->count; i++)
		(void)context_cancel(s, a->tags[i]); // said twice: gone already
	return command_ok(s, NULL, "no further updates");
}

static const struct imap_command commands[] = {
	{ "CANCELUPDATE", STATE_SELECTED, cancel_parse, cancel_run, NULL, NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "CONTEXT=SEARCH", CAP_AFTER_LOGIN, NULL, NULL },
	{ "CONTEXT=SORT", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_context = {
	.name = "context",
	.rfc = "RFC 5267",
	.capabilities = capabilities,
	.commands = commands,
	.search_returns = returns,
};
