// SPDX-License-Identifier: Apache-2.0
// Moves bytes between the socket and a connection's input and output, through TLS and DEFLATE where they are on.
// Plaintext output goes out by reference: one sendmsg() takes up to IOV_MAX pieces of the rope.
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/net_priv.h"
#include "net/secure.h"
#include "net/zip.h"

int socket_read(struct conn *c, char *p, size_t n)
{
	if (n > INT_MAX)
		n = INT_MAX;
	ssize_t got;
	do
		got = recv(c->task.fd, p, n, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	// A short read emptied the socket; what comes later, the poller tells.
	c->maybe_readable = got > 0 && (size_t)got == n;
	if (got > 0)
		return (int)got;
	return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : RC_CLOSED;
}

ssize_t socket_write(struct conn *c, struct iovec *iov, size_t count)
{
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = count };
	ssize_t sent;
	do
		sent = sendmsg(c->task.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent > 0) {
		c->stall_deadline = 0; // progress
		return sent;
	}
	if (sent == 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
		c->blocked = true;
		return 0;
	}
	if (errno != EPIPE && errno != ECONNRESET && errno != ETIMEDOUT)
		log_warn("net", "%s: sending failed (error %d)", c->peer_text, errno);
	return RC_CLOSED;
}

// Cuts the vectors to `limit` bytes in all; returns how many are left.
static size_t vectors_cut(struct iovec *iov, size_t count, size_t limit)
{
	for (size_t i = 0; i < count; i++) {
		if (iov[i].iov_len >= limit) {
			iov[i].iov_len = limit;
			return limit ? i + 1 : i;
		}
		limit -= iov[i].iov_len;
	}
	return count;
}

static int plain_send(struct conn *c, struct rope *r, size_t limit)
{
	struct iovec iov[IOV_MAX];
	while (limit) {
		size_t count = vectors_cut(iov, rope_vectors(r, iov, IOV_MAX), limit);
		ssize_t sent = socket_write(c, iov, count);
		if (sent < 0)
			return RC_CLOSED;
		if (sent == 0)
			return SEND_BLOCKED;
		rope_consume(r, (size_t)sent);
		limit -= (size_t)sent;
		if (limit && crew_slice_is_over())
			return SEND_MORE;
	}
	return SEND_DONE;
}

// Sends the first `limit` bytes of the rope through TLS or as they are.
static int link_send(struct op *op, struct conn *c, struct rope *r, size_t limit)
{
	return conn_is_tls(c) ? secure_send(op, c, r, limit) : plain_send(c, r, limit);
}

static int link_read(struct op *op, struct conn *c, char *p, size_t n)
{
	return conn_is_tls(c) ? secure_read(op, c, p, n) : socket_read(c, p, n);
}

static int zip_send(struct op *op, struct conn *c)
{
	size_t plain = zip_plain_left(c->zip);
	if (plain) {
		size_t before = rope_size(&c->out);
		int rc = link_send(op, c, &c->out, plain);
		zip_plain_sent(c->zip, before - rope_size(&c->out));
		if (rc != SEND_DONE)
			return rc;
	}
	for (;;) {
		struct rope *packed = zip_packed(c->zip);
		int rc = link_send(op, c, packed, rope_size(packed));
		if (rc != SEND_DONE)
			return rc;
		rc = zip_deflate(op, c->zip, &c->out);
		if (rc <= 0)
			return rc < 0 ? rc : SEND_DONE;
		if (crew_slice_is_over())
			return SEND_MORE;
	}
}

int transport_send(struct op *op, struct conn *c)
{
	if (c->out.failed)
		return op_fail(op, RC_NOMEM, "no memory for output");
	if (c->zip)
		return zip_send(op, c);
	return link_send(op, c, &c->out, rope_size(&c->out));
}

static int zip_fill(struct op *op, struct conn *c, size_t room)
{
	for (;;) {
		size_t n;
		char *p = input_room(&c->in, c->net->buffers, 1, &n);
		if (!p)
			return op_fail(op, RC_NOMEM, "no memory for input");
		int got = zip_inflate(op, c->zip, p, n < room ? n : room);
		if (got != 0) {
			if (got > 0)
				c->maybe_readable = true; // the inflater may hold more
			return got;
		}
		p = input_room(zip_raw(c->zip), c->net->buffers, 1, &n);
		if (!p)
			return op_fail(op, RC_NOMEM, "no memory for input");
		got = link_read(op, c, p, n);
		if (got <= 0)
			return got;
		input_added(zip_raw(c->zip), (size_t)got);
	}
}

int transport_fill(struct op *op, struct conn *c, size_t room)
{
	size_t n;
	if (room == 0)
		return 0;
	int got;
	if (c->zip) {
		got = zip_fill(op, c, room);
	} else {
		char *p = input_room(&c->in, c->net->buffers, 1, &n);
		if (!p)
			return op_fail(op, RC_NOMEM, "no memory for input");
		got = link_read(op, c, p, n < room ? n : room);
	}
	if (got == RC_CLOSED)
		return op_fail(op, RC_CLOSED, "the peer closed the connection");
	if (got > 0)
		input_added(&c->in, (size_t)got);
	return got;
}
