// SPDX-License-Identifier: Apache-2.0
// Starling: what a listener listens on, from text: "192.0.2.1:143", "[2001:db8::1]:993", "*:143" (every address of both
// families), "unix:/run/starling/lmtp". No names: a name may stand for several addresses, and for others tomorrow.
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/op.h"

#include <stdint.h>
#include <sys/socket.h>

struct address {
	struct sockaddr_storage storage;
	socklen_t size;
	bool is_any; // "*": dual-stack where the system has IPv6
};
int address_parse(struct op *op, const char *text, struct address *ret_address);

// The addresses of a host: a name, or an address without its brackets; at most `most` of them. RC_UNAVAILABLE. A name blocks for as long as the system's
// resolver takes (CREW_RELAY); an address does not.
int address_resolve(struct op *op, const char *host, uint16_t port, struct address *ret_list,
	size_t most, size_t *ret_n);
bool address_is_numeric(const char *host);

// A bound, non-blocking socket. A stale UNIX socket of the path is replaced.
int address_bind(
	struct op *op, const char *text, const struct address *a, unsigned unix_mode, int *ret_fd);
// It listens from now on; closed when it cannot. *ret_port is 0 for a UNIX socket.
int address_listen(struct op *op, const char *text, int fd, uint16_t *ret_port);

#endif
