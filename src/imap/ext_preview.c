// SPDX-License-Identifier: Apache-2.0
// PREVIEW (RFC 8970): the beginning of a message as a line of text, made when the message arrived and kept in its card, so that LAZY need not
// be told NIL. Where nothing can be made of a message the preview is "" (section 3.2). Always UTF-8 (section 3.3): to whom quoted strings
// must be ASCII it goes in a literal.
#include "imap/fetch.h"
#include "imap/module.h"
#include "wire/write.h"

// [SP "(" preview-mod *(SP preview-mod) ")"], preview-mod = "LAZY". A space without "(" belongs to the next item.
static int parse_modifiers(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)s;
	(void)c;
	(void)ret_arg;
	struct span rest = span_skip(in->in, in->at);
	if (cursor_is_bad(in) || rest.n < 2 || rest.p[0] != ' ' || rest.p[1] != '(')
		return 0;
	cursor_sp(in);
	cursor_char(in, '(', "a list of modifiers");
	do {
		if (!cursor_try_word(in, "LAZY"))
			cursor_fail(in, "LAZY");
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return 0;
}

static int write_preview(struct fetch_out *f, void *arg)
{
	(void)arg;
	struct span text = content_preview(f->content);
	rope_add(f->out, SPAN("PREVIEW "));
	write_string(f->out, text.p ? text : SPAN(""), session_is_utf8(f->s));
	return 0;
}

static const struct fetch_item items[] = {
	{ "PREVIEW", FETCH_CONTENT, NULL, parse_modifiers, write_preview },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "PREVIEW", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_preview = {
	.name = "preview",
	.rfc = "RFC 8970",
	.capabilities = capabilities,
	.fetch_items = items,
};
