// SPDX-License-Identifier: Apache-2.0
// A message whose card is of no version that is known, in two mailboxes: it is made again once, and both records name it.
#include "mail/repair.h"

#include "mail/check.h"
#include "mail/check_priv.h"
#include "mail/testing.h"

#define NO_FLAGS ((struct flag_list){ 0 })

static const char *engine;

static void count_finding(void *ctx, const struct store_finding *f)
{
	(void)f;
	++*(unsigned *)ctx;
}

static unsigned findings_of(struct fixture *f)
{
	unsigned findings = 0;
	uint64_t messages;
	ok(&f->op, mail_check(&f->op, f->mail, count_finding, &findings, &messages));
	assert_int_equal(messages, 3);
	return findings;
}

// The octets of the blob again, with a card that is none.
static struct blob_ref with_bad_card(struct fixture *f, struct blob_ref ref)
{
	struct blob b;
	struct blob_writer *w;
	struct blob_ref made;
	struct blob_owner owner = { .partition = 2 };
	ok(&f->op, blob_open(&f->op, f->store, ref, &b));
	ok(&f->op, blob_begin(&f->op, f->store, &w));
	ok(&f->op, blob_write(&f->op, w, b.whole));
	blob_close(&b);
	ok(&f->op, blob_finish(&f->op, w, &owner, SPAN("a card of another age"), &made));
	return made;
}

// Lets every record name the blob of the first message, with the bad card.
static void spoil(struct fixture *f, uint64_t partition)
{
	struct store_cursor *c;
	struct span key, value;
	struct blob_ref made = { 0 };
	struct store_batch b;
	batch_init(&b, partition);
	ok(&f->op, store_cursor_open(&f->op, f->store, NULL, partition, SPAN("B"), SPAN("C"), &c));
	while (store_cursor_next(&f->op, c, &key, &value) == 0) {
		for (uint32_t i = 0; chunk_key_is_cold(key) && (i + 1) * COLD_OCTETS <= value.n;
			i++) {
			struct msg_cold cold;
			char ref[16];
			cold_decode(value.p + i * COLD_OCTETS, &cold);
			if (!made.id)
				made = with_bad_card(f, cold.blob);
			store_u64(ref, made.id);
			store_u64(ref + 8, made.hint);
			batch_patch(&b, key, i * COLD_OCTETS + 24, span_of(ref, sizeof ref));
		}
	}
	store_cursor_close(c);
	struct store_ticket t;
	ok(&f->op, store_submit(&f->op, f->store, &b, &t));
	ok(&f->op, store_wait(&f->op, f->store, t));
	batch_done(&b);
}

static void test_cards(void **state)
{
	(void)state;
	struct fixture f;
	struct copy_result copied;
	struct numset uids = { 0 };
	struct repaired did;
	fixture_begin(&f, engine);
	static const char text[] = "From: a@example.org\r\nSubject: one\r\n\r\nBody.\r\n";
	(void)append_text(&f, SPAN("INBOX"), span_str(text), NO_FLAGS);
	(void)append_text(&f, SPAN("INBOX"), span_str(text), NO_FLAGS);
	struct view *v = open_view(&f, SPAN("INBOX"));
	numset_add(&uids, 1);
	ok(&f.op, txn_copy(&f.op, v, &uids, SPAN("Trash"), false, &copied));
	copy_result_done(&copied);
	numset_done(&uids);
	view_close(v);
	uint64_t partition = 1;
	ok(&f.op, store_next_partition(&f.op, f.store, NULL, 2, &partition));
	fixture_close_mail(&f);
	spoil(&f, partition);
	fixture_open_mail(&f);
	assert_int_equal(findings_of(&f), 3);
	fixture_close_mail(&f);
	ok(&f.op, mail_repair(&f.op, f.store, &did));
	assert_int_equal(did.messages, 3);
	assert_int_equal(did.cards, 1);
	assert_int_equal(did.lost, 0);
	ok(&f.op, mail_repair(&f.op, f.store, &did));
	assert_int_equal(did.cards, 0);
	assert_int_equal(did.records, 0);
	fixture_open_mail(&f);
	assert_int_equal(findings_of(&f), 0);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	(void)argc;
	engine = argc > 1 ? argv[1] : "memory";
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cards) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
