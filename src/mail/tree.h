// SPDX-License-Identifier: Apache-2.0
// Starling: the names of an account (account.h: struct tree). A tree is immutable; the newest staged one (account.tree_tip) and the
// published one differ only while a batch is on its way. Its entries share nodes: what is known of one name. A node that is in the store
// has an id; a mailbox may be missing (\NonExistent, kept for its children). Node id 0: the name is only subscribed.
// A mailbox's record holds its parent and the last component of its name, so that a rename changes one record.
#ifndef MAIL_TREE_H
#define MAIL_TREE_H

#include "mail/mail_priv.h"

struct node {
	struct ref refs;
	uint32_t id, parent; // parent: 0 at the top
	unsigned uses;
	struct mailbox *mailbox; // referenced; may be NULL
	size_t n;
	char name[];
};
struct node *node_new(
	uint32_t id, uint32_t parent, unsigned uses, struct mailbox *mb, struct span name);
void node_unref(struct node *n);
static inline struct span node_name(const struct node *n)
{
	return span_of(n->name, n->n);
}
struct node *tree_node(const struct tree *t, size_t i);

// A tree in the making.
struct draft_slot {
	struct node *node;
	bool subscribed, has_children;
};
struct draft {
	struct draft_slot *v;
	size_t n, cap;
	bool failed; // out of memory, sticky
};
void draft_begin(struct draft *d, const struct tree *from); // NULL: empty
void draft_done(struct draft *d);                           // gives it up; accepts a finished one
size_t draft_find(const struct draft *d, struct span name, bool *ret_found);
// Takes over the reference to `node` (NULL: out of memory).
void draft_insert(struct draft *d, size_t at, struct node *node, bool subscribed);
void draft_replace(struct draft *d, size_t at, struct node *node);
void draft_remove(struct draft *d, size_t at);
// [*ret_from, *ret_to): what lies below the name.
void draft_below(const struct draft *d, struct span name, size_t *ret_from, size_t *ret_to);
void draft_sort(struct draft *d);
// Sets has_children of the names above this one (and of itself), or of all.
void draft_mark_parents(struct draft *d, struct span name);
void draft_mark_all(struct draft *d);
int draft_finish(struct op *op, struct draft *d, uint64_t version, const struct tree **ret_tree);

const struct tree *tree_ref(const struct tree *t);
// Reads all names of the account from the store.
int tree_load(struct op *op, struct account *a, const struct tree **ret_tree);

// Whether a mailbox is this node: looks through all.
bool tree_has_node(const struct tree *t, uint32_t node);

// The part of a name before its last '/'; absent: none. Its last component.
struct span name_parent(struct span name);
struct span name_last(struct span name);

#endif
