// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of repairs behind damage (mend.h): volumes as a crash left them, and where their frames lie.
#ifndef MAIL_MEND_VOLUME_TESTING_H
#define MAIL_MEND_VOLUME_TESTING_H

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

#endif
