// SPDX-License-Identifier: Apache-2.0
// Delivery to many accounts: stored once, there after a restart, known when it comes again; on the engine that the program is told.
#include "mail/disk_testing.h"

#include "base/clock.h"
#include "base/limits.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/uidl.h"

#include <errno.h>

static const char *engine = "memory";

#define RECIPIENTS 40u

static void begin(struct fixture *f, struct span text, struct delivery **ret_d)
{
	ok(&f->op, delivery_begin(&f->op, f->mail, false, ret_d));
	ok(&f->op, delivery_data(&f->op, *ret_d, text));
	ok(&f->op, delivery_end(&f->op, *ret_d));
}

static struct account *account_of(struct fixture *f, unsigned i)
{
	char name[16];
	struct account *a;
	(void)snprintf(name, sizeof name, "user%u", i); // fits
	ok(&f->op, account_open(&f->op, f->mail, span_str(name), &a));
	return a;
}

static void finding(void *ctx, const struct store_finding *found)
{
	(void)ctx;
	fail_msg("%s", found->text);
}

static void check_all(struct fixture *f, uint64_t wanted)
{
	uint64_t messages;
	ok(&f->op, mail_check(&f->op, f->mail, finding, NULL, &messages));
	assert_int_equal(messages, wanted);
}

// A message of `size` octets with a Message-ID, in op's arena.
static struct span text_of(struct fixture *f, size_t size)
{
	static const char head[] = "Message-ID: <x@example.org>\r\n\r\n";
	char *p = arena_bytes(&f->op.arena, size);
	memset(p, 'x', size);
	memcpy(p, head, sizeof head - 1);
	memcpy(p + size - 2, "\r\n", 2);
	return span_of(p, size);
}

static void test_shared(void **state)
{
	(void)state;
	struct fixture f;
	struct store_stats before, after;
	struct delivery *d;
	struct delivery_slot *slots[RECIPIENTS];
	size_t size = 700000; // more than two extents
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < RECIPIENTS; i++)
		account_unref(account_of(&f, i));
	store_stats(f.store, &before);
	struct span text = text_of(&f, size);
	begin(&f, text, &d);
	for (unsigned i = 0; i < RECIPIENTS; i++) {
		struct account *a = account_of(&f, i);
		struct delivery_to to = { .account = a,
			.mailbox = SPAN("INBOX"),
			.prefix = SPAN("Delivered-To: x\r\n") };
		ok(&f.op, delivery_stage(&f.op, d, &to, &slots[i]));
		account_unref(a);
	}
	for (unsigned i = 0; i < RECIPIENTS; i++)
		ok(&f.op, delivery_wait(&f.op, slots[i]));
	delivery_free(d);
	store_stats(f.store, &after);
	if (strcmp(engine, "local") == 0) {
		assert_in_range(after.log_bytes - before.log_bytes, size, size + size / 4);
		fixture_close_mail(&f);
		store_close(f.store);
		fixture_open_store(&f);
		fixture_open_mail(&f);
	}
	check_all(&f, RECIPIENTS);
	for (unsigned i = 0; i < RECIPIENTS; i += RECIPIENTS - 1) {
		struct account *a = account_of(&f, i);
		struct view *v;
		struct msg m;
		struct content c;
		struct rope r;
		uint64_t n;
		ok(&f.op, view_open(&f.op, a, SPAN("INBOX"), 0, &v));
		ok(&f.op, view_msg(&f.op, v, (struct uid){ 1 }, &m));
		assert_int_equal(m.cold->size, size + 17);
		ok(&f.op, content_open(&f.op, v, &m, &c));
		rope_init(&r);
		ok(&f.op,
			content_section(&f.op, &c, &(struct section){ .what = SECTION_ALL }, 0,
				UINT64_MAX, &r, &n));
		char *p = arena_bytes(&f.op.arena, rope_size(&r));
		rope_copy(&r, p);
		assert_true(span_starts(span_of(p, rope_size(&r)), SPAN("Delivered-To: x\r\n")));
		assert_true(span_eq(span_skip(span_of(p, rope_size(&r)), 17), text_of(&f, size)));
		rope_done(&r);
		content_close(&c);
		view_close(v);
		account_unref(a);
	}
	fixture_end(&f);
}

static int deliver(struct fixture *f, struct delivery *d, const char *mailbox, const uint8_t *id)
{
	struct delivery_slot *slot;
	struct delivery_to to = {
		.account = f->a, .mailbox = span_str(mailbox), .prefix = SPAN(""), .id = id
	};
	int rc = delivery_stage(&f->op, d, &to, &slot);
	return rc ? rc : delivery_wait(&f->op, slot);
}

// A report that is made again has a Message-ID of its own; its id says that it is the same.
static void test_made_anew(void **state)
{
	(void)state;
	struct fixture f;
	static const uint8_t id[DELIVERY_ID] = "0123456789abcde";
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 2; i++) {
		struct delivery *d;
		struct delivery_slot *slot;
		char text[64];
		(void)snprintf(text, sizeof text, "Message-ID: <%u@x>\r\n\r\nx\r\n", i); // fits
		begin(&f, span_str(text), &d);
		struct delivery_to to = { .account = f.a,
			.mailbox = SPAN("INBOX"),
			.prefix = SPAN(""),
			.id = id,
			.made_anew = true };
		int rc = delivery_stage(&f.op, d, &to, &slot);
		assert_int_equal(rc, i ? DELIVERY_DUPLICATE : 0);
		if (!i)
			ok(&f.op, delivery_wait(&f.op, slot));
		delivery_free(d);
	}
	assert_int_equal(status_of(&f, SPAN("INBOX")).messages, 1);
	fixture_end(&f);
}

static void test_duplicates(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	struct delivery_slot *first, *second;
	static const uint8_t id[DELIVERY_ID] = "0123456789abcde", other[DELIVERY_ID] = "other";
	fixture_begin(&f, engine);
	begin(&f, text_of(&f, 100), &d);
	struct delivery_to to = {
		.account = f.a, .mailbox = SPAN("INBOX"), .prefix = SPAN(""), .id = id
	};
	// Two in line at once: the second waits for the first.
	ok(&f.op, delivery_stage(&f.op, d, &to, &first));
	ok(&f.op, delivery_stage(&f.op, d, &to, &second));
	assert_int_equal(delivery_wait(&f.op, second), DELIVERY_DUPLICATE);
	ok(&f.op, delivery_wait(&f.op, first));
	assert_int_equal(deliver(&f, d, "INBOX", id), DELIVERY_DUPLICATE);
	ok(&f.op, deliver(&f, d, "INBOX", other));
	ok(&f.op, deliver(&f, d, "INBOX", NULL));
	assert_int_equal(deliver(&f, d, "none", NULL), RC_TRYCREATE);
	delivery_free(d);
	fixture_close_mail(&f);
	fixture_open_mail(&f); // what was in memory is forgotten
	begin(&f, text_of(&f, 100), &d);
	assert_int_equal(deliver(&f, d, "INBOX", id), DELIVERY_DUPLICATE);
	clock_shift_for_test(DELIVERY_PERIOD_S);
	assert_int_equal(deliver(&f, d, "INBOX", id), DELIVERY_DUPLICATE);
	clock_shift_for_test(2 * DELIVERY_PERIOD_S);
	ok(&f.op, deliver(&f, d, "INBOX", id));
	assert_int_equal(deliver(&f, d, "INBOX", id), DELIVERY_DUPLICATE);
	delivery_free(d);
	// Without a Message-ID what comes twice is meant twice.
	begin(&f, SPAN("Subject: x\r\n\r\n"), &d);
	ok(&f.op, deliver(&f, d, "INBOX", other));
	ok(&f.op, deliver(&f, d, "INBOX", other));
	delivery_free(d);
	clock_shift_for_test(0);
	check_all(&f, 6);
	fixture_end(&f);
}

// A card that cannot hold everything is no damage.
static void test_big_headers_are_sound(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	struct buf b = { 0 };
	fixture_begin(&f, engine);
	buf_add(&b, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	for (unsigned i = 0; i < 9000; i++)
		buf_addf(&b, "--b\r\nContent-Type: text/x-%u; charset=c%u\r\n\r\n%u\r\n", i, i, i);
	begin(&f, buf_span(&b), &d);
	ok(&f.op, deliver(&f, d, "INBOX", NULL));
	delivery_free(d);
	check_all(&f, 1);
	buf_done(&b);
	fixture_end(&f);
}

// What could not be put in line is not known when it comes again: a duplicate is answered as delivered.
static void test_refused_is_not_seen(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	static const uint8_t id[DELIVERY_ID] = "0123456789abcde";
	if (strcmp(engine, "local") != 0)
		skip();
	fixture_begin(&f, engine);
	fixture_reopen_on_disk(&f);
	begin(&f, text_of(&f, 100), &d);
	ok(&f.op, deliver(&f, d, "INBOX", NULL)); // the blob is there now
	disk_error = EIO;
	assert_true(deliver(&f, d, "INBOX", NULL) < 0); // from here on nothing can be put in line
	assert_int_equal(deliver(&f, d, "INBOX", id), RC_READONLY);
	assert_int_equal(deliver(&f, d, "INBOX", id), RC_READONLY);
	delivery_free(d);
	disk_error = 0;
	fixture_end(&f);
}

static struct objectid emailid_of(struct view *v, uint32_t uid)
{
	struct msg m;
	struct op op;
	op_init(&op, 0);
	ok(&op, view_msg(&op, v, (struct uid){ uid }, &m));
	struct objectid id = m.cold->emailid;
	op_done(&op);
	return id;
}

// Two addresses of one account: the messages differ in their prefix, so they are two to whoever keeps mail by EMAILID (RFC 8474 section 5.1).
static void test_emailids(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	fixture_begin(&f, engine);
	begin(&f, text_of(&f, 100), &d);
	for (unsigned i = 0; i < 2; i++) {
		struct delivery_slot *slot;
		struct delivery_to to = { .account = f.a,
			.mailbox = SPAN("INBOX"),
			.prefix = i ? SPAN("Delivered-To: a\r\n") : SPAN("Delivered-To: bb\r\n") };
		ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
		ok(&f.op, delivery_wait(&f.op, slot));
	}
	delivery_free(d);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct objectid first = emailid_of(v, 1), second = emailid_of(v, 2);
	assert_memory_not_equal(&first, &second, sizeof first);
	view_close(v);
	fixture_end(&f);
}

// Recipients who expunge at once do not take it from the others.
static void test_expunged_meanwhile(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	struct delivery_slot *slot;
	struct numset all = { 0 }, gone = { 0 };
	fixture_begin(&f, engine);
	begin(&f, text_of(&f, 5000), &d);
	ok(&f.op, deliver(&f, d, "INBOX", NULL));
	struct view *v = open_view(&f, SPAN("INBOX"));
	numset_add(&all, 1);
	ok(&f.op, txn_remove(&f.op, v, &all, &gone));
	assert_int_equal(numset_size(&gone), 1);
	view_close(v);
	struct account *a = account_of(&f, 1);
	struct delivery_to to = {
		.account = a, .mailbox = SPAN("INBOX"), .prefix = SPAN("A: b\r\n")
	};
	ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
	ok(&f.op, delivery_wait(&f.op, slot));
	account_unref(a);
	delivery_free(d);
	check_all(&f, 1);
	numset_done(&all);
	numset_done(&gone);
	fixture_end(&f);
}

// The message's first account, under whose name its octets stand in the log, goes away, and sweeps pass: the others keep it.
static void test_first_account_deleted(void **state)
{
	(void)state;
	struct fixture f;
	struct delivery *d;
	struct account *accounts[2];
	struct store_stats before, after;
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < 2; i++)
		accounts[i] = account_of(&f, i);
	for (unsigned k = 0; k < 60;
		k++) { // more than a segment of the log; the last one goes to both
		begin(&f, text_of(&f, 100000), &d);
		for (unsigned i = 0; i < (k == 59 ? 2u : 1u); i++) {
			struct delivery_slot *slot;
			struct delivery_to to = { .account = accounts[i],
				.mailbox = SPAN("INBOX"),
				.prefix = SPAN("Delivered-To: x\r\n") };
			ok(&f.op, delivery_stage(&f.op, d, &to, &slot));
			ok(&f.op, delivery_wait(&f.op, slot));
		}
		delivery_free(d);
		op_reset(&f.op);
	}
	account_unref(accounts[0]);
	account_unref(accounts[1]);
	store_stats(f.store, &before);
	ok(&f.op, account_delete(&f.op, f.mail, SPAN("user0")));
	for (unsigned i = 0; i < 4; i++) {
		ok(&f.op, mail_sweep(&f.op, f.mail));
		usleep(5000); // past the grace time
	}
	store_stats(f.store, &after);
	if (strcmp(engine, "local") == 0) {
		assert_in_range(after.log_bytes, 1, before.log_bytes / 2);
		fixture_close_mail(&f);
		store_close(f.store);
		fixture_open_store(&f);
		fixture_open_mail(&f);
	}
	check_all(&f, 1);
	uint64_t frames;
	ok(&f.op, store_check(&f.op, f.store, finding, NULL, &frames));
	fixture_end(&f);
}

static void test_uidls(void **state)
{
	(void)state;
	struct fixture f;
	struct append *ap;
	struct append_result r;
	struct uidls *u;
	struct objectid id;
	fixture_begin(&f, engine);
	memset(&id, 7, sizeof id);
	struct append_meta meta = { .internal_date = 1, .emailid = id, .uidl = SPAN("old-one") };
	ok(&f.op, append_begin(&f.op, f.a, SPAN("INBOX"), &ap));
	ok(&f.op, append_message(&f.op, ap, &meta, 0));
	ok(&f.op, append_data(&f.op, ap, SPAN("a: b\n\nno end")));
	ok(&f.op, append_message_end(&f.op, ap));
	ok(&f.op, append_commit(&f.op, ap, &r));
	numset_done(&r.uids);
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct msg m;
	ok(&f.op, view_msg(&f.op, v, (struct uid){ 1 }, &m));
	assert_int_equal(m.cold->kind, MSG_UIDL | MSG_NO_EOL);
	view_close(v);
	ok(&f.op, uidls_load(&f.op, f.a, &u));
	struct span uidl = uidls_take(u, &id);
	assert_true(span_eq(uidl, SPAN("old-one")));
	assert_null(uidls_take(u, &id).p); // a copy is called by its UID
	uidls_free(u);
	assert_false(uidl_is_valid(SPAN("")));
	assert_false(uidl_is_valid(SPAN("a b")));
	check_all(&f, 1);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_made_anew),
		cmocka_unit_test(test_big_headers_are_sound),
		cmocka_unit_test(test_refused_is_not_seen),
		cmocka_unit_test(test_emailids),
		cmocka_unit_test(test_expunged_meanwhile),
		cmocka_unit_test(test_first_account_deleted),
		cmocka_unit_test(test_uidls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
