// SPDX-License-Identifier: Apache-2.0
// Each criterion needs a column of ranks (mail/column.h) that has all the messages. One that was kept is taken as it is; one that lacks few of them
// is extended: their keys are gathered and sorted, and each finds its place among the ranks by looking at the cards of a few others. All
// others are made of the messages asked for, in one walk over their cards. Then the messages are ordered by their ranks, by the least important
// criterion first; equal ones keep the order of the mailbox.
//
// A message whose record went away while keys were gathered is in no column, and not in the result.
#include "mail/sort.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/limits.h"
#include "mail/column.h"
#include "mail/ranksort.h"
#include "mail/sort_rows.h"
#include "mail/view_priv.h"

#include <assert.h>
#include <stdlib.h>

#define MESSAGE_OCTETS (6 * sizeof(uint32_t)) // besides what keys take
#define KEY_OCTETS (3 * sizeof(uint32_t))     // its column, and ranks in the order of the result
#define STEPS_PER_LOOK 16384u                 // items ranked or moved
#define NONE UINT32_MAX
static_assert((int)SORT_KEYS <= (int)COLUMN_THREADED, "column_kind() tells them from threads");

enum stage {
	NEXT,   // is anything lacking?
	GATHER, // the keys `round` of some messages
	ORDER,  // by one of them
	RANK,   // a new column, of these messages alone
	PLACE,  // or where they go in one that was there
	RANKS,  // of the messages asked for
	SORT,
	DONE
};
// What a column that is extended keeps: the messages that are asked for. Their ranks without gaps are "slots".
struct extension {
	struct column *old; // NULL: none
	uint32_t *slots;    // of each rank; NONE: nobody asked for has it
	uint32_t *members;  // of each slot one message
	uint32_t count;     // slots
	uint32_t *places;   // of each row in order: the slot that it is in or before
	bool *joins;        // it is in that
};
struct sort {
	struct view *view;
	struct columns *kept;
	uint64_t partition; // whose messages they are
	uint32_t data;
	struct sort_criteria criteria;
	struct numset uids;
	enum stage stage;
	struct column *columns[SORT_KEYS]; // of each criterion; NULL: still to be made
	struct column *old[SORT_KEYS];     // which is to be extended
	bool keep[SORT_KEYS];              // what is made
	struct sort_criteria round;
	unsigned of_round[SORT_KEYS]; // which criteria they are
	unsigned key;                 // of the round
	struct sort_rows *rows;
	struct extension extension;
	struct column *made; // under way
	size_t at;           // of the stage
	size_t count;        // messages of the result
	uint32_t *found, *seqs;
	uint32_t *ranks[SORT_KEYS]; // of `found`
	struct ranksort *sorter;
	uint32_t *order, *spare;
	uint32_t *ordered_uids, *ordered_seqs; // the result
	struct charge charge;
	int rc; // of a fault
};

void sort_criteria_add(struct sort_criteria *c, enum sort_key key, bool reverse)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->keys[i] == key)
			return;
	c->keys[c->count] = (uint8_t)key;
	c->reverse[c->count++] = reverse;
}

// --- what is there ---

// By any collation, numbers are the same.
static struct column_key name_of(const struct sort *s, unsigned criterion)
{
	enum sort_key key = (enum sort_key)s->criteria.keys[criterion];
	bool number = key == SORT_ARRIVAL || key == SORT_DATE || key == SORT_SIZE;
	return (struct column_key){
		.partition = s->partition,
		.data = s->data,
		.kind = column_kind(
			key, number ? COLLATION_UNICODE_CASEMAP : s->criteria.collation),
	};
}

static void look_up(struct sort *s, unsigned criterion)
{
	struct column_key name = name_of(s, criterion);
	struct column *c = columns_find(s->kept, &name, clock_mono());
	size_t n = numset_size(&s->uids), shared = c ? column_shared(c, &s->uids) : 0;
	enum column_use use = column_use(c, shared, n, view_exists(s->view));
	s->keep[criterion] = (use == COLUMN_EXTEND || use == COLUMN_ANEW) &&
		n >= mail_keys_kept_from(account_mail(s->view->account));
	if (use == COLUMN_WHOLE)
		s->columns[criterion] = c;
	else if (use == COLUMN_EXTEND || use == COLUMN_LEND)
		s->old[criterion] = c;
	else
		column_unref(c);
}

static int prepare(struct op *op, struct sort *s, bool numbers)
{
	size_t n = numset_size(&s->uids);
	int rc = op_charge(op, &s->charge, n * (MESSAGE_OCTETS + s->criteria.count * KEY_OCTETS));
	if (rc < 0)
		return rc;
	s->found = reallocarray(NULL, n + 1, sizeof *s->found);
	s->seqs = numbers ? reallocarray(NULL, n + 1, sizeof *s->seqs) : NULL;
	if (s->uids.failed || !s->found || (numbers && !s->seqs))
		return op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", n);
	size_t at = 0;
	for (size_t i = 0; i < s->uids.count; i++)
		for (uint64_t uid = s->uids.ranges[i].first; uid <= s->uids.ranges[i].last; uid++)
			s->found[at++] = (uint32_t)uid;
	s->count = n;
	if (numbers)
		rc = view_numbers(op, s->view, &s->uids, s->seqs);
	for (unsigned i = 0; rc == 0 && i < s->criteria.count; i++)
		look_up(s, i);
	return rc;
}

int sort_open(struct op *op, struct view *v, const struct numset *uids,
	const struct sort_criteria *criteria, bool numbers, struct sort **ret_sort)
{
	struct sort *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->view = v;
	s->kept = mail_columns(account_mail(view_account(v)));
	s->partition = v->account->partition;
	s->data = v->snap->h.data;
	s->criteria = *criteria;
	op_charge_init(op, &s->charge);
	numset_copy(&s->uids, uids);
	int rc = prepare(op, s, numbers);
	if (rc < 0) {
		sort_close(s);
		return rc;
	}
	*ret_sort = s;
	return 0;
}

// --- what is lacking ---

static void enter(struct sort *s, enum stage stage)
{
	s->stage = stage;
	s->at = 0;
}

// INBOX was renamed, and the view has gone on to what it is now: other messages.
static bool is_elsewhere(const struct sort *s)
{
	return s->view->snap->h.data != s->data;
}

static void add_to_round(struct sort *s, unsigned criterion)
{
	s->of_round[s->round.count] = criterion;
	s->keep[criterion] = s->keep[criterion] && !is_elsewhere(s);
	sort_criteria_add(&s->round, (enum sort_key)s->criteria.keys[criterion], false);
}

// All columns that are made anew in one round, each that is extended in another.
static int next_round(struct op *op, struct sort *s)
{
	struct numset lacking = { 0 };
	s->round = (struct sort_criteria){ .collation = s->criteria.collation };
	s->key = 0;
	for (unsigned i = 0; i < s->criteria.count; i++)
		if (!s->columns[i] && !s->old[i])
			add_to_round(s, i);
	numset_copy(&lacking, &s->uids);
	for (unsigned i = 0; s->round.count == 0 && i < s->criteria.count; i++) {
		if (s->columns[i])
			continue;
		add_to_round(s, i);
		column_subtract(s->old[i], &lacking);
	}
	int rc = lacking.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
	if (rc == 0 && s->round.count)
		rc = sort_rows_open(op, s->view, &lacking, &s->round, &s->rows);
	numset_done(&lacking);
	enter(s, s->round.count ? GATHER : RANKS);
	return rc;
}

// --- a new column ---

static int begin_column(struct op *op, struct sort *s)
{
	struct column_key name = name_of(s, s->of_round[s->key]);
	s->made = column_new(&name, numset_size(&s->uids));
	return s->made ? 0 : op_fail(op, RC_NOMEM, "out of memory for ranks");
}

static void end_column(struct sort *s)
{
	unsigned criterion = s->of_round[s->key++];
	s->columns[criterion] = s->made;
	s->made = NULL;
	if (s->keep[criterion])
		columns_keep(s->kept, s->columns[criterion], clock_mono());
}

// The next key of the round, or the next round.
static int next_key(struct op *op, struct sort *s)
{
	if (s->key < s->round.count) {
		enter(s, ORDER);
		return sort_rows_order_begin(op, s->rows, s->key);
	}
	sort_rows_close(s->rows);
	s->rows = NULL;
	enter(s, NEXT);
	return 0;
}

static int rank(struct op *op, struct sort *s)
{
	size_t n = sort_rows_count(s->rows);
	size_t end = n - s->at > STEPS_PER_LOOK ? s->at + STEPS_PER_LOOK : n;
	int rc = s->made ? 0 : begin_column(op, s);
	if (rc < 0)
		return rc;
	struct column *c = s->made;
	for (; s->at < end; s->at++) {
		if (!sort_rows_is_as_before(s->rows, s->at))
			c->different++;
		c->ranks[sort_rows_nth(s->rows, s->at)] = c->different - 1;
	}
	if (s->at < n)
		return 0;
	memcpy(c->uids, sort_rows_uids(s->rows), n * sizeof *c->uids);
	c->n = (uint32_t)n;
	end_column(s);
	return next_key(op, s);
}

// --- a column that is extended ---

static void extension_done(struct extension *x)
{
	column_unref(x->old);
	free(x->slots);
	free(x->members);
	free(x->places);
	free(x->joins);
	*x = (struct extension){ 0 };
}

// Calls for each message that is asked for and has a rank: in the order of the mailbox.
static void note_members(const struct sort *s, struct extension *x)
{
	const struct column *old = x->old;
	uint32_t at = 0;
	for (size_t i = 0; i < s->count; i++) {
		at = column_seek(old, at, s->found[i]);
		if (at < old->n && old->uids[at] == s->found[i])
			x->slots[old->ranks[at]] = s->found[i]; // for now: a member
	}
}

static int begin_extension(struct op *op, struct sort *s)
{
	struct extension *x = &s->extension;
	size_t rows = sort_rows_count(s->rows);
	x->old = s->old[s->of_round[0]];
	s->old[s->of_round[0]] = NULL;
	x->slots = reallocarray(NULL, x->old->different + (size_t)1, sizeof *x->slots);
	x->members = reallocarray(NULL, x->old->different + (size_t)1, sizeof *x->members);
	x->places = reallocarray(NULL, rows + 1, sizeof *x->places);
	x->joins = reallocarray(NULL, rows + 1, sizeof *x->joins);
	if (!x->slots || !x->members || !x->places || !x->joins)
		return op_fail(op, RC_NOMEM, "out of memory for ranks");
	memset(x->slots, 0, (x->old->different + (size_t)1) * sizeof *x->slots);
	note_members(s, x);
	for (uint32_t i = 0; i < x->old->different; i++) {
		uint32_t member = x->slots[i];
		x->slots[i] = member ? x->count : NONE;
		if (member)
			x->members[x->count++] = member;
	}
	return 0;
}

// Where the next row goes, behind the one before. Outcome SORT_ROWS_GONE.
static int place_row(struct op *op, struct sort *s)
{
	struct extension *x = &s->extension;
	uint32_t low = s->at ? x->places[s->at - 1] : 0, high = x->count;
	bool joins = false;
	while (low < high && !joins) {
		uint32_t mid = low + (high - low) / 2;
		int order = 0,
		    rc = is_elsewhere(s)
			? SORT_ROWS_GONE
			: sort_rows_compare(op, s->rows, s->at, x->members[mid], &order);
		if (rc)
			return rc;
		joins = order == 0;
		if (order > 0)
			low = mid + 1;
		else
			high = mid;
	}
	x->places[s->at] = high;
	x->joins[s->at++] = joins;
	return 0;
}

// Slots become ranks: `slots` then has, for each old rank, the new one; `places` that of each row in order.
static uint32_t number_ranks(struct sort *s)
{
	struct extension *x = &s->extension;
	size_t rows = sort_rows_count(s->rows), row = 0;
	uint32_t more = 0; // new ranks so far
	for (uint32_t i = 0, slot = 0; i <= x->old->different; i++) {
		if (i < x->old->different && x->slots[i] == NONE)
			continue;
		for (; row < rows && x->places[row] == slot && !x->joins[row]; row++) {
			more += !sort_rows_is_as_before(s->rows, row);
			x->places[row] = slot + more - 1;
		}
		for (; row < rows && x->places[row] == slot; row++)
			x->places[row] = slot + more;
		if (i < x->old->different)
			x->slots[i] = slot++ + more;
	}
	return x->count + more;
}

static int merge_column(struct op *op, struct sort *s)
{
	struct extension *x = &s->extension;
	const struct column *old = x->old;
	size_t rows = sort_rows_count(s->rows);
	const uint32_t *uids = sort_rows_uids(s->rows);
	uint32_t *ranks = reallocarray(NULL, rows + 1, sizeof *ranks); // of each row
	int rc = ranks ? begin_column(op, s) : op_fail(op, RC_NOMEM, "out of memory for ranks");
	if (rc < 0) {
		free(ranks);
		return rc;
	}
	struct column *c = s->made;
	c->different = number_ranks(s);
	for (size_t i = 0; i < rows; i++)
		ranks[sort_rows_nth(s->rows, i)] = x->places[i];
	uint32_t at = 0;
	for (size_t i = 0, row = 0; i < s->count; i++) {
		uint32_t uid = s->found[i];
		at = column_seek(old, at, uid);
		if (row < rows && uids[row] == uid)
			c->ranks[c->n] = ranks[row++];
		else if (at < old->n && old->uids[at] == uid)
			c->ranks[c->n] = x->slots[old->ranks[at]];
		else
			continue; // its record went away
		c->uids[c->n++] = uid;
	}
	free(ranks);
	return 0;
}

static int place(struct op *op, struct sort *s)
{
	int rc = s->extension.old ? 0 : begin_extension(op, s);
	if (rc == 0 && s->at < sort_rows_count(s->rows)) {
		rc = place_row(op, s);
		if (rc != SORT_ROWS_GONE)
			return rc;
		extension_done(&s->extension); // another message is gone as well: made anew
		s->key = s->round.count;
		return next_key(op, s);
	}
	if (rc == 0)
		rc = merge_column(op, s);
	if (rc < 0)
		return rc;
	extension_done(&s->extension);
	end_column(s);
	return next_key(op, s);
}

// --- sorting ---

// Leaves out what a column lacks.
static void leave_out(struct sort *s, const struct column *c)
{
	size_t n = 0;
	uint32_t at = 0;
	for (size_t i = 0; i < s->count; i++) {
		at = column_seek(c, at, s->found[i]);
		if (at == c->n || c->uids[at] != s->found[i])
			continue;
		s->found[n] = s->found[i];
		if (s->seqs)
			s->seqs[n] = s->seqs[i];
		n++;
	}
	s->count = n;
}

static int take_ranks(struct op *op, struct sort *s, unsigned criterion)
{
	const struct column *c = s->columns[criterion];
	uint32_t *ranks = reallocarray(NULL, s->count + 1, sizeof *ranks);
	if (!ranks)
		return op_fail(op, RC_NOMEM, "out of memory for ranks");
	uint32_t at = 0;
	for (size_t i = 0; i < s->count; i++) {
		at = column_seek(c, at, s->found[i]);
		ranks[i] = c->ranks[at];
	}
	s->ranks[criterion] = ranks;
	return 0;
}

static void begin_key(struct sort *s)
{
	ranksort_by(s->sorter, s->ranks[s->key], s->columns[s->key]->different,
		s->criteria.reverse[s->key]);
}

// One criterion after the other; then all is ready to be sorted.
static int all_ranks(struct op *op, struct sort *s)
{
	size_t asked = numset_size(&s->uids);
	for (unsigned i = 0; s->at == 0 && i < s->criteria.count; i++)
		if (column_shared(s->columns[i], &s->uids) < asked)
			leave_out(s, s->columns[i]);
	if (s->at < s->criteria.count)
		return take_ranks(op, s, (unsigned)s->at++);
	size_t n = s->count + 1;
	s->order = reallocarray(NULL, n, sizeof *s->order);
	s->spare = reallocarray(NULL, n, sizeof *s->spare);
	s->ordered_uids = reallocarray(NULL, n, sizeof *s->ordered_uids);
	s->ordered_seqs = s->seqs ? reallocarray(NULL, n, sizeof *s->ordered_seqs) : NULL;
	s->sorter = malloc(sizeof *s->sorter);
	if (!s->order || !s->spare || !s->ordered_uids || (s->seqs && !s->ordered_seqs) ||
		!s->sorter)
		return op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", n);
	ranksort_init(s->sorter, s->order, s->spare, s->count);
	s->key = s->criteria.count - 1;
	begin_key(s);
	enter(s, SORT);
	return 0;
}

static void sort_by_ranks(struct sort *s)
{
	if (!ranksort_run(s->sorter, STEPS_PER_LOOK))
		return;
	if (s->key > 0) {
		s->key--;
		begin_key(s);
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		uint32_t at = s->sorter->order[i];
		s->ordered_uids[i] = s->found[at];
		if (s->seqs)
			s->ordered_seqs[i] = s->seqs[at];
	}
	enter(s, DONE);
}

static int step(struct op *op, struct sort *s)
{
	int rc;
	switch (s->stage) {
	case NEXT:
		return next_round(op, s);
	case GATHER:
		rc = sort_rows_gather(op, s->rows);
		return rc == 0 ? next_key(op, s) : rc < 0 ? rc : 0;
	case ORDER:
		if (sort_rows_order_run(s->rows) == 0)
			enter(s, s->old[s->of_round[s->key]] ? PLACE : RANK);
		return 0;
	case RANK:
		return rank(op, s);
	case PLACE:
		return place(op, s);
	case RANKS:
		return all_ranks(op, s);
	default:
		sort_by_ranks(s);
		return 0;
	}
}

int sort_run(struct op *op, struct sort *s, uint64_t budget_ns)
{
	uint64_t start = clock_mono();
	if (s->rc)
		return op_fail(op, s->rc, "the sort has failed before");
	while (s->stage != DONE) {
		int rc = op_alive(op);
		if (rc == 0)
			rc = step(op, s);
		s->rc = rc;
		if (rc < 0)
			return rc;
		if (s->stage != DONE && clock_mono() - start >= budget_ns)
			return SORT_MORE;
	}
	return 0;
}

size_t sort_count(const struct sort *s)
{
	return s->count;
}

const uint32_t *sort_found(const struct sort *s)
{
	return s->found;
}

const uint32_t *sort_uids(const struct sort *s)
{
	return s->ordered_uids;
}

const uint32_t *sort_seqs(const struct sort *s)
{
	return s->ordered_seqs;
}

void sort_close(struct sort *s)
{
	if (!s)
		return;
	sort_rows_close(s->rows);
	extension_done(&s->extension);
	column_unref(s->made);
	for (unsigned i = 0; i < SORT_KEYS; i++) {
		column_unref(s->columns[i]);
		column_unref(s->old[i]);
		free(s->ranks[i]);
	}
	numset_done(&s->uids);
	free(s->found);
	free(s->seqs);
	free(s->sorter);
	free(s->order);
	free(s->spare);
	free(s->ordered_uids);
	free(s->ordered_seqs);
	charge_done(&s->charge);
	free(s);
}
