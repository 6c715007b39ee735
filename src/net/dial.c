// SPDX-License-Identifier: Apache-2.0
#include "net/dial.h"

#include "base/clock.h"
#include "net/dial_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int dial_connected(struct op *op, const struct conn *c)
{
	int error = 0;
	socklen_t size = sizeof error;
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof peer;
	if (getsockopt(c->task.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error)
		return op_fail_errno(op, RC_CLOSED, error, "cannot connect");
	if (getpeername(c->task.fd, (void *)&peer, &peer_size) == 0)
		return 1;
	return errno == ENOTCONN ? 0 : op_fail_errno(op, RC_CLOSED, errno, "cannot connect");
}

void dial_fault(struct conn *c, const char *text)
{
	if (!c->dialed || c->dialed->fault[0])
		return;
	size_t n = strlen(text);
	n = n < sizeof c->dialed->fault ? n : sizeof c->dialed->fault - 1;
	memcpy(c->dialed->fault, text, n);
}

const char *conn_fault(const struct conn *c)
{
	return c->dialed ? c->dialed->fault : "";
}

static int connect_begin(struct op *op, const struct address *a, int *ret_fd)
{
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return op_fail_errno(op, RC_UNAVAILABLE, errno, "no socket");
	if (connect(fd, (const void *)&a->storage, a->size) != 0 && errno != EINPROGRESS) {
		int error = errno;
		close(fd);
		return op_fail_errno(op, RC_UNAVAILABLE, error, "cannot connect");
	}
	*ret_fd = fd;
	return 0;
}

int dial(struct op *op, struct net *n, const struct dial_target *target)
{
	int fd = -1;
	size_t host = strlen(target->host);
	struct dialed *d = calloc(1, sizeof *d + host + 1);
	if (!d)
		return op_fail(op, RC_NOMEM, "no memory for a connection");
	memcpy(d->host, target->host, host);
	d->timeout_ms = target->timeout_ms;
	d->info = (struct listener_info){ .service = target->service,
		.service_config = target->service_config,
		.tls = target->tls,
		.tls_implicit = target->tls_implicit };
	int rc = connect_begin(op, target->address, &fd);
	if (rc < 0) {
		free(d);
		return rc;
	}
	struct peer peer = peer_of(&target->address->storage);
	return conn_begin(op, n, d, fd, &peer);
}
