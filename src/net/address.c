// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

static int bad(struct op *op, const char *text)
{
	return op_fail(op, RC_CONFIG,
		"\"%s\" is not an address to listen on: write 192.0.2.1:143, [2001:db8::1]:993, "
		"*:143 or unix:/path",
		text);
}

static int unix_parse(struct op *op, const char *text, const char *path, struct address *a)
{
	struct sockaddr_un *un = (void *)&a->storage;
	size_t n = strlen(path);
	if (path[0] != '/' || n >= sizeof un->sun_path)
		return op_fail(op, RC_CONFIG,
			"\"%s\": the path must begin with / and have at most %zu bytes", text,
			sizeof un->sun_path - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n + 1);
	a->size = sizeof *un;
	return 0;
}

int address_parse(struct op *op, const char *text, struct address *ret_address)
{
	struct address a = { .is_any = false };
	if (span_starts(span_str(text), SPAN("unix:"))) {
		int rc = unix_parse(op, text, text + 5, &a);
		if (rc == 0)
			*ret_address = a;
		return rc;
	}
	const char *colon = strrchr(text, ':');
	uint64_t port;
	char host[INET6_ADDRSTRLEN + 3];
	if (!colon || !span_to_u64(span_str(colon + 1), UINT16_MAX, &port) ||
		(size_t)(colon - text) >= sizeof host)
		return bad(op, text);
	size_t n = (size_t)(colon - text);
	memcpy(host, text, n);
	host[n] = 0;
	struct sockaddr_in *in = (void *)&a.storage;
	struct sockaddr_in6 *in6 = (void *)&a.storage;
	if (strcmp(host, "*") == 0) {
		a.is_any = true;
		*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
			.sin6_port = htons((uint16_t)port) };
		a.size = sizeof *in6;
	} else if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = 0;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		a.size = sizeof *in6;
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
			return bad(op, text);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		a.size = sizeof *in;
		if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
			return bad(op, text);
	}
	*ret_address = a;
	return 0;
}

// Removes the socket of a process that is no more. One that still answers stays.
static void stale_remove(const struct address *a)
{
	const struct sockaddr_un *un = (const void *)&a->storage;
	struct stat st;
	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const void *)&a->storage, a->size) != 0 && errno == ECONNREFUSED)
		(void)unlink(un->sun_path); // a failure shows when binding
	close(fd);
}

static bool option_on(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

static int bind_here(int fd, const struct address *a, unsigned unix_mode)
{
	int family = a->storage.ss_family;
	if (family == AF_UNIX) {
		const struct sockaddr_un *un = (const void *)&a->storage;
		stale_remove(a);
		if (bind(fd, (const void *)&a->storage, a->size) != 0)
			return -1;
		return chmod(un->sun_path, unix_mode);
	}
	if (!option_on(fd, SOL_SOCKET, SO_REUSEADDR, 1))
		return -1;
	if (family == AF_INET6 && !option_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, !a->is_any))
		return -1;
	return bind(fd, (const void *)&a->storage, a->size);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage got = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof got;
	if (getsockname(fd, (void *)&got, &size) != 0)
		return 0;
	if (got.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)&got)->sin_port);
	if (got.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)&got)->sin6_port);
	return 0;
}

static int bind_once(const struct address *a, unsigned unix_mode)
{
	int fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind_here(fd, a, unix_mode) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

// The same port on every IPv4 address.
static struct address any_ip4(const struct address *a)
{
	struct address b = { .size = sizeof(struct sockaddr_in) };
	*(struct sockaddr_in *)(void *)&b.storage = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = ((const struct sockaddr_in6 *)(const void *)&a->storage)->sin6_port,
	};
	return b;
}

int address_bind(
	struct op *op, const char *text, const struct address *a, unsigned unix_mode, int *ret_fd)
{
	int fd = bind_once(a, unix_mode);
	if (fd < 0 && a->is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		struct address b = any_ip4(a); // a system without IPv6
		fd = bind_once(&b, unix_mode);
	}
	if (fd < 0)
		return op_fail_errno(op, RC_IO, errno, "cannot listen on %s", text);
	*ret_fd = fd;
	return 0;
}

int address_listen(struct op *op, const char *text, int fd, uint16_t *ret_port)
{
	if (listen(fd, NET_BACKLOG) != 0) {
		int e = errno;
		close(fd);
		return op_fail_errno(op, RC_IO, e, "cannot listen on %s", text);
	}
	*ret_port = port_of(fd);
	return 0;
}

// --- the other way ---

bool address_is_numeric(const char *host)
{
	struct in6_addr any;
	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

int address_resolve(struct op *op, const char *host, uint16_t port, struct address *ret_list,
	size_t most, size_t *ret_n)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV |
			(address_is_numeric(host) ? AI_NUMERICHOST : AI_ADDRCONFIG) };
	struct addrinfo *found;
	char service[8];
	(void)snprintf(service, sizeof service, "%u", port); // fits
	int error = getaddrinfo(host, service, &hints, &found);
	if (error)
		return op_fail(op, RC_UNAVAILABLE, "%s: %s", host, gai_strerror(error));
	size_t n = 0;
	for (const struct addrinfo *a = found; a && n < most; a = a->ai_next) {
		if (a->ai_addrlen > sizeof ret_list[n].storage)
			continue;
		ret_list[n] = (struct address){ .size = a->ai_addrlen };
		memcpy(&ret_list[n].storage, a->ai_addr, a->ai_addrlen);
		n++;
	}
	freeaddrinfo(found);
	*ret_n = n;
	return n ? 0 : op_fail(op, RC_UNAVAILABLE, "%s has no address", host);
}
