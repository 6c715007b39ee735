// SPDX-License-Identifier: Apache-2.0
// `starling COMMAND [words] [options]`: options may stand anywhere; "--name=value" and "--name value" are the same.
#include "auth/worker.h"
#include "base/log.h"
#include "cli/cli.h"
#include "net/tls_keys.h"
#include "run/spawner.h"
#include "server/privileges.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct command commands[] = {
	{ "serve",
		"serve [--config FILE] [--data DIR] [--listen PROTO=ADDRESS:PORT]... "
		"[--allow-plaintext]",
		"serve mail (PROTO: imap, imaps, pop3, pop3s, lmtp, submission, submissions)",
		cmd_serve },
	{ "user", "user add|passwd|list|del NAME [--password-stdin] [--with-mail]",
		"manage the users of the own user file", cmd_user },
	{ "import", "import PATH --user NAME [--mailbox BOX] [--uidl-format FORMAT]",
		"bring in an mbox, a Maildir, a Maildir++ or a folder of .eml files, told apart by "
		"itself, beside the running server or without; what is there already is passed "
		"over, so the same command goes on where it was stopped; with the unique-ids that "
		"POP3 clients know: X-UIDL of an mbox, Dovecot's "
		"of a "
		"Maildir (FORMAT: its pop3_uidl_format, if that is not the usual one)",
		cmd_import },
	{ "check", "check [--repair] [--quiet]",
		"verify the log, the index and every message; --repair: make the index again from "
		"the log where it is damaged, and cards from the messages",
		cmd_check },
	{ "backup",
		"backup DIR [--account NAME [--mailbox BOX]] [--final] [--rate MB] | backup "
		"list|verify DIR | backup prune DIR --keep N",
		"take a backup while the server runs, or look after the folder (docs/backup.md)",
		cmd_backup },
	{ "restore",
		"restore DIR [--backup N] [--account NAME [--mailbox BOX] [--into NAME] [--user "
		"NAME]] "
		"[--replace] [--despite-damage]",
		"bring back all mail, an account or a mailbox, beside the running server or "
		"without",
		cmd_restore },
	{ "spool", "spool list|try|remove NUMBER...",
		"mail that waits for the relay (relay.spool): show it, send it now, give it up and "
		"tell its senders",
		cmd_spool },
	{ "config", "config [--config FILE]", "check a configuration file, or list all its keys",
		cmd_config },
};

int cli_fail(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("starling: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return EXIT_FAULT;
}

int cli_fail_op(struct cli *c, int rc)
{
	return cli_fail("%s", op_text(&c->op, rc));
}

int cli_usage(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("starling: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return EXIT_USAGE;
}

static int help(void)
{
	puts("Starling, a mail store: keeps people's mail and gives every device the same view of "
	     "it.\n");
	for (size_t i = 0; i < countof(commands); i++)
		printf("  starling %s\n      %s\n", commands[i].usage, commands[i].help);
	puts("\nOptions of all: --data DIR (where the mail lies), --config FILE, --log-level "
	     "debug|info|warn|error");
	return EXIT_FINE;
}

// --- options ---

struct option_row {
	const char *name;
	const char *of; // the commands that know it; NULL: all
	bool takes_value;
	int (*set)(struct cli *c, const char *value); // 0 or a fault in c->op
};

static int set_config(struct cli *c, const char *v)
{
	c->config_file = v;
	return 0;
}
static int set_data(struct cli *c, const char *v)
{
	c->config.data = v;
	return 0;
}
static int set_listen(struct cli *c, const char *v)
{
	return config_add_listener(&c->op, &c->config, span_str(v));
}
static int set_plaintext(struct cli *c, const char *v)
{
	(void)v;
	c->config.allow_plaintext = true;
	return 0;
}
static int set_engine(struct cli *c, const char *v)
{
	c->config.engine = v;
	return 0;
}
static int set_level(struct cli *c, const char *v)
{
	c->config.log_level = v;
	return 0;
}
static int set_user(struct cli *c, const char *v)
{
	c->user = v;
	return 0;
}
static int set_mailbox(struct cli *c, const char *v)
{
	c->mailbox = v;
	return 0;
}
static int set_uidl_format(struct cli *c, const char *v)
{
	c->uidl_format = v;
	return 0;
}
static int set_account(struct cli *c, const char *v)
{
	c->account = v;
	return 0;
}
static int set_into(struct cli *c, const char *v)
{
	c->into = v;
	return 0;
}
static int set_number(struct cli *c, const char *v, uint64_t min, uint64_t max, uint64_t *to)
{
	return span_to_u64(span_str(v), max, to) && *to >= min
		? 0
		: op_fail(&c->op, RC_CONFIG, "%s is no number that may be", v);
}
static int set_keep(struct cli *c, const char *v)
{
	return set_number(c, v, 1, SIZE_MAX / 2, &c->keep);
}
static int set_backup(struct cli *c, const char *v)
{
	return set_number(c, v, 1, UINT64_MAX, &c->backup_number);
}
static int set_rate(struct cli *c, const char *v)
{
	c->rate_set = true;
	return set_number(c, v, 0, 1000000, &c->rate_mb);
}
static int set_final(struct cli *c, const char *v)
{
	(void)v;
	c->final = true;
	return 0;
}
static int set_replace(struct cli *c, const char *v)
{
	(void)v;
	c->replace = true;
	return 0;
}
static int set_despite(struct cli *c, const char *v)
{
	(void)v;
	c->despite_damage = true;
	return 0;
}
static int set_stdin(struct cli *c, const char *v)
{
	(void)v;
	c->password_stdin = true;
	return 0;
}
static int set_quiet(struct cli *c, const char *v)
{
	(void)v;
	c->quiet = true;
	return 0;
}
static int set_repair(struct cli *c, const char *v)
{
	(void)v;
	c->repair = true;
	return 0;
}
static int set_with_mail(struct cli *c, const char *v)
{
	(void)v;
	c->with_mail = true;
	return 0;
}

static const struct option_row options[] = {
	{ "config", NULL, true, set_config },
	{ "data", NULL, true, set_data },
	{ "listen", "serve", true, set_listen },
	{ "allow-plaintext", "serve", false, set_plaintext },
	{ "engine", NULL, true, set_engine }, // "memory" is for tests
	{ "log-level", NULL, true, set_level },
	{ "user", "import, restore", true, set_user },
	{ "mailbox", "import, backup, restore", true, set_mailbox },
	{ "uidl-format", "import", true, set_uidl_format },
	{ "account", "backup, restore", true, set_account },
	{ "final", "backup", false, set_final },
	{ "rate", "backup", true, set_rate }, // megabytes a second; 0: as fast as it can
	{ "keep", "backup", true, set_keep },
	{ "backup", "restore", true, set_backup }, // its number
	{ "into", "restore", true, set_into },
	{ "replace", "restore", false, set_replace },
	{ "despite-damage", "restore", false, set_despite },
	{ "password-stdin", "user", false, set_stdin },
	{ "quiet", NULL, false, set_quiet },
	{ "repair", "check", false, set_repair },
	{ "with-mail", "user", false, set_with_mail },
};

static bool command_among(const char *list, const char *command)
{
	struct span rest = span_str(list), one;
	while (rest.p) {
		rest = span_split(rest, ',', &one);
		if (span_eq(span_trim(one), span_str(command)))
			return true;
	}
	return false;
}

// One option; *at is its place in argv and moves over a value that is a word of its own.
static int option_read(struct cli *c, char **argv, int argc, int *at)
{
	struct span name, word = span_str(argv[*at] + 2);
	struct span value = span_split(word, '=', &name);
	for (size_t i = 0; i < countof(options); i++) {
		if (!span_eq(name, span_str(options[i].name)))
			continue;
		const char *text = value.p; // ends where the argument does
		if (options[i].takes_value && !text && *at + 1 < argc)
			text = argv[++*at];
		if (options[i].of && !command_among(options[i].of, c->command))
			return cli_usage("--%s is an option of %s, not of %s", options[i].name,
				options[i].of, c->command);
		if (options[i].takes_value ? !text || !*text : text != NULL)
			return cli_usage("--%s %s", options[i].name,
				options[i].takes_value ? "needs a value" : "takes no value");
		int rc = options[i].set(c, text);
		return rc < 0 ? cli_usage("%s", op_text(&c->op, rc)) : 0;
	}
	return cli_usage("unknown option --%.*s", SPAN_FMT(name));
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int words_read(struct cli *c, int argc, char **argv)
{
	bool only_words = false; // behind "--"
	for (int i = 0; i < argc; i++) {
		if (!only_words && span_eq(span_str(argv[i]), SPAN("--"))) {
			only_words = true;
		} else if (!only_words && is_help(argv[i])) {
			c->help = true;
		} else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
			int status = option_read(c, argv, argc, &i);
			if (status)
				return status;
		} else if (!only_words && argv[i][0] == '-') {
			// Taken for a word, "backup -x" would make a folder of that name.
			return cli_usage(
				"unknown option %s (a path that begins so: behind --)", argv[i]);
		} else if (c->word_count == (int)countof(c->words)) {
			return cli_usage("too many words");
		} else {
			c->words[c->word_count++] = argv[i];
		}
	}
	return 0;
}

static int level_set(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	for (size_t i = 0; i < countof(names); i++)
		if (span_eq(span_str(name), span_str(names[i]))) {
			log_level_set((enum log_level)i);
			return 0;
		}
	return cli_fail("log level %s: debug, info, warn or error is expected", name);
}

// The file is read first, the command line over it: so the words are read twice.
static int configure(struct cli *c, int argc, char **argv)
{
	config_defaults(&c->config);
	int status = words_read(c, argc, argv);
	if (status == 0 && c->config_file) {
		struct buf faults = { 0 };
		config_defaults(&c->config);
		int rc = config_load(&c->op, &c->config, c->config_file, &faults);
		if (rc < 0) {
			if (faults.n)
				fwrite(faults.p, 1, faults.n, stderr);
			status = cli_fail_op(c, rc);
		}
		buf_done(&faults);
		struct config_listener from_file[CONFIG_LISTENERS_MAX];
		size_t count = c->config.listener_count;
		memcpy(from_file, c->config.listeners, sizeof from_file);
		c->config.listener_count = 0;
		c->word_count = 0;
		if (status == 0)
			status = words_read(c, argc, argv);
		if (c->config.listener_count == 0) { // --listen replaces the file's list
			memcpy(c->config.listeners, from_file, sizeof from_file);
			c->config.listener_count = count;
		}
	}
	return status ? status : level_set(c->config.log_level);
}

int cli_config(struct cli *c)
{
	int rc = config_finish(&c->op, &c->config);
	// Whatever is written from here on is mail, passwords or keys.
	(void)umask(077);
	return rc < 0 ? cli_fail_op(c, rc) : 0;
}

// A mistyped folder must not pass for a store without faults, or for one whose backup is empty. One of both is enough: users may be added before the
// first start, and the check tells what it is when "volume" is lost.
static bool is_data_folder(struct cli *c)
{
	static const char *const names[] = { "volume", "auth" };
	struct stat st;
	bool is = false;
	int fd = open(c->config.data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; fd >= 0 && !is && i < countof(names); i++)
		is = fstatat(fd, names[i], &st, 0) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

static int config_beside(struct cli *c, bool make)
{
	int rc = config_data(&c->op, &c->config, make);
	(void)umask(077);
	if (rc == 0 && !make && !is_data_folder(c))
		return cli_fail("%s is no data folder of starling: it holds neither mail nor users",
			c->config.data);
	if (rc == 0)
		rc = privileges_as_owner(&c->op, c->config.data);
	return rc < 0 ? cli_fail_op(c, rc) : 0;
}

int cli_config_existing(struct cli *c)
{
	return config_beside(c, false);
}

int cli_config_beside(struct cli *c)
{
	return config_beside(c, true);
}

// With 0, 1 or 2 closed, the first files to be opened would get these numbers, and the log's lines would go into the mail.
static bool standard_files_open(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	static char program[PATH_MAX];
	if (!standard_files_open())
		return EXIT_FAULT;
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(AUTH_WORKER_COMMAND)))
		return auth_worker_main(argc - 1, argv + 1);
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(TLS_KEYS_COMMAND)))
		return tls_keys_main(argc - 1, argv + 1);
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(SPAWNER_COMMAND)))
		return spawner_main(argc - 1, argv + 1);
	if (argc < 2 || is_help(argv[1]) || strcmp(argv[1], "help") == 0)
		return help();
	if (span_eq(span_str(argv[1]), SPAN("--version"))) {
		puts("starling " STARLING_VERSION);
		return EXIT_FINE;
	}
	if (sodium_init() < 0)
		return cli_fail("libsodium cannot start");
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	struct cli c = { .program = n > 0 ? program : argv[0] };
	op_init(&c.op, 0);
	const struct command *command = NULL;
	for (size_t i = 0; i < countof(commands); i++)
		if (span_eq(span_str(argv[1]), span_str(commands[i].name)))
			command = &commands[i];
	c.command = argv[1];
	int status = command ? configure(&c, argc - 2, argv + 2)
			     : cli_usage("unknown command %s", argv[1]);
	if (command && status == 0 && c.help)
		printf("starling %s\n    %s\n", command->usage, command->help);
	else if (command && status == 0)
		status = command->run(&c);
	if (status == EXIT_FINE && (fflush(stdout) != 0 || ferror(stdout)))
		status = cli_fail("cannot write to standard output");
	if (status == EXIT_USAGE)
		fprintf(stderr, "usage: starling %s\n", command ? command->usage : "--help");
	op_done(&c.op);
	return status;
}
