// SPDX-License-Identifier: Apache-2.0
// Starling: the algorithms of THREAD (RFC 5256 section 3, draft-ietf-morg-inthread-01 section 4) on keys alone: messages in, a tree out.
// Without recursion, n log n for any input; works in portions.
#ifndef MAIL_THREAD_TREE_H
#define MAIL_THREAD_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum thread_algorithm { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES, THREAD_REFS };

struct thread_message { // in mailbox order
	int64_t sent, arrival;
	uint64_t id, subject; // hashes (mail/card.h); 0: none, empty
	uint32_t refs;        // in the array of references, oldest first
	uint16_t refs_count;
	bool is_reply;
};

#define THREAD_NONE UINT32_MAX
// The result. Nodes below `count` are messages, those from there on dummies, which stand at the top only.
struct thread_nodes {
	uint32_t *child, *next; // first child, next sibling, or THREAD_NONE
	uint32_t *parent;       // of messages; THREAD_NONE: at the top
	uint32_t first;         // at the top
	size_t count, dummies;
};
void thread_nodes_done(struct thread_nodes *n); // accepts zeroed

struct thread_tree;
struct charge; // base/budget.h
// What a message or a reference to nobody costs here, about: the caller charges it for messages, thread_tree_run() for the others.
#define THREAD_TREE_OCTETS 64u
// Messages, references and the charge (NULL: none) stay the caller's, and must stay. NULL: out of memory.
struct thread_tree *thread_tree_new(enum thread_algorithm algorithm,
	const struct thread_message *messages, size_t count, const uint64_t *references,
	struct charge *charge);
enum { THREAD_TREE_MORE = 1 };
// Works for about `budget_ns`: 0, THREAD_TREE_MORE, RC_NOMEM, or RC_LIMIT: the charge has no room.
int thread_tree_run(struct thread_tree *t, uint64_t budget_ns);
void thread_tree_take(struct thread_tree *t,
	struct thread_nodes *ret_nodes);      // once it is done: they are the caller's then
void thread_tree_free(struct thread_tree *t); // accepts NULL

#endif
