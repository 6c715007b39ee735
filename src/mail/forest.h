// SPDX-License-Identifier: Apache-2.0
// Starling: parents of nodes while THREAD builds its tree: links that never close a loop. Mostly that is seen by walking up a few steps;
// once walking has cost too much (hostile depth), a link-cut tree (Sleator, Tarjan 1983) answers in logarithmic time.
#ifndef MAIL_FOREST_H
#define MAIL_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREST_NONE UINT32_MAX

struct forest_path;         // a node of the link-cut tree
struct forest {             // zeroed is empty
	uint32_t *parent;   // of each node, or FOREST_NONE
	uint32_t *children; // how many it has
	size_t count, cap;
	uint64_t steps, steps_max; // walked so far, and when walking ends
	struct forest_path *paths; // NULL: not needed yet
};
void forest_done(struct forest *f);
// A node without parent: its number, or FOREST_NONE when out of memory.
uint32_t forest_add(struct forest *f);
// Makes `child`, which has no parent, a child of `parent` unless that would close a loop. False: out of memory.
bool forest_link(struct forest *f, uint32_t child, uint32_t parent);
void forest_cut(struct forest *f, uint32_t child); // nothing if it has no parent

#endif
