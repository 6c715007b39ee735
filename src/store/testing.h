// SPDX-License-Identifier: Apache-2.0
// Starling: what the tests of the store share: the list of engines, a folder for each test, short calls that must succeed.
#ifndef STORE_TESTING_H
#define STORE_TESTING_H

#include "store/engine.h"

#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct op op;
	struct store_config config;
	struct store *s;
	char dir[64];
};

static inline void fixture_open(struct fixture *f)
{
	op_reset(&f->op);
	int rc = store_open(&f->op, &f->config, &f->s);
	if (rc)
		print_error("open: %s\n", op_text(&f->op, rc));
	assert_int_equal(rc, 0);
}

static inline void fixture_begin(struct fixture *f, const char *engine)
{
	*f = (struct fixture){ .config = { .engine = engine,
				       .segment_bytes = 4u << 20,
				       .page_cache = getenv("STARLING_PAGE_CACHE"),
				       .reserve_bytes = 1u << 20,
				       .grace_ms = 1 } };
	op_init(&f->op, 0);
	// In memory where possible: it is about what is written, not about the disk. TMPDIR says otherwise, and what goes past the page cache needs a disk.
	const char *dir = f->config.page_cache ? "/var/tmp" : getenv("TMPDIR");
	if (!dir || strlen(dir) > 40)
		dir = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(f->dir, sizeof f->dir, "%s/starling-store-XXXXXX", dir); // fits
	assert_non_null(mkdtemp(f->dir));
	f->config.dir = f->dir;
	fixture_open(f);
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline void fixture_end(struct fixture *f)
{
	store_close(f->s);
	op_done(&f->op);
	assert_int_equal(nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void ok(struct op *op, int rc)
{
	if (rc)
		print_error("%s\n", op_text(op, rc));
	assert_int_equal(rc, 0);
}

// Submits, waits, forgets the batch.
static inline void commit(struct op *op, struct store *s, struct store_batch *b)
{
	struct store_ticket t;
	ok(op, store_submit(op, s, b, &t));
	batch_done(b);
	ok(op, store_wait(op, s, t));
}

// Waits without a thread in the store: what the writer thread is for.
struct later_test {
	struct store_waiter waiter;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned decided; // how often it was called
};

static inline void later_decided(struct store_waiter *w)
{
	struct later_test *l = container_of(w, struct later_test, waiter);
	pthread_mutex_lock(&l->lock);
	l->decided++;
	pthread_cond_signal(&l->cond);
	pthread_mutex_unlock(&l->lock);
}

static inline int wait_later(struct op *op, struct store *s, struct store_ticket ticket)
{
	struct later_test l = { .waiter = { .decided = later_decided } };
	(void)pthread_mutex_init(&l.lock, NULL); // these cannot fail on Linux
	(void)pthread_cond_init(&l.cond, NULL);
	int rc = store_wait_later(op, s, ticket, &l.waiter);
	if (rc == STORE_LATER) {
		pthread_mutex_lock(&l.lock);
		while (!l.decided)
			pthread_cond_wait(&l.cond, &l.lock);
		assert_int_equal(l.decided, 1);
		pthread_mutex_unlock(&l.lock);
		rc = store_wait(op, s, ticket); // does not block
	}
	pthread_cond_destroy(&l.cond);
	pthread_mutex_destroy(&l.lock);
	return rc;
}

static inline void put(struct fixture *f, uint64_t partition, const char *key, const char *value)
{
	struct store_batch b;
	batch_init(&b, partition);
	batch_put(&b, span_str(key), span_str(value));
	commit(&f->op, f->s, &b);
}

static inline void expect(struct fixture *f, struct store_snapshot *snap, uint64_t partition,
	const char *key, const char *value)
{
	struct span v;
	int rc = store_get(&f->op, f->s, snap, partition, span_str(key), &v);
	if (!value) {
		assert_int_equal(rc, STORE_ABSENT);
		return;
	}
	ok(&f->op, rc);
	if (!span_eq(v, span_str(value)))
		print_error("%s is %.*s\n", key, SPAN_FMT(v));
	assert_true(span_eq(v, span_str(value)));
}

// A blob of n bytes that follow from `seed`.
static inline char byte_at(uint64_t seed, uint64_t i)
{
	return (char)((seed * 131 + i * 7 + (i >> 8) * 13 + (i >> 16)) & 0xff);
}

static inline struct blob_ref blob_make(
	struct op *op, struct store *s, uint64_t seed, uint64_t n, struct span card)
{
	struct blob_writer *w;
	struct blob_ref ref;
	ok(op, blob_begin(op, s, &w));
	char part[10000];
	for (uint64_t at = 0; at < n;) {
		size_t k = n - at < sizeof part ? (size_t)(n - at) : sizeof part;
		for (size_t i = 0; i < k; i++)
			part[i] = byte_at(seed, at + i);
		ok(op, blob_write(op, w, span_of(part, k)));
		at += k;
	}
	assert_int_equal(blob_written(w), n);
	struct blob_owner owner = { .partition = 1, .mailbox = 2, .uid = (uint32_t)seed };
	ok(op, blob_finish(op, w, &owner, card, &ref));
	return ref;
}

static inline void blob_verify(struct op *op, struct store *s, struct blob_ref ref, uint64_t seed,
	uint64_t n, struct span card)
{
	struct blob b;
	ok(op, blob_open(op, s, ref, &b));
	assert_int_equal(b.size, n);
	assert_true(span_eq(b.card, card));
	assert_int_equal(b.ref.id, ref.id);
	if (n <= BLOB_EXTENT)
		assert_int_equal(b.whole.n, n);
	for (uint64_t at = 0; at < n;) {
		struct span piece;
		ok(op, blob_piece(op, &b, at, n, &piece));
		assert_true(piece.n > 0 && piece.n <= n - at);
		for (size_t i = 0; i < piece.n; i++)
			if (piece.p[i] != byte_at(seed, at + i))
				fail_msg("blob %lu differs at %lu", ref.id, at + i);
		at += piece.n;
	}
	blob_close(&b);
}

#endif
