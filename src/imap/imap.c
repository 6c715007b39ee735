// SPDX-License-Identifier: Apache-2.0
#include "imap/imap.h"

#include "auth/seats.h"
#include "imap/imap_priv.h"

#include <stdlib.h>

int imap_new(struct op *op, const struct imap_config *config, struct imap **ret_imap)
{
	struct imap *imap = calloc(1, sizeof *imap);
	if (!imap)
		return op_fail(op, RC_NOMEM, "out of memory");
	imap->config = *config;
	int rc = seats_share(op, config->seats, &imap->seats);
	if (rc < 0) {
		free(imap);
		return rc;
	}
	*ret_imap = imap;
	return 0;
}

void imap_free(struct imap *imap)
{
	if (!imap)
		return;
	seats_unref(imap->seats);
	free(imap);
}

void imap_count(const struct imap *imap, struct imap_counts *ret_counts)
{
	*ret_counts = (struct imap_counts){
		.connections = atomic_load_explicit(&imap->connections, memory_order_relaxed),
		.logins = atomic_load_explicit(&imap->logins, memory_order_relaxed),
		.login_failures = atomic_load_explicit(&imap->login_failures, memory_order_relaxed),
		.commands = atomic_load_explicit(&imap->commands, memory_order_relaxed),
		.bad_commands = atomic_load_explicit(&imap->bad_commands, memory_order_relaxed),
	};
}
