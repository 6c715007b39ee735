// SPDX-License-Identifier: Apache-2.0
#include "mail/msort.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void pair_begin(struct msort *m, size_t low)
{
	m->low = m->left = m->out = low;
	m->right = least(low + m->width, m->n);
}

void msort_init(struct msort *m, struct msort_item *items, struct msort_item *spare, size_t n)
{
	*m = (struct msort){ .items = items, .spare = spare, .n = n, .width = 1 };
	pair_begin(m, 0);
}

// Whether the right one goes before the left one; equal ones stay as they stand.
static inline bool is_before(const struct msort *m, size_t right, size_t left)
{
	const struct msort_item *r = &m->items[right], *l = &m->items[left];
	if (r->head != l->head)
		return r->head < l->head;
	return m->tie && m->tie(m->ctx, r->at, l->at) < 0;
}

// Merges the present pair: false when the steps are used up.
static bool merge(struct msort *m, size_t *steps)
{
	size_t middle = least(m->low + m->width, m->n), end = least(middle + m->width, m->n);
	if (m->out == m->low && (middle == end || !is_before(m, middle, middle - 1))) {
		memcpy(m->spare + m->low, m->items + m->low, (end - m->low) * sizeof *m->items);
		*steps -= least(*steps, 1 + (end - m->low) / 16);
		m->out = end;
	}
	while (m->out < end) {
		if (*steps == 0)
			return false;
		--*steps;
		bool right =
			m->left == middle || (m->right < end && is_before(m, m->right, m->left));
		m->spare[m->out++] = m->items[right ? m->right++ : m->left++];
	}
	pair_begin(m, end);
	return true;
}

bool msort_run(struct msort *m, size_t steps)
{
	while (m->width < m->n) {
		while (m->low < m->n)
			if (steps == 0 || !merge(m, &steps))
				return false;
		struct msort_item *sorted = m->spare;
		m->spare = m->items;
		m->items = sorted;
		m->width *= 2;
		pair_begin(m, 0);
	}
	return true;
}
