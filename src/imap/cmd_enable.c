// SPDX-License-Identifier: Apache-2.0
// ENABLE (RFC 9051 section 6.3.1, RFC 5161), and those that are part of the core because they change the stream or the numbers: IMAP4rev2,
// UTF8=ACCEPT (RFC 9755), UIDONLY (RFC 9586). LITERAL+ or LITERAL- (RFC 7888): imap/reader.c does it.
#include "imap/context.h"
#include "imap/module.h"
#include "imap/session_priv.h"

#define NAMES_MAX 64u

struct enable_args {
	struct span names[NAMES_MAX];
	size_t count;
};

// enable = "ENABLE" 1*(SP capability)
static int enable_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct enable_args *a = op_new(&s->op, struct enable_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	do {
		struct span name = cursor_atom(in);
		if (a->count < NAMES_MAX) // one is told only of what was enabled
			a->names[a->count++] = name;
	} while (cursor_try_sp(in));
	return 0;
}

static int enable_run(struct session *s, struct command *c)
{
	const struct enable_args *a = c->args;
	struct rope *out = session_out(s);
	unsigned told = 0;
	struct buf names = { 0 };
	int rc = 0;
	for (size_t i = 0; i < a->count && rc >= 0; i++) {
		const struct imap_enable *row = module_find(MODULE_TABLE(enables), a->names[i]);
		if (!row || (told & row->bit))
			continue;
		if (!(s->enabled & row->bit) && row->enable)
			rc = row->enable(s);
		if (rc < 0)
			break;
		session_enable(s, row->bit);
		told |= row->bit;
		buf_addc(&names, ' ');
		buf_add(&names, span_str(row->name));
	}
	rope_add(out, SPAN("* ENABLED"));
	rope_add(out, buf_span(&names));
	rope_add(out, SPAN("\r\n"));
	buf_done(&names);
	return rc;
}

static int enable_uidonly(struct session *s)
{
	contexts_cancel_numbers(s);
	return 0;
}

static bool literal_plus(const struct session *s)
{
	return !s->config->literal_minus;
}

static bool literal_minus(const struct session *s)
{
	return s->config->literal_minus;
}

static const struct imap_capability capabilities[] = {
	{ "ENABLE", CAP_ALWAYS, NULL, NULL, "RFC 5161" },
	{ "LITERAL+", CAP_ALWAYS, literal_plus, NULL, "RFC 7888" },
	{ "LITERAL-", CAP_ALWAYS, literal_minus, NULL, "RFC 7888" },
	{ "UTF8=ACCEPT", CAP_AFTER_LOGIN, NULL, NULL, "RFC 9755" },
	{ "UIDONLY", CAP_AFTER_LOGIN, NULL, NULL, "RFC 9586" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "ENABLE", STATE_AUTHENTICATED | STATE_SELECTED, enable_parse, enable_run, NULL, NULL,
		NULL },
	{ NULL },
};
static const struct imap_enable enables[] = {
	{ "IMAP4rev2", ENABLED_REV2, NULL },
	{ "UTF8=ACCEPT", ENABLED_UTF8, NULL },
	{ "UIDONLY", ENABLED_UIDONLY, enable_uidonly },
	{ NULL },
};

const struct imap_module imap_module_enable = {
	.name = "enable",
	.rfc = "RFC 9051, RFC 5161, RFC 9755, RFC 7888, RFC 9586",
	.capabilities = capabilities,
	.commands = commands,
	.enables = enables,
};
