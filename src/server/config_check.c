// SPDX-License-Identifier: Apache-2.0
#include "server/config_check.h"

#include "net/address.h"

#include <errno.h>
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
	size_t count;
};

static void fault(struct check *k, const char *key, const char *fmt, ...) printf_like(3, 4);
static void fault(struct check *k, const char *key, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // may be cut
	va_end(ap);
	buf_addf(k->faults, "%s: %s: %s\n", k->name, key, text);
	k->count++;
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

// Who asks need not be who may read it: that it is there is what can be said.
static void check_file(struct check *k, const char *key, const char *path)
{
	struct stat st;
	if (!path)
		return;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		fault(k, key, "%s is a folder", path);
	else if (access(path, F_OK) != 0 && errno != EACCES)
		fault(k, key, "cannot read %s: %s", path, strerrordesc_np(errno));
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

size_t config_check(struct op *op, const struct config *c, const char *name, struct buf *faults)
{
	struct check k = { op, c, name, faults, 0 };
	check_listeners(&k);
	if (c->user && !getpwnam(c->user))
		fault(&k, "user", "there is no system user %s", c->user);
	check_pair(&k, "tls.certificate", c->tls.certificate, "tls.key", c->tls.key);
	check_pair(&k, "relay.user", c->relay.user, "relay.password_file", c->relay.password_file);
	check_file(&k, "tls.certificate", c->tls.certificate);
	check_file(&k, "tls.key", c->tls.key);
	check_file(&k, "tls.client_ca", c->tls.client_ca);
	check_file(&k, "auth.passwd_file", c->auth.passwd_file);
	check_file(&k, "relay.ca", c->relay.ca);
	check_file(&k, "relay.password_file", c->relay.password_file);
	check_senders(&k);
	return k.count;
}
