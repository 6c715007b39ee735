// SPDX-License-Identifier: Apache-2.0
#include "store/live.h"

#include "base/clock.h"

#include <stdlib.h>

#define PAGE_BITS 32768u
#define PAGES_MAX (UINT64_C(1) << 27) // 4 * 10^12 blobs: ids beyond are damage, not data

struct live_page {
	uint64_t words[PAGE_BITS / 64];
};

void live_add(struct live_set *l, uint64_t id)
{
	uint64_t page = id / PAGE_BITS;
	if (l->failed || page >= PAGES_MAX)
		return;
	if (page >= l->size) {
		size_t size = l->size ? l->size : 64;
		while (size <= page)
			size *= 2;
		struct live_page **pages = realloc(l->pages, size * sizeof *pages);
		if (!pages) {
			l->failed = true;
			return;
		}
		memset(pages + l->size, 0, (size - l->size) * sizeof *pages);
		l->pages = pages;
		l->size = size;
	}
	if (!l->pages[page] && !(l->pages[page] = calloc(1, sizeof(struct live_page)))) {
		l->failed = true;
		return;
	}
	l->pages[page]->words[id % PAGE_BITS / 64] |= UINT64_C(1) << (id % 64);
}

bool live_has(const struct live_set *l, uint64_t id)
{
	uint64_t page = id / PAGE_BITS;
	return page < l->size && l->pages[page] &&
		(l->pages[page]->words[id % PAGE_BITS / 64] >> (id % 64) & 1);
}

void live_each(const struct live_set *l, void (*each)(void *ctx, uint64_t id), void *ctx)
{
	for (size_t page = 0; page < l->size; page++)
		for (size_t w = 0; l->pages[page] && w < PAGE_BITS / 64; w++)
			for (uint64_t bits = l->pages[page]->words[w]; bits; bits &= bits - 1)
				each(ctx,
					page * PAGE_BITS + w * 64 +
						(uint64_t)__builtin_ctzll(bits));
}

void live_done(struct live_set *l)
{
	for (size_t i = 0; i < l->size; i++)
		free(l->pages[i]);
	free(l->pages);
	*l = (struct live_set){ 0 };
}

// --- limbo ---

bool limbo_is_due(const struct limbo *l, uint64_t grace_ns)
{
	uint64_t since = atomic_load(&l->since);
	return since && clock_mono() - since >= grace_ns;
}

void limbo_begin(struct limbo_sweep *w, struct limbo *l, uint64_t grace_ns)
{
	*w = (struct limbo_sweep){ .limbo = l, .due = limbo_is_due(l, grace_ns) };
}

bool limbo_drops(struct limbo_sweep *w, uint64_t id, uint64_t bytes)
{
	bool known = live_has(&w->limbo->ids, id);
	if (w->due && known)
		return true;
	w->bytes += bytes;
	// While what is there is not due, only what is there already stays: what comes later waits for a time of its own.
	if (known || w->due || !atomic_load(&w->limbo->since)) {
		live_add(&w->ids, id);
		w->count++;
	}
	return false;
}

bool limbo_commit(struct limbo_sweep *w)
{
	struct limbo *l = w->limbo;
	if (w->ids.failed)
		return false;
	struct live_set old = l->ids;
	l->ids = w->ids;
	w->ids = old;
	atomic_store(&l->bytes, w->bytes);
	if (w->due || !w->count || !atomic_load(&l->since))
		atomic_store(&l->since, w->count ? clock_mono() : 0);
	return true;
}

void limbo_end(struct limbo_sweep *w)
{
	live_done(&w->ids);
}

uint64_t limbo_bytes_due(const struct limbo *l, uint64_t grace_ns)
{
	return limbo_is_due(l, grace_ns) ? atomic_load(&l->bytes) : 0;
}
