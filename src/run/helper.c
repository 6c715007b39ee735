// SPDX-License-Identifier: Apache-2.0
// Locks: helper.lock guards the pool. It is not held while a request is under way, but while the spawner starts another helper.
#include "run/helper.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "run/crew.h"
#include "run/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct seat { // our end of one socket
	int fd;
	uint64_t generation;
};
struct helper {
	struct helper_config config;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	int *free_fds; // sockets of the present generation that nobody uses
	unsigned free_count, open_count;
	uint64_t generation, started; // started: clock_mono() of the last start
};

static int pair_make(const struct helper *h, int ret_pair[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_pair) != 0)
		return errno;
	// A helper that hangs is taken for dead: nobody waits for ever, not even the shutdown.
	struct timeval limit = { .tv_sec = h->config.answer_seconds };
	if (setsockopt(ret_pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0)
		return 0;
	int e = errno;
	close(ret_pair[0]);
	close(ret_pair[1]);
	return e;
}

static int start_locked(struct op *op, struct helper *h)
{
	int theirs[SPAWNER_SOCKETS_MAX], pair[2] = { -1, -1 }, rc = 0;
	unsigned made = 0;
	h->started = clock_mono();
	while (made < h->config.sockets && rc == 0) {
		int e = pair_make(h, pair);
		if (e) {
			rc = op_fail_errno(
				op, RC_UNAVAILABLE, e, "cannot reach the %s", h->config.name);
			break;
		}
		h->free_fds[made] = pair[0];
		theirs[made++] = pair[1];
	}
	if (rc == 0)
		rc = spawner_start(op, h->config.spawner, h->config.which, theirs, made);
	for (unsigned i = 0; i < made; i++) {
		close(theirs[i]);
		if (rc < 0)
			close(h->free_fds[i]);
	}
	if (rc == 0) {
		h->generation++;
		h->free_count = h->open_count = made;
	}
	return rc;
}

static int seat_take(struct op *op, struct helper *h, struct seat *ret_seat)
{
	int rc = 0;
	pthread_mutex_lock(&h->lock);
	while (h->free_count == 0 && h->open_count > 0)
		pthread_cond_wait(&h->freed, &h->lock);
	if (h->open_count == 0) {
		if (clock_mono() - h->started >= NS_PER_S)
			rc = start_locked(op, h);
		if (rc < 0)
			log_error("server", "the %s cannot be started again: %s", h->config.name,
				op_text(op, rc));
		if (h->open_count == 0) // why is for the log: strangers hear this
			rc = op_fail(op, RC_UNAVAILABLE, "%s", h->config.unavailable);
	}
	if (rc == 0) {
		ret_seat->fd = h->free_fds[--h->free_count];
		ret_seat->generation = h->generation;
	}
	pthread_mutex_unlock(&h->lock);
	return rc;
}

static void seat_give_back(struct helper *h, const struct seat *seat, bool broken)
{
	pthread_mutex_lock(&h->lock);
	bool present = seat->generation == h->generation && h->open_count > 0;
	if (present && broken) {
		log_error("server", "the %s has died; another will be started", h->config.name);
		for (unsigned i = 0; i < h->free_count; i++)
			close(h->free_fds[i]);
		h->free_count = h->open_count = 0;
	} else if (present) {
		h->free_fds[h->free_count++] = seat->fd;
	}
	if (broken || !present)
		close(seat->fd);
	pthread_cond_broadcast(&h->freed);
	pthread_mutex_unlock(&h->lock);
}

int helper_ask(struct op *op, struct helper *h, struct buf *request, struct span *ret_answer,
	uint64_t *ret_generation)
{
	struct seat seat;
	int rc = request->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
	if (rc == 0 && request->n > h->config.message_max)
		rc = op_fail(op, RC_TOOBIG, "too long for the %s", h->config.name);
	char *bytes = rc == 0 ? malloc(h->config.message_max) : NULL;
	if (rc == 0 && !bytes)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		ssize_t n = 0;
		crew_block_begin(h->config.block);
		rc = seat_take(op, h, &seat);
		if (rc == 0) {
			n = send(seat.fd, request->p, request->n, MSG_NOSIGNAL);
			while (n > 0 && (n = recv(seat.fd, bytes, h->config.message_max, 0)) < 0 &&
				errno == EINTR)
				n = 1;
			seat_give_back(h, &seat, n <= 0);
		}
		crew_block_end();
		if (rc == 0 && n <= 0)
			rc = op_fail(op, RC_UNAVAILABLE, "%s", h->config.unavailable);
		if (rc == 0) {
			*ret_generation = seat.generation;
			*ret_answer = arena_dup(&op->arena, span_of(bytes, (size_t)n));
			explicit_bzero(bytes, (size_t)n);
			if (!ret_answer->p)
				rc = op_fail(op, RC_NOMEM, "out of memory");
		}
	}
	free(bytes);
	if (request->p)
		explicit_bzero(request->p, request->n);
	buf_done(request);
	return rc;
}

int helper_open(struct op *op, const struct helper_config *config, struct helper **ret_helper)
{
	struct helper *h = calloc(1, sizeof *h);
	must(config->sockets && config->sockets <= SPAWNER_SOCKETS_MAX);
	if (!h)
		return op_fail(op, RC_NOMEM, "out of memory");
	h->config = *config;
	h->free_fds = calloc(config->sockets, sizeof *h->free_fds);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->freed, NULL);
	int rc = h->free_fds ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		pthread_mutex_lock(&h->lock);
		rc = start_locked(op, h);
		pthread_mutex_unlock(&h->lock);
	}
	if (rc < 0) {
		helper_close(h);
		return rc;
	}
	*ret_helper = h;
	return 0;
}

void helper_close(struct helper *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < h->free_count; i++)
		close(h->free_fds[i]);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->freed);
	free(h->free_fds);
	free(h);
}
