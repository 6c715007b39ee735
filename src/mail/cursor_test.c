// SPDX-License-Identifier: Apache-2.0
// What a cursor says of the messages that follow (view_cursor_ahead()).
#include "mail/testing.h"

#define MESSAGES 300u // three chunks of records

static const char *engine = "memory";

static void fill(struct fixture *f)
{
	for (uint32_t i = 0; i < MESSAGES; i++)
		(void)append_text(
			f, SPAN("INBOX"), SPAN("Subject: x\r\n\r\nx\r\n"), (struct flag_list){ 0 });
}

// The blobs of the messages that the cursor gives, and what it said at each of the one `n` behind it.
static uint32_t walk(struct fixture *f, struct view *v, const struct numset *uids, uint32_t n,
	uint64_t blobs[MESSAGES], uint64_t ahead[MESSAGES])
{
	struct view_cursor *c;
	struct msg m;
	uint32_t count = 0;
	ok(&f->op, view_cursor_open(&f->op, v, uids, CURSOR_COLD, &c));
	while (view_cursor_next(&f->op, c, &m) == 0) {
		blobs[count] = m.cold->blob.id;
		ahead[count++] = view_cursor_ahead(c, n).id;
	}
	view_cursor_close(c);
	return count;
}

static void test_ahead(void **state)
{
	(void)state;
	struct fixture f;
	uint64_t blobs[MESSAGES], ahead[MESSAGES];
	fixture_begin(&f, engine);
	fill(&f);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct numset some = { 0 };
	numset_add_range(&some, 20, 70);
	numset_add_range(&some, 90, 90);
	for (uint32_t n = 1; n <= 8; n++) {
		uint32_t told = 0;
		assert_int_equal(walk(&f, v, NULL, n, blobs, ahead), MESSAGES);
		for (uint32_t i = 0; i < MESSAGES; i++) {
			told += ahead[i] != 0;
			assert_true(!ahead[i] || (i + n < MESSAGES && ahead[i] == blobs[i + n]));
		}
		assert_in_range(told, MESSAGES - 3 * n, MESSAGES - n); // not those in another chunk
		assert_int_equal(walk(&f, v, &some, n, blobs, ahead), 52);
		for (uint32_t i = 0; i < 52; i++) // nor those that nobody asked for
			assert_int_equal(ahead[i], i + n < 51 ? blobs[i + n] : 0);
	}
	numset_done(&some);
	view_close(v);
	fixture_end(&f);
}

// Without cold records nothing is looked up.
static void test_hot(void **state)
{
	(void)state;
	struct fixture f;
	struct view_cursor *c;
	struct msg m;
	fixture_begin(&f, engine);
	fill(&f);
	struct view *v = open_view(&f, SPAN("INBOX"));
	ok(&f.op, view_cursor_open(&f.op, v, NULL, 0, &c));
	while (view_cursor_next(&f.op, c, &m) == 0)
		assert_int_equal(view_cursor_ahead(c, 1).id, 0);
	view_cursor_close(c);
	view_close(v);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_hot) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
