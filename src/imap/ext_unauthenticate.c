// SPDX-License-Identifier: Apache-2.0
// UNAUTHENTICATE (RFC 8437): back to the state before log-in on the same connection. Everything is reset but TLS; compression ends
// behind the OK, and in what the client sends behind the command (section 4.1).
#include "imap/module.h"
#include "imap/session_priv.h"

static int unauthenticate_run(struct session *s, struct command *c)
{
	(void)c;
	session_log_out(s);
	return command_ok(s, NULL, "nobody is logged in");
}

static void unauthenticate_after(struct session *s)
{
	if (conn_end_compress(&s->op, s->conn) < 0)
		s->state =
			STATE_LOGOUT; // the client takes what follows as plain: nothing can be said
}

static const struct imap_capability capabilities[] = {
	{ "UNAUTHENTICATE", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "UNAUTHENTICATE", STATE_AUTHENTICATED | STATE_SELECTED | CMD_NO_SYNC, NULL,
		unauthenticate_run, NULL, NULL, unauthenticate_after },
	{ NULL },
};

const struct imap_module imap_module_unauthenticate = {
	.name = "unauthenticate",
	.rfc = "RFC 8437",
	.capabilities = capabilities,
	.commands = commands,
};
