// SPDX-License-Identifier: Apache-2.0
// Records of mail/ that make no sense (mail/format.h), as a damaged volume or a hostile backup may hold them: a fault is told, and costs
// nothing. What records_fuzz.c found.
#include "base/limits.h"
#include "mail/check.h"
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

// The last component of a name, in its record. With the mail closed.
static void rename_node(struct fixture *f, const struct key *k, struct span name)
{
	struct store_batch b;
	struct store_ticket t;
	struct span value;
	ok(&f->op, store_get(&f->op, f->store, NULL, ACCOUNT, KEY(*k), &value));
	batch_init(&b, ACCOUNT);
	batch_put(&b, KEY(*k), span_cut(value, 0, HEADER_OCTETS));
	batch_patch(&b, KEY(*k), HEADER_OCTETS, name);
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

// RENAME once made names of more levels than it may: such an account opens, and RENAME brings them back.
static void test_depth(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status st;
	struct span a = SPAN("x/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/A"),
		    b = SPAN("b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/B");
	fixture_begin(&f, "memory");
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("low"), 0, &st)); // the lowest node lies deepest
	ok(&f.op, mailbox_create(&f.op, f.a, a, 0, &st));
	ok(&f.op,
		mailbox_rename(&f.op, f.a, SPAN("low"),
			SPAN("x/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/A/low")));
	ok(&f.op, mailbox_create(&f.op, f.a, b, 0, &st));
	fixture_close_mail(&f);
	struct key top = key_of(&f, SPAN("M"), SPAN("x")), below = key_of(&f, SPAN("M"), SPAN("B"));
	patch_u32(&f, &top, 4, __builtin_bswap32(load_u32(below.b + 1)));
	fixture_open_mail(&f);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("b"), SPAN("c"))); // no worse
	assert_int_equal(mailbox_rename(&f.op, f.a, SPAN("c"), SPAN("b/c")), RC_BADNAME);
	ok(&f.op,
		mailbox_rename(
			&f.op, f.a, SPAN("c/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/B/x"), SPAN("y")));
	fixture_close_mail(&f);
	fixture_open_mail(&f);
	(void)status_of(&f, SPAN("y/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/A/low"));
	fixture_end(&f);
}

static void keep_text(void *ctx, const struct store_finding *f)
{
	struct buf *text = ctx;
	buf_add(text, span_str(f->text));
	buf_addc(text, '\0');
}

// The account does not open, and a check says why.
static void is_refused(struct fixture *f, const char *why)
{
	struct buf text = { 0 };
	struct account *a;
	uint64_t messages;
	assert_int_equal(account_open(&f->op, f->mail, SPAN("alice"), &a), RC_CORRUPT);
	assert_string_equal(f->op.text, why);
	ok(&f->op, mail_check(&f->op, f->mail, keep_text, &text, &messages));
	assert_non_null(text.p);
	assert_non_null(strstr(text.p, why));
	buf_done(&text);
}

// Names that no client could reach: two that are the same, an empty one, one that is two levels in one record, one that is too long.
static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name, *why;
	} t[] = {
		{ "Sent", "nodes 5 and 9 have the same name, Sent" },
		{ "Ju/k", "the name of node 9 makes no sense" },
		{ "", "the name of node 9 makes no sense" },
		{ "long", "the name of node 9 is too long" },
	};
	for (size_t i = 0; i < countof(t); i++) {
		struct fixture f;
		struct mail_config config = { 0 };
		char name[MAILBOX_NAME_MAX + 1];
		fixture_begin(&f, "memory");
		fixture_close_mail(&f);
		struct key junk = key_of(&f, SPAN("M"), SPAN("Junk"));
		memset(name, 'n', sizeof name);
		rename_node(&f, &junk, i == 3 ? span_of(name, sizeof name) : span_str(t[i].name));
		ok(&f.op, mail_open(&f.op, f.store, &config, &f.mail));
		is_refused(&f, t[i].why);
		fixture_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
