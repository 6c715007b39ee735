// SPDX-License-Identifier: Apache-2.0
// APPENDLIMIT (RFC 7889): one limit for all mailboxes, told in CAPABILITY and by STATUS.
#include "base/buf.h"
#include "imap/module.h"
#include "mail/account.h"

static void capability(struct session *s, struct buf *to)
{
	buf_add(to, SPAN(" APPENDLIMIT="));
	buf_addu(to, mail_append_limit(s->config->mail));
}

static void status(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)st;
	rope_add(out, SPAN("APPENDLIMIT "));
	rope_addu(out, mail_append_limit(s->config->mail));
}

static const struct imap_capability capabilities[] = {
	{ "APPENDLIMIT", CAP_AFTER_LOGIN, NULL, capability },
	{ NULL },
};
static const struct imap_status_item status_items[] = {
	{ "APPENDLIMIT", NULL, status },
	{ NULL },
};

const struct imap_module imap_module_appendlimit = {
	.name = "appendlimit",
	.rfc = "RFC 7889",
	.capabilities = capabilities,
	.status_items = status_items,
};
