// SPDX-License-Identifier: Apache-2.0
// The sent copy: filed by submission, found by the client's APPEND, and the other way round; on the engine that the program is told.
#include "mail/disk_testing.h"

#include "base/clock.h"
#include "base/limits.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/metadata.h"
#include "mail/sent.h"
#include "mail/sent_form.h"
#include "mail/sent_priv.h"
#include "mail/spool.h"

#include <errno.h>

static const char *engine = "memory";

#define HEAD "Message-ID: <m1@example.org>\r\nSubject: hello\r\n"
#define BODY "\r\none\r\ntwo\r\n"
#define MESSAGE HEAD BODY
#define BCC "Bcc: secret@example.org,\r\n\tother@example.org\r\n"
#define SEEN ((struct flag_list){ .flags = FLAG_SEEN })
#define PLAIN ((struct flag_list){ 0 })

// --- the canonical form ---

static struct sent_mark mark_in(struct span text, size_t piece)
{
	static const uint8_t key[SENT_KEY] = "a key";
	struct sent_form f = { 0 };
	struct sent_mark mark;
	struct op op;
	op_init(&op, 0);
	ok(&op, sent_form_begin(&op, &f, key));
	for (size_t at = 0; at < text.n; at += piece)
		sent_form_add(&f, span_cut(text, at, at + piece < text.n ? at + piece : text.n));
	sent_form_end(&f, &mark);
	sent_form_done(&f);
	op_done(&op);
	return mark;
}

static struct sent_mark mark_of(struct span text)
{
	struct sent_mark whole = mark_in(text, text.n ? text.n : 1);
	for (size_t piece = 1; piece < 40; piece++) {
		struct sent_mark m = mark_in(text, piece);
		assert_memory_equal(&m, &whole, sizeof m);
	}
	return whole;
}

static bool same(const char *a, const char *b)
{
	struct sent_mark x = mark_of(span_str(a)), y = mark_of(span_str(b));
	return memcmp(x.digest, y.digest, sizeof x.digest) == 0;
}

static bool same_bcc(const char *a, const char *b)
{
	struct sent_mark x = mark_of(span_str(a)), y = mark_of(span_str(b));
	return memcmp(x.bcc, y.bcc, sizeof x.bcc) == 0;
}

static void test_form(void **state)
{
	(void)state;
	static const char *const equal[][2] = {
		{ MESSAGE, HEAD BCC BODY },
		{ MESSAGE, "BCC : x\r\n" MESSAGE },
		{ MESSAGE, HEAD "Resent-Bcc: x\r\n y\r\n z\r\n" BODY },
		{ MESSAGE,
			"Return-Path: <>\r\nDelivered-To: x\r\nReceived: from y\r\n\tby "
			"z\r\n" MESSAGE },
		{ MESSAGE, HEAD "\r\none\r\ntwo" }, // DATA cannot carry that
		{ "Subject: x\r\n", "Subject: x" },
		{ "Subject: x\r\n", "Subject: x\r\nBcc: y" },
		{ "", "\r\n" },
	};
	static const char *const different[][2] = {
		{ MESSAGE, HEAD "\r\none\r\ntwo\r\n\r\n" },
		{ MESSAGE, HEAD "\r\none\r\nTwo\r\n" },
		{ MESSAGE, HEAD "X: y\r\n" BODY },
		{ MESSAGE, HEAD "X-Received: y\r\n" BODY },
		{ MESSAGE, HEAD "Bcc\r\n" BODY },
		{ MESSAGE, HEAD " folded\r\n" BODY },
		{ MESSAGE, HEAD "\r\nBcc: in the body\r\none\r\ntwo\r\n" },
		{ "A: 1\r\nB: 2\r\n\r\n", "B: 2\r\nA: 1\r\n\r\n" },
		{ " Bcc: x\r\n\r\n", " \r\n\r\n" },
		{ "A: 1\r\n Bcc: x\r\n\r\n", "A: 1\r\n\r\n" },
		{ "A-name-of-many-octets: 1\r\n\r\n", "A-name-of-many-Octets: 1\r\n\r\n" },
	};
	for (size_t i = 0; i < countof(equal); i++)
		if (!same(equal[i][0], equal[i][1]))
			fail_msg("are not equal:\n%s\nand\n%s", equal[i][0], equal[i][1]);
	for (size_t i = 0; i < countof(different); i++)
		if (same(different[i][0], different[i][1]))
			fail_msg("are equal:\n%s\nand\n%s", different[i][0], different[i][1]);
	assert_true(same_bcc(HEAD BCC BODY, BCC MESSAGE));
	assert_false(same_bcc(HEAD BCC BODY, MESSAGE));
	assert_false(same_bcc(HEAD BCC BODY, "Bcc: x\r\n" MESSAGE));
	assert_true(same_bcc(MESSAGE, HEAD "Received: x\r\n" BODY));
	static const uint8_t none[SENT_DIGEST];
	assert_memory_equal(mark_of(SPAN(MESSAGE)).bcc, none, sizeof none);
}

// --- what a client and submission do ---

static void want(struct fixture *f, const char *value)
{
	struct metadata_change c = { .name = SENT_SETTING,
		.value = value ? span_str(value) : SPAN_NONE };
	ok(&f->op, metadata_set(&f->op, f->a, SPAN(""), &c, 1));
}

static void begin(struct fixture *f)
{
	fixture_begin(f, engine);
	want(f, "yes");
}

static void reopen(struct fixture *f)
{
	fixture_close_mail(f);
	if (strcmp(engine, "local") == 0) {
		store_close(f->store);
		fixture_open_store(f);
	}
	fixture_open_mail(f);
}

// Submits; what sent_wait() says.
static int submit(struct fixture *f, const char *text)
{
	struct sent *s;
	struct delivery *d;
	ok(&f->op, sent_begin(&f->op, f->a, &s));
	ok(&f->op, delivery_begin(&f->op, f->mail, false, &d));
	ok(&f->op, sent_follow(&f->op, s, d));
	ok(&f->op, delivery_lines(&f->op, d, SPAN("Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n")));
	ok(&f->op, delivery_data(&f->op, d, span_str(text)));
	ok(&f->op, delivery_end(&f->op, d));
	int staged = sent_stage(&f->op, s, d);
	int rc = sent_wait(&f->op, s);
	assert_int_equal(staged, rc);
	delivery_free(d);
	sent_free(s);
	return rc;
}

// Begins an APPEND to a mailbox as a client's session does.
static struct append *append_open(struct fixture *f, const char *mailbox)
{
	struct append *ap;
	ok(&f->op, append_begin(&f->op, f->a, span_str(mailbox), &ap));
	ok(&f->op, append_compare(&f->op, ap));
	return ap;
}

static void append_one(
	struct fixture *f, struct append *ap, const char *text, struct flag_list flags)
{
	struct append_meta meta = { .flags = flags, .internal_date = 1000000 };
	ok(&f->op, append_message(&f->op, ap, &meta, 0));
	ok(&f->op, append_data(&f->op, ap, span_str(text)));
	ok(&f->op, append_message_end(&f->op, ap));
}

// Its UID.
static uint32_t append_to(
	struct fixture *f, const char *mailbox, const char *text, struct flag_list flags)
{
	struct append *ap = append_open(f, mailbox);
	struct append_result r;
	append_one(f, ap, text, flags);
	ok(&f->op, append_commit(&f->op, ap, &r));
	assert_int_equal(numset_size(&r.uids), 1);
	assert_int_equal(r.uid_validity, status_of(f, span_str(mailbox)).uid_validity);
	uint32_t uid = numset_min(&r.uids);
	numset_done(&r.uids);
	return uid;
}

static uint32_t append(struct fixture *f, const char *text)
{
	return append_to(f, "Sent", text, SEEN);
}

static uint32_t count(struct fixture *f)
{
	return status_of(f, SPAN("Sent")).messages;
}

// The message, its flags, and its keywords as text; in op's arena.
static struct span read_one(
	struct fixture *f, uint32_t uid, uint32_t *ret_flags, struct span *ret_keywords)
{
	struct view *v;
	struct msg m;
	struct content c;
	struct rope r;
	uint64_t n;
	ok(&f->op, view_open(&f->op, f->a, SPAN("Sent"), VIEW_READONLY, &v));
	ok(&f->op, view_msg(&f->op, v, (struct uid){ uid }, &m));
	*ret_flags = m.flags & FLAG_SYSTEM;
	*ret_keywords = arena_dup(&f->op.arena, keywords_set_text(view_keywords(v), m.kwset));
	ok(&f->op, content_open(&f->op, v, &m, &c));
	rope_init(&r);
	ok(&f->op,
		content_section(&f->op, &c, &(struct section){ .what = SECTION_ALL }, 0, UINT64_MAX,
			&r, &n));
	char *p = arena_bytes(&f->op.arena, rope_size(&r) + 1);
	size_t size = rope_size(&r);
	rope_copy(&r, p);
	rope_done(&r);
	content_close(&c);
	view_close(v);
	return span_of(p, size);
}

static void expect(struct fixture *f, uint32_t uid, const char *text, uint32_t flags)
{
	uint32_t is;
	struct span keywords, message = read_one(f, uid, &is, &keywords);
	if (!span_eq(message, span_str(text)))
		fail_msg("is: %.*s\nand not: %s", SPAN_FMT(message), text);
	assert_int_equal(is, flags);
}

static void finding(void *ctx, const struct store_finding *found)
{
	(void)ctx;
	fail_msg("%s", found->text);
}

static void end(struct fixture *f)
{
	uint64_t messages;
	ok(&f->op, mail_check(&f->op, f->mail, finding, NULL, &messages));
	fixture_end(f);
}

#define FILED "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"

static void test_filed_then_appended(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, HEAD BCC BODY));
	assert_int_equal(count(&f), 1);
	assert_int_equal(status_of(&f, SPAN("Sent")).unseen, 0);
	expect(&f, 1, FILED HEAD BCC BODY, FLAG_SEEN);
	// With its Bcc or without, with another line end at the end: the copy that is there, once.
	assert_int_equal(append(&f, HEAD "\none\r\ntwo"), 1);
	expect(&f, 1, FILED HEAD BCC BODY, FLAG_SEEN);
	assert_int_equal(append(&f, MESSAGE), 2);
	assert_int_equal(append(&f, MESSAGE), 3);
	// Sent again: what stands there already is enough.
	assert_int_equal(submit(&f, MESSAGE), SENT_THERE);
	assert_int_equal(count(&f), 3);
	end(&f);
}

static void test_appended_then_filed(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	assert_int_equal(append_to(&f, "Sent", HEAD BCC BODY, PLAIN), 1);
	reopen(&f);
	assert_int_equal(submit(&f, MESSAGE), SENT_THERE);
	assert_int_equal(count(&f), 1);
	expect(&f, 1, HEAD BCC BODY, 0);
	ok(&f.op, submit(&f, MESSAGE)); // once
	assert_int_equal(count(&f), 2);
	// A copy without the Bcc that was sent is not enough.
	assert_int_equal(append_to(&f, "Sent", "X: y\r\n" MESSAGE, PLAIN), 3);
	ok(&f.op, submit(&f, "X: y\r\n" BCC MESSAGE));
	assert_int_equal(count(&f), 4);
	end(&f);
}

static void test_sent_twice(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	reopen(&f);
	assert_int_equal(
		submit(&f, MESSAGE), SENT_THERE); // the answer was lost: the client tries again
	assert_int_equal(append(&f, MESSAGE), 1);
	assert_int_equal(count(&f), 1);
	end(&f);
}

static void test_restart(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	reopen(&f);
	assert_int_equal(append(&f, MESSAGE), 1);
	reopen(&f);
	assert_int_equal(append(&f, MESSAGE), 2); // it stays used
	end(&f);
}

static void test_flags(void **state)
{
	(void)state;
	struct fixture f;
	struct span keywords;
	uint32_t flags;
	struct view_change change;
	struct span mine[] = { SPAN("$Forwarded"), SPAN("Work") };
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	struct view *v = open_view(&f, SPAN("Sent"));
	uint64_t before = view_modseq(v).v;
	struct flag_list list = { .flags = FLAG_ANSWERED, .keywords = mine, .keyword_count = 2 };
	assert_int_equal(append_to(&f, "Sent", MESSAGE, list), 1);
	(void)read_one(&f, 1, &flags, &keywords);
	assert_int_equal(flags, FLAG_SEEN | FLAG_ANSWERED);
	assert_true(span_eq(keywords, SPAN(" $Forwarded Work")));
	// Another session is told of flags that changed, and of no new message.
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_KEYWORDS);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_FLAGS);
	assert_true(change.msg.modseq.v > before);
	assert_int_equal(view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change), SYNC_END);
	// The same flags: nothing changes.
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE));
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change) == 0)
		;
	before = view_modseq(v).v;
	assert_int_equal(append(&f, "X: 2\r\n" MESSAGE), 2);
	assert_int_equal(view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change), SYNC_END);
	assert_int_equal(view_modseq(v).v, before);
	view_close(v);
	end(&f);
}

// The client's form has a Bcc that the filed one has not: it stands in its place.
static void test_bcc_is_kept(void **state)
{
	(void)state;
	struct fixture f;
	struct view_change change;
	struct numset uids = { 0 };
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	struct view *v = open_view(&f, SPAN("Sent"));
	numset_add(&uids, 1);
	struct flags_args flagged = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_FLAGGED },
		.unchanged_since = { UINT64_MAX } };
	struct flags_result r;
	ok(&f.op, txn_flags(&f.op, v, &flagged, &r));
	flags_result_done(&r);
	while (view_sync_next(&f.op, v, SYNC_REST, &change) == 0)
		;
	assert_int_equal(append(&f, HEAD BCC BODY), 2);
	assert_int_equal(count(&f), 1);
	expect(&f, 2, HEAD BCC BODY, FLAG_SEEN | FLAG_FLAGGED);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_EXPUNGE);
	ok(&f.op, view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change));
	assert_int_equal(change.kind, CHANGE_EXISTS);
	assert_int_equal(change.count, 1);
	view_close(v);
	numset_done(&uids);
	end(&f);
}

// The same text sent to others apart: each copy says to whom, and none takes the place of another.
static void test_other_bcc(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, "Bcc: x\r\n" MESSAGE));
	ok(&f.op, submit(&f, HEAD BCC BODY));
	assert_int_equal(append(&f, "Bcc: x\r\n" MESSAGE), 3);
	assert_int_equal(count(&f), 3);
	expect(&f, 1, FILED "Bcc: x\r\n" MESSAGE, FLAG_SEEN);
	expect(&f, 2, FILED HEAD BCC BODY, FLAG_SEEN);
	end(&f);
}

static void store_flags(struct fixture *f, struct view *v, uint32_t uid, uint32_t flags)
{
	struct numset uids = { 0 };
	struct flags_result r;
	numset_add(&uids, uid);
	struct flags_args args = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = flags },
		.unchanged_since = { UINT64_MAX } };
	ok(&f->op, txn_flags(&f->op, v, &args, &r));
	flags_result_done(&r);
	numset_done(&uids);
}

// A copy that is gone, or is about to go, is none.
static void test_copy_is_gone(void **state)
{
	(void)state;
	struct fixture f;
	struct numset gone = { 0 };
	struct copy_result moved;
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	struct view *v = open_view(&f, SPAN("Sent"));
	store_flags(&f, v, 1, FLAG_DELETED);
	assert_int_equal(append(&f, MESSAGE), 2);
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE)); // 3
	ok(&f.op, view_refresh(&f.op, v));
	struct view_change change;
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change) == 0)
		;
	numset_add(&gone, 3);
	ok(&f.op, txn_copy(&f.op, v, &gone, SPAN("Archive"), true, &moved));
	copy_result_done(&moved);
	assert_int_equal(append(&f, "X: 2\r\n" MESSAGE), 4);
	ok(&f.op, submit(&f, "X: 3\r\n" MESSAGE)); // 5
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change) == 0)
		;
	store_flags(&f, v, 5, FLAG_DELETED);
	numset_done(&gone);
	ok(&f.op, txn_expunge(&f.op, v, NULL, &gone));
	assert_int_equal(numset_size(&gone), 2);
	numset_done(&gone);
	assert_int_equal(append(&f, "X: 3\r\n" MESSAGE), 6);
	// And the other way: the client has taken its copy away.
	assert_int_equal(append(&f, "X: 4\r\n" MESSAGE), 7);
	while (view_sync_next(&f.op, v, SYNC_EXPUNGE | SYNC_REST, &change) == 0)
		;
	store_flags(&f, v, 7, FLAG_DELETED);
	ok(&f.op, submit(&f, "X: 4\r\n" MESSAGE));
	// What is appended as deleted is no copy to stay.
	assert_int_equal(append_to(&f, "Sent", "X: 4\r\n" MESSAGE,
				 (struct flag_list){ .flags = FLAG_DELETED }),
		9);
	assert_int_equal(append(&f, "X: 4\r\n" MESSAGE), 8);
	view_close(v);
	end(&f);
}

static void test_elsewhere(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));
	assert_int_equal(append_to(&f, "Drafts", MESSAGE, SEEN), 1);
	assert_int_equal(status_of(&f, SPAN("Drafts")).messages, 1);
	// Under another name it is the same mailbox.
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("Sent"), SPAN("Gone out")));
	assert_int_equal(append_to(&f, "Gone out", MESSAGE, SEEN), 1);
	// Another one with that name and use is not.
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE));
	assert_int_equal(status_of(&f, SPAN("Gone out")).messages, 2);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("Gone out")));
	struct mailbox_status st;
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("Gone out"), USE_SENT, &st));
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(append_to(&f, "Gone out", "X: 2\r\n" MESSAGE, SEEN), i + 1);
	end(&f);
}

static void test_mailbox_is_made(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("Sent")));
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("Sent"), false));
	ok(&f.op, submit(&f, MESSAGE));
	const struct tree *t = account_tree_ref(f.a);
	bool found;
	size_t i = tree_find(t, SPAN("Sent"), &found);
	assert_true(found && t->entries[i].subscribed);
	assert_int_equal(t->entries[i].uses, USE_SENT);
	tree_unref(t);
	assert_int_equal(append(&f, MESSAGE), 1);
	end(&f);
}

static void test_not_wanted(void **state)
{
	(void)state;
	struct fixture f;
	struct sent *s;
	fixture_begin(&f, engine);
	assert_int_equal(sent_begin(&f.op, f.a, &s), SENT_NOT_WANTED);
	assert_int_equal(append(&f, MESSAGE), 1);
	assert_int_equal(append(&f, MESSAGE), 2);
	want(&f, "perhaps"); // no answer
	assert_int_equal(sent_begin(&f.op, f.a, &s), SENT_NOT_WANTED);
	want(&f, "Yes");
	ok(&f.op, submit(&f, MESSAGE)); // what was appended while it was off is not known
	assert_int_equal(count(&f), 3);
	want(&f, "no");
	assert_int_equal(append(&f, MESSAGE), 4);
	fixture_close_mail(&f);
	struct mail_config config = { .create_accounts = true, .sent_copy = true };
	ok(&f.op, mail_open(&f.op, f.store, &config, &f.mail));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("alice"), &f.a));
	assert_int_equal(sent_begin(&f.op, f.a, &s), SENT_NOT_WANTED);
	want(&f, NULL);
	ok(&f.op, sent_begin(&f.op, f.a, &s));
	sent_free(s);
	end(&f);
}

// Without a Message-ID nothing is compared.
static void test_without_id(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, "Subject: x" BODY));
	assert_int_equal(append(&f, "Subject: x" BODY), 2);
	ok(&f.op, submit(&f, "Subject: x" BODY));
	assert_int_equal(count(&f), 3);
	end(&f);
}

// Several in one APPEND: the UIDs of the answer ascend in the order of the messages.
static void test_many(void **state)
{
	(void)state;
	struct fixture f;
	struct append_result r;
	struct buf text = { 0 };
	begin(&f);
	ok(&f.op, submit(&f, "X: 1\r\n" MESSAGE));
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE));
	ok(&f.op, submit(&f, "X: 3\r\n" MESSAGE));
	struct append *ap = append_open(&f, "Sent");
	append_one(&f, ap, "X: 1\r\n" MESSAGE, SEEN);  // 1
	append_one(&f, ap, "X: 3\r\n" MESSAGE, SEEN);  // 3
	append_one(&f, ap, "X: 2\r\n" MESSAGE, SEEN);  // comes after 3: 4
	append_one(&f, ap, "X: 1\r\n" MESSAGE, PLAIN); // once: 5
	append_one(&f, ap, "X: 9\r\n" MESSAGE, SEEN);  // 6
	ok(&f.op, append_commit(&f.op, ap, &r));
	numset_print(&r.uids, &text);
	assert_true(span_eq(buf_span(&text), SPAN("1,3:6")));
	buf_done(&text);
	numset_done(&r.uids);
	assert_int_equal(count(&f), 6);
	// All or none: what is given up uses nothing.
	ok(&f.op, submit(&f, "X: 4\r\n" MESSAGE));
	ap = append_open(&f, "Sent");
	append_one(&f, ap, "X: 4\r\n" MESSAGE, SEEN);
	append_abort(ap);
	assert_int_equal(append(&f, "X: 4\r\n" MESSAGE), 7);
	end(&f);
}

static void test_replace(void **state)
{
	(void)state;
	struct fixture f;
	struct append_result r;
	begin(&f);
	uint32_t draft = append_to(&f, "Drafts", MESSAGE, PLAIN);
	ok(&f.op, submit(&f, MESSAGE));
	struct view *v = open_view(&f, SPAN("Drafts"));
	struct append *ap = append_open(&f, "Sent");
	append_one(&f, ap, MESSAGE, SEEN);
	ok(&f.op, append_commit_replacing(&f.op, ap, v, (struct uid){ draft }, &r));
	assert_int_equal(numset_min(&r.uids), 1);
	numset_done(&r.uids);
	assert_int_equal(count(&f), 1);
	assert_int_equal(status_of(&f, SPAN("Drafts")).messages, 0);
	// Replaced by itself: it must not take the copy that it takes away for the new one.
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE)); // 2
	struct view *sent = open_view(&f, SPAN("Sent"));
	ap = append_open(&f, "Sent");
	append_one(&f, ap, "X: 2\r\n" MESSAGE, SEEN);
	ok(&f.op, append_commit_replacing(&f.op, ap, sent, (struct uid){ 2 }, &r));
	assert_int_equal(numset_min(&r.uids), 3);
	numset_done(&r.uids);
	assert_int_equal(count(&f), 2);
	// The message to be replaced is gone: nothing is done, and the copy is still awaited.
	ok(&f.op, submit(&f, "X: 3\r\n" MESSAGE)); // 4
	ap = append_open(&f, "Sent");
	append_one(&f, ap, "X: 3\r\n" MESSAGE, SEEN);
	assert_int_equal(
		append_commit_replacing(&f.op, ap, v, (struct uid){ draft }, &r), RC_EXPUNGED);
	assert_int_equal(append(&f, "X: 3\r\n" MESSAGE), 4);
	view_close(v);
	view_close(sent);
	end(&f);
}

// One blob for recipients and the copy; the copy is in line behind them.
static void test_shared(void **state)
{
	(void)state;
	struct fixture f;
	struct sent *s;
	struct delivery *d;
	struct delivery_slot *slot;
	begin(&f);
	ok(&f.op, sent_begin(&f.op, f.a, &s));
	ok(&f.op, delivery_begin(&f.op, f.mail, false, &d));
	ok(&f.op, sent_follow(&f.op, s, d));
	ok(&f.op, delivery_data(&f.op, d, SPAN(MESSAGE)));
	ok(&f.op, delivery_end(&f.op, d));
	struct delivery_to to = {
		.account = f.a, .mailbox = SPAN("INBOX"), .prefix = SPAN("Delivered-To: me\r\n")
	};
	ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
	ok(&f.op, sent_stage(&f.op, s, d));
	// The client is quicker than the disk: its copy is found in line.
	assert_int_equal(append(&f, MESSAGE), 1);
	ok(&f.op, delivery_wait(&f.op, slot));
	ok(&f.op, sent_wait(&f.op, s));
	sent_free(s);
	delivery_free(d);
	expect(&f, 1, MESSAGE, FLAG_SEEN);
	assert_int_equal(count(&f), 1);
	struct view *in = open_view(&f, SPAN("INBOX")), *out = open_view(&f, SPAN("Sent"));
	struct msg m, filed;
	ok(&f.op, view_msg(&f.op, in, (struct uid){ 1 }, &m));
	uint64_t blob = m.cold->blob.id;
	ok(&f.op, view_msg(&f.op, out, (struct uid){ 1 }, &filed));
	assert_int_equal(filed.cold->blob.id, blob);
	assert_int_equal(filed.cold->prefix_size, 0);
	view_close(in);
	view_close(out);
	end(&f);
}

// More of them than memory holds in its ring: the store knows the rest.
static void test_more_than_the_ring(void **state)
{
	(void)state;
	struct fixture f;
	char text[200];
	begin(&f);
	for (unsigned i = 1; i <= 150; i++) {
		(void)snprintf(text, sizeof text, "X: %u\r\n" MESSAGE, i); // fits
		ok(&f.op, submit(&f, text));
	}
	for (unsigned i = 1; i <= 150; i++) {
		(void)snprintf(text, sizeof text, "X: %u\r\n" MESSAGE, i); // fits
		assert_int_equal(append(&f, text), i);
	}
	assert_int_equal(count(&f), 150);
	// A look that is older than the ring knows nothing.
	ok(&f.op, submit(&f, MESSAGE)); // 151
	struct append *ap = append_open(&f, "Sent");
	struct append_result r;
	append_one(&f, ap, MESSAGE, SEEN);
	for (unsigned i = 1; i <= 65; i++) {
		(void)snprintf(text, sizeof text, "Y: %u\r\n" MESSAGE, i); // fits
		ok(&f.op, submit(&f, text));
	}
	ok(&f.op, append_commit(&f.op, ap, &r));
	assert_int_equal(numset_min(&r.uids), 151 + 65 + 1);
	numset_done(&r.uids);
	end(&f);
}

// Known for a day, with the program running or started anew; a clock that jumps back harms nothing.
static void test_time(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	ok(&f.op, submit(&f, MESSAGE));                      // 1
	ok(&f.op, submit(&f, "X: 2\r\n" MESSAGE));           // 2
	ok(&f.op, submit(&f, "X: 3\r\n" MESSAGE));           // 3
	assert_int_equal(append(&f, "Y: 4\r\n" MESSAGE), 4); // awaits its submission
	clock_shift_for_test(SENT_KNOWN_S - 60);
	assert_int_equal(append(&f, MESSAGE), 1);
	clock_shift_for_test(SENT_KNOWN_S);
	assert_int_equal(append(&f, "X: 2\r\n" MESSAGE), 5);
	reopen(&f);
	assert_int_equal(append(&f, "X: 3\r\n" MESSAGE), 6);
	ok(&f.op, submit(&f, "Y: 4\r\n" MESSAGE)); // 7
	clock_shift_for_test(3 * SENT_KNOWN_S);
	ok(&f.op, submit(&f, "Z: 5\r\n" MESSAGE)); // 8; takes the old records away
	struct store_cursor *c;
	struct span key, value;
	unsigned records = 0;
	ok(&f.op,
		store_cursor_open(&f.op, f.store, NULL, f.a->partition, SPAN("F"), SPAN("G"), &c));
	while (store_cursor_next(&f.op, c, &key, &value) == 0)
		records++;
	store_cursor_close(c);
	assert_int_equal(records, 2); // the key and the last one
	clock_shift_for_test(3 * SENT_KNOWN_S - 100);
	assert_int_equal(append(&f, "Z: 5\r\n" MESSAGE), 8);
	clock_shift_for_test(0);
	end(&f);
}

// What could not be put on the disk is known to nobody.
static void test_failed(void **state)
{
	(void)state;
	struct fixture f;
	struct sent *s;
	struct delivery *d;
	if (strcmp(engine, "local") != 0)
		skip();
	begin(&f);
	fixture_reopen_on_disk(&f);
	ok(&f.op, submit(&f, MESSAGE));
	ok(&f.op, sent_begin(&f.op, f.a, &s));
	ok(&f.op, delivery_begin(&f.op, f.mail, false, &d));
	ok(&f.op, sent_follow(&f.op, s, d));
	ok(&f.op, delivery_data(&f.op, d, SPAN("X: 2\r\n" MESSAGE)));
	ok(&f.op, delivery_end(&f.op, d));
	struct append *ap = append_open(&f, "Sent"), *first = append_open(&f, "Sent");
	struct append_result r;
	append_one(&f, first, MESSAGE, SEEN);
	append_one(&f, ap, "X: 2\r\n" MESSAGE, SEEN);
	ok(&f.op, sent_stage(&f.op, s, d));
	disk_error = EIO;
	assert_true(append_commit(&f.op, ap, &r) < 0); // found the copy in line, which fails
	assert_true(sent_wait(&f.op, s) < 0);
	assert_true(append_commit(&f.op, first, &r) < 0);
	sent_free(s);
	delivery_free(d);
	disk_error = 0;
	reopen(&f);
	assert_int_equal(count(&f), 1);
	assert_int_equal(append(&f, MESSAGE), 1); // still awaited
	assert_int_equal(append(&f, "X: 2\r\n" MESSAGE), 2);
	end(&f);
}

// The recipient's delivery fails on the disk while another one's leader writes it; the disk is sound again when the copy is filed.
static void test_stands_with(void **state)
{
	(void)state;
	struct fixture f;
	struct sent *s;
	struct delivery *d;
	struct delivery_slot *slot;
	struct account *other;
	if (strcmp(engine, "local") != 0)
		skip();
	begin(&f);
	fixture_reopen_on_disk(&f);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("other"), &other));
	for (int fails = 1; fails >= 0; fails--) {
		uint32_t before = count(&f);
		struct delivery_to to = {
			.account = other, .mailbox = SPAN("INBOX"), .prefix = SPAN("")
		};
		ok(&f.op, sent_begin(&f.op, f.a, &s));
		ok(&f.op, delivery_begin(&f.op, f.mail, false, &d));
		ok(&f.op, sent_follow(&f.op, s, d));
		ok(&f.op, delivery_data(&f.op, d, SPAN(MESSAGE)));
		ok(&f.op, delivery_end(&f.op, d));
		ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
		sent_stand_with(s, slot);
		disk_error = fails ? ENOSPC : 0;
		int rc = mailbox_subscribe(&f.op, f.a, SPAN("a"), fails);
		assert_true(fails ? rc == RC_NOSPACE : rc == 0);
		disk_error = 0;
		rc = sent_stage(&f.op, s, d);
		assert_int_equal(rc, fails ? RC_UNAVAILABLE : 0);
		rc = delivery_wait(&f.op, slot);
		assert_int_equal(rc, fails ? RC_NOSPACE : 0);
		if (!fails)
			ok(&f.op, sent_wait(&f.op, s));
		sent_free(s);
		delivery_free(d);
		assert_int_equal(count(&f), before + !fails);
	}
	// What failed was somebody else's: the copy can be filed in a step of its own.
	ok(&f.op, sent_begin(&f.op, f.a, &s));
	ok(&f.op, delivery_begin(&f.op, f.mail, false, &d));
	ok(&f.op, sent_follow(&f.op, s, d));
	ok(&f.op, delivery_data(&f.op, d, SPAN("X: 2\r\n" MESSAGE)));
	ok(&f.op, delivery_end(&f.op, d));
	struct delivery_to to = { .account = other, .mailbox = SPAN("INBOX"), .prefix = SPAN("") };
	ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
	sent_stand_with(s, slot);
	ok(&f.op, mailbox_subscribe(&f.op, f.a, SPAN("b"), true)); // its group is written
	disk_error = ENOSPC;
	assert_int_equal(mailbox_subscribe(&f.op, f.a, SPAN("c"), true), RC_NOSPACE);
	disk_error = 0;
	assert_int_equal(sent_stage(&f.op, s, d), RC_UNAVAILABLE);
	ok(&f.op, delivery_wait(&f.op, slot));
	ok(&f.op, sent_stage(&f.op, s, d));
	ok(&f.op, sent_wait(&f.op, s));
	sent_free(s);
	delivery_free(d);
	account_unref(other);
	end(&f);
}

// What is to wait for the relay fails in the same way: then there is no copy of it.
static void test_stands_with_spool(void **state)
{
	(void)state;
	struct fixture f;
	struct sent *s;
	struct spool *spool;
	struct spool_slot *slot;
	struct delivery *d;
	static struct spool_recipient to = { .address = { "x@far", 5 } };
	struct spool_message m = { .user = SPAN("alice"),
		.sender = SPAN("a@b"),
		.prefix = SPAN(""),
		.why = SPAN(""),
		.recipients = &to,
		.count = 1 };
	if (strcmp(engine, "local") != 0)
		skip();
	begin(&f);
	fixture_reopen_on_disk(&f);
	ok(&f.op, spool_open(&f.op, f.mail, &spool));
	for (int fails = 0; fails <= 1; fails++) {
		uint32_t before = count(&f);
		ok(&f.op, sent_begin(&f.op, f.a, &s));
		ok(&f.op, delivery_begin(&f.op, f.mail, false, &d));
		ok(&f.op, sent_follow(&f.op, s, d));
		ok(&f.op,
			delivery_data(&f.op, d, fails ? SPAN("X: 2\r\n" MESSAGE) : SPAN(MESSAGE)));
		ok(&f.op, delivery_end(&f.op, d));
		ok(&f.op, spool_stage(&f.op, spool, d, &m, &slot));
		sent_stand_with_spool(s, slot);
		disk_error = fails ? ENOSPC : 0;
		int rc = mailbox_subscribe(&f.op, f.a, fails ? SPAN("b") : SPAN("a"), true);
		assert_int_equal(rc, fails ? RC_NOSPACE : 0);
		disk_error = 0;
		rc = sent_stage(&f.op, s, d);
		assert_int_equal(rc, fails ? RC_UNAVAILABLE : 0);
		assert_int_equal(spool_wait(&f.op, slot), fails ? RC_NOSPACE : 0);
		if (!fails)
			ok(&f.op, sent_wait(&f.op, s));
		sent_free(s);
		delivery_free(d);
		assert_int_equal(count(&f), before + !fails);
	}
	spool_free(spool);
	end(&f);
}

// Sessions that append the same messages at the same time: one of them finds each copy.
#define SESSIONS 4u
#define RACED 40u

struct racer {
	struct account *account;
	uint32_t uid[RACED];
};

static void *race(void *arg)
{
	struct racer *r = arg;
	char text[200];
	for (unsigned i = 0; i < RACED; i++) {
		struct fixture f = { .a = r->account };
		op_init(&f.op, 0);
		(void)snprintf(text, sizeof text, "X: %u\r\n" MESSAGE, i); // fits
		struct append *ap = append_open(&f, "Sent");
		struct append_result result;
		append_one(&f, ap, text, SEEN);
		ok(&f.op, append_commit(&f.op, ap, &result));
		r->uid[i] = numset_min(&result.uids);
		numset_done(&result.uids);
		op_done(&f.op);
	}
	return NULL;
}

static void test_race(void **state)
{
	(void)state;
	struct fixture f;
	struct racer racers[SESSIONS];
	pthread_t threads[SESSIONS];
	char text[200];
	begin(&f);
	for (unsigned i = 0; i < RACED; i++) {
		(void)snprintf(text, sizeof text, "X: %u\r\n" MESSAGE, i); // fits
		ok(&f.op, submit(&f, text));
	}
	for (unsigned t = 0; t < SESSIONS; t++) {
		racers[t] = (struct racer){ .account = f.a };
		assert_int_equal(pthread_create(&threads[t], NULL, race, &racers[t]), 0);
	}
	for (unsigned t = 0; t < SESSIONS; t++)
		assert_int_equal(pthread_join(threads[t], NULL), 0);
	for (unsigned i = 0; i < RACED; i++) {
		unsigned found = 0;
		for (unsigned t = 0; t < SESSIONS; t++)
			found += racers[t].uid[i] == i + 1;
		assert_int_equal(found, 1);
	}
	assert_int_equal(count(&f), RACED * SESSIONS);
	end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_filed_then_appended),
		cmocka_unit_test(test_appended_then_filed),
		cmocka_unit_test(test_sent_twice),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_bcc_is_kept),
		cmocka_unit_test(test_other_bcc),
		cmocka_unit_test(test_copy_is_gone),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_mailbox_is_made),
		cmocka_unit_test(test_not_wanted),
		cmocka_unit_test(test_without_id),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_more_than_the_ring),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_stands_with),
		cmocka_unit_test(test_stands_with_spool),
		cmocka_unit_test(test_race),
	};
	if (argc > 1)
		engine = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
