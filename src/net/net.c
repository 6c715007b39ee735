// SPDX-License-Identifier: Apache-2.0
// What all connections of a process share.
#include <stdlib.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "base/must.h"
#include "net/net_priv.h"

// Connections that the process's file descriptors allow, with some left for files and other processes.
static unsigned connections_most(void)
{
	struct rlimit r;
	must(getrlimit(RLIMIT_NOFILE, &r) == 0);
	rlim_t n = r.rlim_cur;
	if (n == RLIM_INFINITY || n > NET_CONNECTIONS_MAX)
		return NET_CONNECTIONS_MAX;
	return n > 2 * NET_FILES_RESERVE ? (unsigned)n - NET_FILES_RESERVE : (unsigned)n / 2 + 1;
}

int net_new(struct op *op, struct crew *crew, const struct net_limits *limits, struct net **ret_net)
{
	struct net *n = calloc(1, sizeof *n);
	if (!n)
		return op_fail(op, RC_NOMEM, "no memory for the network");
	n->crew = crew;
	n->limits = *limits;
	if (n->limits.connections == 0)
		n->limits.connections = connections_most();
	if (n->limits.connections_per_address == 0)
		n->limits.connections_per_address =
			n->limits.connections - n->limits.connections / 4;
	if (n->limits.stall_ms == 0)
		n->limits.stall_ms = NET_STALL_MS;
	if (n->limits.handshake_ms == 0)
		n->limits.handshake_ms = NET_HANDSHAKE_MS;
	n->census = census_new(n->limits.connections, n->limits.connections_per_address);
	n->buffers = pool_new(NET_BUFFER, NET_BUFFERS_KEPT);
	if (!n->census || !n->buffers || !zip_pools_init(&n->zip_pools, n->buffers)) {
		net_free(n);
		return op_fail(op, RC_NOMEM, "no memory for the network");
	}
	*ret_net = n;
	return 0;
}

void net_free(struct net *n)
{
	if (!n)
		return;
	census_free(n->census);
	zip_pools_done(&n->zip_pools);
	pool_free(n->buffers);
	free(n);
}

unsigned net_connection_count(const struct net *n)
{
	return census_count(n->census);
}
