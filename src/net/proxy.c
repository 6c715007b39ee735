// SPDX-License-Identifier: Apache-2.0
// Version 1: one line, at most 107 bytes: "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP sport SP dport CRLF, or
// "PROXY UNKNOWN" anything CRLF. Version 2, numbers big-endian:
//   0  12  signature CR LF CR LF NUL CR LF "QUIT" LF
//   12  1  version (2) << 4 | command (0 LOCAL, 1 PROXY)
//   13  1  family (0 unspecified, 1 IPv4, 2 IPv6, 3 UNIX) << 4 | transport (0 unspecified, 1 stream, 2 datagram)
//   14  2  bytes that follow: addresses (12, 36 or 216), then TLVs: type 1, length 2, value
#include "net/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/limits.h"

#define V1_MAX 107u
#define V2_FIXED 16u
#define TLV_CRC32C 0x03

static const char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static bool starts_like(struct span in, struct span signature)
{
	size_t n = in.n < signature.n ? in.n : signature.n;
	return memcmp(in.p, signature.p, n) == 0;
}

// A decimal port without sign or leading zero.
static bool port_parse(struct span s, uint16_t *ret_port)
{
	uint64_t v;
	if (s.n == 0 || s.n > 5 || (s.n > 1 && s.p[0] == '0') || !span_to_u64(s, UINT16_MAX, &v))
		return false;
	*ret_port = (uint16_t)v;
	return true;
}

static bool address_parse(int family, struct span s, uint8_t ret_ip[static 16])
{
	char text[PEER_TEXT_MAX];
	if (s.n == 0 || s.n >= sizeof text || memchr(s.p, 0, s.n))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	return inet_pton(family, text, ret_ip) == 1;
}

// What stands between "PROXY " and CRLF.
static enum proxy_result v1_line(struct span line, struct proxy_header *h)
{
	struct span word[5], rest = line;
	if (span_eq(line, SPAN("UNKNOWN")) || span_starts(line, SPAN("UNKNOWN ")))
		return PROXY_DONE;
	for (int i = 0; i < 5; i++) {
		if (!rest.p)
			return PROXY_BAD;
		rest = span_split(rest, ' ', &word[i]);
	}
	int family = span_eq(word[0], SPAN("TCP4")) ? AF_INET : AF_INET6;
	uint8_t source[16], destination[16];
	uint16_t port, destination_port;
	if (rest.p || (family == AF_INET6 && !span_eq(word[0], SPAN("TCP6"))) ||
		!address_parse(family, word[1], source) ||
		!address_parse(family, word[2], destination) || !port_parse(word[3], &port) ||
		!port_parse(word[4], &destination_port))
		return PROXY_BAD;
	h->peer = family == AF_INET ? peer_ip4(source, port) : peer_ip6(source, port);
	return PROXY_DONE;
}

static enum proxy_result v1_parse(struct span in, struct proxy_header *h)
{
	struct span head = span_cut(in, 0, V1_MAX);
	size_t end = span_find_char(head, '\n');
	if (end == head.n)
		return in.n >= V1_MAX ? PROXY_BAD : PROXY_MORE;
	if (in.p[end - 1] != '\r')
		return PROXY_BAD;
	h->length = end + 1;
	struct span line = span_cut(in, SPAN("PROXY ").n, end - 1);
	return span_find_char(line, '\r') == line.n ? v1_line(line, h) : PROXY_BAD;
}

static size_t u16_at(struct span s, size_t at)
{
	return (size_t)(unsigned char)s.p[at] << 8 | (unsigned char)s.p[at + 1];
}

// The whole header's checksum with the checksum's own four bytes as zero (section 2.2.6).
static bool checksum_is_good(struct span header, size_t at)
{
	static const char zero[4] = { 0 };
	const unsigned char *sum = (const unsigned char *)header.p + at;
	uint32_t crc = crc32c(0, span_cut(header, 0, at));
	crc = crc32c(crc, span_of(zero, sizeof zero));
	crc = crc32c(crc, span_skip(header, at + 4));
	return crc ==
		((uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 | (uint32_t)sum[2] << 8 | sum[3]);
}

static bool tlvs_are_good(struct span header, size_t at)
{
	while (at < header.n) {
		if (header.n - at < 3)
			return false;
		unsigned type = (unsigned char)header.p[at];
		size_t n = u16_at(header, at + 1);
		at += 3;
		if (n > header.n - at)
			return false;
		if (type == TLV_CRC32C && (n != 4 || !checksum_is_good(header, at)))
			return false;
		at += n;
	}
	return true;
}

// Bytes of the addresses of a family and transport; SIZE_MAX: not taken on a stream socket.
static size_t v2_addresses(unsigned family)
{
	switch (family) {
	case 0x00:
		return 0;
	case 0x11:
		return 12;
	case 0x21:
		return 36;
	case 0x31:
		return 216;
	default:
		return SIZE_MAX;
	}
}

static enum proxy_result v2_parse(struct span in, struct proxy_header *h)
{
	if (in.n < V2_FIXED)
		return PROXY_MORE;
	unsigned command = (unsigned char)in.p[12], family = (unsigned char)in.p[13];
	h->length = V2_FIXED + u16_at(in, 14);
	if ((command != 0x20 && command != 0x21) || h->length > NET_PROXY_HEADER_MAX)
		return PROXY_BAD;
	if (in.n < h->length)
		return PROXY_MORE;
	struct span header = span_cut(in, 0, h->length);
	if (command == 0x20) { // the rest is to be skipped, whatever it is
		h->is_own = true;
		return PROXY_DONE;
	}
	size_t n = v2_addresses(family);
	if (n > header.n - V2_FIXED)
		return PROXY_BAD;
	if (family == 0x00)
		return PROXY_DONE; // and so here
	if (!tlvs_are_good(header, V2_FIXED + n))
		return PROXY_BAD;
	const char *at = in.p + V2_FIXED; // source, destination, source port, destination port
	if (family == 0x11)
		h->peer = peer_ip4(at, (uint16_t)u16_at(in, V2_FIXED + 8));
	else if (family == 0x21)
		h->peer = peer_ip6(at, (uint16_t)u16_at(in, V2_FIXED + 32));
	else
		h->peer.kind = PEER_UNIX;
	return PROXY_DONE;
}

enum proxy_result proxy_parse(struct span in, struct proxy_header *ret_header)
{
	const struct span v1 = SPAN("PROXY ");
	struct span v2 = span_of(v2_signature, sizeof v2_signature);
	struct proxy_header h = { 0 };
	enum proxy_result result = PROXY_BAD;
	if (in.n == 0)
		return PROXY_MORE;
	if (starts_like(in, v1))
		result = in.n < v1.n ? PROXY_MORE : v1_parse(in, &h);
	else if (starts_like(in, v2))
		result = v2_parse(in, &h);
	if (result == PROXY_DONE)
		*ret_header = h;
	return result;
}
