// SPDX-License-Identifier: Apache-2.0
// works: the kinds of work of the load generator, one row each at the end of the file. A step that gets another answer than
// the one that must come fails the whole run.
#include "load.h"

#include <stdio.h>
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
	return timed(w, &w->c, text, &a, done);
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
	client_close(&w->c);
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
	if (open_select(w) || login_as(w, &w->other, user_of(w)))
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

// Deletes the first message; only the EXPUNGE is timed.
static int step_expunge(struct worker *w, struct done *done)
{
	struct answer a;
	if (client_do(&w->c, "STORE 1 +FLAGS.SILENT (\\Deleted)", &a))
		return wrong(w, "STORE", &w->c);
	if (timed(w, &w->c, "EXPUNGE", &a, done))
		return -1;
	return a.expunges == 1 ? 0 : miscounted(w, "EXPUNGE", a.expunges, 1);
}

const struct work works[] = {
	{ "append", open_login, step_append },
	{ "fetch", open_select, step_fetch },
	{ "fetch-one", open_select, step_fetch_one },
	{ "search", open_select, step_search },
	{ "store", open_store, step_store },
	{ "copy", open_copy, step_copy },
	{ "select", open_login, step_select },
	{ "login", open_nothing, step_login },
	{ "noop", open_select, step_noop },
	{ "idle", open_idle, step_idle },
	{ "noop-change", open_change, step_change },
	{ "expunge", open_select, step_expunge },
};
const size_t works_count = sizeof works / sizeof works[0];
