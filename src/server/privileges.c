// SPDX-License-Identifier: Apache-2.0
// Capabilities are set by the system call itself: two words, no library needed.
#include "server/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int capabilities_set(struct op *op, uint32_t low)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { low, low, 0 }, { 0, 0, 0 } };
	if (syscall(SYS_capset, &header, data) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot drop capabilities");
	return 0;
}

int privileges_drop(struct op *op, const char *user, const char *data)
{
	if (geteuid() != 0 || !user)
		return 0;
	const struct passwd *pw = getpwnam(user); // one thread yet
	if (!pw)
		return op_fail(op, RC_CONFIG, "there is no system user %s", user);
	struct stat st;
	if (stat(data, &st) == 0 && st.st_uid == 0 && pw->pw_uid != 0 &&
		chown(data, pw->pw_uid, pw->pw_gid) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot give %s to %s", data, user);
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || initgroups(user, pw->pw_gid) != 0 ||
		setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot become %s", user);
	return capabilities_set(op, 1u << CAP_NET_BIND_SERVICE);
}

int privileges_drop_rest(struct op *op)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot give up new privileges");
	return geteuid() == 0 ? 0 : capabilities_set(op, 0);
}
