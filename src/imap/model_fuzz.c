// SPDX-License-Identifier: Apache-2.0
// Valid commands by several sessions of one account, on the memory engine, against a model of a mailbox (model_testing.h): the octets choose the
// commands, the model says what comes of each, the clients (model_client_testing.h) hold every response against it. After each command one more
// session asks for STATUS of all mailboxes; at the end everything is fetched. MODEL_TRACE=1 shows the talk.
#include "base/log.h"
#include "base/must.h"
#include "auth/fake_testing.c" // a fuzzer is one file (fuzz/meson.build)
#include "imap/imap.h"
#include "imap/model_testing.c"
#include "imap/model_client_testing.c"
#include "mail/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLIENTS 3u
#define COMMANDS 400u
#define BOX_MOST 300u // messages

struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct imap *imap;
	struct model model;
	struct client client[CLIENTS], observer;
	const uint8_t *in;
	size_t left;
	struct buf text; // the command
};
struct set {
	struct uid_ranges r;
	bool uid;
};

static unsigned pick(struct world *w, unsigned n)
{
	unsigned v = 0;
	for (unsigned most = 1; most < n && w->left; most <<= 8, w->left--)
		v = v << 8 | *w->in++;
	return v % n;
}

static struct client *client_pick(struct world *w)
{
	return &w->client[pick(w, CLIENTS)];
}

// --- sets of messages ---

// Into the text. UIDs only up to what the client was told of. False: there are no numbers that it could name.
static bool set_pick(struct world *w, const struct client *c, bool uid, struct set *ret_set)
{
	unsigned top = uid ? c->told : (unsigned)c->n;
	ret_set->uid = uid;
	ret_set->r = (struct uid_ranges){ 0 };
	if (top == 0)
		return false;
	bool star = c->n && (!uid || c->list[c->n - 1].uid == c->told) && c->box->n &&
		c->box->m[c->box->n - 1].uid == c->list[c->n - 1].uid;
	unsigned count = 1 + pick(w, 3);
	for (unsigned i = 0; i < count; i++) {
		unsigned kind = pick(w, 5), a = 1 + pick(w, top),
			 b = kind < 2 ? a : 1 + pick(w, top);
		buf_addf(&w->text, "%s%u", i ? "," : "", a);
		if (kind == 2 && star) {
			b = top;
			buf_addf(&w->text, ":*");
		} else if (b != a) {
			buf_addf(&w->text, ":%u", b);
		}
		ret_set->r.r[i].first = a < b ? a : b;
		ret_set->r.r[i].last = a < b ? b : a;
		ret_set->r.n++;
	}
	return true;
}

static bool set_has(const struct set *s, const struct client *c, size_t i)
{
	return ranges_have(&s->r, s->uid ? c->list[i].uid : i + 1);
}

// The message, if the i-th of the client's list is in the set and was not expunged. *gone: it was.
static struct model_message *set_message(
	const struct set *s, const struct client *c, size_t i, bool *gone)
{
	struct model_message *msg = set_has(s, c, i) ? model_find(c->box, c->list[i].uid) : NULL;
	*gone |= set_has(s, c, i) && !msg;
	return msg;
}

// --- before and after commands ---

// A time of which the mailbox's HIGHESTMODSEQ is known.
static struct model_point point_pick(struct world *w, const struct model_box *b)
{
	size_t most = b->point_count < MODEL_POINTS ? b->point_count : MODEL_POINTS;
	must(most);
	return b->points[pick(w, (unsigned)most)];
}

// The client knows all that is true of its mailbox; but of expunges only where they may be told.
static void synced(const struct client *c)
{
	size_t live = 0;
	if (!c->box || c->box->dead)
		return;
	for (size_t i = 0; i < c->n; i++) {
		const struct model_message *msg = model_find(c->box, c->list[i].uid);
		must(msg || c->keeps_numbers);
		must(!msg || c->list[i].flags < 0 || (unsigned)c->list[i].flags == msg->flags);
		live += !!msg;
	}
	must(live == c->box->n);
}

// Says the text; `answer` is what must come of it.
static void say_only(struct world *w, struct client *c, enum answer answer)
{
	must(!w->text.failed);
	must(client_say(c, buf_span(&w->text)) == answer);
	buf_reset(&w->text);
}

// The same, and what changed meanwhile is told.
static void say(struct world *w, struct client *c, enum answer answer)
{
	say_only(w, c, answer);
	if (!c->selecting)
		synced(c);
	c->selecting = c->keeps_numbers = false;
}

static void noop(struct world *w, struct client *c)
{
	buf_reset(&w->text);
	buf_add(&w->text, SPAN("NOOP"));
	say(w, c, ANSWER_OK);
}

static void observe(struct world *w)
{
	for (size_t i = 0; i < MODEL_NAMES; i++) {
		buf_reset(&w->text);
		if (!w->model.name[i] && w->model.clock % 8)
			continue; // now and then is enough
		buf_addf(&w->text,
			"STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE "
			"HIGHESTMODSEQ)",
			model_name[i]);
		say(w, &w->observer, w->model.name[i] ? ANSWER_OK : ANSWER_NO);
		if (w->model.name[i])
			model_hear_status(&w->model, i, &w->observer.status);
	}
}

// --- commands on names ---

static void flags_pick(struct world *w, unsigned *ret_flags)
{
	unsigned flags = pick(w, 256), n = 0;
	buf_addc(&w->text, '(');
	for (unsigned i = 0; i < MODEL_FLAGS; i++)
		if (flags >> i & 1)
			buf_addf(&w->text, "%s%s", n++ ? " " : "", model_flag[i]);
	buf_addc(&w->text, ')');
	*ret_flags = flags;
}

static void do_append(struct world *w, struct client *c)
{
	char text[MODEL_TEXT];
	size_t name = pick(w, MODEL_NAMES);
	struct model_box *b = w->model.name[name];
	unsigned count = pick(w, 8) ? 1 + pick(w, 3) : 1 + pick(w, 60), flags;
	if (b && b->n + count > BOX_MOST)
		return noop(w, c);
	uint32_t first = b ? b->uid_next : 0;
	buf_addf(&w->text, "APPEND %s", model_name[name]);
	for (unsigned i = 0; i < count; i++) {
		buf_addc(&w->text, ' ');
		flags_pick(w, &flags);
		size_t n = model_text(++w->model.serial, text);
		buf_addf(&w->text, " {%zu+}\r\n%.*s", n, (int)n, text);
		if (b)
			model_add(&w->model, b, first + i, flags, w->model.serial);
	}
	if (b)
		say(w, c, ANSWER_OK);
	else // refused before its literal: nothing is told with it (imap/dispatch.c)
		say_only(w, c, ANSWER_NO);
	if (b) {
		must(ranges_size(&c->to) == count && c->uid_validity == b->validity);
		must(ranges_nth(&c->to, 0) == first && c->to.n == 1);
	}
}

static void do_create(struct world *w, struct client *c)
{
	size_t name = pick(w, MODEL_NAMES);
	bool good = !w->model.name[name];
	if (good && !model_can_create(&w->model))
		return noop(w, c);
	if (good)
		model_create(&w->model, name);
	buf_addf(&w->text, "CREATE %s", model_name[name]);
	say(w, c, good ? ANSWER_OK : ANSWER_NO);
}

static void do_delete(struct world *w, struct client *c)
{
	size_t name = pick(w, MODEL_NAMES);
	bool good = name != 0 && w->model.name[name];
	if (good)
		model_delete(&w->model, name);
	buf_addf(&w->text, "DELETE %s", model_name[name]);
	say(w, c, good ? ANSWER_OK : ANSWER_NO);
	if (c->box && c->box->dead)
		c->box = NULL; // it was told that it is closed
}

static void do_rename(struct world *w, struct client *c)
{
	size_t from = pick(w, MODEL_NAMES), to = pick(w, MODEL_NAMES);
	bool good = w->model.name[from] && !w->model.name[to] && to != 0;
	if (good && !model_can_create(&w->model))
		return noop(w, c);
	if (good)
		model_rename(&w->model, from, to);
	buf_addf(&w->text, "RENAME %s %s", model_name[from], model_name[to]);
	say(w, c, good ? ANSWER_OK : ANSWER_NO);
}

static void do_enable(struct world *w, struct client *c)
{
	static const char *const what[] = { "CONDSTORE", "QRESYNC", "IMAP4rev2" };
	unsigned i = pick(w, 3);
	if (c->box) // only before a mailbox is selected (RFC 9051 section 6.3.1)
		return noop(w, c);
	c->condstore |= i <= 1;
	c->qresync |= i == 1;
	c->rev2 |= i == 2;
	buf_addf(&w->text, "ENABLE %s", what[i]);
	say(w, c, ANSWER_OK);
}

// --- selecting ---

static void check_resync(const struct client *c, const struct model_point *since)
{
	const struct model_box *b = c->box;
	size_t kept = 4 * MODEL_MESSAGES;
	for (size_t i = b->gone_count > kept ? b->gone_count - kept : 0; i < b->gone_count; i++)
		if (b->gone[i % kept].when > since->when)
			must(ranges_have(&c->earlier, b->gone[i % kept].uid));
	for (size_t i = 0; i < c->n; i++) // RFC 7162 section 3.2.5.1
		must(c->list[i].fetched == (b->m[i].changed > since->when));
}

static void enable_qresync(struct world *w, struct client *c)
{
	c->condstore = c->qresync = true;
	buf_add(&w->text, SPAN("ENABLE QRESYNC"));
	say(w, c, ANSWER_OK);
}

// What was kept, less what vanished, with what was told of it now, is the mailbox.
static void check_kept(struct client *c)
{
	const struct kept *k = &c->kept;
	for (size_t i = 0, at = 0; i < k->n; i++) {
		const struct model_message *msg = model_find(c->box, k->list[i].uid);
		must(msg || ranges_have(&c->earlier, k->list[i].uid));
		while (msg && c->list[at].uid < msg->uid)
			at++;
		if (!msg || k->list[i].flags < 0)
			continue;
		if (!c->list[at].fetched)
			c->list[at].flags = k->list[i].flags;
		must(c->list[at].flags == (int)msg->flags);
	}
}

static void do_select(struct world *w, struct client *c)
{
	size_t name = pick(w, MODEL_NAMES);
	unsigned how = pick(w, 5);
	how = how == 4 ? 1 : how;
	for (size_t i = 0; how == 1 && c->qresync && i < MODEL_NAMES; i++)
		if (w->model.name[i] && w->model.name[i] == (c->box ? c->box : c->kept.box))
			name = i; // what it knows best
	struct model_box *b = w->model.name[name];
	struct model_point since = { 0, 0 };
	bool stale = false, resync = how == 3 && c->qresync && b;
	client_leave(c, b);
	bool kept =
		how == 1 && c->qresync && b && c->kept.box == b && c->kept.validity == b->validity;
	c->readonly = pick(w, 4) == 0;
	buf_addf(&w->text, "%s %s", c->readonly ? "EXAMINE" : "SELECT", model_name[name]);
	if (resync) {
		stale = pick(w, 6) == 0;
		since = point_pick(w, b);
		buf_addf(&w->text, " (QRESYNC (%u %llu))", b->validity + stale,
			(unsigned long long)since.highest);
	} else if (how == 2) {
		buf_add(&w->text, SPAN(" (CONDSTORE)"));
		c->condstore = true;
	} else if (kept) {
		buf_addf(&w->text, " (QRESYNC (%u %llu))", b->validity,
			(unsigned long long)c->kept.highest);
	}
	c->selecting = true;
	say(w, c, b ? ANSWER_OK : ANSWER_NO);
	if (!b)
		return;
	must(c->uid_validity == b->validity && c->uid_next == b->uid_next);
	must(c->highest == b->highest && c->exists == b->n && c->n == b->n);
	if (resync && !stale)
		check_resync(c, &since);
	if (kept)
		check_kept(c);
	for (size_t i = 0; i < c->n; i++)
		must(!stale || !c->list[i].fetched);
	must(!stale || !c->earlier.heard);
}

// The connection breaks; mostly the client comes back for what it knows.
static void do_reopen(struct world *w, struct client *c)
{
	bool again = c->qresync;
	client_reopen(c);
	if (!again)
		return;
	enable_qresync(w, c);
	if (pick(w, 4))
		do_select(w, c);
}

static void model_expunge(struct world *w, struct model_box *b, const struct set *s)
{
	for (size_t i = b->n; i > 0; i--)
		if (b->m[i - 1].flags & MODEL_DELETED &&
			(!s || ranges_have(&s->r, b->m[i - 1].uid)))
			model_remove(&w->model, b, b->m[i - 1].uid);
}

static void do_unselect(struct world *w, struct client *c)
{
	bool close = pick(w, 2);
	if (close && !c->readonly)
		model_expunge(w, c->box, NULL);
	client_leave(c, NULL);
	buf_add(&w->text, close ? SPAN("CLOSE") : SPAN("UNSELECT"));
	say(w, c, ANSWER_OK);
}

#include "imap/model_messages_testing.c"
#include "imap/model_search_testing.c"

// --- the whole ---

// Its mailbox was deleted by another session: it may go on with little, and is told BYE at the latest when it asks for news.
static void do_orphan(struct world *w, struct client *c)
{
	static const char *const commands[] = { "NOOP", "UNSELECT", "CLOSE", "FETCH 1:* FLAGS",
		"EXPUNGE", "STORE 1 +FLAGS (\\Seen)", "UID SEARCH ALL", "CHECK" };
	size_t n = c->n;
	buf_add(&w->text, span_str(commands[pick(w, 8)]));
	c->fetching = c->search_uid = true;
	enum answer answer = client_say(c, buf_span(&w->text));
	bool leaves = span_eq(buf_span(&w->text), SPAN("UNSELECT")) ||
		span_eq(buf_span(&w->text), SPAN("CLOSE"));
	buf_reset(&w->text);
	c->fetching = false;
	must(c->n <= n);
	if (leaves && answer == ANSWER_OK)
		c->box = NULL;
	else if (answer == ANSWER_BYE)
		client_reopen(c);
}

static void next(struct world *w)
{
	observe(w);
	buf_reset(&w->text);
	w->model.clock++;
}

// Another session expunges, this one hears of messages by number while it may not be told, and perhaps goes away before it is.
static void do_race(struct world *w, struct client *c)
{
	struct client *other = client_pick(w);
	if (other == c || other->box != c->box)
		return noop(w, c);
	do_expunge(w, other);
	next(w);
	do_store(w, pick(w, 2) ? other : c);
	next(w);
	if (pick(w, 2))
		do_fetch(w, c);
	else
		do_store(w, c);
	next(w);
	if (pick(w, 2))
		do_reopen(w, c);
}

static void step(struct world *w)
{
	struct client *c = client_pick(w);
	unsigned what = pick(w, 26);
	buf_reset(&w->text);
	w->model.clock++;
	if (c->box && c->box->dead)
		return do_orphan(w, c);
	if (what < 3)
		return do_append(w, c);
	if (what < 5 || (!c->box && what >= 12))
		return do_select(w, c);
	if (what == 5)
		return do_create(w, c);
	if (what == 6)
		return do_delete(w, c);
	if (what == 7)
		return do_rename(w, c);
	if (what == 8)
		return do_enable(w, c);
	if (what == 9)
		return do_reopen(w, c);
	if (what < 12)
		return noop(w, c);
	if (what < 15)
		return do_store(w, c);
	if (what < 18)
		return do_copy(w, c);
	if (what < 20)
		return do_fetch(w, c);
	if (what < 21)
		return do_search(w, c);
	if (what < 23)
		return do_expunge(w, c);
	if (what < 25)
		return do_race(w, c);
	do_unselect(w, c);
}

static void world_open(struct world *w, struct imap_config *ic)
{
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = {
		.create_accounts = true, .append_limit = 1 << 20, .mailboxes_max = 50
	};
	log_level_set(LOG_ERROR_);
	op_init(&w->op, 0);
	must(store_open(&w->op, &sc, &w->store) == 0);
	must(mail_open(&w->op, w->store, &mc, &w->mail) == 0);
	ic->mail = w->mail;
	must(imap_new(&w->op, ic, &w->imap) == 0);
	model_begin(&w->model);
	for (size_t i = 0; i < CLIENTS; i++)
		client_open(&w->client[i], &w->model, w->imap);
	client_open(&w->observer, &w->model, w->imap);
	w->observer.condstore = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w; // too large for the stack
	struct imap_config ic = { .allow_plaintext = true };
	w = (struct world){ .in = data, .left = size };
	world_open(&w, &ic);
	observe(&w);
	unsigned first = pick(&w, 256);
	for (size_t i = 0; i < CLIENTS; i++)
		if (first >> i & 1)
			enable_qresync(&w, &w.client[i]);
	for (unsigned i = 0; i < COMMANDS && w.left; i++) {
		step(&w);
		observe(&w);
	}
	for (size_t i = 0; i < CLIENTS; i++)
		if (!w.client[i].box || !w.client[i].box->dead)
			noop(&w, &w.client[i]);
	fetch_everything(&w);
	for (size_t i = 0; i < CLIENTS; i++)
		client_close(&w.client[i]);
	client_close(&w.observer);
	model_end(&w.model);
	imap_free(w.imap);
	mail_close(w.mail);
	store_close(w.store);
	op_done(&w.op);
	buf_done(&w.text);
	return 0;
}
