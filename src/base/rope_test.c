// SPDX-License-Identifier: Apache-2.0
// Random additions, references, moves and consumption against one plain buffer that holds the same bytes.
#include "base/rope.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

struct block {
	struct hold hold;
	int *alive;
	char bytes[4000];
};

static void block_free(struct hold *h)
{
	struct block *b = container_of(h, struct block, hold);
	(*b->alive)--;
	free(b);
}

static struct block *block_new(int *alive, char fill)
{
	struct block *b = malloc(sizeof *b);
	assert_non_null(b);
	hold_init(&b->hold, block_free);
	b->alive = alive;
	memset(b->bytes, fill, sizeof b->bytes);
	(*alive)++;
	return b;
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static void assert_same(const struct rope *r, const struct buf *naive)
{
	assert_int_equal(rope_size(r), naive->n);
	if (!naive->n) {
		assert_int_equal(rope_front(r).n, 0);
		return;
	}
	char *copy = malloc(naive->n);
	assert_non_null(copy);
	rope_copy(r, copy);
	assert_memory_equal(copy, naive->p, naive->n);
	struct iovec iov[5];
	size_t count = rope_vectors(r, iov, countof(iov)), at = 0;
	assert_in_range(count, 1, 5);
	for (size_t i = 0; i < count; i++) {
		assert_memory_equal(iov[i].iov_base, naive->p + at, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	struct span front = rope_front(r);
	assert_true(front.n > 0 && memcmp(front.p, naive->p, front.n) == 0);
	free(copy);
}

// Adds something random to both.
static void add_something(uint64_t *seed, struct rope *r, struct buf *naive, int *alive)
{
	static char text[200000];
	char fill = (char)('a' + next_random(seed) % 26);
	uint32_t what = next_random(seed) % 7, n = next_random(seed);
	if (what == 0) {
		rope_addc(r, fill);
		buf_addc(naive, fill);
	} else if (what == 1) {
		rope_addu(r, n);
		buf_addu(naive, n);
	} else if (what == 2) {
		rope_addf(r, "<%0*d>", (int)(n % 700), 5);
		buf_addf(naive, "<%0*d>", (int)(n % 700), 5);
	} else if (what == 3) {
		n %= next_random(seed) % 20 == 0 ? (uint32_t)sizeof text : 300;
		memset(text, fill, n);
		rope_add(r, span_of(text, n));
		buf_add(naive, span_of(text, n));
	} else if (what == 4) {
		n = n % 3000;
		char *to = rope_room(r, n + 1);
		assert_non_null(to);
		memset(to, fill, n);
		rope_wrote(r, n);
		memset(text, fill, n);
		buf_add(naive, span_of(text, n));
	} else {
		struct block *b = block_new(alive, fill);
		struct span s = span_of(b->bytes, n % sizeof b->bytes);
		rope_add_ref(r, s, what == 5 ? &b->hold : NULL);
		buf_add(naive, s);
		hold_unref(&b->hold);
	}
}

static void agrees_with_a_buffer(void **state)
{
	int alive = 0;
	for (uint64_t round = 1; round <= 40; round++) {
		uint64_t seed = round * 77;
		struct rope r, other;
		struct buf naive = { 0 };
		rope_init(&r);
		rope_init(&other);
		for (int i = 0; i < 150; i++) {
			uint32_t what = next_random(&seed) % 7;
			if (what < 3) {
				add_something(&seed, &r, &naive, &alive);
			} else if (what < 5) {
				size_t n = naive.n ? next_random(&seed) % (naive.n + 1) : 0;
				rope_consume(&r, n);
				buf_consume(&naive, n);
			} else if (what == 5) {
				size_t n = naive.n ? next_random(&seed) % (naive.n + 1) : 0;
				rope_truncate(&r, n);
				naive.n = n;
			} else {
				for (int k = 0; k < 4; k++)
					add_something(&seed, &other, &naive, &alive);
				rope_move(&r, &other);
				assert_int_equal(rope_size(&other), 0);
			}
			assert_false(r.failed);
			assert_same(&r, &naive);
		}
		if (round % 2) {
			rope_reset(&r);
			assert_int_equal(alive, 0);
			assert_int_equal(rope_size(&r), 0);
		}
		rope_done(&r);
		rope_done(&r); // zeroed
		rope_done(&other);
		buf_done(&naive);
		assert_int_equal(alive, 0); // every reference was given back
	}
}

static void references_are_not_copied(void **state)
{
	int alive = 0;
	struct rope r;
	rope_init(&r);
	struct block *b = block_new(&alive, 'x');
	rope_add_ref(&r, span_of(b->bytes, ROPE_COPY_MAX + 1), &b->hold);
	assert_ptr_equal(rope_front(&r).p, b->bytes);
	rope_add_ref(&r, span_of(b->bytes, ROPE_COPY_MAX), &b->hold); // short: copied
	hold_unref(&b->hold);
	assert_int_equal(alive, 1);
	rope_consume(&r, ROPE_COPY_MAX); // the last byte still holds it
	assert_int_equal(alive, 1);
	rope_consume(&r, 1);
	assert_int_equal(alive, 0);
	assert_int_equal(rope_size(&r), ROPE_COPY_MAX);
	rope_done(&r);
}

// A long answer that is sent as it is made must not pile up memory.
static void gives_memory_back_while_it_flows(void **state)
{
	struct rope r;
	rope_init(&r);
	rope_add(&r, SPAN("never empty"));
	for (int i = 0; i < 100000; i++) {
		rope_addf(&r, "line %d of a long answer that goes on and on\r\n", i);
		rope_consume(&r, rope_size(&r) - 11);
		assert_true(r.cap <= 64);
	}
	rope_done(&r);
}

// What was added last is taken back, across chunks and references, and the rope goes on.
static void takes_back_what_was_added(void **state)
{
	(void)state;
	struct rope r;
	static char big[100000];
	memset(big, 'x', sizeof big);
	rope_init(&r);
	rope_add(&r, SPAN("kept"));
	for (size_t n = 0; n < sizeof big; n += 7777) {
		rope_add(&r, span_of(big, n));
		rope_addu(&r, 12345);
		rope_truncate(&r, 4);
		assert_int_equal(rope_size(&r), 4);
	}
	rope_add(&r, SPAN(" and more"));
	rope_truncate(&r, 8);
	char text[8];
	rope_copy(&r, text);
	assert_memory_equal(text, "kept and", 8);
	rope_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_buffer),
		cmocka_unit_test(references_are_not_copied),
		cmocka_unit_test(gives_memory_back_while_it_flows),
		cmocka_unit_test(takes_back_what_was_added),
	};
	return cmocka_run_group_tests_name("rope", tests, NULL, NULL);
}
