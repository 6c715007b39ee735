// SPDX-License-Identifier: Apache-2.0
// Accepting is a task: some connections at a time, then the others have their turn. Out of file descriptors it pauses
// (the peers wait in the backlog) instead of spinning on a socket that stays readable.
// A listener is referenced by its owner, its task and its connections; the last one frees it.
#include "net/listener.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/address.h"
#include "net/net_priv.h"

struct listener {
	struct task task;
	struct ref refs;
	struct net *net;
	struct listener_info info;
	struct address address;
	uint16_t port;
	atomic_bool closed;
	uint64_t told_at; // when the log was last told that descriptors ran out
	char refusal[];   // what info.refusal points to
};

const struct listener_info *listener_info(const struct listener *l)
{
	return &l->info;
}

struct net *listener_net(const struct listener *l)
{
	return l->net;
}

struct listener *listener_ref(struct listener *l)
{
	ref_take(&l->refs);
	return l;
}

void listener_unref(struct listener *l)
{
	if (ref_drop(&l->refs))
		free(l);
}

void listener_refuse(const struct listener *l, int fd)
{
	if (!l->info.tls_implicit && l->info.refusal.n) {
		// A socket just accepted has room for a line; if not, the peer gets none.
		(void)!send(fd, l->info.refusal.p, l->info.refusal.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)shutdown(fd, SHUT_WR);
	}
	close(fd);
}

enum accepted { ACCEPTED, ACCEPT_NONE, ACCEPT_PAUSE };

static enum accepted accept_failed(struct listener *l, int error)
{
	switch (error) {
	case EAGAIN:
		return ACCEPT_NONE;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		break;
	default: // the connection's trouble (ECONNABORTED, network errors): the next one
		return ACCEPTED;
	}
	uint64_t now = clock_mono();
	if (l->told_at == 0 || now - l->told_at > 60 * NS_PER_S) {
		log_warn("net",
			"%s: cannot accept connections (error %d): raise the limit of open files",
			l->info.service->name, error);
		l->told_at = now;
	}
	return ACCEPT_PAUSE;
}

static enum accepted accept_one(struct listener *l)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof from;
	int fd = accept4(l->task.fd, (void *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return accept_failed(l, errno);
	struct peer peer = l->address.storage.ss_family == AF_UNIX
		? (struct peer){ .kind = PEER_UNIX }
		: peer_of(&from);
	if (!census_enter(l->net->census)) {
		listener_refuse(l, fd);
		return ACCEPTED;
	}
	if (!l->info.proxy_protocol && !census_enter_address(l->net->census, &peer)) {
		census_leave(l->net->census);
		listener_refuse(l, fd);
		return ACCEPTED;
	}
	struct op op;
	op_init(&op, 0);
	if (conn_accept(&op, l, fd, &peer) < 0)
		log_warn("net", "%s: connection dropped: %s", l->info.service->name, op.text);
	op_done(&op);
	return ACCEPTED;
}

static enum task_next listener_run(struct task *t, unsigned wake)
{
	struct listener *l = container_of(t, struct listener, task);
	if ((wake & TASK_STOPPING) || atomic_load(&l->closed))
		return TASK_END;
	enum accepted got = ACCEPTED;
	for (unsigned i = 0; i < NET_ACCEPT_BATCH && got == ACCEPTED; i++)
		got = accept_one(l);
	if (got == ACCEPTED)
		task_wake(t); // behind who is there, but not behind big commands, as if it yielded
	t->want_read = got == ACCEPT_NONE;
	t->deadline = got == ACCEPT_PAUSE ? clock_mono() + NET_ACCEPT_PAUSE_MS * NS_PER_MS : 0;
	return TASK_PARK;
}

static void listener_ended(struct task *t)
{
	struct listener *l = container_of(t, struct listener, task);
	if (l->address.storage.ss_family == AF_UNIX)
		(void)unlink(
			((const struct sockaddr_un *)(const void *)&l->address.storage)->sun_path);
	close(t->fd);
	listener_unref(l);
}

static const struct task_ops listener_ops = { .run = listener_run, .ended = listener_ended };

int listener_bind(struct op *op, const char *address, int *ret_fd)
{
	struct address a;
	int rc = address_parse(op, address, &a);
	*ret_fd = -1;
	if (rc < 0 || a.storage.ss_family == AF_UNIX)
		return rc;
	return address_bind(op, address, &a, 0, ret_fd);
}

int listener_open(struct op *op, struct net *n, const struct listener_config *config,
	struct listener **ret_listener)
{
	struct address address;
	if (config->tls_implicit && !config->tls)
		return op_fail(op, RC_CONFIG, "%s: TLS without a certificate", config->address);
	int rc = address_parse(op, config->address, &address);
	if (rc < 0)
		return rc;
	struct listener *l = calloc(1, sizeof *l + config->refusal.n);
	if (!l)
		return op_fail(op, RC_NOMEM, "no memory for a listener");
	*l = (struct listener){ .net = n, .address = address };
	unsigned mode = config->unix_mode ? config->unix_mode : 0660;
	l->task.fd = config->bound ? *config->bound : -1;
	if (config->bound)
		*config->bound = -1;
	if (l->task.fd < 0)
		rc = address_bind(op, config->address, &address, mode, &l->task.fd);
	if (rc == 0)
		rc = address_listen(op, config->address, l->task.fd, &l->port);
	if (rc < 0) {
		free(l);
		return rc;
	}
	ref_init(&l->refs);
	if (config->refusal.n)
		memcpy(l->refusal, config->refusal.p, config->refusal.n);
	l->info = (struct listener_info){ .service = config->service,
		.service_config = config->service_config,
		.tls = config->tls,
		.tls_implicit = config->tls_implicit,
		.proxy_protocol = config->proxy_protocol,
		.refusal = span_of(l->refusal, config->refusal.n) };
	l->task.ops = &listener_ops;
	l->task.want_read = true;
	listener_ref(l); // the task's
	rc = task_start(op, n->crew, &l->task);
	if (rc < 0) {
		listener_ended(&l->task);
		listener_unref(l);
		return rc;
	}
	*ret_listener = l;
	return 0;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	atomic_store(&l->closed, true);
	task_wake(&l->task); // also when it has ended: its memory is still there
	listener_unref(l);
}
