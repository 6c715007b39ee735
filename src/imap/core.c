// SPDX-License-Identifier: Apache-2.0
// The base protocol's own module: the revisions, and the commands of any state (RFC 9051 section 6.1).
#include "imap/module.h"
#include "imap/reply.h"

// CAPABILITY (RFC 9051 section 6.1.1)
static int capability_run(struct session *s, struct command *c)
{
	(void)c;
	reply_capability(s);
	return IMAP_DONE;
}

// NOOP (RFC 9051 section 6.1.2): what changed is told as after any command.
static int noop_run(struct session *s, struct command *c)
{
	(void)s;
	(void)c;
	return IMAP_DONE;
}

// LOGOUT (RFC 9051 section 6.1.3)
static int logout_run(struct session *s, struct command *c)
{
	(void)c;
	rope_add(session_out(s), SPAN("* BYE "));
	reply_text(s, SPAN("logging out"));
	rope_add(session_out(s), SPAN("\r\n"));
	s->state = STATE_LOGOUT;
	return IMAP_DONE;
}

static const struct imap_capability capabilities[] = {
	{ "IMAP4rev2", CAP_ALWAYS, NULL, NULL },
	{ "IMAP4rev1", CAP_ALWAYS, NULL, NULL, "RFC 3501" },
	{ NULL },
};

#define ANY_STATE (STATE_NOT_AUTHENTICATED | STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_command commands[] = {
	{ "CAPABILITY", ANY_STATE, NULL, capability_run, NULL, NULL, NULL },
	{ "NOOP", ANY_STATE, NULL, noop_run, NULL, NULL, NULL },
	{ "LOGOUT", ANY_STATE | CMD_NO_SYNC, NULL, logout_run, NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_core = {
	.name = "core",
	.rfc = "RFC 9051",
	.capabilities = capabilities,
	.commands = commands,
};
