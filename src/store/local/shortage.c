// SPDX-License-Identifier: Apache-2.0
// The reserve is of the process, as operator new is (style rule 31: a registry of atomics).
#include "store/local/shortage.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define RESERVE_BYTES (8u << 20) // never touched: it costs address space, not memory
#define WAIT_NS (10 * NS_PER_MS)
#define WAIT_LONGEST_NS (10 * NS_PER_S)
#define PAUSE_NS                                                                                   \
	NS_PER_S // two shortages with so much time in between have nothing to do with each other

// std::set_new_handler()
typedef void new_handler(void);
new_handler *cxx_set_new_handler(new_handler *handler) __asm__("_ZSt15set_new_handlerPFvvE");

static struct {
	_Atomic(void *) reserve;
	atomic_bool installed;
} registry;
static _Thread_local struct {
	uint64_t since, last; // when this thread began to wait, when it waited last
} waiting;

// Called by operator new each time that malloc() gave nothing; when it returns, malloc() is asked again.
static void on_shortage(void)
{
	void *kept = atomic_exchange(&registry.reserve, NULL);
	if (kept) {
		free(kept);
		log_error("store", "out of memory: the index uses its reserve");
		return;
	}
	uint64_t now = clock_mono();
	if (now - waiting.last > PAUSE_NS)
		waiting.since = now;
	waiting.last = now;
	if (now - waiting.since > WAIT_LONGEST_NS) {
		log_error("store", "out of memory: the index cannot go on");
		abort(); // nothing is lost: the log has it
	}
	struct timespec t = { 0, (long)WAIT_NS };
	(void)nanosleep(&t, NULL); // shorter is fine
}

void shortage_prepare(void)
{
	if (!atomic_exchange(&registry.installed, true))
		(void)cxx_set_new_handler(on_shortage);
	if (atomic_load(&registry.reserve))
		return;
	void *none = NULL, *kept = malloc(RESERVE_BYTES);
	if (!atomic_compare_exchange_strong(&registry.reserve, &none, kept))
		free(kept);
}
