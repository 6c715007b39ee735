// SPDX-License-Identifier: Apache-2.0
// The files of a volume beside its log and index: lock, volume, reserve, and the views of readers.
//
// DIR/volume, 64 bytes, replaced by rename:
//     0  8  "STARVOL\n"    8  4  format version, 1    12  4  zero    16  8  epoch    24 16  random name of the volume
//    40  4  CRC-32C of bytes 0..39                    44 20  zero
#include "base/crc32c.h"
#include "base/hash.h"
#include "store/local/local_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PATH_ROOM 4096u
#define VOLUME_VERSION 1u
#define MAGIC "STARVOL\n"
#define COPY_BYTES 65536u
#define ASIDE_MENDING "index.mending"

static void path_in(char path[PATH_ROOM], const struct local *l, const char *name)
{
	(void)snprintf(path, PATH_ROOM, "%s/%s", l->dir, name); // checked in local_open_with()
}

static int folder_make(struct op *op, const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST
		? op_fail_errno(op, RC_IO, errno, "cannot make %s", path)
		: 0;
}

int volume_lock(struct op *op, struct local *l)
{
	char path[PATH_ROOM];
	int rc = folder_make(op, l->dir);
	if (rc)
		return rc;
	path_in(path, l, "log");
	rc = folder_make(op, path);
	if (rc)
		return rc;
	path_in(path, l, "lock");
	int error = file_open(l->files, path, O_RDWR | O_CREAT, &l->lock_fd);
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot open %s", path);
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK
			? op_fail(op, RC_LOCKED, "%s is in use by another process", l->dir)
			: op_fail_errno(op, RC_IO, errno, "cannot lock %s", path);
	return 0;
}

static int volume_write(struct op *op, struct local *l, char bytes[VOLUME_BYTES])
{
	char path[PATH_ROOM], fresh[PATH_ROOM];
	path_in(path, l, "volume");
	path_in(fresh, l, "volume.new");
	store_u32(bytes + 40, crc32c(0, span_of(bytes, 40)));
	int fd;
	// Not to be read: in the server's sandbox new files of this folder cannot be (server/confine.c).
	int error = file_open(l->files, fresh, O_WRONLY | O_CREAT | O_TRUNC, &fd);
	if (!error) {
		error = file_write(l->files, fd, span_of(bytes, VOLUME_BYTES), 0);
		if (!error)
			error = file_sync(l->files, fd);
		(void)close(fd); // synced
	}
	if (!error)
		error = file_rename(l->files, fresh, path);
	if (!error)
		error = file_sync_dir(l->files, l->dir);
	return error ? op_fail_errno(op, error == ENOSPC ? RC_NOSPACE : RC_IO, error,
			       "cannot write %s", path)
		     : 0;
}

static int volume_read(struct op *op, struct local *l, char bytes[VOLUME_BYTES])
{
	char path[PATH_ROOM];
	path_in(path, l, "volume");
	int fd;
	int error = file_open(l->files, path, O_RDONLY, &fd);
	if (error == ENOENT)
		return STORE_ABSENT;
	size_t n = 0;
	if (!error) {
		error = file_read(l->files, fd, bytes, VOLUME_BYTES, 0, &n);
		(void)close(fd); // only read
	}
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot read %s", path);
	if (n != VOLUME_BYTES || memcmp(bytes, MAGIC, 8) != 0 ||
		load_u32(bytes + 40) != crc32c(0, span_of(bytes, 40)))
		return op_fail(op, RC_CORRUPT, "%s is damaged", path);
	if (load_u32(bytes + 8) != VOLUME_VERSION)
		return op_fail(op, RC_VERSION, "%s has an unknown format version", path);
	return 0;
}

// The volume's own name: of a folder that was just made, a power cut may leave nothing. A server that shut itself in may not open the folder above
// (run/sandbox.h); it has done this before (server/config.c).
static int volume_name_sync(struct op *op, struct local *l)
{
	char path[PATH_ROOM];
	path_in(path, l, "..");
	int error = file_sync_dir(l->files, path);
	return error && error != EACCES ? op_fail_errno(op, RC_IO, error, "cannot sync %s", path)
					: 0;
}

int volume_load(struct op *op, struct local *l)
{
	char bytes[VOLUME_BYTES] = { 0 };
	int rc = volume_read(op, l, bytes);
	if (rc == STORE_ABSENT && l->reader)
		return op_fail(op, RC_NONEXISTENT, "%s is no volume", l->dir);
	if (rc == STORE_ABSENT) {
		uint32_t *numbers;
		size_t count;
		rc = segments_list(op, &l->segments, &numbers, &count);
		if (rc)
			return rc;
		if (count)
			return op_fail(op, RC_CORRUPT, "%s/volume is missing", l->dir);
		memcpy(bytes, MAGIC, 8);
		store_u32(bytes + 8, VOLUME_VERSION);
		random_bytes(bytes + 24, 16);
		rc = volume_name_sync(op, l); // before the file that says it was done
		if (rc == 0)
			rc = volume_write(op, l, bytes);
	}
	if (rc == 0) {
		memcpy(l->volume, bytes, VOLUME_BYTES);
		l->epoch = load_u64(bytes + 16);
	}
	return rc;
}

int volume_next_epoch(struct op *op, struct local *l)
{
	char bytes[VOLUME_BYTES];
	memcpy(bytes, l->volume, VOLUME_BYTES);
	if (load_u64(bytes + 16) >= UINT32_MAX)
		return op_fail(op, RC_LIMIT, "the volume was opened too often");
	store_u64(bytes + 16, load_u64(bytes + 16) + 1);
	int rc = volume_write(op, l, bytes);
	if (rc == 0) {
		memcpy(l->volume, bytes, VOLUME_BYTES);
		l->epoch = load_u64(bytes + 16);
	}
	return rc;
}

// --- free space ---

// Gives DIR/reserve back if hardly anything else is left.
static bool reserve_lend(struct local *l, const char *path, uint64_t *ret_available, bool *ret_kept)
{
	struct statvfs v;
	struct stat st;
	*ret_available = UINT64_MAX;
	*ret_kept = stat(path, &st) == 0 && (uint64_t)st.st_size == l->reserve_bytes;
	if (statvfs(l->dir, &v))
		return false;
	*ret_available = (uint64_t)v.f_bavail * v.f_frsize;
	if (*ret_available >= l->reserve_bytes / 4)
		return false;
	if (*ret_kept)
		(void)file_unlink(l->files, path); // for RocksDB; made again when there is room
	return true;
}

void volume_reserve_lend(struct local *l)
{
	char path[PATH_ROOM];
	uint64_t available;
	bool kept;
	path_in(path, l, "reserve");
	(void)reserve_lend(
		l, path, &available, &kept); // what is opened next tells if that is not enough
}

bool volume_is_full(struct local *l)
{
	char path[PATH_ROOM];
	uint64_t available;
	bool kept;
	path_in(path, l, "reserve");
	if (reserve_lend(l, path, &available, &kept))
		return true;
	if (kept || available == UINT64_MAX)
		return false;
	if (available < l->reserve_bytes * 2)
		return true; // wait until the reserve can be had back
	int fd;
	if (file_open(l->files, path, O_WRONLY | O_CREAT, &fd))
		return false;
	bool good = file_allocate(l->files, fd, l->reserve_bytes) == 0;
	(void)close(fd); // holds nothing
	if (!good)
		(void)file_unlink(l->files, path); // no half reserve
	return !good;
}

// --- views ---

static int copy_file(const char *from, const char *to)
{
	char bytes[COPY_BYTES];
	int in, out = -1;
	int error = file_open(NULL, from, O_RDONLY, &in);
	if (error)
		return error;
	error = file_open(NULL, to, O_RDWR | O_CREAT | O_TRUNC, &out);
	uint64_t at = 0;
	size_t n = COPY_BYTES;
	while (!error && n == COPY_BYTES) {
		error = file_read(NULL, in, bytes, sizeof bytes, at, &n);
		if (!error)
			error = file_write(NULL, out, span_of(bytes, n), at);
		at += n;
	}
	(void)close(in); // only read
	if (out >= 0)
		(void)close(out); // a private copy, no need to sync
	return error;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), e = strlen(end);
	return n >= e && strcmp(name + n - e, end) == 0;
}

// Links tables and copies what RocksDB would change. The order matters: a manifest names tables that exist when it is read; one
// deleted in between makes the open fail, and the caller tries again.
static int view_fill(struct op *op, const struct local *l, const char *from, const char *to)
{
	DIR *d = opendir(from);
	if (!d)
		return op_fail_errno(op, RC_IO, errno, "cannot read %s", from);
	int error = 0;
	const struct dirent *e;
	while (!error && (e = readdir(d))) {
		char source[PATH_ROOM], target[PATH_ROOM];
		if (snprintf(source, sizeof source, "%s/%s", from, e->d_name) >=
				(int)sizeof source ||
			snprintf(target, sizeof target, "%s/%s", to, e->d_name) >=
				(int)sizeof target)
			continue;
		if (ends_with(e->d_name, ".sst"))
			error = link(source, target) && errno != ENOENT ? errno : 0;
		else if (strncmp(e->d_name, "MANIFEST", 8) == 0 ||
			strcmp(e->d_name, "CURRENT") == 0)
			error = copy_file(source, target);
	}
	(void)closedir(d); // only read
	return error ? op_fail_errno(op, RC_IO, error, "cannot copy the index of %s", l->dir) : 0;
}

int volume_view_make(struct op *op, struct local *l)
{
	char path[PATH_ROOM], index[PATH_ROOM];
	(void)snprintf(path, sizeof path, "%s/view-%ld-XXXXXX", l->dir, (long)getpid());
	path_in(index, l, "index");
	if (!mkdtemp(path))
		return op_fail_errno(op, RC_IO, errno, "cannot make %s", path);
	l->view = strdup(path);
	if (!l->view)
		return op_fail(op, RC_NOMEM, "out of memory");
	return view_fill(op, l, index, l->view);
}

static void folder_remove(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	while (d && (e = readdir(d))) {
		char file[PATH_ROOM];
		if (e->d_name[0] == '.' ||
			snprintf(file, sizeof file, "%s/%s", path, e->d_name) >= (int)sizeof file)
			continue;
		(void)unlink(file); // what stays is removed by the next writer
	}
	if (d)
		(void)closedir(d); // only read
	(void)rmdir(path);         // as above
}

void volume_view_remove(const struct local *l)
{
	if (l->view)
		folder_remove(l->view);
}

void volume_views_clean(const struct local *l)
{
	DIR *d = opendir(l->dir);
	const struct dirent *e;
	while (d && (e = readdir(d))) {
		char path[PATH_ROOM];
		if (strncmp(e->d_name, "view-", 5) != 0 ||
			snprintf(path, sizeof path, "%s/%s", l->dir, e->d_name) >= (int)sizeof path)
			continue;
		long pid = strtol(e->d_name + 5, NULL, 10);
		if (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH)
			folder_remove(path);
	}
	if (d)
		(void)closedir(d); // only read
}

// --- an index that is damaged ---

#define ASIDE_MAX 1000

static int lock_alone(struct op *op, const char *dir, int *ret_fd)
{
	char path[PATH_ROOM];
	if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path)
		return op_fail(op, RC_CONFIG, "the folder's name is too long");
	int error = file_open(NULL, path, O_RDWR, ret_fd);
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot open %s", path);
	if (flock(*ret_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error = errno;
	(void)close(*ret_fd); // only locked
	return error == EWOULDBLOCK ? op_fail(op, RC_LOCKED, "%s is in use by another process", dir)
				    : op_fail_errno(op, RC_IO, error, "cannot lock %s", path);
}

// The first name that is free. A rename to a name that is there would fail, or take an empty folder's place.
static int aside_name(struct op *op, const char *dir, char to[PATH_ROOM])
{
	struct stat st;
	for (int i = 1; i < ASIDE_MAX; i++) {
		if (snprintf(to, PATH_ROOM, "%s/index.damaged-%d", dir, i) >= (int)PATH_ROOM)
			break;
		if (lstat(to, &st) && errno == ENOENT)
			return 0;
	}
	return op_fail(op, RC_LIMIT, "there are too many damaged indexes in %s", dir);
}

int volume_index_aside(struct op *op, const char *dir, const char **ret_aside)
{
	char from[PATH_ROOM], to[PATH_ROOM];
	int fd;
	int rc = lock_alone(op, dir, &fd);
	if (rc)
		return rc;
	(void)snprintf(
		from, sizeof from, "%s/index", dir); // shorter than that of the lock and more
	rc = aside_name(op, dir, to);
	const char *copy = rc ? NULL : arena_str(&op->arena, span_str(to));
	int error = 0;
	if (rc == 0 && !copy)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	else if (rc == 0)
		error = file_rename(NULL, from, to);
	if (!rc && (!error || error == ENOENT)) // missing: nothing is in the way
		error = file_sync_dir(NULL, dir);
	(void)close(fd); // gives the lock back
	if (error)
		rc = op_fail_errno(op, RC_IO, error, "cannot rename %s", from);
	if (rc == 0)
		*ret_aside = copy;
	return rc;
}

int volume_index_back(struct op *op, const char *dir, const char *aside)
{
	char index[PATH_ROOM];
	struct stat st;
	if (lstat(aside, &st) && errno == ENOENT)
		return 0; // there was none
	if (snprintf(index, sizeof index, "%s/index", dir) >= (int)sizeof index)
		return op_fail(op, RC_CONFIG, "the folder's name is too long");
	folder_remove(index);
	int error = file_rename(NULL, aside, index);
	if (!error)
		error = file_sync_dir(NULL, dir);
	return error ? op_fail_errno(op, RC_IO, error, "cannot rename %s", aside) : 0;
}

// --- mending ---

// Not every file system can do it (EINVAL): that is to be known before hours of work.
static int exchange_try(struct op *op, const struct local *l)
{
	char one[PATH_ROOM], other[PATH_ROOM];
	path_in(one, l, "index.try-1");
	path_in(other, l, "index.try-2");
	int rc = folder_make(op, one);
	if (rc == 0)
		rc = folder_make(op, other);
	int error = 0;
	if (rc == 0 && renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE))
		error = errno;
	(void)rmdir(one); // empty, if they are there
	(void)rmdir(other);
	if (rc)
		return rc;
	return error ? op_fail_errno(op, RC_IO, error,
			       "the file system of %s cannot exchange two folders in one step: "
			       "repair a copy of the data folder on another one",
			       l->dir)
		     : 0;
}

int volume_index_copy(struct op *op, const struct local *l)
{
	char from[PATH_ROOM], to[PATH_ROOM];
	path_in(from, l, "index");
	path_in(to, l, ASIDE_MENDING);
	folder_remove(to); // of a try that was cut off
	int rc = exchange_try(op, l);
	if (rc == 0)
		rc = folder_make(op, to);
	return rc ? rc : view_fill(op, l, from, to);
}

int volume_index_swap(struct op *op, const char *dir)
{
	char index[PATH_ROOM], made[PATH_ROOM], aside[PATH_ROOM];
	int rc = aside_name(op, dir, aside);
	if (rc)
		return rc;
	(void)snprintf(index, sizeof index, "%s/index", dir); // shorter than the name above
	(void)snprintf(made, sizeof made, "%s/" ASIDE_MENDING, dir);
	// The copy gets the name that is to be that of the old index before both change places, in one step: a crash leaves the volume with one of them,
	// and never the old one under a name whose folder the next repair removes.
	int error = file_rename(NULL, made, aside);
	if (!error && renameat2(AT_FDCWD, aside, AT_FDCWD, index, RENAME_EXCHANGE)) {
		error = errno;
		(void)file_rename(NULL, aside, made); // as before; else the copy stays there
	}
	if (!error)
		error = file_sync_dir(NULL, dir);
	return error ? op_fail_errno(op, RC_IO, error, "cannot put %s in its place", made) : 0;
}

void volume_index_forget(const char *dir)
{
	char made[PATH_ROOM];
	if (snprintf(made, sizeof made, "%s/" ASIDE_MENDING, dir) < (int)sizeof made)
		folder_remove(made);
}
