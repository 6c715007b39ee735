// SPDX-License-Identifier: Apache-2.0
// `starling spool list|try|remove NUMBER...`: mail that waits for the relay, beside the running server or without one. docs/postfix.md.
#include "cli/cli.h"
#include "cli/link.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

// One line for a person: what came from a client or the relay may have no control characters here.
static void print(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		putchar((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

// The first of so many recipients: those who wait, and those whose failure their sender was not told of yet.
static void print_recipients(struct reader *r, uint32_t count)
{
	uint32_t shown = 0;
	for (; !reader_at_end(r); shown++) {
		printf(" <");
		print(reader_field(r));
		putchar('>');
		if (!reader_u8(r))
			continue;
		printf(" (failed: ");
		print(reader_field(r));
		putchar(')');
	}
	if (!r->bad && shown < count)
		printf(" and %" PRIu32 " more", count - shown);
}

static bool print_message(struct span payload)
{
	struct reader r = reader_of(payload);
	char when[32] = "?";
	struct tm tm;
	uint64_t number = reader_u64(&r);
	time_t arrived = (time_t)reader_u64(&r);
	uint64_t octets = reader_u64(&r);
	uint32_t tries = reader_u32(&r);
	struct span user = reader_field(&r), sender = reader_field(&r), why = reader_field(&r);
	uint32_t count = reader_u32(&r);
	if (!r.bad && !user.n) { // its record cannot be read
		printf("%" PRIu64 "  ", number);
		print(why);
		putchar('\n');
		return true;
	}
	if (gmtime_r(&arrived, &tm))
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
	printf("%" PRIu64 "  %s  ", number, when);
	print(user);
	printf("  %" PRIu64 " octets from <", octets);
	print(sender);
	printf("> to");
	print_recipients(&r, count);
	if (tries) {
		printf(", put off %" PRIu32 " times: ", tries);
		print(why);
	}
	putchar('\n');
	return !r.bad;
}

// The words of END: does anybody send, in how many seconds, and why not now.
static void print_state(struct op *op, struct span words, uint64_t count)
{
	struct span sends, seconds, hex = span_split(span_split(words, ' ', &sends), ' ', &seconds);
	uint64_t n = 0;
	char *why = arena_bytes(&op->arena, hex.n / 2 + 1);
	size_t why_n = 0;
	if (!why || !span_from_hex(hex, why, hex.n / 2, &why_n))
		why_n = 0;
	(void)span_to_u64(seconds, UINT64_MAX, &n);
	if (!count)
		printf("nothing waits for the relay\n");
	else if (!span_eq(sends, SPAN("sends")))
		printf("nobody sends them: no server runs, or it has no relay\n");
	else if (n) {
		printf("the relay is tried again in %" PRIu64 " s: ", n);
		print(span_of(why, why_n));
		putchar('\n');
	}
}

static int list(struct cli *c, struct link *l)
{
	struct frame f;
	uint64_t count = 0;
	int rc = link_ask(&c->op, l, "spool list");
	while (rc == 0 && (rc = link_next(&c->op, l, &f)) == 0) {
		if (!print_message(f.payload))
			return cli_fail("an answer that makes no sense");
		count++;
	}
	if (rc < 0)
		return cli_fail_op(c, rc);
	print_state(&c->op, f.payload, count);
	return EXIT_FINE;
}

static int try_now(struct cli *c, struct link *l)
{
	int rc = link_ask(&c->op, l, "spool try");
	if (rc == 0)
		rc = link_answer(&c->op, l, NULL);
	return rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
}

static int remove_all(struct cli *c, struct link *l)
{
	int status = EXIT_FINE;
	for (int i = 1; i < c->word_count; i++) {
		uint64_t number = 0;
		(void)span_to_u64(span_str(c->words[i]), UINT64_MAX, &number); // it is one
		int rc = link_ask(&c->op, l, "spool remove %" PRIu64, number);
		if (rc == 0)
			rc = link_answer(&c->op, l, NULL);
		if (rc < 0)
			status = cli_fail_op(c, rc);
	}
	return status;
}

int cmd_spool(struct cli *c)
{
	static const struct {
		const char *word;
		int (*run)(struct cli *c, struct link *l);
		bool takes_numbers;
	} verbs[] = { { "list", list, false }, { "try", try_now, false },
		{ "remove", remove_all, true } };
	size_t i = 0;
	while (i < countof(verbs) && (!c->word_count || strcmp(c->words[0], verbs[i].word) != 0))
		i++;
	if (i == countof(verbs))
		return cli_usage("spool list, try or remove");
	if (verbs[i].takes_numbers != (c->word_count > 1))
		return cli_usage(verbs[i].takes_numbers ? "spool remove wants numbers of messages"
							: "spool %s takes no words",
			verbs[i].word);
	for (int k = 1; k < c->word_count; k++)
		if (!span_to_u64(span_str(c->words[k]), UINT64_MAX, &(uint64_t){ 0 }))
			return cli_usage("%s is no number of a message", c->words[k]);
	int status = cli_config_existing(c);
	if (status)
		return status;
	struct link l;
	int rc = link_open(c, &l, false);
	if (rc < 0)
		return cli_fail_op(c, rc);
	status = verbs[i].run(c, &l);
	link_close(&l);
	return status;
}
