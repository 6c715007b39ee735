// SPDX-License-Identifier: Apache-2.0
// Starling: what an extension adds, in one descriptor: `const struct imap_module imap_module_foo` in imap/ext_foo.c, and one line in
// imap/modules.def. From the descriptors come dispatch, CAPABILITY, ENABLE and the tables of items. Every table ends with a row whose name
// is NULL; a table that a module does not have is NULL.
#ifndef IMAP_MODULE_H
#define IMAP_MODULE_H

#include "imap/command.h"

struct buf;
struct mailbox_status;
struct tree_entry;
// Rows of the message commands' tables (imap/fetch.h, imap/search.h, imap/store.h, imap/append.h).
struct fetch_item;
struct fetch_modifier;
struct search_key_row;
struct search_return_row;
struct store_modifier;
struct append_item;

enum { // when a capability is offered: bits
	CAP_BEFORE_LOGIN = 1,
	CAP_AFTER_LOGIN = 2,
	CAP_ALWAYS = 3,
};
struct imap_capability {
	const char *name; // as in the CAPABILITY response
	unsigned when;
	bool (*is_offered)(const struct session *s); // NULL: yes
	// Adds " NAME=value ..." (with leading spaces) in place of the name: for AUTH=..., APPENDLIMIT=...; NULL: the name.
	void (*write)(struct session *s, struct buf *to);
	const char *rfc; // where it is defined; NULL: where the module is
};
struct imap_enable { // ENABLE name (RFC 5161, RFC 9051 section 6.3.1)
	const char *name;
	unsigned bit; // ENABLED_
	// Called when it was not enabled yet, before the bit is set; NULL: nothing to do. A fault: it is not enabled.
	int (*enable)(struct session *s);
};
struct imap_status_item { // STATUS and LIST RETURN (STATUS ...)
	const char *name;
	bool (*is_offered)(const struct session *s); // NULL: yes; no: BAD, as if unknown
	// Adds "NAME value".
	void (*write)(struct session *s, const struct mailbox_status *st, struct rope *out);
	unsigned enables; // ENABLED_ bits that asking for it switches on
};
struct imap_list_return { // LIST ... RETURN (name ...): an option that gives a response of its own behind the LIST line
	const char *name;
	// The cursor stands behind the name. NULL: no argument.
	int (*parse)(struct session *s, struct command *c, struct cursor *in, void **ret_arg);
	// Writes a complete response for a mailbox that exists; called right behind its LIST line.
	int (*write)(struct session *s, void *arg, const struct tree_entry *entry);
};
enum { SELECT_MORE = 1 };
struct imap_select_param { // SELECT box (name ...): RFC 4466 section 2.4
	const char *name;
	int (*parse)(struct session *s, struct command *c, struct cursor *in, void **ret_arg);
	// Before the mailbox is opened (may be NULL); and behind the untagged responses of SELECT, s->view open (may be NULL).
	int (*before)(struct session *s, void *arg);
	// SELECT_MORE: the output is full, call again.
	int (*after)(struct session *s, void *arg);
	void (*done)(struct session *s, void *arg); // NULL: nothing to free; arg may be NULL
};

struct imap_module {
	const char *name;
	const char *rfc; // "RFC 7888"
	const struct imap_capability *capabilities;
	const struct imap_command *commands;
	const struct imap_enable *enables;
	const struct imap_status_item *status_items;
	const struct imap_list_return *list_returns;
	const struct imap_select_param *select_params;
	const struct fetch_item *fetch_items;
	const struct fetch_modifier *fetch_modifiers;
	const struct search_key_row *search_keys;
	const struct search_return_row *search_returns;
	const struct store_modifier *store_modifiers;
	const struct append_item *append_items;
	// Adds untagged responses to SELECT and EXAMINE, behind those of the base protocol; s->view is open. NULL: none.
	int (*select_tell)(struct session *s);
	// The response code of the tagged OK of CREATE (without brackets, in the arena); NULL: none.
	const char *(*create_code)(struct session *s, const struct mailbox_status *st);
};

// All modules in the order of modules.def; ends with NULL.
extern const struct imap_module *const imap_modules[];

// The command of this name (any case), NULL if there is none: a binary search over all modules' rows, in a table made once.
const struct imap_command *module_command(struct span name);
// Finds a row by name (any case) in one of the other tables:
//	const struct imap_status_item *it = module_find(MODULE_TABLE(status_items), name);
// where every row begins with its `const char *name`.
#define MODULE_TABLE(field)                                                                        \
	offsetof(struct imap_module, field), sizeof(*((struct imap_module *)0)->field)
const void *module_find(size_t table, size_t row_size, struct span name);

#endif
