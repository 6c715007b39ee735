// SPDX-License-Identifier: Apache-2.0
// Starling: listening sockets. Accepting is a task of the crew; over the limits a connection gets the service's refusal
// and is closed. Limits count per address (a /64 counts as one IPv6 address).
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/conn.h"

struct net; // all connections of a process: counts, limits, the crew they run on

struct net_limits {
	unsigned connections; // in all; 0: as many as file descriptors allow
	unsigned
		connections_per_address; // 0: three quarters of all, so that nobody alone shuts out the others
	uint64_t stall_ms;     // output without progress for so long: cut off (default 5 minutes)
	uint64_t handshake_ms; // PROXY header and TLS handshake together (default 60 s)
};
int net_new(
	struct op *op, struct crew *crew, const struct net_limits *limits, struct net **ret_net);
void net_free(struct net *n); // after crew_run() returned
unsigned net_connection_count(const struct net *n);

// Binds a TCP address, without listening: for a process that gives up the right to do so before it can serve. *ret_fd is -1 for "unix:", whose file
// must not take the place of another server's before it is sure that ours may run. RC_CONFIG, RC_IO.
int listener_bind(struct op *op, const char *address, int *ret_fd);

struct listener_config {
	const char *
		address; // "127.0.0.1:143", "[::1]:993", "*:143" (both families), "unix:/run/starling/lmtp"; port 0: a free one
	int *bound; // the socket that listener_bind() made of it: taken, and -1 then; NULL or -1: none
	const struct service *service;
	const void *service_config;
	struct tls_context
		*tls;        // NULL: no TLS. Shared; its certificate may be replaced while running
	bool tls_implicit;   // handshake first; else STARTTLS is offered
	bool proxy_protocol; // a PROXY header must come first
	unsigned unix_mode;  // permissions of a UNIX socket; 0: 0660
	struct span refusal; // sent to a connection over the limits, e.g. "* BYE [LIMIT] ...\r\n"
};
// The address and the refusal are copied; service, service_config and tls must outlive every connection.
int listener_open(struct op *op, struct net *n, const struct listener_config *config,
	struct listener **ret_listener);
uint16_t listener_port(const struct listener *l); // the real one, also for port 0
void listener_close(struct listener *l);          // stops accepting; connections live on

#endif
