// SPDX-License-Identifier: Apache-2.0
// Threads: one that accepts, and one for each of up to ADMIN_CONNECTIONS_MAX connections. Lock: admin.lock guards the slots; nothing is waited for
// under it.
#include "server/admin.h"

#include "base/limits.h"
#include "base/log.h"
#include "run/give_way.h"
#include "server/frame.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADMIN_NICE 10 // what the threads that serve give way by

struct slot {
	struct admin *admin;
	pthread_t thread;
	int fd;     // admin.lock; -1: free
	bool ended; // admin.lock: the thread is about to end and can be joined
};
struct admin {
	const struct admin_what *what;
	char *data;
	int fd, wake;
	pthread_t acceptor;
	pthread_mutex_t lock;
	struct slot slots[ADMIN_CONNECTIONS_MAX];
	atomic_bool stopping;
};

static bool peer_may(int fd)
{
	struct ucred peer;
	socklen_t n = sizeof peer;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
		(peer.uid == 0 || peer.uid == geteuid());
}

static void *serve(void *arg)
{
	struct slot *s = arg;
	struct admin *a = s->admin;
	give_way(ADMIN_NICE); // sessions come first
	admin_serve(a->what, dup(s->fd), false, &a->stopping);
	(void)shutdown(s->fd, SHUT_RDWR); // the descriptor stays until the thread is joined
	pthread_mutex_lock(&a->lock);
	s->ended = true;
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

// Slots whose threads have ended are free again.
static void reap(struct admin *a, bool all)
{
	for (size_t i = 0; i < ADMIN_CONNECTIONS_MAX; i++) {
		struct slot *s = &a->slots[i];
		pthread_mutex_lock(&a->lock);
		bool join = s->fd >= 0 && (all || s->ended);
		pthread_mutex_unlock(&a->lock);
		if (!join)
			continue;
		if (all)
			(void)shutdown(s->fd, SHUT_RDWR); // wakes its thread
		(void)pthread_join(s->thread, NULL);
		close(s->fd);
		pthread_mutex_lock(&a->lock);
		s->fd = -1;
		s->ended = false;
		pthread_mutex_unlock(&a->lock);
	}
}

static void take(struct admin *a, int fd)
{
	struct slot *s = NULL;
	reap(a, false);
	for (size_t i = 0; i < ADMIN_CONNECTIONS_MAX && !s; i++)
		if (a->slots[i].fd < 0)
			s = &a->slots[i];
	struct op op;
	op_init(&op, 0);
	if (!peer_may(fd))
		(void)frame_write_fault(
			&op, fd, op_fail(&op, RC_NOPERM, "only root and the server's user may"));
	else if (!s)
		(void)frame_write_fault(&op, fd,
			op_fail(&op, RC_LIMIT, "too many connections on the admin socket"));
	else {
		pthread_mutex_lock(&a->lock);
		s->admin = a;
		s->fd = fd;
		s->ended = false;
		pthread_mutex_unlock(&a->lock);
		frame_set_timeouts(fd);
		if (pthread_create(&s->thread, NULL, serve, s) == 0)
			fd = -1; // the slot's
		else
			s->fd = -1;
	}
	op_done(&op);
	if (fd >= 0)
		close(fd);
}

static void *accept_all(void *arg)
{
	struct admin *a = arg;
	struct pollfd p[2] = { { .fd = a->fd, .events = POLLIN },
		{ .fd = a->wake, .events = POLLIN } };
	while (!atomic_load(&a->stopping)) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (!(p[0].revents & POLLIN))
			continue;
		int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			take(a, fd);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			(void)poll(&p[1], 1, 100); // until one is free
	}
	return NULL;
}

int admin_open(
	struct op *op, const char *data, const struct admin_what *what, struct admin **ret_admin)
{
	struct admin *a = calloc(1, sizeof *a);
	if (!a)
		return op_fail(op, RC_NOMEM, "out of memory");
	*a = (struct admin){ .what = what, .fd = -1 };
	pthread_mutex_init(&a->lock, NULL);
	for (size_t i = 0; i < ADMIN_CONNECTIONS_MAX; i++)
		a->slots[i].fd = -1;
	a->data = span_to_str_new(span_str(data));
	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int rc = a->data && a->wake >= 0
		? frame_listen(op, data, &a->fd)
		: op_fail(op, RC_NOMEM, "out of memory or file descriptors");
	if (rc == 0 && pthread_create(&a->acceptor, NULL, accept_all, a) != 0) {
		close(a->fd);
		a->fd = -1;
		rc = op_fail(op, RC_NOMEM, "cannot make a thread");
	}
	if (rc < 0) {
		admin_close(a);
		return rc;
	}
	*ret_admin = a;
	return 0;
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	atomic_store(&a->stopping, true);
	if (a->fd >= 0) {
		char path[4096];
		if (eventfd_write(a->wake, 1) != 0)
			log_error("admin", "cannot wake the thread that accepts");
		(void)pthread_join(a->acceptor, NULL);
		close(a->fd);
		reap(a, true);
		(void)snprintf(path, sizeof path, "%s/run/admin", a->data); // frame_listen() did
		(void)unlink(path);
	}
	if (a->wake >= 0)
		close(a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a->data);
	free(a);
}
