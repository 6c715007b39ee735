// SPDX-License-Identifier: Apache-2.0
// Starling: POP3's unique-ids in a foreign store (mail/uidl.h), so that clients which leave mail on the server do not fetch all of it again: those that
// Dovecot has in a Maildir's `dovecot-uidlist`, and those that it makes of the numbers there.
#ifndef CLI_UIDL_SOURCE_H
#define CLI_UIDL_SOURCE_H

#include "base/buf.h"
#include "base/op.h"

#define UIDL_FORMAT_DOVECOT "%08Xu%08Xv" // its pop3_uidl_format where nothing else is configured

// What stands behind ":2," in the name of a Maildir's file; file systems that know no ':' have ';' or '!' in its place. *ret_base: what stands before.
struct span maildir_flags(struct span name, struct span *ret_base);

struct uidl_line {        // of dovecot-uidlist
	struct span name; // the file's, without flags
	struct span uidl; // its field P; empty: none
	struct span guid; // its field G; empty: the name is it
	uint32_t uid;
};
struct uidl_source { // zeroed: knows none
	const char *format;
	uint32_t uid_validity; // 0: not known
	struct uidl_line *v;   // by name
	size_t n, cap;
	struct buf made; // the one found last, if it was made of the format
};
// True for what uidl_source_find() understands: text and the variables u (UID), v (UIDVALIDITY), f (name of the file), g (GUID) of Dovecot's
// pop3_uidl_format, as in "%08Xu%08Xv" or "%v.%u".
bool uidl_format_is_valid(const char *format);
// Reads a list: spans point into the text. What makes no sense in it is passed over: it is anybody's file. RC_NOMEM.
int uidl_source_read(struct op *op, struct uidl_source *s, struct span text, const char *format);
// The unique-id that the file of that name (flags may stand behind it) had; absent: none. Valid until the next call.
struct span uidl_source_find(struct uidl_source *s, struct span name);
void uidl_source_done(struct uidl_source *s);

#endif
