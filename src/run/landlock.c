// SPDX-License-Identifier: Apache-2.0
// The system calls themselves: Debian's C library has no wrappers, and its kernel headers know fewer rights than kernels do. So the numbers of
// landlock.h (the kernel's interface, which never changes) stand here, each with the version of the interface that brought it.
#include "run/sandbox.h"

#include "base/attr.h"
#include "base/log.h"
#include "run/sandbox_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define VERSION_FLAG 1u // LANDLOCK_CREATE_RULESET_VERSION
#define RULE_PATH_BENEATH 1

#define FS(bit) (UINT64_C(1) << (bit))
enum { // bits of access to files
	BIT_EXECUTE,
	BIT_WRITE_FILE,
	BIT_READ_FILE,
	BIT_READ_DIR,
	BIT_REMOVE_DIR,
	BIT_REMOVE_FILE,
	BIT_MAKE_CHAR,
	BIT_MAKE_DIR,
	BIT_MAKE_REG,
	BIT_MAKE_SOCK,
	BIT_MAKE_FIFO,
	BIT_MAKE_BLOCK,
	BIT_MAKE_SYM,
	BIT_REFER,     // version 2
	BIT_TRUNCATE,  // 3
	BIT_IOCTL_DEV, // 5
};
#define NET_BIND_TCP 1u    // version 4
#define NET_CONNECT_TCP 2u // 4
#define SCOPE_ABSTRACT 1u  // 6
#define SCOPE_SIGNAL 2u    // 6

struct ruleset_attr {
	uint64_t fs, net, scoped;
};
struct path_attr {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));
static_assert(sizeof(struct path_attr) == 12, "as in landlock.h");

// What the C library and others open in every process.
static const struct sandbox_path of_libraries[] = {
	{ "/dev/null", SANDBOX_READ | SANDBOX_WRITE },
	{ "/dev/urandom", SANDBOX_READ },
	{ "/etc/localtime", SANDBOX_READ },
	{ "/usr/share/zoneinfo", SANDBOX_READ },
	{ "/proc/sys", SANDBOX_READ },               // malloc: overcommit; RocksDB: a UUID
	{ "/sys/devices/system/cpu", SANDBOX_READ }, // how many cores there are
#ifdef SANDBOX_SANITIZED
	{ "/proc", SANDBOX_READ | SANDBOX_LIST | SANDBOX_WRITE },
	{ "/usr", SANDBOX_READ | SANDBOX_LIST | SANDBOX_EXECUTE },
	{ "/lib", SANDBOX_READ | SANDBOX_LIST | SANDBOX_EXECUTE },
	{ "/lib64", SANDBOX_READ | SANDBOX_LIST | SANDBOX_EXECUTE },
	{ "/proc/self/exe", SANDBOX_READ | SANDBOX_EXECUTE },
#endif
};

// What a file that is no folder can be given.
#define FILE_ACCESS                                                                                \
	(FS(BIT_EXECUTE) | FS(BIT_WRITE_FILE) | FS(BIT_READ_FILE) | FS(BIT_TRUNCATE) |             \
		FS(BIT_IOCTL_DEV))

static uint64_t handled_files(long version)
{
	unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
	return FS(bits) - 1;
}

static uint64_t access_of(unsigned rights)
{
	static const uint64_t table[] = {
		FS(BIT_READ_FILE),
		FS(BIT_READ_DIR),
		FS(BIT_WRITE_FILE) | FS(BIT_TRUNCATE),
		FS(BIT_MAKE_REG) | FS(BIT_REMOVE_FILE) | FS(BIT_MAKE_DIR) | FS(BIT_REMOVE_DIR),
		FS(BIT_REFER),
		FS(BIT_MAKE_SOCK) | FS(BIT_REMOVE_FILE),
		FS(BIT_EXECUTE),
	};
	uint64_t access = 0;
	for (size_t i = 0; i < countof(table); i++)
		if (rights & 1u << i)
			access |= table[i];
	return access;
}

static int path_allow(struct op *op, int ruleset, const struct sandbox_path *path, uint64_t handled)
{
	struct path_attr rule = { .access = access_of(path->rights) & handled };
	int fd = path->path ? open(path->path, O_PATH | O_CLOEXEC) : -1;
	struct stat st;
	if (fd < 0)
		return 0; // what is not there, or not ours to see, is not allowed either
	int e = fstat(fd, &st) != 0 ? errno : 0;
	if (!e && !S_ISDIR(st.st_mode))
		rule.access &= FILE_ACCESS;
	rule.parent = fd;
	if (!e && rule.access &&
		syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
		e = errno;
	close(fd);
	return e ? op_fail_errno(op, RC_IO, e, "cannot keep %s in the sandbox", path->path) : 0;
}

static const char *folder_of(struct op *op, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return arena_str(&op->arena, span_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

size_t sandbox_replaced(struct op *op, const char *path, struct sandbox_path ret_paths[2])
{
	if (!path)
		return 0;
	ret_paths[0] = (struct sandbox_path){ folder_of(op, path), SANDBOX_READ };
	char *real = realpath(path, NULL);
	if (!real)
		return 1;
	ret_paths[1] = (struct sandbox_path){ folder_of(op, real), SANDBOX_READ };
	free(real);
	return 2;
}

int sandbox_files(
	struct op *op, const char *who, const struct sandbox_path *paths, size_t n, unsigned bits)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);
	if (version < 1) {
		log_warn(who,
			"this kernel has no Landlock (error %d): files outside of the data folder "
			"are kept from this process by their owners and modes alone",
			errno);
		return 0;
	}
	struct ruleset_attr attr = { .fs = bits & SANDBOX_ONLY_EXECUTE ? FS(BIT_EXECUTE)
								       : handled_files(version) };
	size_t size = sizeof attr.fs; // as much of it as the kernel knows
	if (version >= 4) {
		attr.net = NET_BIND_TCP | (bits & SANDBOX_MAY_CONNECT ? 0 : NET_CONNECT_TCP);
		size += sizeof attr.net;
	}
	if (version >= 6) {
		attr.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
		size += sizeof attr.scoped;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot give up new privileges");
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot make a Landlock ruleset");
	int rc = 0;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = path_allow(op, ruleset, &paths[i], attr.fs);
	for (size_t i = 0; i < countof(of_libraries) && rc == 0; i++)
		rc = path_allow(op, ruleset, &of_libraries[i], attr.fs);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = op_fail_errno(op, RC_NOPERM, errno, "cannot enter the Landlock sandbox");
	close(ruleset);
	if (rc == 0)
		log_debug(who, "Landlock version %ld restricts files%s", version,
			version >= 4 ? " and TCP" : "");
	return rc;
}
