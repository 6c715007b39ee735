// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply_table.h"

#include "base/rc.h"
#include "wire/smtp.h"

static const struct {
	int rc;
	struct smtp_reply reply;
} rows[] = {
	{ RC_NOMEM, { .code = 451, .enhanced = "4.3.0" } },
	{ RC_IO, { .code = 451, .enhanced = "4.3.0" } },
	{ RC_CORRUPT, { .code = 451, .enhanced = "4.3.0" } },
	{ RC_READONLY, { .code = 451, .enhanced = "4.3.2" } },
	{ RC_NOSPACE, { .code = 452, .enhanced = "4.3.1" } },
	{ RC_LIMIT, { .code = 452, .enhanced = "4.2.2" } }, // of the mailbox: UIDs, mailboxes
	{ RC_OVERQUOTA,
		{ .code = 452,
			.enhanced = "4.2.2" } }, // the MTA tries again, then tells the sender
	{ RC_TOOBIG, { .code = 552, .enhanced = "5.3.4" } },
	{ RC_NONEXISTENT, { .code = 550, .enhanced = "5.1.1" } },
	{ RC_BADNAME, { .code = 550, .enhanced = "5.1.1" } },
	{ RC_NOPERM, { .code = 550, .enhanced = "5.7.1" } },
	{ RC_SYNTAX, { .code = 501, .enhanced = "5.5.4" } },
	{ RC_PRIVACY, { .code = 530, .enhanced = "5.7.0" } },
	{ RC_AUTHFAILED, { .code = 535, .enhanced = "5.7.8" } }, // RFC 4954 section 6
	{ RC_AUTHZFAILED, { .code = 535, .enhanced = "5.7.8" } },
	{ RC_EXPIRED, { .code = 535, .enhanced = "5.7.8" } },
	{ RC_BADURL, { .code = 554, .enhanced = "5.6.6" } }, // RFC 4468 section 6
	{ RC_CANNOT, { .code = 504, .enhanced = "5.5.4" } },
};

struct smtp_reply smtp_reply_of(int rc)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].rc == rc)
			return rows[i].reply;
	return (struct smtp_reply){ .code = 451, .enhanced = "4.3.0" };
}
