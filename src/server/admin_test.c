// SPDX-License-Identifier: Apache-2.0
// One connection of the admin socket over a pair of sockets: how long who is silent is waited for.
#include "server/admin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "mail/account.h"
#include "server/frame.h"
#include "store/store.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
	struct op op;
	struct store *store;
	struct admin_what what;
	pthread_t thread;
	atomic_bool cancel;
	int fd, served;
	struct buf in;
};

static void *serve(void *arg)
{
	struct world *w = arg;
	admin_serve(&w->what, dup(w->served), true, &w->cancel);
	(void)shutdown(w->served, SHUT_RDWR); // as admin.c does
	return NULL;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	int fds[2];
	assert_non_null(w);
	op_init(&w->op, 0);
	assert_int_equal(store_open(&w->op, &sc, &w->store), 0);
	assert_int_equal(mail_open(&w->op, w->store, &mc, &w->what.mail), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	w->fd = fds[0];
	w->served = fds[1];
	assert_int_equal(pthread_create(&w->thread, NULL, serve, w), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	close(w->fd);
	(void)pthread_join(w->thread, NULL);
	close(w->served);
	mail_close(w->what.mail);
	store_close(w->store);
	buf_done(&w->in);
	op_done(&w->op);
	free(w);
	return 0;
}

// What the server reads from now on it has to be sent at once.
static void be_impatient(struct world *w)
{
	struct timeval t = { .tv_usec = 1000 };
	assert_int_equal(setsockopt(w->served, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t), 0);
}

static void send_request(struct world *w, const char *line)
{
	assert_int_equal(frame_write(&w->op, w->fd, FRAME_REQUEST, span_str(line)), 0);
}

// The kind of its answer.
static enum frame_kind ask(struct world *w, const char *line)
{
	struct frame f;
	send_request(w, line);
	assert_int_equal(frame_read(&w->op, w->fd, &w->in, &f), 0);
	return f.kind;
}

static void is_given_up(struct world *w)
{
	struct frame f;
	assert_int_equal(frame_read(&w->op, w->fd, &w->in, &f), RC_CLOSED);
}

// Its source may be slow. The connection is still there after many times what others are waited for.
static void import_may_be_silent(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, "import begin 616e6e61"), FRAME_END);
	be_impatient(w);
	for (int i = 0; i < 3; i++) {
		struct pollfd p = { .fd = w->fd, .events = POLLIN };
		assert_int_equal(ask(w, "import mailbox 576f726b"), FRAME_END);
		assert_int_equal(poll(&p, 1, 50), 0);
	}
	assert_int_equal(ask(w, "import end"), FRAME_END);
	is_given_up(w);
}

static void not_within_a_request(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, "import begin 616e6e61"), FRAME_END);
	assert_int_equal(ask(w, "import mailbox 576f726b"), FRAME_END);
	be_impatient(w);
	send_request(w, "import messages");
	is_given_up(w);
}

static void others_may_not(void **state)
{
	struct world *w = *state;
	assert_int_equal(ask(w, "hello"), FRAME_END);
	be_impatient(w);
	assert_int_equal(ask(w, "hello"), FRAME_END);
	is_given_up(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(import_may_be_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(not_within_a_request, setup, teardown),
		cmocka_unit_test_setup_teardown(others_may_not, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
