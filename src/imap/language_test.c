// SPDX-License-Identifier: Apache-2.0
// Look-up of languages, and that each row of the table can be what it says.
#include "imap/language.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_ranges(void **state)
{
	(void)state;
	static const struct {
		const char *range;
		int language; // -1: none
	} rows[] = {
		{ "i-default", LANGUAGE_DEFAULT },
		{ "I-DEFAULT", LANGUAGE_DEFAULT },
		{ "*", LANGUAGE_DEFAULT },
		{ "de", LANGUAGE_DE },
		{ "DE", LANGUAGE_DE },
		{ "de-AT-1996", LANGUAGE_DE },
		{ "fr-x-private", LANGUAGE_FR },
		{ "es-419", LANGUAGE_ES },
		{ "en-GB", LANGUAGE_EN },
		{ "deu", -1 },
		{ "MUL", -1 },
		{ "i", -1 },
		{ "i-klingon", -1 },
		{ "x-de", -1 },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		enum language l = LANGUAGES;
		assert_true(language_is_range(span_str(rows[i].range)));
		bool found = language_find(span_str(rows[i].range), &l);
		assert_int_equal(found ? (int)l : -1, rows[i].language);
	}
	static const char *const wrong[] = { "", "-", "de-", "-de", "d3", "de--AT", "de_AT",
		"abcdefghi", "de-abcdefghi", "**", "de-*", "d\xc3\xa9" };
	for (size_t i = 0; i < countof(wrong); i++)
		assert_false(language_is_range(span_str(wrong[i])));
}

static void check_text(enum language l, const char *english, const char *want)
{
	struct buf b = { 0 };
	language_translate(l, span_str(english), &b);
	buf_addc(&b, 0);
	assert_string_equal(b.p, want);
	buf_done(&b);
}

static void test_texts(void **state)
{
	(void)state;
	check_text(LANGUAGE_DEFAULT, "SELECT completed", "SELECT completed");
	check_text(LANGUAGE_EN, "SELECT completed", "SELECT completed");
	check_text(LANGUAGE_DE, "UID SEARCH completed", "UID SEARCH ausgef\xc3\xbchrt");
	check_text(LANGUAGE_FR, "COPY failed",
		"\xc3\xa9"
		"chec de COPY");
	check_text(LANGUAGE_ES, "unknown command \"FOO\"", "orden desconocida \"FOO\"");
	check_text(LANGUAGE_DE, "STORE: expected a space at position 7, found \"x\"",
		"STORE: erwartet wurde ein Leerzeichen an Stelle 7, dort steht \"x\"");
	check_text(LANGUAGE_ES,
		"STORE: expected a pink bird at position 7, found the end of the line",
		"STORE: se esperaba a pink bird en la posici\xc3\xb3n 7, pero la l\xc3\xadnea "
		"termina");
	check_text(LANGUAGE_DE, "nobody translated this", "nobody translated this");
	check_text(LANGUAGE_FR, "", "");
}

static void places_of(const char *text, struct buf *to)
{
	for (; *text; text++)
		if (*text == '*' || *text == '~')
			buf_addc(to, *text);
}

static void test_rows(void **state)
{
	(void)state;
	for (const struct language_row *row = language_rows; row->text[0]; row++) {
		struct buf want = { 0 };
		places_of(row->text[0], &want);
		for (int l = 0; l < LANGUAGES - LANGUAGE_EN; l++) {
			struct span text = span_str(row->text[l]);
			struct buf places = { 0 };
			assert_true(text.n > 0 && text.p[0] != '[' && text.p[0] != ' ');
			assert_true(span_is_utf8(text));
			for (size_t i = 0; i < text.n; i++)
				assert_true((unsigned char)text.p[i] >= ' ');
			places_of(row->text[l], &places);
			// No translation has more than the English text gives, nor another order.
			assert_true(span_starts(buf_span(&want), buf_span(&places)));
			buf_done(&places);
		}
		buf_done(&want);
		// Another row that comes first would hide it.
		for (const struct language_row *other = language_rows; other != row; other++)
			assert_string_not_equal(other->text[0], row->text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
