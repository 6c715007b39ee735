// SPDX-License-Identifier: Apache-2.0
// The vectors that come with the reference implementation of SipHash-2-4 (key 00 01 .. 0f, input 00 01 ..).
#include "base/hash.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void knows_the_vectors(void **state)
{
	static const uint64_t vectors[] = { UINT64_C(0x726fdb47dd0e0e31),
		UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
		UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7),
		UINT64_C(0x18765564cd99a68d), UINT64_C(0xcbc9466e58fee3ce),
		UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462) };
	char input[64];
	for (size_t i = 0; i < sizeof input; i++)
		input[i] = (char)i;
	for (size_t n = 0; n < countof(vectors); n++)
		assert_true(hash_stable(span_of(input, n)) == vectors[n]);
	assert_true(hash_stable(span_of(input, 15)) == UINT64_C(0xa129ca6149be45e5));
}

static void is_seeded(void **state)
{
	assert_true(hash_span(SPAN("abc")) == hash_span(SPAN("abc")));
	assert_true(hash_span(SPAN("abc")) != hash_span(SPAN("abd")));
	assert_true(hash_span(SPAN("abc")) != hash_stable(SPAN("abc")));
	assert_true(hash_span(SPAN_NONE) == hash_span(SPAN("")));
}

static void mixes_and_draws(void **state)
{
	for (uint64_t i = 1; i < 64; i++)
		assert_true(hash_u64(UINT64_C(1) << i) != hash_u64(UINT64_C(1) << (i - 1)));
	unsigned char a[300] = { 0 }, b[300] = { 0 };
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	random_bytes(a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_vectors),
		cmocka_unit_test(is_seeded),
		cmocka_unit_test(mixes_and_draws),
	};
	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
