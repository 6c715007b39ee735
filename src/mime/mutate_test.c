// SPDX-License-Identifier: Apache-2.0
// Starling: the invariants of mime/all_test.h on odd messages, whole, octet by octet, and after random mutations (seeded).
#include "mime/all_test.h"
#include "mime/messages_test.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check_message(struct span m, size_t step, const char *what)
{
	struct buf whole = { 0 }, pieces = { 0 };
	const char *bad = all_check(m, 0, &whole);
	if (!bad)
		bad = all_check(m, step, &pieces);
	if (!bad && !span_eq(buf_span(&whole), buf_span(&pieces)))
		bad = "pieces give another result";
	if (bad) {
		print_error("%s: %s\n---\n%.*s\n---\n", what, bad, SPAN_FMT(m));
		print_error("whole:  %.*s\npieces: %.*s\n", SPAN_FMT(whole), SPAN_FMT(pieces));
		fail();
	}
	buf_done(&whole);
	buf_done(&pieces);
}

static void test_odd_messages(void **state)
{
	for (size_t i = 0; i < countof(messages); i++) {
		struct buf m = { 0 };
		messages_load(i, &m);
		for (size_t step = 1; step < 9; step++)
			check_message(buf_span(&m), step, "odd message");
		check_message(messages[i], 1, "odd message with bare LF");
		buf_done(&m);
	}
}

static uint64_t seed = 42;
static size_t below(size_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static const struct span pieces_of_mail[] = { { "\r\n", 2 }, { "--b\r\n", 5 }, { "--b--\r\n", 7 },
	{ "\r\n\r\n", 4 }, { "Content-Type: multipart/mixed; boundary=b\r\n\r\n", 45 },
	{ "Content-Type: message/rfc822\r\n\r\n", 32 }, { "\"", 1 }, { "(", 1 }, { "\\", 1 },
	{ "<", 1 }, { ":", 1 }, { ";", 1 }, { "=?utf-8?q?", 10 }, { "?=", 2 }, { "\xc3", 1 },
	{ "\0", 1 }, { "*0*=", 4 }, { "%41", 3 }, { ",", 1 }, { "@", 1 } };

static void mutate(struct buf *m)
{
	for (size_t k = 1 + below(6); k > 0; k--) {
		size_t at = below(m->n + 1), what = below(4);
		struct buf out = { 0 };
		buf_add(&out, span_of(m->p, at));
		size_t skip = at;
		if (what == 0)
			buf_add(&out, pieces_of_mail[below(countof(pieces_of_mail))]);
		else if (what == 1)
			skip += below(m->n - at + 1);
		else if (what == 2) // something again
			buf_add(&out, span_cut(buf_span(m), below(m->n + 1), below(m->n + 1)));
		else {
			buf_addc(&out, (char)below(256));
			skip += skip < m->n;
		}
		buf_add(&out, span_skip(buf_span(m), skip));
		buf_done(m);
		*m = out;
	}
}

static void test_mutations(void **state)
{
	for (int round = 0; round < 12000; round++) {
		struct buf m = { 0 };
		messages_load(below(countof(messages)), &m);
		if (below(3) == 0)
			messages_load(below(countof(messages)), &m);
		mutate(&m);
		check_message(buf_span(&m), 1 + below(5), "mutation");
		buf_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_messages),
		cmocka_unit_test(test_mutations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
