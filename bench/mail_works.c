// SPDX-License-Identifier: Apache-2.0
// mail_works: the work of an MTA that hands mail over by LMTP, and of a POP3 client that fetches all there is.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wrong(struct worker *w, const char *what)
{
	(void)snprintf(w->trouble, sizeof w->trouble, "%s: %s", what, w->c.trouble);
	return -1;
}

// Room for `size` bytes in w->made.
static int make_room(struct worker *w, size_t size)
{
	if (size <= w->made_room)
		return 0;
	char *made = realloc(w->made, size * 2);
	if (!made) {
		(void)snprintf(w->trouble, sizeof w->trouble, "out of memory");
		return -1;
	}
	w->made = made;
	w->made_room = size * 2;
	return 0;
}

// --- LMTP (RFC 2033), with PIPELINING as an MTA does it (RFC 2920) ---

int open_lmtp(struct worker *w)
{
	static const char hello[] = "LHLO bench.example.org\r\n";
	if (client_open(&w->c, &w->load->options.to) ||
		client_raw(&w->c, hello, sizeof hello - 1) || client_smtp(&w->c, "250"))
		return wrong(w, "LHLO");
	return 0;
}

#define ENVELOPE_LINE 128u

// MAIL, RCPT for each, DATA. The sender is another one each time, as mailing lists do it: nothing is taken for a repetition.
static size_t add_envelope(struct worker *w)
{
	const struct options *o = &w->load->options;
	size_t n = (size_t)snprintf(w->made, ENVELOPE_LINE,
		"MAIL FROM:<bench-%llx-%llu@example.org>\r\n", (unsigned long long)random_next(w),
		(unsigned long long)w->number);
	for (uint64_t i = 0; i < o->recipients; i++)
		n += (size_t)snprintf(w->made + n, ENVELOPE_LINE, "RCPT TO:<%s%u@example.org>\r\n",
			o->prefix,
			o->first_user + (unsigned)((w->number * o->recipients + i) % o->users));
	n += (size_t)snprintf(w->made + n, ENVELOPE_LINE, "DATA\r\n");
	return n;
}

size_t stuff_data(char *to, const struct message *m)
{
	const char *from = m->data, *end = m->data + m->size;
	size_t n = 0;
	while (from < end) {
		const char *lf = memchr(from, '\n', (size_t)(end - from));
		size_t line = lf ? (size_t)(lf - from) + 1 : (size_t)(end - from);
		if (*from == '.')
			to[n++] = '.';
		memcpy(to + n, from, line);
		n += line;
		from += line;
	}
	if (n == 0 || to[n - 1] != '\n') {
		memcpy(to + n, "\r\n", 2);
		n += 2;
	}
	memcpy(to + n, ".\r\n", 3);
	return n + 3;
}

static int replies(struct worker *w, const char *code, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (client_smtp(&w->c, code))
			return -1;
	return 0;
}

// One operation is one delivery: a message to one recipient. Each is answered for itself when it is stored.
int step_lmtp(struct worker *w, struct done *done)
{
	const struct load *load = w->load;
	const struct message *m = &load->corpus[w->number % load->corpus_count];
	uint64_t recipients = load->options.recipients;
	if (make_room(w, (recipients + 2) * ENVELOPE_LINE + 2 * m->size + 64))
		return -1;
	size_t envelope = add_envelope(w);
	char *data = w->made + envelope;
	size_t size =
		(size_t)snprintf(data, 64, "X-Bench: %llx\r\n", (unsigned long long)random_next(w));
	size += stuff_data(data + size, m);
	uint64_t began = now_ns();
	if (client_raw(&w->c, w->made, envelope) || replies(w, "250", 1 + recipients) ||
		client_smtp(&w->c, "354"))
		return wrong(w, "envelope");
	if (client_raw(&w->c, data, size) || replies(w, "250", recipients))
		return wrong(w, "message");
	w->bytes += m->size;
	*done = (struct done){ .ns = now_ns() - began, .ops = recipients };
	return 0;
}

// --- POP3 (RFC 1939) ---

static int command(struct worker *w, const char *text, char *ret_line, size_t room)
{
	if (client_raw(&w->c, text, strlen(text)) || client_pop3(&w->c, ret_line, room))
		return wrong(w, text);
	return 0;
}

int open_pop3(struct worker *w)
{
	const struct options *o = &w->load->options;
	char text[300];
	if (client_open(&w->c, &o->to))
		return wrong(w, "connect");
	(void)snprintf(
		text, sizeof text, "USER %s%u\r\n", o->prefix, o->first_user + w->index % o->users);
	if (command(w, text, NULL, 0))
		return -1;
	(void)snprintf(text, sizeof text, "PASS %s\r\n", o->password);
	if (command(w, text, NULL, 0) || command(w, "STAT\r\n", text, sizeof text))
		return -1;
	w->exists = strtoull(text + 3, NULL, 10); // "+OK 6046 33000000"
	if (w->exists && w->exists == (o->messages ? o->messages : w->exists))
		return 0;
	(void)snprintf(w->trouble, sizeof w->trouble, "the maildrop has %llu messages",
		(unsigned long long)w->exists);
	return -1;
}

static int retrieve(struct worker *w, uint64_t from, uint64_t count)
{
	size_t n = 0;
	if (make_room(w, (size_t)count * 32))
		return -1;
	for (uint64_t i = 0; i < count; i++)
		n += (size_t)snprintf(
			w->made + n, 32, "RETR %llu\r\n", (unsigned long long)(from + i));
	if (client_raw(&w->c, w->made, n))
		return wrong(w, "RETR");
	for (uint64_t i = 0; i < count; i++)
		if (client_pop3(&w->c, NULL, 0) || client_skip_lines(&w->c))
			return wrong(w, "RETR");
	return 0;
}

// Every message of the maildrop, --batch commands at once (1: each waits for the answer before it).
int step_pop3(struct worker *w, struct done *done)
{
	uint64_t began = now_ns(), batch = w->load->options.batch;
	for (uint64_t at = 1; at <= w->exists; at += batch)
		if (retrieve(w, at, w->exists + 1 - at < batch ? w->exists + 1 - at : batch))
			return -1;
	*done = (struct done){ .ns = now_ns() - began, .ops = w->exists };
	return 0;
}
