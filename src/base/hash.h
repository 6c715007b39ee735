// SPDX-License-Identifier: Apache-2.0
// Starling: hashes for tables in memory (never a security boundary on their own; peers' keys use a seed
// that is random for each process, so that collisions cannot be prepared).
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

// A well-mixed 64-bit hash of the bytes under the process's random seed: not for disk.
uint64_t hash_span(struct span s);
// The same bytes give the same value in every process and version: for disk.
uint64_t hash_stable(struct span s);
// Mixes the bits of an integer.
static inline uint64_t hash_u64(uint64_t v)
{
	v ^= v >> 33;
	v *= UINT64_C(0xff51afd7ed558ccd);
	v ^= v >> 33;
	v *= UINT64_C(0xc4ceb9fe1a85ec53);
	return v ^ (v >> 33);
}
// Fills with random bytes of the kernel.
void random_bytes(void *p, size_t n);

#endif
