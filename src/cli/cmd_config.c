// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "server/config_check.h"

#include <stdio.h>

// The file was read, and faults of its syntax told, before this runs.
static int check(struct cli *c)
{
	struct buf faults = { 0 };
	size_t unseen, count = config_check(&c->op, &c->config, c->config_file, &faults, &unseen);
	if (faults.n)
		fwrite(faults.p, 1, faults.n, stderr);
	buf_done(&faults);
	if (count)
		return cli_fail("the configuration has faults");
	printf("%s: no faults%s\n", c->config_file, unseen ? " in what may be looked at" : "");
	return EXIT_FINE;
}

int cmd_config(struct cli *c)
{
	struct buf text = { 0 };
	if (c->word_count)
		return cli_usage(
			"config takes no words; a file is checked with --config %s", c->words[0]);
	if (c->config_file)
		return check(c);
	config_print_help(&text);
	fwrite(text.p, 1, text.n, stdout);
	buf_done(&text);
	return EXIT_FINE;
}
