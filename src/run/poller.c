// SPDX-License-Identifier: Apache-2.0
// epoll. The kick is an eventfd and the alarm a timerfd, both edge-triggered and never read: each write or expiry is
// one edge, which one waiting thread takes. No locks of its own.
#include "run/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"

// Ids that no caller uses: the crew's have a slot number below 2^32 - 2 in the low half.
#define ID_KICK UINT64_C(0xffffffffffffffff)
#define ID_ALARM UINT64_C(0xfffffffffffffffe)

static int add_own(struct poller *p, int fd, uint64_t id)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.u64 = id };
	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e);
}

int poller_open(struct op *op, struct poller *p)
{
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	p->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p->epoll < 0 || p->kick < 0 || p->alarm < 0 || add_own(p, p->kick, ID_KICK) != 0 ||
		add_own(p, p->alarm, ID_ALARM) != 0) {
		int error = errno;
		poller_close(p);
		return op_fail_errno(op, RC_IO, error, "cannot set up the poller");
	}
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void poller_close(struct poller *p)
{
	close_one(&p->epoll);
	close_one(&p->kick);
	close_one(&p->alarm);
}

static struct epoll_event event_of(uint64_t id, bool read, bool write)
{
	unsigned events = EPOLLONESHOT;
	if (read)
		events |= EPOLLIN | EPOLLRDHUP;
	if (write)
		events |= EPOLLOUT;
	return (struct epoll_event){ .events = events, .data.u64 = id };
}

int poller_add(struct op *op, struct poller *p, int fd, uint64_t id, bool read, bool write)
{
	struct epoll_event e = event_of(id, read, write);
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		return op_fail_errno(op, RC_IO, errno, "cannot poll a file descriptor");
	return 0;
}

void poller_arm(struct poller *p, int fd, uint64_t id, bool read, bool write)
{
	struct epoll_event e = event_of(id, read, write);
	must(epoll_ctl(p->epoll, EPOLL_CTL_MOD, fd, &e) == 0);
}

void poller_remove(struct poller *p, int fd)
{
	// Explicitly: a forked process may hold the same open file, and then close() alone would leave it in the set.
	must(epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, NULL) == 0);
}

void poller_wait(struct poller *p, bool block, struct poller_result *ret_result)
{
	struct epoll_event events[POLLER_BATCH];
	int n = epoll_wait(p->epoll, events, POLLER_BATCH, block ? -1 : 0);
	must(n >= 0 || errno == EINTR);
	ret_result->count = 0;
	ret_result->kicked = false;
	for (int i = 0; i < n; i++) {
		uint64_t id = events[i].data.u64;
		if (id == ID_KICK) {
			ret_result->kicked = true;
		} else if (id != ID_ALARM) { // after an alarm the crew looks at its clock anyway
			bool broken = events[i].events & (EPOLLERR | EPOLLHUP);
			ret_result->events[ret_result->count++] = (struct poller_event){
				.id = id,
				.readable = broken || (events[i].events & (EPOLLIN | EPOLLRDHUP)),
				.writable = broken || (events[i].events & EPOLLOUT),
			};
		}
	}
}

void poller_kick(struct poller *p)
{
	uint64_t one = 1;
	must(write(p->kick, &one, sizeof one) == sizeof one);
}

void poller_kick_all(struct poller *p)
{
	struct epoll_event e = { .events = EPOLLIN,
		.data.u64 = ID_KICK }; // level-triggered: never ends
	must(epoll_ctl(p->epoll, EPOLL_CTL_MOD, p->kick, &e) == 0);
	poller_kick(p);
}

void poller_set_alarm(struct poller *p, uint64_t when)
{
	if (when == 0)
		when = 1; // all zero would disarm it
	struct itimerspec at = {
		.it_value = { .tv_sec = (time_t)(when / NS_PER_S),
			.tv_nsec = (long)(when % NS_PER_S) },
	};
	must(timerfd_settime(p->alarm, TFD_TIMER_ABSTIME, &at, NULL) == 0);
}
