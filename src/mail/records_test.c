// SPDX-License-Identifier: Apache-2.0
// Records of mail/ that make no sense (mail/format.h), as a damaged volume or a hostile backup may hold them: a fault is told, and costs
// nothing. What records_fuzz.c found.
#include "mail/format.h"
#include "mail/testing.h"

#define ACCOUNT 2u // the first account's partition

// The key of the first record from `from` on whose value ends with `end`.
static struct key key_of(struct fixture *f, struct span from, struct span end)
{
	struct store_cursor *c;
	struct span key, value;
	struct key found = { .n = 0 };
	ok(&f->op, store_cursor_open(&f->op, f->store, NULL, ACCOUNT, from, SPAN_NONE, &c));
	while (found.n == 0 && store_cursor_next(&f->op, c, &key, &value) == 0)
		if (value.n >= end.n && span_eq(span_skip(value, value.n - end.n), end)) {
			assert_true(key.n <= sizeof found.b);
			memcpy(found.b, key.p, key.n);
			found.n = key.n;
		}
	store_cursor_close(c);
	assert_true(found.n > 0);
	return found;
}

// With the mail closed.
static void patch_u32(struct fixture *f, const struct key *k, uint32_t offset, uint32_t number)
{
	struct store_batch b;
	struct store_ticket t;
	char octets[4];
	store_u32(octets, number);
	batch_init(&b, ACCOUNT);
	batch_patch(&b, KEY(*k), offset, span_of(octets, 4));
	ok(&f->op, store_submit(&f->op, f->store, &b, &t));
	ok(&f->op, store_wait(&f->op, f->store, t));
	batch_done(&b);
}

// A header that says it has more blocks than a record can list: no memory is taken for them.
static void test_blocks(void **state)
{
	(void)state;
	struct fixture f;
	struct view *v;
	fixture_begin(&f, "memory");
	append_text(&f, SPAN("INBOX"), SPAN("a: b\r\n\r\nc"), (struct flag_list){ 0 });
	fixture_close_mail(&f);
	struct key k = key_of(&f, SPAN("M"), SPAN("INBOX"));
	patch_u32(&f, &k, 60, UINT32_MAX);
	fixture_open_mail(&f);
	assert_int_equal(view_open(&f.op, f.a, SPAN("INBOX"), 0, &v), RC_CORRUPT);
	assert_string_equal(f.op.text, "the header of a mailbox makes no sense");
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_blocks) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
