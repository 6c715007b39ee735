// SPDX-License-Identifier: Apache-2.0
// Accounts, names, appends: one behaviour per test, on the engine that the program is told.
#include "mail/testing.h"

#include "base/clock.h"
#include "mail/check.h"
#include "mail/mail_priv.h"

static const char *engine = "memory";

#define NO_FLAGS ((struct flag_list){ 0 })
#define MESSAGE SPAN("From: a@example.org\r\nSubject: x\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n")

// The names in order, with marks: '-' no mailbox, '+' subscribed, '/' has children.
static void names_are(struct fixture *f, const char *expected)
{
	const struct tree *t = account_tree_ref(f->a);
	struct buf b = { 0 };
	for (size_t i = 0; i < t->count; i++) {
		buf_add(&b, t->entries[i].name);
		buf_add(&b, span_str(t->entries[i].mailbox ? "" : "-"));
		buf_add(&b, span_str(t->entries[i].subscribed ? "+" : ""));
		buf_add(&b, span_str(t->entries[i].has_children ? "/ " : " "));
	}
	buf_addc(&b, '\0');
	tree_unref(t);
	assert_string_equal(b.p, expected);
	buf_done(&b);
}

static void reopen(struct fixture *f)
{
	fixture_close_mail(f);
	fixture_open_mail(f);
}

static void create(struct fixture *f, const char *name)
{
	struct mailbox_status st;
	ok(&f->op, mailbox_create(&f->op, f->a, span_str(name), 0, &st));
}

static void test_names(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	names_are(&f, "Archive+ Drafts+ INBOX+ Junk+ Sent+ Trash+ ");
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("Junk")));
	for (const char *const *n = (const char *const[]){ "a/b/c", "a-b", "a b", NULL }; *n; n++)
		create(&f, *n);
	names_are(&f, "Archive+ Drafts+ INBOX+ Junk-+ Sent+ Trash+ a/ a b a-b a/b/ a/b/c ");
	reopen(&f);
	names_are(&f, "Archive+ Drafts+ INBOX+ Junk-+ Sent+ Trash+ a/ a b a-b a/b/ a/b/c ");
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("a/b"), true));
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("Junk"), false));
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("Archive"), false));
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("zz"), true));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("a")));
	names_are(&f, "Archive Drafts+ INBOX+ Sent+ Trash+ a-/ a b a-b a/b+/ a/b/c zz-+ ");
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("a/b"), SPAN("new/deep/b")));
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/deep/ new/deep/b/ "
		"new/deep/b/c zz-+ ");
	reopen(&f);
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/deep/ new/deep/b/ "
		"new/deep/b/c zz-+ ");
	assert_int_equal(mailbox_rename(&f.op, f.a, SPAN("new"), SPAN("new/x")), RC_CANNOT);
	assert_int_equal(mailbox_rename(&f.op, f.a, SPAN("nix"), SPAN("x")), RC_NONEXISTENT);
	assert_int_equal(mailbox_rename(&f.op, f.a, SPAN("new"), SPAN("Sent")), RC_ALREADYEXISTS);
	assert_int_equal(mailbox_delete(&f.op, f.a, SPAN("INBOX")), RC_CANNOT);
	assert_int_equal(mailbox_delete(&f.op, f.a, SPAN("zz")), RC_NONEXISTENT);
	// A mere name with children is renamed like a mailbox.
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("new/deep")));
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("new/deep"), SPAN("moved/far")));
	reopen(&f);
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ moved/ moved/far-/ "
		"moved/far/b/ moved/far/b/c new zz-+ ");
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("moved/far"), SPAN("new/deep")));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("moved")));
	create(&f, "new/deep");
	// A mere name with children takes a renamed mailbox in.
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("new")));
	create(&f, "other/kid");
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("other"), SPAN("new")));
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/deep/ new/deep/b/ "
		"new/deep/b/c new/kid zz-+ ");
	reopen(&f);
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/deep/ new/deep/b/ "
		"new/deep/b/c new/kid zz-+ ");
	// Deleting the last child takes mere names above along.
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("new/deep/b")));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("new/deep")));
	names_are(&f,
		"Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/deep-/ new/deep/b-/ "
		"new/deep/b/c new/kid zz-+ ");
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("new/deep/b/c")));
	names_are(&f, "Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/kid zz-+ ");
	reopen(&f);
	names_are(&f, "Archive Drafts+ INBOX+ Sent+ Trash+ a b a-b a/b-+ new/ new/kid zz-+ ");
	fixture_end(&f);
}

static void test_uid_validity(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status one, two, three;
	fixture_begin(&f, engine);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("x"), 0, &one));
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("x"), SPAN("y")));
	two = status_of(&f, SPAN("y"));
	assert_int_equal(two.uid_validity, one.uid_validity);
	assert_memory_equal(&two.id, &one.id, sizeof one.id);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("y")));
	reopen(&f);
	clock_shift_for_test(-1000000);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("y"), 0, &three));
	clock_shift_for_test(0);
	assert_true(three.uid_validity > one.uid_validity);
	assert_memory_not_equal(&three.id, &one.id, sizeof one.id);
	assert_true(three.highest_modseq.v > one.highest_modseq.v);
	fixture_end(&f);
}

// Removed and made again at once, many mailboxes ahead of the clock, and by a server that was started anew: nothing comes twice.
static void test_uid_validity_of_the_next(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status made;
	uint32_t last = 0;
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(status_of(&f, SPAN("INBOX")).uid_validity > last);
		ok(&f.op, mailbox_create(&f.op, f.a, SPAN("x"), 0, &made));
		last = made.uid_validity;
		account_unref(f.a);
		f.a = NULL;
		ok(&f.op, account_delete(&f.op, f.mail, SPAN("alice")));
		if (i % 2)
			fixture_close_mail(&f);
		if (i % 2)
			fixture_open_mail(&f);
		else
			ok(&f.op, account_open(&f.op, f.mail, SPAN("alice"), &f.a));
	}
	fixture_end(&f);
}

static void test_special_use(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status st;
	fixture_begin(&f, engine);
	// From the Sent of the account's beginning, which nobody has used; from no other.
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("mine"), USE_SENT, &st));
	reopen(&f);
	assert_int_equal(mailbox_create(&f.op, f.a, SPAN("x"), USE_SENT, &st), RC_USEATTR);
	assert_int_equal(mailbox_create(&f.op, f.a, SPAN("x"), USE_ALL, &st), RC_USEATTR);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("Drafts"), SPAN("Concepts")));
	assert_int_equal(mailbox_create(&f.op, f.a, SPAN("x"), USE_DRAFTS, &st), RC_USEATTR);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("mine"), SPAN("Gesendet")));
	assert_int_equal(mailbox_create(&f.op, f.a, SPAN("x"), USE_SENT, &st), RC_USEATTR);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("Gesendet")));
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("x"), USE_SENT, &st));
	const struct tree *t = account_tree_ref(f.a);
	bool found;
	assert_int_equal(t->entries[tree_find(t, SPAN("x"), &found)].uses, USE_SENT);
	tree_unref(t);
	fixture_end(&f);
}

static void test_rename_inbox(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	for (int i = 0; i < 300; i++)
		(void)append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	struct mailbox_status was = status_of(&f, SPAN("INBOX"));
	struct view *v = open_view(&f, SPAN("INBOX"));
	create(&f, "INBOX/kid");
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("INBOX"), SPAN("old/mail")));
	struct mailbox_status in = status_of(&f, SPAN("INBOX")),
			      old = status_of(&f, SPAN("old/mail"));
	assert_int_equal(in.messages, 0);
	assert_int_equal(in.uid_next.v, was.uid_next.v);
	assert_int_equal(in.uid_validity, was.uid_validity);
	assert_memory_equal(&in.id, &was.id, sizeof was.id);
	assert_int_equal(old.messages, 300);
	assert_int_equal(old.size, was.size);
	assert_true(old.uid_validity > was.uid_validity);
	assert_memory_not_equal(&old.id, &was.id, sizeof was.id);
	struct view_change c;
	int expunged = 0;
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &c) == 0)
		expunged += c.kind == CHANGE_EXPUNGE;
	assert_int_equal(expunged, 300);
	struct numset gone = { 0 };
	ok(&f.op, view_expunged_since(&f.op, v, was.highest_modseq, &gone));
	assert_int_equal(numset_size(&gone), 300);
	numset_done(&gone);
	assert_int_equal(append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS), 301);
	assert_int_equal(append_text(&f, SPAN("old/mail"), MESSAGE, NO_FLAGS), 301);
	view_close(v);
	reopen(&f);
	v = open_view(&f, SPAN("old/mail"));
	assert_int_equal(view_exists(v), 301);
	struct uid uid;
	ok(&f.op, view_uid_of(&f.op, v, (struct seq){ 300 }, &uid));
	assert_int_equal(uid.v, 300);
	view_close(v);
	assert_int_equal(status_of(&f, SPAN("INBOX")).messages, 1);
	fixture_end(&f);
}

// "a/a/a", of that many levels, in a buffer of as many pairs.
static const char *levels(char letter, unsigned n, char *to)
{
	for (unsigned i = 0; i < n; i++) {
		to[2 * i] = letter;
		to[2 * i + 1] = '/';
	}
	to[2 * n - 1] = '\0';
	return to;
}

// RENAME takes what lies below along: no name may come to have more levels than CREATE allows, for no client could name it any more,
// and the account has to open again.
static void test_rename_depth(void **state)
{
	(void)state;
	struct fixture f;
	char a[80], b[80], x[200];
	fixture_begin(&f, engine);
	create(&f, "x"); // first: the lowest node is to lie deepest
	create(&f, levels('a', 20, a));
	create(&f, levels('b', 20, b));
	(void)snprintf(x, sizeof x, "%s/x", a);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("x"), span_str(x)));
	(void)snprintf(x, sizeof x, "%s/a", b);
	assert_int_equal(mailbox_rename(&f.op, f.a, SPAN("a"), span_str(x)), RC_BADNAME);
	(void)snprintf(x, sizeof x, "%s/a", levels('b', 11, b)); // 11 + 21: as many as may be
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("a"), span_str(x)));
	reopen(&f);
	(void)snprintf(x, sizeof x, "%s/%s/x", b, a);
	(void)status_of(&f, span_str(x));
	ok(&f.op, mailbox_rename(&f.op, f.a, span_str(levels('b', 1, b)), SPAN("c")));
	reopen(&f);
	x[0] = 'c';
	(void)status_of(&f, span_str(x));
	fixture_end(&f);
}

static void test_name_check(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out; // NULL: refused
	} t[] = {
		{ "inbox", "INBOX" },
		{ "iNbOx/Kid", "INBOX/Kid" },
		{ "inboxes", "inboxes" },
		{ "a/inbox", "a/inbox" },
		{ "a/", "a" },
		{ "a//b", NULL },
		{ "/a", NULL },
		{ "/", NULL },
		{ "", NULL },
		{ "a\x01", NULL },
		{ "a\xff", NULL },
		{ "e\xcc\x81", "\xc3\xa9" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac" },
		{ "\xc2\x85", NULL },
		{ "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/e/f/g/h", NULL },
	};
	struct op op;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(t); i++) {
		struct span out;
		int rc = account_name_check(&op, span_str(t[i].in), &out);
		assert_int_equal(rc, t[i].out ? 0 : RC_BADNAME);
		if (rc == 0)
			assert_true(span_eq(out, span_str(t[i].out)));
	}
	op_done(&op);
}

static void test_append_line_ends(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	struct span in = SPAN("A: b\nC: d\r\n\nx\r\r\n\ny\n"),
		    out = SPAN("A: b\r\nC: d\r\n\r\nx\r\r\n\r\ny\r\n");
	for (size_t step = 1; step <= in.n; step++) {
		struct append *ap;
		struct append_result r;
		struct append_meta meta = { .internal_date = INT64_MIN };
		ok(&f.op, append_begin(&f.op, f.a, SPAN("INBOX"), &ap));
		ok(&f.op, append_message(&f.op, ap, &meta, 0));
		for (size_t i = 0; i < in.n; i += step)
			ok(&f.op, append_data(&f.op, ap, span_cut(in, i, i + step)));
		ok(&f.op, append_message_end(&f.op, ap));
		ok(&f.op, append_commit(&f.op, ap, &r));
		struct view *v = open_view(&f, SPAN("INBOX"));
		struct msg m;
		ok(&f.op, view_msg(&f.op, v, (struct uid){ numset_min(&r.uids) }, &m));
		struct blob b;
		ok(&f.op, blob_open(&f.op, f.store, m.cold->blob, &b));
		assert_int_equal(m.cold->size, out.n);
		assert_true(span_eq(b.whole, out));
		blob_close(&b);
		numset_done(&r.uids);
		view_close(v);
	}
	struct append *ap;
	assert_int_equal(append_begin(&f.op, f.a, SPAN("nix"), &ap), RC_TRYCREATE);
	ok(&f.op, append_begin(&f.op, f.a, SPAN("INBOX"), &ap));
	assert_int_equal(append_message(&f.op, ap, &(struct append_meta){ 0 }, UINT64_C(1) << 40),
		RC_TOOBIG);
	append_abort(ap);
	fixture_end(&f);
}

static struct objectid thread_of(struct fixture *f, const char *id, const char *references)
{
	struct buf b = { 0 };
	buf_addf(&b, "Message-ID: <%s>\r\nReferences: %s\r\n\r\nx\r\n", id, references);
	struct view *v;
	struct msg m;
	struct uid uid = { append_text(f, SPAN("INBOX"), buf_span(&b), NO_FLAGS) };
	v = open_view(f, SPAN("INBOX"));
	ok(&f->op, view_msg(&f->op, v, uid, &m));
	struct objectid t = m.cold->threadid;
	view_close(v);
	buf_done(&b);
	return t;
}

static void test_threads(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	struct objectid a = thread_of(&f, "a@x", ""), b = thread_of(&f, "b@x", "<a@x>");
	assert_memory_equal(&a, &b, sizeof a);
	struct objectid other = thread_of(&f, "o@x", "");
	assert_memory_not_equal(&a, &other, sizeof a);
	// Two replies to a message that never came.
	struct objectid r1 = thread_of(&f, "r1@x", "<root@x>"),
			r2 = thread_of(&f, "r2@x", "<root@x> <mid@x>");
	assert_memory_equal(&r1, &r2, sizeof r1);
	struct objectid root = thread_of(&f, "root@x", "");
	assert_memory_equal(&r1, &root, sizeof r1);
	reopen(&f);
	struct objectid late = thread_of(&f, "late@x", "<a@x> <b@x>");
	assert_memory_equal(&a, &late, sizeof a);
	fixture_end(&f);
}

static int count_user(struct op *op, void *ctx, struct span user)
{
	(void)op, (void)user;
	++*(int *)ctx;
	return 0;
}

static void test_account_delete(void **state)
{
	(void)state;
	struct fixture f;
	int users = 0;
	fixture_begin(&f, engine);
	struct account *bob;
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	struct view *v;
	ok(&f.op, view_open(&f.op, bob, SPAN("INBOX"), 0, &v));
	ok(&f.op, account_each(&f.op, f.mail, count_user, &users));
	assert_int_equal(users, 2);
	ok(&f.op, account_delete(&f.op, f.mail, SPAN("bob")));
	assert_true(view_is_gone(v));
	struct mailbox_status st;
	assert_int_equal(mailbox_create(&f.op, bob, SPAN("x"), 0, &st), RC_NONEXISTENT);
	users = 0;
	ok(&f.op, account_each(&f.op, f.mail, count_user, &users));
	assert_int_equal(users, 1);
	struct account *again;
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &again));
	assert_ptr_not_equal(again, bob);
	ok(&f.op, mailbox_create(&f.op, again, SPAN("x"), 0, &st));
	account_unref(again);
	view_close(v);
	account_unref(bob);
	fixture_end(&f);
}

static void test_objectid(void **state)
{
	(void)state;
	struct objectid id, back;
	for (unsigned i = 0; i < 256; i++) {
		for (unsigned k = 0; k < 16; k++)
			id.b[k] = (uint8_t)(i * 31 + k * k * 7);
		char text[OBJECTID_TEXT];
		struct span s = objectid_print(&id, 'F', text);
		assert_int_equal(s.n, OBJECTID_TEXT);
		assert_true(objectid_parse(s, 'F', &back));
		assert_memory_equal(&id, &back, sizeof id);
		assert_false(objectid_parse(s, 'M', &back));
		assert_false(objectid_parse(span_cut(s, 0, 26), 'F', &back));
	}
}

// RFC 8514 section 3: a copy has the time when it was made, the source keeps its own.
static void test_save_date(void **state)
{
	(void)state;
	struct fixture f;
	struct msg m;
	fixture_begin(&f, engine);
	int64_t before = clock_real();
	uint32_t uid = append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	struct view *v = open_view(&f, SPAN("INBOX"));
	ok(&f.op, view_msg(&f.op, v, (struct uid){ uid }, &m));
	int64_t saved = m.cold->save_date;
	assert_int_equal(m.cold->internal_date, 1000000);
	assert_in_range(saved, before, clock_real());
	usleep(1100000);
	for (unsigned move = 0; move < 2; move++) {
		struct copy_result r;
		struct numset uids = { 0 };
		numset_add(&uids, uid);
		ok(&f.op, txn_copy(&f.op, v, &uids, SPAN("Trash"), move, &r));
		struct view *to = open_view(&f, SPAN("Trash"));
		ok(&f.op, view_msg(&f.op, to, (struct uid){ numset_min(&r.to) }, &m));
		assert_in_range(m.cold->save_date, saved + 1, clock_real());
		assert_int_equal(m.cold->internal_date, 1000000);
		view_close(to);
		if (!move) {
			ok(&f.op, view_msg(&f.op, v, (struct uid){ uid }, &m));
			assert_int_equal(m.cold->save_date, saved);
		}
		copy_result_done(&r);
		numset_done(&uids);
	}
	view_close(v);
	fixture_end(&f);
}

// --- an append that replaces ---

static struct append *replacement(struct fixture *f, struct span mailbox)
{
	struct append *ap;
	struct append_meta meta = { .internal_date = INT64_MIN };
	ok(&f->op, append_begin(&f->op, f->a, mailbox, &ap));
	ok(&f->op, append_message(&f->op, ap, &meta, MESSAGE.n));
	ok(&f->op, append_data(&f->op, ap, MESSAGE));
	ok(&f->op, append_message_end(&f->op, ap));
	return ap;
}

static int replace(struct fixture *f, struct view *v, struct span mailbox, uint32_t uid)
{
	struct append_result r = { 0 };
	int rc = append_commit_replacing(
		&f->op, replacement(f, mailbox), v, (struct uid){ uid }, &r);
	assert_int_equal(numset_size(&r.uids), rc == 0);
	if (rc == 0) {
		struct mailbox_status st = status_of(f, mailbox);
		assert_int_equal(numset_min(&r.uids) + 1, st.uid_next.v);
		assert_int_equal(r.uid_validity, st.uid_validity);
	}
	numset_done(&r.uids);
	return rc;
}

static void holds(struct fixture *f, struct span mailbox, uint32_t messages, uint32_t uid_next)
{
	struct mailbox_status st = status_of(f, mailbox);
	assert_int_equal(st.messages, messages);
	assert_int_equal(st.uid_next.v, uid_next);
}

static void note_finding(void *ctx, const struct store_finding *found)
{
	print_error("%s\n", found->text);
	++*(int *)ctx;
}

static void test_replace(void **state)
{
	(void)state;
	struct fixture f;
	struct view_change change;
	struct view *readonly;
	int findings = 0;
	uint64_t messages = 0;
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 3; i++)
		append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	struct view *v = open_view(&f, SPAN("INBOX"));
	ok(&f.op, replace(&f, v, SPAN("INBOX"), 1));
	holds(&f, SPAN("INBOX"), 3, 5);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_EXPUNGE);
	assert_int_equal(change.msg.seq.v, 1);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_EXISTS);
	assert_int_equal(change.count, 3);
	// Gone, or never there: nothing is appended.
	assert_int_equal(replace(&f, v, SPAN("INBOX"), 1), RC_EXPUNGED);
	assert_int_equal(replace(&f, v, SPAN("Trash"), 99), RC_EXPUNGED);
	holds(&f, SPAN("INBOX"), 3, 5);
	holds(&f, SPAN("Trash"), 0, 1);
	ok(&f.op, replace(&f, v, SPAN("Trash"), 3));
	holds(&f, SPAN("INBOX"), 2, 5);
	holds(&f, SPAN("Trash"), 1, 2);
	ok(&f.op, view_open(&f.op, f.a, SPAN("INBOX"), VIEW_READONLY, &readonly));
	assert_int_equal(replace(&f, readonly, SPAN("Trash"), 2), RC_CANNOT);
	view_close(readonly);
	view_close(v);
	// The mailbox that it goes to, and the one that it is in, deleted meanwhile.
	struct append_result r;
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("a"), 0, &(struct mailbox_status){ 0 }));
	append_text(&f, SPAN("a"), MESSAGE, NO_FLAGS);
	v = open_view(&f, SPAN("INBOX"));
	struct append *ap = replacement(&f, SPAN("a"));
	struct view *gone = open_view(&f, SPAN("a"));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("a")));
	assert_int_equal(
		append_commit_replacing(&f.op, ap, v, (struct uid){ 2 }, &r), RC_TRYCREATE);
	assert_int_equal(replace(&f, gone, SPAN("INBOX"), 1), RC_NONEXISTENT);
	view_close(gone);
	view_close(v);
	holds(&f, SPAN("INBOX"), 2, 5);
	fixture_close_mail(&f);
	if (strcmp(engine, "memory") != 0) {
		store_close(f.store);
		fixture_open_store(&f);
	}
	fixture_open_mail(&f);
	holds(&f, SPAN("INBOX"), 2, 5);
	holds(&f, SPAN("Trash"), 1, 2);
	ok(&f.op, mail_check(&f.op, f.mail, note_finding, &findings, &messages));
	assert_int_equal(findings, 0);
	assert_int_equal(messages, 3);
	fixture_end(&f);
}

static void flag(struct fixture *f, struct view *v, uint32_t first, uint32_t last, uint32_t flags)
{
	struct numset uids = { 0 };
	numset_add_range(&uids, first, last);
	struct flags_args args = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = flags },
		.unchanged_since = { UINT64_MAX } };
	struct flags_result r;
	ok(&f->op, txn_flags(&f->op, v, &args, &r));
	flags_result_done(&r);
	numset_done(&uids);
}

// A command begins while a pass is under way: at its end the client has been told everything up to the modseqs that the command showed,
// so that it may take the highest for its own (RFC 7162 section 6).
static void test_refresh_within_a_pass(void **state)
{
	(void)state;
	struct fixture f;
	struct view_change c;
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 3; i++)
		append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	struct view *v = open_view(&f, SPAN("INBOX")), *other = open_view(&f, SPAN("INBOX"));
	flag(&f, other, 1, 3, FLAG_SEEN);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &c));
	assert_int_equal(c.kind, CHANGE_FLAGS);
	assert_int_equal(c.msg.uid.v, 1);
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	flag(&f, other, 1, 2, FLAG_FLAGGED);
	ok(&f.op, view_refresh(&f.op, v));
	unsigned exists = 0, flagged = 0;
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &c) == 0) {
		if (c.kind == CHANGE_EXISTS)
			exists = c.count;
		else if (c.kind == CHANGE_FLAGS && c.msg.flags & FLAG_FLAGGED)
			flagged |= 1u << c.msg.uid.v;
	}
	assert_int_equal(exists, 4);
	assert_int_equal(flagged, 1u << 1 | 1u << 2);
	assert_false(view_is_stale(v));
	assert_int_equal(view_modseq(v).v, status_of(&f, SPAN("INBOX")).highest_modseq.v);
	view_close(other);
	view_close(v);
	fixture_end(&f);
}

// What a mailbox keeps for nobody counts as the account's until it goes.
static void test_idle_mailboxes(void **state)
{
	struct fixture f;
	struct mailbox_status made;
	(void)state;
	fixture_begin(&f, engine);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("one"), 0, &made));
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("two"), 0, &made));
	(void)append_text(&f, SPAN("one"), SPAN("A: b\r\n\r\nx\r\n"), (struct flag_list){ 0 });
	(void)append_text(&f, SPAN("one"), SPAN("A: b\r\n\r\ny\r\n"), (struct flag_list){ 0 });
	view_close(open_view(&f, SPAN("one")));
	assert_int_equal(f.a->idle, 1);
	assert_int_equal(f.a->idle_messages, 2);
	struct view *v = open_view(&f, SPAN("one")), *w = open_view(&f, SPAN("two"));
	assert_int_equal(f.a->idle, 0);
	assert_int_equal(f.a->idle_messages, 0);
	view_close(v);
	assert_int_equal(f.a->idle, 1);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("one"))); // while nobody has it
	assert_int_equal(f.a->idle, 0);
	assert_int_equal(f.a->idle_messages, 0);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("two"))); // while somebody has
	view_close(w);
	assert_int_equal(f.a->idle, 0);
	fixture_end(&f);
}

// Who was let go of is the same when he comes back, and is read again when he had to leave the memory.
static void test_idle_accounts(void **state)
{
	struct fixture f;
	struct account *b, *again;
	(void)state;
	fixture_begin(&f, engine);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &b));
	account_unref(b);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &again));
	assert_ptr_equal(again, b);
	mail_drop_idle(f.mail); // he is not idle
	assert_ptr_equal(account_user(again).p, b->user.p);
	uint64_t partition = again->partition;
	account_unref(again);
	mail_drop_idle(f.mail);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &again));
	assert_int_equal(again->partition, partition);
	account_unref(again);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_idle_mailboxes),
		cmocka_unit_test(test_idle_accounts),
		cmocka_unit_test(test_uid_validity),
		cmocka_unit_test(test_uid_validity_of_the_next),
		cmocka_unit_test(test_special_use),
		cmocka_unit_test(test_rename_inbox),
		cmocka_unit_test(test_rename_depth),
		cmocka_unit_test(test_name_check),
		cmocka_unit_test(test_append_line_ends),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_account_delete),
		cmocka_unit_test(test_objectid),
		cmocka_unit_test(test_save_date),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_refresh_within_a_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
