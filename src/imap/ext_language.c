// SPDX-License-Identifier: Apache-2.0
// LANGUAGE (RFC 5255 section 3). What is translated, and how: imap/language.h. The only namespace has no prefix that could be translated (section
// 3.4), so that no NAMESPACE response is called for.
#include "imap/language.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "base/limits.h"
#include "wire/write.h"

struct language_args {
	struct span ranges[LANGUAGE_RANGES_MAX];
	size_t count;
};

// language-cmd = "LANGUAGE" *(SP lang-range-quoted)
static int language_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct language_args *a = op_new(&s->op, struct language_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	while (cursor_try_sp(in)) {
		size_t at = in->at;
		struct span range = cursor_astring(in);
		if (!cursor_is_bad(in) && !language_is_range(range))
			cursor_fail_at(in, at, "a language");
		if (a->count == LANGUAGE_RANGES_MAX)
			cursor_fail_rc(in, RC_LIMIT, "fewer languages");
		else
			a->ranges[a->count++] = range;
	}
	return 0;
}

// language-data = "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted) ")"
static void write_tag(struct session *s, enum language l)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* LANGUAGE ("));
	rope_add(out, language_tag(l));
	rope_add(out, SPAN(")\r\n"));
}

static void write_tags(struct session *s)
{
	struct rope *out = session_out(s);
	for (int l = LANGUAGE_DEFAULT; l < LANGUAGES; l++) {
		rope_add(out, l ? SPAN(" ") : SPAN("* LANGUAGE ("));
		rope_add(out, language_tag((enum language)l));
	}
	rope_add(out, SPAN(")\r\n"));
}

static int language_run(struct session *s, struct command *c)
{
	const struct language_args *a = c->args;
	if (a->count == 0) {
		write_tags(s);
		return command_ok(s, NULL, "supported languages are listed");
	}
	for (size_t i = 0; i < a->count; i++) {
		enum language l = LANGUAGE_DEFAULT;
		if (!span_caseeq(a->ranges[i], SPAN("default")) && !language_find(a->ranges[i], &l))
			continue;
		write_tag(s, l);
		s->language = l;
		return command_ok(s, NULL, "the language is changed");
	}
	return command_no(s, NULL, "none of these languages is supported");
}

static const struct imap_capability capabilities[] = {
	{ "LANGUAGE", CAP_ALWAYS, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "LANGUAGE", STATE_NOT_AUTHENTICATED | STATE_AUTHENTICATED | STATE_SELECTED,
		language_parse, language_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_language = {
	.name = "language",
	.rfc = "RFC 5255",
	.capabilities = capabilities,
	.commands = commands,
};
