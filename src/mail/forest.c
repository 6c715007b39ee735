// SPDX-License-Identifier: Apache-2.0
// The link-cut tree: every node is in one splay tree, which holds a downward path of the forest ordered by depth. `up` of a splay tree's root
// is the parent of the path's upper end. Trees here are rooted: nothing is ever turned round.
#include "mail/forest.h"

#include <stdlib.h>

struct forest_path {
	uint32_t up, left, right; // left: nearer to the root of the forest's tree
};

#define STEPS_FREE 100000u
#define STEPS_PER_NODE 32u

void forest_done(struct forest *f)
{
	free(f->parent);
	free(f->children);
	free(f->paths);
	*f = (struct forest){ 0 };
}

static bool grow(uint32_t **numbers, size_t cap)
{
	uint32_t *more = reallocarray(*numbers, cap, sizeof *more);
	if (!more)
		return false;
	*numbers = more;
	return true;
}

static bool grow_paths(struct forest *f, size_t cap)
{
	struct forest_path *more = reallocarray(f->paths, cap, sizeof *more);
	if (!more)
		return false;
	f->paths = more;
	return true;
}

uint32_t forest_add(struct forest *f)
{
	if (f->count == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 1024;
		if (cap >= FOREST_NONE || !grow(&f->parent, cap) || !grow(&f->children, cap) ||
			(f->paths && !grow_paths(f, cap)))
			return FOREST_NONE;
		f->cap = cap;
	}
	uint32_t node = (uint32_t)f->count++;
	f->parent[node] = FOREST_NONE;
	f->children[node] = 0;
	if (f->paths)
		f->paths[node] = (struct forest_path){ FOREST_NONE, FOREST_NONE, FOREST_NONE };
	return node;
}

// --- splay trees ---

static bool is_top(const struct forest_path *p, uint32_t v)
{
	uint32_t up = p[v].up;
	return up == FOREST_NONE || (p[up].left != v && p[up].right != v);
}

static void rotate(struct forest_path *p, uint32_t v)
{
	uint32_t up = p[v].up, over = p[up].up;
	bool was_top = is_top(p, up), left = p[up].left == v;
	uint32_t inner = left ? p[v].right : p[v].left;
	if (left) {
		p[up].left = inner;
		p[v].right = up;
	} else {
		p[up].right = inner;
		p[v].left = up;
	}
	if (inner != FOREST_NONE)
		p[inner].up = up;
	p[up].up = v;
	p[v].up = over;
	if (was_top)
		return;
	if (p[over].left == up)
		p[over].left = v;
	else
		p[over].right = v;
}

static void splay(struct forest_path *p, uint32_t v)
{
	while (!is_top(p, v)) {
		uint32_t up = p[v].up;
		if (!is_top(p, up)) {
			bool same = (p[up].left == v) == (p[p[up].up].left == up);
			rotate(p, same ? up : v);
		}
		rotate(p, v);
	}
}

// Makes the way from the root down to v one path, with v on top of its splay tree.
static void expose(struct forest_path *p, uint32_t v)
{
	uint32_t below = FOREST_NONE;
	for (uint32_t at = v; at != FOREST_NONE; at = p[at].up) {
		splay(p, at);
		p[at].right = below;
		below = at;
	}
	splay(p, v);
}

static uint32_t root_of(struct forest_path *p, uint32_t v)
{
	expose(p, v);
	while (p[v].left != FOREST_NONE)
		v = p[v].left;
	splay(p, v); // the way down is paid for
	return v;
}

// Every node a path of its own.
static bool begin_paths(struct forest *f)
{
	f->paths = calloc(f->cap, sizeof *f->paths);
	if (!f->paths)
		return false;
	for (size_t i = 0; i < f->count; i++)
		f->paths[i] = (struct forest_path){ f->parent[i], FOREST_NONE, FOREST_NONE };
	return true;
}

// --- links ---

// Whether v lies in the tree whose root is `root`: 1, 0; -1: not known, the walk was too long.
static int walk_up(struct forest *f, uint32_t v, uint32_t root)
{
	f->steps_max = STEPS_FREE + STEPS_PER_NODE * (uint64_t)f->count;
	for (; v != FOREST_NONE; v = f->parent[v]) {
		if (v == root)
			return 1;
		if (++f->steps > f->steps_max)
			return -1;
	}
	return 0;
}

bool forest_link(struct forest *f, uint32_t child, uint32_t parent)
{
	int within = child == parent;
	if (!within && f->children[child] > 0) { // else nothing is below it
		within = f->paths ? -1 : walk_up(f, parent, child);
		if (within < 0 && !f->paths && !begin_paths(f))
			return false;
		if (within < 0)
			within = root_of(f->paths, parent) == child;
	}
	if (within)
		return true;
	f->parent[child] = parent;
	f->children[parent]++;
	if (f->paths) {
		expose(f->paths, child); // a root: its path is itself
		f->paths[child].up = parent;
	}
	return true;
}

void forest_cut(struct forest *f, uint32_t child)
{
	if (f->parent[child] == FOREST_NONE)
		return;
	f->children[f->parent[child]]--;
	f->parent[child] = FOREST_NONE;
	if (!f->paths)
		return;
	expose(f->paths, child);
	uint32_t above = f->paths[child].left;
	f->paths[child].left = FOREST_NONE;
	if (above != FOREST_NONE)
		f->paths[above].up = FOREST_NONE;
}
