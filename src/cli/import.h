// SPDX-License-Identifier: Apache-2.0
// Starling: `starling import`: sources read foreign stores and hand over mailboxes and messages; the importer files them, passes over what is there
// already, and keeps a list of what could not be read. A source never stops at a bad file.
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/cli.h"
#include "mail/txn.h"

struct importer;

struct import_message {
	struct span octets; // as in the source: LF or CRLF
	struct flag_list flags;
	int64_t date; // INTERNALDATE; INT64_MIN: not known
	int16_t zone;
	struct span
		uidl; // POP3's unique-id in a maildrop; empty: none. Those of other mailboxes than INBOX are not taken
	const char *where; // file, or file:line, for the list of what failed
};

// What follows goes into this mailbox (UTF-8 name; made when missing). A fault ends the import.
int import_mailbox(struct importer *i, struct span name);
// Files one message, or notes that it is there already, or that it cannot be taken. A fault ends the import (the disk, not the message).
int import_message(struct importer *i, const struct import_message *m);
// Notes something that was left out on purpose; goes on.
void import_skipped(struct importer *i, const char *where, const char *why);
// Notes something that could not be read; goes on.
void import_unreadable(struct importer *i, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
// The mailbox is to be subscribed.
int import_subscribe(struct importer *i, struct span name);
// Another entry of a folder, which may be one of very many that bring no message: a batch that is open ends in time.
int import_go_by(struct importer *i);
// Where everything goes when --mailbox was given, else absent: then folders of the source become mailboxes, and loose messages go to INBOX.
struct span import_target(const struct importer *i);
// How Dovecot made unique-ids of POP3 that are not in its lists (cli/uidl_source.h).
const char *import_uidl_format(const struct importer *i);
struct op *import_op(struct importer *i);
// For root: the path of the source without links, out of which no link may lead; else NULL.
const char *import_root(const struct importer *i);
// That path, in op's arena. RC_NONEXISTENT; RC_NOPERM: PATH itself is somebody's link to what is not his.
int import_root_find(struct op *op, const char *path, const char **ret_root);

// A whole file mapped into memory (cli/import_file.c). 0, or positive when it was noted as unreadable.
struct import_file {
	struct span text;
	int64_t mtime; // seconds since 1970
	size_t mapped;
};
int import_file_open(struct importer *i, const char *path, struct import_file *ret_file);
void import_file_close(struct import_file *f);
// False for a folder that a link leads to out of the source, for root; it is noted then.
bool import_may_enter(struct importer *i, const char *path);

// --- sources: 0 or a fault ---
int source_mbox(struct importer *i, const char *path);
int source_eml(struct importer *i, const char *path);
// With Maildir++ folders and Maildirs below it; `mailbox` is its name, empty: the top, whose messages go to INBOX.
int source_maildir(struct importer *i, const char *path, struct span mailbox);
int source_folder(struct importer *i, const char *path); // of .eml files, with subfolders
bool source_is_maildir(const char *path);                // has cur/, or new/ and tmp/
// Holds From_ lines that separate messages; a single message that quotes one is none.
bool source_is_mbox(struct span text);
bool source_is_message(struct span text); // begins with a header field
// A folder below `mailbox`: "A/B" and "c" -> "A/B/c"; modified UTF-7 becomes UTF-8 (a name that is not valid stays). In op's arena.
struct span source_child(struct importer *i, struct span mailbox, struct span name, char separator);

#endif
