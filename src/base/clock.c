// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t shift; // tests only

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;
	(void)clock_gettime(id, &t); // cannot fail for these clocks
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_real(void)
{
	return (int64_t)(read_clock(CLOCK_REALTIME) / NS_PER_S) +
		atomic_load_explicit(&shift, memory_order_relaxed);
}

uint64_t clock_thread(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void clock_shift_for_test(int64_t seconds)
{
	atomic_store_explicit(&shift, seconds, memory_order_relaxed);
}
