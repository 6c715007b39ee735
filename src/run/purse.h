// SPDX-License-Identifier: Apache-2.0
// Starling: what somebody may use of the threads in front (run/crew.h). Whoever has used more stands behind everybody else there until he has waited for
// it, and has short slices. RUN_PURSE_NS at once, and one part in RUN_PURSE_SHARE of a core's time on the average. Zeroed: full. Any thread.
#ifndef RUN_PURSE_H
#define RUN_PURSE_H

#include "base/limits.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct purse {
	_Atomic uint64_t paid_at; // when all that was used will be paid for (clock_mono())
};

static inline bool purse_is_empty(const struct purse *p, uint64_t now)
{
	return atomic_load_explicit(&p->paid_at, memory_order_relaxed) >
		now + RUN_PURSE_NS * RUN_PURSE_SHARE;
}

static inline void purse_take(struct purse *p, uint64_t now, uint64_t used)
{
	uint64_t old = atomic_load_explicit(&p->paid_at, memory_order_relaxed), new;
	do {
		new = (old > now ? old : now) + used *RUN_PURSE_SHARE;
	} while (!atomic_compare_exchange_weak_explicit(
		&p->paid_at, &old, new, memory_order_relaxed, memory_order_relaxed));
}

#endif
