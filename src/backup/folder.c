// SPDX-License-Identifier: Apache-2.0
#include "backup/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "starling-backup"
#define MARK_TEXT "starling-backup 1\n"

static int sync_folder(struct op *op, int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = fd < 0 || fsync(fd) != 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return e ? op_fail_errno(op, RC_IO, e, "cannot sync %s of the backups", name) : 0;
}

static int name_folder(char to[64], const char *name)
{
	const char *slash = strchr(name, '/');
	int n = slash ? (int)(slash - name) : 1;
	return snprintf(to, 64, "%.*s", n, slash ? name : ".");
}

// Where there are no hard links (FAT, some of FUSE). What has the name already stays here as well: a claim is taken once.
static int move(const struct backup_folder *f, const char *temporary, const char *name)
{
	struct stat st;
	if (renameat2(f->fd, temporary, f->fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(f->fd, temporary, f->fd, name) : -1;
}

int backup_file_name(
	struct op *op, const struct backup_folder *f, const char *temporary, const char *name)
{
	char folder[64];
	// A link, not a rename: what has the name already stays.
	int rc = linkat(f->fd, temporary, f->fd, name, 0);
	if (rc == 0)
		(void)unlinkat(f->fd, temporary, 0); // left over at worst
	else if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS)
		rc = move(f, temporary, name);
	if (rc != 0)
		return errno == EEXIST ? op_fail(op, RC_ALREADYEXISTS, "%s exists already", name)
				       : op_fail_errno(op, RC_IO, errno, "cannot name %s", name);
	(void)name_folder(folder, name);
	return sync_folder(op, f->fd, folder);
}

int backup_sync(struct op *op, const struct backup_folder *f, const char *below)
{
	return sync_folder(op, f->fd, below);
}

int backup_file_put(
	struct op *op, const struct backup_folder *f, const char *name, struct span text)
{
	char temporary[128];
	(void)snprintf(temporary, sizeof temporary, "%s.new", name); // our names are short
	int fd = openat(f->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return op_fail_errno(op, RC_IO, errno, "cannot write %s", temporary);
	int e = 0;
	while (text.n && !e) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0)
			e = errno;
		else
			text = span_skip(text, (size_t)n);
	}
	if (!e && fsync(fd) != 0)
		e = errno;
	close(fd);
	return e ? op_fail_errno(
			   op, e == ENOSPC ? RC_NOSPACE : RC_IO, e, "cannot write %s", temporary)
		 : backup_file_name(op, f, temporary, name);
}

int backup_file_get(struct op *op, const struct backup_folder *f, const char *name, uint64_t max,
	struct buf *to)
{
	struct stat st;
	int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		return fd < 0 && e == ENOENT ? op_fail(op, RC_NONEXISTENT, "there is no %s", name)
			: fd < 0             ? op_fail_errno(op, RC_IO, e, "cannot read %s", name)
					     : op_fail(op, RC_CORRUPT, "%s is no file", name);
	}
	int rc = st.st_size < 0 || (uint64_t)st.st_size > max
		? op_fail(op, RC_TOOBIG, "%s is too long", name)
		: 0;
	char *room = rc == 0 ? buf_room(to, (size_t)st.st_size + 1) : NULL;
	if (rc == 0 && !room)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	size_t n = 0;
	while (rc == 0 && n < (size_t)st.st_size) {
		ssize_t got = read(fd, room + n, (size_t)st.st_size - n);
		if (got < 0)
			rc = op_fail_errno(op, RC_IO, errno, "cannot read %s", name);
		if (got <= 0)
			break; // shorter than it said: whoever reads it sees
		n += (size_t)got;
	}
	if (rc == 0)
		buf_added(to, n);
	close(fd);
	return rc;
}

int backup_names(struct op *op, const struct backup_folder *f, const char *below,
	int (*each)(struct op *op, void *ctx, const char *name), void *ctx)
{
	int fd = openat(f->fd, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		int e = errno;
		if (fd >= 0)
			close(fd);
		else if (e == ENOENT)
			return 0; // a backup that was killed, or a store that carries no empty folders
		return op_fail_errno(op, RC_IO, e, "cannot read %s of the backups", below);
	}
	int rc = 0;
	for (struct dirent *e; rc == 0 && (e = readdir(dir));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = each(op, ctx, e->d_name);
	closedir(dir);
	return rc;
}

static int any_name(struct op *op, void *ctx, const char *name)
{
	(void)op;
	if (strcmp(name, MARK ".new") != 0) // left over from one that was killed
		*(bool *)ctx = true;
	return 0;
}

static int folder_make(struct op *op, const struct backup_folder *f)
{
	bool used = false;
	int rc = backup_names(op, f, ".", any_name, &used);
	if (rc == 0 && used)
		rc = op_fail(op, RC_CANNOT, "the folder has other files, and is none of backups");
	if (rc == 0)
		rc = backup_file_put(op, f, MARK, SPAN(MARK_TEXT));
	return rc;
}

// The folder's own name may be as new; when the folder above is not ours to open, it was made by who can.
static int subfolders_make(struct op *op, const struct backup_folder *f)
{
	static const char *const names[] = { "packs", "backups", "claims" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (mkdirat(f->fd, names[i], 0700) != 0 && errno != EEXIST)
			return op_fail_errno(op, RC_IO, errno, "cannot make %s", names[i]);
	int rc = sync_folder(op, f->fd, ".");
	if (rc == 0 && faccessat(f->fd, "..", R_OK, AT_EACCESS) == 0)
		rc = sync_folder(op, f->fd, "..");
	return rc;
}

static int mark_check(struct op *op, const struct backup_folder *f, bool make)
{
	struct buf text = { 0 };
	int rc = backup_file_get(op, f, MARK, 4096, &text);
	if (rc == RC_NONEXISTENT)
		rc = make ? folder_make(op, f)
			  : op_fail(op, RC_NONEXISTENT, "the folder is none of backups");
	else if (rc == 0 && !span_eq(buf_span(&text), SPAN(MARK_TEXT)))
		rc = op_fail(op, RC_VERSION, "the backups are of an unknown format version");
	buf_done(&text);
	return rc;
}

int backup_open(struct op *op, const char *path, enum backup_access access,
	struct backup_folder *ret_folder)
{
	if (access == BACKUP_MAKE && mkdir(path, 0700) != 0 && errno != EEXIST)
		return op_fail_errno(op, RC_IO, errno, "cannot make %s", path);
	struct backup_folder f = { .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	if (f.fd < 0)
		return op_fail_errno(op, errno == ENOENT ? RC_NONEXISTENT : RC_IO, errno,
			"cannot open %s", path);
	int rc = 0;
	if (access != BACKUP_READ && flock(f.fd, LOCK_EX | LOCK_NB) != 0)
		rc = errno == EWOULDBLOCK
			? op_fail(op, RC_LOCKED, "%s is in use by another backup", path)
			: op_fail_errno(op, RC_IO, errno, "cannot lock %s", path);
	if (rc == 0)
		rc = mark_check(op, &f, access == BACKUP_MAKE);
	if (rc == 0 && access == BACKUP_MAKE)
		rc = subfolders_make(op, &f);
	if (rc < 0) {
		backup_close(&f);
		return rc;
	}
	*ret_folder = f;
	return 0;
}

int backup_hold(struct op *op, struct backup_folder *f, bool alone)
{
	int fd = openat(f->fd, "packs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0; // an object store carries no empty folders
	if (fd < 0)
		return op_fail_errno(op, RC_IO, errno, "cannot open packs of the backups");
	int e = flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 ? errno : 0;
	// A medium that knows no locks is one that nobody prunes.
	if (e && (alone || e == EWOULDBLOCK)) {
		close(fd);
		return e == EWOULDBLOCK
			? op_fail(op, RC_LOCKED, "the backups are %s just now",
				  alone ? "read by a restore or verify" : "pruned")
			: op_fail_errno(op, RC_IO, e, "cannot lock packs of the backups");
	}
	f->held = fd + 1;
	return 0;
}

void backup_close(struct backup_folder *f)
{
	if (f->held)
		close(f->held - 1);
	f->held = 0;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
