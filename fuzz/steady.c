// SPDX-License-Identifier: Apache-2.0
// Linked into every fuzzer: octets of chance are the same for each input, so that what an input finds it finds again, and a sequence of inputs that
// begins with the same seed goes on the same. (The clock runs on: threads wait by it.)
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Atomic uint64_t drawn; // numbers since the input began

static uint64_t number(void) // splitmix64
{
	uint64_t z = (drawn += 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

// In place of the C library's.
ssize_t getrandom(void *p, size_t n, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = (uint8_t)number();
	return (ssize_t)n;
}

// The linker puts it (--wrap) in the place of a fuzzer's own, which it calls.
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	drawn = 0;
	return __real_LLVMFuzzerTestOneInput(data, size);
}
