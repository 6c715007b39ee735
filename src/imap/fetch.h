// SPDX-License-Identifier: Apache-2.0
// Starling: what a module needs to add a FETCH item or modifier (RFC 9051 section 6.4.5, RFC 4466 section 2.5), and the state of a FETCH.
//
// An item's write() adds "NAME value" for one message. If it fails half-way, the whole FETCH response of that message is taken back, the other
// messages are still answered, and the command ends with NO and the first fault.
#ifndef IMAP_FETCH_H
#define IMAP_FETCH_H

#include "imap/command.h"
#include "mail/content.h"

struct fetch_out { // one message being answered
	struct session *s;
	struct rope *out;
	const struct msg *msg;
	const struct keywords *keywords;
	struct content *content; // open when an item needs FETCH_CONTENT
	enum content_form form;  // what this session may get
	uint64_t copied;         // octets of decoded parts so far
};

enum {                       // what an item needs: bits
	FETCH_COLD = 1,      // msg->cold
	FETCH_CONTENT = 2,   // the message opened (implies FETCH_COLD)
	FETCH_SETS_SEEN = 4, // \Seen is set (not in EXAMINE)
	FETCH_SECTION = 8,   // the name is followed by "[": the cursor stands there
	FETCH_DECODES = 16,  // a part is decoded as a whole
};
struct fetch_item {
	const char *name; // as requested, without what parse() takes
	unsigned needs;
	bool (*is_offered)(const struct session *s); // NULL: yes; no: as if unknown
	// The cursor stands behind the name. NULL: nothing follows, and the argument is NULL.
	int (*parse)(struct session *s, struct command *c, struct cursor *in, void **ret_arg);
	int (*write)(struct fetch_out *f, void *arg);
};
// FETCH ... (name [value] ...)
struct fetch_args;
struct partial_range;
struct fetch_modifier {
	const char *name;
	// The cursor stands behind the name; sets what it is about in the args (e.g. fetch_require_changed_since()).
	int (*parse)(
		struct session *s, struct command *c, struct cursor *in, struct fetch_args *args);
};

struct fetch_wish { // an item as asked for
	const struct fetch_item *item;
	void *arg;
	struct fetch_wish *next;
};
struct fetch_args {
	struct seqset set;
	struct fetch_wish *wishes, **tail;
	unsigned count; // of wishes
	unsigned needs; // of all wishes
	bool wants_uid, wants_flags, wants_modseq;
	bool changed, vanished;        // CHANGEDSINCE, VANISHED (RFC 7162)
	struct modseq changed_since;   // messages whose modseq is not above are left out
	struct partial_range *partial; // PARTIAL (RFC 9394); NULL: all
	// While it runs:
	struct numset uids;
	struct uid last; // MESSAGELIMIT (RFC 9738): the lowest message; 0: all
	bool started;
	struct view_cursor *cursor;
	struct msg msg; // of the cursor
	bool holds;     // and not yet answered
	struct view_cursor
		*ahead;       // runs in front of it, finding messages that \Seen is to be set on
	struct uid ahead_to;  // and has got so far (UINT32_MAX: to the end)
	struct numset marked; // messages that \Seen was set on
	struct modseq marked_modseq; // given to those that are not answered yet
	int fault;                   // of the first message that could not be answered
	char fault_text[OP_TEXT_MAX];
};

// VANISHED (EARLIER) and the set of changed messages, before a FETCH with CHANGEDSINCE begins (imap/ext_condstore.c, imap/ext_qresync.c).
int condstore_narrow(struct session *s, struct modseq since, struct numset *uids);
int qresync_tell_vanished(
	struct session *s, struct modseq since, const struct numset *known, uint32_t above);

// Parses an item's name and argument, macros aside; adds it.
int fetch_parse_item(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args);
// SP "(" fetch-att *(SP fetch-att) ")", where it follows, of what is fetched later (RFC 5465 sections 7 and 8): is checked; *ret: what stands between
// the parentheses, absent where nothing follows.
int fetch_take_later(struct session *s, struct command *c, struct cursor *in, struct span *ret);
// Adds the items of such a text. What cannot be asked for any more, or is too much, is left out. RC_NOMEM.
int fetch_add_later(struct session *s, struct span text, struct fetch_args *args);
// FETCH responses for a->uids, unasked (NOTIFY, contexts); \Seen is not set. 0, or 1: the output is full or the time is up, go on with the UIDs from *at on.
int fetch_tell(struct session *s, struct fetch_args *a, uint32_t *at);
void fetch_add_wish(
	struct session *s, struct fetch_args *args, const struct fetch_item *item, void *arg);

// The items of the base protocol (imap/fetch_items.c), a table of the module `fetch`.
extern const struct fetch_item fetch_base_items[];

#endif
