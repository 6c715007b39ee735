// SPDX-License-Identifier: Apache-2.0
#include "imap/model_client_testing.h"

#include "base/must.h"
#include "imap/imap.h"

#include <stdlib.h>

// --- reading ---

static bool take(const char **p, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

static uint64_t number(const char **p)
{
	char *end;
	must(**p >= '0' && **p <= '9');
	uint64_t v = strtoull(*p, &end, 10);
	*p = end;
	return v;
}

// In the order in which they stand there.
static void ranges_read(const char **p, struct uid_ranges *ret)
{
	*ret = (struct uid_ranges){ .heard = true };
	do {
		uint64_t first = number(p), last = take(p, ":") ? number(p) : first;
		must(ret->n < MODEL_MESSAGES && first > 0 && first <= last);
		ret->r[ret->n].first = first;
		ret->r[ret->n++].last = last;
	} while (take(p, ","));
}

bool ranges_have(const struct uid_ranges *r, uint64_t v)
{
	for (size_t i = 0; i < r->n; i++)
		if (v >= r->r[i].first && v <= r->r[i].last)
			return true;
	return false;
}

uint64_t ranges_size(const struct uid_ranges *r)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < r->n; i++)
		sum += r->r[i].last - r->r[i].first + 1;
	return sum;
}

uint64_t ranges_nth(const struct uid_ranges *r, uint64_t i)
{
	for (size_t k = 0; k < r->n; k++) {
		uint64_t size = r->r[k].last - r->r[k].first + 1;
		if (i < size)
			return r->r[k].first + i;
		i -= size;
	}
	must(false);
	return 0;
}

// --- what changes the list ---

static void hear_exists(struct client *c, uint64_t exists)
{
	if (c->selecting) {
		must(exists == c->box->n);
		c->n = 0;
		c->told = 0;
		c->exists = exists;
	}
	must(c->box && exists >= c->n); // RFC 9051 section 7.4.1: it only grows
	for (size_t i = 0; i < c->box->n; i++)
		if (c->box->m[i].uid > c->told)
			c->list[c->n++] = (struct known){ .uid = c->box->m[i].uid, .flags = -1 };
	must(c->n == exists);
	c->told = c->box->uid_next ? c->box->uid_next - 1 : 0;
}

static void forget(struct client *c, size_t i)
{
	must(!c->keeps_numbers); // RFC 9051 section 7.5.1
	must(!model_find(c->box, c->list[i].uid));
	memmove(&c->list[i], &c->list[i + 1], (c->n - i - 1) * sizeof c->list[0]);
	c->n--;
}

static void hear_vanished(struct client *c, const char **p)
{
	struct uid_ranges gone;
	must(c->qresync && c->box);
	bool earlier = take(p, "(EARLIER) ");
	ranges_read(p, &gone);
	for (size_t i = 0; i < c->box->n; i++)
		must(!ranges_have(&gone, c->box->m[i].uid)); // nothing that is there
	if (earlier) {
		must(!c->earlier.heard);
		c->earlier = gone;
		return;
	}
	must(!c->selecting);
	for (size_t i = c->n; i > 0; i--)
		if (ranges_have(&gone, c->list[i - 1].uid))
			forget(c, i - 1);
}

// --- FETCH ---

static unsigned flags_read(const char **p)
{
	unsigned flags = 0;
	must(take(p, "("));
	while (!take(p, ")")) {
		(void)take(p, " ");
		size_t n = strcspn(*p, " )"), i = 0;
		if (n == 7 && strncmp(*p, "\\Recent", n) == 0) {
			*p += n;
			continue;
		}
		while (i < MODEL_FLAGS &&
			!(strlen(model_flag[i]) == n && strncmp(*p, model_flag[i], n) == 0))
			i++;
		must(i < MODEL_FLAGS && !(flags >> i & 1)); // nothing made up, nothing twice
		flags |= 1u << i;
		*p += n;
	}
	return flags;
}

static void body_check(const char **p, const struct model_message *msg)
{
	char text[MODEL_TEXT];
	must(take(p, "{"));
	uint64_t n = number(p);
	must(take(p, "}\r\n") && strlen(*p) >= n);
	must(!msg || (model_text(msg->serial, text) == n && memcmp(text, *p, n) == 0));
	*p += n;
}

static void hear_fetch(struct client *c, uint64_t seq, const char **p)
{
	char text[MODEL_TEXT];
	must(c->box && seq >= 1 && seq <= c->n);
	struct known *k = &c->list[seq - 1];
	struct model_message *msg = model_find(c->box, k->uid); // NULL: gone already
	bool uid = false, modseq = false;
	must(take(p, "("));
	while (!take(p, ")")) {
		(void)take(p, " ");
		if (take(p, "UID ")) {
			must(number(p) == k->uid);
			uid = true;
		} else if (take(p, "FLAGS ")) {
			unsigned flags = flags_read(p);
			must(!msg || flags == msg->flags);
			k->flags = (int)flags;
		} else if (take(p, "MODSEQ (")) {
			uint64_t v = number(p);
			must(take(p, ")") && c->condstore);
			modseq = true;
			c->modseq = v > c->modseq ? v : c->modseq;
			if (msg)
				model_hear_modseq(c->box, msg, v);
		} else if (take(p, "RFC822.SIZE ")) {
			uint64_t size = number(p);
			must(!msg || size == model_text(msg->serial, text));
		} else if (take(p, "BODY[] ")) {
			body_check(p, msg);
		} else {
			must(false); // nobody asked for it
		}
	}
	must((uid && modseq) || !c->condstore || c->fetching); // RFC 7162 section 3.2.4
	k->fetched = true;
}

// --- the rest ---

static void found(struct client *c, uint64_t v)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->search_uid ? c->list[i].uid == v : i + 1 == v) {
			must(!c->list[i].found);
			c->list[i].found = true;
			return;
		}
	// A message that came meanwhile, which EXISTS will tell: only by its UID.
	must(c->search_uid && v > c->told && model_find(c->box, (uint32_t)v));
}

static void hear_search(struct client *c, const char **p)
{
	c->search_all = true;
	while (take(p, " ")) {
		if (take(p, "(MODSEQ ")) {
			(void)number(p);
			must(take(p, ")") && c->condstore);
		} else {
			found(c, number(p));
		}
	}
}

static void hear_esearch(struct client *c, const char **p)
{
	struct uid_ranges all;
	must(take(p, " (TAG \"t") && number(p) == c->tag && take(p, "\")"));
	must(take(p, " UID") == c->search_uid);
	while (take(p, " ")) {
		if (take(p, "ALL ")) {
			ranges_read(p, &all);
			for (size_t i = 0; i < all.n; i++)
				for (uint64_t v = all.r[i].first; v <= all.r[i].last; v++)
					found(c, v);
			c->search_all = true;
		} else if (take(p, "COUNT ")) {
			c->count = number(p);
		} else if (take(p, "MIN ")) {
			c->min = number(p);
		} else if (take(p, "MAX ")) {
			c->max = number(p);
		} else {
			must(take(p, "MODSEQ ") && c->condstore);
			(void)number(p);
		}
	}
}

static void hear_status(struct client *c, const char **p)
{
	struct model_status *st = &c->status;
	const struct {
		const char *word;
		uint64_t *to;
	} items[] = { { "MESSAGES ", &st->messages }, { "UIDNEXT ", &st->uid_next },
		{ "UIDVALIDITY ", &st->validity }, { "UNSEEN ", &st->unseen },
		{ "DELETED ", &st->deleted }, { "SIZE ", &st->size },
		{ "HIGHESTMODSEQ ", &st->highest } };
	*p += strcspn(*p, " ");
	must(take(p, " ("));
	while (!take(p, ")")) {
		size_t i = 0;
		(void)take(p, " ");
		while (i < sizeof items / sizeof items[0] && !take(p, items[i].word))
			i++;
		must(i < sizeof items / sizeof items[0]);
		*items[i].to = number(p);
	}
}

static void hear_code(struct client *c, const char *p)
{
	if (!take(&p, "["))
		return;
	if (take(&p, "UIDVALIDITY ")) {
		c->uid_validity = number(&p);
	} else if (take(&p, "UIDNEXT ")) {
		c->uid_next = number(&p);
	} else if (take(&p, "HIGHESTMODSEQ ")) {
		uint64_t highest = number(&p);
		must(c->box && highest >= (c->selecting ? c->box->highest : 0));
		c->highest = highest;
	} else if (take(&p, "COPYUID ")) {
		c->uid_validity = number(&p);
		must(take(&p, " "));
		ranges_read(&p, &c->from);
		must(take(&p, " "));
		ranges_read(&p, &c->to);
		must(ranges_size(&c->from) == ranges_size(&c->to));
	} else if (take(&p, "APPENDUID ")) {
		c->uid_validity = number(&p);
		must(take(&p, " "));
		ranges_read(&p, &c->to);
	} else if (take(&p, "MODIFIED ")) {
		ranges_read(&p, &c->modified);
	}
}

static void hear_untagged(struct client *c, const char **p)
{
	if (**p >= '0' && **p <= '9') {
		uint64_t v = number(p);
		if (take(p, " EXISTS")) {
			hear_exists(c, v);
		} else if (take(p, " EXPUNGE")) {
			must(c->box && !c->qresync && v >= 1 && v <= c->n);
			forget(c, v - 1);
		} else if (take(p, " FETCH ")) {
			hear_fetch(c, v, p);
		} else {
			must(take(p, " RECENT") && !c->rev2);
		}
	} else if (take(p, "VANISHED ")) {
		hear_vanished(c, p);
	} else if (take(p, "SEARCH")) {
		hear_search(c, p);
	} else if (take(p, "ESEARCH")) {
		hear_esearch(c, p);
	} else if (take(p, "STATUS ")) {
		hear_status(c, p);
	} else if (take(p, "OK ")) {
		hear_code(c, *p);
		*p += strcspn(*p, "\r");
	} else {
		c->closed |= strncmp(*p, "BYE ", 4) == 0;
		must(c->closed || take(p, "FLAGS ") || take(p, "LIST ") || take(p, "ENABLED") ||
			take(p, "CAPABILITY "));
		*p += strcspn(*p, "\r");
	}
}

static enum answer hear_all(struct client *c, const char *p)
{
	enum answer answer = ANSWER_BYE;
	while (*p) {
		must(answer == ANSWER_BYE); // behind the tagged line comes nothing
		if (take(&p, "* ")) {
			hear_untagged(c, &p);
		} else {
			must(take(&p, "t") && number(&p) == c->tag && take(&p, " "));
			answer = take(&p, "OK ")  ? ANSWER_OK
				: take(&p, "NO ") ? ANSWER_NO
						  : ANSWER_BAD;
			hear_code(c, p);
			p += strcspn(p, "\r");
		}
		must(take(&p, "\r\n"));
	}
	return answer;
}

enum answer client_say(struct client *c, struct span command)
{
	struct buf b = { 0 };
	c->earlier = c->from = c->to = c->modified = (struct uid_ranges){ 0 };
	c->count = c->min = c->max = UINT64_MAX;
	c->search_all = false;
	c->uid_validity = c->uid_next = c->highest = c->exists = c->modseq = 0;
	for (size_t i = 0; i < c->n; i++)
		c->list[i].fetched = c->list[i].found = false;
	buf_addf(&b, "t%u ", ++c->tag);
	buf_add(&b, command);
	buf_add(&b, SPAN("\r\n"));
	must(!b.failed);
	if (getenv("MODEL_TRACE"))
		fprintf(stderr, "C%p: %.*s", (void *)c, (int)b.n, b.p);
	fake_send(&c->f, buf_span(&b), 0);
	buf_reset(&b);
	buf_add(&b, fake_output(&c->f));
	buf_addc(&b, 0);
	must(!b.failed && strlen(b.p) == b.n - 1);
	if (getenv("MODEL_TRACE"))
		fprintf(stderr, "S%p: %s", (void *)c, b.p);
	enum answer answer = hear_all(c, b.p);
	if (c->highest) // RFC 7162 section 6: even if there were higher ones
		c->synced = c->highest;
	else if (answer != ANSWER_BYE && c->modseq > c->synced)
		c->synced = c->modseq;
	must(c->closed == (answer == ANSWER_BYE) && (!c->closed || c->f.closed));
	buf_done(&b);
	return answer;
}

void client_open(struct client *c, struct model *m, const void *config)
{
	*c = (struct client){ .model = m, .config = config };
	fake_open(&c->f, &imap_service, config);
	(void)fake_output(&c->f); // the greeting
	must(client_say(c, SPAN("LOGIN u p")) == ANSWER_OK);
}

void client_close(struct client *c)
{
	fake_close(&c->f);
}

void client_reopen(struct client *c)
{
	static struct kept kept; // too large for the stack
	client_leave(c, NULL);
	kept = c->kept;
	client_close(c);
	client_open(c, c->model, c->config);
	c->kept = kept;
}

void client_leave(struct client *c, struct model_box *to)
{
	if (c->box && !c->box->dead) {
		c->kept.box = c->box;
		c->kept.validity = c->box->validity;
		c->kept.highest = c->synced;
		c->kept.n = c->n;
		memcpy(c->kept.list, c->list, c->n * sizeof c->list[0]);
	}
	c->box = to;
	c->n = 0;
	c->synced = 0;
}
