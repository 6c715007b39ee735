// SPDX-License-Identifier: Apache-2.0
// Starling: time. Deadlines use the monotonic clock; dates of messages the real-time one. Tests may shift
// the real-time clock (a clock that jumps must harm nothing).
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

uint64_t clock_mono(void);   // nanoseconds, never goes back
int64_t clock_real(void);    // seconds since 1970, UTC
uint64_t clock_thread(void); // nanoseconds of CPU this thread has used
void clock_shift_for_test(int64_t seconds);

#endif
