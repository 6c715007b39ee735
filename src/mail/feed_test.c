// SPDX-License-Identifier: Apache-2.0
// The feed of an account: what readers are told, what a silent one costs, many threads at once; on the engine that the program is told.
#include "mail/feed.h"

#include "base/limits.h"
#include "mail/metadata.h"
#include "mail/testing.h"

#include <pthread.h>

static const char *engine = "memory";
static const struct span text = { "Subject: s\r\n\r\nbody\r\n", 20 };
static const struct flag_list no_flags = { .flags = 0 };

static struct feed_event next(struct op *op, struct feed_reader *r)
{
	struct feed_event e = { .kind = FEED_CREATED };
	ok(op, feed_next(op, r, &e));
	return e;
}

static void event_is(const struct feed_event *e, enum feed_kind kind, bool own, const char *name,
	const char *old)
{
	assert_int_equal(e->kind, kind);
	assert_int_equal(e->own, own);
	assert_true(span_eq(e->name, span_str(name)));
	assert_true(span_eq(e->old, span_str(old)));
}

static void create(struct op *op, struct account *a, const char *name)
{
	struct mailbox_status st;
	ok(op, mailbox_create(op, a, span_str(name), 0, &st));
}

// What changed in the one mailbox that did; everything is counted as told.
static unsigned one_change(struct op *op, struct feed_reader *r, struct mailbox *mb)
{
	struct feed_change *v;
	size_t n;
	ok(op, feed_changes(op, r, &v, &n));
	assert_int_equal(n, 1);
	assert_ptr_equal(v[0].mailbox, mb);
	unsigned what = v[0].what;
	feed_told(r, &v[0]);
	feed_changes_done(v, n);
	return what;
}

static void nothing(struct op *op, struct feed_reader *r)
{
	struct feed_change *v;
	struct feed_event e;
	size_t n;
	assert_int_equal(feed_next(op, r, &e), FEED_END);
	ok(op, feed_changes(op, r, &v, &n));
	assert_int_equal(n, 0);
}

static void test_events(void **state)
{
	(void)state;
	struct fixture f;
	struct op other;
	struct feed_reader mine, theirs;
	fixture_begin(&f, engine);
	op_init(&other, 0);
	create(&f.op, f.a, "before");
	ok(&f.op, feed_join(&f.op, f.a, &mine));
	ok(&other, feed_join(&other, f.a, &theirs));
	nothing(&f.op, &mine);
	create(&f.op, f.a, "a/b");
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("a/b"), true));
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("a/b"), SPAN("c")));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("c")));
	struct metadata_change m = { .name = SPAN("/private/comment"), .value = SPAN("x") };
	ok(&f.op, metadata_set(&f.op, f.a, SPAN(""), &m, 1));
	struct feed_event e = next(&other, &theirs);
	for (; e.kind == FEED_CREATED || e.kind == FEED_AFFECTED; e = next(&other, &theirs))
		assert_true(span_eq(e.name, SPAN("a")) || span_eq(e.name, SPAN("a/b")));
	event_is(&e, FEED_SUBSCRIPTION, false, "a/b", "");
	e = next(&other, &theirs);
	event_is(&e, FEED_RENAMED, false, "c", "a/b");
	e = next(&other, &theirs);
	event_is(&e, FEED_DELETED, false, "c", "");
	e = next(&other, &theirs);
	event_is(&e, FEED_METADATA, false, "", "");
	assert_true(span_eq(e.entries, span_of("/private/comment", 17)));
	nothing(&other, &theirs);
	e = next(&f.op, &mine);
	assert_true(e.own);
	feed_leave(&mine);
	feed_leave(&theirs);
	feed_leave(&theirs);
	op_done(&other);
	fixture_end(&f);
}

// Whose the last change was hides no other's before it.
static void test_own_changes(void **state)
{
	(void)state;
	struct fixture f, b;
	struct feed_reader mine, theirs;
	fixture_begin(&f, engine);
	b = f;
	op_init(&b.op, 0);
	ok(&f.op, feed_join(&f.op, f.a, &mine));
	ok(&b.op, feed_join(&b.op, f.a, &theirs));
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct mailbox *inbox = view_mailbox(v);
	(void)append_text(&f, SPAN("INBOX"), text, no_flags);
	assert_int_equal(one_change(&f.op, &mine, inbox), 0);
	assert_true(one_change(&b.op, &theirs, inbox) & CHANGED_NEW);
	(void)append_text(&b, SPAN("INBOX"), text, no_flags);
	(void)append_text(&f, SPAN("INBOX"), text, no_flags);
	assert_true(one_change(&f.op, &mine, inbox) & CHANGED_NEW);
	assert_true(one_change(&b.op, &theirs, inbox) & CHANGED_NEW);
	nothing(&f.op, &mine);
	struct numset first = { 0 }, gone = { 0 };
	struct flags_result r = { 0 };
	numset_add(&first, 1);
	struct flags_args seen = { .uids = &first,
		.change = FLAGS_ADD,
		.list.flags = FLAG_SEEN,
		.unchanged_since = { UINT64_MAX } };
	view_close(v);
	v = open_view(&f, SPAN("INBOX"));
	ok(&f.op, txn_flags(&f.op, v, &seen, &r));
	flags_result_done(&r);
	assert_int_equal(one_change(&b.op, &theirs, inbox), CHANGED_FLAGS | CHANGED_SEEN);
	ok(&f.op, txn_remove(&f.op, v, &first, &gone));
	assert_int_equal(one_change(&b.op, &theirs, inbox), CHANGED_EXPUNGED);
	numset_done(&first);
	numset_done(&gone);
	view_close(v);
	feed_leave(&mine);
	feed_leave(&theirs);
	op_done(&b.op);
	fixture_end(&f);
}

// A mailbox stands in the list once, at its last change; one that is deleted does not.
static void test_order(void **state)
{
	(void)state;
	struct fixture f;
	struct op other;
	struct feed_reader r;
	struct feed_change *v;
	size_t n;
	fixture_begin(&f, engine);
	op_init(&other, 0);
	create(&f.op, f.a, "a");
	create(&f.op, f.a, "b");
	ok(&other, feed_join(&other, f.a, &r));
	for (int i = 0; i < 3; i++) {
		(void)append_text(&f, SPAN("a"), text, no_flags);
		(void)append_text(&f, SPAN("b"), text, no_flags);
	}
	(void)append_text(&f, SPAN("INBOX"), text, no_flags);
	(void)append_text(&f, SPAN("a"), text, no_flags);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("b")));
	ok(&other, feed_changes(&other, &r, &v, &n));
	assert_int_equal(n, 2);
	assert_true(span_eq(mailbox_name(&other, v[0].mailbox), SPAN("INBOX")));
	assert_true(span_eq(mailbox_name(&other, v[1].mailbox), SPAN("a")));
	feed_told(&r, &v[0]);
	feed_changes_done(v, n);
	ok(&other, feed_changes(&other, &r, &v, &n));
	assert_int_equal(n, 1);
	feed_changes_done(v, n);
	feed_leave(&r);
	op_done(&other);
	fixture_end(&f);
}

static void subscribe_often(struct fixture *f, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		ok(&f->op, mailbox_subscribe(&f->op, f->a, SPAN("INBOX"), i % 2));
}

// A reader that does not read loses events, is told so, and goes on with what comes.
static void test_silent_reader(void **state)
{
	(void)state;
	struct fixture f;
	struct op other;
	struct feed_reader r;
	struct feed_event e;
	fixture_begin(&f, engine);
	op_init(&other, 0);
	ok(&other, feed_join(&other, f.a, &r));
	subscribe_often(&f, FEED_EVENTS_MAX + 2);
	assert_int_equal(feed_next(&other, &r, &e), FEED_LOST);
	nothing(&other, &r);
	subscribe_often(&f, 2);
	for (int i = 0; i < 2; i++) {
		e = next(&other, &r);
		event_is(&e, FEED_SUBSCRIPTION, false, "INBOX", "");
	}
	nothing(&other, &r);
	feed_leave(&r);
	op_done(&other);
	fixture_end(&f);
}

// What is kept for one is bounded in octets (FEED_OCTETS_MAX), too: long lists of annotations.
static void test_octets(void **state)
{
	(void)state;
	static char names[IMAP_METADATA_NAMED_MAX][METADATA_NAME_MAX + 1];
	static struct metadata_change changes[IMAP_METADATA_NAMED_MAX];
	struct fixture f;
	struct op other;
	struct feed_reader r;
	struct feed_event e;
	fixture_begin(&f, engine);
	op_init(&other, 0);
	ok(&other, feed_join(&other, f.a, &r));
	for (unsigned i = 0; i < IMAP_METADATA_NAMED_MAX; i++) {
		int n = snprintf(
			names[i], sizeof names[i], "/private/%0*u", METADATA_NAME_MAX - 9, i);
		changes[i] = (struct metadata_change){ .name = span_of(names[i], (size_t)n) };
	}
	for (int i = 0; i < 4; i++)
		ok(&f.op, metadata_set(&f.op, f.a, SPAN(""), changes, countof(changes)));
	assert_int_equal(feed_next(&other, &r, &e), FEED_LOST);
	for (int i = 0; i < 2; i++)
		ok(&f.op, metadata_set(&f.op, f.a, SPAN(""), changes, countof(changes)));
	for (int i = 0; i < 2; i++) {
		e = next(&other, &r);
		assert_int_equal(e.entries.n, sizeof names);
		op_reset(&other);
	}
	nothing(&other, &r);
	feed_leave(&r);
	op_done(&other);
	fixture_end(&f);
}

// --- threads: readers follow while others change, come and go; in the end each has seen the last state of every mailbox ---

#define BOXES 4u
#define READERS 3
#define WRITERS 3
static const struct span boxes[BOXES] = { { "INBOX", 5 }, { "a", 1 }, { "b", 1 }, { "c", 1 } };
struct worker {
	struct account *a;
	pthread_t thread;
	unsigned id;
	_Atomic bool *over;
	_Atomic unsigned *joined; // readers that will be told of everything
	uint32_t seen[BOXES];     // UIDNEXT
};

static void append_one(struct op *op, struct account *a, struct span box)
{
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .internal_date = 1000000 };
	must(append_begin(op, a, box, &ap) == 0);
	must(append_message(op, ap, &meta, text.n) == 0);
	must(append_data(op, ap, text) == 0);
	must(append_message_end(op, ap) == 0);
	must(append_commit(op, ap, &r) == 0);
	numset_done(&r.uids);
}

static void *write_much(void *ctx)
{
	struct worker *w = ctx;
	struct op op;
	struct mailbox_status st;
	char own[8];
	op_init(&op, 0);
	int n = snprintf(own, sizeof own, "w%u", w->id);
	struct span name = span_of(own, (size_t)n);
	for (unsigned i = 0; i < 60; i++) {
		append_one(&op, w->a, boxes[(i * 7 + w->id) % BOXES]);
		if (i % 6 == 0)
			must(mailbox_create(&op, w->a, name, 0, &st) == 0);
		if (i % 6 == 1)
			append_one(&op, w->a, name);
		if (i % 6 == 3)
			must(mailbox_delete(&op, w->a, name) == 0);
		op_reset(&op);
	}
	op_done(&op);
	return NULL;
}

static void look(struct worker *w, struct op *op, struct feed_reader *r)
{
	struct feed_event e;
	struct feed_change *v;
	size_t n;
	int rc;
	while ((rc = feed_next(op, r, &e)) == 0)
		must(e.name.n && !e.own);
	must(rc == FEED_END);
	must(feed_changes(op, r, &v, &n) == 0);
	for (size_t i = 0; i < n; i++) {
		struct mailbox_status st;
		must(v[i].what & CHANGED_NEW);
		must(i == 0 || v[i].at > v[i - 1].at);
		mailbox_status(v[i].mailbox, &st);
		struct span name = mailbox_name(op, v[i].mailbox);
		for (size_t k = 0; k < BOXES; k++)
			if (span_eq(name, boxes[k])) {
				must(st.uid_next.v >=
					w->seen[k]); // as it is now: maybe newer than the change
				w->seen[k] = st.uid_next.v;
			}
		feed_told(r, &v[i]);
		if (w->id == 0 && i == 1) { // as with full output: the rest later
			feed_changes_done(v + i + 1, n - i - 1);
			n = i + 1;
		}
	}
	feed_changes_done(v, n);
	op_reset(op);
}

static void *read_much(void *ctx)
{
	struct worker *w = ctx;
	struct op op;
	struct feed_reader r;
	op_init(&op, 0);
	must(feed_join(&op, w->a, &r) == 0);
	atomic_fetch_add(w->joined, 1);
	while (!atomic_load(w->over)) {
		look(w, &op, &r);
		if (w->id == 1) { // comes and goes
			feed_leave(&r);
			must(feed_join(&op, w->a, &r) == 0);
		}
	}
	for (int i = 0; i < 4; i++)
		look(w, &op, &r);
	feed_leave(&r);
	op_done(&op);
	return NULL;
}

static void test_threads(void **state)
{
	(void)state;
	struct fixture f;
	_Atomic bool over = false;
	_Atomic unsigned joined = 0;
	struct worker readers[READERS], writers[WRITERS];
	fixture_begin(&f, engine);
	for (size_t i = 1; i < BOXES; i++)
		create(&f.op, f.a, boxes[i].p);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct worker){ .a = f.a, .id = i, .over = &over, .joined = &joined };
		assert_int_equal(
			pthread_create(&readers[i].thread, NULL, read_much, &readers[i]), 0);
	}
	while (atomic_load(&joined) < READERS) // who comes too late is told of nothing
		(void)usleep(100);
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct worker){ .a = f.a, .id = i };
		assert_int_equal(
			pthread_create(&writers[i].thread, NULL, write_much, &writers[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		(void)pthread_join(writers[i].thread, NULL);
	atomic_store(&over, true);
	for (unsigned i = 0; i < READERS; i++)
		(void)pthread_join(readers[i].thread, NULL);
	for (size_t k = 0; k < BOXES; k++) {
		uint32_t last = status_of(&f, boxes[k]).uid_next.v;
		for (unsigned i = 0; i < READERS; i++)
			assert_true(readers[i].seen[k] == last || i == 1);
	}
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_own_changes),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_silent_reader),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
