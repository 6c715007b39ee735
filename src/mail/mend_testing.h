// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of repairs behind damage (mend.h): volumes as a crash left them, where their frames lie, damage to copies of them, and what must be
// true after the repair.
#ifndef MAIL_MEND_TESTING_H
#define MAIL_MEND_TESTING_H

#include "base/log.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/mend.h"
#include "mail/mend_priv.h"
#include "mail/repair.h"
#include "mail/testing.h"
#include "store/local/format.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define NO_FLAGS ((struct flag_list){ 0 })
#define USERS 4u
#define NUMBER_MAX 700 // digits
#define MESSAGES_MAX 64u

static const struct span users[USERS] = { { "alice", 5 }, { "bob", 3 }, { "carol", 5 },
	{ "dave", 4 } };
static unsigned users_now = 3;   // of the volume at hand
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

// Negative: there is none of that number.
static int segment_open_file(const char *dir, uint32_t number, int flags)
{
	char path[120];
	(void)snprintf(path, sizeof path, "%s/log/%08x.log", dir, number); // fits
	int fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0 || errno == ENOENT);
	return fd;
}

// --- what is in it ---

struct spot { // of a frame behind what the index has
	uint32_t segment, at, size;
	enum frame_type type;
	uint64_t partition; // of a BATCH, and of a BLOB its owner's
};
static struct spot places[MESSAGES_MAX * 4];
static size_t place_count;
static uint64_t last_epoch;
static size_t last_group;

static void frames_of(uint32_t number, const char *bytes, size_t n)
{
	struct segment_header h;
	struct frame f;
	assert_int_equal(segment_header_decode(bytes, &h), 0);
	uint32_t at = SEGMENT_HEADER, seed = segment_seed(h.nonce);
	while (at + FRAME_HEADER < n && frame_decode(bytes + at, seed, &f)) {
		if (f.seq >> 32 != last_epoch)
			place_count = 0; // of an earlier life
		last_epoch = f.seq >> 32;
		const char *payload = bytes + at + FRAME_HEADER;
		if (f.type == FRAME_GROUP)
			last_group = place_count;
		assert_true(place_count < countof(places));
		places[place_count++] = (struct spot){ number, at, frame_size(f.length), f.type,
			load_u64(payload + (f.type == FRAME_BLOB ? 16 : 0)) };
		at += frame_size(f.length);
	}
}

// The frames behind the end of the first life; the last group is not among them.
static void frames_find(void)
{
	int fd;
	place_count = last_group = 0;
	last_epoch = 0;
	for (uint32_t number = 1; (fd = segment_open_file(home, number, O_RDONLY)) >= 0; number++) {
		struct stat st;
		assert_int_equal(fstat(fd, &st), 0);
		char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		assert_true(bytes != MAP_FAILED);
		frames_of(number, bytes, (size_t)st.st_size);
		(void)munmap(bytes, (size_t)st.st_size);
		(void)close(fd);
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

struct harm { // octets of a segment that are lost, or one bit of them is
	uint32_t segment, at, n;
};

static unsigned blobs_hit(const struct harm *h)
{
	unsigned hit = 0;
	for (size_t i = 0; i < place_count; i++)
		hit += places[i].type == FRAME_BLOB && places[i].segment == h->segment &&
			places[i].at < h->at + h->n && h->at < places[i].at + places[i].size;
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

static void damage(const struct harm *h)
{
	int fd = segment_open_file(tried, h->segment, O_RDWR);
	char *bytes = calloc(1, h->n);
	assert_true(fd >= 0 && bytes);
	if (h->n == 1) {
		assert_int_equal(pread(fd, bytes, 1, h->at), 1);
		bytes[0] ^= 4;
	}
	assert_int_equal(pwrite(fd, bytes, h->n, h->at), h->n);
	(void)close(fd);
	free(bytes);
}

static void (*look_closer)(
	struct fixture *f, const struct picture after[USERS], const struct mend_counts *did);

static void try_harms(const struct harm *harms, size_t count, struct mend_counts *did)
{
	struct fixture f;
	struct picture after[USERS];
	struct repaired repaired;
	unsigned findings = 0, lost = 0, hit = 0;
	uint64_t messages;
	copy_home();
	for (size_t i = 0; i < count; i++) {
		hit += blobs_hit(&harms[i]);
		damage(&harms[i]);
	}
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

static void try_damage(const struct spot *p, uint32_t skip, uint32_t n, struct mend_counts *did)
{
	struct harm h = { p->segment, p->at + skip, n };
	try_harms(&h, 1, did);
}

static const struct spot *place_nth(enum frame_type type, unsigned nth)
{
	for (size_t i = 0; i < place_count; i++)
		if (places[i].type == type && nth-- == 0)
			return &places[i];
	fail_msg("there is no such frame");
	return NULL;
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

#endif
