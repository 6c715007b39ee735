// SPDX-License-Identifier: Apache-2.0
// A log that is damaged behind what the index has flushed, at many places and in several ways: after the repair, who keeps his UIDVALIDITY has
// exactly what he had, and no message that is whole is lost. A second volume has one of everything that is not a plain APPEND or STORE, the log of a third
// goes through several segments.
#include "mail/mend_testing.h"

#include "mail/adopt.h"
#include "mail/deliver.h"
#include "mail/edit.h"
#include "mail/metadata.h"
#include "mail/spool.h"
#include "mail/tree_change.h"
#include "store/batch.h"

#define ROUNDS 4u

static char plain[40], wide[50], many[50]; // the volumes

static void fill(void)
{
	struct fixture f;
	fixture_begin(&f, "local");
	(void)snprintf(tried, sizeof tried, "%s", f.dir);
	for (unsigned u = 0; u < users_now; u++) {
		user_take(&f, u);
		append_number(&f, SPAN("INBOX"), 900 + u);
	}
	second_life(&f);
	for (unsigned i = 0; i < ROUNDS; i++)
		for (unsigned u = 0; u < 2; u++) { // carol does nothing more
			user_take(&f, u);
			append_number(&f, i % 2 ? SPAN("Trash") : SPAN("INBOX"), 100 * u + i);
			if (i == 2)
				flag_first(&f);
		}
	append_number(&f, SPAN("INBOX"), 999); // proves that what is before it was durable
	assert_int_equal(rename(f.dir, home), 0);
	_exit(0);
}

// A change of alice is lost: hers that follow are not made, nobody else's suffer but of those of whom nothing tells.
static void test_change(void **state)
{
	(void)state;
	struct mend_counts did;
	const struct spot *p = place_nth(FRAME_BATCH, 0);
	try_damage(p, FRAME_HEADER + 30, 1, &did);
	assert_int_equal(did.places, 1);
	assert_int_equal(did.hurt, 1);
	assert_int_equal(did.whole, 1);
	assert_int_equal(did.unsure, 1); // carol
	assert_int_equal(did.filed, ROUNDS);
	assert_int_equal(did.lost, 0);
}

struct cut {
	unsigned lines;
	atomic_bool now;
};

static void cut_at(void *ctx, const char *text)
{
	struct cut *c = ctx;
	(void)text;
	if (--c->lines == 0)
		c->now = true;
}

// The repair ends where it next looks whether it is to, after it has said its nth line; false: it did not.
static bool mend_up_to(unsigned nth)
{
	struct op op;
	struct mend_counts did;
	struct cut cut = { .lines = nth };
	struct store_config config = {
		.engine = "local", .dir = tried, .segment_bytes = 4u << 20, .grace_ms = 1
	};
	op_init(&op, 0);
	op.cancel = &cut.now;
	int rc = mail_mend(&op, &config, cut_at, &cut, &did);
	op_done(&op);
	assert_true(rc <= 0);
	return rc < 0;
}

// A repair that was cut off, wherever that was, and twice: the next one does what one does that was not. No message comes twice.
static void test_cut_off(void **state)
{
	(void)state;
	struct fixture f;
	struct picture once[USERS], after[USERS];
	struct mend_counts did, whole;
	const struct spot *p = place_nth(FRAME_BATCH, 0);
	const struct harm h = { p->segment, p->at + FRAME_HEADER + 30, 1 };
	unsigned cuts = 0;
	for (unsigned nth = 0; nth < 8; nth++) {
		copy_home();
		damage(&h);
		if (nth > 0 && !mend_up_to(nth))
			continue; // nothing was to be done any more
		cuts += nth > 0;
		if (nth > 0)
			assert_true(mend_up_to(nth));
		assert_int_equal(mend(nth == 0 ? &whole : &did), 0);
		open_tried(&f);
		pictures(&f, nth == 0 ? once : after);
		fixture_end(&f);
		if (nth == 0)
			continue;
		assert_int_equal(did.filed, whole.filed);
		assert_int_equal(did.skipped, whole.skipped);
		for (unsigned u = 0; u < users_now; u++) {
			assert_int_equal(after[u].n, once[u].n);
			for (size_t i = 0; i < once[u].n; i++) {
				assert_int_equal(after[u].m[i].number, once[u].m[i].number);
				assert_int_equal(after[u].m[i].uid, once[u].m[i].uid);
			}
		}
	}
	assert_true(cuts > 0);
}

// Octets of a message are lost, and nothing else.
static void test_octets(void **state)
{
	(void)state;
	struct mend_counts did;
	const struct spot *p = place_nth(FRAME_BLOB, 1);
	try_damage(p, p->size - 40, 1, &did);
	assert_int_equal(did.places, 1);
	assert_int_equal(did.hurt + did.unsure + did.filed, 0);
}

// The head of a message is damaged, its octets are not: it is found by its record.
static void test_head(void **state)
{
	(void)state;
	struct fixture f;
	struct picture after[USERS];
	struct repaired repaired;
	struct mend_counts did;
	const struct spot *p = place_nth(FRAME_BLOB, 1);
	copy_home();
	damage(&(struct harm){ p->segment, p->at + FRAME_HEADER + 70, 1 });
	assert_int_equal(mend(&did), 0);
	open_tried(&f);
	fixture_close_mail(&f);
	ok(&f.op, mail_repair(&f.op, f.store, &repaired));
	assert_int_equal(repaired.lost, 0);
	assert_int_equal(repaired.cards, 1);
	fixture_open_mail(&f);
	pictures(&f, after);
	for (unsigned u = 0; u < users_now; u++)
		assert_int_equal(compare(&before[u], &after[u]), 0);
	fixture_end(&f);
}

static void test_everywhere(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 1, 1, 24, 512, 4096 };
	uint32_t from = places[0].at,
		 to = places[place_count - 1].at + places[place_count - 1].size;
	unsigned tries = 0;
	for (uint32_t at = from; at < to; at += 641, tries++) {
		struct mend_counts did;
		uint32_t n = sizes[tries % countof(sizes)];
		if (at + n <= to)
			try_harms(&(struct harm){ 1, at, n }, 1, &did);
	}
	assert_true(tries > 20);
}

static void test_whole(void **state)
{
	(void)state;
	struct mend_counts did;
	copy_home();
	assert_int_equal(mend(&did), MEND_NOTHING);
}

// --- one of everything ---

// In the order in which they are made.
enum { ALICE = 2, BOB, CAROL, ERIN, DAVE, BOB_AGAIN };

static void deliver_number(
	struct fixture *f, struct span mailbox, unsigned number, struct span prefix)
{
	char room[NUMBER_MAX + 200];
	struct delivery *d;
	struct delivery_slot *slot;
	struct delivery_to to = { .account = f->a, .mailbox = mailbox, .prefix = prefix };
	ok(&f->op, delivery_begin(&f->op, f->mail, false, &d));
	ok(&f->op, delivery_data(&f->op, d, text_of(number, room)));
	ok(&f->op, delivery_end(&f->op, d));
	ok(&f->op, delivery_stage(&f->op, d, &to, &slot));
	ok(&f->op, delivery_wait(&f->op, slot));
	delivery_free(d);
}

static void spool_number(struct fixture *f, unsigned number)
{
	char room[NUMBER_MAX + 200];
	struct delivery *d;
	struct spool *s;
	struct spool_slot *slot;
	struct spool_recipient to = { .address = SPAN("b@example.net") };
	struct spool_message m = { .key = "key",
		.user = SPAN("alice"),
		.sender = SPAN("alice@example.org"),
		.prefix = SPAN("Received: x\r\n"),
		.why = SPAN(""),
		.recipients = &to,
		.count = 1 };
	ok(&f->op, spool_open(&f->op, f->mail, &s));
	ok(&f->op, delivery_begin(&f->op, f->mail, false, &d));
	ok(&f->op, delivery_data(&f->op, d, text_of(number, room)));
	ok(&f->op, delivery_end(&f->op, d));
	ok(&f->op, spool_stage(&f->op, s, d, &m, &slot));
	ok(&f->op, spool_wait(&f->op, slot));
	delivery_free(d);
	spool_free(s);
}

static void remove_all(struct fixture *f)
{
	struct view *v = open_view(f, SPAN("INBOX"));
	struct numset uids = { 0 }, gone;
	numset_add_range(&uids, 1, 100);
	ok(&f->op, txn_remove(&f->op, v, &uids, &gone));
	assert_true(numset_size(&gone) > 0);
	numset_done(&gone);
	numset_done(&uids);
	view_close(v);
}

static void edit_out(struct fixture *f, struct txn *t, struct mailbox *mb, uint32_t uid)
{
	struct edit *e;
	struct edit_at at;
	uint64_t bits[2] = { 0 };
	ok(&f->op, txn_edit(t, mb, &e));
	ok(&f->op, edit_seek(e, uid, false, &at));
	for (uint32_t i = 0; i < at.recs->n && i < 64; i++)
		if (at.recs->r[i].uid == uid)
			bits[0] |= UINT64_C(1) << i;
	assert_true(bits[0]);
	ok(&f->op, edit_remove(e, &at, bits));
}

// One change in two batches, as that of a great many messages is.
static void remove_in_two(struct fixture *f, uint32_t first, uint32_t second)
{
	struct txn t;
	struct mailbox *mb = mailbox_by_name(f->a, SPAN("INBOX"));
	mailbox_enter(mb);
	ok(&f->op, txn_begin(&f->op, f->a, &t));
	edit_out(f, &t, mb, first);
	t.cost = TXN_BATCH_FULL;
	ok(&f->op, txn_stage_if_full(&t));
	edit_out(f, &t, mb, second);
	ok(&f->op, txn_end(&t, 0));
	mailbox_leave(mb);
	mailbox_unref(mb);
}

// As a restore under way writes it: no record with a modseq.
static void batch_without_modseq(struct fixture *f)
{
	struct store_batch b;
	struct key k = key_restoring(4000);
	batch_init(&b, f->a->partition);
	batch_put(&b, KEY(k), SPAN(""));
	ok(&f->op, mend_commit(&f->op, f->store, &b));
}

static void replace_account(struct fixture *f, struct span user)
{
	uint64_t partition;
	struct store_batch b;
	ok(&f->op, account_reserve(&f->op, f->mail, &partition));
	assert_int_equal(partition, BOB_AGAIN);
	batch_init(&b, partition);
	batch_delete_range(&b, SPAN(""), SPAN_NONE);
	account_first_records(&b, user, 0);
	ok(&f->op, mend_commit(&f->op, f->store, &b));
	ok(&f->op, account_adopt(&f->op, f->mail, user, partition, true, UINT32_MAX));
}

static void fill_wide(void)
{
	struct fixture f;
	struct metadata_change limit = { .name = METADATA_APPEND_LIMIT, .value = SPAN("10") };
	fixture_begin(&f, "local");
	for (unsigned u = 0; u < 3; u++) {
		user_take(&f, u);
		append_number(&f, SPAN("INBOX"), 900 + u);
	}
	name_take(&f, SPAN("erin"));
	append_number(&f, SPAN("INBOX"), 950);
	user_take(&f, 0);
	for (unsigned i = 1; i < 4; i++)
		append_number(&f, SPAN("INBOX"), 910 + i);
	ok(&f.op, metadata_set(&f.op, f.a, SPAN("Junk"), &limit, 1));
	second_life(&f);
	remove_in_two(&f, 2, 3);
	deliver_number(&f, SPAN("INBOX"), 100, SPAN("Return-Path: <a@example.net>\r\n"));
	batch_without_modseq(&f);
	deliver_number(&f, SPAN("Junk"), 101, SPAN(""));
	append_number(&f, SPAN("Trash"), 102);
	user_take(&f, 2);
	append_number(&f, SPAN("INBOX"), 300);
	remove_all(&f);
	name_take(&f, SPAN("erin"));
	append_number(&f, SPAN("INBOX"), 951);
	append_number(&f, SPAN("INBOX"), 952);
	user_take(&f, 3);
	append_number(&f, SPAN("INBOX"), 400);
	append_number(&f, SPAN("INBOX"), 401);
	replace_account(&f, users[1]);
	user_take(&f, 1);
	append_number(&f, SPAN("INBOX"), 200);
	append_number(&f, SPAN("INBOX"), 201);
	ok(&f.op, account_delete(&f.op, f.mail, SPAN("erin")));
	user_take(&f, 0);
	limit = (struct metadata_change){ .name = SPAN("/private/comment"), .value = SPAN("x") };
	ok(&f.op, metadata_set(&f.op, f.a, SPAN(""), &limit, 1));
	spool_number(&f, 600);
	append_number(&f, SPAN("Trash"), 103);
	user_take(&f, 1);
	append_number(&f, SPAN("INBOX"), 999); // proves that what is before it was durable
	assert_int_equal(rename(f.dir, home), 0);
	_exit(0);
}

static uint64_t damaged; // the partition of the change that is lost

static void look_wide(
	struct fixture *f, const struct picture after[USERS], const struct mend_counts *did)
{
	struct account *erin;
	if (damaged != CAROL) // what she has expunged does not come back
		assert_int_equal(after[2].n, 0);
	if (damaged != ALICE) // she has a change behind all others': it proves that hers are whole
		assert_int_equal(after[0].m[0].uid_validity, before[0].m[0].uid_validity);
	int rc = account_open_existing(&f->op, f->mail, SPAN("erin"), &erin);
	assert_true(rc != 0 || damaged == SYSTEM_PARTITION);
	if (rc == 0)
		account_unref(
			erin); // of her removal only the end is known: she has an empty account
	else
		assert_int_equal(partition_is_empty(&f->op, f->store, ERIN), 1);
	assert_true(rc == 0 || rc == RC_NONEXISTENT);
	assert_int_equal(did->lost, damaged == SPOOL_PARTITION);
}

static void begin_wide(void)
{
	if (users_now == USERS)
		return;
	volume_use(wide, USERS);
	assert_int_equal(before[2].n, 0);
	assert_int_equal(before[3].n, 2);
	assert_true(has_number(&before[0], 102) && has_number(&before[1], 201));
}

// Each change is lost once: all octets are whole, so each message must be there.
static void test_wide(void **state)
{
	(void)state;
	unsigned tries = 0;
	begin_wide();
	look_closer = look_wide;
	for (size_t i = 0; i < place_count; i++) {
		struct mend_counts did;
		if (places[i].type != FRAME_BATCH)
			continue;
		damaged = places[i].partition;
		try_damage(&places[i], FRAME_HEADER + 9, 1, &did);
		tries++;
	}
	look_closer = NULL;
	assert_true(tries > 20);
}

// A change of alice is lost, and the lines before a message of hers that came later.
static void test_prefix(void **state)
{
	(void)state;
	struct fixture f;
	struct picture after[USERS];
	struct mend_counts did;
	bool changed = false;
	begin_wide();
	copy_home();
	for (size_t i = 0; i < place_count; i++) {
		const struct spot *p = &places[i];
		if (p->partition == ALICE && p->type == FRAME_BATCH && !changed) {
			damage(&(struct harm){ p->segment, p->at + FRAME_HEADER + 9, 1 });
			changed = true;
		} else if (p->partition == ALICE && p->type == FRAME_BLOB && p->size < 200) {
			damage(&(struct harm){
				p->segment, p->at + FRAME_HEADER + BLOB_FIELDS + 3, 1 });
		}
	}
	assert_int_equal(mend(&did), 0);
	assert_int_equal(did.lost, 0);
	open_tried(&f);
	pictures(&f, after);
	assert_true(has_number(&after[0], 101));
	fixture_end(&f);
}

// --- several segments ---

#define LONG_TEXT 200000u // an extent takes more
static char long_text[LONG_TEXT];

static void append_long(struct fixture *f, struct span mailbox, unsigned number)
{
	int n = snprintf(long_text, sizeof long_text,
		"From: a@example.org\r\nSubject: number %u\r\n\r\n", number);
	memset(long_text + n, 'a' + (char)(number % 26), sizeof long_text - (size_t)n);
	(void)append_text(f, mailbox, span_of(long_text, sizeof long_text), NO_FLAGS);
}

static void fill_many(void)
{
	struct fixture f;
	struct store_stats st = { 0 };
	fixture_begin(&f, "local");
	for (unsigned u = 0; u < 3; u++) {
		user_take(&f, u);
		append_number(&f, SPAN("INBOX"), 900 + u);
	}
	second_life(&f);
	for (unsigned i = 0; i < 25; i++) // of two, one long and one short: ten mebibytes
		for (unsigned u = 0; u < 2; u++) {
			user_take(&f, u);
			append_long(&f, i % 2 ? SPAN("Trash") : SPAN("INBOX"), 100 * u + i);
			if (i % 4 == 0)
				append_number(&f, SPAN("INBOX"), 300 + 100 * u + i);
			if (i == 10)
				flag_first(&f);
		}
	append_number(&f, SPAN("INBOX"), 999); // proves that what is before it was durable
	store_stats(f.store, &st);
	assert_true(st.log_bytes > 2 * (4u << 20));
	assert_int_equal(rename(f.dir, home), 0);
	_exit(0);
}

// The first frame of a segment; with `last`, the last one.
static const struct spot *edge_of(uint32_t segment, bool last)
{
	const struct spot *found = NULL;
	for (size_t i = 0; i < place_count; i++)
		if (places[i].segment == segment && (last || !found))
			found = &places[i];
	assert_non_null(found);
	return found;
}

static void begin_many(void)
{
	static bool begun;
	if (!begun)
		volume_use(many, 3);
	begun = true;
	assert_int_equal(edge_of(1, false)->segment, 1);
	assert_true(places[place_count - 1].segment >= 3);
}

// A change here and there is lost; all octets are whole.
static void test_segments_changes(void **state)
{
	(void)state;
	unsigned tries = 0;
	begin_many();
	for (size_t i = 0; i < place_count; i++) {
		struct mend_counts did;
		if (places[i].type != FRAME_BATCH || tries++ % 7)
			continue;
		try_damage(&places[i], FRAME_HEADER + 9, 1, &did);
		assert_int_equal(did.places, 1);
		assert_int_equal(did.hurt + did.unsure, 2); // carol, and whose it was
		assert_int_equal(did.lost, 0);
	}
	assert_true(tries > 50);
}

// Where the log goes from one segment to the next: the end, the beginning, both; a bit, a frame, a page.
static void test_segments_edges(void **state)
{
	(void)state;
	static const uint32_t sizes[] = { 1, 300, 4096 };
	begin_many();
	uint32_t last = places[place_count - 1].segment;
	for (uint32_t segment = 2; segment <= last; segment++)
		for (size_t i = 0; i < countof(sizes); i++) {
			struct mend_counts did;
			const struct spot *end = edge_of(segment - 1, true);
			struct harm h[2] = { { segment, SEGMENT_HEADER, sizes[i] },
				{ segment - 1, end->at + end->size - 40, 40 } };
			try_harms(&h[0], 1, &did);
			assert_int_equal(did.places, 1);
			try_harms(&h[1], 1, &did);
			assert_int_equal(did.places, 1);
			try_harms(h, 2, &did);
			assert_true(did.places >= 1);
		}
}

// All of a segment is lost but its header, and what lies on both sides of it.
static void test_segments_lost(void **state)
{
	(void)state;
	struct mend_counts did;
	begin_many();
	const struct spot *end = edge_of(1, true);
	uint32_t rest = (4u << 20) - SEGMENT_HEADER;
	struct harm h[3] = { { 2, SEGMENT_HEADER, rest }, { 1, end->at, 40 },
		{ 3, SEGMENT_HEADER, 4096 } };
	for (size_t n = 1; n <= countof(h); n++) {
		try_harms(h, n, &did);
		assert_true(did.hurt >= 1 && did.octets > 3u << 20);
	}
}

// A repair reads modseqs out of patches: no octet of one may be left out because it is the same as before.
static void test_header_patch(void **state)
{
	(void)state;
	static const uint64_t modseqs[][2] = { { 0x130, 0x131 }, { 0xffff, 0x10000 }, { 7, 7 } };
	for (size_t i = 0; i < countof(modseqs); i++)
		for (unsigned more = 0; more < 4; more++) {
			struct header was = { .modseq = modseqs[i][0] }, is = was;
			struct store_batch b;
			struct change c;
			is.modseq = modseqs[i][1];
			is.messages = more & 1;
			is.log_next = more & 2;
			batch_init(&b, 2);
			header_patch(&b, 1, &was, &is);
			struct reader r = reader_of(buf_span(&b.ops));
			if (change_next(&r, &c) && c.offset < HEADER_MODSEQ + 8 &&
				c.offset + c.value.n > HEADER_MODSEQ)
				assert_true(c.offset <= HEADER_MODSEQ &&
					c.offset + c.value.n >= HEADER_MODSEQ + 8);
			else
				assert_true(was.modseq == is.modseq);
			batch_done(&b);
		}
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(plain, sizeof plain, "%s/mend-%ld", scratch_folder(), (long)getpid());
	(void)snprintf(wide, sizeof wide, "%s-wide", plain); // all fit
	(void)snprintf(many, sizeof many, "%s-many", plain);
	volume_make(plain, fill);
	volume_make(wide, fill_wide);
	volume_make(many, fill_many);
	volume_use(plain, 3);
	assert_int_equal(before[0].n, 1 + ROUNDS);
	assert_true(has_number(&before[1], 102) && before[1].m[0].flags);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	const char *const clear[] = { "rm", "-rf", plain, wide, many, tried, NULL };
	run(clear);
	return 0;
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whole),
		cmocka_unit_test(test_change), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_octets), cmocka_unit_test(test_head),
		cmocka_unit_test(test_everywhere), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_prefix), cmocka_unit_test(test_segments_changes),
		cmocka_unit_test(test_segments_edges), cmocka_unit_test(test_segments_lost),
		cmocka_unit_test(test_header_patch) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
