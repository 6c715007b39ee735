// SPDX-License-Identifier: Apache-2.0
#include "store/live.h"

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

void live_done(struct live_set *l)
{
	for (size_t i = 0; i < l->size; i++)
		free(l->pages[i]);
	free(l->pages);
	*l = (struct live_set){ 0 };
}
