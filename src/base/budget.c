// SPDX-License-Identifier: Apache-2.0
#include "base/budget.h"

#include "base/must.h"
#include "base/ref.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

struct budget {
	struct ref refs;
	struct budget *parent;
	size_t most;
	_Atomic size_t used;
};

struct budget *budget_new(struct budget *parent, size_t most)
{
	struct budget *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	ref_init(&b->refs);
	b->parent = budget_ref(parent);
	b->most = most ? most : SIZE_MAX / 2;
	return b;
}

struct budget *budget_ref(struct budget *b)
{
	if (b)
		ref_take(&b->refs);
	return b;
}

void budget_unref(struct budget *b)
{
	while (b && ref_drop(&b->refs)) {
		struct budget *parent = b->parent;
		must(atomic_load(&b->used) == 0);
		free(b);
		b = parent;
	}
}

static bool take_one(struct budget *b, size_t n)
{
	size_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
	do {
		if (n > b->most || used > b->most - n)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&b->used, &used, used + n, memory_order_relaxed, memory_order_relaxed));
	return true;
}

static void give_one(struct budget *b, size_t n)
{
	must(atomic_fetch_sub_explicit(&b->used, n, memory_order_relaxed) >= n);
}

// Whether b with n more has no more than it leaves of its parent's. Others take at the same time: then it is a little more.
static bool leaves_as_much(const struct budget *b, size_t n)
{
	const struct budget *parent = b->parent;
	if (!parent)
		return true;
	size_t used = budget_used(b), all = budget_used(parent);
	return n <= parent->most && used <= parent->most - n && all <= parent->most - n &&
		used + n <= parent->most - all - n;
}

bool budget_take(struct budget *b, size_t n)
{
	if (b && !leaves_as_much(b, n))
		return false;
	for (struct budget *at = b; at; at = at->parent)
		if (!take_one(at, n)) {
			for (struct budget *back = b; back != at; back = back->parent)
				give_one(back, n);
			return false;
		}
	return true;
}

void budget_give(struct budget *b, size_t n)
{
	for (; b; b = b->parent)
		give_one(b, n);
}

size_t budget_used(const struct budget *b)
{
	return b ? atomic_load_explicit(&b->used, memory_order_relaxed) : 0;
}

void charge_init(struct charge *c, struct budget *b)
{
	*c = (struct charge){ .budget = budget_ref(b) };
}

bool charge_add(struct charge *c, size_t n)
{
	if (!budget_take(c->budget, n))
		return false;
	c->n += n;
	return true;
}

void charge_less(struct charge *c, size_t n)
{
	must(n <= c->n);
	budget_give(c->budget, n);
	c->n -= n;
}

void charge_done(struct charge *c)
{
	budget_give(c->budget, c->n);
	budget_unref(c->budget);
	*c = (struct charge){ .n = 0 };
}
