// SPDX-License-Identifier: Apache-2.0
// The server's side of the auth process: a pool of sockets, one request at a time on each; a thread that finds none free waits for one. When a
// socket breaks the worker has died: all sockets of its generation are dropped, and the next request starts another worker, at most
// one a second.
//
// Locks: auth.lock guards the pool. It is not held while a request is under way.
#include "auth/auth.h"

#include "auth/protocol_priv.h"
#include "auth/worker.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "run/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 256u

struct seat { // our end of one socket
	int fd;
	uint64_t generation;
};
struct auth {
	char *dir, *passwd_file, *program;
	unsigned workers;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	int *free_fds; // sockets of the present generation that nobody uses
	unsigned free_count, open_count;
	uint64_t generation, started; // started: clock_mono() of the last start
	pid_t pid;
};
struct auth_exchange {
	struct auth *auth;
	uint64_t number, generation;
};

// --- the worker process ---

static int spawn(struct op *op, struct auth *a, const int *theirs)
{
	posix_spawn_file_actions_t actions;
	char count[16];
	(void)snprintf(count, sizeof count, "%u", a->workers); // fits
	char *argv[] = { a->program, (char[]){ AUTH_WORKER_COMMAND }, count, a->dir, a->passwd_file,
		NULL };
	posix_spawn_file_actions_init(&actions);
	for (unsigned i = 0; i < a->workers; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], AUTH_FIRST_FD + (int)i);
	extern char **environ;
	a->pid = 0;
	int e = posix_spawn(&a->pid, a->program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return e ? op_fail_errno(
			   op, RC_UNAVAILABLE, e, "cannot start the auth process %s", a->program)
		 : 0;
}

// Descriptors that lie above everything the child's dup2 will write to.
static int pair_high(unsigned workers, int ret_pair[2])
{
	int low[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) != 0)
		return errno;
	int floor = AUTH_FIRST_FD + (int)workers;
	ret_pair[0] = fcntl(low[0], F_DUPFD_CLOEXEC, floor);
	ret_pair[1] = fcntl(low[1], F_DUPFD_CLOEXEC, floor);
	int e = ret_pair[0] < 0 || ret_pair[1] < 0 ? errno : 0;
	close(low[0]);
	close(low[1]);
	for (int i = 0; e && i < 2; i++)
		if (ret_pair[i] >= 0)
			close(ret_pair[i]);
	// A worker that hangs is taken for dead: nobody waits for ever, not even the shutdown.
	struct timeval limit = { .tv_sec = AUTH_ANSWER_SECONDS };
	if (!e && setsockopt(ret_pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
		e = errno;
	return e;
}

// auth.lock is held.
static int start_locked(struct op *op, struct auth *a)
{
	int theirs[WORKERS_MAX], pair[2] = { -1, -1 }, rc = 0;
	unsigned made = 0;
	a->started = clock_mono();
	while (made < a->workers && rc == 0) {
		int e = pair_high(a->workers, pair);
		if (e) {
			rc = op_fail_errno(op, RC_UNAVAILABLE, e, "cannot reach the auth process");
			break;
		}
		a->free_fds[made] = pair[0];
		theirs[made++] = pair[1];
	}
	if (rc == 0)
		rc = spawn(op, a, theirs);
	for (unsigned i = 0; i < made; i++) {
		close(theirs[i]);
		if (rc < 0)
			close(a->free_fds[i]);
	}
	if (rc == 0) {
		a->generation++;
		a->free_count = a->open_count = made;
	}
	return rc;
}

// A worker that no socket leads to any more: it is dead, or of no use.
static void worker_end(struct auth *a)
{
	if (a->pid <= 0)
		return;
	(void)kill(a->pid, SIGKILL); // our own child, not yet waited for: the number is still its
	while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
		;
	a->pid = 0;
}

// --- the pool ---

static int seat_take(struct op *op, struct auth *a, struct seat *ret_seat)
{
	int rc = 0;
	pthread_mutex_lock(&a->lock);
	while (a->free_count == 0 && a->open_count > 0)
		pthread_cond_wait(&a->freed, &a->lock);
	if (a->open_count == 0) {
		worker_end(a);
		if (clock_mono() - a->started < NS_PER_S)
			rc = op_fail(op, RC_UNAVAILABLE,
				"Authentication is not available just now, try again.");
		else
			rc = start_locked(op, a);
	}
	if (rc == 0) {
		ret_seat->fd = a->free_fds[--a->free_count];
		ret_seat->generation = a->generation;
	}
	pthread_mutex_unlock(&a->lock);
	return rc;
}

static void seat_give_back(struct auth *a, const struct seat *seat, bool broken)
{
	pthread_mutex_lock(&a->lock);
	bool present = seat->generation == a->generation && a->open_count > 0;
	if (present && broken) {
		log_error("auth", "the auth process has died; another will be started");
		for (unsigned i = 0; i < a->free_count; i++)
			close(a->free_fds[i]);
		a->free_count = a->open_count = 0;
	} else if (present) {
		a->free_fds[a->free_count++] = seat->fd;
	}
	if (broken || !present)
		close(seat->fd);
	pthread_cond_broadcast(&a->freed);
	pthread_mutex_unlock(&a->lock);
}

// --- requests ---

struct answer {
	int rc;
	uint64_t exchange, generation;
};

static int answer_read(
	struct op *op, struct span bytes, struct auth_reply *ret_reply, struct answer *ret_answer)
{
	struct reader r = reader_of(bytes);
	ret_answer->rc = (int)reader_u32(&r);
	ret_reply->delay_ms = reader_u32(&r);
	ret_answer->exchange = reader_u64(&r);
	ret_reply->challenge = arena_dup(&op->arena, reader_field(&r));
	ret_reply->user = arena_dup(&op->arena, reader_field(&r));
	struct span text = reader_field(&r);
	if (!r.bad && (!ret_reply->challenge.p || !ret_reply->user.p))
		return op_fail(op, RC_NOMEM, "out of memory");
	if (r.bad || ret_answer->rc > AUTH_BUSY)
		return op_fail(op, RC_UNAVAILABLE, "The auth process gave a malformed answer.");
	if (ret_answer->rc < 0)
		return op_fail(op, ret_answer->rc, "%.*s", SPAN_FMT(text));
	return ret_answer->rc;
}

// Sends the request (and wipes it) and waits for the answer.
static int ask(struct op *op, struct auth *a, struct buf *request, struct auth_reply *ret_reply,
	struct answer *ret_answer)
{
	struct seat seat;
	*ret_reply = (struct auth_reply){ 0 };
	int rc = request->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
	if (rc == 0 && request->n > AUTH_MESSAGE_MAX)
		rc = op_fail(op, RC_TOOBIG, "The log-in data is too long.");
	if (rc == 0) {
		crew_block_begin(CREW_AUTH);
		rc = seat_take(op, a, &seat);
		char *bytes = rc == 0 ? malloc(AUTH_MESSAGE_MAX) : NULL;
		ssize_t n = 0;
		if (bytes) {
			n = send(seat.fd, request->p, request->n, MSG_NOSIGNAL);
			while (n > 0 && (n = recv(seat.fd, bytes, AUTH_MESSAGE_MAX, 0)) < 0 &&
				errno == EINTR)
				n = 1;
		}
		if (rc == 0)
			seat_give_back(a, &seat, bytes && n <= 0);
		crew_block_end();
		if (rc == 0 && n <= 0)
			rc = op_fail(op, RC_UNAVAILABLE,
				"Authentication is not available just now, try again.");
		if (rc == 0) {
			ret_answer->generation = seat.generation;
			rc = answer_read(op, span_of(bytes, (size_t)n), ret_reply, ret_answer);
		}
		free(bytes);
	}
	if (request->p)
		sodium_memzero(request->p, request->n);
	buf_done(request);
	return rc;
}

static void request_begin(struct buf *b, uint8_t type, uint64_t exchange)
{
	buf_add_u8(b, type);
	buf_add_u64(b, exchange);
}

static void request_peer(struct buf *b, const struct auth_peer *peer, unsigned bits)
{
	buf_add_u8(b,
		(uint8_t)(bits | (peer->secure ? AUTH_BIT_SECURE : 0) |
			(peer->tls ? AUTH_BIT_TLS : 0)));
	buf_add_field(b, span_str(peer->service));
	buf_add_field(b, span_str(peer->address));
	buf_add_field(b, peer->channel_binding);
	buf_add_field(b, peer->client_identity);
}

// What an outcome leaves to be gone on with.
static int exchange_begin(struct op *op, struct auth *a, int rc, const struct answer *answer,
	struct auth_exchange **ret_exchange)
{
	if (rc <= 0)
		return rc;
	struct auth_exchange *x = calloc(1, sizeof *x);
	if (!x)
		return op_fail(
			op, RC_NOMEM, "out of memory"); // the worker forgets the exchange by itself
	*x = (struct auth_exchange){ a, answer->exchange, answer->generation };
	*ret_exchange = x;
	return rc;
}

int auth_begin(struct op *op, struct auth *a, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	struct answer answer = { 0 };
	request_begin(&b, AUTH_BEGIN, 0);
	request_peer(&b, peer, initial.p ? AUTH_BIT_INITIAL : 0);
	buf_add_field(&b, mechanism);
	buf_add_field(&b, initial);
	int rc = ask(op, a, &b, ret_reply, &answer);
	return exchange_begin(op, a, rc, &answer, ret_exchange);
}

static int exchange_go_on(
	struct op *op, struct auth_exchange *x, struct buf *request, struct auth_reply *ret_reply)
{
	struct answer answer = { 0 };
	int rc = ask(op, x->auth, request, ret_reply, &answer);
	// A worker that was started anew knows nothing of older exchanges; its numbers begin again.
	if (rc >= 0 && answer.generation != x->generation)
		rc = op_fail(op, RC_UNAVAILABLE, "Authentication was interrupted, try again.");
	if (rc <= 0)
		free(x);
	return rc;
}

int auth_step(
	struct op *op, struct auth_exchange *x, struct span response, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_STEP, x->number);
	buf_add_field(&b, response);
	return exchange_go_on(op, x, &b, ret_reply);
}

int auth_retry(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_RETRY, x->number);
	return exchange_go_on(op, x, &b, ret_reply);
}

void auth_cancel(struct auth_exchange *x)
{
	if (!x)
		return;
	struct op op;
	struct buf b = { 0 };
	struct answer answer = { 0 };
	struct auth_reply reply;
	op_init(&op, 0);
	request_begin(&b, AUTH_CANCEL, x->number);
	(void)ask(
		&op, x->auth, &b, &reply, &answer); // the worker forgets it by itself after a while
	op_done(&op);
	free(x);
}

int auth_login(struct op *op, struct auth *a, const struct auth_peer *peer, struct span user,
	struct span password, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	struct answer answer = { 0 };
	request_begin(&b, AUTH_LOGIN, 0);
	request_peer(&b, peer, 0);
	buf_add_field(&b, user);
	buf_add_field(&b, password);
	int rc = ask(op, a, &b, ret_reply, &answer);
	return exchange_begin(op, a, rc, &answer, ret_exchange);
}

int auth_find(struct op *op, struct auth *a, const struct span *names, size_t n,
	struct span *ret_user, size_t *ret_which)
{
	struct buf b = { 0 };
	struct answer answer = { 0 };
	struct auth_reply reply;
	must(n <= AUTH_FIND_MAX);
	request_begin(&b, AUTH_FIND, 0);
	buf_add_u8(&b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		buf_add_field(&b, names[i]);
	int rc = ask(op, a, &b, &reply, &answer);
	if (rc == 0 && answer.exchange >= n)
		rc = op_fail(op, RC_UNAVAILABLE, "The auth process gave a malformed answer.");
	if (rc < 0)
		return rc;
	*ret_user = reply.user;
	*ret_which = (size_t)answer.exchange;
	return 0;
}

// --- life ---

// A worker that cannot work (it cannot read its files) ends at once: better to know now than at the first log-in.
static int worker_greet(struct op *op, struct auth *a)
{
	struct buf b = { 0 };
	struct answer answer;
	struct auth_reply reply;
	request_begin(&b, AUTH_CANCEL, 0);
	if (ask(op, a, &b, &reply, &answer) < 0)
		return op_fail(op, RC_UNAVAILABLE,
			"the auth process did not start: its reason stands above");
	return 0;
}

int auth_open(struct op *op, const struct auth_config *config, struct auth **ret_auth)
{
	struct auth *a = calloc(1, sizeof *a);
	if (!a)
		return op_fail(op, RC_NOMEM, "out of memory");
	a->workers = config->workers ? config->workers : AUTH_WORKERS;
	if (a->workers > WORKERS_MAX)
		a->workers = WORKERS_MAX;
	a->dir = strdup(config->dir);
	a->program = strdup(config->program);
	a->passwd_file = config->passwd_file ? strdup(config->passwd_file) : NULL;
	a->free_fds = calloc(a->workers, sizeof *a->free_fds);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->freed, NULL);
	int rc = 0;
	if (!a->dir || !a->program || !a->free_fds || (config->passwd_file && !a->passwd_file))
		rc = op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_lock(&a->lock);
	if (rc == 0)
		rc = start_locked(op, a);
	pthread_mutex_unlock(&a->lock);
	if (rc == 0)
		rc = worker_greet(op, a);
	if (rc < 0) {
		auth_close(a);
		return rc;
	}
	*ret_auth = a;
	return 0;
}

void auth_close(struct auth *a)
{
	if (!a)
		return;
	for (unsigned i = 0; i < a->free_count; i++)
		close(a->free_fds[i]);
	// It ends by itself when its sockets close; a hashing under way may take a moment.
	for (int i = 0; i < 200 && a->pid > 0; i++) {
		if (waitpid(a->pid, NULL, WNOHANG) != 0)
			a->pid = 0;
		else
			(void)usleep(10000); // only a pause
	}
	worker_end(a);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->freed);
	free(a->free_fds);
	free(a->dir);
	free(a->program);
	free(a->passwd_file);
	free(a);
}
