// SPDX-License-Identifier: Apache-2.0
// Measures cards and the scanning of text over folders of messages (the arguments), on one thread, with the memory engine:
// build-dir/src/mail/mail_content_bench DIR... . Not built by default.
#include "base/clock.h"
#include "mail/content_testing.h"
#include "mail/search_priv.h"

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
		uint64_t start = clock_mono();
		int rc = mime_parse(&b->op, m, &t);
		uint64_t parsed = clock_mono();
		if (rc == 0)
			rc = card_build(&b->op, t, &source, BLOB_CARD_MAX, &card);
		if (rc)
			return rc;
		parse += parsed - start;
		build += clock_mono() - parsed;
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
	uint64_t start = clock_mono(), sum = 0;
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
	report("open, copy ENVELOPE, close", clock_mono() - start, 5 * b->messages.count, sum);
	return 0;
}

static int bench_field(struct bench *b, const char *what, struct span name, struct span text)
{
	struct field_key key;
	struct field_scratch scratch = { 0 };
	int rc = field_key_make(&b->op, &b->op.arena, name, text, &key);
	uint64_t start = clock_mono(), found = 0;
	for (size_t i = 0; rc == 0 && i < b->messages.count; i++) {
		struct content c;
		rc = content_open_partial(&b->op, b->store, &b->cold[i], &c);
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
	report(what, clock_mono() - start, b->messages.count, b->octets);
	printf("  found in %zu\n", (size_t)found);
	field_scratch_done(&scratch);
	return rc;
}

static int bench_text(struct bench *b, const char *what, struct span text)
{
	struct text_key key;
	struct text_scan scan;
	int rc = text_key_make(&b->op, &b->op.arena, text, true, &key);
	if (rc == 0)
		rc = needle_stream_make(&b->op, &b->op.arena, &key.needle, &key.stream);
	key.wanted = true;
	text_scan_init(&scan, &key, 1);
	uint64_t start = clock_mono(), found = 0;
	for (size_t i = 0; rc == 0 && i < b->messages.count; i++) {
		struct content c;
		rc = content_open_partial(&b->op, b->store, &b->cold[i], &c);
		if (rc == 0)
			rc = content_want_octets(&b->op, b->store, &c);
		if (rc)
			break;
		text_scan_begin(&scan, &c);
		for (bool done = false; rc == 0 && !done;)
			rc = text_scan_step(&b->op, &scan, &done);
		found += key.stream.found;
		content_close(&c);
	}
	report(what, clock_mono() - start, b->messages.count, b->octets);
	printf("  found in %zu\n", (size_t)found);
	text_scan_done(&scan);
	return rc;
}

static int bench_all(struct bench *b)
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
		rc = bench_field(b, "FROM, absent", SPAN("From"), SPAN("ZYMURGY"));
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
	for (int i = 1; i < argc; i++)
		messages_read(&b.messages, argv[i]);
	b.cold = calloc(b.messages.count + 1, sizeof *b.cold);
	int rc = b.cold && b.messages.count ? store_open(&b.op, &config, &b.store) : RC_NONEXISTENT;
	if (rc == 0)
		rc = bench_all(&b);
	if (rc)
		(void)fprintf(stderr, "%s\n", op_text(&b.op, rc));
	store_close(b.store);
	messages_done(&b.messages);
	free(b.cold);
	op_done(&b.op);
	return rc ? 1 : 0;
}
