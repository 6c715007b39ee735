// SPDX-License-Identifier: Apache-2.0
// Starling: shared lifetimes. A `hold` is a reference-counted owner of bytes that others point into (a
// mapped log segment, a heap buffer). It is embedded as a member; the last unref calls `free`.
#ifndef BASE_REF_H
#define BASE_REF_H

#include "base/must.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ref {
	_Atomic uint32_t count;
};

static inline void ref_init(struct ref *r)
{
	atomic_init(&r->count, 1);
}
static inline void ref_take(struct ref *r)
{
	uint32_t was = atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
	must(was > 0 && was < UINT32_MAX / 2);
}
// True for the last one: the caller frees.
static inline bool ref_drop(struct ref *r)
{
	uint32_t was = atomic_fetch_sub_explicit(&r->count, 1, memory_order_acq_rel);
	must(was > 0);
	return was == 1;
}

struct hold {
	struct ref refs;
	void (*free)(
		struct hold *h); // called once, by whoever drops the last reference, on any thread
};

static inline void hold_init(struct hold *h, void (*free_hold)(struct hold *))
{
	ref_init(&h->refs);
	h->free = free_hold;
}
static inline struct hold *hold_ref(struct hold *h)
{
	if (h)
		ref_take(&h->refs);
	return h;
}
static inline void hold_unref(struct hold *h)
{
	if (h && ref_drop(&h->refs))
		h->free(h);
}

#endif
