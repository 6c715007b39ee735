// SPDX-License-Identifier: Apache-2.0
// Annotations: sums and limits, what becomes of them with their mailbox, many threads at once; on the engine that the program is told.
#include "mail/metadata.h"

#include "base/limits.h"
#include "mail/check.h"
#include "mail/testing.h"

#include <pthread.h>

static const char *engine = "memory";

static int set(
	struct op *op, struct account *a, const char *box, const char *name, struct span value)
{
	struct metadata_change m = { .name = span_str(name), .value = value };
	return metadata_set(op, a, span_str(box), &m, 1);
}

struct got {
	struct buf text;
};

static int got_one(void *ctx, struct span name, struct span value)
{
	struct got *g = ctx;
	buf_add(&g->text, name);
	buf_addf(&g->text, "=%u ", (unsigned)value.n);
	return 0;
}

static void has(struct fixture *f, const char *box, const char *expected)
{
	struct got g = { { 0 } };
	const struct tree *t = account_tree_ref(f->a);
	bool found = false;
	size_t at = tree_find(t, span_str(box), &found);
	assert_true(found || !*box);
	ok(&f->op,
		metadata_read(&f->op, f->a, *box ? &t->entries[at] : NULL, SPAN("/private"),
			METADATA_ALL, got_one, &g));
	tree_unref(t);
	buf_addc(&g.text, '\0');
	assert_string_equal(g.text.p, expected);
	buf_done(&g.text);
}

static void found(void *ctx, const struct store_finding *finding)
{
	print_error("check: %s\n", finding->text);
	*(unsigned *)ctx += 1;
}

static void all_is_well(struct fixture *f)
{
	unsigned findings = 0;
	uint64_t messages;
	ok(&f->op, mail_check(&f->op, f->mail, found, &findings, &messages));
	assert_int_equal(findings, 0);
}

static void reopen(struct fixture *f)
{
	fixture_close_mail(f);
	fixture_open_mail(f);
}

static void test_names(void **state)
{
	static const char *const bad[] = { "", "/", "/private", "/privatex/a", "/other/a",
		"private/a", "/private/a/", "/private//a", "/private/a*", "/private/%",
		"/private/vendor", "/private/vendor/x", "/shared/vendor/x", "/private/\x7f\x80",
		"/private/\x19", "/private/\x01" };
	(void)state;
	struct op op;
	struct span name;
	op_init(&op, 0);
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(
			metadata_name_check(&op, span_str(bad[i]), false, &name), RC_SYNTAX);
	ok(&op, metadata_name_check(&op, SPAN("/Private/Vendor/X/Y"), false, &name));
	assert_true(span_eq(name, SPAN("/private/vendor/x/y")));
	ok(&op, metadata_name_check(&op, SPAN("/SHARED"), true, &name));
	ok(&op, metadata_name_check(&op, SPAN("/private/vendor"), true, &name));
	assert_int_equal(metadata_levels_below(SPAN("/a/b/c"), SPAN("/a")), 2);
	assert_int_equal(metadata_levels_below(SPAN("/ab"), SPAN("/a")), UINT32_MAX);
	op_done(&op);
}

static void test_with_the_mailbox(void **state)
{
	(void)state;
	struct fixture f;
	struct mailbox_status st;
	fixture_begin(&f, engine);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("a/b"), 0, &st));
	ok(&f.op, set(&f.op, f.a, "a/b", "/private/x", SPAN("12345")));
	ok(&f.op, set(&f.op, f.a, "INBOX", "/private/y", SPAN("123")));
	ok(&f.op, set(&f.op, f.a, "", "/private/server", SPAN("")));
	assert_int_equal(set(&f.op, f.a, "none", "/private/x", SPAN("")), RC_NONEXISTENT);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("a"), SPAN("z")));
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("INBOX"), SPAN("old")));
	for (int i = 0; i < 2; i++) {
		has(&f, "z/b", "/private/x=5 ");
		has(&f, "INBOX", "/private/y=3 ");
		has(&f, "old", "/private/y=3 ");
		has(&f, "", "/private/server=0 ");
		all_is_well(&f);
		reopen(&f);
	}
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("old")));
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("z/b")));
	ok(&f.op, set(&f.op, f.a, "INBOX", "/private/y", SPAN_NONE));
	ok(&f.op, set(&f.op, f.a, "", "/private/server", SPAN_NONE));
	all_is_well(&f);
	fixture_end(&f);
}

static void test_limits(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	char *large = calloc(1, METADATA_VALUE_MAX + 1), name[40], box[20];
	assert_non_null(large);
	struct span value = span_of(large, METADATA_VALUE_MAX);
	assert_int_equal(set(&f.op, f.a, "INBOX", "/private/0", span_of(large, value.n + 1)),
		METADATA_TOO_BIG);
	for (unsigned i = 0; i < METADATA_OCTETS_MAX / METADATA_VALUE_MAX - 1; i++) {
		(void)snprintf(name, sizeof name, "/private/%u", i);
		ok(&f.op, set(&f.op, f.a, "INBOX", name, value));
	}
	assert_int_equal(set(&f.op, f.a, "INBOX", "/private/x", value), METADATA_TOO_MANY);
	ok(&f.op, set(&f.op, f.a, "INBOX", "/private/0", SPAN("short")));
	ok(&f.op, set(&f.op, f.a, "INBOX", "/private/x", value));
	all_is_well(&f);
	// The account as a whole.
	int rc = 0;
	for (unsigned b = 0; rc == 0 && b < METADATA_ACCOUNT_MAX / METADATA_OCTETS_MAX * 2; b++) {
		struct mailbox_status st;
		struct metadata_change m[7];
		(void)snprintf(box, sizeof box, "box%u", b);
		ok(&f.op, mailbox_create(&f.op, f.a, span_str(box), 0, &st));
		static const char *const names[] = { "/private/a", "/private/b", "/private/c",
			"/private/d", "/private/e", "/private/f", "/private/g" };
		for (size_t i = 0; i < countof(m); i++)
			m[i] = (struct metadata_change){ span_str(names[i]), value, 0 };
		rc = metadata_set(&f.op, f.a, span_str(box), m, countof(m));
		op_reset(&f.op);
	}
	assert_int_equal(rc, RC_OVERQUOTA);
	ok(&f.op, set(&f.op, f.a, "box0", "/private/a", SPAN_NONE)); // what frees is never refused
	all_is_well(&f);
	free(large);
	fixture_end(&f);
}

struct racer {
	struct fixture *f;
	unsigned number;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct op op;
	char value[64] = { 0 };
	op_init(&op, 0);
	for (unsigned i = 0; i < 60; i++) {
		struct span v = span_of(value, (r->number * 7 + i) % sizeof value);
		ok(&op,
			set(&op, r->f->a, i % 3 ? "INBOX" : "", i % 2 ? "/private/a" : "/private/b",
				i % 5 ? v : SPAN_NONE));
		if (i % 20 == r->number)
			(void)mailbox_rename(&op, r->f->a, SPAN("INBOX"), SPAN("old"));
		if (i % 20 == r->number + 10)
			(void)mailbox_delete(&op, r->f->a, SPAN("old"));
		op_reset(&op);
	}
	op_done(&op);
	return NULL;
}

static void test_threads(void **state)
{
	(void)state;
	struct fixture f;
	struct racer r[6];
	pthread_t t[6];
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 6; i++) {
		r[i] = (struct racer){ &f, i };
		assert_int_equal(pthread_create(&t[i], NULL, race, &r[i]), 0);
	}
	for (unsigned i = 0; i < 6; i++)
		(void)pthread_join(t[i], NULL);
	all_is_well(&f);
	reopen(&f);
	all_is_well(&f);
	fixture_end(&f);
}

static int set_limit(struct fixture *f, const char *box, struct span value)
{
	return set(&f->op, f->a, box, "/shared/vendor/starling/append-limit", value);
}

// The append limit of a mailbox goes with it, stays with INBOX, and outlives the process.
static void test_append_limit(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	uint64_t all = mail_append_limit(f.mail);
	assert_int_equal(status_of(&f, SPAN("INBOX")).append_limit, all);
	assert_false(account_limits_append(f.a));
	ok(&f.op, set_limit(&f, "INBOX", SPAN("100")));
	assert_int_equal(set_limit(&f, "INBOX", SPAN("-1")), RC_CANNOT);
	assert_int_equal(set_limit(&f, "INBOX", SPAN("")), RC_CANNOT);
	ok(&f.op, set_limit(&f, "Sent", SPAN("4294967295")));
	assert_int_equal(status_of(&f, SPAN("Sent")).append_limit, all);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("INBOX"), SPAN("old")));
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("Sent"), SPAN("there")));
	reopen(&f);
	assert_true(account_limits_append(f.a));
	assert_int_equal(status_of(&f, SPAN("INBOX")).append_limit, 100);
	assert_int_equal(status_of(&f, SPAN("old")).append_limit, 100);
	ok(&f.op, set_limit(&f, "old", SPAN_NONE));
	assert_int_equal(status_of(&f, SPAN("old")).append_limit, all);
	struct append *ap;
	struct append_meta meta = { .internal_date = 0 };
	ok(&f.op, append_begin(&f.op, f.a, SPAN("INBOX"), &ap));
	assert_int_equal(append_message(&f.op, ap, &meta, 101), RC_TOOBIG);
	append_abort(ap);
	all_is_well(&f);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_with_the_mailbox),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_append_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
