// SPDX-License-Identifier: Apache-2.0
// Records of a version that is not known yet: each is refused with an error that says so, and nothing in the store is changed by the attempt.
#include "base/hash.h"
#include "base/log.h"
#include "mail/adopt.h"
#include "mail/check.h"
#include "mail/mail_priv.h"
#include "mail/metadata.h"
#include "mail/spool.h"
#include "mail/testing.h"
#include "mail/url.h"
#include "mail/urlauth.h"

#define LATER 99

static const char *engine;

// All keys and values of all partitions, as one number.
static uint64_t digest_of(struct fixture *f)
{
	uint64_t partition = 0, digest = 0;
	while (store_next_partition(&f->op, f->store, NULL, partition + 1, &partition) == 0) {
		struct store_cursor *c;
		struct span key, value;
		ok(&f->op,
			store_cursor_open(
				&f->op, f->store, NULL, partition, SPAN(""), SPAN_NONE, &c));
		while (store_cursor_next(&f->op, c, &key, &value) == 0)
			digest = digest * 31 + hash_span(key) * 7 + hash_span(value) + partition;
		store_cursor_close(c);
	}
	return digest;
}

static void put(struct fixture *f, uint64_t partition, struct span key, struct span value)
{
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, partition);
	batch_put(&b, key, value);
	ok(&f->op, store_submit(&f->op, f->store, &b, &t));
	batch_done(&b);
	ok(&f->op, store_wait(&f->op, f->store, t));
}

// The record as it is, or a plausible one, but of a later version. What was there is in `ret_was` (copied; absent: nothing).
static void make_later(struct fixture *f, uint64_t partition, struct span key, struct span *ret_was)
{
	struct span was;
	char later[300] = { 0 };
	size_t n = 36;
	*ret_was = SPAN_NONE;
	if (store_get(&f->op, f->store, NULL, partition, key, &was) == 0) {
		assert_true(was.n <= sizeof later);
		n = was.n;
		memcpy(later, was.p, n);
		*ret_was = arena_dup(&f->op.arena, was);
	}
	later[0] = LATER;
	put(f, partition, key, span_of(later, n));
}

static void is_refused(struct fixture *f, int rc)
{
	if (rc != RC_VERSION)
		print_error("%d %s\n", rc, rc < 0 ? op_text(&f->op, rc) : "");
	assert_int_equal(rc, RC_VERSION);
	assert_non_null(strstr(op_text(&f->op, rc), "format version 99"));
}

static int open_mail(struct fixture *f)
{
	struct mail_config config = { .create_accounts = true };
	struct mail *m;
	int rc = mail_open(&f->op, f->store, &config, &m);
	if (rc == 0)
		mail_close(m);
	return rc;
}

static int open_account(struct fixture *f)
{
	struct mail_config config = { .create_accounts = true };
	struct mail *m;
	struct account *a;
	ok(&f->op, mail_open(&f->op, f->store, &config, &m));
	int rc = account_open(&f->op, m, SPAN("alice"), &a);
	if (rc == 0)
		account_unref(a);
	mail_close(m);
	return rc;
}

static int each_annotation(void *ctx, struct span name, struct span value)
{
	(void)ctx, (void)name, (void)value;
	return 0;
}

static int read_annotation(struct fixture *f)
{
	fixture_open_mail(f);
	const struct tree *t = account_tree_ref(f->a);
	bool found;
	size_t i = tree_find(t, SPAN("INBOX"), &found);
	int rc = metadata_read(
		&f->op, f->a, &t->entries[i], SPAN("/private/comment"), 0, each_annotation, NULL);
	tree_unref(t);
	fixture_close_mail(f);
	return rc;
}

static int sign_url(struct fixture *f)
{
	struct url url;
	struct buf text = { 0 };
	fixture_open_mail(f);
	ok(&f->op, url_parse(&f->op, SPAN("imap://alice@h/INBOX/;UID=1;URLAUTH=anonymous"), &url));
	int rc = urlauth_sign(&f->op, f->a, &url, &text);
	buf_done(&text);
	fixture_close_mail(f);
	return rc;
}

static int read_spool(struct fixture *f)
{
	struct spool *s = NULL;
	fixture_open_mail(f);
	struct spool_message m;
	ok(&f->op, spool_open(&f->op, f->mail, &s)); // the others wait on
	int rc = spool_read(&f->op, s, 1, &m);
	spool_free(s);
	fixture_close_mail(f);
	return rc;
}

static void test_records(void **state)
{
	(void)state;
	static const struct {
		enum { SYSTEM, ACCOUNT, SPOOL } partition;
		struct span key;
		int (*attempt)(struct fixture *f);
	} records[] = {
		{ SYSTEM, { "S", 1 }, open_mail },
		{ SYSTEM, { "V", 1 }, open_mail },
		{ SYSTEM, { "L", 1 }, open_mail },
		{ ACCOUNT, { "A", 1 }, open_account },
		{ ACCOUNT, { "M\0\0\0\1", 5 }, open_account },
		{ ACCOUNT, { "E\0\0\0\1/private/comment", 21 }, read_annotation },
		{ ACCOUNT, { "L\0\0\0\1", 5 }, sign_url },
		{ SPOOL, { "Q\0\0\0\0\0\0\0\1", 9 }, read_spool },
	};
	struct fixture f;
	fixture_begin(&f, engine);
	static const char text[] = "From: a@example.org\r\n\r\nBody.\r\n";
	(void)append_text(&f, SPAN("INBOX"), span_str(text), (struct flag_list){ 0 });
	uint64_t account = 1;
	ok(&f.op, store_next_partition(&f.op, f.store, NULL, 2, &account));
	fixture_close_mail(&f);
	for (size_t i = 0; i < countof(records); i++) {
		uint64_t partition = records[i].partition == SYSTEM ? SYSTEM_PARTITION
			: records[i].partition == ACCOUNT           ? account
								    : SPOOL_PARTITION;
		struct span was;
		make_later(&f, partition, records[i].key, &was);
		uint64_t before = digest_of(&f);
		for (unsigned again = 0; again < 2; again++) {
			is_refused(&f, records[i].attempt(&f));
			assert_int_equal(digest_of(&f), before);
		}
		struct store_batch b;
		struct store_ticket t;
		batch_init(&b, partition);
		if (was.p)
			batch_put(&b, records[i].key, was);
		else
			batch_delete(&b, records[i].key);
		ok(&f.op, store_submit(&f.op, f.store, &b, &t));
		batch_done(&b);
		ok(&f.op, store_wait(&f.op, f.store, t));
	}
	fixture_open_mail(&f);
	assert_int_equal(status_of(&f, SPAN("INBOX")).messages, 1);
	fixture_end(&f);
}

// What is known of sent messages only spares a copy: a later version of it is let be, and the message is stored.
static void test_sent(void **state)
{
	(void)state;
	struct fixture f;
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .internal_date = 1000000 };
	struct span was, now;
	static const char text[] =
		"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n\r\nBody.\r\n";
	fixture_begin(&f, engine);
	uint64_t account = f.a->partition;
	fixture_close_mail(&f);
	make_later(&f, account, SPAN("F"), &was);
	fixture_open_mail(&f);
	ok(&f.op, append_begin(&f.op, f.a, SPAN("Sent"), &ap));
	int rc = append_compare(&f.op, ap);
	if (rc == 0)
		rc = append_message(&f.op, ap, &meta, sizeof text - 1);
	if (rc == 0)
		rc = append_data(&f.op, ap, span_str(text));
	if (rc == 0)
		rc = append_message_end(&f.op, ap);
	if (rc == 0) {
		ok(&f.op, append_commit(&f.op, ap, &r));
		numset_done(&r.uids);
	} else {
		is_refused(&f, rc);
		append_abort(ap);
	}
	ok(&f.op, store_get(&f.op, f.store, NULL, account, SPAN("F"), &now));
	assert_int_equal(now.p[0], LATER);
	assert_int_equal(now.n, 36);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	(void)argc;
	engine = argc > 1 ? argv[1] : "memory";
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_records),
		cmocka_unit_test(test_sent) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
