// SPDX-License-Identifier: Apache-2.0
// Pins hold what a backup reads while sweeps run; restores let nothing in that did not come with them or is not sound, and leave nothing behind.
#include "mail/backup.h"

#include "base/limits.h"
#include "mail/adopt.h"
#include "mail/check.h"
#include "mail/restore.h"
#include "mail/mail_priv.h"
#include "mail/testing.h"

static const char *engine;
static const uint8_t token[BACKUP_TOKEN] = { 1, 2, 3 };

static void fill(struct fixture *f, unsigned count)
{
	char text[256];
	for (unsigned i = 0; i < count; i++) {
		int n = snprintf(text, sizeof text, "Subject: %u\r\n\r\nbody of %u\r\n", i, i);
		(void)append_text(f, SPAN("INBOX"), span_of(text, (size_t)n),
			(struct flag_list){ .flags = i % 3 ? FLAG_SEEN : FLAG_FLAGGED });
	}
}

static void remove_uids(struct fixture *f, uint32_t from, uint32_t to)
{
	struct view *v = open_view(f, SPAN("INBOX"));
	struct numset uids = { 0 }, gone = { 0 };
	numset_add_range(&uids, from, to);
	ok(&f->op, txn_remove(&f->op, v, &uids, &gone));
	numset_done(&uids);
	numset_done(&gone);
	view_close(v);
}

// As often as it takes to drop what nobody refers to: the grace time is a millisecond.
static void sweep(struct fixture *f)
{
	for (int i = 0; i < 3; i++) {
		ok(&f->op, mail_sweep(&f->op, f->mail));
		usleep(3000);
	}
}

// --- pins ---

struct reading {
	struct fixture *f;
	unsigned live, zero, missing;
};

static int read_cold(struct op *op, void *ctx, struct span key, struct span value)
{
	struct reading *r = ctx;
	if (key.n != 10 || key.p[5] != 'C')
		return 0;
	for (size_t at = 0; at < value.n; at += COLD_OCTETS) {
		struct msg_cold c;
		struct blob b;
		cold_decode(value.p + at, &c);
		if (!c.blob.id) {
			r->zero++;
			continue;
		}
		int rc = blob_open(op, r->f->store, (struct blob_ref){ c.blob.id, 0 }, &b);
		r->live += rc == 0;
		r->missing += rc == RC_NONEXISTENT;
		if (rc == 0)
			blob_close(&b);
	}
	return 0;
}

static struct reading read_all(struct fixture *f, struct mail_pin *pin)
{
	struct reading r = { .f = f };
	struct record_range range = { f->a->partition, SPAN("B"), SPAN("C") };
	ok(&f->op, mail_pin_records(&f->op, pin, &range, read_cold, &r));
	return r;
}

static int count_record(struct op *op, void *ctx, struct span key, struct span value)
{
	(void)op, (void)key, (void)value;
	(*(unsigned *)ctx)++;
	return 0;
}

static void test_pin(void **state)
{
	struct fixture f;
	struct mail_pin *pin, *late;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 200);
	remove_uids(&f, 1, 10);
	ok(&f.op, mail_pin(&f.op, f.mail, token, &pin));
	remove_uids(&f, 11, 150);
	sweep(&f);
	unsigned tokens = 0;
	struct record_range range = { SYSTEM_PARTITION, SPAN("T"), SPAN("U") };
	ok(&f.op, mail_pin_records(&f.op, pin, &range, count_record, &tokens));
	assert_int_equal(tokens, 0); // it comes after all that the pin shows
	struct reading r = read_all(&f, pin);
	assert_int_equal(r.live, 190);
	assert_int_equal(r.zero, 10);
	assert_int_equal(r.missing, 0);
	// Another one sees what is there now, and holds that alone.
	ok(&f.op, mail_pin(&f.op, f.mail, token, &late));
	ok(&f.op, mail_pin_records(&f.op, late, &range, count_record, &tokens));
	assert_int_equal(tokens, 1);
	r = read_all(&f, late);
	assert_int_equal(r.live, 50);
	assert_int_equal(r.missing, 0);
	remove_uids(&f, 151, 200);
	mail_unpin(f.mail, pin);
	sweep(&f);
	r = read_all(&f, late);
	assert_int_equal(r.live, 50);
	mail_unpin(f.mail, late);
	sweep(&f);
	struct store_stats stats;
	store_stats(f.store, &stats);
	assert_int_equal(stats.blobs, 0);
	fixture_end(&f);
}

// The newest tokens are kept, the pins are limited.
static void test_tokens(void **state)
{
	struct fixture f;
	struct mail_pin *pin[BACKUP_PINS_MAX], *more;
	(void)state;
	fixture_begin(&f, engine);
	for (unsigned i = 0; i < BACKUP_TOKENS_KEPT + 20; i++) {
		uint8_t each[BACKUP_TOKEN] = { (uint8_t)i, (uint8_t)(i >> 8) };
		ok(&f.op, mail_pin(&f.op, f.mail, each, &more));
		mail_unpin(f.mail, more);
	}
	for (unsigned i = 0; i < BACKUP_PINS_MAX; i++)
		ok(&f.op, mail_pin(&f.op, f.mail, token, &pin[i]));
	assert_int_equal(mail_pin(&f.op, f.mail, token, &more), RC_LIMIT);
	unsigned n = 0;
	struct record_range range = { SYSTEM_PARTITION, SPAN("T"), SPAN("U") };
	ok(&f.op, mail_pin_records(&f.op, pin[0], &range, count_record, &n));
	assert_int_equal(n, BACKUP_TOKENS_KEPT);
	for (unsigned i = 0; i < BACKUP_PINS_MAX; i++)
		mail_unpin(f.mail, pin[i]);
	fixture_end(&f);
}

static void test_give_up(void **state)
{
	struct fixture f;
	struct mail_config config = { .create_accounts = true, .given_up = true };
	(void)state;
	fixture_begin(&f, engine);
	ok(&f.op, mail_give_up(&f.op, f.mail, token));
	fixture_close_mail(&f);
	assert_int_equal(mail_open(&f.op, f.store, &(struct mail_config){ 0 }, &f.mail), RC_CANNOT);
	ok(&f.op, mail_open(&f.op, f.store, &config, &f.mail));
	fixture_end(&f);
}

// --- restores ---

struct giving {
	struct fixture *f;
	struct restore *r;
	struct mail_kept *kept;
	void (*spoil)(struct span key, struct buf *value); // NULL: as it is
	struct span key;                                   // the record that is spoilt begins so
	int rc;                                            // of the last record
	void (*meanwhile)(struct fixture *f);              // before the commit; may be NULL
};

static int give_blob(struct op *op, struct giving *g, struct blob_ref *io_ref)
{
	struct blob b;
	struct span piece;
	struct blob_owner owner = { .uid = 1 };
	int rc = blob_open(op, g->f->store, *io_ref, &b);
	if (rc == 0)
		rc = restore_blob_begin(op, g->r, &owner, true);
	if (rc == 0)
		rc = blob_piece(op, &b, 0, b.size, &piece);
	if (rc == 0)
		rc = restore_blob_data(op, g->r, piece);
	blob_close(&b);
	return rc < 0 ? rc : restore_blob_end(op, g->r, io_ref);
}

static int give_record(struct op *op, void *ctx, struct span key, struct span value)
{
	struct giving *g = ctx;
	struct buf copy = { 0 };
	int rc = 0;
	buf_add(&copy, value);
	for (size_t at = 0; key.n == 10 && key.p[5] == 'C' && at < copy.n; at += COLD_OCTETS) {
		struct msg_cold c;
		cold_decode(copy.p + at, &c);
		if (rc == 0 && c.blob.id)
			rc = give_blob(op, g, &c.blob);
		cold_encode(&c, copy.p + at);
	}
	if (g->spoil && span_starts(key, g->key))
		g->spoil(key, &copy);
	if (rc == 0)
		rc = restore_record(op, g->r, key, buf_span(&copy));
	buf_done(&copy);
	g->rc = rc;
	return rc;
}

// What came with a restore stays while its connection is open, named by a record or not.
static void test_kept(void **state)
{
	struct fixture f;
	struct restore *r;
	struct mail_kept *kept;
	struct blob b;
	struct blob_ref ref[3];
	struct blob_owner owner = { .uid = 1 };
	struct restore_what what = { .user = SPAN("bob") };
	(void)state;
	fixture_begin(&f, engine);
	ok(&f.op, mail_kept_new(&f.op, f.mail, &kept));
	ok(&f.op, restore_begin(&f.op, f.mail, kept, &what, &r));
	for (int i = 0; i < 3; i++) {
		ok(&f.op, restore_blob_begin(&f.op, r, &owner, i > 0));
		ok(&f.op, restore_blob_data(&f.op, r, SPAN("Subject: x\r\n\r\nbody\r\n")));
		ok(&f.op, restore_blob_end(&f.op, r, &ref[i]));
	}
	fill(&f, 1); // a commit: what is before it is durable
	sweep(&f);
	restore_abort(r);
	sweep(&f);
	for (int i = 0; i < 3; i++) {
		ok(&f.op, blob_open(&f.op, f.store, (struct blob_ref){ ref[i].id, 0 }, &b));
		blob_close(&b);
	}
	mail_kept_free(f.mail, kept);
	sweep(&f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(blob_open(&f.op, f.store, (struct blob_ref){ ref[i].id, 0 }, &b),
			RC_NONEXISTENT);
	fixture_end(&f);
}

// Restores alice's account, as it is now, as another one.
static int copy_account(struct fixture *f, struct giving *g, const struct restore_what *what)
{
	struct mail_pin *pin;
	g->f = f;
	ok(&f->op, mail_pin(&f->op, f->mail, token, &pin));
	ok(&f->op, mail_kept_new(&f->op, f->mail, &g->kept));
	int rc = restore_begin(&f->op, f->mail, g->kept, what, &g->r);
	struct record_range range = { f->a->partition, SPAN(""), SPAN_NONE };
	if (rc == 0) {
		rc = mail_pin_records(&f->op, pin, &range, give_record, g);
		if (g->meanwhile)
			g->meanwhile(f);
		if (rc < 0)
			restore_abort(g->r);
		else
			rc = restore_commit(&f->op, g->r);
	}
	mail_kept_free(f->mail, g->kept);
	mail_unpin(f->mail, pin);
	return rc;
}

static void note_finding(void *ctx, const struct store_finding *f)
{
	print_error("%s\n", f->text);
	(*(unsigned *)ctx)++;
}

static void check_all(struct fixture *f)
{
	unsigned found = 0;
	uint64_t messages;
	ok(&f->op, mail_check(&f->op, f->mail, note_finding, &found, &messages));
	assert_int_equal(found, 0);
}

static uint64_t partitions(struct fixture *f)
{
	uint64_t n = 0, at = 0;
	while (store_next_partition(&f->op, f->store, NULL, at + 1, &at) == 0)
		n++;
	return n;
}

static struct mailbox_status status_in(struct fixture *f, struct account *a)
{
	struct account *mine = f->a;
	f->a = a;
	struct mailbox_status st = status_of(f, SPAN("INBOX"));
	f->a = mine;
	return st;
}

static void test_account(void **state)
{
	struct fixture f;
	struct giving g = { 0 };
	struct account *bob;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 300);
	remove_uids(&f, 20, 30);
	struct restore_what what = { .user = SPAN("bob") };
	ok(&f.op, copy_account(&f, &g, &what));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	struct mailbox_status was = status_of(&f, SPAN("INBOX")), is = status_in(&f, bob);
	assert_int_equal(is.messages, 289);
	assert_int_equal(is.uid_next.v, was.uid_next.v);
	assert_int_equal(is.highest_modseq.v, was.highest_modseq.v);
	assert_true(is.uid_validity > was.uid_validity);
	assert_memory_not_equal(&is.id, &was.id, sizeof is.id);
	check_all(&f);
	// Once more: not over what is there, unless asked for; then sessions see it vanish.
	assert_int_equal(copy_account(&f, &g, &what), RC_ALREADYEXISTS);
	what.replace = true;
	ok(&f.op, copy_account(&f, &g, &what));
	struct mailbox_status made;
	assert_int_equal(mailbox_create(&f.op, bob, SPAN("New"), 0, &made), RC_NONEXISTENT);
	account_unref(bob);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	assert_true(status_in(&f, bob).uid_validity > is.uid_validity);
	account_unref(bob);
	what.latest = true;
	assert_int_equal(copy_account(&f, &g, &what), RC_CANNOT);
	what = (struct restore_what){ .user = SPAN("carl"), .latest = true };
	ok(&f.op, copy_account(&f, &g, &what));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("carl"), &bob));
	is = status_in(&f, bob);
	assert_int_equal(is.uid_validity, was.uid_validity);
	assert_memory_equal(&is.id, &was.id, sizeof is.id);
	account_unref(bob);
	assert_int_equal(partitions(&f), 4); // the system, alice, bob, carl
	check_all(&f);
	fixture_close_mail(&f);
	fixture_open_mail(&f);
	check_all(&f);
	fixture_end(&f);
}

static void foreign_blob(struct span key, struct buf *value)
{
	struct msg_cold c;
	if (key.n != 10 || key.p[5] != 'C')
		return;
	cold_decode(value->p, &c);
	c.blob.id = 1; // alice's first message
	cold_encode(&c, value->p);
}
static void cut(struct span key, struct buf *value)
{
	(void)key;
	value->n /= 2;
}
static void wrong_count(struct span key, struct buf *value)
{
	if (key.n == 5 && load_u32(value->p + 40))
		value->p[40]++;
}
static void other_uid(struct span key, struct buf *value)
{
	if (key.n == 10 && key.p[5] == 'H')
		value->p[0]++;
}
static void no_mailbox(struct span key, struct buf *value)
{
	(void)key;
	store_u32(value->p + 4, 77); // below a node that is not there
}
static void high_modseq(struct span key, struct buf *value)
{
	store_u64(value->p + (key.n == 5 ? 80 : 16), UINT64_MAX);
}
static void high_uid_validity(struct span key, struct buf *value)
{
	(void)key;
	store_u32(value->p + 8, UINT32_MAX);
}
static void low_next_id(struct span key, struct buf *value)
{
	(void)key;
	store_u32(value->p + 4, 2); // the next mailbox would get the place of one that is there
}
static void version(struct span key, struct buf *value)
{
	(void)key;
	value->p[0] = 9;
}

// Nothing of what is not sound becomes visible or stays.
static void test_unsound(void **state)
{
	static const struct {
		struct span key;
		void (*spoil)(struct span key, struct buf *value);
	} spoilt[] = {
		{ { "B", 1 }, foreign_blob },
		{ { "B", 1 }, cut },
		{ { "B", 1 }, other_uid },
		{ { "M", 1 }, wrong_count },
		{ { "M", 1 }, no_mailbox },
		{ { "M", 1 }, version },
		{ { "M", 1 }, cut },
		{ { "A", 1 }, version },
		{ { "A", 1 }, cut },
		{ { "A", 1 }, high_modseq },
		{ { "A", 1 }, high_uid_validity },
		{ { "A", 1 }, low_next_id },
		{ { "M", 1 }, high_modseq },
	};
	struct fixture f;
	struct account *bob;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 140);
	for (size_t i = 0; i < countof(spoilt); i++) {
		struct giving g = { .spoil = spoilt[i].spoil, .key = spoilt[i].key };
		struct restore_what what = { .user = SPAN("bob") };
		int rc = copy_account(&f, &g, &what);
		if (rc != RC_CORRUPT && rc != RC_VERSION)
			print_error("case %zu: %d\n", i, rc);
		assert_true(rc == RC_CORRUPT || rc == RC_VERSION);
		assert_string_not_equal(op_text(&f.op, rc), rc_text(rc)); // it says what
		assert_int_equal(partitions(&f), 2);
	}
	check_all(&f);
	struct giving g = { 0 };
	struct restore_what what = { .user = SPAN("bob") };
	ok(&f.op, copy_account(&f, &g, &what));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	account_unref(bob);
	fixture_end(&f);
}

static void put_record(struct fixture *f, uint64_t partition, struct key key)
{
	struct store_batch b;
	struct store_ticket ticket;
	batch_init(&b, partition);
	batch_put(&b, KEY(key), SPAN("left over"));
	ok(&f->op, store_submit(&f->op, f->store, &b, &ticket));
	batch_done(&b);
	ok(&f->op, store_wait(&f->op, f->store, ticket));
}

// An account that cannot be read when it is to be adopted: the one that is there stays whose it is.
static void test_adopt_fails(void **state)
{
	struct fixture f;
	struct account *bob;
	struct giving g = { 0 };
	struct restore_what what = { .user = SPAN("bob") };
	uint64_t partition, mine;
	uint32_t last;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 5);
	ok(&f.op, copy_account(&f, &g, &what));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	mine = bob->partition;
	ok(&f.op, account_uid_validity(&f.op, f.mail, SPAN("bob"), &last));
	ok(&f.op, account_reserve(&f.op, f.mail, &partition)); // it has no record
	assert_int_equal(
		account_adopt(&f.op, f.mail, SPAN("bob"), partition, true, last), RC_CORRUPT);
	ok(&f.op, account_give_back(&f.op, f.mail, partition));
	struct mailbox_status made;
	ok(&f.op, mailbox_create(&f.op, bob, SPAN("New"), 0, &made)); // his sessions go on
	account_unref(bob);
	fixture_close_mail(&f);
	fixture_open_mail(&f);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	assert_int_equal(bob->partition, mine);
	assert_int_equal(status_in(&f, bob).messages, 5);
	account_unref(bob);
	fixture_end(&f);
}

// Bob makes mailboxes, and is out of memory again when the restore ends.
static void make_mailboxes(struct fixture *f)
{
	struct account *a;
	struct mailbox_status made;
	char name[16];
	ok(&f->op, account_open(&f->op, f->mail, SPAN("bob"), &a));
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "new%u", i);
		ok(&f->op, mailbox_create(&f->op, a, span_str(name), 0, &made));
	}
	account_unref(a);
	mail_drop_idle(f->mail);
}

// No UIDVALIDITY is given twice, also if the account that is replaced gave some while the restore went on and nobody has it open.
static void test_adopt_conflict(void **state)
{
	struct fixture f;
	struct giving g = { 0 };
	struct restore_what what = { .user = SPAN("bob") };
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 5);
	ok(&f.op, copy_account(&f, &g, &what));
	what.replace = true;
	g.meanwhile = make_mailboxes;
	assert_int_equal(copy_account(&f, &g, &what), RC_CONFLICT);
	g.meanwhile = NULL;
	ok(&f.op, copy_account(&f, &g, &what));
	fixture_end(&f);
}

static void spoil(struct fixture *f, uint64_t partition, struct span key, struct span value)
{
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, partition);
	batch_put(&b, key, value);
	ok(&f->op, store_submit(&f->op, f->store, &b, &t));
	batch_done(&b);
	ok(&f->op, store_wait(&f->op, f->store, t));
}

// It is just then that one wants the backup.
static void test_replace_unreadable(void **state)
{
	struct fixture f;
	struct giving g = { 0 };
	struct account *bob;
	struct restore_what what = { .user = SPAN("bob") };
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 5);
	ok(&f.op, copy_account(&f, &g, &what));
	for (unsigned i = 0; i < 3; i++) {
		ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
		struct mailbox_status made, is = status_in(&f, bob);
		uint64_t partition = bob->partition;
		ok(&f.op, mailbox_create(&f.op, bob, SPAN("New"), 0, &made));
		account_unref(bob);
		fixture_close_mail(&f);
		if (i == 0)
			spoil(&f, partition, SPAN("A"), SPAN("\1\0no record"));
		else if (i == 1)
			spoil(&f, partition, SPAN("M\0\0\0\1"), SPAN("\1\0no header"));
		else
			spoil(&f, SYSTEM_PARTITION, SPAN("Ubob"), SPAN("nobody"));
		fixture_open_mail(&f);
		assert_int_equal(account_open(&f.op, f.mail, SPAN("bob"), &bob), RC_CORRUPT);
		what.replace = false;
		assert_true(copy_account(&f, &g, &what) < 0);
		what.replace = true;
		ok(&f.op, copy_account(&f, &g, &what));
		ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
		assert_int_equal(status_in(&f, bob).messages, 5);
		assert_true(status_in(&f, bob).uid_validity > made.uid_validity);
		assert_true(status_in(&f, bob).uid_validity > is.uid_validity);
		account_unref(bob);
		check_all(&f);
	}
	fixture_end(&f);
}

// A restore of a mailbox was under way when the backup was taken: what it had written comes to nobody.
static void test_half_a_restore(void **state)
{
	struct fixture f;
	struct giving g = { 0 };
	struct restore_what what = { .user = SPAN("bob") };
	struct account *bob;
	struct span value;
	uint32_t data;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 5);
	ok(&f.op, data_reserve(&f.op, f.a, &data));
	struct key k = key_data(data, 'X', 0), note = key_restoring(data);
	put_record(&f, f.a->partition, k);
	ok(&f.op, copy_account(&f, &g, &what));
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	assert_int_equal(
		store_get(&f.op, f.store, NULL, bob->partition, KEY(k), &value), STORE_ABSENT);
	assert_int_equal(
		store_get(&f.op, f.store, NULL, bob->partition, KEY(note), &value), STORE_ABSENT);
	account_unref(bob);
	fixture_end(&f);
}

// What a crash left half done is removed: an account at the next start, a mailbox's messages when its account is opened.
static void test_left_over(void **state)
{
	struct fixture f;
	uint64_t partition;
	uint32_t data;
	(void)state;
	fixture_begin(&f, engine);
	fill(&f, 3);
	ok(&f.op, account_reserve(&f.op, f.mail, &partition));
	ok(&f.op, data_reserve(&f.op, f.a, &data));
	const struct {
		uint64_t partition;
		struct key key;
	} left[] = { { partition, key_data(1, 'X', 0) },
		{ f.a->partition, key_data(data, 'X', 0) } };
	for (size_t i = 0; i < 2; i++)
		put_record(&f, left[i].partition, left[i].key);
	assert_int_equal(partitions(&f), 3);
	uint64_t mine = f.a->partition;
	fixture_close_mail(&f);
	fixture_open_mail(&f);
	assert_int_equal(partitions(&f), 2);
	struct span value;
	struct key k = key_data(data, 'X', 0), note = key_restoring(data);
	assert_int_equal(store_get(&f.op, f.store, NULL, mine, KEY(k), &value), STORE_ABSENT);
	assert_int_equal(store_get(&f.op, f.store, NULL, mine, KEY(note), &value), STORE_ABSENT);
	assert_int_equal(status_of(&f, SPAN("INBOX")).messages, 3);
	uint32_t next;
	ok(&f.op, data_reserve(&f.op, f.a, &next));
	assert_true(next > data);
	ok(&f.op, data_give_back(&f.op, f.a, next));
	check_all(&f);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_give_up),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_unsound),
		cmocka_unit_test(test_adopt_fails),
		cmocka_unit_test(test_adopt_conflict),
		cmocka_unit_test(test_replace_unreadable),
		cmocka_unit_test(test_half_a_restore),
		cmocka_unit_test(test_left_over),
	};
	engine = argc > 1 ? argv[1] : "memory";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
