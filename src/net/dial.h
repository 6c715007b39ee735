// SPDX-License-Identifier: Apache-2.0
// Starling: connections that we make: a struct conn like any other, to a peer that we have chosen. Its session exists from the start; run() is
// first called (CONN_EV_OPEN) when the peer is there and, with implicit TLS, has shown its certificate; after conn_start_tls(), once the
// handshake is done (CONN_EV_WOKEN). If that fails, close() alone is called, and conn_fault() says why. They count towards no limit of connections:
// whoever dials bounds how many.
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/address.h"
#include "net/conn.h"

struct net;
struct tls_context;

struct dial_target {
	const struct service *service;
	const void *service_config; // for service->open(), which is called at once
	const struct address *address;
	const char *host;        // the name that the certificate must be for; copied
	struct tls_context *tls; // of tls_client_open(); NULL: no TLS. Must outlive the connection
	bool tls_implicit;
	uint64_t timeout_ms; // to connect, and for a handshake
};
int dial(struct op *op, struct net *n, const struct dial_target *target);

#endif
