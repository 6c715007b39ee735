// SPDX-License-Identifier: Apache-2.0
// works: the kinds of work of the load generator, one row each at the end of the file. A step that gets another answer than
// the one that must come fails the whole run.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t now_ns(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t random_next(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static int wrong(struct worker *w, const char *what, const struct client *c)
{
	(void)snprintf(w->trouble, sizeof w->trouble, "%s: %s", what, c->trouble);
	return -1;
}

static int miscounted(struct worker *w, const char *what, uint64_t got, uint64_t wanted)
{
	if (w->load->options.unchecked)
		return 0;
	(void)snprintf(w->trouble, sizeof w->trouble, "%s: %llu came, not %llu", what,
		(unsigned long long)got, (unsigned long long)wanted);
	return -1;
}

// --- sessions ---

static int login_as(struct worker *w, struct client *c, unsigned number)
{
	const struct options *o = &w->load->options;
	char user[64];
	(void)snprintf(user, sizeof user, "%s%u", o->prefix, number);
	if (client_open(c, &o->to) || client_login(c, user, o->password))
		return wrong(w, "log in", c);
	return 0;
}

static unsigned user_of(const struct worker *w)
{
	return w->load->options.first_user + w->index % w->load->options.users;
}

static int open_login(struct worker *w)
{
	return login_as(w, &w->c, user_of(w));
}

// Some messages of the corpus have UTF-8 in their headers, which a session takes that has enabled it (RFC 9755 section 4, RFC 9051). A server that
// knows no such capability ignores its name (RFC 5161 section 3.1).
static int enable_utf8(struct worker *w, struct client *c)
{
	struct answer a;
	return client_do(c, "ENABLE IMAP4rev2", &a) ? wrong(w, "ENABLE", c) : 0;
}

static int open_append(struct worker *w)
{
	return open_login(w) ? -1 : enable_utf8(w, &w->c);
}

static int select_in(struct worker *w, struct client *c)
{
	char text[300];
	struct answer a;
	(void)snprintf(text, sizeof text, "SELECT %s", w->load->options.mailbox);
	if (client_do(c, text, &a))
		return wrong(w, "SELECT", c);
	if (!a.has_exists)
		return miscounted(w, "EXISTS of SELECT", 0, 1);
	w->exists = a.exists;
	w->validity = a.validity;
	w->modseq = a.modseq;
	return 0;
}

static int open_select(struct worker *w)
{
	if (open_login(w))
		return -1;
	return select_in(w, &w->c);
}

static uint64_t some_uid(struct worker *w)
{
	uint64_t count = w->load->options.messages ? w->load->options.messages : w->exists;
	return 1 + random_next(w) % (count ? count : 1);
}

// Sends the command and waits; the time of it.
static int timed(
	struct worker *w, struct client *c, const char *text, struct answer *a, struct done *done)
{
	uint64_t began = now_ns();
	if (client_do(c, text, a))
		return wrong(w, text, c);
	*done = (struct done){ .ns = now_ns() - began, .ops = 1 };
	return 0;
}

// --- steps ---

static int append(struct worker *w, struct client *c)
{
	struct load *load = w->load;
	const struct message *m = &load->corpus[w->number % load->corpus_count];
	char text[300];
	struct answer a;
	(void)snprintf(text, sizeof text, "APPEND %s", load->options.mailbox);
	if (client_send(c, text, m->data, m->size) || client_wait(c, &a))
		return wrong(w, "APPEND", c);
	w->bytes += m->size;
	return 0;
}

static int step_append(struct worker *w, struct done *done)
{
	uint64_t began = now_ns();
	if (append(w, &w->c))
		return -1;
	*done = (struct done){ .ns = now_ns() - began, .ops = 1 };
	return 0;
}

// The given command; every message of the mailbox must come (or as many as --messages says). One operation is one message.
static int step_fetch(struct worker *w, struct done *done)
{
	uint64_t wanted = w->load->options.messages ? w->load->options.messages : w->exists;
	struct answer a;
	if (timed(w, &w->c, w->load->options.command, &a, done))
		return -1;
	done->ops = a.fetches;
	return a.fetches == wanted ? 0 : miscounted(w, "FETCH", a.fetches, wanted);
}

static int step_fetch_one(struct worker *w, struct done *done)
{
	char text[100];
	struct answer a;
	(void)snprintf(
		text, sizeof text, "UID FETCH %llu (BODY.PEEK[])", (unsigned long long)some_uid(w));
	if (timed(w, &w->c, text, &a, done))
		return -1;
	return a.fetches == 1 && a.literal_bytes > 0 ? 0 : miscounted(w, "FETCH", a.fetches, 1);
}

// The given command and a word that nobody used before.
static int step_search(struct worker *w, struct done *done)
{
	char text[300], word[13];
	for (size_t i = 0; i < sizeof word - 1; i++)
		word[i] = (char)('a' + random_next(w) % 26);
	word[sizeof word - 1] = '\0';
	struct answer a;
	(void)snprintf(text, sizeof text, "%s %s", w->load->options.command, word);
	if (timed(w, &w->c, text, &a, done))
		return -1;
	return a.numbers == 0 ? 0 : miscounted(w, "SEARCH of an absent word", a.numbers, 0);
}

// The given command; the answer has a number for each message of the mailbox (SORT, THREAD, SEARCH ALL).
static int step_numbers(struct worker *w, struct done *done)
{
	struct answer a;
	if (timed(w, &w->c, w->load->options.command, &a, done))
		return -1;
	return a.numbers == w->exists ? 0 : miscounted(w, "numbers", a.numbers, w->exists);
}

static int open_store(struct worker *w)
{
	struct answer a;
	if (open_select(w))
		return -1;
	if (client_do(&w->c, "UID STORE 1:* -FLAGS.SILENT (\\Flagged)", &a))
		return wrong(w, "STORE", &w->c);
	return 0;
}

// Flags every message in turn, then takes the flags off in turn: each step changes something.
static void store_text(struct worker *w, char *text, size_t room)
{
	uint64_t count = w->exists ? w->exists : 1, turn = w->turn++;
	(void)snprintf(text, room, "UID STORE %llu %cFLAGS (\\Flagged)",
		(unsigned long long)(turn % count + 1), turn / count % 2 ? '-' : '+');
}

static int step_store(struct worker *w, struct done *done)
{
	char text[100];
	struct answer a;
	store_text(w, text, sizeof text);
	if (timed(w, &w->c, text, &a, done))
		return -1;
	return a.fetches >= 1 ? 0 : miscounted(w, "FETCH", a.fetches, 1);
}

static int open_copy(struct worker *w)
{
	struct answer a;
	if (open_login(w))
		return -1;
	if (client_do(&w->c, "CREATE Copies", &a) && strncmp(w->c.trouble, "a NO", 4) != 0)
		return wrong(w, "CREATE", &w->c); // a NO: it is there from the last round
	return select_in(w, &w->c);
}

static int step_copy(struct worker *w, struct done *done)
{
	char text[100];
	struct answer a;
	(void)snprintf(text, sizeof text, "UID COPY %llu Copies", (unsigned long long)some_uid(w));
	return timed(w, &w->c, text, &a, done);
}

static int step_select(struct worker *w, struct done *done)
{
	uint64_t began = now_ns();
	struct answer a;
	if (select_in(w, &w->c))
		return -1;
	if (client_do(&w->c, "UNSELECT", &a))
		return wrong(w, "UNSELECT", &w->c);
	*done = (struct done){ .ns = now_ns() - began, .ops = 1 };
	return 0;
}

static int open_nothing(struct worker *w)
{
	return 0;
}

static int step_login(struct worker *w, struct done *done)
{
	struct load *load = w->load;
	uint64_t began = now_ns();
	struct answer a;
	if (login_as(w, &w->c,
		    load->options.first_user + (unsigned)(w->number % load->options.users)))
		return -1;
	if (client_do(&w->c, "LOGOUT", &a))
		return wrong(w, "LOGOUT", &w->c);
	client_hang_up(&w->c);
	*done = (struct done){ .ns = now_ns() - began, .ops = 1 };
	return 0;
}

static int step_noop(struct worker *w, struct done *done)
{
	struct answer a;
	return timed(w, &w->c, "NOOP", &a, done);
}

// --- works of two sessions of one user ---

static int open_idle(struct worker *w)
{
	if (open_select(w) || login_as(w, &w->other, user_of(w)) || enable_utf8(w, &w->other))
		return -1;
	struct answer a;
	if (client_do(&w->c, "IDLE", &a))
		return wrong(w, "IDLE", &w->c);
	return a.goes_on ? 0 : miscounted(w, "continuation", 0, 1);
}

// From the OK of the other's APPEND to the EXISTS of the session that idles. It may be there already: then only the reading of it
// is timed.
static int step_idle(struct worker *w, struct done *done)
{
	if (append(w, &w->other))
		return -1;
	uint64_t began = now_ns();
	bool tagged = false;
	struct answer a = { 0 };
	while (!a.has_exists && !tagged) {
		if (client_response(&w->c, &a, &tagged))
			return wrong(w, "IDLE", &w->c);
	}
	*done = (struct done){ .ns = now_ns() - began, .ops = 1 };
	return 0;
}

static int open_change(struct worker *w)
{
	if (open_store(w) || login_as(w, &w->other, user_of(w)))
		return -1;
	return select_in(w, &w->other);
}

static int step_change(struct worker *w, struct done *done)
{
	char text[100];
	struct answer a;
	store_text(w, text, sizeof text);
	if (client_do(&w->other, text, &a))
		return wrong(w, text, &w->other);
	if (timed(w, &w->c, "NOOP", &a, done))
		return -1;
	return a.fetches >= 1 ? 0 : miscounted(w, "FETCH", a.fetches, 1);
}

static int delete_some(struct worker *w)
{
	char text[100];
	struct answer a;
	(void)snprintf(text, sizeof text, "STORE %llu +FLAGS.SILENT (\\Deleted)",
		(unsigned long long)(1 + random_next(w) % (w->exists ? w->exists : 1)));
	return client_do(&w->c, text, &a) ? wrong(w, text, &w->c) : 0;
}

// An APPEND and an EXPUNGE of some message, one of them timed: the mailbox stays as large as it is.
static int append_and_expunge(struct worker *w, struct done *done, bool expunge_is_timed)
{
	struct answer a;
	struct done appended, expunged;
	if (step_append(w, &appended) || delete_some(w) ||
		timed(w, &w->c, "EXPUNGE", &a, &expunged))
		return -1;
	*done = expunge_is_timed ? expunged : appended;
	return a.expunges == 1 ? 0 : miscounted(w, "EXPUNGE", a.expunges, 1);
}

static int step_expunge(struct worker *w, struct done *done)
{
	return append_and_expunge(w, done, true);
}

static int step_append_same(struct worker *w, struct done *done)
{
	return append_and_expunge(w, done, false);
}

static int open_qresync(struct worker *w)
{
	struct answer a;
	if (open_login(w) || login_as(w, &w->other, user_of(w)))
		return -1;
	if (client_do(&w->c, "ENABLE QRESYNC", &a))
		return wrong(w, "ENABLE", &w->c);
	return select_in(w, &w->other);
}

#define QRESYNC_CHANGED 100
#define QRESYNC_GONE 50
#define QRESYNC_LEAST 5000 // fewer, and what one step takes away would change the next

// A list of `count` sequence numbers that are spread over the mailbox.
static size_t spread(
	const struct worker *w, char *text, size_t room, uint64_t count, uint64_t shift)
{
	uint64_t apart = w->exists / count;
	size_t size = 0;
	for (uint64_t i = 0; i < count; i++)
		size += (size_t)snprintf(text + size, room - size, "%s%llu", i ? "," : "",
			(unsigned long long)(i * apart + shift % apart + 1));
	return size;
}

// While a session is away another changes 100 messages and expunges 50; what is timed is the SELECT that brings it up to date
// (RFC 7162 section 3.2.5).
static int step_qresync(struct worker *w, struct done *done)
{
	char text[3000];
	struct answer a;
	if (w->exists < QRESYNC_LEAST)
		return miscounted(w, "messages", w->exists, QRESYNC_LEAST);
	if (select_in(w, &w->c) || client_do(&w->c, "UNSELECT", &a))
		return wrong(w, "SELECT", &w->c);
	uint64_t shift = random_next(w) % 50 * 2;
	size_t size = (size_t)snprintf(text, sizeof text, "STORE ");
	size += spread(w, text + size, sizeof text - size, QRESYNC_CHANGED, shift);
	(void)snprintf(text + size, sizeof text - size, " FLAGS.SILENT ($Changed%u)",
		(unsigned)(random_next(w) % 16)); // another one than last time, mostly
	if (client_do(&w->other, text, &a))
		return wrong(w, "STORE", &w->other);
	size = (size_t)snprintf(text, sizeof text, "STORE ");
	size += spread(w, text + size, sizeof text - size, QRESYNC_GONE, shift + 1);
	(void)snprintf(text + size, sizeof text - size, " +FLAGS.SILENT (\\Deleted)");
	if (client_do(&w->other, text, &a) || client_do(&w->other, "EXPUNGE", &a))
		return wrong(w, "EXPUNGE", &w->other);
	if (a.expunges != QRESYNC_GONE)
		return miscounted(w, "EXPUNGE", a.expunges, QRESYNC_GONE);
	(void)snprintf(text, sizeof text, "SELECT %s (QRESYNC (%llu %llu))",
		w->load->options.mailbox, (unsigned long long)w->validity,
		(unsigned long long)w->modseq);
	uint64_t before = w->c.received;
	if (timed(w, &w->c, text, &a, done))
		return -1;
	w->bytes += w->c.received - before;
	if (a.expunges == 0)
		return miscounted(w, "VANISHED", a.expunges, 1);
	if (a.fetches < QRESYNC_CHANGED - QRESYNC_GONE)
		return miscounted(w, "changed messages", a.fetches, QRESYNC_CHANGED);
	return client_do(&w->c, "UNSELECT", &a);
}

// --- many messages at once ---

#define THREAD_MESSAGES 8
#define THREAD_MESSAGE_MOST 2000

// Message number n of conversations of eight: each is an answer to the one before. `out` has THREAD_MESSAGE_MOST bytes.
static size_t make_in_thread(char *out, uint64_t n)
{
	uint64_t root = n - n % THREAD_MESSAGES, topic = (root / THREAD_MESSAGES) * 7919 % 100003;
	char references[200] = "";
	if (n != root)
		(void)snprintf(references, sizeof references,
			"In-Reply-To: <bench-%llu@example.org>\r\n"
			"References: <bench-%llu@example.org> <bench-%llu@example.org>\r\n",
			(unsigned long long)n - 1, (unsigned long long)root,
			(unsigned long long)n - 1);
	int size = snprintf(out, THREAD_MESSAGE_MOST,
		"From: Person %llu <person%llu@example.org>\r\nTo: list@example.org\r\n"
		"Subject: %sTopic number %llu of the list\r\nDate: Mon, %02u Jan 2024 "
		"%02u:%02u:00 +0000\r\nMessage-ID: <bench-%llu@example.org>\r\n%s"
		"Content-Type: text/plain; charset=utf-8\r\n\r\n"
		"A short answer, number %llu, with nothing in it that anybody would miss.\r\n",
		(unsigned long long)n % 500, (unsigned long long)n % 500,
		n == root ? "" : "Re: ", (unsigned long long)topic, (unsigned)(1 + n / 1440 % 28),
		(unsigned)(n / 60 % 24), (unsigned)(n % 60), (unsigned long long)n, references,
		(unsigned long long)n);
	return (size_t)size;
}

// One APPEND of --batch messages (MULTIAPPEND, RFC 3502, where that is more than one).
static int send_made(struct worker *w, size_t size, struct done *done)
{
	struct answer a;
	memcpy(w->made + size, "\r\n", 2);
	uint64_t began = now_ns();
	if (client_raw(&w->c, w->made, size + 2) || client_wait(&w->c, &a))
		return wrong(w, "APPEND", &w->c);
	*done = (struct done){ .ns = now_ns() - began, .ops = w->load->options.batch };
	return 0;
}

// Room for `more` bytes behind the first `size` ones of w->made, and for what follows a message.
static bool make_room(struct worker *w, size_t size, size_t more)
{
	size_t wanted = size + more + 400;
	if (wanted <= w->made_room)
		return true;
	char *made = realloc(w->made, wanted * 2);
	if (!made)
		return false;
	w->made = made;
	w->made_room = wanted * 2;
	return true;
}

static int add_message(struct worker *w, size_t *size, const char *data, size_t bytes)
{
	if (!make_room(w, *size, bytes))
		return -1;
	if (*size == 0)
		*size = (size_t)snprintf(
			w->made, w->made_room, "a APPEND %s", w->load->options.mailbox);
	*size += (size_t)snprintf(w->made + *size, w->made_room - *size, " {%zu+}\r\n", bytes);
	memcpy(w->made + *size, data, bytes);
	*size += bytes;
	return 0;
}

static int step_append_many(struct worker *w, struct done *done)
{
	struct load *load = w->load;
	uint64_t batch = load->options.batch, all = load->options.messages, at = w->number * batch;
	size_t size = 0;
	if (all > 0 && at + batch > all)
		batch = at < all ? all - at : 0;
	for (uint64_t i = 0; i < batch; i++) {
		const struct message *m = &load->corpus[(at + i) % load->corpus_count];
		if (add_message(w, &size, m->data, m->size))
			return -1;
		w->bytes += m->size;
	}
	return batch > 0 ? send_made(w, size, done) : 0;
}

static int step_append_thread(struct worker *w, struct done *done)
{
	char message[THREAD_MESSAGE_MOST];
	size_t size = 0;
	for (uint64_t i = 0, batch = w->load->options.batch; i < batch; i++) {
		size_t bytes = make_in_thread(message, w->number * batch + i);
		if (add_message(w, &size, message, bytes))
			return -1;
	}
	return send_made(w, size, done);
}

const struct work works[] = {
	{ "append", open_append, step_append, false },
	{ "append-same", open_select, step_append_same, false },
	{ "append-many", open_append, step_append_many, false },
	{ "append-thread", open_login, step_append_thread, false },
	{ "fetch", open_select, step_fetch, true },
	{ "fetch-one", open_select, step_fetch_one, false },
	{ "search", open_select, step_search, true },
	{ "numbers", open_select, step_numbers, true },
	{ "store", open_store, step_store, false },
	{ "copy", open_copy, step_copy, false },
	{ "select", open_login, step_select, false },
	{ "login", open_nothing, step_login, false },
	{ "noop", open_select, step_noop, false },
	{ "idle", open_idle, step_idle, false },
	{ "noop-change", open_change, step_change, false },
	{ "expunge", open_select, step_expunge, false },
	{ "lmtp", open_lmtp, step_lmtp, false },
	{ "pop3", open_pop3, step_pop3, false },
	{ "qresync", open_qresync, step_qresync, false },
};
const size_t works_count = sizeof works / sizeof works[0];
