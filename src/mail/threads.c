// SPDX-License-Identifier: Apache-2.0
#include "mail/threads.h"

#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/card_walk.h"

#include <stdlib.h>

#define ROWS_PER_LOOK 64u    // messages gathered before a look at the clock
#define NODES_PER_LOOK 1024u // nodes written

struct threads {
	struct threads_wish wish;
	struct buf work;
	struct card_walk *walk; // NULL: all is gathered
	struct thread_message *messages;
	size_t count, cap;
	uint64_t *references;
	size_t references_count, references_cap;
	struct thread_tree *tree;
	struct thread_nodes nodes;
	bool built;
	uint32_t at; // the node that is written next; THREAD_NONE: all are written
	int rc;      // of a fault
	struct charge charge;
};

int threads_open(struct op *op, struct view *v, const struct numset *uids,
	const struct threads_wish *wish, struct threads **ret_threads)
{
	struct threads *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "out of memory");
	t->wish = *wish;
	t->cap = numset_size(uids);
	op_charge_init(op, &t->charge);
	int rc = op_charge(op, &t->charge, t->cap * (sizeof *t->messages + THREAD_TREE_OCTETS));
	if (rc < 0) {
		threads_close(t);
		return rc;
	}
	t->messages = calloc(t->cap + 1, sizeof *t->messages);
	rc = t->messages ? card_walk_open(op, v, uids, 1u << CARD_THREAD, &t->walk)
			 : op_fail(op, RC_NOMEM, "out of memory for threading");
	if (rc < 0) {
		threads_close(t);
		return rc;
	}
	*ret_threads = t;
	return 0;
}

// --- gathering ---

// Beyond the limit only the parent of each message counts, as if its mail program had kept no more.
static bool add_references(struct threads *t, struct span keys, uint32_t *ret_count)
{
	size_t n = keys.n / 8, most = THREAD_REFERENCES_FREE + t->cap * THREAD_REFERENCES_EACH;
	if (n > 1 && t->references_count + n > most) {
		keys = span_skip(keys, keys.n - 8);
		n = 1;
	}
	*ret_count = (uint32_t)n;
	if (t->references_count + n > t->references_cap) {
		size_t cap = 2 * t->references_cap + n + 1024;
		if (!charge_add(&t->charge, (cap - t->references_cap) * sizeof *t->references))
			return false;
		uint64_t *more = reallocarray(t->references, cap, sizeof *more);
		if (!more || cap > UINT32_MAX) {
			t->references = more ? more : t->references;
			return false;
		}
		t->references = more;
		t->references_cap = cap;
	}
	if (n)
		memcpy(t->references + t->references_count, keys.p, n * 8);
	t->references_count += n;
	return true;
}

// The key of the base subject by another collation than the card's.
static int subject_of(struct op *op, struct threads *t, uint64_t *ret_key)
{
	buf_reset(&t->work);
	int rc = card_walk_key(op, t->walk, CARD_BASE_SUBJECT, t->wish.collation, &t->work);
	*ret_key = t->work.n ? hash_span(buf_span(&t->work)) | 1 : 0; // 0: empty
	return rc;
}

static int add_message(struct op *op, struct threads *t, const struct msg *m, struct span card)
{
	struct span keys = card_item(card, CARD_THREAD);
	int64_t sent = card_sent_date(card);
	if (t->count == t->cap)
		return op_fail(op, RC_SERVERBUG, "more messages than were to be threaded");
	struct thread_message *to = &t->messages[t->count++];
	*to = (struct thread_message){
		.sent = sent == INT64_MIN ? m->cold->internal_date : sent, // RFC 5256 section 2.2
		.arrival = m->cold->internal_date,
		.refs = (uint32_t)t->references_count,
		.shown = t->wish.by_uid ? m->uid.v : m->seq.v,
		.is_reply = card_flags(card) & CARD_IS_REPLY,
	};
	if (keys.n < 16)
		return 0;
	to->id = load_u64(keys.p);
	to->subject = load_u64(keys.p + 8);
	if (t->wish.collation != COLLATION_UNICODE_CASEMAP) {
		int rc = subject_of(op, t, &to->subject);
		if (rc < 0)
			return rc;
	}
	if (t->wish.algorithm == THREAD_ORDEREDSUBJECT)
		return 0;
	return add_references(t, span_skip(keys, 16), &to->refs_count)
		? 0
		: op_fail(op, RC_NOMEM, "out of memory for the references of %zu messages", t->cap);
}

static int gather(struct op *op, struct threads *t)
{
	for (unsigned i = 0; i < ROWS_PER_LOOK; i++) {
		struct msg m;
		struct span card;
		int rc = card_walk_next(op, t->walk, &m, &card);
		if (rc == 0)
			rc = add_message(op, t, &m, card);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		card_walk_close(t->walk);
		t->walk = NULL;
		t->tree = thread_tree_new(
			t->wish.algorithm, t->messages, t->count, t->references, &t->charge);
		return t->tree ? 0 : op_fail(op, RC_NOMEM, "out of memory for threads");
	}
	return 0;
}

// --- writing ---

// thread-list = "(" (thread-members / thread-nested) ")"
//
// What has brothers or stands at the top has parentheses of its own; an only child goes on in its parent's.
static bool has_parentheses(const struct thread_nodes *n, uint32_t node)
{
	uint32_t up = node < n->count ? n->parent[node] : THREAD_NONE;
	return up == THREAD_NONE || n->next[n->child[up]] != THREAD_NONE;
}

static void write_node(struct threads *t, uint32_t node, struct rope *out)
{
	const struct thread_nodes *n = &t->nodes;
	if (has_parentheses(n, node))
		rope_addc(out, '(');
	if (node < n->count)
		rope_addu(out, t->messages[node].shown);
	uint32_t child = n->child[node];
	if (child != THREAD_NONE) {
		if (node < n->count)
			rope_addc(out, ' ');
		t->at = child;
		return;
	}
	for (;;) { // up to the next that has a brother to come
		if (has_parentheses(n, node))
			rope_addc(out, ')');
		if (n->next[node] != THREAD_NONE) {
			t->at = n->next[node];
			return;
		}
		node = node < n->count ? n->parent[node] : THREAD_NONE;
		if (node == THREAD_NONE) {
			t->at = THREAD_NONE;
			return;
		}
	}
}

// --- running ---

static int portion(struct op *op, struct threads *t, uint64_t budget_ns, struct rope *out)
{
	if (t->walk)
		return gather(op, t);
	if (!t->built) {
		int rc = thread_tree_run(t->tree, budget_ns);
		if (rc < 0)
			return op_fail(
				op, rc, "too much memory is needed for these threads just now");
		t->built = rc == 0;
		t->nodes = thread_tree_nodes(t->tree);
		t->at = t->nodes.first;
		return 0;
	}
	for (unsigned i = 0; i < NODES_PER_LOOK && t->at != THREAD_NONE; i++)
		write_node(t, t->at, out);
	return out->failed ? op_fail(op, RC_NOMEM, "out of memory for threads") : 0;
}

int threads_run(struct op *op, struct threads *t, uint64_t budget_ns, struct rope *out)
{
	uint64_t start = clock_mono(), used = 0;
	if (t->rc)
		return op_fail(op, t->rc, "threading has failed before");
	while (!t->built || t->at != THREAD_NONE) {
		if (used >= budget_ns)
			return THREADS_MORE;
		int rc = op_alive(op);
		if (rc == 0)
			rc = portion(op, t, budget_ns - used, out);
		t->rc = rc;
		if (rc < 0)
			return rc;
		used = clock_mono() - start;
	}
	return 0;
}

void threads_close(struct threads *t)
{
	if (!t)
		return;
	card_walk_close(t->walk);
	thread_tree_free(t->tree);
	charge_done(&t->charge);
	free(t->messages);
	free(t->references);
	buf_done(&t->work);
	free(t);
}
