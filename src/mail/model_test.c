// SPDX-License-Identifier: Apache-2.0
// Random changes by several views, each compared with a naive model: a mailbox is a list of messages; a client is the list of what it was
// told, changed only by what view_sync_next() hands out and by the answers to its own commands. After a full sync the client's list is the
// mailbox. Everything is asked for along the way: numbers, walks, what changed or went since a modseq; the mail is closed and opened again.
#include "mail/testing.h"

#include "base/limits.h"

#define BOXES 3
#define CLIENTS 4
#define KEYWORDS 3

static const char *engine = "memory";
static uint64_t seed = 1;

static const struct span box_name[BOXES] = { { "INBOX", 5 }, { "Archive", 7 }, { "Trash", 5 } };
static const struct span keyword_name[KEYWORDS] = { { "$Forwarded", 10 }, { "work", 4 },
	{ "Later", 5 } };

struct known {                         // a message, as the mailbox has it or as a client knows it
	uint32_t uid, flags, keywords; // keywords: bits
};
struct list {
	struct known *v;
	size_t n, cap;
};
struct gone {
	uint32_t uid;
	uint64_t after; // expunged with a modseq above this one
};
struct box {
	struct list list;
	uint32_t uid_next;
	struct gone *gone;
	size_t gone_count;
	uint64_t modseq; // HIGHESTMODSEQ seen last
};
struct client {
	struct view *view;
	size_t box;
	struct list list;
	uint32_t exists; // as told by EXISTS and EXPUNGE
};
struct world {
	struct fixture f;
	uint64_t random;
	struct box box[BOXES];
	struct client client[CLIENTS];
};

static uint32_t below(struct world *w, uint32_t n)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((w->random >> 33) % n);
}

static void list_push(struct list *l, struct known k)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = realloc(l->v, l->cap * sizeof *l->v);
		assert_non_null(l->v);
	}
	l->v[l->n++] = k;
}

static void list_remove(struct list *l, size_t i)
{
	memmove(&l->v[i], &l->v[i + 1], (l->n - i - 1) * sizeof *l->v);
	l->n--;
}

static struct known *list_find(struct list *l, uint32_t uid)
{
	size_t low = 0, high = l->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (l->v[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n && l->v[low].uid == uid ? &l->v[low] : NULL;
}

static uint32_t keywords_of(const struct keywords *k, uint32_t set)
{
	uint32_t bits = 0;
	for (uint32_t i = 0; i < KEYWORDS; i++) {
		uint32_t id = keywords_find(k, keyword_name[i]);
		if (id != KEYWORD_NONE && keywords_set_has(k, set, id))
			bits |= 1u << i;
	}
	return bits;
}

static struct flag_list random_flags(struct world *w, struct span *words, uint32_t *ret_bits)
{
	uint32_t bits = below(w, 3) ? 0 : below(w, 1u << KEYWORDS), n = 0;
	for (uint32_t i = 0; i < KEYWORDS; i++)
		if (bits >> i & 1)
			words[n++] = keyword_name[i];
	*ret_bits = bits;
	return (struct flag_list){ .flags = below(w, 32), .keywords = words, .keyword_count = n };
}

// --- what a client is told ---

static void hear(struct world *w, struct client *c, const struct view_change *ch)
{
	const struct keywords *k = view_keywords(c->view);
	struct view_cursor *cursor;
	struct msg m;
	switch (ch->kind) {
	case CHANGE_EXPUNGE:
		assert_in_range(ch->msg.seq.v, 1, c->exists);
		assert_int_equal(c->list.v[ch->msg.seq.v - 1].uid, ch->msg.uid.v);
		list_remove(&c->list, ch->msg.seq.v - 1);
		c->exists--;
		break;
	case CHANGE_EXISTS:
		assert_true(ch->count > c->exists);
		uint32_t last = c->list.n ? c->list.v[c->list.n - 1].uid : 0;
		struct numset fresh = { 0 };
		numset_add_range(&fresh, last + 1, UINT32_MAX);
		ok(&w->f.op, view_cursor_open(&w->f.op, c->view, &fresh, 0, &cursor));
		while (view_cursor_next(&w->f.op, cursor, &m) == 0) {
			struct known new = { m.uid.v, m.flags & FLAG_SYSTEM,
				keywords_of(k, m.kwset) };
			list_push(&c->list, new);
			assert_int_equal(m.seq.v, c->list.n);
		}
		view_cursor_close(cursor);
		numset_done(&fresh);
		c->exists = ch->count;
		assert_int_equal(c->list.n, c->exists);
		break;
	case CHANGE_FLAGS:
		assert_in_range(ch->msg.seq.v, 1, c->exists);
		struct known *is = &c->list.v[ch->msg.seq.v - 1];
		assert_int_equal(is->uid, ch->msg.uid.v);
		is->flags = ch->msg.flags & FLAG_SYSTEM;
		is->keywords = keywords_of(k, ch->msg.kwset);
		break;
	case CHANGE_RECENT:
	case CHANGE_KEYWORDS:
		break;
	}
}

static void same_lists(const struct list *a, const struct list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->v[i].uid, b->v[i].uid);
		assert_int_equal(a->v[i].flags, b->v[i].flags);
		assert_int_equal(a->v[i].keywords, b->v[i].keywords);
	}
}

static void sync_client(struct world *w, struct client *c, unsigned what, int most)
{
	struct view_change ch;
	int rc = 0;
	while (most-- > 0 && (rc = view_sync_next(&w->f.op, c->view, what, &ch)) == 0)
		hear(w, c, &ch);
	if (rc < 0)
		print_error("sync: %s\n", op_text(&w->f.op, rc));
	assert_true(rc >= 0);
	assert_int_equal(view_exists(c->view), c->exists);
	assert_int_equal(c->list.n, c->exists);
}

static void sync_all(struct world *w, struct client *c)
{
	// A pass that was left half-way ends with the state it began with: twice is enough.
	sync_client(w, c, SYNC_EXPUNGE | SYNC_REST, 1 << 30);
	sync_client(w, c, SYNC_EXPUNGE | SYNC_REST, 1 << 30);
	assert_false(view_is_stale(c->view));
	same_lists(&c->list, &w->box[c->box].list);
	uint64_t modseq = view_modseq(c->view).v;
	assert_true(modseq >= w->box[c->box].modseq);
	w->box[c->box].modseq = modseq;
}

// --- questions ---

static void check_numbers(struct world *w, struct client *c)
{
	struct op *op = &w->f.op;
	for (int i = 0; i < 8; i++) {
		struct uid uid;
		struct seq seq = { below(w, c->exists + 3) }, back;
		ok(op, view_uid_of(op, c->view, seq, &uid));
		if (seq.v == 0 || seq.v > c->exists) {
			assert_int_equal(uid.v, 0);
			continue;
		}
		assert_int_equal(uid.v, c->list.v[seq.v - 1].uid);
		ok(op, view_seq_of(op, c->view, uid, &back));
		assert_int_equal(back.v, seq.v);
		uid.v++;
		ok(op, view_seq_of(op, c->view, uid, &back));
		bool next = seq.v < c->exists && c->list.v[seq.v].uid == uid.v;
		assert_int_equal(back.v, next ? seq.v + 1 : 0);
	}
	struct numset seqs = { 0 }, uids = { 0 }, back = { 0 };
	for (int i = 0; i < 3 && c->exists; i++)
		numset_add_range(&seqs, 1 + below(w, c->exists), 1 + below(w, c->exists));
	ok(op, view_uids_of(op, c->view, &seqs, &uids));
	ok(op, view_seqs_of(op, c->view, &uids, &back));
	assert_int_equal(back.count, seqs.count);
	for (size_t i = 0; i < seqs.count; i++) {
		assert_int_equal(back.ranges[i].first, seqs.ranges[i].first);
		assert_int_equal(back.ranges[i].last, seqs.ranges[i].last);
	}
	numset_done(&seqs);
	numset_done(&uids);
	numset_done(&back);
}

static struct numset random_uids(struct world *w, struct client *c)
{
	struct numset s = { 0 };
	uint32_t top = w->box[c->box].uid_next + 2;
	for (uint32_t n = 1 + below(w, 4); n > 0; n--) {
		uint32_t first = 1 + below(w, top);
		numset_add_range(&s, first, first + below(w, below(w, 4) ? 4 : top));
	}
	return s;
}

static void check_walk(struct world *w, struct client *c)
{
	struct op *op = &w->f.op;
	struct numset uids = random_uids(w, c);
	struct view_cursor *cursor;
	struct msg m;
	ok(op, view_cursor_open(op, c->view, &uids, CURSOR_COLD, &cursor));
	uint32_t seen = 0, known = 0;
	for (size_t i = 0; i < c->list.n; i++)
		known += numset_has(&uids, c->list.v[i].uid);
	int rc;
	while ((rc = view_cursor_next(op, cursor, &m)) == 0) {
		assert_true(numset_has(&uids, m.uid.v));
		assert_int_equal(c->list.v[m.seq.v - 1].uid, m.uid.v);
		assert_int_equal(m.cold->internal_date, 1000000);
		struct msg one;
		if (below(w, 20) == 0) {
			ok(op, view_msg(op, c->view, m.uid, &one));
			assert_int_equal(one.seq.v, m.seq.v);
			assert_memory_equal(&one.cold->emailid, &m.cold->emailid, 16);
		}
		seen++;
	}
	assert_int_equal(rc, CURSOR_END);
	assert_int_equal(seen + view_cursor_missing(cursor), known);
	view_cursor_close(cursor);
	numset_done(&uids);
}

static void check_since(struct world *w, struct client *c)
{
	struct op *op = &w->f.op;
	struct box *b = &w->box[c->box];
	sync_all(w, c);
	struct modseq since = { b->modseq > 40 ? b->modseq - below(w, 40) : below(w, 40) };
	struct numset gone = { 0 }, changed = { 0 };
	ok(op, view_expunged_since(op, c->view, since, &gone));
	for (size_t i = 0; i < b->gone_count; i++)
		if (b->gone[i].after >= since.v)
			assert_true(numset_has(&gone, b->gone[i].uid));
	for (size_t i = 0; i < b->list.n; i++)
		assert_false(numset_has(&gone, b->list.v[i].uid));
	ok(op, view_changed_since(op, c->view, since, &changed));
	struct view_cursor *cursor;
	struct msg m;
	ok(op, view_cursor_open(op, c->view, NULL, 0, &cursor));
	while (view_cursor_next(op, cursor, &m) == 0) {
		assert_int_equal(numset_has(&changed, m.uid.v), m.modseq.v > since.v);
		assert_true(m.modseq.v <= b->modseq);
	}
	view_cursor_close(cursor);
	struct seq unseen;
	uint32_t first = 0;
	for (size_t i = 0; i < b->list.n && !first; i++)
		first = b->list.v[i].flags & FLAG_SEEN ? 0 : (uint32_t)i + 1;
	ok(op, view_first_unseen(op, c->view, &unseen));
	assert_int_equal(unseen.v, first);
	numset_done(&gone);
	numset_done(&changed);
}

static void check_status(struct world *w, size_t box)
{
	struct mailbox_status st = status_of(&w->f, box_name[box]);
	struct list *l = &w->box[box].list;
	uint32_t unseen = 0, deleted = 0;
	for (size_t i = 0; i < l->n; i++) {
		unseen += !(l->v[i].flags & FLAG_SEEN);
		deleted += !!(l->v[i].flags & FLAG_DELETED);
	}
	assert_int_equal(st.messages, l->n);
	assert_int_equal(st.unseen, unseen);
	assert_int_equal(st.deleted, deleted);
	assert_int_equal(st.uid_next.v, w->box[box].uid_next);
	assert_true(st.recent <= st.messages);
	assert_int_equal(st.size, l->n * 32);
}

// --- changes ---

static void do_append(struct world *w, size_t box)
{
	struct span words[KEYWORDS];
	uint32_t bits, n = 1 + below(w, below(w, 10) ? 3 : 200);
	struct append *ap;
	struct append_result r;
	ok(&w->f.op, append_begin(&w->f.op, w->f.a, box_name[box], &ap));
	for (uint32_t i = 0; i < n; i++) {
		struct append_meta meta = { .flags = random_flags(w, words, &bits),
			.internal_date = 1000000 };
		ok(&w->f.op, append_message(&w->f.op, ap, &meta, 0));
		ok(&w->f.op,
			append_data(
				&w->f.op, ap, SPAN("Subject: a\r\n\r\nHello, world !\r\n\r\n")));
		ok(&w->f.op, append_message_end(&w->f.op, ap));
		list_push(&w->box[box].list,
			(struct known){ w->box[box].uid_next++, meta.flags.flags, bits });
	}
	ok(&w->f.op, append_commit(&w->f.op, ap, &r));
	assert_int_equal(numset_size(&r.uids), n);
	assert_int_equal(numset_max(&r.uids), w->box[box].uid_next - 1);
	numset_done(&r.uids);
}

static void change_model(struct known *k, enum flag_change change, uint32_t flags, uint32_t bits)
{
	switch (change) {
	case FLAGS_REPLACE:
		k->flags = flags;
		k->keywords = bits;
		break;
	case FLAGS_ADD:
		k->flags |= flags;
		k->keywords |= bits;
		break;
	case FLAGS_REMOVE:
		k->flags &= ~flags;
		k->keywords &= ~bits;
		break;
	}
}

static void do_flags(struct world *w, struct client *c)
{
	struct span words[KEYWORDS];
	uint32_t bits, missing = 0;
	struct numset uids = random_uids(w, c);
	struct box *b = &w->box[c->box];
	struct flags_args args = { .uids = &uids,
		.change = (enum flag_change)below(w, 3),
		.list = random_flags(w, words, &bits),
		.unchanged_since = { UINT64_MAX },
		.silent = below(w, 2) };
	if (below(w, 5) == 0)
		args.unchanged_since.v = b->modseq;
	struct flags_result r;
	ok(&w->f.op, txn_flags(&w->f.op, c->view, &args, &r));
	uint32_t told = view_uid_next(c->view).v;
	for (size_t i = 0; i < c->list.n; i++) {
		uint32_t uid = c->list.v[i].uid;
		struct known *is = list_find(&b->list, uid);
		if (!numset_has(&uids, uid))
			continue;
		missing += !is;
		if (!is || numset_has(&r.modified, uid))
			continue;
		assert_true(uid < told);
		struct known was = *is, knew = c->list.v[i];
		change_model(is, args.change, args.list.flags, bits);
		assert_int_equal(numset_has(&r.changed, uid), memcmp(&was, is, sizeof was) != 0);
		if (args.silent && memcmp(&was, &knew, sizeof was) == 0)
			c->list.v[i] = *is; // the client applies its own change
	}
	assert_int_equal(r.missing, missing);
	if (r.changed.count)
		assert_true(r.modseq.v > b->modseq);
	if (args.unchanged_since.v == UINT64_MAX)
		assert_int_equal(r.modified.count, 0);
	flags_result_done(&r);
	numset_done(&uids);
}

static void model_gone(struct box *b, const struct numset *uids)
{
	size_t kept = 0;
	for (size_t i = 0; i < b->list.n; i++) {
		if (!numset_has(uids, b->list.v[i].uid)) {
			b->list.v[kept++] = b->list.v[i];
			continue;
		}
		b->gone = realloc(b->gone, (b->gone_count + 1) * sizeof *b->gone);
		assert_non_null(b->gone);
		b->gone[b->gone_count++] = (struct gone){ b->list.v[i].uid, b->modseq };
	}
	b->list.n = kept;
}

static void do_expunge(struct world *w, struct client *c)
{
	struct numset uids = random_uids(w, c), gone;
	bool all = below(w, 3) == 0;
	ok(&w->f.op, txn_expunge(&w->f.op, c->view, all ? NULL : &uids, &gone));
	struct box *b = &w->box[c->box];
	for (size_t i = 0; i < b->list.n; i++) {
		bool expect = (all || numset_has(&uids, b->list.v[i].uid)) &&
			b->list.v[i].flags & FLAG_DELETED;
		assert_int_equal(numset_has(&gone, b->list.v[i].uid), expect);
	}
	b->modseq = b->modseq ? b->modseq : 1;
	model_gone(b, &gone);
	numset_done(&uids);
	numset_done(&gone);
}

static void do_copy(struct world *w, struct client *c)
{
	struct numset uids = random_uids(w, c);
	size_t to = below(w, BOXES);
	bool move = below(w, 2);
	struct copy_result r;
	ok(&w->f.op, txn_copy(&w->f.op, c->view, &uids, box_name[to], move, &r));
	struct box *from = &w->box[c->box];
	uint64_t n = 0;
	size_t count = c->list.n; // what the client knows
	for (size_t i = 0; i < count; i++) {
		struct known *is = list_find(&from->list, c->list.v[i].uid);
		if (!is || !numset_has(&uids, is->uid))
			continue;
		struct known copy = *is;
		assert_int_equal(numset_nth(&r.from, n), is->uid);
		copy.uid = w->box[to].uid_next++;
		assert_int_equal(numset_nth(&r.to, n++), copy.uid);
		list_push(&w->box[to].list, copy);
	}
	assert_int_equal(numset_size(&r.from), n);
	assert_int_equal(numset_size(&r.to), n);
	if (move)
		model_gone(from, &r.from);
	copy_result_done(&r);
	numset_done(&uids);
}

// An APPEND that replaces a message which the client knows, perhaps gone already.
static void do_replace(struct world *w, struct client *c)
{
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .internal_date = 1000000 };
	struct numset gone = { 0 };
	struct box *from = &w->box[c->box];
	size_t to = below(w, BOXES);
	if (c->list.n == 0)
		return;
	uint32_t uid = c->list.v[below(w, (uint32_t)c->list.n)].uid;
	ok(&w->f.op, append_begin(&w->f.op, w->f.a, box_name[to], &ap));
	ok(&w->f.op, append_message(&w->f.op, ap, &meta, 0));
	ok(&w->f.op, append_data(&w->f.op, ap, SPAN("Subject: a\r\n\r\nHello, world !\r\n\r\n")));
	ok(&w->f.op, append_message_end(&w->f.op, ap));
	int rc = append_commit_replacing(&w->f.op, ap, c->view, (struct uid){ uid }, &r);
	if (!list_find(&from->list, uid)) {
		assert_int_equal(rc, RC_EXPUNGED);
		return;
	}
	ok(&w->f.op, rc);
	assert_int_equal(numset_min(&r.uids), w->box[to].uid_next);
	assert_int_equal(numset_size(&r.uids), 1);
	list_push(&w->box[to].list, (struct known){ w->box[to].uid_next++, 0, 0 });
	numset_add(&gone, uid);
	model_gone(from, &gone);
	numset_done(&gone);
	numset_done(&r.uids);
}

static void do_open(struct world *w, struct client *c)
{
	view_close(c->view);
	c->box = below(w, BOXES);
	c->view = open_view(&w->f, box_name[c->box]);
	c->list.n = 0;
	struct view_cursor *cursor;
	struct msg m;
	ok(&w->f.op, view_cursor_open(&w->f.op, c->view, NULL, 0, &cursor));
	while (view_cursor_next(&w->f.op, cursor, &m) == 0) {
		struct known k = { m.uid.v, m.flags & FLAG_SYSTEM,
			keywords_of(view_cursor_keywords(cursor), m.kwset) };
		list_push(&c->list, k);
	}
	view_cursor_close(cursor);
	c->exists = view_exists(c->view);
	same_lists(&c->list, &w->box[c->box].list);
}

static void reopen(struct world *w, bool store_too)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		view_close(w->client[i].view);
		w->client[i].view = NULL;
	}
	fixture_close_mail(&w->f);
	if (store_too && strcmp(engine, "memory") != 0) {
		store_close(w->f.store);
		fixture_open_store(&w->f);
	}
	fixture_open_mail(&w->f);
	for (size_t i = 0; i < BOXES; i++)
		check_status(w, i);
	for (size_t i = 0; i < CLIENTS; i++)
		do_open(w, &w->client[i]);
}

static void step(struct world *w)
{
	struct client *c = &w->client[below(w, CLIENTS)];
	switch (below(w, 16)) {
	case 0:
		do_append(w, below(w, BOXES));
		break;
	case 1:
	case 2:
	case 3:
		do_flags(w, c);
		break;
	case 4:
		do_expunge(w, c);
		break;
	case 5:
		if (below(w, 2))
			do_copy(w, c);
		else
			do_replace(w, c);
		break;
	case 6:
		sync_client(w, c, SYNC_REST, 1 << 30);
		break;
	case 7:
		sync_client(w, c, SYNC_EXPUNGE | SYNC_REST, (int)below(w, 5));
		break;
	case 8:
		sync_client(w, c, SYNC_REST, (int)below(w, 5));
		break;
	case 9:
		sync_client(w, c, SYNC_EXPUNGE, 1 << 30);
		break;
	case 10:
	case 11:
		sync_all(w, c);
		break;
	case 12:
		check_walk(w, c);
		break;
	case 13:
		check_since(w, c);
		break;
	case 14:
		if (below(w, 4) == 0)
			do_open(w, c);
		else
			ok(&w->f.op, view_refresh(&w->f.op, c->view));
		break;
	default:
		check_status(w, below(w, BOXES));
	}
	check_numbers(w, c);
	op_reset(&w->f.op);
}

static void test_model(void **state)
{
	(void)state;
	for (uint64_t run = 0; run < 6; run++) {
		struct world w = { .random = seed * 1000003 + run };
		fixture_begin(&w.f, engine);
		for (size_t i = 0; i < BOXES; i++)
			w.box[i].uid_next = 1;
		for (size_t i = 0; i < CLIENTS; i++)
			do_open(&w, &w.client[i]);
		for (int i = 0; i < 1500; i++) {
			step(&w);
			if (below(&w, 300) == 0)
				reopen(&w, below(&w, 2));
		}
		for (size_t i = 0; i < CLIENTS; i++) {
			sync_all(&w, &w.client[i]);
			view_close(w.client[i].view);
			free(w.client[i].list.v);
		}
		for (size_t i = 0; i < BOXES; i++) {
			check_status(&w, i);
			free(w.box[i].list.v);
			free(w.box[i].gone);
		}
		fixture_end(&w.f);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
