// SPDX-License-Identifier: Apache-2.0
// What is kept (mail/column.h) is looked for first: the threads of these very messages, which are only written down; else what threads are made
// of, of all or nearly all messages, to which is added what is lacking. Else it is gathered from the cards, as a column from the beginning.
#include "mail/threads.h"

#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/card_walk.h"
#include "mail/column.h"
#include "mail/view_priv.h"

#include <stdlib.h>

#define ROWS_PER_LOOK 64u                  // messages gathered before a look at the clock
#define COPIED_PER_LOOK 4096u              // messages of columns
#define NODES_PER_LOOK 1024u               // nodes written
#define NODE_OCTETS (6 * sizeof(uint32_t)) // UIDs, numbers, and what is kept of a node

enum stage {
	GATHER,
	MERGE, // what was kept and what was gathered
	TAKE,  // the messages asked for of a column that has more
	TREE,
	WRITE,
	DONE
};
struct threads {
	struct view *view;
	struct threads_wish wish;
	struct columns *columns;
	struct column_key name;
	struct numset uids;
	bool keep;       // what is gathered
	bool keeps_tree; // and the tree
	enum stage stage;
	struct buf work;
	struct card_walk *walk;
	struct column *old;  // which is extended
	struct column *made; // under way
	struct column *few;  // MERGE: what was lacking
	size_t room;         // of made's messages
	size_t references_room;
	bool is_cut; // not all references are there
	// Of the stage: messages asked for, places in the column that has them, in `few`.
	size_t at;
	uint32_t seek, row;
	// What the tree is made of: all of this column, or `own` messages of it.
	struct column *source;
	struct thread_message *own;
	size_t own_references;
	uint32_t *found; // UIDs asked for; in the end, those that are there
	size_t count;
	struct thread_tree *tree;
	struct column *threaded; // the tree
	uint32_t *seqs;          // NULL: it is shown by UID
	uint32_t node;           // that is written next; THREAD_NONE: all are written
	int rc;                  // of a fault
	struct charge charge;
};

// --- what is there ---

static struct column_key name_of(const struct threads *t, unsigned what)
{
	struct column_key name = t->name;
	name.kind = column_kind(what, t->wish.collation);
	return name;
}

static void enter(struct threads *t, enum stage stage)
{
	t->stage = stage;
	t->at = t->seek = t->row = 0;
}

static void begin_write(struct threads *t)
{
	t->node = t->threaded->nodes.first;
	enter(t, t->node == THREAD_NONE ? DONE : WRITE);
}

static bool find_threaded(struct threads *t)
{
	struct column_key name = name_of(t, COLUMN_THREADED + t->wish.algorithm);
	struct column *c = columns_find(t->columns, &name, clock_mono());
	// No part of a tree is of use to another one.
	t->keeps_tree =
		column_use(c, 0, numset_size(&t->uids), view_exists(t->view)) != COLUMN_BESIDE;
	if (c && !column_is(c, &t->uids)) {
		column_unref(c);
		c = NULL;
	}
	t->threaded = c;
	return c != NULL;
}

static int begin_gather(struct op *op, struct threads *t)
{
	struct numset lacking = { 0 };
	struct column_key name = name_of(t, COLUMN_THREADS);
	numset_copy(&lacking, &t->uids);
	if (t->old)
		column_subtract(t->old, &lacking);
	t->room = numset_size(&lacking);
	t->made = column_new(&name, t->room);
	// INBOX was renamed, and the view has gone on to what it is now: other messages.
	if (t->view->snap->h.data != t->name.data)
		t->keep = t->keeps_tree = false;
	int rc = lacking.failed || !t->made
		? op_fail(op, RC_NOMEM, "out of memory for threading")
		: card_walk_open(op, t->view, &lacking, 1u << CARD_THREAD, &t->walk);
	numset_done(&lacking);
	enter(t, GATHER);
	return rc;
}

static int begin(struct op *op, struct threads *t)
{
	size_t n = numset_size(&t->uids);
	bool small = n < mail_keys_kept_from(account_mail(view_account(t->view)));
	if (find_threaded(t)) {
		begin_write(t);
		return 0;
	}
	int rc =
		op_charge(op, &t->charge, n * (sizeof(struct thread_message) + THREAD_TREE_OCTETS));
	if (rc < 0)
		return rc;
	t->found = reallocarray(NULL, n + 1, sizeof *t->found);
	if (!t->found)
		return op_fail(op, RC_NOMEM, "out of memory for threading");
	for (size_t i = 0; i < t->uids.count; i++)
		for (uint64_t uid = t->uids.ranges[i].first; uid <= t->uids.ranges[i].last; uid++)
			t->found[t->count++] = (uint32_t)uid;
	struct column_key name = name_of(t, COLUMN_THREADS);
	struct column *c = columns_find(t->columns, &name, clock_mono());
	enum column_use use =
		column_use(c, c ? column_shared(c, &t->uids) : 0, n, view_exists(t->view));
	t->keep = !small && (use == COLUMN_EXTEND || use == COLUMN_ANEW);
	t->keeps_tree = t->keeps_tree && !small;
	if (use == COLUMN_WHOLE) {
		t->source = c;
		enter(t, TAKE);
		return 0;
	}
	if (use == COLUMN_EXTEND || use == COLUMN_LEND)
		t->old = c;
	else
		column_unref(c);
	return begin_gather(op, t);
}

int threads_open(struct op *op, struct view *v, const struct numset *uids,
	const struct threads_wish *wish, struct threads **ret_threads)
{
	struct threads *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "out of memory");
	t->view = v;
	t->wish = *wish;
	t->columns = mail_columns(account_mail(view_account(v)));
	t->name = (struct column_key){ v->account->partition, v->snap->h.data, 0 };
	numset_copy(&t->uids, uids);
	size_t n = numset_size(&t->uids);
	op_charge_init(op, &t->charge);
	int rc = op_charge(op, &t->charge, n * NODE_OCTETS);
	if (rc == 0 && !wish->by_uid) {
		t->seqs = reallocarray(NULL, n + 1, sizeof *t->seqs);
		rc = t->seqs ? view_numbers(op, v, &t->uids, t->seqs)
			     : op_fail(op, RC_NOMEM, "out of memory for threading");
	}
	if (rc == 0)
		rc = t->uids.failed ? op_fail(op, RC_NOMEM, "out of memory for threading")
				    : begin(op, t);
	if (rc < 0) {
		threads_close(t);
		return rc;
	}
	*ret_threads = t;
	return 0;
}

// --- gathering ---

// How many references are taken of so many messages. Beyond it only the parent of each message counts, as if its mail program had kept no more.
static size_t references_most(const struct threads *t)
{
	return THREAD_REFERENCES_FREE + numset_size(&t->uids) * THREAD_REFERENCES_EACH;
}

static bool reserve_references(struct threads *t, size_t n)
{
	struct column *c = t->made;
	if (c->references_count + n <= t->references_room)
		return true;
	size_t room = 2 * t->references_room + n + 1024;
	if (room > UINT32_MAX ||
		!charge_add(&t->charge, (room - t->references_room) * sizeof(uint64_t)))
		return false;
	uint64_t *more = reallocarray(c->references, room, sizeof *more);
	if (!more)
		return false;
	c->references = more;
	t->references_room = room;
	return true;
}

// `n` references for the message made last; 8 octets each.
static bool add_references(struct threads *t, const void *keys, size_t n)
{
	struct column *c = t->made;
	struct thread_message *to = &c->threads[c->n - 1];
	if (!reserve_references(t, n))
		return false;
	to->refs = (uint32_t)c->references_count;
	to->refs_count = (uint16_t)n;
	if (n)
		memcpy(c->references + c->references_count, keys, n * sizeof *c->references);
	c->references_count += n;
	return true;
}

static int no_room(struct op *op, const struct threads *t)
{
	return op_fail(op, RC_NOMEM, "out of memory for the references of %zu messages", t->count);
}

static int add_card_references(struct op *op, struct threads *t, struct span keys)
{
	size_t n = keys.n / 8, taken = n < CARD_REFERENCES_MAX ? n : CARD_REFERENCES_MAX;
	if (n > 1 && t->made->references_count + n > references_most(t))
		taken = 1;
	t->is_cut = t->is_cut || taken < n;
	return add_references(t, keys.p + (n - taken) * 8, taken) ? 0 : no_room(op, t);
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
	if (t->made->n == t->room)
		return op_fail(op, RC_SERVERBUG, "more messages than were to be threaded");
	t->made->uids[t->made->n] = m->uid.v;
	struct thread_message *to = &t->made->threads[t->made->n++];
	*to = (struct thread_message){
		.sent = sent == INT64_MIN ? m->cold->internal_date : sent, // RFC 5256 section 2.2
		.arrival = m->cold->internal_date,
		.refs = (uint32_t)t->made->references_count,
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
	return add_card_references(op, t, span_skip(keys, 16));
}

// All is there, in t->made: it becomes what the tree is made of.
static void end_gather(struct threads *t)
{
	struct column *c = t->made;
	size_t n = c->references_count;
	uint64_t *less = n ? reallocarray(c->references, n, sizeof *less) : NULL;
	c->references = less ? less : c->references;
	t->source = c;
	t->made = NULL;
	if (t->keep && !t->is_cut)
		columns_keep(t->columns, c, clock_mono());
	enter(t, TAKE);
}

static int begin_merge(struct op *op, struct threads *t)
{
	struct column_key name = name_of(t, COLUMN_THREADS);
	size_t references = t->old->references_count + t->made->references_count;
	if (t->is_cut || references > references_most(t)) {
		column_unref(t->old);
		column_unref(t->made);
		t->old = t->made = NULL;
		t->references_room = 0;
		t->is_cut = false;
		return begin_gather(op, t);
	}
	t->few = t->made;
	t->made = column_new(&name, t->count);
	t->references_room = 0;
	enter(t, MERGE);
	return t->made && reserve_references(t, references) ? 0 : no_room(op, t);
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
		if (t->old)
			return begin_merge(op, t);
		end_gather(t);
		return 0;
	}
	return 0;
}

// --- what was kept ---

static size_t portion_end(const struct threads *t)
{
	return t->count - t->at > COPIED_PER_LOOK ? t->at + COPIED_PER_LOOK : t->count;
}

// Whether a column has this message, which comes behind place *at: *at is its place then.
static bool has_next(const struct column *c, uint32_t *at, uint32_t uid)
{
	*at = column_seek(c, *at, uid);
	return *at < c->n && c->uids[*at] == uid;
}

static int merge(struct op *op, struct threads *t)
{
	struct column *to = t->made;
	for (size_t end = portion_end(t); t->at < end; t->at++) {
		uint32_t uid = t->found[t->at], at;
		const struct column *from;
		if (has_next(t->old, &t->seek, uid)) {
			from = t->old;
			at = t->seek;
		} else if (has_next(t->few, &t->row, uid)) {
			from = t->few;
			at = t->row;
		} else {
			continue; // its record went away
		}
		const struct thread_message *m = &from->threads[at];
		to->uids[to->n] = uid;
		to->threads[to->n++] = *m;
		if (!add_references(t, from->references + m->refs, m->refs_count))
			return no_room(op, t);
	}
	if (t->at == t->count)
		end_gather(t);
	return 0;
}

// The tree of the messages that are there: `found` and `seqs` name no others any more.
static int begin_tree(struct op *op, struct threads *t)
{
	const struct column *c = t->source;
	t->tree = thread_tree_new(t->wish.algorithm, t->own ? t->own : c->threads, t->count,
		c->references, &t->charge);
	enter(t, TREE);
	return t->tree ? 0 : op_fail(op, RC_NOMEM, "out of memory for threads");
}

static void take_message(struct threads *t, size_t n)
{
	struct thread_message *to = &t->own[n];
	*to = t->source->threads[t->seek];
	if (to->refs_count > 1 && t->own_references + to->refs_count > references_most(t)) {
		to->refs += to->refs_count - 1u;
		to->refs_count = 1;
	}
	t->own_references += to->refs_count;
}

static int take(struct op *op, struct threads *t)
{
	const struct column *c = t->source;
	if (c->references_count <= references_most(t) && column_is(c, &t->uids))
		return begin_tree(op, t);
	if (!t->own)
		t->own = reallocarray(NULL, t->count + 1, sizeof *t->own);
	if (!t->own)
		return op_fail(op, RC_NOMEM, "out of memory for threading");
	for (size_t end = portion_end(t); t->at < end; t->at++) {
		if (!has_next(c, &t->seek, t->found[t->at]))
			continue; // its record went away
		size_t n = t->row++;
		take_message(t, n);
		t->found[n] = t->found[t->at];
		if (t->seqs)
			t->seqs[n] = t->seqs[t->at];
	}
	if (t->at < t->count)
		return 0;
	t->count = t->row;
	return begin_tree(op, t);
}

static int run_tree(struct op *op, struct threads *t, uint64_t budget_ns)
{
	int rc = thread_tree_run(t->tree, budget_ns);
	if (rc < 0)
		return op_fail(op, rc, "too much memory is needed for these threads just now");
	if (rc == THREAD_TREE_MORE)
		return 0;
	struct column_key name = name_of(t, COLUMN_THREADED + t->wish.algorithm);
	struct column *c = column_new(&name, t->count);
	if (!c)
		return op_fail(op, RC_NOMEM, "out of memory for threads");
	memcpy(c->uids, t->found, t->count * sizeof *c->uids);
	c->n = (uint32_t)t->count;
	thread_tree_take(t->tree, &c->nodes);
	t->threaded = c;
	if (t->keeps_tree)
		columns_keep(t->columns, c, clock_mono());
	begin_write(t);
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
	const struct thread_nodes *n = &t->threaded->nodes;
	const uint32_t *shown = t->seqs ? t->seqs : t->threaded->uids;
	if (has_parentheses(n, node))
		rope_addc(out, '(');
	if (node < n->count)
		rope_addu(out, shown[node]);
	uint32_t child = n->child[node];
	if (child != THREAD_NONE) {
		if (node < n->count)
			rope_addc(out, ' ');
		t->node = child;
		return;
	}
	for (;;) { // up to the next that has a brother to come
		if (has_parentheses(n, node))
			rope_addc(out, ')');
		if (n->next[node] != THREAD_NONE) {
			t->node = n->next[node];
			return;
		}
		node = node < n->count ? n->parent[node] : THREAD_NONE;
		if (node == THREAD_NONE) {
			t->node = THREAD_NONE;
			return;
		}
	}
}

static int write_nodes(struct op *op, struct threads *t, struct rope *out)
{
	for (unsigned i = 0; i < NODES_PER_LOOK && t->node != THREAD_NONE; i++)
		write_node(t, t->node, out);
	if (t->node == THREAD_NONE)
		enter(t, DONE);
	return out->failed ? op_fail(op, RC_NOMEM, "out of memory for threads") : 0;
}

// --- running ---

static int portion(struct op *op, struct threads *t, uint64_t budget_ns, struct rope *out)
{
	switch (t->stage) {
	case GATHER:
		return gather(op, t);
	case MERGE:
		return merge(op, t);
	case TAKE:
		return take(op, t);
	case TREE:
		return run_tree(op, t, budget_ns);
	default:
		return write_nodes(op, t, out);
	}
}

int threads_run(struct op *op, struct threads *t, uint64_t budget_ns, struct rope *out)
{
	uint64_t start = clock_mono(), used = 0;
	if (t->rc)
		return op_fail(op, t->rc, "threading has failed before");
	while (t->stage != DONE) {
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
	column_unref(t->old);
	column_unref(t->made);
	column_unref(t->few);
	column_unref(t->source);
	column_unref(t->threaded);
	numset_done(&t->uids);
	free(t->own);
	free(t->found);
	free(t->seqs);
	buf_done(&t->work);
	charge_done(&t->charge);
	free(t);
}
