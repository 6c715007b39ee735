// SPDX-License-Identifier: Apache-2.0
// base64, modified UTF-7, dates and writers: what is printed parses to what it was.
#include "wire/base64.h"
#include "wire/cursor.h"
#include "wire/date.h"
#include "wire/mutf7.h"
#include "wire/write.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void base64(void **state)
{
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" } }; // RFC 4648 section 10
	char out[64];
	size_t n;
	for (size_t i = 0; i < countof(rows); i++) {
		struct span plain = span_str(rows[i][0]), text = span_str(rows[i][1]);
		base64_encode(plain, out);
		assert_true(span_eq(span_of(out, BASE64_SIZE(plain.n)), text));
		assert_true(base64_decode(text, out, &n));
		assert_true(span_eq(span_of(out, n), plain));
	}
	static const char *const bad[] = { "Z", "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm 9",
		"Zm9v\n", "Zm9*", "=Zm9", "Zg==Zg==" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(base64_decode(span_str(bad[i]), out, &n));
}

static void mutf7(void **state)
{
	static const char *const rows[][2] = {
		{ "INBOX", "INBOX" },
		{ "a&b", "a&-b" },
		{ "&", "&-" },
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
			"~peter/mail/&U,BTFw-/&ZeVnLIqe-" }, // RFC 3501 section 5.1.3
		{ "\xe5\x8f\xb0\xe5\x8c\x97\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
			"&U,BTF2XlZyyKng-" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
		{ "\xf0\x9f\x98\x80", "&2D3eAA-" },
		{ "\xc3\xa9&\xc3\xa9", "&AOk-&-&AOk-" },
		{ "\x7f\xc2\x80", "&AH8AgA-" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct buf b = { 0 };
		const char *why = NULL;
		mutf7_encode(span_str(rows[i][0]), &b);
		assert_true(span_eq(buf_span(&b), span_str(rows[i][1])));
		buf_reset(&b);
		assert_true(mutf7_decode(span_str(rows[i][1]), &b, &why));
		assert_true(span_eq(buf_span(&b), span_str(rows[i][0])));
		buf_done(&b);
	}
	static const char *const bad[] = { "&", "&Jjo", "&Jjo!", "&Jj-", "&J-", "&Jjo-&Jjo-",
		"&AGE-", "&2D0-", "&3gA-", "&2D0AYQ-", "\xc3\xa9", "\x01", "&AOl-", "&AOkA-",
		"&AOk=-", "a&b" };
	for (size_t i = 0; i < countof(bad); i++) {
		struct buf b = { 0 };
		const char *why = NULL;
		assert_false(mutf7_decode(span_str(bad[i]), &b, &why));
		assert_non_null(why);
		buf_done(&b);
	}
}

// Every code point, alone between letters, survives.
static void mutf7_all(void **state)
{
	for (uint32_t ch = 1; ch < 0x110000; ch += ch < 0x3000 ? 1 : 61) {
		if (ch >= 0xd800 && ch <= 0xdfff)
			continue;
		char s[8] = "a";
		size_t n = 1;
		if (ch < 0x80) {
			s[n++] = (char)ch;
		} else if (ch < 0x800) {
			s[n++] = (char)(0xc0 | ch >> 6);
			s[n++] = (char)(0x80 | (ch & 63));
		} else if (ch < 0x10000) {
			s[n++] = (char)(0xe0 | ch >> 12);
			s[n++] = (char)(0x80 | (ch >> 6 & 63));
			s[n++] = (char)(0x80 | (ch & 63));
		} else {
			s[n++] = (char)(0xf0 | ch >> 18);
			s[n++] = (char)(0x80 | (ch >> 12 & 63));
			s[n++] = (char)(0x80 | (ch >> 6 & 63));
			s[n++] = (char)(0x80 | (ch & 63));
		}
		s[n++] = 'z';
		struct buf b = { 0 }, back = { 0 };
		const char *why;
		mutf7_encode(span_of(s, n), &b);
		assert_true(span_is_ascii(buf_span(&b)));
		assert_true(mutf7_decode(buf_span(&b), &back, &why));
		assert_true(span_eq(buf_span(&back), span_of(s, n)));
		buf_done(&b);
		buf_done(&back);
	}
}

static void calendar(void **state)
{
	for (int32_t day = -719528; day < 2932897; day += 13) { // years 0000 to 9999
		int y, m, d;
		date_from_days(day, &y, &m, &d);
		assert_true(m >= 1 && m <= 12 && d >= 1 && d <= days_in_month(y, m));
		assert_int_equal(days_from_date(y, m, d), day);
	}
	static const int16_t zones[] = { 0, 60, -420, 345, 1439, -1439 };
	for (int64_t t = -62000000000; t < 253400000000; t += 98765432123) {
		for (size_t i = 0; i < countof(zones); i++) {
			char text[DATE_TIME_SIZE];
			int64_t back;
			int16_t zone;
			date_time_print(text, t, zones[i]);
			assert_true(date_time_parse(span_of(text, sizeof text), &back, &zone));
			assert_true(back == t && zone == zones[i]);
		}
	}
	char text[DATE_TIME_SIZE];
	date_time_print(text, INT64_C(837596665), -420);
	assert_memory_equal(text, "17-Jul-1996 02:44:25 -0700", DATE_TIME_SIZE);
	date_time_print(text, INT64_MAX / 2, 0);
	assert_memory_equal(text, "31-Dec-9999", 11);
	date_time_print(text, INT64_MIN / 2, 0);
	assert_memory_equal(text, " 1-Jan-0000", 11);
}

static struct span flat(struct rope *r, struct buf *b)
{
	buf_reset(b);
	char *to = buf_room(b, rope_size(r) + 1);
	rope_copy(r, to);
	buf_added(b, rope_size(r));
	rope_reset(r);
	return buf_span(b);
}

static void writers(void **state)
{
	static const struct {
		struct span value;
		const char *ascii, *utf8; // astring
	} rows[] = {
		{ { "INBOX", 5 }, "INBOX", "INBOX" },
		{ { "", 0 }, "\"\"", "\"\"" },
		{ { "nil", 3 }, "\"nil\"", "\"nil\"" },
		{ { "a b", 3 }, "\"a b\"", "\"a b\"" },
		{ { "a\"\\", 3 }, "\"a\\\"\\\\\"", "\"a\\\"\\\\\"" },
		{ { "a\r\n", 3 }, "{3}\r\na\r\n", "{3}\r\na\r\n" },
		{ { "\xc3\xbc", 2 }, "{2}\r\n\xc3\xbc", "\"\xc3\xbc\"" },
		{ { "\xff", 1 }, "{1}\r\n\xff", "{1}\r\n\xff" },
		{ { "a\0b", 3 },
			"{3}\r\na\x80"
			"b",
			"{3}\r\na\x80"
			"b" },
		{ { "x%*", 3 }, "\"x%*\"", "\"x%*\"" },
	};
	struct rope r;
	struct buf b = { 0 };
	rope_init(&r);
	for (size_t i = 0; i < countof(rows); i++) {
		write_astring(&r, rows[i].value, false);
		assert_true(span_eq(flat(&r, &b), span_str(rows[i].ascii)));
		write_astring(&r, rows[i].value, true);
		assert_true(span_eq(flat(&r, &b), span_str(rows[i].utf8)));
	}
	write_mailbox(&r, SPAN("Entw\xc3\xbcrfe"), false);
	assert_true(span_eq(flat(&r, &b), SPAN("Entw&APw-rfe")));
	write_mailbox(&r, SPAN("Entw\xc3\xbcrfe"), true);
	assert_true(span_eq(flat(&r, &b), SPAN("\"Entw\xc3\xbcrfe\"")));
	write_mailbox(&r, SPAN("a&b"), false);
	assert_true(span_eq(flat(&r, &b), SPAN("a&-b")));
	write_nstring(&r, SPAN_NONE, false);
	assert_true(span_eq(flat(&r, &b), SPAN("NIL")));
	write_text(&r, SPAN("[x\r\n\xc3\xbc"), false);
	assert_true(span_eq(flat(&r, &b), SPAN("(x????")));
	write_text(&r, SPAN(""), false);
	assert_true(b.n == 0 || rope_size(&r) > 0);
	write_date_time(&r, 0, 0);
	flat(&r, &b);
	rope_done(&r);
	buf_done(&b);
}

// Random octets: what is written as a string is read as the same string.
static void round_trip(void **state)
{
	struct rope r;
	struct buf b = { 0 };
	struct arena a;
	unsigned seed = 11;
	rope_init(&r);
	arena_init(&a, 0);
	for (int round = 0; round < 20000; round++) {
		char s[24];
		size_t n = (size_t)rand_r(&seed) % sizeof s;
		for (size_t i = 0; i < n; i++)
			s[i] = (char)(1 + rand_r(&seed) % (round % 2 ? 255 : 126));
		bool utf8 = round % 3 == 0;
		write_astring(&r, span_of(s, n), utf8);
		struct span text = flat(&r, &b);
		struct cursor c;
		cursor_init(&c, text, &a);
		struct span v = cursor_astring(&c);
		cursor_end(&c);
		assert_false(cursor_is_bad(&c));
		assert_true(span_eq(v, span_of(s, n)));
		arena_reset(&a);
	}
	arena_done(&a);
	rope_done(&r);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64),
		cmocka_unit_test(mutf7),
		cmocka_unit_test(mutf7_all),
		cmocka_unit_test(calendar),
		cmocka_unit_test(writers),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
