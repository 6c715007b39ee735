// SPDX-License-Identifier: Apache-2.0
// Starling: for tests and fuzzers of the relay: a session of submission and its link's connection, both in memory.
#ifndef SMTP_RELAY_TESTING_H
#define SMTP_RELAY_TESTING_H

#include "auth/fake_testing.h"

struct pair {
	struct fake client, relay;
	bool linked; // relay is there
};

// Both run until neither is woken by the other.
static inline void settle(struct pair *p)
{
	for (bool again = true; again;) {
		again = fake_run_woken(&p->client);
		again = fake_follow(&p->relay, &p->linked) || again;
	}
}

static inline void client_says(struct pair *p, struct span text, size_t chunk)
{
	if (!p->client.closed)
		fake_send(&p->client, text, chunk);
	settle(p);
}

static inline void relay_says(struct pair *p, struct span text, size_t chunk)
{
	size_t step = chunk ? chunk : text.n;
	for (; text.n && p->linked; text = span_skip(text, step)) {
		if (!p->relay.closed)
			fake_send(&p->relay, span_cut(text, 0, step), chunk);
		settle(p);
	}
}

#endif
