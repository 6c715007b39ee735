// SPDX-License-Identifier: Apache-2.0
// A mailbox and a SEARCH program over it, both made of the input, evaluated by mail/search and by a walk that parses each message anew
// (mail/search_plain_testing.h): they must find the same, and the same highest modseq. Input: an octet of choices, an octet that says how long the program is,
// the program (read by next(), which gives zeros at its end), then messages with "\n%%\n" between them, META_OCTETS in front of each.
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/search_plain_testing.h"
#include "mail/txn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES_MOST = 6, META_OCTETS = 7, DEPTH_MOST = 24, KEYS_MOST = 120, LEAVES_MOST = 20 };

struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct account *account;
	struct view *view;
	enum collation collation;
	struct span program;
	size_t keys;
	struct known known[MESSAGES_MOST];
	size_t count;
};

static const struct span keywords[] = { SPAN("$Junk"), SPAN("Work"), SPAN("never") };

// --- the mailbox ---

// A lone LF becomes CRLF when a message arrives (append_data()).
static struct span with_crlf(struct op *op, struct span text)
{
	char *to = arena_bytes(&op->arena, 2 * text.n + 1);
	size_t n = 0;
	must(to);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r'))
			to[n++] = '\r';
		to[n++] = text.p[i];
	}
	return span_of(to, n);
}

// Days around 1970, 2024 or the year 9999, a second before or after midnight in its zone.
static int64_t date_of(const uint8_t *meta)
{
	static const int64_t epochs[] = { 0, 1704067200, 253402214400, -62135596800 };
	int64_t day = epochs[meta[2] % 4] + (int64_t)(meta[2] / 4 % 8) * 86400;
	return day + (int64_t)meta[3] * 337 + (int64_t)(meta[4] % 3) - 1;
}

// meta: flags, keywords, date (3), zone, when it is expunged
static void append_one(struct world *w, const uint8_t *meta, struct span text)
{
	struct known *m = &w->known[w->count++];
	struct append *ap;
	struct append_result r;
	struct append_meta am = { .flags.flags = meta[0] & FLAG_SYSTEM,
		.flags.keywords = m->keywords };
	for (size_t i = 0; i < 2; i++)
		if (meta[1] >> i & 1)
			m->keywords[am.flags.keyword_count++] = keywords[i];
	am.internal_date = date_of(meta);
	am.zone = (int16_t)((meta[5] % 57 - 28) * 30);
	struct op *op = &w->op;
	must(append_begin(op, w->account, SPAN("INBOX"), &ap) == 0);
	must(append_message(op, ap, &am, text.n) == 0);
	must(append_data(op, ap, text) == 0 && append_message_end(op, ap) == 0);
	must(append_commit(op, ap, &r) == 0);
	m->text = with_crlf(op, text);
	m->uid = numset_min(&r.uids);
	m->flags = am.flags.flags | FLAG_RECENT; // the one view of it is the first
	m->cold.internal_date = am.internal_date;
	m->cold.zone = am.zone;
	m->cold.size = m->text.n;
	numset_done(&r.uids);
}

static void expunge(struct world *w, struct view *v, const struct numset *uids)
{
	struct numset gone = { 0 };
	if (numset_size(uids) > 0)
		must(txn_remove(&w->op, v, uids, &gone) == 0);
	numset_done(&gone);
}

// Some messages go before the view is opened, some while it is: the client still counts those. The known ones are then those that are left.
static void open_and_expunge(struct world *w, const uint8_t *when)
{
	struct numset before = { 0 }, meanwhile = { 0 };
	struct view *v;
	uint32_t seq = 0;
	size_t left = 0;
	for (size_t i = 0; i < w->count; i++)
		if (when[i] % 8 < 2)
			numset_add(when[i] % 8 ? &before : &meanwhile, w->known[i].uid);
	must(view_open(&w->op, w->account, SPAN("INBOX"), VIEW_KEEPS_RECENT, &v) == 0);
	expunge(w, v, &before);
	view_close(v);
	must(view_open(&w->op, w->account, SPAN("INBOX"), 0, &w->view) == 0);
	expunge(w, w->view, &meanwhile);
	must(view_refresh(&w->op, w->view) == 0);
	for (size_t i = 0; i < w->count; i++) {
		struct known m = w->known[i];
		if (numset_has(&before, m.uid))
			continue;
		m.seq = ++seq;
		if (!numset_has(&meanwhile, m.uid))
			w->known[left++] = m;
	}
	w->count = left;
	numset_done(&before);
	numset_done(&meanwhile);
}

// What only the store can know; the rest must be as it came.
static void learn(struct world *w, struct known *m, bool folded)
{
	struct msg msg;
	must(view_msg(&w->op, w->view, (struct uid){ m->uid }, &msg) == 0);
	must(msg.seq.v == m->seq && msg.flags == m->flags);
	must(msg.cold->internal_date == m->cold.internal_date && msg.cold->zone == m->cold.zone);
	must(msg.cold->size == m->cold.size);
	m->cold = *msg.cold;
	m->modseq = msg.modseq.v;
	m->texts = malloc(sizeof *m->texts);
	must(m->texts);
	m->texts->folded = folded;
	texts_of(&w->op, m->texts, SPAN_NONE, m->text);
}

static void fill(struct world *w, struct span rest)
{
	uint8_t when[MESSAGES_MOST];
	while (rest.n > META_OCTETS && w->count < MESSAGES_MOST) {
		const char *end = memmem(rest.p + META_OCTETS, rest.n - META_OCTETS, "\n%%\n", 4);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		const uint8_t *meta = (const uint8_t *)rest.p;
		when[w->count] = meta[6];
		append_one(w, meta, span_cut(rest, META_OCTETS, n));
		rest = span_skip(rest, n + 4);
	}
	open_and_expunge(w, when);
}

// --- the program ---

static uint8_t next(struct world *w)
{
	if (w->program.n == 0)
		return 0;
	uint8_t v = (uint8_t)w->program.p[0];
	w->program = span_skip(w->program, 1);
	return v;
}

static const struct known *some_message(struct world *w)
{
	static const struct known none = { .text = SPAN("Subject: none\r\n\r\nnone\r\n") };
	return w->count ? &w->known[next(w) % w->count] : &none;
}

// A string that a client can send: UTF-8 without NUL. `swap`: its ASCII letters in the other case.
static struct span sendable(struct op *op, struct span s, bool swap)
{
	char *to = arena_bytes(&op->arena, s.n + 1);
	must(to);
	bool utf8 = span_is_utf8(s);
	for (size_t i = 0; i < s.n; i++) {
		to[i] = utf8 ? s.p[i] : (char)(s.p[i] & 0x7f);
		if (!to[i])
			to[i] = ' ';
		if (swap && ((to[i] & 0x5f) >= 'A' && (to[i] & 0x5f) <= 'Z' && to[i] >= 'A'))
			to[i] ^= 0x20;
	}
	return span_of(to, s.n);
}

static struct span joined(struct op *op, struct span a, struct span b)
{
	char *to = arena_bytes(&op->arena, a.n + b.n + 1);
	must(to);
	if (a.n)
		memcpy(to, a.p, a.n);
	if (b.n)
		memcpy(to + a.n, b.p, b.n);
	return span_of(to, a.n + b.n);
}

// Of the end of one field or part and the beginning of the next: mostly what must not be found.
static struct span border(struct world *w, const struct texts *t)
{
	size_t i = next(w) % t->count, behind = i + 1;
	while (behind < t->count && t->is_header[behind] != t->is_header[i])
		behind++;
	struct span a = t->list[i], b = behind < t->count ? t->list[behind] : SPAN_NONE;
	return joined(&w->op, span_skip(a, a.n > 5 ? a.n - 5 : 0), span_cut(b, 0, 5));
}

static struct span value_of(struct world *w, const struct known *m, struct span name)
{
	struct mime_field f;
	struct buf b = { 0 };
	if (mime_field_find(m->text, name, &f))
		mime_text_of(f.value, &b);
	struct span s = joined(&w->op, buf_span(&b), SPAN_NONE);
	buf_done(&b);
	return s;
}

// Octets of the program, or a piece of what a message says (if so, of the field of that name).
static struct span some_text(struct world *w, struct span name)
{
	uint8_t how = next(w);
	struct span s = w->program;
	if (how % 4 == 0) {
		s = span_cut(w->program, 0, how / 4);
		w->program = span_skip(w->program, s.n);
		return sendable(&w->op, s, false);
	}
	const struct known *m = some_message(w);
	if (how % 4 == 1 || !m->texts || m->texts->count == 0)
		s = m->text;
	else if (how % 4 == 2)
		s = m->texts->list[next(w) % m->texts->count];
	else if (name.p)
		s = value_of(w, m, name);
	else
		return sendable(&w->op, border(w, m->texts), false);
	size_t at = (size_t)next(w) * (1u + how / 4u % 8u);
	at = s.n ? at % s.n : 0;
	s = span_cut(s, at, at + next(w) % (how & 0x40 ? 80 : 8));
	return sendable(&w->op, s, how & 0x80);
}

static struct numset *some_set(struct world *w)
{
	struct numset *s = op_new(&w->op, struct numset);
	must(s);
	for (unsigned i = next(w) % 4; i > 0; i--) {
		uint32_t first = 1u + next(w) % 8u;
		numset_add_range(s, first, next(w) % 16 ? first + next(w) % 4u : UINT32_MAX);
	}
	return s;
}

// Numbers at the borders that the messages make, and far from them.
static uint64_t some_number(struct world *w, enum search_kind kind)
{
	const struct known *m = some_message(w);
	uint64_t off = next(w) % 3 - 1u;
	if (next(w) % 8 == 0)
		return (uint64_t)next(w) << next(w) % 57;
	if (kind == SEARCH_MODSEQ)
		return m->modseq + off;
	if (kind == SEARCH_LARGER || kind == SEARCH_SMALLER)
		return m->cold.size + off;
	return (uint64_t)clock_real() - (uint64_t)m->cold.internal_date + off;
}

static int32_t some_day(struct world *w, enum search_kind kind)
{
	const struct known *m = some_message(w);
	int32_t off = next(w) % 3 - 1, sent;
	if (kind >= SEARCH_SENTSINCE && kind <= SEARCH_SENTON &&
		(sent = sent_day_plainly(m->text)) != INT32_MIN)
		return sent + off;
	if (kind >= SEARCH_SAVEDSINCE && kind <= SEARCH_SAVEDON)
		return (int32_t)floor_day(m->cold.save_date) + off;
	return (int32_t)floor_day(m->cold.internal_date + m->cold.zone * 60) + off;
}

static void leaf(struct world *w, struct search_key *k)
{
	static const struct span names[] = { SPAN("Subject"), SPAN("From"), SPAN("to"), SPAN("CC"),
		SPAN("Bcc"), SPAN("Message-ID"), SPAN("X"), SPAN("Received"), SPAN("date"),
		SPAN("Content-Type") };
	switch (k->kind) {
	case SEARCH_FLAGS:
		k->flags_mask = next(w) % 64;
		k->flags_value = k->flags_mask & next(w);
		break;
	case SEARCH_KEYWORD:
		k->text = keywords[next(w) % countof(keywords)];
		break;
	case SEARCH_SEQS:
	case SEARCH_UIDS:
		k->set = some_set(w);
		break;
	case SEARCH_HEADER:
		k->name = names[next(w) % countof(names)];
		if (next(w) % 8 == 1)
			k->name = some_text(w, SPAN_NONE);
		k->text = some_text(w, k->name);
		break;
	case SEARCH_BODY:
	case SEARCH_TEXT:
		k->text = some_text(w, SPAN_NONE);
		break;
	case SEARCH_EMAILID:
		k->id = some_message(w)->cold.emailid;
		break;
	case SEARCH_THREADID:
		k->id = some_message(w)->cold.threadid;
		break;
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
	case SEARCH_YOUNGER:
	case SEARCH_OLDER:
	case SEARCH_MODSEQ:
		k->number = some_number(w, k->kind);
		break;
	default: // ALL; a day
		k->day = some_day(w, k->kind);
	}
}

static struct search_key *key(struct world *w, unsigned depth)
{
	struct search_key *k = op_new(&w->op, struct search_key), **link;
	must(k);
	k->kind = (enum search_kind)(next(w) % (SEARCH_THREADID + 1));
	link = &k->child;
	bool inner = k->kind == SEARCH_AND || k->kind == SEARCH_OR || k->kind == SEARCH_NOT;
	if (++w->keys > KEYS_MOST || (inner && depth == DEPTH_MOST)) {
		k->kind = SEARCH_ALL;
	} else if (inner) {
		for (unsigned n = k->kind == SEARCH_NOT ? 1 : next(w) % 5; n > 0; n--) {
			*link = key(w, depth + 1);
			link = &(*link)->next;
		}
	} else {
		leaf(w, k);
	}
	return k;
}

// --- both ---

// Runs the search, with rests as often as can be if so asked; *ret_now: the second in which it was opened.
static void run(struct world *w, const struct search_key *program, bool rests, struct numset *uids,
	struct modseq *ret_modseq, int64_t *ret_now)
{
	struct search *s;
	for (;;) { // until no second ends meanwhile
		*ret_now = clock_real();
		must(search_open(&w->op, w->view, program, &s) == 0);
		if (clock_real() == *ret_now)
			break;
		search_close(s);
	}
	int rc = SEARCH_MORE;
	while (rc == SEARCH_MORE)
		rc = search_run(&w->op, s, rests ? 0 : UINT64_MAX / 2, uids, ret_modseq);
	must(rc == 0 && search_done_count(s) <= w->count);
	search_close(s);
}

static void compare(struct world *w, const struct search_key *program, bool rests)
{
	struct plain_search plain = { .collation = program->collation };
	struct numset uids = { 0 };
	struct modseq modseq = { 0 };
	uint64_t found = 0, most = 0;
	run(w, program, rests, &uids, &modseq, &plain.now);
	for (size_t i = 0; i < w->count; i++) {
		bool want = matches_plainly(&plain, &w->known[i], program);
		must(numset_has(&uids, w->known[i].uid) == want);
		found += want;
		if (want && w->known[i].modseq > most)
			most = w->known[i].modseq;
	}
	must(numset_size(&uids) == found && modseq.v == most);
	numset_done(&uids);
}

// Each leaf alone, too: within a program others may hide what it finds.
static void compare_leaves(struct world *w, const struct search_key *k, size_t *left)
{
	for (; k && *left > 0; k = k->next) {
		compare_leaves(w, k->child, left);
		if (k->child || *left == 0)
			continue;
		struct search_key alone = *k;
		alone.next = NULL;
		alone.collation = w->collation;
		compare(w, &alone, false);
		--*left;
	}
}

static void world_open(struct world *w)
{
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	log_level_set(LOG_ERROR_);
	op_init(&w->op, 0);
	must(store_open(&w->op, &sc, &w->store) == 0);
	must(mail_open(&w->op, w->store, &mc, &w->mail) == 0);
	must(account_open(&w->op, w->mail, SPAN("u"), &w->account) == 0);
}

static void world_close(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->known[i].texts);
	view_close(w->view);
	account_unref(w->account);
	mail_close(w->mail);
	store_close(w->store);
	op_done(&w->op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .count = 0 };
	if (size < 2)
		return 0;
	struct span rest = span_of(data + 2, size - 2);
	size_t leaves = LEAVES_MOST;
	w.collation = (enum collation)(data[0] % COLLATIONS);
	w.program = span_cut(rest, 0, data[1]);
	world_open(&w);
	fill(&w, span_skip(rest, w.program.n));
	for (size_t i = 0; i < w.count; i++)
		learn(&w, &w.known[i], w.collation == COLLATION_UNICODE_CASEMAP);
	struct search_key *program = key(&w, 0);
	program->collation = w.collation;
	compare(&w, program, data[0] & 0x80);
	compare_leaves(&w, program, &leaves);
	program_sets_done(program);
	world_close(&w);
	return 0;
}
