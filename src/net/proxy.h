// SPDX-License-Identifier: Apache-2.0
// Starling: the header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2): whose
// connection a load balancer passes on. Pure parser; a header is taken exactly as the specification has it or not at all.
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "base/span.h"
#include "net/peer.h"

enum proxy_result { PROXY_DONE, PROXY_MORE, PROXY_BAD };
struct proxy_header {
	size_t length; // bytes of the header
	bool is_own; // LOCAL: the proxy's own connection (a health check): the socket's address stands
	struct peer peer; // else whose it is; kind PEER_UNKNOWN when the proxy does not say
};
// Looks at the first bytes of a connection.
enum proxy_result proxy_parse(struct span in, struct proxy_header *ret_header);

#endif
