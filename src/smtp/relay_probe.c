// SPDX-License-Identifier: Apache-2.0
#include "smtp/relay_probe.h"

#include "base/clock.h"
#include "base/limits.h"
#include "run/crew.h"
#include "smtp/relay.h"

#include <stdlib.h>

struct relay_probe {
	struct task task;
	bool started;
	struct relay *relay;
	struct relay_link *link; // while it is asked
	unsigned failures;       // in a row
	uint64_t failed_at;      // clock_mono(): the last of them
};

static uint64_t pause_s(unsigned failures)
{
	uint64_t pause = SPOOL_RETRY_FIRST_S;
	while (failures-- > 1 && pause < SPOOL_RETRY_MOST_S)
		pause *= 2;
	return pause < SPOOL_RETRY_MOST_S ? pause : SPOOL_RETRY_MOST_S;
}

// When it is to be asked; 0: not at all.
static uint64_t due(struct relay_probe *p)
{
	struct future_release offer;
	uint64_t reached_at = relay_future(p->relay, &offer);
	if (p->failures && reached_at > p->failed_at)
		p->failures = 0; // by somebody else
	if (p->failures)
		return p->failed_at + pause_s(p->failures) * NS_PER_S;
	if (!reached_at)
		return clock_mono();
	return offer.until ? reached_at + RELAY_OFFER_S * NS_PER_S : 0;
}

static void wake(void *ctx)
{
	struct relay_probe *p = ctx;
	if (p->started) // else a test runs it
		task_wake(&p->task);
}

static void drop(struct relay_probe *p)
{
	relay_link_free(p->link);
	p->link = NULL;
}

static void failed(struct relay_probe *p)
{
	drop(p);
	p->failures++;
	p->failed_at = clock_mono();
}

uint64_t relay_probe_run(struct relay_probe *p, bool stopping)
{
	struct relay_waiter waiter = { wake, p };
	uint64_t at;
	if (p->link && (stopping || relay_link_has_reached(p->link)))
		drop(p); // what it offers is noted
	else if (p->link && relay_link_is_dead(p->link))
		failed(p);
	if (stopping || p->link) // a link has deadlines of its own
		return 0;
	while ((at = due(p)) && at <= clock_mono()) {
		struct op op;
		op_init(&op, 0);
		int rc = relay_link_new(&op, p->relay, &waiter, &p->link);
		op_done(&op);
		if (rc == 0)
			return 0;
		failed(p);
	}
	return at;
}

static enum task_next task_run(struct task *t, unsigned events)
{
	struct relay_probe *p = container_of(t, struct relay_probe, task);
	bool stopping = events & TASK_STOPPING;
	t->deadline = relay_probe_run(p, stopping);
	return stopping ? TASK_END : TASK_PARK;
}

static void task_ended(struct task *t)
{
	drop(container_of(t, struct relay_probe, task));
}

static const struct task_ops task_ops = { .run = task_run, .ended = task_ended };

int relay_probe_start(struct op *op, struct relay_probe *p, struct crew *crew)
{
	p->started = true;
	return task_start(op, crew, &p->task); // that fails: it never has a link
}

int relay_probe_new(struct op *op, struct relay *relay, struct relay_probe **ret_probe)
{
	struct relay_probe *p = calloc(1, sizeof *p);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	p->task = (struct task){ .ops = &task_ops, .fd = -1 };
	p->relay = relay;
	*ret_probe = p;
	return 0;
}

void relay_probe_free(struct relay_probe *p)
{
	if (!p)
		return;
	drop(p);
	free(p);
}
