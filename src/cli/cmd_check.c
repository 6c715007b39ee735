// SPDX-License-Identifier: Apache-2.0
// `starling check`: verifies the log, the index and every mailbox and message, offline or, read-only, beside a running server.
// Exit status 0: nothing found; 1: something was.
#include "cli/cli.h"

#include "mail/check.h"
#include "store/store.h"

#include <stdio.h>

struct findings {
	struct cli *cli;
	uint64_t count;
};

static void print_finding(void *ctx, const struct store_finding *f)
{
	struct findings *found = ctx;
	found->count++;
	printf("%s\n", f->text);
	if (f->owner.partition)
		printf("  account %llu, mailbox %u, UID %u\n",
			(unsigned long long)f->owner.partition, f->owner.mailbox, f->owner.uid);
}

static int check_mail(
	struct cli *c, struct store *store, struct findings *found, uint64_t *ret_messages)
{
	struct mail *mail;
	int rc = mail_open(&c->op, store, &(struct mail_config){ .given_up = true }, &mail);
	if (rc < 0)
		return rc;
	rc = mail_check(&c->op, mail, print_finding, found, ret_messages);
	mail_close(mail);
	return rc;
}

int cmd_check(struct cli *c)
{
	if (c->word_count)
		return cli_usage("check takes no words, only options; not %s", c->words[0]);
	int status = cli_config_existing(c);
	if (status)
		return status;
	struct store_config config = { .engine = c->config.engine, .dir = c->config.data };
	struct findings found = { .cli = c };
	struct store *store = NULL;
	uint64_t frames = 0, messages = 0;
	int rc = store_open(&c->op, &config, &store);
	bool online = rc == RC_LOCKED; // a server runs: read beside it
	if (online) {
		config.read_only = true;
		rc = store_open(&c->op, &config, &store);
	}
	if (rc == 0)
		rc = store_check(&c->op, store, print_finding, &found, &frames);
	if (rc == 0)
		rc = check_mail(c, store, &found, &messages);
	store_close(store);
	if (rc < 0)
		return cli_fail_op(c, rc);
	if (!c->quiet)
		printf("%llu frames of the log and %llu messages checked%s, %llu faults found\n",
			(unsigned long long)frames, (unsigned long long)messages,
			online ? " beside the running server" : "",
			(unsigned long long)found.count);
	return found.count ? EXIT_FAULT : EXIT_FINE;
}
