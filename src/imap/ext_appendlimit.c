// SPDX-License-Identifier: Apache-2.0
// APPENDLIMIT (RFC 7889): the limit of each mailbox by STATUS; in CAPABILITY, too, as long as all have the same. A mailbox gets a lower one of its own
// by the annotation METADATA_APPEND_LIMIT (mail/metadata.h).
#include "base/buf.h"
#include "imap/module.h"
#include "mail/account.h"

static void capability(struct session *s, struct buf *to)
{
	bool differ = s->account && account_limits_append(s->account);
	buf_add(to, differ ? SPAN(" APPENDLIMIT") : SPAN(" APPENDLIMIT="));
	if (differ)
		return;
	buf_addu(to, mail_append_limit(s->config->mail));
}

static void status(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("APPENDLIMIT "));
	rope_addu(out, st->append_limit);
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
