// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <stdio.h>

// With --config the file was read, and its faults told, before this runs.
int cmd_config(struct cli *c)
{
	struct buf text = { 0 };
	if (c->word_count)
		return cli_usage(
			"config takes no words; a file is checked with --config %s", c->words[0]);
	if (c->config_file) {
		printf("%s: no faults\n", c->config_file);
		return EXIT_FINE;
	}
	config_print_help(&text);
	fwrite(text.p, 1, text.n, stdout);
	buf_done(&text);
	return EXIT_FINE;
}
