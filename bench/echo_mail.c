// SPDX-License-Identifier: Apache-2.0
// echo_mail: the ceilings of the works of mail_works.c. A POP3 server that has every answer ready in memory, and an LMTP server that does for a message
// what the disk asks for and no more: one write and one fdatasync() into a file whose blocks were written before. As many round trips
// as any server needs, answers of the same sizes. A thread for each connection, which blocks: with one connection nothing is faster.
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILE_BYTES ((size_t)64 << 20)
#define LINE_MOST 600u
#define REPLIES_MOST 65536u

struct echo_mail {
	struct message *answers; // to RETR
	size_t count, bytes;
	int file; // -1: none
	_Atomic size_t at;
};
struct listener {
	struct echo_mail *mail;
	int fd;
	bool lmtp;
};
struct session {
	struct echo_mail *mail;
	int fd;
	bool lmtp, in_data;
	unsigned recipients;
	char *in; // what came and was not used yet
	size_t have, room;
	char out[REPLIES_MOST]; // replies that go out together
	size_t out_size;
};

static bool send_all(int fd, const char *p, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, p, size, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

static bool flush(struct session *s)
{
	bool good = send_all(s->fd, s->out, s->out_size);
	s->out_size = 0;
	return good;
}

static bool say(struct session *s, const char *text)
{
	size_t size = strlen(text);
	if (s->out_size + size > sizeof s->out && !flush(s))
		return false;
	memcpy(s->out + s->out_size, text, size);
	s->out_size += size;
	return true;
}

static bool line_is(const char *line, const char *command)
{
	return strncasecmp(line, command, strlen(command)) == 0;
}

static bool answer_pop3(struct session *s, const char *line)
{
	const struct echo_mail *e = s->mail;
	char text[100];
	if (line_is(line, "RETR ")) {
		unsigned long n = strtoul(line + 5, NULL, 10);
		return n > 0 && n <= e->count && flush(s) &&
			send_all(s->fd, e->answers[n - 1].data, e->answers[n - 1].size);
	}
	if (!line_is(line, "STAT"))
		return say(s, "+OK\r\n");
	(void)snprintf(text, sizeof text, "+OK %zu %zu\r\n", e->count, e->bytes);
	return say(s, text);
}

static bool answer_lmtp(struct session *s, const char *line)
{
	if (line_is(line, "RCPT"))
		s->recipients++;
	s->in_data = line_is(line, "DATA");
	return say(s, s->in_data ? "354 go on\r\n" : "250 done\r\n");
}

// The message, with the end of its data, has come: it is made durable, and each recipient answered.
static bool message_done(struct session *s, size_t size)
{
	struct echo_mail *e = s->mail;
	size_t at = atomic_fetch_add(&e->at, size) % (FILE_BYTES / 2);
	if (size > FILE_BYTES / 2 || pwrite(e->file, s->in, size, (off_t)at) != (ssize_t)size ||
		fdatasync(e->file))
		return false;
	bool good = true;
	for (; good && s->recipients; s->recipients--)
		good = say(s, "250 done\r\n");
	s->in_data = false;
	return good;
}

// How many of the octets that came belong to the next thing that is whole; 0: none.
static size_t next_size(const struct session *s)
{
	if (s->in_data) {
		const char *end = memmem(s->in, s->have, "\r\n.\r\n", 5);
		return end ? (size_t)(end - s->in) + 5 : 0;
	}
	const char *lf = memchr(s->in, '\n', s->have);
	return lf ? (size_t)(lf - s->in) + 1 : 0;
}

static bool take_one(struct session *s, size_t size)
{
	if (s->in_data)
		return message_done(s, size);
	char line[LINE_MOST] = "";
	memcpy(line, s->in, size < sizeof line - 1 ? size : sizeof line - 1);
	return s->lmtp ? answer_lmtp(s, line) : answer_pop3(s, line);
}

static bool hear(struct session *s)
{
	if (s->have == s->room) {
		size_t room = s->room ? s->room * 2 : 65536;
		char *more = realloc(s->in, room);
		if (!more)
			return false;
		s->in = more;
		s->room = room;
	}
	ssize_t n = recv(s->fd, s->in + s->have, s->room - s->have, 0);
	if (n <= 0)
		return false;
	s->have += (size_t)n;
	return true;
}

static void *serve(void *arg)
{
	struct session *s = arg;
	bool good = say(s, s->lmtp ? "220 echo\r\n" : "+OK echo\r\n") && flush(s);
	while (good && hear(s)) {
		for (size_t size; good && (size = next_size(s)) > 0;) {
			good = take_one(s, size);
			memmove(s->in, s->in + size, s->have - size);
			s->have -= size;
		}
		good = good && flush(s);
	}
	(void)close(s->fd); // nothing to lose
	free(s->in);
	free(s);
	return NULL;
}

static void *accept_all(void *arg)
{
	const struct listener *l = arg;
	for (;;) {
		int on = 1, fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		pthread_t id;
		struct session *s = fd < 0 ? NULL : calloc(1, sizeof *s);
		if (!s) {
			if (fd >= 0)
				(void)close(fd); // nothing to lose
			continue;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // only faster
		s->mail = l->mail;
		s->fd = fd;
		s->lmtp = l->lmtp;
		if (pthread_create(&id, NULL, serve, s) || pthread_detach(id))
			return NULL;
	}
}

static bool answers_make(struct echo_mail *e, const struct load *load)
{
	static const char ok[] = "+OK\r\n";
	e->answers = calloc(load->corpus_count, sizeof *e->answers);
	for (size_t i = 0; e->answers && i < load->corpus_count; i++) {
		const struct message *m = &load->corpus[i];
		char *text = malloc(2 * m->size + 64);
		if (!text)
			return false;
		memcpy(text, ok, sizeof ok - 1);
		e->answers[i].data = text;
		e->answers[i].size = sizeof ok - 1 + stuff_data(text + sizeof ok - 1, m);
		e->bytes += m->size;
		e->count++;
	}
	return e->count == load->corpus_count;
}

// A file whose blocks are all there.
static int file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *zeros = calloc(1, FILE_BYTES);
	bool good = fd >= 0 && zeros && pwrite(fd, zeros, FILE_BYTES, 0) == (ssize_t)FILE_BYTES &&
		!fsync(fd);
	free(zeros);
	return good ? fd : -1;
}

static unsigned listener_start(struct echo_mail *e, bool lmtp)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	struct listener *l = calloc(1, sizeof *l);
	pthread_t id;
	if (!l)
		return 0;
	*l = (struct listener){ e, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), lmtp };
	bool good = l->fd >= 0 && !bind(l->fd, (struct sockaddr *)&address, size) &&
		!listen(l->fd, 1024) && !getsockname(l->fd, (struct sockaddr *)&address, &size) &&
		!pthread_create(&id, NULL, accept_all, l);
	return good ? ntohs(address.sin_port) : 0;
}

bool echo_mail_start(const struct load *load, unsigned ret_ports[2])
{
	static struct echo_mail e; // as long as the process
	e.file = file_make(load->options.file);
	if (e.file < 0 || !answers_make(&e, load))
		return false;
	ret_ports[0] = listener_start(&e, false);
	ret_ports[1] = listener_start(&e, true);
	return ret_ports[0] && ret_ports[1];
}
