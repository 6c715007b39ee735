// SPDX-License-Identifier: Apache-2.0
#include "store/local/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#define VECTORS_MAX 1024u // of one system call: IOV_MAX of Linux
#define ZEROS 65536u

static int fault(const struct files *f, enum file_call call, size_t *n)
{
	size_t none = 0;
	return f && f->fault ? f->fault(f->ctx, call, n ? n : &none) : 0;
}

int file_open(const struct files *f, const char *path, int flags, int *ret_fd)
{
	int error = fault(f, FILE_OPEN, NULL);
	if (error)
		return error;
	int fd;
	do
		fd = open(path, flags | O_CLOEXEC, 0600);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno;
	*ret_fd = fd;
	return 0;
}

// Where a mapping shows at once what was written past the page cache. Others say that they do, too; of these it is known.
static bool mapping_follows(int fd)
{
	struct statfs st;
	return fstatfs(fd, &st) == 0 &&
		(st.f_type == EXT4_SUPER_MAGIC || st.f_type == XFS_SUPER_MAGIC);
}

int file_open_direct(const struct files *f, const char *path, int *ret_fd)
{
	int error = file_open(f, path, O_RDWR | O_DSYNC | O_DIRECT, ret_fd);
	if (error || mapping_follows(*ret_fd))
		return error;
	(void)close(*ret_fd); // nothing was written
	return EINVAL;
}

// Drops n bytes from the front of the vectors; returns how many vectors are used up.
static size_t vectors_skip(struct iovec *iov, size_t count, size_t n)
{
	size_t i = 0;
	while (i < count && n >= iov[i].iov_len)
		n -= iov[i++].iov_len;
	if (n) {
		iov[i].iov_base = (char *)iov[i].iov_base + n;
		iov[i].iov_len -= n;
	}
	return i;
}

int file_writev(const struct files *f, int fd, struct iovec *iov, size_t count, uint64_t offset)
{
	while (count) {
		size_t some = count < VECTORS_MAX ? count : VECTORS_MAX;
		size_t n = 0;
		for (size_t i = 0; i < some; i++)
			n += iov[i].iov_len;
		size_t allowed = n;
		int error = fault(f, FILE_WRITE, &allowed);
		if (error)
			return error;
		ssize_t wrote = allowed < n
			? pwrite(fd, iov->iov_base, allowed < iov->iov_len ? allowed : iov->iov_len,
				  (off_t)offset)
			: pwritev(fd, iov, (int)some, (off_t)offset);
		if (wrote < 0 && errno != EINTR)
			return errno;
		if (wrote == 0 && n)
			return EIO; // no file does this
		if (wrote > 0) {
			size_t used = vectors_skip(iov, some, (size_t)wrote);
			iov += used;
			count -= used;
			offset += (uint64_t)wrote;
		} else if (n == 0) {
			count -= some;
			iov += some;
		}
	}
	return 0;
}

int file_write(const struct files *f, int fd, struct span bytes, uint64_t offset)
{
	// iov_base is not const in the system's interface; pwritev only reads.
	struct iovec iov = { (void *)(uintptr_t)bytes.p, bytes.n };
	return file_writev(f, fd, &iov, 1, offset);
}

int file_write_direct(const struct files *f, int fd, struct span units, uint64_t offset)
{
	while (units.n) {
		size_t n = units.n;
		int error = fault(f, FILE_WRITE, &n);
		if (error)
			return error;
		n = n < FILE_UNIT ? FILE_UNIT : n & ~(size_t)(FILE_UNIT - 1);
		ssize_t wrote = pwrite(fd, units.p, n, (off_t)offset);
		if (wrote < 0 && errno != EINTR)
			return errno;
		if (wrote >= 0 && wrote < (ssize_t)FILE_UNIT)
			return EIO; // no file does this
		if (wrote > 0) {
			size_t whole = (size_t)wrote & ~(size_t)(FILE_UNIT - 1);
			units = span_skip(units, whole);
			offset += whole;
		}
	}
	return fault(f, FILE_SYNC, NULL); // which each of the writes was, too
}

int file_fill(const struct files *f, int fd, uint64_t from, uint64_t to)
{
	static const _Alignas(FILE_UNIT) char zeros[ZEROS]; // aligned for O_DIRECT
	struct iovec iov[16];
	while (from < to) {
		size_t n = 0;
		int count = 0;
		int error = fault(f, FILE_FILL, NULL);
		if (error)
			return error;
		for (; count < 16 && from + n < to; count++) {
			size_t some = to - from - n < ZEROS ? (size_t)(to - from - n) : ZEROS;
			// iov_base is not const in the system's interface; pwritev only reads.
			iov[count] = (struct iovec){ (void *)(uintptr_t)zeros, some };
			n += some;
		}
		ssize_t wrote = pwritev(fd, iov, count, (off_t)from);
		if (wrote < 0 && errno != EINTR)
			return errno;
		if (wrote >= 0 && wrote < (ssize_t)FILE_UNIT)
			return EIO; // no file does this
		if (wrote > 0)
			from += (uint64_t)wrote & ~(uint64_t)(FILE_UNIT - 1);
	}
	return 0;
}

int file_read(const struct files *f, int fd, char *to, size_t n, uint64_t offset, size_t *ret_n)
{
	size_t got = 0;
	while (got < n) {
		size_t want = n - got;
		int error = fault(f, FILE_READ, &want);
		if (error)
			return error;
		ssize_t r = pread(fd, to + got, want, (off_t)(offset + got));
		if (r < 0 && errno != EINTR)
			return errno;
		if (r == 0)
			break;
		if (r > 0)
			got += (size_t)r;
	}
	*ret_n = got;
	return 0;
}

int file_sync(const struct files *f, int fd)
{
	int error = fault(f, FILE_SYNC, NULL);
	if (error)
		return error;
	return fdatasync(fd) ? errno : 0; // never repeated: a second success would prove nothing
}

int file_sync_dir(const struct files *f, const char *path)
{
	int fd;
	int error = file_open(f, path, O_RDONLY | O_DIRECTORY, &fd);
	if (error)
		return error;
	error = fault(f, FILE_SYNC, NULL);
	if (!error && fsync(fd))
		error = errno;
	(void)close(fd); // nothing was written through it
	return error;
}

int file_allocate(const struct files *f, int fd, uint64_t size)
{
	int error = fault(f, FILE_ALLOCATE, NULL);
	return error ? error : posix_fallocate(fd, 0, (off_t)size);
}

int file_truncate(const struct files *f, int fd, uint64_t size)
{
	int error = fault(f, FILE_TRUNCATE, NULL);
	if (error)
		return error;
	return ftruncate(fd, (off_t)size) ? errno : 0;
}

int file_unlink(const struct files *f, const char *path)
{
	int error = fault(f, FILE_UNLINK, NULL);
	if (error)
		return error;
	return unlink(path) && errno != ENOENT ? errno : 0;
}

int file_rename(const struct files *f, const char *from, const char *to)
{
	int error = fault(f, FILE_RENAME, NULL);
	if (error)
		return error;
	return rename(from, to) ? errno : 0;
}

int file_map(const struct files *f, int fd, size_t size, char **ret_map)
{
	int error = fault(f, FILE_MAP, NULL);
	if (error)
		return error;
	void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return errno;
	*ret_map = p;
	return 0;
}
