// SPDX-License-Identifier: Apache-2.0
// What accounts and mailboxes cost, on the local engine: mail_bench DIR [MESSAGES]. DIR must be new. The figures stand in README.md.
#include "base/clock.h"
#include "base/must.h"
#include "mail/txn.h"
#include "mail/view.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void ok(struct op *op, int rc)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "%s\n", op_text(op, rc));
	must(rc >= 0); // a bench has nobody to report to
}

struct bench {
	struct op op;
	const char *dir;
	struct store *store;
	struct mail *mail;
	struct account *a;
	uint64_t began;
};

static void begin(struct bench *b)
{
	op_reset(&b->op);
	b->began = clock_mono();
}

static void end(struct bench *b, const char *what, uint64_t n)
{
	uint64_t ns = clock_mono() - b->began;
	printf("%-44s %10.1f us each, %9.2f ms in all\n", what, (double)ns / 1e3 / (double)n,
		(double)ns / 1e6);
	(void)fflush(stdout);
}

static void open_all(struct bench *b)
{
	struct store_config config = { .engine = "local", .dir = b->dir };
	ok(&b->op, store_open(&b->op, &config, &b->store));
	ok(&b->op,
		mail_open(&b->op, b->store, &(struct mail_config){ .create_accounts = true },
			&b->mail));
	begin(b);
	ok(&b->op, account_open(&b->op, b->mail, SPAN("alice"), &b->a));
	end(b, "account_open", 1);
}

static void close_all(struct bench *b)
{
	account_unref(b->a);
	mail_close(b->mail);
	store_close(b->store);
}

static uint64_t log_bytes(struct bench *b)
{
	struct store_stats s;
	store_stats(b->store, &s);
	return s.log_bytes;
}

static void append(struct bench *b, struct span box, struct span text, uint32_t count)
{
	struct append *ap;
	struct append_result r;
	ok(&b->op, append_begin(&b->op, b->a, box, &ap));
	for (uint32_t i = 0; i < count; i++) {
		struct append_meta meta = { .internal_date = INT64_MIN };
		ok(&b->op, append_message(&b->op, ap, &meta, text.n));
		ok(&b->op, append_data(&b->op, ap, text));
		ok(&b->op, append_message_end(&b->op, ap));
	}
	ok(&b->op, append_commit(&b->op, ap, &r));
	numset_done(&r.uids);
}

static void bench_small(struct bench *b)
{
	struct buf text = { 0 };
	buf_add(&text, SPAN("From: a@example.org\r\nTo: b@example.org\r\nSubject: hello\r\n\r\n"));
	while (text.n < 5400)
		buf_add(&text,
			SPAN("The quick brown fox jumps over the lazy dog, and so on and on.\r\n"));
	uint64_t bytes = log_bytes(b);
	begin(b);
	for (int i = 0; i < 2000; i++)
		append(b, SPAN("INBOX"), buf_span(&text), 1);
	end(b, "APPEND of 5.4 KB, one thread", 2000);
	printf("    log: %" PRIu64 " octets each\n", (log_bytes(b) - bytes) / 2000);
	struct view *v;
	ok(&b->op, view_open(&b->op, b->a, SPAN("INBOX"), 0, &v));
	bytes = log_bytes(b);
	begin(b);
	for (uint32_t i = 1; i <= 2000; i++) {
		struct numset one = { 0 };
		struct flags_result r;
		numset_add(&one, i);
		struct flags_args args = { .uids = &one,
			.change = FLAGS_ADD,
			.list = { .flags = FLAG_SEEN },
			.unchanged_since = { UINT64_MAX } };
		ok(&b->op, txn_flags(&b->op, v, &args, &r));
		flags_result_done(&r);
		numset_done(&one);
	}
	end(b, "STORE of one flag, one thread", 2000);
	printf("    log: %" PRIu64 " octets each\n", (log_bytes(b) - bytes) / 2000);
	view_close(v);
	buf_done(&text);
}

static void double_to(struct bench *b, uint32_t messages)
{
	struct span text = SPAN("Subject: s\r\n\r\nx\r\n");
	for (int i = 0; i < 5; i++)
		append(b, SPAN("Archive"), text, 1000);
	uint64_t n = 5000;
	begin(b);
	while (n < messages) {
		struct view *v;
		struct numset uids = { 0 };
		struct copy_result r;
		ok(&b->op, view_open(&b->op, b->a, SPAN("Archive"), 0, &v));
		numset_add_range(&uids, 1, (uint32_t)(messages - n < n ? messages - n : n));
		ok(&b->op, txn_copy(&b->op, v, &uids, SPAN("Archive"), false, &r));
		n += numset_size(&r.to);
		copy_result_done(&r);
		numset_done(&uids);
		view_close(v);
		op_reset(&b->op);
	}
	end(b, "COPY up to that many", n - 5000);
}

static void walk(struct bench *b, struct view *v, unsigned flags, const char *what)
{
	struct view_cursor *c;
	struct msg m;
	begin(b);
	ok(&b->op, view_cursor_open(&b->op, v, NULL, flags, &c));
	uint64_t n = 0;
	while (view_cursor_next(&b->op, c, &m) == 0)
		n++;
	view_cursor_close(c);
	end(b, what, n ? n : 1);
}

static void bench_large(struct bench *b)
{
	struct view *v;
	struct seq seq;
	struct uid uid;
	size_t was = mallinfo2().uordblks;
	begin(b);
	ok(&b->op, view_open(&b->op, b->a, SPAN("Archive"), 0, &v));
	end(b, "SELECT, nothing loaded before", 1);
	printf("    %u messages, memory %zu octets\n", view_exists(v), mallinfo2().uordblks - was);
	begin(b);
	ok(&b->op, view_first_unseen(&b->op, v, &seq));
	ok(&b->op, view_uid_of(&b->op, v, (struct seq){ view_exists(v) / 2 }, &uid));
	end(b, "first unseen, one number", 1);
	walk(b, v, 0, "walk of all, loading");
	walk(b, v, 0, "walk of all, loaded");
	walk(b, v, CURSOR_COLD, "walk of all with cold records");
	printf("    memory %zu octets\n", mallinfo2().uordblks - was);
	struct numset all = { 0 };
	struct flags_result r;
	numset_add_range(&all, 1, UINT32_MAX - 1);
	struct flags_args args = { .uids = &all,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_DELETED },
		.unchanged_since = { UINT64_MAX } };
	uint64_t n = view_exists(v);
	begin(b);
	ok(&b->op, txn_flags(&b->op, v, &args, &r));
	end(b, "STORE of all", n);
	flags_result_done(&r);
	struct numset gone;
	begin(b);
	ok(&b->op, txn_expunge(&b->op, v, NULL, &gone));
	end(b, "EXPUNGE of all", n);
	numset_done(&gone);
	begin(b);
	struct view_change c;
	while (view_sync_next(&b->op, v, SYNC_EXPUNGE | SYNC_REST, &c) == 0)
		;
	end(b, "telling a client of all that", n);
	view_close(v);
	printf("    memory after closing %zd octets\n",
		(ssize_t)mallinfo2().uordblks - (ssize_t)was);
	numset_done(&all);
}

static void bench_names(struct bench *b)
{
	char name[32];
	struct mailbox_status st;
	begin(b);
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof name, "box/%02d/%04d", i % 100, i);
		ok(&b->op, mailbox_create(&b->op, b->a, span_str(name), 0, &st));
	}
	end(b, "CREATE of 10,000 mailboxes", 10000);
	close_all(b);
	size_t was = mallinfo2().uordblks;
	open_all(b);
	printf("    memory %zu octets with store and mail\n", mallinfo2().uordblks - was);
	begin(b);
	const struct tree *t = account_tree_ref(b->a);
	uint64_t sum = 0, n = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].mailbox) {
			mailbox_status(t->entries[i].mailbox, &st);
			sum += st.messages;
			n++;
		}
	end(b, "status of all mailboxes", n);
	printf("    %" PRIu64 " mailboxes, %" PRIu64 " messages\n", n, sum);
	tree_unref(t);
	begin(b);
	ok(&b->op, mailbox_rename(&b->op, b->a, SPAN("box"), SPAN("other")));
	end(b, "RENAME of 10,000 mailboxes", 1);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "mail_bench DIR [MESSAGES]\n");
		return 2;
	}
	struct bench b = { .dir = argv[1] };
	op_init(&b.op, 0);
	open_all(&b);
	bench_small(&b);
	double_to(&b, argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000);
	close_all(&b);
	open_all(&b);
	bench_large(&b);
	bench_names(&b);
	close_all(&b);
	op_done(&b.op);
	return 0;
}
