// SPDX-License-Identifier: Apache-2.0
// A rule holds for a folder and what is beneath it, or for one file, and stays with it when another takes its name. So the files that are
// replaced need their folder: DATA/volume is made anew in DATA, which is why names in DATA may be made and files there written, but not read: that is
// for log, index and run alone. So the password hashes in DATA/auth cannot be read, nor moved or linked to where they could.
#include "server/confine.h"

#include "base/attr.h"
#include "base/log.h"
#include "base/whole.h"
#include "net/address.h"
#include "run/sandbox.h"
#include "server/config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS_MAX (32 + CONFIG_LISTENERS_MAX)

struct list {
	struct op *op;
	struct sandbox_path paths[PATHS_MAX];
	size_t n;
	int rc;
};

static void add(struct list *l, const char *path, unsigned rights)
{
	if (l->rc == 0 && !path)
		l->rc = op_fail(l->op, RC_NOMEM, "out of memory");
	if (l->rc == 0 && l->n == PATHS_MAX)
		l->rc = op_fail(l->op, RC_LIMIT, "too many paths for the sandbox");
	if (l->rc == 0)
		l->paths[l->n++] = (struct sandbox_path){ path, rights };
}

static const char *in_data(struct list *l, const struct config *c, const char *name)
{
	struct buf b = { 0 };
	buf_addf(&b, "%s/%s", c->data, name);
	const char *path = b.failed ? NULL : arena_str(&l->op->arena, buf_span(&b));
	buf_done(&b);
	return path;
}

// A folder of the data folder, made when it is not there.
static void add_own(struct list *l, const struct config *c, const char *name, unsigned rights)
{
	const char *path = in_data(l, c, name);
	if (path && l->rc == 0) {
		if (mkdir(path, 0700) == 0)
			l->rc = whole_name_flush(l->op, path);
		else if (errno != EEXIST)
			l->rc = op_fail_errno(l->op, RC_IO, errno, "cannot make %s", path);
	}
	add(l, path, rights);
}

static void add_replaced(struct list *l, const char *path)
{
	struct sandbox_path some[2];
	size_t n = sandbox_replaced(l->op, path, some);
	for (size_t i = 0; i < n; i++)
		add(l, some[i].path, some[i].rights);
}

// The folder of a socket: it goes away with its listener.
static void add_socket(struct list *l, struct span path)
{
	struct sandbox_path some[2];
	(void)sandbox_replaced(l->op, path.p, some); // the first: where it seems to be
	add(l, some[0].path, SANDBOX_SOCKET);
}

static void add_lock(struct list *l, const struct config *c)
{
	const char *path = in_data(l, c, "lock");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd >= 0)
		close(fd);
	add(l, path, SANDBOX_READ | SANDBOX_WRITE);
}

// What connecting to the relay reads: the resolver's files, when it is a name, and the authorities of its certificate.
static void add_relay(struct list *l, const struct config *c)
{
	static const char *const authorities[] = { "/etc/ssl", "/usr/lib/ssl",
		"/usr/share/ca-certificates", "/usr/local/share/ca-certificates" };
	if (!address_is_numeric(c->relay.host))
		add_replaced(l,
			"/etc/resolv.conf"); // and with it /etc, where hosts and nsswitch.conf are
	add_replaced(l, c->relay.ca);
	for (size_t i = 0; !c->relay.ca && i < countof(authorities); i++)
		add(l, authorities[i], SANDBOX_READ | SANDBOX_LIST);
}

int confine_files(struct op *op, const struct config *c, bool reads_key)
{
	struct list l = { .op = op };
	if (!c->sandbox) {
		log_warn("server",
			"the sandbox is off (sandbox = no): who breaks into this process reaches "
			"all that its user may");
		return 0;
	}
	add(&l, c->data, SANDBOX_LIST | SANDBOX_WRITE | SANDBOX_NAMES);
	add_own(&l, c, "log", SANDBOX_FOLDER);
	add_own(&l, c, "index", SANDBOX_FOLDER);
	add_own(&l, c, "run", SANDBOX_FOLDER | SANDBOX_SOCKET);
	add_lock(&l, c);
	add(&l, in_data(&l, c, "volume"), SANDBOX_READ);
	add(&l, "/sys/devices", SANDBOX_READ); // RocksDB asks for the block size of its disk
	if (reads_key) {
		add_replaced(&l, c->tls.certificate);
		add_replaced(&l, c->tls.key);
	}
	add_replaced(&l, c->tls.client_ca);
	if (c->relay.host)
		add_relay(&l, c);
	for (size_t i = 0; i < c->listener_count; i++) {
		struct span address = span_str(c->listeners[i].address);
		if (span_starts(address, SPAN("unix:")))
			add_socket(&l, span_skip(address, 5));
	}
	return l.rc < 0 ? l.rc
			: sandbox_files(op, "server", l.paths, l.n,
				  c->relay.host ? SANDBOX_MAY_CONNECT : 0u);
}

int confine_calls(struct op *op, const struct config *c)
{
	unsigned process = SANDBOX_SERVE | (c->relay.host ? SANDBOX_RELAY : 0u);
	return c->sandbox ? sandbox_calls(op, "server", process) : 0;
}
