// SPDX-License-Identifier: Apache-2.0
// A log that is damaged behind what the index has flushed, at many places and in several ways: after the repair, who keeps his UIDVALIDITY has
// exactly what he had, and no message that is whole is lost. A second volume has one of everything that is not a plain APPEND or STORE.
#include "mail/mend.h"

#include "base/log.h"
#include "mail/check.h"
#include "mail/adopt.h"
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/edit.h"
#include "mail/mend_priv.h"
#include "mail/metadata.h"
#include "mail/repair.h"
#include "mail/spool.h"
#include "mail/testing.h"
#include "mail/tree_change.h"
#include "store/batch.h"
#include "store/local/format.h"

#include <fcntl.h>
#include <sys/wait.h>

#define NO_FLAGS ((struct flag_list){ 0 })
#define USERS 4u
#define NUMBER_MAX 700 // digits
#define ROUNDS 4u
#define MESSAGES_MAX 64u

static const struct span users[USERS] = { { "alice", 5 }, { "bob", 3 }, { "carol", 5 },
	{ "dave", 4 } };
static unsigned users_now = 3;   // of the volume at hand
static char plain[40], wide[50]; // the two volumes
static char home[50], tried[64]; // the volume as a crash left it; the copy at hand

// --- a volume that nobody has closed ---

static void name_take(struct fixture *f, struct span name)
{
	account_unref(f->a);
	ok(&f->op, account_open(&f->op, f->mail, name, &f->a));
}

static void user_take(struct fixture *f, unsigned user)
{
	name_take(f, users[user]);
}

static struct span text_of(unsigned number, char room[NUMBER_MAX + 200])
{
	int n = snprintf(room, NUMBER_MAX + 200,
		"From: a@example.org\r\nSubject: number %u\r\n\r\n%0*u\r\n", number, NUMBER_MAX,
		number);
	return span_of(room, (size_t)n);
}

static void append_number(struct fixture *f, struct span mailbox, unsigned number)
{
	char room[NUMBER_MAX + 200];
	(void)append_text(f, mailbox, text_of(number, room), NO_FLAGS);
}

static void flag_first(struct fixture *f)
{
	struct view *v = open_view(f, SPAN("INBOX"));
	struct numset uids = { 0 };
	struct flags_result r;
	numset_add(&uids, 1);
	ok(&f->op,
		txn_flags(&f->op, v,
			&(struct flags_args){ .uids = &uids,
				.change = FLAGS_ADD,
				.list = { .flags = FLAG_FLAGGED },
				.unchanged_since = { UINT64_MAX } },
			&r));
	flags_result_done(&r);
	numset_done(&uids);
	view_close(v);
}

static void second_life(struct fixture *f)
{
	fixture_close_mail(f);
	store_close(f->store); // up to here it is in the index
	fixture_open_store(f);
	fixture_open_mail(f);
}

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

static void run(const char *const *words)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void copy_home(void)
{
	const char *const clear[] = { "rm", "-rf", tried, NULL };
	const char *const copy[] = { "cp", "-r", home, tried, NULL };
	run(clear);
	run(copy);
}

static int segment_open_file(const char *dir, int flags)
{
	char path[120];
	(void)snprintf(path, sizeof path, "%s/log/00000001.log", dir); // fits
	int fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

// --- what is in it ---

struct spot { // of a frame behind what the index has
	uint32_t at, size;
	enum frame_type type;
	uint64_t partition; // of a BATCH, and of a BLOB its owner's
};
static struct spot places[MESSAGES_MAX * 4];
static size_t place_count;
static char log_bytes[1u << 20];

// The frames behind the end of the first life; the last group is not among them.
static void frames_find(void)
{
	int fd = segment_open_file(home, O_RDONLY);
	assert_int_equal(pread(fd, log_bytes, sizeof log_bytes, 0), sizeof log_bytes);
	(void)close(fd);
	struct segment_header h;
	struct frame f;
	assert_int_equal(segment_header_decode(log_bytes, &h), 0);
	uint32_t at = SEGMENT_HEADER, seed = segment_seed(h.nonce);
	uint64_t epoch = 0;
	size_t last_group = 0;
	while (at + FRAME_HEADER < sizeof log_bytes && frame_decode(log_bytes + at, seed, &f)) {
		if (f.seq >> 32 != epoch)
			place_count = 0; // of an earlier life
		epoch = f.seq >> 32;
		const char *payload = log_bytes + at + FRAME_HEADER;
		if (f.type == FRAME_GROUP)
			last_group = place_count;
		assert_true(place_count < countof(places));
		places[place_count++] = (struct spot){ at, frame_size(f.length), f.type,
			load_u64(payload + (f.type == FRAME_BLOB ? 16 : 0)) };
		at += frame_size(f.length);
	}
	place_count = last_group;
	assert_true(place_count > 10);
}

struct message {
	uint32_t uid_validity, uid;
	unsigned number, flags; // number 0: it cannot be read
};
struct picture {
	struct message m[MESSAGES_MAX];
	size_t n;
};

static unsigned number_of(struct fixture *f, const struct msg_cold *cold)
{
	struct content c;
	struct span piece;
	char text[1000];
	unsigned number;
	if (content_open_cold(&f->op, f->store, cold, &c) != 0)
		return 0;
	bool whole = blob_piece(&f->op, &c.blob, 0, sizeof text - 1, &piece) == 0;
	if (whole) {
		memcpy(text, piece.p, piece.n);
		text[piece.n] = '\0';
		const char *at = strstr(text, "Subject: number ");
		assert_true(at && sscanf(at, "Subject: number %u", &number) == 1);
	}
	content_close(&c);
	return whole ? number + 1 : 0;
}

static void picture_of(struct fixture *f, struct picture *p)
{
	static const char *const names[] = { "INBOX", "Trash", "Junk" };
	p->n = 0;
	for (size_t i = 0; i < countof(names); i++) {
		struct view *v = open_view(f, span_str(names[i]));
		struct view_cursor *c;
		struct msg m;
		ok(&f->op, view_cursor_open(&f->op, v, NULL, CURSOR_COLD, &c));
		while (view_cursor_next(&f->op, c, &m) == 0) {
			assert_true(p->n < MESSAGES_MAX);
			p->m[p->n++] = (struct message){ view_uid_validity(v), m.uid.v,
				number_of(f, m.cold), m.flags & FLAG_FLAGGED };
		}
		view_cursor_close(c);
		view_close(v);
	}
}

static bool has_number(const struct picture *p, unsigned number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->m[i].number == number)
			return true;
	return false;
}

static void count_finding(void *ctx, const struct store_finding *f)
{
	(void)f;
	++*(unsigned *)ctx;
}

static void line(void *ctx, const char *text)
{
	(void)text;
	++*(unsigned *)ctx;
}

static struct picture before[USERS];

static void open_tried(struct fixture *f)
{
	*f = (struct fixture){ .engine = "local" };
	op_init(&f->op, 0);
	(void)snprintf(f->dir, sizeof f->dir, "%s", tried); // fits
	fixture_open_store(f);
	fixture_open_mail(f);
}

static void pictures(struct fixture *f, struct picture to[USERS])
{
	for (unsigned u = 0; u < users_now; u++) {
		user_take(f, u);
		picture_of(f, &to[u]);
	}
}

static int mend(struct mend_counts *did)
{
	struct op op;
	unsigned lines = 0;
	struct store_config config = {
		.engine = "local", .dir = tried, .segment_bytes = 4u << 20, .grace_ms = 1
	};
	op_init(&op, 0);
	int rc = mail_mend(&op, &config, line, &lines, did);
	if (rc < 0)
		print_error("%s\n", op_text(&op, rc));
	assert_true(rc < 0 || rc == MEND_NOTHING || lines > 0);
	op_done(&op);
	return rc;
}

static unsigned blobs_hit(uint32_t at, uint32_t n)
{
	unsigned hit = 0;
	for (size_t i = 0; i < place_count; i++)
		hit += places[i].type == FRAME_BLOB && places[i].at < at + n &&
			at < places[i].at + places[i].size;
	return hit;
}

// What must be true of one user after the repair; returns how many of his messages are lost.
static unsigned compare(const struct picture *was, const struct picture *is)
{
	unsigned lost = 0;
	for (size_t i = 0; i < was->n; i++)
		lost += !has_number(is, was->m[i].number);
	if (is->n && is->m[0].uid_validity == was->m[0].uid_validity) {
		assert_int_equal(is->n, was->n); // nothing more and nothing less
		for (size_t i = 0; i < was->n; i++) {
			assert_int_equal(is->m[i].uid_validity, was->m[i].uid_validity);
			assert_int_equal(is->m[i].uid, was->m[i].uid);
			assert_int_equal(is->m[i].flags, was->m[i].flags);
			assert_true(is->m[i].number == was->m[i].number || is->m[i].number == 0);
		}
	} else if (is->n && was->n) {
		assert_true(is->m[0].uid_validity > was->m[was->n - 1].uid_validity);
	}
	return lost;
}

static void damage(uint32_t at, uint32_t n, bool flip)
{
	char bytes[8192];
	int fd = segment_open_file(tried, O_RDWR);
	assert_true(n <= sizeof bytes && pread(fd, bytes, n, at) == n);
	if (flip)
		bytes[0] ^= 4;
	else
		memset(bytes, 0, n);
	assert_int_equal(pwrite(fd, bytes, n, at), n);
	(void)close(fd);
}

static void (*look_closer)(
	struct fixture *f, const struct picture after[USERS], const struct mend_counts *did);

static void try_damage(uint32_t at, uint32_t n, struct mend_counts *did)
{
	struct fixture f;
	struct picture after[USERS];
	struct repaired repaired;
	unsigned findings = 0, lost = 0, hit = blobs_hit(at, n);
	uint64_t messages;
	copy_home();
	damage(at, n, n == 1);
	int rc = mend(did);
	if (rc == MEND_NOTHING) // padding
		*did = (struct mend_counts){ 0 };
	else
		assert_int_equal(rc, 0);
	open_tried(&f);
	fixture_close_mail(&f);
	ok(&f.op, mail_repair(&f.op, f.store, &repaired));
	fixture_open_mail(&f);
	struct store_stats st;
	store_stats(f.store, &st);
	assert_false(st.read_only);
	pictures(&f, after);
	for (unsigned u = 0; u < users_now; u++)
		lost += compare(&before[u], &after[u]);
	assert_true(lost <= hit);
	if (look_closer)
		look_closer(&f, after, did);
	ok(&f.op, mail_check(&f.op, f.mail, count_finding, &findings, &messages));
	assert_true(findings <= hit);
	for (unsigned u = 0; u < users_now; u++) { // life goes on
		user_take(&f, u);
		append_number(&f, SPAN("INBOX"), 500);
		picture_of(&f, &after[u]);
		assert_true(has_number(&after[u], 501));
	}
	findings = 0;
	ok(&f.op, mail_check(&f.op, f.mail, count_finding, &findings, &messages));
	assert_true(findings <= hit);
	fixture_end(&f);
}

static const struct spot *place_nth(enum frame_type type, unsigned nth)
{
	for (size_t i = 0; i < place_count; i++)
		if (places[i].type == type && nth-- == 0)
			return &places[i];
	fail_msg("there is no such frame");
	return NULL;
}

// A change of alice is lost: hers that follow are not made, nobody else's suffer but of those of whom nothing tells.
static void test_change(void **state)
{
	(void)state;
	struct mend_counts did;
	const struct spot *p = place_nth(FRAME_BATCH, 0);
	try_damage(p->at + FRAME_HEADER + 30, 1, &did);
	assert_int_equal(did.places, 1);
	assert_int_equal(did.hurt, 1);
	assert_int_equal(did.whole, 1);
	assert_int_equal(did.unsure, 1); // carol
	assert_int_equal(did.filed, ROUNDS);
	assert_int_equal(did.lost, 0);
}

// Octets of a message are lost, and nothing else.
static void test_octets(void **state)
{
	(void)state;
	struct mend_counts did;
	const struct spot *p = place_nth(FRAME_BLOB, 1);
	try_damage(p->at + p->size - 40, 1, &did);
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
	damage(p->at + FRAME_HEADER + 70, 1, true);
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
			try_damage(at, n, &did);
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

// Before this process has a store open itself: what is forked has none of RocksDB's threads.
static void volume_make(const char *dir, void (*make)(void))
{
	int status;
	(void)snprintf(home, sizeof home, "%s", dir); // fits
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		make();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void volume_use(const char *dir, unsigned user_count)
{
	struct fixture f;
	users_now = user_count;
	(void)snprintf(home, sizeof home, "%s", dir);          // fits
	(void)snprintf(tried, sizeof tried, "%s-tried", home); // likewise
	frames_find();
	copy_home();
	open_tried(&f);
	pictures(&f, before);
	fixture_end(&f);
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
		try_damage(places[i].at + FRAME_HEADER + 9, 1, &did);
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
			damage(p->at + FRAME_HEADER + 9, 1, true);
			changed = true;
		} else if (p->partition == ALICE && p->type == FRAME_BLOB && p->size < 200) {
			damage(p->at + FRAME_HEADER + BLOB_FIELDS + 3, 1, true);
		}
	}
	assert_int_equal(mend(&did), 0);
	assert_int_equal(did.lost, 0);
	open_tried(&f);
	pictures(&f, after);
	assert_true(has_number(&after[0], 101));
	fixture_end(&f);
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
	(void)snprintf(plain, sizeof plain, "/tmp/starling-mend-%ld", (long)getpid());
	(void)snprintf(wide, sizeof wide, "%s-wide", plain); // both fit
	volume_make(plain, fill);
	volume_make(wide, fill_wide);
	volume_use(plain, 3);
	assert_int_equal(before[0].n, 1 + ROUNDS);
	assert_true(has_number(&before[1], 102) && before[1].m[0].flags);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	const char *const clear[] = { "rm", "-rf", plain, wide, tried, NULL };
	run(clear);
	return 0;
}

int main(void)
{
	log_level_set(LOG_ERROR_ + 1);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whole),
		cmocka_unit_test(test_change), cmocka_unit_test(test_octets),
		cmocka_unit_test(test_head), cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_wide), cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_header_patch) };
	return cmocka_run_group_tests(tests, setup, teardown);
}
