// SPDX-License-Identifier: Apache-2.0
// `starling check`: verifies the log, the index and every mailbox and message, offline or, read-only, beside a running server; with --repair
// it then sets right what can be, and looks again. Exit status 0: nothing found, or nothing left; 1: something was.
//
// Each step runs in a process of its own: what RocksDB reads from a damaged disk may end it, and that is a finding, too. Nothing damaged is
// thrown away: an index is kept beside the new one, frames of the log stay where they are. What a repair does, in this order, each step whole
// before the next: the index (from the log), changes behind damage in the log that the index does not have, the cards (from the messages), a checkpoint (so that the log does not need its damaged part).
#include "cli/cli.h"

#include "mail/check.h"
#include "mail/mend.h"
#include "mail/repair.h"
#include "store/live.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// What a step found, in memory that its process shares with this one.
struct outcome {
	uint64_t findings, frames, messages;
	bool opened, online;
	bool log_bad, index_bad;
	int rc; // why it could not go on
};
struct findings {
	struct outcome *out;
	struct live_set hurt;
};

static void print_finding(void *ctx, const struct store_finding *f)
{
	struct findings *found = ctx;
	found->out->findings++;
	printf("%s\n", f->text);
}

// Of the store: it knows as whose the message came in; whose it is now is told with the mail.
static void print_damage(void *ctx, const struct store_finding *f)
{
	struct findings *found = ctx;
	if (f->kind == FINDING_HARMLESS) {
		printf("harmless: %s\n", f->text);
		return;
	}
	print_finding(ctx, f);
	if (f->owner.partition)
		printf("  came in as account %llu, mailbox %u, UID %u\n",
			(unsigned long long)f->owner.partition, f->owner.mailbox, f->owner.uid);
	if (f->blob_id)
		live_add(&found->hurt, f->blob_id);
	found->out->log_bad |= f->kind == FINDING_LOG;
	found->out->index_bad |= f->kind == FINDING_INDEX;
}

static struct store_config store_config_of(const struct cli *c)
{
	return (struct store_config){ .engine = c->config.engine, .dir = c->config.volume };
}

static int check_mail(struct cli *c, struct store *store, struct findings *found)
{
	struct mail *mail;
	int rc = mail_open(&c->op, store, &(struct mail_config){ .given_up = true }, &mail);
	if (rc < 0)
		return rc;
	rc = mail_check_hurt(
		&c->op, mail, &found->hurt, print_finding, found, &found->out->messages);
	mail_close(mail);
	return rc;
}

static int open_somehow(struct cli *c, struct outcome *out, struct store **ret_store)
{
	struct store_config config = store_config_of(c);
	int rc = store_open(&c->op, &config, ret_store);
	out->online = rc == RC_LOCKED; // a server runs: read beside it
	if (out->online) {
		config.read_only = true;
		rc = store_open(&c->op, &config, ret_store);
	}
	out->opened = rc == 0;
	return rc;
}

static int step_check(struct cli *c, struct outcome *out)
{
	struct findings found = { .out = out };
	struct store *store = NULL;
	int rc = open_somehow(c, out, &store);
	if (rc == 0)
		rc = store_check(&c->op, store, print_damage, &found, &out->frames);
	if (rc == 0 && found.hurt.failed)
		rc = op_fail(&c->op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = check_mail(c, store, &found);
	store_close(store);
	live_done(&found.hurt);
	return rc;
}

static int step_index(struct cli *c, struct outcome *out)
{
	struct store_config config = store_config_of(c);
	struct store *store;
	const char *aside;
	(void)out;
	int rc = store_rebuild(&c->op, &config, &store, &aside);
	if (rc)
		return rc;
	printf("the index was made again from the log; what was there is kept in %s\n", aside);
	store_close(store);
	return 0;
}

static void print_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("%s\n", line);
}

static int step_mend(struct cli *c, struct outcome *out)
{
	struct store_config config = store_config_of(c);
	struct mend_counts did;
	int rc = mail_mend(&c->op, &config, print_line, NULL, &did);
	// A check that ended before its time may not have seen it.
	out->log_bad = out->log_bad || rc == 0;
	if (rc == 0)
		printf("what is whole behind the damage was brought in: %llu accounts have lost "
		       "nothing, %llu later changes, %llu maybe their last; %llu messages were "
		       "filed anew, %llu are lost\n",
			(unsigned long long)did.whole, (unsigned long long)did.hurt,
			(unsigned long long)did.unsure, (unsigned long long)did.filed,
			(unsigned long long)did.lost);
	return rc == MEND_NOTHING ? 0 : rc;
}

static int step_cards(struct cli *c, struct outcome *out)
{
	struct store_config config = store_config_of(c);
	struct store *store;
	struct repaired did;
	int rc = store_open(&c->op, &config, &store);
	if (rc)
		return rc;
	rc = mail_repair(&c->op, store, &did);
	if (rc == 0 && (did.cards || did.records))
		printf("%llu cards of messages were made again\n", (unsigned long long)did.cards);
	if (rc == 0 && out->log_bad) // of the check: the log must not need what is damaged
		rc = store_checkpoint(&c->op, store);
	store_close(store);
	return rc;
}

static int wait_for(struct cli *c, pid_t child)
{
	int status;
	pid_t got;
	do
		got = waitpid(child, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return op_fail_errno(&c->op, RC_IO, errno, "cannot wait for a process");
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// Runs a step in a process of its own. 0: it ended by itself, with out->rc; else the signal that ended it, or a fault.
static int run_step(
	struct cli *c, struct outcome *out, int (*step)(struct cli *c, struct outcome *out))
{
	fflush(stdout); // or both would write it
	pid_t child = fork();
	if (child < 0)
		return op_fail_errno(&c->op, RC_UNAVAILABLE, errno, "cannot start a process");
	if (child > 0)
		return wait_for(c, child);
	out->rc = step(c, out);
	if (out->rc < 0)
		(void)cli_fail_op(c, out->rc); // printed here: the text is of this process
	fflush(stdout);
	_exit(0);
}

static int crashed(struct outcome *out, int signal_number)
{
	printf("the check was ended by signal %d (%s): what it was reading is damaged\n",
		signal_number, strsignal(signal_number));
	out->findings++;
	return 0;
}

static int check_all(struct cli *c, struct outcome *out)
{
	*out = (struct outcome){ 0 };
	int rc = run_step(c, out, step_check);
	if (rc > 0) {
		out->index_bad = true;
		return crashed(out, rc);
	}
	if (rc == 0 && out->rc == RC_CORRUPT) {
		out->findings++; // it is printed
		out->index_bad = true;
		return 0;
	}
	// An index that lacks files is found when it is opened, and that is an input/output error.
	if (rc == 0 && out->rc == RC_IO && !out->opened)
		out->index_bad = true;
	if (rc < 0)
		(void)cli_fail_op(c, rc);
	return rc ? rc : out->rc;
}

static int repair_step(
	struct cli *c, struct outcome *out, int (*step)(struct cli *c, struct outcome *out))
{
	out->rc = 0;
	int rc = run_step(c, out, step);
	if (rc > 0)
		return cli_fail("the repair was ended by signal %d (%s)", rc, strsignal(rc));
	if (rc < 0)
		return cli_fail_op(c, rc);
	return out->rc ? EXIT_FAULT : EXIT_FINE;
}

static int repair(struct cli *c, struct outcome *out)
{
	if (out->online)
		return cli_fail("--repair needs the volume for itself: stop the server first");
	int status = out->index_bad ? repair_step(c, out, step_index) : EXIT_FINE;
	if (status == EXIT_FINE)
		status = repair_step(c, out, step_mend);
	if (status == EXIT_FINE)
		status = repair_step(c, out, step_cards);
	return status;
}

static int tell(const struct cli *c, const struct outcome *out)
{
	if (!c->quiet)
		printf("%llu frames of the log and %llu messages checked%s, %llu faults found\n",
			(unsigned long long)out->frames, (unsigned long long)out->messages,
			out->online ? " beside the running server" : "",
			(unsigned long long)out->findings);
	return out->findings ? EXIT_FAULT : EXIT_FINE;
}

static int check_and_repair(struct cli *c, struct outcome *out)
{
	int rc = check_all(c, out);
	if (rc < 0 && !(c->repair && out->index_bad))
		return EXIT_FAULT; // it is printed
	int status = rc < 0 ? EXIT_FAULT : tell(c, out);
	if (!c->repair || status == EXIT_FINE)
		return status;
	status = repair(c, out);
	if (status != EXIT_FINE)
		return status;
	if (!c->quiet)
		printf("after the repair:\n");
	rc = check_all(c, out);
	return rc < 0 ? EXIT_FAULT : tell(c, out);
}

int cmd_check(struct cli *c)
{
	if (c->word_count)
		return cli_usage("check takes no words, only options; not %s", c->words[0]);
	int status = cli_config_existing(c);
	if (status)
		return status;
	if (store_relocate(&c->op, c->config.data, c->config.volume, false) < 0)
		return cli_fail_op(c, c->op.rc);
	struct outcome *out =
		mmap(NULL, sizeof *out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (out == MAP_FAILED)
		return cli_fail("out of memory");
	status = check_and_repair(c, out);
	(void)munmap(out, sizeof *out); // of our own mapping
	return status;
}
