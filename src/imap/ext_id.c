// SPDX-License-Identifier: Apache-2.0
// ID (RFC 2971): who the client is goes to the log, who the server is to the client.
#include "base/limits.h"
#include "base/log.h"
#include "imap/module.h"
#include "wire/write.h"

struct id_args {
	struct span keys[IMAP_ID_FIELDS_MAX], values[IMAP_ID_FIELDS_MAX];
	size_t count;
};

// id = "ID" SP id-params-list; id-params-list = "(" *(string SP nstring) ")" / nil
static int id_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct id_args *a = op_new(&s->op, struct id_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	if (cursor_try_word(in, "NIL"))
		return 0;
	cursor_char(in, '(', "NIL or a list of fields");
	if (cursor_try_char(in, ')'))
		return 0;
	do {
		struct span key = cursor_string(in);
		cursor_sp(in);
		struct span value = cursor_nstring(in);
		if (key.n > 30)
			cursor_fail(in, "field names of at most 30 octets");
		else if (value.n > 1024)
			cursor_fail(in, "values of at most 1024 octets");
		else if (a->count == IMAP_ID_FIELDS_MAX)
			cursor_fail(in, "at most 30 fields");
		if (cursor_is_bad(in))
			return 0;
		a->keys[a->count] = key;
		a->values[a->count++] = value;
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return 0;
}

static void field(struct rope *out, const char *key, const char *value, bool first)
{
	if (!first)
		rope_addc(out, ' ');
	write_string(out, span_str(key), false);
	rope_addc(out, ' ');
	write_string(out, span_str(value), false);
}

static int id_run(struct session *s, struct command *c)
{
	const struct id_args *a = c->args;
	const struct imap_config *cfg = s->config;
	struct rope *out = session_out(s);
	for (size_t i = 0; i < a->count; i++)
		if (a->values[i].p)
			log_info("imap", "%llu ID %.*s: %.*s", (unsigned long long)conn_id(s->conn),
				SPAN_FMT(a->keys[i]), SPAN_FMT(a->values[i]));
	rope_add(out, SPAN("* ID ("));
	field(out, "name", "Starling", true);
	field(out, "version", cfg->version ? cfg->version : "0", false);
	if (cfg->support_url)
		field(out, "support-url", cfg->support_url, false);
	rope_add(out, SPAN(")\r\n"));
	return IMAP_DONE;
}

static const struct imap_capability capabilities[] = {
	{ "ID", CAP_ALWAYS, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "ID", STATE_NOT_AUTHENTICATED | STATE_AUTHENTICATED | STATE_SELECTED, id_parse, id_run,
		NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_id = {
	.name = "id",
	.rfc = "RFC 2971",
	.capabilities = capabilities,
	.commands = commands,
};
