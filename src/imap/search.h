// SPDX-License-Identifier: Apache-2.0
// Starling: what a module needs to add a SEARCH key (RFC 9051 section 6.4.4, RFC 4466 section 2.6) or a return option (RFC 4731), and the state
// of a SEARCH. What a program of keys means is in mail/search.h.
#ifndef IMAP_SEARCH_H
#define IMAP_SEARCH_H

#include "imap/command.h"
#include "mail/search.h"

struct search_args;
struct sort_criteria;

struct search_key_row {
	const char *name;
	struct search_key key; // what it is; parse() adds the operand
	unsigned children;     // keys that follow it: NOT 1, OR 2; 0: none
	// The cursor stands behind the name, at the space before the operand. NULL: no operand.
	int (*parse)(struct session *s, struct cursor *in, struct search_args *args,
		struct search_key *key);
	bool (*is_offered)(const struct session *s); // NULL: yes; no: as if unknown
};

// Operands, for parse() above.
// astring, in the charset of the command, into key->text as UTF-8.
int search_take_string(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key);
// date into key->day.
int search_take_date(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key);
// number64, nz-number into key->number.
int search_take_number(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key);
int search_take_seconds(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key);

// What RETURN (...) asks for: bits.
enum {
	SEARCH_RETURN_MIN = 1,
	SEARCH_RETURN_MAX = 2,
	SEARCH_RETURN_ALL = 4,
	SEARCH_RETURN_COUNT = 8,
	SEARCH_RETURN_SAVE = 16,
	SEARCH_RETURN_OTHER = 32,
	SEARCH_RETURN_UPDATE = 128,
	SEARCH_RETURN_PARTIAL = 64, // its argument is a struct partial_range (imap/partial.h)
};
struct search_order {          // what SORT found, in the order asked for
	const uint32_t *shown; // numbers, or UIDs for UID SORT
	const uint32_t *uids;
	size_t count;
};
struct search_result {
	const struct numset *shown;       // what matched, in numbers, or in UIDs for UID SEARCH
	const struct numset *uids;        // the same as UIDs
	struct modseq modseq;             // the highest one among them
	const struct search_order *order; // NULL: ascending (SEARCH)
};
struct search_return_row {
	const char *name;
	unsigned bit; // SEARCH_RETURN_
	// The cursor stands behind the name. NULL: no argument.
	int (*parse)(struct session *s, struct command *c, struct cursor *in, void **ret_arg);
	// Adds " NAME value" to the ESEARCH response, or nothing. NULL: it is not told of in a response.
	int (*write)(struct session *s, const struct search_result *r, void *arg, struct rope *out);
};

struct search_wish { // a return option as asked for
	const struct search_return_row *row;
	void *arg;
	struct search_wish *next;
};
struct search_set { // a sequence set among the keys: what it means is found out when the search begins
	struct seqset set;
	bool uid;
	struct search_key *key;
	struct numset uids; // owned
	bool resolved;      // uids says it already
	struct search_set *next;
};
struct search_args {
	struct search_wish *wishes, **tail;
	unsigned returns; // SEARCH_RETURN_ bits of all wishes
	bool extended;    // the answer is ESEARCH
	struct span charset;
	bool charset_unknown;
	bool wants_modseq; // a MODSEQ key: the answer has the highest modseq (RFC 7162 section 3.1.5)
	bool multi; // ESEARCH: responses name the mailbox, and mailboxes without matches have none
	struct span mailbox; // its name then
	bool foreign;        // s->view is another mailbox than the selected one: `$` means nothing
	uint64_t looked;     // messages looked at in other mailboxes before this one
	bool may_be_cut; // beyond MESSAGELIMIT it looks at the last messages; else it is refused
	struct search_set *sets;
	struct search_key *program;
	const struct sort_criteria *criteria; // of SORT; NULL: mailbox order
	// While it runs:
	struct numset looked_at; // the messages of MESSAGELIMIT (RFC 9738), if the limit cuts
	struct uid last;         // the lowest of them; 0: all messages
	struct search *search;
	struct numset found;
	struct modseq modseq;
};

// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key): into args->program. Also for SORT and the like.
int search_program_parse(struct session *s, struct cursor *in, struct search_args *args);
// The keys alone; args->charset was set.
int search_keys_parse(struct session *s, struct cursor *in, struct search_args *args);
// charset; args->charset_unknown tells whether the answer is to be search_bad_charset().
void search_charset_parse(struct session *s, struct cursor *in, struct search_args *args);
int search_bad_charset(struct session *s, const struct search_args *args);
// " MAILBOX name UIDVALIDITY n" of the mailbox searched, as correlators.
void search_write_mailbox(struct session *s, struct span name);
// A command that searches (SEARCH, SORT, THREAD) has struct search_args at the beginning of its args. What they share:

// search-return-opts behind the word RETURN, and the space behind them. The answer is ESEARCH then; without options ALL is asked for.
int search_returns_parse(struct session *s, struct command *c, struct cursor *in);
// No return options: ALL is asked for.
int search_returns_all(struct session *s, struct command *c, struct cursor *in);
// Makes a->tail valid; before everything else.
void search_args_init(struct search_args *a);
// Goes on with the search: 0 (a->found is all of it), IMAP_MORE or a fault.
int search_find(struct session *s, struct command *c);
// Writes what the return options tell, and keeps the result for `$` if SAVE is among them.
int search_answer(struct session *s, struct command *c, struct search_result *r);
// IMAP_DONE, with EXPUNGEISSUED if expunges are waiting that may not be told now (RFC 5530 section 3).
int search_ok(struct session *s, struct command *c);
// Numbers of a search_order as a sequence-set: a range stands for ascending ones only (RFC 5267 section 3.2).
void search_print_order(const uint32_t *list, size_t count, struct rope *out);
// Closes the search, frees what the args hold. Accepts NULL.
void search_args_done(struct search_args *a);
// The outcome of a run: with SAVE, one that is answered NO empties `$` (RFC 9051 section 6.4.4.1).
int search_outcome(struct session *s, struct search_args *a, int rc);

// Finds out what the sets of a program mean. Numbers of no message are no error (RFC 7377 section 2).
int search_sets_resolve(struct session *s, struct search_args *args);
void search_sets_done(struct search_args *args);
// The sets are to be found out again, of another mailbox.
void search_sets_forget(struct search_args *args);

// The keys of the base protocol (imap/search_keys.c), a table of the module `search`.
extern const struct search_key_row search_base_keys[];

#endif
