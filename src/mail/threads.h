// SPDX-License-Identifier: Apache-2.0
// Starling: THREAD (RFC 5256, draft-ietf-morg-inthread-01) over messages of a view: keys from the cards, the tree (mail/thread_tree.h), and
// its text.
#ifndef MAIL_THREADS_H
#define MAIL_THREADS_H

#include "base/rope.h"
#include "mail/collation.h"
#include "mail/thread_tree.h"
#include "mail/view.h"

struct threads;
enum { THREADS_MORE = 1 };
struct threads_wish {
	enum thread_algorithm algorithm;
	enum collation collation; // of base subjects
	bool by_uid;              // the text names UIDs, else message numbers
};
// Prepares to thread `uids` (all in the view; copied).
int threads_open(struct op *op, struct view *v, const struct numset *uids,
	const struct threads_wish *wish, struct threads **ret_threads);
// Works for about `budget_ns`, appends text to `out`. 0: all is written; THREADS_MORE: call again; or a fault. The text is *thread-list (RFC 5256 section
// 5), nothing for no messages. Blocks when cards must be made again.
int threads_run(struct op *op, struct threads *t, uint64_t budget_ns, struct rope *out);
void threads_close(struct threads *t); // accepts NULL

#endif
