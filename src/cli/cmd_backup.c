// SPDX-License-Identifier: Apache-2.0
// `starling backup DIR` takes a backup (backup_take.c); `list`, `verify` and `prune` look after the folder. docs/backup.md.
#include "backup/manifest.h"
#include "cli/backup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void print_manifest(const struct manifest *m)
{
	static const char *const scopes[] = { "all", "account", "mailbox of" };
	char when[32] = "?";
	struct tm tm;
	time_t time = (time_t)m->time;
	uint64_t messages = 0, octets = 0;
	if (gmtime_r(&time, &tm))
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
	for (size_t i = 0; i < m->account_count; i++)
		messages += m->accounts[i].messages;
	for (size_t i = 0; i < m->packs.n; i++)
		octets += m->packs.v[i].size;
	printf("%" PRIu64 "  %s  %s%s", m->number, when, scopes[m->scope],
		m->final ? " (final)" : "");
	if (m->scope != SCOPE_FULL && m->account_count)
		printf(" %.*s", SPAN_FMT(m->accounts[0].name));
	printf("  %zu accounts, %" PRIu64 " messages, in packs of %" PRIu64 " octets",
		m->account_count, messages, octets);
	if (m->damaged_count)
		printf(", %zu damaged", m->damaged_count);
	putchar('\n');
}

static int list(struct cli *c, struct backup_folder *f)
{
	uint64_t *numbers;
	size_t count;
	int rc = manifest_list(&c->op, f, &numbers, &count);
	int status = EXIT_FINE;
	if (rc == 0 && count == 0 && !c->quiet)
		puts("no backups");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct manifest m;
		int got = manifest_read(&c->op, f, numbers[i], &m);
		if (got < 0) {
			printf("%" PRIu64 "  %s\n", numbers[i], op_text(&c->op, got));
			status = EXIT_FAULT;
			continue;
		}
		print_manifest(&m);
		manifest_done(&m);
	}
	return rc < 0 ? cli_fail_op(c, rc) : status;
}

// Every pack that any manifest needs, once each.
static int verify(struct cli *c, struct backup_folder *f)
{
	uint64_t *numbers = NULL;
	size_t count = 0;
	struct packs seen = { 0 };
	unsigned bad = 0;
	uint64_t octets = 0;
	int rc = backup_hold(&c->op, f, false);
	if (rc == 0)
		rc = manifest_list(&c->op, f, &numbers, &count);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct manifest m;
		int got = manifest_read(&c->op, f, numbers[i], &m);
		if (got < 0) {
			printf("backup %" PRIu64 ": %s\n", numbers[i], op_text(&c->op, got));
			bad++;
			continue;
		}
		for (size_t k = 0; rc == 0 && k < m.packs.n; k++) {
			const struct pack *p = &m.packs.v[k];
			if (packs_have(&seen, p))
				continue;
			rc = packs_gather(&c->op, &seen, p);
			got = rc == 0 ? pack_verify(&c->op, f, p) : 0;
			octets += p->size;
			if (got < 0) {
				printf("backup %" PRIu64 ": %s\n", numbers[i],
					op_text(&c->op, got));
				bad++;
			}
		}
		manifest_done(&m);
	}
	if (rc == 0 && !c->quiet)
		printf("%zu backups, %zu packs, %" PRIu64 " octets verified, %u faults found\n",
			count, seen.n, octets, bad);
	packs_done(&seen);
	return rc < 0 ? cli_fail_op(c, rc) : bad ? EXIT_FAULT : EXIT_FINE;
}

// --- prune ---

struct pruning {
	struct backup_folder *folder;
	struct packs needed;
	uint64_t freed;
	size_t gone;
};

static int prune_pack(struct op *op, void *ctx, const char *name)
{
	struct pruning *p = ctx;
	uint64_t number;
	char path[PACK_NAME + 64];
	if (!pack_name_parse(name, &number) || packs_name(&p->needed, name))
		return 0; // not ours; needed
	(void)snprintf(path, sizeof path, "packs/%.*s", PACK_NAME, name);
	// Of a backup that was dropped, or that never came to its end: the folder is locked, so none is under way.
	if (unlinkat(p->folder->fd, path, 0) != 0)
		return op_fail(op, RC_IO, "cannot remove %s", path);
	p->gone++;
	return 0;
}

static int prune(struct cli *c, struct backup_folder *f)
{
	uint64_t *numbers = NULL;
	size_t count = 0;
	struct pruning p = { .folder = f };
	int rc = backup_hold(&c->op, f, true);
	if (rc == 0)
		rc = manifest_list(&c->op, f, &numbers, &count);
	size_t drop = rc == 0 && count > c->keep ? count - c->keep : 0;
	// All that stay must be readable: else nobody knows what they need.
	for (size_t i = drop; rc == 0 && i < count; i++) {
		struct manifest m;
		rc = manifest_read(&c->op, f, numbers[i], &m);
		for (size_t k = 0; rc == 0 && k < m.packs.n; k++)
			rc = packs_gather(&c->op, &p.needed, &m.packs.v[k]);
		if (rc == 0)
			manifest_done(&m);
	}
	// Manifests first: at every moment, those that are there have all their packs.
	for (size_t i = 0; rc == 0 && i < drop; i++) {
		char name[MANIFEST_NAME];
		manifest_name(numbers[i], name);
		if (unlinkat(f->fd, name, 0) != 0)
			rc = op_fail(&c->op, RC_IO, "cannot remove %s", name);
	}
	if (rc == 0 && drop)
		rc = backup_sync(&c->op, f, "backups");
	if (rc == 0)
		rc = backup_names(&c->op, f, "packs", prune_pack, &p);
	if (rc == 0 && !c->quiet)
		printf("%zu backups dropped, %zu kept, %zu packs removed\n", drop, count - drop,
			p.gone);
	packs_done(&p.needed);
	return rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
}

static const struct {
	const char *verb;
	enum backup_access access;
	int (*run)(struct cli *c, struct backup_folder *f);
} verbs[] = {
	{ "list", BACKUP_READ, list },
	{ "verify", BACKUP_READ, verify },
	{ "prune", BACKUP_WRITE, prune },
};

int cmd_backup(struct cli *c)
{
	struct backup_folder f;
	if (c->word_count == 1) {
		int status = cli_config_existing(c);
		return status ? status : backup_take(c, c->words[0]);
	}
	for (size_t i = 0; c->word_count == 2 && i < sizeof verbs / sizeof *verbs; i++)
		if (span_eq(span_str(c->words[0]), span_str(verbs[i].verb))) {
			if (verbs[i].run == prune && !c->keep)
				return cli_usage("backup prune needs --keep N");
			int rc = backup_open(&c->op, c->words[1], verbs[i].access, &f);
			if (rc < 0)
				return cli_fail_op(c, rc);
			int status = verbs[i].run(c, &f);
			backup_close(&f);
			return status;
		}
	return cli_usage("backup needs a folder, or list, verify or prune and a folder");
}

int cmd_restore(struct cli *c)
{
	if (c->word_count != 1)
		return cli_usage("restore needs one folder");
	int status = cli_config_beside(c);
	return status ? status : restore_give(c, c->words[0]);
}
