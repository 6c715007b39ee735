// SPDX-License-Identifier: Apache-2.0
// The threads for what yielded: as many as there are cores, besides those of crew.c. They run at a lower priority (RUN_BACK_NICE), so that whoever wakes up, a
// client beside us, the auth process or a thread of crew.c with somebody's small command, need not wait until they let go of a core: with 2 ms for each of
// several turns of a log-in that is what everybody waited for while one user sorted. They are not much lower: they hold locks which others wait for.
// What was woken is never run here, and they never look at the poller.
#include "run/crew_priv.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/limits.h"

void crew_back_open(struct crew *c)
{
	errno = 0;
	int others = getpriority(PRIO_PROCESS, 0); // of this thread alone (Linux)
	c->back_nice = (others == -1 && errno ? 0 : others) + RUN_BACK_NICE;
}

static bool may_start_locked(const struct crew *c)
{
	return c->threads < c->threads_max && c->is_open && !c->quit &&
		(!c->back_not_before || clock_mono() >= c->back_not_before);
}

bool crew_back_is_there_locked(const struct crew *c)
{
	return c->back_threads > 0 || may_start_locked(c);
}

enum call crew_back_call_locked(struct crew *c)
{
	if (!c->yielded.head || c->back_running + c->back_called >= c->cores)
		return CALL_NONE;
	if (c->back_idle > c->back_called) {
		c->back_called++;
		pthread_cond_signal(&c->back_cond);
		return CALL_NONE;
	}
	if (!may_start_locked(c))
		return CALL_NONE;
	c->threads++;
	c->back_threads++;
	c->back_running++;
	return CALL_START_BACK;
}

void crew_back_missing_locked(struct crew *c)
{
	c->back_threads--;
	c->back_running--;
	c->back_not_before = clock_mono() + RUN_RETIRE_MS * NS_PER_MS;
}

// Waits until called; false when nobody did for so long that the thread ends, or the crew does.
static bool wait_locked(struct crew *c)
{
	uint64_t until = clock_mono() + RUN_RETIRE_MS * NS_PER_MS;
	struct timespec at = { .tv_sec = (time_t)(until / NS_PER_S),
		.tv_nsec = (long)(until % NS_PER_S) };
	int rc = 0;
	c->back_running--;
	c->back_idle++;
	while (c->back_called == 0 && !c->quit && rc == 0)
		rc = pthread_cond_timedwait(&c->back_cond, &c->lock, &at);
	bool called = c->back_called > 0;
	if (called)
		c->back_called--;
	c->back_idle--;
	c->back_running++;
	return called && !c->quit;
}

void crew_back_serve_locked(struct crew *c, struct crew_thread *me)
{
	// Not lower than what it has: whoever blocks here has another thread started, which has this priority already.
	(void)setpriority(PRIO_PROCESS, 0, c->back_nice);
	do {
		struct task *t;
		while (!c->quit && c->back_running <= c->cores &&
			(t = crew_pop_locked(&c->yielded)))
			crew_work_locked(c, me, t);
	} while (wait_locked(c));
	c->back_running--;
	c->back_threads--;
}
