// SPDX-License-Identifier: Apache-2.0
// Made with libseccomp, which knows the numbers of each architecture; the filter is a binary tree, and the kernel remembers which calls it always
// allows, so that those cost next to nothing.
#include "run/sandbox.h"

#include "base/attr.h"
#include "base/log.h"
#include "run/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum row_kind { ROW_ALLOW, ROW_ALLOW_WITH, ROW_INTRUDER };
struct row {
	const char *name;
	enum row_kind kind;
	unsigned processes;
	struct condition {
		unsigned argument;
		uint64_t mask, value; // no mask: no condition
	} when[2];
};

static const struct row rows[] = {
#define S SANDBOX_SERVE +
#define R SANDBOX_RELAY +
#define A SANDBOX_AUTH +
#define K SANDBOX_KEYS +
#define P SANDBOX_SPAWNER +
#define CALL(name, processes, why) { #name, ROW_ALLOW, processes 0, { { 0 } } },
#define CALL_WITH(name, processes, argument, mask, value, why)                                     \
	{ #name, ROW_ALLOW_WITH, processes 0, { { argument, mask, value } } },
#define CALL_WITH_BOTH(name, processes, one, mask, value, other, other_mask, other_value, why)     \
	{ #name, ROW_ALLOW_WITH, processes 0,                                                      \
		{ { one, mask, value }, { other, other_mask, other_value } } },
#define INTRUDER(name, why) { #name, ROW_INTRUDER, 0, { { 0 } } },
#include "run/calls.def"
#undef S
#undef R
#undef A
#undef K
#undef P
};

static bool is_allowed(const char *name, unsigned processes)
{
	for (size_t i = 0; i < countof(rows); i++)
		if ((rows[i].processes & processes) &&
			span_eq(span_str(rows[i].name), span_str(name)))
			return true;
	return false;
}

// Whether a row without conditions allows it, too: then conditions would only be in the way.
static bool is_free(const char *name, unsigned processes)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].kind == ROW_ALLOW && (rows[i].processes & processes) &&
			span_eq(span_str(rows[i].name), span_str(name)))
			return true;
	return false;
}

static int row_add(scmp_filter_ctx filter, const struct row *row, unsigned processes)
{
	int call = seccomp_syscall_resolve_name(row->name), rc = 0;
	if (call == __NR_SCMP_ERROR)
		return 0;
	if (row->kind == ROW_INTRUDER) {
		if (!is_allowed(row->name, processes))
			rc = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0);
	} else if (row->processes & processes) {
		struct scmp_arg_cmp when[countof(row->when)];
		unsigned n = 0;
		for (size_t i = 0; i < countof(row->when); i++)
			if (row->when[i].mask)
				when[n++] = SCMP_CMP64(row->when[i].argument, SCMP_CMP_MASKED_EQ,
					row->when[i].mask, row->when[i].value);
		if (row->kind == ROW_ALLOW)
			rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
		else if (!is_free(row->name, processes))
			rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, n, when);
	}
	// A call that this architecture does not have; one that a row allowed already.
	return rc == -EDOM || rc == -EEXIST ? 0 : rc;
}

static int filter_fill(scmp_filter_ctx filter, unsigned processes)
{
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0) // calls of the machine's other ABIs
		rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); // older ones: slower
	(void)seccomp_attr_set(
		filter, SCMP_FLTATR_CTL_LOG, 1); // as far as the kernel is set to log
	for (size_t i = 0; i < countof(rows) && rc == 0; i++)
		rc = row_add(filter, &rows[i], processes);
	return rc;
}

int sandbox_calls(struct op *op, const char *who, unsigned processes)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot give up new privileges");
	if (prctl(PR_GET_SECCOMP) < 0) {
		log_warn(
			who, "this kernel has no seccomp: all its calls stay open to this process");
		return 0;
	}
	if (processes & SANDBOX_SPAWNER)
		processes |= SANDBOX_AUTH | SANDBOX_KEYS;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	if (!filter)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = filter_fill(filter, processes);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc < 0)
		return op_fail_errno(op, RC_NOPERM, -rc, "cannot restrict system calls");
#ifdef SANDBOX_SANITIZED
	log_info(who, "a build with sanitizers: processes and tracing stay allowed");
#endif
	return 0;
}

// The system call itself: two words, no library needed.
static int capabilities(struct op *op, uint32_t effective, uint32_t permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { effective, permitted, 0 }, { 0, 0, 0 } };
	if (syscall(SYS_capset, &header, data) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot drop capabilities");
	return 0;
}

int sandbox_capabilities(struct op *op, uint32_t bits)
{
	return capabilities(op, bits, bits);
}

static bool opens(const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0)
		return !path || errno != EACCES;
	close(fd);
	return true;
}

int sandbox_capabilities_reaching(struct op *op, const char *const *paths, size_t n, bool *ret_kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	if (geteuid() != 0) {
		*ret_kept = false;
		return sandbox_capabilities(op, 0);
	}
	if (syscall(SYS_capget, &header, data) != 0)
		return op_fail_errno(op, RC_NOPERM, errno, "cannot ask for capabilities");
	uint32_t read = data[0].permitted & 1u << CAP_DAC_READ_SEARCH;
	int rc = capabilities(op, 0, read); // what is effective decides
	bool all = true;
	for (size_t i = 0; rc == 0 && i < n; i++)
		all = all && opens(paths[i]);
	if (rc == 0)
		rc = sandbox_capabilities(op, all ? 0 : read);
	if (rc == 0)
		*ret_kept = !all && read;
	return rc;
}

void sandbox_no_dumps(void)
{
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 }); // lowering cannot fail
	(void)prctl(PR_SET_DUMPABLE, 0);
}
