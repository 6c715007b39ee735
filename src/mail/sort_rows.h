// SPDX-License-Identifier: Apache-2.0
// Starling: the sort keys of messages as their cards have them, and what comes of them: the order by one key, and from it ranks (mail/column.h).
// For sort.c.
#ifndef MAIL_SORT_ROWS_H
#define MAIL_SORT_ROWS_H

#include "mail/sort.h"

struct sort_rows;
enum { SORT_ROWS_MORE = 1, SORT_ROWS_GONE = 2 };

// Of these messages of the view, which must stay; `count` keys of enum sort_key.
int sort_rows_open(struct op *op, struct view *v, const struct numset *uids,
	const struct sort_criteria *wanted, struct sort_rows **ret_rows);
void sort_rows_close(struct sort_rows *r); // accepts NULL
// Gathers keys: 0 when all are there, SORT_ROWS_MORE, or a fault. Blocks when cards must be made again.
int sort_rows_gather(struct op *op, struct sort_rows *r);
// The messages whose record was there, ascending.
size_t sort_rows_count(const struct sort_rows *r);
const uint32_t *sort_rows_uids(const struct sort_rows *r);

// Then for each key by itself: begin, run until it is 0. Rows with equal keys keep the order of the mailbox.
int sort_rows_order_begin(struct op *op, struct sort_rows *r, unsigned key);
int sort_rows_order_run(struct sort_rows *r);                     // 0 or SORT_ROWS_MORE
uint32_t sort_rows_nth(const struct sort_rows *r, size_t i);      // which row stands at place i
bool sort_rows_is_as_before(const struct sort_rows *r, size_t i); // its key is that of place i - 1
// How the key of place i stands to that of another message, whose card is looked at: <0, 0, >0. Outcome SORT_ROWS_GONE: that one is gone.
int sort_rows_compare(struct op *op, struct sort_rows *r, size_t i, uint32_t uid, int *ret_order);

#endif
