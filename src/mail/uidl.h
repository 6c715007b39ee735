// SPDX-License-Identifier: Apache-2.0
// Starling: unique-ids of POP3 (RFC 1939 section 7, UIDL) that messages were imported with, so that a client which leaves its mail on the server
// does not fetch all of it again after a migration. They belong to the EMAILID: copies and moves keep them. A message without one is
// called by its UIDVALIDITY and UID (uidl_print), which nothing else ever has.
//
// Who imports gives them as append_meta.uidl (mail/txn.h). They stay when the message is gone: a unique-id is never used again.
#ifndef MAIL_UIDL_H
#define MAIL_UIDL_H

#include "base/buf.h"
#include "base/limits.h"
#include "mail/types.h"

struct account;
struct uidls; // those of an account, in memory

#define UIDL_TEXT 24u

bool uidl_is_valid(struct span uidl);
// Of a message without an imported one.
struct span uidl_print(uint32_t uid_validity, struct uid uid, char to[UIDL_TEXT]);

// Reads all that were imported into this account; one look into the store where there are none. Blocks.
int uidls_load(struct op *op, struct account *a, struct uidls **ret_uidls);
// The one of a message whose kind has MSG_UIDL, to whoever asks first for this EMAILID: its copies in the same mailbox are called by their UIDs,
// so that no two have the same. Absent: none. Valid until uidls_free().
struct span uidls_take(struct uidls *u, const struct objectid *emailid);
size_t uidls_count(const struct uidls *u);
struct span uidls_at(const struct uidls *u, size_t i); // the i-th, whoever has it
// Whether it may be what a message without an imported one is called while this is the mailbox's UIDVALIDITY.
bool uidl_is_printed(struct span uidl, uint32_t uid_validity);
void uidls_free(struct uidls *u); // accepts NULL

// No two messages may have the same (RFC 1939 section 7).
struct uidl_set { // zeroed: empty
	struct buf text;
	uint32_t *at; // places in text of varint length and octets, 1 higher; 0: free
	size_t n, cap;
};
// *ret_new false: it was in there.
int uidl_set_add(struct op *op, struct uidl_set *s, struct span uidl, bool *ret_new);
void uidl_set_done(struct uidl_set *s);

#endif
