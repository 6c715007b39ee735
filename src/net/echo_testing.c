// SPDX-License-Identifier: Apache-2.0
// Commands, one a line; anything else is echoed:
//   QUIT            "BYE", then closes            ABORT           closes at once
//   BIG n           n bytes by a cursor           PEER            "address local|remote"
//   STARTTLS        "OK", then the handshake      COMPRESS        "OK", then deflate
//   TLS             the TLS text                  BIND type       channel binding in hex
//   WHO             client certificate's name     SNI             the server's name as asked for
//   TICK ms         "TICK" after so long          WAKER           registers a waker; "WOKEN" for every wake-up
//   HOLD            CONN_WAIT until woken         SPIN n          CONN_YIELD n times, then "SPUN"
//   SINK n          swallows n bytes by conn_fill(), then "SUNK"
#include "net/echo_testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/must.h"

struct echo_shared {
	atomic_int sessions, stopped, eofs;
	size_t input_limit;
	uint64_t stranger_ms;
	atomic_size_t most_out, made;
	pthread_mutex_t lock; // guards waker
	struct waker *waker;
};
struct echo {
	struct conn *conn;
	struct op *op;
	struct op own_op;
	struct echo_shared *shared;
	uint64_t left; // of BIG
	uint64_t sink; // of SINK
	uint64_t sent;
	unsigned spins;
	bool held, registered;
};

static int echo_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct echo *e = calloc(1, sizeof *e);
	if (!e)
		return op_fail(op, RC_NOMEM, "no memory");
	e->conn = c;
	e->shared = (struct echo_shared *)(uintptr_t)config;
	op_init(&e->own_op, 0);
	e->op = &e->own_op;
	if (e->shared->stranger_ms)
		conn_stranger(c, clock_mono() + e->shared->stranger_ms * NS_PER_MS);
	if (e->shared->input_limit)
		conn_input_limit(c, e->shared->input_limit);
	atomic_fetch_add(&e->shared->sessions, 1);
	*ret_session = e;
	return 0;
}

static void echo_close(void *session)
{
	struct echo *e = session;
	atomic_fetch_sub(&e->shared->sessions, 1);
	op_done(&e->own_op);
	free(e);
}

static uint64_t number_of(struct span s)
{
	uint64_t v = 0;
	must(span_to_u64(s, UINT64_MAX, &v));
	return v;
}

static enum conn_next big_run(struct echo *e)
{
	static const char pattern[] =
		"0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQ\n";
	struct rope *out = conn_output(e->conn);
	while (e->left && !conn_is_full(e->conn)) {
		size_t n = e->left < 64 ? (size_t)e->left : 64;
		rope_add(out, span_of(pattern, n));
		e->left -= n;
		atomic_fetch_add(&e->shared->made, n);
	}
	if (rope_size(out) > atomic_load(&e->shared->most_out)) // tests that look have one session
		atomic_store(&e->shared->most_out, rope_size(out));
	return e->left ? CONN_FLUSH : CONN_READ;
}

static enum conn_next sink_run(struct echo *e)
{
	for (;;) {
		size_t n = conn_input(e->conn).n;
		if (n > e->sink)
			n = (size_t)e->sink;
		conn_consume(e->conn, n);
		e->sink -= n;
		if (e->sink == 0)
			break;
		if (crew_slice_is_over())
			return CONN_YIELD;
		if (conn_fill(e->op, e->conn, 1u << 20) <= 0)
			return CONN_READ;
	}
	rope_add(conn_output(e->conn), SPAN("SUNK\n"));
	return CONN_READ;
}

static void register_waker(struct echo *e)
{
	struct waker *w = conn_waker_ref(e->conn);
	pthread_mutex_lock(&e->shared->lock);
	waker_unref(e->shared->waker);
	e->shared->waker = w;
	pthread_mutex_unlock(&e->shared->lock);
	e->registered = true;
	rope_add(conn_output(e->conn), SPAN("OK\n"));
}

static void bind_reply(struct echo *e, struct span type)
{
	struct span data;
	char *name = arena_str(&e->op->arena, type);
	int rc = conn_channel_binding(e->op, e->conn, name, &data);
	for (size_t i = 0; rc == 0 && i < data.n; i++)
		rope_addf(conn_output(e->conn), "%02x", (unsigned char)data.p[i]);
	rope_add(conn_output(e->conn), rc == 0 ? SPAN("\n") : SPAN("CANNOT\n"));
	op_reset(e->op);
}

// Commands that only answer.
static bool simple_command(struct echo *e, struct span word, struct span rest)
{
	struct rope *out = conn_output(e->conn);
	struct span s;
	if (span_eq(word, SPAN("PEER"))) {
		rope_addf(out, "%s %s\n", conn_peer(e->conn),
			conn_peer_is_local(e->conn) ? "local" : "remote");
	} else if (span_eq(word, SPAN("TLS"))) {
		rope_addf(out, "%s\n", conn_tls_text(e->conn));
	} else if (span_eq(word, SPAN("WHO"))) {
		s = conn_client_identity(e->op, e->conn);
		rope_addf(out, "%.*s\n", SPAN_FMT(s));
	} else if (span_eq(word, SPAN("SNI"))) {
		s = conn_server_name(e->conn);
		rope_addf(out, "%.*s\n", SPAN_FMT(s));
	} else if (span_eq(word, SPAN("BIND"))) {
		bind_reply(e, rest);
	} else if (span_eq(word, SPAN("KNOWN"))) { // a stranger no more
		conn_stranger(e->conn, 0);
		rope_add(out, SPAN("OK\n"));
	} else if (span_eq(word, SPAN("WAKER"))) {
		register_waker(e);
	} else if (span_eq(word, SPAN("TICK"))) {
		conn_set_deadline(e->conn, clock_mono() + number_of(rest) * NS_PER_MS);
	} else {
		return false;
	}
	return true;
}

static enum conn_next command(struct echo *e, struct span line)
{
	struct rope *out = conn_output(e->conn);
	struct span word, rest = span_split(line, ' ', &word);
	if (simple_command(e, word, rest))
		return CONN_READ;
	if (span_eq(word, SPAN("QUIT"))) {
		rope_add(out, SPAN("BYE\n"));
		return CONN_CLOSE;
	}
	if (span_eq(word, SPAN("ABORT")))
		return CONN_ABORT;
	if (span_eq(word, SPAN("BIG"))) {
		e->left = number_of(rest);
		return big_run(e);
	}
	if (span_eq(word, SPAN("SINK"))) {
		e->sink = number_of(rest);
		return sink_run(e);
	}
	if (span_eq(word, SPAN("STARTTLS"))) {
		rope_add(out, SPAN("OK\n"));
		must(conn_start_tls(e->op, e->conn) == 0);
		return CONN_READ;
	}
	if (span_eq(word, SPAN("COMPRESS"))) {
		rope_add(out, SPAN("OK\n"));
		must(conn_start_compress(e->op, e->conn) == 0);
		return CONN_READ;
	}
	if (span_eq(word, SPAN("UNCOMPRESS"))) {
		rope_add(out, SPAN("OK\n"));
		must(conn_end_compress(e->op, e->conn) == 0);
		return CONN_READ;
	}
	if (span_eq(word, SPAN("HOLD"))) {
		e->held = true;
		return CONN_WAIT;
	}
	if (span_eq(word, SPAN("SPIN"))) {
		e->spins = (unsigned)number_of(rest);
		return CONN_YIELD;
	}
	rope_add(out, line);
	rope_addc(out, '\n');
	return CONN_READ;
}

static enum conn_next input_run(struct echo *e)
{
	for (;;) {
		struct span in = conn_input(e->conn), line;
		size_t end = span_find_char(in, '\n');
		if (end == in.n)
			return CONN_READ;
		// The line stays valid: commands do not read.
		line = span_cut(in, 0, end);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		conn_consume(e->conn, end + 1);
		enum conn_next next = command(e, line);
		if (next != CONN_READ || e->sink)
			return next;
		if (conn_is_full(e->conn) || crew_slice_is_over())
			return CONN_YIELD;
	}
}

static enum conn_next echo_run(void *session, unsigned events)
{
	struct echo *e = session;
	struct rope *out = conn_output(e->conn);
	if (events & CONN_EV_OPEN) {
		rope_add(out, SPAN("HELLO\n"));
		return CONN_READ;
	}
	if (events & CONN_EV_STOPPING) {
		atomic_fetch_add(&e->shared->stopped, 1);
		rope_add(out, SPAN("BYE stopping\n"));
		return CONN_CLOSE;
	}
	if (events & CONN_EV_DEADLINE)
		rope_add(out, SPAN("TICK\n"));
	if (events & CONN_EV_EOF)
		atomic_fetch_add(&e->shared->eofs, 1);
	if (events & CONN_EV_WOKEN) {
		if (e->registered)
			rope_add(out, SPAN("WOKEN\n"));
		e->held = false;
	}
	if (e->held)
		return CONN_WAIT;
	if (e->left) {
		enum conn_next next = big_run(e);
		if (next != CONN_READ)
			return next;
	}
	if (e->sink) {
		enum conn_next next = sink_run(e);
		if (next != CONN_READ || e->sink)
			return next;
	}
	if (e->spins) {
		if (--e->spins)
			return CONN_YIELD;
		rope_add(out, SPAN("SPUN\n"));
	}
	return input_run(e);
}

static const struct service echo_service = {
	.name = "echo",
	.open = echo_open,
	.run = echo_run,
	.close = echo_close,
	.alpn = "echo",
};

// --- the server ---

static void *server_main(void *arg)
{
	crew_run(arg);
	return NULL;
}

static char *path_of(const struct server *s, const char *name, char *to, size_t size)
{
	assert_true(snprintf(to, size, "%s/%s", s->folder, name) < (int)size);
	return to;
}

static void tls_start(struct server *s, const char *client_ca)
{
	char cert[256], key[256], folder[] = "/tmp/starling-net-XXXXXX";
	assert_non_null(mkdtemp(folder));
	s->folder = test_malloc(sizeof folder);
	memcpy(s->folder, folder, sizeof folder);
	path_of(s, "cert.pem", cert, sizeof cert);
	path_of(s, "key.pem", key, sizeof key);
	assert_int_equal(tls_make_self_signed(&s->op, cert, key), 0);
	struct tls_config config = {
		.cert_file = cert, .key_file = key, .client_ca_file = client_ca
	};
	assert_int_equal(tls_open(&s->op, &config, &s->tls), 0);
}

struct server *server_start(const struct server_config *config)
{
	struct server *s = calloc(1, sizeof *s);
	struct crew_config crew = { .cores = 2 };
	op_init(&s->op, 0);
	s->shared = calloc(1, sizeof *s->shared);
	s->shared->input_limit = config->input_limit;
	s->shared->stranger_ms = config->stranger_ms;
	pthread_mutex_init(&s->shared->lock, NULL);
	assert_int_equal(crew_new(&s->op, &crew, &s->crew), 0);
	assert_int_equal(net_new(&s->op, s->crew, &config->limits, &s->net), 0);
	if (config->tls || config->tls_implicit)
		tls_start(s, config->client_ca);
	struct listener_config listener = {
		.address = config->address ? config->address : "127.0.0.1:0",
		.service = &echo_service,
		.service_config = s->shared,
		.tls = s->tls,
		.tls_implicit = config->tls_implicit,
		.proxy_protocol = config->proxy,
		.refusal = SPAN("REFUSED\n"),
	};
	if (listener_open(&s->op, s->net, &listener, &s->listener) < 0)
		fail_msg("%s", s->op.text);
	s->port = listener_port(s->listener);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s->crew), 0);
	return s;
}

void server_wait(struct server *s)
{
	pthread_join(s->thread, NULL);
	assert_int_equal(s->shared->sessions, 0);
	assert_int_equal(net_connection_count(s->net), 0);
	listener_close(s->listener);
	waker_unref(s->shared->waker);
	net_free(s->net);
	crew_free(s->crew);
	tls_free(s->tls);
	if (s->folder) {
		char path[256];
		unlink(path_of(s, "cert.pem", path, sizeof path));
		unlink(path_of(s, "key.pem", path, sizeof path));
		rmdir(s->folder);
		test_free(s->folder);
	}
	op_done(&s->op);
	pthread_mutex_destroy(&s->shared->lock);
	free(s->shared);
	free(s);
}

void server_stop(struct server *s)
{
	crew_stop(s->crew, 2000);
	server_wait(s);
}

int server_sessions(const struct server *s)
{
	return s->shared->sessions;
}

int server_stopped(const struct server *s)
{
	return s->shared->stopped;
}

size_t server_made(const struct server *s)
{
	return atomic_load(&s->shared->made);
}

size_t server_most_out(const struct server *s)
{
	return atomic_load(&s->shared->most_out);
}

int server_eofs(const struct server *s)
{
	return s->shared->eofs;
}

struct waker *server_waker(struct server *s)
{
	pthread_mutex_lock(&s->shared->lock);
	struct waker *w = s->shared->waker;
	s->shared->waker = NULL;
	pthread_mutex_unlock(&s->shared->lock);
	return w;
}

// --- clients ---

int client_connect_to(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval wait = { .tv_sec = 10 };
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
	return fd;
}

int client_connect(const struct server *s)
{
	return client_connect_to(s->port);
}

void client_send(int fd, const char *text)
{
	size_t n = strlen(text);
	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

const char *client_line(int fd, char *buffer, size_t size)
{
	size_t n = 0;
	while (n + 1 < size && recv(fd, buffer + n, 1, 0) == 1 && buffer[n] != '\n')
		n++;
	buffer[n] = 0;
	return buffer;
}
