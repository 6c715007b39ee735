// SPDX-License-Identifier: Apache-2.0
// hold: idle connections, as many as --count says or as the machine lets one process have: each is logged in, has the mailbox
// selected and idles. Says `held N WHY` once they stand (WHY: what ended it before --count; the last few are closed again then, so
// that there is room for those who measure), and keeps them until its standard input ends. One client does it all in turn and
// gives its socket away, so that a connection costs us nothing but that.
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SPARE 16u

struct held {
	int fd;
	SSL *ssl; // never freed: it lives as long as we do
};

static void raise_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r); // fewer are held then, and we say why
	}
}

static int idle_one(struct client *c, const struct options *o, uint64_t number)
{
	char text[300];
	struct answer a;
	(void)snprintf(text, sizeof text, "%s%u", o->prefix,
		o->first_user + (unsigned)(number % o->users));
	if (client_open(c, &o->to) || client_login(c, text, o->password))
		return -1;
	(void)snprintf(text, sizeof text, "SELECT %s", o->mailbox);
	if (client_do(c, text, &a) || client_do(c, "IDLE", &a))
		return -1;
	return a.goes_on ? 0 : -1;
}

int hold_run(const struct options *o)
{
	struct client c = { .fd = -1 };
	struct held *kept = calloc(o->count, sizeof *kept);
	uint64_t held = 0;
	raise_limit();
	while (kept && held < o->count && idle_one(&c, o, held) == 0) {
		kept[held++] = (struct held){ .fd = c.fd, .ssl = c.ssl };
		c.ssl = NULL;
		c.fd = -1;
	}
	bool ended = held < o->count;
	for (unsigned i = 0; ended && i < SPARE && held > 0; i++)
		(void)close(kept[--held].fd); // nothing to lose
	client_hang_up(&c);
	(void)printf("held %llu %s\n", (unsigned long long)held, ended ? c.trouble : "");
	(void)fflush(stdout);
	char byte;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	_exit(0); // the kernel closes thousands of sockets faster than we would
}
