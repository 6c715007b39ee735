// SPDX-License-Identifier: Apache-2.0
// Starling: SEARCH programs (RFC 9051 section 6.4.4): a tree of keys, and its evaluation over a view: hot records first, then cold ones, then
// cards, then the octets; cheap keys of an AND are tried first. Substrings compare on decoded text, by the collation of the program's first key.
#ifndef MAIL_SEARCH_H
#define MAIL_SEARCH_H

#include "mail/collation.h"
#include "mail/content.h"

enum search_kind {
	SEARCH_ALL,
	SEARCH_AND,
	SEARCH_OR,
	SEARCH_NOT,
	SEARCH_FLAGS,   // (flags & mask) == value, FLAG_RECENT too
	SEARCH_KEYWORD, // text: has the keyword
	SEARCH_SEQS,
	SEARCH_UIDS, // set; SEARCH_SAVED: `$`, resolved by the session to SEARCH_UIDS
	SEARCH_LARGER,
	SEARCH_SMALLER, // number
	SEARCH_SINCE,
	SEARCH_BEFORE,
	SEARCH_ON, // day: INTERNALDATE, in its own zone
	SEARCH_SENTSINCE,
	SEARCH_SENTBEFORE,
	SEARCH_SENTON, // day: Date:
	SEARCH_SAVEDSINCE,
	SEARCH_SAVEDBEFORE,
	SEARCH_SAVEDON, // RFC 8514
	SEARCH_YOUNGER,
	SEARCH_OLDER,  // number: seconds (RFC 5032)
	SEARCH_HEADER, // name, text: the field contains the text; empty text: the field exists. BCC, CC, FROM, SUBJECT, TO are this too
	SEARCH_BODY,
	SEARCH_TEXT,   // text
	SEARCH_MODSEQ, // number: modseq >= (RFC 7162)
	SEARCH_EMAILID,
	SEARCH_THREADID, // id (RFC 8474)
};
struct search_key {
	enum search_kind kind;
	struct search_key *child,
		*next; // AND, OR: any number of children; NOT: one. A list through next
	uint32_t flags_mask, flags_value;
	struct span name, text; // text in UTF-8 as the client meant it (charset converted by imap/)
	struct numset *set;
	uint64_t number;
	int32_t day; // days since 1970-01-01
	struct objectid id;
	enum collation collation; // of the outermost key: how all strings compare
};

struct search;
enum { SEARCH_MORE = 1 };
// Prepares a run over the view (a cursor of its own). The program must stay until search_close().
int search_open(struct op *op, struct view *v, const struct search_key *program,
	struct search **ret_search);
// Works for about `budget_ns` of CPU and adds matching UIDs. 0: all done, SEARCH_MORE: call again (in a later run of the session).
// A search cut short is a fault, never a short result. *ret_modseq: highest modseq of a match so far (RFC 7162).
int search_run(struct op *op, struct search *s, uint64_t budget_ns, struct numset *uids,
	struct modseq *ret_modseq);
void search_close(struct search *s);                // accepts NULL
uint64_t search_done_count(const struct search *s); // messages looked at, for INPROGRESS

#endif
