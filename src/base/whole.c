// SPDX-License-Identifier: Apache-2.0
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int write_all(struct op *op, const char *path, struct span text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return op_fail_errno(op, RC_IO, errno, "cannot write %s", path);
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text = span_skip(text, (size_t)n);
	}
	int e = text.n ? errno : fsync(fd) != 0 ? errno : 0;
	close(fd);
	return e ? op_fail_errno(op, e == ENOSPC ? RC_NOSPACE : RC_IO, e, "cannot write %s", path)
		 : 0;
}

int whole_name_flush(struct op *op, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct span above = slash == path ? SPAN("/")
		: slash                   ? span_of(path, (size_t)(slash - path))
					  : SPAN(".");
	char *dir = arena_str(&op->arena, above);
	if (!dir)
		return op_fail(op, RC_NOMEM, "out of memory");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return 0;
	bool bad = fd < 0 || fsync(fd) != 0;
	int e = errno;
	if (fd >= 0)
		close(fd);
	return bad ? op_fail_errno(op, RC_IO, e, "cannot flush the folder of %s", path) : 0;
}

int whole_file_write(struct op *op, const char *path, struct span text)
{
	size_t n = strlen(path);
	char *fresh = arena_bytes(&op->arena, n + sizeof ".new");
	if (!fresh)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(fresh, path, n);
	memcpy(fresh + n, ".new", sizeof ".new");
	int rc = write_all(op, fresh, text);
	if (rc == 0 && rename(fresh, path) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot rename %s", fresh);
	return rc ? rc : whole_name_flush(op, path);
}
