// SPDX-License-Identifier: Apache-2.0
// Starling: who is at the other end of a connection: an address as bytes, IPv4-mapped IPv6 addresses as IPv4.
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum peer_kind { PEER_UNKNOWN, PEER_IP4, PEER_IP6, PEER_UNIX };
struct peer {
	uint8_t ip[16]; // IP4: the first four; IP6: all
	uint16_t port;
	uint8_t kind;
};
#define PEER_TEXT_MAX 46 // INET6_ADDRSTRLEN

struct sockaddr_storage;
struct peer peer_of(const struct sockaddr_storage *address);
struct peer peer_ip4(const void *ip, uint16_t port);
struct peer peer_ip6(const void *ip, uint16_t port);
// Loopback or a UNIX socket.
bool peer_is_local(const struct peer *p);
// "192.0.2.1", "2001:db8::1", "unix", "unknown".
void peer_text(const struct peer *p, char ret_text[static PEER_TEXT_MAX]);
// What limits per address count by: the IPv4 address, the /64 of an IPv6 one. False: not counted (UNIX sockets).
bool peer_key(const struct peer *p, uint8_t ret_key[static 16]);

#endif
