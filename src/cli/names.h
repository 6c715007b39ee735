// SPDX-License-Identifier: Apache-2.0
// Starling: the names of an account's mailboxes, from the headers among its records (mail/format.h: "M").
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "base/op.h"

struct name_node {
	uint32_t id, parent, data, messages; // data 0: no mailbox
	struct span last;                    // level of the name
};
struct names {
	struct arena arena;
	struct name_node *v; // ascending by id, as the records are
	size_t n, cap;
};
void names_init(struct names *l);
void names_done(struct names *l);
int names_add(struct op *op, struct names *l, struct span key, struct span value);
// The mailbox of this name; NULL: none.
const struct name_node *names_find(const struct names *l, struct span name);
// The whole name of the mailbox with this data id, in op's arena; "?" if it is not known.
struct span names_of(struct op *op, const struct names *l, uint32_t data);

#endif
