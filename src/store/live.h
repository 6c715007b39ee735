// SPDX-License-Identifier: Apache-2.0
// Starling: a set of blob ids for a sweep. Ids are dense and rise, so it is a bitmap in pages made on demand: ten million blobs
// cost 1.25 MB. One thread at a time.
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include "base/span.h"

struct live_page;
struct live_set {
	struct live_page **pages;
	size_t size;
	bool failed; // out of memory: the set is not to be trusted
};

void live_add(
	struct live_set *l, uint64_t id); // a store_live_fn behind a cast of its first argument
bool live_has(const struct live_set *l, uint64_t id);
void live_done(struct live_set *l);

#endif
