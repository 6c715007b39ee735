// SPDX-License-Identifier: Apache-2.0
// See context.h. After a pass of changes only the messages whose modseq rose are evaluated, and compared with what matched before. A sorted
// context sorts again when something is added: its order among what stays is the same, since what messages are sorted by never changes.
#include "imap/context.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "imap/fetch.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "mail/sort.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdlib.h>

struct kept_set { // a set among the keys
	struct numset uids;
	struct kept_set *next;
};
struct context {
	struct context *next;
	struct arena arena; // tag, program
	struct span tag;
	bool uid;   // tells UIDs, not numbers
	bool multi; // of ESEARCH: names the mailbox
	struct search_key *program;
	struct kept_set *sets;
	struct numset found;
	struct modseq since;   // evaluated as of here
	struct uid since_next; // and so far: UIDs from here on are of new messages
	struct span items; // what is fetched of new messages, as it was written; absent: nothing
	bool sorted;
	struct sort_criteria criteria;
	uint32_t *order; // UIDs; malloced
	size_t count;
	// An evaluation under way:
	bool evaluating, searched;
	struct modseq upto;
	struct uid upto_next;
	struct numset changed, matching; // matching: of changed
	struct search_key top, within;   // top: within and program
	struct search *search;
	struct sort *sort;
};

static void evaluation_done(struct context *x)
{
	search_close(x->search);
	sort_close(x->sort);
	x->search = NULL;
	x->sort = NULL;
	numset_done(&x->changed);
	numset_done(&x->matching);
	x->evaluating = x->searched = false;
}

static void context_free(struct context *x)
{
	evaluation_done(x);
	for (struct kept_set *set = x->sets; set; set = set->next)
		numset_done(&set->uids);
	numset_done(&x->found);
	free(x->order);
	arena_done(&x->arena);
	arena_set_budget(&x->arena, NULL);
	free(x);
}

// --- making one ---

struct slot { // a pointer in a copy that still points to the original
	struct search_key **at;
	struct slot *next;
};

static bool push(struct op *op, struct slot **list, struct search_key **at)
{
	struct slot *slot = *at ? op_new(op, struct slot) : NULL;
	if (slot) {
		*slot = (struct slot){ at, *list };
		*list = slot;
	}
	return slot || !*at;
}

static bool copy_text(struct context *x, struct span *text)
{
	if (text->p)
		*text = arena_dup(&x->arena, *text);
	return text->p || text->n == 0;
}

static struct search_key *copy_key(struct context *x, const struct search_key *from)
{
	struct search_key *k = arena_new(&x->arena, struct search_key);
	if (!k)
		return NULL;
	*k = *from;
	if (!copy_text(x, &k->name) || !copy_text(x, &k->text))
		return NULL;
	if (k->set) {
		struct kept_set *set = arena_new(&x->arena, struct kept_set);
		if (!set)
			return NULL;
		*set = (struct kept_set){ .next = x->sets };
		numset_copy(&set->uids, k->set);
		x->sets = set;
		k->set = &set->uids;
		if (set->uids.failed || set->uids.count > CONTEXT_RANGES_MAX)
			return NULL;
	}
	return k;
}

// Keys are nested deeply: no recursion.
static bool copy_program(struct op *op, struct context *x, const struct search_key *program)
{
	struct slot *todo = NULL;
	x->program = (struct search_key *)(uintptr_t)program; // replaced below
	bool fine = push(op, &todo, &x->program);
	while (fine && todo) {
		struct search_key **at = todo->at;
		todo = todo->next;
		*at = copy_key(x, *at);
		fine = *at && push(op, &todo, &(*at)->child) && push(op, &todo, &(*at)->next);
	}
	return fine;
}

static bool copy_result(struct context *x, const struct search_result *r)
{
	numset_copy(&x->found, r->uids);
	if (r->order) {
		x->count = r->order->count;
		x->order = malloc((x->count + 1) * sizeof *x->order);
		if (!x->order)
			return false;
		memcpy(x->order, r->order->uids, x->count * sizeof *x->order);
	}
	return !x->found.failed;
}

// NOUPDATE SP quoted. A tag has no characters that a quoted string would have to escape.
int context_refuse(struct session *s, struct span tag, const char *why)
{
	struct buf b = { 0 };
	buf_addf(&b, "NOUPDATE \"%.*s\"", SPAN_FMT(tag));
	const char *code = b.failed ? NULL : arena_str(&s->op.arena, buf_span(&b));
	buf_done(&b);
	reply_no(s, code, why);
	return code ? 0 : op_fail(&s->op, RC_NOMEM, "out of memory");
}

bool context_has(const struct session *s, struct span tag)
{
	for (const struct context *x = s->priv->contexts; x; x = x->next)
		if (span_eq(x->tag, tag))
			return true;
	return false;
}

// What UPDATE wants to be fetched; false: out of memory.
static bool copy_items(struct context *x, const struct search_args *a)
{
	for (const struct search_wish *w = a->wishes; w; w = w->next)
		if (w->row->bit == SEARCH_RETURN_UPDATE)
			x->items = *(const struct span *)w->arg;
	return copy_text(x, &x->items);
}

int context_add(struct session *s, const struct command *c, const struct search_result *r)
{
	const struct search_args *a = c->args;
	unsigned count = 0;
	for (const struct context *x = s->priv->contexts; x; x = x->next)
		count++;
	if (count >= CONTEXTS_MAX)
		return context_refuse(s, c->tag, "too many contexts");
	if (r->uids->count > CONTEXT_RANGES_MAX ||
		(r->order && r->order->count > CONTEXT_SORTED_MAX))
		return context_refuse(s, c->tag, "the result is too large to be kept up to date");
	if (a->last.v)
		return context_refuse(s, c->tag, "not all messages were looked at");
	struct context *x = calloc(1, sizeof *x);
	if (!x)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	arena_init(&x->arena, CONTEXT_MEMORY);
	arena_set_budget(&x->arena, s->op.arena.budget);
	x->uid = c->uid;
	x->multi = a->multi;
	x->since = view_flags_modseq(s->view);
	x->since_next = view_uid_next(s->view);
	x->sorted = r->order;
	if (a->criteria)
		x->criteria = *a->criteria;
	x->tag = arena_dup(&x->arena, c->tag);
	if (!x->tag.p || !copy_items(x, a) || !copy_program(&s->op, x, a->program) ||
		!copy_result(x, r)) {
		context_free(x);
		return context_refuse(s, c->tag, "the search is too large to be kept up to date");
	}
	struct context **last = &s->priv->contexts;
	while (*last)
		last = &(*last)->next;
	*last = x;
	return 0;
}

// --- ending them ---

static void drop(struct context **at)
{
	struct context *x = *at;
	*at = x->next;
	context_free(x);
}

bool context_cancel(struct session *s, struct span tag)
{
	for (struct context **at = &s->priv->contexts; *at; at = &(*at)->next)
		if (span_eq((*at)->tag, tag)) {
			drop(at);
			return true;
		}
	return false;
}

void contexts_cancel_all(struct session *s)
{
	while (s->priv->contexts)
		drop(&s->priv->contexts);
}

// Ends one of its own accord.
static int give_up(struct session *s, struct context **at, const char *why)
{
	int rc = context_refuse(s, (*at)->tag, why);
	drop(at);
	return rc;
}

void contexts_cancel_numbers(struct session *s)
{
	for (struct context **at = &s->priv->contexts; *at;) {
		if ((*at)->uid)
			at = &(*at)->next;
		else
			(void)give_up(s, at,
				"message numbers are not told any more"); // without memory, without the code
	}
}

// --- telling ---

static void line_begin(struct session *s, const struct context *x, const char *item)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* ESEARCH (TAG "));
	write_string(out, x->tag, false);
	if (x->multi)
		search_write_mailbox(s, mailbox_name(&s->op, view_mailbox(s->view)));
	rope_addc(out, ')');
	if (x->uid)
		rope_add(out, SPAN(" UID"));
	rope_addf(out, " %s (", item);
}

// Mailbox order: position 0, in lines of bearable length.
static int tell_set(
	struct session *s, const struct context *x, const char *item, const struct numset *uids)
{
	struct numset numbers = { 0 };
	struct buf text = { 0 };
	int rc = x->uid ? 0 : view_seqs_of(&s->op, s->view, uids, &numbers);
	const struct numset *shown = x->uid ? uids : &numbers;
	for (size_t i = 0; rc == 0 && i < shown->count; i += IMAP_VANISHED_RANGES) {
		size_t left = shown->count - i;
		struct numset part = { .ranges = &shown->ranges[i],
			.count = left < IMAP_VANISHED_RANGES ? left : IMAP_VANISHED_RANGES };
		buf_reset(&text);
		numset_print(&part, &text);
		line_begin(s, x, item);
		rope_add(session_out(s), SPAN("0 "));
		rope_add(session_out(s), buf_span(&text));
		rope_add(session_out(s), SPAN(")\r\n"));
	}
	if (rc == 0 && text.failed)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	buf_done(&text);
	numset_done(&numbers);
	return rc;
}

// A run of UIDs that stand together from a position (0-based) on.
static int tell_run(struct session *s, const struct context *x, const char *item,
	const uint32_t *uids, size_t at, size_t count)
{
	struct rope *out = session_out(s);
	uint32_t *shown = arena_array(&s->op.arena, count, sizeof *shown);
	if (!shown)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct seq seq = { uids[at + i] };
		int rc = x->uid ? 0
				: view_seq_of(&s->op, s->view, (struct uid){ uids[at + i] }, &seq);
		if (rc < 0)
			return rc;
		shown[i] = seq.v;
	}
	line_begin(s, x, item);
	rope_addf(out, "%zu ", at + 1);
	search_print_order(shown, count, out);
	rope_add(out, SPAN(")\r\n"));
	return 0;
}

// From the end, so that the positions hold.
static int tell_removed(struct session *s, struct context *x, const struct numset *gone)
{
	struct arena_mark mark = arena_mark(&s->op.arena);
	size_t kept = 0;
	int rc = 0;
	for (size_t end = x->count; rc == 0 && end > 0;) {
		size_t at = end;
		while (at > 0 && numset_has(gone, x->order[at - 1]))
			at--;
		if (at < end)
			rc = tell_run(s, x, "REMOVEFROM", x->order, at, end - at);
		end = at == end ? at - 1 : at;
	}
	arena_release(&s->op.arena, mark);
	for (size_t i = 0; i < x->count; i++)
		if (!numset_has(gone, x->order[i]))
			x->order[kept++] = x->order[i];
	x->count = kept;
	return rc;
}

static int tell_added(struct session *s, const struct context *x, const uint32_t *order,
	size_t count, const struct numset *added)
{
	struct arena_mark mark = arena_mark(&s->op.arena);
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < count; at++) {
		size_t end = at;
		while (end < count && numset_has(added, order[end]))
			end++;
		if (end == at)
			continue;
		rc = tell_run(s, x, "ADDTO", order, at, end - at);
		at = end;
	}
	arena_release(&s->op.arena, mark);
	return rc;
}

static int take_away(struct session *s, struct context *x, const struct numset *gone)
{
	if (numset_is_empty(gone))
		return 0;
	int rc = x->sorted ? tell_removed(s, x, gone) : tell_set(s, x, "REMOVEFROM", gone);
	numset_subtract(&x->found, gone);
	return rc == 0 && x->found.failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : rc;
}

// --- evaluating ---

static int evaluation_begin(struct session *s, struct context *x)
{
	x->evaluating = true;
	x->upto = view_flags_modseq(s->view);
	x->upto_next = view_uid_next(s->view);
	int rc = 0;
	if (x->upto.v > x->since.v)
		rc = view_changed_since(&s->op, s->view, x->since, &x->changed);
	else // NOTIFY without FlagChange: flags wait to be told, new messages do not
		numset_add_range(&x->changed, x->since_next.v, x->upto_next.v - 1);
	if (rc < 0 || numset_is_empty(&x->changed))
		return rc;
	x->within =
		(struct search_key){ .kind = SEARCH_UIDS, .set = &x->changed, .next = x->program };
	x->top = (struct search_key){
		.kind = SEARCH_AND, .child = &x->within, .collation = x->program->collation
	};
	return search_open(&s->op, s->view, &x->top, &x->search);
}

static int add_sorted(struct session *s, struct context *x, const struct numset *added)
{
	size_t count = sort_count(x->sort);
	const uint32_t *order = sort_uids(x->sort);
	// A record went away while it was sorted: positions would not be the client's.
	if (count != numset_size(&x->found) + numset_size(added))
		return op_fail(&s->op, RC_EXPUNGED, "a message went away meanwhile");
	int rc = tell_added(s, x, order, count, added);
	uint32_t *copy = malloc((count + 1) * sizeof *copy);
	if (!copy)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	memcpy(copy, order, count * sizeof *copy);
	free(x->order);
	x->order = copy;
	x->count = count;
	return rc;
}

// What is fetched of a new message: all that anybody asked for, in one FETCH.
static int add_items(
	struct session *s, const struct context *x, struct uid uid, struct fetch_args *a)
{
	int rc = fetch_add_later(s, x->items, a);
	for (const struct context *other = s->priv->contexts; rc == 0 && other; other = other->next)
		if (other != x && other->items.p)
			rc = fetch_add_later(s, other->items, a);
	return rc < 0 ? rc : notify_add_items(s, uid, a);
}

// RFC 5465 section 7: FETCH of new messages that were added, between EXISTS and ADDTO. 1: call again.
static int fetch_new(struct session *s, const struct context *x, const struct numset *added)
{
	struct numset due = { 0 };
	if (!x->items.p || numset_max(added) < x->since_next.v)
		return 0;
	numset_copy(&due, added);
	numset_remove_range(&due, 1, x->since_next.v - 1);
	numset_subtract(&due, &s->priv->fetched);
	if (numset_is_empty(&due) || due.failed) {
		numset_done(&due);
		return 0; // without memory the added ones fail as well
	}
	struct arena_mark mark = arena_mark(&s->op.arena);
	struct fetch_args *a = op_new(&s->op, struct fetch_args);
	uint32_t at = due.ranges[0].first;
	int rc = a ? add_items(s, x, (struct uid){ at }, a) : RC_NOMEM;
	if (rc == 0) {
		a->uids = due;
		rc = fetch_tell(s, a, &at);
		due = a->uids;
		if (rc > 0)
			numset_remove_range(&due, at, UINT32_MAX);
		if (rc >= 0)
			numset_add_set(&s->priv->fetched, &due);
	}
	numset_done(&due);
	arena_release(&s->op.arena, mark);
	return rc;
}

// The search is over: 0, SORT_MORE or a fault; 1: the output is full.
static int compare(struct session *s, struct context *x)
{
	struct numset gone = { 0 }, added = { 0 };
	int rc = 0;
	numset_copy(&added, &x->matching);
	numset_subtract(&added, &x->found);
	if (x->sorted && !x->sort && !numset_is_empty(&added)) {
		struct numset all = { 0 };
		numset_copy(&all, &x->found);
		numset_subtract(&all, &x->changed);
		numset_add_set(&all, &x->matching);
		rc = all.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				: sort_open(&s->op, s->view, &all, &x->criteria, false, &x->sort);
		numset_done(&all);
	}
	if (rc == 0 && x->sort)
		rc = sort_run(&s->op, x->sort, RUN_SLICE_NS);
	if (rc == 0) {
		numset_copy(&gone, &x->changed);
		numset_intersect(&gone, &x->found);
		numset_subtract(&gone, &x->matching);
		rc = take_away(s, x, &gone);
	}
	if (rc == 0 && !numset_is_empty(&added))
		rc = fetch_new(s, x, &added);
	if (rc == 0 && !numset_is_empty(&added)) {
		rc = x->sorted ? add_sorted(s, x, &added) : tell_set(s, x, "ADDTO", &added);
		numset_add_set(&x->found, &added);
	}
	if (rc == 0 && (gone.failed || added.failed || x->found.failed))
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	numset_done(&gone);
	numset_done(&added);
	return rc;
}

// 0: it is up to date; 1: more is to be done; or a fault.
static int evaluate(struct session *s, struct context *x)
{
	struct modseq modseq;
	int rc = 0;
	if (!x->evaluating && view_flags_modseq(s->view).v <= x->since.v &&
		view_uid_next(s->view).v <= x->since_next.v)
		return 0;
	if (!x->evaluating)
		rc = evaluation_begin(s, x);
	if (rc == 0 && x->search && !x->searched)
		rc = search_run(&s->op, x->search, RUN_SLICE_NS, &x->matching, &modseq);
	x->searched = rc == 0;
	if (rc == 0 && x->search)
		rc = compare(s, x);
	if (rc > 0)
		return 1; // SEARCH_MORE, SORT_MORE
	x->since = x->upto;
	x->since_next = x->upto_next;
	evaluation_done(x);
	return rc;
}

int contexts_tell_changed(struct session *s)
{
	for (struct context **at = &s->priv->contexts; *at;) {
		struct context *x = *at;
		if (conn_is_full(s->conn) || crew_slice_is_well_over())
			return 1;
		int rc = evaluate(s, x);
		if (rc > 0)
			return rc;
		if (rc < 0)
			rc = give_up(s, at, "the result cannot be kept up to date any more");
		else if (x->found.count > CONTEXT_RANGES_MAX ||
			(x->sorted && x->count > CONTEXT_SORTED_MAX))
			rc = give_up(
				s, at, "the result has become too large to be kept up to date");
		else
			at = &x->next;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int contexts_tell_gone(struct session *s)
{
	const struct numset *gone;
	if (!s->priv->contexts)
		return 0;
	for (const struct context *x = s->priv->contexts; x; x = x->next)
		if (x->evaluating) // what was told is evaluated first, as of then
			return contexts_tell_changed(s) < 0 ? RC_NOMEM : 1;
	int rc = view_sync_begin(&s->op, s->view, &gone);
	for (struct context *x = s->priv->contexts; rc == 0 && x; x = x->next) {
		struct numset hit = { 0 };
		numset_copy(&hit, gone);
		numset_intersect(&hit, &x->found);
		rc = hit.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				: take_away(s, x, &hit);
		numset_done(&hit);
	}
	return rc;
}
