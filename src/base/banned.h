// SPDX-License-Identifier: Apache-2.0
// Starling: functions that do not compile (the build includes this before every file). Each has a way of
// going wrong that no review finds reliably, and something of ours or the system's that replaces it:
//   strcpy strcat stpcpy sprintf vsprintf gets  no bound        struct buf, snprintf
//   strncpy strncat                             no terminator    struct span, memcpy
//   atoi atol atoll atof strtok                 errors, state    span_to_u64, span_split
//   localtime gmtime ctime asctime              shared result    gmtime_r, wire/date.h
//   rand srand tmpnam tempnam mktemp            predictable      random_bytes, mkstemp
//   alloca system popen                         stack, shell     struct arena, posix_spawn
// setjmp and longjmp are banned as well, by tools/banned (cmocka's header needs them in unit tests).
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

// The system's own headers use these names: they come first, then the names are gone.
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#undef alloca
#pragma GCC poison strcpy strcat stpcpy strncpy strncat sprintf vsprintf gets
#pragma GCC poison atoi atol atoll atof strtok
#pragma GCC poison localtime gmtime ctime asctime
#pragma GCC poison tmpnam tempnam mktemp
#pragma GCC poison alloca popen
// Other libraries' headers have parameters of these names: a call is an error, the name is not.
#define BANNED __attribute__((deprecated("banned: src/base/banned.h says what to use")))
BANNED int rand(void);
BANNED void srand(unsigned seed);
BANNED int system(const char *command);
#undef BANNED

#endif
