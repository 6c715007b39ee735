// SPDX-License-Identifier: Apache-2.0
// Starling: what the kernel can tell a crew: which file descriptors are ready, that the alarm rang, that somebody
// kicked. One epoll set; a descriptor reports once for every time it is armed (EPOLLONESHOT), under an id that the
// caller chose. Any number of threads may wait; each event goes to one of them. The one place that knows epoll:
// another system's poller (kqueue) replaces this file. Thread-safe.
#ifndef RUN_POLLER_H
#define RUN_POLLER_H

#include "base/op.h"

#include <stdbool.h>

#define POLLER_BATCH 64

struct poller {
	int epoll, kick, alarm;
};
struct poller_event {
	uint64_t id;
	bool readable, writable; // an error or hang-up shows as both
};
struct poller_result {
	unsigned count;
	bool kicked; // a poller_kick() was taken by this wait
	struct poller_event events[POLLER_BATCH];
};

int poller_open(struct op *op, struct poller *p);
void poller_close(struct poller *p);
int poller_add(struct op *op, struct poller *p, int fd, uint64_t id, bool read, bool write);
// Arms an fd that was added; level-triggered: what is ready already is reported.
void poller_arm(struct poller *p, int fd, uint64_t id, bool read, bool write);
void poller_remove(struct poller *p, int fd);
// Blocks until something happens if `block`, else looks only.
void poller_wait(struct poller *p, bool block, struct poller_result *ret_result);
// Ends one wait, present or future. The caller has at most one kick under way.
void poller_kick(struct poller *p);
// Ends every wait from now on, at once.
void poller_kick_all(struct poller *p);
// Ends one wait at clock_mono() `when`; replaces the alarm set before.
void poller_set_alarm(struct poller *p, uint64_t when);

#endif
