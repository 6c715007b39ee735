// SPDX-License-Identifier: Apache-2.0
// client: see client.h. Responses are told apart as RFC 9051 section 9 writes them; a physical line that ends with "{n}" CRLF
// goes on behind n octets (section 4.3).
#include "client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_ROOM ((size_t)256 << 10)
#define LINE_MOST ((size_t)256 << 20)

__attribute__((format(printf, 2, 3))) static int fail(struct client *c, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)vsnprintf(c->trouble, sizeof c->trouble, format, args); // cut where too long
	va_end(args);
	return -1;
}

static int read_more(struct client *c)
{
	if (c->begin == c->end) {
		c->begin = c->end = 0;
	} else if (c->end == c->room && c->begin > 0) {
		memmove(c->in, c->in + c->begin, c->end - c->begin);
		c->end -= c->begin;
		c->begin = 0;
	}
	if (c->end == c->room) {
		char *more = c->room < LINE_MOST ? realloc(c->in, c->room * 2) : NULL;
		if (!more)
			return fail(c, "a line of more than %zu bytes", c->room);
		c->in = more;
		c->room *= 2;
	}
	ssize_t n;
	do {
		size_t room = c->room - c->end;
		n = c->ssl ? SSL_read(c->ssl, c->in + c->end, (int)room)
			   : recv(c->fd, c->in + c->end, room, 0);
	} while (n < 0 && !c->ssl && errno == EINTR);
	if (n <= 0)
		return fail(c, "the server closed the connection");
	c->end += (size_t)n;
	c->received += (size_t)n;
	return 0;
}

int client_line(struct client *c, char **ret_line, size_t *ret_size)
{
	size_t seen = 0;
	for (;;) {
		char *at = c->in + c->begin, *stop = NULL;
		size_t have = c->end - c->begin;
		if (have > seen)
			stop = memchr(at + seen, '\n', have - seen);
		if (stop) {
			size_t size = (size_t)(stop - at);
			c->begin += size + 1;
			*ret_line = at;
			*ret_size = size > 0 && stop[-1] == '\r' ? size - 1 : size;
			return 0;
		}
		seen = have;
		if (read_more(c))
			return -1;
	}
}

static int skip(struct client *c, uint64_t size)
{
	for (;;) {
		size_t have = c->end - c->begin;
		size_t take = have < size ? have : (size_t)size;
		c->begin += take;
		size -= take;
		if (size == 0)
			return 0;
		if (read_more(c))
			return -1;
	}
}

// The size of the literal that a line announces at its end; false without one.
static bool line_has_literal(const char *line, size_t size, uint64_t *ret_literal)
{
	if (size < 3 || line[size - 1] != '}')
		return false;
	size_t at = size - 1;
	uint64_t value = 0, scale = 1;
	while (at > 0 && isdigit((unsigned char)line[at - 1]) && scale < UINT64_C(1000000000000)) {
		at--;
		value += (uint64_t)(line[at] - '0') * scale;
		scale *= 10;
	}
	if (scale == 1 || at == 0 || line[at - 1] != '{')
		return false;
	*ret_literal = value;
	return true;
}

static bool starts(const char *at, size_t size, const char *word)
{
	size_t n = strlen(word);
	return size >= n && memcmp(at, word, n) == 0;
}

static uint64_t count_numbers(const char *line, size_t size)
{
	uint64_t count = 0;
	bool inside = false;
	for (size_t i = 0; i < size; i++) {
		bool digit = line[i] >= '0' && line[i] <= '9';
		count += digit && !inside;
		inside = digit;
	}
	return count;
}

static uint64_t number_behind(const char *line, size_t size, const char *word)
{
	uint64_t number = 0;
	for (size_t at = strlen(word); at < size && isdigit((unsigned char)line[at]); at++)
		number = number * 10 + (uint64_t)(line[at] - '0');
	return number;
}

static void note_word(struct answer *a, const char *line, size_t size)
{
	static const char validity[] = "OK [UIDVALIDITY ", modseq[] = "OK [HIGHESTMODSEQ ";
	if (starts(line, size, "VANISHED"))
		a->expunges++;
	else if (starts(line, size, "SEARCH") || starts(line, size, "SORT") ||
		starts(line, size, "THREAD"))
		a->numbers += count_numbers(line, size);
	else if (starts(line, size, validity))
		a->validity = number_behind(line, size, validity);
	else if (starts(line, size, modseq))
		a->modseq = number_behind(line, size, modseq);
}

static void count_untagged(struct answer *a, const char *line, size_t size)
{
	uint64_t number = 0;
	size_t at = 2;
	while (at < size && isdigit((unsigned char)line[at]))
		number = number * 10 + (uint64_t)(line[at++] - '0');
	if (at == 2) {
		note_word(a, line + 2, size - 2);
		return;
	}
	line += at;
	size -= at;
	if (starts(line, size, " FETCH ")) {
		a->fetches++;
	} else if (starts(line, size, " EXISTS")) {
		a->exists = number;
		a->has_exists = true;
	} else if (starts(line, size, " EXPUNGE")) {
		a->expunges++;
	}
}

int client_response(struct client *c, struct answer *a, bool *ret_tagged)
{
	char *line;
	size_t size;
	uint64_t literal;
	if (client_line(c, &line, &size))
		return -1;
	*ret_tagged = false;
	if (starts(line, size, "* ")) {
		count_untagged(a, line, size);
	} else if (starts(line, size, "a ")) {
		*ret_tagged = true;
		return starts(line, size, "a OK") ? 0 : fail(c, "%.*s", (int)size, line);
	} else if (starts(line, size, "+")) {
		a->goes_on = true;
		return 0;
	} else {
		return fail(c, "not a response: %.*s", (int)size, line);
	}
	while (line_has_literal(line, size, &literal)) {
		a->literal_bytes += literal;
		if (skip(c, literal) || client_line(c, &line, &size))
			return -1;
	}
	return 0;
}

int client_wait(struct client *c, struct answer *ret_answer)
{
	*ret_answer = (struct answer){ 0 };
	bool tagged = false;
	while (!tagged && !ret_answer->goes_on) {
		if (client_response(c, ret_answer, &tagged))
			return -1;
	}
	return 0;
}

int client_raw(struct client *c, const char *bytes, size_t size)
{
	c->sent += size;
	while (size > 0) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, bytes, (int)size)
				   : send(c->fd, bytes, size, MSG_NOSIGNAL);
		if (n < 0 && !c->ssl && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(c, "the server closed the connection while we sent");
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

int client_send(struct client *c, const char *text, const char *literal, size_t literal_size)
{
	size_t wanted = strlen(text) + literal_size + 64;
	if (wanted > c->out_room) {
		char *more = realloc(c->out, wanted * 2);
		if (!more)
			return fail(c, "out of memory");
		c->out = more;
		c->out_room = wanted * 2;
	}
	int head = literal ? snprintf(c->out, c->out_room, "a %s {%zu+}\r\n", text, literal_size)
			   : snprintf(c->out, c->out_room, "a %s\r\n", text);
	if (head < 0)
		return fail(c, "bad text");
	size_t size = (size_t)head;
	if (literal) {
		memcpy(c->out + size, literal, literal_size);
		size += literal_size;
		c->out[size++] = '\r';
		c->out[size++] = '\n';
	}
	return client_raw(c, c->out, size);
}

int client_do(struct client *c, const char *text, struct answer *ret_answer)
{
	if (client_send(c, text, NULL, 0))
		return -1;
	return client_wait(c, ret_answer);
}

static int connect_to(struct client *c, const struct target *to)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	struct sockaddr_in source = { .sin_family = AF_INET };
	if (inet_pton(AF_INET, to->host, &address.sin_addr) != 1 ||
		(to->source && inet_pton(AF_INET, to->source, &source.sin_addr) != 1))
		return fail(c, "bad address %s", to->host);
	int on = 1;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return fail(c, "socket: %s", strerror(errno));
	if (to->source) {
		// The port is chosen by connect, so that it may serve for several targets.
		(void)setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
		if (bind(c->fd, (struct sockaddr *)&source, sizeof source))
			return fail(c, "bind: %s", strerror(errno));
	}
	if (connect(c->fd, (struct sockaddr *)&address, sizeof address))
		return fail(c, "connect: %s", strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // only faster
	return 0;
}

static int begin_tls(struct client *c, const struct target *to)
{
	c->ssl = SSL_new(to->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		return fail(c, "no TLS");
	if (c->session && SSL_set_session(c->ssl, c->session) != 1)
		return fail(c, "no TLS session");
	if (SSL_connect(c->ssl) != 1)
		return fail(c, "the TLS handshake failed");
	c->offered += c->session != NULL;
	c->resumed += (uint64_t)SSL_session_reused(c->ssl);
	return 0;
}

int client_open(struct client *c, const struct target *to)
{
	c->fd = -1;
	c->begin = c->end = 0;
	if (!c->in) {
		c->room = IN_ROOM;
		c->in = malloc(c->room);
	}
	if (!c->in)
		return fail(c, "out of memory");
	if (connect_to(c, to) || (to->tls && begin_tls(c, to)))
		return -1;
	char *line;
	size_t size;
	if (client_line(c, &line, &size))
		return -1;
	if (to->resume) { // the ticket came before the greeting
		SSL_SESSION_free(c->session);
		c->session = SSL_get1_session(c->ssl);
	}
	bool greets = starts(line, size, "* OK") || starts(line, size, "+OK") ||
		starts(line, size, "220 ");
	return greets ? 0 : fail(c, "%.*s", (int)size, line);
}

// --- LMTP, POP3 ---

int client_smtp(struct client *c, const char *code)
{
	char *line;
	size_t size;
	do {
		if (client_line(c, &line, &size))
			return -1;
		if (!starts(line, size, code))
			return fail(c, "%.*s", (int)size, line);
	} while (size > 3 && line[3] == '-');
	return 0;
}

int client_pop3(struct client *c, char *ret_line, size_t room)
{
	char *line;
	size_t size;
	if (client_line(c, &line, &size))
		return -1;
	if (!starts(line, size, "+OK"))
		return fail(c, "%.*s", (int)size, line);
	if (ret_line)
		(void)snprintf(ret_line, room, "%.*s", (int)size, line); // cut
	return 0;
}

int client_skip_lines(struct client *c)
{
	static const char last[] = "\r\n.\r\n";
	const size_t n = sizeof last - 1;
	// The CRLF of the answer before it counts: the first line may be the last.
	c->begin -= 2;
	for (;;) {
		size_t have = c->end - c->begin;
		char *end = have >= n ? memmem(c->in + c->begin, have, last, n) : NULL;
		if (end) {
			c->begin = (size_t)(end - c->in) + n;
			return 0;
		}
		// What was looked at is let go of, but for what the end may have begun in.
		size_t keep = have < n - 1 ? have : n - 1;
		c->begin = c->end - keep;
		if (read_more(c))
			return -1;
	}
}

int client_login(struct client *c, const char *user, const char *password)
{
	char text[200];
	struct answer a;
	(void)snprintf(text, sizeof text, "LOGIN %s %s", user, password);
	return client_do(c, text, &a);
}

void client_hang_up(struct client *c)
{
	if (c->ssl) { // without a word; but a session that was not shut down would not be resumed
		SSL_set_quiet_shutdown(c->ssl, 1);
		(void)SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
		c->ssl = NULL;
	}
	if (c->fd > 0)
		(void)close(c->fd); // nothing to lose
	c->fd = -1;
}

void client_close(struct client *c)
{
	client_hang_up(c);
	SSL_SESSION_free(c->session);
	free(c->in);
	free(c->out);
	*c = (struct client){ .fd = -1 };
}
