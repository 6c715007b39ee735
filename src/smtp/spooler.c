// SPDX-License-Identifier: Apache-2.0
// The task: when what is sent. How a message is, spooler_message.c says. Only the task touches what belongs to the message at hand; others leave word in
// atomic flags and wake it.
#include "smtp/spooler_priv.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "mail/account.h"
#include "smtp/relay.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD_PER_RUN 64u    // each takes two flushes, and the server may be stopping
#define LOOK_AGAIN_S 86400u // at least so often it looks: clocks jump

// --- waking ---

void spooler_wake(struct spooler *s)
{
	if (atomic_load(&s->started))
		task_wake(&s->task);
}

static void wake_reached(void *ctx)
{
	struct spooler *s = ctx;
	atomic_store(&s->reached, true);
	spooler_wake(s);
}

void spooler_added(struct spooler *s)
{
	atomic_store(&s->added, true);
	spooler_wake(s);
}

void spooler_try(struct spooler *s)
{
	atomic_store(&s->hurry, true);
	spooler_wake(s);
}

int spooler_status(struct op *op, struct spooler *s, uint64_t *ret_seconds, struct span *ret_why)
{
	uint64_t now = clock_mono();
	pthread_mutex_lock(&s->lock);
	*ret_seconds = s->retry_at > now ? (s->retry_at - now) / NS_PER_S + 1 : 0;
	*ret_why = arena_dup(&op->arena, span_str(*ret_seconds ? s->fault : ""));
	pthread_mutex_unlock(&s->lock);
	return ret_why->p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// --- when ---

void spooler_pause_relay(struct spooler *s, unsigned failures, uint64_t seconds, const char *why)
{
	pthread_mutex_lock(&s->lock);
	s->failures = failures;
	s->retry_at = seconds ? clock_mono() + seconds * NS_PER_S : 0;
	(void)snprintf(s->fault, sizeof s->fault, "%s", why); // may be cut
	pthread_mutex_unlock(&s->lock);
}

// What others have told since it looked last.
static void take_word(struct spooler *s)
{
	bool reached = atomic_exchange(&s->reached, false);
	bool added = atomic_exchange(&s->added, false);
	if (reached)
		spooler_pause_relay(s, 0, 0, "");
	else if (added && !s->failures)
		spooler_pause_relay(
			s, 1, spooler_pause_s(&s->config, 1), "a session could not reach it");
	if (!atomic_exchange(&s->hurry, false))
		return;
	spool_hurry(s->config.spool);
	spooler_pause_relay(s, s->failures, 0, s->fault[0] ? "it is tried now" : "");
}

static bool is_read_only(const struct spooler *s)
{
	struct store_stats stats;
	store_stats(mail_store_of(s->config.mail), &stats);
	return stats.read_only;
}

// When it runs again by itself, having nothing to do now.
static uint64_t when(const struct spooler *s)
{
	int64_t next = spool_next(s->config.spool), now = clock_real();
	uint64_t wait = LOOK_AGAIN_S;
	struct spool_totals all;
	spool_count(s->config.spool, &all);
	if (!all.messages)
		return 0;
	if (next == INT64_MAX) // somebody else has them, an administrator, and may give them back
		next = now + SPOOL_RETRY_FIRST_S;
	if (next - now < LOOK_AGAIN_S)
		wait = next > now ? (uint64_t)(next - now) : 0;
	uint64_t at = clock_mono() + wait * NS_PER_S;
	return s->retry_at > at ? s->retry_at : at;
}

// --- what grows old meanwhile ---

// 1: it was told of, or its time of arrival was set right. 0: there was no need, or somebody else is at it, or it cannot be read. A fault: nothing can
// be written now.
static int tell_if_overdue(struct spooler *s, uint64_t number)
{
	struct op *op = &s->op;
	struct spool_message m;
	int rc = spool_read(op, s->config.spool, number, &m);
	if (rc < 0 && rc != RC_NONEXISTENT) // the others are told
		log_error("spool", "message %llu: %s", (unsigned long long)number, op_text(op, rc));
	if (rc < 0)
		return 0;
	bool is_early = spooler_is_early(&m);
	int64_t age = clock_real() - m.arrived;
	if (!is_early && age < spooler_expires_s(&s->config) &&
		(age < SPOOL_DELAY_S || m.delay_told))
		return 0;
	struct spool_outcome *o = arena_array(&op->arena, m.count, sizeof *o);
	if (!o || spool_take_number(op, s->config.spool, number) < 0)
		return 0;
	spooler_outcomes(&m, o);
	rc = spooler_settle(op, &s->config, &m, o, true);
	spool_give(s->config.spool, number);
	if (rc < 0)
		log_error("spool", "message %llu: %s", (unsigned long long)number, op_text(op, rc));
	return rc < 0 ? rc : 1;
}

// The relay is down, messages grow old meanwhile: those who have to be told are, some of them in a run.
static void tell_overdue(struct spooler *s)
{
	for (unsigned told = 0; s->overdue_from && told < TOLD_PER_RUN; op_reset(&s->op)) {
		uint64_t number = spool_number_from(s->config.spool, s->overdue_from);
		int rc = number ? tell_if_overdue(s, number) : 0;
		s->overdue_from = number && rc >= 0 ? number + 1 : 0;
		told += rc == 1;
	}
}

// --- the loop ---

// The next message whose time has come. False: there is none.
static bool begin(struct spooler *s)
{
	uint64_t number;
	if (s->retry_at > clock_mono() || spool_next(s->config.spool) > clock_real())
		return false;
	if (is_read_only(s)) {
		spooler_pause_relay(s, s->failures, SPOOL_RETRY_MOST_S, "the volume is read-only");
		return false;
	}
	if (!s->config.relay) { // RFC 5321 section 4.5.4.1: nothing is kept for ever
		spooler_pause_relay(s, s->failures + 1, SPOOL_RETRY_MOST_S, "there is no relay");
		s->overdue_from = 1;
		return true;
	}
	if (!spool_take(s->config.spool, clock_real(), &number))
		return false;
	spooler_message_begin(s, number);
	return true;
}

// False: nothing more can be done now.
static bool step(struct spooler *s)
{
	if (s->phase != S_IDLE)
		return spooler_message_step(s);
	if (s->overdue_from) {
		tell_overdue(s);
		return !s->overdue_from; // the others in another run
	}
	take_word(s);
	return begin(s);
}

uint64_t spooler_run(struct spooler *s, bool stopping, bool *ret_over)
{
	s->stopping |= stopping;
	if (s->stopping && s->phase != S_IDLE && s->phase != S_END && s->phase != S_SETTLE)
		spooler_message_drop(s);
	while (!(s->stopping && s->phase == S_IDLE) && step(s))
		;
	bool idle = s->phase == S_IDLE;
	if (idle)
		spooler_drop_link(s);
	*ret_over = s->stopping && (idle || s->phase == S_SETTLE);
	if (s->phase == S_SETTLE)
		return s->settle_at;
	if (s->overdue_from && !s->stopping)
		return clock_mono();
	return idle && !s->stopping ? when(s) : 0; // the link has deadlines of its own
}

static enum task_next task_run(struct task *t, unsigned events)
{
	struct spooler *s = container_of(t, struct spooler, task);
	bool over;
	t->deadline = spooler_run(s, events & TASK_STOPPING, &over);
	return over ? TASK_END : TASK_PARK;
}

static void task_ended(struct task *t)
{
	struct spooler *s = container_of(t, struct spooler, task);
	spooler_drop_link(s);
}

static const struct task_ops task_ops = { .run = task_run, .ended = task_ended };

int spooler_start(struct op *op, struct spooler *s, struct crew *crew)
{
	s->task = (struct task){ .ops = &task_ops, .fd = -1 };
	int rc = task_start(op, crew, &s->task);
	atomic_store(&s->started, rc == 0);
	return rc;
}

int spooler_new(struct op *op, const struct spooler_config *config, struct spooler **ret_spooler)
{
	struct spooler *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	op_init(&s->op, 0);
	s->config = *config;
	s->config.hostname = smtp_hostname(config->hostname, s->hostname);
	if (config->relay)
		relay_on_reach(config->relay, &(struct relay_waiter){ wake_reached, s });
	*ret_spooler = s;
	return 0;
}

void spooler_free(struct spooler *s)
{
	if (!s)
		return;
	spooler_drop_link(s);
	if (s->config.relay)
		relay_on_reach(s->config.relay, NULL);
	blob_close(&s->text);
	op_done(&s->op);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
