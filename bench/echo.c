// SPDX-License-Identifier: Apache-2.0
// echo: the ceiling of round-trip rows. A server that does nothing but answer: "* OK" to a connection, "TAG OK" to each line.
// Two threads with a set of connections each, no locks; a read that ends inside a line is out of its scope (the load generator sends whole ones).
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 2

struct echo {
	int listener, epolls[THREADS];
	_Atomic unsigned accepted;
};
struct server {
	struct echo *echo;
	int epoll;
};

static void accept_one(struct echo *e)
{
	int on = 1, fd = accept4(e->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;                                                 // another thread was first
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // only faster
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	int epoll = e->epolls[atomic_fetch_add(&e->accepted, 1) % THREADS];
	if (send(fd, "* OK echo\r\n", 11, MSG_NOSIGNAL) != 11 ||
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		(void)close(fd); // it is of no use any more
}

static void answer(int fd)
{
	char in[16384];
	ssize_t n;
	if ((n = recv(fd, in, sizeof in, 0)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (in[i] == '\n' && send(fd, "a OK done\r\n", 11, MSG_NOSIGNAL) != 11)
				return;
		}
	}
	if (n == 0 || (n < 0 && errno != EAGAIN))
		(void)close(fd); // the peer left
}

static void *serve(void *arg)
{
	const struct server *s = arg;
	for (;;) {
		struct epoll_event event;
		if (epoll_wait(s->epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.fd == s->echo->listener)
			accept_one(s->echo);
		else
			answer(event.data.fd);
	}
	return NULL;
}

int echo_run(void)
{
	struct echo e = { .listener =
				  socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) };
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	struct epoll_event event = { .events = EPOLLIN, .data.fd = e.listener };
	bool good = e.listener >= 0 && !bind(e.listener, (struct sockaddr *)&address, size) &&
		!listen(e.listener, 1024) &&
		!getsockname(e.listener, (struct sockaddr *)&address, &size);
	for (int i = 0; good && i < THREADS; i++) {
		e.epolls[i] = epoll_create1(EPOLL_CLOEXEC);
		good = e.epolls[i] >= 0 &&
			!epoll_ctl(e.epolls[i], EPOLL_CTL_ADD, e.listener, &event);
	}
	if (!good) {
		perror("starling-bench: echo");
		return 1;
	}
	(void)printf("%u\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	pthread_t threads[THREADS];
	struct server servers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		servers[i] = (struct server){ .echo = &e, .epoll = e.epolls[i] };
		if (pthread_create(&threads[i], NULL, serve, &servers[i]))
			return 1;
	}
	(void)pthread_join(threads[0], NULL); // it never ends; a signal ends us
	return 0;
}
