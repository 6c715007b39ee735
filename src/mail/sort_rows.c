// SPDX-License-Identifier: Apache-2.0
// All keys are gathered from the cards into cells, a row of them for each message; then the rows are sorted by merging, by one key after the other. The
// first eight octets of a string are its cell's head, so that few comparisons look at more. What all strings of a key begin with ("report
// number ", where a mailbox holds what one program sends) tells nothing: there the eight octets behind it are compared first.
#include "mail/sort_rows.h"

#include "base/budget.h"
#include "base/buf.h"
#include "base/limits.h"
#include "mail/card_walk.h"
#include "mail/msort.h"

#include <assert.h>
#include <stdlib.h>

#define ROW_OCTETS                                                                                 \
	(sizeof(uint32_t) + 2 * sizeof(struct msort_item)) // of a message, besides its cells
#define POOL_STEP (1u << 20) // octets of strings that are charged at a time
#define COMMON_MAX 64u       // octets of what all strings begin with
#define ROWS_PER_LOOK 64u    // messages gathered before a look at the clock
#define STEPS_PER_LOOK 4096u // items merged

struct cell {
	uint64_t head;  // a number, or the first octets of a string; compares as unsigned
	uint32_t at, n; // a string: in the pool
};
struct common { // the first octets of all strings of a key
	char octets[COMMON_MAX];
	size_t n;
};
struct sort_rows {
	struct view *view;
	struct sort_criteria wanted;
	struct card_walk *walk; // NULL: all is gathered
	size_t count, cap;      // rows; one more has room
	struct cell *cells;     // wanted.count for each row
	uint32_t *uids;
	struct buf pool, work;
	struct common common[SORT_KEYS];
	struct msort_item *items, *spare;
	struct msort merge;
	unsigned key; // which one is being sorted by
	struct charge charge;
	size_t pool_charged;
};

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

int sort_rows_open(struct op *op, struct view *v, const struct numset *uids,
	const struct sort_criteria *wanted, struct sort_rows **ret_rows)
{
	struct sort_rows *r = calloc(1, sizeof *r);
	if (!r)
		return op_fail(op, RC_NOMEM, "out of memory");
	r->view = v;
	r->wanted = *wanted;
	r->cap = numset_size(uids);
	size_t n = r->cap + 1;
	op_charge_init(op, &r->charge);
	int rc = op_charge(op, &r->charge, n * (wanted->count * sizeof *r->cells + ROW_OCTETS));
	if (rc < 0) {
		sort_rows_close(r);
		return rc;
	}
	r->cells = calloc(n * wanted->count, sizeof *r->cells);
	r->uids = calloc(n, sizeof *r->uids);
	rc = r->cells && r->uids
		? card_walk_open(op, v, uids, items_wanted(wanted), &r->walk)
		: op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", r->cap);
	if (rc < 0) {
		sort_rows_close(r);
		return rc;
	}
	*ret_rows = r;
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

static void note_common(struct common *c, bool is_first, struct span text)
{
	size_t n = 0, most = is_first ? COMMON_MAX : c->n;
	if (most > text.n)
		most = text.n;
	if (is_first && most)
		memcpy(c->octets, text.p, most);
	while (n < most && text.p[n] == c->octets[n])
		n++;
	c->n = n;
}

// The string of the row before is often the same, in a conversation or a series: it is kept once.
static bool is_as_before(const struct sort_rows *r, const struct cell *cell, struct span text)
{
	const struct cell *before = r->count ? cell - r->wanted.count : NULL;
	return before && before->n == text.n && memcmp(r->pool.p + before->at, text.p, text.n) == 0;
}

static int cell_set(struct op *op, struct sort_rows *r, struct cell *cell, struct span text)
{
	cell->head = head_of(text);
	cell->n = (uint32_t)text.n;
	if (text.n <= 8)
		return 0;
	if (is_as_before(r, cell, text)) {
		cell->at = cell[-(ptrdiff_t)r->wanted.count].at;
		return 0;
	}
	cell->at = (uint32_t)r->pool.n;
	buf_add(&r->pool, text);
	while (r->pool.n > r->pool_charged) {
		int rc = op_charge(op, &r->charge, POOL_STEP);
		if (rc < 0)
			return rc;
		r->pool_charged += POOL_STEP;
	}
	if (r->pool.n > SORT_KEYS_MAX)
		return op_fail(op, RC_LIMIT, "the texts to be sorted are too long");
	if (r->pool.failed)
		return op_fail(op, RC_NOMEM, "out of memory for the keys of %zu messages", r->cap);
	return 0;
}

// One key of the message at which the walk stands.
static int key_of(struct op *op, struct sort_rows *r, struct card_walk *w, const struct msg *m,
	struct span card, unsigned key)
{
	enum sort_key what = (enum sort_key)r->wanted.keys[key];
	struct cell *cell = r->cells + r->count * r->wanted.count + key;
	if (item_of(what) == CARD_ITEMS) {
		*cell = (struct cell){ .head = what == SORT_SIZE ? m->cold->size
				: what == SORT_ARRIVAL           ? biased(m->cold->internal_date)
								 : biased(sent_date(m, card)) };
		return 0;
	}
	struct span text = SPAN_NONE;
	if (r->wanted.collation == COLLATION_UNICODE_CASEMAP) {
		text = card_item(card, item_of(what));
	} else {
		buf_reset(&r->work);
		int rc = card_walk_key(op, w, item_of(what), r->wanted.collation, &r->work);
		if (rc < 0)
			return rc;
		text = buf_span(&r->work);
	}
	if (r->walk)
		note_common(&r->common[key], r->count == 0, text);
	return cell_set(op, r, cell, text);
}

// Fills the row behind the last one. Outcome CARD_WALK_END.
static int next_row(struct op *op, struct sort_rows *r, struct card_walk *w)
{
	struct msg m;
	struct span card;
	int rc = card_walk_next(op, w, &m, &card);
	if (rc)
		return rc;
	for (unsigned i = 0; rc == 0 && i < r->wanted.count; i++)
		rc = key_of(op, r, w, &m, card, i);
	r->uids[r->count] = m.uid.v;
	return rc;
}

int sort_rows_gather(struct op *op, struct sort_rows *r)
{
	for (unsigned i = 0; i < ROWS_PER_LOOK; i++) {
		int rc = next_row(op, r, r->walk);
		if (rc == CARD_WALK_END) {
			card_walk_close(r->walk);
			r->walk = NULL;
			return 0;
		}
		if (rc == 0 && r->count == r->cap)
			rc = op_fail(op, RC_SERVERBUG, "more messages than were to be sorted");
		if (rc < 0)
			return rc;
		r->count++;
	}
	return SORT_ROWS_MORE;
}

size_t sort_rows_count(const struct sort_rows *r)
{
	return r->count;
}

const uint32_t *sort_rows_uids(const struct sort_rows *r)
{
	return r->uids;
}

// --- the order by one key ---

static const struct cell *cell_of(const struct sort_rows *r, size_t row)
{
	return r->cells + row * r->wanted.count + r->key;
}

static int compare_strings(const struct sort_rows *r, const struct cell *a, const struct cell *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int order = n > 8 && a->at != b->at
		? memcmp(r->pool.p + a->at + 8, r->pool.p + b->at + 8, n - 8)
		: 0;
	return order ? order : a->n < b->n ? -1 : a->n > b->n;
}

static int compare_rows(const void *ctx, uint32_t a, uint32_t b)
{
	const struct sort_rows *r = ctx;
	const struct cell *x = cell_of(r, a), *y = cell_of(r, b);
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return compare_strings(r, x, y); // numbers have n == 0
}

// What is compared first of a row: eight octets of the string behind what all begin with, or a number.
static uint64_t row_head(const struct sort_rows *r, size_t row)
{
	const struct cell *cell = cell_of(r, row);
	size_t common = r->common[r->key].n;
	if (common == 0)
		return cell->head;
	if (cell->n <= 8) // and `common` is at most that
		return common < 8 ? cell->head << 8 * common : 0;
	return head_of(span_of(r->pool.p + cell->at + common, cell->n - common));
}

int sort_rows_order_begin(struct op *op, struct sort_rows *r, unsigned key)
{
	if (!r->items) {
		r->items = malloc((r->count + 1) * sizeof *r->items);
		r->spare = malloc((r->count + 1) * sizeof *r->spare);
	}
	if (!r->items || !r->spare)
		return op_fail(op, RC_NOMEM, "out of memory for sorting %zu messages", r->count);
	r->key = key;
	for (size_t i = 0; i < r->count; i++)
		r->items[i] = (struct msort_item){ row_head(r, i), (uint32_t)i };
	msort_init(&r->merge, r->items, r->spare, r->count);
	r->merge.tie = compare_rows;
	r->merge.ctx = r;
	return 0;
}

int sort_rows_order_run(struct sort_rows *r)
{
	return msort_run(&r->merge, STEPS_PER_LOOK) ? 0 : SORT_ROWS_MORE;
}

uint32_t sort_rows_nth(const struct sort_rows *r, size_t i)
{
	return r->merge.items[i].at;
}

bool sort_rows_is_as_before(const struct sort_rows *r, size_t i)
{
	const struct msort_item *item = &r->merge.items[i];
	return i > 0 && item->head == item[-1].head && compare_rows(r, item[-1].at, item->at) == 0;
}

int sort_rows_compare(struct op *op, struct sort_rows *r, size_t i, uint32_t uid, int *ret_order)
{
	struct numset one = { 0 };
	struct card_walk *w;
	size_t pool = r->pool.n;
	numset_add(&one, uid);
	int rc = one.failed ? op_fail(op, RC_NOMEM, "out of memory")
			    : card_walk_open(op, r->view, &one, items_wanted(&r->wanted), &w);
	numset_done(&one);
	if (rc < 0)
		return rc;
	rc = next_row(op, r, w);
	card_walk_close(w);
	if (rc == 0)
		*ret_order = compare_rows(r, sort_rows_nth(r, i), (uint32_t)r->count);
	r->pool.n = pool;
	return rc == CARD_WALK_END ? SORT_ROWS_GONE : rc;
}

void sort_rows_close(struct sort_rows *r)
{
	if (!r)
		return;
	card_walk_close(r->walk);
	buf_done(&r->pool);
	buf_done(&r->work);
	free(r->cells);
	free(r->uids);
	free(r->items);
	free(r->spare);
	charge_done(&r->charge);
	free(r);
}
