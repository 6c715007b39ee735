// SPDX-License-Identifier: Apache-2.0
// RFC 3720 appendix B.4's examples, and the processor's instruction against the plain definition.
#include "base/crc32c.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

// Bit by bit, from the polynomial.
static uint32_t plain(uint32_t crc, struct span s)
{
	crc = ~crc;
	for (size_t i = 0; i < s.n; i++) {
		crc ^= (unsigned char)s.p[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
	}
	return ~crc;
}

static void knows_the_examples(void **state)
{
	unsigned char b[32];
	memset(b, 0, sizeof b);
	assert_int_equal(crc32c(0, span_of(b, 32)), 0x8a9136aa);
	memset(b, 0xff, sizeof b);
	assert_int_equal(crc32c(0, span_of(b, 32)), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		b[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, span_of(b, 32)), 0x46dd794e);
	for (unsigned i = 0; i < 32; i++)
		b[i] = (unsigned char)(31 - i);
	assert_int_equal(crc32c(0, span_of(b, 32)), 0x113fdb5c);
	static const unsigned char read_command[48] = { 0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0,
		0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0 };
	assert_int_equal(crc32c(0, span_of(read_command, 48)), 0xd9963a56);
	assert_int_equal(crc32c(0, SPAN("123456789")), 0xe3069283);
	assert_int_equal(crc32c(0, SPAN_NONE), 0);
	assert_int_equal(crc32c(5, SPAN("")), 5);
}

static void agrees_with_the_definition(void **state)
{
	enum { SIZE = 20000 };
	char *p = malloc(SIZE);
	assert_non_null(p);
	for (unsigned i = 0; i < SIZE; i++)
		p[i] = (char)(i * 2654435761u >> 24);
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 63, 1023, 1024, 1025, 3071, 3072, 3073, 3080,
		6143, 6144, 9217, 19990 };
	for (size_t i = 0; i < countof(sizes); i++)
		for (size_t at = 0; at < 9; at++) { // each alignment
			struct span s = span_of(p + at, sizes[i]);
			assert_int_equal(crc32c(0, s), plain(0, s));
			assert_int_equal(crc32c(0xdeadbeef, s), plain(0xdeadbeef, s));
		}
	struct span all = span_of(p, SIZE);
	for (size_t cut = 0; cut < SIZE; cut += 997) // continues where it left off
		assert_int_equal(crc32c(crc32c(0, span_cut(all, 0, cut)), span_skip(all, cut)),
			crc32c(0, all));
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_examples),
		cmocka_unit_test(agrees_with_the_definition),
	};
	return cmocka_run_group_tests_name("crc32c", tests, NULL, NULL);
}
