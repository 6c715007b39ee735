// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/crc32c.h"
#include "base/limits.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"

static const struct {
	struct span in;
	enum proxy_result result;
	size_t length; // of the header, when done
	const char *peer;
	uint16_t port;
	bool is_own;
} cases[] = {
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 65535 25\r\nEHLO"), PROXY_DONE, 44, "192.0.2.1",
		65535, false },
	{ SPAN("PROXY TCP6 2001:db8::1 ::1 1 993\r\n"), PROXY_DONE, 34, "2001:db8::1", 1, false },
	{ SPAN("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 993\r\n"), PROXY_DONE, 39, "192.0.2.1", 1,
		false },
	{ SPAN("PROXY UNKNOWN\r\nx"), PROXY_DONE, 15, "unknown", 0, false },
	{ SPAN("PROXY UNKNOWN ffff:f...f:ffff whatever 1\r\n"), PROXY_DONE, 42, "unknown", 0,
		false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 01 25\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 +1 25\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 2001:db8::1 ::1 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4\r192.0.2.1 198.51.100.2 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY UNKNOWNx\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY \r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXY TCP4 192.0.2.1\0 198.51.100.2 1 2\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("proxy UNKNOWN\r\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("PROXX"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("\n"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("\r\n\r\n\0\r\nQUIX"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN("* OK"), PROXY_BAD, 0, NULL, 0, false },
	// LOCAL; with addresses and rubbish that are to be skipped
	{ SPAN(V2 "\x20\x00\x00\x00"), PROXY_DONE, 16, NULL, 0, true },
	{ SPAN(V2 "\x20\x11\x00\x03xyz"), PROXY_DONE, 19, NULL, 0, true },
	// PROXY: TCP4, TCP6, unspecified
	{ SPAN(V2 "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f"), PROXY_DONE,
		28, "192.0.2.1", 1234, false },
	{ SPAN(V2 "\x21\x21\x00\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
		  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x04\xd2\x00\x8f"),
		PROXY_DONE, 52, "2001:db8::1", 1234, false },
	{ SPAN(V2 "\x21\x00\x00\x02zz"), PROXY_DONE, 18, "unknown", 0, false },
	// TLVs: a good one (NOOP), an empty one, one cut short, a header of one cut short
	{ SPAN(V2 "\x21\x11\x00\x12\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f\x04\x00\x03"
		  "abc"),
		PROXY_DONE, 34, "192.0.2.1", 1234, false },
	{ SPAN(V2 "\x21\x11\x00\x0f\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f\x04\x00\x00"),
		PROXY_DONE, 31, "192.0.2.1", 1234, false },
	{ SPAN(V2 "\x21\x11\x00\x11\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f\x04\x00\x03"
		  "ab"),
		PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x21\x11\x00\x0e\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f\x04\x00"),
		PROXY_BAD, 0, NULL, 0, false },
	// a checksum that is wrong
	{ SPAN(V2 "\x21\x11\x00\x13\xc0\x00\x02\x01\xc6\x33\x64\x02\x04\xd2\x00\x8f\x03\x00\x04\1\2"
		  "\3\4"),
		PROXY_BAD, 0, NULL, 0, false },
	// other versions, commands, families, a datagram, addresses cut short, too long
	{ SPAN(V2 "\x11\x11\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x22\x11\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x21\x12\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x21\x41\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x21\x11\x00\x0b\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BAD, 0, NULL, 0, false },
	{ SPAN(V2 "\x21\x11\xff\xff"), PROXY_BAD, 0, NULL, 0, false },
};

static void test_cases(void **state)
{
	for (size_t i = 0; i < countof(cases); i++) {
		struct proxy_header h = { 0 };
		assert_int_equal(proxy_parse(cases[i].in, &h), cases[i].result);
		if (cases[i].result != PROXY_DONE)
			continue;
		char text[PEER_TEXT_MAX];
		assert_int_equal(h.length, cases[i].length);
		assert_int_equal(h.is_own, cases[i].is_own);
		peer_text(&h.peer, text);
		if (cases[i].peer)
			assert_string_equal(text, cases[i].peer);
		assert_int_equal(h.peer.port, cases[i].port);
	}
}

// A good header is "more" at every length before its own; a bad one never turns good. The copy is exact, so that the
// address sanitizer sees a read too far.
static void test_byte_at_a_time(void **state)
{
	for (size_t i = 0; i < countof(cases); i++)
		for (size_t n = 0; n < cases[i].in.n; n++) {
			struct proxy_header h;
			char *copy = malloc(n ? n : 1);
			memcpy(copy, cases[i].in.p, n);
			enum proxy_result result = proxy_parse(span_of(copy, n), &h);
			free(copy);
			if (cases[i].result == PROXY_DONE)
				assert_int_equal(
					result, n < cases[i].length ? PROXY_MORE : PROXY_DONE);
			else
				assert_int_not_equal(result, PROXY_DONE);
		}
}

static void test_long(void **state)
{
	char line[400];
	struct proxy_header h;
	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	assert_int_equal(proxy_parse(span_of(line, 106), &h), PROXY_MORE);
	assert_int_equal(proxy_parse(span_of(line, 107), &h), PROXY_BAD);
	memcpy(line + 105, "\r\n", 2);
	assert_int_equal(proxy_parse(span_of(line, sizeof line), &h), PROXY_DONE);
	assert_int_equal(h.length, 107);
}

// A v2 header says how long it is: too long is known before it is there.
static void test_long_v2(void **state)
{
	struct proxy_header h;
	unsigned most = NET_PROXY_HEADER_MAX - 16;
	char header[] = V2 "\x20\x00\x00\x00";
	for (unsigned more = 0; more < 2; more++) {
		header[14] = (char)((most + more) >> 8);
		header[15] = (char)(most + more);
		assert_int_equal(
			proxy_parse(span_of(header, 16), &h), more ? PROXY_BAD : PROXY_MORE);
	}
}

static void test_unix_and_checksum(void **state)
{
	char b[16 + 216 + 7] = V2 "\x21\x31";
	struct proxy_header h;
	b[15] = (char)(216 + 7);
	memcpy(b + 16, "/run/haproxy", 12);
	b[232] = 0x03;
	b[234] = 4;
	uint32_t crc = crc32c(0, span_of(b, sizeof b));
	for (int i = 0; i < 4; i++)
		b[235 + i] = (char)(crc >> (24 - 8 * i));
	assert_int_equal(proxy_parse(span_of(b, sizeof b), &h), PROXY_DONE);
	assert_int_equal(h.length, sizeof b);
	assert_int_equal(h.peer.kind, PEER_UNIX);
	b[20] ^= 1;
	assert_int_equal(proxy_parse(span_of(b, sizeof b), &h), PROXY_BAD);
}

static void test_random(void **state)
{
	unsigned seed = 3;
	for (int round = 0; round < 200000; round++) {
		char b[64] = V2 "\x21\x11";
		size_t n = 12 + (size_t)rand_r(&seed) % 52;
		for (size_t i = 12; i < n; i++)
			if (rand_r(&seed) % 3)
				b[i] = (char)(rand_r(&seed) % 40);
		struct proxy_header h;
		char *copy = malloc(n);
		memcpy(copy, b, n);
		if (proxy_parse(span_of(copy, n), &h) == PROXY_DONE)
			assert_true(h.length <= n);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_byte_at_a_time),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_v2),
		cmocka_unit_test(test_unix_and_checksum),
		cmocka_unit_test(test_random),
	};
	return cmocka_run_group_tests_name("net/proxy", tests, NULL, NULL);
}
