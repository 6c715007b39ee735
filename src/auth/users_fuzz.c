// SPDX-License-Identifier: Apache-2.0
// User files and passwd-files: who is found in them is in a line of theirs as it reads plainly, and everybody in such a line is found; who is removed is
// gone, and all other lines stay as they were. Input: the own file, then a line "%%", then the passwd-file.
#include "auth/users.h"
#include "auth/users_priv.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { USERS_MOST = 20 };

static struct {
	char dir[40], own[60], passwd[60];
} all; // a folder of this process

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static void all_close(void)
{
	(void)nftw(all.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS); // it lies in a folder for such
}

static void all_open(void)
{
	if (all.dir[0])
		return;
	log_level_set(LOG_ERROR_);
	const char *top = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(all.dir, sizeof all.dir, "%s/starling-users-XXXXXX", top); // fits
	must(mkdtemp(all.dir));
	(void)snprintf(all.own, sizeof all.own, "%s/auth/users", all.dir);   // fits
	(void)snprintf(all.passwd, sizeof all.passwd, "%s/passwd", all.dir); // fits
	must(atexit(all_close) == 0);
}

static void write_file(const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, text.n ? text.p : "", text.n) == (ssize_t)text.n);
	close(fd);
}

static void read_file_to(const char *path, struct buf *to)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *room = buf_room(to, 65536);
	must(fd >= 0 && room);
	ssize_t n = read(fd, room, 65536);
	must(n >= 0);
	buf_added(to, (size_t)n);
	close(fd);
}

// --- the plain reading ---

struct line {
	struct span name, hash, rest;
};

// False: a comment, or nothing that has a name and a colon.
static bool line_read(struct span text, struct line *ret)
{
	text = span_trim(text);
	if (text.n == 0 || text.p[0] == '#')
		return false;
	text = span_split(text, ':', &ret->name);
	if (!text.p)
		return false;
	ret->rest = span_split(text, ':', &ret->hash);
	return true;
}

static bool keys_are(struct span text, struct scram_keys k)
{
	char plain[256];
	char salt[32], stored[48], server[48];
	const int how = sodium_base64_VARIANT_ORIGINAL;
	if (!k.known)
		return text.n == 0;
	int n = snprintf(plain, sizeof plain, "$%s$%s$%s",
		sodium_bin2base64(salt, sizeof salt, k.salt, sizeof k.salt, how),
		sodium_bin2base64(stored, sizeof stored, k.stored_key, SCRAM_KEY_BYTES, how),
		sodium_bin2base64(server, sizeof server, k.server_key, SCRAM_KEY_BYTES, how));
	struct span method, rounds, want = span_of(plain, (size_t)n);
	uint64_t v;
	struct span rest = span_split(span_trim(text), '$', &method);
	(void)span_split(rest, '$', &rounds); // the rest is compared below
	return span_eq(method, SPAN("SCRAM-SHA-256")) && span_to_u64(rounds, UINT32_MAX, &v) &&
		v == k.iterations && span_eq(span_skip(rest, rounds.n), want);
}

// One of the file's lines says just this of the user.
static bool is_in(struct span text, const struct user *u, bool own)
{
	struct op op;
	bool found = false;
	op_init(&op, 0);
	while (text.n && !found) {
		struct span one, name;
		struct line l;
		text = span_split(text, '\n', &one);
		if (!line_read(one, &l))
			continue;
		if (!own && l.hash.n && l.hash.p[0] == '{')
			l.hash = span_split(l.hash, '}', &(struct span){ 0 });
		found = span_eq(l.hash, u->hash) && (!own || keys_are(l.rest, u->scram)) &&
			(own ? span_eq(l.name, u->name)
			     : user_name_canonical(&op, l.name, &name) == 0 &&
						span_eq(name, u->name));
	}
	op_done(&op);
	return found;
}

// --- finding ---

struct found {
	struct span names[USERS_MOST];
	size_t count;
	struct op *op;
};

static int note(void *ctx, const struct user *user)
{
	struct found *f = ctx;
	struct span canonical;
	// Another spelling than users_find() is asked for is nobody's.
	if (f->count < USERS_MOST && user_name_canonical(f->op, user->name, &canonical) == 0 &&
		span_eq(canonical, user->name))
		f->names[f->count++] = canonical;
	return 0;
}

static void check_found(struct op *op, struct users *users, const struct found *f, struct span own)
{
	struct user u;
	for (size_t i = 0; i < f->count; i++) {
		must(users_find(op, users, f->names[i], &u) == 0 && u.own);
		must(span_eq(u.name, f->names[i]) && is_in(own, &u, true));
	}
}

static void check_passwd(struct op *op, struct users *users, struct span own, struct span passwd)
{
	struct span rest = passwd;
	for (int i = 0; rest.n && i < USERS_MOST; i++) {
		struct span one, name, again;
		struct line l;
		struct user u;
		rest = span_split(rest, '\n', &one);
		if (!line_read(one, &l) || user_name_canonical(op, l.name, &name) < 0)
			continue;
		must(user_name_canonical(op, name, &again) == 0 && span_eq(name, again));
		must(users_find(op, users, name, &u) == 0);
		must(is_in(u.own ? own : passwd, &u, u.own));
	}
}

// --- changing ---

static bool is_line_of(struct span line, struct span name)
{
	struct line l;
	return line_read(line, &l) && span_eq(l.name, name);
}

static bool has_head(struct span text)
{
	return span_starts(text, SPAN("# Starling users, version "));
}

// `now` is `before` without the lines of that name; behind a first line that tells the version, where another one would be taken for that.
static void check_removed(struct span before, struct span now, struct span name)
{
	struct span rest = span_split(now, '\n', &(struct span){ 0 });
	if (!has_head(before) && has_head(now)) {
		must(has_head(rest));
		now = rest;
	}
	while (before.n) {
		struct span one, same;
		before = span_split(before, '\n', &one);
		if (is_line_of(one, name))
			continue;
		now = span_split(now, '\n', &same);
		must(span_eq(one, same));
	}
	must(now.n == 0);
}

static void remove_one(struct op *op, struct span own, struct span name)
{
	struct buf now = { 0 };
	struct found f = { .op = op };
	must(users_file_remove(op, all.dir, name) == 0);
	read_file_to(all.own, &now);
	check_removed(own, buf_span(&now), name);
	must(users_file_each(op, all.dir, note, &f) == 0);
	for (size_t i = 0; i < f.count; i++)
		must(!span_eq(f.names[i], name));
	buf_done(&now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct users *users;
	struct user u;
	struct found f = { .op = &op };
	struct span own = span_of(data, size), passwd = SPAN("");
	const char *mark = memmem(own.p, own.n, "\n%%\n", 4);
	if (mark) {
		passwd = span_skip(own, (size_t)(mark - own.p) + 4);
		own = span_cut(own, 0, (size_t)(mark - own.p) + 1);
	}
	if (own.n > 60000)
		return 0;
	all_open();
	op_init(&op, 0);
	must(users_file_prepare(&op, all.dir) == 0);
	write_file(all.own, own);
	write_file(all.passwd, passwd);
	must(users_open(&op, all.dir, all.passwd, &users) == 0);
	int rc = users_file_each(&op, all.dir, note, &f);
	must(rc == 0 || rc == RC_VERSION);
	if (rc == RC_VERSION) { // says which file; nobody is let in by the other
		must(span_starts(own, SPAN("# Starling users, version ")));
		must(span_starts(span_str(op.text), span_str(all.own)));
		must(users_find(&op, users, SPAN("anna"), &u) == RC_VERSION);
		must(users_file_remove(&op, all.dir, SPAN("anna")) == RC_VERSION);
	} else {
		check_found(&op, users, &f, own);
		check_passwd(&op, users, own, passwd);
		if (f.count)
			remove_one(&op, own, f.names[0]);
	}
	users_close(users);
	op_done(&op);
	return 0;
}
