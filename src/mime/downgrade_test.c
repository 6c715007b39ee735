// SPDX-License-Identifier: Apache-2.0
#include "mime/downgrade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

static void headers(void **state)
{
	(void)state;
	static const struct {
		const char *header, *want;
	} rows[] = {
		{ "A: b\r\n\tc\r\n\r\n", "A: b\r\n\tc\r\n\r\n" },
		{ "Subject: \xc3\xbc\r\n", "Subject: =?utf-8?Q?=C3=BC?=\r\n" },
		// encoded-words that are there already are decoded first
		{ "Subject: =?utf-8?Q?=C3=B6?= \xc3\xbc\r\n\r\n",
			"Subject: =?utf-8?Q?=C3=B6_=C3=BC?=\r\n\r\n" },
		{ "X: \xc3\xbc\r\nY: z\r\n\r\n", "Y: z\r\n\r\n" },
		{ "no field \xc3\xbc\r\n\xc3\xbc: x\r\n\r\n", "\r\n" },
		{ "To: \xc3\xbc <a@b>, \"c, d\" <e@f>\r\n",
			"To: =?utf-8?Q?=C3=BC?= <a@b>,\r\n \"c, d\" <e@f>\r\n" },
		{ "Cc: \xc3\xbc: a@b, c@d;, e@f\r\n",
			"Cc: =?utf-8?Q?=C3=BC?=: <a@b>,\r\n <c@d>;,\r\n <e@f>\r\n" },
		{ "From: <a@\xc3\xbc.example>\r\n",
			"From: =?utf-8?Q?a=40=C3=BC=2Eexample?= "
			"<invalid@internationalized-address.invalid>\r\n" },
		{ "Content-Type: text/plain; charset=utf-8; name=\"\xc3\xbc;x\"; a=b\r\n",
			"Content-Type: text/plain; charset=utf-8; a=b\r\n" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct arena a;
		struct buf out = { 0 };
		arena_init(&a, 0);
		mime_downgrade(&a, span_str(rows[i].header), &out);
		buf_addc(&out, '\0');
		assert_false(out.failed);
		assert_string_equal(out.p, rows[i].want);
		buf_done(&out);
		arena_done(&a);
	}
}

// Long texts are parted between characters, no word is longer than 75 octets (RFC 2047 section 2).
static void long_words(void **state)
{
	(void)state;
	struct arena a;
	struct buf in = { 0 }, out = { 0 };
	arena_init(&a, 0);
	buf_add(&in, SPAN("Subject: "));
	for (unsigned i = 0; i < 100; i++)
		buf_add(&in, i % 3 ? SPAN("\xe2\x82\xac") : SPAN("ab c"));
	buf_add(&in, SPAN("\r\n"));
	mime_downgrade(&a, buf_span(&in), &out);
	struct span rest = span_skip(buf_span(&out), 8);
	while (rest.n) {
		struct span line;
		rest = span_split(rest, '\n', &line);
		line = span_trim(line);
		assert_true(line.n <= 75 && span_starts(line, SPAN("=?utf-8?Q?")));
		assert_true(span_is_ascii(line));
	}
	buf_done(&in);
	buf_done(&out);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(headers),
		cmocka_unit_test(long_words) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
