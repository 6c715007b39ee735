// SPDX-License-Identifier: Apache-2.0
// DEFLATE without a connection: both ways, byte at a time, giving state up between any two commands, bombs, rubbish.
#include "net/zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "base/limits.h"

struct fixture {
	struct op op;
	struct zip_pools pools;
	struct zip *zip;
	z_stream to, from; // the client's deflater and inflater
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	op_init(&f->op, 0);
	assert_true(zip_pools_init(&f->pools, pool_new(NET_BUFFER, 4)));
	assert_int_equal(zip_new(&f->op, &f->pools, SPAN(""), 0, &f->zip), 0);
	assert_int_equal(deflateInit2(&f->to, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(inflateInit2(&f->from, -15), Z_OK);
}

static void teardown(struct fixture *f)
{
	zip_free(f->zip);
	deflateEnd(&f->to);
	inflateEnd(&f->from);
	pool_free(f->pools.buffers);
	zip_pools_done(&f->pools);
	op_done(&f->op);
}

static void raw_add(struct fixture *f, struct span s)
{
	size_t room;
	char *p = input_room(zip_raw(f->zip), f->pools.buffers, s.n, &room);
	assert_non_null(p);
	memcpy(p, s.p, s.n);
	input_added(zip_raw(f->zip), s.n);
}

// Client to server, `step` bytes at a time.
static void client_says(struct fixture *f, struct span text, size_t step, int flush)
{
	struct buf packed = { 0 }, got = { 0 };
	f->to.next_in = (const void *)text.p;
	f->to.avail_in = (unsigned)text.n;
	do {
		char *p = buf_room(&packed, 4096);
		f->to.next_out = (void *)p;
		f->to.avail_out = 4096;
		deflate(&f->to, flush);
		buf_added(&packed, 4096 - f->to.avail_out);
	} while (f->to.avail_out == 0);
	for (struct span rest = buf_span(&packed); rest.n;) {
		raw_add(f, span_cut(rest, 0, step));
		rest = span_skip(rest, step);
		for (int n = 1; n != 0;) {
			n = zip_inflate(&f->op, f->zip, buf_room(&got, 1000), 1000);
			if (flush == Z_FINISH && n == RC_CLOSED)
				break;
			assert_true(n >= 0 && n <= 1000);
			buf_added(&got, (size_t)n);
		}
	}
	if (flush == Z_SYNC_FLUSH || flush == Z_FULL_FLUSH) {
		assert_int_equal(got.n, text.n);
		assert_memory_equal(got.p, text.p, text.n);
	}
	buf_done(&packed);
	buf_done(&got);
}

// Server to client; returns the compressed size.
static size_t server_says(struct fixture *f, struct span text)
{
	struct rope out;
	struct buf got = { 0 };
	size_t packed_size = 0;
	rope_init(&out);
	rope_add(&out, text);
	while (zip_deflate(&f->op, f->zip, &out) > 0) {
		struct rope *packed = zip_packed(f->zip);
		assert_true(rope_size(packed) <= NET_ZIP_PACKED + (32u << 10));
		packed_size += rope_size(packed);
		while (rope_size(packed)) {
			struct span s = rope_front(packed);
			f->from.next_in = (const void *)s.p;
			f->from.avail_in = (unsigned)s.n;
			while (f->from.avail_in) {
				f->from.next_out = (void *)buf_room(&got, 65536);
				f->from.avail_out = 65536;
				int rc = inflate(&f->from, Z_SYNC_FLUSH);
				assert_true(rc == Z_OK || rc == Z_BUF_ERROR);
				buf_added(&got, 65536 - f->from.avail_out);
			}
			rope_consume(packed, s.n);
		}
	}
	assert_int_equal(rope_size(&out), 0);
	assert_int_equal(got.n, text.n);
	assert_memory_equal(got.p, text.p, text.n);
	rope_done(&out);
	buf_done(&got);
	return packed_size;
}

static struct span random_text(unsigned *seed, size_t n)
{
	char *p = malloc(n + 1);
	for (size_t i = 0; i < n; i++)
		p[i] = "abcdefgh UID FETCH 0123\r\n"[(size_t)rand_r(seed) % 25];
	return span_of(p, n);
}

static void test_both_ways(void **state)
{
	static const size_t steps[] = { 1, 7, 100, 100000 };
	unsigned seed = 1;
	for (size_t k = 0; k < countof(steps); k++) {
		struct fixture f;
		setup(&f);
		for (int round = 0; round < 20; round++) {
			struct span s = random_text(&seed, (size_t)rand_r(&seed) % 20000);
			client_says(&f, s, steps[k], Z_SYNC_FLUSH);
			server_says(&f, s);
			free((void *)(uintptr_t)s.p);
		}
		teardown(&f);
	}
}

// Between any two commands all state is given up: the client, which goes on with its own, notices nothing.
static void test_idle(void **state)
{
	unsigned seed = 2;
	struct fixture f;
	setup(&f);
	struct span s = random_text(&seed, 3000);
	for (int round = 0; round < 60; round++) {
		// The same text again: the client's deflater refers far back, over what was given up.
		client_says(&f, round % 3 ? s : SPAN("a1 NOOP\r\n"), 1 + (size_t)round * 50,
			Z_SYNC_FLUSH);
		server_says(&f, s);
		assert_true(zip_park(f.zip));
		zip_idle(f.zip);
		assert_false(zip_park(f.zip));
		if (round == 30) // past the window's 32 KiB
			for (int i = 0; i < 20; i++)
				client_says(&f, s, 1000, Z_FULL_FLUSH);
	}
	free((void *)(uintptr_t)s.p);
	teardown(&f);
}

// A client that flushes partially leaves the inflater within a byte or a block: whatever can be given up then, the
// stream goes on.
static void test_partial_flush(void **state)
{
	unsigned seed = 5;
	struct fixture f;
	setup(&f);
	for (int round = 0; round < 200; round++) {
		struct span s = random_text(&seed, 1 + (size_t)rand_r(&seed) % 300);
		client_says(&f, s, 13, Z_PARTIAL_FLUSH);
		zip_park(f.zip);
		zip_idle(f.zip);
		free((void *)(uintptr_t)s.p);
	}
	teardown(&f);
}

static void test_bomb(void **state)
{
	struct fixture f;
	setup(&f);
	// 64 MiB of zeros in 64 KiB
	struct buf packed = { 0 };
	char *zeros = calloc(1, 1u << 20), *small = malloc(100);
	for (int i = 0; i < 64; i++) {
		f.to.next_in = (const void *)zeros;
		f.to.avail_in = 1u << 20;
		do {
			f.to.next_out = (void *)buf_room(&packed, 4096);
			f.to.avail_out = 4096;
			deflate(&f.to, i == 63 ? Z_SYNC_FLUSH : Z_NO_FLUSH);
			buf_added(&packed, 4096 - f.to.avail_out);
		} while (f.to.avail_out == 0);
	}
	raw_add(&f, buf_span(&packed));
	uint64_t total = 0;
	for (int n; (n = zip_inflate(&f.op, f.zip, small, 100)) != 0;) {
		assert_true(n > 0 && n <= 100);
		total += (uint64_t)n;
	}
	assert_int_equal(total, 64u << 20);
	buf_done(&packed);
	free(zeros);
	free(small);
	teardown(&f);
}

static void test_rubbish(void **state)
{
	unsigned seed = 9;
	char out[4096], in[200];
	for (int round = 0; round < 3000; round++) {
		struct fixture f;
		setup(&f);
		if (round % 2)
			client_says(&f, SPAN("something good before"), 5, Z_SYNC_FLUSH);
		for (size_t i = 0; i < sizeof in; i++)
			in[i] = (char)rand_r(&seed);
		raw_add(&f, span_of(in, sizeof in));
		int n;
		while ((n = zip_inflate(&f.op, f.zip, out, sizeof out)) > 0)
			;
		assert_true(n == 0 || n == RC_CLOSED);
		zip_park(f.zip);
		zip_idle(f.zip);
		if (n == RC_CLOSED)
			assert_int_equal(zip_inflate(&f.op, f.zip, out, sizeof out), RC_CLOSED);
		teardown(&f);
	}
}

static void test_end_of_stream(void **state)
{
	struct fixture f;
	char out[100];
	setup(&f);
	client_says(&f, SPAN("last words"), 100, Z_SYNC_FLUSH);
	client_says(&f, SPAN(""), 1, Z_FINISH);
	raw_add(&f, SPAN("more"));
	assert_int_equal(zip_inflate(&f.op, f.zip, out, sizeof out), RC_CLOSED);
	teardown(&f);
}

static void test_ratio(void **state)
{
	struct fixture f;
	struct buf b = { 0 };
	setup(&f);
	for (int i = 0; i < 2000; i++)
		buf_addf(&b, "* %d FETCH (UID %d FLAGS (\\Seen) RFC822.SIZE %d)\r\n", i, i * 3 + 17,
			i * 31 % 9000);
	assert_true(server_says(&f, buf_span(&b)) < b.n * 3 / 10);
	assert_true(server_says(&f, SPAN("a1 OK\r\n")) < 20);
	buf_done(&b);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_partial_flush),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_end_of_stream),
		cmocka_unit_test(test_ratio),
	};
	return cmocka_run_group_tests_name("net/zip", tests, NULL, NULL);
}
