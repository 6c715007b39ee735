// SPDX-License-Identifier: Apache-2.0
// First all keys are gathered from the cards into cells, a row of them for each message; then the rows are sorted by merging. The first
// eight octets of a string are its cell's head, so that few comparisons look at more. What all strings of the first criterion begin with ("report
// number ", where a mailbox holds what one program sends) tells nothing: there the eight octets behind it are compared first. Equal rows keep the
// order of the mailbox.
#include "mail/sort.h"

#include "base/budget.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "mail/card_walk.h"
#include "mail/msort.h"

#include <assert.h>
#include <stdlib.h>

#define ROW_OCTETS                                                                                 \
	(4 * sizeof(uint32_t) + 2 * sizeof(struct msort_item)) // of a message, besides its cells
#define POOL_STEP (1u << 20) // octets of strings that are charged at a time
#define COMMON_MAX 64u       // octets of what all strings begin with
#define ROWS_PER_LOOK 64u    // messages gathered before a look at the clock
#define STEPS_PER_LOOK 4096u // items merged

struct cell {
	uint64_t head;  // a number, or the first octets of a string; compares as unsigned
	uint32_t at, n; // a string: in the pool
};
struct sort {
	struct sort_criteria criteria;
	struct card_walk *walk; // NULL: all is gathered
	size_t count, cap;      // rows
	struct cell *cells;     // criteria.count for each row
	uint32_t *uids, *seqs;
	uint32_t *ordered_uids, *ordered_seqs; // the result
	struct buf pool, work;
	char first
		[COMMON_MAX]; // of the first criterion's strings: the first `common` octets of all
	size_t common;
	struct msort_item *items, *spare;
	struct msort merge;
	struct charge charge;
	size_t pool_charged;
	int rc; // of a fault
	bool done;
};

void sort_criteria_add(struct sort_criteria *c, enum sort_key key, bool reverse)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->keys[i] == key)
			return;
	c->keys[c->count] = (uint8_t)key;
	c->reverse[c->count++] = reverse;
}

// --- gathering ---

// Which item of the card a key compares; CARD_ITEMS: a number.
static enum card_item item_of(enum sort_key key)
{
	static const enum card_item items[] = {
		[SORT_ARRIVAL] = CARD_ITEMS,
		[SORT_CC] = CARD_SORT_CC,
		[SORT_DATE] = CARD_ITEMS,
		[SORT_FROM] = CARD_SORT_FROM,
		[SORT_SIZE] = CARD_ITEMS,
		[SORT_SUBJECT] = CARD_BASE_SUBJECT,
		[SORT_TO] = CARD_SORT_TO,
		[SORT_DISPLAYFROM] = CARD_DISPLAY_FROM,
		[SORT_DISPLAYTO] = CARD_DISPLAY_TO,
	};
	static_assert(countof(items) == SORT_KEYS, "each key has an item");
	return items[key];
}

// The items that the walk must find in each card; 0: no cards are needed.
static uint32_t items_wanted(const struct sort_criteria *c)
{
	uint32_t items = 0;
	for (unsigned i = 0; i < c->count; i++) {
		enum card_item item = item_of((enum sort_key)c->keys[i]);
		items |= item == CARD_ITEMS ? 0 : 1u << item;
		items |= c->keys[i] == SORT_DATE ? 1u << CARD_ENVELOPE : 0; // any card tells it
	}
	return items;
}

int sort_open(struct op *op, struct view *v, const struct numset *uids,
	const struct sort_criteria *criteria, struct sort **ret_sort)
{
	struct sort *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->criteria = *criteria;
	s->cap = numset_size(uids);
	size_t n = s->cap ? s->cap : 1;
	op_charge_init(op, &s->charge);
	int charged =
		op_charge(op, &s->charge, n * (criteria->count * sizeof *s->cells + ROW_OCTETS));
	if (charged < 0) {
		sort_close(s);
		return charged;
	}
	s->cells = calloc(n * criteria->count, sizeof *s->cells);
	s->uids = calloc(n, sizeof *s->uids);
	s->seqs = calloc(n, sizeof *s->seqs);
	int rc = s->cells && s->uids && s->seqs
		? card_walk_open(op, v, uids, items_wanted(criteria), &s->walk)
		: op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", s->cap);
	if (rc < 0) {
		sort_close(s);
		return rc;
	}
	*ret_sort = s;
	return 0;
}

// Signed numbers in the order of unsigned ones.
static uint64_t biased(int64_t v)
{
	return (uint64_t)v ^ UINT64_C(1) << 63;
}

// RFC 5256 section 2.2
static int64_t sent_date(const struct msg *m, struct span card)
{
	int64_t sent = card_sent_date(card);
	return sent == INT64_MIN ? m->cold->internal_date : sent;
}

static uint64_t head_of(struct span text)
{
	unsigned char octets[8] = { 0 };
	uint64_t head = 0;
	if (text.n)
		memcpy(octets, text.p, text.n < 8 ? text.n : 8);
	for (int i = 0; i < 8; i++)
		head = head << 8 | octets[i];
	return head;
}

static void note_common(struct sort *s, struct span text)
{
	size_t n = 0, most = s->count ? s->common : COMMON_MAX;
	if (most > text.n)
		most = text.n;
	if (s->count == 0 && most)
		memcpy(s->first, text.p, most);
	while (n < most && text.p[n] == s->first[n])
		n++;
	s->common = n;
}

// The string of the row before is often the same, in a conversation or a series: it is kept once.
static bool is_as_before(const struct sort *s, const struct cell *cell, struct span text)
{
	const struct cell *before = s->count ? cell - s->criteria.count : NULL;
	return before && before->n == text.n && memcmp(s->pool.p + before->at, text.p, text.n) == 0;
}

static int cell_set(struct op *op, struct sort *s, struct cell *cell, struct span text)
{
	cell->head = head_of(text);
	cell->n = (uint32_t)text.n;
	if (cell == s->cells + s->count * s->criteria.count)
		note_common(s, text);
	if (text.n <= 8)
		return 0;
	if (is_as_before(s, cell, text)) {
		cell->at = cell[-(ptrdiff_t)s->criteria.count].at;
		return 0;
	}
	cell->at = (uint32_t)s->pool.n;
	buf_add(&s->pool, text);
	while (s->pool.n > s->pool_charged) {
		int rc = op_charge(op, &s->charge, POOL_STEP);
		if (rc < 0)
			return rc;
		s->pool_charged += POOL_STEP;
	}
	if (s->pool.n > SORT_KEYS_MAX)
		return op_fail(op, RC_LIMIT, "the texts to be sorted are too long");
	if (s->pool.failed)
		return op_fail(op, RC_NOMEM, "out of memory for the keys of %zu messages", s->cap);
	return 0;
}

static int add_text(
	struct op *op, struct sort *s, struct cell *cell, enum card_item item, struct span card)
{
	if (s->criteria.collation == COLLATION_UNICODE_CASEMAP)
		return cell_set(op, s, cell, card_item(card, item));
	buf_reset(&s->work);
	int rc = card_walk_key(op, s->walk, item, s->criteria.collation, &s->work);
	return rc < 0 ? rc : cell_set(op, s, cell, buf_span(&s->work));
}

static int add_row(struct op *op, struct sort *s, const struct msg *m, struct span card)
{
	struct cell *cells = s->cells + s->count * s->criteria.count;
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < s->criteria.count; i++) {
		enum sort_key key = (enum sort_key)s->criteria.keys[i];
		if (key == SORT_ARRIVAL)
			cells[i].head = biased(m->cold->internal_date);
		else if (key == SORT_SIZE)
			cells[i].head = m->cold->size;
		else if (key == SORT_DATE)
			cells[i].head = biased(sent_date(m, card));
		else
			rc = add_text(op, s, &cells[i], item_of(key), card);
	}
	s->uids[s->count] = m->uid.v;
	s->seqs[s->count++] = m->seq.v;
	return rc;
}

// --- sorting ---

static int compare_strings(const struct sort *s, const struct cell *a, const struct cell *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int order = n > 8 && a->at != b->at
		? memcmp(s->pool.p + a->at + 8, s->pool.p + b->at + 8, n - 8)
		: 0;
	return order ? order : a->n < b->n ? -1 : a->n > b->n;
}

static int compare_rows(const void *ctx, uint32_t a, uint32_t b)
{
	const struct sort *s = ctx;
	unsigned count = s->criteria.count;
	const struct cell *x = s->cells + (size_t)a * count, *y = s->cells + (size_t)b * count;
	for (unsigned i = 0; i < count; i++) {
		int order = x[i].head < y[i].head ? -1 : x[i].head > y[i].head;
		if (order == 0) // numbers have n == 0
			order = compare_strings(s, &x[i], &y[i]);
		if (order)
			return s->criteria.reverse[i] ? -order : order;
	}
	return 0;
}

// What is compared first of a row: eight octets of the first string behind what all begin with, or a number.
static uint64_t row_head(const struct sort *s, size_t row)
{
	const struct cell *cell = s->cells + row * s->criteria.count;
	if (s->common == 0)
		return cell->head;
	if (cell->n <= 8) // and `common` is at most that
		return s->common < 8 ? cell->head << 8 * s->common : 0;
	return head_of(span_of(s->pool.p + cell->at + s->common, cell->n - s->common));
}

static int begin_merge(struct op *op, struct sort *s)
{
	size_t n = s->count ? s->count : 1;
	card_walk_close(s->walk);
	s->walk = NULL;
	s->items = malloc(n * sizeof *s->items);
	s->spare = malloc(n * sizeof *s->spare);
	s->ordered_uids = malloc(n * sizeof *s->ordered_uids);
	s->ordered_seqs = malloc(n * sizeof *s->ordered_seqs);
	if (!s->items || !s->spare || !s->ordered_uids || !s->ordered_seqs)
		return op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", n);
	for (size_t i = 0; i < s->count; i++) {
		uint64_t head = row_head(s, i);
		s->items[i].head = s->criteria.reverse[0] ? ~head : head;
		s->items[i].at = (uint32_t)i;
	}
	msort_init(&s->merge, s->items, s->spare, s->count);
	s->merge.tie = compare_rows;
	s->merge.ctx = s;
	return 0;
}

static void put_in_order(struct sort *s)
{
	for (size_t i = 0; i < s->count; i++) {
		s->ordered_uids[i] = s->uids[s->merge.items[i].at];
		s->ordered_seqs[i] = s->seqs[s->merge.items[i].at];
	}
	s->done = true;
}

static int gather(struct op *op, struct sort *s)
{
	for (unsigned i = 0; i < ROWS_PER_LOOK; i++) {
		struct msg m;
		struct span card;
		int rc = card_walk_next(op, s->walk, &m, &card);
		if (rc == CARD_WALK_END)
			return begin_merge(op, s);
		if (rc == 0 && s->count == s->cap)
			rc = op_fail(op, RC_SERVERBUG, "more messages than were to be sorted");
		if (rc == 0)
			rc = add_row(op, s, &m, card);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int sort_run(struct op *op, struct sort *s, uint64_t budget_ns)
{
	uint64_t start = clock_mono();
	if (s->rc)
		return op_fail(op, s->rc, "the sort has failed before");
	while (!s->done) {
		int rc = op_alive(op);
		if (rc == 0 && s->walk)
			rc = gather(op, s);
		else if (rc == 0 && msort_run(&s->merge, STEPS_PER_LOOK))
			put_in_order(s);
		s->rc = rc;
		if (rc < 0)
			return rc;
		if (!s->done && clock_mono() - start >= budget_ns)
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
	return s->uids;
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
	card_walk_close(s->walk);
	buf_done(&s->pool);
	buf_done(&s->work);
	free(s->cells);
	free(s->uids);
	free(s->seqs);
	free(s->ordered_uids);
	free(s->ordered_seqs);
	free(s->items);
	free(s->spare);
	charge_done(&s->charge);
	free(s);
}
