// SPDX-License-Identifier: Apache-2.0
#include "net/peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/must.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff }; // RFC 4291 section 2.5.5.2

struct peer peer_ip4(const void *ip, uint16_t port)
{
	struct peer p = { .kind = PEER_IP4, .port = port };
	memcpy(p.ip, ip, 4);
	return p;
}

struct peer peer_ip6(const void *ip, uint16_t port)
{
	if (memcmp(ip, mapped_prefix, sizeof mapped_prefix) == 0)
		return peer_ip4((const uint8_t *)ip + sizeof mapped_prefix, port);
	struct peer p = { .kind = PEER_IP6, .port = port };
	memcpy(p.ip, ip, 16);
	return p;
}

struct peer peer_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;
		return peer_ip4(&in->sin_addr, ntohs(in->sin_port));
	}
	if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;
		return peer_ip6(&in6->sin6_addr, ntohs(in6->sin6_port));
	}
	return (struct peer){ .kind = address->ss_family == AF_UNIX ? PEER_UNIX : PEER_UNKNOWN };
}

bool peer_is_local(const struct peer *p)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	switch (p->kind) {
	case PEER_IP4:
		return p->ip[0] == 127;
	case PEER_IP6:
		return memcmp(p->ip, loopback6, sizeof loopback6) == 0;
	default:
		return p->kind == PEER_UNIX;
	}
}

void peer_text(const struct peer *p, char ret_text[static PEER_TEXT_MAX])
{
	static_assert(PEER_TEXT_MAX == INET6_ADDRSTRLEN, "room for the longest text");
	const char *name = p->kind == PEER_UNIX ? "unix" : "unknown";
	if (p->kind == PEER_IP4 || p->kind == PEER_IP6)
		must(inet_ntop(
			p->kind == PEER_IP4 ? AF_INET : AF_INET6, p->ip, ret_text, PEER_TEXT_MAX));
	else
		memcpy(ret_text, name, strlen(name) + 1);
}

bool peer_key(const struct peer *p, uint8_t ret_key[static 16])
{
	if (p->kind != PEER_IP4 && p->kind != PEER_IP6)
		return false;
	memset(ret_key, 0, 16);
	if (p->kind == PEER_IP4) {
		memcpy(ret_key, mapped_prefix, sizeof mapped_prefix);
		memcpy(ret_key + sizeof mapped_prefix, p->ip, 4);
	} else {
		memcpy(ret_key, p->ip, 8);
	}
	return true;
}
