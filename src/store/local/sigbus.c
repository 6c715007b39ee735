// SPDX-License-Identifier: Apache-2.0
// The ranges are slots in chunks that are never freed and only ever linked in front, so that the handler walks them without a
// lock. A slot is free when its start is 0. The registry is of the process (style rule 31: a registry, guarded by its lock; the
// handler reads atomics only).
#include "store/local/sigbus.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK_RANGES 256u

struct sigbus_range {
	_Atomic uintptr_t start;
	_Atomic size_t size;
	_Atomic unsigned hits; // pages that failed since the last sigbus_heal()
	_Atomic unsigned busy; // handlers that are about to replace a page
};
struct chunk {
	struct chunk *next;
	struct sigbus_range ranges[CHUNK_RANGES];
};

static struct {
	pthread_mutex_t lock; // adding and removing
	_Atomic(struct chunk *) chunks;
	struct sigaction before;
	uintptr_t page;
} registry = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool page_replace(uintptr_t at)
{
	for (struct chunk *c = atomic_load(&registry.chunks); c; c = c->next)
		for (size_t i = 0; i < CHUNK_RANGES; i++) {
			struct sigbus_range *r = &c->ranges[i];
			uintptr_t start = atomic_load(&r->start);
			if (!start || at < start || at - start >= atomic_load(&r->size))
				continue;
			void *page = (void *)(at & ~(registry.page - 1));
			atomic_fetch_add(&r->busy, 1); // in this order: sigbus_heal() rests on it
			atomic_fetch_add(&r->hits, 1);
			bool done = mmap(page, registry.page, PROT_READ,
					    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page;
			atomic_fetch_sub(&r->busy, 1);
			return done;
		}
	return false;
}

static void on_sigbus(int signal_number, siginfo_t *info, void *context)
{
	if (page_replace((uintptr_t)info->si_addr))
		return;
	if (registry.before.sa_flags & SA_SIGINFO) {
		registry.before.sa_sigaction(signal_number, info, context);
	} else if (registry.before.sa_handler != SIG_DFL && registry.before.sa_handler != SIG_IGN) {
		registry.before.sa_handler(signal_number);
	} else { // the instruction is repeated and ends the process as if we had not been here
		struct sigaction plain = { .sa_handler = SIG_DFL };
		(void)sigaction(SIGBUS, &plain, NULL); // cannot fail for a valid signal
	}
}

// Looked at anew with each range: somebody may have put a handler of their own in place meanwhile.
static void install_locked(void)
{
	struct sigaction now;
	if (sigaction(SIGBUS, NULL, &now) ||
		((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_sigbus))
		return;
	registry.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	registry.before = now;
	struct sigaction ours = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	(void)sigemptyset(&ours.sa_mask);     // cannot fail
	(void)sigaction(SIGBUS, &ours, NULL); // as above
}

struct sigbus_range *sigbus_add(const char *start, size_t size)
{
	struct sigbus_range *found = NULL;
	pthread_mutex_lock(&registry.lock);
	install_locked();
	for (struct chunk *c = atomic_load(&registry.chunks); c && !found; c = c->next)
		for (size_t i = 0; i < CHUNK_RANGES && !found; i++)
			if (!atomic_load(&c->ranges[i].start))
				found = &c->ranges[i];
	struct chunk *more = found ? NULL : calloc(1, sizeof *more);
	if (more) {
		more->next = atomic_load(&registry.chunks);
		atomic_store(&registry.chunks, more);
		found = &more->ranges[0];
	}
	if (found) {
		atomic_store(&found->hits, 0);
		atomic_store(&found->size, size);
		atomic_store(&found->start, (uintptr_t)start);
	}
	pthread_mutex_unlock(&registry.lock);
	return found;
}

void sigbus_remove(struct sigbus_range *range)
{
	if (!range)
		return;
	pthread_mutex_lock(&registry.lock);
	atomic_store(&range->start, 0);
	pthread_mutex_unlock(&registry.lock);
}

bool sigbus_hit(const struct sigbus_range *range)
{
	return range && atomic_load(&range->hits) > 0;
}

// A handler counts its hit before it replaces the page, and is busy all the time. So if none is busy after `hits` was read, all that were counted have
// replaced their pages, which are mapped over; and who comes later has changed `hits` by then, or does so afterwards.
bool sigbus_heal(struct sigbus_range *range, int fd)
{
	unsigned hits = atomic_load(&range->hits);
	if (atomic_load(&range->busy))
		return false;
	void *start = (void *)atomic_load(&range->start);
	if (mmap(start, atomic_load(&range->size), PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) !=
		start)
		return false;
	return atomic_compare_exchange_strong(&range->hits, &hits, 0);
}
