// SPDX-License-Identifier: Apache-2.0
#include "base/numset.h"

#include "base/buf.h"

#include <stdlib.h>

void numset_done(struct numset *s)
{
	free(s->ranges);
	*s = (struct numset){ 0 };
}

void numset_reset(struct numset *s)
{
	s->count = 0;
	s->failed = false;
}

// Makes room for one more range at index i.
static struct numrange *insert_at(struct numset *s, size_t i)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 4;
		struct numrange *r = realloc(s->ranges, cap * sizeof *r);
		if (!r) {
			s->failed = true;
			return NULL;
		}
		s->ranges = r;
		s->cap = cap;
	}
	memmove(s->ranges + i + 1, s->ranges + i, (s->count - i) * sizeof *s->ranges);
	s->count++;
	return &s->ranges[i];
}

static void remove_at(struct numset *s, size_t i, size_t n)
{
	memmove(s->ranges + i, s->ranges + i + n, (s->count - i - n) * sizeof *s->ranges);
	s->count -= n;
}

// Index of the first range whose last is >= v.
static size_t find(const struct numset *s, uint32_t v)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->ranges[mid].last < v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void numset_add_range(struct numset *s, uint32_t first, uint32_t last)
{
	if (first > last) {
		uint32_t t = first;
		first = last;
		last = t;
	}
	// The first range that touches or overlaps [first, last] (adjacent ranges are joined).
	size_t i = find(s, first ? first - 1 : 0);
	size_t j = i;
	while (j < s->count && s->ranges[j].first <= (last == UINT32_MAX ? last : last + 1))
		j++;
	if (i == j) {
		struct numrange *r = insert_at(s, i);
		if (r)
			*r = (struct numrange){ first, last };
		return;
	}
	if (s->ranges[i].first > first)
		s->ranges[i].first = first;
	if (last < s->ranges[j - 1].last)
		last = s->ranges[j - 1].last;
	s->ranges[i].last = last;
	remove_at(s, i + 1, j - i - 1);
}

void numset_add_set(struct numset *s, const struct numset *more)
{
	for (size_t i = 0; i < more->count; i++)
		numset_add_range(s, more->ranges[i].first, more->ranges[i].last);
	if (more->failed)
		s->failed = true;
}

void numset_remove_range(struct numset *s, uint32_t first, uint32_t last)
{
	size_t i = find(s, first);
	while (i < s->count && s->ranges[i].first <= last) {
		struct numrange r = s->ranges[i];
		bool left = r.first < first;
		bool right = r.last > last;
		if (left && right) {
			struct numrange *more = insert_at(s, i);
			if (!more)
				return;
			s->ranges[i].last = first - 1;
			s->ranges[i + 1].first = last + 1;
			return;
		}
		if (left)
			s->ranges[i++].last = first - 1;
		else if (right)
			s->ranges[i++].first = last + 1;
		else
			remove_at(s, i, 1);
	}
}

void numset_copy(struct numset *to, const struct numset *from)
{
	numset_reset(to);
	numset_add_set(to, from);
}

void numset_intersect(struct numset *s, const struct numset *with)
{
	uint32_t next = 0;
	for (size_t i = 0; i < with->count; i++) {
		if (with->ranges[i].first > next)
			numset_remove_range(s, next, with->ranges[i].first - 1);
		if (with->ranges[i].last == UINT32_MAX)
			return;
		next = with->ranges[i].last + 1;
	}
	numset_remove_range(s, next, UINT32_MAX);
}

// Parts of a range that `less` leaves, from less->ranges[*at] on.
static void add_rest(struct numset *to, struct numrange r, const struct numset *less, size_t *at)
{
	uint64_t first = r.first;
	while (*at < less->count && less->ranges[*at].last < r.first)
		++*at;
	for (size_t i = *at; i < less->count && less->ranges[i].first <= r.last; i++) {
		if (less->ranges[i].first > first)
			numset_add_range(to, (uint32_t)first, less->ranges[i].first - 1);
		first = (uint64_t)less->ranges[i].last + 1;
	}
	if (first <= r.last)
		numset_add_range(to, (uint32_t)first, r.last);
}

void numset_subtract(struct numset *s, const struct numset *less)
{
	struct numset rest = { .failed = s->failed || less->failed };
	size_t at = 0;
	for (size_t i = 0; i < s->count; i++)
		add_rest(&rest, s->ranges[i], less, &at);
	numset_done(s);
	*s = rest;
}

bool numset_has(const struct numset *s, uint32_t v)
{
	size_t i = find(s, v);
	return i < s->count && s->ranges[i].first <= v;
}

uint64_t numset_size(const struct numset *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += (uint64_t)s->ranges[i].last - s->ranges[i].first + 1;
	return n;
}

uint64_t numset_rank(const struct numset *s, uint32_t v)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count && s->ranges[i].first <= v; i++) {
		uint32_t last = s->ranges[i].last < v ? s->ranges[i].last : v;
		n += (uint64_t)last - s->ranges[i].first + 1;
	}
	return n;
}

uint32_t numset_nth(const struct numset *s, uint64_t i)
{
	for (size_t k = 0; k < s->count; k++) {
		uint64_t n = (uint64_t)s->ranges[k].last - s->ranges[k].first + 1;
		if (i < n)
			return s->ranges[k].first + (uint32_t)i;
		i -= n;
	}
	return 0;
}

void numset_print(const struct numset *s, struct buf *to)
{
	for (size_t i = 0; i < s->count; i++) {
		if (i)
			buf_addc(to, ',');
		buf_addu(to, s->ranges[i].first);
		if (s->ranges[i].last != s->ranges[i].first) {
			buf_addc(to, ':');
			buf_addu(to, s->ranges[i].last);
		}
	}
}

uint32_t numset_next(const struct numset *s, uint32_t v, size_t *hint)
{
	size_t i = *hint;
	if (i > s->count || (i && s->ranges[i - 1].last >= v))
		i = find(s, v); // the set shrank, or the caller went back
	while (i < s->count && s->ranges[i].last < v)
		i++;
	*hint = i;
	if (i == s->count)
		return 0;
	return s->ranges[i].first > v ? s->ranges[i].first : v;
}
