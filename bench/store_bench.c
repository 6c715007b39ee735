// SPDX-License-Identifier: Apache-2.0
// What the local engine does on this machine: durable commits (one message each: blob, card, batch) by one and by twenty threads, with
// the bytes written for them; opening and reading messages; how long an open with replay takes; memory when idle.
//     store_bench DIR [seconds for each figure]
#include "base/clock.h"
#include "store/store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 20
#define REFS_MAX 200000u

struct bench {
	struct store *s;
	uint64_t stop_at;
	size_t bytes;
	_Atomic uint64_t done;
	_Atomic uint32_t ref_count;
	struct blob_ref *refs;
};
struct worker {
	struct bench *b;
	uint64_t partition;
};

static void must_do(struct op *op, int rc)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "store_bench: %s\n", op_text(op, rc));
	_exit(1);
}

static uint64_t proc_number(const char *path, const char *name)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		(void)close(fd); // only read
	text[n > 0 ? n : 0] = '\0';
	const char *at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void *deliver(void *arg)
{
	struct worker *w = arg;
	struct bench *b = w->b;
	struct op op;
	op_init(&op, 0);
	char *body = malloc(b->bytes);
	static const char card[600] = "card";
	memset(body, 'x', b->bytes);
	for (uint32_t i = 0; clock_mono() < b->stop_at; i++) {
		op_reset(&op);
		struct blob_writer *bw;
		struct blob_ref ref;
		must_do(&op, blob_begin(&op, b->s, &bw));
		must_do(&op, blob_write(&op, bw, span_of(body, b->bytes)));
		struct blob_owner owner = { .partition = w->partition, .uid = i };
		must_do(&op, blob_finish(&op, bw, &owner, span_of(card, sizeof card), &ref));
		struct store_batch batch;
		batch_init(&batch, w->partition);
		uint32_t key = __builtin_bswap32(i / 128);
		char record[60] = { 0 };
		store_u64(record, ref.id);
		store_u64(record + 8, ref.hint);
		batch_patch(&batch, span_of(&key, 4), i % 128 * 24, span_of(record, 24));
		batch_patch(&batch, SPAN("directory"), 16, span_of(record, 16));
		struct store_ticket t;
		must_do(&op, store_submit(&op, b->s, &batch, &t));
		batch_done(&batch);
		must_do(&op, store_wait(&op, b->s, t));
		atomic_fetch_add(&b->done, 1);
		uint32_t at = atomic_fetch_add(&b->ref_count, 1);
		if (at < REFS_MAX)
			b->refs[at] = ref;
	}
	free(body);
	op_done(&op);
	return NULL;
}

static void commits(struct store *s, unsigned threads, size_t bytes, unsigned seconds)
{
	struct bench b = { .s = s, .bytes = bytes, .refs = calloc(REFS_MAX, sizeof *b.refs) };
	struct worker workers[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	struct store_stats before, after;
	store_stats(s, &before);
	uint64_t wrote = proc_number("/proc/self/io", "\nwrite_bytes: ");
	uint64_t start = clock_mono();
	b.stop_at = start + seconds * NS_PER_S;
	for (unsigned i = 0; i < threads; i++) {
		workers[i] = (struct worker){ &b, i + 1 };
		if (pthread_create(&ids[i], NULL, deliver, &workers[i]))
			_exit(1);
	}
	for (unsigned i = 0; i < threads; i++)
		(void)pthread_join(ids[i], NULL); // made above
	double took = (double)(clock_mono() - start) / 1e9;
	store_stats(s, &after);
	wrote = proc_number("/proc/self/io", "\nwrite_bytes: ") - wrote;
	double payload = (double)b.done * (double)(bytes + 600 + 60);
	printf("%2u threads, %6zu bytes: %8.0f commits/s, %5.1f a group, log %.3f of payload, disk "
	       "%.2f\n",
		threads, bytes, (double)b.done / took,
		(double)b.done / (double)(after.groups - before.groups),
		(double)(after.log_bytes - before.log_bytes) / payload, (double)wrote / payload);
	struct op op;
	op_init(&op, 0);
	uint64_t read = 0, opened = 0;
	volatile uint64_t sum = 0;
	uint32_t count = b.ref_count < REFS_MAX ? b.ref_count : REFS_MAX;
	start = clock_mono();
	for (uint64_t until = start + NS_PER_S; clock_mono() < until;)
		for (uint32_t i = 0; i < count && i < 2000; i++) {
			struct blob blob;
			must_do(&op, blob_open(&op, s, b.refs[(opened * 7919) % count], &blob));
			read += blob.size;
			sum += (unsigned char)blob.whole.p[blob.size / 2];
			blob_close(&blob);
			opened++;
		}
	took = (double)(clock_mono() - start) / 1e9;
	printf("   opened and verified: %.0f blobs/s, %.2f GB/s\n", (double)opened / took,
		(double)read / took / 1e9);
	op_done(&op);
	free(b.refs);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "usage: store_bench DIR [seconds]\n");
		return 1;
	}
	unsigned seconds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 3;
	struct op op;
	op_init(&op, 0);
	struct store_config config = { .engine = "local", .dir = argv[1] };
	struct store *s;
	uint64_t rss = proc_number("/proc/self/status", "VmRSS:");
	uint64_t begun = clock_mono();
	must_do(&op, store_open(&op, &config, &s));
	struct store_stats st;
	store_stats(s, &st);
	printf("opening: %.0f ms, %" PRIu64 " frames replayed\n",
		(double)(clock_mono() - begun) / 1e6, st.replayed);
	printf("memory: %" PRIu64 " KiB before opening, %" PRIu64 " KiB after (anonymous %" PRIu64
	       ")\n",
		rss, proc_number("/proc/self/status", "VmRSS:"),
		proc_number("/proc/self/status", "RssAnon:"));
	sleep(1); // the next segment is prepared
	static const size_t sizes[] = { 5000, 75000 };
	for (size_t i = 0; i < 2; i++) {
		commits(s, 1, sizes[i], seconds);
		commits(s, THREADS_MAX, sizes[i], seconds);
	}
	store_close(s);
	(void)malloc_trim(0); // only a measurement
	uint64_t start = clock_mono();
	must_do(&op, store_open(&op, &config, &s));
	store_stats(s, &st);
	printf("opening again: %.0f ms, %" PRIu64 " frames replayed, memory %" PRIu64
	       " KiB (anonymous %" PRIu64 "), log %.0f MB\n",
		(double)(clock_mono() - start) / 1e6, st.replayed,
		proc_number("/proc/self/status", "VmRSS:"),
		proc_number("/proc/self/status", "RssAnon:"), (double)st.log_bytes / 1e6);
	store_close(s);
	op_done(&op);
	return 0;
}
