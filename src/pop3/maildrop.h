// SPDX-License-Identifier: Apache-2.0
// Starling: the maildrop of one POP3 session: INBOX as it was at log-in, numbered from 1, with marks of what is to be deleted. Nothing that others
// do to INBOX meanwhile changes it; the marks take effect in maildrop_update() alone.
#ifndef POP3_MAILDROP_H
#define POP3_MAILDROP_H

#include "base/numset.h"
#include "base/op.h"

struct account;
struct uidls;
struct view;
struct view_cursor;

struct drop_message {
	uint32_t uid;
	bool deleted;
	uint8_t uidl_n;   // octets of `uidl`
	uint64_t size;    // octets that RETR sends, without stuffed dots and the last line
	const char *uidl; // an imported one; NULL: it is called by its UID
};
struct maildrop { // zeroed is closed
	struct view *view;
	struct uidls *uidls;
	struct view_cursor *cursor; // while it is loaded
	struct drop_message *v;
	uint32_t n, cap, uid_validity;
	uint32_t kept; // messages without a mark, and their octets
	uint64_t kept_size;
};

enum { DROP_MORE = 1 }; // the session had its share of time: call maildrop_load() again
// Opens INBOX; then maildrop_load() until it says 0. RC_LIMIT: too many messages. May block on the disk.
int maildrop_open(struct op *op, struct maildrop *d, struct account *a);
int maildrop_load(struct op *op, struct maildrop *d);
void maildrop_close(struct maildrop *d); // accepts zeroed

// The message of that number; NULL: there is none, or it is marked.
struct drop_message *maildrop_message(const struct maildrop *d, uint64_t number);
void maildrop_delete(struct maildrop *d, struct drop_message *m);
void maildrop_reset(struct maildrop *d); // takes all marks back
// Its unique-id, into `to` (UIDL_TEXT octets) unless it was imported.
struct span maildrop_uidl(const struct maildrop *d, const struct drop_message *m, char *to);
// Removes the marked messages for ever, all in one step, durable on return: the UPDATE state. *ret_removed: how many were still there.
int maildrop_update(struct op *op, struct maildrop *d, uint64_t *ret_removed);

#endif
