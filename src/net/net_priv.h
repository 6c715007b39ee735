// SPDX-License-Identifier: Apache-2.0
// Starling: what the files of net/ share: the inside of struct net, struct listener and struct conn.
//
// A connection passes through phases: (one that we make: being connected,) PROXY header, TLS handshake, session, and, once the session said so, closing (what
// it wrote is sent) and lingering (the peer is given a moment to read it). Its bytes pass through layers, each of which
// is there or not: socket <-> secure (TLS) <-> zip (DEFLATE) <-> input / out.
#ifndef NET_NET_PRIV_H
#define NET_NET_PRIV_H

#include "net/census.h"
#include "net/conn.h"
#include "net/input.h"
#include "net/listener.h"
#include "net/peer.h"
#include "net/zip.h"
#include "run/pool.h"

#include <sys/types.h>

struct dialed;
struct secure; // net/secure.h

struct net {
	struct crew *crew;
	struct net_limits limits;
	struct census *census;
	struct pool *buffers; // blocks of NET_BUFFER
	struct zip_pools zip_pools;
	_Atomic uint64_t next_id;
};

enum conn_phase {
	PHASE_CONNECT,
	PHASE_PROXY,
	PHASE_HANDSHAKE,
	PHASE_SESSION,
	PHASE_CLOSING,
	PHASE_LINGER
};

struct conn {
	struct task task;
	struct net *net;
	struct listener *listener; // a reference; NULL: it was dialed
	struct dialed *dialed;     // net/dial_priv.h; NULL: it was accepted
	void *session;             // NULL before it is opened and after it is closed
	struct waker *waker;       // NULL until asked for; a reference
	struct secure *secure;     // TLS, from the beginning of its handshake
	struct zip *zip;           // COMPRESS=DEFLATE
	struct input in;
	struct rope out;
	size_t input_limit, out_high;
	uint64_t id;
	uint64_t session_deadline; // of the session; 0: none
	uint64_t phase_deadline;   // of a handshake or of lingering
	uint64_t stall_deadline;   // while output is blocked
	uint64_t stranger_until;   // 0: somebody is logged in
	uint64_t zip_deadline;     // when an idle zip gives memory back
	struct peer peer;
	uint8_t phase;  // enum conn_phase
	uint8_t next;   // enum conn_next of the last run
	uint8_t events; // to be told
	bool has_run;   // its first run was
	bool maybe_readable; // more input may be there: the poller said so, or the last read stopped for lack of room
	bool blocked;       // the socket took less than it was given
	bool eof, eof_told; // the peer sent its last byte
	bool tls_wanted;    // STARTTLS: the handshake begins when the output has been sent
	bool stopping;
	bool is_local;
	bool in_census; // counted for its address
	char peer_text[PEER_TEXT_MAX];
};

// Makes a connection of an accepted socket (non-blocking) that was counted in the census; for its address too, unless a
// PROXY header will tell that. On failure everything is undone and the socket closed.
int conn_accept(struct op *op, struct listener *l, int fd, const struct peer *peer);

// Makes a connection of a socket that is being connected, and opens its session. Takes `d` and `fd`, on failure too.
int conn_begin(struct op *op, struct net *n, struct dialed *d, int fd, const struct peer *peer);

// What listeners have for their connections.
struct listener_info {
	const struct service *service;
	const void *service_config;
	struct tls_context *tls;
	bool tls_implicit, proxy_protocol;
	struct span refusal;
};
const struct listener_info *listener_info(const struct listener *l);
struct net *listener_net(const struct listener *l);
struct listener *listener_ref(struct listener *l);
void listener_unref(struct listener *l);
// Tells a peer over the limits, and lets go of it.
void listener_refuse(const struct listener *l, int fd);

// --- transport: moving bytes. All: > 0 bytes moved, 0 blocked,
// RC_CLOSED at the end or after an error of the connection ---

enum { SEND_DONE = 0, SEND_BLOCKED = 1, SEND_MORE = 2 };

int socket_read(struct conn *c, char *p, size_t n);
ssize_t socket_write(struct conn *c, struct iovec *iov, size_t count);
// Sends what the rope holds: SEND_DONE, SEND_BLOCKED, SEND_MORE (its slice of time is over), RC_CLOSED, RC_NOMEM.
int transport_send(struct op *op, struct conn *c);
// Reads through all layers into c->in, at most about `room` bytes.
int transport_fill(struct op *op, struct conn *c, size_t room);

#endif
