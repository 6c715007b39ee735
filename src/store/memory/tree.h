// SPDX-License-Identifier: Apache-2.0
// Starling: an ordered map whose versions are immutable: a change makes a new root and shares what did not change, so a snapshot
// is one more reference on a root. A treap (Seidel, Aragon 1996): the priority of a key is its hash, so the shape depends on the
// keys alone. Nodes are reference-counted; any thread may read a root that it holds.
#ifndef STORE_MEMORY_TREE_H
#define STORE_MEMORY_TREE_H

#include "base/span.h"

struct tree_node; // NULL is the empty tree

struct tree_node *keytree_ref(struct tree_node *root);
void keytree_unref(struct tree_node *root);
struct span keytree_key(const struct tree_node *n);
struct span keytree_value(const struct tree_node *n);
const struct tree_node *keytree_find(const struct tree_node *root, struct span key);
// The first node whose key is >= key (or > key).
const struct tree_node *keytree_from(const struct tree_node *root, struct span key, bool after);
// A new root (a reference of the caller's); `root` stays as it is. False when out of memory.
bool keytree_put(
	struct tree_node *root, struct span key, struct span value, struct tree_node **ret_root);
bool keytree_remove(struct tree_node *root, struct span key, struct tree_node **ret_root);

#endif
