// SPDX-License-Identifier: Apache-2.0
// Plaintext connections over loopback: reading, writing, back-pressure, limits, wake-ups, shutdown, PROXY.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "net/echo_testing.h"
#include "run/crew.h"

static const struct server_config plain = { .limits = { 0 } };

static void until_sessions(const struct server *s, int n)
{
	for (int i = 0; i < 5000 && server_sessions(s) != n; i++)
		usleep(1000);
	assert_int_equal(server_sessions(s), n);
}

static void test_echo(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	client_send(fd, "one\n");
	EXPECT_LINE(fd, "one");
	client_send(fd, "two\nthr"); // pipelined and incomplete
	EXPECT_LINE(fd, "two");
	usleep(20000);
	client_send(fd, "ee\nPEER\n");
	EXPECT_LINE(fd, "three");
	EXPECT_LINE(fd, "127.0.0.1 local");
	client_send(fd, "SPIN 50\nafter\n");
	EXPECT_LINE(fd, "SPUN");
	EXPECT_LINE(fd, "after");
	client_send(fd, "TICK 30\n");
	EXPECT_LINE(fd, "TICK");
	client_send(fd, "QUIT\nignored\n");
	EXPECT_LINE(fd, "BYE");
	EXPECT_EOF(fd);
	close(fd);
	server_stop(s);
}

static void test_half_close(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	client_send(fd, "BIG 1000000\nlast\n");
	shutdown(fd, SHUT_WR);
	EXPECT_LINE(fd, "HELLO");
	char line[512];
	for (int i = 0; i < 1000000 / 64; i++)
		assert_int_equal(strlen(client_line(fd, line, sizeof line)), 63);
	EXPECT_LINE(fd, "last");
	EXPECT_EOF(fd);
	close(fd);
	assert_int_equal(server_eofs(s), 1);
	server_stop(s);
}

static void test_byte_at_a_time(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	const char text[] = "a line\n";
	for (size_t i = 0; i + 1 < sizeof text; i++) {
		assert_int_equal(send(fd, text + i, 1, 0), 1);
		usleep(1000);
	}
	EXPECT_LINE(fd, "a line");
	client_send(fd, "ABORT\n");
	char b;
	assert_true(recv(fd, &b, 1, 0) <= 0);
	close(fd);
	server_stop(s);
}

// A peer that pipelines without reading is not read from; when it reads, everything comes.
static void test_back_pressure(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	char line[1025], got[1025];
	memset(line, 'x', 1024);
	line[1023] = '\n';
	line[1024] = 0;
	size_t sent = 0, most = 256 * NET_OUT_HIGH; // the kernel's buffers hold some
	while (sent < most) {
		ssize_t n = send(
			fd, line + sent % 1024, 1024 - sent % 1024, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			usleep(300000);
			n = send(fd, line + sent % 1024, 1024 - sent % 1024,
				MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0)
				break; // still full: the server has stopped reading
		}
		sent += (size_t)n;
	}
	assert_true(sent < most);
	for (size_t i = 0; i < sent / 1024; i++) {
		size_t n = 0;
		while (n < 1024) {
			ssize_t k = recv(fd, got + n, 1024 - n, 0);
			assert_true(k > 0);
			n += (size_t)k;
		}
		assert_memory_equal(got, line, 1024);
	}
	close(fd);
	server_stop(s);
}

// A large literal: read in the session, as it comes.
static void test_sink(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	enum { PIECE = 1000003, PIECES = 50 };
	char *piece = malloc(PIECE);
	memset(piece, 'l', PIECE);
	EXPECT_LINE(fd, "HELLO");
	client_send(fd, "SINK 50000150\n");
	for (int i = 0; i < PIECES; i++) {
		assert_int_equal(send(fd, piece, PIECE, MSG_NOSIGNAL), PIECE);
		if (i % 10 == 0)
			usleep(5000);
	}
	client_send(fd, "after\n");
	EXPECT_LINE(fd, "SUNK");
	EXPECT_LINE(fd, "after");
	free(piece);
	close(fd);
	server_stop(s);
}

static void test_slow_reader(void **state)
{
	struct server_config config = { .limits = { .stall_ms = 300 } };
	struct server *s = server_start(&config);
	int fd = client_connect(s), other = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	uint64_t began = clock_mono();
	client_send(fd, "BIG 100000000\n");
	EXPECT_LINE(other, "HELLO");
	client_send(other, "not held up\n");
	EXPECT_LINE(other, "not held up");
	until_sessions(s, 1);
	uint64_t took = clock_mono() - began;
	assert_true(took >= 250 * NS_PER_MS && took < 8 * NS_PER_S);
	close(fd);
	close(other);
	server_stop(s);
}

static void *wake_often(void *arg)
{
	for (int i = 0; i < 20000; i++)
		waker_wake(arg);
	return NULL;
}

static void test_waker(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	client_send(fd, "WAKER\n");
	EXPECT_LINE(fd, "OK");
	struct waker *w = server_waker(s);
	assert_non_null(w);
	for (int i = 0; i < 100; i++) {
		waker_wake(w);
		EXPECT_LINE(fd, "WOKEN");
	}
	client_send(fd, "HOLD\nlater\n");
	usleep(20000);
	waker_wake(w);
	EXPECT_LINE(fd, "WOKEN");
	EXPECT_LINE(fd, "later");
	// Woken from two threads while the connection goes away, and after.
	pthread_t a, b;
	pthread_create(&a, NULL, wake_often, w);
	pthread_create(&b, NULL, wake_often, w);
	close(fd);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	until_sessions(s, 0);
	waker_wake(w);
	waker_unref(w);
	server_stop(s);
}

static void test_limits(void **state)
{
	struct server_config config = { .limits = {
						.connections = 5, .connections_per_address = 3 } };
	struct server *s = server_start(&config);
	int fd[4];
	for (int i = 0; i < 4; i++)
		fd[i] = client_connect(s);
	for (int i = 0; i < 3; i++)
		EXPECT_LINE(fd[i], "HELLO");
	EXPECT_LINE(fd[3], "REFUSED");
	EXPECT_EOF(fd[3]);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	until_sessions(s, 0);
	for (int i = 0; i < 5000 && net_connection_count(s->net); i++)
		usleep(1000);
	int again = client_connect(s);
	EXPECT_LINE(again, "HELLO");
	close(again);
	server_stop(s);
}

static void test_limit_in_all(void **state)
{
	struct server_config config = { .limits = { .connections = 2 } };
	struct server *s = server_start(&config);
	int a = client_connect(s), b = client_connect(s);
	EXPECT_LINE(a, "HELLO");
	EXPECT_LINE(b, "HELLO");
	int c = client_connect(s);
	EXPECT_LINE(c, "REFUSED");
	EXPECT_EOF(c);
	close(a);
	close(b);
	close(c);
	server_stop(s);
}

// Nobody alone takes all there are.
static void test_limit_of_one(void **state)
{
	struct server_config config = { .limits = { .connections = 8 } };
	struct server *s = server_start(&config);
	int fd[7];
	for (int i = 0; i < 7; i++) {
		fd[i] = client_connect(s);
		EXPECT_LINE(fd[i], i < 6 ? "HELLO" : "REFUSED");
	}
	for (int i = 0; i < 7; i++)
		close(fd[i]);
	server_stop(s);
}

// Before log-in little waits for who does not read, and not for long; who reads gets all.
static void test_stranger(void **state)
{
	struct server_config config = { .stranger_ms = 100 };
	struct server *s = server_start(&config);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(s->port) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0), least = 4096;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), 0);
	assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
	client_send(fd, "BIG 100000000\n");
	for (int i = 0; i < 1000 && (server_most_out(s) == 0 || server_sessions(s)); i++)
		usleep(10000);
	assert_int_equal(server_sessions(s), 0); // long before NET_STALL_MS
	assert_in_range(server_most_out(s), NET_STRANGER_OUT, NET_STRANGER_OUT + 64);
	assert_in_range(server_made(s), NET_STRANGER_OUT,
		3 * NET_STRANGER_UNSENT); // the kernel has the rest
	close(fd);
	server_stop(s);
	config.stranger_ms = 60000;
	s = server_start(&config);
	fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	client_send(fd, "BIG 4000000\n");
	static char got[65536];
	for (size_t left = 4000000; left;) {
		ssize_t n = recv(fd, got, left < sizeof got ? left : sizeof got, 0);
		assert_true(n > 0);
		left -= (size_t)n;
	}
	client_send(fd, "still here\n");
	EXPECT_LINE(fd, "still here");
	close(fd);
	server_stop(s);
	assert_true(NET_STRANGER_INPUT >= POP3_LINE_MAX + 2); // a line fits
	assert_true(NET_STRANGER_INPUT >= SMTP_LINE_MAX + 2);
}

// The server's end of a connection: this process has both.
static int other_end(int fd)
{
	struct sockaddr_in own, peer;
	socklen_t n = sizeof own;
	assert_int_equal(getsockname(fd, (void *)&own, &n), 0);
	for (int i = 0; i < 1024; i++) {
		n = sizeof peer;
		if (getpeername(i, (void *)&peer, &n) == 0 && peer.sin_family == AF_INET &&
			peer.sin_port == own.sin_port)
			return i;
	}
	fail_msg("the other end is not there");
	return -1;
}

static unsigned unsent_most(int fd)
{
	unsigned v = 1;
	socklen_t n = sizeof v;
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &v, &n), 0);
	return v;
}

// Who has logged in may have as much in the kernel as the system says, as every other socket.
static void test_stranger_no_more(void **state)
{
	struct server_config config = { .stranger_ms = 60000 };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	int end = other_end(fd);
	assert_int_equal(unsent_most(end), NET_STRANGER_UNSENT);
	client_send(fd, "KNOWN\n");
	EXPECT_LINE(fd, "OK");
	assert_int_equal(unsent_most(end), unsent_most(fd)); // which nobody has set
	close(fd);
	server_stop(s);
}

static void input_limit(size_t limit)
{
	struct server_config config = { .input_limit = limit };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	char *much = malloc(8u << 20);
	memset(much, 'y', 8u << 20);
	size_t sent = 0;
	for (ssize_t n; (n = send(fd, much, (8u << 20) - sent, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0 ||
		errno == EAGAIN;) {
		if (n < 0) {
			usleep(200000);
			if (send(fd, much, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
				break;
			n = 1;
		}
		sent += (size_t)n;
	}
	assert_true(sent < 8u << 20); // it reads no line of unlimited length
	free(much);
	close(fd);
	server_stop(s);
}

static void test_input_limit(void **state)
{
	input_limit(4096);
	input_limit(NET_STRANGER_INPUT);
	input_limit(0); // NET_INPUT_MAX
}

static void test_stop(void **state)
{
	struct server *s = server_start(&plain);
	int fd[10];
	for (int i = 0; i < 10; i++) {
		fd[i] = client_connect(s);
		EXPECT_LINE(fd[i], "HELLO");
	}
	int stuck = client_connect(s); // does not read: must not hold up the end
	client_send(stuck, "BIG 100000000\n");
	usleep(50000);
	uint64_t began = clock_mono();
	crew_stop(s->crew, 500);
	for (int i = 0; i < 10; i++) {
		EXPECT_LINE(fd[i], "BYE stopping");
		EXPECT_EOF(fd[i]);
	}
	server_wait(s);
	assert_true(clock_mono() - began < 5 * NS_PER_S);
	for (int i = 0; i < 10; i++)
		close(fd[i]);
	close(stuck);
}

// --- addresses ---

static void test_addresses(void **state)
{
	static const char *const bad[] = { "", "143", "localhost:143", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "::1:143", "[::1]", "[::1]:-1",
		"unix:", "unix:relative", "300.0.0.1:1", "[zz]:1", "*:", "1.2.3.4:1x" };
	struct server *s = server_start(&plain);
	for (size_t i = 0; i < countof(bad); i++) {
		struct listener_config config = { .address = bad[i] };
		struct listener *l = NULL;
		assert_int_equal(listener_open(&s->op, s->net, &config, &l), RC_CONFIG);
	}
	char taken[32];
	snprintf(taken, sizeof taken, "127.0.0.1:%u", s->port);
	struct listener_config config = { .address = taken };
	struct listener *l = NULL;
	assert_int_equal(listener_open(&s->op, s->net, &config, &l), RC_IO);
	server_stop(s);
}

static void test_any(void **state)
{
	struct server_config config = { .address = "*:0" };
	struct server *s = server_start(&config);
	assert_true(s->port > 0);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	client_send(fd, "PEER\n");
	EXPECT_LINE(fd, "127.0.0.1 local"); // IPv4-mapped shown as IPv4
	close(fd);
	server_stop(s);
}

static void test_unix(void **state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char address[64];
	snprintf(address, sizeof address, "unix:/tmp/starling-net-%ld.sock", (long)getpid());
	memcpy(to.sun_path, address + 5, strlen(address + 5) + 1);
	struct server_config config = { .address = address };
	for (int round = 0; round < 2; round++) {
		struct server *s = server_start(&config);
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
		EXPECT_LINE(fd, "HELLO");
		client_send(fd, "PEER\n");
		EXPECT_LINE(fd, "unix local");
		close(fd);
		server_stop(s);
		// A socket that a crash left behind is replaced.
		int stale = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(bind(stale, (const void *)&to, sizeof to), 0);
		close(stale);
	}
	unlink(to.sun_path);
}

static void test_listener_close(void **state)
{
	struct server *s = server_start(&plain);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	listener_close(s->listener);
	s->listener = NULL;
	usleep(50000);
	client_send(fd, "still here\n");
	EXPECT_LINE(fd, "still here");
	close(fd);
	server_stop(s);
}

// Out of file descriptors: the peer waits in the backlog, the listener does not spin, and it goes on afterwards.
static void test_descriptors(void **state)
{
	struct server *s = server_start(&plain);
	int first = client_connect(s);
	EXPECT_LINE(first, "HELLO");
	int fd = socket(AF_INET, SOCK_STREAM, 0), highest = dup(fd);
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)highest + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	assert_int_equal(connect(fd, (const void *)&to, sizeof to), 0);
	struct timespec cpu[2];
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu[0]);
	usleep(400000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu[1]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	double used = (double)(cpu[1].tv_sec - cpu[0].tv_sec) +
		(double)(cpu[1].tv_nsec - cpu[0].tv_nsec) / 1e9;
	assert_true(used < 0.2);
	EXPECT_LINE(fd, "HELLO");
	close(fd);
	close(highest);
	close(first);
	server_stop(s);
}

// Keeps a thread: first each of those in front, then each of those for what yielded.
struct keeper {
	struct task task;
	struct gate *gate;
	bool is_behind;
};
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned in_front, behind; // that are kept
	bool open, open_behind, late;
};

static void gate_wait_locked(struct gate *g, const bool *open)
{
	struct timespec until;
	must(clock_gettime(CLOCK_REALTIME, &until) == 0);
	until.tv_sec += 20; // only so that a failure ends
	pthread_cond_broadcast(&g->changed);
	while (!*open && !g->late)
		g->late = pthread_cond_timedwait(&g->changed, &g->lock, &until) != 0;
}

static enum task_next keeper_run(struct task *t, unsigned wake)
{
	struct keeper *k = container_of(t, struct keeper, task);
	struct gate *g = k->gate;
	bool yields = k->is_behind && wake & TASK_WOKEN;
	if (yields)
		return TASK_YIELD;
	pthread_mutex_lock(&g->lock);
	++*(k->is_behind ? &g->behind : &g->in_front);
	gate_wait_locked(g, k->is_behind ? &g->open_behind : &g->open);
	pthread_mutex_unlock(&g->lock);
	return TASK_END;
}

static void keeper_ended(struct task *t)
{
	struct gate *g = container_of(t, struct keeper, task)->gate;
	pthread_mutex_lock(&g->lock);
	--*(container_of(t, struct keeper, task)->is_behind ? &g->behind : &g->in_front);
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static void gate_open(struct gate *g, bool *open)
{
	pthread_mutex_lock(&g->lock);
	*open = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

// Waits for so many that are kept; 0: until they have ended.
static void gate_until(struct gate *g, const unsigned *count, unsigned n)
{
	pthread_mutex_lock(&g->lock);
	while (*count != n)
		pthread_cond_wait(&g->changed, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

#define KEEPERS 2u // the cores of the server's crew

// More connections than a listener takes at once: the rest is taken although big commands have all the threads that are for these.
static void test_flood_beside_big(void **state)
{
	static const struct task_ops ops = { keeper_run, keeper_ended };
	struct server *s = server_start(&plain);
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct keeper keepers[2 * KEEPERS];
	int fds[2 * NET_ACCEPT_BATCH + 2];
	struct op op;
	op_init(&op, 0);
	for (unsigned i = 0; i < 2 * KEEPERS; i++) {
		keepers[i] = (struct keeper){
			.task = { .ops = &ops, .fd = -1 }, .gate = &g, .is_behind = i < KEEPERS
		};
		assert_int_equal(task_start(&op, s->crew, &keepers[i].task), 0);
		gate_until(&g, i < KEEPERS ? &g.behind : &g.in_front, i % KEEPERS + 1);
	}
	for (size_t i = 0; i < countof(fds); i++) // they wait for the listener
		fds[i] = client_connect(s);
	gate_open(&g, &g.open);
	for (int i = 0; i < 5000 && server_sessions(s) != (int)countof(fds); i++)
		usleep(1000);
	int taken = server_sessions(s);
	gate_open(&g, &g.open_behind);
	gate_until(&g, &g.behind, 0);
	gate_until(&g, &g.in_front, 0);
	assert_false(g.late);
	assert_int_equal(taken, countof(fds));
	for (size_t i = 0; i < countof(fds); i++)
		close(fds[i]);
	op_done(&op);
	server_stop(s);
}

// Sessions come and go while others write and are woken: for the thread sanitizer.
static void *churn(void *arg)
{
	struct server *s = arg;
	char line[512];
	for (int i = 0; i < 40; i++) {
		int fd = client_connect(s);
		EXPECT_LINE(fd, "HELLO");
		client_send(fd, "WAKER\nSPIN 3\nBIG 100000\n");
		struct waker *w = server_waker(s);
		if (w)
			waker_wake(w);
		waker_unref(w);
		for (int k = 0; k < 5; k++)
			client_line(fd, line, sizeof line);
		close(fd); // with much unread
	}
	return NULL;
}

static void test_churn(void **state)
{
	struct server *s = server_start(&plain);
	pthread_t threads[6];
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, churn, s);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	until_sessions(s, 0);
	server_stop(s);
}

// --- PROXY ---

static void test_proxy(void **state)
{
	struct server_config config = { .proxy = true, .limits = { .connections_per_address = 1 } };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	client_send(fd,
		"PROXY TCP4 192.0.2.7 192.0.2.8 1234 143\r\nPEER\n"); // with the first command behind it
	EXPECT_LINE(fd, "HELLO");
	EXPECT_LINE(fd, "192.0.2.7 remote");
	int same = client_connect(s), other = client_connect(s), bad = client_connect(s),
	    own = client_connect(s);
	client_send(same, "PROXY TCP4 192.0.2.7 192.0.2.8 1235 143\r\n");
	EXPECT_LINE(same, "REFUSED"); // the limit counts who it is for
	EXPECT_EOF(same);
	client_send(other, "PROXY TCP6 2001:db8:0:1::7 ::");
	usleep(20000);
	client_send(other, "1 1 2\r\nPEER\n");
	EXPECT_LINE(other, "HELLO");
	EXPECT_LINE(other, "2001:db8:0:1::7 remote");
	client_send(bad, "EHLO there\r\n");
	char b;
	assert_true(recv(bad, &b, 1, 0) <= 0);
	assert_int_equal(send(own, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0PEER\n", 21, 0), 21);
	EXPECT_LINE(own, "HELLO");
	EXPECT_LINE(own, "127.0.0.1 local");
	close(fd);
	close(same);
	close(other);
	close(bad);
	close(own);
	server_stop(s);
}

static void test_proxy_silent(void **state)
{
	struct server_config config = { .proxy = true, .limits = { .handshake_ms = 200 } };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	client_send(fd, "PROXY ");
	EXPECT_EOF(fd);
	close(fd);
	server_stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_byte_at_a_time),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_sink),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_waker),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limit_in_all),
		cmocka_unit_test(test_limit_of_one),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_stranger_no_more),
		cmocka_unit_test(test_input_limit),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_listener_close),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_flood_beside_big),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_proxy_silent),
	};
	return cmocka_run_group_tests_name("net/conn", tests, NULL, NULL);
}
