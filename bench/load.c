// SPDX-License-Identifier: Apache-2.0
// starling-bench: the load generator of ./dev bench. Threads with one connection each do one kind of work against an IMAP server (or LMTP, POP3)
// for a while; what came of it is printed as one line of JSON.
//
//     starling-bench WORK --port N [options]   see usage(); the kinds of work are in works.c and mail_works.c
//     starling-bench echo                      the server that sets the ceiling of round trips (echo.c); prints its ports,
//                                              plain and, with --certificate and --key, TLS; with --corpus and
//                                              --file POP3 and LMTP (echo_mail.c)
//     starling-bench hold --port N --count N   idle connections that stay (hold.c)
//
// All connections are opened first; then all threads start at once, work for --warm seconds without counting, and then for
// --seconds (each thread one step at least), or do --count steps in all, without a warm-up. A step that began in the measured
// time counts, and the time ends with the last of them. Any wrong answer ends the run with exit code 1. client_cpu is the share of all processors that this process used.
#include "load.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define THREADS_MOST 10000

struct start {
	pthread_barrier_t opened, go;
};
struct thread {
	struct worker w;
	const struct work *work;
	struct start *start;
	pthread_t id;
};

static void note(struct worker *w, const struct done *done)
{
	if (w->sample_count == w->sample_room) {
		size_t room = w->sample_room ? w->sample_room * 2 : 4096;
		uint64_t *more = realloc(w->samples, room * sizeof *more);
		if (!more)
			return; // the percentiles lack it
		w->samples = more;
		w->sample_room = room;
	}
	w->samples[w->sample_count++] = done->ns;
}

static void measure(struct thread *t)
{
	struct worker *w = &t->w;
	struct load *load = w->load;
	const struct options *o = &load->options;
	bool counted = false;
	while (!w->trouble[0]) {
		uint64_t began = now_ns();
		// With --count each thread has its share; otherwise whoever is free goes on.
		w->number = o->count
			? w->steps++ * o->threads + w->index
			: atomic_fetch_add_explicit(&load->taken, 1, memory_order_relaxed);
		bool time_is_over = began >= load->stop && w->sample_count > 0;
		if (o->count ? w->number >= o->count : time_is_over)
			break;
		if (!counted && began >= load->begin) {
			counted = true;
			w->bytes = w->c.received = 0;
		}
		struct done done = { 0 };
		if (t->work->step(w, &done) && !w->trouble[0])
			(void)snprintf(w->trouble, sizeof w->trouble, "%s", w->c.trouble);
		if (!counted)
			continue;
		w->ops += done.ops;
		w->ended = now_ns();
		note(w, &done);
	}
}

static void *work_thread(void *arg)
{
	struct thread *t = arg;
	if (t->work->open(&t->w) && !t->w.trouble[0])
		(void)snprintf(t->w.trouble, sizeof t->w.trouble, "%s", t->w.c.trouble);
	(void)pthread_barrier_wait(&t->start->opened);
	(void)pthread_barrier_wait(&t->start->go);
	measure(t);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static double percentile(const uint64_t *sorted, size_t count, double share)
{
	if (count == 0)
		return 0;
	size_t at = (size_t)((double)count * share);
	return (double)sorted[at < count ? at : count - 1] / 1e3;
}

static double cpu_seconds(void)
{
	struct rusage used;
	(void)getrusage(RUSAGE_SELF, &used); // cannot fail
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int report(const struct load *load, struct thread *threads, double cpu)
{
	size_t count = 0, at = 0;
	uint64_t ops = 0, sent = 0, received = 0, offered = 0, resumed = 0, ended = load->begin;
	for (unsigned i = 0; i < load->options.threads; i++) {
		struct worker *w = &threads[i].w;
		if (w->trouble[0]) {
			(void)fprintf(
				stderr, "starling-bench: %s: %s\n", load->options.work, w->trouble);
			return 1;
		}
		count += w->sample_count;
		ops += w->ops;
		sent += w->bytes;
		received += w->c.received;
		offered += w->c.offered;
		resumed += w->c.resumed;
		ended = w->ended > ended ? w->ended : ended;
	}
	uint64_t *all = calloc(count + 1, sizeof *all);
	if (!all)
		return 1;
	for (unsigned i = 0; i < load->options.threads; i++) {
		struct worker *w = &threads[i].w;
		if (w->sample_count > 0)
			memcpy(all + at, w->samples, w->sample_count * sizeof *all);
		at += w->sample_count;
	}
	qsort(all, count, sizeof *all, by_size);
	double seconds = (double)(ended - load->begin) / 1e9;
	seconds = seconds > 0 ? seconds : 1e-9;
	(void)printf(
		"{\"work\": \"%s\", \"ops\": %llu, \"steps\": %zu, \"seconds\": %.6f, "
		"\"per_second\": %.3f, \"mb_in\": %.3f, \"mb_out\": %.3f, \"bytes_out\": %llu, "
		"\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"client_cpu\": %.3f, "
		"\"resumed\": %.4f}\n",
		load->options.work, (unsigned long long)ops, count, seconds, (double)ops / seconds,
		(double)received / seconds / 1e6, (double)sent / seconds / 1e6,
		(unsigned long long)sent, percentile(all, count, 0.5), percentile(all, count, 0.99),
		percentile(all, count, 0.999),
		cpu / seconds / (double)sysconf(_SC_NPROCESSORS_ONLN),
		offered ? (double)resumed / (double)offered : 0);
	free(all);
	return count > 0 ? 0 : 1;
}

static int run(struct load *load, const struct work *work)
{
	unsigned count = load->options.threads;
	struct thread *threads = calloc(count, sizeof *threads);
	struct start start;
	if (!threads || pthread_barrier_init(&start.opened, NULL, count + 1) ||
		pthread_barrier_init(&start.go, NULL, count + 1))
		return 1;
	uint64_t seed = now_ns() ^ (uint64_t)getpid() << 40;
	for (unsigned i = 0; i < count; i++) {
		threads[i] = (struct thread){ .work = work, .start = &start };
		threads[i].w.load = load;
		threads[i].w.index = i;
		threads[i].w.random = seed + i * UINT64_C(0x9e3779b97f4a7c15) + 1;
		if (pthread_create(&threads[i].id, NULL, work_thread, &threads[i]))
			return 1;
	}
	(void)pthread_barrier_wait(&start.opened);
	double cpu = cpu_seconds();
	load->begin = now_ns() + (uint64_t)(load->options.warm * 1e9);
	load->stop = load->begin + (uint64_t)(load->options.seconds * 1e9);
	(void)pthread_barrier_wait(&start.go);
	for (unsigned i = 0; i < count; i++)
		(void)pthread_join(threads[i].id, NULL);
	// The share covers the warm-up too, which is the same work.
	double all = load->options.seconds + load->options.warm;
	double share = load->options.count || all <= 0 ? 1 : load->options.seconds / all;
	int rc = report(load, threads, (cpu_seconds() - cpu) * share);
	for (unsigned i = 0; i < count; i++) {
		client_close(&threads[i].w.c);
		client_close(&threads[i].w.other);
		free(threads[i].w.samples);
		free(threads[i].w.made);
	}
	free(threads);
	return rc;
}

static int usage(void)
{
	(void)fputs("usage: starling-bench echo [--certificate FILE --key FILE] [--corpus FOLDER "
		    "--file FILE]\n  | WORK --port N "
		    "[--host ADDRESS] [--source ADDRESS] [--tls] [--resume] [--threads N] "
		    "[--seconds S]\n"
		    "  [--warm S] [--count STEPS] [--prefix NAME] [--first N] [--users N] "
		    "[--password TEXT]\n"
		    "  [--mailbox NAME] [--command TEXT] [--messages N] [--corpus FOLDER | "
		    "--synthetic BYTES]\n"
		    "  [--batch MESSAGES] [--recipients N] [--unchecked]\nWORK: hold",
		stderr);
	for (size_t i = 0; i < works_count; i++)
		(void)fprintf(stderr, " %s", works[i].name);
	(void)fputc('\n', stderr);
	return 2;
}

static const struct option names[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "host", required_argument, NULL, 'h' },
	{ "tls", no_argument, NULL, 't' },
	{ "threads", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 's' },
	{ "warm", required_argument, NULL, 'w' },
	{ "count", required_argument, NULL, 'c' },
	{ "prefix", required_argument, NULL, 'x' },
	{ "first", required_argument, NULL, 'f' },
	{ "users", required_argument, NULL, 'u' },
	{ "password", required_argument, NULL, 'P' },
	{ "mailbox", required_argument, NULL, 'm' },
	{ "command", required_argument, NULL, 'C' },
	{ "messages", required_argument, NULL, 'M' },
	{ "corpus", required_argument, NULL, 'e' },
	{ "synthetic", required_argument, NULL, 'b' },
	{ "unchecked", no_argument, NULL, 'U' },
	{ "batch", required_argument, NULL, 'B' },
	{ "recipients", required_argument, NULL, 'r' },
	{ "source", required_argument, NULL, 'S' },
	{ "resume", no_argument, NULL, 'R' },
	{ "certificate", required_argument, NULL, 'E' },
	{ "key", required_argument, NULL, 'K' },
	{ "file", required_argument, NULL, 'F' },
	{ NULL, 0, NULL, 0 },
};

static SSL_CTX *tls_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1)
		return NULL;
	SSL_CTX_set_read_ahead(ctx, 1); // one system call for a record, not two
	SSL_CTX_set_default_read_buffer_len(ctx, (size_t)128 << 10);
	return ctx; // it does not verify: the certificate of a benchmark is its own
}

static bool set_number(struct options *o, int letter, const char *value)
{
	uint64_t n = strtoull(value, NULL, 10);
	switch (letter) {
	case 'p':
		o->to.port = (uint16_t)n;
		return true;
	case 'n':
		o->threads = (unsigned)n;
		return n > 0 && n <= THREADS_MOST;
	case 'c':
		o->count = n;
		return true;
	case 'f':
		o->first_user = (unsigned)n;
		return true;
	case 'u':
		o->users = (unsigned)n;
		return n > 0;
	case 'M':
		o->messages = n;
		return true;
	case 'B':
		o->batch = n;
		return n > 0 && n <= 10000;
	case 'r':
		o->recipients = n;
		return n > 0 && n <= 1000;
	case 'b':
		o->synthetic = (size_t)n;
		return n <= (size_t)100 << 20;
	case 's':
		o->seconds = strtod(value, NULL);
		return true;
	case 'w':
		o->warm = strtod(value, NULL);
		return true;
	default:
		return false;
	}
}

static bool set_option(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'h':
		o->to.host = value;
		return true;
	case 't':
		o->to.tls = tls_context();
		return o->to.tls != NULL;
	case 'x':
		o->prefix = value;
		return true;
	case 'P':
		o->password = value;
		return true;
	case 'm':
		o->mailbox = value;
		return true;
	case 'C':
		o->command = value;
		return true;
	case 'e':
		o->corpus = value;
		return true;
	case 'U':
		o->unchecked = true;
		return true;
	case 'R':
		o->to.resume = true;
		return true;
	case 'S':
		o->to.source = value;
		return true;
	case 'E':
		o->certificate = value;
		return true;
	case 'K':
		o->key = value;
		return true;
	case 'F':
		o->file = value;
		return true;
	default:
		return value && set_number(o, letter, value);
	}
}

int main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	struct load load = { .options = { .to = { .host = "127.0.0.1" },
				     .password = "secret",
				     .mailbox = "INBOX",
				     .prefix = "u",
				     .users = 1,
				     .threads = 1,
				     .seconds = 1,
				     .batch = 1,
				     .recipients = 1,
				     .synthetic = 5400 } };
	int letter;
	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (!set_option(&load.options, letter, optarg))
			return usage();
	}
	const char *name = optind < argc ? argv[optind] : "";
	if (strcmp(name, "echo") == 0)
		return load.options.corpus && corpus_load(&load) ? 1 : echo_run(&load);
	if (strcmp(name, "hold") == 0 && load.options.to.port != 0 && load.options.count > 0)
		return hold_run(&load.options);
	const struct work *work = NULL;
	for (size_t i = 0; i < works_count; i++) {
		if (strcmp(works[i].name, name) == 0)
			work = &works[i];
	}
	if (!work || load.options.to.port == 0)
		return usage();
	if (work->needs_command && !load.options.command)
		return usage();
	load.options.work = work->name;
	if (load.options.count)
		load.options.warm = 0;
	if (corpus_load(&load)) {
		(void)fputs("starling-bench: no messages\n", stderr);
		return 1;
	}
	return run(&load, work);
}
