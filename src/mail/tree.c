// SPDX-License-Identifier: Apache-2.0
// Trees and their making (tree.h). What lies below a name stands together in byte order (all that begins with "name/"), though not
// directly behind it ("a", "a-b", "a/b"). Adding a name copies the array of entries: 10,000 names cost about 0.1 ms.
#include "mail/tree.h"

#include "base/limits.h"

#include <stdlib.h>

struct tree_box {
	struct tree tree; // first: a tree is its box
	struct ref refs;
	struct node **nodes;
};

static struct tree_box *box_of(const struct tree *t)
{
	return container_of((uintptr_t)t, struct tree_box, tree);
}

// --- nodes ---

struct node *node_new(
	uint32_t id, uint32_t parent, unsigned uses, struct mailbox *mb, struct span name)
{
	struct node *n = malloc(sizeof *n + name.n);
	if (!n)
		return NULL;
	ref_init(&n->refs);
	n->id = id;
	n->parent = parent;
	n->uses = uses;
	n->mailbox = mailbox_ref(mb);
	n->n = name.n;
	memcpy(n->name, name.p, name.n);
	return n;
}

void node_unref(struct node *n)
{
	if (!n || !ref_drop(&n->refs))
		return;
	mailbox_unref(n->mailbox);
	free(n);
}

struct node *tree_node(const struct tree *t, size_t i)
{
	return box_of(t)->nodes[i];
}

struct span name_parent(struct span name)
{
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/')
			return span_of(name.p, i - 1);
	return SPAN_NONE;
}

struct span name_last(struct span name)
{
	struct span parent = name_parent(name);
	return parent.p ? span_skip(name, parent.n + 1) : name;
}

// --- trees ---

const struct tree *tree_ref(const struct tree *t)
{
	ref_take(&box_of(t)->refs);
	return t;
}

void tree_unref(const struct tree *t)
{
	if (!t || !ref_drop(&box_of(t)->refs))
		return;
	struct tree_box *b = box_of(t);
	for (size_t i = 0; i < t->count; i++)
		node_unref(b->nodes[i]);
	free(b);
}

const struct tree *account_tree_ref(struct account *a)
{
	pthread_mutex_lock(&a->publish);
	const struct tree *t = tree_ref(a->tree);
	pthread_mutex_unlock(&a->publish);
	return t;
}

struct span mailbox_name(struct op *op, const struct mailbox *mb)
{
	const struct tree *t = account_tree_ref(mb->account);
	struct span name = SPAN_NONE;
	for (size_t i = 0; i < t->count && !name.p; i++)
		if (t->entries[i].mailbox == mb)
			name = arena_dup(&op->arena, t->entries[i].name);
	tree_unref(t);
	return name;
}

size_t tree_find(const struct tree *t, struct span name, bool *ret_found)
{
	size_t low = 0, high = t->count;
	*ret_found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = span_cmp(t->entries[mid].name, name);
		if (c == 0) {
			*ret_found = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

// --- drafts ---

static bool draft_room(struct draft *d, size_t n)
{
	if (n > d->cap) {
		struct draft_slot *v = realloc(d->v, (n + n / 2 + 16) * sizeof *v);
		if (!v) {
			d->failed = true;
			return false;
		}
		d->v = v;
		d->cap = n + n / 2 + 16;
	}
	return true;
}

void draft_begin(struct draft *d, const struct tree *from)
{
	*d = (struct draft){ 0 };
	if (!from || !draft_room(d, from->count + 16))
		return;
	for (; d->n < from->count; d->n++) {
		struct node *n = tree_node(from, d->n);
		ref_take(&n->refs);
		d->v[d->n] = (struct draft_slot){ n, from->entries[d->n].subscribed,
			from->entries[d->n].has_children };
	}
}

void draft_done(struct draft *d)
{
	for (size_t i = 0; i < d->n; i++)
		node_unref(d->v[i].node);
	free(d->v);
	*d = (struct draft){ 0 };
}

size_t draft_find(const struct draft *d, struct span name, bool *ret_found)
{
	size_t low = 0, high = d->n;
	*ret_found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = span_cmp(node_name(d->v[mid].node), name);
		if (c == 0) {
			*ret_found = true;
			return mid;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void draft_insert(struct draft *d, size_t at, struct node *node, bool subscribed)
{
	if (!node || !draft_room(d, d->n + 1)) {
		d->failed = true;
		node_unref(node);
		return;
	}
	memmove(&d->v[at + 1], &d->v[at], (d->n - at) * sizeof *d->v);
	d->v[at] = (struct draft_slot){ node, subscribed, false };
	d->n++;
}

void draft_replace(struct draft *d, size_t at, struct node *node)
{
	if (!node) {
		d->failed = true;
		return;
	}
	node_unref(d->v[at].node);
	d->v[at].node = node;
}

void draft_remove(struct draft *d, size_t at)
{
	node_unref(d->v[at].node);
	memmove(&d->v[at], &d->v[at + 1], (d->n - at - 1) * sizeof *d->v);
	d->n--;
}

static bool is_below(struct span name, struct span above)
{
	return name.n > above.n && span_starts(name, above) && name.p[above.n] == '/';
}

// The first entry that comes after all names up to and including above + "/" + nothing.
void draft_below(const struct draft *d, struct span name, size_t *ret_from, size_t *ret_to)
{
	size_t low = 0, high = d->n;
	while (low < high) { // the first that is not before "name/"
		size_t mid = low + (high - low) / 2;
		struct span s = node_name(d->v[mid].node);
		int c = span_cmp(span_cut(s, 0, name.n), name);
		bool before =
			c < 0 || (c == 0 && (s.n == name.n || (unsigned char)s.p[name.n] < '/'));
		if (before)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_from = low;
	while (low < d->n && is_below(node_name(d->v[low].node), name))
		low++;
	*ret_to = low;
}

static int slot_cmp(const void *a, const void *b)
{
	const struct draft_slot *x = a, *y = b;
	return span_cmp(node_name(x->node), node_name(y->node));
}

void draft_sort(struct draft *d)
{
	if (d->n)
		qsort(d->v, d->n, sizeof *d->v, slot_cmp);
}

static void mark_one(struct draft *d, size_t i)
{
	size_t from, to;
	draft_below(d, node_name(d->v[i].node), &from, &to);
	bool has = false;
	for (; from < to && !has; from++)
		has = d->v[from].node->mailbox != NULL;
	d->v[i].has_children = has;
}

void draft_mark_parents(struct draft *d, struct span name)
{
	for (; name.p; name = name_parent(name)) {
		bool found;
		size_t i = draft_find(d, name, &found);
		if (found)
			mark_one(d, i);
	}
}

void draft_mark_all(struct draft *d)
{
	for (size_t i = 0; i < d->n; i++)
		mark_one(d, i);
}

int draft_finish(struct op *op, struct draft *d, uint64_t version, const struct tree **ret_tree)
{
	struct tree_box *b = NULL;
	if (!d->failed)
		b = malloc(sizeof *b + d->n * (sizeof *b->nodes + sizeof(struct tree_entry)));
	if (!b) {
		draft_done(d);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	struct tree_entry *e = (struct tree_entry *)(b + 1);
	b->nodes = (struct node **)(e + d->n);
	ref_init(&b->refs);
	for (size_t i = 0; i < d->n; i++) {
		struct node *n = d->v[i].node;
		b->nodes[i] = n;
		e[i] = (struct tree_entry){ .name = node_name(n),
			.mailbox = n->mailbox,
			.uses = n->uses,
			.subscribed = d->v[i].subscribed,
			.has_children = d->v[i].has_children };
	}
	b->tree = (struct tree){ .entries = e, .count = d->n, .version = version };
	d->n = 0; // the nodes are the tree's now
	draft_done(d);
	*ret_tree = &b->tree;
	return 0;
}

// --- loading ---

#define LEVELS_MAX ((MAILBOX_NAME_MAX + 1) / 2)

struct loaded {
	uint32_t id;
	struct header h;
	struct span last; // component
	struct span full; // absent: not known yet
};
struct load {
	struct op *op;
	struct account *account;
	struct loaded *v; // ascending by id
	size_t n, cap;
};

static struct loaded *loaded_by_id(const struct load *l, uint32_t id)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (l->v[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n && l->v[low].id == id ? &l->v[low] : NULL;
}

static int load_one(struct load *l, struct span key, struct span value)
{
	if (key.n != 5)
		return op_fail(l->op, RC_CORRUPT, "a key of an account makes no sense");
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct loaded *v = realloc(l->v, cap * sizeof *v);
		if (!v)
			return op_fail(l->op, RC_NOMEM, "out of memory");
		l->v = v;
		l->cap = cap;
	}
	uint32_t id = __builtin_bswap32(load_u32(key.p + 1));
	struct loaded *e = &l->v[l->n];
	*e = (struct loaded){ .id = id };
	struct span last;
	int rc = header_decode(l->op, value, &e->h, &last);
	if (rc < 0)
		return rc;
	if (last.n == 0 || memchr(last.p, '/', last.n))
		return op_fail(l->op, RC_CORRUPT, "the name of node %u makes no sense", id);
	if (e->h.append_limit)
		atomic_store(&l->account->limits_append, true);
	e->last = arena_dup(&l->op->arena, last);
	if (!e->last.p)
		return op_fail(l->op, RC_NOMEM, "out of memory");
	l->n++;
	return 0;
}

// The full name, from the names above it. RENAME once made names of more levels than MAILBOX_DEPTH_MAX: who has more than fit into a name
// goes round in a circle.
static int load_name(struct load *l, struct loaded *e)
{
	struct loaded *path[LEVELS_MAX + 1];
	size_t depth = 0, n = 0;
	for (struct loaded *at = e; at; at = at->h.parent ? loaded_by_id(l, at->h.parent) : NULL) {
		if (depth > LEVELS_MAX || (at->h.parent && !loaded_by_id(l, at->h.parent)))
			return op_fail(l->op, RC_CORRUPT,
				"the tree of mailboxes is broken at node %u", e->id);
		path[depth++] = at;
		n += at->last.n + 1;
		if (at->full.p) {
			n = n - at->last.n + at->full.n;
			break;
		}
	}
	if (n - 1 > MAILBOX_NAME_MAX)
		return op_fail(l->op, RC_CORRUPT, "the name of node %u is too long", e->id);
	char *p = arena_bytes(&l->op->arena, n);
	if (!p)
		return op_fail(l->op, RC_NOMEM, "out of memory");
	size_t k = 0;
	while (depth--) {
		struct span s = path[depth]->full.p ? path[depth]->full : path[depth]->last;
		memcpy(p + k, s.p, s.n);
		k += s.n;
		if (depth)
			p[k++] = '/';
	}
	e->full = span_of(p, k);
	return 0;
}

static int load_node(struct load *l, struct loaded *e, struct draft *d)
{
	struct mailbox *mb = NULL;
	if (e->h.data) {
		struct snap *s = snap_new(&e->h);
		mb = s ? mailbox_new(l->account, e->id, &e->h.id, s) : NULL;
		if (!mb) {
			snap_unref(s);
			return op_fail(l->op, RC_NOMEM, "out of memory");
		}
		if (e->h.modseq > l->account->modseq)
			l->account->modseq = e->h.modseq;
	}
	draft_insert(d, d->n, node_new(e->id, e->h.parent, e->h.uses, mb, e->full), false);
	mailbox_unref(mb);
	return 0;
}

// Each name leads to one node: of two that are called the same, a client could reach but one, and never know which.
static int check_names(struct op *op, const struct draft *d)
{
	for (size_t i = 1; i < d->n; i++) {
		const struct node *a = d->v[i - 1].node, *b = d->v[i].node;
		if (span_eq(node_name(a), node_name(b)))
			return op_fail(op, RC_CORRUPT, "nodes %u and %u have the same name, %.*s",
				a->id < b->id ? a->id : b->id, a->id < b->id ? b->id : a->id,
				SPAN_FMT(node_name(a)));
	}
	return 0;
}

static int scan(struct op *op, struct account *a, char kind,
	int (*each)(struct load *l, struct span key, struct span value), struct load *l)
{
	struct store_cursor *c;
	char from = kind, to = (char)(kind + 1);
	int rc = store_cursor_open(
		op, account_store(a), NULL, a->partition, span_of(&from, 1), span_of(&to, 1), &c);
	if (rc < 0)
		return rc;
	struct span key, value;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		rc = each(l, key, value);
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

struct load_subscribed {
	struct load load;
	struct draft *draft;
};

static int load_subscribed(struct load *l, struct span key, struct span value)
{
	(void)value; // empty
	struct draft *d = container_of(l, struct load_subscribed, load)->draft;
	bool found;
	struct span name = span_skip(key, 1);
	size_t i = draft_find(d, name, &found);
	if (found)
		d->v[i].subscribed = true;
	else
		draft_insert(d, i, node_new(0, 0, 0, NULL, name), true);
	return 0;
}

int tree_load(struct op *op, struct account *a, const struct tree **ret_tree)
{
	struct draft d;
	draft_begin(&d, NULL);
	struct load_subscribed l = { .load = { .op = op, .account = a }, .draft = &d };
	int rc = scan(op, a, 'M', load_one, &l.load);
	for (size_t i = 0; rc == 0 && i < l.load.n; i++)
		rc = load_name(&l.load, &l.load.v[i]);
	for (size_t i = 0; rc == 0 && i < l.load.n; i++)
		rc = load_node(&l.load, &l.load.v[i], &d);
	free(l.load.v);
	if (rc == 0) {
		draft_sort(&d);
		rc = check_names(op, &d);
	}
	if (rc == 0)
		rc = scan(op, a, 'S', load_subscribed, &l.load);
	if (rc < 0) {
		draft_done(&d);
		return rc;
	}
	draft_mark_all(&d);
	return draft_finish(op, &d, 1, ret_tree);
}

bool tree_has_node(const struct tree *t, uint32_t node)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].mailbox && t->entries[i].mailbox->node == node)
			return true;
	return false;
}
