// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void grows(void **state)
{
	struct buf b = { 0 };
	size_t total = 0;
	for (unsigned i = 0; i < 3000; i++) {
		buf_addu(&b, i);
		total += i < 10 ? 1 : i < 100 ? 2 : i < 1000 ? 3 : 4;
	}
	assert_false(b.failed);
	assert_int_equal(b.n, total);
	assert_true(span_starts(buf_span(&b), SPAN("01234567891011")));
	buf_consume(&b, 10);
	assert_true(span_starts(buf_span(&b), SPAN("1011")));
	buf_consume(&b, total);
	assert_int_equal(b.n, 0);
	buf_shrink(&b, 16);
	assert_null(b.p);
	buf_addc(&b, 'x');
	buf_shrink(&b, 1 << 20);
	assert_non_null(b.p);
	buf_done(&b);
	buf_done(&b); // again: zeroed
}

static void formats(void **state)
{
	struct buf b = { 0 };
	buf_addf(&b, "%s-%d", "a", 5);
	assert_true(span_eq(buf_span(&b), SPAN("a-5")));
	for (size_t n = 250; n < 260; n++) { // around the size of its small buffer
		buf_reset(&b);
		buf_addf(&b, "%0*d", (int)n, 7);
		assert_int_equal(b.n, n);
		assert_int_equal(b.p[n - 1], '7');
	}
	buf_reset(&b);
	buf_addf(&b, "%s", "");
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void prints_numbers(void **state)
{
	char p[20];
	assert_int_equal(u64_print(p, 0), 1);
	assert_int_equal(p[0], '0');
	assert_int_equal(u64_print(p, UINT64_MAX), 20);
	assert_memory_equal(p, "18446744073709551615", 20);
	uint64_t ten = 1;
	for (unsigned digits = 1; digits < 20; digits++, ten *= 10) {
		for (uint64_t v = ten > 2 ? ten - 2 : 0; v < ten + 3; v++) {
			char want[24];
			int n = snprintf(want, sizeof want, "%llu", (unsigned long long)v);
			assert_int_equal(u64_print(p, v), n);
			assert_memory_equal(p, want, (size_t)n);
		}
	}
}

static void failure_is_sticky(void **state)
{
	struct buf b = { 0 };
	buf_add(&b, SPAN("abc"));
	assert_null(buf_room(&b, SIZE_MAX));
	assert_true(b.failed);
	buf_add(&b, SPAN("def"));
	assert_int_equal(b.n, 3);
	assert_null(buf_room(&b, 1));
	buf_reset(&b);
	buf_add(&b, SPAN("def"));
	assert_true(span_eq(buf_span(&b), SPAN("def")));
	buf_done(&b);
}

static void reads_what_it_wrote(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX,
		UINT64_C(1) << 62, UINT64_C(1) << 63, UINT64_MAX };
	struct buf b = { 0 };
	buf_add_u8(&b, 0xfe);
	buf_add_u16(&b, 0x1234);
	buf_add_u32(&b, 0xdeadbeef);
	buf_add_u64(&b, UINT64_C(0x0123456789abcdef));
	assert_memory_equal(b.p, "\xfe\x34\x12\xef\xbe\xad\xde\xef\xcd\xab", 10); // little-endian
	for (size_t i = 0; i < countof(values); i++)
		buf_add_varint(&b, values[i]);
	buf_add_field(&b, SPAN("field"));
	buf_add_field(&b, SPAN_NONE);

	for (size_t cut = 0; cut <= b.n; cut++) { // every cut is bad, the whole is good
		struct reader r = reader_of(span_cut(buf_span(&b), 0, cut));
		bool same = reader_u8(&r) == 0xfe && reader_u16(&r) == 0x1234 &&
			reader_u32(&r) == 0xdeadbeef &&
			reader_u64(&r) == UINT64_C(0x0123456789abcdef);
		for (size_t i = 0; i < countof(values); i++)
			same &= reader_varint(&r) == values[i];
		same &= span_eq(reader_field(&r), SPAN("field"));
		same &= reader_field(&r).n == 0;
		assert_true(reader_at_end(&r));
		assert_int_equal(r.bad, cut < b.n);
		assert_true(same || cut < b.n);
	}
	buf_done(&b);
}

static void refuses_bad_data(void **state)
{
	struct reader r = reader_of(SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")); // 2^64
	assert_int_equal(reader_varint(&r), 0);
	assert_true(r.bad);
	r = reader_of(SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	assert_int_equal(reader_varint(&r), 0);
	assert_true(r.bad);
	r = reader_of(SPAN("\x05"
			   "abc")); // a field longer than what is there
	assert_null(reader_field(&r).p);
	assert_true(r.bad);
	assert_int_equal(reader_u8(&r), 0); // sticky
	r = reader_of(SPAN_NONE);
	assert_int_equal(reader_u32(&r), 0);
	assert_true(r.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(formats),
		cmocka_unit_test(prints_numbers),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(refuses_bad_data),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
