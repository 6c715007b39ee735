// SPDX-License-Identifier: Apache-2.0
// Starling: STATUS items (RFC 9051 section 6.3.11), shared by STATUS and LIST RETURN (STATUS ...).
#ifndef IMAP_STATUS_H
#define IMAP_STATUS_H

#include "imap/module.h"

#define STATUS_ITEMS_MAX 32u // more than there are; each counts once

struct mailbox;

struct status_items {
	const struct imap_status_item *rows[STATUS_ITEMS_MAX];
	size_t count;
};
// "(" status-att *(SP status-att) ")"; an item named twice counts once.
void status_items_take(struct session *s, struct cursor *in, struct status_items *ret_items);
// "* STATUS name (...)"
void status_write(struct session *s, struct span name, const struct mailbox *mb,
	const struct status_items *items);

#endif
