// SPDX-License-Identifier: Apache-2.0
// Compiled without _FILE_OFFSET_BITS and _FORTIFY_SOURCE: both names of each call are defined here, and neither may be a macro or inline.
#include "powercut/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define EVENTS_MAX (1u << 20)
#define DATA_MAX (UINT64_C(1) << 30)
#define FDS_MAX 65536
#define DIRECT_UNIT 4096u
#define HURRY_ZEROS 65536u
#define EXPORT __attribute__((visibility("default")))

struct record {
	_Atomic uint32_t count;
	uint64_t data_n;
	struct event events[EVENTS_MAX];
	char data[DATA_MAX];
};

// One recording at a time in a process: what takes the place of libc's functions has no other way to find it.
static struct recording {
	struct record *record; // NULL: off
	const char *folder;
	size_t folder_n;
	unsigned sync_us;
	bool hurry;
	uint64_t ino[FDS_MAX]; // of open files and folders below it; 0: not ours
	bool dsync[FDS_MAX];   // each write is flushed before it returns
	bool direct[FDS_MAX];
} now;
static pthread_mutex_t lock =
	PTHREAD_MUTEX_INITIALIZER; // the order of events is the order of calls

static void give_up(const char *what)
{
	(void)dprintf(2, "powercut: %s\n", what);
	_exit(70);
}

struct record *record_new(void)
{
	void *p = mmap(NULL, sizeof(struct record), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		give_up("no memory to record into");
	return p;
}

void record_reset(struct record *r)
{
	atomic_store(&r->count, 0);
	r->data_n = 0;
}

uint32_t record_count(const struct record *r)
{
	return atomic_load(&r->count);
}

const struct event *record_event(const struct record *r, uint32_t i)
{
	return &r->events[i];
}

uint32_t record_now(const struct record *r)
{
	return atomic_load(&r->count);
}

void record_start(struct record *r, const char *folder, unsigned sync_us)
{
	now = (struct recording){
		.record = r, .folder = folder, .folder_n = strlen(folder), .sync_us = sync_us
	};
}

void record_stop(void)
{
	now.record = NULL;
}

void record_hurry(void)
{
	now = (struct recording){ .hurry = true };
}

// --- adding events, with the lock ---

static const char *keep(struct record *r, const void *p, size_t n)
{
	if (r->data_n + n + 1 > DATA_MAX)
		give_up("too much was written to be recorded");
	char *to = r->data + r->data_n;
	memcpy(to, p, n);
	to[n] = '\0';
	r->data_n += n + 1;
	return to;
}

static struct span keep_span(struct record *r, struct span s)
{
	return s.p ? span_of(keep(r, s.p, s.n), s.n) : s;
}

static uint32_t add_locked(struct event e)
{
	struct record *r = now.record;
	uint32_t i = atomic_load(&r->count);
	e.path = keep_span(r, e.path);
	e.other = keep_span(r, e.other);
	if (i < EVENTS_MAX)
		r->events[i] = e;
	else
		give_up("too many events");
	atomic_store(&r->count, i + 1);
	return i;
}

static bool is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static uint32_t add_write_locked(int fd, uint64_t offset, const char *p, size_t n)
{
	struct event e = { .kind = EVENT_WRITE, .ino = now.ino[fd], .offset = offset, .n = n };
	if (!is_zero(p, n))
		e.data = keep(now.record, p, n);
	return add_locked(e);
}

// The lock is let go while the disk works.
static void flush_write_locked(int fd, uint32_t write)
{
	uint64_t ino = now.ino[fd];
	pthread_mutex_unlock(&lock);
	(void)usleep(now.sync_us); // shorter is fine
	pthread_mutex_lock(&lock);
	(void)add_locked((struct event){ .kind = EVENT_WRITTEN, .ino = ino, .begin = write });
}

void record_note(struct record *r, struct event e)
{
	pthread_mutex_lock(&lock);
	if (e.data)
		e.data = keep(r, e.data, e.n);
	(void)add_locked(e);
	pthread_mutex_unlock(&lock);
}

// --- whose file it is ---

// The path below the folder; absent: it is not to be recorded.
static struct span ours(const char *path)
{
	if (!now.record || strncmp(path, now.folder, now.folder_n) != 0 ||
		path[now.folder_n] != '/')
		return SPAN_NONE;
	const char *base = strrchr(path, '/') + 1;
	if (strcmp(base, "LOG") == 0 || strncmp(base, "LOG.old", 7) == 0)
		return SPAN_NONE;
	return span_str(path + now.folder_n + 1);
}

static bool is_ours(int fd)
{
	return now.record && fd >= 0 && fd < FDS_MAX && now.ino[fd];
}

static uint64_t ino_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? 0 : st.st_ino;
}

// --- in place of libc's: names ---

static int do_open(const char *path, int flags, mode_t mode)
{
	struct span name = ours(path);
	bool folder = now.record && strcmp(path, now.folder) == 0;
	if (!name.p && !folder)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	pthread_mutex_lock(&lock);
	bool existed = ino_of(path) != 0;
	// Memory has no page cache to pass by. What is asked of a direct write, whole sectors, is looked at (do_pwritev()).
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags & ~O_DIRECT, mode);
	int error = errno;
	struct stat st;
	if (fd >= FDS_MAX)
		give_up("too many open files");
	if (fd >= 0 && fstat(fd, &st) == 0) {
		now.ino[fd] = st.st_ino;
		now.dsync[fd] = (flags & O_DSYNC) != 0;
		now.direct[fd] = (flags & O_DIRECT) != 0;
		if (!existed)
			(void)add_locked((struct event){
				.kind = EVENT_CREATE, .path = name, .ino = st.st_ino });
		else if (flags & O_TRUNC)
			(void)add_locked((struct event){ .kind = EVENT_SIZE, .ino = st.st_ino });
	}
	pthread_mutex_unlock(&lock);
	errno = error;
	return fd;
}

#define OPEN_LIKE(name)                                                                            \
	EXPORT int name(const char *path, int flags, ...)                                          \
	{                                                                                          \
		va_list more;                                                                      \
		va_start(more, flags);                                                             \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;            \
		va_end(more);                                                                      \
		return do_open(path, flags, mode);                                                 \
	}
OPEN_LIKE(open)
OPEN_LIKE(open64)

EXPORT int close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		now.ino[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

// Calls and records something about names; `ino` of `path` before or after it, where the event has one.
static int name_call(struct event e, const char *path, const char *other)
{
	pthread_mutex_lock(&lock);
	e.ino = e.kind == EVENT_RENAME || e.kind == EVENT_LINK ? ino_of(path) : 0;
	long rc = -1;
	if (e.kind == EVENT_RENAME)
		rc = syscall(SYS_rename, path, other);
	else if (e.kind == EVENT_LINK)
		rc = syscall(SYS_link, path, other);
	else if (e.kind == EVENT_MKDIR)
		rc = syscall(SYS_mkdir, path, e.n);
	else
		rc = syscall(e.n ? SYS_rmdir : SYS_unlink, path);
	int error = errno;
	if (e.kind == EVENT_MKDIR)
		e.ino = ino_of(path);
	e.path = e.kind == EVENT_LINK ? ours(other) : ours(path);
	if (e.kind == EVENT_RENAME)
		e.other = ours(other);
	if (rc == 0 && e.path.p && (e.kind != EVENT_RENAME || e.other.p))
		(void)add_locked(e);
	pthread_mutex_unlock(&lock);
	errno = error;
	return (int)rc;
}

EXPORT int rename(const char *from, const char *to)
{
	return name_call((struct event){ .kind = EVENT_RENAME }, from, to);
}

EXPORT int link(const char *from, const char *to)
{
	return name_call((struct event){ .kind = EVENT_LINK }, from, to);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return name_call((struct event){ .kind = EVENT_MKDIR, .n = mode }, path, NULL);
}

EXPORT int unlink(const char *path)
{
	return name_call((struct event){ .kind = EVENT_UNLINK }, path, NULL);
}

EXPORT int rmdir(const char *path)
{
	return name_call((struct event){ .kind = EVENT_UNLINK, .n = 1 }, path, NULL);
}

// --- in place of libc's: contents ---

EXPORT ssize_t write(int fd, const void *p, size_t n)
{
	if (!is_ours(fd))
		return syscall(SYS_write, fd, p, n);
	pthread_mutex_lock(&lock);
	off_t at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
	ssize_t rc = syscall(SYS_write, fd, p, n);
	int error = errno;
	if (rc > 0)
		add_write_locked(fd, (uint64_t)at, p, (size_t)rc);
	pthread_mutex_unlock(&lock);
	errno = error;
	return rc;
}

// In a hurry, zeros behind the end of a file become a hole.
static bool write_hole(int fd, const struct iovec *iov, int count, off_t offset, ssize_t *ret_n)
{
	struct stat st;
	if (!now.hurry || count != 1 || iov->iov_len < HURRY_ZEROS ||
		!is_zero(iov->iov_base, iov->iov_len) || fstat(fd, &st))
		return false;
	off_t end = offset + (off_t)iov->iov_len;
	if (st.st_blocks == 0 && (end <= st.st_size || syscall(SYS_ftruncate, fd, end) == 0)) {
		*ret_n = (ssize_t)iov->iov_len;
		return true;
	}
	return false;
}

static ssize_t do_pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	ssize_t rc = 0;
	if (!is_ours(fd))
		return write_hole(fd, iov, count, offset, &rc)
			? rc
			: syscall(SYS_pwritev, fd, iov, count, offset, 0);
	for (int i = 0; i < count && now.direct[fd]; i++)
		if (((uintptr_t)iov[i].iov_base | iov[i].iov_len | (uint64_t)offset) % DIRECT_UNIT)
			give_up("a direct write of no whole pages");
	pthread_mutex_lock(&lock);
	rc = syscall(SYS_pwritev, fd, iov, count, offset, 0);
	int error = errno;
	if (rc > 0) {
		char *all = malloc((size_t)rc);
		if (!all)
			give_up("out of memory");
		size_t at = 0;
		for (int i = 0; i < count && at < (size_t)rc; i++) {
			size_t n =
				(size_t)rc - at < iov[i].iov_len ? (size_t)rc - at : iov[i].iov_len;
			memcpy(all + at, iov[i].iov_base, n);
			at += n;
		}
		uint32_t write = add_write_locked(fd, (uint64_t)offset, all, (size_t)rc);
		free(all);
		if (now.dsync[fd])
			flush_write_locked(fd, write);
	}
	pthread_mutex_unlock(&lock);
	errno = error;
	return rc;
}

EXPORT ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	return do_pwritev(fd, iov, count, offset);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *iov, int count, off64_t offset)
{
	return do_pwritev(fd, iov, count, offset);
}

static ssize_t do_pwrite(int fd, const void *p, size_t n, off_t offset)
{
	struct iovec iov = { (void *)(uintptr_t)p, n };
	return do_pwritev(fd, &iov, 1, offset);
}

EXPORT ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return do_pwrite(fd, p, n, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	return do_pwrite(fd, p, n, offset);
}

// --- in place of libc's: sizes ---

static int do_truncate(int fd, off_t size)
{
	if (!is_ours(fd))
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	int rc = (int)syscall(SYS_ftruncate, fd, size);
	int error = errno;
	if (rc == 0)
		(void)add_locked((struct event){
			.kind = EVENT_SIZE, .ino = now.ino[fd], .n = (uint64_t)size });
	pthread_mutex_unlock(&lock);
	errno = error;
	return rc;
}

EXPORT int ftruncate(int fd, off_t size)
{
	return do_truncate(fd, size);
}

EXPORT int ftruncate64(int fd, off64_t size)
{
	return do_truncate(fd, size);
}

// Blocks are taken for granted: what may be lost is the size.
static int do_fallocate(int fd, int mode, off_t offset, off_t n)
{
	struct stat st;
	if (fstat(fd, &st))
		return -1;
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (offset < st.st_size)
			give_up("a hole was punched into a file, which is not recorded");
		return 0;
	}
	if (mode & FALLOC_FL_KEEP_SIZE || offset + n <= st.st_size)
		return 0;
	return do_truncate(fd, offset + n);
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t n)
{
	return do_fallocate(fd, mode, offset, n);
}

EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t n)
{
	return do_fallocate(fd, mode, offset, n);
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t n)
{
	return do_fallocate(fd, 0, offset, n) ? errno : 0;
}

EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t n)
{
	return do_fallocate(fd, 0, offset, n) ? errno : 0;
}

// --- in place of libc's: what it lies on ---

static int do_statfs(int fd, struct statfs *st)
{
	int rc = (int)syscall(SYS_fstatfs, fd, st);
	if (rc == 0 && is_ours(fd))
		st->f_type = EXT4_SUPER_MAGIC; // whose rules the disks are made up by
	return rc;
}

EXPORT int fstatfs(int fd, struct statfs *st)
{
	return do_statfs(fd, st);
}

EXPORT int fstatfs64(int fd, struct statfs64 *st)
{
	return do_statfs(fd, (struct statfs *)st); // the same on 64-bit machines
}

// --- in place of libc's: flushes ---

static int do_sync(int fd)
{
	if (!is_ours(fd))
		return now.hurry ? 0 : (int)syscall(SYS_fdatasync, fd);
	pthread_mutex_lock(&lock);
	uint64_t ino = now.ino[fd];
	uint32_t begin = add_locked((struct event){ .kind = EVENT_SYNC_BEGIN, .ino = ino });
	pthread_mutex_unlock(&lock);
	(void)usleep(now.sync_us); // shorter is fine
	pthread_mutex_lock(&lock);
	(void)add_locked((struct event){ .kind = EVENT_SYNC_END, .ino = ino, .begin = begin });
	pthread_mutex_unlock(&lock);
	return 0;
}

EXPORT int fsync(int fd)
{
	return do_sync(fd);
}

EXPORT int fdatasync(int fd)
{
	return do_sync(fd);
}

// Promises nothing about metadata, nor that the disk's own cache is flushed: counts for nothing.
EXPORT int sync_file_range(int fd, off64_t offset, off64_t n, unsigned flags)
{
	(void)fd, (void)offset, (void)n, (void)flags;
	return 0;
}

EXPORT int msync(void *p, size_t n, int flags)
{
	(void)p, (void)n, (void)flags;
	if (now.record)
		give_up("something is written through a mapping, which is not recorded");
	return 0;
}

// RocksDB names its threads, for which glibc looks into /proc: of a process with such entries, the kernel takes a millisecond to let go.
EXPORT int pthread_setname_np(pthread_t thread, const char *name)
{
	(void)thread, (void)name;
	return 0;
}
