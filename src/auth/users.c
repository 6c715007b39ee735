// SPDX-License-Identifier: Apache-2.0
// Users in files.
//
// DIR/auth/users, ours, one line each, UTF-8, sorted or not:
//   name ":" hash ":" scram
//   hash   "$argon2id$..." as libsodium writes it; empty: no password log-in
//   scram  "SCRAM-SHA-256$" iterations "$" salt "$" StoredKey "$" ServerKey, base64 each (RFC 5803 in spirit); or empty
// DIR/auth/learned holds SCRAM keys of passwd-file users, in the same form; its `hash` field is the crypt hash they belong to.
// The passwd-file is read only: name ":" ["{SCHEME}"] crypt-hash [":" anything].
// Lines that begin with '#' and lines that do not parse are passed over (the latter with a warning). The first line of both may tell the version of their
// format: "# Starling users, version 1"; without it it is 1. A later one is neither read nor changed.
//
// A file is changed by writing a new one, flushing and renaming it, under flock() of a lock file beside it: after a crash the old file or the
// new one is there, whole. Readers notice by device, inode, size and mtime.
//
// Locks: users.lock guards the pointers to the three tables; a table is immutable and reference-counted.
#include "auth/users.h"

#include "auth/salts.h"
#include "auth/users_priv.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/ref.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utf8proc.h>

#define USERS_VERSION 1u
#define HEAD "# Starling users, version " // and the number; only where the file begins

struct table {
	struct ref refs;
	struct stat seen;   // of the file as it was read; st_ino 0: no file
	struct buf text;    // the whole file: entries point into it
	struct op names;    // passwd-file: canonical names where the file has another spelling
	struct user *users; // sorted by name
	size_t count;
};
enum { OWN, LEARNED, PASSWD, FILES };
struct users {
	pthread_mutex_t lock;
	char *paths[FILES]; // paths[PASSWD] may be NULL
	struct table *tables[FILES];
};

// --- names ---

static utf8proc_int32_t lower(utf8proc_int32_t c, void *data)
{
	(void)data;
	return utf8proc_tolower(c);
}

int user_name_canonical(struct op *op, struct span name, struct span *ret_name)
{
	if (name.n == 0 || name.n > USER_NAME_MAX)
		return op_fail(op, RC_BADNAME, "a user name has 1 to %d bytes", USER_NAME_MAX);
	if (!span_is_utf8(name))
		return op_fail(op, RC_BADNAME, "the user name is not valid UTF-8");
	if (name.p[0] == '#') // it would be a comment of the user file
		return op_fail(op, RC_BADNAME, "a user name does not begin with '#'");
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c < 0x21 || c == 0x7f || c == ':' || c == '/')
			return op_fail(op, RC_BADNAME,
				"a user name has no spaces, control characters, ':' or '/'");
	}
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t n = utf8proc_map_custom((const utf8proc_uint8_t *)name.p,
		(utf8proc_ssize_t)name.n, &mapped, UTF8PROC_STABLE | UTF8PROC_COMPOSE, lower, NULL);
	if (n < 0)
		return op_fail(op, RC_BADNAME, "user name: %s", utf8proc_errmsg(n));
	if (n > USER_NAME_MAX) { // it may have grown, and the canonical one is what is read back
		free(mapped);
		return op_fail(op, RC_BADNAME,
			"a user name has at most %d bytes in its canonical form", USER_NAME_MAX);
	}
	*ret_name = arena_dup(&op->arena, span_of(mapped, (size_t)n));
	free(mapped);
	if (!ret_name->p)
		return op_fail(op, RC_NOMEM, "out of memory");
	return 0;
}

// --- lines ---

static bool from_base64(struct span text, uint8_t *to, size_t n)
{
	size_t got = 0;
	// libsodium takes some octets beyond ASCII for digits.
	return span_is_ascii(text) &&
		sodium_base642bin(to, n, text.p, text.n, NULL, &got, NULL,
			sodium_base64_VARIANT_ORIGINAL) == 0 &&
		got == n;
}

static void add_base64(struct buf *b, const uint8_t *bytes, size_t n)
{
	char text[64];
	must(sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL) <= sizeof text);
	(void)sodium_bin2base64(
		text, sizeof text, bytes, n, sodium_base64_VARIANT_ORIGINAL); // fits
	buf_add(b, span_str(text));
}

static bool scram_parse(struct span s, struct scram_keys *ret_keys)
{
	struct span method, iterations, salt, stored;
	struct scram_keys k = { .known = true };
	uint64_t count = 0;
	s = span_split(s, '$', &method);
	s = span_split(s, '$', &iterations);
	s = span_split(s, '$', &salt);
	s = span_split(s, '$', &stored);
	if (!span_eq(method, SPAN("SCRAM-SHA-256")) ||
		!span_to_u64(iterations, 100000000, &count) || count == 0 ||
		!from_base64(salt, k.salt, sizeof k.salt) ||
		!from_base64(stored, k.stored_key, sizeof k.stored_key) ||
		!from_base64(s, k.server_key, sizeof k.server_key))
		return false;
	k.iterations = (uint32_t)count;
	*ret_keys = k;
	return true;
}

static void scram_print(struct buf *b, const struct scram_keys *k)
{
	if (!k->known)
		return;
	buf_addf(b, "SCRAM-SHA-256$%u$", k->iterations);
	add_base64(b, k->salt, sizeof k->salt);
	buf_addc(b, '$');
	add_base64(b, k->stored_key, sizeof k->stored_key);
	buf_addc(b, '$');
	add_base64(b, k->server_key, sizeof k->server_key);
}

static bool line_parse(struct span line, int file, struct user *ret_user)
{
	struct user u = { .own = file == OWN };
	line = span_split(line, ':', &u.name);
	if (!line.p || u.name.n == 0 ||
		u.name.n > USER_NAME_MAX) // without a colon it is no line of ours
		return false;
	line = span_split(line, ':', &u.hash);
	if (file == PASSWD) {
		if (u.hash.n && u.hash.p[0] == '{')
			u.hash = span_split(u.hash, '}', &(struct span){ 0 });
	} else if (line.n && !scram_parse(span_trim(line), &u.scram)) {
		return false;
	}
	*ret_user = u;
	return true;
}

// --- tables ---

static void table_unref(struct table *t)
{
	if (!t || !ref_drop(&t->refs))
		return;
	if (t->text.p)
		sodium_memzero(t->text.p, t->text.cap);
	buf_done(&t->text);
	op_done(&t->names);
	free(t->users);
	free(t);
}

static int by_name(const void *a, const void *b)
{
	return span_cmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

static int read_file(struct op *op, const char *path, struct buf *ret_text, struct stat *ret_stat)
{
	*ret_stat = (struct stat){ 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, ret_stat) != 0) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return op_fail_errno(op, RC_IO, e, "cannot read %s", path);
	}
	ssize_t n = 0;
	while (ret_text->n < USER_FILE_MAX) {
		char *room = buf_room(ret_text, 65536);
		n = room ? read(fd, room, 65536) : -1;
		if (n <= 0)
			break;
		buf_added(ret_text, (size_t)n);
	}
	int e = errno;
	close(fd);
	if (n < 0)
		return op_fail_errno(op, RC_IO, e, "cannot read %s", path);
	return n > 0 ? op_fail(op, RC_TOOBIG, "%s is too big", path) : 0;
}

// The text says which version it has.
static bool has_head(struct span text)
{
	return span_starts(text, SPAN(HEAD));
}

// RC_VERSION: written by a later Starling.
static int version_check(struct op *op, const char *path, struct span text)
{
	uint64_t version = 0;
	size_t digits = 0;
	if (!has_head(text))
		return 0;
	struct span number = span_skip(text, sizeof HEAD - 1);
	while (digits < number.n && number.p[digits] >= '0' && number.p[digits] <= '9')
		digits++;
	return span_to_u64(span_cut(number, 0, digits), UINT64_MAX, &version) &&
			version == USERS_VERSION
		? 0
		: op_fail(op, RC_VERSION, "%s has an unknown format version", path);
}

static int table_room(struct op *op, struct table *t, size_t *io_cap)
{
	if (t->count < *io_cap)
		return 0;
	size_t cap = *io_cap ? *io_cap * 2 : 16;
	struct user *more = realloc(t->users, cap * sizeof *more);
	if (!more)
		return op_fail(op, RC_NOMEM, "out of memory");
	t->users = more;
	*io_cap = cap;
	return 0;
}

// Fills the next user; false: it is no line of one.
static bool user_read(struct table *t, struct span line, int file)
{
	struct user *user = &t->users[t->count];
	struct span name;
	if (!line_parse(line, file, user))
		return false;
	if (file != PASSWD)
		return true;
	if (user_name_canonical(&t->names, user->name, &name) != 0)
		return false;
	if (!span_eq(name, user->name))
		user->name = name;
	return true;
}

static int users_read(struct op *op, struct table *t, const char *path, int file)
{
	struct span rest = buf_span(&t->text);
	size_t cap = 0;
	for (size_t number = 1; rest.n; number++) {
		struct span line;
		rest = span_split(rest, '\n', &line);
		line = span_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		int rc = table_room(op, t, &cap);
		if (rc < 0)
			return rc;
		if (user_read(t, line, file))
			t->count++;
		else
			log_warn("auth", "%s:%zu: not a user line, passed over", path, number);
	}
	return 0;
}

static int table_load(struct op *op, const char *path, int file, struct table **ret_table)
{
	struct table *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "out of memory");
	ref_init(&t->refs);
	op_init(&t->names, 0);
	int rc = read_file(op, path, &t->text, &t->seen);
	if (rc == 0 && file != PASSWD)
		rc = version_check(op, path, buf_span(&t->text));
	if (rc == 0)
		rc = users_read(op, t, path, file);
	if (rc < 0) {
		table_unref(t);
		return rc;
	}
	if (t->count)
		qsort(t->users, t->count, sizeof *t->users, by_name);
	*ret_table = t;
	return 0;
}

static bool is_fresh(const struct table *t, const char *path)
{
	struct stat now = { 0 };
	if (stat(path, &now) != 0)
		now = (struct stat){ 0 };
	return t && t->seen.st_ino == now.st_ino && t->seen.st_dev == now.st_dev &&
		t->seen.st_size == now.st_size && t->seen.st_mtim.tv_sec == now.st_mtim.tv_sec &&
		t->seen.st_mtim.tv_nsec == now.st_mtim.tv_nsec;
}

// The present table of a file, read again if the file changed. A file that cannot be read any more leaves the old table.
static int table_ref(struct op *op, struct users *u, int file, struct table **ret_table)
{
	int rc = 0;
	pthread_mutex_lock(&u->lock);
	if (!is_fresh(u->tables[file], u->paths[file])) {
		struct table *t = NULL;
		rc = table_load(op, u->paths[file], file, &t);
		if (rc == 0) {
			table_unref(u->tables[file]);
			u->tables[file] = t;
		} else if (u->tables[file]) {
			log_error("auth", "%s; going on with what was read before", op->text);
			rc = 0;
		}
	}
	if (rc == 0) {
		ref_take(&u->tables[file]->refs);
		*ret_table = u->tables[file];
	}
	pthread_mutex_unlock(&u->lock);
	return rc;
}

static int table_find(
	struct op *op, struct users *u, int file, struct span name, struct user *ret_user)
{
	struct table *t = NULL;
	if (!u->paths[file])
		return RC_NONEXISTENT;
	int rc = table_ref(op, u, file, &t);
	if (rc < 0)
		return rc;
	struct user key = { .name = name };
	const struct user *found =
		t->count ? bsearch(&key, t->users, t->count, sizeof key, by_name) : NULL;
	if (found) {
		*ret_user = *found;
		ret_user->name = arena_dup(&op->arena, found->name);
		ret_user->hash = found->hash.n ? arena_dup(&op->arena, found->hash) : SPAN("");
		if (!ret_user->name.p || !ret_user->hash.p)
			rc = op_fail(op, RC_NOMEM, "out of memory");
	} else {
		rc = RC_NONEXISTENT;
	}
	table_unref(t);
	return rc;
}

int users_find(struct op *op, struct users *u, struct span name, struct user *ret_user)
{
	int rc = table_find(op, u, OWN, name, ret_user);
	if (rc != RC_NONEXISTENT)
		return rc;
	rc = table_find(op, u, PASSWD, name, ret_user);
	if (rc < 0)
		return rc == RC_NONEXISTENT ? op_fail(op, rc, "no such user") : rc;
	struct user learned;
	if (table_find(op, u, LEARNED, name, &learned) == 0 &&
		span_eq(learned.hash, ret_user->hash))
		ret_user->scram =
			learned.scram; // keys of an older password do not match the hash any more
	return 0;
}

static char *path_join(const char *dir, const char *name)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

// DIR/auth/users, the folder made; a file of Starling 0.1's first days, DIR/users, is moved there. RC_IO, RC_NOMEM.
static int own_path(struct op *op, const char *dir, char **ret_path)
{
	char *folder = path_join(dir, "auth"), *old = path_join(dir, "users"),
	     *path = path_join(dir, "auth/users");
	int rc = 0;
	if (!folder || !old || !path)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	else if (mkdir(folder, 0700) == 0)
		rc = whole_name_flush(op, folder);
	else if (errno != EEXIST)
		rc = op_fail_errno(op, RC_IO, errno, "cannot make %s", folder);
	if (rc == 0 && access(path, F_OK) != 0 && access(old, F_OK) == 0 && rename(old, path) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot move %s", old);
	free(folder);
	free(old);
	if (rc < 0)
		free(path);
	else
		*ret_path = path;
	return rc;
}

int users_file_prepare(struct op *op, const char *dir)
{
	char *path = NULL;
	int rc = own_path(op, dir, &path);
	free(path);
	return rc;
}

int users_open(struct op *op, const char *dir, const char *passwd_file, struct users **ret_users)
{
	struct users *u = calloc(1, sizeof *u);
	if (!u)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_init(&u->lock, NULL);
	int rc = own_path(op, dir, &u->paths[OWN]);
	if (rc < 0) {
		users_close(u);
		return rc;
	}
	u->paths[LEARNED] = path_join(dir, "auth/learned");
	u->paths[PASSWD] = passwd_file ? strdup(passwd_file) : NULL;
	if (!u->paths[LEARNED] || (passwd_file && !u->paths[PASSWD])) {
		users_close(u);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	*ret_users = u;
	return 0;
}

void users_close(struct users *u)
{
	if (!u)
		return;
	for (int i = 0; i < FILES; i++) {
		table_unref(u->tables[i]);
		free(u->paths[i]);
	}
	pthread_mutex_destroy(&u->lock);
	free(u);
}

// --- changes ---

// What comes behind the name of a line, as users_read() sees it: without blanks around the line. Absent, and no name, without a colon.
static struct span line_name(struct span line, struct span *ret_name)
{
	struct span rest = span_split(span_trim(line), ':', ret_name);
	if (!rest.p)
		*ret_name = SPAN_NONE;
	return rest;
}

// Copies the file's lines to `to`, but for the one of `name`, whose place `line` takes (absent: it is dropped). *ret_was: there was one.
static void lines_edit(
	struct span text, struct span name, struct span line, struct buf *to, bool *ret_was)
{
	*ret_was = false;
	while (text.n) {
		struct span old, found;
		text = span_split(text, '\n', &old);
		(void)line_name(old, &found); // the rest is kept as it is
		if (span_eq(found, name)) {
			if (!*ret_was)
				buf_add(to, line);
			*ret_was = true;
			continue;
		}
		buf_add(to, old);
		buf_addc(to, '\n');
	}
	if (!*ret_was)
		buf_add(to, line);
}

struct edit {
	const char *path;
	struct span name, line;    // line absent: remove
	bool must_exist, must_not; // else RC_NONEXISTENT, RC_ALREADYEXISTS
	struct span if_hash; // present: only a line with this hash is changed; else RC_CONFLICT
};

static struct span line_hash(struct span text, struct span name)
{
	while (text.n) {
		struct span line, found, hash;
		text = span_split(text, '\n', &line);
		(void)span_split(line_name(line, &found), ':', &hash); // the rest does not matter
		if (span_eq(found, name))
			return hash;
	}
	return SPAN_NONE;
}

static void head_add(struct buf *to)
{
	buf_addf(to, HEAD "%u: name:hash:scram. Change it with `starling user`.\n", USERS_VERSION);
}

static int edit_locked(struct op *op, const struct edit *e)
{
	struct buf old = { 0 }, new = { 0 };
	struct stat st;
	bool was = false;
	int rc = read_file(op, e->path, &old, &st);
	if (rc == 0)
		rc = version_check(op, e->path, buf_span(&old));
	if (rc == 0 && old.n == 0)
		head_add(&new);
	if (rc == 0)
		lines_edit(buf_span(&old), e->name, e->line, &new, &was);
	if (rc == 0 && old.n && has_head(buf_span(&new)) && !has_head(buf_span(&old))) {
		// A line that says nothing where it stood has become the first: ours comes before it.
		buf_reset(&new);
		head_add(&new);
		lines_edit(buf_span(&old), e->name, e->line, &new, &was);
	}
	if (rc == 0 && (old.failed || new.failed))
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0 && e->must_exist && !was)
		rc = op_fail(op, RC_NONEXISTENT, "there is no user %.*s", SPAN_FMT(e->name));
	if (rc == 0 && e->must_not && was)
		rc = op_fail(
			op, RC_ALREADYEXISTS, "there is a user %.*s already", SPAN_FMT(e->name));
	if (rc == 0 && e->if_hash.p && !span_eq(line_hash(buf_span(&old), e->name), e->if_hash))
		rc = op_fail(op, RC_CONFLICT, "the password was changed meanwhile");
	if (rc == 0)
		rc = whole_file_write(op, e->path, buf_span(&new));
	if (old.p)
		sodium_memzero(old.p, old.cap);
	if (new.p)
		sodium_memzero(new.p, new.cap);
	buf_done(&old);
	buf_done(&new);
	return rc;
}

static int edit_file(struct op *op, const struct edit *e)
{
	char *lock = NULL;
	if (asprintf(&lock, "%s.lock", e->path) < 0)
		return op_fail(op, RC_NOMEM, "out of memory");
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = 0;
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot lock %s", lock);
	if (rc == 0)
		rc = edit_locked(op, e);
	if (fd >= 0)
		close(fd);
	free(lock);
	return rc;
}

static void line_print(
	struct buf *b, struct span name, struct span hash, const struct scram_keys *keys)
{
	buf_add(b, name);
	buf_addc(b, ':');
	buf_add(b, hash);
	buf_addc(b, ':');
	scram_print(b, keys);
	buf_addc(b, '\n');
}

int users_learn(
	struct op *op, struct users *u, const struct user *user, const struct scram_keys *keys)
{
	struct buf line = { 0 };
	line_print(&line, user->name, user->hash, keys);
	struct edit e = { .path = u->paths[user->own ? OWN : LEARNED],
		.name = user->name,
		.line = buf_span(&line),
		.must_exist = user->own,
		.if_hash = user->own ? user->hash : SPAN_NONE };
	int rc = line.failed ? op_fail(op, RC_NOMEM, "out of memory") : edit_file(op, &e);
	buf_done(&line);
	return rc;
}

// What the name is shown: the salt of the keys that it has, or the one that everybody of that name would have.
static int salt_shown(
	struct op *op, const char *dir, struct span name, uint8_t ret_salt[SCRAM_SALT_BYTES])
{
	struct users *users;
	struct user user;
	struct salts salts;
	int rc = users_open(op, dir, NULL, &users);
	if (rc < 0)
		return rc;
	rc = table_find(op, users, OWN, name, &user);
	users_close(users);
	if (rc == 0 && user.scram.known) {
		memcpy(ret_salt, user.scram.salt, SCRAM_SALT_BYTES);
		return 0;
	}
	if (rc == 0 || rc == RC_NONEXISTENT)
		rc = salts_load(op, dir, &salts);
	if (rc == 0)
		salts_of(&salts, name, ret_salt);
	sodium_memzero(&salts, sizeof salts);
	return rc;
}

int users_file_set(struct op *op, const char *dir, struct span name, struct span password,
	bool create, bool replace)
{
	struct span canonical;
	struct scram_keys keys;
	struct buf line = { 0 };
	uint8_t salt[SCRAM_SALT_BYTES];
	char hash[crypto_pwhash_STRBYTES];
	int rc = user_name_canonical(op, name, &canonical);
	if (rc == 0)
		rc = salt_shown(op, dir, canonical, salt);
	if (rc == 0)
		rc = password_hash(op, password, hash);
	if (rc == 0)
		rc = password_scram(op, password, salt, &keys);
	if (rc < 0)
		return rc;
	line_print(&line, canonical, span_str(hash), &keys);
	char *path = NULL;
	rc = own_path(op, dir, &path);
	struct edit e = { .path = path,
		.name = canonical,
		.line = buf_span(&line),
		.must_exist = !create,
		.must_not = !replace };
	if (rc == 0)
		rc = line.failed ? op_fail(op, RC_NOMEM, "out of memory") : edit_file(op, &e);
	free(path);
	buf_done(&line);
	return rc;
}

int users_file_remove(struct op *op, const char *dir, struct span name)
{
	struct span canonical;
	int rc = user_name_canonical(op, name, &canonical);
	if (rc < 0)
		return rc;
	char *path = NULL;
	rc = own_path(op, dir, &path);
	struct edit e = { .path = path, .name = canonical, .line = SPAN_NONE, .must_exist = true };
	if (rc == 0)
		rc = edit_file(op, &e);
	free(path);
	return rc;
}

int users_file_each(
	struct op *op, const char *dir, int (*each)(void *ctx, const struct user *user), void *ctx)
{
	struct table *t = NULL;
	char *path = NULL;
	int rc = own_path(op, dir, &path);
	if (rc == 0)
		rc = table_load(op, path, OWN, &t);
	free(path);
	for (size_t i = 0; rc == 0 && i < t->count; i++)
		rc = each(ctx, &t->users[i]);
	table_unref(t);
	return rc;
}
