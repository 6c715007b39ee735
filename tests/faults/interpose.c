// SPDX-License-Identifier: Apache-2.0
// Calls that fail when a test says so, inside of a real server (LD_PRELOAD): memory, and the system calls on regular files, RocksDB's own
// as well. The test shares a page with it, the file named by STARLING_FAULTS (tests/faults/faults.py has the same list of words):
//     word 0 pid: the process that is meant, 0: none, all ones: the next that loads this    1 kind: which calls count
//          2 countdown: the nth of them fails, 0: none
//          3 errno to fail with, DIES: to end with       4 lasting: from the nth on all of them fail
//          5 how many were made to fail                  6 octets left on the disk, all ones: no end
//          7 seconds that the real-time clock is off     8 the caller of the last one that failed
//          16 + kind: how many calls of that kind there were
// Only descriptors above 2 that are regular files count: sockets and the log are left alone. Two names of each call, with and without
// "64": RocksDB is built with the one, we with the other.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	PID,
	KIND,
	COUNTDOWN,
	ERRNO,
	LASTING,
	INJECTED,
	SPACE,
	SHIFT,
	CALLER,
	SEEN = 16,
	WORDS = 64
};
enum { DIES = 9999 }; // in place of an errno: the process ends
enum {
	CALL_MEMORY = 1,
	CALL_WRITE,
	CALL_SYNC,
	CALL_READ,
	CALL_CREATE, // a file is opened for writing or made
	CALL_ALLOCATE,
	CALL_RENAME,
	CALL_UNLINK,
	CALL_MAP,
	CALL_THREAD,
	CALL_CHANGE = 15, // any that changes the file system: a read-only one
};

static _Atomic uint64_t *words;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t align, size_t n);

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("STARLING_FAULTS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *p = mmap(NULL, WORDS * sizeof *words, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	words = p;
	uint64_t next = UINT64_MAX;
	(void)atomic_compare_exchange_strong(&words[PID], &next, (uint64_t)getpid());
}

static bool is_meant(void)
{
	return words && words[PID] && words[PID] == (uint64_t)getpid();
}

// Whether this call fails: errno is set then.
static bool fails(uint64_t kind, bool changes, void *caller)
{
	if (!is_meant())
		return false;
	words[SEEN + kind]++;
	bool counts = words[KIND] == kind || (words[KIND] == CALL_CHANGE && changes);
	uint64_t left = counts ? words[COUNTDOWN] : 0;
	while (left > 1 && !atomic_compare_exchange_weak(&words[COUNTDOWN], &left, left - 1))
		;
	if (left != 1)
		return false;
	if (!words[LASTING] && !atomic_compare_exchange_strong(&words[COUNTDOWN], &left, 0))
		return false;
	words[INJECTED]++;
	words[CALLER] = (uintptr_t)caller;
	if (words[ERRNO] == DIES)
		__builtin_trap(); // as at a crash: without the call, and nothing after it
	errno = (int)words[ERRNO];
	return true;
}
#define FAILS(kind) fails((kind), false, __builtin_return_address(0))
#define FAILS_CHANGING(kind) fails((kind), true, __builtin_return_address(0))

static bool is_file(int fd)
{
	int saved = errno;
	struct stat64 st;
	bool file = fd > 2 && is_meant() && fstat64(fd, &st) == 0 && S_ISREG(st.st_mode);
	errno = saved;
	return file;
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}
#define REAL(name) ((__typeof__(&name))real(#name))

// --- the disk's space: what makes a file longer takes of it, what is unlinked gives it back ---

static bool space_take(int fd, off64_t end)
{
	struct stat64 st;
	if (words[SPACE] == UINT64_MAX || fstat64(fd, &st) || end <= st.st_size)
		return true;
	uint64_t more = (uint64_t)(end - st.st_size), left = words[SPACE];
	do {
		if (left < more) {
			words[INJECTED]++;
			errno = ENOSPC;
			return false;
		}
	} while (!atomic_compare_exchange_weak(&words[SPACE], &left, left - more));
	return true;
}

static bool may_write(int fd, off64_t offset, size_t n, void *caller)
{
	if (!is_file(fd))
		return true;
	if (fails(CALL_WRITE, true, caller))
		return false;
	if (offset < 0)
		offset = lseek64(fd, 0, SEEK_CUR);
	return space_take(fd, offset + (off64_t)n);
}

// --- memory ---

void *malloc(size_t n)
{
	return FAILS(CALL_MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return FAILS(CALL_MEMORY) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return FAILS(CALL_MEMORY) ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t align, size_t n)
{
	return FAILS(CALL_MEMORY) ? NULL : __libc_memalign(align, n);
}

int posix_memalign(void **to, size_t align, size_t n)
{
	int saved = errno;
	void *p = FAILS(CALL_MEMORY) ? NULL : __libc_memalign(align, n);
	errno = saved; // it is returned
	if (p)
		*to = p;
	return p ? 0 : ENOMEM;
}

// --- writing ---

static size_t vectors_size(const struct iovec *iov, int count)
{
	size_t n = 0;
	for (int i = 0; i < count; i++)
		n += iov[i].iov_len;
	return n;
}

#define CALLER_ __builtin_return_address(0)

ssize_t write(int fd, const void *p, size_t n)
{
	return may_write(fd, -1, n, CALLER_) ? REAL(write)(fd, p, n) : -1;
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return may_write(fd, -1, vectors_size(iov, count), CALLER_) ? REAL(writev)(fd, iov, count)
								    : -1;
}

#define PWRITE(name, off)                                                                          \
	ssize_t name(int fd, const void *p, size_t n, off at)                                      \
	{                                                                                          \
		return may_write(fd, at, n, CALLER_) ? REAL(name)(fd, p, n, at) : -1;              \
	}
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, off)                                                                         \
	ssize_t name(int fd, const struct iovec *iov, int count, off at)                           \
	{                                                                                          \
		return may_write(fd, at, vectors_size(iov, count), CALLER_)                        \
			? REAL(name)(fd, iov, count, at)                                           \
			: -1;                                                                      \
	}
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

int fdatasync(int fd)
{
	return is_file(fd) && FAILS(CALL_SYNC) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
	return fd > 2 && FAILS(CALL_SYNC) ? -1 : REAL(fsync)(fd);
}

// --- reading ---

ssize_t read(int fd, void *p, size_t n)
{
	return is_file(fd) && FAILS(CALL_READ) ? -1 : REAL(read)(fd, p, n);
}

#define PREAD(name, off)                                                                           \
	ssize_t name(int fd, void *p, size_t n, off at)                                            \
	{                                                                                          \
		return is_file(fd) && FAILS(CALL_READ) ? -1 : REAL(name)(fd, p, n, at);            \
	}
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define MMAP(name, off)                                                                            \
	void *name(void *at, size_t n, int protection, int flags, int fd, off offset)              \
	{                                                                                          \
		return is_file(fd) && FAILS(CALL_MAP)                                              \
			? MAP_FAILED                                                               \
			: REAL(name)(at, n, protection, flags, fd, offset);                        \
	}
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

// --- names and sizes ---

static bool creates(int flags)
{
	return flags & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC);
}

static unsigned mode_of(int flags, va_list *ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(*ap, unsigned) : 0;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		unsigned mode = mode_of(flags, &ap);                                               \
		va_end(ap);                                                                        \
		return creates(flags) && FAILS_CHANGING(CALL_CREATE)                               \
			? -1                                                                       \
			: REAL(name)(path, flags, mode);                                           \
	}
OPEN(open)
OPEN(open64)

#define ALLOCATE(name, off)                                                                        \
	int name(int fd, off at, off n)                                                            \
	{                                                                                          \
		int saved = errno;                                                                 \
		bool good = !is_file(fd) ||                                                        \
			(!FAILS_CHANGING(CALL_ALLOCATE) && space_take(fd, at + n));                \
		int error = good ? REAL(name)(fd, at, n) : errno;                                  \
		errno = saved; /* it is returned */                                                \
		return error;                                                                      \
	}
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define FALLOCATE(name, off)                                                                       \
	int name(int fd, int mode, off at, off n)                                                  \
	{                                                                                          \
		if (is_file(fd) &&                                                                 \
			(FAILS_CHANGING(CALL_ALLOCATE) ||                                          \
				(!(mode & FALLOC_FL_KEEP_SIZE) && !space_take(fd, at + n))))       \
			return -1;                                                                 \
		return REAL(name)(fd, mode, at, n);                                                \
	}
FALLOCATE(fallocate, off_t)
FALLOCATE(fallocate64, off64_t)

#define TRUNCATE(name, off)                                                                        \
	int name(int fd, off n)                                                                    \
	{                                                                                          \
		return is_file(fd) && FAILS_CHANGING(CALL_ALLOCATE) ? -1 : REAL(name)(fd, n);      \
	}
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to)
{
	return FAILS_CHANGING(CALL_RENAME) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
	struct stat64 st;
	if (FAILS_CHANGING(CALL_UNLINK))
		return -1;
	uint64_t n = is_meant() && stat64(path, &st) == 0 ? (uint64_t)st.st_size : 0;
	int rc = REAL(unlink)(path);
	if (rc == 0 && n && words[SPACE] != UINT64_MAX)
		words[SPACE] += n;
	return rc;
}

#define STATVFS(name, type)                                                                        \
	int name(const char *path, struct type *to)                                                \
	{                                                                                          \
		int rc = REAL(name)(path, to);                                                     \
		if (rc == 0 && is_meant() && words[SPACE] != UINT64_MAX)                           \
			to->f_bavail = to->f_bfree = words[SPACE] / to->f_frsize;                  \
		return rc;                                                                         \
	}
STATVFS(statvfs, statvfs)
STATVFS(statvfs64, statvfs64)

// --- threads and clocks ---

int pthread_create(pthread_t *id, const pthread_attr_t *how, void *(*run)(void *), void *arg)
{
	return FAILS(CALL_THREAD) ? EAGAIN : REAL(pthread_create)(id, how, run, arg);
}

int clock_gettime(clockid_t id, struct timespec *to)
{
	int rc = REAL(clock_gettime)(id, to);
	if (rc == 0 && id == CLOCK_REALTIME && is_meant())
		to->tv_sec += (time_t)words[SHIFT];
	return rc;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	int rc = REAL(gettimeofday)(to, zone);
	if (rc == 0 && is_meant())
		to->tv_sec += (time_t)words[SHIFT];
	return rc;
}

time_t time(time_t *to)
{
	time_t now = REAL(time)(NULL) + (is_meant() ? (time_t)words[SHIFT] : 0);
	if (to)
		*to = now;
	return now;
}
