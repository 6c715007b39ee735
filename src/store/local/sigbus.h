// SPDX-License-Identifier: Apache-2.0
// Starling: reading a mapped file whose disk fails raises SIGBUS. For the ranges registered here the faulting page is replaced by
// zeros and the range marked: the checksum over it then fails, and the reader learns that it was the disk. SIGBUS anywhere else
// goes to whoever handled it before. The handler is of the process, installed with the first range.
#ifndef STORE_LOCAL_SIGBUS_H
#define STORE_LOCAL_SIGBUS_H

#include <stdbool.h>
#include <stddef.h>

struct sigbus_range;
struct sigbus_range *sigbus_add(const char *start, size_t size); // NULL: out of memory
void sigbus_remove(struct sigbus_range *range); // before the memory is unmapped; accepts NULL
// Maps the file over the range again, pages that failed included: what can be read again is. False: it counts as failed still. One thread at a time.
bool sigbus_heal(struct sigbus_range *range, int fd);
bool sigbus_hit(const struct sigbus_range *range); // a page of it failed; false for NULL

#endif
