// SPDX-License-Identifier: Apache-2.0
// starling-powercut FOLDER [--seed N] [--states N] [--lives N] [--operations N] [--fills] [--destroy] [--keep FOLDER]
//
// One workload: a process works on a store (powercut/work.h) while its calls are recorded; then disks that a power cut could have left are made up,
// and each is opened by a process of its own, which compares. One of them is where the next life begins: so a cut while the store recovers from a
// cut is among them. FOLDER should be in memory. Ends with 1 at the first disk that is wrong, which is left in --keep, with the last events before
// the cut; else prints one line of numbers: `powercut: N states, N cuts, N events, ...`.
//
// --fills: large messages come and go in every life, not in one of five.
// --destroy: sectors under way are destroyed, which is beyond what is promised. Counts how often that goes unnoticed.
#include "powercut/disk.h"
#include "powercut/work.h"

#include "base/crc32c.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 120u // of one process
#define DRAWS_AT_ONCE 4u
#define SHOWN 24u
#define KNOWN_BITS 20

struct options {
	const char *folder, *keep;
	uint64_t seed;
	uint32_t states, lives, operations;
	bool fills, destroy;
};
struct campaign {
	struct options options;
	struct record *record;
	char live[300], probe[300]; // where it works, where it is verified
	unsigned *next;             // shared: what a verifying process found
	struct image base;          // where this life began
	struct buf picture[ACTORS]; // as the base has it
	struct image heir;          // where the next one will
	struct buf heir_picture[ACTORS];
	uint64_t *known; // hashes of states that were looked at
	uint32_t states, cuts, same, failed, life_states;
	uint64_t events;
};

static int usage(void)
{
	(void)fprintf(stderr,
		"usage: starling-powercut FOLDER [--seed N] [--states N] [--lives N] "
		"[--operations N] [--fills] [--destroy] [--keep FOLDER]\n");
	return 2;
}

static bool options_read(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .seed = 1, .states = 300, .lives = 3, .operations = 25 };
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		uint64_t n = value ? strtoull(value, NULL, 10) : 0;
		if (strcmp(word, "--destroy") == 0)
			o->destroy = true;
		else if (strcmp(word, "--fills") == 0)
			o->fills = true;
		else if (word[0] != '-' && !o->folder)
			o->folder = word;
		else if (!value)
			return false;
		else if (strcmp(word, "--seed") == 0)
			o->seed = n, i++;
		else if (strcmp(word, "--states") == 0)
			o->states = (uint32_t)n, i++;
		else if (strcmp(word, "--lives") == 0)
			o->lives = (uint32_t)n, i++;
		else if (strcmp(word, "--operations") == 0)
			o->operations = (uint32_t)n, i++;
		else if (strcmp(word, "--keep") == 0)
			o->keep = value, i++;
		else
			return false;
	}
	return o->folder && o->states && o->lives && strlen(o->folder) < 200;
}

// Waits for it; false unless it ended with 0.
static bool ended_well(pid_t pid, const char *what)
{
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "powercut: %s: signal %d\n", what, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// --- expectations ---

// What each actor's mailboxes may be like when the power is cut before event `cut`.
static void expectations(const struct campaign *c, uint32_t cut,
	struct expected ret_expected[ACTORS], uint64_t *ret_acks)
{
	bool under_way[ACTORS] = { 0 };
	*ret_acks = 0;
	for (unsigned i = 0; i < ACTORS; i++)
		ret_expected[i] = (struct expected){ .is = buf_span(&c->picture[i]) };
	uint32_t count = record_count(c->record);
	for (uint32_t i = 0; i < count; i++) {
		const struct event *e = record_event(c->record, i);
		struct expected *x = &ret_expected[e->actor];
		if (e->kind == EVENT_BEGIN && i < cut) {
			under_way[e->actor] = true;
			x->since = i;
		} else if (e->kind == EVENT_PICTURE && i < cut) {
			under_way[e->actor] = false;
			x->is = span_of(e->data, e->n);
			x->since = i;
			*ret_acks += 1;
		} else if (e->kind == EVENT_PICTURE && under_way[e->actor]) {
			under_way[e->actor] = false;
			x->next = span_of(e->data, e->n);
		}
	}
}

// --- one state ---

static void events_show(const struct campaign *c, uint32_t cut)
{
	static const char *const names[] = { "create", "mkdir", "link", "rename", "unlink", "write",
		"size", "flush begins", "flush ends", "actor begins", "actor is answered",
		"shown" };
	for (uint32_t i = cut > SHOWN ? cut - SHOWN : 0; i < cut; i++) {
		const struct event *e = record_event(c->record, i);
		(void)fprintf(stderr,
			"%6u %-17s ino %" PRIu64 " actor %u #%u offset %" PRIu64 " n %" PRIu64
			" %.*s %.*s\n",
			i, names[e->kind], e->ino, e->actor, e->begin, e->offset, e->n,
			SPAN_FMT(e->path), SPAN_FMT(e->other));
	}
}

// Whether it is a new one.
static bool state_is_new(struct campaign *c, uint64_t hash)
{
	size_t mask = ((size_t)1 << KNOWN_BITS) - 1, at = hash & mask;
	for (; c->known[at]; at = (at + 1) & mask)
		if (c->known[at] == hash)
			return false;
	c->known[at] = hash;
	return true;
}

static bool state_verify(struct campaign *c, uint32_t cut, const struct image *im,
	const struct expected expected[ACTORS])
{
	image_put(im, c->probe);
	(void)fflush(NULL); // else the child's buffers would hold it as well
	pid_t pid = fork();
	if (pid == 0) {
		(void)alarm(SECONDS_MAX);
		_exit(work_verify(c->record, cut, c->probe, expected, c->options.destroy, c->next));
	}
	return ended_well(pid, "a verifying process");
}

static void heir_take(
	struct campaign *c, const struct image *im, const struct expected expected[ACTORS])
{
	image_copy(&c->heir, im);
	for (unsigned i = 0; i < ACTORS; i++) {
		buf_reset(&c->heir_picture[i]);
		buf_add(&c->heir_picture[i], *c->next >> i & 1 ? expected[i].next : expected[i].is);
	}
}

// False: it is wrong, and that was said.
static bool state_try(struct campaign *c, const struct disk *d, uint32_t cut, uint64_t seed)
{
	struct image im = { 0 };
	struct expected expected[ACTORS];
	uint64_t acks;
	enum draw how = c->options.destroy ? DRAW_DESTROYED : (enum draw)(hash_u64(seed) % DRAWS);
	expectations(c, cut, expected, &acks);
	disk_draw(d, c->record, how, seed, &im);
	bool good = true;
	if (!state_is_new(c, im.hash ^ hash_u64(acks + 1))) {
		c->same++;
	} else {
		good = state_verify(c, cut, &im, expected);
		c->states++;
		c->life_states++;
		if (good && hash_u64(seed ^ 5) % c->life_states == 0)
			heir_take(c, &im, expected);
	}
	if (!good) {
		c->failed++;
		(void)fprintf(stderr,
			"powercut: seed %" PRIu64
			", cut before event %u, draw %u: this disk is wrong\n",
			c->options.seed, cut, (unsigned)how);
		if (!c->options.destroy)
			events_show(c, cut);
		if (c->options.keep && mkdir(c->options.keep, 0700) == 0)
			image_put(&im, c->options.keep);
	}
	image_done(&im);
	return good || c->options.destroy;
}

// --- one life ---

// That the process saw at its start what the base was found to hold.
static bool starts_as_base(const struct campaign *c)
{
	for (uint32_t i = 0; i < record_count(c->record); i++) {
		const struct event *e = record_event(c->record, i);
		if (e->kind == EVENT_PICTURE && e->begin == 0 &&
			!span_eq(span_of(e->data, e->n), buf_span(&c->picture[e->actor]))) {
			(void)fprintf(stderr,
				"powercut: actor %u starts with\n%.*s\n--- in place of\n%.*s\n",
				e->actor, (int)e->n, e->data,
				SPAN_FMT(buf_span(&c->picture[e->actor])));
			return false;
		}
	}
	return true;
}

// That the record has everything: what it says is what lies there.
static bool record_is_whole(const struct campaign *c, struct disk *d)
{
	struct image im = { 0 };
	disk_advance(d, c->record, record_count(c->record));
	disk_draw(d, c->record, DRAW_KEPT, 0, &im);
	bool whole = image_is(&im, c->live);
	image_done(&im);
	return whole;
}

static bool cuts_try(struct campaign *c, struct disk *d, uint64_t seed)
{
	uint32_t count = record_count(c->record), draws = c->options.states / c->options.lives;
	uint64_t chance = ((uint64_t)draws << 16) / DRAWS_AT_ONCE / (count + 1) + 1;
	for (uint32_t cut = 1; cut <= count; cut++) {
		const struct event *e = record_event(c->record, cut - 1);
		// Right behind a promise, one that was given too early is broken.
		bool promise = e->kind == EVENT_PICTURE || e->kind == EVENT_SEEN;
		uint64_t r = hash_u64(seed + cut) & 0xffff;
		if (r >= (promise ? 2 * chance : chance))
			continue;
		disk_advance(d, c->record, cut);
		c->cuts++;
		for (uint64_t i = 0; i < DRAWS_AT_ONCE; i++)
			if (!state_try(c, d, cut, hash_u64(seed + cut) + i))
				return false;
	}
	return true;
}

static bool life(struct campaign *c, uint32_t number)
{
	uint64_t seed = hash_u64(c->options.seed * 1000 + number);
	image_put(&c->base, c->live);
	struct disk *d = disk_new(&c->base, c->live), *all = disk_new(&c->base, c->live);
	record_reset(c->record);
	(void)fflush(NULL); // as above
	pid_t pid = fork();
	if (pid == 0) {
		(void)alarm(SECONDS_MAX);
		work_live(c->record, c->live, seed, c->options.operations, c->options.fills);
	}
	bool good = ended_well(pid, "the working process");
	c->events += record_count(c->record);
	c->life_states = 0;
	good = good && record_is_whole(c, all) && starts_as_base(c) && cuts_try(c, d, seed);
	disk_free(d);
	disk_free(all);
	if (!good || c->life_states == 0)
		return good;
	image_copy(&c->base, &c->heir);
	for (unsigned i = 0; i < ACTORS; i++) {
		buf_reset(&c->picture[i]);
		buf_add(&c->picture[i], buf_span(&c->heir_picture[i]));
	}
	return true;
}

static bool prepare(struct campaign *c)
{
	c->record = record_new();
	c->known = calloc((size_t)1 << KNOWN_BITS, sizeof *c->known);
	c->next = mmap(
		NULL, sizeof *c->next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(c->live, sizeof c->live, "%s/live", c->options.folder);    // short
	(void)snprintf(c->probe, sizeof c->probe, "%s/probe", c->options.folder); // short
	return c->known && c->next != MAP_FAILED && mkdir(c->live, 0700) == 0 &&
		mkdir(c->probe, 0700) == 0;
}

int main(int argc, char **argv)
{
	static struct campaign c;
	if (!options_read(argc, argv, &c.options))
		return usage();
	if (!prepare(&c)) {
		(void)fprintf(stderr, "powercut: cannot work in %s: %s\n", c.options.folder,
			strerror(errno));
		return 2;
	}
	(void)crc32c(0, SPAN("")); // makes its tables, which every process would make for itself
	bool good = true;
	for (uint32_t i = 0; i < c.options.lives && good; i++)
		good = life(&c, i);
	(void)printf("powercut: %u states, %u cuts, %" PRIu64 " events, %u same, %u wrong\n",
		c.states, c.cuts, c.events, c.same, c.failed);
	return good ? 0 : 1;
}
