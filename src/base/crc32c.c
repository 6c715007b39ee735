// SPDX-License-Identifier: Apache-2.0
// The instruction has a latency of three cycles and a throughput of one, so long inputs run three streams
// at once over blocks of a fixed size and join them with a table that shifts a CRC over that many zeros: long ones for bodies, short ones for cards.
#include "base/crc32c.h"

#include "base/buf.h"

#include <pthread.h>

#define POLY 0x82f63b78u  // reflected
#define LONG_STREAM 1024u // bytes of each of the three streams
#define SHORT_STREAM 256u

static struct {
	uint32_t bytes[256];          // for the plain version
	uint32_t long_zeros[4][256];  // CRC shifted over LONG_STREAM zero bytes, by byte of the CRC
	uint32_t short_zeros[4][256]; // over SHORT_STREAM
	pthread_once_t once;
	bool hardware;
} table = { .once = PTHREAD_ONCE_INIT };

static uint32_t crc_plain(uint32_t crc, const unsigned char *p, size_t n)
{
	while (n--)
		crc = table.bytes[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}

static void zeros_make(uint32_t zeros[4][256], size_t n)
{
	static const unsigned char zero[LONG_STREAM];
	for (uint32_t b = 0; b < 4; b++)
		for (uint32_t i = 0; i < 256; i++)
			zeros[b][i] = crc_plain(i << (8 * b), zero, n);
}

static void table_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? (c >> 1) ^ POLY : c >> 1;
		table.bytes[i] = c;
	}
	zeros_make(table.long_zeros, LONG_STREAM);
	zeros_make(table.short_zeros, SHORT_STREAM);
#if defined(__x86_64__)
	__builtin_cpu_init();
	table.hardware = __builtin_cpu_supports("sse4.2");
#endif
}

#if defined(__x86_64__)
static uint32_t shift_stream(uint32_t zeros[4][256], uint32_t crc)
{
	return zeros[0][crc & 0xff] ^ zeros[1][(crc >> 8) & 0xff] ^ zeros[2][(crc >> 16) & 0xff] ^
		zeros[3][crc >> 24];
}

// Three streams of so many bytes, one behind the other.
__attribute__((target("sse4.2"))) static inline uint64_t three_streams(
	uint64_t crc, const unsigned char *p, size_t stream, uint32_t zeros[4][256])
{
	uint64_t a = crc, b = 0, c = 0;
	for (size_t i = 0; i < stream; i += 8) {
		a = __builtin_ia32_crc32di(a, load_u64(p + i));
		b = __builtin_ia32_crc32di(b, load_u64(p + stream + i));
		c = __builtin_ia32_crc32di(c, load_u64(p + 2 * stream + i));
	}
	crc = shift_stream(zeros, (uint32_t)a) ^ b;
	return shift_stream(zeros, (uint32_t)crc) ^ c;
}

__attribute__((target("sse4.2"))) static uint32_t crc_hardware(
	uint32_t start, const unsigned char *p, size_t n)
{
	uint64_t crc = start;
	for (; n >= 3 * LONG_STREAM; p += 3 * LONG_STREAM, n -= 3 * LONG_STREAM)
		crc = three_streams(crc, p, LONG_STREAM, table.long_zeros);
	for (; n >= 3 * SHORT_STREAM; p += 3 * SHORT_STREAM, n -= 3 * SHORT_STREAM)
		crc = three_streams(crc, p, SHORT_STREAM, table.short_zeros);
	for (; n >= 8; p += 8, n -= 8)
		crc = __builtin_ia32_crc32di(crc, load_u64(p));
	uint32_t tail = (uint32_t)crc;
	for (; n; p++, n--)
		tail = __builtin_ia32_crc32qi(tail, *p);
	return tail;
}
#endif

uint32_t crc32c(uint32_t crc, struct span s)
{
	(void)pthread_once(&table.once, table_make); // cannot fail
	const unsigned char *p = (const unsigned char *)s.p;
#if defined(__x86_64__)
	if (table.hardware)
		return ~crc_hardware(~crc, p, s.n);
#endif
	return ~crc_plain(~crc, p, s.n);
}
