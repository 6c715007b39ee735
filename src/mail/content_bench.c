// SPDX-License-Identifier: Apache-2.0
// Measures cards, and FETCH ENVELOPE and SEARCH over a mailbox, in CPU time of one thread (wall time says little on a busy machine):
// build-dir/src/mail/mail_content_bench [--local DATA-DIR] MESSAGE-DIR... . The engine is memory unless told. Not built by default.
#include "base/clock.h"
#include "mail/content_testing.h"
#include "mail/search.h"
#include "mail/search_priv.h"
#include "mail/txn.h"

static void report(const char *what, uint64_t ns, size_t messages, uint64_t octets)
{
	printf("%-34s %9.0f ns a message  %8.0f MB/s  %7.2f ms in all\n", what,
		(double)ns / (double)messages, (double)octets * 1e3 / (double)ns, (double)ns / 1e6);
}

struct bench {
	struct messages messages;
	struct store *store;
	struct msg_cold *cold;
	uint64_t octets, cards;
	struct op op;
};

static int bench_build(struct bench *b)
{
	uint64_t parse = 0, build = 0;
	for (size_t i = 0; i < b->messages.count; i++) {
		struct span m = b->messages.list[i], card;
		struct card_source source = card_source_span(&m);
		const struct mime_tree *t;
		uint64_t start = clock_thread();
		int rc = mime_parse(&b->op, m, &t);
		uint64_t parsed = clock_thread();
		if (rc == 0)
			rc = card_build(&b->op, t, &source, BLOB_CARD_MAX, &card);
		if (rc)
			return rc;
		parse += parsed - start;
		build += clock_thread() - parsed;
		b->octets += m.n;
		b->cards += card.n;
		op_reset(&b->op);
	}
	report("mime_parse", parse, b->messages.count, b->octets);
	report("card_build", build, b->messages.count, b->octets);
	printf("cards: %.0f octets on average, %.1f%% of the messages\n",
		(double)b->cards / (double)b->messages.count,
		100.0 * (double)b->cards / (double)b->octets);
	return 0;
}

static int bench_open(struct bench *b)
{
	uint64_t start = clock_thread(), sum = 0;
	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < b->messages.count; i++) {
			struct content c;
			int rc = content_open_cold(&b->op, b->store, &b->cold[i], &c);
			if (rc)
				return rc;
			char copy[65536 + 16];
			struct span e = content_envelope(&c, FORM_ASCII);
			memcpy(copy, e.p, e.n < sizeof copy ? e.n : sizeof copy);
			sum += e.n + (unsigned char)copy[e.n / 2];
			content_close(&c);
		}
	report("open, copy ENVELOPE, close", clock_thread() - start, 5 * b->messages.count, sum);
	return 0;
}

static int bench_field(struct bench *b, const char *what, struct span name, struct span text)
{
	struct field_key key;
	struct field_scratch scratch = { 0 };
	int rc = field_key_make(&b->op, &b->op.arena, name, text, &key);
	uint64_t start = clock_thread(), found = 0;
	for (size_t i = 0; rc == 0 && i < b->messages.count; i++) {
		struct content c;
		rc = content_open_partial(&b->op, b->store, &b->cold[i], false, &c);
		if (rc)
			break;
		int in = field_in_card(&key, &c);
		if (in < 0)
			rc = content_want_octets(&b->op, b->store, &c);
		if (rc == 0 && in < 0)
			in = field_in_octets(&b->op, &key, &c, &scratch);
		found += in == FIELD_YES;
		content_close(&c);
	}
	report(what, clock_thread() - start, b->messages.count, b->octets);
	printf("  found in %zu\n", (size_t)found);
	field_scratch_done(&scratch);
	return rc;
}

static int bench_text(struct bench *b, const char *what, struct span text)
{
	struct text_key key;
	struct text_scan scan;
	int rc = text_key_make(&b->op, &b->op.arena, COLLATION_UNICODE_CASEMAP, text, true, &key);
	if (rc == 0)
		rc = needle_stream_make(&b->op, &b->op.arena, &key.needle, &key.stream);
	key.wanted = true;
	text_scan_init(&scan, &key, 1);
	uint64_t start = clock_thread(), found = 0;
	for (size_t i = 0; rc == 0 && i < b->messages.count; i++) {
		struct content c;
		rc = content_open_partial(&b->op, b->store, &b->cold[i], true, &c);
		if (rc)
			break;
		text_scan_begin(&scan, &c);
		for (bool done = false; rc == 0 && !done;)
			rc = text_scan_step(&b->op, &scan, &done);
		found += key.stream.found;
		content_close(&c);
	}
	report(what, clock_thread() - start, b->messages.count, b->octets);
	printf("  found in %zu\n", (size_t)found);
	text_scan_done(&scan);
	return rc;
}

// --- through a view ---

#define APPENDED_AT_ONCE 200u

static int append_some(struct bench *b, struct account *a, size_t from, size_t to)
{
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .internal_date = INT64_MIN };
	int rc = append_begin(&b->op, a, SPAN("INBOX"), &ap);
	if (rc)
		return rc;
	for (size_t i = from; rc == 0 && i < to; i++) {
		rc = append_message(&b->op, ap, &meta, b->messages.list[i].n);
		if (rc == 0)
			rc = append_data(&b->op, ap, b->messages.list[i]);
		if (rc == 0)
			rc = append_message_end(&b->op, ap);
	}
	if (rc) {
		append_abort(ap);
		return rc;
	}
	rc = append_commit(&b->op, ap, &r);
	if (rc == 0)
		numset_done(&r.uids);
	op_reset(&b->op);
	return rc;
}

static int bench_search(struct bench *b, struct view *v, const char *what, struct search_key key)
{
	struct search *s;
	struct numset uids = { 0 };
	struct modseq modseq;
	size_t runs = 0;
	uint64_t start = clock_thread();
	int rc = search_open(&b->op, v, &key, &s);
	if (rc)
		return rc;
	do {
		rc = search_run(&b->op, s, 2 * NS_PER_MS, &uids, &modseq);
		runs++;
	} while (rc == SEARCH_MORE);
	search_close(s);
	report(what, clock_thread() - start, b->messages.count, b->octets);
	printf("  found in %zu, in %zu runs\n", (size_t)numset_size(&uids), runs);
	numset_done(&uids);
	op_reset(&b->op);
	return rc;
}

static int bench_fetch(struct bench *b, struct view *v)
{
	struct view_cursor *cursor;
	struct msg m;
	struct rope rope;
	uint64_t start = clock_thread(), octets = 0;
	int rc = view_cursor_open(&b->op, v, NULL, CURSOR_COLD, &cursor);
	if (rc)
		return rc;
	rope_init(&rope);
	while ((rc = view_cursor_next(&b->op, cursor, &m)) == 0) {
		struct content c;
		rc = content_open(&b->op, v, &m, &c);
		if (rc)
			break;
		rope_add(&rope, content_envelope(&c, FORM_ASCII));
		content_close(&c);
		octets += rope_size(&rope);
		rope_reset(&rope);
	}
	rope_done(&rope);
	view_cursor_close(cursor);
	report("view: ENVELOPE into a rope", clock_thread() - start, b->messages.count, octets);
	return rc == CURSOR_END ? 0 : rc;
}

static int bench_view(struct bench *b, struct account *a)
{
	uint64_t start = clock_thread();
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < b->messages.count; i += APPENDED_AT_ONCE)
		rc = append_some(b, a, i,
			i + APPENDED_AT_ONCE < b->messages.count ? i + APPENDED_AT_ONCE
								 : b->messages.count);
	report("append, 200 at once", clock_thread() - start, b->messages.count, b->octets);
	struct view *v;
	if (rc == 0)
		rc = view_open(&b->op, a, SPAN("INBOX"), 0, &v);
	if (rc)
		return rc;
	const struct {
		const char *what;
		struct search_key key;
	} searches[] = {
		{ "view: UNSEEN", { .kind = SEARCH_FLAGS, .flags_mask = FLAG_SEEN } },
		{ "view: LARGER", { .kind = SEARCH_LARGER, .number = 10000 } },
		{ "view: SUBJECT, absent",
			{ .kind = SEARCH_HEADER,
				.name = SPAN("Subject"),
				.text = SPAN("zymurgy") } },
		{ "view: TEXT, absent", { .kind = SEARCH_TEXT, .text = SPAN("zymurgy") } },
		{ "view: TEXT, absent, again", { .kind = SEARCH_TEXT, .text = SPAN("zymurgy") } },
		{ "view: BODY, common", { .kind = SEARCH_BODY, .text = SPAN("the") } },
	};
	for (int round = 0; rc == 0 && round < 2; round++)
		rc = bench_fetch(b, v);
	for (size_t i = 0; rc == 0 && i < countof(searches); i++)
		rc = bench_search(b, v, searches[i].what, searches[i].key);
	view_close(v);
	return rc;
}

static int bench_mailbox(struct bench *b)
{
	struct mail_config config = { .create_accounts = true };
	struct mail *mail;
	struct account *a;
	int rc = mail_open(&b->op, b->store, &config, &mail);
	if (rc)
		return rc;
	rc = account_open(&b->op, mail, SPAN("bench"), &a);
	if (rc == 0) {
		rc = bench_view(b, a);
		account_unref(a);
	}
	mail_close(mail);
	return rc;
}

static int bench_blobs(struct bench *b)
{
	int rc = bench_build(b);
	for (size_t i = 0; rc == 0 && i < b->messages.count; i++) {
		rc = deliver(&b->op, b->store, SPAN_NONE, b->messages.list[i], 0, &b->cold[i]);
		op_reset(&b->op);
	}
	if (rc == 0)
		rc = bench_open(b);
	if (rc == 0)
		rc = bench_field(b, "SUBJECT, absent", SPAN("Subject"), SPAN("ZYMURGY"));
	if (rc == 0)
		rc = bench_field(
			b, "HEADER Message-ID, absent", SPAN("Message-ID"), SPAN("ZYMURGY"));
	if (rc == 0)
		rc = bench_field(b, "HEADER X-Zymurgy, absent", SPAN("X-Zymurgy"), SPAN(""));
	if (rc == 0)
		rc = bench_text(b, "TEXT, absent", SPAN("ZYMURGY"));
	if (rc == 0)
		rc = bench_text(b, "TEXT, absent phrase", SPAN("AND THE ZYMURGY OF"));
	if (rc == 0)
		rc = bench_text(b, "TEXT, common", SPAN("THE"));
	return rc;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct store_config config = { .engine = "memory" };
	op_init(&b.op, 0);
	int first = 1;
	if (argc > 2 && strcmp(argv[1], "--local") == 0) {
		config = (struct store_config){ .engine = "local", .dir = argv[2] };
		first = 3;
	}
	for (int i = first; i < argc; i++)
		messages_read(&b.messages, argv[i]);
	b.cold = calloc(b.messages.count + 1, sizeof *b.cold);
	int rc = b.cold && b.messages.count ? store_open(&b.op, &config, &b.store) : RC_NONEXISTENT;
	if (rc == 0)
		rc = bench_blobs(&b);
	if (rc == 0)
		rc = bench_mailbox(&b);
	if (rc)
		(void)fprintf(stderr, "%s\n", op_text(&b.op, rc));
	store_close(b.store);
	messages_done(&b.messages);
	free(b.cold);
	op_done(&b.op);
	return rc ? 1 : 0;
}
