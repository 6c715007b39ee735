// SPDX-License-Identifier: Apache-2.0
// The trees of THREAD against a second implementation, which does what RFC 5256 section 3 says word by word, with lists of children and
// recursion; and hostile shapes.
#include "mail/thread_tree.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_MAX 64
#define NODES_MAX 600

// --- word by word ---

struct plain {
	int parent; // -1: none
	int children[NODES_MAX], count;
	int message; // -1: a dummy
	uint64_t id;
	bool gone;
};
static struct {
	struct plain nodes[NODES_MAX];
	int count;
	struct plain root; // its children are the top level
	const struct thread_message *messages;
	const uint64_t *references;
	int n;
	enum thread_algorithm algorithm;
} p; // of this test program

static int plain_new(int message, uint64_t id)
{
	assert_true(p.count < NODES_MAX);
	p.nodes[p.count] = (struct plain){ .parent = -1, .message = message, .id = id };
	return p.count++;
}

static void list_remove(struct plain *of, int child)
{
	for (int i = 0; i < of->count; i++)
		if (of->children[i] == child) {
			memmove(of->children + i, of->children + i + 1,
				(size_t)(of->count - i - 1) * sizeof(int));
			of->count--;
			return;
		}
	fail();
}

static bool is_descendant(int node, int of)
{
	for (; node >= 0; node = p.nodes[node].parent)
		if (node == of)
			return true;
	return false;
}

static void plain_link(int parent, int child)
{
	if (is_descendant(parent, child))
		return;
	p.nodes[child].parent = parent;
	p.nodes[parent].children[p.nodes[parent].count++] = child;
}

static int plain_find(uint64_t id)
{
	for (int i = 0; i < p.count; i++)
		if (p.nodes[i].id == id && id)
			return i;
	return plain_new(-1, id);
}

static void plain_links(void) // (1)
{
	for (int m = 0; m < p.n; m++) {
		uint64_t id = p.messages[m].id;
		for (int i = 0; i < m; i++)
			if (p.messages[i].id == id)
				id = 0; // a unique one, that nobody refers to
		(void)plain_new(m, id); // its number is m
	}
	for (int m = 0; m < p.n; m++) {
		int before = -1;
		for (uint32_t i = 0; i < p.messages[m].refs_count; i++) {
			int node = plain_find(p.references[p.messages[m].refs + i]);
			if (before >= 0 && p.nodes[node].parent < 0)
				plain_link(before, node);
			before = node;
		}
		if (p.nodes[m].parent >= 0)
			list_remove(&p.nodes[p.nodes[m].parent], m);
		p.nodes[m].parent = -1;
		if (before >= 0)
			plain_link(before, m);
	}
}

static int by_sent(int a, int b)
{
	int64_t x = p.messages[a].sent, y = p.messages[b].sent;
	return x != y ? (x < y ? -1 : 1) : a < b ? -1 : a > b;
}

static int64_t latest_of(const struct plain *node)
{
	int64_t latest = node->message >= 0 ? p.messages[node->message].arrival : INT64_MIN;
	for (int i = 0; i < node->count; i++) {
		int64_t below = latest_of(&p.nodes[node->children[i]]);
		latest = below > latest ? below : latest;
	}
	return latest;
}

// Children must be sorted already: a dummy goes by its first.
static int first_message(int node)
{
	return p.nodes[node].message >= 0 ? p.nodes[node].message
					  : p.nodes[p.nodes[node].children[0]].message;
}

static int compare(int a, int b, bool latest)
{
	int64_t x = latest ? latest_of(&p.nodes[a]) : 0, y = latest ? latest_of(&p.nodes[b]) : 0;
	return x != y ? (x < y ? -1 : 1) : by_sent(first_message(a), first_message(b));
}

static void sort_list(struct plain *of, bool latest)
{
	for (int i = 1; i < of->count; i++)
		for (int k = i; k > 0 && compare(of->children[k], of->children[k - 1], latest) < 0;
			k--) {
			int swap = of->children[k];
			of->children[k] = of->children[k - 1];
			of->children[k - 1] = swap;
		}
}

static void sort_below(struct plain *node)
{
	for (int i = 0; i < node->count; i++)
		sort_below(&p.nodes[node->children[i]]);
	sort_list(node, false);
}

// (3), children before their parent: what is promoted is promoted again with it.
static void prune(struct plain *of, bool is_root)
{
	for (int i = 0; i < of->count; i++)
		prune(&p.nodes[of->children[i]], false);
	struct plain list = { .count = 0 };
	for (int i = 0; i < of->count; i++) {
		struct plain *c = &p.nodes[of->children[i]];
		bool keep = c->message >= 0 || (is_root && c->count > 1);
		for (int k = 0; k < c->count && !keep; k++)
			list.children[list.count++] = c->children[k];
		if (keep)
			list.children[list.count++] = of->children[i];
	}
	memcpy(of->children, list.children, sizeof list.children);
	of->count = list.count;
}

static bool is_dummy(int node)
{
	return p.nodes[node].message < 0;
}

static bool is_reply(int node)
{
	return !is_dummy(node) && p.messages[p.nodes[node].message].is_reply;
}

static uint64_t subject_of(int node)
{
	return p.messages[first_message(node)].subject;
}

static void merge_subjects(void) // (5)
{
	int table[NODES_MAX], used = 0;
	struct plain top = p.root;
	for (int i = 0; i < top.count; i++) {
		int node = top.children[i], at = 0;
		if (subject_of(node) == 0)
			continue;
		while (at < used && subject_of(table[at]) != subject_of(node))
			at++;
		if (at == used)
			table[used++] = node;
		else if (!is_dummy(table[at]) &&
			(is_dummy(node) || (is_reply(table[at]) && !is_reply(node))))
			table[at] = node;
	}
	for (int i = 0; i < top.count; i++) {
		int node = top.children[i], at = 0;
		bool is_top = false;
		for (int k = 0; k < p.root.count; k++)
			is_top = is_top || p.root.children[k] == node;
		if (!is_top || subject_of(node) == 0)
			continue;
		while (subject_of(table[at]) != subject_of(node))
			at++;
		int other = table[at];
		if (other == node)
			continue;
		list_remove(&p.root, node);
		if (is_dummy(node) && is_dummy(other)) {
			for (int k = 0; k < p.nodes[node].count; k++)
				p.nodes[other].children[p.nodes[other].count++] =
					p.nodes[node].children[k];
		} else if (is_dummy(other) || (is_reply(node) && !is_reply(other))) {
			p.nodes[other].children[p.nodes[other].count++] = node;
		} else {
			int both = plain_new(-1, 0);
			list_remove(&p.root, other);
			p.nodes[both].children[0] = other;
			p.nodes[both].children[1] = node;
			p.nodes[both].count = 2;
			p.root.children[p.root.count++] = both;
			table[at] = both;
		}
	}
}

static void ordered_subject(void)
{
	for (int m = 0; m < p.n; m++)
		p.root.children[p.root.count++] = plain_new(m, 0);
	sort_list(&p.root, false);
	struct plain list = { .count = 0 };
	for (int i = 0; i < p.root.count; i++) {
		int node = p.root.children[i], at = 0;
		while (at < list.count && subject_of(list.children[at]) != subject_of(node))
			at++;
		if (at == list.count)
			list.children[list.count++] = node;
		else
			p.nodes[list.children[at]].children[p.nodes[list.children[at]].count++] =
				node;
	}
	p.root = list;
}

static void plain_print(const struct plain *node, bool own, struct buf *to)
{
	if (own)
		buf_addc(to, '(');
	if (node->message >= 0)
		buf_addu(to, (uint32_t)node->message + 1);
	if (node->message >= 0 && node->count)
		buf_addc(to, ' ');
	for (int i = 0; i < node->count; i++)
		plain_print(&p.nodes[node->children[i]], node->count > 1, to);
	if (own)
		buf_addc(to, ')');
}

static void plain_threads(struct buf *to)
{
	p.count = 0;
	p.root = (struct plain){ .message = -1 };
	if (p.algorithm == THREAD_ORDEREDSUBJECT) {
		ordered_subject();
	} else {
		plain_links();
		for (int i = 0; i < p.count; i++)
			if (p.nodes[i].parent < 0)
				p.root.children[p.root.count++] = i;
		prune(&p.root, true);
		sort_below(&p.root); // (4), and what merging does not touch of (6)
		if (p.algorithm == THREAD_REFERENCES)
			merge_subjects();
		sort_below(&p.root);
		if (p.algorithm == THREAD_REFS)
			sort_list(&p.root, true);
	}
	for (int i = 0; i < p.root.count; i++)
		plain_print(&p.nodes[p.root.children[i]], true, to);
}

// --- what is tested ---

// A node, and what is below and beside it.
static void print_nodes(const struct thread_nodes *n, uint32_t node, bool top, struct buf *to)
{
	for (bool brothers = top || n->next[node] != THREAD_NONE; node != THREAD_NONE;
		node = n->next[node]) {
		if (brothers)
			buf_addc(to, '(');
		if (node < n->count)
			buf_addu(to, node + 1);
		if (node < n->count && n->child[node] != THREAD_NONE)
			buf_addc(to, ' ');
		if (n->child[node] != THREAD_NONE)
			print_nodes(n, n->child[node], false, to);
		if (brothers)
			buf_addc(to, ')');
	}
}

static void check_parents(const struct thread_nodes *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		for (uint32_t c = n->child[i]; c != THREAD_NONE; c = n->next[c])
			assert_int_equal(n->parent[c], i);
}

static void threads(struct buf *to)
{
	struct thread_tree *t =
		thread_tree_new(p.algorithm, p.messages, (size_t)p.n, p.references, NULL);
	assert_non_null(t);
	int rc;
	do // rests as often as it can
		rc = thread_tree_run(t, 0);
	while (rc == THREAD_TREE_MORE);
	assert_int_equal(rc, 0);
	struct thread_nodes n;
	thread_tree_take(t, &n);
	thread_tree_free(t);
	check_parents(&n);
	if (n.first != THREAD_NONE)
		print_nodes(&n, n.first, true, to);
	thread_nodes_done(&n);
}

static int below(unsigned *seed, int n)
{
	return rand_r(seed) % n;
}

static void test_random(void **state)
{
	(void)state;
	unsigned seed = 20201;
	static struct thread_message messages[N_MAX];
	static uint64_t references[N_MAX * 8];
	for (int round = 0; round < 30000; round++) {
		size_t used = 0;
		p.n = below(&seed, round % 10 ? 12 : N_MAX);
		int ids = 1 + below(&seed, p.n + 6), dates = 1 + below(&seed, 20);
		for (int i = 0; i < p.n; i++) {
			messages[i] = (struct thread_message){
				.sent = below(&seed, dates) - 3,
				.arrival = below(&seed, dates) - 3,
				.id = (uint64_t)below(&seed, ids),
				.subject = (uint64_t)below(&seed, 6),
				.refs = (uint32_t)used,
				.refs_count = (uint16_t)(below(&seed, 3) ? below(&seed, 4)
									 : below(&seed, 8)),
				.is_reply = below(&seed, 2),
			};
			for (uint32_t k = 0; k < messages[i].refs_count; k++)
				references[used++] = 1 + (uint64_t)below(&seed, ids + 3);
		}
		p.messages = messages;
		p.references = references;
		for (int a = THREAD_ORDEREDSUBJECT; a <= THREAD_REFS; a++) {
			struct buf want = { 0 }, got = { 0 };
			p.algorithm = (enum thread_algorithm)a;
			plain_threads(&want);
			threads(&got);
			buf_addc(&want, 0);
			buf_addc(&got, 0);
			assert_string_equal(got.p, want.p);
			buf_done(&want);
			buf_done(&got);
		}
	}
}

#define MANY 100000u

// Walks a result without recursion: all messages are there once; the deepest one.
static uint32_t depth_of(const struct thread_nodes *n)
{
	uint32_t seen = 0, depth = 0, deepest = 0, at = n->first;
	while (at != THREAD_NONE) {
		seen += at < n->count;
		if (n->child[at] != THREAD_NONE) {
			at = n->child[at];
			deepest = ++depth > deepest ? depth : deepest;
			continue;
		}
		while (at != THREAD_NONE && n->next[at] == THREAD_NONE) {
			at = at < n->count ? n->parent[at] : THREAD_NONE;
			depth -= at != THREAD_NONE;
		}
		at = at == THREAD_NONE ? at : n->next[at];
	}
	assert_int_equal(seen, n->count);
	return deepest;
}

static uint32_t run_many(struct thread_message *m, const uint64_t *references)
{
	struct thread_tree *t = thread_tree_new(THREAD_REFERENCES, m, MANY, references, NULL);
	assert_non_null(t);
	while (thread_tree_run(t, 2000000) == THREAD_TREE_MORE)
		;
	struct thread_nodes n;
	thread_tree_take(t, &n);
	thread_tree_free(t);
	uint32_t depth = depth_of(&n);
	thread_nodes_done(&n);
	return depth;
}

// Chains as deep as the mailbox, put together in the order, backwards, and from both ends; and links into the depth that close loops.
static void test_deep(void **state)
{
	(void)state;
	struct thread_message *m = calloc(MANY, sizeof *m);
	uint64_t *references = calloc(2 * MANY, sizeof *references);
	assert_non_null(m);
	assert_non_null(references);
	for (uint32_t order = 0; order < 3; order++) {
		for (uint32_t i = 0; i < MANY; i++) {
			uint32_t at = order == 0 ? i
				: order == 1     ? MANY - 1 - i
				: i % 2          ? MANY - 1 - i / 2
						 : i / 2;
			m[i] = (struct thread_message){
				.id = at + 1, .sent = at, .refs = i, .refs_count = at > 0
			};
			references[i] = at;
		}
		assert_int_equal(run_many(m, references), MANY - 1);
	}
	// Half a chain; then heads of two that are put below its end, and as many that would close a loop.
	uint32_t half = MANY / 2;
	for (uint32_t i = 0; i < MANY; i++) {
		bool chain = i < half, loop = i % 2;
		m[i] = (struct thread_message){ .id = i + 1,
			.sent = i,
			.refs = 2 * i,
			.refs_count = i == 0 ? 0
				: chain      ? 1
					     : 2 };
		references[2 * i] = chain ? i : half;
		references[2 * i + 1] = loop ? 1 : MANY + i;
	}
	assert_true(run_many(m, references) >= half - 1);
	free(m);
	free(references);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
