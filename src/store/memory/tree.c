// SPDX-License-Identifier: Apache-2.0
// Recursion is as deep as the treap: about 2.5 log2(n) levels, as the seed of the hash is random.
#include "store/memory/tree.h"

#include "base/hash.h"
#include "base/ref.h"

#include <stdlib.h>

struct entry { // key and value, shared by the copies of a node
	struct ref refs;
	uint64_t priority;
	size_t key_n, value_n;
	char bytes[];
};
struct tree_node {
	struct ref refs;
	struct entry *entry;
	struct tree_node *left, *right;
};

static void entry_unref(struct entry *e)
{
	if (ref_drop(&e->refs))
		free(e);
}

struct tree_node *keytree_ref(struct tree_node *root)
{
	if (root)
		ref_take(&root->refs);
	return root;
}

void keytree_unref(struct tree_node *root)
{
	if (!root || !ref_drop(&root->refs))
		return;
	keytree_unref(root->left);
	keytree_unref(root->right);
	entry_unref(root->entry);
	free(root);
}

struct span keytree_key(const struct tree_node *n)
{
	return span_of(n->entry->bytes, n->entry->key_n);
}

struct span keytree_value(const struct tree_node *n)
{
	return span_of(n->entry->bytes + n->entry->key_n, n->entry->value_n);
}

const struct tree_node *keytree_find(const struct tree_node *root, struct span key)
{
	while (root) {
		int c = span_cmp(key, keytree_key(root));
		if (c == 0)
			return root;
		root = c < 0 ? root->left : root->right;
	}
	return NULL;
}

const struct tree_node *keytree_from(const struct tree_node *root, struct span key, bool after)
{
	const struct tree_node *best = NULL;
	while (root) {
		int c = span_cmp(keytree_key(root), key);
		if (c > 0 || (c == 0 && !after)) {
			best = root;
			root = root->left;
		} else {
			root = root->right;
		}
	}
	return best;
}

// A node of its own reference with these parts, whose references it takes over (also when it fails).
static struct tree_node *node_new(
	struct entry *entry, struct tree_node *left, struct tree_node *right)
{
	struct tree_node *n = malloc(sizeof *n);
	if (!n) {
		entry_unref(entry);
		keytree_unref(left);
		keytree_unref(right);
		return NULL;
	}
	ref_init(&n->refs);
	n->entry = entry;
	n->left = left;
	n->right = right;
	return n;
}

static struct entry *entry_ref(struct entry *e)
{
	ref_take(&e->refs);
	return e;
}

// `root` (a node just made, nobody else has it) with its left or right child (just made as well) above it.
static struct tree_node *rotate(struct tree_node *root, bool left)
{
	struct tree_node *child = left ? root->left : root->right;
	if (left) {
		root->left = child->right;
		child->right = root;
	} else {
		root->right = child->left;
		child->left = root;
	}
	return child;
}

static struct tree_node *put(struct tree_node *root, struct span key, struct entry *entry)
{
	if (!root)
		return node_new(entry_ref(entry), NULL, NULL);
	int c = span_cmp(key, keytree_key(root));
	if (c == 0)
		return node_new(
			entry_ref(entry), keytree_ref(root->left), keytree_ref(root->right));
	struct tree_node *child = put(c < 0 ? root->left : root->right, key, entry);
	if (!child)
		return NULL;
	struct tree_node *n = c < 0
		? node_new(entry_ref(root->entry), child, keytree_ref(root->right))
		: node_new(entry_ref(root->entry), keytree_ref(root->left), child);
	if (n && child->entry->priority > n->entry->priority)
		n = rotate(n, c < 0);
	return n;
}

bool keytree_put(
	struct tree_node *root, struct span key, struct span value, struct tree_node **ret_root)
{
	struct entry *e = malloc(sizeof *e + key.n + value.n);
	if (!e)
		return false;
	ref_init(&e->refs);
	e->priority = hash_span(key);
	e->key_n = key.n;
	e->value_n = value.n;
	if (key.n)
		memcpy(e->bytes, key.p, key.n);
	if (value.n)
		memcpy(e->bytes + key.n, value.p, value.n);
	struct tree_node *n = put(root, key, e);
	entry_unref(e);
	if (n)
		*ret_root = n;
	return n != NULL;
}

// Joins two trees, all keys of `a` before those of `b`. *ok turns false when out of memory.
static struct tree_node *join(struct tree_node *a, struct tree_node *b, bool *ok)
{
	if (!a || !b)
		return keytree_ref(a ? a : b);
	struct tree_node *n;
	if (a->entry->priority > b->entry->priority) {
		struct tree_node *right = join(a->right, b, ok);
		n = node_new(entry_ref(a->entry), keytree_ref(a->left), right);
	} else {
		struct tree_node *left = join(a, b->left, ok);
		n = node_new(entry_ref(b->entry), left, keytree_ref(b->right));
	}
	if (!n)
		*ok = false;
	return n;
}

static struct tree_node *drop(struct tree_node *root, struct span key, bool *ok)
{
	int c = span_cmp(key, keytree_key(root));
	if (c == 0)
		return join(root->left, root->right, ok);
	struct tree_node *child = drop(c < 0 ? root->left : root->right, key, ok);
	struct tree_node *n = c < 0
		? node_new(entry_ref(root->entry), child, keytree_ref(root->right))
		: node_new(entry_ref(root->entry), keytree_ref(root->left), child);
	if (!n)
		*ok = false;
	return n;
}

bool keytree_remove(struct tree_node *root, struct span key, struct tree_node **ret_root)
{
	if (!keytree_find(root, key)) {
		*ret_root = keytree_ref(root);
		return true;
	}
	bool ok = true;
	struct tree_node *n = drop(root, key, &ok);
	if (ok)
		*ret_root = n;
	else
		keytree_unref(n);
	return ok;
}
