// SPDX-License-Identifier: Apache-2.0
// Starling: CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction where it has one.
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "base/span.h"

// The CRC of `s` continued from `crc` (0 to begin, or a seed). crc32c(crc32c(0, a), b) == crc32c(0, ab).
uint32_t crc32c(uint32_t crc, struct span s);

#endif
