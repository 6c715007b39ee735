// SPDX-License-Identifier: Apache-2.0
// `starling user add|passwd|list|del`: the own user file. It may be changed while the server runs: the auth process notices.
#include "auth/users.h"
#include "cli/cli.h"
#include "base/limits.h"
#include "mail/account.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { SIGNALS = 4 };

static struct span without_end(struct span line)
{
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

// One line without its line end; false at end of file.
static bool line_read(FILE *f, char *line, size_t size, struct span *ret_line)
{
	size_t n = 0;
	int c = 0;
	// Not fgets(): it does not tell of NULs, and one would cut the password short.
	while (n < size && (c = getc(f)) != EOF) {
		line[n++] = (char)c;
		if (c == '\n')
			break;
	}
	if (n == 0 || (c == EOF && ferror(f)))
		return false;
	*ret_line = without_end(span_of(line, n));
	return true;
}

static void interrupted(int signal)
{
	(void)signal; // only so that the waiting ends, and the terminal is put right
}

// Waits for a line on the terminal. False when a signal would have ended us: those are blocked but in here, so none comes too early.
static bool line_wait(int tty, const sigset_t *open_mask)
{
	struct pollfd p = { .fd = tty, .events = POLLIN };
	return ppoll(&p, 1, NULL, open_mask) == 1;
}

static bool prompt_quietly(
	int tty, const char *text, char *line, size_t size, struct span *ret_line)
{
	static const int numbers[SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction mine = { .sa_handler = interrupted }, before[SIGNALS];
	sigset_t blocked, open_mask;
	sigemptyset(&blocked);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&blocked, numbers[i]);
	(void)sigprocmask(SIG_BLOCK, &blocked, &open_mask); // cannot fail
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(numbers[i], &mine, &before[i]); // cannot fail
	struct termios old, quiet;
	bool is_quiet = tcgetattr(tty, &old) == 0;
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (is_quiet)
		(void)tcsetattr(tty, TCSAFLUSH, &quiet); // else it is echoed
	(void)!write(tty, text, strlen(text));           // shown or not, the answer counts
	ssize_t n = line_wait(tty, &open_mask) ? read(tty, line, size) : -1;
	if (is_quiet)
		(void)tcsetattr(tty, TCSAFLUSH, &old);
	(void)!write(tty, "\n", 1); // the one that was typed was not echoed
	for (size_t i = 0; i < SIGNALS; i++)
		(void)sigaction(numbers[i], &before[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &open_mask, NULL);
	if (n <= 0)
		return false;
	*ret_line = without_end(span_of(line, (size_t)n));
	return true;
}

static bool prompt(const char *text, char *line, size_t size, struct span *ret_line)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0)
		return false;
	bool done = prompt_quietly(tty, text, line, size, ret_line);
	close(tty);
	return done;
}

static int password_read(const struct cli *c, char *line, size_t size, struct span *ret_password)
{
	char again_line[PASSWORD_MAX + 2];
	struct span again;
	if (c->password_stdin)
		return line_read(stdin, line, size, ret_password)
			? 0
			: cli_fail("no password on standard input");
	if (!prompt("Password: ", line, size, ret_password))
		return cli_fail(
			"no password was typed; where there is no terminal, use --password-stdin");
	bool same = prompt("Again: ", again_line, sizeof again_line, &again) &&
		span_eq(*ret_password, again);
	sodium_memzero(again_line, sizeof again_line);
	return same ? 0 : cli_fail("the passwords differ");
}

static int user_set(struct cli *c, struct span name, bool create)
{
	char line[PASSWORD_MAX + 2];
	struct span password, canonical;
	int rc = user_name_canonical(&c->op, name, &canonical); // before anybody types a password
	int status = rc < 0 ? cli_fail_op(c, rc) : password_read(c, line, sizeof line, &password);
	if (status == 0) {
		rc = users_file_set(&c->op, c->config.data, name, password, create, !create);
		status = rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
	}
	sodium_memzero(line, sizeof line);
	return status;
}

static int print_name(void *ctx, const struct user *user)
{
	(void)ctx;
	printf("%.*s\n", SPAN_FMT(user->name));
	return 0;
}

static int mail_delete(struct cli *c, struct span name)
{
	struct store_config config = { .engine = c->config.engine, .dir = c->config.volume };
	struct store *store = NULL;
	struct mail *mail = NULL;
	struct span canonical;
	int rc = user_name_canonical(&c->op, name, &canonical);
	if (rc == 0)
		rc = store_relocate(&c->op, c->config.data, c->config.volume, true);
	if (rc == 0)
		rc = store_open(&c->op, &config, &store);
	if (rc == RC_LOCKED)
		return cli_fail(
			"the server is running: stop it to delete mail, or leave --with-mail out");
	if (rc == 0)
		rc = mail_open(&c->op, store, &(struct mail_config){ 0 }, &mail);
	if (rc == 0)
		rc = account_delete(&c->op, mail, canonical);
	mail_close(mail);
	store_close(store);
	return rc < 0 && rc != RC_NONEXISTENT ? cli_fail_op(c, rc) : 0;
}

static int user_delete(struct cli *c, struct span name)
{
	int rc = users_file_remove(&c->op, c->config.data, name);
	if (rc < 0 && !(rc == RC_NONEXISTENT && c->with_mail))
		return cli_fail_op(c, rc);
	return c->with_mail ? mail_delete(c, name) : EXIT_FINE;
}

int cmd_user(struct cli *c)
{
	struct span verb = span_str(c->word_count ? c->words[0] : "");
	bool is_list = span_eq(verb, SPAN("list"));
	if (c->word_count != (is_list ? 1 : 2))
		return cli_usage("user add|passwd|del NAME, or user list");
	int status = span_eq(verb, SPAN("add")) ? cli_config_beside(c) : cli_config_existing(c);
	if (status)
		return status;
	if (is_list) {
		int rc = users_file_each(&c->op, c->config.data, print_name, NULL);
		return rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
	}
	struct span name = span_str(c->words[1]);
	if (span_eq(verb, SPAN("add")))
		return user_set(c, name, true);
	if (span_eq(verb, SPAN("passwd")))
		return user_set(c, name, false);
	if (span_eq(verb, SPAN("del")))
		return user_delete(c, name);
	return cli_usage("user %s: add, passwd, list or del is expected", c->words[0]);
}
