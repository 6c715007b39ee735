// SPDX-License-Identifier: Apache-2.0
// echo: the ceiling of round-trip rows. A server that does nothing but answer: "* OK" to a connection, "a OK" to each line, plain
// and, with a certificate, over TLS 1.3 as well: on one port without tickets, on another one with a ticket for each connection, so that clients can resume.
// Two threads with a set of connections each, no locks. It never waits for room in
// a socket: what does not fit (nobody who waits for answers lets it come to that) ends the connection.
// What TLS has to send is gathered in memory and goes out at once: a ticket with the greeting.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS 2
#define GREETING "* OK echo\r\n"
#define ANSWER "a OK done\r\n"

struct connection {
	int fd;
	SSL *ssl;     // NULL: plain
	SSL_CTX *ctx; // of a listener
	bool listens; // a listener, not a connection
	bool shaken;  // the handshake is over and the greeting sent
};
struct echo {
	struct connection plain, tls, resumed; // the listeners
	int epolls[THREADS];
	_Atomic unsigned accepted;
};
struct server {
	struct echo *echo;
	int epoll;
};

static void drop(struct connection *c)
{
	SSL_free(c->ssl);
	(void)close(c->fd); // nothing to lose
	free(c);
}

// Sends what TLS has made.
static bool flush(struct connection *c)
{
	BIO *made = SSL_get_wbio(c->ssl);
	char *from;
	long size = BIO_get_mem_data(made, &from);
	if (size > 0 && send(c->fd, from, (size_t)size, MSG_NOSIGNAL) != size)
		return false;
	return BIO_reset(made) == 1;
}

static bool say(struct connection *c, const char *text, size_t size)
{
	if (c->ssl)
		return SSL_write(c->ssl, text, (int)size) == (int)size && flush(c);
	return send(c->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool begin_tls(struct connection *c, SSL_CTX *ctx)
{
	BIO *made = BIO_new(BIO_s_mem());
	c->ssl = SSL_new(ctx);
	if (!c->ssl || !made || SSL_set_rfd(c->ssl, c->fd) != 1) {
		BIO_free(made);
		return false;
	}
	SSL_set0_wbio(c->ssl, made);
	SSL_set_accept_state(c->ssl);
	return true;
}

static void accept_one(struct echo *e, const struct connection *listener)
{
	int on = 1, fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;                                                 // another thread was first
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // only faster
	struct connection *c = calloc(1, sizeof *c);
	if (!c) {
		(void)close(fd); // nothing to lose
		return;
	}
	c->fd = fd;
	bool good = true;
	if (listener->ctx) {
		good = begin_tls(c, listener->ctx);
	} else {
		c->shaken = true;
		good = say(c, GREETING, sizeof GREETING - 1);
	}
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int epoll = e->epolls[atomic_fetch_add(&e->accepted, 1) % THREADS];
	if (!good || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		drop(c);
}

// What came: its size, 0 when nothing is there now, -1 when the connection is over.
static ssize_t hear(struct connection *c, char *in, size_t room)
{
	if (!c->ssl) {
		ssize_t n = recv(c->fd, in, room, 0);
		return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
	}
	int n = SSL_read(c->ssl, in, (int)room);
	if (n > 0)
		return n;
	return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static void answer(struct connection *c)
{
	char in[16384];
	if (!c->shaken) {
		int rc = SSL_do_handshake(c->ssl);
		if (rc != 1 && SSL_get_error(c->ssl, rc) == SSL_ERROR_WANT_READ && flush(c))
			return;
		if (rc != 1 || !say(c, GREETING, sizeof GREETING - 1)) {
			drop(c);
			return;
		}
		c->shaken = true;
	}
	do { // epoll does not see what the TLS library has read already
		ssize_t n = hear(c, in, sizeof in);
		for (ssize_t i = 0; i < n; i++) {
			if (in[i] == '\n' && !say(c, ANSWER, sizeof ANSWER - 1))
				n = -1;
		}
		if (n < 0) {
			drop(c);
			return;
		}
	} while (c->ssl && SSL_pending(c->ssl) > 0);
}

static void *serve(void *arg)
{
	const struct server *s = arg;
	for (;;) {
		struct epoll_event event;
		if (epoll_wait(s->epoll, &event, 1, -1) != 1)
			continue;
		struct connection *c = event.data.ptr;
		if (c->listens)
			accept_one(s->echo, c);
		else
			answer(c);
	}
	return NULL;
}

// A listener on a free port of loopback: the port, 0 without one.
static unsigned listen_at(struct connection *listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	*listener = (struct connection){ .fd = fd, .ctx = listener->ctx, .listens = true };
	bool good = fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) && !listen(fd, 1024) &&
		!getsockname(fd, (struct sockaddr *)&address, &size);
	return good ? ntohs(address.sin_port) : 0;
}

static SSL_CTX *context(const struct options *o, unsigned tickets)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
		SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1)
		return NULL;
	// The cipher suite that costs least: a ceiling.
	if (SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384") != 1)
		return NULL;
	(void)SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_num_tickets(
		ctx, tickets); // a ceiling gives away nothing that it need not
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); // the old mode is of no use
	return ctx;
}

static bool begin(struct echo *e, const struct load *load)
{
	const struct options *o = &load->options;
	unsigned mail[2] = { 0, 0 };
	if (o->corpus && o->file && !echo_mail_start(load, mail))
		return false;
	unsigned ports[3] = { listen_at(&e->plain), 0, 0 };
	bool tls = o->certificate && o->key;
	if (tls) {
		e->tls.ctx = context(o, 0);
		e->resumed.ctx = context(o, 1);
		ports[1] = e->tls.ctx ? listen_at(&e->tls) : 0;
		ports[2] = e->resumed.ctx ? listen_at(&e->resumed) : 0;
	}
	if (ports[0] == 0 || (tls && (ports[1] == 0 || ports[2] == 0)))
		return false;
	for (int i = 0; i < THREADS; i++) {
		struct epoll_event first = { .events = EPOLLIN, .data.ptr = &e->plain };
		struct epoll_event second = { .events = EPOLLIN, .data.ptr = &e->tls };
		struct epoll_event third = { .events = EPOLLIN, .data.ptr = &e->resumed };
		e->epolls[i] = epoll_create1(EPOLL_CLOEXEC);
		if (e->epolls[i] < 0 ||
			epoll_ctl(e->epolls[i], EPOLL_CTL_ADD, e->plain.fd, &first) ||
			(tls && epoll_ctl(e->epolls[i], EPOLL_CTL_ADD, e->tls.fd, &second)) ||
			(tls && epoll_ctl(e->epolls[i], EPOLL_CTL_ADD, e->resumed.fd, &third)))
			return false;
	}
	(void)printf("%u %u %u %u %u\n", ports[0], ports[1], ports[2], mail[0], mail[1]);
	(void)fflush(stdout);
	return true;
}

int echo_run(const struct load *load)
{
	struct echo e = { .accepted = 0 };
	if (!begin(&e, load)) {
		perror("starling-bench: echo");
		return 1;
	}
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
