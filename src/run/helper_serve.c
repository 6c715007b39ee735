// SPDX-License-Identifier: Apache-2.0
#include "run/helper_serve.h"

#include "base/attr.h"
#include "run/spawner.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREAD_STACK (256u << 10)

struct seat { // one socket and the thread that serves it
	const struct helper_service *service;
	pthread_t thread;
	int fd;
	bool started;
};

static bool answer_send(int fd, struct buf *answer)
{
	ssize_t n = answer->failed ? -1 : send(fd, answer->p, answer->n, MSG_NOSIGNAL);
	buf_done(answer);
	return n > 0;
}

static void *seat_run(void *arg)
{
	struct seat *seat = arg;
	size_t most = seat->service->message_max;
	struct op op;
	char *request = malloc(most);
	op_init(&op, 4 * most);
	for (;;) {
		ssize_t n = request ? recv(seat->fd, request, most, 0) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		struct buf answer = { 0 };
		seat->service->serve(seat->service->ctx, &op, span_of(request, (size_t)n), &answer);
		explicit_bzero(request, (size_t)n);
		if (!answer_send(seat->fd, &answer))
			break;
		op_reset(&op);
	}
	op_done(&op);
	free(request);
	close(seat->fd);
	return NULL;
}

int helper_serve(const struct helper_service *service, unsigned sockets)
{
	struct seat *seats = calloc(sockets, sizeof *seats);
	pthread_attr_t attr;
	if (!seats)
		return 1;
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK); // the default is only larger
	for (unsigned i = 0; i < sockets; i++) {
		seats[i].service = service;
		seats[i].fd = SPAWNER_FIRST_FD + (int)i;
		seats[i].started =
			pthread_create(&seats[i].thread, &attr, seat_run, &seats[i]) == 0;
		if (!seats[i].started)
			close(seats[i].fd);
	}
	pthread_attr_destroy(&attr);
	for (unsigned i = 0; i < sockets; i++)
		if (seats[i].started)
			pthread_join(seats[i].thread, NULL);
	free(seats);
	return 0;
}
