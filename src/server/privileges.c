// SPDX-License-Identifier: Apache-2.0
#include "server/privileges.h"

#include "base/log.h"
#include "run/sandbox.h"

#include <errno.h>
#include <fts.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Gives root's files of a tree that is root's altogether to the user; symbolic links are not followed.
static int tree_give(struct op *op, const char *data, const struct passwd *pw)
{
	char *paths[] = { arena_str(&op->arena, span_str(data)), NULL };
	FTS *tree = paths[0] ? fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL) : NULL;
	if (!tree)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot read %s", data);
	int rc = 0;
	// What is in a folder first, the folder after it: until the end nobody else can change names in it.
	for (FTSENT *e; rc == 0 && (e = fts_read(tree));)
		if (e->fts_info != FTS_D && e->fts_statp->st_uid == 0 &&
			lchown(e->fts_path, pw->pw_uid, pw->pw_gid) != 0)
			rc = op_fail_errno(op, RC_NOPERM, errno, "cannot give %s to %s",
				e->fts_path, pw->pw_name);
	fts_close(tree);
	return rc;
}

// Keeps capabilities, but they are not effective.
static int become_owner(struct op *op, const char *data)
{
	struct stat st;
	if (geteuid() != 0 || stat(data, &st) != 0 || st.st_uid == 0)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setgroups(0, NULL) != 0 || setgid(st.st_gid) != 0 ||
		setuid(st.st_uid) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot become the owner of %s", data);
	return 0;
}

int privileges_as_owner(struct op *op, const char *data)
{
	bool root = geteuid() == 0;
	int rc = become_owner(op, data);
	return rc || !root || geteuid() == 0 ? rc
					     : sandbox_capabilities(op, 1u << CAP_DAC_READ_SEARCH);
}

// Binding ports is for ourselves; reading any file also for the processes that are started: an ambient capability outlives execve().
static int capabilities_set(struct op *op, uint32_t all, uint32_t inherited)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { all, all, inherited }, { 0, 0, 0 } };
	if (syscall(SYS_capset, &header, data) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot drop capabilities");
	return 0;
}

static int no_new_privileges(struct op *op)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
		? 0
		: op_fail_errno(op, RC_NOPERM, errno, "cannot give up new privileges");
}

// Before threads and processes exist: it is a matter of each, and inherited.
static int rights_keep(struct op *op)
{
	const uint32_t read = 1u << CAP_DAC_READ_SEARCH;
	int rc = no_new_privileges(op);
	if (rc == 0)
		rc = capabilities_set(op, read | 1u << CAP_NET_BIND_SERVICE, read);
	if (rc == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) != 0)
		rc = op_fail_errno(op, RC_NOPERM, errno, "cannot drop capabilities");
	return rc;
}

static int become_user(struct op *op, const char *user, const char *data)
{
	const struct passwd *pw = getpwnam(user); // one thread yet
	if (!pw)
		return op_fail(op, RC_CONFIG, "there is no system user %s", user);
	struct stat st;
	if (stat(data, &st) == 0 && st.st_uid == 0 && pw->pw_uid != 0) {
		int rc = tree_give(op, data, pw);
		if (rc < 0)
			return rc;
	}
	if (prctl(PR_SET_KEEPCAPS, 1) != 0 || initgroups(user, pw->pw_gid) != 0 ||
		setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot become %s", user);
	return rights_keep(op);
}

int privileges_drop(struct op *op, const char *user, const char *data)
{
	if (geteuid() != 0)
		return 0;
	if (user)
		return become_user(op, user, data);
	int rc = become_owner(op, data);
	if (rc == 0 && geteuid() != 0)
		return rights_keep(op);
	if (rc == 0)
		log_info("server",
			"this process stays root, without root's rights: a system user of its own "
			"is better (`user`)");
	return rc;
}

// Of root's capabilities the others go here as well: a socket of the file system may have had to be made in somebody's folder. A program that it starts
// gets no more than we have, since there are no new privileges.
int privileges_drop_binding(struct op *op)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const uint32_t read = 1u << CAP_DAC_READ_SEARCH;
	if (syscall(SYS_capget, &header, data) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot ask for capabilities");
	int rc = geteuid() == 0 ? no_new_privileges(op) : 0;
	return rc ? rc : capabilities_set(op, data[0].permitted & read, data[0].inheritable & read);
}

int privileges_drop_rest(struct op *op, const char *data)
{
	bool kept = false;
	int rc = sandbox_capabilities_reaching(op, &data, 1, &kept);
	if (kept)
		log_warn("server",
			"%s can be reached with the right to read any file alone: this process "
			"keeps it",
			data);
	return rc;
}
