// SPDX-License-Identifier: Apache-2.0
// The way from a view's message to its content; apart from content.c, which knows neither views nor accounts.
#include "base/must.h"
#include "mail/content.h"

int content_open(struct op *op, struct view *v, const struct msg *m, struct content *ret_content)
{
	must(m->cold);
	return content_open_cold(
		op, mail_store_of(account_mail(view_account(v))), m->cold, ret_content);
}
