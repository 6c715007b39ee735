// SPDX-License-Identifier: Apache-2.0
// UNAUTHENTICATE (RFC 8437): back to the state before log-in on the same connection. Everything is reset but TLS. net/ cannot end a
// compression layer within a connection, so with COMPRESS active the answer is BYE, which section 3 allows for what cannot be reset.
#include "base/clock.h"
#include "imap/module.h"
#include "imap/session_priv.h"

static int unauthenticate_run(struct session *s, struct command *c)
{
	(void)c;
	if (conn_is_compressed(s->conn)) {
		session_bye(
			s, NULL, "UNAUTHENTICATE cannot end the compression of this connection");
		return IMAP_DONE;
	}
	session_log_out(s);
	s->priv->nobody_since = clock_mono();
	return command_ok(s, NULL, "nobody is logged in");
}

static const struct imap_capability capabilities[] = {
	{ "UNAUTHENTICATE", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "UNAUTHENTICATE", STATE_AUTHENTICATED | STATE_SELECTED | CMD_NO_SYNC, NULL,
		unauthenticate_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_unauthenticate = {
	.name = "unauthenticate",
	.rfc = "RFC 8437",
	.capabilities = capabilities,
	.commands = commands,
};
