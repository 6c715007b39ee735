// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "server/server.h"

int cmd_serve(struct cli *c)
{
	if (c->word_count)
		return cli_usage("serve takes no words, only options; not %s", c->words[0]);
	int status = cli_config(c);
	if (status)
		return status;
	int rc = server_run(&c->op, &c->config, c->program);
	return rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
}
