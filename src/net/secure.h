// SPDX-License-Identifier: Apache-2.0
// Starling: the TLS of one connection. Non-blocking; reads and writes the socket through a BIO of our own, so that no
// signal is raised by a peer that is gone. One thread at a time, the connection's.
#ifndef NET_SECURE_H
#define NET_SECURE_H

#include "base/op.h"
#include "base/rope.h"
#include "net/tls.h"

struct conn;
struct secure;

// Begins; the handshake follows. Input that the connection holds is taken as the peer's first TLS bytes.
int secure_new(struct op *op, struct conn *c, struct tls_context *t, struct secure **ret_secure);
void secure_free(struct secure *s);
// 1 done, 0 waits for the peer (c->blocked: for room in the socket) or for its turn at the key, RC_CLOSED it failed.
int secure_handshake(struct op *op, struct conn *c);
bool secure_waits(const struct secure *s); // for its turn: the connection is woken when it has it
// > 0 bytes, 0 blocked, RC_CLOSED.
int secure_read(struct op *op, struct conn *c, char *p, size_t n);
// Sends what was made before and waits, then the first `limit` bytes of the rope in records of up to 16 KiB: a SEND_ of net/net_priv.h or a
// fault. What was taken from the rope and waits for the socket counts as not sent (SEND_BLOCKED).
int secure_send(struct op *op, struct conn *c, struct rope *r, size_t limit);
void secure_goodbye(struct conn *c); // close_notify, if the socket takes it

const char *secure_text(const struct secure *s);
bool secure_can_export(
	const struct secure *s); // RFC 9266 section 3: TLS 1.3, or the extended master secret
int secure_channel_binding(
	struct op *op, struct secure *s, const char *type, struct span *ret_data);
struct span secure_client_identity(struct op *op, struct secure *s);
struct span secure_server_name(const struct secure *s);

#endif
