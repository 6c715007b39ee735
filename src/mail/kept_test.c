// SPDX-License-Identifier: Apache-2.0
// SORT and THREAD with kept keys (mail/column.h), beside a plain model, while messages come and go by APPEND, COPY, MOVE and EXPUNGE and the mail is closed and
// opened: of whole mailboxes and of parts, by any criteria, algorithm and collation, for views that are up to date and for one that is not.
#include "base/clock.h"
#include "base/limits.h"
#include "mail/column.h"
#include "mail/mail_priv.h"
#include "mail/sort.h"
#include "mail/testing.h"
#include "mail/threads.h"

#include <ctype.h>
#include <strings.h>

#define BOXES 2
#define MESSAGES_MAX 400u
#define REFS_MAX 3u

static const char *engine;

static const struct span box_name[BOXES] = { { "INBOX", 5 }, { "Archive", 7 } };

struct message {
	uint32_t uid;
	int64_t arrival, sent; // sent: INT64_MIN: it has no Date
	uint64_t size;
	char subject[16], from[8];
	bool is_reply;
	uint32_t id, refs[REFS_MAX], refs_count; // message-ids by their numbers
};
struct box {
	struct message v[MESSAGES_MAX];
	uint32_t n;
};
struct world {
	struct fixture f;
	struct box box[BOXES];
	unsigned seed;
	// A view that is not told of anything, and what it has.
	struct view *old;
	struct box old_box;
	size_t old_of;
	uint32_t rename_in; // steps of a SORT or THREAD, after which INBOX is renamed; 0: it is not
};

static uint32_t below(struct world *w, uint32_t n)
{
	return (uint32_t)rand_r(&w->seed) % n;
}

static void open_mail(struct fixture *f)
{
	struct mail_config config = { .create_accounts = true, .keys_kept_from = 1 };
	ok(&f->op, mail_open(&f->op, f->store, &config, &f->mail));
	ok(&f->op, account_open(&f->op, f->mail, SPAN("alice"), &f->a));
}

static void world_open(struct world *w, unsigned seed)
{
	*w = (struct world){ .seed = seed };
	fixture_begin(&w->f, engine);
	fixture_close_mail(&w->f);
	open_mail(&w->f);
}

// --- messages ---

// `before`: the one before it in the same APPEND, or NULL.
static void make_message(
	struct world *w, struct message *m, const struct message *before, struct buf *text)
{
	static const char letters[] = "abAB";
	*m = (struct message){ .arrival = 1000000 + below(w, 50), .sent = INT64_MIN };
	size_t n = 0,
	       common = below(w, 3) ? 9 : 0; // many begin alike, and go on behind the first octets
	memcpy(m->subject, "number n ", common);
	for (n = common; n < common + below(w, 4); n++)
		m->subject[n] = letters[below(w, 4)];
	if (n == 0)
		m->subject[n++] = 'x';
	if (m->subject[n - 1] == ' ') // it is trimmed
		m->subject[n - 1] = 'z';
	if (before && below(w, 2) && strlen(before->subject) < sizeof m->subject - 1) {
		memcpy(m->subject, before->subject, sizeof m->subject); // they go side by side
		if (below(w, 2))                                        // or are the same
			m->subject[strlen(before->subject)] = letters[below(w, 4)];
	}
	(void)snprintf(m->from, sizeof m->from, "p%u", below(w, 9)); // fits
	m->is_reply = below(w, 2);
	m->id = below(w, 10) ? 1 + below(w, 100) : 0;
	m->refs_count = below(w, REFS_MAX + 1);
	buf_addf(text, "Subject: %s%s\r\nFrom: <%s@x>\r\n", m->is_reply ? "Re: " : "", m->subject,
		m->from);
	if (below(w, 3)) {
		uint32_t day = 1 + below(w, 28), hour = below(w, 3);
		buf_addf(text, "Date: %u Jan 2024 %02u:00:00 +0000\r\n", day, hour);
		m->sent = INT64_C(1704067200) + (day - 1) * 86400 + hour * 3600;
	}
	if (m->id)
		buf_addf(text, "Message-ID: <m%u@x>\r\n", m->id);
	if (m->refs_count)
		buf_addf(text, "References:");
	for (uint32_t i = 0; i < m->refs_count; i++) {
		m->refs[i] = 1 + below(w, 100);
		buf_addf(text, " <m%u@x>", m->refs[i]);
	}
	buf_addf(text, "%s\r\n%.*s", m->refs_count ? "\r\n" : "", (int)below(w, 9), "12345678");
	m->size = text->n;
}

static void do_append(struct world *w, size_t box, uint32_t count)
{
	struct fixture *f = &w->f;
	struct box *b = &w->box[box];
	struct append *ap;
	struct append_result r;
	if (b->n + count > MESSAGES_MAX)
		return;
	ok(&f->op, append_begin(&f->op, f->a, box_name[box], &ap));
	for (uint32_t i = 0; i < count; i++) {
		struct buf text = { 0 };
		make_message(w, &b->v[b->n + i], i ? &b->v[b->n + i - 1] : NULL, &text);
		struct append_meta meta = { .internal_date = b->v[b->n + i].arrival };
		ok(&f->op, append_message(&f->op, ap, &meta, text.n));
		ok(&f->op, append_data(&f->op, ap, buf_span(&text)));
		ok(&f->op, append_message_end(&f->op, ap));
		buf_done(&text);
	}
	ok(&f->op, append_commit(&f->op, ap, &r));
	for (uint32_t i = 0; i < count; i++)
		b->v[b->n + i].uid = numset_nth(&r.uids, i);
	b->n += count;
	numset_done(&r.uids);
}

static bool is_in(const struct box *b, uint32_t uid)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->v[i].uid == uid)
			return true;
	return false;
}

static void forget(struct box *b, const struct numset *uids)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < b->n; i++)
		if (!numset_has(uids, b->v[i].uid))
			b->v[n++] = b->v[i];
	b->n = n;
}

// One out of `part` messages or so.
static void choose(struct world *w, const struct box *b, uint32_t part, struct numset *ret_uids)
{
	*ret_uids = (struct numset){ 0 };
	for (uint32_t i = 0; i < b->n; i++)
		if (below(w, part) == 0)
			numset_add(ret_uids, b->v[i].uid);
}

static void choose_first(struct world *w, const struct box *b, struct numset *ret_uids)
{
	*ret_uids = (struct numset){ 0 };
	for (uint32_t i = 0, n = below(w, b->n + 1); i < n; i++)
		numset_add(ret_uids, b->v[i].uid);
}

static void do_expunge(struct world *w, size_t box)
{
	struct fixture *f = &w->f;
	struct numset uids, gone = { 0 };
	if (below(w, 3))
		choose(w, &w->box[box], 2 + below(w, 30), &uids);
	else // whole chunks: their records are gone
		choose_first(w, &w->box[box], &uids);
	struct view *v = open_view(f, box_name[box]);
	ok(&f->op, txn_remove(&f->op, v, &uids, &gone));
	view_close(v);
	forget(&w->box[box], &uids);
	numset_done(&uids);
	numset_done(&gone);
}

static void do_copy(struct world *w, size_t from, size_t to, bool move)
{
	struct fixture *f = &w->f;
	struct box *b = &w->box[from], *d = &w->box[to];
	struct numset uids;
	struct copy_result r;
	choose(w, b, 3 + below(w, 30), &uids);
	if (d->n + numset_size(&uids) <= MESSAGES_MAX) {
		struct view *v = open_view(f, box_name[from]);
		ok(&f->op, txn_copy(&f->op, v, &uids, box_name[to], move, &r));
		view_close(v);
		for (uint32_t i = 0, k = 0, n = b->n; i < n; i++) {
			if (!numset_has(&uids, b->v[i].uid))
				continue;
			d->v[d->n] = b->v[i];
			d->v[d->n++].uid = numset_nth(&r.to, k++);
		}
		if (move)
			forget(b, &uids);
		copy_result_done(&r);
	}
	numset_done(&uids);
}

static void drop_old(struct world *w)
{
	view_close(w->old);
	w->old = NULL;
}

static void take_old(struct world *w)
{
	drop_old(w);
	w->old_of = below(w, BOXES);
	w->old_box = w->box[w->old_of];
	w->old = open_view(&w->f, box_name[w->old_of]);
}

static void do_reopen(struct world *w)
{
	drop_old(w);
	fixture_close_mail(&w->f);
	if (strcmp(engine, "memory") != 0) {
		store_close(w->f.store);
		fixture_open_store(&w->f);
	}
	open_mail(&w->f);
}

// Before each step of a SORT or THREAD: its view may go on to an INBOX without these messages.
static void before_step(struct world *w, struct view *v)
{
	if (w->rename_in == 0 || --w->rename_in)
		return;
	ok(&w->f.op, mailbox_rename(&w->f.op, w->f.a, box_name[0], SPAN("Moved")));
	ok(&w->f.op, view_refresh(&w->f.op, v));
}

// --- SORT ---

static const struct sort_criteria *criteria_now;

static int order_of_text(const char *a, const char *b)
{
	return criteria_now->collation == COLLATION_OCTET ? strcmp(a, b) : strcasecmp(a, b);
}

static int64_t sent_of(const struct message *m)
{
	return m->sent == INT64_MIN ? m->arrival : m->sent;
}

static int order_of_key(enum sort_key key, const struct message *a, const struct message *b)
{
	int64_t x = 0, y = 0;
	switch (key) {
	case SORT_SUBJECT:
		return order_of_text(a->subject, b->subject);
	case SORT_FROM:
	case SORT_DISPLAYFROM: // the address, and there the rest is the same
		return order_of_text(a->from, b->from);
	case SORT_ARRIVAL:
		x = a->arrival;
		y = b->arrival;
		break;
	case SORT_DATE:
		x = sent_of(a);
		y = sent_of(b);
		break;
	case SORT_SIZE:
		x = (int64_t)a->size;
		y = (int64_t)b->size;
		break;
	default: // nobody has any
		break;
	}
	return x < y ? -1 : x > y;
}

static int by_criteria(const void *a, const void *b)
{
	const struct message *x = a, *y = b;
	for (unsigned i = 0; i < criteria_now->count; i++) {
		int order = order_of_key((enum sort_key)criteria_now->keys[i], x, y);
		if (order)
			return criteria_now->reverse[i] ? -order : order;
	}
	return x->uid < y->uid ? -1 : 1;
}

static void check_order(struct world *w, const struct box *asked, const struct box *there,
	const struct box *of, const struct sort *s)
{
	static struct message want[MESSAGES_MAX];
	size_t n = 0;
	(void)w;
	memcpy(want, asked->v, asked->n * sizeof *want);
	qsort(want, asked->n, sizeof *want, by_criteria);
	for (size_t i = 0; i < asked->n; i++) {
		if (n == sort_count(s) || sort_uids(s)[n] != want[i].uid) {
			assert_false(is_in(there, want[i].uid)); // what went away may be missing
			continue;
		}
		uint32_t seq = sort_seqs(s)[n++];
		assert_in_range(seq, 1, of->n);
		assert_int_equal(of->v[seq - 1].uid, want[i].uid);
	}
	assert_int_equal(n, sort_count(s));
	for (size_t i = 1; i < n; i++)
		assert_true(sort_found(s)[i - 1] < sort_found(s)[i]);
}

// A part of a mailbox, or all of it.
static void ask(struct world *w, const struct box *b, struct box *asked, struct numset *ret_uids)
{
	choose(w, b, below(w, 3) ? 1 : 1 + below(w, 4), ret_uids);
	asked->n = 0;
	for (uint32_t i = 0; i < b->n; i++)
		if (numset_has(ret_uids, b->v[i].uid))
			asked->v[asked->n++] = b->v[i];
}

static enum collation some_collation(struct world *w)
{
	return below(w, 3) ? COLLATION_UNICODE_CASEMAP : (enum collation)below(w, COLLATIONS);
}

// `of`: what the view has; `there`: what is there now.
static void check_sort(
	struct world *w, struct view *v, const struct box *of, const struct box *there)
{
	static const enum sort_key keys[] = { SORT_SUBJECT, SORT_FROM, SORT_ARRIVAL, SORT_DATE,
		SORT_SIZE, SORT_CC, SORT_DISPLAYFROM };
	static struct box asked;
	struct sort_criteria criteria = { .collation = some_collation(w) };
	struct numset uids;
	struct sort *s;
	int rc;
	for (uint32_t i = 0, n = 1 + below(w, 3); i < n; i++)
		sort_criteria_add(
			&criteria, keys[below(w, 3) ? below(w, countof(keys)) : 0], below(w, 2));
	criteria_now = &criteria;
	ask(w, of, &asked, &uids);
	ok(&w->f.op, sort_open(&w->f.op, v, &uids, &criteria, true, &s));
	do {
		before_step(w, v);
		rc = sort_run(&w->f.op, s, 0);
	} while (rc == SORT_MORE);
	ok(&w->f.op, rc);
	check_order(w, &asked, there, of, s);
	sort_close(s);
	numset_done(&uids);
}

// --- THREAD ---

static void print_nodes(
	const struct thread_nodes *n, const struct box *b, uint32_t node, bool top, struct buf *to)
{
	for (bool brothers = top || n->next[node] != THREAD_NONE; node != THREAD_NONE;
		node = n->next[node]) {
		if (brothers)
			buf_addc(to, '(');
		if (node < n->count)
			buf_addu(to, b->v[node].uid);
		if (node < n->count && n->child[node] != THREAD_NONE)
			buf_addc(to, ' ');
		if (n->child[node] != THREAD_NONE)
			print_nodes(n, b, n->child[node], false, to);
		if (brothers)
			buf_addc(to, ')');
	}
}

// A number for each subject that the collation tells from others.
static uint64_t subject_number(const struct box *b, uint32_t i, enum collation c)
{
	struct sort_criteria by = { .collation = c };
	uint32_t k = 0;
	criteria_now = &by;
	while (order_of_text(b->v[k].subject, b->v[i].subject) != 0)
		k++;
	return k + 1;
}

static void plain_threads(const struct box *b, const struct threads_wish *wish, struct buf *to)
{
	static struct thread_message messages[MESSAGES_MAX];
	static uint64_t references[MESSAGES_MAX * REFS_MAX];
	uint32_t used = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct message *m = &b->v[i];
		messages[i] = (struct thread_message){
			.sent = sent_of(m),
			.arrival = m->arrival,
			.id = m->id,
			.subject = subject_number(b, i, wish->collation),
			.refs = used,
			.refs_count = (uint16_t)m->refs_count,
			.is_reply = m->is_reply,
		};
		for (uint32_t k = 0; k < m->refs_count; k++)
			references[used++] = m->refs[k];
	}
	struct thread_tree *t = thread_tree_new(wish->algorithm, messages, b->n, references, NULL);
	struct thread_nodes nodes;
	assert_non_null(t);
	assert_int_equal(thread_tree_run(t, UINT64_MAX), 0);
	thread_tree_take(t, &nodes);
	thread_tree_free(t);
	if (nodes.first != THREAD_NONE)
		print_nodes(&nodes, b, nodes.first, true, to);
	thread_nodes_done(&nodes);
}

static bool names(const char *text, uint32_t number)
{
	while (*text) {
		char *end;
		if (isdigit((unsigned char)*text) && strtoul(text, &end, 10) == number)
			return true;
		text += isdigit((unsigned char)*text) ? end - text : 1;
	}
	return false;
}

// As it is shown: by UID or by number. What went away may be missing.
static void keep_named(const struct box *of, const struct box *there, bool by_uid, const char *text,
	struct box *asked)
{
	uint32_t n = 0;
	for (uint32_t i = 0, k = 0; i < asked->n; i++) {
		while (of->v[k].uid != asked->v[i].uid)
			k++;
		uint32_t shown = by_uid ? asked->v[i].uid : k + 1;
		if (!names(text, shown)) {
			assert_false(is_in(there, asked->v[i].uid));
			continue;
		}
		asked->v[n] = asked->v[i];
		asked->v[n++].uid = shown;
	}
	asked->n = n;
}

static void check_threads(
	struct world *w, struct view *v, const struct box *of, const struct box *there)
{
	static struct box asked;
	struct threads_wish wish = { (enum thread_algorithm)below(w, 3), some_collation(w),
		below(w, 2) };
	struct numset uids;
	struct threads *t;
	struct rope text;
	struct buf want = { 0 };
	int rc;
	ask(w, of, &asked, &uids);
	ok(&w->f.op, threads_open(&w->f.op, v, &uids, &wish, &t));
	rope_init(&text);
	do {
		before_step(w, v);
		rc = threads_run(&w->f.op, t, 1, &text);
	} while (rc == THREADS_MORE);
	ok(&w->f.op, rc);
	char *got = malloc(rope_size(&text) + 1);
	assert_non_null(got);
	rope_copy(&text, got);
	got[rope_size(&text)] = 0;
	keep_named(of, there, wish.by_uid, got, &asked);
	plain_threads(&asked, &wish, &want);
	buf_addc(&want, 0);
	assert_string_equal(got, want.p);
	free(got);
	buf_done(&want);
	rope_done(&text);
	threads_close(t);
	numset_done(&uids);
}

// --- at random ---

static void do_something(struct world *w)
{
	size_t box = below(w, BOXES), other = (box + 1 + below(w, BOXES - 1)) % BOXES;
	switch (below(w, 12)) {
	case 0:
		do_append(w, box, 20 + below(w, 60));
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		do_append(w, box, 1 + below(w, 3));
		break;
	case 5:
	case 6:
		do_expunge(w, box);
		break;
	case 7:
	case 8:
		do_copy(w, box, other, false);
		break;
	case 9:
		do_copy(w, box, other, true);
		break;
	case 10:
		take_old(w);
		break;
	default:
		if (below(w, 4) == 0)
			do_reopen(w);
	}
}

static void check_box(struct world *w, size_t box)
{
	struct view *v = open_view(&w->f, box_name[box]);
	for (uint32_t i = below(w, 6); i > 0; i--) {
		check_sort(w, v, &w->box[box], &w->box[box]);
		check_threads(w, v, &w->box[box], &w->box[box]);
	}
	view_close(v);
	if (w->old) {
		check_sort(w, w->old, &w->old_box, &w->box[w->old_of]);
		check_threads(w, w->old, &w->old_box, &w->box[w->old_of]);
	}
}

static void test_random(void **state)
{
	(void)state;
	static struct world w;
	for (unsigned seed = 1; seed <= 12; seed++) {
		world_open(&w, seed);
		for (int i = 0; i < 150; i++) {
			do_something(&w);
			check_box(&w, below(&w, BOXES));
		}
		drop_old(&w);
		fixture_end(&w.f);
	}
}

// INBOX is renamed in the midst of a SORT or THREAD, and another one begins: neither takes the other's messages for its own.
static void test_renamed(void **state)
{
	(void)state;
	static struct world w;
	static struct box moved, none;
	for (unsigned seed = 1; seed <= 60; seed++) {
		world_open(&w, seed);
		do_append(&w, 0, 100 + below(&w, 60));
		if (below(&w, 2)) { // there are columns to be extended
			check_box(&w, 0);
			do_append(&w, 0, 1 + below(&w, 3));
		}
		moved = w.box[0];
		struct view *v = open_view(&w.f, box_name[0]);
		w.rename_in = 1 + below(&w, 12);
		while (w.rename_in)
			if (below(&w, 2))
				check_sort(&w, v, &moved, &none);
			else
				check_threads(&w, v, &moved, &none);
		view_close(v);
		w.box[0].n = 0;
		do_append(&w, 0, 100 + below(&w, 60));
		v = open_view(&w.f, SPAN("Moved"));
		for (int i = 0; i < 10; i++) {
			check_sort(&w, v, &moved, &moved);
			check_threads(&w, v, &moved, &moved);
			check_box(&w, 0);
		}
		view_close(v);
		fixture_end(&w.f);
	}
}

// --- what is kept, and when ---

static struct column *kept(struct world *w, unsigned what)
{
	struct view *v = open_view(&w->f, box_name[0]);
	struct snap *s = mailbox_snap_ref(view_mailbox(v));
	struct column_key key = { w->f.a->partition, s->h.data,
		column_kind(what, COLLATION_UNICODE_CASEMAP) };
	snap_unref(s);
	view_close(v);
	return columns_find(mail_columns(w->f.mail), &key, clock_mono());
}

static void sort_last(struct world *w, uint32_t n)
{
	struct sort_criteria criteria = { .collation = COLLATION_UNICODE_CASEMAP };
	struct view *v = open_view(&w->f, box_name[0]);
	struct numset uids;
	struct sort *s;
	static struct box asked;
	sort_criteria_add(&criteria, SORT_SUBJECT, false);
	criteria_now = &criteria;
	asked.n = n;
	memcpy(asked.v, w->box[0].v + w->box[0].n - n, n * sizeof *asked.v);
	choose(w, &asked, 1, &uids);
	ok(&w->f.op, sort_open(&w->f.op, v, &uids, &criteria, true, &s));
	ok(&w->f.op, sort_run(&w->f.op, s, UINT64_MAX));
	check_order(w, &asked, &w->box[0], &w->box[0], s);
	sort_close(s);
	view_close(v);
	numset_done(&uids);
}

static void sort_all(struct world *w)
{
	sort_last(w, w->box[0].n);
}

// Who asks for many, but not for all, with some that are new, takes nothing away from who asks for all again.
static void test_kept_part(void **state)
{
	(void)state;
	static struct world w;
	world_open(&w, 1);
	do_append(&w, 0, 200);
	sort_all(&w);
	struct column *first = kept(&w, SORT_SUBJECT);
	do_append(&w, 0, 2);
	sort_last(&w, 150);
	struct column *c = kept(&w, SORT_SUBJECT);
	assert_ptr_equal(c, first);
	column_unref(c);
	column_unref(first);
	sort_last(&w, 201); // most of them
	c = kept(&w, SORT_SUBJECT);
	assert_int_equal(c->n, 201);
	column_unref(c);
	fixture_end(&w.f);
}

static void thread_first(struct world *w, size_t n)
{
	struct threads_wish wish = { THREAD_REFERENCES, COLLATION_UNICODE_CASEMAP, true };
	struct view *v = open_view(&w->f, box_name[0]);
	struct numset uids = { 0 };
	struct threads *t;
	struct rope text;
	for (size_t i = 0; i < n; i++)
		numset_add(&uids, w->box[0].v[i].uid);
	rope_init(&text);
	ok(&w->f.op, threads_open(&w->f.op, v, &uids, &wish, &t));
	ok(&w->f.op, threads_run(&w->f.op, t, UINT64_MAX, &text));
	threads_close(t);
	rope_done(&text);
	numset_done(&uids);
	view_close(v);
}

// The tree of a whole mailbox is not given up for that of a few of its messages.
static void test_kept_tree(void **state)
{
	(void)state;
	static struct world w;
	static const size_t asked[] = { 200, 20, 200, 150 }, kept_of[] = { 200, 200, 200, 150 };
	world_open(&w, 1);
	do_append(&w, 0, 200);
	for (size_t i = 0; i < countof(asked); i++) {
		thread_first(&w, asked[i]);
		struct column *c = kept(&w, COLUMN_THREADED + THREAD_REFERENCES);
		assert_non_null(c);
		assert_int_equal(c->n, kept_of[i]);
		column_unref(c);
	}
	fixture_end(&w.f);
}

static void test_kept(void **state)
{
	(void)state;
	static struct world w;
	world_open(&w, 1);
	do_append(&w, 0, 200);
	assert_null(kept(&w, SORT_SUBJECT));
	sort_all(&w);
	struct column *first = kept(&w, SORT_SUBJECT);
	assert_non_null(first);
	sort_all(&w);
	struct column *same = kept(&w, SORT_SUBJECT);
	assert_ptr_equal(same, first); // and so after others went
	column_unref(same);
	do_expunge(&w, 0);
	sort_all(&w);
	same = kept(&w, SORT_SUBJECT);
	assert_ptr_equal(same, first);
	column_unref(same);
	do_append(&w, 0, 2); // it is extended, to what there is
	sort_all(&w);
	struct column *more = kept(&w, SORT_SUBJECT);
	assert_ptr_not_equal(more, first);
	assert_int_equal(more->n, w.box[0].n);
	assert_null(kept(&w, SORT_FROM));
	assert_null(kept(&w, COLUMN_THREADS));
	column_unref(first);
	column_unref(more);
	fixture_end(&w.f);
}

// The records of this message's chunk go, as they do when all of its messages are expunged while others still see them.
static void lose_records(struct world *w, size_t box, uint32_t uid)
{
	struct fixture *f = &w->f;
	const struct hot *h;
	const struct chunk *chunk;
	struct store_ticket ticket;
	struct store_batch b;
	struct view *v = open_view(f, box_name[box]);
	struct snap *s = mailbox_snap_ref(view_mailbox(v));
	ok(&f->op, snap_find(&f->op, f->a, s, uid, &h, &chunk));
	struct key k = key_data(s->h.data, 'C', chunk->id);
	batch_init(&b, f->a->partition);
	batch_delete(&b, KEY(k));
	ok(&f->op, store_submit(&f->op, f->store, &b, &ticket));
	ok(&f->op, store_wait(&f->op, f->store, ticket));
	batch_done(&b);
	snap_unref(s);
	view_close(v);
}

static void test_gone(void **state)
{
	(void)state;
	static struct world w;
	static struct box there;
	world_open(&w, 3);
	do_append(&w, 0, CHUNK_RECORDS + 70);
	do_reopen(&w); // they are in no cache
	lose_records(&w, 0, 1);
	there.n = 70;
	memcpy(there.v, w.box[0].v + CHUNK_RECORDS, there.n * sizeof *there.v);
	struct view *v = open_view(&w.f, box_name[0]);
	for (int i = 0; i < 50; i++) {
		check_sort(&w, v, &w.box[0], &there);
		check_threads(&w, v, &w.box[0], &there);
	}
	view_close(v);
	fixture_end(&w.f);
}

// Those that are lacking, when a column is extended.
static void test_gone_later(void **state)
{
	(void)state;
	static struct world w;
	static struct box there;
	world_open(&w, 4);
	do_append(&w, 0, CHUNK_RECORDS);
	there = w.box[0];
	struct view *v = open_view(&w.f, box_name[0]);
	for (int i = 0; i < 40; i++) {
		check_sort(&w, v, &w.box[0], &there);
		check_threads(&w, v, &w.box[0], &there);
	}
	view_close(v);
	do_append(&w, 0, 2);
	lose_records(&w, 0, w.box[0].v[CHUNK_RECORDS].uid);
	v = open_view(&w.f, box_name[0]);
	for (int i = 0; i < 40; i++) {
		check_sort(&w, v, &w.box[0], &there);
		check_threads(&w, v, &w.box[0], &there);
	}
	view_close(v);
	fixture_end(&w.f);
}

// Keys of small mailboxes are not kept.
static void test_small(void **state)
{
	(void)state;
	static struct world w;
	world_open(&w, 1);
	fixture_close_mail(&w.f);
	fixture_open_mail(&w.f);
	do_append(&w, 0, KEYS_KEPT_FROM - 1);
	sort_all(&w);
	assert_null(kept(&w, SORT_SUBJECT));
	do_append(&w, 0, 1);
	sort_all(&w);
	struct column *c = kept(&w, SORT_SUBJECT);
	assert_non_null(c);
	column_unref(c);
	fixture_end(&w.f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_part),
		cmocka_unit_test(test_kept_tree),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_gone_later),
		cmocka_unit_test(test_small),
	};
	engine = argc > 1 ? argv[1] : "memory";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
