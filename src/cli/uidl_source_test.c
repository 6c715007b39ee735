// SPDX-License-Identifier: Apache-2.0
#include "cli/uidl_source.h"

#include "mail/uidl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIST                                                                                       \
	"3 V1796042793 N9 Ga9e6b30c29700d6b2673000083ecc375\n"                                     \
	"1 W33 Pabc123 :1000.a.host\n"                                                             \
	"2 W17 P000000026b0d7029 :1001.b.host\n"                                                   \
	"3 S5 Gguid :1002.c host,S=5:2,S\n"                                                        \
	"10 :1003.d\n"                                                                             \
	"11 Pwith\001control :1004.e\n"                                                            \
	"x :1005.f\n"                                                                              \
	"12 Pno name\n"                                                                            \
	"13 P :1006.g"

static void expect(struct uidl_source *s, const char *name, const char *uidl)
{
	struct span found = uidl_source_find(s, span_str(name));
	if (!span_eq(found, span_str(uidl)))
		fail_msg("%s: \"%.*s\" and not \"%s\"", name, SPAN_FMT(found), uidl);
}

static void read_list(struct uidl_source *s, struct span text, const char *format)
{
	struct op op;
	op_init(&op, 0);
	assert_int_equal(uidl_source_read(&op, s, text, format), 0);
	op_done(&op);
}

// The longest unique-ids that there may be, and longer ones.
static void test_length(void **state)
{
	(void)state;
	char text[UIDL_MAX + 2], list[UIDL_MAX + 64];
	struct uidl_source s = { 0 };
	memset(text, 'a', sizeof text);
	assert_true(uidl_is_valid(span_of(text, UIDL_MAX)));
	assert_false(uidl_is_valid(span_of(text, UIDL_MAX + 1)));
	assert_false(uidl_is_valid(SPAN("")));
	assert_true(uidl_format_is_valid("%070u"));
	assert_false(uidl_format_is_valid("%071u"));
	assert_false(uidl_format_is_valid("%99999999999999999999u"));
	for (unsigned n = UIDL_MAX; n <= UIDL_MAX + 1; n++) {
		text[n] = '\0';
		(void)snprintf(list, sizeof list, "3 V1 N9\n1 P%s :1000.a\n", text); // fits
		read_list(&s, span_str(list), UIDL_FORMAT_DOVECOT);
		expect(&s, "1000.a", n == UIDL_MAX ? text : "");
		uidl_source_done(&s);
		text[n] = 'a';
	}
	read_list(&s, SPAN("1 1796042793 3\n1 1000.a:2,S\n"), "%070u");
	expect(&s, "1000.a",
		"0000000000000000000000000000000000000000000000000000000000000000000001");
	uidl_source_done(&s);
	read_list(&s, SPAN("1 1796042793 3\n1 1000.a:2,S\n"), "%070u%u"); // 71 octets
	expect(&s, "1000.a", "");
	uidl_source_done(&s);
}

static void test_list(void **state)
{
	(void)state;
	struct uidl_source s = { 0 };
	expect(&s, "1000.a.host", "");
	read_list(&s, SPAN(LIST), UIDL_FORMAT_DOVECOT);
	expect(&s, "1000.a.host", "abc123");
	expect(&s, "1000.a.host:2,RS", "abc123");
	expect(&s, "1001.b.host;2,", "000000026b0d7029");
	expect(&s, "1002.c host,S=5:2,", "000000036b0d7029");
	expect(&s, "1003.d!2,S", "0000000a6b0d7029");
	expect(&s, "1004.e", "");
	expect(&s, "1005.f", "");
	expect(&s, "1006.g", "0000000d6b0d7029"); // an empty one is none
	expect(&s, "1000.a", "");
	expect(&s, "", "");
	uidl_source_done(&s);
	read_list(&s, SPAN("1 1796042793 3\n1 1000.a:2,S\n2 1001.b\n"), "%v.%u");
	expect(&s, "1000.a", "1796042793.1");
	expect(&s, "1001.b:2,", "1796042793.2");
	uidl_source_done(&s);
	// Without a UIDVALIDITY nothing can be made; an unknown version says nothing.
	read_list(&s, SPAN("3 N2\n1 :a\n2 Pp :b\n"), UIDL_FORMAT_DOVECOT);
	expect(&s, "a", "");
	expect(&s, "b", "p");
	uidl_source_done(&s);
	read_list(&s, SPAN("4 V1 N2\n1 Pp :a\n"), UIDL_FORMAT_DOVECOT);
	expect(&s, "a", "");
	uidl_source_done(&s);
	read_list(&s, SPAN(""), UIDL_FORMAT_DOVECOT);
	uidl_source_done(&s);
}

static void test_formats(void **state)
{
	(void)state;
	static const char *const good[][2] = {
		{ "%08Xu%08Xv", "000000036b0d7029" },
		{ "%u", "3" },
		{ "UID%u-%v", "UID3-1796042793" },
		{ "%f", "1002.c" },
		{ "%g", "guid" },
		{ "%04u%%", "0003%" },
		{ "%Xv.%Xu", "6b0d7029.3" },
		{ "%4u", "" }, // blanks cannot be in one
		{ "%070u",
			"0000000000000000000000000000000000000000000000000000000000000000000003" },
		{ "%070u0", "" },
	};
	static const char *const bad[] = { "", "x", "%", "%v", "%%", "%m", "%071u", "%0", "%8f",
		"%u%", "%999999999999999999999u", "%Xf" };
	for (size_t i = 0; i < countof(good); i++) {
		struct uidl_source s = { 0 };
		assert_true(uidl_format_is_valid(good[i][0]));
		read_list(&s, SPAN("3 V1796042793 N9\n3 Gguid :1002.c:2,S\n"), good[i][0]);
		expect(&s, "1002.c", good[i][1]);
		uidl_source_done(&s);
	}
	for (size_t i = 0; i < countof(bad); i++)
		if (uidl_format_is_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
}

static void test_set(void **state)
{
	(void)state;
	struct uidl_set s = { 0 };
	struct op op;
	char text[16];
	bool is_new;
	op_init(&op, 0);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 5000; i++) {
			(void)snprintf(text, sizeof text, "u%u", i); // fits
			assert_int_equal(uidl_set_add(&op, &s, span_str(text), &is_new), 0);
			assert_int_equal(is_new, round == 0);
		}
	assert_int_equal(s.n, 5000);
	uidl_set_done(&s);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
