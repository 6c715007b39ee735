// SPDX-License-Identifier: Apache-2.0
// A rule holds for a folder and what is beneath it, or for one file, and stays with it when another takes its name; none takes a right back that one above
// gives. So what this process writes lies in folders of its own, DATA/store and DATA/run, and on DATA itself it has no right at all: it can neither read nor
// write DATA/auth, where the password hashes are, nor move or link them to where it could.
//
// For the same reason no folder may be read that has a secret somewhere beneath it: then only single files in it are (secret_beneath()).
#include "server/confine.h"

#include "base/attr.h"
#include "base/log.h"
#include "base/whole.h"
#include "net/address.h"
#include "run/sandbox.h"
#include "server/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS_MAX (32 + CONFIG_LISTENERS_MAX)

struct list {
	struct op *op;
	struct sandbox_path paths[PATHS_MAX];
	size_t n;
	int rc;
	const char *secrets
		[3]; // the key, the migrated users' hashes, the folder of the others: as they really are called; NULL: none
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

// Who took over a server of an earlier version, which could change names in DATA, may have given the folder of the hashes the name of one that is read now.
static void refuse_foreign(struct list *l, const char *path)
{
	static const char *const names[] = { "users", "learned", "secret" }; // of DATA/auth
	int fd = l->rc == 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct stat st;
	for (size_t i = 0; fd >= 0 && l->rc == 0 && i < countof(names); i++)
		if (fstatat(fd, names[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			l->rc = op_fail(l->op, RC_CORRUPT,
				"%s has a file %s, which belongs in DATA/auth: somebody moved it "
				"here",
				path, names[i]);
	if (fd >= 0)
		close(fd);
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
		refuse_foreign(l, path);
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

static const char *real_name(struct op *op, const char *path)
{
	char *real = path ? realpath(path, NULL) : NULL;
	const char *name = real ? arena_str(&op->arena, span_str(real)) : NULL;
	free(real);
	return name;
}

// One that is, or may be, beneath the folder.
static const char *secret_beneath(const struct list *l, const char *folder)
{
	const char *real = real_name(l->op, folder);
	if (!real)
		return NULL; // it is not there
	struct span above = span_str(real);
	for (size_t i = 0; i < countof(l->secrets); i++) {
		struct span secret = l->secrets[i] ? span_str(l->secrets[i]) : SPAN("");
		if (span_starts(secret, above) &&
			(above.n == 1 || secret.n == above.n || secret.p[above.n] == '/'))
			return l->secrets[i];
	}
	return NULL;
}

// A folder that is read as a whole where that shows nobody's secret, else only these in it.
static void add_folder(
	struct list *l, const char *folder, unsigned rights, const char *const *names, size_t n)
{
	if (!secret_beneath(l, folder)) {
		add(l, folder, rights);
		return;
	}
	for (size_t i = 0; i < n && l->rc == 0; i++) {
		struct buf b = { 0 };
		buf_addf(&b, "%s/%s", folder, names[i]);
		const char *path = b.failed ? NULL : arena_str(&l->op->arena, buf_span(&b));
		buf_done(&b);
		const char *secret = path ? secret_beneath(l, path) : NULL;
		if (secret)
			log_warn("server",
				"%s lies where this process, which talks to strangers, looks for "
				"other files: it cannot read those, nor it",
				secret);
		else
			add(l, path, rights);
	}
}

// The folder of a socket: it goes away with its listener.
static void add_socket(struct list *l, struct span path)
{
	struct sandbox_path some[2];
	(void)sandbox_replaced(l->op, path.p, some); // the first: where it seems to be
	const char *secret = some[0].path ? secret_beneath(l, some[0].path) : NULL;
	if (secret)
		log_warn("server",
			"%s: this process, which talks to strangers, may remove all files beneath "
			"%s, and so %s: give the socket a folder of its own",
			path.p, some[0].path, secret);
	add(l, some[0].path, SANDBOX_SOCKET);
}

// What connecting to the relay reads: the resolver's files, when it is a name, and the authorities of its certificate. The resolver's are replaced
// while we run (DHCP), so their folder is better; a file that is named alone is what it was at the start.
static void add_relay(struct list *l, const struct config *c)
{
	static const char *const resolver[] = { "resolv.conf", "hosts", "nsswitch.conf",
		"host.conf", "gai.conf", "services" };
	static const char *const authorities[] = { "certs", "cert.pem", "openssl.cnf" };
	static const char *const others[] = { "/usr/share/ca-certificates",
		"/usr/local/share/ca-certificates" };
	struct sandbox_path some[2];
	if (!address_is_numeric(c->relay.host)) {
		add_folder(l, "/etc", SANDBOX_READ, resolver, countof(resolver));
		if (sandbox_replaced(l->op, "/etc/resolv.conf", some) == 2) // where the link leads
			add_folder(l, some[1].path, SANDBOX_READ, resolver, 1);
	}
	if (c->relay.ca) { // read once
		add(l, c->relay.ca, SANDBOX_READ);
		return;
	}
	add_folder(l, "/etc/ssl", SANDBOX_READ | SANDBOX_LIST, authorities, countof(authorities));
	add_folder(
		l, "/usr/lib/ssl", SANDBOX_READ | SANDBOX_LIST, authorities, countof(authorities));
	for (size_t i = 0; i < countof(others); i++)
		add_folder(l, others[i], SANDBOX_READ | SANDBOX_LIST, NULL, 0);
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
	l.secrets[0] = reads_key ? NULL : real_name(op, c->tls.key);
	l.secrets[1] = real_name(op, c->auth.passwd_file);
	l.secrets[2] = real_name(op, in_data(&l, c, "auth"));
	add_own(&l, c, "store", SANDBOX_FOLDER);
	add_own(&l, c, "run", SANDBOX_FOLDER | SANDBOX_SOCKET);
	add(&l, "/sys/devices", SANDBOX_READ); // RocksDB asks for the block size of its disk
	if (reads_key) {
		add_replaced(&l, c->tls.certificate);
		add_replaced(&l, c->tls.key);
		add_replaced(&l, c->tls.client_ca);
	}
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
