// SPDX-License-Identifier: Apache-2.0
// The expunge log: it is bounded, and what it no longer knows it answers with all UIDs that are not there (RFC 7162 sections 3.2.6, 5.3).
#include "base/limits.h"
#include "mail/testing.h"
#include "store/engine.h"

static const char *engine = "memory";

// Doubles INBOX until it has so many messages.
static void fill(struct fixture *f, uint32_t messages)
{
	(void)append_text(
		f, SPAN("INBOX"), SPAN("Subject: x\r\n\r\nx\r\n"), (struct flag_list){ 0 });
	for (uint32_t have = 1; have < messages;) {
		struct view *v = open_view(f, SPAN("INBOX"));
		struct numset all = { 0 };
		struct copy_result r;
		numset_add_range(&all, 1, messages - have < have ? messages - have : have);
		have += (uint32_t)numset_size(&all);
		ok(&f->op, txn_copy(&f->op, v, &all, SPAN("INBOX"), false, &r));
		copy_result_done(&r);
		numset_done(&all);
		view_close(v);
	}
}

// Every second UID from `first` to `last`, so that each is a range of its own; returns the mailbox's modseq behind it.
static struct modseq expunge_odd(struct fixture *f, struct view *v, uint32_t first, uint32_t last)
{
	struct numset odd = { 0 }, gone;
	for (uint32_t uid = first; uid <= last; uid += 2)
		numset_add(&odd, uid);
	struct flags_args args = { .uids = &odd,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_DELETED },
		.unchanged_since = { UINT64_MAX } };
	struct flags_result r;
	ok(&f->op, txn_flags(&f->op, v, &args, &r));
	flags_result_done(&r);
	ok(&f->op, txn_expunge(&f->op, v, &odd, &gone));
	assert_int_equal(numset_size(&gone), numset_size(&odd));
	numset_done(&gone);
	numset_done(&odd);
	return status_of(f, SPAN("INBOX")).highest_modseq;
}

// How many UIDs are told as gone since then; none of them is in the mailbox, and all of `expected`'s range that are gone are told.
static uint64_t gone_since(struct fixture *f, struct modseq since, uint32_t first, uint32_t last)
{
	struct view *v = open_view(f, SPAN("INBOX"));
	struct numset gone = { 0 };
	struct msg m;
	ok(&f->op, view_expunged_since(&f->op, v, since, &gone));
	for (uint32_t uid = first; uid && uid <= last; uid += 2) {
		assert_true(numset_has(&gone, uid));
		if (uid % 1023 == 1) {
			assert_int_equal(view_msg(&f->op, v, (struct uid){ uid }, &m), MSG_GONE);
			assert_int_equal(view_msg(&f->op, v, (struct uid){ uid + 1 }, &m), 0);
			assert_false(numset_has(&gone, uid + 1));
		}
	}
	uint64_t n = numset_size(&gone);
	numset_done(&gone);
	view_close(v);
	return n;
}

static void reopen(struct fixture *f)
{
	fixture_close_mail(f);
	fixture_open_mail(f);
}

static void test_trimmed(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	const uint32_t few = 2000, many = EXPUNGE_LOG_MAX + 6000; // ranges
	fill(&f, 2 * (few + many));
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct modseq begin = status_of(&f, SPAN("INBOX")).highest_modseq;
	struct modseq first = expunge_odd(&f, v, 1, 2 * few);
	assert_int_equal(gone_since(&f, begin, 1, 2 * few), few);
	assert_int_equal(gone_since(&f, first, 0, 0), 0);
	// In steps, so that the log is cut off at its old end.
	struct modseq at = first, before = first;
	for (uint32_t done = 0; done < many; done += 8000) {
		uint32_t n = many - done < 8000 ? many - done : 8000;
		before = at;
		at = expunge_odd(&f, v, 2 * (few + done) + 1, 2 * (few + done + n));
	}
	for (int i = 0; i < 2; i++) {
		// The newest part is known exactly; of the oldest, the answer is all that is gone.
		assert_int_equal(gone_since(&f, before, 0, 0), many % 8000);
		assert_int_equal(gone_since(&f, begin, 1, 2 * (few + many)), few + many);
		assert_int_equal(gone_since(&f, (struct modseq){ 1 }, 1, 2 * few), few + many);
		view_close(v);
		reopen(&f);
		v = open_view(&f, SPAN("INBOX"));
	}
	view_close(v);
	fixture_end(&f);
}

// More ranges in one transaction than the log keeps.
static void test_more_than_fits(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	const uint32_t many = EXPUNGE_LOG_MAX + 5000;
	fill(&f, 2 * many);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct modseq begin = status_of(&f, SPAN("INBOX")).highest_modseq;
	struct modseq end = expunge_odd(&f, v, 1, 2 * many);
	assert_int_equal(gone_since(&f, begin, 1, 2 * many), many);
	assert_int_equal(gone_since(&f, end, 0, 0), 0);
	view_close(v);
	fixture_end(&f);
}

// A deleted mailbox leaves nothing to one of the same name (section 5.3).
static void test_deleted(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status st;
	struct numset gone = { 0 }, uids = { 0 };
	fixture_begin(&f, engine);
	for (int i = 0; i < 2; i++) {
		ok(&f.op, mailbox_create(&f.op, f.a, SPAN("x"), 0, &st));
		for (int n = 0; n < 3; n++)
			(void)append_text(&f, SPAN("x"), SPAN("Subject: x\r\n\r\nx\r\n"),
				(struct flag_list){ .flags = FLAG_DELETED });
		struct view *v = open_view(&f, SPAN("x"));
		ok(&f.op, view_expunged_since(&f.op, v, (struct modseq){ 0 }, &gone));
		assert_true(numset_is_empty(&gone));
		numset_add_range(&uids, 1, 2);
		struct numset removed;
		ok(&f.op, txn_expunge(&f.op, v, &uids, &removed));
		numset_done(&removed);
		view_close(v);
		v = open_view(&f, SPAN("x"));
		ok(&f.op, view_expunged_since(&f.op, v, (struct modseq){ 0 }, &gone));
		assert_int_equal(numset_size(&gone), 2);
		numset_reset(&gone);
		view_close(v);
		ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("x")));
	}
	numset_done(&gone);
	numset_done(&uids);
	fixture_end(&f);
}

// --- a full volume ---

static const struct store_engine *real;

static int submit_full(struct op *op, struct store *s, const struct store_batch *b,
	struct store_ticket *ret_ticket)
{
	if (!(b->flags & STORE_FREES))
		return op_fail(op, RC_NOSPACE, "the volume is full");
	return real->submit(op, s, b, ret_ticket);
}

// Who wants to delete marks the messages first: both must go on when nothing else does.
static void test_full_volume(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	fill(&f, 10);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct numset uids = { 0 }, gone;
	struct flags_result r;
	struct flags_args args = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_FLAGGED },
		.unchanged_since = { UINT64_MAX } };
	numset_add_range(&uids, 1, 4);
	real = f.store->engine;
	struct store_engine full = *real;
	full.submit = submit_full;
	f.store->engine = &full;
	assert_int_equal(txn_flags(&f.op, v, &args, &r), RC_NOSPACE);
	args.list.flags = FLAG_DELETED | FLAG_SEEN;
	ok(&f.op, txn_flags(&f.op, v, &args, &r));
	assert_int_equal(numset_size(&r.changed), 4);
	flags_result_done(&r);
	args.change = FLAGS_REMOVE; // to and fro would use up what is left
	assert_int_equal(txn_flags(&f.op, v, &args, &r), RC_NOSPACE);
	ok(&f.op, txn_expunge(&f.op, v, &uids, &gone));
	assert_int_equal(numset_size(&gone), 4);
	f.store->engine = real;
	numset_done(&gone);
	numset_done(&uids);
	view_close(v);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trimmed),
		cmocka_unit_test(test_more_than_fits),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_full_volume),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
