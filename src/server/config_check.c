// SPDX-License-Identifier: Apache-2.0
#include "server/config_check.h"

#include "net/address.h"
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
	struct op *op;
	const struct config *config;
	const char *name;
	struct buf *faults;
	size_t count, unseen;
};

printf_like(3, 0) static void line(struct check *k, const char *key, const char *fmt, va_list ap)
{
	char text[512];
	(void)vsnprintf(text, sizeof text, fmt, ap); // may be cut
	buf_addf(k->faults, "%s: %s: %s\n", k->name, key, text);
}

static void fault(struct check *k, const char *key, const char *fmt, ...) printf_like(3, 4);
static void fault(struct check *k, const char *key, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	line(k, key, fmt, ap);
	va_end(ap);
	k->count++;
}

// What can be said by somebody else alone.
static void unseen(struct check *k, const char *key, const char *fmt, ...) printf_like(3, 4);
static void unseen(struct check *k, const char *key, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	line(k, key, fmt, ap);
	va_end(ap);
	k->unseen++;
}

static bool port_is_any(const char *address)
{
	const char *colon = strrchr(address, ':');
	return colon && strcmp(colon, ":0") == 0;
}

static void check_listeners(struct check *k)
{
	const struct config *c = k->config;
	for (size_t i = 0; i < c->listener_count; i++) {
		const struct config_listener *l = &c->listeners[i];
		struct address address;
		bool twice = false;
		for (size_t j = 0; j < i && !port_is_any(l->address); j++)
			twice |= strcmp(c->listeners[j].address, l->address) == 0;
		if (address_parse(k->op, l->address, &address) < 0)
			fault(k, "listen", "%s: %s", config_protocol_name(l->protocol),
				k->op->text);
		else if (twice)
			fault(k, "listen", "%s: %s is there twice",
				config_protocol_name(l->protocol), l->address);
	}
}

// Who asks need not be who may read it. True: this process may.
static bool check_file(struct check *k, const char *key, const char *path)
{
	struct stat st;
	if (!path)
		return false;
	int error = stat(path, &st) == 0 ? 0 : errno;
	if (!error && S_ISDIR(st.st_mode))
		fault(k, key, "%s is a folder", path);
	else if (error && error != EACCES)
		fault(k, key, "cannot read %s: %s", path, strerrordesc_np(error));
	else if (error)
		unseen(k, key, "whether %s is there cannot be seen by user %u", path,
			(unsigned)geteuid());
	else if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0)
		return S_ISREG(st.st_mode);
	else if (errno == EACCES)
		unseen(k, key, "%s cannot be read by user %u, and was not looked at", path,
			(unsigned)geteuid());
	else
		fault(k, key, "cannot read %s: %s", path, strerrordesc_np(errno));
	return false;
}

static void check_certificate(struct check *k)
{
	const char *untimely, *cert = k->config->tls.certificate, *key = k->config->tls.key;
	bool has_cert = check_file(k, "tls.certificate", cert),
	     has_key = check_file(k, "tls.key", key);
	if (!has_cert)
		return;
	if (tls_files_check(k->op, cert, has_key ? key : NULL, &untimely) < 0)
		fault(k, "tls", "%s", k->op->text);
	else if (untimely)
		fault(k, "tls.certificate", "%s: %s: clients will refuse it", cert, untimely);
}

static void check_pair(struct check *k, const char *one_key, const char *one, const char *other_key,
	const char *other)
{
	if (one && !other)
		fault(k, one_key, "%s is missing, they belong together", other_key);
	else if (other && !one)
		fault(k, other_key, "%s is missing, they belong together", one_key);
}

// "info@example.org=anna sales@example.org=bert"
static void check_senders(struct check *k)
{
	struct span rest = span_str(k->config->submission.senders), word, local, address;
	while (rest.n) {
		rest = span_trim(span_split(span_trim(rest), ' ', &word));
		struct span user = span_split(word, '=', &address);
		struct span domain = span_split(address, '@', &local);
		if (!user.n || !domain.n || !local.n)
			fault(k, "submission.senders", "%.*s: ADDRESS@DOMAIN=USER is expected",
				SPAN_FMT(word));
	}
}

size_t config_check(struct op *op, const struct config *c, const char *name, struct buf *faults,
	size_t *ret_unseen)
{
	struct check k = { .op = op, .config = c, .name = name, .faults = faults };
	check_listeners(&k);
	if (c->user && !getpwnam(c->user))
		fault(&k, "user", "there is no system user %s", c->user);
	check_pair(&k, "tls.certificate", c->tls.certificate, "tls.key", c->tls.key);
	check_pair(&k, "relay.user", c->relay.user, "relay.password_file", c->relay.password_file);
	check_certificate(&k);
	(void)check_file(&k, "tls.client_ca", c->tls.client_ca); // the server reads them
	(void)check_file(&k, "auth.passwd_file", c->auth.passwd_file);
	(void)check_file(&k, "relay.ca", c->relay.ca);
	(void)check_file(&k, "relay.password_file", c->relay.password_file);
	check_senders(&k);
	*ret_unseen = k.unseen;
	return k.count;
}
