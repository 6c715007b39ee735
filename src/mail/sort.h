// SPDX-License-Identifier: Apache-2.0
// Starling: SORT (RFC 5256, RFC 5957): messages of a view in the order of some criteria. Keys come from the cards, which hold them for
// i;unicode-casemap; for another collation (mail/collation.h) strings are read from the headers. Of a mailbox that is not small, the rank of each
// message by each key is kept (mail/column.h): the next SORT reads the cards of new messages only.
#ifndef MAIL_SORT_H
#define MAIL_SORT_H

#include "mail/collation.h"
#include "mail/view.h"

enum sort_key {
	SORT_ARRIVAL,
	SORT_CC,
	SORT_DATE,
	SORT_FROM,
	SORT_SIZE,
	SORT_SUBJECT,
	SORT_TO,
	SORT_DISPLAYFROM,
	SORT_DISPLAYTO,
	SORT_KEYS
};
struct sort_criteria { // in order of weight; each key once (a second time it could decide nothing)
	uint8_t keys[SORT_KEYS];
	bool reverse[SORT_KEYS];
	unsigned count;
	enum collation collation;
};
// Adds a criterion unless its key is there.
void sort_criteria_add(struct sort_criteria *c, enum sort_key key, bool reverse);

struct sort;
enum { SORT_MORE = 1 };
// Prepares to sort `uids` (all in the view; copied). The view must stay. `numbers`: sort_seqs() will be asked for, of numbers as they are now.
int sort_open(struct op *op, struct view *v, const struct numset *uids,
	const struct sort_criteria *criteria, bool numbers, struct sort **ret_sort);
// Works for about `budget_ns`. 0: sorted; SORT_MORE: call again; or a fault. Blocks when cards must be made again.
int sort_run(struct op *op, struct sort *s, uint64_t budget_ns);
// The result, after sort_run() gave 0: UIDs and message numbers in order. A message whose record went away meanwhile is missing.
size_t sort_count(const struct sort *s);
const uint32_t *sort_uids(const struct sort *s);
const uint32_t *sort_seqs(const struct sort *s);
const uint32_t *sort_found(const struct sort *s); // UIDs ascending
void sort_close(struct sort *s);                  // accepts NULL

#endif
