// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of repairs behind damage (mend.h): damage to copies of volumes, and what must be true after the repair.
#ifndef MAIL_MEND_TESTING_H
#define MAIL_MEND_TESTING_H

#include "base/log.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/mend.h"
#include "mail/mend_priv.h"
#include "mail/mend_volume_testing.h"
#include "mail/repair.h"

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
