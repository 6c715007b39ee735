// SPDX-License-Identifier: Apache-2.0
// REFERENCES in stages, each of which goes through messages or the top level by an index, so that it may rest anywhere:
//
//	IDS      which message has which message-id: of several the first
//	LINK     (1) parents by the references, in mailbox order
//	DATES    all messages by sent date, once: every list of siblings below is filled in this order, so that none is sorted (4) (6)
//	ABOVE    (3) for each message the nearest message above it, or the topmost dummy; counts what each such dummy has
//	TOP      (2) (4) the top level: a dummy stands where its first child would, and one with a single child is not there
//	TABLE    (5) A, B the subject table
//	MERGE    (5) C
//	LATEST   REFS: the newest arrival of each thread
//	PLACE    fills the lists of siblings
//
// REFS leaves TABLE and MERGE out and orders the top level by LATEST. ORDEREDSUBJECT is DATES, and then the first message of each subject is
// the parent of the others.
#include "mail/thread_tree.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/rc.h"
#include "mail/forest.h"
#include "mail/msort.h"

#include <stdlib.h>
#include <string.h>

#define PER_LOOK 512u        // messages between looks at the clock
#define MERGE_PER_LOOK 8192u // items sorted

enum stage { IDS, LINK, DATES, ABOVE, TOP, TABLE, MERGE, LATEST, ORDER, PLACE, DONE };

struct index { // keys to nodes, open addressing
	uint32_t *slots;
	size_t size; // a power of two
	size_t used;
	uint64_t seed; // peers choose the keys
};
struct thread_tree {
	enum thread_algorithm algorithm;
	const struct thread_message *messages;
	const uint64_t *references;
	size_t n; // messages
	enum stage stage;
	size_t at; // of the stage
	struct forest forest;
	struct index ids, subjects;
	uint64_t *dummy_ids; // of nodes from n on
	size_t dummies_cap;
	struct charge *charge;
	struct msort sort;
	struct msort_item *items, *spare;
	uint32_t *order; // messages by sent date
	// For messages: what stands above it in the end. For dummies: ABOVE the node that their children go to; from TABLE on the dummy
	// that took its children over.
	uint32_t *above;
	uint32_t *kept;  // of dummies: children
	uint32_t *first; // of dummies: the first child
	uint32_t *top;   // the top level in order
	size_t top_count;
	int64_t *latest; // of nodes
	uint32_t *child, *next, *last;
	uint32_t first_top, last_top;
	size_t nodes; // messages and dummies, those of MERGE too
};

// --- index ---

static bool index_init(struct index *x, size_t expected)
{
	x->size = 64;
	while (x->size < expected + expected / 2)
		x->size *= 2;
	x->used = 0;
	random_bytes(&x->seed, sizeof x->seed);
	x->slots = malloc(x->size * sizeof *x->slots);
	if (x->slots)
		memset(x->slots, 0xff, x->size * sizeof *x->slots);
	return x->slots != NULL;
}

static size_t index_place(const struct index *x, uint64_t key)
{
	return hash_u64(key ^ x->seed) & (x->size - 1);
}

static uint64_t id_of(const struct thread_tree *t, uint32_t node)
{
	return node < t->n ? t->messages[node].id : t->dummy_ids[node - t->n];
}

// The slot of the key: its node, or the empty one where it belongs.
static uint32_t *id_slot(const struct thread_tree *t, uint64_t key)
{
	const struct index *x = &t->ids;
	size_t i = index_place(x, key);
	while (x->slots[i] != THREAD_NONE && id_of(t, x->slots[i]) != key)
		i = (i + 1) & (x->size - 1);
	return &x->slots[i];
}

static bool ids_grow(struct thread_tree *t)
{
	struct index old = t->ids;
	if (old.used * 4 < old.size * 3)
		return true;
	t->ids.size = 2 * old.size;
	t->ids.slots = malloc(t->ids.size * sizeof *t->ids.slots);
	if (!t->ids.slots) {
		t->ids = old;
		return false;
	}
	memset(t->ids.slots, 0xff, t->ids.size * sizeof *t->ids.slots);
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i] != THREAD_NONE)
			*id_slot(t, id_of(t, old.slots[i])) = old.slots[i];
	free(old.slots);
	return true;
}

// --- (1) ---

static int stage_ids(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		if (forest_add(&t->forest) == FOREST_NONE)
			return RC_NOMEM;
		uint64_t id = t->messages[t->at].id;
		uint32_t *slot = id ? id_slot(t, id) : NULL;
		if (slot && *slot == THREAD_NONE) { // of a duplicate the first has the id
			*slot = (uint32_t)t->at;
			t->ids.used++;
		}
	}
	return 0;
}

static int node_of(struct thread_tree *t, uint64_t id, uint32_t *ret_node)
{
	uint32_t *slot = id_slot(t, id);
	*ret_node = *slot;
	if (*slot != THREAD_NONE)
		return 0;
	size_t dummies = t->forest.count - t->n;
	if (dummies == t->dummies_cap) {
		size_t cap = dummies ? 2 * dummies : 1024;
		if (t->charge && !charge_add(t->charge, (cap - dummies) * THREAD_TREE_OCTETS))
			return RC_LIMIT;
		uint64_t *more = reallocarray(t->dummy_ids, cap, sizeof *more);
		if (!more)
			return RC_NOMEM;
		t->dummy_ids = more;
		t->dummies_cap = cap;
	}
	uint32_t node = forest_add(&t->forest);
	if (node == FOREST_NONE)
		return RC_NOMEM;
	t->dummy_ids[dummies] = id;
	*slot = *ret_node = node;
	t->ids.used++;
	return ids_grow(t) ? 0 : RC_NOMEM;
}

// One message: (A) its references one below the other, (B) itself below the last.
static int link_message(struct thread_tree *t, uint32_t message)
{
	const struct thread_message *m = &t->messages[message];
	uint32_t before = THREAD_NONE;
	for (uint32_t i = 0; i < m->refs_count; i++) {
		uint32_t node;
		int rc = node_of(t, t->references[m->refs + i], &node);
		if (rc < 0)
			return rc;
		if (before != THREAD_NONE && t->forest.parent[node] == FOREST_NONE &&
			!forest_link(&t->forest, node, before))
			return RC_NOMEM;
		before = node;
	}
	forest_cut(&t->forest, message);
	return before == THREAD_NONE || forest_link(&t->forest, message, before) ? 0 : RC_NOMEM;
}

static int stage_link(struct thread_tree *t, size_t end)
{
	int rc = 0;
	for (; rc == 0 && t->at < end; t->at++)
		rc = link_message(t, (uint32_t)t->at);
	return rc;
}

// --- (3) ---

static int begin_above(struct thread_tree *t)
{
	size_t references = t->algorithm == THREAD_REFERENCES;
	t->nodes = t->algorithm == THREAD_ORDEREDSUBJECT ? t->n : t->forest.count;
	size_t most = t->nodes + references * t->n +
		1; // MERGE makes fewer dummies than there are messages
	t->above = malloc(most * sizeof *t->above);
	t->kept = calloc(most, sizeof *t->kept);
	t->first = malloc(most * sizeof *t->first);
	t->top = malloc((t->n + 1) * sizeof *t->top);
	if (!t->above || !t->kept || !t->first || !t->top)
		return RC_NOMEM;
	memset(t->above, 0xff, most * sizeof *t->above);
	memset(t->first, 0xff, most * sizeof *t->first);
	return 0;
}

// What children of a dummy go to: the nearest message above, or the topmost dummy. Found once for all dummies on the way.
static uint32_t resolve_dummy(struct thread_tree *t, uint32_t dummy)
{
	uint32_t end = dummy, up;
	while (end >= t->n && t->above[end] == THREAD_NONE &&
		(up = t->forest.parent[end]) != FOREST_NONE)
		end = up;
	if (end >= t->n && t->above[end] != THREAD_NONE)
		end = t->above[end];
	for (uint32_t d = dummy; d >= t->n && d != THREAD_NONE && t->above[d] == THREAD_NONE;
		d = t->forest.parent[d])
		t->above[d] = end;
	return end;
}

static void stage_above(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t up = t->forest.parent[t->at];
		if (up != THREAD_NONE && up >= t->n) {
			up = resolve_dummy(t, up);
			t->kept[up]++; // also of messages, where nobody asks
		}
		t->above[t->at] = up;
	}
}

// --- (2) (4) ---

static void stage_top(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t message = t->order[t->at], up = t->above[message];
		if (up != THREAD_NONE && up < t->n)
			continue;
		if (up != THREAD_NONE && t->kept[up] == 1)
			t->above[message] = up = THREAD_NONE;
		uint32_t stands = up == THREAD_NONE ? message : up;
		if (up != THREAD_NONE && t->first[up] != THREAD_NONE)
			continue; // stands there already
		t->first[stands] = message;
		t->top[t->top_count++] = stands;
	}
}

// --- (5) ---

static bool begin_table(struct thread_tree *t)
{
	for (size_t d = t->n; d < t->nodes; d++)
		t->above[d] = THREAD_NONE; // from now on: who took its children over
	return index_init(&t->subjects, t->top_count);
}

static uint64_t subject_of(const struct thread_tree *t, uint32_t node)
{
	return t->messages[node < t->n ? node : t->first[node]].subject;
}

static uint32_t *subject_slot(const struct thread_tree *t, uint64_t subject)
{
	const struct index *x = &t->subjects;
	size_t i = index_place(x, subject);
	while (x->slots[i] != THREAD_NONE && subject_of(t, x->slots[i]) != subject)
		i = (i + 1) & (x->size - 1);
	return &x->slots[i];
}

static bool is_dummy(const struct thread_tree *t, uint32_t node)
{
	return node >= t->n;
}

static bool is_reply(const struct thread_tree *t, uint32_t node)
{
	return !is_dummy(t, node) && t->messages[node].is_reply;
}

static void stage_table(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t node = t->top[t->at];
		uint64_t subject = subject_of(t, node);
		uint32_t *slot = subject ? subject_slot(t, subject) : NULL;
		if (!slot)
			continue;
		if (*slot == THREAD_NONE ||
			(!is_dummy(t, *slot) &&
				(is_dummy(t, node) || (is_reply(t, *slot) && !is_reply(t, node)))))
			*slot = node;
	}
}

static void merge_thread(struct thread_tree *t, uint32_t node, uint32_t *slot)
{
	uint32_t other = *slot;
	if (is_dummy(t, other) || (is_reply(t, node) && !is_reply(t, other))) {
		t->above[node] = other; // of a dummy: its children go there
		return;
	}
	uint32_t both = (uint32_t)t->nodes++;
	t->above[both] = THREAD_NONE;
	t->first[both] = node; // one of its subject
	t->above[node] = t->above[other] = both;
	*slot = both;
}

static void stage_merge(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t node = t->top[t->at];
		uint64_t subject = subject_of(t, node);
		uint32_t *slot = subject ? subject_slot(t, subject) : NULL;
		if (slot && *slot != node && t->above[node] == THREAD_NONE)
			merge_thread(t, node, slot);
	}
}

// --- ORDEREDSUBJECT ---

static void stage_subjects(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t message = t->order[t->at];
		uint32_t *slot = subject_slot(t, t->messages[message].subject);
		if (*slot == THREAD_NONE)
			*slot = message;
		t->above[message] = *slot == message ? THREAD_NONE : *slot;
	}
}

// --- REFS: the order of threads ---

static int begin_latest(struct thread_tree *t)
{
	t->latest = malloc((t->nodes + 1) * sizeof *t->latest);
	t->last = malloc((t->nodes + 1) * sizeof *t->last); // here: the top of each message
	if (!t->latest || !t->last)
		return RC_NOMEM;
	memset(t->last, 0xff, (t->nodes + 1) * sizeof *t->last);
	for (size_t i = 0; i < t->nodes; i++)
		t->latest[i] = INT64_MIN;
	return 0;
}

static void stage_latest(struct thread_tree *t, size_t end)
{
	for (; t->at < end; t->at++) {
		uint32_t message = (uint32_t)t->at, top = message;
		while (top < t->n && t->last[top] == THREAD_NONE && t->above[top] != THREAD_NONE)
			top = t->above[top];
		if (t->last[top] != THREAD_NONE)
			top = t->last[top];
		for (uint32_t m = message; m != THREAD_NONE && t->last[m] == THREAD_NONE;
			m = m < t->n ? t->above[m] : THREAD_NONE)
			t->last[m] = top;
		if (t->messages[message].arrival > t->latest[top])
			t->latest[top] = t->messages[message].arrival;
	}
}

// --- (6) ---

static uint64_t biased(int64_t v)
{
	return (uint64_t)v ^ UINT64_C(1) << 63;
}

static int begin_place(struct thread_tree *t)
{
	free(t->last);
	t->child = malloc((t->nodes + 1) * sizeof *t->child);
	t->next = malloc((t->nodes + 1) * sizeof *t->next);
	t->last = malloc((t->nodes + 1) * sizeof *t->last);
	if (!t->child || !t->next || !t->last)
		return RC_NOMEM;
	memset(t->child, 0xff, (t->nodes + 1) * sizeof *t->child);
	memset(t->next, 0xff, (t->nodes + 1) * sizeof *t->next);
	return 0;
}

static void append_top(struct thread_tree *t, uint32_t node)
{
	if (t->first_top == THREAD_NONE)
		t->first_top = node;
	else
		t->next[t->last_top] = node;
	t->last_top = node;
}

static void append(struct thread_tree *t, uint32_t message, bool tops)
{
	uint32_t up = t->above[message];
	if (up != THREAD_NONE && up >= t->n && t->above[up] != THREAD_NONE)
		t->above[message] = up = t->above[up];
	if (up == THREAD_NONE) {
		if (tops)
			append_top(t, message);
		return;
	}
	if (t->child[up] == THREAD_NONE) {
		t->child[up] = message;
		if (tops && up >= t->n)
			append_top(t, up);
	} else {
		t->next[t->last[up]] = message;
	}
	t->last[up] = message;
}

static void stage_place(struct thread_tree *t, size_t end)
{
	bool refs = t->algorithm == THREAD_REFS;
	for (; t->at < end; t->at++)
		append(t, t->order[t->at], !refs);
	if (!refs || t->at < t->n)
		return;
	for (size_t i = 0; i < t->top_count; i++)
		append_top(t, t->sort.items[i].at);
}

// --- the stages ---

static void enter(struct thread_tree *t, enum stage stage)
{
	t->stage = stage;
	t->at = 0;
}

static void begin_sort(struct thread_tree *t)
{
	bool dates = t->stage == DATES;
	size_t n = dates ? t->n : t->top_count;
	for (size_t i = 0; i < n; i++) {
		uint32_t node = dates ? (uint32_t)i : t->top[i];
		t->items[i] =
			(struct msort_item){ biased(dates ? t->messages[i].sent : t->latest[node]),
				node };
	}
	msort_init(&t->sort, t->items, t->spare, n);
}

// Ends a stage: what comes behind it is made ready.
static int stage_end(struct thread_tree *t)
{
	int rc = 0;
	switch (t->stage) {
	case IDS:
		enter(t, LINK);
		break;
	case LINK:
		free(t->ids.slots);
		t->ids.slots = NULL;
		enter(t, DATES);
		begin_sort(t);
		break;
	case DATES:
		for (size_t i = 0; i < t->n; i++)
			t->order[i] = t->sort.items[i].at;
		rc = begin_above(t);
		enter(t, ABOVE);
		if (rc == 0 && t->algorithm == THREAD_ORDEREDSUBJECT)
			rc = index_init(&t->subjects, t->n) ? 0 : RC_NOMEM;
		break;
	case ABOVE:
		enter(t, t->algorithm == THREAD_ORDEREDSUBJECT ? PLACE : TOP);
		if (t->stage == PLACE)
			rc = begin_place(t);
		break;
	case TOP:
		enter(t, t->algorithm == THREAD_REFS ? LATEST : TABLE);
		if (t->stage == LATEST)
			rc = begin_latest(t);
		else
			rc = begin_table(t) ? 0 : RC_NOMEM;
		break;
	case TABLE:
		enter(t, MERGE);
		break;
	case LATEST:
		enter(t, ORDER);
		begin_sort(t);
		break;
	case MERGE:
	case ORDER:
		enter(t, PLACE);
		rc = begin_place(t);
		break;
	default:
		enter(t, DONE);
	}
	return rc;
}

// A portion of the present stage; it is over when t->at has come to *ret_total.
static int stage_run(struct thread_tree *t, size_t *ret_total)
{
	size_t total = t->stage == TABLE || t->stage == MERGE ? t->top_count : t->n;
	size_t end = total - t->at > PER_LOOK ? t->at + PER_LOOK : total;
	int rc = 0;
	*ret_total = total;
	switch (t->stage) {
	case IDS:
		return stage_ids(t, end);
	case LINK:
		return stage_link(t, end);
	case DATES:
	case ORDER:
		if (msort_run(&t->sort, MERGE_PER_LOOK))
			t->at = total;
		break;
	case ABOVE:
		if (t->algorithm == THREAD_ORDEREDSUBJECT)
			stage_subjects(t, end);
		else
			stage_above(t, end);
		break;
	case TOP:
		stage_top(t, end);
		break;
	case TABLE:
		stage_table(t, end);
		break;
	case MERGE:
		stage_merge(t, end);
		break;
	case LATEST:
		stage_latest(t, end);
		break;
	default:
		stage_place(t, end);
	}
	return rc;
}

int thread_tree_run(struct thread_tree *t, uint64_t budget_ns)
{
	uint64_t start = clock_mono();
	while (t->stage != DONE) {
		size_t total;
		int rc = stage_run(t, &total);
		if (rc == 0 && t->at == total)
			rc = stage_end(t);
		if (rc < 0)
			return rc;
		if (t->stage != DONE && clock_mono() - start >= budget_ns)
			return THREAD_TREE_MORE;
	}
	return 0;
}

struct thread_tree *thread_tree_new(enum thread_algorithm algorithm,
	const struct thread_message *messages, size_t count, const uint64_t *references,
	struct charge *charge)
{
	struct thread_tree *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->algorithm = algorithm;
	t->messages = messages;
	t->references = references;
	t->charge = charge;
	t->n = count;
	t->first_top = t->last_top = THREAD_NONE;
	t->items = malloc((count + 1) * sizeof *t->items);
	t->spare = malloc((count + 1) * sizeof *t->spare);
	t->order = malloc((count + 1) * sizeof *t->order);
	bool ready = t->items && t->spare && t->order;
	if (algorithm == THREAD_ORDEREDSUBJECT) {
		t->stage = DATES;
		if (ready)
			begin_sort(t);
	} else {
		t->stage = IDS;
		ready = ready && index_init(&t->ids, 2 * count);
	}
	if (!ready) {
		thread_tree_free(t);
		return NULL;
	}
	return t;
}

void thread_tree_take(struct thread_tree *t, struct thread_nodes *ret_nodes)
{
	*ret_nodes = (struct thread_nodes){
		.child = t->child,
		.next = t->next,
		.parent = t->above,
		.first = t->first_top,
		.count = t->n,
		.dummies = t->nodes - t->n,
	};
	t->child = t->next = t->above = NULL;
	uint32_t *less = reallocarray(ret_nodes->parent, t->n + 1, sizeof *less);
	if (less)
		ret_nodes->parent = less;
}

void thread_nodes_done(struct thread_nodes *n)
{
	free(n->child);
	free(n->next);
	free(n->parent);
	*n = (struct thread_nodes){ 0 };
}

void thread_tree_free(struct thread_tree *t)
{
	if (!t)
		return;
	forest_done(&t->forest);
	free(t->ids.slots);
	free(t->subjects.slots);
	free(t->dummy_ids);
	free(t->items);
	free(t->spare);
	free(t->order);
	free(t->above);
	free(t->kept);
	free(t->first);
	free(t->top);
	free(t->latest);
	free(t->child);
	free(t->next);
	free(t->last);
	free(t);
}
