// SPDX-License-Identifier: Apache-2.0
// Starling: the numbers that must not be mixed up, one struct each (docs/style.md, rule 10).
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

// Unique identifier of a message in a mailbox, 1..2^32-1; 0 is "none" (RFC 9051 section 2.3.1.1).
struct uid {
	uint32_t v;
};
// Message sequence number, 1..EXISTS; 0 is "none" (RFC 9051 section 2.3.1.2).
struct seq {
	uint32_t v;
};
// Modification sequence, 1..2^63-1; 0 is "none" (RFC 7162 section 3.1).
struct modseq {
	uint64_t v;
};

#endif
