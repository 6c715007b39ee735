// SPDX-License-Identifier: Apache-2.0
// The engine's own thread: makes the next segment ahead of time and writes the blocks in front of the log, flushes the index when 256 MB or ten seconds of changes (a minute,
// when they are few) are not in tables yet, writes what waits for the index, sees to groups that nobody waits for, watches the free space,
// decides whether groups go through the page cache, removes dead files, keeps memory for RocksDB, forgets after a while which frames were verified. While something is pending it looks every 50 ms, and commits
// need not call it; else it dozes until one does.
#include "base/clock.h"
#include "base/log.h"
#include "store/local/local_priv.h"
#include "store/local/runway.h"
#include "store/local/shortage.h"

#include <signal.h>

#define FLUSH_BYTES (UINT64_C(256) << 20)
#define FLUSH_NS (10 * NS_PER_S)
#define FLUSH_FEW_BYTES (UINT64_C(1) << 20)
#define FLUSH_FEW_NS (60 * NS_PER_S)
#define STRAY_NS (20 * NS_PER_MS)  // a group that nobody waits for is written after this
#define BUSY_MS 50u                // how often it looks while something is pending
#define PENDING_BYTES (256u << 10) // of changes that wait for the index
#define PENDING_NS (200 * NS_PER_MS)
#define AHEAD_GROUP (48u << 10) // blocks are written ahead for groups up to this size on average
#define AHEAD_ROUNDS 4u         // so many times what came in the last two rounds
#define AHEAD_LEAST (UINT64_C(4) << 20)
#define AHEAD_MOST (UINT64_C(64) << 20)
#define LATELY_SCALE 64u
#define MUCH (UINT64_C(4) << 20)   // octets a second
#define WEIGH_NS (200 * NS_PER_MS) // a large message by itself is not much
#define RETRY_NS NS_PER_S          // after a failure, and for the free space
#define SPARE_FILES 1u

struct watch_state {
	uint64_t dirty_since,
		dirty_bytes; // not in tables: since when, group_bytes at the last flush
	uint64_t space_looked, flush_failed;
	uint64_t groups_seen, bytes_seen;
	uint64_t weighed, weighed_bytes; // when look_weigh() last looked, and group_bytes then
	uint64_t lately_groups,
		lately_bytes; // since the round before, half of what came in that one, and so on; groups times LATELY_SCALE
	bool full;
};

int local_flush(struct op *op, struct local *l)
{
	uint64_t pos = atomic_load(&l->log.visible);
	int rc = pending_drain(op, l);
	if (rc == 0)
		rc = index_flush(op, &l->index);
	if (rc)
		return rc;
	atomic_fetch_add(&l->flushes, 1);
	uint64_t was = atomic_load(&l->flushed_pos);
	while (was < pos && !atomic_compare_exchange_weak(&l->flushed_pos, &was, pos))
		;
	return 0;
}

static void look_after_flush(struct op *op, struct local *l, struct watch_state *w)
{
	uint64_t now = clock_mono();
	uint64_t bytes = atomic_load(&l->log.group_bytes) - w->dirty_bytes;
	if (bytes == 0) {
		w->dirty_since = 0;
		return;
	}
	if (!w->dirty_since)
		w->dirty_since = now;
	uint64_t age = now - w->dirty_since;
	bool due = bytes >= FLUSH_BYTES || (bytes >= FLUSH_FEW_BYTES && age >= FLUSH_NS) ||
		age >= FLUSH_FEW_NS;
	if (!due || now - w->flush_failed < RETRY_NS)
		return;
	uint64_t upto = w->dirty_bytes + bytes;
	int rc = local_flush(op, l);
	if (rc) {
		log_error("store", "%s: %s", l->dir, op_text(op, rc));
		w->flush_failed = clock_mono();
		if (rc != RC_NOSPACE)
			log_seal(l, op_text(op, rc));
		return;
	}
	w->dirty_bytes = upto;
	w->dirty_since = 0;
}

// Small groups have their blocks written ahead of them (runway.h). That doubles what the disk writes, so it is never done for large ones, whose own
// octets cost more than that, however few they are. What comes is taken to be like what came in the last rounds with anything.
static void look_ahead(struct local *l, struct watch_state *w)
{
	uint64_t groups = atomic_load(&l->log.groups), bytes = atomic_load(&l->log.group_bytes);
	if (groups != w->groups_seen) {
		w->lately_groups = w->lately_groups / 2 + (groups - w->groups_seen) * LATELY_SCALE;
		w->lately_bytes = w->lately_bytes / 2 + (bytes - w->bytes_seen);
		w->groups_seen = groups;
		w->bytes_seen = bytes;
	}
	if (!w->lately_groups || w->lately_bytes > w->lately_groups / LATELY_SCALE * AHEAD_GROUP)
		return;
	uint64_t want = w->lately_bytes * AHEAD_ROUNDS;
	want = want > AHEAD_LEAST ? want : AHEAD_LEAST;
	runway_extend(l, want < AHEAD_MOST ? want : AHEAD_MOST);
}

// What comes by itself should be in memory when its reader asks for it, a moment later as a rule. What comes in masses would push out of
// memory what is in use, and waits for pages to become free; it goes past the page cache.
static void look_weigh(struct local *l, struct watch_state *w)
{
	uint64_t now = clock_mono(), bytes = atomic_load(&l->log.group_bytes);
	uint64_t passed = now - w->weighed, came = bytes - w->weighed_bytes;
	if (w->weighed && passed < WEIGH_NS)
		return;
	uint64_t much =
		atomic_load(&l->log.past_cache) ? MUCH / 2 : MUCH; // it stays as it is for a while
	bool comes = w->weighed && came > passed / NS_PER_MS * much / 1000;
	w->weighed = now;
	w->weighed_bytes = bytes;
	if (l->keeper.weighs)
		atomic_store(&l->log.past_cache, comes);
	pthread_mutex_lock(&l->log.lock);
	if (!comes && !l->log.writing)
		stage_shrink(&l->log.stage);
	pthread_mutex_unlock(&l->log.lock);
}

static void look_after_space(struct op *op, struct local *l, struct watch_state *w)
{
	uint64_t now = clock_mono();
	pthread_mutex_lock(&l->log.lock);
	uint32_t next = pos_segment(l->log.tail) + 1;
	uint64_t size = l->log.next_size;
	bool sealed = l->log.sealed;
	pthread_mutex_unlock(&l->log.lock);
	struct segment *s = segment_ref(&l->segments, next);
	bool made = s != NULL;
	segment_unref(s);
	if (sealed || (made && w->space_looked && now - w->space_looked < 5 * RETRY_NS) ||
		(!made && w->full && now - w->space_looked < RETRY_NS))
		return;
	w->space_looked = now;
	bool full = volume_is_full(l);
	if (!made && !full) {
		int rc = segment_make(op, &l->segments, next, size);
		if (rc == RC_NOSPACE)
			full = true;
		else if (rc)
			log_error("store", "%s: %s", l->dir, op_text(op, rc));
	}
	bool was = w->full;
	w->full = full;
	log_set_full(l, full);
	if (full && !was)
		log_error("store", "%s: the disk is full: only deleting goes on", l->dir);
	else if (was && !full)
		log_info("store", "%s: there is space again", l->dir);
}

static void look_after_pending(struct op *op, struct local *l)
{
	uint64_t since = pending_since(&l->pending);
	if (since &&
		(atomic_load(&l->pending.bytes) >= PENDING_BYTES ||
			clock_mono() - since >= PENDING_NS))
		(void)pending_drain(op, l); // a failure has sealed the volume
}

// Returns whether something is in line.
static bool look_after_strays(struct op *op, struct local *l)
{
	pthread_mutex_lock(&l->log.lock);
	const struct group *n = l->log.first;
	uint64_t serial = n && clock_mono() - n->born > STRAY_NS ? n->serial : 0;
	pthread_mutex_unlock(&l->log.lock);
	if (serial)
		(void)log_wait(op, l, serial); // whoever put it there learns the outcome
	return n != NULL;
}

static void keeper_sleep(struct keeper *k, uint64_t ns)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until); // cannot fail
	ns += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(ns / NS_PER_S);
	until.tv_nsec = (long)(ns % NS_PER_S);
	pthread_mutex_lock(&k->lock);
	if (!k->poked && !k->stop)
		(void)pthread_cond_timedwait(&k->wake, &k->lock, &until); // a time-out is fine
	k->poked = false;
	pthread_mutex_unlock(&k->lock);
	atomic_store(&k->dozing, false);
}

static void *keeper_run(void *arg)
{
	struct local *l = arg;
	struct watch_state w = { 0 };
	struct op op;
	op_init(&op, 0);
	for (;;) {
		pthread_mutex_lock(&l->keeper.lock);
		bool stop = l->keeper.stop;
		pthread_mutex_unlock(&l->keeper.lock);
		if (stop)
			break;
		op_reset(&op);
		look_after_space(&op, l, &w);
		look_ahead(l, &w);
		look_weigh(l, &w);
		look_after_pending(&op, l);
		look_after_flush(&op, l, &w);
		segments_bury(&l->segments, SPARE_FILES);
		shortage_prepare();
		checked_tick(&l->checked, clock_mono());
		// Before it looks for the last time: who comes after that look sees that it dozes, and calls.
		atomic_store(&l->keeper.dozing, true);
		bool busy = look_after_strays(&op, l) || pending_waits(&l->pending);
		if (busy)
			atomic_store(&l->keeper.dozing, false);
		keeper_sleep(&l->keeper,
			busy ? BUSY_MS * NS_PER_MS : (w.dirty_since ? NS_PER_S : 5 * NS_PER_S));
	}
	op_done(&op);
	return NULL;
}

int thread_quiet(pthread_t *ret_thread, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	(void)sigfillset(&all);                            // cannot fail
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); // signals are for the others
	int error = pthread_create(ret_thread, NULL, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL); // cannot fail
	return error;
}

int keeper_start(struct op *op, struct local *l)
{
	struct keeper *k = &l->keeper;
	int error = thread_quiet(&k->thread, keeper_run, l);
	if (error)
		return op_fail_errno(op, RC_UNAVAILABLE, error, "cannot start a thread");
	k->running = true;
	return 0;
}

void keeper_stop(struct local *l)
{
	struct keeper *k = &l->keeper;
	if (!k->running)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	(void)pthread_join(k->thread, NULL); // it is ours and joinable
	k->running = false;
}

void keeper_call(struct local *l)
{
	if (atomic_load(&l->keeper.dozing))
		keeper_poke(l);
}

void keeper_poke(struct local *l)
{
	struct keeper *k = &l->keeper;
	pthread_mutex_lock(&k->lock);
	k->poked = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}
