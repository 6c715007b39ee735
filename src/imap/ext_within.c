// SPDX-License-Identifier: Apache-2.0
// WITHIN: SEARCH YOUNGER and OLDER, in seconds before now (RFC 5032).
#include "imap/module.h"
#include "imap/search.h"

static const struct search_key_row keys[] = {
	{ "OLDER", { .kind = SEARCH_OLDER }, 0, search_take_seconds, NULL },
	{ "YOUNGER", { .kind = SEARCH_YOUNGER }, 0, search_take_seconds, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "WITHIN", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_within = {
	.name = "within",
	.rfc = "RFC 5032",
	.capabilities = capabilities,
	.search_keys = keys,
};
