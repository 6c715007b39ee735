// SPDX-License-Identifier: Apache-2.0
// SAVEDATE (RFC 8514): when a message came into the mailbox where it is. Every mailbox keeps it, so it is never NIL and SAVEDATESUPPORTED
// matches all. Shown in UTC, and searched by the day that is shown.
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/search.h"
#include "wire/write.h"

static int write_save_date(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("SAVEDATE "));
	write_date_time(f->out, f->msg->cold->save_date, 0);
	return 0;
}

static const struct fetch_item items[] = {
	{ "SAVEDATE", FETCH_COLD, NULL, NULL, write_save_date },
	{ NULL },
};
static const struct search_key_row keys[] = {
	{ "SAVEDBEFORE", { .kind = SEARCH_SAVEDBEFORE }, 0, search_take_date, NULL },
	{ "SAVEDON", { .kind = SEARCH_SAVEDON }, 0, search_take_date, NULL },
	{ "SAVEDSINCE", { .kind = SEARCH_SAVEDSINCE }, 0, search_take_date, NULL },
	{ "SAVEDATESUPPORTED", { .kind = SEARCH_ALL }, 0, NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "SAVEDATE", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_savedate = {
	.name = "savedate",
	.rfc = "RFC 8514",
	.capabilities = capabilities,
	.fetch_items = items,
	.search_keys = keys,
};
