// SPDX-License-Identifier: Apache-2.0
// Starling: the file calls of the local engine, in one place so that tests can make them fail. Each returns 0 or an errno. Interrupted
// and short calls are continued. `files` may be NULL: nothing is injected.
#ifndef STORE_LOCAL_FILE_H
#define STORE_LOCAL_FILE_H

#include "base/span.h"

#include <sys/uio.h>

enum file_call {
	FILE_OPEN,
	FILE_WRITE,
	FILE_READ,
	FILE_SYNC,
	FILE_ALLOCATE,
	FILE_TRUNCATE,
	FILE_UNLINK,
	FILE_RENAME,
	FILE_MAP,
	FILE_FILL,
};
#define FILE_UNIT 4096u // of direct writes: octets and addresses are multiples of it
// Asked before each system call: an errno to fail with, or 0; may make *n (bytes to read or write) smaller.
struct files {
	int (*fault)(void *ctx, enum file_call call, size_t *n);
	void *ctx;
};

int file_open(const struct files *f, const char *path, int flags,
	int *ret_fd); // mode 0600, close-on-exec
// For writing past the page cache what others read through a mapping. EINVAL where that cannot be.
int file_open_direct(const struct files *f, const char *path, int *ret_fd);
// Writes all of the vectors; they are used up.
int file_writev(const struct files *f, int fd, struct iovec *iov, size_t count, uint64_t offset);
int file_write(const struct files *f, int fd, struct span bytes, uint64_t offset);
// Writes whole units of aligned memory through a descriptor of file_open_direct(): on the disk when it returns.
int file_write_direct(const struct files *f, int fd, struct span units, uint64_t offset);
// Reads up to n bytes; fewer only at the end of the file.
int file_read(const struct files *f, int fd, char *to, size_t n, uint64_t offset, size_t *ret_n);
// Writes zeros; both offsets are multiples of FILE_UNIT.
int file_fill(const struct files *f, int fd, uint64_t from, uint64_t to);
int file_sync(const struct files *f, int fd); // fdatasync
int file_sync_dir(const struct files *f, const char *path);
int file_allocate(const struct files *f, int fd, uint64_t size); // blocks and length
int file_truncate(const struct files *f, int fd, uint64_t size);
int file_unlink(const struct files *f, const char *path); // 0 also when it does not exist
int file_rename(const struct files *f, const char *from, const char *to);
int file_map(const struct files *f, int fd, size_t size, char **ret_map); // shared, read-only

#endif
