// SPDX-License-Identifier: Apache-2.0
// SORT and THREAD over messages that are hostile by their size; what they say otherwise is shown by tests/imap/sort and tests/imap/thread.
#include "base/limits.h"
#include "mail/sort.h"
#include "mail/testing.h"
#include "mail/threads.h"

static const char *engine;

static void expect_order(struct fixture *f, struct view *v, enum collation collation)
{
	struct sort_criteria criteria = { .collation = collation };
	struct numset uids = { 0 };
	struct sort *s;
	int rc;
	sort_criteria_add(&criteria, SORT_SUBJECT, false);
	numset_add_range(&uids, 1, 3);
	ok(&f->op, sort_open(&f->op, v, &uids, &criteria, true, &s));
	do
		rc = sort_run(&f->op, s, 1000000);
	while (rc == SORT_MORE);
	ok(&f->op, rc);
	assert_int_equal(sort_count(s), 3);
	assert_int_equal(sort_uids(s)[0], 3);
	assert_int_equal(sort_uids(s)[1], 2);
	assert_int_equal(sort_uids(s)[2], 1);
	sort_close(s);
	numset_done(&uids);
}

static void expect_threads(struct fixture *f, struct view *v, const struct threads_wish *wish,
	uint32_t last, const char *want)
{
	struct numset uids = { 0 };
	struct threads *t;
	struct rope text;
	char got[64];
	int rc;
	rope_init(&text);
	numset_add_range(&uids, 1, last);
	ok(&f->op, threads_open(&f->op, v, &uids, wish, &t));
	do
		rc = threads_run(&f->op, t, 1000000, &text);
	while (rc == THREADS_MORE);
	ok(&f->op, rc);
	assert_in_range(rope_size(&text), 0, sizeof got - 1);
	rope_copy(&text, got);
	got[rope_size(&text)] = 0;
	assert_string_equal(got, want);
	threads_close(t);
	rope_done(&text);
	numset_done(&uids);
}

// A header that is longer than what is put together in memory: its beginning counts, by every collation.
static void test_giant_header(void **state)
{
	struct fixture f;
	struct buf b = { 0 };
	(void)state;
	fixture_begin(&f, engine);
	(void)append_text(&f, SPAN("INBOX"), SPAN("Subject: c\r\n\r\nx"), (struct flag_list){ 0 });
	buf_add(&b, SPAN("Subject: b\r\n"));
	while (b.n < CONTENT_SECTION_MEMORY + 4096)
		buf_add(&b, SPAN("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"));
	buf_add(&b, SPAN("\r\nx"));
	(void)append_text(&f, SPAN("INBOX"), buf_span(&b), (struct flag_list){ 0 });
	buf_done(&b);
	(void)append_text(&f, SPAN("INBOX"), SPAN("Subject: a\r\n\r\nx"), (struct flag_list){ 0 });
	struct view *v = open_view(&f, SPAN("INBOX"));
	for (int c = 0; c < COLLATIONS; c++) {
		expect_order(&f, v, (enum collation)c);
		struct threads_wish wish = { THREAD_ORDEREDSUBJECT, (enum collation)c, true };
		expect_threads(&f, v, &wish, 3, "(1)(2)(3)");
	}
	view_close(v);
	fixture_end(&f);
}

// Of more references than are read (CARD_REFERENCES_MAX), the last one is the parent still, and the first one joins the thread.
static void test_giant_references(void **state)
{
	struct fixture f;
	struct buf b = { 0 };
	struct threads_wish wish = { THREAD_REFERENCES, COLLATION_UNICODE_CASEMAP, true };
	(void)state;
	fixture_begin(&f, engine);
	(void)append_text(&f, SPAN("INBOX"), SPAN("Message-ID: <first@x>\r\nSubject: a\r\n\r\nx"),
		(struct flag_list){ 0 });
	(void)append_text(&f, SPAN("INBOX"), SPAN("Message-ID: <last@x>\r\nSubject: b\r\n\r\nx"),
		(struct flag_list){ 0 });
	buf_add(&b, SPAN("Message-ID: <it@x>\r\nSubject: c\r\nReferences: <first@x>\r\n"));
	for (unsigned i = 0; b.n < 3 * MIME_FIELD_VALUE_MAX; i++)
		buf_addf(&b, " <%u.a.message.id.as.long.as.they.come.nowadays@x>\r\n", i);
	buf_add(&b, SPAN(" <last@x>\r\n\r\nx"));
	(void)append_text(&f, SPAN("INBOX"), buf_span(&b), (struct flag_list){ 0 });
	buf_done(&b);
	struct view *v = open_view(&f, SPAN("INBOX"));
	expect_threads(&f, v, &wish, 3, "(1 2 3)");
	view_close(v);
	fixture_end(&f);
}

// --- the order of strings, beside a plain comparison of them ---

#define SUBJECTS 60u
struct subject {
	char text[40];
	uint32_t uid;
};

static int by_text(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;
	int order = strcmp(x->text, y->text);
	return order ? order : x->uid < y->uid ? -1 : 1;
}

static int by_text_reverse(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;
	int order = strcmp(y->text, x->text);
	return order ? order : x->uid < y->uid ? -1 : 1;
}

// Subjects that all begin with `common` and go on with up to twelve letters out of two; each second one is that of the message before.
static void make_subjects(struct subject made[SUBJECTS], const char *common, uint32_t seed)
{
	for (uint32_t i = 0; i < SUBJECTS; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t letters = (seed >> 20) % 13, bits = seed >> 8;
		int n = snprintf(made[i].text, sizeof made[i].text, "%s", common); // fits
		for (uint32_t k = 0; k < letters; k++)
			made[i].text[n++] = (char)('a' + (bits >> k & 1));
		made[i].text[n] = '\0';
		if (i % 4 == 1)
			memcpy(made[i].text, made[i - 1].text, sizeof made[i].text);
	}
}

static void expect_sorted(struct fixture *f, struct view *v, struct subject *all, bool reverse)
{
	struct sort_criteria criteria = { .collation = COLLATION_UNICODE_CASEMAP };
	struct numset uids = { 0 };
	struct sort *s;
	sort_criteria_add(&criteria, SORT_SUBJECT, reverse);
	for (uint32_t i = 0; i < SUBJECTS; i++)
		numset_add(&uids, all[i].uid);
	ok(&f->op, sort_open(&f->op, v, &uids, &criteria, true, &s));
	ok(&f->op, sort_run(&f->op, s, UINT64_MAX));
	qsort(all, SUBJECTS, sizeof *all, reverse ? by_text_reverse : by_text);
	for (uint32_t i = 0; i < SUBJECTS; i++)
		assert_int_equal(sort_uids(s)[i], all[i].uid);
	sort_close(s);
	numset_done(&uids);
}

static void test_common_beginnings(void **state)
{
	static const char *const commons[] = { "", "r", "report ", "report n", "report nu",
		"report number" };
	struct fixture f;
	struct subject all[SUBJECTS];
	(void)state;
	fixture_begin(&f, engine);
	for (unsigned c = 0; c < countof(commons); c++) {
		char text[100];
		make_subjects(all, commons[c], c);
		for (uint32_t i = 0; i < SUBJECTS; i++) {
			int n = snprintf(
				text, sizeof text, "Subject: %s\r\n\r\nx", all[i].text); // fits
			all[i].uid = append_text(&f, SPAN("INBOX"), span_of(text, (size_t)n),
				(struct flag_list){ 0 });
		}
		struct view *v = open_view(&f, SPAN("INBOX"));
		expect_sorted(&f, v, all, false);
		expect_sorted(&f, v, all, true);
		view_close(v);
	}
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_giant_header),
		cmocka_unit_test(test_giant_references),
		cmocka_unit_test(test_common_beginnings),
	};
	engine = argc > 1 ? argv[1] : "memory";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
