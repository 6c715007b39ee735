// SPDX-License-Identifier: Apache-2.0
// Starling: a set of blob ids for a sweep. Ids are dense and rise, so it is a bitmap in pages made on demand: ten million blobs
// cost 1.25 MB. One thread at a time.
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include "base/span.h"

#include <stdatomic.h>

struct live_page;
struct live_set {
	struct live_page **pages;
	size_t size;
	bool failed; // out of memory: the set is not to be trusted
};

void live_add(
	struct live_set *l, uint64_t id); // a store_live_fn behind a cast of its first argument
bool live_has(const struct live_set *l, uint64_t id);
void live_each(const struct live_set *l, void (*each)(void *ctx, uint64_t id), void *ctx);
void live_done(struct live_set *l);

// What one sweep found to be unreferenced, for a later one to drop. Nothing gets its first reference back (store.h: store_sweep), so what
// was unreferenced at two sweeps was so all the time between. An engine serialises its sweeps, and with them these calls.
struct limbo {
	struct live_set ids;
	_Atomic uint64_t since; // clock_mono() when `ids` was complete; 0: there are none
	_Atomic uint64_t bytes; // of all that the last sweep found unreferenced and kept
};
// Whether what is in limbo may be dropped by a sweep whose snapshot is taken behind this call.
bool limbo_is_due(const struct limbo *l, uint64_t grace_ns);
// One sweep's part in it.
struct limbo_sweep {
	struct limbo *limbo;
	bool due;
	struct live_set ids;
	uint64_t count, bytes;
};
void limbo_begin(struct limbo_sweep *w, struct limbo *l, uint64_t grace_ns);
// An unreferenced blob: true when it is to be dropped; else it is noted.
bool limbo_drops(struct limbo_sweep *w, uint64_t id, uint64_t bytes);
// The sweep has seen all blobs. False when out of memory: nothing is changed then.
bool limbo_commit(struct limbo_sweep *w);
void limbo_end(struct limbo_sweep *w); // also without limbo_commit()
// Bytes that a sweep would drop now, about; 0 while nothing is due.
uint64_t limbo_bytes_due(const struct limbo *l, uint64_t grace_ns);

#endif
