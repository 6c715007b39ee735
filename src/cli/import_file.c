// SPDX-License-Identifier: Apache-2.0
// Files of a source. Root reads for somebody else: what lies in a user's Maildir is whatever he put there, so a symbolic link that leads out of the
// source (to /etc/shadow, to another's mail, to a device that acts when it is opened) is not followed for root.
#include "cli/import.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROC_PATH_MAX 64
#define LEADS_OUT "a link that leads out of the source, which root does not follow"

int import_root_find(struct op *op, const char *path, const char **ret_root)
{
	struct stat link, target;
	char real[PATH_MAX];
	if (lstat(path, &link) != 0 || stat(path, &target) != 0 || !realpath(path, real))
		return op_fail_errno(op, RC_NONEXISTENT, errno, "cannot read %s", path);
	if (S_ISLNK(link.st_mode) && link.st_uid != 0 && link.st_uid != target.st_uid)
		return op_fail(op, RC_NOPERM,
			"%s is a link of user %u to what belongs to user %u: root does not follow "
			"it",
			path, (unsigned)link.st_uid, (unsigned)target.st_uid);
	*ret_root = arena_str(&op->arena, span_str(real));
	return *ret_root ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

static bool is_inside(const char *proc_path, struct span root)
{
	char real[PATH_MAX];
	ssize_t n = readlink(proc_path, real, sizeof real);
	struct span name = span_of(real, n > 0 ? (size_t)n : 0);
	if (span_eq(root, SPAN("/")))
		return n > 0;
	return span_starts(name, root) && (name.n == root.n || name.p[root.n] == '/');
}

bool import_may_enter(struct importer *i, const char *path)
{
	char proc_path[PROC_PATH_MAX];
	const char *root = import_root(i);
	int place = root ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	(void)snprintf(proc_path, sizeof proc_path, "/proc/self/fd/%d", place); // fits
	bool may = !root || (place >= 0 && is_inside(proc_path, span_str(root)));
	if (place >= 0)
		close(place);
	if (!may)
		import_unreadable(i, path, "cannot be read: " LEADS_OUT);
	return may;
}

// Nothing is opened for reading before it is known what it is. -1: *ret_why says why not.
static int open_inside(const char *path, const char *root, const char **ret_why)
{
	char proc_path[PROC_PATH_MAX];
	struct stat st;
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
	*ret_why = NULL;
	if (place >= 0 && fstat(place, &st) == 0) {
		(void)snprintf(proc_path, sizeof proc_path, "/proc/self/fd/%d", place); // fits
		if (!S_ISREG(st.st_mode))
			*ret_why = "not a file";
		else if (!is_inside(proc_path, span_str(root)))
			*ret_why = LEADS_OUT;
		else
			fd = open(proc_path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 && !*ret_why)
		*ret_why = strerrordesc_np(errno);
	if (place >= 0)
		close(place);
	return fd;
}

// A FIFO would wait for a writer, but for O_NONBLOCK.
static int open_any(const char *path, const char **ret_why)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*ret_why = fd < 0 ? strerrordesc_np(errno) : "not a file";
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

int import_file_open(struct importer *i, const char *path, struct import_file *ret_file)
{
	struct stat st;
	const char *why, *root = import_root(i);
	int fd = root ? open_inside(path, root, &why) : open_any(path, &why);
	if (fd >= 0 && fstat(fd, &st) != 0) {
		why = strerrordesc_np(errno);
		close(fd);
		fd = -1;
	}
	if (fd < 0) {
		import_unreadable(i, path, "cannot be read: %s", why);
		return 1;
	}
	*ret_file = (struct import_file){
		.text = SPAN(""), .mtime = st.st_mtim.tv_sec, .mapped = (size_t)st.st_size
	};
	if (st.st_size) {
		void *p = mmap(NULL, ret_file->mapped, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			import_unreadable(i, path, "cannot be read: %s", strerrordesc_np(errno));
			close(fd);
			return 1;
		}
		ret_file->text = span_of(p, ret_file->mapped);
	}
	close(fd);
	return 0;
}

void import_file_close(struct import_file *f)
{
	if (f->mapped)
		(void)munmap((void *)(uintptr_t)f->text.p, f->mapped); // it was mapped
}
