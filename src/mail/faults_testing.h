// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of mail/ and of what is above it: a store, of whatever engine, that fails when the test says so.
#ifndef MAIL_FAULTS_TESTING_H
#define MAIL_FAULTS_TESTING_H

#include "store/engine.h"

struct faults {
	const struct store_engine *real;
	struct store_engine engine; // that, but for the calls below
	uint64_t bad_blob;          // it cannot be read (RC_IO); 0: none
	struct span bad_key;        // nor can this value; absent: none
	bool full;                  // batches that free space are taken (STORE_FREES), no others
	bool broken;                // none are
	bool read_only;             // store_stats() says so
	bool busy; // somebody else writes: who can wait without a thread does, until faults_decide()
	struct store_waiter *waiters;
	struct store_ticket with; // of the last batch that had one
	unsigned reads;           // values that were asked for
};
static struct faults faults;

static inline int faults_get(struct op *op, struct store *s, struct store_snapshot *snap,
	uint64_t partition, struct span key, struct span *ret_value)
{
	faults.reads++;
	if (faults.bad_key.p && span_eq(key, faults.bad_key))
		return op_fail(op, RC_IO, "the disk failed");
	return faults.real->get(op, s, snap, partition, key, ret_value);
}

static inline int faults_submit(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket)
{
	if (faults.broken || (faults.full && !(b->flags & STORE_FREES)))
		return op_fail(op, RC_NOSPACE, "the volume is full");
	if (b->with.v)
		faults.with = b->with;
	return faults.real->submit(op, s, b, ret_ticket);
}

static inline int faults_wait(
	struct op *op, struct store *s, struct store_ticket t, struct store_waiter *later)
{
	if (!later || !faults.busy)
		return faults.real->wait(op, s, t, later);
	later->next = faults.waiters;
	faults.waiters = later;
	return STORE_LATER;
}

// What is waited for without a thread is written now. How many did.
static inline unsigned faults_decide(void)
{
	unsigned n = 0;
	for (struct store_waiter *w; (w = faults.waiters); n++) {
		faults.waiters = w->next;
		w->decided(w);
	}
	return n;
}

static inline int faults_blob_open(
	struct op *op, struct store *s, struct blob_ref ref, bool whole, struct blob *ret_blob)
{
	if (faults.bad_blob && ref.id == faults.bad_blob)
		return op_fail(op, RC_IO, "the disk failed");
	return faults.real->blob_open(op, s, ref, whole, ret_blob);
}

static inline void faults_stats(struct store *s, struct store_stats *ret_stats)
{
	faults.real->stats(s, ret_stats);
	ret_stats->read_only |= faults.read_only;
}

// From now on; one store at a time.
static inline void faults_begin(struct store *s)
{
	faults = (struct faults){ .real = s->engine, .engine = *s->engine };
	faults.engine.get = faults_get;
	faults.engine.submit = faults_submit;
	faults.engine.wait = faults_wait;
	faults.engine.blob_open = faults_blob_open;
	faults.engine.stats = faults_stats;
	s->engine = &faults.engine;
}

#endif
