// SPDX-License-Identifier: Apache-2.0
// SEARCHRES: SEARCH RETURN (SAVE), and `$` for the messages that it found (RFC 5182, RFC 9051 section 6.4.4.1). imap/cmd_search.c saves,
// since that depends on all options together; args_messages() resolves `$`.
#include "imap/module.h"
#include "imap/search.h"

static const struct search_return_row returns[] = {
	{ "SAVE", SEARCH_RETURN_SAVE, NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "SEARCHRES", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_searchres = {
	.name = "searchres",
	.rfc = "RFC 5182",
	.capabilities = capabilities,
	.search_returns = returns,
};
