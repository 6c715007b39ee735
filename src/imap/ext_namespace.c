// SPDX-License-Identifier: Apache-2.0
// NAMESPACE (RFC 9051 section 6.3.10, RFC 2342): one personal namespace without a prefix.
#include "imap/module.h"

static int namespace_run(struct session *s, struct command *c)
{
	(void)c;
	rope_add(session_out(s), SPAN("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
	return IMAP_DONE;
}

static const struct imap_capability capabilities[] = {
	{ "NAMESPACE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 2342" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "NAMESPACE", STATE_AUTHENTICATED | STATE_SELECTED, NULL, namespace_run, NULL, NULL,
		NULL },
	{ NULL },
};

const struct imap_module imap_module_namespace = {
	.name = "namespace",
	.rfc = "RFC 9051, RFC 2342",
	.capabilities = capabilities,
	.commands = commands,
};
