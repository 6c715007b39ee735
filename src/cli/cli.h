// SPDX-License-Identifier: Apache-2.0
// Starling: the `starling` command. One row a subcommand (cli/main.c), one file each.
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "server/config.h"

// Exit statuses (sysexits.h where it has one).
enum { EXIT_FINE = 0, EXIT_FAULT = 1, EXIT_USAGE = 64 };

struct cli {
	struct op op;
	struct config config; // defaults, then --config, then the command line
	const char *program;  // path of the running program
	const char *command;  // its name
	bool help;            // --help: say how it is used, do nothing
	// Options that several commands know; NULL or false when not given.
	const char *config_file, *user, *mailbox, *uidl_format;
	const char *account, *into; // backup, restore
	uint64_t keep, rate_mb, backup_number;
	bool password_stdin, quiet, repair, with_mail, final, replace, despite_damage, rate_set;
	const char *words[16]; // what is not an option
	int word_count;
};
struct command {
	const char *name, *usage, *help;
	int (*run)(struct cli *c); // exit status
};

int cmd_serve(struct cli *c);
int cmd_user(struct cli *c);
int cmd_import(struct cli *c);
int cmd_check(struct cli *c);
int cmd_backup(struct cli *c);
int cmd_restore(struct cli *c);
int cmd_spool(struct cli *c);
int cmd_config(struct cli *c);

// Prints "starling: text" to standard error; returns EXIT_FAULT.
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
// The op's error.
int cli_fail_op(struct cli *c, int rc);
// Wrong words: prints what is wrong; returns EXIT_USAGE, on which main() shows how the command is used.
int cli_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
// Fills in the configuration's rest (config_finish). 0 or a fault that was printed (positive exit status).
int cli_config(struct cli *c);
// For commands beside the server: the data folder is made where there is none, and root becomes its owner. Status as above.
int cli_config_beside(struct cli *c);
// As cli_config_beside(), but makes no data folder where there is none: that is a fault, as is a folder that is no data folder.
int cli_config_existing(struct cli *c);

#endif
