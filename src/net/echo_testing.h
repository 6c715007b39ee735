// SPDX-License-Identifier: Apache-2.0
// Starling: for the tests of net/: a line service with one command for everything a session can do, a server of it on
// loopback in a thread of its own, and clients that block (with a time-out). Commands: see echo_testing.c.
#ifndef NET_ECHO_TESTING_H
#define NET_ECHO_TESTING_H

#include "net/conn.h"
#include "net/listener.h"
#include "net/tls.h"

#include <pthread.h>

struct server {
	struct op op;
	struct crew *crew;
	struct net *net;
	struct listener *listener;
	struct tls_context *tls;
	pthread_t thread;
	uint16_t port;
	char *folder; // of its certificate; NULL without TLS
	struct echo_shared *shared;
};
struct server_config {
	struct net_limits limits;
	const char *address; // NULL: 127.0.0.1:0
	bool tls, tls_implicit, proxy;
	const char *client_ca; // a file
	size_t input_limit;    // 0: as it is
	uint64_t stranger_ms;  // its sessions are strangers, for so long; 0: they are not
};
struct server *server_start(const struct server_config *config);
void server_stop(struct server *s); // crew_stop, join, free
void server_wait(struct server *s); // after somebody called crew_stop: join, free
// What sessions count.
int server_sessions(const struct server *s); // open now
int server_stopped(const struct server *s);  // that were told CONN_EV_STOPPING
int server_eofs(const struct server *s);
size_t server_made(const struct server *s);     // octets that "BIG" made, all of them together
size_t server_most_out(const struct server *s); // the most of them that waited
// The waker that the last "WAKER" command registered; a reference, or NULL.
struct waker *server_waker(struct server *s);

int client_connect(const struct server *s); // TCP to its port; receive time-out 10 s
int client_connect_to(uint16_t port);
void client_send(int fd, const char *text);
// Reads until a line end, as a NUL-terminated string without it; "" at the end of the stream.
const char *client_line(int fd, char *buffer, size_t size);
#define EXPECT_LINE(fd, text)                                                                      \
	do {                                                                                       \
		char line_[512];                                                                   \
		assert_string_equal(client_line(fd, line_, sizeof line_), text);                   \
	} while (0)
#define EXPECT_EOF(fd)                                                                             \
	do {                                                                                       \
		char byte_;                                                                        \
		assert_int_equal(recv(fd, &byte_, 1, 0), 0);                                       \
	} while (0)

#endif
