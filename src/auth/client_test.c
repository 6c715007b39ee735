// SPDX-License-Identifier: Apache-2.0
// An auth process that somebody has taken over: this program plays it, and answers what it is asked to by the user's name. The server's side takes
// no answer that the question cannot lead to.
#include "auth/auth.h"
#include "auth/protocol_priv.h"
#include "auth/worker.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/must.h"
#include "run/crew.h"
#include "run/helper_serve.h"
#include "run/spawner.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
// cmocka needs the four above first
#include <cmocka.h>

static char program[4096];

// --- the worker ---

static void answer(struct buf *to, int rc, uint64_t exchange, struct span user)
{
	buf_add_u32(to, (uint32_t)rc);
	buf_add_u32(to, 0);
	buf_add_u8(to, 0);
	buf_add_u64(to, exchange);
	buf_add_field(to, SPAN(""));
	buf_add_field(to, user);
	buf_add_field(to, SPAN("a text"));
}

static atomic_uint cancelled; // exchanges of number 99

static void count_answer(struct buf *to)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%u", atomic_load(&cancelled)); // fits
	answer(to, 0, 0, span_str(text));
}

// The last octet of a request is that of a name or a password.
static void serve(void *ctx, struct op *op, struct span request, struct buf *ret_answer)
{
	(void)ctx;
	(void)op;
	if (request.p[0] == AUTH_CANCEL && load_u64(request.p + 1) == 99)
		atomic_fetch_add(&cancelled, 1);
	switch (request.p[request.n - 1]) {
	case 'n': // how many were cancelled
		count_answer(ret_answer);
		break;
	case 'm':
		answer(ret_answer, AUTH_MORE, 99, SPAN("x"));
		break;
	case 'b':
		answer(ret_answer, AUTH_BUSY, 99, SPAN("x"));
		break;
	case 'e': // succeeds, and names nobody
		answer(ret_answer, 0, 0, SPAN(""));
		break;
	case 'o':
		answer(ret_answer, 0, 99, SPAN("x"));
		break;
	case 'f':
		answer(ret_answer, -5, 0, SPAN("")); // no fault has this number
		break;
	case 's':
		buf_add(ret_answer, SPAN("short"));
		break;
	default:
		answer(ret_answer, 0, 0, SPAN("x"));
	}
}

// --- the server ---

struct world {
	struct spawner *spawner;
	struct auth *auth;
	struct op op;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct auth_config config = { .dir = "/", .workers = 1 };
	struct auth_words words;
	op_init(&w->op, 0);
	auth_words_make(&config, &words);
	struct spawner_config spawner = {
		.program = program, .words = { words.words }, .count = 1
	};
	assert_int_equal(spawner_open(&w->op, &spawner, &w->spawner), 0);
	config.spawner = w->spawner;
	assert_int_equal(auth_open(&w->op, &config, &w->auth), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	auth_close(w->auth);
	spawner_close(w->spawner);
	op_done(&w->op);
	free(w);
	return 0;
}

static const struct auth_peer peer = { .service = "imap", .address = "192.0.2.7", .secure = true };

static void test_find(void **state)
{
	struct world *w = *state;
	struct auth_finder f = { .auth = w->auth };
	struct span user;
	size_t which = 7;
	static const char *const bad[] = { "m", "b", "e", "o", "f", "s" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct span name = span_str(bad[i]);
		assert_int_equal(auth_find(&w->op, &f, &name, 1, &user, &which), RC_UNAVAILABLE);
		assert_int_equal(which, 7);
	}
	struct span name = SPAN("good");
	assert_int_equal(auth_find(&w->op, &f, &name, 1, &user, &which), 0);
	assert_int_equal(which, 0);
}

static void test_login(void **state)
{
	struct world *w = *state;
	struct auth_exchange *x = NULL;
	struct auth_reply r;
	static const char *const bad[] = { "m", "e", "f", "s" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct span password = span_str(bad[i]);
		assert_int_equal(auth_login(&w->op, w->auth, &peer, SPAN("anna"), password, &x, &r),
			RC_UNAVAILABLE);
		assert_null(x);
	}
	assert_int_equal(
		auth_login(&w->op, w->auth, &peer, SPAN("anna"), SPAN("b"), &x, &r), AUTH_BUSY);
	auth_cancel(x);
}

static void test_sasl(void **state)
{
	struct world *w = *state;
	struct auth_exchange *x = NULL;
	struct auth_reply r;
	assert_int_equal(auth_begin(&w->op, w->auth, &peer, SPAN("PLAIN"), SPAN("e"), &x, &r),
		RC_UNAVAILABLE);
	assert_null(x);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &peer, SPAN("PLAIN"), SPAN("m"), &x, &r), AUTH_MORE);
	assert_int_equal(auth_step(&w->op, x, SPAN("f"), &r), RC_UNAVAILABLE); // and x has ended
}

static void *crew_main(void *arg)
{
	crew_run(arg);
	return NULL;
}

static void nobody(void *ctx)
{
	(void)ctx;
}

// The client is gone while the answer is awaited: an exchange that waits in the worker then, with a password perhaps, is cancelled.
static void test_gone(void **state)
{
	struct world *w = *state;
	struct crew_config config = { .cores = 1 };
	struct crew *crew;
	pthread_t thread;
	struct auth_peer waiting = peer;
	struct auth_finder asks = { .auth = w->auth };
	struct auth_reply r;
	uint64_t until = clock_mono() + 20 * NS_PER_S;
	waiting.answered = nobody;
	assert_int_equal(crew_new(&w->op, &config, &crew), 0);
	assert_int_equal(auth_attach(&w->op, w->auth, crew), 0);
	assert_int_equal(pthread_create(&thread, NULL, crew_main, crew), 0);
	uint64_t count = 0;
	for (unsigned i = 0; count < 4; i++) { // a request that is still in line comes to nothing
		static const char *const passwords[] = { "b", "m", "x" };
		struct auth_exchange *x = NULL;
		struct span name, user;
		size_t which;
		char text[16];
		assert_int_equal(auth_login(&w->op, w->auth, &waiting, SPAN("anna"),
					 span_str(passwords[i % 3]), &x, &r),
			AUTH_WAIT);
		auth_cancel(x);
		(void)snprintf(text, sizeof text, "%u n", i); // fits
		name = span_str(text);
		assert_int_equal(auth_find(&w->op, &asks, &name, 1, &user, &which), 0);
		assert_true(span_to_u64(user, UINT32_MAX, &count));
		assert_true(clock_mono() < until);
		op_reset(&w->op);
		(void)usleep(200);
	}
	crew_stop(crew, 10000);
	pthread_join(thread, NULL);
	crew_free(crew);
}

int main(int argc, char **argv)
{
	if (argc > 2 && span_eq(span_str(argv[1]), SPAN(AUTH_WORKER_COMMAND)))
		return helper_serve(
			&(struct helper_service){ .message_max = AUTH_MESSAGE_MAX, .serve = serve },
			2);
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(SPAWNER_COMMAND)))
		return spawner_main(argc - 1, argv + 1);
	must(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_login, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sasl, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
